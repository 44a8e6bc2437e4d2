//! How robust a ranking is: what would change the winner, and what looks abnormal. Everything here is reported to people
//! and never changes a mark.

mod abnormally_high;
mod abnormally_low;
mod base;
mod flag;
mod hint;
mod leave_out;
mod noise;
mod pledge;
mod screen;
mod stability;
mod summary;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests calculate freely")]
mod tests;

pub use abnormally_high::{HighPledge, PlausibleRate};
pub(crate) use abnormally_low::decides_by_price;
pub use abnormally_low::{LowPriceCase, LowPriceRule, LowPrices, low_price_rule};
pub use base::{LISTED, MAX_MARKS, Outcome, SHOWN};
pub use flag::Flags;
pub use hint::Hint;
pub use leave_out::{LeaveOut, LeaveOuts, LeftOut};
pub use noise::{MAX_RUNS, Noise, PanelMarks, Wins};
pub use pledge::{CappedPledge, CappedPledges};
pub use stability::{Flip, Stability, WeightInterval};
pub use summary::{Change, Summary};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entrant::{Entrant, Facts};
use super::evaluation::{Evaluation, evaluate};
use super::sweep::MarkTable;
use crate::fraction::ArithmeticError;
use crate::ids::OrganisationId;
use crate::tender::lot::Lot;
use crate::tender::plan::{Method, Plan};
use base::{Base, Reruns};
use screen::Screen;

/// A ranking and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The lot of the plan that was ranked.
    pub lot: &'a Lot,
    /// The bids that take part, as the evaluation takes them.
    pub entrants: &'a [Entrant],
    /// What the evaluation knows beside the bids; its seed is also the seed of the simulation.
    pub facts: &'a Facts,
    /// The top of each supplier's beneficial-owner group; a supplier that is missing stands alone.
    pub groups: &'a BTreeMap<OrganisationId, OrganisationId>,
    /// The marks of the evaluators, where they are known.
    pub panel: &'a PanelMarks,
}

/// What was found about a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robustness {
    /// The ranking as it is.
    pub ranking: Outcome,
    /// What happens without losers.
    pub leave_out: LeaveOuts,
    /// What happens when outlying pledges are capped.
    pub pledges: CappedPledges,
    /// At which weights another bid would lead; none for methods without weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
    /// How often each bid wins when the panel's marks are drawn; none while they are sealed, or when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// Abnormally low prices by the published rule; none where the plan has no rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_prices: Option<LowPrices>,
    /// Pledges beyond the plausible rate of their measure.
    pub high_pledges: Vec<HighPledge>,
}

impl Robustness {
    /// Whether nothing that was tried changes the winner: no absence, no capped pledge, and no doubt of the panel.
    pub fn is_firm(&self) -> bool {
        let always_wins = |noise: &Noise| {
            let winner = self.ranking.winner();
            let won = noise.wins.iter().find(|wins| Some(wins.bid) == winner);
            won.is_some_and(|wins| wins.runs == noise.runs)
        };
        self.leave_out.changes.is_empty()
            && self.pledges.changes.is_empty()
            && self.noise.as_ref().is_none_or(always_wins)
    }
}

/// Evaluates the case and reports on the ranking.
pub fn robustness(case: &Case<'_>) -> Result<Option<Robustness>, ArithmeticError> {
    let evaluation = evaluate(case.plan, case.lot, case.entrants, case.facts)?;
    robustness_of(&evaluation, case)
}

/// Reports on the ranking of a case that is evaluated already; `None` when it is withheld, not known to this reader, or
/// empty: there is no winner to change.
///
/// The work is bounded: at most [`MAX_MARKS`] marks are computed again, and what was not tried is counted in the report.
pub fn robustness_of(
    evaluation: &Evaluation<'_>,
    case: &Case<'_>,
) -> Result<Option<Robustness>, ArithmeticError> {
    let Some(base) = Base::new(case, evaluation)? else {
        return Ok(None);
    };
    let mut reruns = Reruns::new(evaluation, &base, case);
    let weighted = case.plan.method == Method::WeightedSum;
    let screen = weighted
        .then(|| MarkTable::of(evaluation)?.ok())
        .flatten()
        .and_then(|table| Screen::new(&table, &base));
    Ok(Some(Robustness {
        ranking: Outcome::of(evaluation.ranking()),
        leave_out: leave_out::leave_out(case, &base, &mut reruns)?,
        pledges: pledge::cap_pledges(case, &base, &mut reruns),
        stability: weighted
            .then(|| stability::stability(case.lot, &base, screen.as_ref()))
            .flatten(),
        noise: noise::noise(case, &base)?,
        low_prices: abnormally_low::low_prices(case.plan, case.lot, &base.taking_part(case)),
        high_pledges: abnormally_high::high_pledges(case.plan, &base.taking_part(case)),
    }))
}

/// How often each bid of a lot wins when the panel's marks are drawn; `None` without a winner to doubt or without marks. It is
/// reported on its own once the marks are final, with the numbers that [`robustness`] gives for the same case.
pub fn evaluator_noise(case: &Case<'_>) -> Result<Option<Noise>, ArithmeticError> {
    let evaluation = evaluate(case.plan, case.lot, case.entrants, case.facts)?;
    match Base::new(case, &evaluation)? {
        Some(base) => noise::noise(case, &base),
        None => Ok(None),
    }
}
