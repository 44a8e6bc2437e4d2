//! The program dies at each fail point, one after the other, while clients write and move credits and a witness watches.
//!
//! `COMMONWEAL_TEST_POINT_ROUNDS` says how often it dies at each; when it is not set it dies once, at a sample of them.
//! `COMMONWEAL_TEST_CRASH_SEED` repeats the points and passings of an earlier run.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use commonweal_app::clock::SystemClock;
use commonweal_app::failpoint::Point;
use commonweal_app::rng::{Entropy, Ids, SeededRng, SystemRng};
use commonweal_app::store::Store;
use commonweal_tests::{Database, Process, expect_replayed_balances};
use commonweal_verify::Verdict;
use serde_json::json;

use super::load::{Client, Load, Memory};
use super::trade::{Market, Trades};
use super::witness::Witness;
use super::{check, setting};

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_at_each_point_and_goes_on_on_sqlite() -> Result<()> {
    deaths("sqlite", None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_at_each_point_and_goes_on_on_postgres() -> Result<()> {
    match Database::postgres().await? {
        Some(database) => deaths("postgres", Some(database.url())).await,
        None => Ok(()),
    }
}

/// Points of a run without a number of rounds. A death and what follows take some seconds.
const SAMPLE: usize = 12;

/// Where it dies, one after the other: all points in each round, or a sample of them.
fn places(dice: &dyn Entropy, rounds: Option<u32>) -> Vec<(Point, u64)> {
    let mut places = Vec::new();
    for _ in 0..rounds.unwrap_or(1) {
        let mut points = Point::ALL.map(|point| (u32::from_be_bytes(dice.bytes()), point));
        points.sort_by_key(|(order, _)| *order);
        let count = rounds.map_or(SAMPLE, |_| points.len());
        places.extend(points.into_iter().take(count).map(|(order, point)| {
            let passing = 1 + order % most(point);
            (point, passing.into())
        }));
    }
    places
}

/// At which passing it may die: what a second of load passes surely, and the publisher once a second.
fn most(point: Point) -> u32 {
    match point {
        Point::Statement => 200,
        point if point.is_of_publisher() => 2,
        _ => 12,
    }
}

/// Who writes, who watches, and what they know.
struct Run<'a> {
    data: &'a Path,
    url: Option<&'a str>,
    policy: &'a Path,
    witness: Witness,
    market: Market,
    memory: Memory,
    trades: Trades,
    /// The size of the log that was last looked at.
    size: Option<u64>,
}

async fn deaths(database: &str, url: Option<&str>) -> Result<()> {
    let rounds = setting("COMMONWEAL_TEST_POINT_ROUNDS")?;
    let system: &dyn Entropy = &SystemRng;
    let seed = setting("COMMONWEAL_TEST_CRASH_SEED")?
        .unwrap_or_else(|| u32::from_be_bytes(system.bytes()));
    let dice = SeededRng::new(seed.into());
    let places = places(&dice, rounds);
    println!("points-{database}: COMMONWEAL_TEST_CRASH_SEED={seed}, {places:?}");

    let (folder, started) = (tempfile::tempdir()?, Instant::now());
    let data = folder.path().join("data");
    let process = Process::start(&data, url).await?;
    let client = Client::new(&process.url, &data)?;
    let market = Market::find(&client).await?;
    let head = client
        .ask("registrar", "{ checkpoint { verifierKey } }", json!({}))
        .await?;
    process.kill().await?;
    let head = head.context("the service is gone")?;
    let key = head["checkpoint"]["verifierKey"].as_str();
    let key = key.context("a key")?.parse()?;
    let (witness, policy) = Witness::start(key, folder.path()).await?;
    let mut run = Run {
        data: &data,
        url,
        policy: &policy,
        witness,
        market,
        memory: Memory::default(),
        trades: Trades::default(),
        size: None,
    };
    let mut process = Process::start_witnessed(&data, url, &policy).await?;
    for (number, (point, passing)) in (0..).zip(&places) {
        process = run
            .die(process, number, (*point, *passing))
            .await
            .with_context(|| format!("at passing {passing} of {point:?}, seed {seed}"))?;
    }
    let client = Client::new(&process.url, &data)?;
    run.witness.saw_one_log(&client).await?;
    process.kill().await?;
    run.tables_follow_from_the_log().await?;
    println!(
        "points-{database}: {} deaths, {} writes acknowledged and kept, {} transfers, {} checkpoints witnessed, {} entries, in {} s",
        places.len(),
        run.memory.registered.len(),
        run.trades.answered.len(),
        run.witness.checkpoints(),
        run.size.unwrap_or_default(),
        started.elapsed().as_secs(),
    );
    Ok(())
}

impl Run<'_> {
    /// Lets the program die under load, starts it again, and looks.
    async fn die(
        &mut self,
        process: Process,
        round: u32,
        (point, passing): (Point, u64),
    ) -> Result<Process> {
        let client = Client::new(&process.url, self.data)?;
        let load = Load::start_calm(&client, round);
        let clients = self.market.open(&client, round);
        process.die_at(point, passing)?;
        process.died().await?;
        self.memory.join(load.end().await?);
        for known in clients.join_all().await {
            self.trades.join(known?);
        }

        let process = Process::start_witnessed(self.data, self.url, self.policy).await?;
        let client = Client::new(&process.url, self.data)?;
        check::nothing_is_lost(&client, &self.memory).await?;
        self.market.settle(&client, &mut self.trades).await?;
        let published = check::published(&client).await?;
        let state = self.data.with_extension("seen");
        let report = check::watch(&process.url, &state).await?;
        ensure!(report.verdict() == Verdict::Clean, "{report}");
        ensure!(report.entries_replayed == published, "{report}");
        ensure!(report.previous_size == self.size, "{report}");
        self.size = Some(published);
        Ok(process)
    }

    async fn tables_follow_from_the_log(&self) -> Result<()> {
        let file = format!("sqlite:{}", self.data.join("commonweal.db").display());
        let url = self.url.unwrap_or(&file);
        let ids = Ids::from(Arc::new(SystemClock), Arc::new(SystemRng));
        let store = Store::open(url, ids).await?;
        let database = sea_orm::Database::connect(url).await?;
        let same = expect_replayed_balances(&store, &database).await;
        database.close().await?;
        store.close().await;
        same
    }
}
