//! Tables of refused claims: how often each rule refused one in a month, and privately whom.

use commonweal_domain::ids::{Id, OrganisationId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{PaginatorTrait, QuerySelect};

use crate::error::AppError;

/// The most rows of a month: behind them refusals are counted by their rule alone.
const MAX_CELLS: u64 = 2_000;

/// How often a rule refused claims of a measure at a place in a month. Without measure and place when a month has too many.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claim_refusal")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub catalogue_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub measure_code: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: String,
    pub people: bool,
    pub refused: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `claim_refusal_by`.
pub(crate) mod by {
    use sea_orm::entity::prelude::*;

    /// How often a rule refused a claimant in a month.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_refusal_by")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claimant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub month: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub rule: String,
        pub refused: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Counts one refusal of a cell, or of its rule alone when the month has too many cells.
pub(crate) async fn count(db: &impl ConnectionTrait, cell: &Model) -> Result<(), AppError> {
    let key = (
        cell.month.clone(),
        cell.rule.clone(),
        cell.catalogue_id,
        cell.measure_code.clone(),
        cell.place.clone(),
    );
    let known = Entity::find_by_id(key).one(db).await?.is_some();
    let cells = Entity::find().filter(Column::Month.eq(&cell.month));
    let full = !known && cells.count(db).await? >= MAX_CELLS;
    let (catalogue, measure, place) = if full {
        (Uuid::nil(), String::new(), String::new())
    } else {
        (
            cell.catalogue_id,
            cell.measure_code.clone(),
            cell.place.clone(),
        )
    };
    let row = ActiveModel {
        month: Set(cell.month.clone()),
        rule: Set(cell.rule.clone()),
        catalogue_id: Set(catalogue),
        measure_code: Set(measure),
        place: Set(place),
        // What cannot be told apart is treated as if it were about people.
        people: Set(cell.people || full),
        refused: Set(1),
    };
    let key = [
        Column::Month,
        Column::Rule,
        Column::CatalogueId,
        Column::MeasureCode,
        Column::Place,
    ];
    let more = Expr::col((Entity, Column::Refused)).add(1);
    Entity::insert(row)
        .on_conflict(
            OnConflict::columns(key)
                .value(Column::Refused, more)
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Counts one refusal of a claimant, and forgets those of months before another.
pub(crate) async fn count_by(
    db: &impl ConnectionTrait,
    claimant: OrganisationId,
    month: &str,
    rule: &str,
    forget_before: &str,
) -> Result<(), AppError> {
    by::Entity::delete_many()
        .filter(by::Column::ClaimantId.eq(claimant.uuid()))
        .filter(by::Column::Month.lt(forget_before))
        .exec(db)
        .await?;
    let row = by::ActiveModel {
        claimant_id: Set(claimant.uuid()),
        month: Set(month.to_owned()),
        rule: Set(rule.to_owned()),
        refused: Set(1),
    };
    let key = [by::Column::ClaimantId, by::Column::Month, by::Column::Rule];
    let more = Expr::col((by::Entity, by::Column::Refused)).add(1);
    by::Entity::insert(row)
        .on_conflict(
            OnConflict::columns(key)
                .value(by::Column::Refused, more)
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// How often a rule refused a claimant in a month.
pub(crate) async fn refused_by(
    db: &impl ConnectionTrait,
    claimant: OrganisationId,
    month: &str,
    rule: &str,
) -> Result<i64, AppError> {
    let key = (claimant.uuid(), month.to_owned(), rule.to_owned());
    let found = by::Entity::find_by_id(key).one(db).await?;
    Ok(found.map_or(0, |row| row.refused))
}

/// The cells of a calendar year: a month has so many at most, and one more for each rule.
pub(crate) async fn of_year(db: &impl ConnectionTrait, year: i16) -> Result<Vec<Model>, AppError> {
    let months = (format!("{year:04}-01"), format!("{year:04}-12"));
    Ok(Entity::find()
        .filter(Column::Month.between(months.0, months.1))
        .limit(12 * (MAX_CELLS + 100))
        .all(db)
        .await?)
}
