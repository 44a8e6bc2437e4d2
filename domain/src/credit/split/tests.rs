//! Every edge case of obligated and surplus, by name.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::super::class::TRADABLE;
use super::super::terms::KpiAccount;
use super::*;
use crate::contract::fixtures::{BUYER, FUND, id, organisation};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn kpi(n: u128, quantity_units: i64) -> KpiStanding {
    KpiStanding {
        contract: id(1),
        kpi: id(n),
        buyer: organisation(BUYER),
        quantity_units,
        account: KpiAccount::default(),
        matches: true,
    }
}

fn under(kpis: Vec<KpiStanding>) -> Terms {
    Terms::Contract {
        named: kpis[0].kpi,
        surplus_tradable: true,
        intended_on: Some(day("2026-02-27")),
        kpis,
    }
}

fn outside(kpis: Vec<KpiStanding>) -> Terms {
    Terms::Outside {
        deadweight: Some("0.25".parse().unwrap()),
        kpis,
    }
}

fn facts() -> SplitFacts {
    SplitFacts {
        began: day("2026-03-01"),
        transferable: true,
        tradable_share: TRADABLE,
    }
}

fn split(units: i64, terms: &Terms) -> Split {
    Split::of_claim(units, terms, facts()).unwrap()
}

fn fills(split: &Split) -> Vec<(KpiId, i64)> {
    split
        .fills
        .iter()
        .map(|fill| (fill.kpi, fill.units))
        .collect()
}

/// Takes a split into the accounts, as issuing does.
fn take(terms: &mut Terms, split: &Split) {
    let Terms::Contract { named, kpis, .. } = terms else {
        return;
    };
    for kpi in kpis {
        let filled = split.fills.iter().find(|fill| fill.kpi == kpi.kpi);
        kpi.account.obligated_units += filled.map_or(0, |fill| fill.units);
        if kpi.kpi == *named {
            kpi.account.surplus_units += split.surplus().unwrap();
            kpi.account.tradable_units += split.circulating;
        }
    }
}

/// Claims one after the other: obligated and surplus of each.
fn issue_all(quantity: i64, claims: &[i64]) -> Vec<(i64, i64)> {
    let mut terms = under(vec![kpi(101, quantity)]);
    let mut parts = Vec::new();
    for units in claims {
        let split = split(*units, &terms);
        take(&mut terms, &split);
        parts.push((split.obligated().unwrap(), split.surplus().unwrap()));
    }
    parts
}

#[test]
fn six_four_one_against_four_four_four_yields_no_surplus() {
    assert_eq!(issue_all(12, &[6, 4, 1]), [(6, 0), (4, 0), (1, 0)]);
}

#[test]
fn the_claim_that_passes_the_kpi_is_split() {
    assert_eq!(issue_all(12, &[8, 7, 3]), [(8, 0), (4, 3), (0, 3)]);
}

#[test]
fn what_one_kpi_has_too_much_is_not_netted_against_another() {
    let mut other = kpi(102, 50);
    other.matches = false;
    let terms = under(vec![kpi(101, 10), other]);
    let split = split(15, &terms);
    assert_eq!(fills(&split), [(id(101), 10)]);
    assert_eq!(split.surplus(), Ok(5), "and the other KPI stays 50 short");
}

#[test]
fn an_overlap_fills_the_first_kpi_in_contract_order_and_makes_no_second_unit() {
    let mut terms = under(vec![kpi(101, 10), kpi(102, 10)]);
    let Terms::Contract { named, .. } = &mut terms else {
        unreachable!()
    };
    *named = id(102);
    let first = split(7, &terms);
    assert_eq!(
        fills(&first),
        [(id(101), 7)],
        "although the claim names the second"
    );
    take(&mut terms, &first);
    let second = split(7, &terms);
    assert_eq!(fills(&second), [(id(101), 3), (id(102), 4)]);
    assert_eq!(first.total().unwrap() + second.total().unwrap(), 14);
}

#[test]
fn an_increase_of_the_kpi_fills_first_and_takes_no_surplus_back() {
    let mut terms = under(vec![kpi(101, 10)]);
    let first = split(12, &terms);
    assert_eq!(first.surplus(), Ok(2));
    take(&mut terms, &first);
    if let Terms::Contract { kpis, .. } = &mut terms {
        kpis[0].quantity_units = 15;
    }
    let second = split(6, &terms);
    assert_eq!((second.obligated(), second.surplus()), (Ok(5), Ok(1)));
}

#[test]
fn a_decrease_of_the_kpi_never_unmakes_obligated_units() {
    let mut terms = under(vec![kpi(101, 10)]);
    let first = split(8, &terms);
    take(&mut terms, &first);
    if let Terms::Contract { kpis, .. } = &mut terms {
        kpis[0].quantity_units = 5;
    }
    let second = split(1, &terms);
    assert_eq!((second.obligated(), second.surplus()), (Ok(0), Ok(1)));
}

#[test]
fn each_call_off_is_a_contract_of_its_own() {
    let mut other = kpi(201, 10);
    other.contract = id(2);
    let (first, second) = (
        split(12, &under(vec![kpi(101, 10)])),
        split(8, &under(vec![other])),
    );
    assert_eq!((first.surplus(), second.surplus()), (Ok(2), Ok(0)));
}

#[test]
fn shared_delivery_is_split_by_the_shares_fixed_beforehand() {
    // 20 units delivered for two call-offs, shared 3 to 2 before: each claim carries its own part of the units.
    let mut other = kpi(201, 10);
    other.contract = id(2);
    let (first, second) = (
        split(12, &under(vec![kpi(101, 10)])),
        split(8, &under(vec![other])),
    );
    let totals = first.total().unwrap() + second.total().unwrap();
    assert_eq!(totals, 20, "no unit is made twice");
    assert_eq!(
        second.obligated(),
        Ok(8),
        "and the surplus of one does not fill the other"
    );
}

#[test]
fn outside_contracts_the_matching_kpis_of_the_group_come_first() {
    let mut distant = kpi(102, 90);
    distant.matches = false;
    let mut theirs = kpi(201, 4);
    (theirs.contract, theirs.buyer) = (id(2), organisation(FUND));
    let split = split(20, &outside(vec![kpi(101, 6), distant, theirs]));
    assert_eq!(fills(&split), [(id(101), 6), (id(201), 4)]);
    assert_eq!(split.fills[1].buyer, organisation(FUND));
    assert_eq!(
        (split.retained, split.circulating),
        (0, 7),
        "floor(10 * 0.75)"
    );
}

#[test]
fn outside_contracts_the_deadweight_is_taken_off_and_the_rest_rounded_down() {
    let circulating = |units| split(units, &outside(Vec::new())).circulating;
    assert_eq!((circulating(10), circulating(1)), (7, 0));
    let unknown = Terms::Outside {
        deadweight: None,
        kpis: vec![kpi(101, 6)],
    };
    let refused = Split::of_claim(7, &unknown, facts());
    assert_eq!(refused, Err(SplitError::DeadweightUnknown));
    assert!(
        Split::of_claim(6, &unknown, facts()).is_ok(),
        "nothing is left over"
    );
}

#[test]
fn at_most_a_fifth_of_the_kpi_is_traded_over_all_its_claims() {
    let mut terms = under(vec![kpi(101, 100)]);
    let first = split(115, &terms);
    assert_eq!((first.retained, first.circulating), (0, 15));
    take(&mut terms, &first);
    let second = split(15, &terms);
    assert_eq!((second.retained, second.circulating), (10, 5));
    let mut wider = facts();
    wider.tradable_share = Share::percent(40);
    let wide = Split::of_claim(15, &terms, wider).unwrap();
    assert_eq!(
        (wide.retained, wide.circulating),
        (0, 15),
        "a class setting"
    );
}

#[test]
fn surplus_is_not_traded_while_a_kpi_of_the_contract_is_short() {
    let mut other = kpi(102, 5);
    other.matches = false;
    let mut terms = under(vec![kpi(101, 10), other]);
    assert_eq!(split(12, &terms).circulating, 0);
    if let Terms::Contract { kpis, .. } = &mut terms {
        kpis[1].account.covered_units = 5;
    }
    assert_eq!(
        split(12, &terms).circulating,
        0,
        "bought cover is no delivery"
    );
    if let Terms::Contract { kpis, .. } = &mut terms {
        kpis[1].account.obligated_units = 5;
    }
    assert_eq!(split(12, &terms).circulating, 2);
}

#[test]
fn surplus_is_traded_only_if_its_intent_was_registered_before_the_activity() {
    for (intent, expected) in [(None, 0), (Some("2026-03-01"), 0), (Some("2026-02-28"), 2)] {
        let mut terms = under(vec![kpi(101, 10)]);
        if let Terms::Contract { intended_on, .. } = &mut terms {
            *intended_on = intent.map(day);
        }
        assert_eq!(split(12, &terms).circulating, expected, "{intent:?}");
    }
}

#[test]
fn surplus_is_traded_only_if_class_and_contract_allow_it() {
    let mut terms = under(vec![kpi(101, 10)]);
    let mut closed = facts();
    closed.transferable = false;
    assert_eq!(Split::of_claim(12, &terms, closed).unwrap().retained, 2);
    if let Terms::Contract {
        surplus_tradable, ..
    } = &mut terms
    {
        *surplus_tradable = false;
    }
    assert_eq!(split(12, &terms).retained, 2);
}

#[test]
fn too_much_is_an_error_and_not_a_wrap() {
    let mut full = kpi(101, i64::MAX);
    full.account.obligated_units = i64::MAX;
    let split = split(i64::MAX, &under(vec![full]));
    assert_eq!(split.surplus(), Ok(i64::MAX));
    let both = Split {
        retained: i64::MAX,
        circulating: 1,
        ..Split::default()
    };
    assert_eq!(both.total(), Err(ArithmeticError::Overflow));
}

proptest! {
    #[test]
    fn the_order_of_claims_never_changes_the_totals(
        quantity in 0_i64..500,
        (claims, shuffled) in prop::collection::vec(1_i64..100, 0..12)
            .prop_flat_map(|claims| (Just(claims.clone()), Just(claims).prop_shuffle())),
    ) {
        let totals = |claims: &[i64]| {
            issue_all(quantity, claims)
                .into_iter()
                .fold((0, 0), |(o, s), (obligated, surplus)| (o + obligated, s + surplus))
        };
        prop_assert_eq!(totals(&claims), totals(&shuffled));
        let delivered: i64 = claims.iter().sum();
        prop_assert_eq!(totals(&claims), (delivered.min(quantity), (delivered - quantity).max(0)));
    }

    #[test]
    fn a_claim_under_a_contract_issues_exactly_what_was_verified(
        quantities in prop::collection::vec((0_i64..300, any::<bool>()), 1..5),
        verified in 1_i64..1000,
    ) {
        let kpis = quantities.iter().zip(101..).map(|((quantity, matches), n)| KpiStanding {
            matches: *matches || n == 101,
            ..kpi(n, *quantity)
        });
        let split = split(verified, &under(kpis.collect()));
        prop_assert_eq!(split.total(), Ok(verified));
        prop_assert!(split.retained >= 0 && split.circulating >= 0);
        prop_assert!(split.fills.iter().all(|fill| fill.units > 0));
    }

    #[test]
    fn outside_contracts_no_more_is_issued_than_verified(
        verified in 1_i64.., millionths in 0_u32..=1_000_000,
    ) {
        let terms = Terms::Outside {
            deadweight: Some(Share::from_millionths(millionths).unwrap()),
            kpis: Vec::new(),
        };
        let split = Split::of_claim(verified, &terms, facts()).unwrap();
        prop_assert!((0..=verified).contains(&split.circulating));
    }
}
