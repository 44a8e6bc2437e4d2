//! The key that signs the log: set once, compared ever after.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::command::PrivateCommand;
use super::session::PrivateTx;
use crate::error::AppError;

/// The text of the key; none before the publisher's first start.
pub(crate) async fn log_key(database: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let select = Statement::from_string(
        database.get_database_backend(),
        "SELECT vkey FROM log_key WHERE id = 1",
    );
    match database.query_one_raw(select).await? {
        Some(row) => Ok(Some(row.try_get("", "vkey")?)),
        None => Ok(None),
    }
}

/// Sets the key unless one is set, and answers the one that counts.
pub(crate) struct SetLogKey(pub(crate) String);

impl PrivateCommand for SetLogKey {
    const NAME: &'static str = "set_log_key";
    type Out = String;

    async fn run(&self, tx: &mut PrivateTx) -> Result<String, AppError> {
        let tx = &*tx;
        let insert = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO log_key (id, vkey, at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
            [self.0.as_str().into(), tx.at().micros().into()],
        );
        tx.execute_raw(insert).await?;
        log_key(tx)
            .await?
            .ok_or_else(|| AppError::internal("the log's key was set and is not there"))
    }
}
