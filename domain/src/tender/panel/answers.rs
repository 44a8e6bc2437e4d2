//! An evaluator's marks for the prepared answers as sealed content, and in the same form the reference of whoever prepared
//! them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::calibration::Levels;
use crate::ids::{PersonId, TenderId};
use crate::log::commitment::{Opening, Salt, SealedContent};
use crate::tender::sealing::{InvalidSealed, seal_fields, shown};

const TENDER: &str = "tender";
const EVALUATOR: &str = "evaluator";
const LEVELS: &str = "levels";
const REASON: &str = "reason-";

/// Marks for the prepared answers, or the reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationContent {
    /// The tender.
    pub tender: TenderId,
    /// Who marked; nobody for the reference.
    pub evaluator: Option<PersonId>,
    /// The levels by the numbers of the answers.
    pub levels: Levels,
    /// Why, by the numbers of the answers; none for the reference. They stand in the log as hashes; the texts can be erased.
    pub reasons: BTreeMap<u32, String>,
}

/// The same as an opening shows it: all but the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCalibration {
    /// The tender.
    pub tender: TenderId,
    /// Who marked; nobody for the reference.
    pub evaluator: Option<PersonId>,
    /// The levels by the numbers of the answers.
    pub levels: Levels,
}

impl CalibrationContent {
    /// The content ready to be committed to; `salt` gives a fresh random salt at each call.
    pub fn seal(&self, mut salt: impl FnMut() -> Salt) -> SealedContent {
        let names: Vec<String> = self
            .reasons
            .keys()
            .map(|n| Self::reason_field(*n))
            .collect();
        let mut fields = vec![
            (TENDER, json!(self.tender)),
            (EVALUATOR, json!(self.evaluator)),
            (LEVELS, json!(self.levels)),
        ];
        let reasons = names.iter().zip(self.reasons.values());
        fields.extend(reasons.map(|(name, reason)| (name.as_str(), json!(reason))));
        seal_fields(fields, &mut salt)
    }

    /// The name of the sealed field that holds the reason for an answer's level.
    pub fn reason_field(number: u32) -> String {
        format!("{REASON}{number}")
    }

    /// Whether the release publishes the sealed field of a name ([`SealedContent::open`]): all but the reasons.
    pub fn publishes(name: &str) -> bool {
        !name.starts_with(REASON)
    }
}

impl ShownCalibration {
    /// What a release shows.
    pub fn from_opening(opening: &Opening) -> Result<Self, InvalidSealed> {
        Ok(Self {
            tender: shown(opening, TENDER)?,
            evaluator: shown(opening, EVALUATOR)?,
            levels: shown(opening, LEVELS)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::hash::sha256;
    use crate::tender::fixtures::{person, tender};

    #[test]
    fn a_release_shows_the_levels_and_hides_the_reasons() {
        let content = CalibrationContent {
            tender: tender(),
            evaluator: Some(person(5)),
            levels: [(1, 4), (12, 0)].into(),
            reasons: [(1, "Ms Kim would agree".to_owned())].into(),
        };
        let mut next = 0;
        let sealed = content.seal(|| {
            next = u8::wrapping_add(next, 1);
            Salt([next; 32])
        });
        let opening = sealed
            .open(sha256(b""), CalibrationContent::publishes)
            .unwrap();
        assert!(!serde_json::to_string(&opening).unwrap().contains("Kim"));
        let text = serde_json::to_vec(&opening).unwrap();
        let opening = serde_json::from_slice(&text).unwrap();
        let shown = ShownCalibration::from_opening(&opening).unwrap();
        assert_eq!((shown.evaluator, shown.tender), (Some(person(5)), tender()));
        assert_eq!(shown.levels, content.levels);
    }
}
