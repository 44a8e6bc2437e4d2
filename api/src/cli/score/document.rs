//! The input as one tree of values, whether it was written as JSON or TOML, and the line on which a value stands.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::distinct::Distinct;
use super::error::InputError;

/// A parsed file.
#[derive(Debug)]
pub(super) struct Document {
    text: String,
    json: bool,
    /// The tree. Decimals of TOML are texts here, so that no digit is lost.
    pub(super) value: Value,
}

impl Document {
    /// Parses JSON where the text begins like an object, else TOML.
    pub(super) fn parse(text: String) -> Result<Self, InputError> {
        let json = text.trim_start().starts_with(['{', '[']);
        let value = if json {
            let parsed: Result<Distinct, _> = serde_json::from_str(&text);
            let parsed = parsed.map_err(|error| InputError {
                pointer: String::new(),
                line: Some(error.line()),
                message: error.to_string(),
            })?;
            parsed.0
        } else {
            let table = DeTable::parse(&text).map_err(|error| InputError {
                pointer: String::new(),
                line: error.span().map(|span| line_at(&text, span.start)),
                message: error.message().to_owned(),
            })?;
            object(table.get_ref())
        };
        Ok(Self { text, json, value })
    }

    /// The line of the value at a JSON pointer, or of the nearest value around it that stands in the file.
    pub(super) fn line(&self, pointer: &str) -> Option<usize> {
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        let at = if self.json {
            json_offset(&self.text, &steps)
        } else {
            toml_offset(&self.text, &steps)
        };
        at.map(|at| line_at(&self.text, at))
    }
}

fn line_at(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.split(|byte| *byte == b'\n').count()
}

fn object(table: &DeTable<'_>) -> Value {
    let fields = table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(
                |_| Value::String(number.as_str().to_owned()),
                |number| Value::Number(Number::from(number)),
            )
        }
        DeValue::Float(number) => Value::String(number.as_str().to_owned()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(at) => Value::String(at.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| plain(item.get_ref())).collect())
        }
        DeValue::Table(table) => object(table),
    }
}

fn toml_offset(text: &str, steps: &[&str]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut at = None;
    let mut here: Option<&Spanned<DeValue<'_>>> = None;
    let mut table = Some(table.get_ref());
    for step in steps {
        here = match (table, here.map(Spanned::get_ref)) {
            (Some(table), _) => table
                .iter()
                .find(|(key, _)| key.get_ref() == step)
                .map(|(_, value)| value),
            (None, Some(DeValue::Array(items))) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            _ => None,
        };
        let Some(value) = here else { break };
        at = Some(value.span().start);
        table = match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
    }
    at
}

/// Where the value at a path begins in JSON that is known to be well formed.
fn json_offset(text: &str, steps: &[&str]) -> Option<usize> {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
    };
    scan.blank();
    let mut found = None;
    for step in steps {
        if !scan.enter(step) {
            break;
        }
        found = Some(scan.at);
    }
    found
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn blank(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// Moves from the start of an object or array to its member.
    fn enter(&mut self, step: &str) -> bool {
        let object = self.peek() == b'{';
        if !object && self.peek() != b'[' {
            return false;
        }
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.blank();
            if matches!(self.peek(), b'}' | b']' | 0) {
                return false;
            }
            let here = if object {
                let from = self.at;
                self.text();
                let key = self.bytes.get(from..self.at).unwrap_or_default();
                self.blank();
                self.at += 1;
                self.blank();
                serde_json::from_slice::<String>(key).is_ok_and(|key| key == step)
            } else {
                step.parse() == Ok(index)
            };
            if here {
                return true;
            }
            self.skip();
            index += 1;
            self.blank();
            if self.peek() == b',' {
                self.at += 1;
            }
        }
    }

    fn text(&mut self) {
        self.at += 1;
        while !matches!(self.peek(), b'"' | 0) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
    }

    /// Moves behind a value.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match self.peek() {
                b'"' => {
                    self.text();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str =
        "a = 1\n\n[[bids]]\nname = \"A\"\nlevels = { Q = 1.50 }\n[[bids]]\nname = \"B\"\n";
    const JSON: &str = "{\"a\": [1, {\"x\": \"}\\\"\"}],\n \"bids\": [\n  {\"name\": \"A\"},\n  {\"name\":\n \"B\"}]}";

    #[test]
    fn a_value_is_found_on_its_line_in_both_forms() {
        let toml = Document::parse(TOML.to_owned()).unwrap();
        assert_eq!(toml.line("/bids/0/levels/Q"), Some(5));
        assert_eq!(toml.line("/bids/1/name"), Some(7));
        assert_eq!(toml.line("/bids/1/price"), Some(6), "the bid itself");
        let json = Document::parse(JSON.to_owned()).unwrap();
        assert_eq!(json.line("/bids/0/name"), Some(3));
        assert_eq!(json.line("/bids/1/name"), Some(5));
        assert_eq!(json.line("/nothing"), None);
    }

    #[test]
    fn decimals_of_toml_keep_every_digit() {
        let toml = Document::parse("p = 12345678901234567.10\nq = 1_000".to_owned()).unwrap();
        assert_eq!(toml.value["p"], "12345678901234567.10");
        assert_eq!(toml.value["q"], 1000);
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_its_line() {
        let json = "{\"a\": 1,\n \"b\": [{\"p\": 1,\n  \"p\": 3}]}";
        let error = Document::parse(json.to_owned()).unwrap_err();
        assert_eq!(error.line, Some(3));
        assert!(error.message.contains("`p` stands twice"), "{error}");
        let toml = Document::parse("p = 1\np = 3\n".to_owned()).unwrap_err();
        assert_eq!(toml.line, Some(2));
    }

    #[test]
    fn what_is_neither_is_told_with_its_line() {
        for text in ["a = 1\nb = = 2\n", "{\"a\": 1,\n \"b\": }"] {
            assert_eq!(
                Document::parse(text.to_owned()).unwrap_err().line,
                Some(2),
                "{text}"
            );
        }
    }
}
