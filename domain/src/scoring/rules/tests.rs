//! Edges of the rules in a whole evaluation: answers that are disregarded, currencies, preferences, and wrong parameters.

use super::*;
use crate::amount::{ExchangeRate, Money};
use crate::organisation::certification::SeoKind;
use crate::scoring::evaluation::evaluate;
use crate::scoring::scorecard::Scorecard;
use crate::scoring::{Entrant, Facts};
use crate::tender::fixtures::*;
use crate::tender::participation::Participation;
use crate::tender::plan::{Plan, TieBreak};
use crate::tender::plan_error::{PlanError, PlanProblem};

fn check(plan: &Plan) -> Result<(), PlanError> {
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
}

fn cards(plan: &Plan, bids: &[Entrant], facts: &Facts) -> Vec<Scorecard> {
    evaluate(plan, &plan.lots[0], bids, facts)
        .unwrap()
        .scorecards()
        .collect()
}

fn totals(plan: &Plan, bids: &[Entrant], facts: &Facts) -> Vec<String> {
    let total = |card: &Scorecard| card.total.unwrap().to_string();
    cards(plan, bids, facts).iter().map(total).collect()
}

fn told(card: &Scorecard) -> Vec<String> {
    let inputs = card.marks[0].inputs.iter();
    inputs
        .map(|input| format!("{} = {}", input.name, input.value))
        .collect()
}

fn statement_rules() -> [Rule; 4] {
    let highest = QuantityRelativeHighest {
        measures: vec!["VOL-1".parse().unwrap()],
        method_statement: true,
    };
    let mut target = volunteering("100.0");
    target.method_statement = true;
    let mut bands = quantity_bands(&[("10.0", "0.5"), ("100.0", "1")]);
    bands.method_statement = true;
    let mut money = in_money(Outer::RelativeHighest);
    money.method_statement = true;
    [highest.into(), target.into(), bands.into(), money.into()]
}

#[test]
fn a_figure_without_its_method_statement_is_disregarded_and_the_scorecard_says_so() {
    for rule in statement_rules() {
        let mut plan = plan(vec![leaf("VOL", "100", rule.clone())]);
        plan.proxies = rule.in_money().map(|_| proxies());
        check(&plan).unwrap();
        let with = |n, promised: Option<&str>, answered: bool| {
            let mut entrant = entrant(n, "10", &[]);
            let commitments = promised.map(|promised| commitment("VOL-1", promised));
            entrant.content.commitments = Some(commitments.into_iter().collect());
            entrant.content.answered = Some(answered.then(|| code("VOL")).into_iter().collect());
            entrant
        };
        let bids = [
            with(1, Some("900.0"), false),
            with(2, Some("100.0"), true),
            with(3, None, true),
            with(4, None, false),
        ];
        let facts = facts(&[]);
        let found = totals(&plan, &bids, &facts);
        let expected = ["0.0000", "100.0000", "0.0000", "0.0000"];
        assert_eq!(found, expected, "{}: 900 hours set no maximum", rule.id());
        let cards = cards(&plan, &bids, &facts);
        let says = |index: usize, what: &str| {
            let text =
                format!("answer disregarded = {what} is missing, and the plan requires both");
            told(&cards[index]).contains(&text)
        };
        assert!(says(0, "the method statement"), "{:?}", told(&cards[0]));
        assert!(says(2, "the figure"), "{:?}", told(&cards[2]));
        assert!(!told(&cards[1]).join(" ").contains("disregarded"));
        assert!(rule.asks_answer(), "a bid may answer in words");
    }
}

fn dollars(amount: &str) -> Money {
    Money::parse(amount, "USD".parse().unwrap()).unwrap()
}

fn with_rate() -> Plan {
    let mut plan = plan(vec![leaf("PRICE", "100", relative())]);
    plan.exchange_rates = vec![ExchangeRate {
        currency: "USD".parse().unwrap(),
        rate: "0.9".parse().unwrap(),
        date: "2026-05-01".parse().unwrap(),
        source: "central bank".to_owned(),
    }];
    plan
}

#[test]
fn a_price_in_another_currency_is_converted_exactly_and_the_scorecard_shows_rate_and_day() {
    let mut plan = with_rate();
    plan.tie_breaks = vec![TieBreak::LowerPrice, TieBreak::DrawnLot];
    check(&plan).unwrap();
    let mut bids = [entrant(1, "0.03", &[]), entrant(2, "1", &[])];
    // 0.9 * 0.03 = 0.027 euro, between two cents, and lower.
    bids[1].content.price = Some(dollars("0.03"));
    let facts = facts(&[]);
    assert_eq!(totals(&plan, &bids, &facts), ["90.0000", "100.0000"]);
    let told = told(&cards(&plan, &bids, &facts)[1]);
    let expected = [
        "stated price = USD 0.03",
        "rate EUR per USD on 2026-05-01 (central bank) = 0.9",
        "p = EUR 27/1000",
        "p_min = EUR 27/1000",
    ];
    assert_eq!(told, expected);
    plan.lots[0].minimum_price = Some(eur("0.03"));
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    assert_eq!(evaluation.excluded()[0].bid, bid(2), "0.027 is below 0.03");
}

#[test]
fn a_currency_without_a_rate_is_refused_in_a_bid_and_has_no_mark() {
    let mut content = full_content(org(1), "1", "1.0");
    content.price = dollars("1");
    content.answers.clear();
    content.declarations.clear();
    let mut plan = with_rate();
    content.check(&plan, &catalogue(), org(1)).unwrap();
    plan.exchange_rates.clear();
    let refused = content.check(&plan, &catalogue(), org(1)).unwrap_err();
    assert_eq!(refused.path, "/price");
    assert!(refused.to_string().contains("no rate for USD"), "{refused}");
    let mut one = entrant(1, "1", &[]);
    one.content.price = Some(dollars("1"));
    let bids = [one];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    assert_eq!(evaluation.ranking().winner(), None);
}

#[test]
fn wrong_rates_are_refused_with_their_field() {
    let wrong = |change: fn(&mut ExchangeRate)| {
        let mut plan = with_rate();
        change(&mut plan.exchange_rates[0]);
        check(&plan).unwrap_err()
    };
    let own = wrong(|rate| rate.currency = "EUR".parse().unwrap());
    assert_eq!(own.path, "/exchange_rates/0/currency");
    let zero = wrong(|rate| rate.rate = "0".parse().unwrap());
    assert_eq!(
        (zero.path.as_str(), zero.problem),
        ("/exchange_rates/0/rate", PlanProblem::RateZero)
    );
    let source = wrong(|rate| rate.source.clear());
    assert_eq!(source.path, "/exchange_rates/0/source");
}

#[test]
fn bonuses_add_up_to_the_cap_and_an_uplift_multiplies() {
    let steps = || levels(&[0, 1, 2, 3, 4, 5], None);
    let raised = |rule: Rule| plan(vec![leaf("Q", "20", rule), leaf("R", "80", steps())]);
    let with = |n: u128, level| {
        let mut entrant = entrant(n, "10", &[("Q", level), ("R", 0)]);
        let part = |organisation, share: &str| Participation {
            organisation: org(organisation),
            share: share.parse().unwrap(),
            under: None,
        };
        entrant.content.participations = Some(vec![part(n, "0.7"), part(100 + n, "0.3")]);
        entrant.confirmed = [org(100 + n)].into();
        entrant
    };
    let bids = [with(1, 3), with(2, 3), with(3, 5), with(4, 3)];
    let kind = SeoKind::Cooperative;
    let facts = facts(&[(1, kind), (3, kind), (102, kind), (4, SeoKind::Vcse)]);
    // Bidders 1 and 3 are certified; a certified organisation does 30 % of bid 2 and 70 % of bids 1 and 3.
    let points = raised(bonus(steps(), "2", "20").into());
    check(&points).unwrap();
    assert_eq!(
        totals(&points, &bids, &facts),
        ["14.2000", "12.2000", "20.0000", "12.0000"]
    );
    let factor = raised(uplift(steps(), "1.1", Some("0.3")).into());
    check(&factor).unwrap();
    assert_eq!(
        totals(&factor, &bids, &facts),
        ["13.2000", "13.2000", "20.0000", "12.0000"]
    );
    let text = told(&cards(&factor, &bids, &facts)[1]).join("; ");
    assert!(
        text.contains("base, W * level / top level = 12/1"),
        "{text}"
    );
    assert!(text.ends_with("factor = 1.1"), "{text}");
}

#[test]
fn a_minimum_level_excludes_through_a_bonus_too() {
    let plan = plan(vec![leaf(
        "Q",
        "100",
        bonus(levels(&[0, 1, 2], Some(1)), "2", "100"),
    )]);
    check(&plan).unwrap();
    let bids = [entrant(1, "1", &[("Q", 0)]), entrant(2, "1", &[("Q", 1)])];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    assert_eq!(evaluation.excluded()[0].bid, bid(1));
    assert!(plan.leaves().unwrap()[0].rule.judged().is_some());
}

#[test]
fn wrong_parameters_are_refused_with_their_field() {
    let with = |rule: Rule| {
        let mut plan = plan(vec![leaf("C", "100", rule.clone())]);
        plan.proxies = rule.in_money().map(|_| proxies());
        plan
    };
    let refused = |rule: Rule, field: &str, problem: PlanProblem| {
        let place = format!("/lots/0/criteria/0/kind/rule/{}/{field}", rule.id());
        let error = check(&with(rule)).unwrap_err();
        assert_eq!((error.path, error.problem), (place, problem));
    };
    let steps = || levels(&[0, 1], None);
    let falling = price_bands(&[("100", "0.5"), ("200", "1")]);
    refused(falling.into(), "bands", PlanProblem::PriceBands);
    let none = quantity_bands(&[]);
    refused(none.into(), "bands", PlanProblem::QuantityBands);
    let twice = quantity_bands(&[("1.0", "0.5"), ("1.0", "1")]);
    refused(twice.into(), "bands", PlanProblem::QuantityBands);
    let nested = uplift(bonus(steps(), "1", "10"), "1.1", None);
    refused(nested.into(), "base", PlanProblem::Base);
    let condition = uplift(condition(OnFail::Exclude), "1.1", None);
    refused(condition.into(), "base", PlanProblem::Base);
    let below = bonus(linear("1", "2"), "1", "10");
    refused(
        below.into(),
        "base/price_linear/ceiling",
        PlanProblem::CeilingNotAboveFloor,
    );
    refused(
        uplift(steps(), "1", None).into(),
        "factor",
        PlanProblem::Factor,
    );
    refused(
        uplift(steps(), "1.1", Some("0")).into(),
        "when/share",
        PlanProblem::ShareZero,
    );
    refused(
        bonus(steps(), "0", "10").into(),
        "bonuses/0/points",
        PlanProblem::BonusZero,
    );
    let line = Outer::Linear {
        floor: eur("2"),
        ceiling: eur("2"),
    };
    let problem = PlanProblem::CeilingNotAboveFloor;
    refused(in_money(line).into(), "outer/linear/ceiling", problem);
    let too_much = check(&with(bonus(steps(), "1", "101").into())).unwrap_err();
    assert_eq!(
        (too_much.path.as_str(), too_much.problem),
        ("/lots/0/criteria (C)/cap", PlanProblem::Cap)
    );
}

#[test]
fn a_plan_publishes_exactly_the_proxies_that_its_criteria_use() {
    let rule = in_money(Outer::RelativeHighest);
    let mut plan = plan(vec![leaf("C", "100", rule)]);
    let refused = |plan: &Plan| {
        let error = check(plan).unwrap_err();
        (error.path, error.problem)
    };
    let place = |field: &str| format!("/lots/0/criteria/0/kind/rule/social_value_money/{field}");
    assert_eq!(refused(&plan), (place("measures"), PlanProblem::NoProxies));
    plan.proxies = Some(proxies());
    check(&plan).unwrap();
    plan.proxies.as_mut().unwrap().values.pop();
    let problem = PlanProblem::NoProxy("VOL-2".parse().unwrap());
    assert_eq!(refused(&plan), (place("measures"), problem));
    let mut more = proxies();
    let mut carbon = more.values[0].clone();
    carbon.measure = "CO2-1".parse().unwrap();
    more.values.push(carbon);
    plan.proxies = Some(more);
    let unused = ("/proxies/values".to_owned(), PlanProblem::ProxiesNotAsUsed);
    assert_eq!(refused(&plan), unused);
    let mut net = proxies();
    net.basis = crate::scoring::proxy::Basis::NetOfDeadweight;
    plan.proxies = Some(net);
    let twice = (
        "/proxies/values/0/deadweight".to_owned(),
        PlanProblem::DeadweightTwice,
    );
    assert_eq!(refused(&plan), twice);
    let mut never = proxies();
    never.values[1].years = 0;
    plan.proxies = Some(never);
    let years = ("/proxies/values/1/years".to_owned(), PlanProblem::Years(0));
    assert_eq!(refused(&plan), years);
}

#[test]
fn each_possible_gap_of_a_rule_is_warned_of_before_publication() {
    let highest = QuantityRelativeHighest {
        measures: vec!["VOL-1".parse().unwrap()],
        method_statement: false,
    };
    let plan = plan(vec![
        leaf("A", "30", PriceRange { of: PriceOf::Total }),
        leaf("B", "30", highest),
        leaf("C", "40", uplift(relative(), "1.1", None)),
    ]);
    let warned: Vec<String> = plan
        .warnings()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    for (code, what) in [
        ("A", "depends on the other bids"),
        ("A", "equal prices"),
        ("B", "nobody promises"),
        ("C", "price of zero"),
    ] {
        let says = |text: &&String| text.starts_with(&format!("{code}:")) && text.contains(what);
        assert!(
            warned.iter().any(|text| says(&text)),
            "{code} {what}: {warned:?}"
        );
    }
}
