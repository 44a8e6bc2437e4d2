//! `ranking.computed`: every mark, total and place, recomputed by whoever reads it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{BidId, TenderId};
use crate::log::difference::{difference, plain};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::organisation;
use crate::scoring::evaluate;
use crate::scoring::evaluation::PublishedResult;
use crate::scoring::exclusion::{Excluded, Ground};
use crate::scoring::ranking::{Ranking, Told};
use crate::tender::allocation::{self, Allocated, Unallocated, allocate};
use crate::tender::lot::LotCode;
use crate::tender::plan::Plan;
use crate::tender::reserved::RESERVED;
use crate::tender::stage::Step;
use crate::tender::state::{Standing, Tender};

/// `ranking.computed`: the result of the evaluation. The entry's `inputs_upto` says what the log knew;
/// certifications count as the log knew them at the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RankingComputed {
    /// The tender.
    pub tender: TenderId,
    /// The result of each lot, in the order of the plan.
    pub lots: Vec<LotResult>,
    /// To which bid each lot goes, in the order of the plan; none while the ranking of a lot is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Vec<Allocated>>,
}

/// The result of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotResult {
    /// The lot.
    pub lot: LotCode,
    /// Marks, totals, places and the hash of all scorecards.
    pub result: PublishedResult,
}

impl EntryBody for RankingComputed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let won = state.tenders.won_reserved(self.tender);
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 1).map(|_| ());
        let next = tender.stage.can_rank(&tender.plan);
        tender.move_to(next, Step::Rank, header)?;
        if !tender.prices_to_open.is_empty() {
            let found = format!("{} are missing", tender.prices_to_open.len());
            return Err(header.finding("prices", "every price that was opened shown", found));
        }
        let upto = header.inputs_upto.filter(|upto| *upto > tender.inputs);
        if upto.is_none() {
            let expected = format!("more than {}, the last entry it depends on", tender.inputs);
            let found = header
                .inputs_upto
                .map_or("none".to_owned(), |upto| upto.to_string());
            return Err(header.finding("inputs_upto", expected, found));
        }
        let lots = self.lots.iter().map(|result| &result.lot);
        if !lots.eq(tender.plan.lots.iter().map(|lot| &lot.code)) {
            return Err(header.finding(
                "lots",
                "each lot of the plan once, in its order",
                "others",
            ));
        }
        if let Some((bid, code)) = tender.undecided() {
            let expected = format!("a decision on {code} for {bid}");
            return Err(header.finding("admission", expected, "none"));
        }
        if let Some(bid) = tender.unqualified(organisations, &won) {
            let expected = format!("a decision on {RESERVED} for {bid}");
            return Err(header.finding("reservation", expected, "none"));
        }
        let recomputed = self.recompute(tender, organisations, header)?;
        let mut compared = Ok(());
        let mut rankings = Vec::new();
        for (said, recomputed) in self.lots.iter().zip(&recomputed) {
            let one = compare(said, recomputed, &tender.plan, header);
            compared = compared.and(one);
            let known = recomputed.ranking != Ranking::NotKnown;
            rankings.push(if known {
                recomputed.ranking.clone()
            } else {
                said.result.ranking.clone()
            });
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
        }
        let (allocation, allocated) = self.allocation(tender, &rankings, header);
        if rankings.len() > 1 {
            match allocation {
                Known::Recomputed(_) => state.tally.recomputed("allocation of lots"),
                Known::Attested => state.tally.attested("allocation of lots"),
            }
        }
        tender.ranking = Some(Standing {
            index: header.index,
            rankings,
            allocation: match allocation {
                Known::Recomputed(allocation) => allocation,
                Known::Attested => self.allocation.clone(),
            },
            flags: BTreeMap::new(),
        });
        tender.proposal = None;
        named.and(compared).and(allocated)
    }
}

/// An allocation that was recomputed, or one for which only the log's word stands.
enum Known {
    Recomputed(Option<Vec<Allocated>>),
    Attested,
}

impl RankingComputed {
    fn recompute(
        &self,
        tender: &Tender,
        organisations: &organisation::State,
        header: &Header,
    ) -> Result<Vec<PublishedResult>, Finding> {
        let plan = &tender.plan;
        // A bid that is excluded on grounds which nobody can judge from the log takes part in nothing that is recomputed.
        let attested: BTreeSet<BidId> = self
            .lots
            .iter()
            .flat_map(|lot| &lot.result.excluded)
            .filter(|excluded| excluded.grounds.iter().all(|ground| !ground.is_shown(plan)))
            .map(|excluded| excluded.bid)
            .collect();
        let mut entrants = tender.entrants();
        entrants.retain(|entrant| !attested.contains(&entrant.bid));
        let facts = tender.facts(&entrants, organisations);
        let out_of_range = |error: &dyn std::fmt::Display| {
            header.finding("ranking", "numbers within exact arithmetic", error)
        };
        let results = plan.lots.iter().map(|lot| {
            let evaluation = evaluate(plan, lot, &entrants, &facts);
            let evaluation = evaluation.map_err(|error| out_of_range(&error))?;
            evaluation.publish().map_err(|error| out_of_range(&error))
        });
        results.collect()
    }

    /// The allocation must be what the rankings lead to. Where totals are withheld, it must still be within the limits.
    fn allocation(
        &self,
        tender: &Tender,
        rankings: &[Ranking],
        header: &Header,
    ) -> (Known, Result<(), Finding>) {
        let suppliers = tender.suppliers();
        let expected = match allocate(&tender.plan, rankings, &suppliers) {
            Ok(expected) => Some(expected),
            Err(Unallocated::Withheld(_)) => None,
            Err(Unallocated::NotKnown(_)) => {
                let said = self.allocation.as_deref().unwrap_or_default();
                let checked = allocation::check(&tender.plan, rankings, &suppliers, said);
                let found = |fault| header.finding("allocation", fault, plain(&said));
                return (Known::Attested, checked.map_err(found));
            }
        };
        let compared = if self.allocation == expected {
            Ok(())
        } else {
            Err(header.difference("allocation", &expected, &self.allocation))
        };
        (Known::Recomputed(expected), compared)
    }
}

/// Compares every number of a lot; the first difference is told by its place.
fn compare(
    said: &LotResult,
    recomputed: &PublishedResult,
    plan: &Plan,
    header: &Header,
) -> Result<(), Finding> {
    check_told(said, plan, header)?;
    let said = &said.result;
    let excluded = readable(&said.excluded, plan);
    if excluded != recomputed.excluded {
        return Err(header.difference("exclusions", &recomputed.excluded, &excluded));
    }
    let bids = |result: &PublishedResult| -> Vec<BidId> {
        result.scores.iter().map(|score| score.bid).collect()
    };
    let text = |bids: &[BidId]| {
        let ids: Vec<String> = bids.iter().map(ToString::to_string).collect();
        ids.join(" ")
    };
    let (scored, expected) = (bids(said), bids(recomputed));
    if scored != expected {
        return Err(header.finding("bids that are scored", text(&expected), text(&scored)));
    }
    for (said, score) in said.scores.iter().zip(&recomputed.scores) {
        if said != score {
            let (expected, found) = difference(score, said);
            let of_bid = |what| format!("bid {}, {what}", score.bid);
            return Err(header.finding("marks", of_bid(expected), of_bid(found)));
        }
    }
    if recomputed.ranking == Ranking::NotKnown {
        if !said.ranking.places_exactly(&expected) {
            let found = plain(&said.ranking);
            return Err(header.finding("ranking", "a place for each bid that is scored", found));
        }
    } else if said.ranking != recomputed.ranking {
        return Err(header.difference("ranking", &recomputed.ranking, &said.ranking));
    } else if said.draw != recomputed.draw {
        return Err(header.difference("draw", &recomputed.draw, &said.draw));
    }
    if said.scorecards != recomputed.scorecards {
        return Err(header.finding("scorecards", recomputed.scorecards, said.scorecards));
    }
    Ok(())
}

/// Nothing stands in the log that the plan withholds, and nothing counts as withheld that the plan cannot lead to.
fn check_told(said: &LotResult, plan: &Plan, header: &Header) -> Result<(), Finding> {
    let out_of_range = |error| header.finding("ranking", "numbers within exact arithmetic", error);
    let Some(lot) = plan.lot(&said.lot) else {
        return Err(header.finding("lots", "a lot of the plan", &said.lot));
    };
    let leaves = plan.leaves_of(lot).map_err(out_of_range)?;
    let fits = |ground: &Ground| match ground {
        Ground::Withheld(field) => {
            !ground.is_shown(plan) && Ground::may_follow_from(*field, lot, &leaves)
        }
        ground => ground.is_shown(plan),
    };
    let mut grounds = said.result.excluded.iter().flat_map(|one| &one.grounds);
    if let Some(ground) = grounds.find(|ground| !fits(ground)) {
        let expected = "grounds told as far as the plan discloses them";
        return Err(header.finding("exclusions", expected, plain(ground)));
    }
    if !said.result.ranking.is_published(&Told::new(plan, &leaves)) {
        let found = plain(&said.result.ranking);
        return Err(header.finding("ranking", "nothing that the plan withholds", found));
    }
    Ok(())
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
                .filter(|ground| ground.is_shown(plan))
                .cloned()
                .collect(),
        })
        .filter(|excluded| !excluded.grounds.is_empty())
        .collect()
}
