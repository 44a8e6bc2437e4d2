//! Tables of what moves a tender on: its history, approvals of the second opening, letters and the standstill.

/// Table `tender_event`.
pub(crate) mod tender_event {
    use sea_orm::entity::prelude::*;

    /// A step in the history of a tender.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tender_event")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        /// The kind of its entry.
        pub kind: String,
        pub at: i64,
        pub reason_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `price_approval`.
pub(crate) mod price_approval {
    use sea_orm::entity::prelude::*;

    /// An officer's approval of the opening of the prices.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "price_approval")]
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

/// Table `letter`.
pub(crate) mod letter {
    use sea_orm::entity::prelude::*;

    /// A letter to a bidder.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "letter")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub tender_id: Uuid,
        pub reason_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `standstill`.
pub(crate) mod standstill {
    use sea_orm::entity::prelude::*;

    /// A standstill as it runs.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "standstill")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        pub notified_at: i64,
        pub notified_idx: i64,
        pub first_day: Option<String>,
        pub days: Option<i64>,
        pub ends_at: Option<i64>,
        pub suspended_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
