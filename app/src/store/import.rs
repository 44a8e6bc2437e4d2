//! Tables of imported open data.

/// Table `imported_release`.
pub(crate) mod imported_release {
    use sea_orm::entity::prelude::*;

    /// A published release in whitelisted fields.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "imported_release")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: Vec<u8>,
        pub ocid: String,
        pub release_id: String,
        pub form: String,
        pub published_at: Option<i64>,
        pub title: Option<String>,
        pub buyer_id: Option<String>,
        pub buyer_name: Option<String>,
        pub is_test: bool,
        pub content: String,
        pub source: String,
        pub imported_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `imported_contest`.
pub(crate) mod imported_contest {
    use sea_orm::entity::prelude::*;

    /// A contest of an imported release, and what the award check found.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "imported_contest")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub release_digest: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub lot: Option<String>,
        pub bids: i64,
        pub priced_bids: i64,
        pub result: String,
        pub basis: String,
        pub reason: Option<String>,
        pub explanation: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
