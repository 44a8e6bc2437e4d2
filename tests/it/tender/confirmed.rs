//! Confirmations of participation: who learns what and when, and what counts.

use anyhow::{Context, Result};
use commonweal_tests::{Refusal, TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, bid, on_tender, step, submit, text};

on_both!(
    a_confirmed_share_counts_and_an_unconfirmed_one_is_named,
    nobody_else_learns_of_a_request_or_a_confirmation,
    a_confirmation_of_another_share_counts_nothing,
    a_confirmation_is_replaced_and_withdrawn_until_the_deadline,
    wrong_requests_name_the_field,
    a_certificate_recorded_after_the_opening_changes_nothing,
    a_confirmation_of_a_bid_that_was_taken_back_stays_closed,
    a_cancelled_tender_leaves_nothing_open,
    the_buyer_takes_no_part_in_a_bid,
    late_bids_do_not_fill_the_log,
);

const ASK: &str = "mutation ($input: AskConfirmationInput!) {
    made: askConfirmation(input: $input) { request { id confirmed share work } userErrors { code message path } }
}";
const CONFIRM: &str = "mutation ($input: ConfirmShareInput!) {
    made: confirmShare(input: $input) { receipt { sealedId commitment receivedAt entryIndex } userErrors { code message path } }
}";
const WITHDRAW: &str = "mutation ($input: WithdrawConfirmationInput!) {
    made: withdrawConfirmation(input: $input) { withdrawn userErrors { code message path } }
}";
const REQUESTS: &str = "query ($organisation: ID!, $side: ConfirmationSide!) {
    confirmationRequests(organisation: $organisation, side: $side) {
        totalCount nodes { id confirmed share bidder { id } organisation { id } under { id } receipt { sealedId } }
    }
}";

/// The second supplier asks the first one, the cooperative, to do a part under it.
fn asking(city: &City, tender: &str, share: &str) -> Value {
    let [partner, bidder, _] = &city.suppliers;
    json!({ "input": {
        "tender": tender, "bidder": bidder.organisation_id(), "organisation": partner.organisation_id(),
        "share": share, "under": bidder.organisation_id(), "work": "zinnober varnish for every bench",
    } })
}

async fn ask(app: &TestApp, city: &City, tender: &str, share: &str) -> Result<String> {
    let made = app
        .data(Some(&city.suppliers[1]), ASK, asking(city, tender, share))
        .await?;
    text(&made["made"]["request"]["id"])
}

fn confirming(partner: &User, request: &str) -> Value {
    json!({ "input": { "request": request, "organisation": partner.organisation_id() } })
}

async fn confirm(app: &TestApp, city: &City, request: &str) -> Result<Value> {
    let partner = &city.suppliers[0];
    let mut made = app
        .data(Some(partner), CONFIRM, confirming(partner, request))
        .await?;
    Ok(made["made"]["receipt"].take())
}

/// The bid of the second supplier, with the first one under it.
fn with_partner(city: &City, share: &str) -> Value {
    let [partner, bidder, _] = &city.suppliers;
    let mut content = bid(bidder, "100000.00", "5", true);
    content["participations"] = json!([
        { "organisation": bidder.organisation_id(), "share": "1" },
        { "organisation": partner.organisation_id(), "share": share, "under": bidder.organisation_id() },
    ]);
    content
}

async fn open(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    let input = "OpenTenderInput";
    on_tender(app, &city.officer, "approveOpening", input, tender).await?;
    on_tender(app, &city.second_officer, "openTender", input, tender).await
}

/// The SEO mark of the only bid, by a panel that agrees at once, with what it was made from.
async fn ranked(app: &TestApp, city: &City, tender: &str) -> Result<Value> {
    let document = "query ($id: ID!) { tender(id: $id) { bids { nodes {
        id validityNotes { kind organisation { id } } participations { confirmed }
        scorecard { marks { criterion rounded inputs { name } } }
    } } } }";
    let bids = async || {
        app.data(Some(&city.officer), document, json!({ "id": tender }))
            .await
    };
    let found = bids().await?;
    let id = text(&found["tender"]["bids"]["nodes"][0]["id"])?;
    city.seat(app, tender).await?;
    for evaluator in &city.evaluators {
        super::story::save_mark(app, evaluator, &id, 3).await?;
        on_tender(app, evaluator, "finaliseMarks", "PanelInput", tender).await?;
    }
    city.sign(app, tender).await?;
    on_tender(app, &city.officer, "computeRanking", "PanelInput", tender).await?;
    let mut found = bids().await?;
    Ok(found["tender"]["bids"]["nodes"][0].take())
}

fn seo_mark(bid: &Value) -> Result<(String, Vec<String>)> {
    let marks = bid["scorecard"]["marks"].as_array().context("marks")?;
    let seo = marks.iter().find(|mark| mark["criterion"] == "SEO");
    let seo = seo.context("a mark")?;
    let inputs = seo["inputs"].as_array().context("inputs")?;
    let names = inputs.iter().map(|input| text(&input["name"]));
    Ok((text(&seo["rounded"])?, names.collect::<Result<_>>()?))
}

async fn a_confirmed_share_counts_and_an_unconfirmed_one_is_named(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    for confirmed in [true, false] {
        let mut plan = city.plan();
        if !confirmed {
            // The clock stands a week later now.
            for time in ["closesAt", "opensAt"] {
                plan[time] = json!("2026-01-19T12:00:00.000000Z");
            }
        }
        let tender = city.publish(&app, plan).await?;
        let request = ask(&app, &city, &tender, "0.25").await?;
        if confirmed {
            confirm(&app, &city, &request).await?;
        }
        let bidder = &city.suppliers[1];
        submit(&app, bidder, &tender, with_partner(&city, "0.25"), &tender).await?;
        open(&app, &city, &tender).await?;
        let bid = ranked(&app, &city, &tender).await?;
        let (mark, names) = seo_mark(&bid)?;
        let partner = city.suppliers[0].organisation;
        let opaque = city.suppliers[0].organisation_id();
        if confirmed {
            assert_eq!(mark, "6.0000", "half of the 12 points");
            assert_eq!(bid["validityNotes"], json!([]));
            assert!(names.contains(&format!("part of {partner}, certified, confirmed")));
        } else {
            assert_eq!(mark, "0.0000");
            let note = json!([{ "kind": "NOT_CONFIRMED", "organisation": { "id": opaque } }]);
            assert_eq!(bid["validityNotes"], note);
            assert!(names.contains(&format!("part of {partner}, certified, not confirmed")));
        }
        let flags = json!([{ "confirmed": true }, { "confirmed": confirmed }]);
        assert_eq!(bid["participations"], flags);
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn nobody_else_learns_of_a_request_or_a_confirmation(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let before = app.app.read().log_size().await?;
    let request = ask(&app, &city, &tender, "0.25").await?;
    assert_eq!(
        app.app.read().log_size().await?,
        before,
        "asking is private"
    );
    let receipt = confirm(&app, &city, &request).await?;
    let [partner, bidder, third] = &city.suppliers;
    let sides = [(bidder, "ASKING", false), (partner, "ASKED", true)];
    for (user, side, has_receipt) in sides {
        let variables = json!({ "organisation": user.organisation_id(), "side": side });
        let found = app.data(Some(user), REQUESTS, variables.clone()).await?;
        let list = &found["confirmationRequests"];
        assert_eq!(list["totalCount"], 1);
        let one = &list["nodes"][0];
        assert_eq!(
            (&one["id"], &one["confirmed"]),
            (&json!(request), &json!(true))
        );
        assert_eq!(one["bidder"]["id"], json!(bidder.organisation_id()));
        assert_eq!(
            one["receipt"].is_object(),
            has_receipt,
            "the bidder gets none"
        );
        let nothing = json!({ "totalCount": 0, "nodes": [] });
        let node = "query ($id: ID!) { node(id: $id) { __typename } }";
        for reader in [
            None,
            Some(&city.officer),
            Some(third),
            Some(&city.registrar),
        ] {
            let found = app.data(reader, REQUESTS, variables.clone()).await?;
            assert_eq!(found["confirmationRequests"], nothing);
            for id in [&json!(request), &receipt["sealedId"]] {
                let found = app.data(reader, node, json!({ "id": id })).await?;
                assert_eq!(found["node"], Value::Null);
            }
        }
    }
    let index: u64 = text(&receipt["entryIndex"])?.parse()?;
    let entry = app.app.read().log_entry(index).await?.context("an entry")?;
    let words = String::from_utf8(entry.bytes)?;
    assert_eq!(entry.kind, "confirmation.sealed");
    assert!(words.contains(r#""actors":[]"#));
    for secret in [bidder.organisation, partner.organisation] {
        assert!(!words.contains(&secret.to_string()), "{words}");
    }
    assert!(!words.contains(tender.trim_start_matches("tender:")));
    if let Some(folder) = app.database.folder() {
        for file in std::fs::read_dir(folder)? {
            let bytes = std::fs::read(file?.path())?;
            let found = bytes
                .windows(16)
                .any(|window| window == b"zinnober varnish");
            assert!(!found, "the words rest encrypted");
        }
    }
    Ok(())
}

async fn a_confirmation_of_another_share_counts_nothing(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let request = ask(&app, &city, &tender, "0.05").await?;
    confirm(&app, &city, &request).await?;
    let bidder = &city.suppliers[1];
    submit(&app, bidder, &tender, with_partner(&city, "0.5"), "a").await?;
    open(&app, &city, &tender).await?;
    let bid = ranked(&app, &city, &tender).await?;
    assert_eq!(seo_mark(&bid)?.0, "0.0000");
    assert_eq!(bid["validityNotes"][0]["kind"], "NOT_CONFIRMED");
    app.expect_clean_log().await?;
    Ok(())
}

async fn refused(app: &TestApp, user: &User, document: &str, input: Value) -> Result<Refusal> {
    app.refusal(Some(user), document, input).await
}

async fn a_confirmation_is_replaced_and_withdrawn_until_the_deadline(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [partner, bidder, third] = &city.suppliers;
    let first = ask(&app, &city, &tender, "0.2").await?;
    confirm(&app, &city, &first).await?;
    let again = refused(&app, partner, CONFIRM, confirming(partner, &first)).await?;
    assert_eq!(again.code, "ALREADY_CONFIRMED");
    // The bidder asks anew: the first request is gone, and its confirmation stands for another share.
    let second = ask(&app, &city, &tender, "0.25").await?;
    let gone = refused(&app, partner, CONFIRM, confirming(partner, &first)).await?;
    assert_eq!(gone.code, "NOT_FOUND");
    let stranger = refused(&app, third, CONFIRM, confirming(third, &second)).await?;
    assert_eq!(stranger.code, "NOT_FOUND", "as good as none");
    let forged = refused(&app, third, CONFIRM, confirming(partner, &second)).await?;
    assert_eq!(forged.code, "FORBIDDEN");
    let receipt = confirm(&app, &city, &second).await?;
    let withdraw = |user: &User| json!({ "input": { "sealedConfirmation": receipt["sealedId"], "organisation": user.organisation_id() } });
    let other = refused(&app, bidder, WITHDRAW, withdraw(bidder)).await?;
    assert_eq!(other.code, "NOT_FOUND", "only who made it takes it back");
    app.data(Some(partner), WITHDRAW, withdraw(partner)).await?;
    let twice = refused(&app, partner, WITHDRAW, withdraw(partner)).await?;
    assert_eq!(twice.code, "NOT_WAITING");
    let third_time = confirm(&app, &city, &second).await?;
    submit(&app, bidder, &tender, with_partner(&city, "0.25"), "a").await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    let late = refused(&app, partner, CONFIRM, confirming(partner, &second)).await?;
    assert_eq!(late.code, "CLOSED");
    let input = json!({ "input": { "sealedConfirmation": third_time["sealedId"], "organisation": partner.organisation_id() } });
    assert_eq!(
        refused(&app, partner, WITHDRAW, input).await?.code,
        "CLOSED"
    );
    let asked = refused(&app, bidder, ASK, asking(&city, &tender, "0.3")).await?;
    assert_eq!(asked.code, "CLOSED");
    let input = "OpenTenderInput";
    on_tender(&app, &city.officer, "approveOpening", input, &tender).await?;
    on_tender(&app, &city.second_officer, "openTender", input, &tender).await?;
    assert_eq!(seo_mark(&ranked(&app, &city, &tender).await?)?.0, "6.0000");
    let kinds = kinds(&app).await?;
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!(count("confirmation.replaced"), 1);
    assert_eq!(count("confirmation.opened"), 1);
    assert_eq!(
        count("confirmations.settled"),
        2,
        "a replaced and a withdrawn one"
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn kinds(app: &TestApp) -> Result<Vec<String>> {
    let size = app.app.read().log_size().await?;
    let entries = app.app.read().log_entries(0..size).await?;
    Ok(entries.into_iter().map(|entry| entry.kind).collect())
}

async fn wrong_requests_name_the_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [partner, bidder, _] = &city.suppliers;
    let stranger = "organisation:00000000-0000-7000-8000-000000000000";
    let cases = [
        ("share", json!("0"), "NO_SHARE", "share"),
        (
            "organisation",
            json!(bidder.organisation_id()),
            "OWN_SHARE",
            "organisation",
        ),
        (
            "organisation",
            json!(stranger),
            "UNKNOWN_ORGANISATION",
            "organisation",
        ),
        (
            "organisation",
            json!(city.officer.organisation_id()),
            "BUYER_TAKES_PART",
            "organisation",
        ),
        (
            "under",
            json!(partner.organisation_id()),
            "UNDER_ITSELF",
            "under",
        ),
        ("under", json!(stranger), "UNKNOWN_ORGANISATION", "under"),
        ("work", json!(" "), "WORK", "work"),
    ];
    for (field, wrong, code, path) in cases {
        let mut input = asking(&city, &tender, "0.2");
        input["input"][field] = wrong;
        let refused = refused(&app, bidder, ASK, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path))
        );
    }
    for (share, expected) in [("1.5", "share"), ("-1", "share"), ("0.1234567", "share")] {
        let refused = refused(&app, bidder, ASK, asking(&city, &tender, share)).await?;
        assert_eq!(refused.code, "BAD_USER_INPUT");
        assert!(refused.message.contains(expected), "{}", refused.message);
    }
    let forged = refused(&app, partner, ASK, asking(&city, &tender, "0.2")).await?;
    assert_eq!(forged.code, "FORBIDDEN", "nobody asks in another's name");
    Ok(())
}

async fn a_certificate_recorded_after_the_opening_changes_nothing(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let bidder = &city.suppliers[1];
    submit(
        &app,
        bidder,
        &tender,
        bid(bidder, "100000.00", "5", true),
        "a",
    )
    .await?;
    open(&app, &city, &tender).await?;
    let certify = step("recordCertification", "RecordCertificationInput");
    let certificate = json!({ "input": {
        "organisation": bidder.organisation_id(), "kind": "COOPERATIVE",
        "from": "2020-01-01", "source": "register of cooperatives 7",
    } });
    app.data(Some(&city.registrar), &certify, certificate)
        .await?;
    assert_eq!(seo_mark(&ranked(&app, &city, &tender).await?)?.0, "0.0000");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_confirmation_of_a_bid_that_was_taken_back_stays_closed(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let request = ask(&app, &city, &tender, "0.25").await?;
    confirm(&app, &city, &request).await?;
    let third = &city.suppliers[2];
    submit(&app, third, &tender, bid(third, "1.00", "5", true), "a").await?;
    open(&app, &city, &tender).await?;
    let kinds = kinds(&app).await?;
    assert!(!kinds.contains(&"confirmation.opened".to_owned()));
    assert!(kinds.contains(&"confirmations.settled".to_owned()));
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_cancelled_tender_leaves_nothing_open(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let request = ask(&app, &city, &tender, "0.25").await?;
    confirm(&app, &city, &request).await?;
    app.data(
        Some(&city.officer),
        &step("cancelTender", "CancelTenderInput"),
        json!({ "input": { "tender": tender, "reason": "No money." } }),
    )
    .await?;
    let refused = refused(&app, &city.suppliers[1], ASK, asking(&city, &tender, "0.2")).await?;
    assert_eq!(refused.code, "CANCELLED");
    app.expect_clean_log().await?;
    Ok(())
}

async fn the_buyer_takes_no_part_in_a_bid(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let bidder = &city.suppliers[1];
    let mut content = with_partner(&city, "0.2");
    content["participations"][1]["organisation"] = json!(city.officer.organisation_id());
    let input = super::story::submission(bidder, &tender, content, "a");
    let refused = refused(&app, bidder, super::story::SUBMIT, input).await?;
    assert_eq!(refused.code, "BUYER_TAKES_PART");
    assert_eq!(
        refused.path.as_deref(),
        Some("bid.participations.1.organisation")
    );
    Ok(())
}

async fn late_bids_do_not_fill_the_log(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    let bidder = &city.suppliers[1];
    for number in 0..13 {
        let content = bid(bidder, "100.00", "3", true);
        let input = super::story::submission(bidder, &tender, content, &format!("key {number}"));
        let refused = refused(&app, bidder, super::story::SUBMIT, input).await?;
        assert_eq!(refused.code, "CLOSED");
    }
    let kinds = kinds(&app).await?;
    let late = kinds.iter().filter(|kind| *kind == "bid.late").count();
    assert_eq!(late, 10);
    app.expect_clean_log().await?;
    Ok(())
}
