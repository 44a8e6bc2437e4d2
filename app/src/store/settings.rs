//! Limits and waits of the store, in one place. A limit on everything.

use std::time::Duration;

/// Commands in one commit.
pub const BATCH_COMMANDS_MAX: usize = 64;
/// Moves in one commit, after which no further call is taken in.
pub(super) const BATCH_MOVES_MAX: usize = 512;
/// Commands that wait for the writer before callers are held back.
pub(super) const QUEUE_COMMANDS_MAX: usize = 1_024;
/// How long a caller waits for a place in the queue before it is told that the service is overloaded.
pub(super) const QUEUE_WAIT: Duration = Duration::from_secs(2);
/// How long one command may run inside the writer.
pub(super) const COMMAND_TIME: Duration = Duration::from_secs(10);
/// How long a lock is waited for.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How long the database works on one statement.
pub(super) const STATEMENT_TIME: Duration = Duration::from_secs(10);
/// How long PostgreSQL keeps a transaction of a process that stopped speaking.
pub(super) const IDLE_IN_TRANSACTION_TIME: Duration = Duration::from_secs(15);
/// How long opening a connection may take.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long the writer tries to learn whether a commit is in.
pub(super) const SETTLE_WAIT: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 20 });
/// Quiet time after which SQLite's write-ahead log is folded into the file.
pub(super) const IDLE_WAIT: Duration = Duration::from_secs(2);
/// Readers on SQLite, where a reader costs a file handle and a thread.
pub(super) const READERS_SQLITE: u32 = 4;
/// Readers on PostgreSQL.
pub(super) const READERS_POSTGRES: u32 = 16;
/// Private transactions at a time on PostgreSQL.
pub(super) const PRIVATE_POSTGRES: u32 = 4;
/// Prepared statements kept per connection.
pub(super) const STATEMENT_CACHE: usize = 256;
/// KiB of pages that SQLite's writer keeps in memory: the inner pages of the indexes into which keys fall at random.
pub(super) const CACHE_KIB: u32 = 32 * 1024;
/// Pages after which SQLite's write-ahead log is folded into the file also in a busy time, 32 MiB.
pub(super) const JOURNAL_PAGES: u32 = 8 * 1024;
/// Bytes that SQLite's write-ahead log keeps on disk after a checkpoint.
pub(super) const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// The oldest PostgreSQL that is accepted, as `server_version_num`.
pub(super) const POSTGRES_VERSION_MIN: i32 = 150_000;
