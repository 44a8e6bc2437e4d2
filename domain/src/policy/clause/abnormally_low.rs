//! When a bid is abnormally low. Whatever the rule says is a flag with a right to explain, never an exclusion by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};
use crate::tender::code::Weight;

/// Parameters that depend on how many bids there are (Spain's art. 85 of the general regulation on public contracts). All
/// are percentages; a bid is flagged when it lies below by more than this.
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

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbnormallyLow {
    /// The default for awards by price alone; none where the law leaves it to a judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_only: Option<AbnormalBands>,
}

impl ClauseKind for AbnormallyLow {
    fn valid(&self) -> Result<(), PolicyProblem> {
        self.price_only.map_or(Ok(()), |bands| {
            between(
                "more_fewest_in_mean",
                bands.more_fewest_in_mean,
                1..=100,
                "1 to 100",
            )
        })
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        if self.price_only.is_none() {
            let sentence = "a bid that looks abnormally low is flagged, its supplier may explain it, and a person decides";
            return Ok(Some(Judged::of(true, Vec::new(), sentence)));
        }
        if case.plan.price_only() {
            let sentence = "the price alone decides, so that the clause's own parameters hold";
            return Ok(Some(Judged::of(true, Vec::new(), sentence)));
        }
        Ok(Some(match case.procurement.own_abnormal_parameters {
            None => {
                let sentence = "with several criteria the documents publish their own parameters, and the plan does not say whether they do";
                Judged::unknown(MissingFact::OwnAbnormalParameters, Vec::new(), sentence)
            }
            Some(published) => {
                let inputs = vec![input("own parameters published", published)];
                let sentence = "with several criteria the documents must publish their own parameters for abnormally low bids";
                Judged::of(published, inputs, sentence)
            }
        }))
    }
}
