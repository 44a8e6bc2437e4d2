//! Table of measure catalogues. The body is the canonical JSON that the log carries.

use sea_orm::entity::prelude::*;

/// A catalogue version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "catalogue")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub version: String,
    pub title: String,
    pub body: Vec<u8>,
    pub entry_idx: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
