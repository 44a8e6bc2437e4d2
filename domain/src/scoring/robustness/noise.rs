//! Evaluator noise: how often does each bid win when every consensus mark is replaced by the mark of one evaluator, drawn
//! anew in each run? Where the evaluators agree nothing moves; where they do not, the share of runs says what hangs on it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;
use super::base::{Base, LISTED};
use crate::fraction::ArithmeticError;
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::evaluate;
use crate::scoring::generator::Generator;
use crate::tender::code::CriterionCode;

/// The evaluators' marks of each bid and criterion, in any order.
pub type PanelMarks = BTreeMap<(BidId, CriterionCode), Vec<u32>>;

/// The most runs.
pub const MAX_RUNS: u64 = 1_000;

/// The fewest runs, with however many bids.
const MIN_RUNS: u64 = 10;

/// The most marks that are computed in all runs together, unless even [`MIN_RUNS`] need more.
const MAX_MARKS: u64 = 2_000_000;

/// The name of the generator's stream.
const STREAM: &str = "evaluator noise";

/// How many runs a bid won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wins {
    /// The bid.
    pub bid: BidId,
    /// Runs that it won.
    pub runs: u64,
}

/// What the runs found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// How many runs there were.
    pub runs: u64,
    /// The bids that won some, at most 20: most runs first, equal ones by id.
    pub wins: Vec<Wins>,
    /// Runs without a winner, because a rule had no value or every bid was excluded.
    pub without_winner: u64,
}

/// Runs the simulation; `None` when no evaluator's mark is known.
///
/// Draws: run by run; in each, bids by id, and for each bid the judged criteria in the order of the plan; a bid and
/// criterion with `n` marks draws one number below `n`, which picks from the marks in rising order. A bid and criterion
/// without marks draws nothing and keeps its consensus.
pub(super) fn noise(case: &Case<'_>, base: &Base<'_>) -> Result<Option<Noise>, ArithmeticError> {
    let of_lot = |entrant: &&Entrant| entrant.lot == case.lot.code;
    let mut entrants: Vec<Entrant> = case.entrants.iter().filter(of_lot).cloned().collect();
    entrants.sort_by_key(|entrant| entrant.bid);
    let spread = spread(case, base, &entrants);
    if spread.is_empty() {
        return Ok(None);
    }
    let runs = runs(entrants.len(), base.leaves.len());
    let mut generator = Generator::new(case.facts.seed, STREAM);
    let mut wins: BTreeMap<BidId, u64> = BTreeMap::new();
    let mut without_winner = 0_u64;
    for _ in 0..runs {
        for (index, code, marks) in &spread {
            let choices = u64::try_from(marks.len()).unwrap_or(1);
            let drawn = usize::try_from(generator.below(choices)).unwrap_or_default();
            if let (Some(entrant), Some(mark)) = (entrants.get_mut(*index), marks.get(drawn)) {
                entrant.levels.insert((*code).clone(), *mark);
            }
        }
        match evaluate(case.plan, case.lot, &entrants, case.facts)?
            .ranking()
            .winner()
        {
            Some(winner) => {
                let won = wins.entry(winner).or_default();
                *won = won.saturating_add(1);
            }
            None => without_winner = without_winner.saturating_add(1),
        }
    }
    let mut wins: Vec<Wins> = wins
        .into_iter()
        .map(|(bid, runs)| Wins { bid, runs })
        .collect();
    wins.sort_by_key(|wins| (std::cmp::Reverse(wins.runs), wins.bid));
    wins.truncate(LISTED);
    Ok(Some(Noise {
        runs,
        wins,
        without_winner,
    }))
}

/// For each bid and judged criterion with marks: the bid's index, the criterion, and the marks in rising order.
fn spread<'a>(
    case: &Case<'a>,
    base: &'a Base<'_>,
    entrants: &[Entrant],
) -> Vec<(usize, &'a CriterionCode, Vec<u32>)> {
    let judged: Vec<&CriterionCode> = base
        .leaves
        .iter()
        .filter(|leaf| leaf.rule.judged().is_some())
        .map(|leaf| &leaf.criterion.code)
        .collect();
    let mut spread = Vec::new();
    for (index, entrant) in entrants.iter().enumerate() {
        for code in &judged {
            let known = case.panel.get(&(entrant.bid, (*code).clone()));
            if let Some(marks) = known.filter(|marks| !marks.is_empty()) {
                let mut marks = marks.clone();
                marks.sort_unstable();
                spread.push((index, *code, marks));
            }
        }
    }
    spread
}

/// [`MAX_RUNS`], or fewer with many bids.
fn runs(bids: usize, leaves: usize) -> u64 {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).max(1);
    let cost = count(bids).saturating_mul(count(leaves));
    let affordable = MAX_MARKS.checked_div(cost).unwrap_or(MIN_RUNS);
    affordable.clamp(MIN_RUNS, MAX_RUNS)
}
