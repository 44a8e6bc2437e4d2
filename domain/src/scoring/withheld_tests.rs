//! What the plan withholds cannot be found from what is published instead.

use super::evaluation::evaluate;
use super::exclusion::Ground;
use super::ranking::Ranking;
use super::rules::{OnFail, PriceOf, PriceRange, Reason};
use super::scorecard::{Audience, Mark};
use crate::tender::disclosure::{BidField, Disclosure};
use crate::tender::fixtures::*;
use crate::tender::plan::{Plan, TieBreak};
use crate::tender::plan_warning::PlanWarning;

fn withheld() -> Disclosure {
    Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    }
}

fn hiding_prices(mut plan: Plan) -> Plan {
    plan.disclosure.price = withheld();
    plan
}

#[test]
fn a_bidder_sees_its_own_mark_without_the_withheld_price_of_a_rival() {
    let range = PriceRange { of: PriceOf::Total };
    let mut plan = plan(vec![
        leaf("PRICE", "60", relative()),
        leaf("RANGE", "40", range),
    ]);
    let bids = [entrant(1, "876.54", &[]), entrant(2, "1234.56", &[])];
    let facts = facts(&[]);
    let names = |plan: &Plan, audience| {
        let evaluation = evaluate(plan, &plan.lots[0], &bids, &facts).unwrap();
        let card = evaluation.scorecard(bid(2)).unwrap();
        let card = card.shown_to(audience, plan);
        assert!(card.total.is_some());
        let text = serde_json::to_string(&card).unwrap();
        assert!(text.contains("1234.56"), "its own price: {text}");
        let inputs = card.marks.iter().flat_map(|mark| &mark.inputs);
        let names: Vec<String> = inputs.map(|input| input.name.clone()).collect();
        (names, text.contains("876.54"))
    };
    let all: Vec<String> = ["p", "p_min", "p", "p_min", "p_max"]
        .map(str::to_owned)
        .into();
    assert_eq!(names(&plan, Audience::Own), (all.clone(), true));
    plan.disclosure.price = Disclosure::Parties;
    assert_eq!(names(&plan, Audience::Own), (all.clone(), true));
    plan.disclosure.price = withheld();
    let own = ["p", "p"].map(str::to_owned).to_vec();
    assert_eq!(names(&plan, Audience::Own), (own, false));
    assert_eq!(names(&plan, Audience::Full), (all, true));
}

#[test]
fn equal_withheld_prices_are_not_told_to_a_bidder_as_the_reason() {
    let range = PriceRange { of: PriceOf::Total };
    let plan = hiding_prices(plan(vec![leaf("RANGE", "100", range)]));
    let bids = [entrant(1, "10", &[]), entrant(2, "10", &[])];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let card = evaluation.scorecard(bid(1)).unwrap();
    let mark = |audience| card.clone().shown_to(audience, &plan).marks[0].mark;
    assert_eq!(mark(Audience::Full), Mark::Undefined(Reason::EqualPrices));
    assert_eq!(mark(Audience::Own), Mark::Undefined(Reason::Withheld));
}

#[test]
fn an_officer_is_warned_of_a_rule_that_compares_a_withheld_field() {
    let compares = |plan: &Plan| {
        plan.warnings()
            .unwrap()
            .contains(&PlanWarning::ComparesWithheld {
                criterion: code("PRICE"),
                field: BidField::Price,
            })
    };
    let open = plan(vec![leaf("PRICE", "100", relative())]);
    assert!(!compares(&open));
    assert!(compares(&hiding_prices(open)));
    let line = plan(vec![leaf("PRICE", "100", linear("100", "0"))]);
    assert!(!compares(&hiding_prices(line)));
}

#[test]
fn withheld_totals_take_along_what_decided_between_equal_ones() {
    let mut plan = plan(vec![
        leaf("PRICE", "50", linear("100", "0")),
        leaf("Q", "50", levels(&[0, 50, 100], None)),
    ]);
    // Equal totals: 25 + 50 and 50 + 25.
    let bids = [
        entrant(1, "50", &[("Q", 100)]),
        entrant(2, "0", &[("Q", 50)]),
    ];
    let facts = facts(&[]);
    for tie in [TieBreak::LowerPrice, TieBreak::DrawnLot] {
        plan.tie_breaks = vec![tie.clone(), TieBreak::DrawnLot];
        plan.disclosure.price = Disclosure::Public;
        let told = |plan: &Plan| {
            let evaluation = evaluate(plan, &plan.lots[0], &bids, &facts).unwrap();
            let published = evaluation.publish().unwrap();
            let Ranking::Ranked(places) = published.ranking else {
                panic!("no ranking");
            };
            let first = places[0].clone();
            (first.total.is_some(), first.tie_decided_by, published.draw)
        };
        let drawn = (tie == TieBreak::DrawnLot).then_some(facts.seed);
        assert_eq!(told(&plan), (true, Some(tie), drawn));
        plan.disclosure.price = withheld();
        assert_eq!(told(&plan), (false, None, None));
    }
}

#[test]
fn a_withheld_price_that_only_breaks_ties_is_not_compared_in_public() {
    let mut plan = plan(vec![leaf("Q", "100", levels(&[0, 1], None))]);
    plan.tie_breaks = vec![TieBreak::LowerPrice, TieBreak::EarlierReceipt];
    plan.disclosure.price = withheld();
    let mut bids = [entrant(1, "50", &[("Q", 1)]), entrant(2, "50", &[("Q", 1)])];
    bids[1].received_at = at("2026-05-31T00:00:00Z");
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let Ranking::Ranked(places) = evaluation.publish().unwrap().ranking else {
        panic!("no ranking");
    };
    // That the earlier receipt decides says that the prices are equal.
    assert_eq!((places[0].bid, &places[0].tie_decided_by), (bid(2), &None));
    assert!(places[0].total.is_some());
}

#[test]
fn a_ground_that_follows_from_a_withheld_field_is_told_as_that_field() {
    let mut plan = plan(vec![
        leaf("PRICE", "60", relative()),
        leaf("Q", "40", levels(&[0, 1, 2], Some(1))),
        leaf("WAGE", "0", condition(OnFail::Exclude)),
        leaf("PAY", "0", condition(OnFail::Exclude)),
    ]);
    plan.lots[0].minimum_price = Some(eur("50"));
    let mut poor = entrant(1, "10", &[("Q", 0)]);
    poor.content.declarations = Some([(code("WAGE"), false), (code("PAY"), false)].into());
    let bids = [poor];
    let facts = facts(&[]);
    let published = |plan: &Plan| {
        let evaluation = evaluate(plan, &plan.lots[0], &bids, &facts).unwrap();
        assert_eq!(evaluation.excluded()[0].grounds.len(), 4);
        evaluation.publish().unwrap().excluded[0].grounds.clone()
    };
    assert_eq!(published(&plan).len(), 4);
    plan.disclosure.price = withheld();
    plan.disclosure.declarations = Disclosure::Parties;
    let told = [
        Ground::Withheld(BidField::Price),
        Ground::BelowMinimumLevel(code("Q")),
        Ground::Withheld(BidField::Declarations),
    ];
    assert_eq!(published(&plan), told);
}

#[test]
fn a_withheld_price_of_zero_is_not_told_as_the_reason_for_no_ranking() {
    let plan = hiding_prices(plan(vec![leaf("PRICE", "100", relative())]));
    let bids = [entrant(1, "0", &[]), entrant(2, "50", &[])];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let Ranking::Withheld(missing) = evaluation.publish().unwrap().ranking else {
        panic!("a ranking");
    };
    assert_eq!(missing.len(), 1);
    let told = &missing[0];
    assert_eq!(
        (told.reason, told.bids.as_slice()),
        (Reason::Withheld, &[][..])
    );
    assert_eq!(told.criterion, Some(code("PRICE")));
}
