//! Files of evidence: who reads them, release, and what is collected.

use std::time::Duration;

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both, pdf};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::credit_world::{SUBMIT, WITHDRAW, World};

on_both!(
    evidence_is_read_by_its_owner_and_those_who_decide_and_by_nobody_else,
    a_release_opens_a_file_to_the_named_organisation_until_it_ends,
    a_file_is_open_to_a_hundred_organisations_at_once_and_no_more,
    what_nothing_stands_on_is_collected_and_what_a_crash_left_too,
    an_object_that_cannot_be_removed_keeps_no_other,
    evidence_used_elsewhere_is_refused_with_the_earlier_claim_and_nothing_private,
);

pub(crate) const RELEASE: &str = "mutation ($input: ReleaseEvidenceInput!) {
    made: releaseEvidence(input: $input) { owner { id } userErrors { code message path } }
}";

const END_RELEASE: &str = "mutation ($input: ReleaseEvidenceInput!) {
    made: endEvidenceRelease(input: $input) { owner { id } userErrors { code message path } }
}";

/// Stores a file and answers its hash.
pub(crate) async fn stored(app: &TestApp, user: &User, bytes: Vec<u8>) -> Result<String> {
    let owner = user.organisation_id();
    let answer = app
        .send_file(Some(user), &owner, "application/pdf", bytes)
        .await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    anyhow::ensure!(status.is_success(), "{status}: {body}");
    Ok(body["sha256"].as_str().context("no hash")?.to_owned())
}

/// The status of a download, and its bytes.
pub(crate) async fn fetch(
    app: &TestApp,
    user: Option<&User>,
    owner: &User,
    sha256: &str,
) -> Result<(u16, Vec<u8>)> {
    let url = format!("{}/evidence/{}/{sha256}", app.url, owner.organisation_id());
    let mut request = app.http().get(url);
    if let Some(user) = user {
        request = request.bearer_auth(user.token());
    }
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.bytes().await?.to_vec()))
}

/// How many rows of files there are.
pub(crate) async fn rows(app: &TestApp) -> Result<i64> {
    let database = app.database.connect().await?;
    let count = "SELECT COUNT(*) AS n FROM evidence_file";
    let statement = Statement::from_string(database.get_database_backend(), count);
    let row = database.query_one_raw(statement).await?.context("no row")?;
    Ok(row.try_get("", "n")?)
}

pub(crate) async fn expect_nothing_stored(app: &TestApp) -> Result<()> {
    for _ in 0..200 {
        if rows(app).await? == 0 && app.files_on_disk()?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!(
        "left: {} rows, {:?}",
        rows(app).await?,
        app.files_on_disk()?
    )
}

/// A supplier of an organisation of its own.
pub(crate) async fn stranger(app: &TestApp, name: &str) -> Result<User> {
    let registrar = app.registrar().await?;
    let organisation = app.organisation(&registrar, name, "PRIVATE").await?;
    app.user(organisation, &[Role::Supplier]).await
}

async fn evidence_is_read_by_its_owner_and_those_who_decide_and_by_nobody_else(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let registrar = &world.registrar;
    let laboratory = world
        .app
        .organisation(registrar, "City Laboratory", "PUBLIC")
        .await?;
    let second = world.app.user(laboratory, &[Role::Verifier]).await?;
    let own = world
        .app
        .user(world.supplier.organisation, &[Role::Verifier])
        .await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let sha256 = crate::credit_world::file("a")["sha256"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let status = async |user: Option<&User>| {
        anyhow::Ok(fetch(&world.app, user, &world.supplier, &sha256).await?.0)
    };
    assert_eq!(status(Some(&world.supplier)).await?, 200);
    assert_eq!(
        status(Some(&world.verifier)).await?,
        200,
        "an independent verifier of an open claim"
    );
    assert_eq!(
        status(Some(&own)).await?,
        200,
        "whoever belongs to the owner"
    );
    assert_eq!(status(Some(&world.fund)).await?, 404);
    assert_eq!(status(Some(registrar)).await?, 404);
    assert_eq!(status(None).await?, 404);
    world.verify(&claim, "10.0").await?;
    assert_eq!(status(Some(&world.verifier)).await?, 200, "who verified it");
    assert_eq!(
        status(Some(&second)).await?,
        404,
        "who had nothing to do with it"
    );
    // A stranger learns nothing: the answer is the same as for a file that never was.
    let strange = |text: Vec<u8>| String::from_utf8_lossy(&text).into_owned();
    let hidden = fetch(&world.app, Some(&world.fund), &world.supplier, &sha256).await?;
    let nothing = fetch(
        &world.app,
        Some(&world.fund),
        &world.supplier,
        &"0".repeat(64),
    )
    .await?;
    assert_eq!(
        (hidden.0, strange(hidden.1)),
        (nothing.0, strange(nothing.1))
    );
    let wrong = fetch(&world.app, Some(&world.fund), &world.supplier, "no-hash").await?;
    assert_eq!(wrong.0, 400);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_release_opens_a_file_to_the_named_organisation_until_it_ends(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let sha256 = stored(&world.app, &world.supplier, pdf("released")).await?;
    let input = json!({
        "owner": world.supplier.organisation_id(), "files": [sha256], "to": [world.fund.organisation_id()],
    });
    let refused = world.refuse(&world.fund, RELEASE, input.clone()).await?;
    assert_eq!(refused.code, "FORBIDDEN");
    let before = fetch(&world.app, Some(&world.fund), &world.supplier, &sha256).await?;
    assert_eq!(before.0, 404);
    for _ in 0..2 {
        world
            .make(&world.supplier, RELEASE, input.clone(), "owner")
            .await?;
    }
    let open = fetch(&world.app, Some(&world.fund), &world.supplier, &sha256).await?;
    assert_eq!(open, (200, pdf("released")));
    let third = stranger(&world.app, "Third").await?;
    assert_eq!(
        fetch(&world.app, Some(&third), &world.supplier, &sha256)
            .await?
            .0,
        404
    );
    let list = world
        .app
        .data(
            Some(&world.supplier),
            "query ($owner: ID!) { evidenceFiles(owner: $owner) { nodes { releasedTo { name } } } }",
            json!({ "owner": world.supplier.organisation_id() }),
        )
        .await?;
    let to = json!([{ "releasedTo": [{ "name": "Seoul Outcomes Fund" }] }]);
    assert_eq!(list["evidenceFiles"]["nodes"], to);
    world
        .make(&world.supplier, END_RELEASE, input.clone(), "owner")
        .await?;
    assert_eq!(
        fetch(&world.app, Some(&world.fund), &world.supplier, &sha256)
            .await?
            .0,
        404
    );
    let mut wrong = input.clone();
    wrong["files"] = json!(["0".repeat(64)]);
    let unknown = world.refuse(&world.supplier, RELEASE, wrong).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("UNKNOWN_FILE", Some("files.0"))
    );
    let mut wrong = input.clone();
    let strange = "organisation:01931f3e-7c2a-7000-8000-000000000000";
    wrong["to"] = json!([world.fund.organisation_id(), strange]);
    let unknown = world.refuse(&world.supplier, RELEASE, wrong).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("UNKNOWN_ORGANISATION", Some("to.1"))
    );
    let mut wrong = input;
    wrong["to"] = json!([]);
    let nobody = world.refuse(&world.supplier, RELEASE, wrong).await?;
    assert_eq!(
        (nobody.code.as_str(), nobody.path.as_deref()),
        ("COUNT", Some("to"))
    );
    Ok(())
}

async fn a_file_is_open_to_a_hundred_organisations_at_once_and_no_more(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let supplier = stranger(&app, "One").await?;
    let names: Vec<String> = (0..101).map(|n| format!("Firm {n}")).collect();
    let register = names
        .iter()
        .map(|name| app.organisation(&registrar, name, "PRIVATE"));
    let firms = futures_util::future::try_join_all(register).await?;
    let firms: Vec<String> = firms
        .iter()
        .map(|firm| format!("organisation:{firm}"))
        .collect();
    let files = [
        stored(&app, &supplier, pdf("some")).await?,
        stored(&app, &supplier, pdf("all")).await?,
    ];
    let input = |files: &[String], to: &[String]| json!({ "input": { "owner": supplier.organisation_id(), "files": files, "to": to } });
    for to in firms[..100].chunks(50) {
        app.data(Some(&supplier), RELEASE, input(&files[1..], to))
            .await?;
    }
    // The file that may still be released is not, either.
    let both = input(&files, &firms[100..]);
    let refused = app.refusal(Some(&supplier), RELEASE, both.clone()).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("TOO_MANY_RECEIVERS", Some("files.1"))
    );
    let again = input(&files[1..], &firms[..50]);
    app.data(Some(&supplier), RELEASE, again.clone()).await?;
    app.data(Some(&supplier), END_RELEASE, again).await?;
    app.data(Some(&supplier), RELEASE, both).await?;
    let list = app
        .data(
            Some(&supplier),
            "query ($owner: ID!) { evidenceFiles(owner: $owner) { nodes { sha256 releasedTo { id } } } }",
            json!({ "owner": supplier.organisation_id() }),
        )
        .await?;
    let count = |file: &str| {
        let files = list["evidenceFiles"]["nodes"].as_array()?;
        let found = files.iter().find(|node| node["sha256"] == file)?;
        found["releasedTo"].as_array().map(Vec::len)
    };
    assert_eq!([count(&files[0]), count(&files[1])], [Some(1), Some(51)]);
    Ok(())
}

async fn what_nothing_stands_on_is_collected_and_what_a_crash_left_too(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let app = &world.app;
    let loose = stored(app, &world.supplier, pdf("loose")).await?;
    world.submit(world.claim_input("kept", "10.0")).await?;
    app.advance_seconds(23 * 3_600);
    assert_eq!(app.app.collect_evidence().await?, 0, "a day is not over");
    app.advance_seconds(2 * 3_600);
    assert_eq!(app.app.collect_evidence().await?, 1);
    assert_eq!(
        fetch(app, Some(&world.supplier), &world.supplier, &loose)
            .await?
            .0,
        404
    );
    assert_eq!((rows(app).await?, app.files_on_disk()?.len()), (1, 1));

    // A process that was killed in the middle of an upload: the row came before the bytes, which are in a file of another name.
    stored(app, &world.supplier, pdf("killed")).await?;
    let database = app.database.connect().await?;
    let killed =
        "UPDATE evidence_file SET state = 'incoming', sha256 = NULL, size = NULL, media_type = NULL
        WHERE state = 'loose'";
    database.execute_unprepared(killed).await?;
    let half = app
        .files_on_disk()?
        .into_iter()
        .find(|path| std::fs::read(path).is_ok_and(|bytes| bytes == pdf("killed")))
        .context("the file")?;
    let mut part = half.clone().into_os_string();
    part.push("#1");
    std::fs::rename(&half, part)?;
    app.advance_seconds(25 * 3_600);
    assert_eq!(app.app.collect_evidence().await?, 1);
    assert_eq!((rows(app).await?, app.files_on_disk()?.len()), (1, 1));
    assert_eq!(
        app.app.collect_evidence().await?,
        0,
        "what a claim stands on stays"
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn an_object_that_cannot_be_removed_keeps_no_other(app: TestApp) -> Result<()> {
    let supplier = stranger(&app, "One").await?;
    stored(&app, &supplier, pdf("stuck")).await?;
    let stuck = app.files_on_disk()?.pop().context("the file")?;
    // A folder in the place of the file cannot be removed as one.
    std::fs::remove_file(&stuck)?;
    std::fs::create_dir(&stuck)?;
    app.advance_seconds(60);
    stored(&app, &supplier, pdf("next")).await?;
    app.advance_seconds(25 * 3_600);
    assert_eq!(app.app.collect_evidence().await?, 1);
    assert_eq!((rows(&app).await?, app.files_on_disk()?.len()), (1, 0));
    assert_eq!(app.app.collect_evidence().await?, 0);
    std::fs::remove_dir(&stuck)?;
    assert_eq!(app.app.collect_evidence().await?, 1);
    expect_nothing_stored(&app).await
}

async fn evidence_used_elsewhere_is_refused_with_the_earlier_claim_and_nothing_private(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let other = stranger(&world.app, "Other Works").await?;
    let name = |sha256: &str| json!([{ "sha256": sha256, "kind": "timesheet" }]);
    let sha256 = stored(&world.app, &world.supplier, pdf("one outcome")).await?;
    let mut input = world.claim_input("first", "10.0");
    input["evidence"] = name(&sha256);
    let first = world.submit(input.clone()).await?;

    // Whoever has not the file cannot name it, and does not learn that somebody has it.
    input["claimant"] = json!(other.organisation_id());
    input["idempotencyKey"] = json!("second");
    let unknown = world.refuse(&other, SUBMIT, input.clone()).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("UNKNOWN_FILE", Some("evidence.0.sha256"))
    );

    assert_eq!(
        stored(&world.app, &other, pdf("one outcome")).await?,
        sha256
    );
    let refused = world.refuse(&other, SUBMIT, input.clone()).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("SAME_EVIDENCE", Some("evidence"))
    );
    assert!(refused.message.contains(&first), "{}", refused.message);
    let supplier = world.supplier.organisation.to_string();
    for private in ["Han River", supplier.as_str(), "timesheet", "10.0"] {
        assert!(!refused.message.contains(private), "{}", refused.message);
    }
    assert_eq!(
        fetch(&world.app, Some(&other), &world.supplier, &sha256)
            .await?
            .0,
        404
    );
    // The claim is withdrawn: the file is free again.
    world
        .make(
            &world.supplier,
            WITHDRAW,
            json!({ "claim": first }),
            "claim",
        )
        .await?;
    world.make(&other, SUBMIT, input, "claim").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}
