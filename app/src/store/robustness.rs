//! Table `robustness`.

use sea_orm::entity::prelude::*;

/// A report on the robustness of a ranking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "robustness")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tender_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_idx: i64,
    pub lot: String,
    /// The ranking that was questioned.
    pub ranking_idx: i64,
    /// The whole report, as JSON.
    pub report: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
