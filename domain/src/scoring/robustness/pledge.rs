//! Outlying pledges: would another bid win if the top pledge of a criterion, or the top two, were only as high as the
//! highest below?
//!
//! A criterion's pledge is all commitments to its measures. It is capped by putting the commitments of the bid below in
//! its place, so that every rule that counts commitments sees exactly that value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Case;
use super::base::{Base, LISTED, Outcome, Reruns};
use crate::catalogue::MeasureCode;
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::Change;
use crate::tender::bid::Commitment;
use crate::tender::code::CriterionCode;

/// A change of the winner by capping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CappedPledge {
    /// The criterion.
    pub criterion: CriterionCode,
    /// Whose pledge was capped: the top one or the top two, highest first.
    pub capped: Vec<BidId>,
    /// Whose pledge is the cap: the next below.
    pub at: BidId,
    /// The ranking with the capped pledges.
    pub ranking: Outcome,
}

/// What capping found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CappedPledges {
    /// Caps that were tried.
    pub tried: u64,
    /// Changes of the winner, at most [`LISTED`], by criterion; the top two only where the top one alone changes nothing.
    pub changes: Vec<CappedPledge>,
    /// Further changes that are not listed.
    pub more: u64,
    /// Caps that the bound on work left untried.
    pub not_tried: u64,
}

/// Caps the top pledge, and then the top two, of each criterion that counts commitments.
pub(super) fn cap_pledges(
    case: &Case<'_>,
    base: &Base<'_>,
    reruns: &mut Reruns<'_, '_>,
) -> CappedPledges {
    let mut found = CappedPledges {
        tried: 0,
        changes: Vec::new(),
        more: 0,
        not_tried: 0,
    };
    for (index, leaf) in base.leaves.iter().enumerate() {
        let measures = leaf.rule.measures();
        if measures.is_empty() {
            continue;
        }
        let order: Vec<BidId> = base
            .by_mark(index)
            .into_iter()
            .map(|(_, bid)| bid)
            .collect();
        for top in 1..=2_usize {
            let (Some(capped), Some(at)) = (order.get(..top), order.get(top)) else {
                break;
            };
            let change = Change {
                without: &BTreeSet::new(),
                instead: &with_pledge_of(case.entrants, capped, *at, measures),
            };
            let Some(ranking) = reruns.with(&change) else {
                found.not_tried = found.not_tried.saturating_add(1);
                continue;
            };
            found.tried = found.tried.saturating_add(1);
            if ranking.winner() == Some(base.winner) {
                continue;
            }
            if found.changes.len() < LISTED {
                found.changes.push(CappedPledge {
                    criterion: leaf.criterion.code.clone(),
                    capped: capped.to_vec(),
                    at: *at,
                    ranking: Outcome::of(&ranking),
                });
            } else {
                found.more = found.more.saturating_add(1);
            }
            break;
        }
    }
    found
}

/// Some bids with the commitments of another to some measures.
fn with_pledge_of(
    entrants: &[Entrant],
    capped: &[BidId],
    at: BidId,
    measures: &[MeasureCode],
) -> Vec<Entrant> {
    let counted = |commitment: &&Commitment| measures.contains(&commitment.measure.code);
    let pledge: Vec<Commitment> = entrants
        .iter()
        .filter(|entrant| entrant.bid == at)
        .flat_map(|entrant| entrant.content.commitments.iter().flatten())
        .filter(counted)
        .cloned()
        .collect();
    let capped = |entrant: &&Entrant| capped.contains(&entrant.bid);
    let mut changed: Vec<Entrant> = entrants.iter().filter(capped).cloned().collect();
    for entrant in &mut changed {
        if let Some(commitments) = &mut entrant.content.commitments {
            commitments.retain(|commitment| !counted(&commitment));
            commitments.extend(pledge.iter().cloned());
        }
    }
    changed
}
