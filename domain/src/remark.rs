//! Words behind a hash: reasons and notes that people write. The log holds a salted commitment; words and salt live in
//! an erasable table beside it, because people write names and worse into free text.

use serde_json::json;

use crate::log::canonical::{EncodingError, canonical_json};
use crate::log::hash::{Hash, sha256};
use crate::text::is_words;

/// The most characters of a remark.
pub const MAX_REMARK: usize = 2000;

/// Words that are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write 1 to {MAX_REMARK} characters without blanks at the ends and without control or hidden characters"
)]
pub struct InvalidRemark;

/// Checks words as people type them; several lines are fine.
pub fn check_remark(words: &str) -> Result<(), InvalidRemark> {
    if words.trim() == words && is_words(words, MAX_REMARK) {
        Ok(())
    } else {
        Err(InvalidRemark)
    }
}

/// The commitment to words: SHA-256 of the canonical JSON of tag, salt and words. Without the salt nobody finds short
/// words by trial.
pub fn commit_remark(words: &str, salt: [u8; 32]) -> Result<Hash, EncodingError> {
    let content =
        json!({ "tag": "commonweal/remark/v1", "salt": hex::encode(salt), "words": words });
    canonical_json(&content).map(|bytes| sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_depends_on_salt_and_words() {
        let base = commit_remark("12 of 20 sheets agree", [1; 32]).unwrap();
        assert_eq!(
            base,
            commit_remark("12 of 20 sheets agree", [1; 32]).unwrap()
        );
        assert_ne!(
            base,
            commit_remark("12 of 20 sheets agree", [2; 32]).unwrap()
        );
        assert_ne!(
            base,
            commit_remark("13 of 20 sheets agree", [1; 32]).unwrap()
        );
    }

    #[test]
    fn the_longest_remark_in_any_script_can_be_committed() {
        let words = "힣".repeat(MAX_REMARK);
        assert!(check_remark(&words).is_ok() && commit_remark(&words, [0; 32]).is_ok());
    }

    #[test]
    fn blank_long_and_unprintable_words_are_refused() {
        for words in ["", " a", "a\u{7}", &"x".repeat(2001)] {
            assert!(check_remark(words).is_err(), "{words:?}");
        }
        assert!(check_remark("two\nlines").is_ok());
    }
}
