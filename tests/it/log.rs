//! The files of the public log: their schemas, parts of them, and the same files in a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use commonweal_domain::log::bundle::decode_bundle;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::note::SignedNote;
use commonweal_domain::log::tile::{TileKind, TilePath, tiles_between};
use commonweal_tests::{EntrySchemas, Process, TestApp, log_signer, on_both, run_commonweal};
use commonweal_verify::{Options, Verdict, run, source::Folder};
use reqwest::StatusCode;
use serde_json::Value;

on_both!(parts_of_files_and_compressed_files_are_served);

async fn fetch(url: &str, path: &str) -> Result<Vec<u8>> {
    let response = reqwest::get(format!("{url}/log/{path}")).await?;
    ensure!(
        response.status() == StatusCode::OK,
        "{path}: {}",
        response.status()
    );
    Ok(response.bytes().await?.to_vec())
}

/// The entries of a log with the bodies that stand beside it.
async fn entries(url: &str, size: u64) -> Result<Vec<(Vec<u8>, Option<Vec<u8>>)>> {
    let mut found = Vec::new();
    for path in tiles_between(0, size)?.filter(|path| path.kind() == TileKind::Entries) {
        let bundle = fetch(url, &path.to_string()).await?;
        for entry in decode_bundle(path, &bundle)? {
            let parsed: Value = serde_json::from_slice(entry)?;
            let blob = match parsed["blob"].as_str() {
                Some(sha256) => Some(fetch(url, &format!("blob/{sha256}")).await?),
                None => None,
            };
            found.push((entry.to_vec(), blob));
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_log_is_as_its_schemas_say_and_the_same_in_a_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = Process::start(&data, None).await?;
    let note = SignedNote::parse(&fetch(&server.url, "checkpoint").await?)?;
    let head: Checkpoint = note.text().parse()?;
    ensure!(head.size() > 100, "the demo has {} entries", head.size());

    let mut schemas = EntrySchemas::default();
    let index: Value = serde_json::from_slice(&fetch(&server.url, "schema/index.json").await?)?;
    for kind in index["kinds"].as_array().context("kinds")? {
        let path = kind["schema"].as_str().context("schema")?;
        let schema = serde_json::from_slice(&fetch(&server.url, path).await?)?;
        schemas.add(path, schema)?;
    }
    let mut kinds = BTreeMap::<String, u32>::new();
    for (entry, blob) in entries(&server.url, head.size()).await? {
        schemas.validate(&entry, blob.as_deref())?;
        let mut altered: Value = serde_json::from_slice(&entry)?;
        *kinds.entry(altered["kind"].to_string()).or_default() += 1;
        altered["stray"] = 1.into();
        let stray = schemas.validate(altered.to_string().as_bytes(), None);
        ensure!(stray.is_err(), "a stray property passes: {altered}");
        altered.as_object_mut().context("object")?.remove("stray");
        if altered["body"].is_object() {
            altered["body"]["stray"] = 1.into();
            let stray = schemas.validate(altered.to_string().as_bytes(), None);
            ensure!(
                stray.is_err(),
                "a stray property of a body passes: {altered}"
            );
        }
    }
    ensure!(kinds.len() > 20, "the demo has few kinds: {kinds:?}");

    exported_as_served(&server.url, &data, &folder.path().join("out"), head.size()).await?;
    server.kill().await
}

/// Exports, breaks the export half-way, exports again, and compares every file with what the server serves.
async fn exported_as_served(url: &str, data: &Path, out: &Path, size: u64) -> Result<()> {
    let export = || run_commonweal(&[Path::new("export-log"), out, Path::new("--data"), data]);
    let done = export()?;
    ensure!(done.status.success(), "{done:?}");
    let report = run(&Folder::new(out), &Options::default(), &mut |_| ());
    assert_eq!(report.verdict(), Verdict::Clean, "{report}");
    assert_eq!(report.entries_replayed, size);

    let bundle: TilePath = TilePath::holding_entry(0, size)?;
    for missing in ["checkpoint".to_owned(), bundle.to_string()] {
        fs::remove_file(out.join("log").join(missing))?;
    }
    ensure!(export()?.status.success());
    for file in files(&out.join("log"))? {
        let path = file.strip_prefix(out.join("log"))?;
        let served = fetch(url, &path.to_string_lossy()).await?;
        ensure!(fs::read(&file)? == served, "{} differs", path.display());
    }

    // A folder that holds another log is left as it is.
    let other = Checkpoint::new(
        "test.example/log",
        0,
        commonweal_domain::log::hash::empty_root(),
    )?;
    let other = other.sign(&log_signer())?.to_string();
    fs::write(out.join("log/checkpoint"), &other)?;
    let refused = export()?;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert_eq!(fs::read_to_string(out.join("log/checkpoint"))?, other);
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

async fn parts_of_files_and_compressed_files_are_served(app: TestApp) -> Result<()> {
    let size = app.publisher().await?.publish().await?;
    let get = async |path: String, headers: &[(&str, &str)]| -> Result<reqwest::Response> {
        let mut request = app.http().get(format!("{}/log/{path}", app.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(request.send().await?)
    };
    let bundle = format!("tile/entries/000.p/{size}");
    let whole = get(bundle.clone(), &[]).await?;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let tag = whole.headers()["etag"].to_str()?.to_owned();
    assert!(
        tag.starts_with('"'),
        "nothing is compressed, so that the tag is strong"
    );
    let whole = whole.bytes().await?;
    let rest = get(
        bundle.clone(),
        &[("range", "bytes=10-"), ("if-range", &tag)],
    )
    .await?;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.bytes().await?, whole.slice(10..));
    let beyond = get(bundle.clone(), &[("range", "bytes=99999999-")]).await?;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);

    let small = get(bundle, &[("accept-encoding", "gzip")]).await?;
    assert_eq!(small.headers()["content-encoding"], "gzip");
    assert!(small.headers()["etag"].to_str()?.starts_with("W/"));
    let hashes = get(
        format!("tile/0/000.p/{size}"),
        &[("accept-encoding", "gzip")],
    )
    .await?;
    assert!(
        !hashes.headers().contains_key("content-encoding"),
        "hashes get no smaller"
    );

    let schema = get("schema/role.granted.v1.json".to_owned(), &[]).await?;
    assert_eq!(schema.headers()["content-type"], "application/schema+json");
    for missing in ["schema/role.granted.v9.json", "schema/role.granted"] {
        let missing = get(missing.to_owned(), &[]).await?;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
    app.stop().await
}
