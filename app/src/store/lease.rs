//! Whose turn it is to publish the log. It saves work where several processes share a database; it protects nothing.

use std::time::Duration;

use commonweal_domain::ids::{CommitId, Id};
use sea_orm::{ConnectionTrait, Statement};

use super::command::PrivateCommand;
use super::session::PrivateTx;
use crate::error::AppError;

/// Takes or extends the turn, and answers whether the holder has it.
pub(crate) struct TakeLease {
    pub(crate) holder: CommitId,
    pub(crate) lasts: Duration,
}

impl PrivateCommand for TakeLease {
    const NAME: &'static str = "take_lease";
    type Out = bool;

    async fn run(&self, tx: &mut PrivateTx) -> Result<bool, AppError> {
        let tx = &*tx;
        let now = tx.at();
        let lasts = i64::try_from(self.lasts.as_micros()).map_err(AppError::internal)?;
        let take = "INSERT INTO log_lease (id, holder, until) VALUES (1, $1, $2) \
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until \
             WHERE log_lease.holder = excluded.holder OR log_lease.until <= $3";
        let values = [
            self.holder.uuid().into(),
            now.plus_micros(lasts).micros().into(),
            now.micros().into(),
        ];
        let take = Statement::from_sql_and_values(tx.get_database_backend(), take, values);
        Ok(tx.execute_raw(take).await?.rows_affected() == 1)
    }
}
