//! Tables of organisations, roles, certifications, and the erasable directory of natural persons' names.

use sea_orm::entity::prelude::*;

/// An organisation that joined.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub legal_form: String,
    /// Public name; `None` for natural persons.
    pub name: Option<String>,
    pub sector: String,
    pub group_id: Uuid,
    pub place: String,
    pub identifier: Option<String>,
    pub entry_idx: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `role_grant`.
pub(crate) mod role_grant {
    use sea_orm::entity::prelude::*;

    /// A role that a person holds.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_grant")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `certification`.
pub(crate) mod certification {
    use sea_orm::entity::prelude::*;

    /// A certification as a social economy organisation.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certification")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation_id: Uuid,
        pub kind: String,
        pub from_day: String,
        pub to_day: Option<String>,
        pub source: String,
        pub entry_idx: i64,
        pub revoked_from: Option<String>,
        pub revoked_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `directory`: names and salts that can be erased without touching the log.
pub(crate) mod directory {
    use sea_orm::entity::prelude::*;

    /// The name behind a commitment.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "directory")]
    pub(crate) struct Model {
        /// The organisation or person.
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        pub name: String,
        pub salt: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
