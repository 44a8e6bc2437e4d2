//! What pages of the ledger cost when it grows a hundredfold: the page of an account statement deep inside, what an
//! organisation holds, and the life of a batch, with 10,000 and with 1,000,000 postings.
//!
//! Prints `name ratio limit` per line: reads per second of the large ledger over those of the small one, the median of
//! alternating pairs. Rates go to standard error. Ends with 1 below a limit.

#[path = "../src/read/filled_ledger.rs"]
mod filled_ledger;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::clock::SystemClock;
use commonweal_app::read::Page;
use commonweal_app::read::account::PostingKey;
use commonweal_app::rng::{Ids, SystemRng};
use commonweal_app::store::Store;
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use sea_orm::{ConnectionTrait, Database};

use filled_ledger::{statements, uuid};

const PAIRS: usize = 5;
const READS: u32 = 200;
/// A hundredfold ledger may cost half as much again.
const LIMIT: f64 = 0.67;
/// Entries of the two ledgers; each has two postings.
const SIZES: [u64; 2] = [5_000, 500_000];
/// Holders, and batches, among which the postings are spread.
const HOLDERS: u64 = 50;

/// A ledger of one size.
struct Ledger {
    app: App,
    entries: u64,
    holder: OrganisationId,
    batch: BatchId,
}

impl Ledger {
    async fn fill(url: &str, entries: u64) -> Result<Self> {
        Store::migrate(url).await?;
        let postgres = url.starts_with("postgres");
        let database = Database::connect(url).await?;
        for statement in statements(postgres, HOLDERS, &(0..entries)) {
            database.execute_unprepared(&statement).await?;
        }
        database.close().await?;
        let ids = Ids::from(Arc::new(SystemClock), Arc::new(SystemRng));
        Ok(Self {
            app: App::new(Store::open(url, ids).await?),
            entries,
            holder: OrganisationId::from_uuid(uuid(postgres, 7)),
            batch: BatchId::from_uuid(uuid(postgres, 3)),
        })
    }

    /// Reads one thing and answers how many rows it showed.
    async fn read(&self, what: &str) -> Result<usize> {
        let read = self.app.read();
        let page = |after| Page {
            rows: 51,
            backward: false,
            after,
            before: None,
        };
        Ok(match what {
            "statement-page" => {
                let entry = i64::try_from(self.entries * 3 / 4)?;
                let deep = page(Some(PostingKey { entry, seq: 0 }));
                read.statement(self.holder, None, &deep).await?.len()
            }
            "holdings" => {
                let first = Page {
                    rows: 51,
                    backward: false,
                    after: None,
                    before: None,
                };
                read.holdings(self.holder, &first).await?.len()
            }
            _ => read.lives_of(&[self.batch]).await?.len(),
        })
    }

    async fn rate(&self, what: &str) -> Result<f64> {
        let started = Instant::now();
        for _ in 0..READS {
            let shown = self.read(what).await?;
            anyhow::ensure!(shown > 0, "{what} shows nothing");
        }
        Ok(f64::from(READS) / started.elapsed().as_secs_f64())
    }
}

async fn compare(name: &str, ledgers: &[Ledger; 2]) -> Result<bool> {
    let mut reached = true;
    for what in ["statement-page", "holdings", "batch-life"] {
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let (small, large) = (ledgers[0].rate(what).await?, ledgers[1].rate(what).await?);
            ratios.push(large / small);
            rates.push(format!("{small:.0}/{large:.0}"));
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(PAIRS / 2).copied().context("no pair")?;
        let name = format!("{what}-{name}-10000-to-1000000");
        let rates = rates.join(" ");
        writeln!(
            std::io::stderr(),
            "{name}: small/large reads per second {rates}"
        )?;
        writeln!(std::io::stdout(), "{name} {median:.2} {LIMIT:.2}")?;
        reached &= median >= LIMIT;
    }
    Ok(reached)
}

#[expect(
    clippy::disallowed_methods,
    reason = "benches are told by the environment"
)]
async fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let sqlite = |entries| {
        format!(
            "sqlite:{}",
            folder.path().join(format!("{entries}.db")).display()
        )
    };
    let ledgers = [
        Ledger::fill(&sqlite(SIZES[0]), SIZES[0]).await?,
        Ledger::fill(&sqlite(SIZES[1]), SIZES[1]).await?,
    ];
    let mut reached = compare("sqlite", &ledgers).await?;
    if let Ok(server) = std::env::var("COMMONWEAL_TEST_POSTGRES_URL") {
        let admin = Database::connect(&server).await?;
        let (base, _) = server.rsplit_once('/').context("a database name")?;
        let names = SIZES.map(|entries| format!("bench_reads_{entries}"));
        for name in &names {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            admin.execute_unprepared(&drop).await?;
            admin
                .execute_unprepared(&format!("CREATE DATABASE {name}"))
                .await?;
        }
        let ledgers = [
            Ledger::fill(&format!("{base}/{}", names[0]), SIZES[0]).await?,
            Ledger::fill(&format!("{base}/{}", names[1]), SIZES[1]).await?,
        ];
        reached &= compare("postgres", &ledgers).await?;
        for ledger in ledgers {
            ledger.app.store().close().await;
        }
        for name in &names {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            admin.execute_unprepared(&drop).await?;
        }
        admin.close().await?;
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
