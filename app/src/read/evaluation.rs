//! Marks, consensus, rankings, scorecards and awards, as far as the reader may see them.

use std::collections::{HashMap, HashSet};

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, SealedId, TenderId};
use commonweal_domain::scoring::evaluation::PublishedResult;
use commonweal_domain::scoring::exclusion::Excluded;
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::scorecard::{Audience, Scorecard};
use commonweal_domain::tender::allocation::Allocated;
use commonweal_domain::tender::award::Winner;
use commonweal_domain::tender::panel::sight::What;
use commonweal_domain::tender::{Award, CriterionCode, LotRef};
use commonweal_domain::time::Time;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use super::visibility::{Reader, may_quote};
use crate::award::load_award;
use crate::error::AppError;
use crate::store::bid;
use crate::store::evaluation::{award, consensus, mark, ranking};
use crate::store::panel::former_mark;
use crate::store::tender;
use crate::tender::LoadedTender;

/// An evaluator's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkView {
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// Who marked.
    pub evaluator: PersonId,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// The sealed entry, once the mark is final.
    pub sealed: Option<SealedId>,
    /// Log index of the sealed entry.
    pub sealed_index: Option<u64>,
    /// Log index of its release.
    pub released_index: Option<u64>,
    /// What it was before its evaluator changed it, from the first on.
    pub former: Vec<FormerMarkView>,
}

/// A final mark that its evaluator changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerMarkView {
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// The sealed entry.
    pub sealed: SealedId,
    /// Log index of the sealed entry.
    pub sealed_index: u64,
    /// Log index of its release.
    pub released_index: Option<u64>,
}

/// A level that the panel agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsensusView {
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// Log index of the signature.
    pub entry_index: u64,
}

/// The standing ranking of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankingView {
    /// To which bid the lot goes; none while the ranking of a lot is withheld.
    pub allocated: Option<Allocated>,
    /// Places with the totals that the reader may see, or why there are none.
    pub ranking: Ranking,
    /// Bids that the plan excludes, with the grounds that the reader may see.
    pub excluded: Vec<Excluded>,
    /// Size of the log on which it was based.
    pub inputs_upto: u64,
    /// When it was computed.
    pub computed_at: Time,
    /// Log index of it.
    pub entry_index: u64,
}

/// The award of a lot, from its proposal on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardView {
    /// Which lot of which tender.
    pub lot: LotRef,
    /// Who wins it; none when nobody does.
    pub winner: Option<Winner>,
    /// The officer who proposed it.
    pub proposed_by: PersonId,
    /// Log index of the proposal.
    pub proposed_index: u64,
    /// The second officer, the time and the log index of the decision.
    pub decided: Option<(PersonId, Time, u64)>,
}

fn index(value: i64) -> Result<u64, AppError> {
    u64::try_from(value).map_err(AppError::internal)
}

fn level(value: i64) -> Result<u32, AppError> {
    u32::try_from(value).map_err(AppError::internal)
}

/// The last ranking of each tender, unless something that it depends on came after it.
fn standing(tenders: impl Iterator<Item = Uuid>) -> SelectStatement {
    Query::select()
        .expr(Expr::col((ranking::Entity, ranking::Column::EntryIdx)).max())
        .from(ranking::Entity)
        .inner_join(
            tender::Entity,
            Expr::col((tender::Entity, tender::Column::Id))
                .equals((ranking::Entity, ranking::Column::TenderId)),
        )
        .and_where(Expr::col((tender::Entity, tender::Column::Id)).is_in(tenders))
        .and_where(
            Expr::col((ranking::Entity, ranking::Column::EntryIdx))
                .gt(Expr::col((tender::Entity, tender::Column::InputsIdx))),
        )
        .group_by_col((ranking::Entity, ranking::Column::TenderId))
        .to_owned()
}

impl Read<'_> {
    /// The marks of bids that the actor may see, by criterion, in a fixed number of statements: their own, and those of
    /// others once the table of `domain` shows them. A draft is its author's alone.
    pub async fn marks_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Vec<MarkView>>, AppError> {
        let mut rows = mark::Entity::find()
            .filter(mark::Column::BidId.is_in(bids.iter().map(|id| id.uuid())))
            .order_by_asc(mark::Column::Criterion)
            .order_by_asc(mark::Column::EvaluatorId)
            .all(self.db)
            .await?;
        let reader = self
            .reader(actor, rows.iter().map(|row| row.tender_id))
            .await?;
        let own = actor.person_id().map(Id::uuid);
        rows.retain(|row| {
            let others = row.sealed_id.is_some() && reader.sees(row.tender_id, What::OthersMarks);
            // An annulled award takes nothing back that the log has shown.
            Some(row.evaluator_id) == own || others || row.released_idx.is_some()
        });
        let mut former = self.former_marks(&rows).await?;
        let reasons = rows.iter().map(|row| row.reason_id);
        let earlier = former.values().flatten().map(|row| row.reason_id);
        let mut reasons = self.reasons(reasons.chain(earlier).collect()).await?;
        let mut found: HashMap<BidId, Vec<MarkView>> = HashMap::new();
        for row in rows {
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            let quote = may_quote(&reader, row.tender_id, &criterion)?;
            let mut reason = |id| reasons.remove(&id).filter(|_| quote);
            let key = (row.bid_id, row.criterion.clone(), row.evaluator_id);
            let earlier = former.remove(&key).unwrap_or_default();
            let earlier = earlier.into_iter().map(|row| {
                Ok(FormerMarkView {
                    level: level(row.level)?,
                    reason: reason(row.reason_id),
                    sealed: SealedId::from_uuid(row.sealed_id),
                    sealed_index: index(row.sealed_idx)?,
                    released_index: row.released_idx.map(index).transpose()?,
                })
            });
            let former = earlier.collect::<Result<_, AppError>>()?;
            let view = MarkView {
                bid: BidId::from_uuid(row.bid_id),
                criterion,
                evaluator: PersonId::from_uuid(row.evaluator_id),
                level: level(row.level)?,
                reason: reason(row.reason_id),
                sealed: row.sealed_id.map(SealedId::from_uuid),
                sealed_index: row.sealed_idx.map(index).transpose()?,
                released_index: row.released_idx.map(index).transpose()?,
                former,
            };
            found.entry(view.bid).or_default().push(view);
        }
        Ok(found)
    }

    /// What marks were before they were changed, in the order in which they were sealed; no statement without marks.
    async fn former_marks(
        &self,
        marks: &[mark::Model],
    ) -> Result<HashMap<(Uuid, String, Uuid), Vec<former_mark::Model>>, AppError> {
        let mut found: HashMap<_, Vec<former_mark::Model>> = HashMap::new();
        let bids: HashSet<Uuid> = marks.iter().map(|row| row.bid_id).collect();
        if bids.is_empty() {
            return Ok(found);
        }
        let rows = former_mark::Entity::find()
            .filter(former_mark::Column::BidId.is_in(bids))
            .order_by_asc(former_mark::Column::SealedIdx)
            .all(self.db)
            .await?;
        for row in rows {
            let key = (row.bid_id, row.criterion.clone(), row.evaluator_id);
            found.entry(key).or_default().push(row);
        }
        Ok(found)
    }

    /// The consensus levels of bids, by criterion, in a fixed number of statements.
    pub async fn consensus_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Vec<ConsensusView>>, AppError> {
        let rows = consensus::Entity::find()
            .filter(consensus::Column::BidId.is_in(bids.iter().map(|id| id.uuid())))
            .order_by_asc(consensus::Column::Criterion)
            .all(self.db)
            .await?;
        let reader = self
            .reader(actor, rows.iter().map(|row| row.tender_id))
            .await?;
        let mut reasons = self
            .reasons(rows.iter().map(|row| row.reason_id).collect())
            .await?;
        let mut found: HashMap<BidId, Vec<ConsensusView>> = HashMap::new();
        for row in rows {
            if !reader.sees(row.tender_id, What::Consensus) {
                continue;
            }
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            let quote = may_quote(&reader, row.tender_id, &criterion)?;
            let view = ConsensusView {
                bid: BidId::from_uuid(row.bid_id),
                criterion,
                level: level(row.level)?,
                reason: reasons.remove(&row.reason_id).filter(|_| quote),
                entry_index: index(row.entry_idx)?,
            };
            found.entry(view.bid).or_default().push(view);
        }
        Ok(found)
    }

    /// The standing rankings of lots, in a fixed number of statements.
    pub async fn rankings_of(
        &self,
        actor: &Actor,
        lots: &[LotRef],
    ) -> Result<HashMap<LotRef, RankingView>, AppError> {
        let codes = lots.iter().map(|lot| lot.lot.to_string());
        let tenders = lots.iter().map(|lot| lot.tender.uuid());
        let rows = self.standing_rows(tenders, codes).await?;
        let reader = self
            .reader(actor, rows.iter().map(|row| row.tender_id))
            .await?;
        rows.into_iter()
            .filter(|row| reader.sees(row.tender_id, What::Ranking))
            .map(|row| {
                let whole = reader.audience(row.tender_id, &row.lot) == Some(Audience::Full);
                let result: PublishedResult =
                    serde_json::from_slice(&row.result).map_err(AppError::internal)?;
                let places = serde_json::from_slice(&row.places).map_err(AppError::internal)?;
                let allocated = row.allocated.as_deref().map(serde_json::from_slice);
                let view = RankingView {
                    allocated: allocated.transpose().map_err(AppError::internal)?,
                    ranking: if whole { places } else { result.ranking },
                    excluded: if whole {
                        all_grounds(&row, result.excluded)?
                    } else {
                        result.excluded
                    },
                    inputs_upto: index(row.inputs_upto)?,
                    computed_at: Time::from_micros(row.computed_at),
                    entry_index: index(row.entry_idx)?,
                };
                Ok((lot_ref(row.tender_id, &row.lot)?, view))
            })
            .collect()
    }

    /// The scorecards of bids in the standing rankings, as far as the actor may see them, in a fixed number of statements.
    pub async fn scorecards_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Scorecard>, AppError> {
        let rows = bid::Entity::find()
            .filter(bid::Column::Id.is_in(bids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        let wanted: HashMap<BidId, &bid::Model> = rows
            .iter()
            .map(|row| (BidId::from_uuid(row.id), row))
            .collect();
        let tenders = rows.iter().map(|row| row.tender_id);
        let codes = rows.iter().map(|row| row.lot.clone());
        let rankings = self.standing_rows(tenders, codes).await?;
        let reader = self
            .reader(actor, rankings.iter().map(|row| row.tender_id))
            .await?;
        let rankings: Vec<&ranking::Model> = rankings.iter().collect();
        let opened: Vec<&bid::Model> = rows.iter().collect();
        let cards = self.explained(&rankings, &opened).await?;
        let bids = wanted.keys().map(|id| id.uuid());
        let shows_marks = |tender| reader.sees(tender, What::OthersMarks);
        let mut traces = self.panel_traces(bids, shows_marks).await?;
        let mut found = HashMap::new();
        for (row, cards) in rankings.iter().zip(cards) {
            let plan = reader.plan(row.tender_id)?;
            for (bid, card) in cards {
                let opened = wanted
                    .get(&bid)
                    .filter(|_| reader.sees(row.tender_id, What::Ranking));
                let audience = opened.and_then(|opened| reader.audience_of(opened));
                if let Some(audience) = audience {
                    let card = card.with_panel(traces.remove(&bid).unwrap_or_default());
                    found.insert(bid, card.shown_to(audience, plan));
                }
            }
        }
        Ok(found)
    }

    /// Awards of lots, from their proposal on, in one statement.
    pub async fn awards_of(&self, lots: &[LotRef]) -> Result<HashMap<LotRef, AwardView>, AppError> {
        let codes: HashSet<&str> = lots.iter().map(|lot| lot.lot.as_str()).collect();
        let rows = award::Entity::find()
            .filter(award::Column::TenderId.is_in(lots.iter().map(|lot| lot.tender.uuid())))
            .filter(award::Column::Lot.is_in(codes))
            .all(self.db)
            .await?;
        rows.into_iter()
            .map(|row| {
                let view = award_view(&row)?;
                Ok((view.lot.clone(), view))
            })
            .collect()
    }

    /// The decided award of a lot as a contract takes it over.
    pub async fn award(&self, lot: &LotRef) -> Result<Option<Award>, AppError> {
        let tender = LoadedTender::load(self.db, lot.tender).await?;
        load_award(self.db, &tender, &lot.lot).await
    }

    pub(super) async fn standing_rows(
        &self,
        tenders: impl Iterator<Item = Uuid>,
        lots: impl Iterator<Item = String>,
    ) -> Result<Vec<ranking::Model>, AppError> {
        let last = standing(tenders);
        let lots: HashSet<String> = lots.collect();
        let rows = ranking::Entity::find()
            .filter(ranking::Column::EntryIdx.in_subquery(last))
            .filter(ranking::Column::Lot.is_in(lots))
            .all(self.db)
            .await?;
        Ok(rows)
    }

    pub(super) async fn reader<'a>(
        &self,
        actor: &'a Actor,
        tenders: impl Iterator<Item = Uuid>,
    ) -> Result<Reader<'a>, AppError> {
        let tenders: Vec<_> = tenders.map(TenderId::from_uuid).collect();
        Reader::new(self, actor, &tenders).await
    }
}

/// The bids that the plan excludes, with the grounds that their published result does not tell.
pub(super) fn all_grounds(
    row: &ranking::Model,
    published: Vec<Excluded>,
) -> Result<Vec<Excluded>, AppError> {
    let stored = row.excluded.as_deref().map(serde_json::from_slice);
    let stored = stored.transpose().map_err(AppError::internal)?;
    Ok(stored.unwrap_or(published))
}

fn lot_ref(tender: Uuid, lot: &str) -> Result<LotRef, AppError> {
    Ok(LotRef {
        tender: TenderId::from_uuid(tender),
        lot: lot.parse().map_err(AppError::internal)?,
    })
}

fn award_view(row: &award::Model) -> Result<AwardView, AppError> {
    let decided = row.approved_by.zip(row.decided_at).zip(row.decided_idx);
    let decided = decided.map(|((by, at), idx)| {
        Ok::<_, AppError>((PersonId::from_uuid(by), Time::from_micros(at), index(idx)?))
    });
    Ok(AwardView {
        lot: lot_ref(row.tender_id, &row.lot)?,
        winner: row
            .bid_id
            .zip(row.supplier_id)
            .map(|(bid, supplier)| Winner {
                bid: BidId::from_uuid(bid),
                supplier: OrganisationId::from_uuid(supplier),
            }),
        proposed_by: PersonId::from_uuid(row.proposed_by),
        proposed_index: index(row.proposed_idx)?,
        decided: decided.transpose()?,
    })
}
