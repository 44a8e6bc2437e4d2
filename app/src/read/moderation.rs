//! What the panel discusses: levels with their history, the hash that members sign off, and how far the marks agree.

use std::collections::{BTreeMap, HashMap};

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, PersonId, TenderId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::scoring::agreement::{Agreement, Outliers, Table, agreement, outliers};
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::panel::Panel;
use commonweal_domain::tender::panel::moderation::due;
use commonweal_domain::tender::panel::sight::What;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use super::visibility::{Reader, may_quote};
use crate::consensus::Standing;
use crate::error::AppError;
use crate::exclusion::takes_part;
use crate::store::bid;
use crate::store::evaluation::mark;
use crate::store::panel::agreed_level;

/// A level that the panel set for a bid and criterion. The last version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelView {
    /// The criterion.
    pub criterion: CriterionCode,
    /// From 1 on.
    pub version: u32,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; `None` when the text was erased.
    pub reason: Option<String>,
    /// Who set it.
    pub by: PersonId,
    /// When.
    pub at: Time,
}

/// How far the panel agrees on a criterion, and who differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticsView {
    /// The statistics, which name nobody.
    pub agreement: Agreement,
    /// Who differs from the rest.
    pub outliers: Outliers,
}

impl Read<'_> {
    /// Every version of the levels of bids that the actor may see, in a fixed number of statements.
    pub async fn discussion_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Vec<LevelView>>, AppError> {
        let mut rows = agreed_level::Entity::find()
            .filter(agreed_level::Column::BidId.is_in(bids.iter().map(|id| id.uuid())))
            .order_by_asc(agreed_level::Column::Criterion)
            .order_by_asc(agreed_level::Column::Version)
            .all(self.db)
            .await?;
        let reader = self.reader_of(actor, &rows).await?;
        rows.retain(|row| reader.sees(row.tender_id, What::Discussion));
        let mut reasons = self
            .reasons(rows.iter().map(|row| row.reason_id).collect())
            .await?;
        let mut found: HashMap<BidId, Vec<LevelView>> = HashMap::new();
        for row in rows {
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            let quote = may_quote(&reader, row.tender_id, &criterion)?;
            let view = LevelView {
                criterion,
                version: u32::try_from(row.version).map_err(AppError::internal)?,
                level: u32::try_from(row.level).map_err(AppError::internal)?,
                reason: reasons.remove(&row.reason_id).filter(|_| quote),
                by: PersonId::from_uuid(row.set_by),
                at: Time::from_micros(row.set_at),
            };
            found
                .entry(BidId::from_uuid(row.bid_id))
                .or_default()
                .push(view);
        }
        Ok(found)
    }

    /// The hash of what the panels of tenders agreed on, which members sign off; none while a level is missing. In a fixed
    /// number of statements.
    pub async fn agreed_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Hash>, AppError> {
        let ids = || tenders.iter().map(|id| id.uuid());
        let rows = agreed_level::Entity::find()
            .filter(agreed_level::Column::TenderId.is_in(ids()))
            .order_by_asc(agreed_level::Column::Version)
            .all(self.db)
            .await?;
        let reader = self.reader_of(actor, &rows).await?;
        let mut levels: BTreeMap<Uuid, Vec<agreed_level::Model>> = BTreeMap::new();
        for row in rows {
            if reader.sees(row.tender_id, What::Discussion) {
                levels.entry(row.tender_id).or_default().push(row);
            }
        }
        let bids = bid::Entity::find()
            .filter(bid::Column::TenderId.is_in(levels.keys().copied()))
            .all(self.db)
            .await?;
        let mut found = HashMap::new();
        for (id, rows) in levels {
            let of = bids.iter().filter(|row| row.tender_id == id);
            let mut eligible = Vec::new();
            for row in of {
                if takes_part(row)? {
                    let lot = row.lot.parse().map_err(AppError::internal)?;
                    eligible.push((BidId::from_uuid(row.id), lot));
                }
            }
            let due = due(reader.plan(id)?, eligible);
            let tender = TenderId::from_uuid(id);
            // A level that is missing is no fault here: there is nothing to sign off yet.
            if let Ok(hash) = Standing::of(rows, &due)?.hash(tender, &due) {
                found.insert(tender, hash);
            }
        }
        Ok(found)
    }

    /// How far the panels of tenders agree, criterion by criterion in the order of the plan, for their chairs. In a fixed
    /// number of statements.
    pub async fn statistics_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Vec<StatisticsView>>, AppError> {
        let reader = Reader::new(self, actor, tenders).await?;
        let seen = tenders
            .iter()
            .filter(|id| reader.sees(id.uuid(), What::Statistics));
        let seen: Vec<TenderId> = seen.copied().collect();
        if seen.is_empty() {
            return Ok(HashMap::new());
        }
        let panels = self.seated_panels(&seen).await?;
        let none = Panel::default();
        let marks = mark::Entity::find()
            .filter(mark::Column::TenderId.is_in(seen.iter().map(|id| id.uuid())))
            .filter(mark::Column::SealedId.is_not_null())
            .all(self.db)
            .await?;
        let mut found = HashMap::new();
        for tender in seen {
            let panel = panels.get(&tender.uuid()).unwrap_or(&none);
            let leaves = reader.plan(tender.uuid())?.leaves();
            let mut views = Vec::new();
            for leaf in leaves.map_err(AppError::internal)? {
                let Some(rule) = leaf.rule.judged() else {
                    continue;
                };
                let code = &leaf.criterion.code;
                let own = marks
                    .iter()
                    .filter(|row| row.tender_id == tender.uuid() && row.criterion == code.as_str());
                let levels = own.map(|row| {
                    let level = u32::try_from(row.level).map_err(AppError::internal)?;
                    let person = PersonId::from_uuid(row.evaluator_id);
                    Ok((BidId::from_uuid(row.bid_id), person, level))
                });
                let levels = levels.collect::<Result<Vec<_>, AppError>>()?;
                let table = Table::of_panel(panel, &levels);
                let top = rule.levels.iter().map(|level| level.points).max();
                views.push(StatisticsView {
                    agreement: agreement(code.clone(), &table),
                    outliers: outliers(&table, top.unwrap_or_default())
                        .map_err(AppError::internal)?,
                });
            }
            found.insert(tender, views);
        }
        Ok(found)
    }

    async fn reader_of<'a>(
        &self,
        actor: &'a Actor,
        rows: &[agreed_level::Model],
    ) -> Result<Reader<'a>, AppError> {
        let tenders: Vec<_> = rows
            .iter()
            .map(|row| TenderId::from_uuid(row.tender_id))
            .collect();
        Reader::new(self, actor, &tenders).await
    }
}
