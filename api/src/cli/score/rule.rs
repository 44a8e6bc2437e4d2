//! The scoring rule of a criterion as people type it: the rule's name with its parameters, where amounts may be plain
//! numbers and usual parameters may be left out.

use commonweal_domain::amount::{Currency, Money, Share};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::scoring::methods::Method;
use commonweal_domain::scoring::proxy::ProxyValues;
use commonweal_domain::scoring::rules::Rule;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::error::InputError;

/// What numbers of a rule refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units<'a> {
    pub(super) currency: Currency,
    pub(super) catalogue: &'a Catalogue,
}

/// Reads the rule at a place. `title` is what a pass/fail criterion asks when it does not say.
pub(super) fn rule(
    value: &Value,
    pointer: &str,
    title: &str,
    units: Units<'_>,
) -> Result<Rule, InputError> {
    let (name, parameters) = single(value).ok_or_else(|| {
        let message = "expected one scoring rule by its name with its parameters, such as { price_relative_lowest = {} }";
        InputError::at(pointer, message)
    })?;
    let pointer_to = format!("{pointer}/{name}");
    let mut parameters = parameters.clone();
    complete(name, &mut parameters, title);
    amounts(&mut parameters, &pointer_to, units)?;
    quantities(name, &mut parameters, &pointer_to, units)?;
    base(&mut parameters, &pointer_to, title, units)?;
    read(&json!({ name: parameters }), pointer)
}

/// A value of the domain, or where it is wrong.
pub(super) fn read<T: DeserializeOwned>(value: &Value, pointer: &str) -> Result<T, InputError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let below = super::pointer_of(error.path());
        InputError::at(format!("{pointer}{below}"), error.inner())
    })
}

fn single(value: &Value) -> Option<(&str, &Map<String, Value>)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, parameters) = object.iter().next()?;
    Some((name, parameters.as_object()?))
}

/// Adds what is usual and was left out.
fn complete(name: &str, parameters: &mut Map<String, Value>, title: &str) {
    let mut usual = |key: &str, value: Value| {
        parameters.entry(key.to_owned()).or_insert(value);
    };
    match name {
        "price_relative_lowest" | "price_linear" | "price_range" | "price_banded" => {
            usual("of", json!("total"));
        }
        "pass_fail" => {
            usual("statement", json!(title));
            usual("on_fail", json!("no_mark"));
        }
        "quality_levels" => levels(parameters),
        _ => {}
    }
}

/// `top = 5` means the levels 0 to 5; a level may be its points alone.
fn levels(parameters: &mut Map<String, Value>) {
    let top = parameters.get("top").and_then(Value::as_u64);
    if let Some(top) = top.filter(|top| *top <= 1_000) {
        parameters.remove("top");
        let levels: Vec<Value> = (0..=top).map(Value::from).collect();
        parameters.insert("levels".to_owned(), Value::Array(levels));
    }
    let given = parameters.get_mut("levels").and_then(Value::as_array_mut);
    for level in given.into_iter().flatten() {
        if level.is_u64() {
            *level = json!({ "points": level, "name": format!("level {level}") });
        }
    }
}

/// A bonus or an uplift raises another rule, which may be short too.
fn base(
    parameters: &mut Map<String, Value>,
    pointer: &str,
    title: &str,
    units: Units<'_>,
) -> Result<(), InputError> {
    if let Some(below) = parameters.get_mut("base") {
        *below = json!(rule(below, &format!("{pointer}/base"), title, units)?);
    }
    Ok(())
}

/// How marks make a ranking.
pub(super) fn method(value: &Value, units: Units<'_>) -> Result<Method, InputError> {
    let mut value = value.clone();
    for (name, parameters) in value.as_object_mut().into_iter().flatten() {
        if let Value::Object(parameters) = parameters {
            amounts(parameters, &format!("/method/{name}"), units)?;
        }
    }
    read(&value, "/method")
}

/// What measures are worth in money. Pack, title and licence are the input's own where it does not say.
pub(super) fn proxies(value: &Value, units: Units<'_>) -> Result<ProxyValues, InputError> {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        amounts(fields, "/proxies", units)?;
        let mut usual = |key: &str, value: Value| {
            fields.entry(key.to_owned()).or_insert(value);
        };
        usual("pack", json!("00000000-0000-0000-0000-000000000000"));
        usual("title", json!("Values of the input"));
        usual("licence", json!("as in the input"));
    }
    read(&value, "/proxies")
}

/// Parameters that are amounts of money, wherever they stand; `target` is one in a rule that scores money.
const MONEY: [&str; 5] = ["ceiling", "floor", "up_to", "proxy", "willingness_to_pay"];

/// Parameters that are decimals, wherever they stand.
const DECIMALS: [&str; 11] = [
    "attribution",
    "cap",
    "caps",
    "deadweight",
    "discount_rate",
    "displacement",
    "drop_off",
    "factor",
    "part",
    "points",
    "share",
];

fn amounts(
    parameters: &mut Map<String, Value>,
    pointer: &str,
    units: Units<'_>,
) -> Result<(), InputError> {
    for (key, value) in parameters {
        let pointer = format!("{pointer}/{key}");
        match value {
            // The rule below is read by itself.
            Value::Object(_) if key == "base" => {}
            // Points of levels are whole numbers, and those of a bonus decimals.
            Value::Array(_) if key == "levels" => {}
            Value::Object(below) => {
                if let Some(target) = below.get_mut("target").filter(|_| key == "to_target") {
                    amount(target, &format!("{pointer}/target"), units)?;
                }
                amounts(below, &pointer, units)?;
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let Value::Object(below) = item {
                        amounts(below, &format!("{pointer}/{index}"), units)?;
                    }
                }
            }
            _ if MONEY.contains(&key.as_str()) => amount(value, &pointer, units)?,
            Value::Number(number) if DECIMALS.contains(&key.as_str()) => {
                *value = Value::String(number.to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A plain number becomes an amount of the plan's currency.
fn amount(value: &mut Value, pointer: &str, units: Units<'_>) -> Result<(), InputError> {
    if let Some(text) = number(value) {
        let money = Money::parse(&text, units.currency);
        *value = json!(money.map_err(|error| InputError::at(pointer, error))?);
    }
    Ok(())
}

/// `target = 100` and the `from` of a band are quantities in the unit of the first measure; a target may be a share.
fn quantities(
    name: &str,
    parameters: &mut Map<String, Value>,
    pointer: &str,
    units: Units<'_>,
) -> Result<(), InputError> {
    let first = parameters.get("measures").and_then(|codes| codes.get(0));
    let first = first.and_then(Value::as_str).map(ToOwned::to_owned);
    if let Some(target) = parameters.get_mut("target") {
        let pointer = format!("{pointer}/target");
        match &first {
            Some(code) => quantity(target, code, &pointer, units)?,
            None if name == "seo_participation" => {
                if let Some(text) = number(target) {
                    let share: Result<Share, _> = text.parse();
                    *target = json!(share.map_err(|error| InputError::at(pointer, error))?);
                }
            }
            None => {}
        }
    }
    let bands = parameters.get_mut("bands").and_then(Value::as_array_mut);
    for (index, band) in bands.into_iter().flatten().enumerate() {
        if let (Some(from), Some(code)) = (band.get_mut("from"), &first) {
            quantity(from, code, &format!("{pointer}/bands/{index}/from"), units)?;
        }
    }
    Ok(())
}

/// A plain number becomes a quantity of a measure.
fn quantity(
    value: &mut Value,
    code: &str,
    pointer: &str,
    units: Units<'_>,
) -> Result<(), InputError> {
    let Some(text) = number(value) else {
        return Ok(());
    };
    let code = code
        .parse()
        .map_err(|error| InputError::at(pointer, error))?;
    let measure = units.catalogue.measure(&code).ok_or_else(|| {
        let message = format!("there is no measure {code}: describe it under `measures`");
        InputError::at(pointer, message)
    })?;
    let quantity = measure.quantity(&text);
    *value = json!(quantity.map_err(|error| InputError::at(pointer, error))?);
    Ok(())
}

fn number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
