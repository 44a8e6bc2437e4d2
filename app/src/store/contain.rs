//! Runs a command so that neither a panic nor endless waiting in it reaches the writer.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::settings::COMMAND_TIME;
use crate::error::AppError;

/// The command's result, or an internal error where it panicked or took too long. What it changed in the transaction
/// is undone by the caller's rollback, which is why the unwound state does not matter.
pub(super) async fn contained<T>(
    name: &'static str,
    command: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    let caught = AssertUnwindSafe(command).catch_unwind();
    match tokio::time::timeout(COMMAND_TIME, caught).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(AppError::internal(format!(
            "the command {name} panicked: {}",
            text(panic.as_ref())
        ))),
        Err(_) => Err(AppError::internal(format!(
            "the command {name} ran longer than {} s inside the transaction",
            COMMAND_TIME.as_secs()
        ))),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}
