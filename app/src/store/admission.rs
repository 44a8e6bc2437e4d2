//! Table of decisions on who may take part.

use sea_orm::entity::prelude::*;

/// A decision for a bid on a condition of participation or an exclusion ground. The last one for a code counts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admission_decision")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bid_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_idx: i64,
    pub tender_id: Uuid,
    pub code: String,
    pub decision: String,
    pub reason_id: Uuid,
    pub decided_by: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
