//! Tables of calibration: prepared answers, what evaluators sealed for them, and their marks.

/// Table `prepared_answer`.
pub(crate) mod prepared_answer {
    use sea_orm::entity::prelude::*;

    /// An answer that every evaluator marks first.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "prepared_answer")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub criterion: String,
        pub text_id: Uuid,
        /// The level that whoever prepared it holds right.
        pub reference: Option<i64>,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `calibration`.
pub(crate) mod sealed_calibration {
    use sea_orm::entity::prelude::*;

    /// What an evaluator sealed for the prepared answers, or the sealed reference.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calibration")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub sealed_id: Uuid,
        pub tender_id: Uuid,
        /// None for the reference.
        pub evaluator_id: Option<Uuid>,
        /// What the release publishes, as JSON.
        pub opening: Vec<u8>,
        pub sealed_idx: i64,
        pub released_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `calibration_mark`.
pub(crate) mod calibration_mark {
    use sea_orm::entity::prelude::*;

    /// An evaluator's mark for a prepared answer.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calibration_mark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub evaluator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub level: i64,
        pub reason_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
