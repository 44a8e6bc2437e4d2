//! Table of reads that were refused: private, by day, reader and thing.

use std::collections::BTreeSet;

use commonweal_domain::ids::{Id, PersonId};
use commonweal_domain::time::{Date, Time};
use sea_orm::ActiveValue::Set;
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, OnConflict};

use crate::error::AppError;

/// The most rows of one reader on a day: behind them refusals are counted by their kind alone.
const MAX_SUBJECTS: u64 = 500;

/// How often somebody was refused something on a day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_read")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reader_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: Uuid,
    pub refused: i64,
    pub last_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Counts one refusal of each thing. People who are not signed in are not told apart, and neither is what they asked for: so
/// nobody fills the table.
pub(crate) async fn count(
    db: &impl ConnectionTrait,
    reader: Option<PersonId>,
    kind: &str,
    subjects: &BTreeSet<Uuid>,
    at: Time,
) -> Result<(), AppError> {
    let day = at.date().to_string();
    let reader = reader.map_or(Uuid::nil(), Id::uuid);
    let known = Entity::find()
        .filter(Column::Day.eq(&day))
        .filter(Column::ReaderId.eq(reader));
    let apart = !reader.is_nil() && known.count(db).await? < MAX_SUBJECTS;
    let row = |subject: Uuid| ActiveModel {
        day: Set(day.clone()),
        reader_id: Set(reader),
        kind: Set(kind.to_owned()),
        subject_id: Set(subject),
        refused: Set(1),
        last_at: Set(at.micros()),
    };
    let rows: Vec<ActiveModel> = if apart {
        subjects.iter().copied().map(row).collect()
    } else {
        vec![row(Uuid::nil())]
    };
    let key = [
        Column::Day,
        Column::ReaderId,
        Column::Kind,
        Column::SubjectId,
    ];
    let more = Expr::col((Entity, Column::Refused)).add(1);
    let again = OnConflict::columns(key)
        .value(Column::Refused, more)
        .update_column(Column::LastAt)
        .to_owned();
    Entity::insert_many(rows)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Forgets what was refused before a day.
pub(crate) async fn forget(db: &impl ConnectionTrait, before: Date) -> Result<(), AppError> {
    Entity::delete_many()
        .filter(Column::Day.lt(before.to_string()))
        .exec(db)
        .await?;
    Ok(())
}
