//! Promised against delivered: by contract, supplier, buyer, place, measure or year. Own delivery only: credits that were
//! bought are no delivery. A contract whose award was annulled promises nothing any more and is left out.

use std::collections::{BTreeMap, HashMap};

use commonweal_domain::amount::Quantity;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::contract::ClaimStatus;
use commonweal_domain::ids::{ContractId, Id, OrganisationId};
use commonweal_domain::place::Place;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::claim_rules::overlaps;
use crate::store::contract::{self, annulment, kpi};
use crate::store::delivery::instalment;
use crate::store::sum::{saturated, sum_high, sum_low};
use crate::store::{claim, columns};

/// The most KPIs that one answer is made from.
const MAX_KPIS: u64 = 10_000;

/// By what the sums are made; always by measure too, since units differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryBy {
    /// By contract.
    Contract,
    /// By who delivers.
    Supplier,
    /// By who buys.
    Buyer,
    /// By place code.
    Place,
    /// By measure alone.
    Measure,
    /// By calendar year.
    Year,
}

/// Which KPIs are wanted.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Those of this contract.
    pub contract: Option<ContractId>,
    /// Those that this organisation delivers.
    pub supplier: Option<OrganisationId>,
    /// Those that this organisation buys.
    pub buyer: Option<OrganisationId>,
    /// Those at this place, within it or around it.
    pub place: Option<Place>,
    /// Those of this measure.
    pub measure: Option<MeasureRef>,
}

/// What a sum is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryGroup {
    /// A contract.
    Contract(ContractId),
    /// A supplier or a buyer.
    Organisation(OrganisationId),
    /// A place.
    Place(String),
    /// A calendar year.
    Year(String),
    /// Everything of a measure.
    All,
}

/// A sum of promises and deliveries of one measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// What it is a sum of.
    pub group: DeliveryGroup,
    /// The measure.
    pub measure: MeasureRef,
    /// What was promised, after every variation.
    pub promised: Quantity,
    /// What was verified to date.
    pub delivered: Quantity,
}

/// Sums of smallest units.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    promised: i64,
    delivered: i64,
}

impl Read<'_> {
    /// Promises and deliveries, summed exactly by the database, in four statements; a sum beyond what can be counted is the
    /// greatest number. More than 10,000 KPIs are refused: narrow the filter.
    pub async fn deliveries(
        &self,
        by: DeliveryBy,
        filter: &DeliveryFilter,
    ) -> Result<Vec<DeliveryRow>, AppError> {
        let kpis = self.kpis_for(filter).await?;
        let ids: Vec<Uuid> = kpis.iter().map(|row| row.id).collect();
        let parties: HashMap<Uuid, (Uuid, Uuid)> = contract::Entity::find()
            .filter(contract::Column::Id.is_in(kpis.iter().map(|row| row.contract_id)))
            .all(self.db)
            .await?
            .into_iter()
            .map(|row| (row.id, (row.buyer_id, row.supplier_id)))
            .collect();
        let promised = self.promised(&ids).await?;
        let delivered = self.delivered(&ids).await?;
        let by_id: HashMap<Uuid, &kpi::Model> = kpis.iter().map(|row| (row.id, row)).collect();
        let group = |row: &kpi::Model, year: &str| group(by, row, &parties, year);
        let mut sums: BTreeMap<(DeliveryGroup, Uuid, &str), (&kpi::Model, Sums)> = BTreeMap::new();
        let mut add = |parts: &[(Uuid, String, i64)], of: fn(&mut Sums) -> &mut i64| {
            for (id, year, units) in parts {
                let Some(row) = by_id.get(id).copied() else {
                    continue;
                };
                let key = (
                    group(row, year),
                    row.catalogue_id,
                    row.measure_code.as_str(),
                );
                let (_, sums) = sums.entry(key).or_insert((row, Sums::default()));
                let sum = of(sums);
                *sum = sum.saturating_add(*units);
            }
        };
        add(&promised, |sums| &mut sums.promised);
        add(&delivered, |sums| &mut sums.delivered);
        sums.into_iter()
            .map(|((group, ..), (row, sums))| {
                Ok(DeliveryRow {
                    group,
                    measure: columns::measure(row.catalogue_id, &row.measure_code)?,
                    promised: columns::quantity(sums.promised, row.scale, &row.unit)?,
                    delivered: columns::quantity(sums.delivered, row.scale, &row.unit)?,
                })
            })
            .collect()
    }

    /// What was promised of each KPI in each year.
    async fn promised(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, String, i64)>, AppError> {
        let instalments =
            instalment::Entity::find().filter(instalment::Column::KpiId.is_in(ids.iter().copied()));
        let columns = (instalment::Column::KpiId, instalment::Column::DueUnits);
        let rows: Vec<YearRow> = by_year(instalments, columns)
            .into_tuple()
            .all(self.db)
            .await?;
        Ok(rows.into_iter().map(whole).collect())
    }

    /// What stands verified of each KPI from each year.
    async fn delivered(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, String, i64)>, AppError> {
        let claims = claim::Entity::find()
            .filter(claim::Column::KpiId.is_in(ids.iter().copied()))
            .filter(claim::Column::Status.eq(ClaimStatus::Verified.as_str()));
        let columns = (claim::Column::KpiId, claim::Column::VerifiedUnits);
        let rows: Vec<YearRow> = by_year(claims, columns).into_tuple().all(self.db).await?;
        Ok(rows.into_iter().map(whole).collect())
    }

    async fn kpis_for(&self, filter: &DeliveryFilter) -> Result<Vec<kpi::Model>, AppError> {
        let annulled = Query::select()
            .column(annulment::Column::ContractId)
            .from(annulment::Entity)
            .to_owned();
        let mut contracts = Query::select();
        contracts
            .column(contract::Column::Id)
            .from(contract::Entity);
        let parties = [
            (filter.supplier, contract::Column::SupplierId),
            (filter.buyer, contract::Column::BuyerId),
        ];
        for (organisation, column) in parties {
            if let Some(id) = organisation {
                contracts.and_where(column.eq(id.uuid()));
            }
        }
        let mut select = kpi::Entity::find()
            .filter(kpi::Column::ContractId.not_in_subquery(annulled))
            .limit(MAX_KPIS.saturating_add(1));
        if filter.supplier.is_some() || filter.buyer.is_some() {
            select = select.filter(kpi::Column::ContractId.in_subquery(contracts));
        }
        if let Some(id) = filter.contract {
            select = select.filter(kpi::Column::ContractId.eq(id.uuid()));
        }
        if let Some(place) = &filter.place {
            select = select.filter(overlaps(place, kpi::Column::Place));
        }
        if let Some(measure) = &filter.measure {
            select = select
                .filter(kpi::Column::CatalogueId.eq(measure.catalogue.uuid()))
                .filter(kpi::Column::MeasureCode.eq(measure.code.as_str()));
        }
        let rows = select.all(self.db).await?;
        if u64::try_from(rows.len()).is_ok_and(|found| found > MAX_KPIS) {
            let message = format!("more than {MAX_KPIS} KPIs answer: narrow the filter");
            return Err(AppError::refused_at("TOO_MANY", "filter", message));
        }
        Ok(rows)
    }
}

/// Units of each KPI, summed by the year of the first day.
fn by_year<E: EntityTrait>(
    rows: Select<E>,
    (kpi, units): (impl ColumnTrait, impl ColumnTrait),
) -> Select<E> {
    let year = Expr::cust("substr(from_day, 1, 4)");
    rows.select_only()
        .column(kpi)
        .column_as(year.clone(), "year")
        .column_as(sum_high(units), "high")
        .column_as(sum_low(units), "low")
        .group_by(kpi)
        .group_by(year)
}

/// A row of such sums.
type YearRow = (Uuid, String, Option<i64>, Option<i64>);

fn whole((kpi, year, high, low): YearRow) -> (Uuid, String, i64) {
    (kpi, year, saturated((high, low)))
}

fn group(
    by: DeliveryBy,
    row: &kpi::Model,
    parties: &HashMap<Uuid, (Uuid, Uuid)>,
    year: &str,
) -> DeliveryGroup {
    let (buyer, supplier) = parties.get(&row.contract_id).copied().unwrap_or_default();
    match by {
        DeliveryBy::Contract => DeliveryGroup::Contract(ContractId::from_uuid(row.contract_id)),
        DeliveryBy::Supplier => DeliveryGroup::Organisation(OrganisationId::from_uuid(supplier)),
        DeliveryBy::Buyer => DeliveryGroup::Organisation(OrganisationId::from_uuid(buyer)),
        DeliveryBy::Place => DeliveryGroup::Place(row.place.clone()),
        DeliveryBy::Measure => DeliveryGroup::All,
        DeliveryBy::Year => DeliveryGroup::Year(year.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, QueryTrait};

    use super::*;

    #[test]
    fn the_database_sums_the_claims_of_a_kpi_and_year_into_one_row() {
        let columns = (claim::Column::KpiId, claim::Column::VerifiedUnits);
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let sql = by_year(claim::Entity::find(), columns).build(backend).sql;
            let wanted = r#"GROUP BY "claim"."kpi_id", substr(from_day, 1, 4)"#;
            assert!(sql.ends_with(wanted), "{sql}");
            assert_eq!(sql.matches("SUM(").count(), 2, "{sql}");
        }
    }
}
