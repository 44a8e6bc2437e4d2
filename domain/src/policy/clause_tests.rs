//! Every kind of clause: met, not met, unknown, and parameters that are refused.

use super::clause::*;
use super::procurement::Quorum;
use super::shipped::{central, commenced, gbp};
use super::*;
use crate::tender::plan::Rounding;

/// The answer of a clause for a plan with these facts; none where it has nothing to say.
fn answer(rule: &ClauseRule, facts: &Procurement) -> Option<Answer> {
    let plan = commenced(Some("2026-12-31"), "20", facts.clone());
    let case = Case {
        plan: &PlanView::new(&plan).unwrap(),
        procurement: &plan.procurement,
        enabled: &[],
    };
    assert_eq!(rule.valid(), Ok(()), "{}", rule.kind());
    let text = serde_json::to_string(rule).unwrap();
    assert_eq!(serde_json::from_str::<ClauseRule>(&text).unwrap(), *rule);
    rule.check(&case).unwrap().map(|judged| judged.answer)
}

/// The answers with no fact, with one that falls short and with one that is enough.
fn three(rule: &ClauseRule, short: impl Fn(&mut Procurement), enough: impl Fn(&mut Procurement)) {
    let facts = central(Some("1000"));
    assert_eq!(
        answer(rule, &facts),
        Some(Answer::Unknown),
        "{}",
        rule.kind()
    );
    let mut less = facts.clone();
    short(&mut less);
    assert_eq!(answer(rule, &less), Some(Answer::NotMet), "{}", rule.kind());
    let mut more = facts;
    enough(&mut more);
    assert_eq!(answer(rule, &more), Some(Answer::Met), "{}", rule.kind());
}

#[test]
fn a_panel_has_enough_people_and_not_too_many() {
    let rule = ClauseRule::PanelSize(PanelSize {
        fewest: 3,
        most: Some(7),
    });
    three(
        &rule,
        |f| f.panel_size = Some(2),
        |f| f.panel_size = Some(3),
    );
    three(
        &rule,
        |f| f.panel_size = Some(8),
        |f| f.panel_size = Some(7),
    );
    let none = ClauseRule::PanelSize(PanelSize {
        fewest: 0,
        most: None,
    });
    assert!(none.valid().is_err());
}

#[test]
fn every_declaration_is_asked_for() {
    let codes = |list: &[&str]| -> Vec<ClauseCode> {
        list.iter().map(|code| code.parse().unwrap()).collect()
    };
    let rule = ClauseRule::Declarations(Declarations {
        required: codes(&["conflict-of-interest", "confidentiality"]),
    });
    three(
        &rule,
        |f| f.declarations = Some(codes(&["conflict-of-interest"])),
        |f| f.declarations = Some(codes(&["confidentiality", "x", "conflict-of-interest"])),
    );
    let twice = ClauseRule::Declarations(Declarations {
        required: codes(&["a", "a"]),
    });
    assert!(twice.valid().is_err());
}

#[test]
fn verifiers_are_enough_and_from_enough_sectors() {
    let rule = ClauseRule::VerifierIndependence(VerifierIndependence {
        verifiers: 3,
        sectors: 2,
    });
    let quorum = |verifiers, sectors| Some(Quorum { verifiers, sectors });
    three(
        &rule,
        |f| f.quorum = quorum(2, 2),
        |f| f.quorum = quorum(3, 2),
    );
    three(
        &rule,
        |f| f.quorum = quorum(5, 1),
        |f| f.quorum = quorum(4, 3),
    );
    let odd = ClauseRule::VerifierIndependence(VerifierIndependence {
        verifiers: 1,
        sectors: 2,
    });
    assert!(odd.valid().is_err());
}

#[test]
fn evidence_is_kept_long_enough() {
    let rule = ClauseRule::Retention(Retention { years: 6 });
    three(
        &rule,
        |f| f.retention_years = Some(5),
        |f| f.retention_years = Some(6),
    );
    assert!(
        ClauseRule::Retention(Retention { years: 0 })
            .valid()
            .is_err()
    );
}

#[test]
fn marks_are_rounded_as_the_clause_says() {
    let rule = |places| {
        ClauseRule::Rounding(RoundingOfMarks {
            places,
            rounding: Some(Rounding::HalfEven),
        })
    };
    let facts = central(None);
    assert_eq!(answer(&rule(4), &facts), Some(Answer::Met));
    assert_eq!(answer(&rule(2), &facts), Some(Answer::NotMet));
    assert!(rule(7).valid().is_err());
}

#[test]
fn kpis_are_assessed_often_enough_where_there_are_any() {
    let rule = ClauseRule::PerformanceAssessment(PerformanceAssessment { every_months: 12 });
    let mut facts = central(None);
    assert_eq!(answer(&rule, &facts), None);
    facts.kpis = Some(3);
    assert_eq!(answer(&rule, &facts), Some(Answer::Unknown));
    for (months, expected) in [(12, Answer::Met), (13, Answer::NotMet), (0, Answer::NotMet)] {
        facts.assessment_months = Some(months);
        assert_eq!(answer(&rule, &facts), Some(expected), "{months}");
    }
}

#[test]
fn a_reserved_contract_keeps_to_term_and_services() {
    use procurement::Reservation;
    let rule = ClauseRule::ReservedParticipation(ReservedParticipation {
        reserved_for: ReservedFor::Mutual,
        minimum_workforce: None,
        longest_term_months: Some(60),
        barred_years: Some(3),
        named_services_only: true,
    });
    let mut facts = central(None);
    assert_eq!(answer(&rule, &facts), None, "nothing is reserved");
    for (term, services, expected) in [
        (None, None, Answer::Unknown),
        (None, Some(true), Answer::Unknown),
        (Some(60), None, Answer::Unknown),
        (Some(60), Some(true), Answer::Met),
        (Some(61), Some(true), Answer::NotMet),
        (Some(12), Some(false), Answer::NotMet),
    ] {
        facts.reservation = Some(Reservation {
            reserved_for: ReservedFor::Mutual,
            term_months: term,
            reservable_services: services,
        });
        assert_eq!(
            answer(&rule, &facts),
            Some(expected),
            "{term:?} {services:?}"
        );
    }
}

#[test]
fn value_bands_are_in_order_and_of_one_currency() {
    use selection::ValueRange;
    let band = |from: Option<&str>, below: Option<&str>| WeightBand {
        value: Some(ValueRange {
            basis: ValueBasis::Net,
            from: from.map(gbp),
            below: below.map(gbp),
        }),
        percent: "10".parse().unwrap(),
    };
    let valid = |bands: Vec<WeightBand>| {
        let of = WeightOf::NonPrice;
        ClauseRule::SocialValueWeight(SocialValueWeight { of, bands })
            .valid()
            .is_ok()
    };
    assert!(valid(vec![band(None, Some("5")), band(Some("5"), None)]));
    assert!(!valid(vec![]));
    assert!(!valid(vec![band(None, None)]));
    assert!(!valid(vec![band(Some("5"), Some("5"))]));
    assert!(!valid(vec![band(None, Some("6")), band(Some("5"), None)]));
    assert!(!valid(vec![band(Some("5"), None), band(Some("6"), None)]));
}

#[test]
fn every_kind_has_a_name_and_its_parameters_are_shown() {
    assert_eq!(ClauseRule::KINDS.len(), 15);
    let rule = ClauseRule::PanelSize(PanelSize {
        fewest: 3,
        most: None,
    });
    let shown = rule.parameters();
    assert_eq!(
        (shown.len(), shown[0].name.as_str(), shown[0].value.as_str()),
        (1, "fewest", "3")
    );
}
