//! The acceptance numbers of the published and constructed examples, by name.

use std::collections::BTreeMap;

use super::evaluation::evaluate;
use super::ranking::Ranking;
use super::rules::{Gap, PriceOf, PriceRelativeLowest, Reason};
use super::scorecard::Mark;
use super::{Entrant, Points};
use crate::fraction::Fraction;
use crate::tender::fixtures::*;
use crate::tender::plan::Plan;

fn fraction(n: i128, d: i128) -> Fraction {
    Fraction::new(n, d).unwrap()
}

fn relative_marks(points: i64, prices: &[&str]) -> Vec<Result<Fraction, Gap>> {
    let lowest = prices
        .iter()
        .map(|price| eur(price))
        .min_by_key(|price| price.minor());
    prices
        .iter()
        .map(|price| {
            PriceRelativeLowest::exact(Fraction::whole(points), lowest.unwrap(), eur(price))
        })
        .collect()
}

#[test]
fn p1_ccs_relative() {
    let marks = relative_marks(1, &["15000", "10000", "30000"]);
    let rounded: Vec<String> = marks
        .into_iter()
        .map(|mark| Points::rounded(mark.unwrap(), 3).unwrap().to_string())
        .collect();
    assert_eq!(rounded, ["0.667", "1.000", "0.333"]);
}

#[test]
fn p2_impactbids() {
    let marks: Vec<Fraction> = relative_marks(40, &["100", "105", "108"])
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        marks,
        [fraction(40, 1), fraction(800, 21), fraction(1000, 27)]
    );
    let rounded: Vec<String> = marks
        .into_iter()
        .map(|mark| Points::rounded(mark, 0).unwrap().to_string())
        .collect();
    assert_eq!(rounded, ["40", "38", "37"]);
}

/// Three rates are scored with 10, 15 and 5 points; quality makes the rest. The second bidder has a rate of zero.
fn bevan_brittan() -> (Plan, Vec<Entrant>) {
    let rate = || PriceRelativeLowest { of: PriceOf::Item };
    let plan = plan(vec![
        leaf("RATE-1", "10", rate()),
        leaf("RATE-2", "15", rate()),
        leaf("RATE-3", "5", rate()),
        leaf("Q", "70", levels(&[0, 5], None)),
    ]);
    let bid = |n, rates: [&str; 3]| {
        let mut entrant = entrant(n, "1", &[("Q", 5)]);
        let codes = ["RATE-1", "RATE-2", "RATE-3"].map(code);
        let prices: BTreeMap<_, _> = codes.into_iter().zip(rates.map(eur)).collect();
        entrant.content.item_prices = Some(prices);
        entrant
    };
    (
        plan,
        vec![bid(1, ["85", "10", "15"]), bid(2, ["100", "0", "25"])],
    )
}

#[test]
fn p3_bevan_brittan_zero_price_is_undefined_and_the_ranking_withheld() {
    let (plan, bids) = bevan_brittan();
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &bids, &facts).unwrap();
    let exact = |n| {
        let card = evaluation.scorecard(bid(n)).unwrap();
        let marks = card
            .marks
            .into_iter()
            .take(3)
            .map(|scored| match scored.mark {
                Mark::Defined { exact, .. } => Ok(exact),
                Mark::Undefined(reason) => Err(reason),
                Mark::Withheld(field) => panic!("{field} is known"),
            });
        marks.collect::<Vec<_>>()
    };
    let whole = |n| Ok(fraction(n, 1));
    assert_eq!(exact(1), [whole(10), whole(0), whole(5)]);
    assert_eq!(
        exact(2),
        [Ok(fraction(17, 2)), Err(Reason::ZeroPrice), whole(3)]
    );

    let Ranking::Withheld(missing) = evaluation.ranking() else {
        panic!("a ranking was published: {:?}", evaluation.ranking());
    };
    let [missing] = missing.as_slice() else {
        panic!("one rule has no value: {missing:?}");
    };
    assert_eq!(missing.criterion, code("RATE-2"));
    assert_eq!(missing.rule, "price_relative_lowest");
    assert_eq!(
        (missing.reason, &missing.bids[..]),
        (Reason::ZeroPrice, &[bid(2)][..])
    );
    assert_eq!(evaluation.ranking().winner(), None);
    let warned = plan.warnings().unwrap();
    assert_eq!(
        warned.len(),
        6,
        "each rate depends on others and may be zero"
    );
}

/// 50 points for the price relative to the lowest, 50 for quality out of 100.
fn reversal(with_c: bool) -> (Plan, Vec<Entrant>) {
    let quality: Vec<u32> = (0..=100).collect();
    let plan = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("QUALITY", "50", levels(&quality, None)),
    ]);
    let mut bids = vec![
        entrant(0xA, "100", &[("QUALITY", 60)]),
        entrant(0xB, "130", &[("QUALITY", 82)]),
    ];
    if with_c {
        bids.push(entrant(0xC, "60", &[("QUALITY", 10)]));
    }
    (plan, bids)
}

fn exact_total(marks: &[super::scorecard::ScoredMark]) -> Fraction {
    marks
        .iter()
        .fold(Fraction::ZERO, |sum, scored| match scored.mark {
            Mark::Defined { exact, .. } => sum.plus(exact).unwrap(),
            _ => panic!("every mark is defined"),
        })
}

#[test]
fn c1_rank_reversal_price() {
    let expect = |with_c, expected: &[(u128, Fraction)], winner| {
        let (plan, bids) = reversal(with_c);
        let facts = facts(&[]);
        let evaluation = evaluate(&plan, &bids, &facts).unwrap();
        for (n, total) in expected {
            let card = evaluation.scorecard(bid(*n)).unwrap();
            assert_eq!(exact_total(&card.marks), *total, "{n:X}");
        }
        assert_eq!(evaluation.ranking().winner(), Some(bid(winner)));
    };
    expect(
        false,
        &[(0xA, fraction(80, 1)), (0xB, fraction(1033, 13))],
        0xA,
    );
    let with_c = [
        (0xA, fraction(60, 1)),
        (0xB, fraction(833, 13)),
        (0xC, fraction(55, 1)),
    ];
    expect(true, &with_c, 0xB);
}

#[test]
fn c1_totals_are_exact_sums_of_marks_rounded_once() {
    let (plan, bids) = reversal(true);
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &bids, &facts).unwrap();
    let totals: Vec<String> = evaluation
        .scorecards()
        .map(|card| card.total.unwrap().to_string())
        .collect();
    // 50 * 60 / 130 = 300/13 = 23.0769.., and 41.
    assert_eq!(totals, ["60.0000", "64.0769", "55.0000"]);
}
