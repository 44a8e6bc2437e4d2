//! The acceptance numbers of the published and constructed examples, by name.

use std::collections::BTreeMap;

use super::evaluation::evaluate;
use super::methods::{Coefficient, Method};
use super::proxy::{ProxyValue, ProxyValues, YearOne};
use super::ranking::Ranking;
use super::rules::{Gap, Outer, PriceOf, PriceRelativeLowest, Reason, SocialValueMoney};
use super::scorecard::Mark;
use super::{Entrant, Points};
use crate::amount::Share;
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
            let lowest = lowest.unwrap().fraction();
            PriceRelativeLowest::exact(Fraction::whole(points), lowest, eur(price).fraction())
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
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let exact = |n| {
        let card = evaluation.scorecard(bid(n)).unwrap();
        let marks = card
            .marks
            .into_iter()
            .take(3)
            .map(|scored| match scored.mark {
                Mark::Defined { exact, .. } => Ok(exact),
                Mark::Undefined(reason) => Err(reason),
                Mark::Withheld(field) | Mark::Unknown(field) => panic!("{field} is known"),
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
    assert_eq!(missing.criterion, Some(code("RATE-2")));
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
        let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
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
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let totals: Vec<String> = evaluation
        .scorecards()
        .map(|card| card.total.unwrap().to_string())
        .collect();
    // 50 * 60 / 130 = 300/13 = 23.0769.., and 41.
    assert_eq!(totals, ["60.0000", "64.0769", "55.0000"]);
}

#[test]
fn p4_prozorro() {
    let values = fraction(2, 10);
    let caps = fraction(3, 10);
    let coefficient = Coefficient::coefficient(values, caps).unwrap();
    assert_eq!(coefficient, fraction(9, 7));
    let adjusted = Coefficient::exact(fraction(1000, 1), values, caps).unwrap();
    assert_eq!(adjusted, fraction(7000, 9));
}

#[test]
fn p4_prozorro_as_a_plan_of_two_criteria_with_caps_of_15_percent() {
    let mut plan = plan(vec![
        leaf("F-1", "50", levels(&[0, 5, 10, 15], None)),
        leaf("F-2", "50", levels(&[0, 5, 10, 15], None)),
    ]);
    plan.method = Method::Coefficient(Coefficient {
        caps: "0.3".parse().unwrap(),
        scale: 6,
    });
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let bids = [
        entrant(1, "1000", &[("F-1", 10), ("F-2", 10)]),
        entrant(2, "800", &[("F-1", 0), ("F-2", 0)]),
    ];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let card = evaluation.scorecard(bid(1)).unwrap();
    let marks: Vec<_> = card.marks.iter().map(|scored| scored.mark).collect();
    let tenth = Mark::Defined {
        exact: fraction(1, 10),
        rounded: "0.1000".parse().unwrap(),
    };
    assert_eq!(marks, [tenth, tenth]);
    let total = Mark::Defined {
        exact: fraction(7000, 9),
        rounded: "777.777778".parse().unwrap(),
    };
    assert_eq!(card.method.total, Some(total));
    assert_eq!(
        evaluation.ranking().winner(),
        Some(bid(1)),
        "777.78 is below 800"
    );
}

/// The value of C3, with whether the first year is discounted.
fn c3_values(year_one: YearOne) -> ProxyValues {
    let share = |text: &str| text.parse::<Share>().unwrap();
    ProxyValues {
        year_one,
        values: vec![ProxyValue {
            measure: "VOL-1".parse().unwrap(),
            proxy: eur("1000"),
            deadweight: share("0.2"),
            attribution: share("0.25"),
            displacement: share("0.1"),
            drop_off: share("0.3"),
            years: 3,
        }],
        ..proxies()
    }
}

#[test]
fn c3_sroi_full() {
    let quantity = hours("50.0");
    let invested = fraction(40_000, 1);
    let cents = fraction(100, 1);
    let digits = |value: Fraction| value.round(6).unwrap().normalize().to_string();
    let present = |year_one| {
        let value = c3_values(year_one).present_value(&"VOL-1".parse().unwrap(), &quantity);
        value.unwrap().unwrap().over(cents).unwrap()
    };
    let values = c3_values(YearOne::Discounted);
    let by_year = values.values[0].by_year(quantity.fraction().unwrap(), values.basis);
    let euro: Vec<Fraction> = by_year
        .unwrap()
        .into_iter()
        .map(|minor| minor.over(cents).unwrap())
        .collect();
    assert_eq!(euro, [27_000, 18_900, 13_230].map(|n| fraction(n, 1)));
    let discounted = present(YearOne::Discounted);
    assert_eq!(digits(discounted), "55663.010755");
    assert_eq!(digits(discounted.over(invested).unwrap()), "1.391575");
    assert_eq!(digits(discounted.minus(invested).unwrap()), "15663.010755");
    let undiscounted = present(YearOne::Undiscounted);
    assert_eq!(digits(undiscounted), "57611.216131");
    assert_eq!(digits(undiscounted.over(invested).unwrap()), "1.44028");
}

#[test]
fn p6_sroi_of_a_time_bank() {
    // Published totals: 803,184 EUR of present value for 50,000 EUR invested.
    let measure = "VOL-1".parse().unwrap();
    let nothing_less = "0".parse::<Share>().unwrap();
    let values = ProxyValues {
        values: vec![ProxyValue {
            measure: "VOL-1".parse().unwrap(),
            proxy: eur("803184"),
            deadweight: nothing_less,
            attribution: nothing_less,
            displacement: nothing_less,
            drop_off: nothing_less,
            years: 1,
        }],
        year_one: YearOne::Undiscounted,
        ..proxies()
    };
    let cents = values
        .present_value(&measure, &hours("1.0"))
        .unwrap()
        .unwrap();
    let (present, invested) = (cents.over(fraction(100, 1)).unwrap(), fraction(50_000, 1));
    assert_eq!(present.minus(invested), Ok(fraction(753_184, 1)));
    let ratio = present.over(invested).unwrap();
    let digits = |places| ratio.round(places).unwrap().normalize().to_string();
    assert_eq!((digits(5), digits(2)), ("16.06368".into(), "16.06".into()));
}

#[test]
fn c3_as_a_mark_counts_the_present_value_in_whole_cents() {
    let target = Outer::ToTarget {
        target: eur("100000"),
    };
    let rule = SocialValueMoney {
        measures: vec!["VOL-1".parse().unwrap()],
        ..in_money(target)
    };
    let mut plan = plan(vec![leaf("SROI", "100", rule)]);
    plan.proxies = Some(c3_values(YearOne::Discounted));
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let mut one = entrant(1, "1", &[]);
    one.content.commitments = Some(vec![commitment("VOL-1", "50.0")]);
    let facts = facts(&[]);
    let bids = [one];
    let card = evaluate(&plan, &plan.lots[0], &bids, &facts)
        .unwrap()
        .scorecard(bid(1))
        .unwrap();
    assert_eq!(card.total.unwrap().to_string(), "55.6630");
    let told: Vec<_> = card.marks[0]
        .inputs
        .iter()
        .map(|input| format!("{} = {}", input.name, input.value))
        .collect();
    assert!(told.contains(&"v = EUR 55663.01".to_owned()), "{told:?}");
}
