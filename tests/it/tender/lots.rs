//! Tenders of several lots: a bid is for one of them, a supplier wins no more than it may, each award has its contract. And
//! a body that is too large for its entry.

use anyhow::{Context, Result};
use commonweal_domain::log::entry::{Entry, EntryError};
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{
    City, SECONDS_TO_CLOSING, STANDSTILL_SECONDS, SUBMIT, on_tender, step, submission, submit,
};

use crate::credit_world::PUBLISH_CATALOGUE;

on_both!(
    each_lot_is_won_and_signed_on_its_own_within_the_limit,
    a_lot_without_a_bid_has_no_winner,
    a_bid_for_a_wrong_lot_is_refused_with_its_field,
    a_plan_with_wrong_lots_is_refused_with_its_place,
    what_is_for_the_parties_is_for_the_bidders_of_the_lot,
    a_body_too_large_for_its_entry_stands_beside_the_log,
);

/// Lots NORTH and SOUTH, decided by price; a supplier may win one of them.
fn plan(city: &City) -> Value {
    let lot = |code: &str| {
        let price = json!({ "priceRelativeLowest": { "of": "TOTAL" } });
        let price = json!({ "code": format!("PRICE-{code}"), "title": "Price", "weight": "100", "rule": price });
        json!({ "code": code, "title": format!("Benches in the {code}"), "criteria": [price] })
    };
    let mut plan = city.plan();
    plan["lots"] = json!([lot("NORTH"), lot("SOUTH")]);
    plan["lotLimits"] = json!({ "maxAwardsPerSupplier": 1 });
    plan
}

fn bid(supplier: &User, lot: &str, price: &str) -> Value {
    let mut bid = super::story::bid(supplier, price, "3", true);
    (bid["answers"], bid["declarations"]) = (json!([]), json!([]));
    bid["lot"] = json!(lot);
    bid
}

/// Publishes the tender, takes the bids and opens them.
async fn opened(app: &TestApp, city: &City, bids: &[(usize, &str, &str)]) -> Result<String> {
    opened_by(app, city, plan(city), bids).await
}

async fn opened_by(
    app: &TestApp,
    city: &City,
    plan: Value,
    bids: &[(usize, &str, &str)],
) -> Result<String> {
    let tender = city.publish(app, plan).await?;
    for (supplier, lot, price) in bids {
        let supplier = &city.suppliers[*supplier];
        submit(app, supplier, &tender, bid(supplier, lot, price), lot).await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    let input = "OpenTenderInput";
    on_tender(app, &city.officer, "approveOpening", input, &tender).await?;
    on_tender(app, &city.second_officer, "openTender", input, &tender).await?;
    Ok(tender)
}

/// Of each bid its lot, and whether the reader sees its price.
async fn seen(app: &TestApp, reader: Option<&User>, tender: &str) -> Result<Vec<(String, bool)>> {
    let document =
        "query ($id: ID!) { tender(id: $id) { bids { nodes { lot price { amount } } } } }";
    let found = app.data(reader, document, json!({ "id": tender })).await?;
    let bids = found["tender"]["bids"]["nodes"].as_array();
    let seen = |bid: &Value| Ok((super::story::text(&bid["lot"])?, bid["price"].is_object()));
    let mut seen = bids
        .context("bids")?
        .iter()
        .map(seen)
        .collect::<Result<Vec<_>>>()?;
    seen.sort();
    Ok(seen)
}

async fn what_is_for_the_parties_is_for_the_bidders_of_the_lot(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let mut plan = plan(&city);
    plan["disclosure"] = json!([{ "field": "PRICE", "disclosure": "PARTIES" }]);
    let bids = [
        (0, "NORTH", "100.00"),
        (1, "SOUTH", "90.00"),
        (2, "NORTH", "120.00"),
        (2, "SOUTH", "80.00"),
    ];
    let tender = opened_by(&app, &city, plan, &bids).await?;
    let [north, south, both] = &city.suppliers;
    let cases = [
        (Some(north), true, false),
        (Some(south), false, true),
        (Some(both), true, true),
        (Some(&city.officer), true, true),
        (None, false, false),
    ];
    for (reader, sees_north, sees_south) in cases {
        let expected = [
            ("NORTH", sees_north),
            ("NORTH", sees_north),
            ("SOUTH", sees_south),
            ("SOUTH", sees_south),
        ]
        .map(|(lot, sees)| (lot.to_owned(), sees));
        assert_eq!(seen(&app, reader, &tender).await?, expected);
    }
    Ok(())
}

pub(super) async fn award(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    on_tender(app, &city.officer, "computeRanking", "PanelInput", tender).await?;
    on_tender(app, &city.officer, "proposeAward", "AwardInput", tender).await?;
    on_tender(
        app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        tender,
    )
    .await
}

/// Writes a letter about each opened bid, publishes the award notice and waits for the end of the standstill.
pub(super) async fn stand_still(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    let officer = Some(&city.officer);
    let query = "query ($id: ID!) { tender(id: $id) { bids(first: 10) { nodes { id } } } }";
    let found = app.data(officer, query, json!({ "id": tender })).await?;
    let nodes = found["tender"]["bids"]["nodes"].as_array();
    let letter = |bid: &Value| json!({ "bid": bid["id"], "language": "KOREAN" });
    let letters: Vec<Value> = nodes.context("bids")?.iter().map(letter).collect();
    let send = step("sendLetters", "SendLettersInput");
    let input = json!({ "input": { "tender": tender, "letters": letters } });
    app.data(officer, &send, input).await?;
    on_tender(app, &city.officer, "notifyAward", "TenderStepInput", tender).await?;
    app.advance_seconds(STANDSTILL_SECONDS);
    Ok(())
}

const LOTS: &str = "query ($id: ID!) { tender(id: $id) {
    stage
    plan { lotLimits { maxBidsPerSupplier maxAwardsPerSupplier allocation } lots { code criteria { code points } } }
    lots {
        code
        ranking { places { rank total bid { lot supplier { name } } } winner { supplier { name } } passedOver }
        award { lot approvedBy supplier { name } }
        contract { lot supplier { name } }
    }
} }";

async fn sign(app: &TestApp, city: &City, tender: &str, lot: &str) -> Result<Value> {
    let input = json!({ "input": { "tender": tender, "lot": lot } });
    app.data(
        Some(&city.officer),
        "mutation ($input: SignContractInput!) { made: signContract(input: $input) {
            contract { lot tender { stage } supplier { name } } userErrors { code message path }
        } }",
        input,
    )
    .await
}

async fn each_lot_is_won_and_signed_on_its_own_within_the_limit(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let bids = [
        (0, "NORTH", "100.00"),
        (1, "NORTH", "110.00"),
        (0, "SOUTH", "50.00"),
        (1, "SOUTH", "100.00"),
    ];
    let tender = opened(&app, &city, &bids).await?;
    award(&app, &city, &tender).await?;
    let found = app.data(None, LOTS, json!({ "id": tender })).await?;
    let found = &found["tender"];
    assert_eq!(found["stage"], "AWARDED");
    let limits = json!({ "maxBidsPerSupplier": null, "maxAwardsPerSupplier": 1, "allocation": "PLAN_ORDER" });
    assert_eq!(found["plan"]["lotLimits"], limits);
    assert_eq!(
        found["plan"]["lots"][1]["criteria"],
        json!([{ "code": "PRICE-SOUTH", "points": "100" }])
    );
    let [first, second] = ["Han River Care Cooperative", "Bright Benches Ltd"];
    let place = |rank: u32, lot: &str, total: &str, name: &str| json!({ "rank": rank, "total": total, "bid": { "lot": lot, "supplier": { "name": name } } });
    let [north, south] = [&found["lots"][0], &found["lots"][1]];
    assert_eq!(
        north["ranking"]["places"],
        json!([
            place(1, "NORTH", "100.0000", first),
            place(2, "NORTH", "90.9091", second)
        ])
    );
    assert_eq!(
        south["ranking"]["places"],
        json!([
            place(1, "SOUTH", "100.0000", first),
            place(2, "SOUTH", "50.0000", second)
        ])
    );
    assert_eq!(north["award"]["supplier"]["name"], first);
    assert_eq!(south["award"]["supplier"]["name"], second);
    assert_eq!(south["ranking"]["winner"]["supplier"]["name"], second);
    let passed_over = south["ranking"]["passedOver"].as_array().context("ids")?;
    assert_eq!(passed_over.len(), 1, "the first, which wins the other lot");

    stand_still(&app, &city, &tender).await?;
    let signing = step("signContract", "SignContractInput");
    let refused = async |lot: Value| {
        let input = json!({ "input": { "tender": tender, "lot": lot } });
        app.refusal(Some(&city.officer), &signing, input).await
    };
    let unnamed = refused(json!(null)).await?;
    assert_eq!(
        (unnamed.code.as_str(), unnamed.path.as_deref()),
        ("LOT", Some("lot"))
    );
    assert!(unnamed.message.contains("NORTH, SOUTH"), "{unnamed:?}");
    assert_eq!(refused(json!("EAST")).await?.code, "LOT");
    let one = sign(&app, &city, &tender, "SOUTH").await?;
    let signed = &one["made"]["contract"];
    assert_eq!(
        (&signed["lot"], &signed["tender"]["stage"]),
        (&json!("SOUTH"), &json!("STANDSTILL"))
    );
    assert!(refused(json!("SOUTH")).await.is_ok(), "one contract a lot");
    let last = sign(&app, &city, &tender, "NORTH").await?;
    assert_eq!(last["made"]["contract"]["tender"]["stage"], "CONTRACTED");
    let found = app.data(None, LOTS, json!({ "id": tender })).await?;
    let contract = &found["tender"]["lots"][0]["contract"];
    assert_eq!(
        contract,
        &json!({ "lot": "NORTH", "supplier": { "name": first } })
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_lot_without_a_bid_has_no_winner(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let bids = [(0, "SOUTH", "90.00"), (1, "SOUTH", "100.00")];
    let tender = opened(&app, &city, &bids).await?;
    award(&app, &city, &tender).await?;
    let found = app.data(None, LOTS, json!({ "id": tender })).await?;
    let lots = &found["tender"]["lots"];
    assert_eq!(lots[0]["ranking"]["places"], json!([]));
    assert_eq!(lots[0]["award"]["supplier"], json!(null));
    assert_eq!(lots[0]["award"]["lot"], "NORTH", "stated all the same");
    assert_eq!(
        lots[1]["award"]["supplier"]["name"],
        "Han River Care Cooperative"
    );
    stand_still(&app, &city, &tender).await?;
    let signed = sign(&app, &city, &tender, "SOUTH").await?;
    assert_eq!(signed["made"]["contract"]["tender"]["stage"], "CONTRACTED");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_bid_for_a_wrong_lot_is_refused_with_its_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let mut plan = plan(&city);
    plan["lotLimits"] = json!({ "maxBidsPerSupplier": 1 });
    let tender = city.publish(&app, plan).await?;
    let supplier = &city.suppliers[0];
    let refused = async |bid: Value| {
        let input = submission(supplier, &tender, bid, "x");
        app.refusal(Some(supplier), SUBMIT, input).await
    };
    let mut unnamed = bid(supplier, "NORTH", "1.00");
    unnamed["lot"] = json!(null);
    let unnamed = refused(unnamed).await?;
    assert!(unnamed.message.contains("bid.lot"), "{unnamed:?}");
    let unknown = refused(bid(supplier, "EAST", "1.00")).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("BID", Some("bid.lot"))
    );
    let receipt = submit(&app, supplier, &tender, bid(supplier, "NORTH", "1.00"), "a").await?;
    let same = refused(bid(supplier, "NORTH", "2.00")).await?;
    assert_eq!(same.code, "BID_EXISTS");
    let other = refused(bid(supplier, "SOUTH", "2.00")).await?;
    assert_eq!(
        (other.code.as_str(), other.path.as_deref()),
        ("TOO_MANY_LOTS", Some("bid.lot"))
    );
    let mut replace = submission(supplier, &tender, bid(supplier, "SOUTH", "2.00"), "b");
    replace["input"]["replaces"] = receipt["sealedId"].clone();
    let replacing = step("replaceBid", "ReplaceBidInput");
    let moved = app
        .refusal(Some(supplier), &replacing, replace.clone())
        .await?;
    assert_eq!(
        (moved.code.as_str(), moved.path.as_deref()),
        ("OTHER_LOT", Some("bid.lot"))
    );
    replace["input"]["bid"] = bid(supplier, "NORTH", "2.00");
    app.data(Some(supplier), &replacing, replace).await?;
    Ok(())
}

async fn a_plan_with_wrong_lots_is_refused_with_its_place(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let good = plan(&city);
    let cases = [
        ("/lots/1/code", json!("NORTH"), "plan.lots.1.code"),
        (
            "/lots/1/criteria/0/code",
            json!("PRICE-NORTH"),
            "plan.lots.1.criteria",
        ),
        (
            "/lots/1/criteria/0/weight",
            json!("99"),
            "plan.lots.1.criteria",
        ),
        ("/lots", json!([]), "plan.lots"),
        (
            "/lotLimits/maxAwardsPerSupplier",
            json!(3),
            "plan.lotLimits.maxAwardsPerSupplier",
        ),
        (
            "/lotLimits/maxAwardsPerSupplier",
            json!(0),
            "plan.lotLimits.maxAwardsPerSupplier",
        ),
    ];
    for (place, wrong, path) in cases {
        let mut plan = good.clone();
        *plan.pointer_mut(place).with_context(|| place.to_owned())? = wrong;
        let refused = city.publish_refused(&app, plan).await?;
        assert_eq!(refused.path.as_deref(), Some(path), "{refused:?}");
    }
    Ok(())
}

async fn a_body_too_large_for_its_entry_stands_beside_the_log(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let measures: Vec<Value> = (0..250)
        .map(|n| {
            json!({
                "code": format!("JOB-{n}"), "theme": "Work", "outcome": "Jobs", "title": "x".repeat(150),
                "kind": "QUANTITATIVE", "unit": "job", "scale": 0, "evidence": ["contracts of employment"],
                "verificationMethod": "A sample of the contracts is read.", "transferable": true, "deadweight": "0",
            })
        })
        .collect();
    let catalogue = json!({ "code": "large", "version": "1", "title": "Large", "source": "ours", "measures": measures });
    app.data(
        Some(&registrar),
        PUBLISH_CATALOGUE,
        json!({ "input": catalogue }),
    )
    .await?;
    let last = app.app.read().log_size().await? - 1;
    let entry = app.app.read().log_entry(last).await?.context("an entry")?;
    let Err(EntryError::NeedsBlob(sha256)) = Entry::parse(&entry.bytes) else {
        anyhow::bail!("the catalogue fits its entry");
    };
    let url = format!("{}/log/blob/{sha256}", app.url);
    let early = app.http().get(&url).send().await?.status();
    assert_eq!(early, 404, "no checkpoint covers it yet");
    app.expect_clean_log().await?;
    let blob = app.http().get(&url).send().await?;
    assert_eq!(blob.headers()["content-type"], "application/json");
    let blob = blob.bytes().await?;
    assert_eq!(commonweal_domain::log::hash::sha256(&blob), sha256);
    assert!(Entry::parse_with(&entry.bytes, Some(&blob)).is_ok());
    for wrong in ["00", "zz", &"0".repeat(64)] {
        let url = format!("{}/log/blob/{wrong}", app.url);
        assert_eq!(app.http().get(&url).send().await?.status(), 404, "{wrong}");
    }
    Ok(())
}
