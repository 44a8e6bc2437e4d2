//! The harness of the integration tests: a whole service over a fresh database, on a loopback port, driven over HTTP.

mod database;
mod demo_log;
mod evidence;
mod ledger;
mod process;
mod schemas;
mod user;
mod watchdog;

pub use database::Database;
pub use demo_log::{DemoLog, demo_log};
pub use evidence::{MAX_FILE, file, pdf};
pub use ledger::expect_replayed_balances;
pub use process::{Process, run_commonweal, run_verify};
pub use schemas::EntrySchemas;
pub use user::User;
pub use watchdog::log_signer;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use commonweal_api::graphql::cost::bucket::BucketSettings;
use commonweal_api::http::serve::serve;
use commonweal_api::http::shutdown::Shutdown;
use commonweal_api::server::{self, ServerOptions};
use commonweal_app::App;
use commonweal_app::beneficiary_key::BeneficiaryKey;
use commonweal_app::clock::ManualClock;
use commonweal_app::evidence::EvidenceObjects;
use commonweal_app::rng::{Ids, SeededRng, SystemRng};
use commonweal_app::sealing::SealingKey;
use commonweal_app::store::Store;
use commonweal_app::token::NewToken;
use commonweal_domain::actor::{Grant, Role};
use commonweal_domain::ids::{OrganisationId, PersonId};
use commonweal_domain::time::Time;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The first instant of every test: 2026-01-05T09:00:00Z.
pub const EPOCH: Time = Time::from_micros(1_767_603_600_000_000);

/// The origin of every test's log.
pub const ORIGIN: &str = "tests.example/log";

/// A running service with a clock that stands still until a test moves it.
pub struct TestApp {
    /// Where it listens, such as `http://127.0.0.1:40001`.
    pub url: String,
    /// Its clock.
    pub clock: ManualClock,
    /// The use-cases behind it; tests go through HTTP and use this for what the command line does.
    pub app: Arc<App>,
    /// The organisation that runs the registry.
    pub registry: OrganisationId,
    /// The database underneath.
    pub database: Database,
    client: reqwest::Client,
    /// What publisher and watchdog keep between runs.
    notes: tempfile::TempDir,
    /// Files of evidence that were stored because an input named them.
    stored: Mutex<BTreeSet<(OrganisationId, String)>>,
    shutdown: Shutdown,
    serving: JoinHandle<std::io::Result<()>>,
}

impl TestApp {
    /// A service over a fresh database of one kind.
    pub async fn start(database: Database) -> Result<Self> {
        static SEED: AtomicU64 = AtomicU64::new(1);
        // What a masked error was stands in the output of the test; the first test of a process sets it for all.
        let errors = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::ERROR)
            .with_test_writer();
        let _set_before = errors.try_init();
        Store::migrate(database.url()).await?;
        let clock = ManualClock::new(EPOCH);
        let rng = SeededRng::new(SEED.fetch_add(1, Ordering::Relaxed));
        let ids = Ids::from(Arc::new(clock.clone()), Arc::new(rng));
        let notes = tempfile::tempdir()?;
        let files =
            EvidenceObjects::in_folder(&notes.path().join("evidence"), u64::try_from(MAX_FILE)?)?;
        let app = Arc::new(
            App::new(Store::open(database.url(), ids).await?)
                .with_sealing_key(SealingKey::generate())
                .with_beneficiary_key(BeneficiaryKey::parse(
                    &BeneficiaryKey::generate(&SystemRng),
                    ORIGIN,
                )?)
                .with_evidence(files),
        );
        let registry = app.found_registry("Test registry", "KR-11").await?;

        let shutdown = Shutdown::default();
        let options = ServerOptions {
            // Tests measure other things than the budget of a caller.
            bucket: BucketSettings {
                maximum: 10_000_000,
                restore_per_second: 1_000_000,
                capacity: 1_000,
            },
            ..ServerOptions::default()
        };
        let router = server::router(&app, shutdown.clone(), options)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(serve(listener, router, shutdown.clone()));
        Ok(Self {
            url,
            clock,
            app,
            registry,
            database,
            client: reqwest::Client::new(),
            notes,
            stored: Mutex::default(),
            shutdown,
            serving,
        })
    }

    /// Stops the service and waits until everything is closed.
    pub async fn stop(self) -> Result<()> {
        self.shutdown.begin();
        self.serving.await??;
        self.app.store().close().await;
        Ok(())
    }

    /// Moves the clock by whole seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000_000);
    }

    /// A signed-in person with roles in one organisation, as the operator's command line makes them.
    pub async fn user(&self, organisation: OrganisationId, roles: &[Role]) -> Result<User> {
        self.sign_in((None, 30), organisation, roles).await
    }

    /// The same person with a token of two years, as a long test needs it.
    pub async fn renew(&self, user: &User, role: Role) -> Result<User> {
        self.sign_in((Some(user.person), 731), user.organisation, &[role])
            .await
    }

    async fn sign_in(
        &self,
        (person, days): (Option<PersonId>, u32),
        organisation: OrganisationId,
        roles: &[Role],
    ) -> Result<User> {
        let scope = roles.iter().map(|role| Grant {
            organisation,
            role: *role,
        });
        let token = self
            .app
            .issue_token(NewToken {
                person,
                scope: scope.collect(),
                label: "test".to_owned(),
                days,
            })
            .await?;
        Ok(User::new(organisation, token))
    }

    /// A registrar of the registry.
    pub async fn registrar(&self) -> Result<User> {
        self.user(self.registry, &[Role::Registrar]).await
    }

    /// Registers a legal person through the interface.
    pub async fn organisation(
        &self,
        registrar: &User,
        name: &str,
        sector: &str,
    ) -> Result<OrganisationId> {
        let data = self
            .data(
                Some(registrar),
                "mutation ($input: RegisterOrganisationInput!) {
                    made: registerOrganisation(input: $input) { organisation { id } userErrors { code message path } }
                }",
                json!({ "input": { "legalForm": "LEGAL_PERSON", "name": name, "sector": sector, "place": "KR-11" } }),
            )
            .await?;
        id(&data["made"]["organisation"]["id"])
    }

    /// Sends a document and answers the whole response.
    pub async fn ask(
        &self,
        user: Option<&User>,
        document: &str,
        variables: Value,
    ) -> Result<Value> {
        if let Some(user) = user {
            self.store_named(user, &variables["input"]).await?;
        }
        let mut request = self
            .client
            .post(format!("{}/graphql", self.url))
            .header("accept", "application/graphql-response+json")
            .json(&json!({ "query": document, "variables": variables }));
        if let Some(user) = user {
            request = request.bearer_auth(user.token());
        }
        Ok(request.send().await?.json().await?)
    }

    /// Sends a document and answers its data; any error or refusal fails the test.
    pub async fn data(
        &self,
        user: Option<&User>,
        document: &str,
        variables: Value,
    ) -> Result<Value> {
        let mut answer = self.ask(user, document, variables).await?;
        anyhow::ensure!(
            answer.get("errors").is_none(),
            "errors: {}",
            answer["errors"]
        );
        for payload in answer["data"].as_object().into_iter().flatten() {
            let refused = payload.1["userErrors"]
                .as_array()
                .is_some_and(|list| !list.is_empty());
            anyhow::ensure!(!refused, "refused: {}", payload.1["userErrors"]);
        }
        Ok(answer["data"].take())
    }

    /// The code of the only error, or of the only user error, of a document that must fail.
    pub async fn refusal(
        &self,
        user: Option<&User>,
        document: &str,
        variables: Value,
    ) -> Result<Refusal> {
        let answer = self.ask(user, document, variables).await?;
        if let Some(error) = answer["errors"]
            .as_array()
            .and_then(|errors| errors.first())
        {
            return Ok(Refusal {
                code: text(&error["extensions"]["code"])?,
                message: text(&error["message"])?,
                path: error["extensions"]["field"].as_str().map(str::to_owned),
            });
        }
        let payloads = answer["data"].as_object().context("data")?;
        let refused = payloads
            .values()
            .find_map(|payload| payload["userErrors"].get(0));
        let refused = refused.with_context(|| format!("it was not refused: {answer}"))?;
        Ok(Refusal {
            code: text(&refused["code"])?,
            message: text(&refused["message"])?,
            path: refused["path"].as_str().map(str::to_owned),
        })
    }

    /// How many statements a query takes: the least of twenty runs, since on a busy machine a loader may find its millisecond
    /// over before every field of a level has asked, and needs a statement more.
    pub async fn cost(&self, document: &str) -> Result<u64> {
        let mut least = u64::MAX;
        for _ in 0..20 {
            let before = self.statements();
            self.data(None, document, json!({})).await?;
            least = least.min(self.statements() - before);
        }
        Ok(least)
    }

    /// How many statements the read pool has run.
    pub fn statements(&self) -> u64 {
        self.app.store().read().statements()
    }

    /// A plain HTTP client for everything that is not a well-formed query.
    pub fn http(&self) -> &reqwest::Client {
        &self.client
    }
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error code, or the code of the user error.
    pub code: String,
    /// The text for people.
    pub message: String,
    /// The field of a user error, or `extensions.field` of an error.
    pub path: Option<String>,
}

/// The id inside an opaque one.
pub fn id<T: commonweal_domain::ids::Id>(value: &Value) -> Result<T> {
    let text = value.as_str().with_context(|| format!("no id: {value}"))?;
    let uuid = text.split_once(':').map_or(text, |(_, uuid)| uuid);
    uuid.parse().map_err(|error| anyhow::anyhow!("{error}"))
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .with_context(|| format!("no text: {value}"))?
        .to_owned())
}

/// Makes two tests, one per database, of each async function `(TestApp) -> anyhow::Result<()>`.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() -> anyhow::Result<()> {
                super::$name($crate::TestApp::start($crate::Database::sqlite()?).await?).await
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() -> anyhow::Result<()> {
                match $crate::Database::postgres().await? {
                    Some(database) => super::$name($crate::TestApp::start(database).await?).await,
                    None => Ok(()),
                }
            })*
        }
    };
}
