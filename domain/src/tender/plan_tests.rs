//! Plans and bids that are refused, each by its place.

use super::bid_check::BidProblem;
use super::disclosure::Disclosure;
use super::fixtures::*;
use super::lot::{AllocationRule, Lot, LotLimits};
use super::plan::{Plan, TieBreak};
use super::plan_error::PlanProblem;
use crate::amount::Money;
use crate::scoring::rules::{OnFail, PriceRelativeLowest, QuantityToTarget, Rule};
use crate::tender::participation::InvalidParticipation;

fn refused(plan: &Plan) -> (String, PlanProblem) {
    let error = plan
        .check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap_err();
    (error.path, error.problem)
}

fn krw(amount: &str) -> Money {
    Money::parse(amount, "KRW".parse().unwrap()).unwrap()
}

#[test]
fn the_full_plan_is_accepted_and_reads_back_from_canonical_json() {
    let plan = full_plan();
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let json = crate::log::canonical::canonical_json(&plan).unwrap();
    assert_eq!(serde_json::from_slice::<Plan>(&json).unwrap(), plan);
}

#[test]
fn weights_that_sum_to_99_are_refused_at_every_level() {
    let top = plan(vec![
        leaf("PRICE", "59", relative()),
        leaf("Q", "40", levels(&[0, 1], None)),
    ]);
    let sum = |sum: &str| PlanProblem::Weights {
        sum: sum.to_owned(),
    };
    assert_eq!(refused(&top), ("/lots/0/criteria".to_owned(), sum("99")));
    let below = plan(vec![
        leaf("PRICE", "60", relative()),
        group("G", "40", vec![leaf("Q", "99.9999", levels(&[0, 1], None))]),
    ]);
    assert_eq!(
        refused(&below),
        ("/lots/0/criteria/1/kind/group".to_owned(), sum("99.9999"))
    );
}

#[test]
fn three_thirds_need_a_published_remainder() {
    let q = |name: &str, weight: &str| leaf(name, weight, levels(&[0, 1], None));
    let thirds = plan(vec![
        q("A", "33.3333"),
        q("B", "33.3333"),
        q("C", "33.3333"),
    ]);
    assert!(matches!(refused(&thirds).1, PlanProblem::Weights { .. }));
    let exact = plan(vec![
        q("A", "33.3334"),
        q("B", "33.3333"),
        q("C", "33.3333"),
    ]);
    assert_eq!(
        exact.check(&catalogue(), at("2026-05-02T00:00:00Z")),
        Ok(())
    );
}

#[test]
fn a_ceiling_not_above_the_floor_is_refused() {
    for (ceiling, floor) in [("100", "100"), ("99", "100")] {
        let plan = plan(vec![leaf("PRICE", "100", linear(ceiling, floor))]);
        let path = "/lots/0/criteria/0/kind/rule/price_linear/ceiling".to_owned();
        assert_eq!(refused(&plan), (path, PlanProblem::CeilingNotAboveFloor));
    }
}

#[test]
fn wrong_measures_units_and_targets_are_refused_by_name() {
    let with = |measures: &[&str], target: &str| {
        plan(vec![leaf(
            "VOL",
            "100",
            QuantityToTarget {
                measures: measures.iter().map(|code| code.parse().unwrap()).collect(),
                target: hours(target),
                method_statement: false,
            },
        )])
    };
    assert!(matches!(
        refused(&with(&["NONE"], "1.0")).1,
        PlanProblem::UnknownMeasure(_)
    ));
    assert!(matches!(
        refused(&with(&["VOL-1", "CO2-1"], "1.0")).1,
        PlanProblem::UnitMix { .. }
    ));
    assert!(matches!(
        refused(&with(&["WORDS-1"], "1.0")).1,
        PlanProblem::NotCounted(_)
    ));
    assert!(matches!(
        refused(&with(&["VOL-1", "VOL-1"], "1.0")).1,
        PlanProblem::List
    ));
    assert!(matches!(refused(&with(&[], "1.0")).1, PlanProblem::List));
    assert_eq!(refused(&with(&["VOL-1"], "0.0")).1, PlanProblem::TargetZero);
    let share = plan(vec![leaf("SEO", "100", seo("0"))]);
    assert_eq!(refused(&share).1, PlanProblem::TargetZero);
}

#[test]
fn a_currency_mix_is_refused_in_the_plan() {
    let mut plan = plan(vec![leaf("PRICE", "100", relative())]);
    plan.lots[0].minimum_price = Some(krw("100"));
    let (path, problem) = refused(&plan);
    assert_eq!(path, "/lots/0/minimum_price");
    assert!(matches!(problem, PlanProblem::CurrencyMix { .. }));
}

#[test]
fn duplicate_codes_and_unknown_criteria_in_ties_are_refused() {
    let q = |name: &str| leaf(name, "50", levels(&[0, 1], None));
    assert!(matches!(
        refused(&plan(vec![q("A"), q("A")])).1,
        PlanProblem::DuplicateCode(_)
    ));
    let mut unknown = plan(vec![q("A"), q("B")]);
    unknown.tie_breaks = vec![TieBreak::CriterionMark(code("X")), TieBreak::DrawnLot];
    assert_eq!(refused(&unknown).0, "/tie_breaks/0");
    unknown.tie_breaks = vec![TieBreak::LowerPrice];
    assert_eq!(refused(&unknown).1, PlanProblem::TieUndecided);
    unknown.tie_breaks = vec![TieBreak::DrawnLot, TieBreak::DrawnLot];
    assert_eq!(refused(&unknown).1, PlanProblem::TieUndecided);
}

#[test]
fn lots_have_codes_of_their_own_and_limits_that_can_be_kept() {
    let q = |name: &str| vec![leaf(name, "100", levels(&[0, 1], None))];
    let divided = |codes: &[&str], criteria: &[&str]| {
        let mut divided = plan(vec![]);
        let lots = codes.iter().zip(criteria);
        divided.lots = lots
            .map(|(code, name)| Lot {
                code: lot(code),
                ..only_lot(q(name))
            })
            .collect();
        divided
    };
    let good = divided(&["A", "B"], &["Q1", "Q2"]);
    assert_eq!(good.check(&catalogue(), at("2026-05-02T00:00:00Z")), Ok(()));
    assert_eq!(
        refused(&divided(&["A", "A"], &["Q1", "Q2"])),
        (
            "/lots/1/code".to_owned(),
            PlanProblem::DuplicateLot(lot("A"))
        )
    );
    assert_eq!(
        refused(&divided(&["A", "B"], &["Q1", "Q1"])),
        (
            "/lots/1/criteria".to_owned(),
            PlanProblem::DuplicateCode(code("Q1"))
        )
    );
    assert_eq!(refused(&divided(&[], &[])).1, PlanProblem::Lots(0));
    let many = plan(vec![]);
    let many = Plan {
        lots: (0..51)
            .map(|n| Lot {
                code: lot(&n.to_string()),
                ..only_lot(q(&format!("Q{n}")))
            })
            .collect(),
        ..many
    };
    assert_eq!(refused(&many).1, PlanProblem::Lots(51));
    for limit in [0, 3] {
        let mut limited = good.clone();
        limited.lot_limits = Some(LotLimits {
            max_bids_per_supplier: None,
            max_awards_per_supplier: Some(limit),
            allocation: AllocationRule::PlanOrder,
        });
        let problem = PlanProblem::LotLimit { limit, lots: 2 };
        let path = "/lot_limits/max_awards_per_supplier".to_owned();
        assert_eq!(refused(&limited), (path, problem));
    }
}

#[test]
fn a_bid_answers_its_own_lot_and_no_other() {
    let mut divided = full_plan();
    divided.lots.push(Lot {
        code: lot("2"),
        ..only_lot(vec![leaf("Q-2", "100", levels(&[0, 1], None))])
    });
    let mut bid = full_content(org(1), "100", "5.0");
    assert_eq!(bid.check(&divided, &catalogue(), org(1)), Ok(()));
    bid.lot = lot("2");
    let other = bid.check(&divided, &catalogue(), org(1)).unwrap_err();
    assert_eq!(other.problem, BidProblem::NotAsked(code("WAGE")));
    bid.lot = lot("3");
    let unknown = bid.check(&divided, &catalogue(), org(1)).unwrap_err();
    assert_eq!(
        (unknown.path.as_str(), unknown.problem),
        ("/lot", BidProblem::UnknownLot(lot("3")))
    );
}

#[test]
fn times_out_of_order_are_refused() {
    let base = || plan(vec![leaf("PRICE", "100", relative())]);
    let mut late = base();
    late.closes_at = at("2026-05-02T00:00:00Z");
    assert!(matches!(
        refused(&late).1,
        PlanProblem::ClosingBeforePublication { .. }
    ));
    let mut early = base();
    early.opens_at = at("2026-06-30T11:59:59Z");
    assert!(matches!(
        refused(&early).1,
        PlanProblem::OpeningBeforeClosing { .. }
    ));
}

#[test]
fn weights_without_effect_or_beyond_exact_points_are_refused() {
    let q = |name: &str, weight: &str| leaf(name, weight, levels(&[0, 1], None));
    let none = plan(vec![q("A", "100"), q("B", "0")]);
    assert_eq!(
        refused(&none),
        (
            "/lots/0/criteria/1/weight".to_owned(),
            PlanProblem::NoWeight
        )
    );
    let scored = plan(vec![
        q("A", "100"),
        leaf("B", "0", condition(OnFail::NoMark)),
    ]);
    assert_eq!(refused(&scored).1, PlanProblem::NoWeight);
    let inner = vec![q("A", "33.3333"), q("B", "66.6667")];
    let middle = vec![group("G", "33.3333", inner), q("C", "66.6667")];
    let fine = plan(vec![group("H", "33.3333", middle), q("D", "66.6667")]);
    assert_eq!(refused(&fine).1, PlanProblem::WeightTooFine);
}

#[test]
fn commitments_are_always_public_and_a_ground_is_told() {
    let mut plan = plan(vec![leaf("PRICE", "100", relative())]);
    plan.disclosure.commitments = Disclosure::Parties;
    assert_eq!(refused(&plan).1, PlanProblem::CommitmentsHidden);
    plan.disclosure.commitments = Disclosure::Public;
    plan.disclosure.price = Disclosure::Withheld {
        ground: String::new(),
    };
    assert_eq!(refused(&plan).1, PlanProblem::Text);
}

#[test]
fn tables_of_levels_must_rise_and_hold_their_minimum() {
    for (points, minimum) in [
        (&[][..], None),
        (&[0], None),
        (&[2, 1], None),
        (&[1, 1], None),
        (&[0, 5], Some(3)),
    ] {
        let plan = plan(vec![leaf("Q", "100", levels(points, minimum))]);
        assert_eq!(refused(&plan).1, PlanProblem::Levels, "{points:?}");
    }
}

#[test]
fn bids_that_do_not_answer_the_plan_are_refused_by_place() {
    let plan = full_plan();
    let good = full_content(org(1), "100", "5.0");
    let check = |content: &super::BidContent| {
        content
            .check(&plan, &catalogue(), org(1))
            .map_err(|error| (error.path, error.problem))
    };
    assert_eq!(check(&good), Ok(()));

    let mut bid = good.clone();
    bid.price = krw("100");
    assert!(matches!(check(&bid), Err((path, BidProblem::CurrencyMix { .. })) if path == "/price"));

    let mut bid = good.clone();
    bid.price = eur("-1");
    assert_eq!(
        check(&bid),
        Err(("/price".to_owned(), BidProblem::Negative))
    );

    let mut bid = good.clone();
    bid.commitments = vec![commitment("CO2-1", "5.0")];
    assert!(
        matches!(check(&bid), Err((path, BidProblem::UnitMix { .. })) if path == "/commitments/0/quantity")
    );

    let mut bid = good.clone();
    bid.commitments = vec![commitment("NONE", "5.0")];
    assert!(matches!(
        check(&bid),
        Err((_, BidProblem::UnknownMeasure(_)))
    ));

    let mut bid = good.clone();
    bid.commitments = vec![commitment("VOL-1", "0.0")];
    assert!(matches!(check(&bid), Err((_, BidProblem::NothingPromised))));

    let mut bid = good.clone();
    bid.commitments[0].place = "Seoul".to_owned();
    assert!(matches!(check(&bid), Err((_, BidProblem::Place))));

    let mut bid = good.clone();
    bid.participations[0].share = "0.9".parse().unwrap();
    let not_whole = |problem| {
        matches!(
            problem,
            BidProblem::Participation(InvalidParticipation::NotWhole(_))
        )
    };
    assert!(check(&bid).is_err_and(|(_, problem)| not_whole(problem)));

    let mut bid = good.clone();
    bid.declarations.clear();
    assert!(
        matches!(check(&bid), Err((_, BidProblem::Missing(missing))) if missing == code("WAGE"))
    );

    let mut bid = good.clone();
    bid.answers.insert(code("PRICE"), "cheap".to_owned());
    assert!(matches!(check(&bid), Err((_, BidProblem::NotAsked(_)))));

    let mut bid = good;
    bid.answers.insert(code("QUALITY"), "x".repeat(8_001));
    assert_eq!(
        check(&bid),
        Err((
            "/answers/QUALITY".to_owned(),
            BidProblem::AnswerLength(8_001)
        ))
    );
}

#[test]
fn item_prices_are_asked_for_by_their_criteria() {
    let item = PriceRelativeLowest {
        of: crate::scoring::rules::PriceOf::Item,
    };
    let plan = plan(vec![leaf("RATE", "100", Rule::from(item))]);
    let mut bid = full_content(org(1), "100", "5.0");
    bid.answers.clear();
    bid.declarations.clear();
    let missing = bid.check(&plan, &catalogue(), org(1)).unwrap_err();
    assert_eq!(missing.problem, BidProblem::Missing(code("RATE")));
    bid.item_prices.insert(code("RATE"), eur("3"));
    assert_eq!(bid.check(&plan, &catalogue(), org(1)), Ok(()));
}
