//! Errors of opening a store, and what a database error means for the transaction around it.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{DbErr, RuntimeErr};

use crate::error::AppError;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database cannot be used.
    #[error(
        "the database URL cannot be used, {reason}: write sqlite:PATH or postgres://USER@HOST/DATABASE"
    )]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// PostgreSQL is too old.
    #[error("the server is PostgreSQL {found}: use {least} or newer")]
    OldServer {
        /// Its major version.
        found: i32,
        /// The oldest accepted.
        least: i32,
    },
    /// A newer program changed the schema.
    #[error(
        "the database has the schema change `{0}`, which this program does not know: use the newer program that made it"
    )]
    NewerSchema(String),
    /// The schema lacks changes that this program needs.
    #[error("the database lacks the schema change `{0}`: migrate it first")]
    OlderSchema(String),
    /// The database answered with an error.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

/// What a failed statement leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The statement had no effect: a rollback to the command's savepoint is enough.
    Statement,
    /// The state of the transaction is unknown: it must never be committed, and the connection is closed.
    Transaction,
}

/// Only broken constraints and refusing triggers are known to leave the transaction whole on both databases. SQLite
/// ends the transaction by itself when the disk is full, for one, and statements after that would commit alone.
pub(super) fn damage(error: &DbErr) -> Damage {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return Damage::Transaction;
    };
    let SqlxError::Database(error) = error.as_ref() else {
        return Damage::Transaction;
    };
    let code = error.code().unwrap_or_default();
    // PostgreSQL has five characters (class 23, and P0001 for RAISE), SQLite an extended number whose low byte is 19.
    let constraint = match code.parse::<u32>() {
        Ok(number) if code.len() != 5 => number & 0xff == 19,
        _ => code.starts_with("23") || code == "P0001",
    };
    if constraint {
        Damage::Statement
    } else {
        Damage::Transaction
    }
}
