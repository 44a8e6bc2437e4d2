//! A page of 50 entries of the log through GraphQL, against a bare handler: the same entries from the same database as the
//! same JSON, by one statement with one join and nothing around it. And the tiles of the log, from the database, against nginx
//! that serves the same bytes as files.
//!
//! Prints `name ratio limit` per line: pages, or tiles, per second of the service over those of the other, the
//! median of alternating pairs. Clients and both servers share one process and talk HTTP over the loopback. Rates go to
//! standard error. Ends with 1 below a limit.

mod bare;
#[path = "../caller.rs"]
mod caller;
mod tiles;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonweal_tests::{Database, TestApp};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use self::caller::{Caller, address};

const PAIRS: usize = 5;
const LIMIT: f64 = 0.5;
const LIMIT_TILES: f64 = 0.05;
const ENTRIES: usize = 2_000;
const PAGE: u32 = 50;
const CALLERS: usize = 8;
const TIME: Duration = Duration::from_millis(1_500);

const DOCUMENT: &str = "query ($after: String) {
    ledger(first: 50, after: $after) {
        nodes { index leafHash canonicalBytes kind at subject published }
        pageInfo { hasNextPage endCursor }
    }
}";

/// One server and the requests for its pages, ready to be sent.
struct Side {
    address: String,
    requests: Vec<Vec<u8>>,
}

impl Side {
    /// Pages per second of callers that each wait for one page before they ask for the next.
    async fn rate(self: &Arc<Self>) -> Result<f64> {
        let started = Instant::now();
        let mut tasks = Vec::new();
        for first in 0..CALLERS {
            let side = Arc::clone(self);
            tasks.push(tokio::spawn(async move {
                let mut caller = Caller::connect(&side.address).await?;
                let mut done = 0_u32;
                for request in side.requests.iter().cycle().skip(first) {
                    if started.elapsed() >= TIME {
                        break;
                    }
                    caller.ask(request).await?;
                    done += 1;
                }
                Ok::<u32, anyhow::Error>(done)
            }));
        }
        let mut done = 0;
        for task in tasks {
            done += task.await??;
        }
        Ok(f64::from(done) / started.elapsed().as_secs_f64())
    }

    /// The page that a request gets.
    async fn page(&self, request: &[u8]) -> Result<Value> {
        let mut caller = Caller::connect(&self.address).await?;
        Ok(serde_json::from_slice(caller.ask(request).await?)?)
    }
}

/// A service with a published log of many entries.
async fn service(database: Database) -> Result<TestApp> {
    let app = TestApp::start(database).await?;
    let registrar = app.registrar().await?;
    stream::iter(0..ENTRIES)
        .map(|number| {
            let (app, registrar) = (&app, &registrar);
            async move {
                let name = format!("Organisation {number}");
                app.organisation(registrar, &name, "PRIVATE").await
            }
        })
        .buffer_unordered(64)
        .try_collect::<Vec<_>>()
        .await?;
    app.publisher().await?.publish().await?;
    Ok(app)
}

/// A GET request.
fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

/// Both sides, after making sure that they answer the same pages.
async fn sides(app: &TestApp) -> Result<(Arc<Side>, Arc<Side>)> {
    let mut graphql = Side {
        address: address(&app.url),
        requests: Vec::new(),
    };
    let mut bare = Side {
        address: address(&bare::serve(app.database.url()).await?),
        requests: Vec::new(),
    };
    let (mut after, mut index) = (Value::Null, None);
    loop {
        let body = json!({ "query": DOCUMENT, "variables": { "after": after } });
        let request = caller::post("/graphql", None, body.to_string().as_bytes());
        let mut answer = graphql.page(&request).await?;
        let page = &mut answer["data"]["ledger"];
        after = page["pageInfo"]["endCursor"].take();
        graphql.requests.push(request);

        let request = get(&bare::path(index));
        let mut same = bare.page(&request).await?;
        index = same["pageInfo"]["endCursor"].take().as_i64();
        bare.requests.push(request);
        ensure!(
            *page == same,
            "GraphQL answers {page}, the bare handler {same}"
        );
        ensure!(page["nodes"][0]["published"] == true, "{page}");
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok((Arc::new(graphql), Arc::new(bare)));
        }
    }
}

/// The rate of ours over that of the other.
async fn ratio(name: &str, limit: f64, ours: &Arc<Side>, other: &Arc<Side>) -> Result<bool> {
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let (other, ours) = (other.rate().await?, ours.rate().await?);
        ratios.push(ours / other);
        rates.push(format!("{other:.0}/{ours:.0}"));
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(PAIRS / 2).copied().context("no pair")?;
    writeln!(
        std::io::stderr(),
        "{name}: the other's/our answers per second {}",
        rates.join(" ")
    )?;
    writeln!(std::io::stdout(), "{name} {median:.2} {limit:.2}")?;
    Ok(median >= limit)
}

async fn compare(name: &str, database: Database) -> Result<bool> {
    let app = service(database).await?;
    let (graphql, bare) = sides(&app).await?;
    let mut reached = ratio(&format!("log-page-{name}"), LIMIT, &graphql, &bare).await?;
    let folder = tempfile::tempdir()?;
    if let Some((ours, theirs, _nginx)) = tiles::sides(&app, folder.path()).await? {
        reached &= ratio(&format!("log-tiles-{name}"), LIMIT_TILES, &ours, &theirs).await?;
    } else {
        writeln!(
            std::io::stderr(),
            "SKIPPED: tiles, because nginx is not installed"
        )?;
    }
    app.stop().await?;
    Ok(reached)
}

async fn run() -> Result<bool> {
    let mut reached = compare("sqlite", Database::sqlite()?).await?;
    if let Some(database) = Database::postgres().await? {
        reached &= compare("postgres", database).await?;
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
