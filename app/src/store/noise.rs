//! Table of simulations over the panel's spread.

use sea_orm::entity::prelude::*;

/// What the runs found for a lot of a ranking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "noise")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tender_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ranking_idx: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lot: String,
    /// As JSON.
    pub report: Vec<u8>,
    /// The entry that holds it, once the marks are released.
    pub entry_idx: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
