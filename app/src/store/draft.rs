//! Table of drafts of tenders.

use sea_orm::entity::prelude::*;

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tender_draft")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub buyer_id: Uuid,
    pub title: String,
    /// Canonical JSON.
    pub plan: Vec<u8>,
    pub version: i64,
    pub saved_by: Uuid,
    pub saved_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
