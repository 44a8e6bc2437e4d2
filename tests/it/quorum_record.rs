//! What may be published of verification, and the public record of verifiers.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_world::{World, reduce};
use crate::quorum::{ASSIGN, Bench, PUBLISH, terms};

on_both!(
    wrong_quorums_and_strangers_are_refused,
    a_verifier_whose_finding_fell_is_overturned_once,
    assignments_and_records_cost_a_fixed_number_of_statements,
);

async fn wrong_quorums_and_strangers_are_refused(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let unbound = world
        .refuse(&world.supplier, ASSIGN, json!({ "claim": claim }))
        .await?;
    assert_eq!(
        (unbound.code.as_str(), unbound.path.as_deref()),
        ("NO_QUORUM", Some("claim"))
    );
    let nowhere = json!({ "claim": "claim:01931f3e-7c2a-7000-8000-000000000000" });
    let unknown = world.refuse(&world.supplier, ASSIGN, nowhere).await?;
    assert_eq!(unknown.code, "UNKNOWN_CLAIM");
    let stranger = world.refuse(&world.supplier, PUBLISH, terms(2, 2)).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    let with = |field: &str, value: Value| {
        let mut input = terms(2, 2);
        input[field] = value;
        input
    };
    let low = |code: &str, below: &str| json!([{ "measure": { "catalogue": world.catalogue, "code": code }, "below": below }]);
    for (input, code, path) in [
        (with("verifiers", json!(0)), "QUORUM", "verifiers"),
        (with("verifiers", json!(1)), "QUORUM", "sectors"),
        (
            with("verifiers", json!(-1)),
            "BAD_USER_INPUT",
            "variables.input.verifiers",
        ),
        (with("sectors", json!(4)), "QUORUM", "sectors"),
        (with("days", json!(366)), "QUORUM", "days"),
        (
            with("tolerance", json!("1.1")),
            "BAD_USER_INPUT",
            "tolerance",
        ),
        (
            with("auditShare", json!("x")),
            "BAD_USER_INPUT",
            "variables.input.auditShare",
        ),
        (
            with("lowValues", low("VOL-9", "1.0")),
            "QUORUM",
            "lowValues.0",
        ),
        (
            with("lowValues", low("VOL-1", "0")),
            "QUORUM",
            "lowValues.0",
        ),
        (
            with("lowValues", low("VOL-1", "1.05")),
            "QUANTITY",
            "lowValues.0.below",
        ),
    ] {
        let refused = world.refuse(&world.registrar, PUBLISH, input).await?;
        assert_eq!(refused.code, code, "{refused:?}");
        assert_eq!(refused.path.as_deref(), Some(path), "{refused:?}");
    }
    let found = world
        .app
        .data(None, "{ verificationQuorum { number } }", json!({}))
        .await?;
    assert_eq!(
        found["verificationQuorum"],
        Value::Null,
        "nothing was stored"
    );
    // A claim from before the first quorum is verified as ever.
    let input = json!({ "input": terms(2, 2) });
    world
        .app
        .data(Some(&world.registrar), PUBLISH, input)
        .await?;
    world.verify(&claim, "10.0").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_verifier_whose_finding_fell_is_overturned_once(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(2, 2)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let sitting = bench.sitting(&claim).await?;
    bench.verify(sitting[0], &claim, "10.0").await?;
    bench.verify(sitting[1], &claim, "9.5").await?;
    let second = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    for (hours, expected) in [("9.0", ["1", "1"]), ("8.0", ["1", "1"])] {
        let less = (claim.as_str(), hours, "CORRECT");
        reduce(&world.app, [&world.registrar, &second], less).await?;
        for (user, expected) in sitting.iter().zip(expected) {
            assert_eq!(bench.record(user).await?["overturned"], expected);
        }
    }
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn assignments_and_records_cost_a_fixed_number_of_statements(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(2, 2)).await?;
    let app = &bench.world.app;
    let list = "{
        claims(first: 50) { nodes { draw { seed } confirmation { audited }
            assignments { organisation { name } feeFrom { name } } } }
        verifierRecords(first: 50) { totalCount nodes { verifier assigned } }
    }";
    let mut costs = Vec::new();
    for (round, claims) in [(0, 3), (1, 9)] {
        for number in 0..claims {
            bench.assigned(&format!("{round}-{number}")).await?;
        }
        costs.push(app.cost(list).await?);
    }
    assert!(
        costs[0].abs_diff(costs[1]) < 9,
        "a statement per claim, of 3 and of 12: {costs:?}"
    );
    let found = app
        .data(None, "{ verifierRecords(first: 2) { totalCount nodes { assigned } pageInfo { hasNextPage } } }", json!({}))
        .await?;
    assert_eq!(found["verifierRecords"]["totalCount"], 4);
    assert_eq!(found["verifierRecords"]["pageInfo"]["hasNextPage"], true);
    app.expect_clean_log().await?;
    Ok(())
}
