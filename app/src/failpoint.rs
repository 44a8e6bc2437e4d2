//! Points at which a test lets the program die, or a step fail: one at each boundary of a write, a commit and a publication.
//!
//! Only a program with the feature `failpoints` has them; in any other, passing one does nothing. They are our own and not
//! those of the crate `fail`, because its registry is one for the whole process, in which `cargo test` runs hundreds of
//! stores side by side, and because it can panic but not die: a panic of a command is contained by the writer.

#[cfg(feature = "failpoints")]
mod armed;

#[cfg(feature = "failpoints")]
pub use armed::{Effect, FILE};

use crate::error::AppError;
use sea_orm::DbErr;

/// A boundary between two steps. Those that are named after a step lie right behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before a transaction begins.
    Begin,
    /// The writer holds the lock of the head; nothing was asked yet.
    Begun,
    /// Before a statement of a transaction, each of them.
    Statement,
    /// A command was decided and its own rows are written.
    CommandRun,
    /// What the moves of a commit need is loaded.
    MovesLoaded,
    /// All moves are decided in memory, and no row of them is written.
    MovesDecided,
    /// The rows of one table of moves are written: transfers, holds, retirements, words.
    MoveRows,
    /// Everything is decided, and no entry is written.
    Decided,
    /// The entries are written.
    EntriesWritten,
    /// The bodies that stand beside the log are written.
    BlobsWritten,
    /// The postings are written.
    PostingsWritten,
    /// The balances are written.
    BalancesWritten,
    /// The answers to keys are written.
    AnswersWritten,
    /// Before the commit: the new head is written. Who fails here has lost the answer to a commit that is not in.
    Commit,
    /// After the commit. Who fails here has lost the answer to a commit that is in.
    Committed,
    /// Before each answer to a caller. Nothing can fail here.
    Answer,
    /// Before the publisher takes entries into the tree.
    Grow,
    /// The tree is durable.
    Grown,
    /// Its head is signed, and nobody has seen it.
    Signed,
    /// The signed head is in a file beside the memory of this machine.
    MemoryWritten,
    /// That file is on the disk.
    MemorySynced,
    /// It has taken the place of the memory.
    MemoryRenamed,
    /// The memory is durable.
    MemoryKept,
    /// The signed head is in the database, where everybody sees it.
    Shown,
    /// The witnesses have answered, and what they signed is not in the database.
    Cosigned,
}

impl Point {
    /// All of them, in the order in which a write and then its publication pass them.
    pub const ALL: [Self; 25] = [
        Self::Begin,
        Self::Begun,
        Self::Statement,
        Self::CommandRun,
        Self::MovesLoaded,
        Self::MovesDecided,
        Self::MoveRows,
        Self::Decided,
        Self::EntriesWritten,
        Self::BlobsWritten,
        Self::PostingsWritten,
        Self::BalancesWritten,
        Self::AnswersWritten,
        Self::Commit,
        Self::Committed,
        Self::Answer,
        Self::Grow,
        Self::Grown,
        Self::Signed,
        Self::MemoryWritten,
        Self::MemorySynced,
        Self::MemoryRenamed,
        Self::MemoryKept,
        Self::Shown,
        Self::Cosigned,
    ];

    /// Whether it is passed by the publisher alone.
    pub fn is_of_publisher(self) -> bool {
        matches!(
            self,
            Self::Grow
                | Self::Grown
                | Self::Signed
                | Self::MemoryWritten
                | Self::MemorySynced
                | Self::MemoryRenamed
                | Self::MemoryKept
                | Self::Shown
                | Self::Cosigned
        )
    }
}

/// The points of one store. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub struct Points {
    #[cfg(feature = "failpoints")]
    armed: armed::Armed,
}

impl Points {
    /// Passes a point: nothing happens there unless a test said so.
    pub fn pass(&self, point: Point) -> Result<(), Injected> {
        #[cfg(feature = "failpoints")]
        self.armed.pass(point)?;
        #[cfg(not(feature = "failpoints"))]
        let _ = (self, point);
        Ok(())
    }
}

/// The fault of a point that was told to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fail point {0:?}")]
pub struct Injected(Point);

/// The store takes it for the database's: nobody knows what it leaves behind.
impl From<Injected> for DbErr {
    fn from(fault: Injected) -> Self {
        Self::Custom(fault.to_string())
    }
}

impl From<Injected> for std::io::Error {
    fn from(fault: Injected) -> Self {
        Self::other(fault)
    }
}

impl From<Injected> for AppError {
    fn from(fault: Injected) -> Self {
        Self::internal(fault)
    }
}
