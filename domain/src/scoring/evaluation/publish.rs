//! The result as the log holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Evaluation;
use crate::ids::BidId;
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::Hash;
use crate::scoring::exclusion::Excluded;
use crate::scoring::points::Points;
use crate::scoring::ranking::{Ranking, Told};
use crate::scoring::scorecard::Audience;

/// The marks of one bid as they stand in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The bid.
    pub bid: BidId,
    /// Rounded marks in the order of the lot's leaves; `null` where there is none or it is withheld.
    pub marks: Vec<Option<Points>>,
    /// The total; none where a mark is missing or withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Points>,
}

/// The result of the evaluation of one lot as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedResult {
    /// Bids that the plan excludes, by id.
    pub excluded: Vec<Excluded>,
    /// The marks of the others, by id.
    pub scores: Vec<Score>,
    /// The ranking, or why it is withheld.
    pub ranking: Ranking,
    /// The seed of the draw, when a lot decided a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Hash>,
    /// SHA-256 of the canonical JSON of all scorecards, by id, as the public may see them: it pins every input and formula.
    pub scorecards: Hash,
}

impl Evaluation<'_> {
    /// The result as the log holds it, without what the plan withholds from the public.
    pub fn publish(&self) -> Result<PublishedResult, EncodingError> {
        // One card at a time: all of them together may be far larger than anything else here.
        let mut hasher = Sha256::new();
        let mut scores = Vec::new();
        for card in self.scorecards() {
            let card = card.shown_to(Audience::Public, self.plan);
            hasher.update(if scores.is_empty() { "[" } else { "," });
            hasher.update(&canonical_blob(&card)?);
            scores.push(Score {
                bid: card.bid,
                marks: card.marks.iter().map(|mark| mark.mark.rounded()).collect(),
                total: card.total,
            });
        }
        hasher.update(if scores.is_empty() { "[]" } else { "]" });
        let ranking = self.ranking.published(&Told::new(self.plan, &self.leaves));
        let excluded = self.excluded.iter().map(|one| one.published(self.plan));
        Ok(PublishedResult {
            excluded: excluded.collect(),
            scores,
            draw: ranking.used_lot().then_some(self.facts.seed),
            ranking,
            scorecards: Hash(hasher.finalize().into()),
        })
    }
}
