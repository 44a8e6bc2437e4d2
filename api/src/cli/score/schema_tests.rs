//! The schema of the input is kept by hand; these tests fail when it is stale. What the reader knows is taken from the
//! reader itself: the message with which it refuses an unknown field lists all others.

use std::collections::BTreeSet;
use std::path::PathBuf;

use commonweal_domain::scoring::plan_report::Declared;
use commonweal_domain::scoring::proxy::ProxyValues;
use commonweal_domain::scoring::rules::Rule;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::input::{
    BidInput, CriterionInput, Input, LowPricesInput, MeasureInput, PartnerInput, RateInput,
};

fn docs(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&docs("score-input.schema.json")).unwrap()
}

/// The names that a refusal lists as expected.
fn expected<T: DeserializeOwned>(value: Value) -> BTreeSet<String> {
    let Err(error) = serde_json::from_value::<T>(value) else {
        panic!("the unknown name was accepted");
    };
    let error = error.to_string();
    assert!(error.starts_with("unknown "), "{error}");
    let known = error.split_once("expected").map_or("", |(_, known)| known);
    known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(ToOwned::to_owned)
        .collect()
}

fn fields<T: DeserializeOwned>() -> BTreeSet<String> {
    expected::<T>(json!({"?": 1}))
}

fn described(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let properties = schema.pointer(pointer).and_then(Value::as_object);
    let properties = properties.unwrap_or_else(|| panic!("{pointer} is missing"));
    properties.keys().cloned().collect()
}

#[test]
fn the_schema_has_the_fields_that_the_reader_knows() {
    let schema = schema();
    let same = |pointer: &str, known: BTreeSet<String>| {
        assert_eq!(described(&schema, pointer), known, "{pointer}");
    };
    same("/properties", fields::<Input>());
    same("/$defs/criterion/properties", fields::<CriterionInput>());
    same("/$defs/bid/properties", fields::<BidInput>());
    let partner = "/$defs/bid/properties/partners/items/properties";
    same(partner, fields::<PartnerInput>());
    same("/$defs/measure/properties", fields::<MeasureInput>());
    same("/$defs/rate/properties", fields::<RateInput>());
    same("/$defs/low_prices/properties", fields::<LowPricesInput>());
    same("/$defs/declared/properties", fields::<Declared>());
    same("/$defs/proxies/properties", fields::<ProxyValues>());
}

#[test]
fn the_schema_has_every_scoring_rule_with_its_parameters() {
    let schema = schema();
    let rules = described(&schema, "/$defs/rule/properties");
    assert_eq!(rules, expected::<Rule>(json!({"?": {}})));
    for rule in rules {
        let mut described = described(
            &schema,
            &format!("/$defs/rule/properties/{rule}/properties"),
        );
        if rule == "quality_levels" {
            assert!(described.remove("top"), "a short form of this command");
        }
        assert_eq!(
            described,
            expected::<Rule>(json!({ &rule: {"?": 1} })),
            "{rule}"
        );
    }
}

fn validates(value: &Value) -> Result<(), String> {
    let mut compiler = boon::Compiler::new();
    let mut schemas = boon::Schemas::new();
    compiler.add_resource("score.json", schema()).unwrap();
    let index = compiler.compile("score.json", &mut schemas).unwrap();
    schemas
        .validate(value, index)
        .map_err(|error| error.to_string())
}

#[test]
fn the_examples_are_valid_by_the_schema() {
    let full: Value = serde_json::from_str(&docs("examples/full.json")).unwrap();
    validates(&full).unwrap();
    let c1 = super::Document::parse(docs("examples/c1.toml")).unwrap();
    validates(&c1.value).unwrap();
}

#[test]
fn what_the_reader_refuses_the_schema_refuses_too() {
    let wrong = [
        ("/bids/0/prize", json!(1)),
        ("/bids/0/price", json!("a lot")),
        ("/currency", json!("euro")),
        ("/criteria/0/rule", json!({"price_cheapest": {}})),
        ("/criteria/0/children", json!([])),
        ("/seed", json!("abc")),
    ];
    for (pointer, value) in wrong {
        let mut changed: Value = serde_json::from_str(&docs("examples/full.json")).unwrap();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[key] = value;
        assert!(validates(&changed).is_err(), "{pointer}");
        assert!(super::parse(changed.to_string()).is_err(), "{pointer}");
    }
}

/// Where a field stands in the full example, every field of the reader is used once, so that the example stays whole.
#[test]
fn the_full_example_uses_every_field_of_a_bid_and_of_the_whole() {
    let full: Value = serde_json::from_str(&docs("examples/full.json")).unwrap();
    let used = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(used(&full), fields::<Input>());
    let bids = full["bids"].as_array().unwrap();
    let used: BTreeSet<String> = bids.iter().flat_map(used).collect();
    assert_eq!(used, fields::<BidInput>());
}
