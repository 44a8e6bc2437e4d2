//! What a challenge freezes beyond the batch of its claim, and for how long.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::contract::Signed;
use crate::credit_reversed::{ACCEPT, APPEAL, Case, DISMISS, RAISE, WORDS};
use crate::credit_world::{HOLD, ISSUE, RETIRE, TRANSFER, text};
use crate::mutations::CANCEL_CREDITS;

on_both!(
    a_dismissal_thaws_when_nobody_can_appeal_any_more,
    an_appeal_keeps_frozen_until_it_is_dismissed,
    a_challenge_freezes_the_other_batches_of_its_kpi,
    nothing_is_issued_for_a_claim_while_its_own_challenge_freezes_it,
);

const FORTNIGHT: i64 = 14 * 86_400;

/// Whether the only challenge of a claim freezes, as everybody reads it.
async fn freezes(app: &TestApp, claim: &str) -> Result<Value> {
    let read = "query ($claim: ID!) { challenges(first: 1, filter: { claim: $claim }) { nodes { status freezes } } }";
    let found = app.data(None, read, json!({ "claim": claim })).await?;
    Ok(found["challenges"]["nodes"][0]["freezes"].clone())
}

async fn a_dismissal_thaws_when_nobody_can_appeal_any_more(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let (world, batch) = (&case.world, &case.batch);
    let other = world.batch("other", "10.0").await?;
    let challenge = case.raise().await?;
    let sale = |batch: &str, key: &str| json!({ "input": world.transfer_input(batch, 1, key) });
    let supplier = Some(&world.supplier);
    // Nobody has found a case.
    world.app.data(supplier, TRANSFER, sale(batch, "a")).await?;
    let accept = json!({ "challenge": challenge });
    world
        .make(&case.second, ACCEPT, accept, "challenge")
        .await?;
    let refused = world.app.refusal(supplier, TRANSFER, sale(batch, "b"));
    assert_eq!(refused.await?.code, "FROZEN");
    let words = json!({ "challenge": challenge, "words": WORDS });
    world
        .make(&case.second, DISMISS, words, "challenge")
        .await?;
    for seconds in [0, FORTNIGHT - 1] {
        world.app.advance_seconds(seconds);
        let refused = world.app.refusal(supplier, TRANSFER, sale(batch, "c"));
        assert_eq!(refused.await?.code, "FROZEN", "after {seconds} seconds");
        assert_eq!(freezes(&world.app, &case.claim).await?, true);
    }
    // Outside contracts no other batch is touched by what the claim may lose.
    world
        .app
        .data(supplier, TRANSFER, sale(&other, "d"))
        .await?;
    world.app.advance_seconds(1);
    assert_eq!(freezes(&world.app, &case.claim).await?, false);
    world.app.data(supplier, TRANSFER, sale(batch, "e")).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_appeal_keeps_frozen_until_it_is_dismissed(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let (world, batch) = (&case.world, &case.batch);
    let challenge = case.raise().await?;
    let accept = json!({ "challenge": challenge });
    world
        .make(&case.second, ACCEPT, accept, "challenge")
        .await?;
    let words = json!({ "challenge": challenge, "words": WORDS });
    for (user, document) in [(&case.second, DISMISS), (&case.watchdog, APPEAL)] {
        world
            .make(user, document, words.clone(), "challenge")
            .await?;
    }
    case.wait_for_appeals();
    let sale = |key: &str| json!({ "input": world.transfer_input(batch, 1, key) });
    let supplier = Some(&world.supplier);
    let refused = world.app.refusal(supplier, TRANSFER, sale("a")).await?;
    assert_eq!(refused.code, "FROZEN");
    world.make(&case.third, DISMISS, words, "challenge").await?;
    world.app.data(supplier, TRANSFER, sale("b")).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

/// Everything that a supplier may do with a unit of a batch, each under the key.
fn moves(supplier: &User, to: &User, batch: &Value, key: &str) -> [(&'static str, Value); 4] {
    let (own, to) = (supplier.organisation_id(), to.organisation_id());
    let sale = json!({ "batch": batch, "from": own, "to": to, "units": "1", "reason": "SALE", "idempotencyKey": key });
    let hold = json!({ "batch": batch, "holder": own, "to": to, "units": "1",
        "expiresAt": "2026-10-01T00:00:00Z", "idempotencyKey": key });
    let retire = json!({ "batch": batch, "holder": own, "units": "1", "beneficiary": own, "jurisdiction": "KR",
        "period": { "from": "2026-01-01", "to": "2027-01-01" }, "idempotencyKey": key });
    let cancel = json!({ "batch": batch, "holder": own, "units": "1", "idempotencyKey": key });
    let moves = [
        (TRANSFER, sale),
        (HOLD, hold),
        (RETIRE, retire),
        (CANCEL_CREDITS, cancel),
    ];
    moves.map(|(document, input)| (document, json!({ "input": input })))
}

/// A challenge with a case against a claim, and who decides about it.
async fn accepted(signed: &Signed, watchdog: &User, claim: &str) -> Result<(String, User)> {
    let app = &signed.app;
    let judge = app.user(app.registry, &[Role::Registrar]).await?;
    let raise = json!({ "input": { "claim": claim, "ground": "DELIVERY", "reason": WORDS } });
    let raised = app.data(Some(watchdog), RAISE, raise).await?;
    let challenge = text(&raised["made"]["challenge"]["id"]);
    let accept = json!({ "input": { "challenge": challenge } });
    app.data(Some(&judge), ACCEPT, accept).await?;
    Ok((challenge, judge))
}

async fn watchdog(signed: &Signed) -> Result<User> {
    let app = &signed.app;
    let paper = app.organisation(&signed.registrar, "Mapo Weekly", "CIVIL_SOCIETY");
    app.user(paper.await?, &[Role::Supplier]).await
}

async fn a_challenge_freezes_the_other_batches_of_its_kpi(app: TestApp) -> Result<()> {
    let signed = Signed::with_surplus(app).await?;
    let (app, supplier) = (&signed.app, &signed.supplier);
    // Of the other claims a fifth of the KPI may be traded. What the first one loses is taken from it.
    let first = signed.deliver("12", "first").await?;
    let second = signed.deliver("1", "second").await?;
    assert_eq!(second["life"]["available"], "1");
    let third = signed.verified("5", "third").await?;
    let watchdog = watchdog(&signed).await?;
    let claim = text(&first["claim"]["id"]);
    let (challenge, judge) = accepted(&signed, &watchdog, &claim).await?;
    // What is issued meanwhile is frozen from the start.
    let issue = json!({ "input": { "claim": third, "idempotencyKey": "third" } });
    let issued = app.data(Some(&signed.registrar), ISSUE, issue).await?;
    let batches = [&second["id"], &issued["made"]["batch"]["id"]];
    let frozen = async |key: &str| -> Result<()> {
        for batch in batches {
            for (document, input) in moves(supplier, &watchdog, batch, key) {
                let refused = app.refusal(Some(supplier), document, input).await?;
                let said = (refused.code.as_str(), refused.path.as_deref());
                assert_eq!(said, ("FROZEN", Some("batch")), "{document}");
            }
        }
        Ok(())
    };
    frozen("case").await?;
    let dismiss = json!({ "input": { "challenge": challenge, "words": WORDS } });
    app.data(Some(&judge), DISMISS, dismiss).await?;
    frozen("dismissed").await?;
    app.advance_seconds(FORTNIGHT - 1);
    frozen("late").await?;
    app.advance_seconds(1);
    let [sale, ..] = moves(supplier, &watchdog, batches[0], "over");
    let [.., cancel] = moves(supplier, &watchdog, batches[1], "over");
    for (document, input) in [sale, cancel] {
        app.data(Some(supplier), document, input).await?;
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn nothing_is_issued_for_a_claim_while_its_own_challenge_freezes_it(
    app: TestApp,
) -> Result<()> {
    let signed = Signed::with_surplus(app).await?;
    let app = &signed.app;
    let claim = signed.verified("5", "only").await?;
    let watchdog = watchdog(&signed).await?;
    let (challenge, judge) = accepted(&signed, &watchdog, &claim).await?;
    let issue = json!({ "input": { "claim": claim, "idempotencyKey": "only" } });
    let kept = async || -> Result<()> {
        let refused = app.refusal(Some(&signed.registrar), ISSUE, issue.clone());
        let refused = refused.await?;
        let said = (refused.code.as_str(), refused.path.as_deref());
        assert_eq!(said, ("CHALLENGED", Some("claim")));
        Ok(())
    };
    kept().await?;
    let dismiss = json!({ "input": { "challenge": challenge, "words": WORDS } });
    app.data(Some(&judge), DISMISS, dismiss).await?;
    app.advance_seconds(FORTNIGHT - 1);
    kept().await?;
    app.advance_seconds(1);
    app.data(Some(&signed.registrar), ISSUE, issue.clone())
        .await?;
    app.expect_clean_log().await?;
    Ok(())
}
