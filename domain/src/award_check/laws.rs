//! Laws of the check over random contests, against an independent reading of the rule.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers made by the tests"
)]

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

#[derive(Debug, Clone)]
struct Plan {
    bids: Vec<(u32, u8)>,
    winner: usize,
    minimum: Option<u32>,
}

fn plans() -> impl Strategy<Value = Plan> {
    (
        prop::collection::vec((1_u32..40, 0_u8..4), 0..8),
        any::<prop::sample::Index>(),
        prop::option::of(1_u32..40),
    )
        .prop_map(|(bids, winner, minimum)| Plan {
            winner: if bids.is_empty() {
                0
            } else {
                winner.index(bids.len())
            },
            bids,
            minimum,
        })
}

fn price(amount: u32, unit: Decimal) -> Price {
    Price {
        amount: Decimal::from(amount) * unit,
        currency: Some("EUR".into()),
        tax_included: None,
    }
}

/// One in four bids is disqualified.
fn valid(kind: u8) -> bool {
    kind > 0
}

fn contest(plan: &Plan, unit: Decimal) -> Contest {
    Contest {
        ocid: "ocds-law".into(),
        minimum: plan.minimum.map(|amount| price(amount, unit)),
        bids: plan
            .bids
            .iter()
            .enumerate()
            .map(|(position, (amount, kind))| ContestBid {
                id: position.to_string(),
                bidders: [position.to_string()].into(),
                name: String::new(),
                state: if valid(*kind) {
                    BidState::Standing
                } else {
                    BidState::Disqualified
                },
                price: Some(price(*amount, unit)),
            })
            .collect(),
        awards: vec![ContestAward {
            bids: [plan.winner.to_string()].into(),
            ..ContestAward::default()
        }],
        ..Contest::default()
    }
}

/// The rule read again, over whole numbers: none when it cannot tell.
fn expected(plan: &Plan) -> Option<bool> {
    if plan.bids.len() < 2 {
        return None;
    }
    let (winning, kind) = plan.bids[plan.winner];
    if !valid(kind) {
        return Some(false);
    }
    let floor = plan.minimum.unwrap_or(0);
    let lowest = plan
        .bids
        .iter()
        .filter(|(amount, kind)| valid(*kind) && *amount >= floor)
        .map(|(amount, _)| *amount)
        .min()?;
    Some(winning == lowest)
}

fn answer(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Agrees { .. } => Some(true),
        Verdict::Differs(_) => Some(false),
        Verdict::CannotTell(_) => None,
    }
}

proptest! {
    #[test]
    fn the_check_agrees_with_an_independent_reading(plan in plans()) {
        prop_assert_eq!(answer(&check(&contest(&plan, Decimal::ONE)).verdict), expected(&plan));
    }

    #[test]
    fn the_order_of_bids_changes_nothing(plan in plans(), seed in any::<u64>()) {
        let first = contest(&plan, Decimal::ONE);
        let mut second = first.clone();
        second.bids.sort_by_key(|bid| (bid.id.parse::<u64>().unwrap() + 1).wrapping_mul(seed | 1));
        prop_assert_eq!(answer(&check(&first).verdict), answer(&check(&second).verdict));
        prop_assert_eq!(check(&first).notes.len(), check(&second).notes.len());
    }

    #[test]
    fn the_unit_of_prices_changes_nothing(plan in plans(), thousandths in 1_u32..5_000) {
        let unit = Decimal::new(i64::from(thousandths), 3);
        prop_assert_eq!(
            answer(&check(&contest(&plan, Decimal::ONE)).verdict),
            answer(&check(&contest(&plan, unit)).verdict)
        );
    }

    #[test]
    fn a_higher_loser_changes_no_verdict(plan in plans()) {
        prop_assume!(plan.bids.len() > 1);
        let mut more = plan.clone();
        more.bids.push((1_000, 1));
        let before = answer(&check(&contest(&plan, Decimal::ONE)).verdict);
        // A minimum above every bid is doubted; a bid above it settles that doubt.
        prop_assume!(before.is_some());
        prop_assert_eq!(before, answer(&check(&contest(&more, Decimal::ONE)).verdict));
    }

    #[test]
    fn a_difference_survives_unknown_losers(plan in plans()) {
        let mut found = contest(&plan, Decimal::ONE);
        let before = answer(&check(&found).verdict);
        found.bids.push(ContestBid { id: "unknown".into(), ..ContestBid::default() });
        let after = answer(&check(&found).verdict);
        prop_assert_eq!(after, before.filter(|agrees| !agrees));
    }
}
