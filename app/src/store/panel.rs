//! Tables of panels: members, declarations, missing and changed marks, and levels under discussion.

/// Table `panel_member`.
pub(crate) mod panel_member {
    use sea_orm::entity::prelude::*;

    /// Someone who sits or sat on a panel.
    #[expect(
        clippy::struct_excessive_bools,
        reason = "columns, each a fact of its own"
    )]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "panel_member")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub chairs: bool,
        pub marks: bool,
        pub assigned_idx: i64,
        /// May see the bids.
        pub cleared: bool,
        /// Has no mark left to make.
        pub finished: bool,
        pub removed_idx: Option<i64>,
        pub replaced: bool,
        pub reason_id: Option<Uuid>,
        pub signed_off: Option<Vec<u8>>,
        pub calibrated_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `conflict_declaration`.
pub(crate) mod conflict_declaration {
    use sea_orm::entity::prelude::*;

    /// What a member declared about a bidder.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "conflict_declaration")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bidder_id: Uuid,
        pub conflict: String,
        pub words_id: Option<Uuid>,
        pub declared_idx: i64,
        pub countersigned_by: Option<Uuid>,
        pub countersigned_idx: Option<i64>,
        pub countersign_reason_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `missing_mark`.
pub(crate) mod missing_mark {
    use sea_orm::entity::prelude::*;

    /// A mark that the chair stated missing.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "missing_mark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub criterion: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub evaluator_id: Uuid,
        pub tender_id: Uuid,
        pub reason_id: Uuid,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `former_mark`.
pub(crate) mod former_mark {
    use sea_orm::entity::prelude::*;

    /// A final mark that its evaluator changed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "former_mark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub sealed_id: Uuid,
        pub bid_id: Uuid,
        pub criterion: String,
        pub evaluator_id: Uuid,
        pub tender_id: Uuid,
        pub level: i64,
        pub reason_id: Uuid,
        /// What the release publishes, as JSON.
        pub opening: Vec<u8>,
        pub sealed_idx: i64,
        pub replaced_idx: i64,
        pub released_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `agreed_level`.
pub(crate) mod agreed_level {
    use sea_orm::entity::prelude::*;

    /// A level that the panel set in moderation.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreed_level")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub criterion: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub tender_id: Uuid,
        pub level: i64,
        pub reason_id: Uuid,
        pub reason_hash: Vec<u8>,
        pub set_by: Uuid,
        pub set_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
