//! Table `log_entry`, for reading. Only the writer inserts.

use sea_orm::entity::prelude::*;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_entry")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub idx: i64,
    pub at: i64,
    pub kind: String,
    pub subject: String,
    pub bytes: Vec<u8>,
    pub leaf_hash: Vec<u8>,
    pub commit_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
