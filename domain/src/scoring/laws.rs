//! Laws of every rule: marks are bounded, rise with the bid's own value, and depend on other bids exactly where the
//! table of rules says so. A rule that is not in the table here fails a test.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::evaluation::evaluate;
use super::rules::{OnFail, Outer, PriceOf, PriceRange, QuantityRelativeHighest, Rule};
use super::scorecard::Mark;
use super::{Entrant, Facts, KnownContent};
use crate::amount::Share;
use crate::fraction::Fraction;
use crate::organisation::certification::SeoKind;
use crate::tender::fixtures::*;
use crate::tender::participation::Participation;
use crate::tender::plan::Plan;

/// What differs between bids in these tests, each better the higher, the price the lower.
#[derive(Debug, Clone, Copy)]
struct Value {
    price: u32,
    level: u32,
    promised: u32,
    certified_share: u32,
    certified: bool,
    passed: bool,
}

fn any_value() -> impl Strategy<Value = Value> {
    (
        1_u32..2_000_000,
        0_u32..=5,
        0_u32..3_000,
        0_u32..=1_000_000,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(price, level, promised, certified_share, certified, passed)| Value {
                price,
                level,
                promised,
                certified_share,
                certified,
                passed,
            },
        )
}

/// The table of `scoring.md`: a rule, and whether its mark depends on other bids.
fn table() -> Vec<(Rule, bool)> {
    let measures = || vec!["VOL-1".parse().unwrap(), "VOL-2".parse().unwrap()];
    let highest = QuantityRelativeHighest {
        measures: measures(),
        method_statement: false,
    };
    let line = Outer::Linear {
        floor: eur("100"),
        ceiling: eur("2000"),
    };
    let target = Outer::ToTarget { target: eur("900") };
    let steps = || levels(&[0, 1, 2, 3, 4, 5], None);
    let bands = quantity_bands(&[("5.0", "0.2"), ("50.0", "0.7"), ("200.0", "1")]);
    vec![
        (relative().into(), true),
        (PriceRange { of: PriceOf::Total }.into(), true),
        (linear("15000", "5000").into(), false),
        (
            price_bands(&[("5000", "1"), ("12000", "0.4")]).into(),
            false,
        ),
        (steps().into(), false),
        (condition(OnFail::NoMark).into(), false),
        (highest.into(), true),
        (volunteering("150.0").into(), false),
        (bands.into(), false),
        (seo("0.3").into(), false),
        (in_money(Outer::RelativeHighest).into(), true),
        (in_money(target).into(), false),
        (in_money(line).into(), false),
        (bonus(steps(), "2", "30").into(), false),
        (bonus(relative(), "0.5", "32").into(), true),
        (uplift(steps(), "1.1", Some("0.3")).into(), false),
        (uplift(relative(), "1.1", None).into(), true),
    ]
}

fn plan_with(rule: &Rule) -> Plan {
    let rest = leaf("REST", "67.75", levels(&[0, 5], None));
    let mut plan = plan(vec![leaf("C", "32.25", rule.clone()), rest]);
    plan.proxies = rule.in_money().map(|_| proxies());
    plan
}

/// Supplier `n`, or the certified supplier `2000 + n`, works with the certified organisation `1000 + n`.
fn bid_with(n: u128, value: Value) -> Entrant {
    let cents = format!("{}.{:02}", value.price / 100, value.price % 100);
    let base = entrant(n, &cents, &[("REST", 5), ("C", value.level)]);
    let share = |millionths| Share::from_millionths(millionths).unwrap();
    let member = |organisation, millionths| Participation {
        organisation,
        share: share(millionths),
        under: None,
    };
    let tenths = format!("{}.{}", value.promised / 10, value.promised % 10);
    let supplier = org(if value.certified { 2000 + n } else { n });
    Entrant {
        supplier,
        content: KnownContent {
            commitments: Some(vec![commitment("VOL-1", &tenths)]),
            // The supplier's own part is not counted: its certification is another value.
            participations: Some(vec![
                member(org(3000), 1_000_000 - value.certified_share),
                member(org(1000 + n), value.certified_share),
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
    let ids = (1000..1010).chain(2000..2010);
    facts(&ids.map(|n| (n, kind)).collect::<Vec<_>>())
}

/// The exact marks, `None` where the rule has no value.
fn marks(plan: &Plan, bids: &[Entrant]) -> Vec<Option<Fraction>> {
    let facts = all_certified();
    let evaluation = evaluate(plan, &plan.lots[0], bids, &facts).unwrap();
    evaluation
        .scorecards()
        .map(|card| match card.marks[0].mark {
            Mark::Defined { exact, .. } => Some(exact),
            Mark::Undefined(_) => None,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn every_rule_is_under_these_laws_and_passes_the_check_of_a_plan() {
    let here: BTreeSet<&str> = table().iter().map(|(rule, _)| rule.id()).collect();
    let all: BTreeSet<&str> = Rule::IDS.iter().copied().collect();
    assert_eq!(here, all);
    for (rule, depends) in table() {
        plan_with(&rule)
            .check(&catalogue(), at("2026-05-02T00:00:00Z"))
            .unwrap();
        assert_eq!(rule.depends_on_other_bids(), depends, "{}", rule.id());
    }
}

#[test]
fn a_rule_that_depends_on_other_bids_changes_with_them() {
    let value = |price, promised| Value {
        price,
        promised,
        level: 3,
        certified_share: 0,
        certified: false,
        passed: true,
    };
    let own = bid_with(1, value(200, 10));
    let near = [own.clone(), bid_with(2, value(100, 20))];
    let far = [own, bid_with(2, value(50, 40)), bid_with(3, value(400, 5))];
    for (rule, depends) in table() {
        let plan = plan_with(&rule);
        let moved = marks(&plan, &near)[0] != marks(&plan, &far)[0];
        assert_eq!(moved, depends, "{}", rule.id());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_mark_lies_between_0_and_w(values in prop::collection::vec(any_value(), 1..6)) {
        let bids: Vec<_> = (1..).zip(&values).map(|(n, value)| bid_with(n, *value)).collect();
        let w = Fraction::new(129, 4).unwrap();
        for (rule, _) in table() {
            for mark in marks(&plan_with(&rule), &bids).into_iter().flatten() {
                prop_assert!(!mark.is_negative() && mark <= w, "{} {mark}", rule.id());
            }
        }
    }

    #[test]
    fn a_better_value_never_brings_a_lower_mark(
        worse in any_value(), better in any_value(), other in any_value(), third in any_value(),
    ) {
        let better = Value {
            price: worse.price.min(better.price),
            level: worse.level.max(better.level),
            promised: worse.promised.max(better.promised),
            certified_share: worse.certified_share.max(better.certified_share),
            certified: worse.certified || better.certified,
            passed: worse.passed || better.passed,
        };
        let others = [bid_with(2, other), bid_with(3, third)];
        for (rule, _) in table() {
            let plan = plan_with(&rule);
            let own = |value| marks(&plan, &[&[bid_with(1, value)], &others[..]].concat())[0];
            if let (Some(low), Some(high)) = (own(worse), own(better)) {
                prop_assert!(low <= high, "{}: {low} then {high}", rule.id());
            }
        }
    }

    #[test]
    fn only_rules_that_say_so_depend_on_other_bids(own in any_value(), other in any_value(), third in any_value()) {
        for (rule, depends) in table() {
            let plan = plan_with(&rule);
            let alone = marks(&plan, &[bid_with(1, own)])[0];
            let among = marks(&plan, &[bid_with(1, own), bid_with(2, other), bid_with(3, third)])[0];
            if !depends {
                prop_assert!(alone.is_some(), "{} always has a value", rule.id());
                prop_assert_eq!(alone, among, "{}", rule.id());
            }
        }
    }

    #[test]
    fn the_order_of_bids_changes_nothing(values in prop::collection::vec(any_value(), 2..6)) {
        let bids: Vec<_> = (1..).zip(&values).map(|(n, value)| bid_with(n, *value)).collect();
        let turned: Vec<_> = bids.iter().rev().cloned().collect();
        for (rule, _) in table() {
            let plan = plan_with(&rule);
            let facts = all_certified();
            let one = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap().publish().unwrap();
            let other = evaluate(&plan, &plan.lots[0], &turned, &facts).unwrap().publish().unwrap();
            prop_assert_eq!(one, other);
        }
    }
}
