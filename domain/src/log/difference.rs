//! Two values of one form, told apart in plain words: what a finding says where something whole was recomputed.

use serde::Serialize;
use serde_json::{Map, Value};

/// The first place in which two values differ, and what each says there: `total: 71.0333` and `total: 81.0333`.
pub fn difference(expected: &impl Serialize, found: &impl Serialize) -> (String, String) {
    let (expected, found) = (value(expected), value(found));
    let mut place = String::new();
    let (expected, found) = descend(&expected, &found, &mut place);
    let at = |value| match place.as_str() {
        "" => words(value),
        place => format!("{place}: {}", words(value)),
    };
    (at(expected), at(found))
}

/// A value in words: `rank 1, total 71.0333`.
pub fn plain(shown: &impl Serialize) -> String {
    words(&value(shown))
}

/// What does not serialise, which no body of an entry does, shows as nothing.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn descend<'a>(
    expected: &'a Value,
    found: &'a Value,
    place: &mut String,
) -> (&'a Value, &'a Value) {
    let step = match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => in_object(expected, found),
        (Value::Array(expected), Value::Array(found)) => in_array(expected, found),
        _ => None,
    };
    let Some((name, expected, found)) = step else {
        return (expected, found);
    };
    if !place.is_empty() {
        place.push_str(", ");
    }
    place.push_str(&name);
    descend(expected, found, place)
}

/// Where two values differ first, with both.
type Step<'a> = (String, &'a Value, &'a Value);

fn in_object<'a>(
    expected: &'a Map<String, Value>,
    found: &'a Map<String, Value>,
) -> Option<Step<'a>> {
    let mut names = expected.keys().chain(found.keys());
    let at = |map: &'a Map<String, Value>, name: &String| map.get(name).unwrap_or(&Value::Null);
    let name = names.find(|name| at(expected, name) != at(found, name))?;
    Some((spaced(name), at(expected, name), at(found, name)))
}

fn in_array<'a>(expected: &'a [Value], found: &'a [Value]) -> Option<Step<'a>> {
    let at = |list: &'a [Value], index: usize| list.get(index).unwrap_or(&Value::Null);
    let longest = expected.len().max(found.len());
    let index = (0..longest).find(|index| at(expected, *index) != at(found, *index))?;
    let name = format!("number {}", index.saturating_add(1));
    Some((name, at(expected, index), at(found, index)))
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join("; "),
        Value::Object(map) => {
            let field =
                |(name, value): (&String, &Value)| format!("{} {}", spaced(name), words(value));
            map.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_place_that_differs_is_named() {
        let score = |total: &str| json!({ "bid": "b", "marks": ["1", null], "total": total });
        let told = difference(&json!([score("7.5")]), &json!([score("8.5")]));
        assert_eq!(told.0, "number 1, total: 7.5");
        assert_eq!(told.1, "number 1, total: 8.5");
        let told = difference(&json!({ "marks": ["1", "2"] }), &json!({ "marks": ["1"] }));
        assert_eq!(told.0, "marks, number 2: 2");
        assert_eq!(told.1, "marks, number 2: nothing");
    }

    #[test]
    fn what_one_lacks_is_nothing() {
        let told = difference(&json!({ "lot_won": { "bid": "b" } }), &json!({}));
        assert_eq!(told.0, "lot won: bid b");
        assert_eq!(told.1, "lot won: nothing");
    }

    #[test]
    fn whole_values_read_as_words() {
        let value = json!({ "ranked": [{ "rank": 1, "even": true }, { "rank": 2, "even": false }], "draw": [] });
        assert_eq!(
            plain(&value),
            "draw none, ranked even yes, rank 1; even no, rank 2"
        );
    }
}
