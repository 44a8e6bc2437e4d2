//! Tables of corrections and reversals, and of certificates that hold for less.

use commonweal_domain::ids::{ClaimId, Id};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Order, Query, WindowStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

/// The most proposals, reductions, and questions with answers of a claim that are shown with it: the latest.
const SHOWN: i64 = 100;

/// The latest rows of each of some claims, in order, of a table whose rows belong to a claim and an entry.
pub(crate) fn latest_of_each<E: EntityTrait + Default>(
    (claim, entry): (E::Column, E::Column),
    claims: &[ClaimId],
) -> Select<E> {
    let ids: Vec<Uuid> = claims.iter().map(|id| id.uuid()).collect();
    let numbered = Query::select()
        .expr_as(Expr::col(entry), "entry_idx")
        .expr_window_as(
            Func::cust("ROW_NUMBER"),
            WindowStatement::partition_by(claim)
                .order_by(entry, Order::Desc)
                .take(),
            "place",
        )
        .from(E::default())
        .and_where(claim.is_in(ids.clone()))
        .take();
    let shown = Query::select()
        .column("entry_idx")
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(SHOWN))
        .to_owned();
    E::find()
        .filter(claim.is_in(ids))
        .filter(entry.in_subquery(shown))
        .order_by_asc(entry)
}

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
