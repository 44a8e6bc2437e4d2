//! Table `log_blob`, for reading. Only the writer inserts.

use sea_orm::entity::prelude::*;

/// The body of an entry that is too large for it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_blob")]
pub(crate) struct Model {
    /// Index of the entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idx: i64,
    pub sha256: Vec<u8>,
    pub bytes: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
