//! Sealed bids reveal nothing: to the public, to the buyer, to each other, in the log and in the file.

use anyhow::{Context, Result};
use commonweal_tests::{Database, TestApp, on_both};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::story::{City, bid, on_tender, refused_on_tender, submit};

on_both!(
    before_the_deadline_the_interface_with_all_ids_says_nothing_of_a_bid,
    the_log_names_neither_supplier_nor_tender_of_a_sealed_bid,
    the_supplier_alone_sees_its_own_receipt,
    bids_open_after_the_deadline_by_two_officers_and_no_earlier,
    a_damaged_bid_is_void_and_swapped_ones_are_invalid_for_all_to_see,
);

/// Texts that would give a bid away, wherever they stood.
const SECRETS: [&str; 3] = ["98765.43", "9876543", "zinnober apprentices"];

async fn with_a_sealed_bid(app: &TestApp) -> Result<(City, String, Value)> {
    let city = City::found(app).await?;
    let tender = city.publish(app, city.plan()).await?;
    let supplier = &city.suppliers[0];
    let mut content = bid(supplier, "98765.43", "7", true);
    content["answers"][0]["text"] = json!("We train zinnober apprentices.");
    let receipt = submit(app, supplier, &tender, content, "a").await?;
    Ok((city, tender, receipt))
}

async fn before_the_deadline_the_interface_with_all_ids_says_nothing_of_a_bid(
    app: TestApp,
) -> Result<()> {
    let (city, tender, receipt) = with_a_sealed_bid(&app).await?;
    let ids = json!({
        "tender": tender, "sealed": receipt["sealedId"], "supplier": city.suppliers[0].organisation_id(),
    });
    let document = "query ($tender: ID!, $sealed: ID!, $supplier: ID!) {
        tender(id: $tender) { stage bids { totalCount nodes { id } } lots { ranking { entryIndex } award { entryIndex } } openedIndex }
        node(id: $sealed) { __typename }
        nodes(ids: [$sealed]) { __typename }
        sealedBids(supplier: $supplier) { totalCount nodes { id } }
    }";
    let nothing = json!({
        "tender": { "stage": "PUBLISHED", "bids": null, "lots": [{ "ranking": null, "award": null }], "openedIndex": null },
        "node": null, "nodes": [null], "sealedBids": { "totalCount": 0, "nodes": [] },
    });
    let outsiders = [
        None,
        Some(&city.officer),
        Some(&city.chair),
        Some(&city.evaluators[0]),
        Some(&city.suppliers[1]),
        Some(&city.registrar),
    ];
    for reader in outsiders {
        assert_eq!(app.data(reader, document, ids.clone()).await?, nothing);
    }
    // What does not exist looks the same as what is sealed.
    let unknown = json!({ "id": "sealed:00000000-0000-4000-8000-000000000000" });
    let node = "query ($id: ID!) { node(id: $id) { __typename } }";
    let sealed = json!({ "id": receipt["sealedId"] });
    let (mut sealed, mut unknown) = (
        app.ask(None, node, sealed).await?,
        app.ask(None, node, unknown).await?,
    );
    assert!(sealed["extensions"].take().is_object() && unknown["extensions"].take().is_object());
    assert_eq!(sealed, unknown, "all but the caller's budget");
    Ok(())
}

async fn the_log_names_neither_supplier_nor_tender_of_a_sealed_bid(app: TestApp) -> Result<()> {
    let (city, tender, receipt) = with_a_sealed_bid(&app).await?;
    let index: u64 = receipt["entryIndex"]
        .as_str()
        .context("an index")?
        .parse()?;
    let entry = app.app.read().log_entry(index).await?.context("an entry")?;
    let entry: Value = serde_json::from_slice(&entry.bytes)?;
    let supplier = city.suppliers[0].organisation.to_string();
    let text = entry.to_string();
    assert_eq!(entry["kind"], "bid.sealed");
    assert_eq!(entry["actors"], json!([]));
    assert_eq!(entry["body"]["commitment"], receipt["commitment"]);
    assert!(!text.contains(&supplier) && !text.contains(tender.trim_start_matches("tender:")));
    assert_eq!(
        entry["body"].as_object().map(serde_json::Map::len),
        Some(2),
        "{text}"
    );
    let size = app.app.read().log_size().await?;
    for entry in app.app.read().log_entries(0..size).await? {
        let text = String::from_utf8(entry.bytes)?;
        assert!(
            SECRETS.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
    Ok(())
}

async fn the_supplier_alone_sees_its_own_receipt(app: TestApp) -> Result<()> {
    let (city, tender, receipt) = with_a_sealed_bid(&app).await?;
    let supplier = &city.suppliers[0];
    let found = app
        .data(
            Some(supplier),
            "query ($id: ID!) { sealedBids(supplier: $id) { totalCount nodes { id state commitment receivedAt entryIndex tender { id } } } }",
            json!({ "id": supplier.organisation_id() }),
        )
        .await?;
    let own = json!({
        "totalCount": 1,
        "nodes": [{
            "id": receipt["sealedId"], "state": "WAITING", "commitment": receipt["commitment"],
            "receivedAt": receipt["receivedAt"], "entryIndex": receipt["entryIndex"], "tender": { "id": tender },
        }],
    });
    assert_eq!(found["sealedBids"], own);
    Ok(())
}

async fn bids_open_after_the_deadline_by_two_officers_and_no_earlier(app: TestApp) -> Result<()> {
    let (city, tender, _) = with_a_sealed_bid(&app).await?;
    let [first, second] = [&city.officer, &city.second_officer];
    let refused = async |user, mutation| {
        refused_on_tender(&app, user, mutation, "OpenTenderInput", &tender).await
    };
    assert_eq!(refused(first, "approveOpening").await?, "NOT_YET_OPEN");
    assert_eq!(refused(first, "openTender").await?, "NOT_APPROVED");
    app.advance_seconds(super::story::SECONDS_TO_CLOSING);
    assert_eq!(
        refused(first, "approveOpening").await?,
        "NOT_YET_OPEN",
        "at the deadline itself"
    );
    app.advance_seconds(1);
    on_tender(&app, first, "approveOpening", "OpenTenderInput", &tender).await?;
    assert_eq!(
        refused(first, "openTender").await?,
        "FORBIDDEN",
        "the same officer"
    );
    assert_eq!(
        refused(&city.evaluators[0], "openTender").await?,
        "FORBIDDEN",
        "another role"
    );
    on_tender(&app, second, "openTender", "OpenTenderInput", &tender).await?;
    assert_eq!(refused(second, "openTender").await?, "WRONG_STAGE", "once");
    let found = app
        .data(
            None,
            "query ($id: ID!) { tender(id: $id) { bids { nodes { price { amount } answers { text } } } } }",
            json!({ "id": tender }),
        )
        .await?;
    let opened = json!([{ "price": { "amount": "98765.43" }, "answers": [{ "text": "We train zinnober apprentices." }] }]);
    assert_eq!(found["tender"]["bids"]["nodes"], opened);
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_damaged_bid_is_void_and_swapped_ones_are_invalid_for_all_to_see(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let mut ids = Vec::new();
    for (supplier, bid) in city.suppliers.iter().zip(city.bids()) {
        let receipt = submit(&app, supplier, &tender, bid, "a").await?;
        let id = super::story::text(&receipt["sealedId"])?;
        ids.push(id.trim_start_matches("sealed:").to_owned());
    }
    tamper(&app, &ids).await?;
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
            "query ($id: ID!) { tender(id: $id) { bids { nodes { validity } } } }",
            json!({ "id": tender }),
        )
        .await?;
    let invalid = json!({ "validity": "COMMITMENT_MISMATCH" });
    assert_eq!(found["tender"]["bids"]["nodes"], json!([invalid, invalid]));
    let size = app.app.read().log_size().await?;
    let entries = app.app.read().log_entries(0..size).await?;
    let opened = entries.iter().find(|entry| entry.kind == "tender.opened");
    let opened: Value = serde_json::from_slice(&opened.context("an opening")?.bytes)?;
    assert_eq!(opened["body"]["void"], json!([ids[2]]));
    app.expect_clean_log().await?;
    Ok(())
}

/// Swaps the first two ciphertexts behind the service's back, and damages the third.
async fn tamper(app: &TestApp, ids: &[String]) -> Result<()> {
    let database = app.database.connect().await?;
    let sqlite = app.database.folder().is_some();
    let literal = |id: &String| {
        if sqlite {
            format!("x'{}'", id.replace('-', ""))
        } else {
            format!("'{id}'")
        }
    };
    let [first, second, third] = [literal(&ids[0]), literal(&ids[1]), literal(&ids[2])];
    let bytes = if sqlite { "blob" } else { "bytea" };
    for statement in [
        format!("CREATE TABLE swapped (ciphertext {bytes})"),
        format!("INSERT INTO swapped SELECT ciphertext FROM sealed_bid WHERE id = {first}"),
        format!(
            "UPDATE sealed_bid SET ciphertext = (SELECT ciphertext FROM sealed_bid WHERE id = {second}) WHERE id = {first}"
        ),
        format!(
            "UPDATE sealed_bid SET ciphertext = (SELECT ciphertext FROM swapped) WHERE id = {second}"
        ),
        format!("UPDATE sealed_bid SET ciphertext = commitment WHERE id = {third}"),
    ] {
        database.execute_unprepared(&statement).await?;
    }
    Ok(database.close().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_files_hold_no_plaintext_of_a_sealed_bid() -> Result<()> {
    let app = TestApp::start(Database::sqlite()?).await?;
    with_a_sealed_bid(&app).await?;
    let folder = app.database.folder().context("a folder")?.to_owned();
    let mut searched = 0;
    for file in std::fs::read_dir(&folder)? {
        let bytes = std::fs::read(file?.path())?;
        searched += bytes.len();
        for secret in SECRETS {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "`{secret}` stands in the files of the database");
        }
        // The price as SQLite would store the number of cents.
        let cents = 9_876_543_u32.to_be_bytes();
        assert!(
            !bytes.windows(4).any(|window| window == cents),
            "the price in cents"
        );
    }
    assert!(searched > 4_096, "the files were there to be searched");
    app.stop().await
}
