//! What the log says of a ranking's robustness: the findings in short. The whole report is pinned by its hash.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LISTED, Outcome, Robustness};
use crate::ids::BidId;
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::{Hash, sha256};
use crate::tender::code::CriterionCode;

/// A change of the winner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The criterion whose pledges were capped; none where bids were left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<CriterionCode>,
    /// The bids that were left out, or whose pledge was capped.
    pub bids: Vec<BidId>,
    /// Who wins then; none when the ranking would be withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<BidId>,
}

/// The findings in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The winner that was questioned.
    pub winner: BidId,
    /// What changes it, by leaving out first, then by capping.
    pub changes: Vec<Change>,
    /// Bids with an abnormally low price, at most [`LISTED`]; the winner first, then by id.
    pub low_prices: Vec<BidId>,
    /// Bids with a pledge beyond its plausible rate, at most [`LISTED`]; the winner first, then by id.
    pub high_pledges: Vec<BidId>,
}

impl Robustness {
    /// The findings in short; `None` without a winner, which a report always has.
    pub fn summary(&self) -> Option<Summary> {
        let winner = self.ranking.winner()?;
        let change = |criterion, bids: &[BidId], ranking: &Outcome| Change {
            criterion,
            bids: bids.to_vec(),
            winner: ranking.winner(),
        };
        let left_out = self.leave_out.changes.iter();
        let left_out = left_out.map(|found| change(None, &found.bids, &found.ranking));
        let capped = self.pledges.changes.iter().map(|found| {
            let criterion = Some(found.criterion.clone());
            change(criterion, &found.capped, &found.ranking)
        });
        let listed = |mut flagged: Vec<BidId>| {
            flagged.dedup();
            flagged.sort_by_key(|bid| *bid != winner);
            flagged.truncate(LISTED);
            flagged
        };
        let low = self.low_prices.iter().flat_map(|low| &low.flagged);
        let high = self.high_pledges.iter().map(|high| high.bid);
        Some(Summary {
            winner,
            changes: left_out.chain(capped).collect(),
            low_prices: listed(low.copied().collect()),
            high_pledges: listed(high.collect()),
        })
    }

    /// SHA-256 of the canonical JSON of the whole report.
    pub fn hash(&self) -> Result<Hash, EncodingError> {
        canonical_blob(self).map(|bytes| sha256(&bytes))
    }
}
