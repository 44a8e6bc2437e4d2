//! The public report of refused claims, and what keeps it and the people behind claims from being tried out.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::beneficiary::Work;
use crate::credit_world::file;

on_both!(
    refusals_are_reported_by_month_and_small_numbers_wait,
    who_tries_out_people_is_stopped,
);

const REFUSALS: &str = "query ($year: Int!, $first: Int, $after: String) {
    refusals(year: $year, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { rule words refused place measureCode measure { title } period { from to } }
    }
}";

async fn refusals_are_reported_by_month_and_small_numbers_wait(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let report = async |first: u32, after: Value| -> Result<Value> {
        let variables = json!({ "year": 2026, "first": first, "after": after });
        Ok(world.app.data(None, REFUSALS, variables).await?["refusals"].clone())
    };
    work.submit(supplier, world.claim_input("a", "10.0"))
        .await?;
    let mut same = world.claim_input("b", "3.0");
    same["evidence"] = json!([file("a")]);
    work.refuse(supplier, same).await?;
    let unnamed = |place: &str| {
        let mut input = work.claim(supplier, "c", "JOB-1", 0..6);
        input["beneficiaries"] = Value::Null;
        input["outcome"]["outsideContracts"]["place"] = json!(place);
        input
    };
    for place in ["KR-11", "KR-26", "KR-11-110", "KR"] {
        work.refuse(supplier, unnamed(place)).await?;
    }
    // Neither who may not claim nor what cannot be read is counted.
    work.refuse(&work.other, unnamed("KR")).await?;
    work.refuse(supplier, unnamed("kr")).await?;
    assert_eq!(
        report(10, Value::Null).await?["nodes"],
        json!([]),
        "the month is not over"
    );
    world.app.advance_seconds(28 * 86_400);
    let shown = report(10, Value::Null).await?;
    assert_eq!(shown["totalCount"], 1, "four are too few: {shown}");
    let evidence = &shown["nodes"][0];
    assert_eq!(
        (
            &evidence["rule"],
            &evidence["refused"],
            &evidence["place"],
            &evidence["measure"]["title"]
        ),
        (
            &json!("SAME_EVIDENCE"),
            &json!("1"),
            &json!("KR"),
            &json!("Volunteer hours")
        )
    );
    assert_eq!(
        evidence["period"],
        json!({ "from": "2026-07-01", "to": "2026-08-01" })
    );
    for _ in 0..5 {
        work.refuse(supplier, unnamed("KR-26")).await?;
    }
    world.app.advance_seconds(31 * 86_400);
    let shown = report(1, Value::Null).await?;
    assert_eq!(
        (&shown["totalCount"], &shown["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(true))
    );
    let next = report(1, shown["pageInfo"]["endCursor"].clone()).await?;
    let unnamed = &next["nodes"][0];
    assert_eq!(
        (
            &unnamed["rule"],
            &unnamed["refused"],
            &unnamed["measureCode"]
        ),
        (&json!("NEEDS_BENEFICIARIES"), &json!("5"), &json!("JOB-1"))
    );
    assert_eq!(next["pageInfo"]["hasNextPage"], false);
    let wrong = world
        .app
        .refusal(None, REFUSALS, json!({ "year": 20_260 }))
        .await?;
    assert_eq!(wrong.path.as_deref(), Some("year"));
    Ok(())
}

async fn who_tries_out_people_is_stopped(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let first = work
        .submit(supplier, work.claim(supplier, "a", "JOB-2", 0..6))
        .await?;
    let other = &work.other;
    let taken = || work.claim(other, "b", "JOB-2", 5..11);
    for _ in 0..19 {
        work.counted_by(&first, other, taken()).await?;
    }
    // Who asks many times at once is told no more than who asks again and again.
    let at_once = (0..8).map(|n| {
        let mut input = taken();
        input["idempotencyKey"] = json!(format!("b{n}"));
        work.refuse(other, input)
    });
    let refused = futures_util::future::try_join_all(at_once).await?;
    let of = |code: &str| {
        refused
            .iter()
            .filter(|refusal| refusal.code == code)
            .count()
    };
    assert_eq!((of("SAME_PERSON"), of("TOO_MANY_REFUSALS")), (1, 7));
    let innocent = || work.claim(other, "c", "JOB-2", 50..56);
    let stopped = work.refuse(other, innocent()).await?;
    assert_eq!(
        (stopped.code.as_str(), stopped.path.as_deref()),
        ("TOO_MANY_REFUSALS", Some("beneficiaries"))
    );
    let mut hours = world.claim_input("d", "10.0");
    hours["claimant"] = json!(other.organisation_id());
    work.submit(other, hours).await?;
    world.app.advance_seconds(28 * 86_400);
    work.submit(other, innocent()).await?;
    Ok(())
}
