//! The whole way, with every number, and what a stranger can recompute of it.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, bid, on_tender, step, submission, submit};

on_both!(
    a_tender_goes_from_publication_to_award_and_a_stranger_recomputes_it,
    the_scorecard_explains_every_number,
    a_bid_is_replaced_and_another_withdrawn_before_the_deadline,
    an_excluded_bid_voids_the_ranking_and_the_proposal,
    a_cancelled_tender_says_why_and_its_bids_stay_closed,
    a_zero_price_withholds_the_ranking,
);

const RANKING: &str = "query ($id: ID!) { tender(id: $id) {
    stage
    lots {
        ranking { places { rank total bid { supplier { name } } } withheld { criterion reason bids } excluded { grounds { kind criterion } bid { supplier { name } } } }
        award { approvedBy supplier { name } bid { price { amount currency } commitments { measure quantity { quantity unit } } } }
    }
} }";

async fn a_tender_goes_from_publication_to_award_and_a_stranger_recomputes_it(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.awarded(&app).await?;
    let found = app.data(None, RANKING, json!({ "id": tender })).await?;
    let found = &found["tender"];
    assert_eq!(found["stage"], "AWARDED");
    assert_eq!(
        found["lots"][0]["ranking"],
        json!({
            "places": [
                { "rank": 1, "total": "89.7333", "bid": { "supplier": { "name": "Han River Care Cooperative" } } },
                { "rank": 2, "total": "65.8000", "bid": { "supplier": { "name": "Bright Benches Ltd" } } },
            ],
            "withheld": [],
            "excluded": [{
                "grounds": [{ "kind": "CONDITION_FAILED", "criterion": "INSURED" }],
                "bid": { "supplier": { "name": "Third Way Ltd" } },
            }],
        })
    );
    assert_eq!(
        found["lots"][0]["award"],
        json!({
            "approvedBy": format!("person:{}", city.second_officer.person),
            "supplier": { "name": "Han River Care Cooperative" },
            "bid": {
                "price": { "amount": "120000.00", "currency": "EUR" },
                "commitments": [{ "measure": "JOB-1", "quantity": { "quantity": "12", "unit": "job" } }],
            },
        })
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn the_scorecard_explains_every_number(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let found = app
        .data(
            None,
            "query ($id: ID!) { bid(id: $id) { scorecard { total marks {
                criterion rule formula points inputs { name value } exact rounded noValue withheld
            } } consensus { criterion level reason } } }",
            json!({ "id": bids[0] }),
        )
        .await?;
    let card = &found["bid"]["scorecard"];
    assert_eq!(card["total"], "89.7333");
    let price = &card["marks"][0];
    assert_eq!(price["rule"], "price_relative_lowest");
    assert_eq!(price["formula"], "W * p_min / p");
    assert_eq!(
        (&price["points"], &price["exact"], &price["rounded"]),
        (&json!("40"), &json!("100/3"), &json!("33.3333"))
    );
    let names: Vec<&Value> = price["inputs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|input| &input["name"])
        .collect();
    assert_eq!(names, ["p", "p_min"]);
    let rounded: Vec<&Value> = card["marks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mark| &mark["rounded"])
        .collect();
    assert_eq!(
        rounded,
        ["33.3333", "30.0000", "12.0000", "14.4000", "0.0000"]
    );
    let agreed = json!([{ "criterion": "METHOD", "level": 4, "reason": "Agreed after reading it together." }]);
    assert_eq!(found["bid"]["consensus"], agreed);
    Ok(())
}

async fn a_bid_is_replaced_and_another_withdrawn_before_the_deadline(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [first, second, _] = &city.suppliers;
    let dear = submit(
        &app,
        first,
        &tender,
        bid(first, "200000.00", "1", true),
        "a",
    )
    .await?;
    let gone = submit(&app, second, &tender, bid(second, "1.00", "1", true), "a").await?;
    let mut replacement = submission(first, &tender, bid(first, "110000.00", "12", true), "b");
    replacement["input"]["replaces"] = dear["sealedId"].clone();
    app.data(
        Some(first),
        &step("replaceBid", "ReplaceBidInput"),
        replacement,
    )
    .await?;
    let withdrawn = app
        .data(
            Some(second),
            "mutation ($input: WithdrawBidInput!) { made: withdrawBid(input: $input) { sealedBid { state } userErrors { code } } }",
            json!({ "input": { "sealedBid": gone["sealedId"], "supplier": second.organisation_id() } }),
        )
        .await?;
    assert_eq!(withdrawn["made"]["sealedBid"]["state"], "WITHDRAWN");
    app.advance_seconds(super::story::SECONDS_TO_CLOSING + 1);
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
    let found = app
        .data(
            None,
            "query ($id: ID!) { tender(id: $id) { bids { totalCount nodes { validity price { amount } } } } }",
            json!({ "id": tender }),
        )
        .await?;
    let bids = json!({ "totalCount": 1, "nodes": [{ "validity": "VALID", "price": { "amount": "110000.00" } }] });
    assert_eq!(found["tender"]["bids"], bids);
    app.expect_clean_log().await?;
    Ok(())
}

async fn an_excluded_bid_voids_the_ranking_and_the_proposal(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    app.data(
        Some(&city.officer),
        &step("excludeBid", "ExcludeBidInput"),
        json!({ "input": { "bid": bids[0], "ground": "MANDATORY", "reason": "A final judgment." } }),
    )
    .await?;
    let found = app.data(None, RANKING, json!({ "id": tender })).await?;
    assert_eq!(
        found["tender"],
        json!({ "stage": "CONSENSUS_SIGNED", "lots": [{ "ranking": null, "award": null }] })
    );
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let found = app.data(None, RANKING, json!({ "id": tender })).await?;
    let winner = &found["tender"]["lots"][0]["ranking"]["places"][0];
    assert_eq!(winner["bid"]["supplier"]["name"], "Bright Benches Ltd");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_cancelled_tender_says_why_and_its_bids_stay_closed(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.closed(&app).await?;
    app.data(
        Some(&city.officer),
        &step("cancelTender", "CancelTenderInput"),
        json!({ "input": { "tender": tender, "reason": "The park is flooded." } }),
    )
    .await?;
    let found = app
        .data(
            Some(&city.officer),
            "query ($id: ID!) { tender(id: $id) { stage cancellation { reason } bids { totalCount } } }",
            json!({ "id": tender }),
        )
        .await?;
    let cancelled = json!({ "stage": "CANCELLED", "cancellation": { "reason": "The park is flooded." }, "bids": null });
    assert_eq!(found["tender"], cancelled);
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_zero_price_withholds_the_ranking(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let mut plan = city.plan();
    let price = json!({ "priceRelativeLowest": { "of": "TOTAL" } });
    plan["lots"][0]["criteria"] =
        json!([{ "code": "PRICE", "title": "Price", "weight": "100", "rule": price }]);
    let tender = city.publish(&app, plan).await?;
    for (supplier, price) in city.suppliers.iter().zip(["0.00", "100.00"]) {
        let mut bid = bid(supplier, price, "1", true);
        (bid["answers"], bid["declarations"]) = (json!([]), json!([]));
        submit(&app, supplier, &tender, bid, "a").await?;
    }
    app.advance_seconds(super::story::SECONDS_TO_CLOSING + 1);
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
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let found = app.data(None, RANKING, json!({ "id": tender })).await?;
    let ranking = &found["tender"]["lots"][0]["ranking"];
    assert_eq!(ranking["places"], json!(null));
    assert_eq!(ranking["withheld"][0]["reason"], "ZERO_PRICE");
    let refused =
        super::story::refused_on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender);
    assert_eq!(refused.await?, "NO_WINNER");
    app.expect_clean_log().await?;
    Ok(())
}
