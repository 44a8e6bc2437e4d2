//! Totals of every method: laws, ranking, disclosure, and where there is no value.

use proptest::prelude::*;

use super::*;
use crate::amount::Money;
use crate::scoring::Entrant;
use crate::scoring::evaluation::evaluate;
use crate::scoring::ranking::Ranking;
use crate::scoring::scorecard::{Audience, Mark};
use crate::tender::disclosure::Disclosure;
use crate::tender::fixtures::*;
use crate::tender::plan::{Plan, TieBreak};
use crate::tender::plan_error::PlanError;

fn per_point(scale: u8) -> Method {
    Method::PricePerQualityPoint(PricePerQualityPoint { scale })
}

fn monetised(euro: &str) -> Method {
    Method::MonetisedQuality(MonetisedQuality {
        willingness_to_pay: eur(euro),
        scale: 2,
    })
}

fn coefficient(caps: &str) -> Method {
    Method::Coefficient(Coefficient {
        caps: caps.parse().unwrap(),
        scale: 6,
    })
}

fn every() -> [Method; 4] {
    [
        Method::WeightedSum,
        per_point(4),
        monetised("3"),
        coefficient("0.3"),
    ]
}

/// One criterion of quality out of 100.
fn with(method: Method) -> Plan {
    let steps: Vec<u32> = (0..=100).collect();
    let mut plan = plan(vec![leaf("Q", "100", levels(&steps, None))]);
    plan.method = method;
    plan
}

fn check(plan: &Plan) -> Result<(), PlanError> {
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
}

fn totals(plan: &Plan, bids: &[Entrant]) -> Vec<Option<String>> {
    let facts = facts(&[]);
    let cards: Vec<_> = evaluate(plan, &plan.lots[0], bids, &facts)
        .unwrap()
        .scorecards()
        .collect();
    cards
        .iter()
        .map(|card| card.total.map(|total| total.to_string()))
        .collect()
}

fn winner(plan: &Plan, bids: &[Entrant]) -> Option<crate::ids::BidId> {
    evaluate(plan, &plan.lots[0], bids, &facts(&[]))
        .unwrap()
        .ranking()
        .winner()
}

#[test]
fn each_method_makes_its_total_and_the_lowest_wins_where_it_counts_the_price() {
    let bids = [
        entrant(1, "1000", &[("Q", 80)]),
        entrant(2, "700", &[("Q", 40)]),
    ];
    let expected = [
        (["80.0000", "40.0000"], 1),
        (["12.5000", "17.5000"], 1),
        (["760.00", "580.00"], 2),
        (["744.680851", "597.560976"], 2),
    ];
    for (method, (expected, first)) in every().into_iter().zip(expected) {
        let plan = with(method);
        check(&plan).unwrap();
        let found: Vec<String> = totals(&plan, &bids).into_iter().flatten().collect();
        assert_eq!(found, expected, "{}", method.id());
        assert_eq!(winner(&plan, &bids), Some(bid(first)), "{}", method.id());
    }
}

#[test]
fn a_total_may_lie_below_zero_and_keeps_its_text() {
    let bids = [entrant(1, "10.50", &[("Q", 100)])];
    let plan = with(monetised("3"));
    assert_eq!(totals(&plan, &bids), [Some("-289.50".to_owned())]);
    let facts = facts(&[]);
    let result = evaluate(&plan, &plan.lots[0], &bids, &facts)
        .unwrap()
        .publish()
        .unwrap();
    let json = serde_json::to_string(&result).unwrap();
    let back: crate::scoring::evaluation::PublishedResult = serde_json::from_str(&json).unwrap();
    assert_eq!(back, result);
}

#[test]
fn a_bid_without_quality_has_no_price_per_point_and_the_ranking_is_withheld() {
    let plan = with(per_point(2));
    let bids = [
        entrant(1, "10", &[("Q", 0)]),
        entrant(2, "10", &[("Q", 50)]),
    ];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let Ranking::Withheld(missing) = evaluation.ranking() else {
        panic!("{:?}", evaluation.ranking());
    };
    assert_eq!(missing.len(), 1);
    assert_eq!(
        (&missing[0].criterion, missing[0].reason),
        (&None, Reason::ZeroQuality)
    );
    assert_eq!(missing[0].bids, [bid(1)]);
    let warned: Vec<String> = plan
        .warnings()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        warned.iter().any(|text| text.contains("quality point")),
        "{warned:?}"
    );
}

#[test]
fn equal_published_totals_are_a_tie_even_where_the_fractions_differ() {
    let mut plan = with(per_point(0));
    plan.tie_breaks = vec![TieBreak::LowerPrice, TieBreak::DrawnLot];
    // 100 / 33 = 3.03 and 99 / 32 = 3.09: both 3.
    let bids = [
        entrant(1, "100", &[("Q", 33)]),
        entrant(2, "99", &[("Q", 32)]),
    ];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let Ranking::Ranked(places) = evaluation.ranking() else {
        panic!("{:?}", evaluation.ranking());
    };
    assert_eq!(places[0].bid, bid(2));
    assert_eq!(places[0].tie_decided_by, Some(TieBreak::LowerPrice));
}

#[test]
fn a_withheld_price_hides_the_total_and_a_stranger_recomputes_the_rest() {
    for method in [per_point(4), monetised("3"), coefficient("0.3")] {
        let mut plan = with(method);
        plan.disclosure.price = Disclosure::Withheld {
            ground: "trade secrets".to_owned(),
        };
        let bids = [
            entrant(1, "1000", &[("Q", 80)]),
            entrant(2, "700", &[("Q", 40)]),
        ];
        let facts = facts(&[]);
        let full = evaluate(&plan, &plan.lots[0], &bids, &facts)
            .unwrap()
            .publish()
            .unwrap();
        assert!(full.scores.iter().all(|score| score.total.is_none()));
        assert!(full.scores.iter().all(|score| score.marks[0].is_some()));
        let text = serde_json::to_string(&full).unwrap();
        assert!(!text.contains("\"total\""), "{text}");
        let mut known = bids.clone();
        for entrant in &mut known {
            entrant.content.price = None;
        }
        let stranger = evaluate(&plan, &plan.lots[0], &known, &facts).unwrap();
        assert_eq!(*stranger.ranking(), Ranking::NotKnown);
        assert_eq!(stranger.publish().unwrap().scorecards, full.scorecards);
        let own = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
        let party = own
            .scorecard(bid(1))
            .unwrap()
            .shown_to(Audience::Party, &plan);
        assert_eq!((party.total, party.method.inputs.len()), (None, 0));
    }
}

#[test]
fn an_unknown_price_is_neither_zero_nor_ranked() {
    for method in every() {
        let mut plan = with(method);
        if method == Method::WeightedSum {
            plan = Plan {
                lots: vec![only_lot(vec![leaf("P", "100", relative())])],
                ..plan
            };
        }
        let mut bids = [
            entrant(1, "1000", &[("Q", 80)]),
            entrant(2, "700", &[("Q", 40)]),
        ];
        bids[1].content.price = None;
        let facts = facts(&[]);
        let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
        assert_eq!(*evaluation.ranking(), Ranking::NotKnown, "{}", method.id());
        let card = evaluation.scorecard(bid(2)).unwrap();
        let unknown = Mark::Unknown(BidField::Price);
        let told = if method == Method::WeightedSum {
            card.marks[0].mark
        } else {
            card.method.total.unwrap()
        };
        assert_eq!((told, card.total), (unknown, None), "{}", method.id());
    }
}

#[test]
fn wrong_parameters_are_refused_with_their_field() {
    let priced = |method| Plan {
        lots: vec![only_lot(vec![leaf("PRICE", "100", relative())])],
        ..with(method)
    };
    let krw = Money::from_minor(1, "KRW".parse().unwrap());
    let foreign = Method::MonetisedQuality(MonetisedQuality {
        willingness_to_pay: krw,
        scale: 2,
    });
    for (plan, path) in [
        (with(per_point(7)), "/method/price_per_quality_point/scale"),
        (
            with(monetised("0")),
            "/method/monetised_quality/willingness_to_pay",
        ),
        (
            with(foreign),
            "/method/monetised_quality/willingness_to_pay",
        ),
        (with(coefficient("0")), "/method/coefficient/caps"),
        (with(coefficient("1")), "/method/coefficient/caps"),
        (priced(per_point(4)), "/lots/0/criteria (PRICE)"),
    ] {
        assert_eq!(check(&plan).unwrap_err().path, path);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_better_bid_never_has_a_worse_total(
        price in 1_u32..1_000_000, off in 0_u32..1_000_000, level in 1_u32..=100, up in 0_u32..100,
    ) {
        let cents = |price: u32| Money::from_minor(price.into(), "EUR".parse().unwrap()).amount();
        let worse = entrant(1, &cents(price), &[("Q", level)]);
        let better = entrant(2, &cents(price.saturating_sub(off)), &[("Q", level.saturating_add(up).min(100))]);
        for method in every() {
            let plan = with(method);
            let bids = [worse.clone(), better.clone()];
            let facts = facts(&[]);
            let cards: Vec<_> = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap().scorecards().collect();
            let (worse, better) = (cards[0].total.unwrap(), cards[1].total.unwrap());
            prop_assert!(method.compare(better, worse).is_le(), "{}: {better} {worse}", method.id());
        }
    }

    #[test]
    fn a_total_does_not_depend_on_other_bids(price in 1_u32..1_000_000, level in 1_u32..=100, other in 1_u32..=100) {
        let cents = Money::from_minor(price.into(), "EUR".parse().unwrap()).amount();
        let own = entrant(1, &cents, &[("Q", level)]);
        for method in every() {
            let plan = with(method);
            let alone = totals(&plan, std::slice::from_ref(&own));
            let among = totals(&plan, &[own.clone(), entrant(2, "5", &[("Q", other)])]);
            prop_assert_eq!(&alone[0], &among[0], "{}", method.id());
        }
    }
}
