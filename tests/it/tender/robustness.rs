//! What would have changed a winner, and what an officer should know of a plan before it is published.

use anyhow::Result;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, on_tender};

on_both!(
    a_ranking_is_questioned_and_a_stranger_recomputes_it,
    an_officer_reads_what_a_plan_leads_to,
    noise_of_the_evaluators_is_for_those_who_award_until_the_marks_are_released,
);

const ROBUSTNESS: &str = "query ($id: ID!) { tender(id: $id) { lots { robustness {
    firm groups pairs ranking { bids } losses { kind bids } weights { criterion weight above { weight rival } }
    noise { bid runs } noiseRuns entryIndex
} } } }";

async fn a_ranking_is_questioned_and_a_stranger_recomputes_it(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let found = app.data(None, ROBUSTNESS, json!({ "id": tender })).await?;
    let robustness = &found["tender"]["lots"][0]["robustness"];
    assert_eq!(robustness["firm"], true);
    assert_eq!(robustness["groups"], "1", "one loser is not excluded");
    let bids = robustness["ranking"]["bids"].as_array().map(Vec::len);
    assert_eq!(bids, Some(2));
    assert_eq!(robustness["losses"], json!([]));
    assert_eq!(robustness["weights"][0]["criterion"], "PRICE");
    assert_eq!(robustness["weights"][0]["weight"], "2/5");
    assert!(robustness["weights"][0]["above"]["rival"].is_string());
    assert_eq!(robustness["noise"], json!([]), "the marks are sealed");
    app.expect_clean_log().await?;
    Ok(())
}

const PLAN_REPORT: &str = "query ($input: PlanReportInput!) { planReport(input: $input) {
    warnings facts { criterion gap clause } priceOfAPoint { amount } priceEquivalents { criterion from to points price { amount } }
    simulation { runs reversals example { winner leftOut bids { number values { criterion value } } } }
    bias { criterion smallWins runs offeredTarget { quantity } }
} }";

fn input(city: &City, price: &str) -> Value {
    json!({ "input": {
        "plan": city.plan(),
        "referencePrice": { "amount": price, "currency": "EUR" },
        "runs": 100,
    } })
}

async fn an_officer_reads_what_a_plan_leads_to(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let asked = input(&city, "100000.00");
    let found = app
        .data(Some(&city.officer), PLAN_REPORT, asked.clone())
        .await?;
    let report = &found["planReport"];
    // 40 * p / (p + x) = 39 at x = p / 39 = 2564.102..
    assert_eq!(report["priceOfAPoint"]["amount"], "2564.11");
    assert_eq!(report["simulation"]["runs"], 100);
    assert!(
        report["warnings"][0]
            .as_str()
            .is_some_and(|one| one.starts_with("PRICE: "))
    );
    assert_eq!(report["facts"][0]["criterion"], "JOBS");
    assert_eq!(report["bias"][0]["criterion"], "JOBS");
    let again = app
        .data(Some(&city.officer), PLAN_REPORT, asked.clone())
        .await?;
    assert_eq!(again, found, "the seed is the plan's own");
    let refused = app
        .refusal(Some(&city.suppliers[0]), PLAN_REPORT, asked)
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    let free = app
        .refusal(Some(&city.officer), PLAN_REPORT, input(&city, "0.00"))
        .await?;
    assert_eq!(free.code, "BAD_USER_INPUT");
    assert_eq!(free.path.as_deref(), Some("referencePrice"));
    app.expect_clean_log().await?;
    Ok(())
}

async fn noise_of_the_evaluators_is_for_those_who_award_until_the_marks_are_released(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let noise = async |reader: Option<&User>| -> Result<Value> {
        let found = app
            .data(reader, ROBUSTNESS, json!({ "id": tender }))
            .await?;
        let robustness = &found["tender"]["lots"][0]["robustness"];
        Ok(json!([robustness["noiseRuns"], robustness["noise"]]))
    };
    let bids = city.opened_bids(&app, &tender).await?;
    // The marks 4 and 5 for the first bid leave it ahead in every run.
    let seen = json!(["1000", [{ "bid": bids[0], "runs": "1000" }]]);
    let hidden = json!([null, []]);
    let [one, _] = &city.evaluators;
    for (reader, expected) in [
        (Some(&city.officer), &seen),
        (Some(&city.chair), &seen),
        (Some(one), &hidden),
        (Some(&city.suppliers[0]), &hidden),
        (None, &hidden),
    ] {
        assert_eq!(noise(reader).await?, *expected);
    }
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    assert_eq!(noise(None).await?, hidden);
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    for reader in [None, Some(one), Some(&city.suppliers[0])] {
        assert_eq!(noise(reader).await?, seen);
    }
    let size = app.app.read().log_size().await?;
    let last = app.app.read().log_entries(size - 1..size).await?;
    assert_eq!(last[0].kind, "noise.reported");
    app.expect_clean_log().await?;
    Ok(())
}
