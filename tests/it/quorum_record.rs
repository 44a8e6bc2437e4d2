//! What may be published of verification, and the public record of verifiers.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_world::{World, reduce, text};
use crate::mutations::{GIVE_INFORMATION, REQUEST_INFORMATION};
use crate::quorum_bench::{ASSIGN, Bench, PUBLISH, let_in, terms};

on_both!(
    wrong_quorums_and_strangers_are_refused,
    a_verifier_whose_finding_fell_is_overturned_once,
    assignments_and_records_cost_a_fixed_number_of_statements,
    a_claim_says_what_it_waits_for_and_who_can_do_what,
    a_quorum_larger_than_the_registry_stands_and_says_so,
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
            waitsFor { awaited } assignments { organisation { name } feeFrom { name } } } }
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
        costs[0].abs_diff(costs[1]) <= 3,
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

async fn a_claim_says_what_it_waits_for_and_who_can_do_what(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let early = world.submit(world.claim_input("0", "10.0")).await?;
    let bench = Bench::of(world, terms(4, 3)).await?;
    let world = &bench.world;
    assert_eq!(bench.awaited(&early).await?, ["VERIFICATION"]);
    let claim = bench.submit("a").await?;
    assert_eq!(bench.awaited(&claim).await?, ["DRAW"]);
    bench.assign(&claim).await?;
    assert_eq!(bench.awaited(&claim).await?, ["FINDINGS"]);
    let sitting = bench.sitting(&claim).await?;
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    world
        .make(sitting[0], REQUEST_INFORMATION, question, "claim")
        .await?;
    assert_eq!(bench.awaited(&claim).await?, ["ANSWER"]);
    let answer = json!({ "claim": claim, "answer": "the site manager", "evidence": [] });
    world
        .make(&world.supplier, GIVE_INFORMATION, answer, "claim")
        .await?;
    for (user, hours) in sitting.iter().zip(["10.0", "10.0", "10.0", "5.0"]) {
        assert_eq!(bench.awaited(&claim).await?, ["FINDINGS"]);
        bench.verify(user, &claim, hours).await?;
    }
    // All have judged, they lie far apart, and nobody is left for the further opinion.
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "IN_VERIFICATION");
    assert_eq!(shown["waitsFor"][0]["awaited"], "MORE_VERIFIERS");
    let next = text(&shown["waitsFor"][0]["nextStep"]);
    for words in ["a registrar", "`grantRole`", "`assignVerifiers`"] {
        assert!(next.contains(words), "{next}");
    }
    let input = json!({ "claim": claim });
    let few = world.refuse(&world.supplier, ASSIGN, input).await?;
    assert_eq!(
        (few.code.as_str(), few.message),
        ("TOO_FEW_VERIFIERS", next)
    );
    let late = ("Late Assurance", "PUBLIC");
    let late = let_in(&world.app, &world.registrar, late).await?;
    assert_eq!(bench.awaited(&claim).await?, ["DRAW"]);
    bench.assign(&claim).await?;
    assert_eq!(bench.awaited(&claim).await?, ["FINDINGS"]);
    bench.verify(&late, &claim, "9.0").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(
        (&shown["status"], &shown["waitsFor"]),
        (&json!("VERIFIED"), &json!([]))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_quorum_larger_than_the_registry_stands_and_says_so(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(4, 3)).await?;
    let ask = "{ verificationQuorum { number waitsFor { awaited nextStep } } }";
    let world = &bench.world;
    let enough = world.app.data(None, ask, json!({})).await?;
    assert_eq!(enough["verificationQuorum"]["waitsFor"], Value::Null);
    let input = json!({ "input": terms(5, 3) });
    let made = world.app.data(Some(&world.registrar), PUBLISH, input);
    let made = made.await?;
    let step = &made["made"]["quorum"]["waitsFor"];
    assert_eq!(step["awaited"], "MORE_VERIFIERS");
    let next = text(&step["nextStep"]);
    assert!(next.contains("5 of different groups"), "{next}");
    let shown = world.app.data(None, ask, json!({})).await?;
    assert_eq!(shown["verificationQuorum"]["number"], 2);
    assert_eq!(&shown["verificationQuorum"]["waitsFor"], step);
    Ok(())
}
