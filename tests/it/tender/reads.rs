//! Lists of tenders, what of a bid is shown to whom, and what reading costs.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, bid, on_tender, submit};

on_both!(
    a_price_that_is_withheld_is_shown_to_the_buyer_and_hidden_from_the_public,
    tenders_with_bids_and_scorecards_cost_a_fixed_number_of_statements,
    tenders_are_filtered_by_stage_and_buyer,
);

async fn a_price_that_is_withheld_is_shown_to_the_buyer_and_hidden_from_the_public(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let plan = city.plan_with_withheld_prices();
    let tender = city.publish(&app, plan).await?;
    let [first, second, _] = &city.suppliers;
    submit(
        &app,
        first,
        &tender,
        bid(first, "120000.00", "12", true),
        "a",
    )
    .await?;
    submit(
        &app,
        second,
        &tender,
        bid(second, "100000.00", "5", true),
        "a",
    )
    .await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    on_tender(
        &app,
        &city.officer,
        "approveOpening",
        "OpenTenderInput",
        &tender,
    )
    .await?;
    on_tender(
        &app,
        &city.second_officer,
        "openTender",
        "OpenTenderInput",
        &tender,
    )
    .await?;
    let price = "query ($id: ID!) { tender(id: $id) { bids { nodes { supplier { name } price { amount } commitments { measure } } } } }";
    let biased = city.officer_at_a_bidder(&app).await?;
    for (reader, own, other) in [
        (None, json!(null), json!(null)),
        // An officer of the buyer whose own side bids sees what the public sees.
        (Some(&biased), json!(null), json!(null)),
        (
            Some(&city.officer),
            json!({ "amount": "120000.00" }),
            json!({ "amount": "100000.00" }),
        ),
        (Some(first), json!({ "amount": "120000.00" }), json!(null)),
    ] {
        let found = app.data(reader, price, json!({ "id": tender })).await?;
        let nodes = found["tender"]["bids"]["nodes"]
            .as_array()
            .context("bids")?;
        for bid in nodes {
            let cooperative = bid["supplier"]["name"] == "Han River Care Cooperative";
            assert_eq!(
                bid["price"],
                if cooperative {
                    own.clone()
                } else {
                    other.clone()
                }
            );
            assert_eq!(bid["commitments"], json!([{ "measure": "JOB-1" }]));
        }
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn tenders_with_bids_and_scorecards_cost_a_fixed_number_of_statements(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    // How loads of one depth fall into batches varies by a few; a statement for each tender or bid would add more.
    let mut counts = Vec::new();
    for _ in 0..5 {
        let mut plan = city.plan();
        let closes_at = app.app.now().plus_micros(3_600_000_000).to_string();
        (plan["closesAt"], plan["opensAt"]) = (json!(closes_at), json!(closes_at));
        let tender = city.publish(&app, plan).await?;
        for (supplier, bid) in city.suppliers.iter().zip(city.bids()) {
            submit(&app, supplier, &tender, bid, &tender).await?;
        }
        app.advance_seconds(3_601);
        on_tender(
            &app,
            &city.officer,
            "approveOpening",
            "OpenTenderInput",
            &tender,
        )
        .await?;
        on_tender(
            &app,
            &city.second_officer,
            "openTender",
            "OpenTenderInput",
            &tender,
        )
        .await?;
        city.seat(&app, &tender).await?;
        city.mark(&app, &tender).await?;
        city.sign(&app, &tender).await?;
        on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
        let list = "{ tenders(first: 5) { totalCount nodes { title buyer { name } plan { lots { criteria { code children { code } } } }
            lots { ranking { places { rank bid { supplier { name } } } winner { id } } award { supplier { name } } contract { id } }
            bids(first: 5) { totalCount nodes { supplier { name } scorecard { total marks { rounded } } marks { level } consensus { level } } } } } }";
        let found = app.data(None, list, json!({})).await?;
        let shown = found["tenders"]["nodes"].as_array().context("tenders")?;
        assert!(shown.iter().all(|tender| tender["bids"]["totalCount"] == 3));
        counts.push((shown.len(), app.cost(list).await?));
    }
    let [(1, one), .., (5, five)] = counts[..] else {
        anyhow::bail!("one tender more at a time: {counts:?}");
    };
    assert!(
        five < one + 4 && five <= 33,
        "statements for one to five tenders: {counts:?}"
    );
    Ok(())
}

async fn tenders_are_filtered_by_stage_and_buyer(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    city.publish(&app, city.plan()).await?;
    let list =
        "query ($filter: TenderFilter) { tenders(filter: $filter) { totalCount nodes { stage } } }";
    let count = async |filter: Value| -> Result<Value> {
        let found = app.data(None, list, json!({ "filter": filter })).await?;
        Ok(found["tenders"]["totalCount"].clone())
    };
    assert_eq!(
        count(json!({ "stage": "PUBLISHED", "buyer": city.officer.organisation_id() })).await?,
        1
    );
    assert_eq!(count(json!({ "stage": "CLOSED" })).await?, 0);
    assert_eq!(
        count(json!({ "buyer": city.suppliers[0].organisation_id() })).await?,
        0
    );
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    assert_eq!(count(json!({ "stage": "CLOSED" })).await?, 1);
    assert_eq!(count(json!({ "stage": "PUBLISHED" })).await?, 0);
    Ok(())
}
