//! Tables of API tokens and their scopes.

use commonweal_domain::ids::{Id, TokenId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

/// A token with one role of its scope, null where the scope is empty or the person does not hold the role any more.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Scoped {
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) person_id: Uuid,
    pub(crate) expires_at: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) organisation_id: Option<Uuid>,
    pub(crate) role: Option<String>,
}

/// A token with its scope, in one statement because every request begins with it. Nothing when it is unknown.
pub(crate) async fn scoped(db: &impl ConnectionTrait, id: TokenId) -> Result<Vec<Scoped>, DbErr> {
    let sql = "SELECT t.secret_hash, t.person_id, t.expires_at, t.revoked_at, g.organisation_id, g.role \
               FROM api_token AS t LEFT JOIN api_token_scope AS s ON s.token_id = t.id \
               LEFT JOIN role_grant AS g ON g.person_id = t.person_id \
               AND g.organisation_id = s.organisation_id AND g.role = s.role WHERE t.id = $1";
    let values = [id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Scoped::find_by_statement(statement).all(db).await
}

/// Table `api_token`.
pub(crate) mod api_token {
    use sea_orm::entity::prelude::*;

    /// A token: only the hash of its secret is kept.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_token")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub secret_hash: Vec<u8>,
        pub person_id: Uuid,
        pub label: String,
        pub created_at: i64,
        pub expires_at: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `api_token_scope`.
pub(crate) mod api_token_scope {
    use sea_orm::entity::prelude::*;

    /// A role in an organisation that the token may use.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_token_scope")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
