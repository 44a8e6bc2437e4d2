//! Tables of marks, consensus levels, rankings and awards, and of the erasable reasons for them.

/// Table `reason`.
pub(crate) mod reason {
    use sea_orm::entity::prelude::*;

    /// A reason in free words.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reason")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tender_id: Uuid,
        pub text: String,
        pub salt: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `mark`.
pub(crate) mod mark {
    use sea_orm::entity::prelude::*;

    /// An evaluator's mark.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub criterion: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub evaluator_id: Uuid,
        pub tender_id: Uuid,
        pub level: i64,
        pub reason_id: Uuid,
        pub saved_at: i64,
        pub sealed_id: Option<Uuid>,
        /// What the release publishes, as JSON.
        pub opening: Option<Vec<u8>>,
        pub sealed_idx: Option<i64>,
        pub released_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `consensus`.
pub(crate) mod consensus {
    use sea_orm::entity::prelude::*;

    /// A level that the panel agreed on.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consensus")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub criterion: String,
        pub tender_id: Uuid,
        pub level: i64,
        pub reason_id: Uuid,
        pub signed_by: Uuid,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `ranking`.
pub(crate) mod ranking {
    use sea_orm::entity::prelude::*;

    /// A computed ranking of a lot.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ranking")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub lot: String,
        pub inputs_upto: i64,
        pub computed_at: i64,
        /// What the log holds, as JSON.
        pub result: Vec<u8>,
        /// The ranking with all totals, as JSON.
        pub places: Vec<u8>,
        /// What scorecards are explained from on demand, as JSON.
        #[sea_orm(column_name = "scorecards")]
        pub basis: Vec<u8>,
        /// To which bid the lot goes, as JSON; none while the ranking of a lot is withheld.
        pub allocated: Option<Vec<u8>>,
        /// Bids that the plan excludes with every ground, as JSON; none in rankings whose results tell the grounds whole.
        pub excluded: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `award`.
pub(crate) mod award {
    use sea_orm::entity::prelude::*;

    /// What an award says of a lot, from its proposal on.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "award")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub lot: String,
        pub bid_id: Option<Uuid>,
        pub supplier_id: Option<Uuid>,
        pub proposed_by: Uuid,
        pub proposed_idx: i64,
        pub approved_by: Option<Uuid>,
        pub decided_at: Option<i64>,
        pub decided_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
