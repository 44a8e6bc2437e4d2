//! Bugs of other ledgers, each as a test that it is not one of ours. Three more have their tests elsewhere: a hold that is
//! not counted against later spends and a wash trade between accounts of one owner in `credit_life`, two first spends of
//! an account without a row in `credit`.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_moves::MOVE;
use crate::credit_world::{ISSUE, RETIRE, TRANSFER, World, number};
use crate::mutations::CANCEL_CREDITS;

on_both!(
    a_retry_never_mints_110_for_100,
    a_lot_of_25_never_takes_26_serials,
    a_withdrawal_frees_no_serials,
    a_truncated_amount_is_refused_and_not_delivered_for_nothing,
);

async fn a_retry_never_mints_110_for_100(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let issue = |key: &str| json!({ "input": { "claim": claim, "idempotencyKey": key } });
    let keys = ["k", "k", "l", "k", "m", "l"];
    let retries = keys.map(|key| world.app.ask(Some(&world.registrar), ISSUE, issue(key)));
    let answers = futures_util::future::try_join_all(retries).await?;
    let first = &answers[0]["data"]["made"]["batch"];
    for answer in &answers {
        assert_eq!(&answer["data"]["made"]["batch"], first);
    }
    world.app.advance_seconds(86_400);
    let late = world
        .app
        .data(Some(&world.registrar), ISSUE, issue("k"))
        .await?;
    assert_eq!(&late["made"]["batch"], first, "a day later");
    let all = "{ batches { totalCount nodes { issued } } }";
    let all = world.app.data(None, all, json!({})).await?;
    assert_eq!(
        all["batches"],
        json!({ "totalCount": 1, "nodes": [{ "issued": "75" }] })
    );
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await
}

fn serials(retired: &Value) -> (i64, i64) {
    (
        number(&retired["serialsFrom"]),
        number(&retired["serialsTo"]),
    )
}

async fn a_lot_of_25_never_takes_26_serials(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    // Of 3.4 hours 25 units are caused; two of them are kept back.
    let batch = world.batch("a", "3.4").await?;
    assert_eq!(world.life(&batch).await?["issued"], "25");
    let retire = |units, key: &str| json!({ "retire": world.retire_input(&world.supplier, &batch, units, key) });
    let input = json!({ "input": { "moves": [retire(13, "a"), retire(13, "b"), retire(10, "c"), retire(1, "d")] } });
    let made = world.app.data(Some(&world.supplier), MOVE, input).await?;
    let results = made["made"]["results"].as_array().context("results")?;
    let outcomes: Vec<&Value> = results.iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["DONE", "REFUSED", "DONE", "REFUSED"]);
    assert_eq!(serials(&results[0]["retirement"]), (0, 13));
    assert_eq!(serials(&results[2]["retirement"]), (13, 23));
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_withdrawal_frees_no_serials(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let retire = |units, key: &str| json!({ "input": world.retire_input(&world.supplier, &batch, units, key) });
    let (mut from, mut cancelled) = (0, 0);
    for (number, (retired, withdrawn)) in [(20, 8), (20, 5), (10, 5)].into_iter().enumerate() {
        let made = world
            .app
            .data(
                Some(&world.supplier),
                RETIRE,
                retire(retired, &format!("r{number}")),
            )
            .await?;
        assert_eq!(
            serials(&made["made"]["retirement"]),
            (from, from + retired),
            "the next at the low end, whatever was withdrawn"
        );
        let input = json!({
            "batch": batch, "holder": world.supplier.organisation_id(), "units": withdrawn.to_string(),
            "idempotencyKey": format!("c{number}"),
        });
        world
            .make(&world.supplier, CANCEL_CREDITS, input, "batch")
            .await?;
        from += retired;
        cancelled += withdrawn;
    }
    let none = world
        .app
        .refusal(Some(&world.supplier), RETIRE, retire(1, "none"))
        .await?;
    assert_eq!(none.code, "INSUFFICIENT_BALANCE");
    let life = &world.life(&batch).await?["life"];
    assert_eq!(
        (number(&life["retired"]), number(&life["cancelled"])),
        (from, cancelled)
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_truncated_amount_is_refused_and_not_delivered_for_nothing(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    for (units, code) in [
        ("0", "UNITS"),
        ("0.9", "BAD_USER_INPUT"),
        ("1.5", "BAD_USER_INPUT"),
        ("1e1", "BAD_USER_INPUT"),
    ] {
        let mut input = world.transfer_input(&batch, 1, "t");
        input["units"] = json!(units);
        let refused = world.refuse(&world.supplier, TRANSFER, input).await?;
        assert_eq!(refused.code, code, "{units}: {refused:?}");
    }
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 0);
    // A tenth of an hour is three quarters of a unit after deadweight: nothing, and said so.
    let claim = world.submit(world.claim_input("small", "0.1")).await?;
    world.verify(&claim, "0.1").await?;
    let input = json!({ "claim": claim, "idempotencyKey": "small" });
    let refused = world.refuse(&world.registrar, ISSUE, input).await?;
    assert_eq!(refused.code, "NOTHING_TO_ISSUE");
    world.app.expect_clean_log().await?;
    Ok(())
}
