//! The public log: over GraphQL with its proofs, over HTTP as tiles, and in the eyes of the watchdog's tool.

use anyhow::{Context, Result};
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::{Hash, leaf_hash};
use commonweal_domain::log::merkle_proof::{verify_consistency, verify_inclusion};
use commonweal_domain::log::note::VerifierKey;
use commonweal_domain::log::proof::TlogProof;
use commonweal_tests::{TestApp, log_signer, on_both};
use commonweal_verify::Verdict;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

on_both!(
    the_watchdog_finds_the_log_clean_as_it_grows,
    a_rewritten_past_is_found_by_the_watchdog,
    erasing_a_name_leaves_the_log_clean,
    nothing_unpublished_is_served_and_caches_are_told,
    every_entry_comes_with_proofs_that_convince,
    an_entry_without_a_checkpoint_has_no_proof_yet,
    the_ledger_is_filtered_and_paged,
    a_page_with_proofs_costs_a_fixed_number_of_statements,
    wrong_sizes_are_named,
);

/// Registers organisations, an entry each.
async fn grow(app: &TestApp, organisations: usize) -> Result<()> {
    let registrar = app.registrar().await?;
    for number in 0..organisations {
        let name = format!("Organisation {number}");
        app.organisation(&registrar, &name, "PRIVATE").await?;
    }
    Ok(())
}

async fn get(app: &TestApp, path: &str) -> Result<Response> {
    Ok(app.http().get(format!("{}{path}", app.url)).send().await?)
}

async fn the_watchdog_finds_the_log_clean_as_it_grows(app: TestApp) -> Result<()> {
    assert_eq!(app.watchdog().await?.verdict(), Verdict::CannotTell);
    for round in 0..3 {
        grow(&app, 4).await?;
        let report = app.expect_clean_log().await?;
        assert_eq!(report.entries_replayed, report.size);
        assert_eq!(report.previous_size.is_some(), round > 0);
    }
    app.stop().await
}

async fn a_rewritten_past_is_found_by_the_watchdog(mut app: TestApp) -> Result<()> {
    grow(&app, 3).await?;
    app.expect_clean_log().await?;
    // The operator starts over with the same key, and serves the other log under the address that the watchdog knows.
    let mut other = TestApp::start(commonweal_tests::Database::sqlite()?).await?;
    grow(&other, 5).await?;
    other.expect_clean_log().await?;
    std::mem::swap(&mut app.url, &mut other.url);
    let report = app.watchdog().await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy);
    assert!(report.fork.is_some(), "both signed heads are kept as proof");
    other.stop().await?;
    app.stop().await
}

async fn erasing_a_name_leaves_the_log_clean(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let input = json!({ "legalForm": "SOLE_TRADER", "name": "Mina Park", "sector": "PRIVATE", "place": "KR-11" });
    let made = app
        .data(
            Some(&registrar),
            "mutation ($input: RegisterOrganisationInput!) {
                made: registerOrganisation(input: $input) { organisation { id } userErrors { code } } }",
            json!({ "input": input }),
        )
        .await?;
    let before = app.expect_clean_log().await?;
    app.data(
        Some(&registrar),
        "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { erased userErrors { code } } }",
        json!({ "input": { "organisation": made["made"]["organisation"]["id"] } }),
    )
    .await?;
    grow(&app, 1).await?;
    let after = app.expect_clean_log().await?;
    assert_eq!(after.previous_size, Some(before.size));
    let entries = get(&app, &format!("/log/tile/entries/000.p/{}", after.size)).await?;
    let entries = entries.bytes().await?;
    assert!(entries.windows(9).any(|bytes| bytes == b"committed"));
    assert!(!entries.windows(4).any(|bytes| bytes == b"Mina"));
    app.stop().await
}

async fn nothing_unpublished_is_served_and_caches_are_told(app: TestApp) -> Result<()> {
    for path in ["/log/checkpoint", "/log/vkey", "/log/tile/0/000.p/1"] {
        assert_eq!(get(&app, path).await?.status(), StatusCode::NOT_FOUND);
    }
    let size = app.publisher().await?.publish().await?;
    grow(&app, 2).await?;
    for (path, status) in [
        (format!("/log/tile/0/000.p/{size}"), StatusCode::OK),
        (format!("/log/tile/entries/000.p/{size}"), StatusCode::OK),
        (
            format!("/log/tile/0/000.p/{}", size + 1),
            StatusCode::NOT_FOUND,
        ),
        (
            format!("/log/tile/entries/000.p/{}", size + 1),
            StatusCode::NOT_FOUND,
        ),
        ("/log/tile/0/000".to_owned(), StatusCode::NOT_FOUND),
        (format!("/log/tile/0/000%2Ep/{size}"), StatusCode::NOT_FOUND),
        (format!("/log/tile/00/000.p/{size}"), StatusCode::NOT_FOUND),
        ("/log/tile/entries".to_owned(), StatusCode::NOT_FOUND),
        (
            "/log/tile/entries/../checkpoint".to_owned(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(get(&app, &path).await?.status(), status, "{path}");
    }
    let tile = get(&app, &format!("/log/tile/0/000.p/{size}")).await?;
    assert_eq!(tile.headers()["content-type"], "application/octet-stream");
    assert_eq!(tile.headers()["access-control-allow-origin"], "*");
    let kept = tile.headers()["cache-control"].to_str()?;
    assert!(kept.contains("immutable"), "{kept}");

    let checkpoint = get(&app, "/log/checkpoint").await?;
    assert_eq!(
        checkpoint.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(checkpoint.headers()["cache-control"], "no-cache");
    let tag = checkpoint.headers()["etag"].clone();
    let vkey: VerifierKey = get(&app, "/log/vkey").await?.text().await?.trim().parse()?;
    assert_eq!(&vkey, log_signer().verifier_key());
    let (head, _) = Checkpoint::open(&checkpoint.bytes().await?, &vkey)?;
    assert_eq!(head.size(), size);
    let again = app.http().get(format!("{}/log/checkpoint", app.url));
    let again = again.header("if-none-match", tag).send().await?;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let post = app.http().post(format!("{}/log/checkpoint", app.url));
    assert_eq!(post.send().await?.status(), StatusCode::METHOD_NOT_ALLOWED);
    app.stop().await
}

const ENTRIES: &str = "query ($first: Int!, $size: BigInt) {
    checkpoint { origin size root note verifierKey }
    ledger(first: $first) {
        totalCount
        nodes { index leafHash canonicalBytes kind subject published receipt
                inclusionProof(treeSize: $size) { index treeSize root hashes } }
    }
}";

fn number(value: &Value) -> Result<u64> {
    Ok(value.as_str().context("a number as a string")?.parse()?)
}

fn hash(value: &Value) -> Result<Hash> {
    Ok(value.as_str().context("a hash")?.parse()?)
}

fn hashes(value: &Value) -> Result<Vec<Hash>> {
    value
        .as_array()
        .context("a list")?
        .iter()
        .map(hash)
        .collect()
}

async fn every_entry_comes_with_proofs_that_convince(app: TestApp) -> Result<()> {
    grow(&app, 9).await?;
    let size = app.publisher().await?.publish().await?;
    for wanted in [None, Some((size - 1).to_string())] {
        let first = wanted.as_ref().map_or(size, |_| size - 2);
        let data = app
            .data(None, ENTRIES, json!({ "first": first, "size": wanted }))
            .await?;
        let key: VerifierKey = data["checkpoint"]["verifierKey"]
            .as_str()
            .context("key")?
            .parse()?;
        let note = data["checkpoint"]["note"].as_str().context("note")?;
        let (head, _) = Checkpoint::open(note.as_bytes(), &key)?;
        assert_eq!(head.root(), hash(&data["checkpoint"]["root"])?);
        assert_eq!(
            number(&data["ledger"]["totalCount"].to_string().into())?,
            size
        );
        for entry in data["ledger"]["nodes"].as_array().context("nodes")? {
            let index = number(&entry["index"])?;
            let leaf = hash(&entry["leafHash"])?;
            assert_eq!(leaf_hash(&base64(&entry["canonicalBytes"])?), leaf);
            assert_eq!(entry["published"], true);
            let proof = &entry["inclusionProof"];
            let (at, root) = (number(&proof["treeSize"])?, hash(&proof["root"])?);
            verify_inclusion(leaf, index, at, &hashes(&proof["hashes"])?, root)?;
            let receipt: TlogProof = entry["receipt"].as_str().context("receipt")?.parse()?;
            assert_eq!(receipt.verify(leaf, &key)?.size(), size);
        }
    }
    let consistency = "query ($from: BigInt!, $to: BigInt!) {
        consistencyProof(from: $from, to: $to) { from fromRoot to toRoot hashes } }";
    for (from, to) in [(0, size), (3, size), (5, size - 1), (size, size)] {
        let variables = json!({ "from": from.to_string(), "to": to.to_string() });
        let data = app.data(None, consistency, variables).await?;
        let proof = &data["consistencyProof"];
        let roots = (hash(&proof["fromRoot"])?, hash(&proof["toRoot"])?);
        verify_consistency(from, roots.0, to, roots.1, &hashes(&proof["hashes"])?)?;
    }
    app.stop().await
}

fn base64(value: &Value) -> Result<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    Ok(STANDARD.decode(value.as_str().context("base64")?)?)
}

async fn an_entry_without_a_checkpoint_has_no_proof_yet(app: TestApp) -> Result<()> {
    let variables = json!({ "first": 1, "size": null });
    let data = app.data(None, ENTRIES, variables.clone()).await?;
    assert_eq!(data["checkpoint"], Value::Null);
    let entry = &data["ledger"]["nodes"][0];
    assert_eq!(entry["kind"], "organisation.registered");
    assert_eq!(entry["published"], false);
    assert_eq!(entry["inclusionProof"], Value::Null);
    assert_eq!(entry["receipt"], Value::Null);
    app.publisher().await?;
    let data = app.data(None, ENTRIES, variables).await?;
    assert_eq!(data["ledger"]["nodes"][0]["published"], true);
    app.stop().await
}

async fn the_ledger_is_filtered_and_paged(app: TestApp) -> Result<()> {
    grow(&app, 5).await?;
    let query = "query ($filter: LedgerFilter, $after: String) {
        ledger(first: 4, after: $after, filter: $filter) {
            totalCount nodes { index kind subject } pageInfo { hasNextPage endCursor } } }";
    let filter = json!({ "kind": "organisation.registered" });
    let first = app.data(None, query, json!({ "filter": filter })).await?;
    assert_eq!(first["ledger"]["totalCount"], 6);
    assert_eq!(first["ledger"]["pageInfo"]["hasNextPage"], true);
    let after = &first["ledger"]["pageInfo"]["endCursor"];
    let rest = app
        .data(None, query, json!({ "filter": filter, "after": after }))
        .await?;
    assert_eq!(
        rest["ledger"]["nodes"].as_array().context("nodes")?.len(),
        2
    );
    let subject = &rest["ledger"]["nodes"][1]["subject"];
    let one = app
        .data(None, query, json!({ "filter": { "subject": subject } }))
        .await?;
    assert_eq!(
        one["ledger"]["nodes"][0]["index"],
        rest["ledger"]["nodes"][1]["index"]
    );
    assert_eq!(one["ledger"]["totalCount"], 1);
    let unknown = json!({ "filter": { "kind": "organisation.invented" } });
    let refusal = app.refusal(None, query, unknown).await?;
    assert_eq!(refusal.code, "BAD_USER_INPUT");
    assert!(
        refusal.message.contains("organisation.registered"),
        "{}",
        refusal.message
    );

    let entry = "query ($index: BigInt!) { ledgerEntry(index: $index) { index kind } }";
    let found = app.data(None, entry, json!({ "index": "0" })).await?;
    assert_eq!(found["ledgerEntry"]["index"], "0");
    let none = app.data(None, entry, json!({ "index": "9000" })).await?;
    assert_eq!(none["ledgerEntry"], Value::Null);
    app.stop().await
}

async fn a_page_with_proofs_costs_a_fixed_number_of_statements(app: TestApp) -> Result<()> {
    grow(&app, 40).await?;
    app.publisher().await?;
    let mut costs = Vec::new();
    for first in [2, 40] {
        let before = app.statements();
        app.data(None, ENTRIES, json!({ "first": first, "size": null }))
            .await?;
        costs.push(app.statements() - before);
    }
    assert_eq!(costs[0], costs[1], "however many entries");
    app.stop().await
}

async fn wrong_sizes_are_named(app: TestApp) -> Result<()> {
    let size = app.publisher().await?.publish().await?;
    grow(&app, 2).await?;
    let proof = "query ($index: BigInt!, $size: BigInt!) {
        ledgerEntry(index: $index) { inclusionProof(treeSize: $size) { root } } }";
    for (index, wanted) in [
        (0, "0".to_owned()),
        (0, (size + 1).to_string()),
        (0, "-1".to_owned()),
        (size, size.to_string()),
    ] {
        let variables = json!({ "index": index.to_string(), "size": wanted });
        let refusal = app.refusal(None, proof, variables).await?;
        assert_eq!(refusal.code, "BAD_USER_INPUT");
        assert!(
            refusal.message.starts_with("`treeSize`"),
            "{}",
            refusal.message
        );
    }
    let consistency =
        "query ($from: BigInt!, $to: BigInt!) { consistencyProof(from: $from, to: $to) { to } }";
    for (from, to, field) in [
        ("0", (size + 1).to_string(), "`to`"),
        ("2", "1".to_owned(), "`from`"),
        ("-5", "1".to_owned(), "`from`"),
    ] {
        let refusal = app
            .refusal(None, consistency, json!({ "from": from, "to": to }))
            .await?;
        assert_eq!(refusal.code, "BAD_USER_INPUT");
        assert!(refusal.message.starts_with(field), "{}", refusal.message);
    }
    app.stop().await
}
