//! Decision letters, drawn anew from the standing ranking: for the bidder once the award is approved, and for the buyer from
//! the ranking on, as a preview. The buyer reads exactly what the bidder will.

use std::collections::{BTreeMap, HashMap, HashSet};

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{BidId, Id, OrganisationId, TenderId};
use commonweal_domain::scoring::comparison::compare;
use commonweal_domain::scoring::evaluation::PublishedResult;
use commonweal_domain::scoring::letter::{
    Exclusion, Language, Letter, LetterFacts, Outcome, Standing as Place, StandstillFact,
    WinnerFacts, letter,
};
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::scorecard::{Audience, Scorecard, ScoredMark};
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::standstill::StandstillRule;
use commonweal_domain::tender::validity::Validity;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use super::comparison::Standing;
use super::evaluation::all_grounds;
use super::panel_trace::Traces;
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::evaluation::award;
use crate::store::{bid, tender};

/// A letter, and whether it is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterView {
    /// The letter.
    pub letter: Letter,
    /// Whether two officers have decided the award; before that it is a preview for the buyer.
    pub approved: bool,
}

/// What the letters of some bids are made of.
struct Sources {
    tenders: HashMap<Uuid, (tender::Model, Plan)>,
    /// By tender and lot.
    standing: HashMap<(Uuid, String), Standing>,
    /// Names of buyers, bidders and winners.
    names: HashMap<OrganisationId, String>,
    /// Supplier of each bid and winner.
    suppliers: HashMap<Uuid, Uuid>,
    /// Lots of tenders of which two officers have decided the award.
    approved: HashSet<(Uuid, String)>,
    /// What the panel judged, by bid.
    traces: HashMap<BidId, Traces>,
    /// Reasons of decisions to exclude, by the reason's id.
    exclusions: HashMap<Uuid, String>,
}

impl Read<'_> {
    /// The letters of bids in a language, as far as the actor may read them, in a fixed number of statements. A lot
    /// without a standing ranking has none.
    pub async fn letters_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
        language: Language,
    ) -> Result<HashMap<BidId, LetterView>, AppError> {
        let rows = self.bid_rows(bids.iter().map(|id| id.uuid())).await?;
        let tenders = self.letter_tenders(&rows).await?;
        let approved = self.approved(&tenders).await?;
        let may_read = |row: &bid::Model| {
            let buyer = tenders.get(&row.tender_id);
            let buyer = buyer.map(|(tender, _)| OrganisationId::from_uuid(tender.buyer_id));
            let buys = |buyer| actor.holds(buyer, Role::Officer) || actor.holds(buyer, Role::Chair);
            let supplier = OrganisationId::from_uuid(row.supplier_id);
            let bids = approved.contains(&key(row)) && actor.holds(supplier, Role::Supplier);
            bids || buyer.is_some_and(buys)
        };
        let rows: Vec<bid::Model> = rows.into_iter().filter(may_read).collect();
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let sources = self.letter_sources(&rows, tenders, approved).await?;
        let mut found = HashMap::new();
        for row in &rows {
            if let Some(view) = sources.write(row, language)? {
                found.insert(BidId::from_uuid(row.id), view);
            }
        }
        Ok(found)
    }

    async fn letter_tenders(
        &self,
        rows: &[bid::Model],
    ) -> Result<HashMap<Uuid, (tender::Model, Plan)>, AppError> {
        let ids = rows.iter().map(|row| row.tender_id);
        let tenders = tender::Entity::find()
            .filter(tender::Column::Id.is_in(ids))
            .all(self.db)
            .await?;
        let with_plan = |row: tender::Model| {
            let plan = serde_json::from_slice(&row.plan).map_err(AppError::internal)?;
            Ok((row.id, (row, plan)))
        };
        tenders.into_iter().map(with_plan).collect()
    }

    /// Lots of which two officers have decided the award.
    async fn approved(
        &self,
        tenders: &HashMap<Uuid, (tender::Model, Plan)>,
    ) -> Result<HashSet<(Uuid, String)>, AppError> {
        let awards = award::Entity::find()
            .filter(award::Column::TenderId.is_in(tenders.keys().copied()))
            .filter(award::Column::DecidedIdx.is_not_null())
            .all(self.db)
            .await?;
        Ok(awards
            .into_iter()
            .map(|row| (row.tender_id, row.lot))
            .collect())
    }

    async fn letter_sources(
        &self,
        rows: &[bid::Model],
        tenders: HashMap<Uuid, (tender::Model, Plan)>,
        approved: HashSet<(Uuid, String)>,
    ) -> Result<Sources, AppError> {
        let standing = self.standing(rows).await?;
        let winners = standing.iter().filter_map(|one| one.winner);
        let winners = self.bid_rows(winners.map(Id::uuid)).await?;
        let bids: Vec<&bid::Model> = rows.iter().chain(&winners).collect();
        let buyers = tenders.values().map(|(row, _)| row.buyer_id);
        let organisations: Vec<OrganisationId> = bids
            .iter()
            .map(|row| row.supplier_id)
            .chain(buyers)
            .map(OrganisationId::from_uuid)
            .collect();
        let named = self.organisations_by_id(&organisations).await?;
        let excluded = rows
            .iter()
            .filter_map(|row| row.excluded_reason_id)
            .collect();
        Ok(Sources {
            names: named
                .into_iter()
                .filter_map(|(id, view)| Some((id, view.name?)))
                .collect(),
            suppliers: bids.iter().map(|row| (row.id, row.supplier_id)).collect(),
            traces: self
                .panel_traces(bids.iter().map(|row| row.id), |_| false)
                .await?,
            exclusions: self.reasons(excluded).await?,
            standing: standing
                .into_iter()
                .map(|one| ((one.tender, one.row.lot.clone()), one))
                .collect(),
            tenders,
            approved,
        })
    }
}

/// How long the contract waits, as the plan published it: the notice that follows the letters says the day.
fn standstill(plan: &Plan) -> StandstillFact {
    match &plan.standstill.rule {
        StandstillRule::WorkingDays(days) => StandstillFact::WorkingDays(*days),
        StandstillRule::CalendarDays(days) => StandstillFact::CalendarDays(*days),
        StandstillRule::None { ground } => StandstillFact::NotApplicable {
            ground: ground.clone(),
        },
    }
}

/// The panel's reasons on a scorecard, as far as its reader may see them.
fn reasons(card: &Scorecard) -> BTreeMap<CriterionCode, String> {
    let told = |mark: &ScoredMark| Some((mark.criterion.clone(), mark.reason()?.to_owned()));
    card.marks.iter().filter_map(told).collect()
}

/// Tender and lot of a bid.
fn key(row: &bid::Model) -> (Uuid, String) {
    (row.tender_id, row.lot.clone())
}

impl Sources {
    fn write(&self, row: &bid::Model, language: Language) -> Result<Option<LetterView>, AppError> {
        let sources = (
            self.tenders.get(&row.tender_id),
            self.standing.get(&key(row)),
        );
        let (Some((tender, plan)), Some(standing)) = sources else {
            return Ok(None);
        };
        let approved = self.approved.contains(&key(row));
        if standing.winner.is_none() && !approved {
            // Before the award a lot without a winner may wait for a ranking that is withheld.
            return Ok(None);
        }
        let own = BidId::from_uuid(row.id);
        // Another bidder's marks are shown as to a party, one's own whole.
        let audience = if standing.winner == Some(own) {
            Audience::Own
        } else {
            Audience::Party
        };
        let winner = standing.winner.and_then(|bid| self.card(bid, standing));
        let winner = winner.map(|card| card.shown_to(audience, plan));
        let Some(outcome) = self.outcome(row, plan, standing, winner.as_ref())? else {
            return Ok(None);
        };
        let Some(lot) = plan.lots.iter().find(|lot| lot.code.as_str() == row.lot) else {
            return Ok(None);
        };
        let index = standing.row.entry_idx;
        let facts = LetterFacts {
            tender: TenderId::from_uuid(row.tender_id),
            title: &tender.title,
            plan,
            lot,
            buyer: self.name(tender.buyer_id),
            bidder: self.name(row.supplier_id),
            approved,
            outcome,
            winner: winner.as_ref().map(|winner| WinnerFacts {
                name: self.name_of_bid(winner.bid),
                total: winner.total,
            }),
            standstill: standstill(plan),
            ranking_index: u64::try_from(index).map_err(AppError::internal)?,
        };
        Ok(Some(LetterView {
            letter: letter(&facts, language),
            approved,
        }))
    }

    /// The scorecard of a bid whole, with what the panel judged. The evaluators' marks are in it once they are released.
    fn card(&self, bid: BidId, standing: &Standing) -> Option<Scorecard> {
        let traces = self.traces.get(&bid).cloned().unwrap_or_default();
        Some(standing.cards.get(&bid)?.clone().with_panel(traces))
    }

    /// What became of a bid; `None` where nothing says it, which the ranking rules out.
    fn outcome(
        &self,
        row: &bid::Model,
        plan: &Plan,
        standing: &Standing,
        winner: Option<&Scorecard>,
    ) -> Result<Option<Outcome>, AppError> {
        let own = BidId::from_uuid(row.id);
        let Some(card) = self.card(own, standing) else {
            let excluded = self.exclusion(row, standing)?;
            return Ok(excluded.map(Outcome::Excluded));
        };
        let Ranking::Ranked(places) = &standing.ranking else {
            return Ok(None);
        };
        let Some(place) = places.iter().find(|place| place.bid == own) else {
            return Ok(None);
        };
        let card = card.shown_to(Audience::Own, plan);
        let published = standing.published()?;
        let comparison = winner.map(|winner| compare(plan, &published, &card, winner));
        let comparison = comparison.transpose().map_err(AppError::internal)?;
        let own_place = Place {
            rank: place.rank,
            of: places.len(),
            card,
        };
        Ok(Some(match comparison.flatten() {
            None if standing.winner == Some(own) => Outcome::Won(own_place),
            None => Outcome::PassedOver(own_place),
            Some(comparison) => Outcome::Lost {
                standing: own_place,
                winner_reasons: winner.map(reasons).unwrap_or_default(),
                comparison,
            },
        }))
    }

    fn exclusion(
        &self,
        row: &bid::Model,
        standing: &Standing,
    ) -> Result<Option<Exclusion>, AppError> {
        let validity: Validity = from_word(&row.validity)?;
        if validity != Validity::Valid {
            return Ok(Some(Exclusion::NotValid(validity)));
        }
        if let Some(ground) = &row.excluded_ground {
            let reason = row.excluded_reason_id.as_ref();
            return Ok(Some(Exclusion::Decided {
                ground: from_word(ground)?,
                reason: reason.and_then(|id| self.exclusions.get(id).cloned()),
            }));
        }
        let result: PublishedResult =
            serde_json::from_slice(&standing.row.result).map_err(AppError::internal)?;
        let by_plan = all_grounds(&standing.row, result.excluded)?
            .into_iter()
            .find(|excluded| excluded.bid.uuid() == row.id);
        Ok(by_plan.map(|excluded| Exclusion::ByPlan(excluded.grounds)))
    }

    fn name(&self, organisation: Uuid) -> &str {
        let name = self.names.get(&OrganisationId::from_uuid(organisation));
        name.map_or("-", String::as_str)
    }

    fn name_of_bid(&self, bid: BidId) -> &str {
        let supplier = self.suppliers.get(&bid.uuid());
        supplier.map_or("-", |supplier| self.name(*supplier))
    }
}
