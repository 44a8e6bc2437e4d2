//! Wrong input: a clear typed error that names the field, and nothing stored.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{Refusal, TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, SUBMIT, bid, step, submission, submit};

on_both!(
    weights_that_sum_to_99_are_refused_with_their_place,
    wrong_fields_of_a_plan_are_named,
    wrong_fields_of_a_bid_are_named,
    a_late_bid_is_refused_and_logged,
    a_bid_for_a_cancelled_tender_is_refused,
    the_same_key_gets_the_first_receipt_and_another_bid_a_conflict,
    a_supplier_has_one_bid,
    a_supplier_cannot_fill_the_opening_with_replacements,
    nobody_acts_for_another_organisation,
);

async fn weights_that_sum_to_99_are_refused_with_their_place(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let before = app.app.read().log_size().await?;
    let mut plan = city.plan();
    plan["lots"][0]["criteria"][0]["weight"] = json!("39");
    let refused = city.publish_refused(&app, plan).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("PLAN", Some("plan.lots.0.criteria"))
    );
    assert!(refused.message.contains("99"), "{}", refused.message);
    let mut plan = city.plan();
    plan["lots"][0]["criteria"][1]["children"][0]["weight"] = json!("49");
    let refused = city.publish_refused(&app, plan).await?;
    assert_eq!(
        refused.path.as_deref(),
        Some("plan.lots.0.criteria.1.children")
    );
    assert_eq!(app.app.read().log_size().await?, before, "nothing stored");
    Ok(())
}

async fn wrong_fields_of_a_plan_are_named(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let linear = |ceiling: &str, currency: &str| {
        let money =
            |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
        json!({ "priceLinear": { "of": "TOTAL", "ceiling": money(ceiling, currency), "floor": money("1", "EUR") } })
    };
    let cases: [(&str, Value, &str); 9] = [
        (
            "/lots/0/criteria/0/weight",
            json!("101"),
            "plan.lots.0.criteria.0.weight",
        ),
        (
            "/lots/0/criteria/0/code",
            json!("no code"),
            "plan.lots.0.criteria.0.code",
        ),
        (
            "/lots/0/criteria/0/rule",
            linear("1", "EUR"),
            "plan.lots.0.criteria.0.rule.priceLinear.ceiling",
        ),
        (
            "/lots/0/criteria/0/rule",
            linear("2", "KRW"),
            "plan.lots.0.criteria.0.rule.priceLinear.ceiling",
        ),
        (
            "/lots/0/criteria/1/children/0/rule/quantityToTarget/target",
            json!("-5"),
            "plan.lots.0.criteria.1.children.0.rule.quantityToTarget.target",
        ),
        (
            "/closesAt",
            json!("2026-01-01T00:00:00.000000Z"),
            "plan.closesAt",
        ),
        (
            "/tieBreaks",
            json!([{ "kind": "LOWER_PRICE" }]),
            "plan.tieBreaks",
        ),
        ("/disclosure", json!([]), "plan.disclosure"),
        (
            "/disclosure",
            json!([{ "field": "PRICE", "disclosure": "PUBLIC" }]),
            "plan.disclosure",
        ),
    ];
    for (place, wrong, field) in cases {
        let mut plan = city.plan();
        *plan.pointer_mut(place).with_context(|| place.to_owned())? = wrong;
        let refused = city.publish_refused(&app, plan).await?;
        let named = refused
            .path
            .clone()
            .unwrap_or_else(|| refused.message.clone());
        assert!(named.contains(field), "{place}: {refused:?}");
    }
    Ok(())
}

async fn refused_bid(app: &TestApp, user: &User, tender: &str, bid: Value) -> Result<Refusal> {
    app.refusal(Some(user), SUBMIT, submission(user, tender, bid, "key"))
        .await
}

async fn wrong_fields_of_a_bid_are_named(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let supplier = &city.suppliers[0];
    let before = app.app.read().log_size().await?;
    let stranger = "organisation:00000000-0000-7000-8000-000000000000";
    let cases: [(&str, Value, &str); 9] = [
        ("/price/currency", json!("KRW"), "bid.price"),
        ("/price/amount", json!("1.234"), "bid.price.amount"),
        ("/price/amount", json!("-1.00"), "bid.price"),
        (
            "/commitments/0/quantity",
            json!("-3"),
            "bid.commitments.0.quantity",
        ),
        (
            "/commitments/0/quantity",
            json!("1.5"),
            "bid.commitments.0.quantity",
        ),
        (
            "/commitments/0/measure",
            json!("JOB-9"),
            "bid.commitments.0.measure",
        ),
        (
            "/participations/0/share",
            json!("0.9"),
            "bid.participations",
        ),
        (
            "/participations/0/organisation",
            json!(stranger),
            "bid.participations",
        ),
        ("/declarations", json!([]), "bid.declarations"),
    ];
    for (place, wrong, field) in cases {
        let mut content = bid(supplier, "100.00", "3", true);
        *content
            .pointer_mut(place)
            .with_context(|| place.to_owned())? = wrong;
        let refused = refused_bid(&app, supplier, &tender, content).await?;
        let named = refused
            .path
            .clone()
            .unwrap_or_else(|| refused.message.clone());
        assert!(named.contains(field), "{place}: {refused:?}");
    }
    assert_eq!(app.app.read().log_size().await?, before, "nothing stored");
    Ok(())
}

async fn a_late_bid_is_refused_and_logged(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [punctual, late, _] = &city.suppliers;
    app.advance_seconds(SECONDS_TO_CLOSING);
    submit(
        &app,
        punctual,
        &tender,
        bid(punctual, "100.00", "3", true),
        "a",
    )
    .await?;
    app.clock.advance(1);
    let before = app.app.read().log_size().await?;
    let refused = refused_bid(&app, late, &tender, bid(late, "100.00", "3", true)).await?;
    assert_eq!(refused.code, "CLOSED");
    let entry = app
        .app
        .read()
        .log_entry(before)
        .await?
        .context("an entry")?;
    assert_eq!(entry.kind, "bid.late");
    // The same request again is the same refusal and no other entry.
    assert_eq!(
        refused_bid(&app, late, &tender, bid(late, "100.00", "3", true))
            .await?
            .code,
        "CLOSED"
    );
    assert_eq!(app.app.read().log_size().await?, before + 1);
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_bid_for_a_cancelled_tender_is_refused(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    app.data(
        Some(&city.officer),
        &step("cancelTender", "CancelTenderInput"),
        json!({ "input": { "tender": tender, "reason": "No money." } }),
    )
    .await?;
    let before = app.app.read().log_size().await?;
    let supplier = &city.suppliers[0];
    let refused = refused_bid(&app, supplier, &tender, bid(supplier, "100.00", "3", true)).await?;
    assert_eq!(refused.code, "CANCELLED");
    assert_eq!(app.app.read().log_size().await?, before, "nothing stored");
    Ok(())
}

async fn the_same_key_gets_the_first_receipt_and_another_bid_a_conflict(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let supplier = &city.suppliers[0];
    let first = submit(
        &app,
        supplier,
        &tender,
        bid(supplier, "100.00", "3", true),
        "key",
    )
    .await?;
    let size = app.app.read().log_size().await?;
    app.advance_seconds(60);
    let again = submit(
        &app,
        supplier,
        &tender,
        bid(supplier, "100.00", "3", true),
        "key",
    )
    .await?;
    assert_eq!(first, again);
    assert_eq!(app.app.read().log_size().await?, size, "one entry");
    let other = refused_bid(&app, supplier, &tender, bid(supplier, "99.00", "3", true)).await?;
    assert_eq!(other.code, "CONFLICT");
    Ok(())
}

async fn a_supplier_has_one_bid(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let supplier = &city.suppliers[0];
    submit(
        &app,
        supplier,
        &tender,
        bid(supplier, "100.00", "3", true),
        "a",
    )
    .await?;
    let second = refused_bid(&app, supplier, &tender, bid(supplier, "99.00", "3", true)).await?;
    assert_eq!(
        (second.code.as_str(), second.path.as_deref()),
        ("BID_EXISTS", Some("tender"))
    );
    Ok(())
}

async fn nobody_acts_for_another_organisation(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [victim, rival, _] = &city.suppliers;
    let receipt = submit(&app, victim, &tender, bid(victim, "100.00", "3", true), "a").await?;
    let forged = submission(victim, &tender, bid(victim, "1.00", "3", true), "b");
    assert_eq!(
        app.refusal(Some(rival), SUBMIT, forged.clone()).await?.code,
        "FORBIDDEN"
    );
    assert_eq!(
        app.refusal(None, SUBMIT, forged).await?.code,
        "UNAUTHENTICATED"
    );
    // A rival who knows the sealed id and bids in its own name still cannot touch it.
    let withdraw = step("withdrawBid", "WithdrawBidInput");
    let input = json!({ "input": { "sealedBid": receipt["sealedId"], "supplier": rival.organisation_id() } });
    assert_eq!(
        app.refusal(Some(rival), &withdraw, input).await?.code,
        "NOT_FOUND"
    );
    let mut replace = submission(rival, &tender, bid(rival, "1.00", "3", true), "b");
    replace["input"]["replaces"] = receipt["sealedId"].clone();
    let refused = app
        .refusal(Some(rival), &step("replaceBid", "ReplaceBidInput"), replace)
        .await?;
    assert_eq!(refused.code, "NOT_FOUND");
    // An officer of another buyer publishes nothing in this one's name.
    let elsewhere = app.user(rival.organisation, &[Role::Officer]).await?;
    let cancel = json!({ "input": { "tender": tender, "reason": "Mine." } });
    let refused = app
        .refusal(
            Some(&elsewhere),
            &step("cancelTender", "CancelTenderInput"),
            cancel,
        )
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    Ok(())
}

/// Everything that was sent for a tender is accounted for in one entry of the opening, so nobody may fill it alone.
async fn a_supplier_cannot_fill_the_opening_with_replacements(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let supplier = &city.suppliers[0];
    let offer = || bid(supplier, "100.00", "3", true);
    let withdraw = step("withdrawBid", "WithdrawBidInput");
    for number in 0..10 {
        let receipt = submit(&app, supplier, &tender, offer(), &format!("key {number}")).await?;
        let input = json!({ "input": { "sealedBid": receipt["sealedId"], "supplier": supplier.organisation_id() } });
        app.data(Some(supplier), &withdraw, input).await?;
    }
    let refused = refused_bid(&app, supplier, &tender, offer()).await?;
    assert_eq!(refused.code, "TOO_MANY_BIDS");
    Ok(())
}
