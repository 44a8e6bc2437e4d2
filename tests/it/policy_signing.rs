//! Clauses on KPIs are asked again when the contract is signed: what a plan announced, the contract must have.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::json;

use crate::tender::story::{City, STANDSTILL_SECONDS, on_tender, step};

on_both!(
    a_contract_with_fewer_kpis_than_its_plan_announced_is_not_signed,
    an_exemption_that_the_plan_relies_on_lets_it_be_signed,
);

const THREE_KPIS: &str = r#"
    code = "kr-11-kpis"
    version = "1"
    jurisdiction = "Seoul"
    title = "Three KPIs"
    citation = "house rule 7"
    effective_from = "2026-01-01"
    source = "the city's house rules"
    confidence = "high"
    [selection]
    places = ["KR-11"]
    [[clauses]]
    code = "kpis"
    citation = "rule 7"
    summary = "Contracts above one euro have at least three KPIs."
    source = "the city's house rules"
    confidence = "high"
    [clauses.rule.minimum_kpis]
    basis = "gross"
    above = { amount = "1.00", currency = "EUR" }
    fewest = 3
    exemptions = ["small"]
"#;

/// A tender of the city with the facts of its procurement, up to the end of its standstill. The winner promises one thing.
async fn stood_still(app: &TestApp, exemptions: &[&str]) -> Result<(City, String)> {
    let city = City::found(app).await?;
    let publish = "mutation ($input: PublishPolicyInput!) {
        made: publishPolicy(input: $input) { policy { id } userErrors { code message path } } }";
    let input = json!({ "input": { "document": THREE_KPIS } });
    app.data(Some(&city.registrar), publish, input).await?;
    let mut plan = city.plan();
    plan["procurement"] = json!({
        "valueGross": { "amount": "120000.00", "currency": "EUR" }, "kpis": 3, "exemptions": exemptions,
    });
    let tender = city.publish(app, plan).await?;
    city.rank(app, &tender).await?;
    on_tender(app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    let second = &city.second_officer;
    on_tender(app, second, "approveAward", "AwardInput", &tender).await?;
    city.notify(app, &tender).await?;
    app.advance_seconds(STANDSTILL_SECONDS);
    Ok((city, tender))
}

async fn a_contract_with_fewer_kpis_than_its_plan_announced_is_not_signed(
    app: TestApp,
) -> Result<()> {
    let (city, tender) = stood_still(&app, &[]).await?;
    let sign = step("signContract", "SignContractInput");
    let variables = json!({ "input": { "tender": tender } });
    let refused = app.refusal(Some(&city.officer), &sign, variables).await?;
    assert_eq!(refused.code, "POLICY_NOT_MET");
    for said in ["rule 7", "`kpis`", "1 KPIs", "at least 3"] {
        assert!(refused.message.contains(said), "{}", refused.message);
    }
    app.expect_clean_log().await?;
    app.stop().await
}

async fn an_exemption_that_the_plan_relies_on_lets_it_be_signed(app: TestApp) -> Result<()> {
    let (city, tender) = stood_still(&app, &["small"]).await?;
    let sign = "SignContractInput";
    on_tender(&app, &city.officer, "signContract", sign, &tender).await?;
    app.expect_clean_log().await?;
    app.stop().await
}
