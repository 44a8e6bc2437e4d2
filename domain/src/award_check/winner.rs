//! Who won as published, and who was put out: what the awards say about the bids.

use std::collections::BTreeSet;

use super::contest::{AwardState, BidState, Contest, ContestAward, ContestBid, Price};
use super::verdict::Doubt;

/// The published winner: the bids it may be (several only when one bidder bid more than once and the award does not say
/// on which bid), and the value of its award.
#[derive(Debug)]
pub(super) struct Winner<'a> {
    /// Positions in `Contest::bids`, never empty.
    pub(super) bids: BTreeSet<usize>,
    /// The value of the award.
    pub(super) value: Option<&'a Price>,
}

/// The one published winner of a contest.
pub(super) fn published_winner(contest: &Contest) -> Result<Winner<'_>, Doubt> {
    let mut winners: Vec<Winner<'_>> = Vec::new();
    let mut named = false;
    for award in in_state(contest, AwardState::Active) {
        named |= !award.bids.is_empty() || !award.suppliers.is_empty();
        for bids in named_bids(contest, award) {
            // Two awards may name one winner twice: once by its bid, once as a supplier.
            let known = winners
                .iter_mut()
                .find(|known| !known.bids.is_disjoint(&bids));
            if let Some(known) = known {
                known.bids.retain(|bid| bids.contains(bid));
                known.value = known.value.or(award.value.as_ref());
            } else {
                winners.push(Winner {
                    bids,
                    value: award.value.as_ref(),
                });
            }
        }
    }
    match winners.len() {
        0 if named => Err(Doubt::WinnerNotAmongBids),
        0 => Err(Doubt::NoWinnerPublished {
            pending: in_state(contest, AwardState::Pending).next().is_some(),
        }),
        1 => winners
            .pop()
            .ok_or(Doubt::NoWinnerPublished { pending: false }),
        winners => Err(Doubt::SeveralWinners { winners }),
    }
}

/// Each bid's state, once the awards that were refused have put their bids out.
pub(super) fn states(contest: &Contest) -> Vec<BidState> {
    let mut states: Vec<BidState> = contest.bids.iter().map(|bid| bid.state.clone()).collect();
    let won: BTreeSet<usize> = in_state(contest, AwardState::Active)
        .flat_map(|award| named_bids(contest, award))
        .flatten()
        .collect();
    let refused = in_state(contest, AwardState::Unsuccessful)
        .flat_map(|award| named_bids(contest, award))
        .flatten();
    for bid in refused.filter(|bid| !won.contains(bid)) {
        if let Some(state @ BidState::Standing) = states.get_mut(bid) {
            *state = BidState::Disqualified;
        }
    }
    states
}

fn in_state(contest: &Contest, state: AwardState) -> impl Iterator<Item = &ContestAward> {
    contest
        .awards
        .iter()
        .filter(move |award| award.state == state)
}

/// The bids an award names, one set for each winner; a set has several bids only when they cannot be told apart.
fn named_bids(contest: &Contest, award: &ContestAward) -> Vec<BTreeSet<usize>> {
    let by_id: Vec<BTreeSet<usize>> = award
        .bids
        .iter()
        .filter(|id| !id.is_empty())
        .map(|id| positions(contest, award, |bid| bid.id == *id))
        .filter(|bids| !bids.is_empty())
        .collect();
    if !by_id.is_empty() {
        return by_id;
    }
    if award.suppliers.is_empty() {
        return Vec::new();
    }
    // A consortium wins as one; else each supplier wins with the bid it takes part in.
    let together = positions(contest, award, |bid| bid.bidders == award.suppliers);
    if !together.is_empty() {
        return vec![together];
    }
    let mut each: Vec<BTreeSet<usize>> = Vec::new();
    for supplier in &award.suppliers {
        let bids = positions(contest, award, |bid| bid.bidders.contains(supplier));
        if !bids.is_empty() && !each.contains(&bids) {
            each.push(bids);
        }
    }
    each
}

/// The positions of the bids that match, narrowed to those at the award's value when there are any.
fn positions(
    contest: &Contest,
    award: &ContestAward,
    matches: impl Fn(&ContestBid) -> bool,
) -> BTreeSet<usize> {
    let all: BTreeSet<usize> = contest
        .bids
        .iter()
        .enumerate()
        .filter(|(_, bid)| matches(bid))
        .map(|(position, _)| position)
        .collect();
    let Some(value) = award.value.as_ref().filter(|_| all.len() > 1) else {
        return all;
    };
    let at_value: BTreeSet<usize> = all
        .iter()
        .copied()
        .filter(|position| {
            let price = contest
                .bids
                .get(*position)
                .and_then(|bid| bid.price.as_ref());
            price.is_some_and(|price| price.amount == value.amount)
        })
        .collect();
    if at_value.is_empty() { all } else { at_value }
}
