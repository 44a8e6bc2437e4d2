//! Group commit against one transaction per command: the same eight statements, with 1 and 64 callers.
//!
//! Prints `name ratio limit` per line, the ratio being commands per second through the store over commands per second
//! with a transaction each, the median of alternating pairs. Rates go to standard error. Ends with 1 below a limit.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use commonweal_app::AppError;
use commonweal_app::clock::{Clock, SystemClock};
use commonweal_app::rng::{Ids, SystemRng};
use commonweal_app::store::{Command, IdempotencyKey, Store, Tx};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::{CommitId, Id, OrganisationId, PersonId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::leaf_hash;
use commonweal_domain::organisation::entries::RoleGranted;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use uuid::Uuid;

const PAIRS: usize = 5;
const LIMIT_AT_64: f64 = 2.0;
const DRAFTS: i64 = 1_000;

/// One database with both ways to write to it.
#[derive(Clone)]
struct Bench {
    name: &'static str,
    store: Store,
    /// For one transaction per command.
    pool: DatabaseConnection,
    number: Arc<AtomicI64>,
}

/// What a typical use-case does: load a row, check a version, change the row, add another, append an entry.
struct Submit {
    number: i64,
    person: PersonId,
}

async fn sql(on: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Result<u64, AppError> {
    let statement = Statement::from_sql_and_values(on.get_database_backend(), text, values);
    Ok(on.execute_raw(statement).await?.rows_affected())
}

async fn number(
    on: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<i64, AppError> {
    let statement = Statement::from_sql_and_values(on.get_database_backend(), text, values);
    match on.query_one_raw(statement).await? {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Ok(0),
    }
}

impl Submit {
    async fn rows(&self, on: &impl ConnectionTrait) -> Result<(), AppError> {
        let draft = self.number % DRAFTS;
        let load = "SELECT version FROM bench_draft WHERE id = $1";
        let version = number(on, load, vec![draft.into()]).await?;
        let add = "INSERT INTO bench_bid (id, draft, version) VALUES ($1, $2, $3)";
        sql(
            on,
            add,
            vec![self.number.into(), draft.into(), version.into()],
        )
        .await?;
        let change = "UPDATE bench_draft SET version = version + 1 WHERE id = $1 AND version = $2";
        match sql(on, change, vec![draft.into(), version.into()]).await? {
            1 => Ok(()),
            _ => Err(AppError::Conflict("the draft has changed".to_owned())),
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            actors: Vec::new(),
            subject: self.person.to_string(),
            inputs_upto: None,
            body: RoleGranted {
                person: self.person,
                organisation: OrganisationId::from_uuid(Uuid::nil()),
                role: Role::Supplier,
            }
            .into(),
        }
    }
}

impl Command for Submit {
    const NAME: &'static str = "submit";
    type Out = i64;
    async fn run(&self, tx: &mut Tx) -> Result<i64, AppError> {
        self.rows(tx).await?;
        tx.append(self.draft())?;
        Ok(self.number)
    }
}

impl Bench {
    async fn open(name: &'static str, url: &str, connections: u32) -> Result<Self> {
        Store::migrate(url).await?;
        let ids = Ids::from(Arc::new(SystemClock), Arc::new(SystemRng));
        let store = Store::open(url, ids).await?;
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections)
            .min_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_mins(1))
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|options| {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(Duration::from_mins(1))
            });
        let pool = Database::connect(options).await?;
        for text in [
            "CREATE TABLE bench_draft (id bigint PRIMARY KEY, version bigint NOT NULL)",
            "CREATE TABLE bench_bid (id bigint PRIMARY KEY, draft bigint NOT NULL, version bigint NOT NULL)",
        ] {
            pool.execute_unprepared(text).await?;
        }
        for id in 0..DRAFTS {
            sql(
                &pool,
                "INSERT INTO bench_draft VALUES ($1, 0)",
                vec![id.into()],
            )
            .await?;
        }
        let number = Arc::new(AtomicI64::new(0));
        Ok(Self {
            name,
            store,
            pool,
            number,
        })
    }

    fn submit(&self) -> (Submit, String) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let person = self.store.ids().new();
        (Submit { number, person }, format!("key-{number}"))
    }

    async fn grouped(&self) -> Result<()> {
        let (command, key) = self.submit();
        let nobody = OrganisationId::from_uuid(Uuid::nil());
        let key = IdempotencyKey::of_body(nobody, key, &command.number)?;
        self.store.write(Some(key), command).await?;
        Ok(())
    }

    /// The same statements without the writer.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is what the store is compared with"
    )]
    async fn alone(&self) -> Result<()> {
        let (command, key) = self.submit();
        let tx = self
            .pool
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await?;
        let lock = match tx.get_database_backend() {
            DbBackend::Postgres => "SELECT size FROM log_head WHERE id = 1 FOR UPDATE",
            _ => "SELECT size FROM log_head WHERE id = 1",
        };
        let size = number(&tx, lock, vec![]).await?;
        let nobody = Value::from(Uuid::nil());
        let known = "SELECT at FROM idempotency WHERE organisation_id = $1 AND mutation = 'submit' AND key = $2";
        number(&tx, known, vec![nobody.clone(), key.clone().into()]).await?;
        command.rows(&tx).await?;
        let at = SystemClock.now();
        let bytes = command.draft().at(at).canonical_bytes()?;
        let hash = leaf_hash(&bytes).as_bytes().to_vec();
        let commit = self.store.ids().new::<CommitId>().uuid();
        let append = "INSERT INTO log_entry (idx, at, kind, subject, bytes, leaf_hash, commit_id) \
                      VALUES ($1, $2, 'role.granted', $3, $4, $5, $6)";
        let subject = command.person.to_string();
        sql(
            &tx,
            append,
            vec![
                size.into(),
                at.micros().into(),
                subject.into(),
                bytes.into(),
                hash.clone().into(),
                commit.into(),
            ],
        )
        .await?;
        let keep = "INSERT INTO idempotency (organisation_id, mutation, key, body_hash, answer, at, first_index, entries) \
                    VALUES ($1, 'submit', $2, $3, $4, $5, $6, 1)";
        let answer = serde_json::to_vec(&command.number)?;
        sql(
            &tx,
            keep,
            vec![
                nobody,
                key.into(),
                hash.into(),
                answer.into(),
                at.micros().into(),
                size.into(),
            ],
        )
        .await?;
        let advance = "UPDATE log_head SET size = $1, at = $2, commit_id = $3 WHERE id = 1";
        sql(
            &tx,
            advance,
            vec![(size + 1).into(), at.micros().into(), commit.into()],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Commands per second of `callers` that each wait for one answer before the next command.
    async fn rate(&self, callers: usize, grouped: bool, time: Duration) -> Result<f64> {
        let started = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..callers {
            let bench = self.clone();
            tasks.push(tokio::spawn(async move {
                let mut done = 0_u32;
                while started.elapsed() < time {
                    if grouped {
                        bench.grouped().await?;
                    } else {
                        bench.alone().await?;
                    }
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

    /// Whether the ratio reaches its limit.
    async fn compare(&self, callers: usize, limit: Option<f64>) -> Result<bool> {
        let time = Duration::from_millis(1_500);
        let mut ratios = Vec::new();
        let mut rates = Vec::new();
        for _ in 0..PAIRS {
            let alone = self.rate(callers, false, time).await?;
            let grouped = self.rate(callers, true, time).await?;
            ratios.push(grouped / alone);
            rates.push(format!("{alone:.0}/{grouped:.0}"));
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios
            .get(PAIRS / 2)
            .copied()
            .context("no pair was measured")?;
        let name = format!("writes-{}-{callers}", self.name);
        writeln!(
            std::io::stderr(),
            "{name}: alone/grouped per second {}",
            rates.join(" ")
        )?;
        let shown = limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit:.2}"));
        writeln!(std::io::stdout(), "{name} {median:.2} {shown}")?;
        Ok(limit.is_none_or(|limit| median >= limit))
    }
}

async fn run() -> Result<bool> {
    // On the disk that the build uses: a folder in memory would make every commit free.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let mut benches = vec![Bench::open("sqlite", &url, 1).await?];
    #[expect(
        clippy::disallowed_methods,
        reason = "benches are told by the environment"
    )]
    match std::env::var("COMMONWEAL_TEST_POSTGRES_URL") {
        Ok(server) => {
            let admin = Database::connect(&server).await?;
            admin
                .execute_unprepared("DROP DATABASE IF EXISTS bench_writes WITH (FORCE)")
                .await?;
            admin
                .execute_unprepared("CREATE DATABASE bench_writes")
                .await?;
            let (base, _) = server
                .rsplit_once('/')
                .context("the URL names no database")?;
            let url = format!("{base}/bench_writes");
            benches.push(Bench::open("postgres", &url, 16).await?);
        }
        Err(_) => writeln!(
            std::io::stderr(),
            "SKIPPED: COMMONWEAL_TEST_POSTGRES_URL is not set"
        )?,
    }
    let mut reached = true;
    for bench in &benches {
        reached &= bench.compare(1, None).await?;
        reached &= bench.compare(64, Some(LIMIT_AT_64)).await?;
        bench.store.close().await;
    }
    Ok(reached)
}

fn main() -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let reached = runtime.block_on(run())?;
    Ok(if reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
