//! The worked examples of policies, to the digits given, on the shipped policies.

use super::clause::{ClauseRule, Headcount, Workforce};
use super::shipped::{central, commenced, find, gbp, policy, report, uk_models};
use super::*;
use crate::fraction::Fraction;
use crate::tender::fixtures::{leaf, levels, volunteering};

/// The codes of the policies that say something of a plan, with the answer on their least weight.
fn weights(day: Option<&str>, gross: Option<&str>, social: &str) -> Vec<(String, Answer)> {
    let plan = commenced(day, social, central(gross));
    let found = report(&uk_models(), &plan);
    let least = found
        .checks
        .iter()
        .filter(|check| check.clause.as_str() == "minimum-weight");
    least
        .map(|check| (check.policy_code.to_string(), check.judged.answer))
        .collect()
}

fn one(policy: &str, answer: Answer) -> Vec<(String, Answer)> {
    vec![(policy.to_owned(), answer)]
}

#[test]
fn p11_the_ramp_gives_a_year_fifty_points_at_a_thousandth() {
    let appraisal = policy("kr-public-body-appraisal", 1);
    let ClauseRule::SeoPurchaseTarget(target) = &appraisal.text.clauses[0].rule else {
        panic!("a purchase target");
    };
    let score = |percent: &str| {
        let percent = Fraction::from_decimal(percent.parse().unwrap()).unwrap();
        let share = percent.over(Fraction::whole(100)).unwrap();
        target
            .score(share)
            .unwrap()
            .unwrap()
            .round(2)
            .unwrap()
            .normalize()
            .to_string()
    };
    let scores: Vec<String> = ["0", "0.05", "0.0999", "0.1", "0.2"]
        .into_iter()
        .map(score)
        .collect();
    assert_eq!(scores, ["0", "25", "49.95", "50", "50"]);
}

#[test]
fn p12_the_day_of_commencement_and_the_value_choose_the_model_and_its_weight() {
    for (day, gross, model, least) in [
        ("2026-12-31", "8000000", "uk-ppn-002", 10),
        ("2027-01-01", "8000000", "uk-ppn-026", 20),
        ("2027-03-01", "2000000", "uk-ppn-026", 10),
        ("2027-03-01", "5000000", "uk-ppn-026", 20),
    ] {
        let enough = weights(Some(day), Some(gross), &least.to_string());
        assert_eq!(enough, one(model, Answer::Met), "{day} {gross}");
        let short = weights(Some(day), Some(gross), &(least - 1).to_string());
        assert_eq!(short, one(model, Answer::NotMet), "{day} {gross}");
    }
}

#[test]
fn a_central_government_procurement_gets_the_model_of_its_day_and_without_a_day_nobody_can_tell() {
    assert_eq!(
        weights(Some("2026-12-31"), Some("8000000"), "10"),
        one("uk-ppn-002", Answer::Met)
    );
    assert_eq!(
        weights(Some("2027-01-01"), Some("8000000"), "20"),
        one("uk-ppn-026", Answer::Met)
    );
    assert_eq!(weights(Some("2027-01-01"), Some("999999"), "0"), []);
    assert_eq!(weights(Some("2027-01-01"), Some("999999.99"), "0"), []);
    let plan = commenced(None, "20", central(Some("8000000")));
    let undated = report(&uk_models(), &plan);
    let check = find(&undated, "uk-ppn-026", "minimum-weight").unwrap();
    assert_eq!(check.judged.answer, Answer::Unknown);
    assert_eq!(check.judged.missing, Some(MissingFact::Commencement));
    let blocked = decide(&undated, &[]).unwrap_err();
    assert!(matches!(blocked, Blocked::Unknown(_)));
    let text = blocked.to_string();
    assert!(
        text.contains("PPN 002") && text.contains("clause `minimum-weight`"),
        "{text}"
    );
    assert!(text.contains("/commencement"), "{text}");
    // Every clause that might bind is justified: then it may be published.
    let all: Vec<Justified> = undated
        .checks
        .iter()
        .map(|check| (check.policy_code.clone(), check.clause.clone()))
        .collect();
    assert_eq!(decide(&undated, &all), Ok(()));
    assert!(matches!(
        decide(&undated, &all[1..]),
        Err(Blocked::Unknown(_))
    ));
}

#[test]
fn a_missing_value_or_buyer_leaves_the_policy_unknown_and_another_country_settles_it() {
    assert_eq!(
        weights(Some("2027-01-01"), None, "20"),
        one("uk-ppn-026", Answer::Unknown)
    );
    let mut elsewhere = central(None);
    elsewhere.place = Some("KR-11".to_owned());
    let plan = commenced(None, "20", elsewhere);
    assert_eq!(report(&uk_models(), &plan).checks, []);
    let mut local = central(Some("8000000"));
    local.buyer_kind = Some(BuyerKind::LocalGovernment);
    let plan = commenced(Some("2027-01-01"), "0", local);
    assert_eq!(report(&uk_models(), &plan).checks, []);
}

#[test]
fn a_local_government_that_adopts_a_model_is_bound_by_it() {
    let mut local = central(Some("8000000"));
    local.buyer_kind = Some(BuyerKind::LocalGovernment);
    local.adopted = vec!["uk-ppn-026".parse().unwrap()];
    let plan = commenced(Some("2027-01-01"), "10", local.clone());
    let found = report(&uk_models(), &plan);
    let check = find(&found, "uk-ppn-026", "minimum-weight").unwrap();
    assert_eq!(check.judged.answer, Answer::NotMet, "{check}");
    local.adopted = vec!["uk-ppn-002".parse().unwrap()];
    let early = commenced(Some("2025-02-24"), "10", local.clone());
    assert!(
        find(
            &report(&uk_models(), &early),
            "uk-ppn-002",
            "minimum-weight"
        )
        .is_some()
    );
    let too_early = commenced(Some("2025-02-23"), "10", local);
    assert_eq!(report(&uk_models(), &too_early).checks, []);
}

#[test]
fn where_the_price_is_not_weighed_the_tenth_is_of_what_is_not_price() {
    let plan = commenced(Some("2026-12-31"), "5", central(Some("8000000")));
    let models = uk_models();
    let facts = TenderFacts {
        commencement: plan.commencement,
        procurement: &plan.procurement,
    };
    let mut view = PlanView::new(&plan).unwrap();
    let answer = |view: &PlanView<'_>| {
        let found = checks(&models, view, &facts).unwrap();
        find(&found, "uk-ppn-002", "minimum-weight")
            .unwrap()
            .judged
            .answer
    };
    assert_eq!(answer(&view), Answer::NotMet, "5 of 100");
    view.weighs_price = false;
    assert_eq!(answer(&view), Answer::Met, "5 of 50");
}

#[test]
fn under_the_uk_models_the_size_of_a_pledge_earns_no_marks() {
    let mut plan = commenced(Some("2026-12-31"), "20", central(Some("8000000")));
    plan.lots[0].criteria[1] = leaf("QUALITY", "20", levels(&[0, 1], None));
    plan.lots[0]
        .criteria
        .push(leaf("VOL", "10", volunteering("100.0")));
    let found = report(&uk_models(), &plan);
    let check = find(&found, "uk-ppn-002", "no-pledge-size").unwrap();
    assert_eq!(check.judged.answer, Answer::NotMet);
    assert_eq!(check.judged.inputs[0].value, "VOL");
    assert!(matches!(decide(&found, &[]), Err(Blocked::NotMet(_))));
}

#[test]
fn p15_thirty_percent_of_the_organisation_or_of_the_parts_together() {
    let act = policy("uk-procurement-act-2023", 1);
    let clause = act
        .text
        .clause(&"reserved-supported-employment".parse().unwrap())
        .unwrap();
    let ClauseRule::ReservedParticipation(reserved) = &clause.rule else {
        panic!("reserved participation");
    };
    let admits = |organisation: Option<(u32, u32)>, parts: &[(u32, u32)]| {
        let count = |(staff, qualifying)| Headcount { staff, qualifying };
        let workforce = Workforce {
            organisation: organisation.map(count),
            parts: parts.iter().copied().map(count).collect(),
        };
        let applicant = clause::Applicant {
            workforce: Some(workforce),
            ..clause::Applicant::default()
        };
        reserved.admits(&applicant, "2026-03-01".parse().unwrap())
    };
    assert!(admits(Some((100, 30)), &[]));
    assert!(!admits(Some((100, 29)), &[]));
    assert!(admits(None, &[(50, 5), (50, 25)]));
    assert!(
        admits(Some((1000, 29)), &[(10, 3)]),
        "the part that does the contract"
    );
    assert!(!admits(Some((1000, 29)), &[(10, 2)]));
}

#[test]
fn s52_asks_for_three_kpis_strictly_above_five_million_unless_exempt() {
    let act = [policy("uk-procurement-act-2023", 1)];
    let answer = |gross: &str, kpis: Option<u32>, exemption: Option<&str>| {
        let mut procurement = central(Some(gross));
        procurement.kpis = kpis;
        procurement.exemptions = exemption.iter().map(|code| code.parse().unwrap()).collect();
        let plan = commenced(Some("2026-12-31"), "20", procurement);
        let found = report(&act, &plan);
        find(&found, "uk-procurement-act-2023", "minimum-kpis")
            .unwrap()
            .judged
            .answer
    };
    assert_eq!(answer("5000000", Some(0), None), Answer::Met);
    assert_eq!(answer("5000000", None, None), Answer::Met);
    assert_eq!(answer("5000000.01", Some(2), None), Answer::NotMet);
    assert_eq!(answer("5000000.01", Some(3), None), Answer::Met);
    assert_eq!(answer("5000000.01", None, None), Answer::Unknown);
    assert_eq!(
        answer("5000000.01", Some(0), Some("light-touch")),
        Answer::Met
    );
    assert_eq!(
        answer("5000000.01", Some(0), Some("we-are-late")),
        Answer::NotMet
    );
}

#[test]
fn a_standstill_of_eight_working_days_cannot_be_counted_in_calendar_days() {
    use crate::tender::StandstillRule;
    let act = [policy("uk-procurement-act-2023", 1)];
    let answer = |rule| {
        let mut plan = commenced(Some("2026-12-31"), "20", central(Some("1000")));
        plan.standstill.rule = rule;
        let found = report(&act, &plan);
        find(&found, "uk-procurement-act-2023", "standstill")
            .unwrap()
            .judged
            .answer
    };
    assert_eq!(answer(StandstillRule::WorkingDays(8)), Answer::Met);
    assert_eq!(answer(StandstillRule::WorkingDays(7)), Answer::NotMet);
    assert_eq!(answer(StandstillRule::CalendarDays(30)), Answer::NotMet);
    let ground = "a call-off under a framework agreement".to_owned();
    assert_eq!(answer(StandstillRule::None { ground }), Answer::Met);
}

#[test]
fn a_preference_needs_a_clause_that_enables_it_that_high() {
    use crate::organisation::certification::SeoKind;
    use crate::scoring::rules::{Bonus, BonusItem, Preference, Rule, Uplift};
    let pps = [policy("kr-pps-2018", 1)];
    let base = || Box::new(Rule::from(levels(&[0, 1, 2], None)));
    let when = |kinds: &[SeoKind], share: Option<&str>| Preference {
        kinds: kinds.to_vec(),
        share: share.map(|share| share.parse().unwrap()),
    };
    let bonus = |points: &str, kinds: &[SeoKind]| {
        let item = BonusItem {
            points: points.parse().unwrap(),
            when: when(kinds, None),
        };
        Rule::from(Bonus {
            base: base(),
            bonuses: vec![item],
            cap: "30".parse().unwrap(),
        })
    };
    let uplift = |share: Option<&str>| {
        Rule::from(Uplift {
            base: base(),
            factor: "1.1".parse().unwrap(),
            when: when(&[SeoKind::SocialEnterprise], share),
        })
    };
    let not_enabled = |rule: Rule, net: &str, policies: &[Policy]| {
        let procurement = Procurement {
            buyer_kind: Some(BuyerKind::CentralGovernment),
            place: Some("KR".to_owned()),
            value_net: crate::amount::Money::parse(net, "KRW".parse().unwrap()).ok(),
            ..Procurement::default()
        };
        let mut plan = commenced(Some("2026-12-31"), "20", procurement);
        plan.lots[0].criteria[1] = leaf("QUALITY", "30", rule);
        let found = report(policies, &plan);
        assert_eq!(decide(&found, &[]).is_err(), !found.not_enabled.is_empty());
        found.not_enabled.len()
    };
    let enterprise = [SeoKind::SocialEnterprise];
    assert_eq!(not_enabled(bonus("2", &enterprise), "1", &pps), 0);
    assert_eq!(not_enabled(bonus("2.5", &enterprise), "1", &pps), 1);
    assert_eq!(not_enabled(bonus("2", &[SeoKind::Vcse]), "1", &pps), 1);
    assert_eq!(
        not_enabled(bonus("2", &enterprise), "1", &[]),
        1,
        "no clause at all"
    );
    assert_eq!(not_enabled(uplift(Some("0.3")), "4999999999", &pps), 0);
    assert_eq!(not_enabled(uplift(Some("0.29")), "4999999999", &pps), 1);
    assert_eq!(not_enabled(uplift(None), "4999999999", &pps), 1);
    assert_eq!(not_enabled(uplift(Some("0.3")), "5000000000", &pps), 1);
}

#[test]
fn a_call_off_follows_its_framework_agreement() {
    use procurement::Framework;
    let mut procurement = central(Some("8000000"));
    procurement.framework = Some(Framework::Elsewhere {
        reference: "RM6100".to_owned(),
        commenced: Some("2026-06-01".parse().unwrap()),
    });
    let plan = commenced(Some("2027-06-01"), "10", procurement);
    assert_eq!(
        governing_day(&plan, |_| None),
        Some("2026-06-01".parse().unwrap())
    );
    let mut here = plan.clone();
    here.procurement.framework = Some(Framework::Tender(crate::tender::fixtures::tender()));
    assert_eq!(governing_day(&here, |_| Some(&plan)), plan.commencement);
    assert_eq!(governing_day(&here, |_| None), None);
    assert_eq!(gbp("1").minor(), 100);
}
