//! When a bid is abnormally low. Whatever the rule says is a flag with a right to explain, never an exclusion by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, input};
use crate::policy::plan_view::LotView;
use crate::policy::problem::{PolicyProblem, between};
use crate::tender::code::Weight;

/// Parameters that depend on how many bids there are, in the form of Spain's general regulation on public contracts
/// (RGLCAP, art. 85). All are percentages; a bid is flagged when it lies below by more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbnormalBands {
    /// One bid: below the budget.
    pub one_below_budget: Weight,
    /// Two bids: below the other.
    pub two_below_other: Weight,
    /// Three bids: below the mean.
    pub three_below_mean: Weight,
    /// Three bids: the highest is left out of the mean when it exceeds it by more than this.
    pub three_left_out_above_mean: Weight,
    /// Three bids: in any case below the budget.
    pub three_below_budget: Weight,
    /// Four bids and more: below the mean.
    pub more_below_mean: Weight,
    /// Four bids and more: those that exceed the mean by more than this are left out of a new mean.
    pub more_left_out_above_mean: Weight,
    /// Four bids and more: the mean of so many lowest where fewer remain.
    pub more_fewest_in_mean: u32,
}

impl AbnormalBands {
    /// The parameters of RGLCAP, art. 85, which hold for awards by price alone where nothing else is published.
    pub const SPAIN: Self = Self {
        one_below_budget: Weight::percent(25),
        two_below_other: Weight::percent(20),
        three_below_mean: Weight::percent(10),
        three_left_out_above_mean: Weight::percent(10),
        three_below_budget: Weight::percent(25),
        more_below_mean: Weight::percent(10),
        more_left_out_above_mean: Weight::percent(10),
        more_fewest_in_mean: 3,
    };

    /// Whether a mean can be taken by them.
    pub(crate) fn valid(&self) -> Result<(), PolicyProblem> {
        let fewest = self.more_fewest_in_mean;
        between("more_fewest_in_mean", fewest, 1..=100, "1 to 100")
    }
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbnormallyLow {
    /// The default for awards by price alone; none where the law leaves it to a judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_only: Option<AbnormalBands>,
}

/// What a plan says of abnormally low prices in a lot, in the eyes of the clause.
fn says(lot: &LotView<'_>, default: &AbnormalBands) -> (bool, &'static str) {
    let own = lot.low_prices.and_then(|rule| rule.parameters.as_ref());
    match (lot.price_only(), own) {
        (true, Some(own)) if own == default => (
            true,
            "the price alone decides, and the clause's own parameters hold",
        ),
        (true, Some(_)) => (
            true,
            "the price alone decides, by parameters that the plan publishes",
        ),
        (true, None) => (
            false,
            "the price alone decides, and the plan publishes neither the clause's parameters nor its own",
        ),
        (false, Some(_)) => (
            true,
            "several criteria decide, and the plan publishes its own parameters",
        ),
        (false, None) => (
            false,
            "several criteria decide, and the plan publishes no parameters: add `low_prices` to the lot",
        ),
    }
}

impl ClauseKind for AbnormallyLow {
    fn valid(&self) -> Result<(), PolicyProblem> {
        self.price_only.map_or(Ok(()), |bands| bands.valid())
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let Some(default) = &self.price_only else {
            let sentence = "a bid that looks abnormally low is flagged, its supplier may explain it, and a person decides";
            return Ok(Some(Judged::of(true, Vec::new(), sentence)));
        };
        let said = case.plan.lots.iter().map(|lot| (lot, says(lot, default)));
        let said: Vec<_> = said.collect();
        let inputs = said
            .iter()
            .map(|(lot, (_, sentence))| input(&format!("lot {}", lot.code), sentence));
        // The first lot that falls short speaks for all, else the first.
        let spoken = said.iter().find(|(_, (met, _))| !met).or(said.first());
        Ok(spoken.map(|(lot, (met, sentence))| {
            let sentence = format!("in lot {} {sentence}", lot.code);
            Judged::of(*met, inputs.collect(), sentence)
        }))
    }
}
