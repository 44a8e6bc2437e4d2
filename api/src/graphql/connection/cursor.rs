//! Opaque cursors: a kind and the key of a row, as base64url of JSON.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// Longer texts are no cursor of ours.
const MAX_LENGTH: usize = 512;

/// The key a list is ordered by: unique, and compared by the store in this very order.
pub trait Cursor: Serialize + DeserializeOwned {
    /// Which list and order the key belongs to, so that a cursor of one list is refused by another.
    const KIND: &'static str;

    /// The opaque text.
    fn encode(&self) -> String {
        let json = serde_json::to_vec(&(Self::KIND, self)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// Reads the opaque text back.
    fn decode(text: &str) -> Result<Self, CursorError> {
        if text.len() > MAX_LENGTH {
            return Err(CursorError);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (kind, key): (String, Self) = serde_json::from_slice(&json).map_err(|_| CursorError)?;
        if kind == Self::KIND {
            Ok(key)
        } else {
            Err(CursorError)
        }
    }
}

/// The text is not a cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list: use `endCursor`, `startCursor` or an edge's `cursor`")]
pub struct CursorError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct ByTitle(String, i64);
    impl Cursor for ByTitle {
        const KIND: &'static str = "tender.title";
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct ByName(String, i64);
    impl Cursor for ByName {
        const KIND: &'static str = "organisation.name";
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(title in ".{0,40}", id in any::<i64>()) {
            let key = ByTitle(title, id);
            prop_assert_eq!(ByTitle::decode(&key.encode()), Ok(key));
        }

        #[test]
        fn any_other_text_is_refused(text in ".{0,80}") {
            prop_assert!(ByTitle::decode(&text).is_err());
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let text = ByName("a".into(), 1).encode();
        assert_eq!(ByTitle::decode(&text), Err(CursorError));
    }
}
