//! What an officer should know of a plan before it is published: what a mark costs, whether rules are neutral, how often
//! a bid without a chance would decide, and what the law asks of a criterion. All of it is for people and decides nothing.

mod bias;
mod facts;
mod price_equivalent;
mod sample;
mod simulation;
#[cfg(test)]
mod tests;

pub use bias::{Bias, Offer};
pub use facts::{Declared, FactGap, FactWarning};
pub use price_equivalent::{PriceEquivalent, PriceEquivalents};
pub use sample::{SampleBid, SampleValue};
pub use simulation::{Reversal, Simulation};

use serde::Serialize;

use crate::amount::Money;
use crate::catalogue::Catalogue;
use crate::fraction::ArithmeticError;
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::{Hash, sha256};
use crate::scoring::robustness::{LowPriceRule, low_price_rule};
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;

/// The most runs of the simulation.
pub const MAX_RUNS: u32 = 10_000;

/// The runs of the simulation when nothing else is asked.
pub const RUNS: u32 = 500;

/// Bids in each run of the simulation.
pub const BIDS: u32 = 5;

/// What to report on.
#[derive(Debug, Clone, Copy)]
pub struct PlanReportInput<'a> {
    /// The plan, checked.
    pub plan: &'a Plan,
    /// The lot of the plan to report on.
    pub lot: &'a Lot,
    /// Its catalogue.
    pub catalogue: &'a Catalogue,
    /// The price around which everything is stated: what the buyer expects to pay. More than zero.
    pub reference_price: Money,
    /// The seed of the simulations; [`plan_seed`] where nothing else is agreed.
    pub seed: Hash,
    /// Runs of the simulation, at most [`MAX_RUNS`].
    pub runs: u32,
}

/// The report on a lot of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// Rules that depend on other bids, and where a rule may have no value, in words.
    pub warnings: Vec<String>,
    /// What the law asks of a criterion and the plan does not say.
    pub facts: Vec<FactWarning>,
    /// The rule by which prices will be flagged as abnormally low; none where no price will be.
    pub low_prices: Option<LowPriceRule>,
    /// What one step of each criterion costs in price.
    pub price_equivalents: PriceEquivalents,
    /// Rank reversals and ties among random bids.
    pub simulation: Simulation,
    /// Criteria that depend on the size of the bidder.
    pub bias: Vec<Bias>,
    /// The seed of the simulations.
    pub seed: Hash,
}

/// The seed that everybody can make from a published plan: SHA-256 of its canonical JSON.
pub fn plan_seed(plan: &Plan) -> Result<Hash, EncodingError> {
    canonical_blob(plan).map(|bytes| sha256(&bytes))
}

/// Reports on a lot of a checked plan.
pub fn plan_report(input: &PlanReportInput<'_>) -> Result<PlanReport, ArithmeticError> {
    let samples = sample::Samples::new(input)?;
    Ok(PlanReport {
        warnings: input
            .plan
            .warnings_of(input.lot)?
            .iter()
            .map(ToString::to_string)
            .collect(),
        facts: facts::missing_facts(input)?,
        low_prices: low_price_rule(input.plan, input.lot),
        price_equivalents: price_equivalent::price_equivalents(&samples)?,
        simulation: simulation::simulation(&samples, input.runs.min(MAX_RUNS))?,
        bias: bias::bias(&samples)?,
        seed: input.seed,
    })
}
