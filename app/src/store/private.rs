//! Private transactions on PostgreSQL: beside the writer, on connections of their own, without the head's lock.

use std::time::Instant;

use commonweal_domain::time::Time;
use sea_orm::{DatabaseConnection, DbErr};

use super::command::PrivateCommand;
use super::connect::begin;
use super::contain::contained;
use super::session::PrivateTx;
use crate::error::AppError;
use crate::failpoint::{Point, Points};

/// Runs one command in a transaction of its own.
pub(super) async fn run<C: PrivateCommand>(
    database: DatabaseConnection,
    at: Time,
    points: Points,
    command: C,
) -> Result<C::Out, AppError> {
    let started = Instant::now();
    let result = decide(&database, at, points, &command).await;
    let outcome = match &result {
        Ok(_) => "accepted",
        Err(error) => error.kind(),
    };
    metrics::counter!("commonweal_commands_total", "command" => C::NAME, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("commonweal_command_seconds", "command" => C::NAME)
        .record(started.elapsed());
    result
}

async fn decide<C: PrivateCommand>(
    database: &DatabaseConnection,
    at: Time,
    points: Points,
    command: &C,
) -> Result<C::Out, AppError> {
    points.pass(Point::Begin)?;
    let transaction = begin(database).await.map_err(|error| match error {
        DbErr::ConnectionAcquire(_) => AppError::Overloaded,
        other => other.into(),
    })?;
    let mut tx = PrivateTx::new(transaction, at, points);
    let mut result = contained(C::NAME, command.run(&mut tx)).await;
    if result.is_ok() && tx.has_failed() {
        result = Err(AppError::internal(format!(
            "the command {} went on after a failed statement",
            C::NAME
        )));
    }
    match result {
        Ok(out) => match tx.commit().await {
            Ok(()) => Ok(out),
            Err(error) => {
                tracing::error!(%error, command = C::NAME, "the answer to a private commit was lost");
                Err(AppError::OutcomeUnknown)
            }
        },
        Err(error) => {
            // A rollback that fails leaves nothing behind either: the connection is then dead.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}
