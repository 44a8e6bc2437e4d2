//! The program is killed while it writes, again and again, and must have kept whatever it acknowledged.
//!
//! `COMMONWEAL_TEST_CRASH_ROUNDS` says how often (2 when it is not set), `COMMONWEAL_TEST_CRASH_SEED` repeats the moments of an
//! earlier run.

mod check;
mod load;
mod points;
mod trade;
mod witness;

pub(crate) use self::witness::Witness;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonweal_app::rng::{Entropy, SeededRng, SystemRng};
use commonweal_tests::{Database, Process};
use commonweal_verify::Verdict;
use serde_json::json;

use self::load::{Client, Load, Memory, REGISTER};
use self::trade::{Market, Trades};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_sqlite() -> Result<()> {
    crashes("sqlite", None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_postgres() -> Result<()> {
    match Database::postgres().await? {
        Some(database) => crashes("postgres", Some(database.url())).await,
        None => Ok(()),
    }
}

/// Kills the program at random moments under load, and looks after each start.
async fn crashes(database: &str, url: Option<&str>) -> Result<()> {
    let rounds = setting("COMMONWEAL_TEST_CRASH_ROUNDS")?.unwrap_or(2);
    let system: &dyn Entropy = &SystemRng;
    let seed = setting("COMMONWEAL_TEST_CRASH_SEED")?
        .unwrap_or_else(|| u32::from_be_bytes(system.bytes()));
    println!("crash-{database}: {rounds} rounds, COMMONWEAL_TEST_CRASH_SEED={seed}");
    let moments = SeededRng::new(seed.into());
    let moments: &dyn Entropy = &moments;

    let folder = tempfile::tempdir()?;
    let (data, state) = (folder.path().join("data"), folder.path().join("seen.json"));
    let mut process = Process::start(&data, url).await?;
    let mut memory = Memory::default();
    let market = Market::find(&Client::new(&process.url, &data)?).await?;
    let mut trades = Trades::default();
    let mut size = 0;
    for round in 0..rounds {
        let load = Load::start(&Client::new(&process.url, &data)?, round);
        let clients = market.open(&Client::new(&process.url, &data)?, round);
        let moment = 50 + u64::from(u16::from_be_bytes(moments.bytes())) % 1_200;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        process.kill().await?;
        memory.join(load.end().await?);
        for known in clients.join_all().await {
            trades.join(known?);
        }

        process = Process::start(&data, url).await?;
        let client = Client::new(&process.url, &data)?;
        check::nothing_is_lost(&client, &memory)
            .await
            .with_context(|| format!("round {round}, killed after {moment} ms"))?;
        market
            .settle(&client, &mut trades)
            .await
            .with_context(|| format!("round {round}, killed after {moment} ms"))?;
        let published = check::published(&client).await?;
        ensure!(
            published >= size,
            "the log shrank from {size} to {published}"
        );
        let report = check::watch(&process.url, &state).await?;
        assert_eq!(report.verdict(), Verdict::Clean, "{report}");
        assert_eq!(report.entries_replayed, published);
        assert_eq!(report.previous_size, (round > 0).then_some(size));
        size = published;
    }
    ensure!(
        !memory.registered.is_empty() || !trades.answered.is_empty(),
        "no round was long enough to write"
    );
    println!(
        "crash-{database}: {rounds} crashes, {} writes acknowledged and kept, {} unanswered, {} transfers, {size} entries",
        memory.registered.len(),
        memory.unanswered.len(),
        trades.answered.len()
    );
    process.kill().await
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment"
)]
pub(crate) fn setting(name: &str) -> Result<Option<u32>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(
            text.parse().with_context(|| format!("{name}={text}"))?,
        )),
        Err(_) => Ok(None),
    }
}

/// What the checks above are worth: a database that was put back to an earlier state has lost acknowledged writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_write_is_noticed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, state) = (folder.path().join("data"), folder.path().join("seen.json"));
    let earlier = folder.path().join("earlier");
    Process::start(&data, None).await?.kill().await?;
    copy_database(&data, &earlier)?;

    let process = Process::start(&data, None).await?;
    let client = Client::new(&process.url, &data)?;
    let before = check::published(&client).await?;
    let load = Load::start(&client, 0);
    // The watchdog sees a checkpoint of the time that is going to be undone.
    loop {
        let report = check::watch(&process.url, &state).await?;
        assert_eq!(report.verdict(), Verdict::Clean, "{report}");
        if report.size > before {
            break;
        }
    }
    process.kill().await?;
    let memory = load.end().await?;

    // On a log that is shorter than what it signed the service answers, and writes nothing.
    copy_database(&earlier, &data)?;
    let process = Process::start(&data, None).await?;
    let client = Client::new(&process.url, &data)?;
    let input = json!({ "input": {
        "legalForm": "LEGAL_PERSON", "name": "Too late", "sector": "PRIVATE", "place": "KR-11"
    } });
    let refused = client.ask("registrar", REGISTER, input).await.err();
    let refused = refused.context("it wrote on a log that is shorter than what it signed")?;
    let refused = refused.to_string();
    assert!(
        refused.contains("READ_ONLY") && refused.contains("signed"),
        "{refused}"
    );
    let report = check::watch(&process.url, &state).await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    process.kill().await?;

    // An operator who also forgets what was signed is found out by those who remember.
    fs::remove_file(data.join("keys/last-checkpoint"))?;
    let process = Process::start(&data, None).await?;
    let client = Client::new(&process.url, &data)?;
    let lost = check::nothing_is_lost(&client, &memory).await.err();
    let lost = lost
        .context("lost registrations were not noticed")?
        .to_string();
    let expected = format!("{0} of {0} acknowledged", memory.registered.len());
    assert!(lost.starts_with(&expected), "{lost}");
    check::published(&client).await?;
    let report = check::watch(&process.url, &state).await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    process.kill().await
}

/// Replaces the database of one folder by that of another, with what belongs to it.
fn copy_database(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for name in ["commonweal.db", "commonweal.db-wal", "commonweal.db-shm"] {
        if to.join(name).exists() {
            fs::remove_file(to.join(name))?;
        }
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name))?;
        }
    }
    Ok(())
}
