//! Claims: submission, evidence, verification, rejection and withdrawal.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_world::{REJECT, SUBMIT, VERIFY, WITHDRAW, World, file, finding};
use crate::mutations::GRANT_ROLE;

on_both!(
    a_claim_is_public_with_hashes_only_and_shows_what_the_verifier_found,
    the_same_key_answers_the_same_claim_and_another_body_is_a_conflict,
    the_same_evidence_twice_is_refused_and_names_the_earlier_claim,
    evidence_of_a_rejected_or_withdrawn_claim_is_free_again,
    an_external_reference_is_free_after_a_withdrawal_and_used_after_a_verification,
    wrong_claims_name_the_field,
    only_the_claimant_submits_and_only_an_outsider_verifies,
    a_decided_claim_takes_no_further_step,
    the_list_of_claims_costs_a_fixed_number_of_statements,
);

async fn a_claim_is_public_with_hashes_only_and_shows_what_the_verifier_found(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "8.5").await?;
    let found = world
        .app
        .data(
            None,
            "query ($id: ID!) { claim(id: $id) {
                status quantity { quantity unit } verified { quantity } measure { title } place
                period { from to } evidence { sha256 kind size mediaType }
                claimant { name } contract { id } kpi { id }
                verifications { accepted { quantity } method reason organisation { name } }
            } }",
            json!({ "id": claim }),
        )
        .await?;
    let mut known = file("a");
    known["size"] = json!("2048");
    known["mediaType"] = json!("application/pdf");
    assert_eq!(
        found["claim"],
        json!({
            "status": "VERIFIED", "quantity": { "quantity": "10.0", "unit": "hour" }, "verified": { "quantity": "8.5" },
            "measure": { "title": "Volunteer hours" }, "place": "KR-11",
            "period": { "from": "2026-03-01", "to": "2026-06-01" },
            "evidence": [known], "claimant": { "name": "Han River Works" }, "contract": null, "kpi": null,
            "verifications": [{
                "accepted": { "quantity": "8.5" }, "method": "ISAE 3000, sample of 20 time sheets",
                "reason": "the time sheets agree with the sample", "organisation": { "name": "Plain Assurance" }
            }]
        })
    );
    Ok(())
}

async fn the_same_key_answers_the_same_claim_and_another_body_is_a_conflict(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let first = world.submit(world.claim_input("a", "10.0")).await?;
    assert_eq!(world.submit(world.claim_input("a", "10.0")).await?, first);
    let refused = world
        .refuse(&world.supplier, SUBMIT, world.claim_input("a", "9.0"))
        .await?;
    assert_eq!(refused.code, "CONFLICT");
    let all = world
        .app
        .data(None, "{ claims { totalCount } }", json!({}))
        .await?;
    assert_eq!(all["claims"]["totalCount"], 1);
    Ok(())
}

async fn the_same_evidence_twice_is_refused_and_names_the_earlier_claim(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let first = world.submit(world.claim_input("a", "10.0")).await?;
    let mut second = world.claim_input("b", "3.0");
    second["evidence"] = json!([file("b"), file("a")]);
    let refused = world.refuse(&world.supplier, SUBMIT, second).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("SAME_EVIDENCE", Some("evidence"))
    );
    assert!(refused.message.contains(&first), "{}", refused.message);
    Ok(())
}

async fn evidence_of_a_rejected_or_withdrawn_claim_is_free_again(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let first = world.submit(world.claim_input("a", "10.0")).await?;
    world
        .make(
            &world.supplier,
            WITHDRAW,
            json!({ "claim": first }),
            "claim",
        )
        .await?;
    let mut again = world.claim_input("b", "10.0");
    again["evidence"] = json!([file("a")]);
    let second = world.submit(again).await?;
    let reason = json!({ "claim": second, "reason": "the sheets are unsigned" });
    world.make(&world.verifier, REJECT, reason, "claim").await?;
    let mut third = world.claim_input("c", "10.0");
    third["evidence"] = json!([file("a")]);
    world.submit(third).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_external_reference_is_free_after_a_withdrawal_and_used_after_a_verification(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let referring = |key: &str| {
        let mut input = world.claim_input(key, "10.0");
        input["externalReference"] = json!({ "source": "KR-TS", "number": "2026/3" });
        input
    };
    // Whoever claims with another's reference and takes it back keeps nobody from it.
    let first = world.submit(referring("a")).await?;
    let refused = world
        .refuse(&world.supplier, SUBMIT, referring("b"))
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("SAME_REFERENCE", Some("externalReference"))
    );
    let back = json!({ "claim": first });
    world.make(&world.supplier, WITHDRAW, back, "claim").await?;
    let second = world.submit(referring("b")).await?;
    world.verify(&second, "10.0").await?;
    let refused = world
        .refuse(&world.supplier, SUBMIT, referring("c"))
        .await?;
    assert_eq!(refused.code, "SAME_REFERENCE");
    assert!(refused.message.contains(&second), "{}", refused.message);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_claims_name_the_field(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let with = |field: &str, value: Value| {
        let mut input = world.claim_input("a", "10.0");
        input[field] = value;
        input
    };
    let unknown_kpi = json!({ "kpi": "kpi:01931f3e-7c2a-7000-8000-000000000000" });
    let unknown_measure = json!({ "outsideContracts": {
        "measure": { "catalogue": world.catalogue, "code": "VOL-9" }, "place": "KR-11" } });
    let mut unknown_file = file("a");
    unknown_file["sha256"] = json!("0".repeat(64));
    let cases = [
        (with("quantity", json!("-1")), "QUANTITY", "quantity"),
        (with("quantity", json!("0")), "NOTHING_CLAIMED", "quantity"),
        (with("quantity", json!("1.05")), "QUANTITY", "quantity"),
        (
            with("quantity", json!("99999999999999999999")),
            "QUANTITY",
            "quantity",
        ),
        (
            with(
                "period",
                json!({ "from": "2025-12-01", "to": "2026-02-01" }),
            ),
            "TWO_VINTAGES",
            "period",
        ),
        (
            with(
                "period",
                json!({ "from": "2026-11-01", "to": "2026-12-01" }),
            ),
            "NOT_DELIVERED_YET",
            "period",
        ),
        (with("evidence", json!([])), "EVIDENCE_COUNT", "evidence"),
        (
            with("evidence", json!([file("a"), file("a")])),
            "EVIDENCE_TWICE",
            "evidence",
        ),
        (
            with("evidence", json!([file("a"), unknown_file])),
            "UNKNOWN_FILE",
            "evidence.1.sha256",
        ),
        (with("outcome", unknown_kpi), "UNKNOWN_KPI", "outcome.kpi"),
        (
            with("outcome", unknown_measure),
            "UNKNOWN_MEASURE",
            "outcome.outsideContracts.measure",
        ),
        (
            with("idempotencyKey", json!("")),
            "IDEMPOTENCY_KEY",
            "idempotencyKey",
        ),
    ];
    for (input, code, path) in cases {
        let refused = world.refuse(&world.supplier, SUBMIT, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path)),
            "{refused:?}"
        );
    }
    let all = world
        .app
        .data(None, "{ claims { totalCount } }", json!({}))
        .await?;
    assert_eq!(all["claims"]["totalCount"], 0, "nothing was stored");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn only_the_claimant_submits_and_only_an_outsider_verifies(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let input = world.claim_input("a", "10.0");
    let refused = world.refuse(&world.fund, SUBMIT, input.clone()).await?;
    assert_eq!(refused.code, "FORBIDDEN");
    let claim = world.submit(input).await?;

    let inside = world
        .app
        .user(world.supplier.organisation, &[Role::Verifier])
        .await?;
    assert_eq!(
        world
            .refuse(&inside, VERIFY, finding(&claim, "10.0"))
            .await?
            .code,
        "FORBIDDEN"
    );
    // A verifier elsewhere who also has a role with the claimant, which the token does not show.
    world
        .app
        .data(
            Some(&world.registrar),
            GRANT_ROLE,
            json!({ "input": { "person": format!("person:{}", world.verifier.person),
                "organisation": world.supplier.organisation_id(), "role": "SUPPLIER" } }),
        )
        .await?;
    let hidden = world
        .refuse(&world.verifier, VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(hidden.code, "FORBIDDEN");
    assert!(hidden.message.contains("independent"), "{}", hidden.message);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_decided_claim_takes_no_further_step(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    for accepted in ["10.1", "0", "-1", "1.55"] {
        let refused = world
            .refuse(&world.verifier, VERIFY, finding(&claim, accepted))
            .await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("ACCEPTED", Some("accepted"))
        );
    }
    world.verify(&claim, "10.0").await?;
    let again = world
        .refuse(&world.verifier, VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(
        (again.code.as_str(), again.path.as_deref()),
        ("CLAIM_STATUS", Some("claim"))
    );
    let back = world
        .refuse(&world.supplier, WITHDRAW, json!({ "claim": claim }))
        .await?;
    assert_eq!(back.code, "CLAIM_STATUS");
    let nowhere = json!({ "claim": "claim:01931f3e-7c2a-7000-8000-000000000000" });
    let unknown = world.refuse(&world.supplier, WITHDRAW, nowhere).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("UNKNOWN_CLAIM", Some("claim"))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn the_list_of_claims_costs_a_fixed_number_of_statements(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let list = "{ claims(first: 50) { nodes {
        claimant { name } measure { title } contract { id } kpi { id } evidence { sha256 }
        verifications { reason organisation { name } } batch { life { available } class { one { quantity } } }
    } } }";
    let mut costs = Vec::new();
    for (round, claims) in [(0, 5), (1, 10)] {
        for number in 0..claims {
            world.batch(&format!("{round}-{number}"), "10.0").await?;
        }
        costs.push(world.app.cost(list).await?);
    }
    // A loader waits a millisecond for keys: on a busy machine it may need a second statement, but never one per claim.
    assert!(
        costs[0].abs_diff(costs[1]) <= 3,
        "statements for 5 and for 15 claims: {costs:?}"
    );
    assert!(costs[1] <= 14, "{costs:?}");
    world.app.expect_clean_log().await?;
    Ok(())
}
