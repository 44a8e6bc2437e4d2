//! Each invariant of the ledger broken once behind the service's back. The service believes its tables; the log that it
//! writes then convicts it, and the watchdog's tool says of what. Tables that differ from the log and were not acted on
//! yet are no secret from the operator alone: replaying the log gives the balances that should be there.

use anyhow::{Context, Result, ensure};
use commonweal_domain::actor::Role;
use commonweal_domain::log::hash::leaf_hash;
use commonweal_tests::{TestApp, on_both};
use commonweal_verify::Verdict;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::credit_world::{
    CARRY_OUT, DELIVER, HOLD, ISSUE, RETIRE, TRANSFER, VERIFY, World, finding, propose, reduce,
};
use crate::mutations::RELEASE_BUFFER;

on_both!(
    units_from_nowhere_are_found,
    serials_that_are_given_again_are_found,
    more_credits_than_were_verified_are_found,
    a_buffer_from_nowhere_is_found,
    a_hold_that_ends_twice_is_found,
    one_person_in_two_steps_is_found,
    a_liability_that_vanished_is_found,
    an_issue_that_conserves_nothing_is_found,
    a_hold_that_gives_back_more_than_it_held_is_found,
    evidence_behind_two_claims_is_found,
    a_retry_that_minted_twice_is_found,
    an_entry_that_is_missing_is_found,
    a_balance_that_the_log_does_not_lead_to_is_found,
    one_person_who_decided_and_reversed_is_found,
);

/// Changes the tables behind the service's back.
async fn tamper(world: &World, statements: &[&str]) -> Result<()> {
    let database = world.app.database.connect().await?;
    for statement in statements {
        database.execute_unprepared(statement).await?;
    }
    database.close().await?;
    Ok(())
}

/// Takes the guard off an insert-only table and runs statements on it, without what refers to it.
async fn force(world: &World, table: &str, statements: &[&str]) -> Result<()> {
    let unlock = match world.app.database.folder() {
        Some(_) => format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER {table}_keep_delete; DROP TRIGGER {table}_keep_update"
        ),
        None => format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
    };
    let all = std::iter::once(unlock.as_str()).chain(statements.iter().copied());
    tamper(world, &[&all.collect::<Vec<_>>().join("; ")]).await
}

/// Puts other words into the last entry of a kind, before anybody has seen it.
async fn rewrite(world: &World, kind: &str, from: &str, to: &str) -> Result<()> {
    force(world, "log_entry", &[]).await?;
    let database = world.app.database.connect().await?;
    let backend = database.get_database_backend();
    let select = "SELECT idx, bytes FROM log_entry WHERE kind = $1 ORDER BY idx DESC LIMIT 1";
    let row = Statement::from_sql_and_values(backend, select, [kind.into()]);
    let row = database.query_one_raw(row).await?.context("an entry")?;
    let (index, bytes): (i64, Vec<u8>) = (row.try_get("", "idx")?, row.try_get("", "bytes")?);
    let text = String::from_utf8(bytes)?;
    ensure!(text.contains(from), "{text} has no {from}");
    let bytes = text.replace(from, to).into_bytes();
    let leaf = leaf_hash(&bytes).as_bytes().to_vec();
    let update = "UPDATE log_entry SET bytes = $1, leaf_hash = $2 WHERE idx = $3";
    let update =
        Statement::from_sql_and_values(backend, update, [bytes.into(), leaf.into(), index.into()]);
    database.execute_raw(update).await?;
    database.close().await?;
    Ok(())
}

/// The first thing that the watchdog finds must be a discrepancy, at an entry of this kind, that says this.
async fn expect_found(world: &World, kind: &str, what: &str) -> Result<()> {
    world.app.publisher().await?;
    let report = world.app.watchdog().await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    let first = report.findings.first().context("a finding")?;
    assert_eq!(first.kind.as_deref(), Some(kind), "{report}");
    let said = format!("{}; {}; {}", first.check, first.expected, first.found);
    assert!(said.contains(what), "{said} does not say {what}");
    Ok(())
}

async fn units_from_nowhere_are_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    tamper(
        &world,
        &["UPDATE account SET balance = 500 WHERE bucket = 'available'"],
    )
    .await?;
    let input = json!({ "input": world.transfer_input(&batch, 69, "t") });
    world
        .app
        .data(Some(&world.supplier), TRANSFER, input)
        .await?;
    expect_found(&world, "credits.transferred", "only 68 are available").await
}

async fn serials_that_are_given_again_are_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let retire =
        |key: &str| json!({ "input": world.retire_input(&world.supplier, &batch, 5, key) });
    world
        .app
        .data(Some(&world.supplier), RETIRE, retire("r"))
        .await?;
    tamper(
        &world,
        &["UPDATE account SET balance = 3 WHERE bucket = 'retired'"],
    )
    .await?;
    // The service looks into the table again when something else was written.
    let passer_by = world
        .app
        .organisation(&world.registrar, "Passer-by", "PRIVATE");
    passer_by.await?;
    world
        .app
        .data(Some(&world.supplier), RETIRE, retire("s"))
        .await?;
    expect_found(&world, "credits.retired", "[5, 10)").await
}

async fn more_credits_than_were_verified_are_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "4.0").await?;
    tamper(&world, &["UPDATE claim SET verified_units = 100"]).await?;
    world.issue(&claim, "k").await?;
    expect_found(&world, "credits.issued", "issued units").await
}

async fn a_buffer_from_nowhere_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    tamper(
        &world,
        &[
            "UPDATE account SET balance = 50 WHERE bucket = 'buffer'",
            "UPDATE batch_left SET buffer_units = 50",
        ],
    )
    .await?;
    world.app.advance_seconds(4 * 366 * 86_400);
    let registrar = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    world
        .make(
            &registrar,
            RELEASE_BUFFER,
            json!({ "batch": batch }),
            "batch",
        )
        .await?;
    expect_found(&world, "buffer.released", "buffer; 7; 50").await
}

async fn a_hold_that_ends_twice_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = json!({
        "batch": batch, "holder": world.supplier.organisation_id(), "units": "10",
        "expiresAt": "2026-07-20T00:00:00Z", "idempotencyKey": "h",
    });
    let hold = world.make(&world.supplier, HOLD, input, "hold").await?;
    let deliver = |key: &str| json!({ "hold": hold, "to": world.fund.organisation_id(), "units": "10", "reason": "GIFT", "idempotencyKey": key });
    world
        .make(&world.supplier, DELIVER, deliver("d"), "hold")
        .await?;
    let again = [
        "UPDATE hold SET ended = NULL, ended_idx = NULL",
        "UPDATE account SET balance = 10 WHERE bucket = 'held'",
    ];
    tamper(&world, &again).await?;
    world
        .make(&world.supplier, DELIVER, deliver("e"), "hold")
        .await?;
    expect_found(&world, "credits.released", "a hold ends once").await
}

async fn one_person_in_two_steps_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let both = world
        .app
        .user(world.app.registry, &[Role::Verifier, Role::Registrar])
        .await?;
    world
        .make(&both, VERIFY, finding(&claim, "10.0"), "claim")
        .await?;
    let unlock = if world.app.database.folder().is_some() {
        "DROP TRIGGER verification_keep_delete"
    } else {
        "ALTER TABLE verification DISABLE TRIGGER verification_keep"
    };
    tamper(&world, &[unlock, "DELETE FROM verification"]).await?;
    let input = json!({ "claim": claim, "idempotencyKey": "k" });
    world.make(&both, ISSUE, input, "batch").await?;
    expect_found(&world, "credits.issued", "second person").await
}

async fn a_liability_that_vanished_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let batch = world.issue(&claim, "a").await?;
    let sale = json!({ "input": world.transfer_input(&batch, 60, "t") });
    world
        .app
        .data(Some(&world.supplier), TRANSFER, sale)
        .await?;
    let registry = world.app.registry;
    let second = world.app.user(registry, &[Role::Registrar]).await?;
    let third = world.app.user(registry, &[Role::Registrar]).await?;
    let less = (claim.as_str(), "1.0", "REVERSE");
    reduce(&world.app, [&second, &third], less).await?;
    let other = world.submit(world.claim_input("b", "10.0")).await?;
    world.verify(&other, "10.0").await?;
    tamper(&world, &["UPDATE liability SET units = 0"]).await?;
    world.issue(&other, "b").await?;
    expect_found(&world, "credits.issued", "owes the units").await
}

async fn an_issue_that_conserves_nothing_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    world.batch("a", "10.0").await?;
    let (from, to) = (r#""available_units":"68""#, r#""available_units":"168""#);
    rewrite(&world, "credits.issued", from, to).await?;
    expect_found(&world, "credits.issued", "issued units").await
}

async fn a_hold_that_gives_back_more_than_it_held_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = json!({
        "batch": batch, "holder": world.supplier.organisation_id(), "units": "10",
        "expiresAt": "2026-07-20T00:00:00Z", "idempotencyKey": "h",
    });
    let hold = world.make(&world.supplier, HOLD, input, "hold").await?;
    let input = json!({ "hold": hold, "to": world.fund.organisation_id(), "units": "4", "reason": "GIFT", "idempotencyKey": "d" });
    world.make(&world.supplier, DELIVER, input, "hold").await?;
    // Ten were held and four delivered: seven cannot have come back.
    let (from, to) = (r#""returned_units":"6""#, r#""returned_units":"7""#);
    rewrite(&world, "credits.released", from, to).await?;
    expect_found(&world, "credits.released", "6 units back").await
}

async fn evidence_behind_two_claims_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    world.batch("a", "10.0").await?;
    tamper(&world, &["UPDATE evidence SET live = (1 = 0)"]).await?;
    let mut input = world.claim_input("b", "10.0");
    input["evidence"] = json!([crate::credit_world::file("a")]);
    world.submit(input).await?;
    expect_found(&world, "claim.submitted", "already stands behind claim").await
}

async fn a_retry_that_minted_twice_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let first = world.issue(&claim, "k").await?;
    force(
        &world,
        "batch",
        &["DELETE FROM batch", "DELETE FROM idempotency"],
    )
    .await?;
    let second = world.issue(&claim, "k").await?;
    assert_ne!(first, second, "it forgot the key and the batch");
    expect_found(&world, "credits.issued", "one issue per claim").await
}

async fn an_entry_that_is_missing_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    world.app.expect_clean_log().await?;
    let input = json!({ "input": world.transfer_input(&batch, 5, "t") });
    world
        .app
        .data(Some(&world.supplier), TRANSFER, input)
        .await?;
    world.app.publisher().await?;
    let last = "(SELECT size - 2 FROM log_head)";
    force(
        &world,
        "log_entry",
        &[&format!("DELETE FROM log_entry WHERE idx = {last}")],
    )
    .await?;
    let report = world.app.watchdog().await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    let first = report.findings.first().context("a finding")?;
    assert_eq!(first.check, "tile", "{report}");
    Ok(())
}

async fn a_balance_that_the_log_does_not_lead_to_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    world.batch("a", "10.0").await?;
    world.app.expect_replayed_balances().await?;
    tamper(
        &world,
        &["UPDATE account SET balance = 69 WHERE bucket = 'available'"],
    )
    .await?;
    let found = world.app.expect_replayed_balances().await.err();
    let found = found.context("nothing was found")?.to_string();
    assert!(found.contains("is 69, the log leads to 68"), "{found}");
    Ok(())
}

async fn one_person_who_decided_and_reversed_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    world.issue(&claim, "a").await?;
    let one = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    let carry = propose(&world.app, &one, (&claim, "9.0", "REVERSE")).await?;
    tamper(
        &world,
        &["UPDATE proposal SET by_id = (SELECT verifier_id FROM verification)"],
    )
    .await?;
    world.make(&one, CARRY_OUT, carry, "claim").await?;
    expect_found(&world, "credits.reversed", "second person").await
}
