//! 10,000 bids on 50 criteria: all marks, totals and places, and one scorecard explained.
//!
//! With `--peer REPEATS` it measures instead what `tests/bench/scoring_peers.py` compares with numpy, pymcdm and
//! scikit-criteria: the weighted sum with its order, and the sweep of every weight over ready marks; one JSON object with
//! seconds and answers.
//!
//! Prints `name ratio limit` per line. The first ratio is the time of a bare weighted sum of ready marks in
//! [`rust_decimal`] over the time of the whole evaluation; the second is the evaluation over one explained scorecard; the
//! third is the evaluation over the report on its robustness. All are medians of alternating pairs. Times go to standard error. Ends with 1 below a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use commonweal_domain::amount::Money;
use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::{BidId, CatalogueId, Id, OrganisationId, SealedId};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::scoring::robustness::{Case, PanelMarks, robustness_of};
use commonweal_domain::scoring::rules::{
    NamedLevel, PriceOf, PriceRelativeLowest, QualityLevels, Rule,
};
use commonweal_domain::scoring::sweep::MarkTable;
use commonweal_domain::scoring::{Entrant, Facts, KnownContent, evaluate};
use commonweal_domain::tender::plan::{Envelopes, Method, Rounding, SealMode, TieBreak};
use commonweal_domain::tender::{
    Criterion, CriterionCode, CriterionKind, DisclosurePlan, Lot, Plan,
};
use commonweal_domain::time::Time;
use rust_decimal::Decimal;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error>;

const BIDS: u32 = 10_000;
const CRITERIA: u32 = 50;
const PAIRS: usize = 5;
/// The whole evaluation may take this many times the bare sum.
const LIMIT_SUM: f64 = 0.01;
/// Explaining one bid must not cost what evaluating all of them does.
const LIMIT_EXPLAIN: f64 = 100.0;
/// The report on robustness, which ranks a hundred times and more, may take this many evaluations.
const LIMIT_ROBUSTNESS: f64 = 0.05;

fn plan() -> Result<Plan, Failure> {
    let levels = QualityLevels {
        levels: (0..=100)
            .map(|points| NamedLevel {
                points,
                name: format!("level {points}"),
            })
            .collect(),
        minimum: None,
    };
    let criterion = |n: u32| -> Result<Criterion, Failure> {
        let rule = if n.is_multiple_of(2) {
            Rule::from(PriceRelativeLowest { of: PriceOf::Item })
        } else {
            Rule::from(levels.clone())
        };
        Ok(Criterion {
            code: format!("C-{n}").parse()?,
            title: format!("Criterion {n}"),
            weight: "2".parse()?,
            kind: CriterionKind::Rule(rule),
            declared: None,
        })
    };
    Ok(Plan {
        catalogue: CatalogueId::from_uuid(Uuid::from_u128(1)),
        currency: "EUR".parse()?,
        method: Method::WeightedSum,
        lots: vec![Lot {
            code: "1".parse()?,
            title: "The whole".to_owned(),
            criteria: (0..CRITERIA).map(criterion).collect::<Result<_, _>>()?,
            minimum_price: None,
            low_prices: None,
        }],
        lot_limits: None,
        admission: commonweal_domain::tender::Admission::default(),
        envelopes: Envelopes::One,
        mark_scale: Plan::DEFAULT_MARK_SCALE,
        rounding: Rounding::HalfEven,
        tie_breaks: vec![TieBreak::DrawnLot],
        exchange_rates: Vec::new(),
        proxies: None,
        plausible_rates: Vec::new(),
        disclosure: DisclosurePlan::default(),
        seal: SealMode::Plain,
        surplus_tradable: false,
        substitution_share: commonweal_domain::amount::Share::NONE,
        delivery: commonweal_domain::tender::delivery::Delivery::default(),
        closes_at: Time::from_micros(1),
        opens_at: Time::from_micros(1),
        commencement: Some("2026-01-01".parse()?),
        procurement: commonweal_domain::policy::Procurement::default(),
        questions_until: None,
        standstill: commonweal_domain::tender::Standstill::default(),
    })
}

/// A value that looks random and is the same in every run.
fn spread(bid: u32, criterion: u32, below: u32) -> u32 {
    let mixed = bid.wrapping_mul(2_654_435_761) ^ criterion.wrapping_mul(40_503);
    mixed.rotate_left(13).wrapping_mul(2_246_822_519) % below
}

fn entrant(plan: &Plan, lot: &Lot, n: u32) -> Entrant {
    let mut prices: BTreeMap<CriterionCode, Money> = BTreeMap::new();
    let mut levels: BTreeMap<CriterionCode, u32> = BTreeMap::new();
    for (index, criterion) in (0..).zip(&lot.criteria) {
        let code = criterion.code.clone();
        if u32::is_multiple_of(index, 2) {
            let minor = i64::from(spread(n, index, 10_000_000)) + 1;
            prices.insert(code, Money::from_minor(minor, plan.currency));
        } else {
            levels.insert(code, spread(n, index, 101));
        }
    }
    let id = Uuid::from_u128(u128::from(n));
    Entrant {
        bid: BidId::from_uuid(id),
        sealed: SealedId::from_uuid(id),
        supplier: OrganisationId::from_uuid(id),
        lot: lot.code.clone(),
        received_at: Time::from_micros(0),
        content: KnownContent {
            item_prices: Some(prices),
            ..KnownContent::default()
        },
        levels,
        confirmed: BTreeSet::new(),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn run() -> Result<bool, Failure> {
    let plan = plan()?;
    let lot = plan.lots.first().ok_or("the plan has one lot")?;
    let entrants: Vec<Entrant> = (0..BIDS).map(|n| entrant(&plan, lot, n)).collect();
    let facts = Facts {
        certified: BTreeSet::new(),
        seed: sha256(b"bench"),
    };
    let marks: Vec<Vec<Decimal>> = (0..BIDS)
        .map(|bid| {
            let mark = |criterion| Decimal::new(i64::from(spread(bid, criterion, 20_001)), 4);
            (0..CRITERIA).map(mark).collect()
        })
        .collect();
    let weight = Decimal::new(2, 2);
    let (groups, panel) = (BTreeMap::new(), PanelMarks::new());
    let case = Case {
        plan: &plan,
        lot,
        entrants: &entrants,
        facts: &facts,
        groups: &groups,
        panel: &panel,
    };
    let (mut sums, mut explained, mut questioned) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let (bare, _) = timed(|| {
            let total = |row: &Vec<Decimal>| row.iter().map(|mark| mark * weight).sum::<Decimal>();
            marks.iter().map(total).max()
        });
        let (whole, evaluation) = timed(|| evaluate(&plan, lot, &entrants, &facts));
        let evaluation = evaluation?;
        let last = entrants.last().map(|entrant| entrant.bid);
        let (one, card) = timed(|| last.and_then(|bid| evaluation.scorecard(bid)));
        card.ok_or("the last bid was scored")?;
        let (question, report) = timed(|| robustness_of(&evaluation, &case));
        report?.ok_or("a ranking has a report")?;
        writeln!(
            std::io::stderr(),
            "bare sum {bare:?}, evaluation {whole:?}, one scorecard {one:?}, robustness {question:?}"
        )?;
        questioned.push(whole.as_secs_f64() / question.as_secs_f64());
        sums.push(bare.as_secs_f64() / whole.as_secs_f64());
        explained.push(whole.as_secs_f64() / one.as_secs_f64());
    }
    let lines = [
        ("scoring-10000x50-over-bare-sum", median(sums), LIMIT_SUM),
        (
            "scoring-over-one-scorecard",
            median(explained),
            LIMIT_EXPLAIN,
        ),
        (
            "scoring-over-robustness",
            median(questioned),
            LIMIT_ROBUSTNESS,
        ),
    ];
    for (name, ratio, limit) in lines {
        writeln!(std::io::stdout(), "{name} {ratio:.3} {limit}")?;
    }
    Ok(lines.iter().all(|(_, ratio, limit)| ratio >= limit))
}

/// Steps of the sweep, which make one weight more.
const STEPS: u32 = 20;

/// The fixed-point path on ready marks: the least of some runs each, and the answers for comparison.
fn peer(repeats: u32) -> Result<(), Failure> {
    let points = vec![Fraction::whole(2); usize::try_from(CRITERIA)?];
    let part = |bid, criterion| Fraction::new(spread(bid, criterion, 1_000_001).into(), 1_000_000);
    let column = |criterion| (0..BIDS).map(|bid| part(bid, criterion)).collect();
    let parts = (0..CRITERIA)
        .map(column)
        .collect::<Result<Vec<Vec<_>>, _>>()?;
    let table = MarkTable::new(&points, &parts)?;
    let (mut sum, mut sweep) = (Duration::MAX, Duration::MAX);
    let (mut order, mut leaders) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let (time, found) = timed(|| table.order());
        (sum, order) = (sum.min(time), found);
        let (time, found) = timed(|| table.sweep(STEPS));
        (sweep, leaders) = (sweep.min(time), found?);
    }
    let answer = serde_json::json!({
        "weighted_sum": sum.as_secs_f64(),
        "weight_sweep": sweep.as_secs_f64(),
        "first": order.iter().take(100).collect::<Vec<_>>(),
        "leaders": leaders,
    });
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(())
}

fn main() -> Result<ExitCode, Failure> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--peer");
    if arguments.next().is_some() {
        let repeats = arguments.next().ok_or("--peer REPEATS")?;
        peer(repeats.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if run()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
