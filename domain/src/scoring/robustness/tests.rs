//! C1 and its relatives: who decides the winner without a chance to win.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::amount::Quantity;
use crate::ids::BidId;
use crate::scoring::ranking::Ranking;
use crate::scoring::rules::Rule;
use crate::tender::criteria::Criterion;
use crate::tender::fixtures::*;

/// 50 points for the price relative to the lowest, 50 for quality out of 100.
fn c1_plan() -> Plan {
    let quality: Vec<u32> = (0..=100).collect();
    plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("QUALITY", "50", levels(&quality, None)),
    ])
}

fn c1_bids() -> Vec<Entrant> {
    vec![
        entrant(0xA, "100", &[("QUALITY", 60)]),
        entrant(0xB, "130", &[("QUALITY", 82)]),
        entrant(0xC, "60", &[("QUALITY", 10)]),
    ]
}

fn report(plan: &Plan, entrants: &[Entrant], owners: &[(u128, u128)]) -> Robustness {
    let groups = owners.iter().map(|(n, top)| (org(*n), org(*top))).collect();
    let case = Case {
        plan,
        lot: &plan.lots[0],
        entrants,
        facts: &facts(&[]),
        groups: &groups,
        panel: &PanelMarks::new(),
    };
    robustness(&case).unwrap().unwrap()
}

#[test]
fn c1_the_report_names_c_and_the_linear_rule_that_keeps_the_winner() {
    let found = report(&c1_plan(), &c1_bids(), &[]);
    assert_eq!(found.ranking.winner(), Some(bid(0xB)));
    let [change] = found.leave_out.changes.as_slice() else {
        panic!("{:?}", found.leave_out);
    };
    assert_eq!(change.bids, [bid(0xC)]);
    assert_eq!(change.left_out, LeftOut::OwnerGroup(org(0xC)));
    assert_eq!(change.ranking, Outcome::Ranked(vec![bid(0xA), bid(0xB)]));
    let hint = change.hint.as_ref().unwrap();
    assert_eq!(hint.winner, bid(0xA), "with C and without it");
    assert_eq!(hint.lines.len(), 1);
    assert_eq!(
        (hint.lines[0].ceiling, hint.lines[0].floor),
        (eur("130"), eur("0"))
    );
    assert!(!found.is_firm());
    assert_eq!(
        (found.leave_out.pairs, found.leave_out.pairs_with_such_a_bid),
        (1, 1)
    );
}

fn c1_with_c_twice() -> Vec<Entrant> {
    let mut bids = c1_bids();
    bids.push(entrant(0xD, "60", &[("QUALITY", 10)]));
    bids
}

#[test]
fn c1_with_c_twice_by_one_owner_is_found_by_leaving_out_the_owner() {
    let found = report(&c1_plan(), &c1_with_c_twice(), &[(0xC, 0xE), (0xD, 0xE)]);
    let [change] = found.leave_out.changes.as_slice() else {
        panic!("{:?}", found.leave_out);
    };
    assert_eq!(change.left_out, LeftOut::OwnerGroup(org(0xE)));
    assert_eq!(change.bids, [bid(0xC), bid(0xD)]);
    assert_eq!(change.ranking.winner(), Some(bid(0xA)));
}

#[test]
fn c1_with_c_twice_by_two_owners_is_found_by_leaving_out_the_pair() {
    let found = report(&c1_plan(), &c1_with_c_twice(), &[]);
    let [change] = found.leave_out.changes.as_slice() else {
        panic!("{:?}", found.leave_out);
    };
    assert_eq!(change.left_out, LeftOut::Pair);
    assert_eq!(change.bids, [bid(0xC), bid(0xD)]);
    assert_eq!(change.ranking.winner(), Some(bid(0xA)));
    assert!(change.hint.is_some());
}

#[test]
fn a_second_bid_of_the_winners_own_owner_is_left_out_too() {
    let found = report(&c1_plan(), &c1_bids(), &[(0xB, 0xB), (0xC, 0xB)]);
    assert_eq!(
        found.leave_out.changes[0].left_out,
        LeftOut::OwnerGroup(org(0xB))
    );
    assert_eq!(found.leave_out.changes[0].bids, [bid(0xC)]);
}

#[test]
fn by_a_line_no_loser_decides() {
    let plan = plan(vec![
        leaf("PRICE", "50", linear("130", "0")),
        leaf("QUALITY", "50", levels(&[0, 10, 60, 82, 100], None)),
    ]);
    let found = report(&plan, &c1_with_c_twice(), &[]);
    assert_eq!(found.ranking.winner(), Some(bid(0xA)));
    assert!(found.leave_out.changes.is_empty() && found.is_firm());
}

#[test]
fn an_outlying_pledge_that_decides_is_found_by_capping_it() {
    let plan = plan(vec![
        leaf("PRICE", "50", linear("100", "0")),
        leaf("VOL", "50", volunteering("1000.0")),
    ]);
    let with = |n, price: &str, promised: &str| {
        let mut bid = entrant(n, price, &[]);
        bid.content.commitments = Some(vec![commitment("VOL-1", promised)]);
        bid
    };
    let bids = [
        with(1, "60", "1000.0"),
        with(2, "40", "100.0"),
        with(3, "50", "90.0"),
    ];
    let found = report(&plan, &bids, &[]);
    assert_eq!(found.ranking.winner(), Some(bid(1)));
    let [change] = found.pledges.changes.as_slice() else {
        panic!("{:?}", found.pledges);
    };
    assert_eq!(
        (change.capped.as_slice(), change.at),
        (&[bid(1)][..], bid(2))
    );
    assert_eq!(
        change.ranking,
        Outcome::Ranked(vec![bid(2), bid(3), bid(1)])
    );
}

#[test]
fn two_outlying_pledges_hide_each_other_until_both_are_capped() {
    let plan = plan(vec![
        leaf("PRICE", "50", linear("100", "0")),
        leaf("VOL", "50", volunteering("1000.0")),
    ]);
    let with = |n, price: &str, promised: &str| {
        let mut bid = entrant(n, price, &[]);
        bid.content.commitments = Some(vec![commitment("VOL-2", promised)]);
        bid
    };
    let bids = [
        with(1, "60", "1000.0"),
        with(2, "70", "900.0"),
        with(3, "40", "90.0"),
    ];
    let found = report(&plan, &bids, &[]);
    assert_eq!(found.pledges.tried, 2);
    assert_eq!(found.pledges.changes[0].capped, [bid(1), bid(2)]);
    assert_eq!(found.pledges.changes[0].ranking.winner(), Some(bid(3)));
}

#[test]
fn weight_stability_names_the_weight_at_which_another_leads() {
    // Price by a line: A 0.5, B 0.25. Quality: A 0.4, B 0.8. With 70/30 A leads 0.47 to 0.415.
    let plan = plan(vec![
        leaf("PRICE", "70", linear("200", "0")),
        leaf("QUALITY", "30", levels(&[0, 2, 4, 5], None)),
    ]);
    let bids = [
        entrant(0xA, "100", &[("QUALITY", 2)]),
        entrant(0xB, "150", &[("QUALITY", 4)]),
    ];
    let stability = report(&plan, &bids, &[]).stability.unwrap();
    let f = |n, d| crate::fraction::Fraction::new(n, d).unwrap();
    let price = &stability.intervals[0];
    // d_m = 1/4, R = -2/5: w* = R / (R - d_m) = 8/13.
    assert_eq!(
        price.below,
        Some(Flip {
            weight: f(8, 13),
            rival: bid(0xB)
        })
    );
    assert_eq!(price.above, None);
    assert_eq!(stability.intervals[1].above.unwrap().weight, f(5, 13));
    assert!(stability.ahead_unrounded.is_empty());
}

#[test]
fn within_a_group_the_lead_outside_counts() {
    let plan = plan(vec![
        leaf("PRICE", "50", linear("100", "0")),
        group(
            "Q",
            "50",
            vec![
                leaf("Q-1", "50", levels(&[0, 10], None)),
                leaf("Q-2", "50", levels(&[0, 10], None)),
            ],
        ),
    ]);
    // A leads by 10 points of price; in the group each has one criterion.
    let bids = [
        entrant(0xA, "40", &[("Q-1", 10), ("Q-2", 0)]),
        entrant(0xB, "60", &[("Q-1", 0), ("Q-2", 10)]),
    ];
    let stability = report(&plan, &bids, &[]).stability.unwrap();
    let f = |n, d| crate::fraction::Fraction::new(n, d).unwrap();
    // 50 (w - (1 - w)) + 10 = 0 at w = 2/5.
    let q1 = stability
        .intervals
        .iter()
        .find(|one| one.criterion == code("Q-1"))
        .unwrap();
    assert_eq!(
        q1.below,
        Some(Flip {
            weight: f(2, 5),
            rival: bid(0xB)
        })
    );
}

#[test]
fn a_sole_criterion_has_no_interval_and_rounding_that_decides_is_told() {
    let mut plan = plan(vec![leaf("PRICE", "100", linear("300", "0"))]);
    plan.mark_scale = 0;
    plan.tie_breaks = vec![
        crate::tender::plan::TieBreak::EarlierReceipt,
        crate::tender::plan::TieBreak::DrawnLot,
    ];
    let mut bids = [entrant(1, "100.00", &[]), entrant(2, "100.10", &[])];
    bids[0].received_at = bids[1].received_at.plus_micros(1);
    let found = report(&plan, &bids, &[]);
    assert_eq!(
        found.ranking.winner(),
        Some(bid(2)),
        "67 to 67, and earlier"
    );
    let stability = found.stability.unwrap();
    assert!(stability.intervals.is_empty());
    assert_eq!(stability.ahead_unrounded, [bid(1)]);
}

#[test]
fn evaluator_noise_follows_the_spread_and_repeats() {
    let bids = c1_bids();
    let marks = |n, given: &[u32]| ((bid(n), code("QUALITY")), given.to_vec());
    let run = |panel: &PanelMarks| {
        let plan = c1_plan();
        let case = Case {
            plan: &plan,
            lot: &plan.lots[0],
            entrants: &bids,
            facts: &facts(&[]),
            groups: &BTreeMap::new(),
            panel,
        };
        robustness(&case).unwrap().unwrap().noise
    };
    let agreed = run(&PanelMarks::from([marks(0xB, &[82, 82, 82])])).unwrap();
    assert_eq!(
        agreed.wins,
        [Wins {
            bid: bid(0xB),
            runs: 1000
        }]
    );
    let split = PanelMarks::from([marks(0xB, &[90, 70])]);
    let noise = run(&split).unwrap();
    assert_eq!(Some(&noise), run(&split).as_ref());
    let won: u64 = noise.wins.iter().map(|wins| wins.runs).sum();
    assert_eq!((won, noise.wins.len()), (1000, 2));
    assert!(
        noise
            .wins
            .iter()
            .all(|wins| (400..=600).contains(&wins.runs)),
        "{noise:?}"
    );
    assert_eq!(run(&PanelMarks::new()), None);
}

#[test]
fn a_plan_of_prices_alone_has_spains_rule() {
    let plan = plan(vec![leaf("PRICE", "100", relative())]);
    let bids: Vec<_> = (1..)
        .zip(["70", "90", "95", "130"])
        .map(|(n, price)| entrant(n, price, &[]))
        .collect();
    let low = report(&plan, &bids, &[]).low_prices.unwrap();
    let f = |n, d| crate::fraction::Fraction::new(n, d).unwrap();
    assert_eq!(
        (low.first_mean, low.mean),
        (Some(f(385, 4)), Some(f(85, 1)))
    );
    assert_eq!(
        (low.threshold, low.flagged),
        (Some(f(153, 2)), vec![bid(1)])
    );
    assert_eq!(
        report(&c1_plan(), &c1_bids(), &[]).low_prices,
        None,
        "no rule published"
    );
}

#[test]
fn a_pledge_beyond_its_plausible_rate_is_flagged() {
    let mut plan = c1_plan();
    let hours = |text: &str| Quantity::parse(text, 1, "hour".parse().unwrap()).unwrap();
    plan.plausible_rates = vec![PlausibleRate {
        measure: "VOL-1".parse().unwrap(),
        quantity: hours("5.0"),
        per: eur("100"),
    }];
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let mut bids = c1_bids();
    bids[0].content.commitments = Some(vec![commitment("VOL-1", "5.0")]);
    bids[1].content.commitments =
        Some(vec![commitment("VOL-1", "3.0"), commitment("VOL-1", "3.6")]);
    let found = report(&plan, &bids, &[]).high_pledges;
    assert_eq!(found.len(), 1, "exactly the rate is plausible");
    assert_eq!((found[0].bid, &found[0].pledged), (bid(0xB), &hours("6.6")));
}

#[test]
fn a_withheld_ranking_has_no_robustness() {
    let bids = [
        entrant(1, "0", &[("QUALITY", 1)]),
        entrant(2, "1", &[("QUALITY", 1)]),
    ];
    let plan = c1_plan();
    let case = Case {
        plan: &plan,
        lot: &plan.lots[0],
        entrants: &bids,
        facts: &facts(&[]),
        groups: &BTreeMap::new(),
        panel: &PanelMarks::new(),
    };
    assert_eq!(robustness(&case), Ok(None));
}

/// Two criteria that compare bids, and one that does not.
fn comparing_plan() -> Plan {
    let item = |name: &str| -> Criterion {
        let of = crate::scoring::rules::PriceOf::Item;
        leaf(
            name,
            "30",
            Rule::from(crate::scoring::rules::PriceRelativeLowest { of }),
        )
    };
    plan(vec![
        item("P-1"),
        item("P-2"),
        leaf("Q", "40", levels(&[0, 1, 2, 3], None)),
    ])
}

fn comparing_bid(n: u128, (one, two, level): (u32, u32, u32)) -> Entrant {
    let mut bid = entrant(n, "1", &[("Q", level)]);
    let price = |euros: u32| eur(&euros.to_string());
    bid.content.item_prices = Some([(code("P-1"), price(one)), (code("P-2"), price(two))].into());
    bid
}

/// The winner without some bids.
fn winner(plan: &Plan, bids: &[Entrant], without: &[BidId]) -> Option<BidId> {
    let rest: Vec<Entrant> = bids
        .iter()
        .filter(|entrant| !without.contains(&entrant.bid))
        .cloned()
        .collect();
    let facts = facts(&[]);
    let evaluation = evaluate(plan, &plan.lots[0], &rest, &facts).unwrap();
    match evaluation.ranking() {
        Ranking::Ranked(places) => places.first().map(|place| place.bid),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Trying only the bids at the ends of comparing criteria finds what trying everything finds.
    #[test]
    fn no_single_loser_and_no_pair_is_overlooked(values in prop::collection::vec((1_u32..6, 1_u32..6, 0_u32..4), 2..7)) {
        let plan = comparing_plan();
        let bids: Vec<_> = (1..).zip(&values).map(|(n, value)| comparing_bid(n, *value)).collect();
        let found = report(&plan, &bids, &[]);
        let first = found.ranking.winner();
        let losers: Vec<_> = bids.iter().map(|entrant| entrant.bid).filter(|bid| Some(*bid) != first).collect();
        let mut expected: Vec<Vec<BidId>> = losers.iter().map(|bid| vec![*bid])
            .filter(|set| winner(&plan, &bids, set) != first).collect();
        let alone = expected.concat();
        for (index, one) in losers.iter().enumerate() {
            for other in losers.iter().skip(index + 1) {
                let pair = vec![*one, *other];
                if !pair.iter().any(|bid| alone.contains(bid)) && winner(&plan, &bids, &pair) != first {
                    expected.push(pair);
                }
            }
        }
        let mut named: Vec<Vec<BidId>> = found.leave_out.changes.into_iter().map(|change| change.bids).collect();
        named.sort();
        expected.sort();
        prop_assert_eq!(named, expected);
        prop_assert_eq!((found.leave_out.more, found.leave_out.not_tried), (0, 0));
    }
}
