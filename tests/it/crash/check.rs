//! What must hold after a crash: nothing acknowledged is lost, nothing is there by halves, and the log only grew.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonweal_verify::{Options, Report, source};
use serde_json::{Value, json};

use super::load::{Client, Memory};

/// A checkpoint comes within about a second; a machine under load takes its time.
const PUBLISH_LIMIT: Duration = Duration::from_secs(60);

const ORGANISATIONS: &str = "query ($after: String) {
    page: organisations(first: 100, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
}";
const REGISTRATIONS: &str = "query ($after: String) {
    page: ledger(first: 100, after: $after, filter: { kind: \"organisation.registered\" }) {
        nodes { subject } pageInfo { hasNextPage endCursor }
    }
}";
const SIZES: &str = "{ ledger(first: 1) { totalCount } checkpoint { size } }";

async fn ask(client: &Client, document: &str, variables: Value) -> Result<Value> {
    let answer = client.ask("registrar", document, variables).await?;
    answer.context("the service is gone")
}

/// Every node of a list.
async fn all(client: &Client, document: &str) -> Result<Vec<Value>> {
    let (mut nodes, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut data = ask(client, document, json!({ "after": after })).await?;
        let page = &mut data["page"];
        nodes.append(page["nodes"].as_array_mut().context("nodes")?);
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(nodes);
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

fn text(value: &Value) -> Result<String> {
    let text = value
        .as_str()
        .with_context(|| format!("no text: {value}"))?;
    Ok(text.to_owned())
}

/// Compares what the service has with what the clients know. Of a request without an answer either all or nothing is
/// there.
pub(super) async fn nothing_is_lost(client: &Client, memory: &Memory) -> Result<()> {
    let mut found = BTreeMap::new();
    for node in all(client, ORGANISATIONS).await? {
        found.insert(text(&node["id"])?, node["name"].clone());
    }
    let lost: Vec<_> = memory
        .registered
        .iter()
        .filter(|(id, name)| found.get(*id).is_none_or(|found| found != *name))
        .collect();
    ensure!(
        lost.is_empty(),
        "{} of {} acknowledged registrations are lost: {lost:?}",
        lost.len(),
        memory.registered.len()
    );
    let unasked: Vec<_> = found
        .iter()
        .filter(|(id, name)| {
            let name = name.as_str().unwrap_or_default();
            name.starts_with("Crash ")
                && !memory.registered.contains_key(*id)
                && !memory.unanswered.contains(name)
        })
        .collect();
    ensure!(unasked.is_empty(), "nobody asked for {unasked:?}");

    let mut logged = Vec::new();
    for node in all(client, REGISTRATIONS).await? {
        logged.push(format!("organisation:{}", text(&node["subject"])?));
    }
    logged.sort();
    ensure!(
        logged.iter().eq(found.keys()),
        "the log has {} registrations, the register {} organisations, and they are not the same",
        logged.len(),
        found.len()
    );
    Ok(())
}

/// Waits until the newest checkpoint covers the whole log, and answers its size.
pub(super) async fn published(client: &Client) -> Result<u64> {
    let started = Instant::now();
    loop {
        let data = ask(client, SIZES, json!({})).await?;
        let entries = data["ledger"]["totalCount"].to_string();
        let size = data["checkpoint"]["size"].as_str();
        if size == Some(&entries) {
            return Ok(entries.parse()?);
        }
        ensure!(
            started.elapsed() < PUBLISH_LIMIT,
            "the checkpoint stays at {size:?} of {entries} entries"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the watchdog says of the log of a service, with the checkpoint it saw last in `state`.
pub(super) async fn watch(url: &str, state: &Path) -> Result<Report> {
    let url = url.to_owned();
    let options = Options {
        state_file: Some(state.to_owned()),
        ..Options::default()
    };
    let run = move || commonweal_verify::run(source::open(&url).as_ref(), &options, &mut |_| ());
    Ok(tokio::task::spawn_blocking(run).await?)
}
