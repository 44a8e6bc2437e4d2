//! The keys that sign the log: the first is set once, each further one by an entry.

use commonweal_domain::log::entry::Entry;
use commonweal_domain::log::kinds::Body;
use commonweal_domain::log::note::VerifierKey;
use commonweal_domain::log::rotation::Rotation;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use super::command::PrivateCommand;
use super::log_entry;
use super::session::PrivateTx;
use crate::error::AppError;

/// Every key that signs or signed the log, the present one last; none before the publisher's first start.
pub(crate) async fn log_keys(
    database: &impl ConnectionTrait,
) -> Result<Vec<VerifierKey>, AppError> {
    let Some(first) = first_key(database).await? else {
        return Ok(Vec::new());
    };
    let mut keys: Vec<VerifierKey> = vec![first.parse().map_err(AppError::internal)?];
    let rotations: Vec<Vec<u8>> = log_entry::Entity::find()
        .select_only()
        .column(log_entry::Column::Bytes)
        .filter(log_entry::Column::Kind.eq("key.rotated"))
        .order_by_asc(log_entry::Column::Idx)
        .into_tuple()
        .all(database)
        .await?;
    for bytes in rotations {
        let entry = Entry::parse(&bytes).map_err(AppError::internal)?;
        if let Body::KeyRotated(rotated) = entry.body {
            let rotation = Rotation::read(&rotated.note).map_err(AppError::internal)?;
            keys.push(rotation.to);
        }
    }
    Ok(keys)
}

async fn first_key(database: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
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
        first_key(tx)
            .await?
            .ok_or_else(|| AppError::internal("the log's key was set and is not there"))
    }
}
