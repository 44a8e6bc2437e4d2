//! How whole smallest units stand in log entries: as decimal text, because JSON readers round large numbers.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
pub(super) fn serialize<S: Serializer>(units: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(units)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn parse(text: &str) -> Result<i64, String> {
    text.parse::<i64>()
        .ok()
        .filter(|units| *units >= 0 && units.to_string() == text)
        .ok_or_else(|| {
            let given: String = text.chars().take(40).collect();
            format!("`{given}` is not a number of units: expected digits, such as \"120\"")
        })
}

/// The same for a limit that may be absent.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Error, Serializer, parse};

    #[expect(
        clippy::ref_option,
        reason = "serde hands over a reference to the field"
    )]
    pub(in crate::credit) fn serialize<S: Serializer>(
        units: &Option<i64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match units {
            Some(units) => serializer.collect_str(units),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::credit) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i64>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| parse(&text).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_are_plain_digits_and_never_negative() {
        assert_eq!(parse("9223372036854775807"), Ok(i64::MAX));
        for wrong in ["-1", "01", "+1", "1.0", "", "9223372036854775808"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
