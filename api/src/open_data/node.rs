//! A tolerant view of one JSON value: looks only at what is asked for, takes numbers as the text they were written as
//! (never through a float), and reads a versioned value as its latest version.

use std::fmt;
use std::str::FromStr;

use commonweal_domain::time::Time;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value inside a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a RawValue);

/// The fields of an object, in the order written. Of a name that stands twice the last one counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Node<'a> {
    /// The value that a text holds.
    pub(super) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self)
    }

    /// The fields, when this is an object.
    pub(super) fn fields(self) -> Option<Fields<'a>> {
        let raw = self.latest().0.get();
        raw.starts_with('{')
            .then(|| serde_json::from_str(raw).ok())
            .flatten()
    }

    /// The elements of a list. One object where a list belongs is a list of one; anything else is empty.
    pub(super) fn list(self) -> Vec<Node<'a>> {
        let latest = self.latest();
        let raw = latest.0.get();
        if raw.starts_with('{') {
            return vec![latest];
        }
        elements(raw).into_iter().map(Node).collect()
    }

    /// A text, trimmed; a number as it is written. Nothing when empty or of another kind.
    pub(super) fn text(self) -> Option<String> {
        let raw = self.latest().0.get();
        let text = match raw.as_bytes().first()? {
            b'"' => serde_json::from_str::<String>(raw).ok()?,
            b'-' | b'0'..=b'9' => raw.to_owned(),
            _ => return None,
        };
        // No text of a publication needs the character NUL, and PostgreSQL cannot hold it.
        let text = text.replace('\0', "");
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The texts of a list; one text where a list belongs is a list of one.
    pub(super) fn texts(self) -> Vec<String> {
        let latest = self.latest();
        match latest.text() {
            Some(text) => vec![text],
            None => elements(latest.0.get())
                .into_iter()
                .filter_map(|raw| Node(raw).text())
                .collect(),
        }
    }

    /// Yes or no.
    pub(super) fn flag(self) -> Option<bool> {
        match self.latest().0.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Of a versioned value, the latest version; of anything else, itself.
    fn latest(self) -> Self {
        let raw = self.0.get();
        if !raw.starts_with('[') {
            return self;
        }
        let mut latest: Option<(String, Node<'a>)> = None;
        for element in elements(raw) {
            let Some(version) = Version::of(element) else {
                return self;
            };
            // Dates of one publisher have one form, so that their text orders them; later in the list wins a draw.
            if latest
                .as_ref()
                .is_none_or(|(date, _)| *date <= version.date)
            {
                latest = Some((version.date, Node(version.value)));
            }
        }
        latest.map_or(self, |(_, node)| node)
    }
}

fn elements(raw: &str) -> Vec<&RawValue> {
    if raw.starts_with('[') {
        serde_json::from_str(raw).unwrap_or_default()
    } else {
        Vec::new()
    }
}

/// One element of a versioned value.
struct Version<'a> {
    date: String,
    value: &'a RawValue,
}

impl<'a> Version<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        if !raw.get().starts_with('{') {
            return None;
        }
        let fields: Fields<'a> = serde_json::from_str(raw.get()).ok()?;
        fields.get("releaseID")?;
        Some(Self {
            date: fields.get("releaseDate")?.0.get().to_owned(),
            value: fields.get("value")?.0,
        })
    }
}

impl<'a> Fields<'a> {
    /// The value of a field, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, raw)| Node(raw))
            .filter(|node| node.0.get() != "null")
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Node::text)
    }

    /// The elements of a field.
    pub(super) fn list(&self, name: &str) -> Vec<Node<'a>> {
        self.get(name).map(Node::list).unwrap_or_default()
    }

    /// The objects of a list.
    pub(super) fn objects(&self, name: &str) -> Vec<Fields<'a>> {
        self.list(name)
            .into_iter()
            .filter_map(Node::fields)
            .collect()
    }

    /// The texts of a field.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.get(name).map(Node::texts).unwrap_or_default()
    }

    /// The fields of an object in a field; none when it is no object.
    pub(super) fn object(&self, name: &str) -> Fields<'a> {
        self.get(name).and_then(Node::fields).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// An exact decimal from a number as JSON writes it, exponent included. Nothing when it is no such number, or has more
/// digits than a decimal of 96 bits holds exactly.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole),
    };
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || exponent.unsigned_abs() > 60 {
        return None;
    }
    let mut all = format!("{whole}{fraction}");
    let mut point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    while point < 0 {
        all.insert(0, '0');
        point += 1;
    }
    let mut point = usize::try_from(point).ok()?;
    while all.len() < point {
        all.push('0');
    }
    // Zeros at the ends carry no value, and the type has no room to waste on them.
    while all.len() > point && all.ends_with('0') {
        all.pop();
    }
    while point > 1 && all.starts_with('0') {
        all.remove(0);
        point -= 1;
    }
    let (whole, fraction) = all.split_at_checked(point)?;
    let whole = if whole.is_empty() { "0" } else { whole };
    let plain = if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    };
    Decimal::from_str_exact(&plain).ok()
}

/// An instant from the forms that publishers use: RFC 3339 with any fraction of a second, the same without a zone (taken
/// as UTC), or a date alone (its midnight in UTC).
pub(super) fn instant(text: &str) -> Option<Time> {
    Time::from_str(text)
        .or_else(|_| Time::from_str(&format!("{text}Z")))
        .or_else(|_| Time::from_str(&format!("{text}T00:00:00Z")))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields<'_> {
        Node::parse(json).unwrap().fields().unwrap()
    }

    #[test]
    fn numbers_and_texts_are_read_as_written() {
        let fields = fields(
            r#"{"a": 12345678901234567.10, "b": " x\u0000 ", "c": "", "d": null, "e": true, "a2": 7}"#,
        );
        assert_eq!(fields.text("a").unwrap(), "12345678901234567.10");
        assert_eq!(fields.text("a2").unwrap(), "7");
        assert_eq!(fields.text("b").unwrap(), "x");
        assert_eq!(fields.text("c"), None);
        assert_eq!(fields.text("d"), None);
        assert_eq!(fields.get("e").unwrap().flag(), Some(true));
    }

    #[test]
    fn the_last_of_two_fields_counts() {
        assert_eq!(fields(r#"{"a":1,"a":2}"#).text("a").unwrap(), "2");
    }

    #[test]
    fn a_versioned_value_is_its_latest_version() {
        let json = r#"{"title":[
            {"releaseID":"2","releaseDate":"2020-02-01T00:00:00Z","releaseTag":["tender"],"value":"new"},
            {"releaseID":"1","releaseDate":"2020-01-01T00:00:00Z","releaseTag":["tender"],"value":"old"}],
          "who":[{"releaseID":"1","releaseDate":"2020-01-01","value":[{"id":"a"},{"id":"b"}]}],
          "many":[{"id":"a"}]}"#;
        let fields = fields(json);
        assert_eq!(fields.text("title").unwrap(), "new");
        assert_eq!(fields.objects("who").len(), 2);
        assert_eq!(fields.objects("many")[0].text("id").unwrap(), "a");
    }

    #[test]
    fn a_lone_object_or_text_is_a_list_of_one() {
        let fields = fields(r#"{"a":{"id":"x"},"b":"y","c":["1",2,null],"d":3}"#);
        assert_eq!(fields.objects("a")[0].text("id").unwrap(), "x");
        assert_eq!(fields.texts("b"), ["y"]);
        assert_eq!(fields.texts("c"), ["1", "2"]);
        assert!(fields.objects("d").is_empty());
    }

    #[test]
    fn decimals_are_exact_or_nothing() {
        let exact = |text: &str| decimal(text).map(|decimal| decimal.to_string());
        assert_eq!(exact("0.1").unwrap(), "0.1");
        assert_eq!(exact("1311264.0").unwrap(), "1311264");
        assert_eq!(exact("1.5e3").unwrap(), "1500");
        assert_eq!(exact("15E-3").unwrap(), "0.015");
        assert_eq!(exact("-2.50").unwrap(), "-2.5");
        assert_eq!(exact("0").unwrap(), "0");
        assert_eq!(exact("000120").unwrap(), "120");
        assert_eq!(
            exact("79228162514264337593543950335").unwrap(),
            "79228162514264337593543950335"
        );
        for wrong in [
            "",
            "-",
            ".",
            "1,5",
            "12 000",
            "NaN",
            "1e99",
            "1e",
            "0x10",
            "٣",
            "792281625142643375935439503350",
        ] {
            assert_eq!(exact(wrong), None, "{wrong}");
        }
        assert_eq!(exact("1.00000000000000000000000000000000001"), None);
        assert_eq!(exact("1.00000000000000000000000000000000000").unwrap(), "1");
    }

    #[test]
    fn instants_come_in_many_forms() {
        let utc = |text: &str| instant(text).unwrap().to_string();
        assert_eq!(
            utc("2021-03-04T05:06:07.1234567Z"),
            "2021-03-04T05:06:07.123456Z"
        );
        assert_eq!(
            utc("2021-03-04T05:06:07+02:00"),
            "2021-03-04T03:06:07.000000Z"
        );
        assert_eq!(utc("2021-03-04T05:06:07"), "2021-03-04T05:06:07.000000Z");
        assert_eq!(utc("2021-03-04"), "2021-03-04T00:00:00.000000Z");
        assert!(instant("yesterday").is_none());
    }
}
