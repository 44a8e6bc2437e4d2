//! Scalars. All of them are strings, so that no client rounds a number.

use async_graphql::{
    Description, InputType, InputValueError, InputValueResult, Pos, Scalar, ScalarType, Value,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time;

fn text<'v, T: InputType>(value: &'v Value, expected: &str) -> Result<&'v str, InputValueError<T>> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(InputValueError::custom(format!(
            "expected {expected} as a string"
        ))),
    }
}

/// An exact decimal number as a string, such as `"38.0952"`: never a float.
#[derive(Debug, Clone, PartialEq, Eq, Description)]
pub struct Decimal(pub String);

#[Scalar(
    name = "Decimal",
    specified_by_url = "https://www.w3.org/TR/xmlschema-2/#decimal",
    use_type_description
)]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "a decimal number")?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if plain(whole) && plain(fraction) && text.len() <= 60 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InputValueError::custom(
                "expected digits with at most one point, such as \"1234.50\"",
            ))
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An instant in UTC as RFC 3339 with microseconds, such as `"2026-11-22T12:00:00.000000Z"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Description)]
pub struct DateTime(pub time::Time);

#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339",
    use_type_description
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let time = text(&value, "a time")?.parse();
        time.map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A calendar date, `"YYYY-MM-DD"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Description)]
pub struct Date(pub time::Date);

#[Scalar(
    name = "Date",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    use_type_description
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = text(&value, "a date")?.parse();
        date.map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A SHA-256 hash as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Description)]
pub struct Sha256(pub Hash);

#[Scalar(
    name = "Sha256",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc6234",
    use_type_description
)]
impl ScalarType for Sha256 {
    fn parse(value: Value) -> InputValueResult<Self> {
        let hash = text(&value, "64 hexadecimal digits")?.parse();
        hash.map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Bytes in base64 with padding (RFC 4648, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Description)]
pub struct Base64(pub Vec<u8>);

#[Scalar(
    name = "Base64",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc4648#section-4",
    use_type_description
)]
impl ScalarType for Base64 {
    fn parse(value: Value) -> InputValueResult<Self> {
        let bytes = STANDARD.decode(text(&value, "base64")?);
        bytes.map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(STANDARD.encode(&self.0))
    }
}

/// A whole number of any size as a string: log indexes and units of credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Description)]
pub struct BigInt(pub i64);

#[Scalar(
    name = "BigInt",
    specified_by_url = "https://www.w3.org/TR/xmlschema-2/#integer",
    use_type_description
)]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "a whole number")?;
        let number = text
            .parse::<i64>()
            .ok()
            .filter(|number| number.to_string() == text);
        number
            .map(Self)
            .ok_or_else(|| InputValueError::custom("expected a whole number such as \"1200\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<u64> for BigInt {
    /// Indexes of the log stay below 2^63.
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// Why a value is none of the scalar of this name; `None` when it is one, or the name is not of a scalar here.
pub(crate) fn refusal(name: &str, value: &Value) -> Option<String> {
    fn reason<T: ScalarType + InputType>(value: &Value) -> Option<String> {
        let error = <T as ScalarType>::parse(value.clone()).err()?;
        let message = error.into_server_error(Pos::default()).message;
        // The library puts the name of the type before our own words.
        Some(match message.split_once("\": ") {
            Some((_, reason)) => reason.to_owned(),
            None => message,
        })
    }
    match name {
        "Decimal" => reason::<Decimal>(value),
        "DateTime" => reason::<DateTime>(value),
        "Date" => reason::<Date>(value),
        "Sha256" => reason::<Sha256>(value),
        "Base64" => reason::<Base64>(value),
        "BigInt" => reason::<BigInt>(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parses<T: ScalarType>(text: &str) -> bool {
        T::parse(Value::from(text)).is_ok()
    }

    #[test]
    fn numbers_are_refused_where_strings_carry_exact_values() {
        assert!(<Decimal as ScalarType>::parse(Value::from(1.5)).is_err());
        assert!(<BigInt as ScalarType>::parse(Value::from(5)).is_err());
        assert!(parses::<Decimal>("-1234.50") && parses::<BigInt>("-9"));
    }

    #[test]
    fn forms_that_are_nearly_right_are_refused() {
        for text in ["", "1.", ".5", "1e3", "+1", "1,5", "--1"] {
            assert!(!parses::<Decimal>(text), "{text}");
        }
        assert!(!parses::<BigInt>("007") && !parses::<BigInt>("1.0"));
        assert!(!parses::<Date>("2026-2-1") && !parses::<DateTime>("2026-02-01T00:00:00"));
        assert!(!parses::<Sha256>(&"A".repeat(64)) && parses::<Sha256>(&"a".repeat(64)));
    }

    /// A scalar that `refusal` does not know would have its wrong values masked as a defect of ours.
    #[test]
    fn every_scalar_of_the_schema_says_what_it_expected() {
        let sdl = crate::graphql::schema::builder().finish().sdl();
        let names = sdl.lines().filter_map(|line| line.strip_prefix("scalar "));
        let names: Vec<&str> = names
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert!(names.contains(&"Decimal"), "{names:?}");
        for name in names {
            assert!(refusal(name, &Value::Boolean(true)).is_some(), "{name}");
        }
        let reason = refusal("Decimal", &Value::from("1,5")).unwrap();
        assert!(reason.starts_with("expected digits"), "{reason}");
        assert_eq!(refusal("Decimal", &Value::from("1.5")), None);
    }
}
