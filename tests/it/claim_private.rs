//! What is private behind a claim: who reads its evidence and its working.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_domain::ids::Id;
use commonweal_tests::{TestApp, User, on_both};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::beneficiary::Work;
use crate::credit_reversed::RAISE;
use crate::credit_world::{VERIFY, WITHDRAW, World, file, finding, text};
use crate::evidence::fetch;
use crate::quorum_bench::{Bench, DECLINE, terms};

on_both!(
    under_a_quorum_only_those_drawn_read_evidence_and_working,
    refused_reads_are_noted_privately_and_granted_ones_are_not,
    words_and_workings_are_erased_and_the_log_stays,
);

const WORKING: &str = "query ($id: ID!) { claim(id: $id) { people working { people } } }";

/// Whether somebody reads the file of a word, and the working of a claim.
pub(crate) async fn reads(
    world: &World,
    user: Option<&User>,
    claim: &str,
    word: &str,
) -> Result<(bool, bool)> {
    let hash = text(&file(word)["sha256"]);
    let (status, _) = fetch(&world.app, user, &world.supplier, &hash).await?;
    let shown = world
        .app
        .data(user, WORKING, json!({ "id": claim }))
        .await?;
    assert_eq!(shown["claim"]["people"], 9, "how many is public");
    Ok((status == 200, !shown["claim"]["working"].is_null()))
}

async fn under_a_quorum_only_those_drawn_read_evidence_and_working(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (supplier, code) = (&work.world.supplier, "ADV-1");
    let before = work.claim(supplier, "a", code, 0..9);
    let after = work.claim(supplier, "b", code, 9..18);
    let world = work.world;
    let free = world.submit(before).await?;
    let bench = Bench::of(world, terms(2, 2)).await?;
    let world = &bench.world;
    let claim = world.submit(after).await?;
    let ask = async |user: &User| reads(world, Some(user), &claim, "b").await;
    for verifier in bench.everybody() {
        assert_eq!(ask(verifier).await?, (false, false), "nobody is drawn yet");
        let old = reads(world, Some(verifier), &free, "a").await?;
        assert_eq!(old, (true, true), "no quorum binds an older claim");
    }
    bench.assign(&claim).await?;
    let sitting = bench.sitting(&claim).await?;
    for verifier in bench.everybody() {
        let drawn = sitting.iter().any(|user| user.person == verifier.person);
        assert_eq!(ask(verifier).await?, (drawn, drawn));
    }
    let leaving = json!({ "claim": claim, "reason": "no time this month" });
    world.make(sitting[0], DECLINE, leaving, "claim").await?;
    assert_eq!(
        ask(sitting[0]).await?,
        (false, false),
        "the seat is given back"
    );

    let judges = bench.sitting(&claim).await?;
    let few = world
        .refuse(judges[0], VERIFY, finding(&claim, "4"))
        .await?;
    assert_eq!(few.code, "FEW_PEOPLE", "behind a seal too");
    bench.verify(judges[0], &claim, "9").await?;
    assert_eq!(ask(judges[0]).await?, (true, true), "behind a seal");
    bench.verify(judges[1], &claim, "9").await?;
    for verifier in bench.everybody() {
        let found = judges.iter().any(|user| user.person == verifier.person);
        assert_eq!(ask(verifier).await?, (found, found), "after the decision");
    }
    assert_eq!(ask(&world.supplier).await?, (true, true));
    for other in [Some(&world.fund), Some(&world.registrar), None] {
        assert_eq!(reads(world, other, &claim, "b").await?, (false, false));
    }
    world.app.expect_clean_log().await?;
    Ok(())
}

/// How often whom what was refused; the nil id is whoever is not signed in.
async fn refusals(app: &TestApp) -> Result<BTreeMap<(Uuid, String), i64>> {
    let database = app.database.connect().await?;
    let query = "SELECT reader_id, kind, refused FROM refused_read";
    let statement = Statement::from_string(database.get_database_backend(), query);
    let mut found = BTreeMap::new();
    for row in database.query_all_raw(statement).await? {
        let key = (row.try_get("", "reader_id")?, row.try_get("", "kind")?);
        *found.entry(key).or_default() += row.try_get::<i64>("", "refused")?;
    }
    Ok(found)
}

/// Refusals are noted behind the answer.
async fn expect_refusals(app: &TestApp, expected: &BTreeMap<(Uuid, String), i64>) -> Result<()> {
    for _ in 0..200 {
        if refusals(app).await? == *expected {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(refusals(app).await?, *expected);
    Ok(())
}

async fn refused_reads_are_noted_privately_and_granted_ones_are_not(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let claim = work
        .submit(supplier, work.claim(supplier, "a", "ADV-1", 0..9))
        .await?;
    let draft = "mutation ($input: SaveClaimDraftInput!) {
        made: saveClaimDraft(input: $input) { draft { id } userErrors { code message path } } }";
    let begun = json!({ "claimant": supplier.organisation_id(), "quantity": "3.0" });
    let draft = world.make(supplier, draft, begun, "draft").await?;
    let show = "query ($id: ID!) { claimDraft(id: $id) { version } }";
    let size = world.app.app.read().log_size().await?;
    for granted in [supplier, &world.verifier] {
        assert_eq!(
            reads(world, Some(granted), &claim, "a").await?,
            (true, true)
        );
    }
    let parsed = world
        .app
        .data(Some(supplier), show, json!({ "id": draft }))
        .await?;
    assert_eq!(parsed["claimDraft"]["version"], 1);
    let (noun, _) = draft.split_once(':').unwrap_or_default();
    let unknown = json!({ "id": format!("{noun}:01931f3e-7c2a-7000-8000-000000000000") });
    world.app.data(Some(&world.fund), show, unknown).await?;
    let nowhere = text(&file("nowhere")["sha256"]);
    fetch(&world.app, Some(&world.fund), supplier, &nowhere).await?;
    assert_eq!(refusals(&world.app).await?, BTreeMap::new());

    for _ in 0..3 {
        let denied = reads(world, Some(&world.fund), &claim, "a").await?;
        assert_eq!(denied, (false, false));
    }
    let hidden = world
        .app
        .data(Some(&world.fund), show, json!({ "id": draft }))
        .await?;
    assert_eq!(hidden["claimDraft"], Value::Null);
    reads(world, None, &claim, "a").await?;
    let fund = world.fund.person.uuid();
    let noted = |who: Uuid, kind: &str, times: i64| ((who, kind.to_owned()), times);
    let expected = BTreeMap::from([
        noted(fund, "evidence_file", 3),
        noted(fund, "working", 3),
        noted(fund, "claim_draft", 1),
        noted(Uuid::nil(), "working", 1),
    ]);
    expect_refusals(&world.app, &expected).await?;
    assert_eq!(world.app.app.read().log_size().await?, size, "privately");
    // A year later nobody knows any more.
    world.app.advance_seconds(367 * 86_400);
    let later = world
        .app
        .user(world.fund.organisation, &[Role::Officer])
        .await?;
    reads(world, Some(&later), &claim, "a").await?;
    let who = later.person.uuid();
    let left = BTreeMap::from([noted(who, "evidence_file", 1), noted(who, "working", 1)]);
    expect_refusals(&world.app, &left).await
}

const ERASE_WORDS: &str = "mutation ($input: EraseWordsInput!) {
    made: eraseWords(input: $input) { erased userErrors { code message path } } }";
const ERASE_WORKING: &str = "mutation ($input: EraseWorkingInput!) {
    made: eraseWorking(input: $input) { erased userErrors { code message path } } }";

async fn words_and_workings_are_erased_and_the_log_stays(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let claim = work
        .submit(supplier, work.claim(supplier, "a", "ADV-1", 0..9))
        .await?;
    let working = json!({ "claim": claim });
    let early = world
        .refuse(&world.registrar, ERASE_WORKING, working.clone())
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("CLAIM_STATUS", Some("claim"))
    );
    world.verify(&claim, "9").await?;
    let show =
        "query ($id: ID!) { claim(id: $id) { workingHash verifications { reason reasonHash } } }";
    let ask = async || -> Result<Value> {
        let found = world.app.data(None, show, json!({ "id": claim })).await?;
        Ok(found["claim"].clone())
    };
    let before = ask().await?;
    let found = &before["verifications"][0];
    assert_eq!(found["reason"], "the time sheets agree with the sample");
    let words = json!({ "words": found["reasonHash"] });
    for user in [supplier, &world.verifier, &world.fund] {
        for (document, input) in [(ERASE_WORDS, &words), (ERASE_WORKING, &working)] {
            let refused = world.refuse(user, document, input.clone()).await?;
            assert_eq!(refused.code, "FORBIDDEN");
        }
    }
    let own = world
        .app
        .user(supplier.organisation, &[Role::Registrar])
        .await?;
    let biased = world.refuse(&own, ERASE_WORKING, working.clone()).await?;
    assert_eq!(biased.code, "FORBIDDEN");

    let registrar = Some(&world.registrar);
    let erased = async |document: &str, input: &Value| -> Result<Value> {
        let input = json!({ "input": input });
        let done = world.app.data(registrar, document, input).await?;
        Ok(done["made"]["erased"].clone())
    };
    assert_eq!(erased(ERASE_WORDS, &words).await?, true);
    assert_eq!(erased(ERASE_WORDS, &words).await?, false, "they are gone");
    let after = ask().await?;
    assert_eq!(after["verifications"][0]["reason"], Value::Null);
    assert_eq!(after["verifications"][0]["reasonHash"], found["reasonHash"]);

    let judged = reads(world, Some(&world.verifier), &claim, "a").await?;
    assert_eq!(judged, (true, true));
    assert_eq!(erased(ERASE_WORKING, &working).await?, true);
    assert_eq!(erased(ERASE_WORKING, &working).await?, false);
    let gone = reads(world, Some(&world.verifier), &claim, "a").await?;
    assert_eq!(gone, (true, false));
    assert_eq!(ask().await?["workingHash"], before["workingHash"]);
    let other = work
        .submit(supplier, work.claim(supplier, "b", "ADV-1", 9..18))
        .await?;
    world.verify(&other, "9").await?;
    let raise = json!({ "claim": other, "ground": "DELIVERY", "reason": "Nobody came." });
    world.make(&work.other, RAISE, raise, "challenge").await?;
    let needed = json!({ "claim": other });
    let needed = world
        .refuse(&world.registrar, ERASE_WORKING, needed)
        .await?;
    assert_eq!(
        (needed.code.as_str(), needed.path.as_deref()),
        ("CHALLENGED", Some("claim"))
    );
    assert_eq!(refusals(&world.app).await?, BTreeMap::new());
    let third = work
        .submit(supplier, work.claim(supplier, "c", "ADV-1", 18..27))
        .await?;
    let back = json!({ "claim": third });
    world.make(supplier, WITHDRAW, back, "claim").await?;
    let own = reads(world, Some(supplier), &third, "c").await?;
    assert_eq!(own, (true, false), "nobody needs it any more");
    world.app.expect_clean_log().await?;
    Ok(())
}
