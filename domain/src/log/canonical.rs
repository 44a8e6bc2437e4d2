//! Canonical JSON (RFC 8785, JCS): a value has exactly one byte form, so that a hash of it means one thing.
//!
//! Numbers are narrowed to what every JSON reader keeps exactly (RFC 7493 section 2.2): integers within
//! ±(2^53 − 1). Money, quantities, weights and marks travel as decimal strings.

mod order;

use serde::Serialize;
use serde_json::{Number, Value};

/// The largest entry in bytes: its length must fit the 16-bit prefix of an entry bundle (C2SP tlog-tiles).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The largest blob in bytes, as long as the largest entry bundle: a reader knows what to make room for.
pub const MAX_BLOB_BYTES: usize = 16 << 20;

/// The largest integer that JSON readers keep exactly: 2^53 − 1.
pub const MAX_JSON_INTEGER: u64 = 9_007_199_254_740_991;

/// How deep objects and arrays may nest; far above any body of ours and below every reader's own limit.
const MAX_DEPTH: usize = 64;

/// Why a value has no canonical form, or why bytes are not canonical.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A number with a fraction or exponent. `path` is a JSON pointer (RFC 6901).
    #[error("{path}: {number} is not an integer: write it as a decimal string")]
    NotAnInteger {
        /// Where the number stands.
        path: String,
        /// The number as read.
        number: String,
    },
    /// An integer that some JSON readers would round.
    #[error("{path}: {number} is beyond ±{MAX_JSON_INTEGER}: write it as a decimal string")]
    IntegerTooLarge {
        /// Where the number stands.
        path: String,
        /// The number as read.
        number: String,
    },
    /// Objects and arrays nested too deep.
    #[error("{path}: nested deeper than {MAX_DEPTH} levels: flatten the value")]
    TooDeep {
        /// Where the limit was passed.
        path: String,
    },
    /// The canonical form does not fit an entry.
    #[error(
        "the canonical form has {bytes} bytes, an entry at most {MAX_ENTRY_BYTES}: store the content as a blob and put its hash in the entry"
    )]
    TooLarge {
        /// Length in bytes of the canonical form.
        bytes: usize,
    },
    /// The canonical form does not fit a blob.
    #[error(
        "the canonical form has {bytes} bytes, a blob at most {MAX_BLOB_BYTES}: divide the content"
    )]
    BlobTooLarge {
        /// Length in bytes of the canonical form.
        bytes: usize,
    },
    /// The value cannot be JSON at all: a key that is not text, the same key twice, a number that is not finite.
    #[error("the value cannot be written as JSON ({reason}): correct the type that serialises it")]
    NotEncodable {
        /// What the serialiser said.
        reason: String,
    },
    /// The bytes are not JSON.
    #[error("the bytes are not JSON ({reason}): send UTF-8 JSON")]
    NotJson {
        /// What the parser said.
        reason: String,
    },
    /// The bytes are JSON, but not the canonical form of what they say.
    #[error(
        "the bytes differ from the canonical form at byte {at}: encode the value by RFC 8785 (sorted unique keys, no spaces, shortest escapes)"
    )]
    NotCanonical {
        /// The first byte that differs, counted from 0.
        at: usize,
    },
}

/// The canonical bytes of an entry: RFC 8785, at most [`MAX_ENTRY_BYTES`].
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodingError> {
    let bytes = canonical_blob(value)?;
    check_entry_size(&bytes)?;
    Ok(bytes)
}

/// The canonical bytes of a value of any size, for blobs that an entry names by hash.
pub fn canonical_blob<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodingError> {
    match order::write(value).map_err(|error| not_encodable(&error))? {
        Some(bytes) => Ok(bytes),
        None => canonicalised(value),
    }
}

/// The same by the canonicaliser, which is right for every value, slow, and says what is wrong.
fn canonicalised<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodingError> {
    // The tree form shows the numbers as they are; the canonicaliser would round them silently.
    let tree = serde_json::to_value(value).map_err(|error| not_encodable(&error))?;
    check(&tree, &mut String::new(), 0)?;
    // Encode the value itself and not its tree, in which the same key twice has already become one.
    serde_json_canonicalizer::to_vec(&value).map_err(|error| not_encodable(&error))
}

/// Reads an entry. Bytes that are not already canonical are refused, so that no two byte forms mean the same.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, EncodingError> {
    check_entry_size(bytes)?;
    parse_canonical_blob(bytes)
}

/// Like [`parse_canonical`], for a blob of any size (the caller bounds what it reads).
pub fn parse_canonical_blob(bytes: &[u8]) -> Result<Value, EncodingError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| EncodingError::NotJson {
        reason: error.to_string(),
    })?;
    let canonical = canonical_blob(&value)?;
    if canonical == bytes {
        return Ok(value);
    }
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b);
    Err(EncodingError::NotCanonical { at: same.count() })
}

fn check_entry_size(bytes: &[u8]) -> Result<(), EncodingError> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(EncodingError::TooLarge { bytes: bytes.len() });
    }
    Ok(())
}

fn not_encodable(error: &serde_json::Error) -> EncodingError {
    EncodingError::NotEncodable {
        reason: error.to_string(),
    }
}

/// Walks `value`; `path` is the JSON pointer to it, kept up to date on the way.
fn check(value: &Value, path: &mut String, depth: usize) -> Result<(), EncodingError> {
    if depth > MAX_DEPTH {
        return Err(EncodingError::TooDeep { path: path.clone() });
    }
    let deeper = depth.saturating_add(1);
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => check_number(number, path),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_at(item, &index.to_string(), path, deeper)),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(key, item)| check_at(item, key, path, deeper)),
    }
}

fn check_at(
    value: &Value,
    key: &str,
    path: &mut String,
    depth: usize,
) -> Result<(), EncodingError> {
    let parent = path.len();
    path.push('/');
    path.push_str(&key.replace('~', "~0").replace('/', "~1"));
    check(value, path, depth)?;
    path.truncate(parent);
    Ok(())
}

fn check_number(number: &Number, path: &str) -> Result<(), EncodingError> {
    let magnitude = match (number.as_u64(), number.as_i64()) {
        (Some(whole), _) => whole,
        (None, Some(negative)) => negative.unsigned_abs(),
        (None, None) => {
            return Err(EncodingError::NotAnInteger {
                path: path.to_owned(),
                number: number.to_string(),
            });
        }
    };
    if magnitude > MAX_JSON_INTEGER {
        return Err(EncodingError::IntegerTooLarge {
            path: path.to_owned(),
            number: number.to_string(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_by_utf_16_and_strings_escaped_as_rfc_8785_says() {
        // The sorting example of RFC 8785 section 3.2.3, then the escapes of 3.2.2.2.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        assert_eq!(
            String::from_utf8(canonical_json(&value).unwrap()).unwrap(),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\
             \"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
        assert_eq!(
            canonical_json("\u{20ac}$\u{f}\nA'B\"\\\\\"/").unwrap(),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"".as_bytes()
        );
    }

    #[test]
    fn a_fraction_anywhere_is_refused_by_its_place() {
        for number in [json!(0.5), json!(1.0), json!(-0.0), json!(1e30)] {
            let error = canonical_json(&json!({"bids": [1, {"a/b": number}]})).unwrap_err();
            assert!(
                matches!(&error, EncodingError::NotAnInteger { path, .. } if path == "/bids/1/a~1b"),
                "{error}"
            );
        }
        assert!(canonical_json(&f64::NAN).is_err());
    }

    #[test]
    fn integers_are_accepted_up_to_two_to_the_53_less_one() {
        let max = i64::try_from(MAX_JSON_INTEGER).unwrap();
        for fits in [max, -max, 0, -1] {
            assert_eq!(canonical_json(&fits).unwrap(), fits.to_string().as_bytes());
            assert_eq!(
                parse_canonical(fits.to_string().as_bytes()),
                Ok(json!(fits))
            );
        }
        for beyond in [max + 1, -max - 1, i64::MAX, i64::MIN] {
            assert!(matches!(
                canonical_json(&[beyond]),
                Err(EncodingError::IntegerTooLarge { path, .. }) if path == "/0"
            ));
            assert!(parse_canonical(beyond.to_string().as_bytes()).is_err());
        }
        assert!(canonical_json(&u64::MAX).is_err());
        assert!(canonical_json(&u128::MAX).is_err());
    }

    #[test]
    fn an_entry_has_at_most_65535_bytes_and_a_blob_may_have_more() {
        let fits = "x".repeat(MAX_ENTRY_BYTES - 2);
        assert_eq!(canonical_json(&fits).unwrap().len(), MAX_ENTRY_BYTES);
        let beyond = format!("{fits}x");
        assert_eq!(
            canonical_json(&beyond),
            Err(EncodingError::TooLarge { bytes: 65_536 })
        );
        let blob = canonical_blob(&beyond).unwrap();
        assert!(parse_canonical(&blob).is_err());
        assert_eq!(parse_canonical_blob(&blob), Ok(json!(beyond)));
    }

    #[test]
    fn a_type_that_writes_the_same_key_twice_is_refused() {
        #[derive(Serialize)]
        struct Twice {
            price: u8,
            #[serde(flatten)]
            rest: BTreeMap<String, u8>,
        }
        let twice = Twice {
            price: 1,
            rest: BTreeMap::from([("price".to_owned(), 2)]),
        };
        assert!(matches!(
            canonical_json(&twice),
            Err(EncodingError::NotEncodable { .. })
        ));
    }

    #[test]
    fn deep_nesting_is_refused_both_ways() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_canonical(nested(MAX_DEPTH).as_bytes()).is_ok());
        for levels in [MAX_DEPTH + 2, 1_000, 30_000] {
            assert!(parse_canonical(nested(levels).as_bytes()).is_err());
        }
    }

    #[test]
    fn bytes_that_are_not_canonical_are_refused() {
        assert!(parse_canonical(br#"{"a":1,"b":[true,null,"x"]}"#).is_ok());
        for (bytes, at) in [
            (r#"{"a":1,"a":1}"#, 6),
            (r#"{"a":1,"a":2}"#, 5),
            (r#"{"b":1,"a":2}"#, 2),
            (r#"{"a": 1}"#, 5),
            (r#"{"a":1} "#, 7),
            ("{\"a\":1}\n", 7),
            (r#"{"\u0061":1}"#, 2),
            (r#""\/""#, 1),
            (r#""\u000A""#, 2),
        ] {
            assert_eq!(
                parse_canonical(bytes.as_bytes()),
                Err(EncodingError::NotCanonical { at }),
                "{bytes}"
            );
        }
        for bytes in [
            "",
            "{",
            "{\"a\":01}",
            "nul",
            "1 2",
            "\u{feff}1",
            "\"\\ud800\"",
        ] {
            assert!(
                matches!(
                    parse_canonical(bytes.as_bytes()),
                    Err(EncodingError::NotJson { .. })
                ),
                "{bytes}"
            );
        }
        assert!(parse_canonical(b"\"\xff\"").is_err());
        assert!(parse_canonical(b"1e2").is_err());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..8)
                    .prop_map(|fields: HashMap<_, _>| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn encoding_and_parsing_are_inverse(value in any_value()) {
            let bytes = canonical_blob(&value).unwrap();
            prop_assert_eq!(&bytes, &canonicalised(&value).unwrap());
            prop_assert_eq!(parse_canonical_blob(&bytes), Ok(value));
        }

        #[test]
        fn members_in_any_order_are_written_as_the_canonicaliser_writes_them(
            value in prop::collection::hash_map("[ -~]{0,3}", prop::collection::hash_map("[a-z]{0,2}", any::<i32>(), 0..6), 0..6),
        ) {
            prop_assert_eq!(canonical_blob(&value), canonicalised(&value));
        }

        #[test]
        fn a_changed_byte_never_reads_as_the_same_value(value in any_value(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let bytes = canonical_blob(&value).unwrap();
            let mut changed = bytes.clone();
            changed[at.index(bytes.len())] = to;
            prop_assume!(changed != bytes);
            prop_assert_ne!(parse_canonical_blob(&changed), Ok(value));
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = parse_canonical(&bytes) {
                prop_assert_eq!(canonical_json(&value), Ok(bytes));
            }
        }
    }
}
