//! Reports on the robustness of rankings, as far as the reader may see what they follow from.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{Id, TenderId};
use commonweal_domain::scoring::robustness::{Noise, Robustness};
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::tender::LotRef;
use commonweal_domain::tender::panel::sight::What;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use super::visibility::Reader;
use crate::error::AppError;
use crate::store::{noise, robustness};

/// The report on the ranking of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobustnessView {
    /// The report.
    pub report: Robustness,
    /// Log index of the ranking that was questioned.
    pub ranking_index: u64,
    /// Log index of it.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The reports on the standing rankings of lots, in a fixed number of statements. Where the plan withholds a field of the
    /// bids, the report is for those who see them whole.
    pub async fn robustness_of(
        &self,
        actor: &Actor,
        lots: &[LotRef],
    ) -> Result<HashMap<LotRef, RobustnessView>, AppError> {
        let standing = self.rankings_of(actor, lots).await?;
        let rows = robustness::Entity::find()
            .filter(robustness::Column::TenderId.is_in(lots.iter().map(|lot| lot.tender.uuid())))
            .filter(robustness::Column::Lot.is_in(lots.iter().map(|lot| lot.lot.to_string())))
            .all(self.db)
            .await?;
        let tenders: Vec<TenderId> = lots.iter().map(|lot| lot.tender).collect();
        let reader = Reader::new(self, actor, &tenders).await?;
        let index = |value: i64| u64::try_from(value).map_err(AppError::internal);
        let mut noise = self.noise_of(&tenders, &reader).await?;
        let mut found = HashMap::new();
        for row in rows {
            let lot = LotRef {
                tender: TenderId::from_uuid(row.tender_id),
                lot: row.lot.parse().map_err(AppError::internal)?,
            };
            let ranking_index = index(row.ranking_idx)?;
            let stands = standing
                .get(&lot)
                .is_some_and(|ranking| ranking.entry_index == ranking_index);
            let whole = reader.audience(row.tender_id, &row.lot) == Some(Audience::Full);
            if stands && (whole || reader.plan(row.tender_id)?.disclosure.shows_results()) {
                let mut report: Robustness =
                    serde_json::from_slice(&row.report).map_err(AppError::internal)?;
                report.noise = noise.remove(&(row.tender_id, row.ranking_idx, row.lot));
                let view = RobustnessView {
                    report,
                    ranking_index,
                    entry_index: index(row.entry_idx)?,
                };
                found.insert(lot, view);
            }
        }
        Ok(found)
    }

    /// What the simulation over the panel's spread found, as far as the reader may see it, by tender, ranking and lot.
    async fn noise_of(
        &self,
        tenders: &[TenderId],
        reader: &Reader<'_>,
    ) -> Result<HashMap<(Uuid, i64, String), Noise>, AppError> {
        let rows = noise::Entity::find()
            .filter(noise::Column::TenderId.is_in(tenders.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        // An annulled award takes nothing back that the log has shown.
        let seen =
            |row: &noise::Model| row.entry_idx.is_some() || reader.sees(row.tender_id, What::Noise);
        rows.into_iter()
            .filter(seen)
            .map(|row| {
                let found = serde_json::from_slice(&row.report).map_err(AppError::internal)?;
                Ok(((row.tender_id, row.ranking_idx, row.lot), found))
            })
            .collect()
    }
}
