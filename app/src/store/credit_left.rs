//! Tables of what is left: of batches and their retirements at issue, and of what credits have done for KPIs. They follow
//! from issues, cover and reductions.

use std::collections::HashMap;

use commonweal_domain::credit::class::PoolKey;
use commonweal_domain::credit::entries::CreditsIssued;
use commonweal_domain::credit::reduction::Part;
use commonweal_domain::credit::terms::KpiAccount;
use commonweal_domain::ids::{BatchId, Id, KpiId, RetirementId};
use commonweal_domain::time::Date;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, SelectStatement};
use sea_orm::{FromQueryResult, JoinType, QueryOrder, QuerySelect, QueryTrait, Select, Value};

use super::credit::{batch, class};
use super::{bulk, columns};
use crate::error::AppError;

/// Table `kpi_account`.
pub(crate) mod kpi_account {
    use sea_orm::entity::prelude::*;

    /// What credits have done for a KPI.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_account")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        pub obligated_units: i64,
        pub surplus_units: i64,
        pub tradable_units: i64,
        pub covered_units: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `surplus_intent`.
pub(crate) mod surplus_intent {
    use sea_orm::entity::prelude::*;

    /// The day on which a supplier registered that it means to trade surplus of a KPI.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "surplus_intent")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        pub on_day: String,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `batch_left`.
pub(crate) mod batch_left {
    use sea_orm::entity::prelude::*;

    /// Surplus of a batch that circulates, what of it holders cancelled since without that it fell, and what is kept back.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "batch_left")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub batch_id: Uuid,
        pub circulating_units: i64,
        pub cancelled_units: i64,
        pub buffer_units: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `part_left`.
pub(crate) mod part_left {
    use sea_orm::entity::prelude::*;

    /// Units of a retirement at issue for which its certificate holds.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "part_left")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub retirement_id: Uuid,
        pub batch_id: Uuid,
        pub seq: i64,
        pub kpi_id: Option<Uuid>,
        pub units: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What credits have done for some KPIs; one without a row has done nothing.
pub(crate) async fn kpi_accounts(
    db: &impl ConnectionTrait,
    kpis: &[KpiId],
) -> Result<HashMap<KpiId, KpiAccount>, AppError> {
    let rows = kpi_account::Entity::find()
        .filter(kpi_account::Column::KpiId.is_in(columns::uuids(kpis)))
        .all(db)
        .await?;
    let account = |row: kpi_account::Model| KpiAccount {
        obligated_units: row.obligated_units,
        surplus_units: row.surplus_units,
        tradable_units: row.tradable_units,
        covered_units: row.covered_units,
    };
    let found = rows.into_iter();
    Ok(found
        .map(|row| (KpiId::from_uuid(row.kpi_id), account(row)))
        .collect())
}

/// Changes what credits have done for a KPI.
pub(crate) async fn change_kpi(
    db: &impl ConnectionTrait,
    kpi: KpiId,
    change: impl FnOnce(&mut KpiAccount) -> Option<()>,
) -> Result<(), AppError> {
    let mut account = kpi_accounts(db, &[kpi])
        .await?
        .remove(&kpi)
        .unwrap_or_default();
    change(&mut account).ok_or_else(too_large)?;
    let row = kpi_account::ActiveModel {
        kpi_id: Set(kpi.uuid()),
        obligated_units: Set(account.obligated_units),
        surplus_units: Set(account.surplus_units),
        tradable_units: Set(account.tradable_units),
        covered_units: Set(account.covered_units),
    };
    let replace = OnConflict::column(kpi_account::Column::KpiId)
        .update_columns([
            kpi_account::Column::ObligatedUnits,
            kpi_account::Column::SurplusUnits,
            kpi_account::Column::TradableUnits,
            kpi_account::Column::CoveredUnits,
        ])
        .to_owned();
    kpi_account::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// More units than can be counted.
pub(crate) fn too_large() -> AppError {
    AppError::refused(
        "AMOUNT_TOO_LARGE",
        "the sum of units would exceed what can be counted",
    )
}

/// Adds to a number of units.
pub(crate) fn plus(units: &mut i64, more: i64) -> Option<()> {
    *units = units.checked_add(more)?;
    Some(())
}

/// The day on which the intent to trade surplus of a KPI was registered.
pub(crate) async fn intended_on(
    db: &impl ConnectionTrait,
    kpi: KpiId,
) -> Result<Option<Date>, AppError> {
    let row = surplus_intent::Entity::find_by_id(kpi.uuid())
        .one(db)
        .await?;
    row.map(|row| row.on_day.parse().map_err(AppError::internal))
        .transpose()
}

/// Stores what is left of a batch at its issue: everything.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    issued: &CreditsIssued,
    named: Option<KpiId>,
) -> Result<(), AppError> {
    batch_left::Entity::insert(batch_left::ActiveModel {
        batch_id: Set(issued.batch.uuid()),
        circulating_units: Set(issued.circulating_units()),
        cancelled_units: Set(0),
        buffer_units: Set(issued.buffer_units),
    })
    .exec_without_returning(db)
    .await?;
    for (seq, retired) in (0_i64..).zip(&issued.retirements) {
        part_left::Entity::insert(part_left::ActiveModel {
            retirement_id: Set(retired.id.uuid()),
            batch_id: Set(issued.batch.uuid()),
            seq: Set(seq),
            kpi_id: Set(retired.kpi.map(Id::uuid)),
            units: Set(retired.units()),
        })
        .exec_without_returning(db)
        .await?;
        if let Some(kpi) = retired.kpi {
            change_kpi(db, kpi, |account| {
                plus(&mut account.obligated_units, retired.units())
            })
            .await?;
        }
    }
    if let Some(kpi) = named {
        change_kpi(db, kpi, |account| {
            plus(&mut account.surplus_units, issued.surplus_units())?;
            plus(&mut account.tradable_units, issued.circulating_units())
        })
        .await?;
    }
    Ok(())
}

/// What is left of the retirements at issue of some batches, in order.
pub(crate) async fn parts_of(
    db: &impl ConnectionTrait,
    batches: &[BatchId],
) -> Result<HashMap<BatchId, Vec<Part>>, AppError> {
    let select = "SELECT p.* FROM part_left AS p";
    let on = "p.batch_id = r.column1 ORDER BY p.batch_id, p.seq";
    let mut found: HashMap<BatchId, Vec<Part>> = HashMap::new();
    for row in bulk::select(db, select, &keys(batches), on).await? {
        let row = part_left::Model::from_query_result(&row, "")?;
        let batch = BatchId::from_uuid(row.batch_id);
        found.entry(batch).or_default().push(Part {
            retirement: RetirementId::from_uuid(row.retirement_id),
            kpi: row.kpi_id.map(KpiId::from_uuid),
            units: row.units,
        });
    }
    Ok(found)
}

/// Takes units off what is left of a retirement at issue, and answers the KPI that it answers.
pub(crate) async fn withdraw(
    db: &impl ConnectionTrait,
    retirement: RetirementId,
    units: i64,
) -> Result<Option<KpiId>, AppError> {
    let row = part_left::Entity::find_by_id(retirement.uuid())
        .one(db)
        .await?;
    let row = row.ok_or_else(|| AppError::internal("a retirement without its part"))?;
    part_left::Entity::update(part_left::ActiveModel {
        retirement_id: Set(row.retirement_id),
        units: Set(row.units.saturating_sub(units)),
        ..Default::default()
    })
    .exec(db)
    .await?;
    Ok(row.kpi_id.map(KpiId::from_uuid))
}

/// What is left of some batches.
pub(crate) async fn of_batches(
    db: &impl ConnectionTrait,
    batches: &[BatchId],
) -> Result<HashMap<BatchId, batch_left::Model>, AppError> {
    let select = "SELECT l.* FROM batch_left AS l";
    let rows = bulk::select(db, select, &keys(batches), "l.batch_id = r.column1").await?;
    let mut found = HashMap::new();
    for row in rows {
        let row = batch_left::Model::from_query_result(&row, "")?;
        found.insert(BatchId::from_uuid(row.batch_id), row);
    }
    Ok(found)
}

/// Every batch has its row from its issue on.
pub(crate) fn missing(batch: BatchId) -> AppError {
    AppError::internal(format!("nothing is known of what is left of {batch}"))
}

fn keys(batches: &[BatchId]) -> Vec<Vec<Value>> {
    batches.iter().map(|id| vec![id.uuid().into()]).collect()
}

/// Changes what is left of a batch.
pub(crate) async fn change_batch(
    db: &impl ConnectionTrait,
    batch: BatchId,
    change: impl FnOnce(&mut batch_left::Model) -> Option<()>,
) -> Result<(), AppError> {
    let row = batch_left::Entity::find_by_id(batch.uuid()).one(db).await?;
    let mut left = row.ok_or_else(|| missing(batch))?;
    change(&mut left).ok_or_else(too_large)?;
    batch_left::Entity::update(batch_left::ActiveModel {
        batch_id: Set(left.batch_id),
        circulating_units: Set(left.circulating_units),
        cancelled_units: Set(left.cancelled_units),
        buffer_units: Set(left.buffer_units),
    })
    .exec(db)
    .await?;
    Ok(())
}

/// Batches of the classes of a pool that together keep so many units back, or all that do: one of them first, then the others
/// in the order of their issue. They are read in pages, and no further than it takes.
pub(crate) async fn buffered(
    db: &impl ConnectionTrait,
    pool: &PoolKey,
    first: BatchId,
    units: i64,
) -> Result<Vec<BatchId>, AppError> {
    const PAGE: u64 = 256;
    let of_pool = |select: Select<batch_left::Entity>| {
        select
            .select_only()
            .column(batch_left::Column::BatchId)
            .column(batch_left::Column::BufferUnits)
            .column(batch::Column::EntryIdx)
            .join(JoinType::InnerJoin, to_batch())
            .filter(batch_left::Column::BufferUnits.gt(0_i64))
            .into_tuple::<(Uuid, i64, i64)>()
    };
    let own = batch_left::Entity::find_by_id(first.uuid());
    let mut page = of_pool(own).all(db).await?;
    let (mut ids, mut kept, mut after) = (Vec::new(), 0_i64, -1);
    loop {
        for (id, buffer, index) in &page {
            if kept >= units {
                return Ok(ids);
            }
            ids.push(BatchId::from_uuid(*id));
            kept = kept.saturating_add(*buffer);
            if *id != first.uuid() {
                after = *index;
            }
        }
        let others = batch_left::Entity::find()
            .filter(batch_left::Column::BatchId.ne(first.uuid()))
            .filter(batch::Column::ClassId.in_subquery(classes_of(pool)))
            .filter(batch::Column::EntryIdx.gt(after))
            .order_by_asc(batch::Column::EntryIdx)
            .limit(PAGE);
        page = of_pool(others).all(db).await?;
        if page.is_empty() {
            return Ok(ids);
        }
    }
}

fn to_batch() -> RelationDef {
    batch_left::Entity::belongs_to(batch::Entity)
        .from(batch_left::Column::BatchId)
        .to(batch::Column::Id)
        .into()
}

/// The classes whose buffers stand in for each other.
fn classes_of((measure, place): &PoolKey) -> SelectStatement {
    class::Entity::find()
        .select_only()
        .column(class::Column::Id)
        .filter(class::Column::CatalogueId.eq(measure.catalogue.uuid()))
        .filter(class::Column::MeasureCode.eq(measure.code.as_str()))
        .filter(class::Column::Place.eq(place.as_str()))
        .into_query()
}
