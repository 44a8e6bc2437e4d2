//! Laws of every rule: marks are bounded, rise with the bid's own value, and depend on other bids exactly where the
//! table of rules says so.

use proptest::prelude::*;

use super::evaluation::evaluate;
use super::rules::{OnFail, Rule};
use super::scorecard::Mark;
use super::{Entrant, Facts, KnownContent};
use crate::amount::Share;
use crate::fraction::Fraction;
use crate::organisation::certification::SeoKind;
use crate::tender::criteria::Criterion;
use crate::tender::fixtures::*;
use crate::tender::participation::Participation;
use crate::tender::plan::Plan;

/// What differs between bids in these tests, each better the higher.
#[derive(Debug, Clone, Copy)]
struct Value {
    price: u32,
    level: u32,
    promised: u32,
    certified_share: u32,
    passed: bool,
}

fn any_value() -> impl Strategy<Value = Value> {
    (
        1_u32..2_000_000,
        0_u32..=5,
        0_u32..3_000,
        0_u32..=1_000_000,
        any::<bool>(),
    )
        .prop_map(|(price, level, promised, certified_share, passed)| Value {
            price,
            level,
            promised,
            certified_share,
            passed,
        })
}

fn one_rule_plans() -> Vec<Plan> {
    let rest = |weight: &str| leaf("REST", weight, levels(&[0, 5], None));
    let with = |criterion: Criterion| plan(vec![criterion, rest("67.75")]);
    vec![
        with(leaf("C", "32.25", relative())),
        with(leaf("C", "32.25", linear("15000", "5000"))),
        with(leaf("C", "32.25", levels(&[0, 1, 2, 3, 4, 5], None))),
        with(leaf("C", "32.25", volunteering("150.0"))),
        with(leaf("C", "32.25", seo("0.3"))),
        with(leaf("C", "32.25", condition(OnFail::NoMark))),
    ]
}

/// Supplier `n` works with the certified organisation `1000 + n`.
fn bid_with(n: u128, value: Value) -> Entrant {
    let cents = format!("{}.{:02}", value.price / 100, value.price % 100);
    let base = entrant(n, &cents, &[("REST", 5), ("C", value.level)]);
    let share = |millionths| Share::from_millionths(millionths).unwrap();
    let member = |organisation, millionths| Participation {
        organisation: org(organisation),
        share: share(millionths),
        under: None,
    };
    let tenths = format!("{}.{}", value.promised / 10, value.promised % 10);
    Entrant {
        content: KnownContent {
            commitments: Some(vec![commitment("VOL-1", &tenths)]),
            participations: Some(vec![
                member(n, 1_000_000 - value.certified_share),
                member(1000 + n, value.certified_share),
            ]),
            declarations: Some([(code("C"), value.passed)].into()),
            ..base.content
        },
        confirmed: [org(1000 + n)].into(),
        ..base
    }
}

fn all_certified() -> Facts {
    let kind = SeoKind::SocialEnterprise;
    facts(&(1000..1010).map(|n| (n, kind)).collect::<Vec<_>>())
}

fn marks(plan: &Plan, bids: &[Entrant]) -> Vec<Fraction> {
    let facts = all_certified();
    let evaluation = evaluate(plan, bids, &facts).unwrap();
    evaluation
        .scorecards()
        .map(|card| match card.marks[0].mark {
            Mark::Defined { exact, .. } => exact,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn rule(plan: &Plan) -> Rule {
    plan.leaves().unwrap()[0].rule.clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_mark_lies_between_0_and_w(values in prop::collection::vec(any_value(), 1..6)) {
        let bids: Vec<_> = (1..).zip(&values).map(|(n, value)| bid_with(n, *value)).collect();
        for plan in one_rule_plans() {
            let w = Fraction::new(129, 4).unwrap();
            for mark in marks(&plan, &bids) {
                prop_assert!(!mark.is_negative() && mark <= w, "{} {mark}", rule(&plan).id());
            }
        }
    }

    #[test]
    fn a_better_value_never_brings_a_lower_mark(worse in any_value(), better in any_value(), other in any_value()) {
        let better = Value {
            price: worse.price.min(better.price),
            level: worse.level.max(better.level),
            promised: worse.promised.max(better.promised),
            certified_share: worse.certified_share.max(better.certified_share),
            passed: worse.passed || better.passed,
        };
        for plan in one_rule_plans() {
            let low = marks(&plan, &[bid_with(1, worse), bid_with(2, other)])[0];
            let high = marks(&plan, &[bid_with(1, better), bid_with(2, other)])[0];
            prop_assert!(low <= high, "{}: {low} then {high}", rule(&plan).id());
        }
    }

    #[test]
    fn only_rules_that_say_so_depend_on_other_bids(own in any_value(), other in any_value(), third in any_value()) {
        for plan in one_rule_plans() {
            let alone = marks(&plan, &[bid_with(1, own)])[0];
            let among = marks(&plan, &[bid_with(1, own), bid_with(2, other), bid_with(3, third)])[0];
            if !rule(&plan).depends_on_other_bids() {
                prop_assert_eq!(alone, among, "{}", rule(&plan).id());
            }
        }
    }

    #[test]
    fn the_order_of_bids_changes_nothing(values in prop::collection::vec(any_value(), 2..6)) {
        let bids: Vec<_> = (1..).zip(&values).map(|(n, value)| bid_with(n, *value)).collect();
        let turned: Vec<_> = bids.iter().rev().cloned().collect();
        for plan in one_rule_plans() {
            let facts = all_certified();
            let one = evaluate(&plan, &bids, &facts).unwrap().publish().unwrap();
            let other = evaluate(&plan, &turned, &facts).unwrap().publish().unwrap();
            prop_assert_eq!(one, other);
        }
    }
}

#[test]
fn the_rule_that_says_so_does_depend_on_other_bids() {
    let value = |price| Value {
        price,
        level: 0,
        promised: 0,
        certified_share: 0,
        passed: true,
    };
    let plan = &one_rule_plans()[0];
    assert!(rule(plan).depends_on_other_bids());
    let alone = marks(plan, &[bid_with(1, value(200))])[0];
    let among = marks(plan, &[bid_with(1, value(200)), bid_with(2, value(100))])[0];
    assert_ne!(alone, among);
}
