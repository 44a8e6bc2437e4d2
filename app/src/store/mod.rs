//! The store: the only code that knows the database.
//!
//! All public writes go through [`Store::write`] to one writer task, which commits them in groups and appends their
//! entries to the log. What is not public goes through [`Store::write_private`]. Reads go through [`Store::read`].

pub(crate) mod admission;
mod batch;
pub(crate) mod beneficiary;
pub(crate) mod bid;
mod bulk;
pub(crate) mod calibration;
pub(crate) mod catalogue;
pub(crate) mod challenge;
pub(crate) mod claim;
pub(crate) mod claim_draft;
pub(crate) mod claim_refusal;
pub(crate) mod claim_rules;
pub(crate) mod columns;
mod command;
pub(crate) mod confirmation;
mod connect;
mod contain;
pub(crate) mod contract;
pub(crate) mod credit;
pub(crate) mod credit_left;
pub(crate) mod delivery;
pub(crate) mod draft;
mod error;
pub(crate) mod evaluation;
pub(crate) mod evidence_file;
pub(crate) mod explanation;
mod head;
pub(crate) mod hold;
pub(crate) mod holding;
mod idempotency;
mod ids;
pub(crate) mod import;
mod kept;
mod known;
pub(crate) mod lease;
mod log;
pub(crate) mod log_blob;
pub(crate) mod log_entry;
pub(crate) mod log_key;
pub(crate) mod moves;
pub(crate) mod noise;
pub(crate) mod organisation;
pub(crate) mod panel;
pub(crate) mod policy;
mod posting;
mod private;
pub(crate) mod process;
pub(crate) mod programme;
pub(crate) mod proxy_pack;
pub(crate) mod question;
pub(crate) mod quorum;
mod read;
pub(crate) mod reduced;
pub(crate) mod refused_read;
pub(crate) mod remark;
pub(crate) mod robustness;
mod schema;
mod session;
mod set;
mod settings;
pub(crate) mod sum;
pub(crate) mod tender;
pub(crate) mod token;
pub(crate) mod tree;
mod tx;
mod unnest;
pub(crate) mod verifier;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

pub use command::{Command, PrivateCommand, Written};
pub use error::StoreError;
pub use idempotency::IdempotencyKey;
pub use ids::Db;
pub use read::Reader;
pub use session::PrivateTx;
pub use settings::BATCH_COMMANDS_MAX;
pub(crate) use tx::Staged;
pub use tx::Tx;

use crate::error::AppError;
use crate::failpoint::Points;
use crate::moves::{Line, MoveAnswer};
use crate::rng::Ids;
use command::{Job, PrivateWork, PublicWork, Work};
use connect::DatabaseUrl;
use set::MoveWork;
use settings::{QUEUE_COMMANDS_MAX, QUEUE_WAIT};
use writer::{Message, Writer};

/// A handle on the database. Clones share the writer and the pools.
#[derive(Clone)]
pub struct Store {
    queue: mpsc::Sender<Message>,
    /// On PostgreSQL private transactions run beside the writer. SQLite has one writer for the whole file: there they
    /// go through the queue and share its commits. Measured with 32 callers of each kind: 1,500 private writes a second,
    /// 99 % within 60 ms; on a second connection that waits for the file's lock 11 to 86 a second, and waits of 2 to 3 s.
    private: Option<DatabaseConnection>,
    reader: Reader,
    ids: Ids,
    committed: watch::Receiver<u64>,
    written: Arc<AtomicU64>,
    /// Why nothing is written any more, once that is so.
    read_only: Arc<OnceLock<String>>,
    points: Points,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.reader.get_database_backend())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Creates the database where it is missing (SQLite) and brings its schema up to date.
    pub async fn migrate(url: &str) -> Result<(), StoreError> {
        schema::migrate(&DatabaseUrl::parse(url)?).await
    }

    /// Opens a migrated database and starts the writer. `url` is `sqlite:PATH` or `postgres://..`.
    pub async fn open(url: &str, ids: Ids) -> Result<Self, StoreError> {
        let url = Arc::new(DatabaseUrl::parse(url)?);
        let database = url.writer().await?;
        connect::check_server(&database).await?;
        schema::check(&database).await?;
        let size = head::size(&database).await?;
        let reader = Reader::new(url.readers().await?);
        let private = match url.backend() {
            DbBackend::Postgres => Some(url.private().await?),
            _ => None,
        };
        let (queue, jobs) = mpsc::channel(QUEUE_COMMANDS_MAX);
        let (committed, size) = watch::channel(size);
        let written = Arc::new(AtomicU64::new(0));
        let points = Points::default();
        let writer = Writer {
            url,
            ids: ids.clone(),
            queue: jobs,
            database: Some(database),
            again: VecDeque::new(),
            committed,
            closing: None,
            statements: Arc::clone(&written),
            dirty: true,
            kept: None,
            points: points.clone(),
        };
        tokio::spawn(writer.run());
        Ok(Self {
            queue,
            private,
            reader,
            ids,
            committed: size,
            written,
            read_only: Arc::default(),
            points,
        })
    }

    /// Runs a public command and answers once it is durable. Dropping the future does not cancel a command that has
    /// reached the queue. With a key, a repeated request gets the first answer.
    pub async fn write<C: Command>(
        &self,
        key: Option<IdempotencyKey>,
        command: C,
    ) -> Result<Written<C::Out>, AppError> {
        self.check_writable()?;
        let (reply, answer) = oneshot::channel();
        let work = PublicWork {
            command,
            key,
            out: None,
            reply,
        };
        self.enqueue(Box::new(work)).await?;
        // The writer answers every job; if it does not, it died, and nobody knows what is in.
        answer.await.unwrap_or(Err(AppError::OutcomeUnknown))
    }

    /// Makes moves and answers each by itself once all that were accepted are durable. They are decided in their order,
    /// with whatever other moves are waiting, and what they need is loaded once for all.
    pub(crate) async fn write_moves(&self, lines: Vec<Line>) -> Result<Vec<MoveAnswer>, AppError> {
        self.check_writable()?;
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(MoveWork { lines, reply })).await?;
        answer.await.unwrap_or(Err(AppError::OutcomeUnknown))
    }

    /// Runs a private command, which cannot append to the log, and answers once it is durable.
    pub async fn write_private<C: PrivateCommand>(&self, command: C) -> Result<C::Out, AppError> {
        self.check_writable()?;
        if let Some(database) = &self.private {
            let at = self.ids.clock().now();
            // A task of its own, so that a caller who goes away does not leave a transaction half done.
            let run = tokio::spawn(private::run(
                database.clone(),
                at,
                self.points.clone(),
                command,
            ));
            return run.await.unwrap_or(Err(AppError::OutcomeUnknown));
        }
        let (reply, answer) = oneshot::channel();
        let work = PrivateWork {
            command,
            out: None,
            reply,
        };
        self.enqueue(Box::new(work)).await?;
        answer.await.unwrap_or(Err(AppError::OutcomeUnknown))
    }

    /// Refuses every write from now on, in this process, for a reason that callers are told.
    pub fn refuse_writes(&self, reason: impl std::fmt::Display) {
        // The first reason is the one to look at.
        let _ = self.read_only.set(reason.to_string());
        metrics::gauge!("commonweal_read_only").set(1.0);
    }

    fn check_writable(&self) -> Result<(), AppError> {
        match self.read_only.get() {
            None => Ok(()),
            Some(reason) => Err(AppError::ReadOnly(reason.clone())),
        }
    }

    /// The read-only connections.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// The source of ids and time.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The points at which tests let this store and its publisher fail.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The size of the log after the last commit of this process, and a signal when it grows.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.committed.clone()
    }

    /// How many statements the writer's transactions have run: the cost of a call must not grow with its moves.
    pub fn written_statements(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Finishes what is queued and closes every connection. Later writes are refused.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the writer has ended already.
            let _ = closed.await;
        }
        if let Some(private) = &self.private {
            let _ = private.close_by_ref().await;
        }
        let _ = self.reader.close().await;
    }

    async fn enqueue(&self, work: Box<dyn Work>) -> Result<(), AppError> {
        match timeout(QUEUE_WAIT, self.queue.send(Message::Job(Job::new(work)))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(AppError::internal("the store is closed")),
            Err(_) => Err(AppError::Overloaded),
        }
    }
}
