//! Targets of places: promised by contracts, delivered there, against what the place wants.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::contract::Signed;

on_both!(a_place_counts_what_contracts_promise_and_what_was_delivered_there_once);

const PUBLISH: &str = "mutation ($input: PublishPolicyInput!) {
    made: publishPolicy(input: $input) { policy { id } userErrors { code message path } }
}";

/// Two targets of Seoul and one of Busan, all of jobs, one of which ends before the contract does.
const DOCUMENT: &str = r#"
    code = "kr-jobs"
    version = "1"
    jurisdiction = "Korea"
    title = "Jobs for Korea"
    citation = "plan 1"
    effective_from = "2026-01-01"
    source = "the plan"
    confidence = "high"
    [selection]
    places = ["KR"]
"#;

fn clause(code: &str, place: &str, to: &str) -> String {
    format!(
        r#"
        [[clauses]]
        code = "{code}"
        citation = "plan 1"
        summary = "Forty jobs more."
        source = "the plan"
        confidence = "high"
        [clauses.rule.place_target]
        title = "Jobs {code}"
        place = "{place}"
        measures = [{{ catalogue = "test", code = "JOB-1" }}]
        direction = "more"
        change = {{ quantity = "40", unit = "job" }}
        to = "{to}"
        "#
    )
}

async fn a_place_counts_what_contracts_promise_and_what_was_delivered_there_once(
    app: TestApp,
) -> Result<()> {
    let signed = Signed::new(app).await?;
    let app = &signed.app;
    let clauses = [
        clause("a", "KR-11", "2027-03-01"),
        clause("b", "KR-26", "2027-03-01"),
        clause("c", "KR-11", "2027-01-01"),
    ];
    let input = json!({ "input": { "document": format!("{DOCUMENT}{}", clauses.concat()) } });
    let made = app.data(Some(&signed.registrar), PUBLISH, input).await?;
    let policy = &made["made"]["policy"]["id"];
    signed.deliver("8", "first").await?;
    signed.deliver("7", "second").await?;
    let ask = "{ placeTargets(place: \"KR\") { clause promised { quantity } contributed { quantity } contributedPercent claims } }";
    let found = app.data(None, ask, json!({})).await?;
    let target = |clause: &str,
                  promised: Value,
                  contributed: Value,
                  percent: &str,
                  claims: &str| {
        json!({ "clause": clause, "promised": promised, "contributed": contributed, "contributedPercent": percent, "claims": claims })
    };
    let (promised, done) = (json!({ "quantity": "12" }), json!({ "quantity": "15" }));
    assert_eq!(
        found["placeTargets"],
        json!([
            target("a", promised, done.clone(), "37.5", "2"),
            target("b", Value::Null, Value::Null, "0", "0"),
            // Of the 12 promised until March 2027, 10 are due by the end of 2026.
            target("c", json!({ "quantity": "10" }), done, "37.5", "2"),
        ])
    );
    // Two claims count in Seoul. A reader who takes one is refused there, and asks for another place in vain no more.
    let read = app.app.read();
    let much = read.place_targets("KR-11", 1).await;
    assert!(much.is_err_and(|error| error.to_string().contains("ask for a smaller place")));
    assert_eq!(read.place_targets("KR-26", 1).await?.len(), 1);
    let ask = "query ($policy: ID!, $clause: String!, $after: String) {
        placeTargetClaims(policy: $policy, clause: $clause, first: 1, after: $after) {
            totalCount nodes { verified { quantity } } pageInfo { hasNextPage endCursor } } }";
    let page = async |clause: &str, after: Value| {
        let variables = json!({ "policy": policy, "clause": clause, "after": after });
        let found = app.data(None, ask, variables).await?;
        anyhow::Ok(found["placeTargetClaims"].clone())
    };
    let first = page("a", Value::Null).await?;
    assert_eq!(
        (&first["totalCount"], &first["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(true))
    );
    let second = page("a", first["pageInfo"]["endCursor"].clone()).await?;
    let mut verified =
        [&first, &second].map(|page| page["nodes"][0]["verified"]["quantity"].to_string());
    verified.sort();
    assert_eq!(verified, ["\"7\"", "\"8\""]);
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    for none in ["b", "z"] {
        assert_eq!(page(none, Value::Null).await?["totalCount"], 0, "{none}");
    }
    Ok(())
}
