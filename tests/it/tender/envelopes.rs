//! Two envelopes: nobody reads a price, anywhere, until the consensus is signed and two officers open the prices.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, bid, on_tender, refused_on_tender, submit};

on_both!(
    prices_stay_closed_until_two_officers_open_them_after_the_consensus,
    a_plan_of_one_envelope_has_no_prices_to_open,
    a_price_below_the_minimum_excludes_only_after_the_prices_are_open,
);

/// Texts that would give a price away, wherever they stood.
const PRICES: [&str; 4] = ["98765.43", "9876543", "87654.32", "8765432"];

const READ: &str = "query ($id: ID!) { tender(id: $id) { stage
    bids { nodes { price { amount } answers { text } validity } } lots { ranking { places { total } excluded { grounds { kind } } } } } }";

/// A tender with two envelopes up to its opening: two bids with insurance, one without.
async fn opened(app: &TestApp, minimum: Option<&str>) -> Result<(City, String)> {
    let city = City::found(app).await?;
    let mut plan = city.plan();
    plan["envelopes"] = json!("TWO");
    if let Some(amount) = minimum {
        plan["lots"][0]["minimumPrice"] = json!({ "amount": amount, "currency": "EUR" });
    }
    let tender = city.publish(app, plan).await?;
    let prices = [("98765.43", true), ("87654.32", true), ("91234.56", false)];
    for (supplier, (price, insured)) in city.suppliers.iter().zip(prices) {
        let content = bid(supplier, price, "5", insured);
        submit(app, supplier, &tender, content, "a").await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    for (officer, mutation) in [
        (&city.officer, "approveOpening"),
        (&city.second_officer, "openTender"),
    ] {
        on_tender(app, officer, mutation, "OpenTenderInput", &tender).await?;
    }
    city.seat(app, &tender).await?;
    Ok((city, tender))
}

async fn open_prices(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    for (officer, mutation) in [
        (&city.officer, "approvePriceOpening"),
        (&city.second_officer, "openPrices"),
    ] {
        on_tender(app, officer, mutation, "TenderStepInput", tender).await?;
    }
    Ok(())
}

/// What everyone with any role reads says no price, and neither do the log and the database.
async fn expect_no_price(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    let readers = [
        None,
        Some(&city.officer),
        Some(&city.chair),
        Some(&city.evaluators[0]),
        Some(&city.suppliers[1]),
        Some(&city.registrar),
    ];
    for reader in readers {
        let found = app.data(reader, READ, json!({ "id": tender })).await?;
        let bids = found["tender"]["bids"]["nodes"]
            .as_array()
            .context("bids")?;
        assert_eq!(bids.len(), 3);
        for bid in bids {
            assert_eq!(bid["price"], Value::Null);
            assert_eq!(bid["validity"], "VALID");
        }
        assert!(bids[0]["answers"][0]["text"].is_string(), "quality is open");
        let text = found.to_string();
        assert!(PRICES.iter().all(|price| !text.contains(price)), "{text}");
    }
    let size = app.app.read().log_size().await?;
    for entry in app.app.read().log_entries(0..size).await? {
        let text = String::from_utf8(entry.bytes)?;
        assert!(PRICES.iter().all(|price| !text.contains(price)), "{text}");
    }
    expect_no_price_in_rows(app).await
}

/// The rows of opened bids, as they rest.
async fn expect_no_price_in_rows(app: &TestApp) -> Result<()> {
    let connection = app.database.connect().await?;
    let backend = connection.get_database_backend();
    let statement = sea_orm::Statement::from_string(backend, "SELECT content FROM bid");
    let rows = connection.query_all_raw(statement).await?;
    assert_eq!(rows.len(), 3);
    for row in rows {
        let content: Vec<u8> = row.try_get("", "content")?;
        let text = String::from_utf8(content)?;
        assert!(text.contains("commitments"), "{text}");
        assert!(PRICES.iter().all(|price| !text.contains(price)), "{text}");
        assert!(!text.contains("price"), "{text}");
    }
    connection.close().await?;
    Ok(())
}

async fn prices_stay_closed_until_two_officers_open_them_after_the_consensus(
    app: TestApp,
) -> Result<()> {
    let (city, tender) = opened(&app, None).await?;
    let [first, second] = [&city.officer, &city.second_officer];
    let refused =
        async |user, mutation, input| refused_on_tender(&app, user, mutation, input, &tender).await;
    expect_no_price(&app, &city, &tender).await?;
    let early = refused(first, "approvePriceOpening", "TenderStepInput").await?;
    assert_eq!(early, "WRONG_STAGE");
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    expect_no_price(&app, &city, &tender).await?;
    assert_eq!(
        refused(first, "computeRanking", "PanelInput").await?,
        "PRICES_CLOSED"
    );
    assert_eq!(
        refused(second, "openPrices", "TenderStepInput").await?,
        "NOT_APPROVED"
    );
    on_tender(
        &app,
        first,
        "approvePriceOpening",
        "TenderStepInput",
        &tender,
    )
    .await?;
    assert_eq!(
        refused(first, "openPrices", "TenderStepInput").await?,
        "FORBIDDEN",
        "the same officer"
    );
    assert_eq!(
        refused(&city.chair, "openPrices", "TenderStepInput").await?,
        "FORBIDDEN"
    );
    on_tender(&app, second, "openPrices", "TenderStepInput", &tender).await?;
    on_tender(&app, first, "computeRanking", "PanelInput", &tender).await?;
    let found = app.data(None, READ, json!({ "id": tender })).await?;
    let mut prices: Vec<String> = found["tender"]["bids"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|bid| bid["price"]["amount"].to_string())
        .collect();
    prices.sort_unstable();
    // The bid without insurance is excluded on quality: its envelope stays closed for ever.
    assert_eq!(prices, ["\"87654.32\"", "\"98765.43\"", "null"]);
    assert_eq!(
        found["tender"]["lots"][0]["ranking"]["places"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_plan_of_one_envelope_has_no_prices_to_open(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let refused = refused_on_tender(
        &app,
        &city.officer,
        "approvePriceOpening",
        "TenderStepInput",
        &tender,
    );
    assert_eq!(refused.await?, "ONE_ENVELOPE");
    Ok(())
}

async fn a_price_below_the_minimum_excludes_only_after_the_prices_are_open(
    app: TestApp,
) -> Result<()> {
    let (city, tender) = opened(&app, Some("90000.00")).await?;
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    open_prices(&app, &city, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let found = app.data(None, READ, json!({ "id": tender })).await?;
    let ranking = &found["tender"]["lots"][0]["ranking"];
    assert_eq!(ranking["places"].as_array().map(Vec::len), Some(1));
    let excluded = ranking["excluded"].to_string();
    assert!(
        excluded.contains("BELOW_MINIMUM_PRICE") && excluded.contains("CONDITION_FAILED"),
        "{excluded}"
    );
    app.expect_clean_log().await?;
    Ok(())
}
