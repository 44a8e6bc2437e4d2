//! Tables of corrections and reversals, and of certificates that hold for less.

/// Table `reduction`.
pub(crate) mod reduction {
    use sea_orm::entity::prelude::*;

    /// A claim of which less stays verified.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reduction")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub claim_id: Uuid,
        pub remedy: String,
        pub before_units: i64,
        pub after_units: i64,
        pub challenge_id: Option<Uuid>,
        pub proposal_id: Option<Uuid>,
        pub carried_out_by: Uuid,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `withdrawal`.
pub(crate) mod withdrawal {
    use sea_orm::entity::prelude::*;

    /// Units of a retirement for which its certificate no longer holds.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "withdrawal")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub retirement_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub units: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
