//! Connections that can only read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

/// A pool of read-only connections: the database itself refuses writes through it. What the writer has acknowledged is
/// visible. Every statement is a snapshot of its own.
#[derive(Debug, Clone)]
pub struct Reader {
    database: DatabaseConnection,
    statements: Arc<AtomicU64>,
}

impl Reader {
    pub(super) fn new(database: DatabaseConnection) -> Self {
        Self {
            database,
            statements: Arc::default(),
        }
    }

    /// How many statements have run through this pool: a page's cost must not grow with its rows.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.database.close_by_ref().await
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.database.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count();
        self.database.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.count();
        self.database.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.count();
        self.database.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.count();
        self.database.query_all_raw(statement).await
    }
}
