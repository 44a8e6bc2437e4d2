//! Table of looks at what seems abnormal in a bid.

use sea_orm::entity::prelude::*;

/// A request to explain, and what came of it; or a decision that nobody had to be asked.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "explanation")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bid_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub about: String,
    pub tender_id: Uuid,
    pub answer_by: Option<i64>,
    pub request_reason_id: Option<Uuid>,
    pub requested_idx: Option<i64>,
    pub explanation_reason_id: Option<Uuid>,
    pub given_idx: Option<i64>,
    pub ground: Option<String>,
    pub decision_reason_id: Option<Uuid>,
    pub decided_idx: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
