//! What the report says of small plans whose numbers can be found by hand.

use super::*;
use crate::fraction::Fraction;
use crate::log::hash::sha256;
use crate::scoring::robustness::PlausibleRate;
use crate::tender::fixtures::*;

fn report(plan: &Plan, runs: u32) -> PlanReport {
    plan_report(&PlanReportInput {
        plan,
        lot: &plan.lots[0],
        catalogue: &catalogue(),
        reference_price: eur("100"),
        seed: sha256(b"seed"),
        runs,
    })
    .unwrap()
}

fn f(n: i128, d: i128) -> Fraction {
    Fraction::new(n, d).unwrap()
}

#[test]
fn a_point_costs_what_the_line_says() {
    // 50 points over 200 EUR: a point is 4 EUR. A level of 5 brings 10 points: 40 EUR.
    let plan = plan(vec![
        leaf("PRICE", "50", linear("250", "50")),
        leaf("QUALITY", "50", levels(&[0, 1, 2, 3, 4, 5], None)),
    ]);
    let found = report(&plan, 0).price_equivalents;
    assert_eq!(found.point, Some(eur("4.00")));
    let [quality] = found.criteria.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        (quality.from.as_str(), quality.to.as_str()),
        ("level 2", "level 3")
    );
    assert_eq!(quality.points, Some(f(10, 1)));
    // At 140 both have equal totals, and the lower price decides against the better one.
    assert_eq!(quality.price, Some(eur("39.99")));
}

#[test]
fn relative_to_the_lowest_a_point_costs_the_reference_price_over_the_other_points() {
    // 50 * 100 / p = 49 at p = 5000/49 = 102.0408..: the first cent beyond has lost the point.
    let plan = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("QUALITY", "50", levels(&[0, 1], None)),
    ]);
    let found = report(&plan, 0).price_equivalents;
    assert_eq!(found.point, Some(eur("2.05")));
    assert_eq!(found.criteria[0].price, None, "quality outweighs any price");
}

#[test]
fn a_step_without_weight_costs_nothing() {
    let plan = plan(vec![
        leaf("PRICE", "100", linear("250", "50")),
        leaf(
            "WAGE",
            "0",
            condition(crate::scoring::rules::OnFail::Exclude),
        ),
    ]);
    let found = report(&plan, 0).price_equivalents;
    assert_eq!(found.point, Some(eur("2.00")));
}

#[test]
fn the_simulation_finds_a_reversal_that_can_be_checked_by_hand() {
    let reversing = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("QUALITY", "50", levels(&[0, 1, 2, 3, 4, 5], None)),
    ]);
    let found = report(&reversing, 100).simulation;
    assert!(found.reversals > 0, "{found:?}");
    let example = found.example.clone().unwrap();
    assert_eq!(example.bids.len(), 5);
    assert!(example.left_out != example.winner);
    assert!(example.winner_without != Some(example.winner));
    assert_eq!(found, report(&reversing, 100).simulation, "it repeats");
}

#[test]
fn rules_that_look_at_one_bid_alone_have_no_reversal() {
    let steady = plan(vec![
        leaf("PRICE", "50", linear("200", "0")),
        leaf("QUALITY", "50", levels(&[0, 1, 2, 3, 4, 5], None)),
    ]);
    let found = report(&steady, 50);
    assert_eq!(
        (found.simulation.reversals, found.simulation.example),
        (0, None)
    );
    assert!(found.warnings.is_empty() && found.bias.is_empty());
}

#[test]
fn counting_promises_favours_size_and_a_target_per_contract_value_does_not() {
    let mut plan = plan(vec![
        leaf("PRICE", "50", linear("200", "0")),
        leaf("VOL", "50", volunteering("100.0")),
    ]);
    let [bias] = report(&plan, 0).bias.try_into().unwrap();
    assert_eq!(
        (bias.large_mark, bias.small_mark),
        (Some(f(50, 1)), Some(f(5, 1)))
    );
    assert_eq!(bias.small_promises, hours("10.0"));
    // 45 points are 180 EUR on this line: the larger bidder wins at almost any price.
    assert_eq!(bias.worth, None);
    assert!(bias.small_wins * 3 < bias.runs, "{bias:?}");
    let offer = bias.offer.unwrap();
    assert_eq!(
        (offer.target.clone(), offer.per_contract_value),
        (hours("10.0"), false)
    );
    assert!(offer.small_wins > bias.small_wins);
    plan.plausible_rates = vec![PlausibleRate {
        measure: "VOL-1".parse().unwrap(),
        quantity: hours("8.0"),
        per: eur("100"),
    }];
    let offer = report(&plan, 0).bias[0].offer.clone().unwrap();
    assert_eq!(
        (offer.target, offer.per_contract_value),
        (hours("8.0"), true)
    );
}

#[test]
fn what_the_plan_does_not_declare_is_a_warning_with_its_clause() {
    let mut plan = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("QUALITY", "30", levels(&[0, 1], None)),
        leaf("VOL", "20", volunteering("100.0")),
    ]);
    let gaps = |plan: &Plan| -> Vec<(String, FactGap)> {
        let found = report(plan, 0).facts;
        found
            .into_iter()
            .map(|warning| (warning.criterion.to_string(), warning.gap))
            .collect()
    };
    let of = |code: &str, gap| (code.to_owned(), gap);
    assert_eq!(
        gaps(&plan),
        [
            of("QUALITY", FactGap::Link),
            of("QUALITY", FactGap::Verification),
            of("VOL", FactGap::Link),
            of("VOL", FactGap::Need),
            of("VOL", FactGap::Place),
        ],
        "a measure with evidence and a method is verified"
    );
    plan.lots[0].criteria[2].declared = Some(Declared {
        link: Some("Hours are worked on the site".to_owned()),
        need: Some("One hour for each hundred euros".to_owned()),
        verification: None,
        open_to_all_places: Some("Hours count wherever the volunteers live".to_owned()),
    });
    assert_eq!(gaps(&plan).len(), 2);
    plan.lots[0].criteria[2].declared = Some(Declared {
        link: Some("two\nlines".to_owned()),
        ..Declared::default()
    });
    let refused = plan.check(&catalogue(), at("2026-05-02T00:00:00Z"));
    assert_eq!(
        refused.unwrap_err().path,
        "/lots/0/criteria/2/declared/link"
    );
}

#[test]
fn the_plans_own_seed_changes_with_the_plan() {
    let one = c1();
    let mut other = c1();
    other.mark_scale = 3;
    assert_ne!(plan_seed(&one).unwrap(), plan_seed(&other).unwrap());
}

fn c1() -> Plan {
    plan(vec![leaf("PRICE", "100", relative())])
}
