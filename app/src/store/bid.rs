//! Tables of sealed bids and of bids after the opening.

use commonweal_domain::ids::{BidId, Id};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query, WindowStatement};
use sea_orm::{QueryOrder, Select};

use crate::read::Page;

/// A bid after the opening.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bid")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tender_id: Uuid,
    pub supplier_id: Uuid,
    pub lot: String,
    pub sealed_id: Uuid,
    pub received_at: i64,
    pub validity: String,
    /// The sealed content with its salts, as JSON.
    pub content: Vec<u8>,
    pub excluded_ground: Option<String>,
    pub excluded_reason_id: Option<Uuid>,
    pub excluded_idx: Option<i64>,
    pub entry_idx: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `sealed_bid`.
pub(crate) mod sealed_bid {
    use sea_orm::entity::prelude::*;

    /// A bid as ciphertext.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sealed_bid")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tender_id: Uuid,
        pub supplier_id: Uuid,
        pub lot: String,
        pub state: String,
        pub received_at: i64,
        pub ended_at: Option<i64>,
        pub commitment: Vec<u8>,
        pub ciphertext: Vec<u8>,
        pub entry_idx: i64,
        pub confirmed_at: Option<i64>,
        pub confirmed_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The same page of the bids of each tender, in one statement.
pub(crate) fn page_of_each(tenders: &[Uuid], page: &Page<BidId>) -> Select<Entity> {
    let order = if page.backward {
        Order::Desc
    } else {
        Order::Asc
    };
    let mut numbered = Query::select();
    numbered
        .column(Column::Id)
        .expr_window_as(
            Func::cust("ROW_NUMBER"),
            WindowStatement::partition_by(Column::TenderId)
                .order_by(Column::Id, order.clone())
                .take(),
            "place",
        )
        .from(Entity)
        .and_where(Column::TenderId.is_in(tenders.iter().copied()));
    if let Some(after) = page.after {
        numbered.and_where(Column::Id.gt(after.uuid()));
    }
    if let Some(before) = page.before {
        numbered.and_where(Column::Id.lt(before.uuid()));
    }
    let shown = Query::select()
        .column("id")
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(i64::try_from(page.rows).unwrap_or(i64::MAX)))
        .to_owned();
    Entity::find()
        .filter(Column::Id.in_subquery(shown))
        .order_by(Column::Id, order)
}
