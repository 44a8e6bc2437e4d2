//! A transaction as commands see it: it runs statements, remembers failures, and cannot be ended from inside.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use commonweal_domain::time::Time;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use super::error::{Damage, damage};
use crate::failpoint::{Point, Points};

/// The transaction of a private command, for what is not public: drafts, sessions, tokens, refused reads. It runs
/// statements and has no way to append to the log.
pub struct PrivateTx {
    transaction: DatabaseTransaction,
    at: Time,
    /// A statement of the present command failed, whether or not the command passed the error on.
    failed: AtomicBool,
    /// The first error after which the transaction must never be committed.
    ruined: OnceLock<DbErr>,
    /// Statements that have run.
    statements: AtomicU64,
    points: Points,
}

impl PrivateTx {
    pub(super) fn new(transaction: DatabaseTransaction, at: Time, points: Points) -> Self {
        Self {
            transaction,
            at,
            failed: AtomicBool::new(false),
            ruined: OnceLock::new(),
            statements: AtomicU64::new(0),
            points,
        }
    }

    /// The time of everything in this commit, not earlier than any commit before it.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Forgets failed statements, after the savepoint was restored.
    pub(super) fn forget_failure(&self) {
        self.failed.store(false, Ordering::Relaxed);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn ruin(&self) -> Option<&DbErr> {
        self.ruined.get()
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        if let Some(error) = self.ruined.into_inner() {
            return Err(error);
        }
        self.points.pass(Point::Commit)?;
        self.transaction.commit().await?;
        Ok(self.points.pass(Point::Committed)?)
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.transaction.rollback().await
    }

    /// How many statements have run, without those that begin and end the transaction.
    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Passes a point, whose fault is one of the database.
    pub(super) fn pass(&self, point: Point) -> Result<(), DbErr> {
        match self.points.pass(point) {
            Ok(()) => Ok(()),
            Err(fault) => self.noted(Err(fault.into())),
        }
    }

    fn noted<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &result {
            self.failed.store(true, Ordering::Relaxed);
            if damage(error) == Damage::Transaction {
                // Only the first error tells the cause; those that follow from it are dropped.
                let _ = self.ruined.set(error.clone());
            }
        }
        result
    }
}

impl std::fmt::Debug for PrivateTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateTx")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for PrivateTx {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pass(Point::Statement)?;
        let result = self.transaction.execute_raw(statement).await;
        self.noted(result)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pass(Point::Statement)?;
        let result = self.transaction.execute_unprepared(sql).await;
        self.noted(result)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.pass(Point::Statement)?;
        let result = self.transaction.query_one_raw(statement).await;
        self.noted(result)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.pass(Point::Statement)?;
        let result = self.transaction.query_all_raw(statement).await;
        self.noted(result)
    }
}
