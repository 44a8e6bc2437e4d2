//! Lots that a supplier would win beyond its limit, by each published rule.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::allocation::{Allocated, AllocationFault, Unallocated, allocate, check};
use super::fixtures::*;
use super::lot::{AllocationRule, LotLimits};
use super::plan::Plan;
use crate::ids::{BidId, OrganisationId};
use crate::scoring::ranking::{NoValue, Place, Ranking};
use crate::scoring::rules::Reason;

type Suppliers = BTreeMap<BidId, OrganisationId>;

/// A plan of lots A, B, C .. with at most `most` awards for one supplier.
fn divided(lots: usize, most: Option<u32>, allocation: AllocationRule) -> Plan {
    let mut plan = plan(vec![]);
    let names = ["A", "B", "C", "D"];
    plan.lots = names[..lots]
        .iter()
        .map(|name| super::Lot {
            code: lot(name),
            ..only_lot(vec![leaf(&format!("P-{name}"), "100", relative())])
        })
        .collect();
    plan.lot_limits = Some(LotLimits {
        max_bids_per_supplier: None,
        max_awards_per_supplier: most,
        allocation,
    });
    plan
}

/// Rankings from `(supplier, total)` per lot, from the best. The bid of supplier 3 in the second lot is number 203.
fn ranked(lots: &[&[(u128, &str)]]) -> (Vec<Ranking>, Suppliers) {
    let mut suppliers = Suppliers::new();
    let mut rankings = Vec::new();
    for (lot, rows) in (1_u128..).zip(lots) {
        let places = (1_u32..).zip(*rows).map(|(rank, (supplier, total))| {
            let id = bid(lot.saturating_mul(100).saturating_add(*supplier));
            suppliers.insert(id, org(*supplier));
            Place {
                rank,
                bid: id,
                total: Some(total.parse().unwrap()),
                tie_decided_by: None,
            }
        });
        rankings.push(Ranking::Ranked(places.collect()));
    }
    (rankings, suppliers)
}

fn winners(plan: &Plan, rankings: &[Ranking], suppliers: &Suppliers) -> Vec<Option<BidId>> {
    let allocated = allocate(plan, rankings, suppliers).unwrap();
    allocated.iter().map(|allocated| allocated.bid).collect()
}

/// Supplier 1 is first everywhere: far ahead in B, hardly in A.
fn strong() -> (Vec<Ranking>, Suppliers) {
    ranked(&[
        &[(1, "80.00"), (2, "79.00"), (3, "10.00")],
        &[(1, "90.00"), (2, "50.00")],
        &[(1, "70.00"), (3, "60.00"), (2, "59.00")],
    ])
}

#[test]
fn without_a_limit_every_lot_goes_to_rank_1() {
    let (rankings, suppliers) = strong();
    for rule in [AllocationRule::PlanOrder, AllocationRule::LargestLead] {
        let plan = divided(3, None, rule);
        let all = [Some(bid(101)), Some(bid(201)), Some(bid(301))];
        assert_eq!(winners(&plan, &rankings, &suppliers), all);
    }
}

#[test]
fn in_the_order_of_the_plan_a_supplier_keeps_the_first_lots() {
    let (rankings, suppliers) = strong();
    let plan = divided(3, Some(1), AllocationRule::PlanOrder);
    let allocated = allocate(&plan, &rankings, &suppliers).unwrap();
    let expected = |code: &str, winner, passed_over: &[u128]| Allocated {
        lot: lot(code),
        bid: Some(bid(winner)),
        passed_over: passed_over.iter().map(|n| bid(*n)).collect(),
    };
    assert_eq!(
        allocated,
        [
            expected("A", 101, &[]),
            expected("B", 202, &[201]),
            expected("C", 303, &[301]),
        ]
    );
    assert_eq!(check(&plan, &rankings, &suppliers, &allocated), Ok(()));
}

#[test]
fn by_the_largest_lead_a_supplier_keeps_the_lot_that_would_lose_most() {
    let (rankings, suppliers) = strong();
    let plan = divided(3, Some(1), AllocationRule::LargestLead);
    // B first, by 40 points; then A, in which 2 leads 3 by 69, and C is left to 3.
    let expected = [Some(bid(102)), Some(bid(201)), Some(bid(303))];
    assert_eq!(winners(&plan, &rankings, &suppliers), expected);
    let two = divided(3, Some(2), AllocationRule::LargestLead);
    let expected = [Some(bid(102)), Some(bid(201)), Some(bid(301))];
    assert_eq!(winners(&two, &rankings, &suppliers), expected);
}

#[test]
fn an_only_bid_leads_most_and_equal_leads_follow_the_plan() {
    let plan = divided(2, Some(1), AllocationRule::LargestLead);
    let (rankings, suppliers) = ranked(&[&[(1, "90"), (2, "10")], &[(1, "20")]]);
    let expected = [Some(bid(102)), Some(bid(201))];
    assert_eq!(winners(&plan, &rankings, &suppliers), expected);
    let (rankings, suppliers) = ranked(&[&[(1, "50"), (2, "40")], &[(1, "60"), (2, "50")]]);
    let expected = [Some(bid(101)), Some(bid(202))];
    assert_eq!(winners(&plan, &rankings, &suppliers), expected);
}

#[test]
fn a_lot_whose_bidders_may_win_no_more_has_no_winner() {
    let plan = divided(3, Some(1), AllocationRule::PlanOrder);
    let (rankings, suppliers) = ranked(&[&[(1, "50")], &[(1, "60")], &[]]);
    let allocated = allocate(&plan, &rankings, &suppliers).unwrap();
    assert_eq!((allocated[1].bid, allocated[2].bid), (None, None));
    assert_eq!(allocated[1].passed_over, [bid(201)]);
    assert_eq!(check(&plan, &rankings, &suppliers, &allocated), Ok(()));
}

#[test]
fn one_withheld_ranking_holds_back_every_lot() {
    let plan = divided(2, Some(1), AllocationRule::PlanOrder);
    let (mut rankings, suppliers) = ranked(&[&[(1, "50")], &[(2, "60")]]);
    rankings[1] = Ranking::Withheld(vec![NoValue {
        criterion: Some(code("P-B")),
        rule: "price_relative_lowest".to_owned(),
        reason: Reason::ZeroPrice,
        bids: vec![bid(202)],
    }]);
    let held = Err(Unallocated::Withheld(lot("B")));
    assert_eq!(allocate(&plan, &rankings, &suppliers), held);
    rankings[1] = Ranking::NotKnown;
    let hidden = Err(Unallocated::NotKnown(lot("B")));
    assert_eq!(allocate(&plan, &rankings, &suppliers), hidden);
}

#[test]
fn hidden_totals_hide_the_largest_lead_and_not_the_order_of_the_plan() {
    let (mut rankings, suppliers) = strong();
    for ranking in &mut rankings {
        if let Ranking::Ranked(places) = ranking {
            for place in places {
                place.total = None;
            }
        }
    }
    let lead = divided(3, Some(1), AllocationRule::LargestLead);
    assert_eq!(
        allocate(&lead, &rankings, &suppliers),
        Err(Unallocated::NotKnown(lot("A")))
    );
    let order = divided(3, Some(1), AllocationRule::PlanOrder);
    assert!(allocate(&order, &rankings, &suppliers).is_ok());
}

#[test]
fn an_attested_allocation_within_the_limits_is_believed_and_no_other() {
    let (rankings, suppliers) = strong();
    let plan = divided(3, Some(1), AllocationRule::LargestLead);
    let right = allocate(&plan, &rankings, &suppliers).unwrap();
    let checked = |allocation: &[Allocated]| check(&plan, &rankings, &suppliers, allocation);
    assert_eq!(checked(&right), Ok(()));

    let mut both = right.clone();
    both[0].bid = Some(bid(101));
    both[0].passed_over.clear();
    let most = AllocationFault::TooMany {
        supplier: org(1),
        most: 1,
    };
    assert_eq!(checked(&both), Err(most));

    let mut skipped = right.clone();
    skipped[2].bid = Some(bid(302));
    assert_eq!(checked(&skipped), Err(AllocationFault::NotNext(lot("C"))));

    let mut kept_back = right.clone();
    kept_back[0].bid = None;
    kept_back[0].passed_over = vec![bid(101), bid(102), bid(103)];
    let passed = AllocationFault::PassedOver {
        lot: lot("A"),
        bid: bid(102),
    };
    assert_eq!(checked(&kept_back), Err(passed));
    assert_eq!(checked(&right[..2]), Err(AllocationFault::Lots));
}

proptest! {
    #[test]
    fn whatever_the_rule_nobody_wins_too_much_and_nobody_is_passed_over_for_nothing(
        totals in prop::collection::vec(prop::collection::vec(0_u32..100, 5), 4),
        most in 1_u32..=4, by_lead: bool,
    ) {
        let texts: Vec<Vec<(u128, String)>> = totals.iter().map(|lot| {
            let mut rows: Vec<(u128, u32)> = (1_u128..).zip(lot.iter().copied()).collect();
            rows.sort_by_key(|(supplier, total)| (std::cmp::Reverse(*total), *supplier));
            rows.into_iter().map(|(supplier, total)| (supplier, total.to_string())).collect()
        }).collect();
        let rows: Vec<Vec<(u128, &str)>> = texts.iter()
            .map(|lot| lot.iter().map(|(supplier, total)| (*supplier, total.as_str())).collect())
            .collect();
        let lots: Vec<&[(u128, &str)]> = rows.iter().map(Vec::as_slice).collect();
        let (rankings, suppliers) = ranked(&lots);
        let rule = if by_lead { AllocationRule::LargestLead } else { AllocationRule::PlanOrder };
        let plan = divided(4, Some(most), rule);
        let allocated = allocate(&plan, &rankings, &suppliers).unwrap();
        prop_assert_eq!(check(&plan, &rankings, &suppliers, &allocated), Ok(()));
        prop_assert!(allocated.iter().all(|lot| lot.bid.is_some()), "five suppliers, four lots");
        let again = allocate(&plan, &rankings, &suppliers).unwrap();
        prop_assert_eq!(again, allocated);
    }
}
