//! What the panel agreed on, as one hash that every member signs off. A level that changes later changes the hash, so that no
//! signature stands under words that its giver did not see.

use std::collections::BTreeMap;

use serde_json::json;

use crate::ids::{BidId, TenderId};
use crate::log::canonical::{EncodingError, canonical_json};
use crate::log::hash::{Hash, sha256};
use crate::tender::code::CriterionCode;
use crate::tender::entries::ConsensusMark;

/// How often one level may be changed: the history stands in the log, and an entry has an end.
pub const MAX_CHANGES: usize = 20;

/// The agreed levels of a tender with the hash of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed {
    levels: BTreeMap<(BidId, CriterionCode), Hash>,
}

impl Agreed {
    /// Takes in one level with its reason and history; answers whether it is the first for its bid and criterion.
    pub fn add(&mut self, bid: BidId, mark: &ConsensusMark) -> Result<bool, EncodingError> {
        let content = json!({ "tag": "commonweal/agreed/v1", "bid": bid, "mark": mark });
        let hash = sha256(&canonical_json(&content)?);
        let key = (bid, mark.criterion.clone());
        Ok(self.levels.insert(key, hash).is_none())
    }

    /// Whether there is a level for a bid and criterion.
    pub fn has(&self, bid: BidId, criterion: &CriterionCode) -> bool {
        self.levels.contains_key(&(bid, criterion.clone()))
    }

    /// The hash that members sign off: of the tender and of every level in the order of bids and criteria.
    pub fn hash(&self, tender: TenderId) -> Result<Hash, EncodingError> {
        let head = canonical_json(&json!({ "tag": "commonweal/consensus/v1", "tender": tender }))?;
        let mut bytes = sha256(&head).0.to_vec();
        for hash in self.levels.values() {
            bytes.extend(hash.0);
        }
        Ok(sha256(&bytes))
    }
}
