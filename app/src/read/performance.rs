//! Contract performance as anyone may read it: schedules with their ratings, variations, and what was promised against what
//! was delivered.

use std::collections::HashMap;

use commonweal_domain::contract::rating::Rating;
use commonweal_domain::ids::{ContractId, Id, KpiId, PersonId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::{Date, Period, Time};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::Read;
use crate::error::AppError;
use crate::store::delivery::{self, rated_of, rating, variation, version};
use crate::store::{columns, contract};

/// A period of a KPI with what was due and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalmentView {
    /// The period.
    pub period: Period,
    /// Smallest units due.
    pub due_units: i64,
    /// Its ratings in order; the last one is in force.
    pub ratings: Vec<RatingView>,
}

/// A rating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingView {
    /// How it went.
    pub rating: Rating,
    /// Smallest units that were due.
    pub due_units: i64,
    /// Smallest units that were verified.
    pub delivered_units: i64,
    /// The salted hash of the reason, where there is one.
    pub reason_hash: Option<Hash>,
    /// The reason, unless its words were erased.
    pub reason: Option<String>,
    /// Who rated: a pseudonym.
    pub by: PersonId,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// A variation of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariationView {
    /// Its number.
    pub number: u32,
    /// What it changed: the KPI, its new quantity in smallest units, and the first day.
    pub changes: Vec<(KpiId, i64, Date)>,
    /// The salted hash of the reason.
    pub reason_hash: Hash,
    /// The reason, unless its words were erased.
    pub reason: Option<String>,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The schedules of several KPIs with their ratings, in four statements.
    pub async fn schedules_of(
        &self,
        kpis: &[KpiId],
    ) -> Result<HashMap<KpiId, Vec<InstalmentView>>, AppError> {
        let rows = rating::Entity::find()
            .filter(rating::Column::KpiId.is_in(columns::uuids(kpis)))
            .order_by_asc(rating::Column::EntryIdx)
            .all(self.db)
            .await?;
        let hashes = rows.iter().filter_map(|row| row.reason.clone()).collect();
        let words = self.remarks(hashes).await?;
        let mut found = HashMap::new();
        for (kpi, beyond) in delivery::beyond(self.db, kpis).await? {
            let mut schedule = Vec::with_capacity(beyond.instalments.len());
            for due in &beyond.instalments {
                let own = rows
                    .iter()
                    .filter(|row| row.kpi_id == due.kpi_id && row.from_day == due.from_day);
                schedule.push(InstalmentView {
                    period: columns::period(&due.from_day, &due.to_day)?,
                    due_units: due.due_units,
                    ratings: own
                        .map(|row| rating_view(row, &words))
                        .collect::<Result<_, _>>()?,
                });
            }
            found.insert(kpi, schedule);
        }
        Ok(found)
    }

    /// The variations of several contracts, in four statements.
    pub async fn variations_of(
        &self,
        contracts: &[ContractId],
    ) -> Result<HashMap<ContractId, Vec<VariationView>>, AppError> {
        let rows = variation::Entity::find()
            .filter(variation::Column::ContractId.is_in(columns::uuids(contracts)))
            .order_by_asc(variation::Column::EntryIdx)
            .all(self.db)
            .await?;
        let kpis = contract::kpi::Entity::find()
            .filter(contract::kpi::Column::ContractId.is_in(rows.iter().map(|row| row.contract_id)))
            .order_by_asc(contract::kpi::Column::Seq)
            .all(self.db)
            .await?;
        let versions = version::Entity::find()
            .filter(version::Column::KpiId.is_in(kpis.iter().map(|kpi| kpi.id)))
            .filter(version::Column::Number.gt(0))
            .all(self.db)
            .await?;
        let words = self
            .remarks(rows.iter().map(|row| row.reason.clone()).collect())
            .await?;
        let mut found: HashMap<ContractId, Vec<VariationView>> = HashMap::new();
        for row in rows {
            let own = kpis.iter().filter(|kpi| kpi.contract_id == row.contract_id);
            let made_by_it = own.filter_map(|kpi| {
                let made = |version: &&version::Model| {
                    version.kpi_id == kpi.id && version.number == row.number
                };
                versions.iter().find(made)
            });
            let changes = made_by_it.map(|version| {
                let from = version.from_day.parse().map_err(AppError::internal)?;
                Ok((KpiId::from_uuid(version.kpi_id), version.units, from))
            });
            let view = VariationView {
                number: u32::try_from(row.number).map_err(AppError::internal)?,
                changes: changes.collect::<Result<_, AppError>>()?,
                reason_hash: columns::hash(&row.reason)?,
                reason: words.get(&row.reason).cloned(),
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            found
                .entry(ContractId::from_uuid(row.contract_id))
                .or_default()
                .push(view);
        }
        Ok(found)
    }
}

fn rating_view(
    row: &rating::Model,
    words: &HashMap<Vec<u8>, String>,
) -> Result<RatingView, AppError> {
    let rated = rated_of(row)?;
    Ok(RatingView {
        rating: rated.rating,
        due_units: rated.due,
        delivered_units: rated.delivered,
        reason_hash: row.reason.as_deref().map(columns::hash).transpose()?,
        reason: row
            .reason
            .as_ref()
            .and_then(|hash| words.get(hash).cloned()),
        by: PersonId::from_uuid(row.rated_by),
        at: columns::time(row.at),
        entry_index: columns::index(row.entry_idx)?,
    })
}
