//! Tables of questions and answers.

/// Table `question`.
pub(crate) mod asked {
    use sea_orm::entity::prelude::*;

    /// A supplier's question.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "question")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tender_id: Uuid,
        pub supplier_id: Uuid,
        pub asked_by: Uuid,
        pub asked_at: i64,
        pub text: String,
        pub answered_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `answer`.
pub(crate) mod answer {
    use sea_orm::entity::prelude::*;

    /// A question and its answer as everyone reads them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "answer")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub question_reason_id: Uuid,
        pub answer_reason_id: Uuid,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
