//! Whoever reads the schema must find out there what everything means.

use anyhow::{Context, Result};
use commonweal_tests::{Database, TestApp};
use serde_json::{Value, json};

const SCHEMA: &str = "{ __schema {
    types {
        name description
        fields(includeDeprecated: true) {
            name description args(includeDeprecated: true) { name description }
        }
        inputFields(includeDeprecated: true) { name description }
        enumValues(includeDeprecated: true) { name description }
    }
    directives { name description args { name description } }
} }";

#[tokio::test]
async fn everything_in_the_schema_is_described() -> Result<()> {
    let app = TestApp::start(Database::sqlite()?).await?;
    let data = app.data(None, SCHEMA, json!({})).await?;
    let schema = &data["__schema"];
    assert!(list(schema, "types").len() > 50, "{schema}");
    let bare = undescribed(schema)?;
    assert!(
        bare.is_empty(),
        "without a description: {}",
        bare.join(", ")
    );
    app.stop().await
}

#[test]
fn a_missing_description_is_noticed_wherever_it_is() {
    let words = "What it is.";
    let schema = json!({
        "types": [
            { "name": "__Type", "fields": [{ "name": "kind" }] },
            { "name": "Good", "description": words, "fields": [{ "name": "id", "description": words, "args": [] }] },
            { "name": "A", "description": "" },
            { "name": "B", "description": words, "fields": [
                { "name": "one", "description": null, "args": [] },
                { "name": "two", "description": words, "args": [{ "name": "first" }] },
            ] },
            { "name": "C", "description": words, "inputFields": [{ "name": "in", "description": " " }] },
            { "name": "D", "description": words, "enumValues": [{ "name": "RED" }] },
        ],
        "directives": [{ "name": "here", "description": words, "args": [{ "name": "if" }] }],
    });
    let expected = ["A", "B.one", "B.two.first", "C.in", "D.RED", "here.if"];
    assert_eq!(undescribed(&schema).unwrap(), expected);
}

/// What has no description, by its path. Not ours: the types of introspection, and `ID`, which the library leaves bare.
fn undescribed(schema: &Value) -> Result<Vec<String>> {
    let mut bare = Vec::new();
    let types = list(schema, "types").iter().filter(|one| {
        let name = one["name"].as_str().unwrap_or_default();
        !name.starts_with("__") && name != "ID"
    });
    for one in types.chain(list(schema, "directives")) {
        walk(one, "", &mut bare)?;
    }
    Ok(bare)
}

fn walk(one: &Value, inside: &str, bare: &mut Vec<String>) -> Result<()> {
    let name = one["name"].as_str().context("everything has a name")?;
    let path = format!("{inside}{name}");
    if one["description"]
        .as_str()
        .is_none_or(|text| text.trim().is_empty())
    {
        bare.push(path.clone());
    }
    for part in ["fields", "args", "inputFields", "enumValues"] {
        for inner in list(one, part) {
            walk(inner, &format!("{path}."), bare)?;
        }
    }
    Ok(())
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}
