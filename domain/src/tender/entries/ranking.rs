//! `ranking.computed`: every mark, total and place, recomputed by whoever reads it.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::organisation;
use crate::scoring::draw::seed;
use crate::scoring::evaluation::PublishedResult;
use crate::scoring::exclusion::{Excluded, Ground};
use crate::scoring::ranking::Ranking;
use crate::scoring::{Entrant, Facts, evaluate};
use crate::tender::plan::Plan;
use crate::tender::stage::Step;
use crate::tender::state::Tender;

/// `ranking.computed`: the result of the evaluation. The entry's `inputs_upto` says what the log knew;
/// certifications count as the log knew them at the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankingComputed {
    /// The tender.
    pub tender: TenderId,
    /// Marks, totals, places and the hash of all scorecards.
    pub result: PublishedResult,
}

impl EntryBody for RankingComputed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        let next = tender.stage.can_rank(&tender.plan);
        tender.move_to(next, Step::Rank, header)?;
        let upto = header.inputs_upto.filter(|upto| *upto > tender.inputs);
        if upto.is_none() {
            let expected = format!("more than {}, the last entry it depends on", tender.inputs);
            let found = header
                .inputs_upto
                .map_or("none".to_owned(), |upto| upto.to_string());
            return Err(header.finding("inputs_upto", expected, found));
        }
        let recomputed = self.recompute(tender, organisations, header)?;
        let compared = self.compare(&recomputed, &tender.plan, header);
        let known = recomputed.ranking != Ranking::NotKnown;
        let ranking = if known {
            recomputed.ranking.clone()
        } else {
            self.result.ranking.clone()
        };
        tender.ranking = Some((header.index, ranking));
        tender.proposal = None;
        for mark in recomputed.scores.iter().flat_map(|score| &score.marks) {
            match mark {
                Some(_) => state.tally.recomputed("mark"),
                None => state.tally.attested("mark"),
            }
        }
        if known {
            state.tally.recomputed("ranking");
        } else {
            state.tally.attested("ranking");
        }
        named.and(compared)
    }
}

impl RankingComputed {
    fn recompute(
        &self,
        tender: &Tender,
        organisations: &organisation::State,
        header: &Header,
    ) -> Result<PublishedResult, Finding> {
        let plan = &tender.plan;
        let attested = |bid: &BidId| {
            let excluded = self
                .result
                .excluded
                .iter()
                .find(|excluded| excluded.bid == *bid);
            excluded
                .is_some_and(|excluded| excluded.grounds.iter().all(|ground| !shown(plan, ground)))
        };
        let entrants: Vec<Entrant> = tender
            .entrants()
            .into_iter()
            .filter(|entrant| !attested(&entrant.bid))
            .collect();
        let seed = seed(tender.bids.values().filter_map(|opened| opened.salt));
        let day = plan.certification_day();
        // What was recorded after the opening was recorded in the knowledge of the bids, and changes no ranking.
        let known = tender.opened.unwrap_or_default();
        let facts = Facts::gather(plan, &entrants, seed, |organisation, kind| {
            organisations.certified(organisation, &[kind], day, known)
        });
        let out_of_range = |error: &dyn std::fmt::Display| {
            header.finding("ranking", "numbers within exact arithmetic", error)
        };
        let evaluation = evaluate(plan, &entrants, &facts).map_err(|error| out_of_range(&error))?;
        evaluation.publish().map_err(|error| out_of_range(&error))
    }

    /// Compares every number; the first difference is told by its place.
    fn compare(
        &self,
        recomputed: &PublishedResult,
        plan: &Plan,
        header: &Header,
    ) -> Result<(), Finding> {
        let said = &self.result;
        let excluded = readable(&said.excluded, plan);
        if excluded != recomputed.excluded {
            let text = |list: &[Excluded]| format!("{list:?}");
            return Err(header.finding("exclusions", text(&recomputed.excluded), text(&excluded)));
        }
        let bids = |result: &PublishedResult| {
            let ids: Vec<String> = result
                .scores
                .iter()
                .map(|score| score.bid.to_string())
                .collect();
            ids.join(" ")
        };
        if bids(said) != bids(recomputed) {
            return Err(header.finding("bids that are scored", bids(recomputed), bids(said)));
        }
        for (said, score) in said.scores.iter().zip(&recomputed.scores) {
            if said != score {
                let text = |score: &_| format!("{score:?}");
                return Err(header.finding("marks", text(score), text(said)));
            }
        }
        if recomputed.ranking != Ranking::NotKnown {
            if said.ranking != recomputed.ranking {
                let text = |ranking: &Ranking| format!("{ranking:?}");
                return Err(header.finding(
                    "ranking",
                    text(&recomputed.ranking),
                    text(&said.ranking),
                ));
            }
            if said.draw != recomputed.draw {
                let text = |result: &PublishedResult| format!("{:?}", result.draw);
                return Err(header.finding("draw", text(recomputed), text(said)));
            }
        }
        if said.scorecards != recomputed.scorecards {
            return Err(header.finding("scorecards", recomputed.scorecards, said.scorecards));
        }
        Ok(())
    }
}

/// Whether a stranger can judge a ground from what the plan discloses.
fn shown(plan: &Plan, ground: &Ground) -> bool {
    plan.disclosure.shows(ground.reads())
}

/// The exclusions with the grounds that a stranger can judge.
fn readable(excluded: &[Excluded], plan: &Plan) -> Vec<Excluded> {
    excluded
        .iter()
        .map(|excluded| Excluded {
            bid: excluded.bid,
            grounds: excluded
                .grounds
                .iter()
                .filter(|ground| shown(plan, ground))
                .cloned()
                .collect(),
        })
        .filter(|excluded| !excluded.grounds.is_empty())
        .collect()
}
