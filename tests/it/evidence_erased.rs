//! Evidence that is erased, and drafts of claims.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both, pdf};
use serde_json::{Value, json};

use crate::credit_world::{SUBMIT, WITHDRAW, World, file, text};
use crate::evidence::{fetch, rows, stored};

on_both!(
    evidence_is_erased_early_for_a_reason_and_its_hash_stays_in_the_way,
    evidence_is_erased_by_its_owner_once_the_retention_is_over,
    an_erased_file_is_gone_behind_every_claim_that_named_it,
    a_draft_is_private_changed_and_submitted_once,
    files_of_a_draft_are_kept_and_collected_after_it,
    wrong_drafts_are_refused,
);

const ERASE: &str = "mutation ($input: EraseEvidenceInput!) {
    made: eraseEvidence(input: $input) { claim { id evidence { sha256 erasedIndex } } userErrors { code message path } }
}";
const ERASE_EARLY: &str = "mutation ($input: EraseEvidenceEarlyInput!) {
    made: eraseEvidenceEarly(input: $input) { claim { id evidence { sha256 erasedIndex } } userErrors { code message path } }
}";
const SAVE: &str = "mutation ($input: SaveClaimDraftInput!) {
    made: saveClaimDraft(input: $input) { draft { id version } userErrors { code message path } }
}";
const DELETE: &str = "mutation ($input: DeleteClaimDraftInput!) {
    made: deleteClaimDraft(input: $input) { draft { id } userErrors { code message path } }
}";
const SUBMIT_DRAFT: &str = "mutation ($input: SubmitClaimDraftInput!) {
    made: submitClaimDraft(input: $input) { claim { id status } userErrors { code message path } }
}";
const DRAFT: &str = "query ($id: ID!) { claimDraft(id: $id) {
    version quantity place period { from to } evidence { sha256 kind } measure { code } claimant { name }
} }";

fn hash(word: &str) -> String {
    text(&file(word)["sha256"])
}

async fn evidence_is_erased_early_for_a_reason_and_its_hash_stays_in_the_way(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let early = json!({ "claim": claim, "files": [hash("a")], "reason": "A court orders it." });
    let open = world
        .refuse(&world.registrar, ERASE_EARLY, early.clone())
        .await?;
    assert_eq!(
        (open.code.as_str(), open.path.as_deref()),
        ("CLAIM_STATUS", Some("claim"))
    );
    world.verify(&claim, "10.0").await?;
    for user in [&world.supplier, &world.verifier] {
        let refused = world.refuse(user, ERASE_EARLY, early.clone()).await?;
        assert_eq!(refused.code, "FORBIDDEN");
    }
    let own = world
        .app
        .user(world.supplier.organisation, &[Role::Registrar])
        .await?;
    let biased = world.refuse(&own, ERASE_EARLY, early.clone()).await?;
    assert_eq!(biased.code, "FORBIDDEN");
    let mut strange = early.clone();
    strange["files"] = json!([hash("strange")]);
    let strange = world.refuse(&world.registrar, ERASE_EARLY, strange).await?;
    assert_eq!(
        (strange.code.as_str(), strange.path.as_deref()),
        ("UNKNOWN_FILE", Some("files"))
    );
    assert_eq!(
        fetch(
            &world.app,
            Some(&world.supplier),
            &world.supplier,
            &hash("a")
        )
        .await?
        .0,
        200
    );

    let done = world
        .app
        .data(
            Some(&world.registrar),
            ERASE_EARLY,
            json!({ "input": early }),
        )
        .await?;
    let evidence = &done["made"]["claim"]["evidence"][0];
    assert_eq!(evidence["sha256"], json!(hash("a")));
    assert!(evidence["erasedIndex"].is_string(), "{evidence}");
    assert_eq!(
        fetch(
            &world.app,
            Some(&world.supplier),
            &world.supplier,
            &hash("a")
        )
        .await?
        .0,
        404
    );
    assert_eq!(
        (rows(&world.app).await?, world.app.files_on_disk()?.len()),
        (0, 0)
    );
    let again = world.refuse(&world.registrar, ERASE_EARLY, early).await?;
    assert_eq!(again.code, "ALREADY_ERASED");

    // Whoever has a copy may store it again; it still stands behind the first claim and no other.
    stored(&world.app, &world.supplier, pdf("a")).await?;
    let mut second = world.claim_input("b", "3.0");
    second["evidence"] = json!([file("a")]);
    let refused = world.refuse(&world.supplier, SUBMIT, second).await?;
    assert_eq!(refused.code, "SAME_EVIDENCE");
    let report = world.app.expect_clean_log().await?.to_string();
    assert!(report.contains("files of evidence erased"), "{report}");
    Ok(())
}

async fn evidence_is_erased_by_its_owner_once_the_retention_is_over(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let kept = "query ($id: ID!) { claim(id: $id) { evidence { keptUntil erasedIndex } } }";
    let found = world.app.data(None, kept, json!({ "id": claim })).await?;
    // Six years after the claim's period: no tender documents say anything else.
    assert_eq!(
        found["claim"]["evidence"],
        json!([{ "keptUntil": "2032-06-01", "erasedIndex": null }])
    );
    let input = json!({ "claim": claim, "files": [hash("a")] });
    let refused = world.refuse(&world.supplier, ERASE, input.clone()).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("RETENTION", Some("claim"))
    );
    world.app.advance_seconds(6 * 366 * 86_400);
    let supplier = world
        .app
        .user(world.supplier.organisation, &[Role::Supplier])
        .await?;
    let fund = world
        .app
        .user(world.fund.organisation, &[Role::Supplier])
        .await?;
    assert_eq!(
        world.refuse(&fund, ERASE, input.clone()).await?.code,
        "FORBIDDEN"
    );
    world.make(&supplier, ERASE, input, "claim").await?;
    assert_eq!(
        (rows(&world.app).await?, world.app.files_on_disk()?.len()),
        (0, 0)
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_erased_file_is_gone_behind_every_claim_that_named_it(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let first = world.submit(world.claim_input("a", "10.0")).await?;
    let withdrawn = json!({ "claim": first });
    world
        .make(&world.supplier, WITHDRAW, withdrawn, "claim")
        .await?;
    let mut second = world.claim_input("b", "10.0");
    second["evidence"] = json!([file("a")]);
    let second = world.submit(second).await?;
    world.verify(&second, "10.0").await?;
    let erase = |claim: &str| json!({ "claim": claim, "files": [hash("a")], "reason": "A court orders it." });
    world
        .make(&world.registrar, ERASE_EARLY, erase(&second), "claim")
        .await?;
    let shown = "query ($id: ID!) { claim(id: $id) { evidence { erasedIndex } } }";
    let mut erased = Vec::new();
    for claim in [&first, &second] {
        let found = world.app.data(None, shown, json!({ "id": claim })).await?;
        erased.push(found["claim"]["evidence"][0]["erasedIndex"].clone());
    }
    assert!(
        erased[0].is_string() && erased[0] == erased[1],
        "{erased:?}"
    );
    let again = world
        .refuse(&world.registrar, ERASE_EARLY, erase(&first))
        .await?;
    assert_eq!(again.code, "ALREADY_ERASED");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_draft_is_private_changed_and_submitted_once(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let size = world.app.app.read().log_size().await?;
    let claimant = world.supplier.organisation_id();
    let first = json!({ "claimant": claimant, "quantity": "3.0" });
    let draft = world.make(&world.supplier, SAVE, first, "draft").await?;
    let mut whole = world.claim_input("unused", "10.0");
    if let Some(input) = whole.as_object_mut() {
        input.remove("idempotencyKey");
        input.insert("draft".into(), json!(draft));
        input.insert("version".into(), json!(1));
    }
    let submit = |version: i32, key: &str| json!({ "draft": draft, "version": version, "claimant": claimant, "idempotencyKey": key });
    let missing = world
        .refuse(&world.supplier, SUBMIT_DRAFT, submit(1, "k"))
        .await?;
    assert_eq!(
        (missing.code.as_str(), missing.path.as_deref()),
        ("MISSING", Some("outcome"))
    );
    world
        .make(&world.supplier, SAVE, whole.clone(), "draft")
        .await?;
    let stale = world.refuse(&world.supplier, SAVE, whole).await?;
    assert_eq!(stale.code, "CONFLICT");
    let id = json!({ "id": draft });
    let found = world
        .app
        .data(Some(&world.supplier), DRAFT, id.clone())
        .await?;
    let expected = json!({
        "version": 2, "quantity": "10.0", "place": "KR-11", "period": { "from": "2026-03-01", "to": "2026-06-01" },
        "evidence": [file("unused")], "measure": { "code": "VOL-1" }, "claimant": { "name": "Han River Works" },
    });
    assert_eq!(found["claimDraft"], expected);
    for stranger in [Some(&world.fund), Some(&world.verifier), None] {
        let hidden = world.app.data(stranger, DRAFT, id.clone()).await?;
        assert_eq!(hidden["claimDraft"], Value::Null);
    }
    let other = world
        .refuse(&world.fund, DELETE, json!({ "draft": draft }))
        .await?;
    assert_eq!(other.code, "NOT_FOUND");
    let others = world
        .refuse(&world.fund, SUBMIT_DRAFT, submit(2, "k"))
        .await?;
    assert_eq!(others.code, "NOT_FOUND");
    assert_eq!(
        world.app.app.read().log_size().await?,
        size,
        "a draft is not in the log"
    );

    let stale = world
        .refuse(&world.supplier, SUBMIT_DRAFT, submit(1, "k"))
        .await?;
    assert_eq!(stale.code, "CONFLICT");
    let claim = world
        .make(&world.supplier, SUBMIT_DRAFT, submit(2, "k"), "claim")
        .await?;
    let again = world
        .make(&world.supplier, SUBMIT_DRAFT, submit(2, "k"), "claim")
        .await?;
    assert_eq!(claim, again);
    let gone = world
        .refuse(&world.supplier, SUBMIT_DRAFT, submit(2, "other"))
        .await?;
    assert_eq!(gone.code, "NOT_FOUND");
    let left = world
        .app
        .data(
            Some(&world.supplier),
            "{ claimDrafts { totalCount } }",
            json!({}),
        )
        .await?;
    assert_eq!(left["claimDrafts"]["totalCount"], 0);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn files_of_a_draft_are_kept_and_collected_after_it(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claimant = world.supplier.organisation_id();
    let input = json!({ "claimant": claimant, "evidence": [file("x"), file("y")] });
    let draft = world.make(&world.supplier, SAVE, input, "draft").await?;
    world.app.advance_seconds(48 * 3_600);
    assert_eq!(world.app.app.collect_evidence().await?, 0);
    let less =
        json!({ "claimant": claimant, "evidence": [file("y")], "draft": draft, "version": 1 });
    world.make(&world.supplier, SAVE, less, "draft").await?;
    assert_eq!(world.app.app.collect_evidence().await?, 0, "a day of grace");
    world.app.advance_seconds(25 * 3_600);
    assert_eq!(world.app.app.collect_evidence().await?, 1);
    world
        .app
        .data(
            Some(&world.supplier),
            DELETE,
            json!({ "input": { "draft": draft } }),
        )
        .await?;
    world.app.advance_seconds(25 * 3_600);
    assert_eq!(world.app.app.collect_evidence().await?, 1);
    assert_eq!(
        (rows(&world.app).await?, world.app.files_on_disk()?.len()),
        (0, 0)
    );
    Ok(())
}

async fn wrong_drafts_are_refused(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claimant = world.supplier.organisation_id();
    let of_another = json!({ "claimant": claimant, "quantity": "1.0" });
    assert_eq!(
        world.refuse(&world.fund, SAVE, of_another).await?.code,
        "FORBIDDEN"
    );
    let zeros = json!({ "sha256": "0".repeat(64), "kind": "timesheet" });
    let cases = [
        (json!([zeros]), "UNKNOWN_FILE", "evidence.0.sha256"),
        (json!([file("a"), file("a")]), "EVIDENCE_TWICE", "evidence"),
        (json!(vec![file("a"); 101]), "EVIDENCE_COUNT", "evidence"),
    ];
    for (evidence, code, path) in cases {
        let input = json!({ "claimant": claimant, "evidence": evidence });
        let refused = world.refuse(&world.supplier, SAVE, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path))
        );
    }
    let left = world
        .app
        .data(
            Some(&world.supplier),
            "{ claimDrafts { totalCount } }",
            json!({}),
        )
        .await?;
    assert_eq!(left["claimDrafts"]["totalCount"], 0);
    Ok(())
}
