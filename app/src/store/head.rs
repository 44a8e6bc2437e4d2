//! The head of the log: one row that orders all writers and tells which commit was the last.

use commonweal_domain::ids::{CommitId, Id};
use commonweal_domain::time::Time;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};
use uuid::Uuid;

use super::batch::Lost;
use super::log::{loaded_index, stored_index};

/// The head row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Number of entries.
    pub(super) size: u64,
    /// Time of the last commit.
    pub(super) at: Time,
    /// The last commit.
    pub(super) commit: CommitId,
}

/// What became of a commit whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// All of it is in.
    Committed,
    /// None of it is in, and none can come in later.
    Absent,
    /// Nothing in the database can tell: another process has written since, and the batch had no entries.
    Unknown,
}

impl Head {
    /// Reads the head and keeps every other writer out until the transaction ends. On SQLite the transaction itself,
    /// begun with IMMEDIATE, does that.
    pub(super) async fn lock(database: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let backend = database.get_database_backend();
        let lock = if backend == DbBackend::Postgres {
            " FOR UPDATE"
        } else {
            ""
        };
        let sql = format!("SELECT size, at, commit_id FROM log_head WHERE id = 1{lock}");
        let row = database
            .query_one_raw(Statement::from_string(backend, sql))
            .await?
            .ok_or_else(|| DbErr::RecordNotFound("the head of the log".to_owned()))?;
        Self::from_row(&row)
    }

    fn from_row(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            size: loaded_index(row.try_get("", "size")?)?,
            at: Time::from_micros(row.try_get("", "at")?),
            commit: CommitId::from_uuid(row.try_get::<Uuid>("", "commit_id")?),
        })
    }

    /// Replaces this head, which must still be the present one.
    pub(super) async fn advance(
        &self,
        database: &impl ConnectionTrait,
        next: &Self,
    ) -> Result<(), DbErr> {
        let statement = Statement::from_sql_and_values(
            database.get_database_backend(),
            "UPDATE log_head SET size = $1, at = $2, commit_id = $3 WHERE id = 1 AND size = $4 AND commit_id = $5",
            [
                stored_index(next.size)?.into(),
                next.at.micros().into(),
                next.commit.uuid().into(),
                stored_index(self.size)?.into(),
                self.commit.uuid().into(),
            ],
        );
        match database.execute_raw(statement).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(DbErr::Custom(
                "the head of the log moved under its lock".to_owned(),
            )),
        }
    }
}

/// Tells what became of a commit whose answer was lost. Waits for the lock of the head, so that a transaction that is still
/// ending is judged after its end. Where the commit before is still the last, the head gets the id `barrier`, which is to be
/// committed: a statement that is still on its way finds another head then than the one that it asks for.
pub(super) async fn settle(
    database: &impl ConnectionTrait,
    lost: &Lost,
    barrier: CommitId,
) -> Result<Settled, DbErr> {
    let head = Head::lock(database).await?;
    if head.commit == lost.commit {
        return Ok(Settled::Committed);
    }
    if head.commit == barrier {
        return Ok(Settled::Absent);
    }
    // Commits follow one another under the lock: if the one before is still the last, ours is not in.
    if head.commit == lost.before {
        let next = Head {
            commit: barrier,
            ..head
        };
        head.advance(database, &next).await?;
        return Ok(Settled::Absent);
    }
    let Some(index) = lost.first_index else {
        return Ok(Settled::Unknown);
    };
    let statement = Statement::from_sql_and_values(
        database.get_database_backend(),
        "SELECT commit_id FROM log_entry WHERE idx = $1",
        [stored_index(index)?.into()],
    );
    let found = match database.query_one_raw(statement).await? {
        Some(row) => Some(row.try_get::<Uuid>("", "commit_id")?),
        None => None,
    };
    Ok(if found == Some(lost.commit.uuid()) {
        Settled::Committed
    } else {
        Settled::Absent
    })
}

/// The size of the log, without a lock.
pub(super) async fn size(database: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let statement = Statement::from_string(
        database.get_database_backend(),
        "SELECT size FROM log_head WHERE id = 1",
    );
    match database.query_one_raw(statement).await? {
        Some(row) => loaded_index(row.try_get("", "size")?),
        None => Err(DbErr::RecordNotFound("the head of the log".to_owned())),
    }
}
