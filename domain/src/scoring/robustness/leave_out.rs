//! Leave-one-out over losers: would another bid win if these had not bid?
//!
//! A rule that compares bids does so by the lowest and the highest value only. So a set of losers can change the marks of
//! others only when it holds everybody at one of these ends of such a criterion, and only such sets are ranked again;
//! for all others the winner stays by this argument, which a property test checks by trying them all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Case;
use super::base::{Base, LISTED, Outcome, Reruns};
use super::hint::{Clean, CleanLot, Hint};
use crate::fraction::ArithmeticError;
use crate::ids::{BidId, OrganisationId};
use crate::scoring::evaluation::Change;

/// Why bids are left out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LeftOut {
    /// They are all losing bids of one beneficial-owner group, named by its top.
    OwnerGroup(OrganisationId),
    /// One losing bid of a group that has more.
    Bid,
    /// Two losing bids.
    Pair,
}

/// A change of the winner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveOut {
    /// Why these bids.
    pub left_out: LeftOut,
    /// The bids, by id.
    pub bids: Vec<BidId>,
    /// The ranking without them.
    pub ranking: Outcome,
    /// A rule under which they would not have mattered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
}

/// What leaving out found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveOuts {
    /// Losing owner groups that were left out.
    pub groups: u64,
    /// Pairs of losing bids that were left out.
    pub pairs: u64,
    /// Changes of the winner, at most [`LISTED`]: groups, bids, then pairs of which neither bid alone changes it.
    pub changes: Vec<LeaveOut>,
    /// Further changes that are not listed.
    pub more: u64,
    /// Pairs with a bid whose absence alone changes the winner: they are not listed again.
    pub pairs_with_such_a_bid: u64,
    /// Sets that the bound on work left untried.
    pub not_tried: u64,
}

/// Leaves out each losing owner group, each losing bid, and each pair of losing bids.
pub(super) fn leave_out(
    case: &Case<'_>,
    base: &Base<'_>,
    reruns: &mut Reruns<'_, '_>,
) -> Result<LeaveOuts, ArithmeticError> {
    let ends = ends(base);
    let clean = CleanLot::of(case);
    let groups = losing_groups(case, base);
    let losers = count(base.losers.len());
    let mut search = Search {
        winner: base.winner,
        reruns,
        case,
        clean: clean.as_ref(),
        by_clean: None,
        alone: BTreeSet::new(),
        found: LeaveOuts {
            groups: count(groups.len()),
            pairs: pairs_of(losers),
            changes: Vec::new(),
            more: 0,
            pairs_with_such_a_bid: 0,
            not_tried: 0,
        },
    };
    let moves = |bids: &BTreeSet<BidId>| ends.iter().any(|end| end.is_subset(bids));
    for (top, bids) in &groups {
        if moves(bids) && search.tries(LeftOut::OwnerGroup(*top), bids)? && bids.len() == 1 {
            search.alone.extend(bids);
        }
    }
    let (singles, pairs) = candidates(base, &ends);
    let several = |bid: &BidId| {
        groups
            .values()
            .any(|bids| bids.len() > 1 && bids.contains(bid))
    };
    for bid in singles.into_iter().filter(several) {
        let bids = BTreeSet::from([bid]);
        if search.tries(LeftOut::Bid, &bids)? {
            search.alone.insert(bid);
        }
    }
    let whole: BTreeSet<&BTreeSet<BidId>> = groups.values().collect();
    for bids in pairs {
        let explained = bids.iter().any(|bid| search.alone.contains(bid));
        if !explained && !whole.contains(&bids) {
            search.tries(LeftOut::Pair, &bids)?;
        }
    }
    let alone = count(search.alone.len());
    let others = pairs_of(losers.saturating_sub(alone));
    search.found.pairs_with_such_a_bid = search.found.pairs.saturating_sub(others);
    Ok(search.found)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn pairs_of(n: u64) -> u64 {
    n.saturating_mul(n.saturating_sub(1))
        .checked_div(2)
        .unwrap_or(0)
}

/// The losing bids of each owner group, those of the winner's own group too.
fn losing_groups(case: &Case<'_>, base: &Base<'_>) -> BTreeMap<OrganisationId, BTreeSet<BidId>> {
    let mut groups: BTreeMap<OrganisationId, BTreeSet<BidId>> = BTreeMap::new();
    for entrant in base.taking_part(case) {
        if entrant.bid != base.winner {
            let top = case.groups.get(&entrant.supplier);
            let group = groups.entry(*top.unwrap_or(&entrant.supplier)).or_default();
            group.insert(entrant.bid);
        }
    }
    groups
}

/// For each criterion that compares bids, everybody at its lowest value and everybody at its highest.
fn ends(base: &Base<'_>) -> Vec<BTreeSet<BidId>> {
    let mut ends = Vec::new();
    for values in &base.compared {
        for end in [values.first(), values.last()].into_iter().flatten() {
            let same = values.iter().filter(|(value, _)| *value == end.0);
            ends.push(same.map(|(_, bid)| *bid).collect());
        }
    }
    ends
}

/// The losers and the pairs of losers whose absence can change a mark in a way that no smaller absence does.
fn candidates(
    base: &Base<'_>,
    ends: &[BTreeSet<BidId>],
) -> (BTreeSet<BidId>, BTreeSet<BTreeSet<BidId>>) {
    let loses = |bid: &BidId| *bid != base.winner;
    let singles: BTreeSet<BidId> = ends
        .iter()
        .filter(|end| end.len() == 1)
        .flatten()
        .copied()
        .filter(loses)
        .collect();
    let mut pairs: BTreeSet<BTreeSet<BidId>> = BTreeSet::new();
    // Two at one end, or the one at an end and the next.
    for values in &base.compared {
        for two in [values.first_chunk::<2>(), values.last_chunk::<2>()] {
            pairs.extend(two.map(|two| two.iter().map(|(_, bid)| *bid).collect::<BTreeSet<_>>()));
        }
    }
    // Each alone at an end of its own.
    for (index, one) in singles.iter().enumerate() {
        let others = singles.iter().skip(index.saturating_add(1));
        pairs.extend(others.map(|other| BTreeSet::from([*one, *other])));
    }
    pairs.retain(|pair| pair.len() == 2 && pair.iter().all(loses));
    (singles, pairs)
}

struct Search<'s, 'e, 'a> {
    case: &'s Case<'s>,
    winner: BidId,
    reruns: &'s mut Reruns<'e, 'a>,
    clean: Option<&'s CleanLot>,
    /// Everybody by the cleaner rules, once a change asks for it.
    by_clean: Option<Clean<'s>>,
    /// Bids whose absence alone changes the winner.
    alone: BTreeSet<BidId>,
    found: LeaveOuts,
}

impl Search<'_, '_, '_> {
    /// Whether the winner changes without the bids; notes it when it does.
    fn tries(
        &mut self,
        left_out: LeftOut,
        bids: &BTreeSet<BidId>,
    ) -> Result<bool, ArithmeticError> {
        let found = &mut self.found;
        let change = Change {
            without: bids,
            instead: &[],
        };
        let Some(ranking) = self.reruns.with(&change) else {
            found.not_tried = found.not_tried.saturating_add(1);
            return Ok(false);
        };
        if ranking.winner() == Some(self.winner) {
            return Ok(false);
        }
        if found.changes.len() < LISTED {
            if let (None, Some(clean)) = (&self.by_clean, self.clean) {
                self.by_clean = Some(clean.evaluate(self.case)?);
            }
            found.changes.push(LeaveOut {
                left_out,
                bids: bids.iter().copied().collect(),
                ranking: Outcome::of(&ranking),
                hint: self.by_clean.as_ref().and_then(|clean| clean.hint(&change)),
            });
        } else {
            found.more = found.more.saturating_add(1);
        }
        Ok(true)
    }
}
