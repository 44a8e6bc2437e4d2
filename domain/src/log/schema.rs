//! JSON Schemas (draft 2020-12) of the entries, one per kind and version, generated from the types that replay reads.
//!
//! A schema is closed: a property that it does not name is no part of the entry. It says what a value looks like; what an
//! entry may say after those before it, replay says.

use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::canonical::MAX_JSON_INTEGER;
use super::entry::{ENVELOPE, EntryActor};
use super::hash::Hash;
use super::kinds::{self, KINDS};
use crate::time::{Date, Time};

/// A decimal with the places that its scale gives it.
pub(crate) const DECIMAL: &str = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$";
/// A decimal without trailing zeros.
pub(crate) const SHORTEST_DECIMAL: &str = r"^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$";
/// Numerator and denominator in lowest terms.
pub(crate) const FRACTION: &str = "^-?(0|[1-9][0-9]*)/[1-9][0-9]*$";
/// A whole number of smallest units.
pub(crate) const UNITS: &str = "^(0|[1-9][0-9]*)$";
/// The code of a criterion, a lot or a measure.
pub(crate) const CODE: &str = "^[A-Za-z0-9.-]{1,30}$";
/// An ISO 4217 code.
pub(crate) const CURRENCY: &str = "^[A-Z]{3}$";
/// A UUID in lower case.
pub(crate) const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
/// 32 bytes as lower-case hexadecimal digits.
pub(crate) const HEX_32: &str = "^[0-9a-f]{64}$";
/// A calendar date.
const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// The file that lists all schemas, below the log's address.
pub const INDEX_PATH: &str = "schema/index.json";

/// Where the schema of a kind and version stands below the log's address.
pub fn schema_path(kind: &str, version: u32) -> String {
    format!("schema/{kind}.v{version}.json")
}

/// The kind and version whose schema stands at a path; none for any other path.
pub fn schema_at(path: &str) -> Option<(&'static str, u32)> {
    KINDS
        .iter()
        .copied()
        .find(|(kind, version)| schema_path(kind, *version) == path)
}

/// All kinds with their versions and the paths of their schemas, in the order of the list of kinds.
pub fn index() -> Value {
    let kinds: Vec<Value> = KINDS
        .iter()
        .map(|(kind, version)| {
            json!({ "kind": kind, "version": version, "schema": schema_path(kind, *version) })
        })
        .collect();
    json!({ "v": ENVELOPE, "kinds": kinds })
}

/// The paths of all files of schemas, the list of them last.
pub fn paths() -> impl Iterator<Item = String> {
    KINDS
        .iter()
        .map(|(kind, version)| schema_path(kind, *version))
        .chain([INDEX_PATH.to_owned()])
}

/// The file at a path below the log's address: the list of all schemas, or one of them; none at any other path.
pub fn file(path: &str) -> Option<Vec<u8>> {
    let value = if path == INDEX_PATH {
        index()
    } else {
        let (kind, version) = schema_at(path)?;
        entry_schema(kind, version)?
    };
    Some(format!("{value:#}\n").into_bytes())
}

/// The schema of the entries of one kind and version; none when this program does not know it. The body of an entry that
/// does not fit it is checked by the same schema's `#/properties/body`.
pub fn entry_schema(kind: &str, version: u32) -> Option<Value> {
    let mut generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let body = kinds::body_schema(kind, version, &mut generator)?;
    let description = kinds::describe(kind, version)?;
    let mut schema = envelope(kind, version, &body, &mut generator);
    schema.insert("description".to_owned(), description.into());
    schema.insert(
        "$defs".to_owned(),
        Value::Object(generator.take_definitions(true)),
    );
    let mut schema = Schema::from(schema);
    Closed.transform(&mut schema);
    Some(schema.to_value())
}

fn envelope(
    kind: &str,
    version: u32,
    body: &Schema,
    generator: &mut SchemaGenerator,
) -> Map<String, Value> {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{kind}, version {version}"),
        "type": "object",
        "required": ["v", "kind", "bv", "at", "actors", "subject"],
        "oneOf": [{ "required": ["body"] }, { "required": ["blob"] }],
        "properties": {
            "v": { "const": ENVELOPE, "description": "Version of the form of entries." },
            "kind": { "const": kind },
            "bv": { "const": version, "description": "Version of the body." },
            "at": generator.subschema_for::<Time>(),
            "actors": { "type": "array", "items": generator.subschema_for::<EntryActor>() },
            "subject": { "type": "string", "description": "What the entry is about, as an id or another public key." },
            "inputs_upto": {
                "type": "integer", "minimum": 0, "maximum": MAX_JSON_INTEGER,
                "description": "Size of the log on which a decision was based."
            },
            "body": body,
            "blob": generator.subschema_for::<Hash>()
        }
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Refuses properties that an object does not name, as the parser does.
struct Closed;

impl Transform for Closed {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        transform_subschemas(self, schema);
    }
}

/// The schema of a type that stands in an entry as text of one pattern.
macro_rules! text {
    ($($type:ty = $name:literal, $pattern:expr, $what:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $what })
            }
        }
    )*};
}

text! {
    Hash = "Hash", HEX_32, "A SHA-256 hash.";
    super::commitment::Salt = "Salt", HEX_32, "32 random bytes.";
    Date = "Date", DATE, "A day of the Gregorian calendar.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_closed_schema_at_a_path_of_its_own() {
        let mut paths = std::collections::BTreeSet::new();
        for (kind, version) in KINDS {
            let schema = entry_schema(kind, *version).unwrap();
            assert_eq!(schema["properties"]["kind"]["const"], *kind);
            assert_eq!(schema["additionalProperties"], false);
            assert!(
                schema["description"]
                    .as_str()
                    .is_some_and(|text| text.ends_with('.'))
            );
            expect_closed(&schema, kind);
            let path = schema_path(kind, *version);
            assert_eq!(schema_at(&path), Some((*kind, *version)));
            assert!(paths.insert(path));
        }
        assert_eq!(index()["kinds"].as_array().unwrap().len(), KINDS.len());
    }

    fn expect_closed(schema: &Value, place: &str) {
        match schema {
            Value::Object(fields) => {
                if fields.contains_key("properties") && fields.get("type").is_some() {
                    assert!(fields.contains_key("additionalProperties"), "{place}");
                }
                for (key, value) in fields {
                    expect_closed(value, &format!("{place}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| expect_closed(item, place)),
            _ => {}
        }
    }

    #[test]
    fn what_is_unknown_has_no_schema() {
        assert_eq!(entry_schema("role.invented", 1), None);
        assert_eq!(entry_schema("role.granted", 2), None);
        for path in [
            "schema/role.granted.v2.json",
            "schema/role.granted.v01.json",
            "schema/",
            "",
        ] {
            assert_eq!(schema_at(path), None, "{path}");
        }
    }
}
