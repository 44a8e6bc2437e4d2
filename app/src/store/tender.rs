//! Tables of tenders, their keys, and the approvals of openings.

use sea_orm::entity::prelude::*;

/// A tender.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tender")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub buyer_id: Uuid,
    pub title: String,
    /// Canonical JSON.
    pub plan: Vec<u8>,
    /// The public half of its key pair.
    pub recipient: String,
    pub stage: String,
    /// The last entry that a ranking depends on.
    pub inputs_idx: i64,
    pub published_at: i64,
    pub closes_at: i64,
    pub opens_at: i64,
    pub entry_idx: i64,
    pub opened_idx: Option<i64>,
    pub cancelled_idx: Option<i64>,
    pub cancel_reason_id: Option<Uuid>,
    /// How many amendments there were.
    pub amendments: i64,
    /// The last amendment after which a bid must be confirmed.
    pub material_idx: Option<i64>,
    /// The last amendment after which a bid must be replaced.
    pub form_idx: Option<i64>,
    /// How many questions were answered.
    pub answers: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `tender_key`.
pub(crate) mod tender_key {
    use sea_orm::entity::prelude::*;

    /// The private half of a tender's key pair, encrypted.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tender_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        pub wrapped: Vec<u8>,
        pub released_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `opening_approval`.
pub(crate) mod opening_approval {
    use sea_orm::entity::prelude::*;

    /// An officer's approval of an opening.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "opening_approval")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub organisation_id: Uuid,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
