//! Every mutation and every query is sent wrong ids and numbers, as the schema itself lists them: each refusal names its
//! field and says what was expected.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Map, Value, json};

on_both!(
    every_field_that_takes_an_id_says_what_it_expected,
    every_whole_number_says_what_it_expected,
    every_scalar_says_what_it_expected,
);

const SCHEMA: &str = "{ __schema {
    mutationType { fields { ...Operation } }
    queryType { fields { ...Operation } }
    types { name kind isOneOf inputFields { ...Input } enumValues { name } }
} }
fragment Operation on __Field { name type { ...Of } args { ...Input } }
fragment Input on __InputValue { name defaultValue type { ...Of } }
fragment Of on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The schema as introspection tells it.
struct Schema {
    operations: Vec<(&'static str, Value)>,
    types: HashMap<String, Value>,
}

/// A type without its `!` and list, and whether it is required and a list.
struct Shape<'a> {
    name: &'a str,
    kind: &'a str,
    required: bool,
    list: bool,
}

fn shape(of: &Value) -> Shape<'_> {
    let (mut required, mut list, mut named) = (false, false, of);
    let mut outermost = true;
    while let Some(kind @ ("NON_NULL" | "LIST")) = named["kind"].as_str() {
        required |= outermost && kind == "NON_NULL";
        list |= kind == "LIST";
        outermost = false;
        named = &named["ofType"];
    }
    Shape {
        name: named["name"].as_str().unwrap_or_default(),
        kind: named["kind"].as_str().unwrap_or_default(),
        required,
        list,
    }
}

fn list<'a>(value: &'a Value, of: &str) -> impl Iterator<Item = &'a Value> {
    value[of].as_array().into_iter().flatten()
}

impl Schema {
    async fn read(app: &TestApp) -> Result<Self> {
        let data = app.data(None, SCHEMA, json!({})).await?;
        let schema = &data["__schema"];
        let mut operations = Vec::new();
        for (kind, root) in [("mutation", "mutationType"), ("query", "queryType")] {
            let fields = list(&schema[root], "fields").cloned();
            operations.extend(fields.map(|field| (kind, field)));
        }
        let named = |one: &Value| Some((one["name"].as_str()?.to_owned(), one.clone()));
        Ok(Self {
            operations,
            types: list(schema, "types").filter_map(named).collect(),
        })
    }

    /// A value of a type that fits it in form; ids and texts mean nothing.
    fn value(&self, of: &Value) -> Value {
        let shape = shape(of);
        let one = match (shape.kind, shape.name) {
            ("INPUT_OBJECT", name) => self.object(name),
            ("ENUM", name) => list(&self.types[name], "enumValues")
                .next()
                .map_or(Value::Null, |v| v["name"].clone()),
            (_, "ID") => json!("nonsense"),
            (_, "Int") => json!(1),
            (_, "Boolean") => json!(false),
            (_, "Decimal" | "BigInt") => json!("1"),
            (_, "DateTime") => json!("2026-02-01T00:00:00Z"),
            (_, "Date") => json!("2026-02-01"),
            (_, "Hash") => json!("00".repeat(32)),
            _ => json!("KRW"),
        };
        if shape.list { json!([one]) } else { one }
    }

    /// The required fields of an input; of a choice the first.
    fn object(&self, name: &str) -> Value {
        let input = &self.types[name];
        let choice = input["isOneOf"] == true;
        let given = list(input, "inputFields")
            .enumerate()
            .filter(|(at, field)| {
                let required = shape(&field["type"]).required && field["defaultValue"].is_null();
                if choice { *at == 0 } else { required }
            });
        let fields = given.filter_map(|(_, field)| {
            Some((
                field["name"].as_str()?.to_owned(),
                self.value(&field["type"]),
            ))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }

    /// Every field of an input with its path, as deep as it is required; a choice has its first.
    fn places(&self, name: &str, at: &[String], found: &mut Vec<(Vec<String>, Value)>) {
        for field in list(&self.types[name], "inputFields") {
            let own = field["name"].as_str().unwrap_or_default().to_owned();
            let path: Vec<String> = at.iter().cloned().chain([own]).collect();
            let shape = shape(&field["type"]);
            if shape.kind == "INPUT_OBJECT" && !at.contains(&path[path.len() - 1]) {
                self.places(shape.name, &path, found);
            }
            found.push((path, field["type"].clone()));
        }
    }

    /// The document of an operation with its variables at their least.
    fn request(&self, kind: &str, operation: &Value) -> Option<(String, Map<String, Value>)> {
        let name = operation["name"].as_str()?;
        let (mut declared, mut passed, mut values) = (Vec::new(), Vec::new(), Map::new());
        for argument in list(operation, "args") {
            let shape = shape(&argument["type"]);
            if !shape.required {
                continue;
            }
            let own = argument["name"].as_str()?;
            declared.push(format!("${own}: {}", written(&argument["type"])));
            passed.push(format!("{own}: ${own}"));
            values.insert(own.to_owned(), self.value(&argument["type"]));
        }
        if declared.is_empty() {
            return None;
        }
        let (declared, passed) = (declared.join(", "), passed.join(", "));
        let selection = match shape(&operation["type"]).kind {
            "SCALAR" | "ENUM" => "",
            _ if kind == "mutation" => "{ userErrors { code message path } }",
            _ => "{ __typename }",
        };
        let text = format!("{kind} ({declared}) {{ made: {name}({passed}) {selection} }}");
        Some((text, values))
    }
}

fn written(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&of["ofType"])),
        Some("LIST") => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().unwrap_or_default().to_owned(),
    }
}

/// Whether an error of the request names a field and says something of it; `None` when there was none of its kind.
async fn names_its_field(app: &TestApp, text: &str, values: &Value) -> Result<Option<String>> {
    let answer = app.ask(None, text, values.clone()).await?;
    let Some(error) = answer["errors"].get(0) else {
        return Ok(None);
    };
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    ensure!(code != "INTERNAL_SERVER_ERROR", "{text} {values}: {error}");
    if code != "BAD_USER_INPUT" {
        return Ok(None);
    }
    let field = error["extensions"]["field"].as_str();
    let field = field.with_context(|| format!("no field: {text} {values}: {error}"))?;
    let message = error["message"].as_str().unwrap_or_default();
    ensure!(message.contains(field), "{field} is not in: {message}");
    ensure!(message.len() > field.len() + 10, "says nothing: {message}");
    Ok(Some(field.to_owned()))
}

async fn every_field_that_takes_an_id_says_what_it_expected(app: TestApp) -> Result<()> {
    let schema = Schema::read(&app).await?;
    let mut named = 0;
    for (kind, operation) in &schema.operations {
        let Some((text, values)) = schema.request(kind, operation) else {
            continue;
        };
        let refused = names_its_field(&app, &text, &Value::Object(values)).await?;
        named += usize::from(refused.is_some());
    }
    assert!(
        named > 60,
        "only {named} operations were refused with a field"
    );
    app.stop().await
}

async fn every_whole_number_says_what_it_expected(app: TestApp) -> Result<()> {
    let schema = Schema::read(&app).await?;
    let mut tried = 0;
    for (kind, operation) in &schema.operations {
        let Some((text, values)) = schema.request(kind, operation) else {
            continue;
        };
        for argument in list(operation, "args") {
            let input = shape(&argument["type"]);
            let name = argument["name"].as_str().unwrap_or_default();
            if input.kind != "INPUT_OBJECT" || !values.contains_key(name) {
                continue;
            }
            let mut places = Vec::new();
            schema.places(input.name, &[], &mut places);
            for (path, of) in places {
                let shape = shape(&of);
                if shape.name != "Int" || path.last().is_some_and(|last| last == "utcOffsetMinutes")
                {
                    continue;
                }
                // What is given is looked at before what is missing.
                let wrong = path.iter().rev();
                let wrong = wrong.fold(json!(-1), |inner, step| json!({ (step.clone()): inner }));
                let mut values = Value::Object(values.clone());
                values[name] = wrong;
                let field = names_its_field(&app, &text, &values).await?;
                ensure!(field.is_some(), "{path:?} takes -1: {text} {values}");
                tried += 1;
            }
        }
    }
    assert!(tried > 10, "only {tried} numbers were tried");
    app.stop().await
}

async fn every_scalar_says_what_it_expected(app: TestApp) -> Result<()> {
    let ask = |of: &str| {
        format!(
            "query ($value: {of}!) {{ {} }}",
            match of {
                "ID" => "tender(id: $value) { id }",
                "Int" => "organisations(first: $value) { totalCount }",
                "String" => "placeTargets(place: $value) { title }",
                _ => "planReport(input: $value) { warnings }",
            }
        )
    };
    for (of, wrong) in [
        ("ID", json!(1.5)),
        ("ID", json!("bid:01931f3e-7c2a-7000-8000-000000000000")),
        ("Int", json!("5")),
        ("Int", json!(1_000)),
        ("Int", json!(-1)),
        ("String", json!(5)),
        ("String", json!("a\u{0}b")),
        ("PlanReportInput", json!([])),
        ("PlanReportInput", json!({ "plan": {} })),
        ("PlanReportInput", json!({ "nope": 1 })),
        (
            "PlanReportInput",
            json!({ "referencePrice": { "amount": 5, "currency": "EUR" } }),
        ),
        (
            "PlanReportInput",
            json!({ "referencePrice": { "amount": "five", "currency": "EUR" } }),
        ),
        (
            "PlanReportInput",
            json!({ "plan": { "closesAt": "tomorrow" } }),
        ),
        (
            "PlanReportInput",
            json!({ "plan": { "commencement": "2026-02-30" } }),
        ),
        (
            "PlanReportInput",
            json!({ "plan": { "envelopes": "THREE" } }),
        ),
        (
            "PlanReportInput",
            json!({ "plan": { "surplusTradable": "yes" } }),
        ),
    ] {
        let values = json!({ "value": wrong });
        let field = names_its_field(&app, &ask(of), &values).await?;
        ensure!(field.is_some(), "{of} takes {wrong}");
    }
    app.stop().await
}
