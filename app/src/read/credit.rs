//! Classes and batches with their lives, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::amount::Quantity;
use commonweal_domain::credit::Class;
use commonweal_domain::credit::posting::Bucket;
use commonweal_domain::ids::{BatchId, ClaimId, ClassId, Id, KpiId, OrganisationId};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::store::columns;
use crate::store::credit::{account, batch, class, class_of};
use crate::store::sum::{joined, sum_high, sum_low};

/// A class with the quantity of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassView {
    /// The class.
    pub class: Class,
    /// What one credit is, in the measure's unit.
    pub one: Quantity,
    /// Log index of its definition.
    pub entry_index: u64,
}

/// A batch as it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchView {
    /// The batch.
    pub id: BatchId,
    /// Its class.
    pub class: ClassId,
    /// The claim behind it.
    pub claim: ClaimId,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// The KPI that the claim answered.
    pub kpi: Option<KpiId>,
    /// Units that answer the KPI.
    pub obligated_units: i64,
    /// Units beyond it, or outside contracts.
    pub surplus_units: i64,
    /// When it was issued.
    pub issued_at: Time,
    /// Log index of the issue.
    pub entry_index: u64,
}

impl BatchView {
    /// Units of the batch.
    pub fn issued_units(&self) -> i64 {
        self.obligated_units.saturating_add(self.surplus_units)
    }
}

/// Where the units of a batch stand now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchLife {
    /// Units that their holders may use.
    pub available: i64,
    /// Units bound to an order or a trade.
    pub held: i64,
    /// Units kept back against reversals.
    pub buffer: i64,
    /// Units claimed for ever.
    pub retired: i64,
    /// Units taken out without a claim.
    pub cancelled: i64,
    /// Units whose outcome was undone.
    pub reversed: i64,
}

/// Which classes are wanted.
#[derive(Debug, Clone, Default)]
pub struct ClassFilter {
    /// Those at this place.
    pub place: Option<String>,
    /// Those of this year.
    pub vintage: Option<i16>,
    /// Those of the measure with this code, in any catalogue version.
    pub measure_code: Option<String>,
}

/// Which batches are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct BatchFilter {
    /// Those of this class.
    pub class: Option<ClassId>,
    /// Those of this claimant.
    pub claimant: Option<OrganisationId>,
    /// Those of this KPI.
    pub kpi: Option<KpiId>,
}

impl Read<'_> {
    /// Classes by id, in one statement.
    pub async fn classes_by_id(
        &self,
        ids: &[ClassId],
    ) -> Result<HashMap<ClassId, ClassView>, AppError> {
        let rows = class::Entity::find()
            .filter(class::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(class_view).collect::<Result<Vec<_>, _>>()?;
        Ok(views
            .into_iter()
            .map(|view| (view.class.id, view))
            .collect())
    }

    /// A page of classes in the order of their definition.
    pub async fn classes(
        &self,
        filter: &ClassFilter,
        page: &Page<ClassId>,
    ) -> Result<Vec<ClassView>, AppError> {
        let rows = page
            .of(select_class(filter), class::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(class_view).collect()
    }

    /// How many classes the filter leaves.
    pub async fn class_count(&self, filter: &ClassFilter) -> Result<u64, AppError> {
        Ok(select_class(filter).count(self.db).await?)
    }

    /// Batches by id, in one statement.
    pub async fn batches_by_id(
        &self,
        ids: &[BatchId],
    ) -> Result<HashMap<BatchId, BatchView>, AppError> {
        let rows = batch::Entity::find()
            .filter(batch::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(batch_view).collect::<Result<Vec<_>, _>>()?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// The batches issued for some claims, in one statement.
    pub async fn batches_by_claim(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, BatchView>, AppError> {
        let rows = batch::Entity::find()
            .filter(batch::Column::ClaimId.is_in(columns::uuids(claims)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(batch_view).collect::<Result<Vec<_>, _>>()?;
        Ok(views.into_iter().map(|view| (view.claim, view)).collect())
    }

    /// A page of batches in the order of their issue.
    pub async fn batches(
        &self,
        filter: &BatchFilter,
        page: &Page<BatchId>,
    ) -> Result<Vec<BatchView>, AppError> {
        let rows = page
            .of(select_batch(filter), batch::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(batch_view).collect()
    }

    /// How many batches the filter leaves.
    pub async fn batch_count(&self, filter: &BatchFilter) -> Result<u64, AppError> {
        Ok(select_batch(filter).count(self.db).await?)
    }

    /// Where the units of several batches stand, in one statement.
    pub async fn lives_of(
        &self,
        batches: &[BatchId],
    ) -> Result<HashMap<BatchId, BatchLife>, AppError> {
        let sums: Vec<(Uuid, String, Option<i64>, Option<i64>)> =
            lives(batches).into_tuple().all(self.db).await?;
        let mut lives: HashMap<BatchId, BatchLife> = HashMap::new();
        for (batch, bucket, high, low) in sums {
            let units = joined((high, low))?;
            let life = lives.entry(BatchId::from_uuid(batch)).or_default();
            match Bucket::ALL
                .into_iter()
                .find(|known| known.as_str() == bucket)
            {
                Some(Bucket::Available) => life.available = units,
                Some(Bucket::Held) => life.held = units,
                Some(Bucket::Buffer) => life.buffer = units,
                Some(Bucket::Retired) => life.retired = units,
                Some(Bucket::Cancelled) => life.cancelled = units,
                Some(Bucket::Reversed) => life.reversed = units,
                Some(Bucket::Issuance) | None => {}
            }
        }
        Ok(lives)
    }
}

/// Units of some batches by bucket, in two parts of which no sum overflows.
pub(super) fn lives(batches: &[BatchId]) -> Select<account::Entity> {
    account::Entity::find()
        .select_only()
        .column(account::Column::BatchId)
        .column(account::Column::Bucket)
        .column_as(sum_high(account::Column::Balance), "high")
        .column_as(sum_low(account::Column::Balance), "low")
        .filter(account::Column::BatchId.is_in(columns::uuids(batches)))
        .filter(account::Column::Bucket.ne(Bucket::Issuance.as_str()))
        .group_by(account::Column::BatchId)
        .group_by(account::Column::Bucket)
}

fn select_class(filter: &ClassFilter) -> Select<class::Entity> {
    let mut select = class::Entity::find();
    if let Some(place) = &filter.place {
        select = select.filter(class::Column::Place.eq(place));
    }
    if let Some(vintage) = filter.vintage {
        select = select.filter(class::Column::Vintage.eq(i64::from(vintage)));
    }
    if let Some(code) = &filter.measure_code {
        select = select.filter(class::Column::MeasureCode.eq(code));
    }
    select
}

fn select_batch(filter: &BatchFilter) -> Select<batch::Entity> {
    let mut select = batch::Entity::find();
    if let Some(class) = filter.class {
        select = select.filter(batch::Column::ClassId.eq(class.uuid()));
    }
    if let Some(claimant) = filter.claimant {
        select = select.filter(batch::Column::ClaimantId.eq(claimant.uuid()));
    }
    if let Some(kpi) = filter.kpi {
        select = select.filter(batch::Column::KpiId.eq(kpi.uuid()));
    }
    select
}

fn class_view(row: &class::Model) -> Result<ClassView, AppError> {
    Ok(ClassView {
        class: class_of(row)?,
        one: columns::quantity(1, row.scale, &row.unit)?,
        entry_index: columns::index(row.entry_idx)?,
    })
}

fn batch_view(row: &batch::Model) -> Result<BatchView, AppError> {
    Ok(BatchView {
        id: BatchId::from_uuid(row.id),
        class: ClassId::from_uuid(row.class_id),
        claim: ClaimId::from_uuid(row.claim_id),
        claimant: OrganisationId::from_uuid(row.claimant_id),
        kpi: row.kpi_id.map(KpiId::from_uuid),
        obligated_units: row.obligated_units,
        surplus_units: row.surplus_units,
        issued_at: columns::time(row.issued_at),
        entry_index: columns::index(row.entry_idx)?,
    })
}
