//! Tests of the store against real databases: SQLite always, PostgreSQL where `COMMONWEAL_TEST_POSTGRES_URL` is set.

mod asking;
mod contained;
mod crashed;
mod idempotent;
mod ids;
mod ledger;
mod migrated;
mod ordered;
mod outcome;
mod published;
mod schema;
mod witnessed;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use commonweal_domain::actor::Role;
use commonweal_domain::ids::{Id, OrganisationId, PersonId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::organisation::entries::RoleGranted;
use commonweal_domain::time::Time;
use futures_util::future::{BoxFuture, join_all};
use futures_util::poll;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::connect::DatabaseUrl;
use super::{Command, IdempotencyKey, PrivateCommand, PrivateTx, Store, Tx, Written};
use crate::clock::ManualClock;
use crate::error::AppError;
use crate::rng::{Ids, SeededRng};

/// Makes two tests of one async function that takes a [`TestDb`].
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::store::tests::TestDb::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(db) = $crate::store::tests::TestDb::postgres().await {
                    super::$name(db).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// A fresh, migrated database with a store on it and a connection beside the store.
pub(crate) struct TestDb {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) beside: DatabaseConnection,
    pub(crate) clock: ManualClock,
    _folder: Option<tempfile::TempDir>,
}

/// The first instant of the tests' clock.
pub(crate) const EPOCH: Time = Time::from_micros(1_764_000_000_000_000);

impl TestDb {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::open(url, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::open(postgres_database().await?, None).await)
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        Store::migrate(&url).await.unwrap();
        let clock = ManualClock::new(EPOCH);
        let store = Store::open(&url, ids(&clock)).await.unwrap();
        let beside = DatabaseUrl::parse(&url).unwrap().migrator().await.unwrap();
        let db = Self {
            store,
            url,
            beside,
            clock,
            _folder: folder,
        };
        db.sql("CREATE TABLE scratch (id bigint PRIMARY KEY)").await;
        db
    }

    /// Runs a statement beside the store.
    pub(crate) async fn sql(&self, sql: &str) {
        self.beside.execute_unprepared(sql).await.unwrap();
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let statement = Statement::from_string(self.beside.get_database_backend(), sql);
        self.beside.query_all_raw(statement).await.unwrap()
    }

    /// The first column of each row.
    pub(crate) async fn numbers(&self, sql: &str) -> Vec<i64> {
        let rows = self.rows(sql).await;
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.beside.get_database_backend() == DbBackend::Postgres
    }

    /// Occupies the writer, so that whatever is sent until the release lands in one batch.
    pub(crate) async fn hold(&self) -> Held {
        let (started, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let command = {
            let (started, go) = (Arc::clone(&started), Arc::clone(&go));
            act(move |_| {
                let (started, go) = (Arc::clone(&started), Arc::clone(&go));
                Box::pin(async move {
                    started.add_permits(1);
                    go.acquire().await.unwrap().forget();
                    Ok(0)
                })
            })
        };
        let store = self.store.clone();
        tokio::spawn(async move { store.write(None, command).await });
        started.acquire().await.unwrap().forget();
        Held(go)
    }

    /// Runs commands in one batch and answers in their order.
    pub(crate) async fn in_one_batch(
        &self,
        commands: Vec<Act>,
    ) -> Vec<Result<Written<i64>, AppError>> {
        let commands = commands.into_iter().map(|command| (None, command));
        self.in_one_batch_with_keys(commands).await
    }

    /// Runs commands in one batch, each with its idempotency key or none, and answers in their order.
    pub(crate) async fn in_one_batch_with_keys(
        &self,
        commands: impl IntoIterator<Item = (Option<IdempotencyKey>, Act)>,
    ) -> Vec<Result<Written<i64>, AppError>> {
        let held = self.hold().await;
        let mut writes = Vec::new();
        for (key, command) in commands {
            let mut write = Box::pin(self.store.write(key, command));
            // The first poll brings the command into the queue, so their order is certain.
            assert!(poll!(write.as_mut()).is_pending());
            writes.push(write);
        }
        held.release();
        join_all(writes).await
    }
}

/// A held writer.
pub(crate) struct Held(Arc<Semaphore>);

impl Held {
    pub(crate) fn release(self) {
        self.0.add_permits(1);
    }
}

pub(crate) fn ids(clock: &ManualClock) -> Ids {
    // Every store of a test run needs ids of its own.
    static SEED: AtomicU32 = AtomicU32::new(0);
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    Ids::from(
        Arc::new(clock.clone()),
        Arc::new(SeededRng::new(seed.into())),
    )
}

/// The URL of a new database on the server that the environment names.
pub(crate) async fn postgres_database() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment"
    )]
    let Ok(server) = std::env::var("COMMONWEAL_TEST_POSTGRES_URL") else {
        println!("SKIPPED: COMMONWEAL_TEST_POSTGRES_URL is not set");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("store_{}_{number}", std::process::id());
    let database = DatabaseUrl::parse(&server)
        .unwrap()
        .migrator()
        .await
        .unwrap();
    database
        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await
        .unwrap();
    database
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    database.close().await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

type Run = dyn for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<i64, AppError>> + Send + Sync;

/// A command made of a closure.
pub(crate) struct Act(Box<Run>);

pub(crate) fn act(
    run: impl for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<i64, AppError>> + Send + Sync + 'static,
) -> Act {
    Act(Box::new(run))
}

impl Command for Act {
    const NAME: &'static str = "act";
    type Out = i64;
    async fn run(&self, tx: &mut Tx) -> Result<i64, AppError> {
        (self.0)(tx).await
    }
}

/// A private command that inserts a row and then succeeds or refuses.
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) refuse: bool,
}

impl PrivateCommand for Note {
    const NAME: &'static str = "note";
    type Out = Time;
    async fn run(&self, tx: &mut PrivateTx) -> Result<Time, AppError> {
        insert(tx, self.id).await?;
        if self.refuse {
            return Err(refusal());
        }
        Ok(tx.at())
    }
}

/// A command that inserts a row, appends an entry, and answers the row's id.
pub(crate) fn accepted(id: i64) -> Act {
    act(move |tx| {
        Box::pin(async move {
            insert(tx, id).await?;
            tx.append(draft(id))?;
            Ok(id)
        })
    })
}

/// A command that does the same and then refuses.
pub(crate) fn refused(id: i64) -> Act {
    act(move |tx| {
        Box::pin(async move {
            insert(tx, id).await?;
            tx.append(draft(id))?;
            Err(refusal())
        })
    })
}

pub(crate) async fn insert(tx: &impl ConnectionTrait, id: i64) -> Result<(), AppError> {
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "INSERT INTO scratch (id) VALUES ($1)",
        [id.into()],
    );
    tx.execute_raw(statement).await?;
    Ok(())
}

pub(crate) fn refusal() -> AppError {
    AppError::refused("TEST", "refused")
}

pub(crate) fn is_refusal<T>(result: &Result<T, AppError>) -> bool {
    matches!(result, Err(AppError::Refused { .. }))
}

pub(crate) fn draft(number: i64) -> Draft {
    let person = PersonId::from_uuid(Uuid::from_u128(u128::from(number.unsigned_abs())));
    Draft {
        actors: Vec::new(),
        subject: person.to_string(),
        inputs_upto: None,
        body: RoleGranted {
            person,
            organisation: OrganisationId::from_uuid(Uuid::nil()),
            role: Role::Officer,
        }
        .into(),
    }
}
