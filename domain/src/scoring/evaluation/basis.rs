//! What a scorecard follows from beside its bid, so that one can be explained on demand and without the other bids.

use serde::{Deserialize, Serialize};

use super::Evaluation;
use crate::fraction::ArithmeticError;
use crate::scoring::entrant::{Entrant, Facts};
use crate::scoring::exclusion::grounds;
use crate::scoring::ranking::Ranking;
use crate::scoring::rules::Range;
use crate::scoring::scorecard::Scorecard;
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;

/// What the scorecards of one evaluation have in common. It is as large as the plan, however many bids there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// For each leaf of the lot what its rule compared; none where it compares nothing.
    compared: Vec<Option<Range>>,
    facts: Facts,
}

impl Evaluation<'_> {
    /// What its scorecards follow from; `None` where something that a rule compares is not known to the reader.
    pub fn basis(&self) -> Option<Basis> {
        let compared = self.ranges.iter().map(|range| range.transpose().ok());
        Some(Basis {
            compared: compared.collect::<Option<_>>()?,
            facts: self.facts.clone(),
        })
    }
}

impl Basis {
    /// The scorecard that the evaluation explained for a bid of its lot; `None` for a bid that the plan excludes.
    pub fn scorecard(
        &self,
        plan: &Plan,
        lot: &Lot,
        entrant: &Entrant,
    ) -> Result<Option<Scorecard>, ArithmeticError> {
        let leaves = plan.leaves_of(lot)?;
        let takes_part = grounds(plan, lot, &leaves, entrant, &self.facts).is_empty();
        if entrant.lot != lot.code || !takes_part || leaves.len() != self.compared.len() {
            return Ok(None);
        }
        let one = Evaluation {
            plan,
            lot,
            facts: &self.facts,
            leaves,
            ranges: self.compared.iter().map(|range| range.map(Ok)).collect(),
            excluded: Vec::new(),
            scored: Vec::new(),
            ranking: Ranking::NotKnown,
        };
        Ok(Some(one.explain(&one.score(entrant))))
    }
}
