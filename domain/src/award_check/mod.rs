//! Recomputes who should have won a published contest, and compares the answer with the published winner.
//!
//! The rule is the one the buyer declared, if it is the lowest price. Where nothing was declared, the lowest valid price
//! at or above a published minimum is *assumed* and the finding says so. Whatever the publication leaves open is a
//! [`Doubt`], never a guess: an unknown price is not zero, and several currencies are not compared. "Differs" is only
//! said when it stays true whatever the missing facts are.

mod contest;
mod verdict;
mod winner;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rust_decimal::Decimal;

pub use contest::{
    AwardState, BidLabel, BidState, Contest, ContestAward, ContestBid, DeclaredRule, Price,
};
pub use verdict::{Basis, Difference, Doubt, Finding, Note, Verdict};
use winner::{Winner, published_winner, states};

/// Checks one contest.
pub fn check(contest: &Contest) -> Finding {
    let basis = match contest.rule {
        DeclaredRule::None => Basis::Assumed,
        _ => Basis::Declared,
    };
    let mut notes = Vec::new();
    let verdict = match agreed_winner(contest, &mut notes) {
        Ok(winner) => Verdict::Agrees { winner },
        Err(verdict) => *verdict,
    };
    Finding {
        verdict,
        basis,
        notes,
    }
}

/// A bid with a price that may win or lose: not withdrawn.
struct Priced<'a> {
    position: usize,
    bid: &'a ContestBid,
    price: &'a Price,
    state: &'a BidState,
}

/// The winner that rule and publication agree on; any other verdict ends the way there.
fn agreed_winner(contest: &Contest, notes: &mut Vec<Note>) -> Result<BidLabel, Box<Verdict>> {
    check_rule(contest)?;
    let states = states(contest);
    let priced = priced_bids(contest, &states);
    if priced.len() < 2 {
        return Err(Box::from(Doubt::FewerThanTwoPricedBids {
            priced: priced.len(),
        }));
    }
    check_comparable(contest, &priced, notes)?;
    let published = published_winner(contest)?;
    let winner = valid_winner(contest, &states, &published)?;
    note_award_value(&published, &winner, notes);
    check_expected(contest, &priced, &winner)?;
    check_known(contest, &states, &priced, &winner)?;
    notes.extend(agreement_notes(contest, &priced, &winner));
    Ok(winner.bid.label())
}

fn check_rule(contest: &Contest) -> Result<(), Doubt> {
    if contest.cancelled {
        return Err(Doubt::Cancelled);
    }
    match &contest.rule {
        DeclaredRule::None | DeclaredRule::LowestPrice => Ok(()),
        DeclaredRule::NotPriceOnly(declared) => Err(Doubt::NotPriceOnly {
            declared: declared.clone(),
        }),
        DeclaredRule::Unrecognised(declared) => Err(Doubt::RuleNotRecognised {
            declared: declared.clone(),
        }),
    }
}

fn priced_bids<'a>(contest: &'a Contest, states: &'a [BidState]) -> Vec<Priced<'a>> {
    contest
        .bids
        .iter()
        .zip(states)
        .enumerate()
        .filter(|(_, (_, state))| **state != BidState::Withdrawn)
        .filter_map(|(position, (bid, state))| {
            bid.price.as_ref().map(|price| Priced {
                position,
                bid,
                price,
                state,
            })
        })
        .collect()
}

/// Prices must be in one currency, on one side of tax, and above zero.
fn check_comparable(
    contest: &Contest,
    priced: &[Priced<'_>],
    notes: &mut Vec<Note>,
) -> Result<(), Doubt> {
    let compared = || priced.iter().map(|bid| bid.price).chain(&contest.minimum);
    let currencies: BTreeSet<&String> = compared()
        .filter_map(|price| price.currency.as_ref())
        .collect();
    if currencies.len() > 1 {
        return Err(Doubt::MixedCurrencies {
            currencies: currencies.into_iter().cloned().collect(),
        });
    }
    let without = compared().filter(|price| price.currency.is_none()).count();
    if without > 0 {
        notes.push(Note::CurrencyAssumed { prices: without });
    }
    let taxes: BTreeSet<bool> = compared().filter_map(|price| price.tax_included).collect();
    if taxes.len() > 1 {
        return Err(Doubt::MixedTax);
    }
    let not_positive = priced
        .iter()
        .find(|bid| *bid.state != BidState::Disqualified && bid.price.amount <= Decimal::ZERO);
    match not_positive {
        Some(bid) => Err(Doubt::PriceNotPositive {
            bid: bid.bid.label(),
        }),
        None => Ok(()),
    }
}

/// The winning bid with its price: the lowest that the award can mean.
fn valid_winner<'a>(
    contest: &'a Contest,
    states: &'a [BidState],
    published: &Winner<'_>,
) -> Result<Priced<'a>, Box<Verdict>> {
    let named: Vec<(usize, &ContestBid, &BidState)> = published
        .bids
        .iter()
        .filter_map(|&position| {
            Some((position, contest.bids.get(position)?, states.get(position)?))
        })
        .collect();
    let Some((_, first, _)) = named.first() else {
        return Err(Box::from(Doubt::WinnerNotAmongBids));
    };
    let valid: Vec<_> = named
        .iter()
        .filter(|(_, _, state)| matches!(state, BidState::Standing | BidState::Unrecognised(_)))
        .collect();
    if valid.is_empty() {
        return Err(Box::from(Difference::WinnerNotValid {
            winner: first.label(),
        }));
    }
    valid
        .into_iter()
        .filter_map(|&(position, bid, state)| {
            bid.price.as_ref().map(|price| Priced {
                position,
                bid,
                price,
                state,
            })
        })
        .min_by_key(|priced| priced.price.amount)
        .ok_or_else(|| {
            Box::from(Doubt::WinnerWithoutPrice {
                winner: first.label(),
            })
        })
}

fn at_or_above(minimum: Option<&Price>, price: &Price) -> bool {
    minimum.is_none_or(|minimum| price.amount >= minimum.amount)
}

/// Finds what stays a difference whatever else is unknown: a standing bid at or above the minimum that is lower than the
/// winner, or a winner below the minimum while another is not.
fn check_expected(
    contest: &Contest,
    priced: &[Priced<'_>],
    winner: &Priced<'_>,
) -> Result<(), Box<Verdict>> {
    let minimum = contest.minimum.as_ref();
    let expected = priced
        .iter()
        .filter(|bid| *bid.state == BidState::Standing && at_or_above(minimum, bid.price))
        .min_by_key(|bid| bid.price.amount);
    let below = minimum.filter(|minimum| winner.price.amount < minimum.amount);
    match (expected, below) {
        (Some(expected), Some(minimum)) => Err(Box::from(Difference::WinnerBelowMinimum {
            winner: winner.bid.label(),
            minimum: minimum.clone(),
            expected: expected.bid.label(),
        })),
        (None, Some(minimum)) => Err(Box::from(Doubt::MinimumAboveEveryBid {
            minimum: minimum.clone(),
        })),
        (Some(expected), None) if expected.price.amount < winner.price.amount => {
            Err(Box::from(Difference::LowerValidBid {
                winner: winner.bid.label(),
                lower: expected.bid.label(),
            }))
        }
        _ => Ok(()),
    }
}

/// An agreement needs every bid that could have been lower.
fn check_known(
    contest: &Contest,
    states: &[BidState],
    priced: &[Priced<'_>],
    winner: &Priced<'_>,
) -> Result<(), Doubt> {
    let minimum = contest.minimum.as_ref();
    for lower in priced
        .iter()
        .filter(|bid| bid.price.amount < winner.price.amount && at_or_above(minimum, bid.price))
    {
        if let BidState::Unrecognised(status) = lower.state {
            return Err(Doubt::BidStatusNotRecognised {
                bid: lower.bid.label(),
                status: status.clone(),
            });
        }
    }
    let unpriced = contest
        .bids
        .iter()
        .zip(states)
        .filter(|(bid, state)| {
            bid.price.is_none() && matches!(state, BidState::Standing | BidState::Unrecognised(_))
        })
        .count();
    let listed = u64::try_from(contest.bids.len()).unwrap_or(u64::MAX);
    let unlisted = contest
        .stated_bids
        .unwrap_or_default()
        .saturating_sub(listed);
    if unpriced > 0 || unlisted > 0 {
        return Err(Doubt::UnknownLosers { unpriced, unlisted });
    }
    Ok(())
}

fn note_award_value(published: &Winner<'_>, winner: &Priced<'_>, notes: &mut Vec<Note>) {
    if let Some(value) = published.value
        && value.amount != winner.price.amount
    {
        notes.push(Note::AwardValueDiffers {
            value: value.clone(),
            price: winner.price.clone(),
        });
    }
}

fn agreement_notes(contest: &Contest, priced: &[Priced<'_>], winner: &Priced<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let labels = |matches: &dyn Fn(&Priced<'_>) -> bool| -> Vec<BidLabel> {
        priced
            .iter()
            .filter(|bid| matches(bid))
            .map(|bid| bid.bid.label())
            .collect()
    };
    let lower = |bid: &Priced<'_>| bid.price.amount < winner.price.amount;
    let standing = |bid: &Priced<'_>| *bid.state == BidState::Standing;

    let tied = labels(&|bid| {
        bid.price.amount == winner.price.amount
            && (standing(bid) || bid.position == winner.position)
    });
    if tied.len() > 1 {
        notes.push(Note::TieAmongLowest { bids: tied });
    }
    if let Some(minimum) = &contest.minimum {
        let excluded = labels(&|bid| lower(bid) && *bid.state != BidState::Disqualified);
        if !excluded.is_empty() {
            notes.push(Note::ThanksToMinimum {
                minimum: minimum.clone(),
                lower: excluded,
            });
        }
    }
    let disqualified = labels(&|bid| lower(bid) && *bid.state == BidState::Disqualified);
    if !disqualified.is_empty() {
        notes.push(Note::LowerBidsDisqualified {
            lower: disqualified,
        });
    }
    notes
}
