//! Finds the releases, records and tenders of a file one at a time, whatever they are wrapped in, without holding more
//! than one of them.
//!
//! A file is any number of JSON documents after each other. A document is a release package, a record package, a list of
//! documents, a `{"data": ...}` wrapper around a document, or one release, record or tender.

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::text::{Meter, PlainText};

/// The most bytes one release, record or tender may have: it is held in memory while it is read.
const LONGEST_RECORD_BYTES: u64 = 64 * 1024 * 1024;
/// How deep wrappers may lie in each other.
const DEEPEST_WRAPPER: usize = 6;
/// What a package says about itself, which no reader uses.
const PACKAGE_FIELDS: [&str; 9] = [
    "uri",
    "version",
    "extensions",
    "publishedDate",
    "publisher",
    "license",
    "publicationPolicy",
    "packages",
    "links",
];

/// One release, record or tender as JSON text, and where it stands.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Its JSON.
    pub(super) json: &'a str,
}

/// Why a file cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The file is no JSON, from its first character on.
    #[error("not JSON: {0}")]
    NotJson(serde_json::Error),
    /// JSON, but of another kind.
    #[error("holds no releases, records or tenders: {0}")]
    OtherJson(serde_json::Error),
    /// The JSON breaks off or is wrong; what came before it was read.
    #[error("the JSON is broken: {0}")]
    Broken(serde_json::Error),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(serde_json::Error),
}

/// Hands over each release, record or tender of a file, until the taker breaks or the file ends.
pub(super) fn each_record<R: Read>(
    source: R,
    take: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
) -> Result<(), StreamError> {
    let meter = Meter::new(LONGEST_RECORD_BYTES);
    let mut deserializer = serde_json::Deserializer::from_reader(PlainText::new(source, &meter));
    let mut walk = Walk {
        meter: &meter,
        number: 0,
        stopped: false,
        take,
    };
    let mut documents = 0_u64;
    while deserializer.end().is_err() {
        let read = AnyDocument {
            walk: &mut walk,
            depth: 0,
        }
        .deserialize(&mut deserializer);
        if walk.stopped {
            return Ok(());
        }
        if let Err(error) = read {
            return Err(match error.classify() {
                serde_json::error::Category::Io => StreamError::Io(error),
                serde_json::error::Category::Data => StreamError::OtherJson(error),
                _ if documents == 0 && walk.number == 0 => StreamError::NotJson(error),
                _ => StreamError::Broken(error),
            });
        }
        documents += 1;
    }
    Ok(())
}

struct Walk<'w> {
    meter: &'w Meter,
    number: u64,
    stopped: bool,
    take: &'w mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn hand_over<E: serde::de::Error>(&mut self, line: u64, json: &str) -> Result<(), E> {
        self.meter.release();
        self.number += 1;
        let found = Found {
            number: self.number,
            line,
            json,
        };
        if (self.take)(found).is_break() {
            self.stopped = true;
            return Err(E::custom("stopped by the taker"));
        }
        Ok(())
    }
}

/// A document of any form.
struct AnyDocument<'a, 'w> {
    walk: &'a mut Walk<'w>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for AnyDocument<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth > DEEPEST_WRAPPER {
            return Err(D::Error::custom(format!(
                "lists and wrappers lie more than {DEEPEST_WRAPPER} deep in each other"
            )));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyDocument<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a release package, a record package, a release, a record, a tender, or a list of them",
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(AnyDocument {
                walk: &mut *self.walk,
                depth: self.depth + 1,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let line = self.walk.meter.line();
        let mut own = OwnFields::default();
        let mut wraps = false;
        while let Some(key) = map.next_key::<String>()? {
            let package = !own.has("ocid");
            match key.as_str() {
                "releases" | "records" if package => {
                    wraps = true;
                    map.next_value_seed(Records {
                        walk: &mut *self.walk,
                    })?;
                }
                "data" if package => {
                    wraps = true;
                    map.next_value_seed(AnyDocument {
                        walk: &mut *self.walk,
                        depth: self.depth + 1,
                    })?;
                }
                name if PACKAGE_FIELDS.contains(&name) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    self.walk.meter.hold();
                    own.0.push((key, map.next_value()?));
                }
            }
        }
        // A record whose releases stand before its id was taken for a package; what it says of itself counts all the same.
        if !wraps
            || (own.has("ocid") && (own.has("compiledRelease") || own.has("versionedRelease")))
        {
            let json = own.into_json().map_err(A::Error::custom)?;
            self.walk.hand_over(line, &json)?;
        }
        self.walk.meter.release();
        Ok(())
    }
}

/// The fields of an object that may be a record itself.
#[derive(Default)]
struct OwnFields(Vec<(String, Box<RawValue>)>);

impl OwnFields {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    fn into_json(self) -> Result<String, serde_json::Error> {
        let mut json = String::from("{");
        for (key, value) in self.0 {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::to_string(&key)?);
            json.push(':');
            json.push_str(value.get());
        }
        json.push('}');
        Ok(json)
    }
}

/// The list in a package: each element is handed over as it is. Anything but a list is handed over to be rejected.
struct Records<'a, 'w> {
    walk: &'a mut Walk<'w>,
}

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of releases or records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let line = self.walk.meter.line();
            self.walk.meter.hold();
            let Some(element) = seq.next_element::<Box<RawValue>>()? else {
                break;
            };
            self.walk.hand_over(line, element.get())?;
        }
        self.walk.meter.release();
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, line and JSON.
    type Taken = (u64, u64, String);

    fn found(text: &str) -> (Vec<Taken>, Result<(), StreamError>) {
        let mut all = Vec::new();
        let end = each_record(text.as_bytes(), &mut |found| {
            all.push((found.number, found.line, found.json.to_owned()));
            ControlFlow::Continue(())
        });
        (all, end)
    }

    fn jsons(text: &str) -> Vec<String> {
        let (all, end) = found(text);
        end.unwrap();
        all.into_iter().map(|(_, _, json)| json).collect()
    }

    #[test]
    fn packages_are_unwrapped() {
        assert_eq!(
            jsons(
                r#"{"uri":"x","releases":[{"ocid":"a"},{"ocid":"b"}],"license":{"releases":[]}}"#
            ),
            [r#"{"ocid":"a"}"#, r#"{"ocid":"b"}"#]
        );
        assert_eq!(
            jsons(r#"{"records":[{"ocid":"a","releases":[]}]}"#),
            [r#"{"ocid":"a","releases":[]}"#]
        );
    }

    #[test]
    fn bare_releases_and_records_are_one_each() {
        assert_eq!(
            jsons(r#"{"ocid":"a","id":"1"}"#),
            [r#"{"ocid":"a","id":"1"}"#]
        );
        let record = r#"{"ocid":"a","releases":[{"ocid":"a"}],"compiledRelease":{"ocid":"a"}}"#;
        assert_eq!(jsons(record), [record]);
    }

    #[test]
    fn lists_wrappers_and_joined_documents_are_unwrapped() {
        let text = r#"[{"releases":[{"ocid":"a"}]},{"ocid":"b"}] {"data":[{"id":"c"}]}
{"data":{"id":"d"},"config":{}}{"data":{"releases":[{"ocid":"e"}]}}"#;
        assert_eq!(
            jsons(text),
            [
                r#"{"ocid":"a"}"#,
                r#"{"ocid":"b"}"#,
                r#"{"id":"c"}"#,
                r#"{"id":"d"}"#,
                r#"{"ocid":"e"}"#
            ]
        );
    }

    #[test]
    fn the_place_of_each_record_is_known() {
        let (all, _) = found("{\"releases\":[\n{\"ocid\":\"a\"},\n{\"ocid\":\"b\"}\n]}");
        assert_eq!(
            all.iter().map(|(number, _, _)| *number).collect::<Vec<_>>(),
            [1, 2]
        );
        assert!(all[0].1 <= 2 && all[1].1 >= 2, "{all:?}");
    }

    #[test]
    fn no_json_is_said_so() {
        for text in ["<xml/>", "a,b\n1,2\n", "-"] {
            assert!(
                matches!(found(text).1, Err(StreamError::NotJson(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn json_of_another_kind_is_said_so() {
        for text in ["1", "[1]", r#"{"releases":{}}"#, r#"{"releases":[]} "x""#] {
            assert!(
                matches!(found(text).1, Err(StreamError::OtherJson(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn what_stands_before_a_break_is_read() {
        let (all, end) = found(r#"{"releases":[{"ocid":"a"},{"ocid":"#);
        assert_eq!(all.len(), 1);
        assert!(matches!(end, Err(StreamError::Broken(_))));
    }

    #[test]
    fn an_empty_file_and_an_empty_package_have_no_records() {
        assert_eq!(jsons(""), Vec::<String>::new());
        assert_eq!(
            jsons(r#"{"releases":[]}{"records":null}[]"#),
            Vec::<String>::new()
        );
    }

    #[test]
    fn numbers_pass_as_written() {
        assert_eq!(
            jsons(r#"{"ocid":"a","n":12345678901234567890.10}"#),
            [r#"{"ocid":"a","n":12345678901234567890.10}"#]
        );
    }

    #[test]
    fn a_taker_stops_the_reading() {
        let mut count = 0;
        each_record(&br#"{"releases":[1,2,3]} <broken"#[..], &mut |_| {
            count += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(count, 1);
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let deep = "[".repeat(200_000);
        assert!(found(&deep).1.is_err());
        let inside = format!("{{\"releases\":[{}", "[".repeat(200_000));
        assert!(found(&inside).1.is_err());
    }
}
