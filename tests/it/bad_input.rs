//! Requests that are wrong before any use-case sees them: a clear typed error each, and nothing stored.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    malformed_json_is_told_from_a_wrong_request,
    a_field_that_the_schema_does_not_know_is_named,
    a_body_of_twelve_mebibytes_is_refused,
    a_thousand_aliases_are_refused,
    a_fragment_bomb_is_refused_after_a_bounded_count_of_nodes,
    a_broken_token_does_not_act_as_the_public,
    text_that_no_database_takes_is_refused_with_its_field,
);

/// The status and the only error of a request body.
async fn refused(app: &TestApp, body: String) -> Result<(u16, Value)> {
    let request = app
        .http()
        .post(format!("{}/graphql", app.url))
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(body);
    let response = request.send().await?;
    let status = response.status().as_u16();
    let answer: Value = response.json().await?;
    anyhow::ensure!(
        answer.get("data").is_none(),
        "data beside the error: {answer}"
    );
    let error = answer["errors"]
        .get(0)
        .with_context(|| format!("no error: {answer}"))?;
    Ok((status, error.clone()))
}

fn query(text: &str) -> String {
    json!({ "query": text }).to_string()
}

fn code(error: &Value) -> &str {
    error["extensions"]["code"].as_str().unwrap_or_default()
}

async fn malformed_json_is_told_from_a_wrong_request(app: TestApp) -> Result<()> {
    let before = app.app.read().log_size().await?;
    for body in [
        "",
        "{",
        "{\"query\":}",
        "not json",
        "[1,2]",
        "{\"query\":\"{ __typename }\",\"qeury\":1}",
    ] {
        let (status, error) = refused(&app, body.to_owned()).await?;
        assert_eq!(
            (status, code(&error)),
            (400, "BAD_USER_INPUT"),
            "{body}: {error}"
        );
    }
    assert_eq!(app.app.read().log_size().await?, before, "nothing stored");
    Ok(())
}

async fn a_field_that_the_schema_does_not_know_is_named(app: TestApp) -> Result<()> {
    let (status, error) = refused(&app, query("{ organisations { nodes { nmae } } }")).await?;
    assert_eq!((status, code(&error)), (400, "GRAPHQL_VALIDATION_FAILED"));
    assert!(
        error["message"]
            .as_str()
            .unwrap_or_default()
            .contains("nmae"),
        "{error}"
    );
    Ok(())
}

async fn a_body_of_twelve_mebibytes_is_refused(app: TestApp) -> Result<()> {
    let body = query(&format!("{{ __typename }} # {}", "x".repeat(12 << 20)));
    let (status, error) = refused(&app, body).await?;
    assert_eq!((status, code(&error)), (413, "BAD_USER_INPUT"), "{error}");
    Ok(())
}

async fn a_thousand_aliases_are_refused(app: TestApp) -> Result<()> {
    let mut text = String::from("{");
    for n in 0..1_000 {
        write!(text, " a{n}: __typename")?;
    }
    text.push('}');
    let (status, error) = refused(&app, query(&text)).await?;
    assert_eq!(
        (status, code(&error)),
        (400, "QUERY_TOO_COMPLEX"),
        "{error}"
    );
    Ok(())
}

async fn a_fragment_bomb_is_refused_after_a_bounded_count_of_nodes(app: TestApp) -> Result<()> {
    let mut text = String::from("query { ...f0 }");
    for level in 0..22 {
        write!(
            text,
            " fragment f{level} on Query {{ ...f{next} ...f{next} }}",
            next = level + 1
        )?;
    }
    text.push_str(" fragment f22 on Query { __typename }");
    let (status, error) = refused(&app, query(&text)).await?;
    assert_eq!(
        (status, code(&error)),
        (400, "QUERY_TOO_COMPLEX"),
        "{error}"
    );
    let visited = error["extensions"]["visited"]
        .as_u64()
        .with_context(|| format!("a count: {error}"))?;
    assert!(
        visited < 200,
        "22 levels double to 4 million nodes; {visited} were visited"
    );
    Ok(())
}

async fn a_broken_token_does_not_act_as_the_public(app: TestApp) -> Result<()> {
    for token in ["Bearer cw_1_2", "Bearer ", "Basic eDp5", "cw_x"] {
        let response = app
            .http()
            .post(format!("{}/graphql", app.url))
            .header("authorization", token)
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await?;
        let answer: Value = response.json().await?;
        assert_eq!(
            code(&answer["errors"][0]),
            "UNAUTHENTICATED",
            "{token}: {answer}"
        );
    }
    Ok(())
}

async fn text_that_no_database_takes_is_refused_with_its_field(app: TestApp) -> Result<()> {
    let texts = ["a\0b".to_owned(), "%".repeat(9_000)];
    for text in texts {
        let body = json!({
            "query": "query ($text: String) { organisations(filter: { nameContains: $text }) { totalCount } }",
            "variables": { "text": text },
        });
        let response = app
            .http()
            .post(format!("{}/graphql", app.url))
            .json(&body)
            .send()
            .await?;
        let answer: Value = response.json().await?;
        assert_eq!(code(&answer["errors"][0]), "BAD_USER_INPUT", "{answer}");
    }
    Ok(())
}
