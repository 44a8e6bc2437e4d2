//! Transfers per second, in the process and through GraphQL, on spread accounts and on a hot one, alone and many in a call.
//!
//! Prints `name ratio limit` per line: the median of alternating pairs of our rate over a peer's in the same run, `-` where
//! there is no limit. The peers: one transfer a commit through the same layer, the bare commits of the database, a bare handler
//! that calls the same use-case, and on PostgreSQL pgledger, when `COMMONWEAL_PGLEDGER` names a folder with its SQL (see
//! `tests/peers/pgledger`). Clients and servers share one process and talk HTTP over the loopback. Rates go to standard error.
//! Ends with 1 below a limit. `transfers sqlite` or `transfers postgres` measures one of the two.

mod bare;
#[path = "../caller.rs"]
mod caller;
#[path = "../../it/credit_world.rs"]
#[expect(dead_code, reason = "a bench needs less of the world than the tests")]
mod credit_world;
mod fleet;

use std::io::Write;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonweal_tests::{Database, TestApp};
use sea_orm::ConnectionTrait;

use self::fleet::{Fleet, Way};

const PAIRS: usize = 5;
const TIME: Duration = Duration::from_millis(1_500);
/// Callers of single transfers.
const CALLERS: usize = 256;
/// Callers of calls of many.
const CALLERS_OF_MANY: usize = 16;
/// Seconds for each part and number of clients of the peer.
const PEER_SECONDS: &str = "2";

/// The ratios of one line.
struct Line {
    name: String,
    limit: Option<f64>,
    ratios: Vec<f64>,
    rates: Vec<String>,
}

impl Line {
    fn new(name: String, limit: Option<f64>) -> Self {
        Self {
            name,
            limit,
            ratios: Vec::new(),
            rates: Vec::new(),
        }
    }

    fn add(&mut self, peer: f64, ours: f64) {
        self.ratios.push(ours / peer);
        self.rates.push(format!("{peer:.0}/{ours:.0}"));
    }

    /// Prints it, and answers whether it reached its limit.
    fn print(mut self) -> Result<bool> {
        self.ratios.sort_by(f64::total_cmp);
        let median = self.ratios.get(self.ratios.len() / 2).copied();
        let median = median.context("no pair")?;
        let (name, rates) = (self.name, self.rates.join(" "));
        let limit = self.limit;
        let shown = limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit:.2}"));
        writeln!(std::io::stderr(), "{name}: peer/ours per second {rates}")?;
        writeln!(std::io::stdout(), "{name} {median:.2} {shown}")?;
        Ok(limit.is_none_or(|limit| median >= limit))
    }
}

fn print(lines: impl IntoIterator<Item = Line>) -> Result<bool> {
    let mut reached = true;
    for line in lines {
        reached &= line.print()?;
    }
    Ok(reached)
}

/// Commits per second of one connection that changes one row.
async fn bare_commits(database: &Database) -> Result<f64> {
    let connection = database.connect().await?;
    for sql in [
        "CREATE TABLE IF NOT EXISTS bench_bare (id bigint PRIMARY KEY, n bigint NOT NULL)",
        "DELETE FROM bench_bare",
        "INSERT INTO bench_bare VALUES (1, 0)",
    ] {
        connection.execute_unprepared(sql).await?;
    }
    if database.folder().is_some() {
        connection
            .execute_unprepared("PRAGMA synchronous = FULL")
            .await?;
    }
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < TIME {
        connection
            .execute_unprepared("UPDATE bench_bare SET n = n + 1 WHERE id = 1")
            .await?;
        done += 1;
    }
    let rate = f64::from(done) / started.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(rate)
}

/// What each database shows: many callers over one, one over bare commits, and GraphQL over a bare handler.
async fn own(name: &str, fleet: &Fleet, database: &Database) -> Result<bool> {
    let line = |what: &str, limit| Line::new(format!("transfers-{name}-{what}"), limit);
    let many_over_one = (name == "sqlite").then_some(12.0);
    let mut lines = [
        line("one-caller-over-bare-commits", Some(0.7)),
        line("256-callers-over-one-a-commit", many_over_one),
        line("graphql-over-one-a-commit", None),
        line("graphql-50-a-call-over-one-a-commit", many_over_one),
        line("graphql-over-bare-handler", Some(0.5)),
        line("graphql-50-a-call-over-bare-handler", Some(0.5)),
    ];
    for _ in 0..PAIRS {
        let bare = bare_commits(database).await?;
        let one = fleet.rate(Way::Single, 1, TIME).await?;
        lines[0].add(bare, one);
        let all = fleet.rate(Way::Single, CALLERS, TIME).await?;
        lines[1].add(one, all);
        let bare = fleet.rate(Way::BareSingle, CALLERS, TIME).await?;
        let single = fleet.rate(Way::GraphqlSingle, CALLERS, TIME).await?;
        lines[2].add(one, single);
        lines[4].add(bare, single);
        let bare = fleet.rate(Way::BareMany, CALLERS_OF_MANY, TIME).await?;
        let many = fleet.rate(Way::GraphqlMany, CALLERS_OF_MANY, TIME).await?;
        lines[3].add(one, many);
        lines[5].add(bare, many);
    }
    print(lines)
}

/// pgledger's rates: single transfers, its own batches of 50, one hot account.
fn pgledger(server: &str, folder: &str) -> Result<[f64; 3]> {
    let output = Command::new("tests/peers/pgledger")
        .args([server, folder, PEER_SECONDS])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "pgledger: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rate = |part: &str| -> Result<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(part));
        Ok(line.context("a rate of pgledger")?.trim().parse()?)
    };
    Ok([rate("single ")?, rate("batch ")?, rate("hot ")?])
}

/// Our rates over pgledger's, in the process and through GraphQL.
async fn over_pgledger(fleet: &Fleet, server: &str, folder: &str) -> Result<bool> {
    let line = |what: &str, limit| {
        let name = format!("transfers-postgres-over-pgledger-{what}");
        Line::new(name, Some(limit))
    };
    let mut lines = [
        line("single", 8.0),
        line("batches-of-50", 3.0),
        line("hot", 15.0),
        line("single-by-graphql-50-a-call", 8.0),
        line("batches-of-50-by-graphql-50-a-call", 3.0),
    ];
    for _ in 0..PAIRS {
        let [single, batch, hot] = pgledger(server, folder)?;
        let spread = fleet.rate(Way::Single, CALLERS, TIME).await?;
        lines[0].add(single, spread);
        let many = fleet.rate(Way::Many, CALLERS_OF_MANY, TIME).await?;
        lines[1].add(batch, many);
        lines[2].add(hot, fleet.rate(Way::Hot, CALLERS, TIME).await?);
        let http = fleet.rate(Way::GraphqlMany, CALLERS_OF_MANY, TIME).await?;
        lines[3].add(single, http);
        lines[4].add(batch, http);
    }
    print(lines)
}

#[expect(
    clippy::disallowed_methods,
    reason = "benches are told by the environment"
)]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn measure(name: &str, database: Database) -> Result<bool> {
    let fleet = Fleet::start(TestApp::start(database).await?).await?;
    let mut reached = own(name, &fleet, &fleet.app().database).await?;
    if name == "postgres" {
        match told("COMMONWEAL_PGLEDGER").zip(told("COMMONWEAL_TEST_POSTGRES_URL")) {
            Some((folder, server)) => reached &= over_pgledger(&fleet, &server, &folder).await?,
            None => writeln!(
                std::io::stderr(),
                "SKIPPED: pgledger, because COMMONWEAL_PGLEDGER is not set"
            )?,
        }
    }
    fleet.stop().await?;
    Ok(reached)
}

async fn run() -> Result<bool> {
    let only = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'));
    let wanted = |name| only.as_ref().is_none_or(|only| only == name);
    let mut reached = true;
    if wanted("sqlite") {
        reached &= measure("sqlite", Database::sqlite()?).await?;
    }
    if wanted("postgres")
        && let Some(database) = Database::postgres().await?
    {
        reached &= measure("postgres", database).await?;
    }
    Ok(reached)
}

fn main() -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    Ok(if runtime.block_on(run())? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
