//! The ledger against a naive model, step by step through HTTP on both databases, and at the end in the eyes of a
//! stranger who has the log alone.
//!
//! `COMMONWEAL_TEST_LEDGER_CASES` and `COMMONWEAL_TEST_LEDGER_STEPS` make it as long as one likes.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use commonweal_domain::actor::Role;
use commonweal_tests::{Database, TestApp, User};
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::credit_world::{ISSUE, RETIRE, TRANSFER, World, number};
use crate::ledger_model::{HOLDERS, Model, Outcome, Request, Step, Unit};

/// The service under test with what it answered.
struct Service {
    world: World,
    holders: [User; HOLDERS],
    /// Batch and claim of each batch of the model.
    batches: Vec<(String, String)>,
    /// The answer to each accepted request.
    answers: HashMap<usize, Value>,
    /// How many keys and files were made up.
    made_up: usize,
}

impl Service {
    async fn start(database: Database) -> Result<Self> {
        let world = World::new(TestApp::start(database).await?).await?;
        let third = world
            .app
            .organisation(&world.registrar, "Busan Care", "PRIVATE")
            .await?;
        let user = async |organisation, role| world.app.user(organisation, &[role]).await;
        Ok(Self {
            holders: [
                user(world.supplier.organisation, Role::Supplier).await?,
                user(world.fund.organisation, Role::Officer).await?,
                user(third, Role::Supplier).await?,
            ],
            world,
            batches: Vec::new(),
            answers: HashMap::new(),
            made_up: 0,
        })
    }

    fn word(&mut self) -> String {
        self.made_up += 1;
        format!("made up {}", self.made_up)
    }

    async fn step(&mut self, model: &Model, step: Step) -> Result<()> {
        let expected = model.outcome.clone().context("an outcome")?;
        match step {
            Step::Issue { tenths } => self.issue(tenths, &expected).await,
            Step::IssueAgain { batch } => {
                let (known, claim) = self.batches[batch].clone();
                let key = self.word();
                ensure!(
                    self.world.issue(&claim, &key).await? == known,
                    "another batch"
                );
                Ok(())
            }
            Step::Send { request, key } => self.send(model, &request, key, &expected).await,
            Step::Repeat { earlier } => {
                let sent = model.sent[earlier].clone();
                self.send(model, &sent.request, sent.key, &expected).await
            }
        }
    }

    async fn issue(&mut self, tenths: i64, expected: &Outcome) -> Result<()> {
        let hours = format!("{}.{}", tenths / 10, tenths % 10);
        let word = self.word();
        let claim = self
            .world
            .submit(self.world.claim_input(&word, &hours))
            .await?;
        self.world.verify(&claim, &hours).await?;
        if let Outcome::Refused(code) = expected {
            let input = json!({ "claim": claim, "idempotencyKey": word });
            let refused = self
                .world
                .refuse(&self.world.registrar, ISSUE, input)
                .await?;
            ensure!(refused.code == *code, "{refused:?}");
            return Ok(());
        }
        let batch = self.world.issue(&claim, &word).await?;
        self.batches.push((batch, claim));
        Ok(())
    }

    async fn send(
        &mut self,
        model: &Model,
        request: &Request,
        key: u8,
        expected: &Outcome,
    ) -> Result<()> {
        let key = format!("key {key}");
        let (sender, document, input) = match *request {
            Request::Transfer {
                batch,
                from,
                to,
                units,
            } => {
                let mut input = self
                    .world
                    .transfer_input(&self.batches[batch].0, units, &key);
                input["from"] = json!(self.holders[from].organisation_id());
                input["to"] = json!(self.holders[to].organisation_id());
                (from, TRANSFER, input)
            }
            Request::Retire {
                batch,
                holder,
                units,
            } => {
                let batch = &self.batches[batch].0;
                let input = self
                    .world
                    .retire_input(&self.holders[holder], batch, units, &key);
                (holder, RETIRE, input)
            }
        };
        let sender = Some(&self.holders[sender]);
        let variables = json!({ "input": input });
        if let Outcome::Refused(code) = expected {
            let refused = self.world.app.refusal(sender, document, variables).await?;
            ensure!(refused.code == *code, "expected {code}, found {refused:?}");
            return Ok(());
        }
        let answer = self.world.app.data(sender, document, variables).await?;
        match expected {
            Outcome::Again(earlier) => {
                ensure!(
                    self.answers.get(earlier) == Some(&answer),
                    "another answer: {answer}"
                );
            }
            Outcome::Retired(from, to) => {
                let retired = &answer["made"]["retirement"];
                let serials = [&retired["serialsFrom"], &retired["serialsTo"]].map(number);
                ensure!(
                    serials.map(usize::try_from) == [Ok(*from), Ok(*to)],
                    "{answer}"
                );
                self.answers.insert(model.sent.len() - 1, answer);
            }
            _ => {
                self.answers.insert(model.sent.len() - 1, answer);
            }
        }
        Ok(())
    }

    /// Every balance is the number of the model's rows.
    async fn compare(&self, model: &Model) -> Result<()> {
        let holdings = self.holders.iter().enumerate().map(|(n, holder)| {
            let id = holder.organisation_id();
            format!("h{n}: holdings(organisation: \"{id}\", first: 50) {{ nodes {{ available held batch {{ id }} }} }}")
        });
        let holdings = holdings.collect::<Vec<_>>().join(" ");
        let document = format!(
            "{{ batches(first: 50) {{ nodes {{ id issued life {{ available held buffer retired cancelled reversed }} }} }}
                {holdings} }}"
        );
        let found = self.world.app.data(None, &document, json!({})).await?;
        for (n, (id, _)) in self.batches.iter().enumerate() {
            let rows = |place| i64::try_from(model.count(n, place));
            let with: i64 = (0..HOLDERS)
                .filter_map(|holder| rows(Unit::With(holder)).ok())
                .sum();
            let node = row(&found["batches"], |node| node["id"] == *id)?;
            ensure!(
                *node
                    == json!({ "id": id, "issued": model.batches[n].len().to_string(), "life": {
                        "available": with.to_string(), "held": "0", "buffer": rows(Unit::Buffer)?.to_string(),
                        "retired": rows(Unit::Retired)?.to_string(), "cancelled": "0", "reversed": "0" } }),
                "batch {n} is {node}"
            );
            for holder in 0..HOLDERS {
                let mine = row(&found[format!("h{holder}")], |node| {
                    node["batch"]["id"] == *id
                });
                let available = mine.map_or(0, |node| number(&node["available"]));
                let expected = rows(Unit::With(holder))?;
                ensure!(
                    available == expected,
                    "holder {holder} of batch {n}: {available}, expected {expected}"
                );
            }
        }
        Ok(())
    }
}

fn row(connection: &Value, wanted: impl Fn(&Value) -> bool) -> Result<&Value> {
    let nodes = connection["nodes"].as_array().context("nodes")?;
    nodes
        .iter()
        .find(|node| wanted(node))
        .context("no such node")
}

/// A runtime with the service on it; nothing when the database is not there.
struct Machine {
    runtime: Runtime,
    service: Option<Service>,
}

impl Machine {
    fn start(database: impl Future<Output = Result<Option<Database>>>) -> Result<Self> {
        let runtime = Runtime::new()?;
        let service = runtime.block_on(async {
            match database.await? {
                Some(database) => Ok::<_, anyhow::Error>(Some(Service::start(database).await?)),
                None => Ok(None),
            }
        })?;
        Ok(Self { runtime, service })
    }
}

macro_rules! machines {
    ($($name:ident: $database:expr;)*) => {$(
        struct $name;

        impl StateMachineTest for $name {
            type SystemUnderTest = Machine;
            type Reference = Model;

            fn init_test(_: &Model) -> Machine {
                Machine::start($database).expect("the service starts")
            }

            fn apply(mut machine: Machine, model: &Model, step: Step) -> Machine {
                let Machine { runtime, service } = &mut machine;
                if let Some(service) = service {
                    let done = runtime.block_on(service.step(model, step.clone()));
                    assert!(done.is_ok(), "{step:?}: {done:?}");
                }
                machine
            }

            fn check_invariants(machine: &Machine, model: &Model) {
                if let Some(service) = &machine.service {
                    let same = machine.runtime.block_on(service.compare(model));
                    assert!(same.is_ok(), "{same:?}");
                }
            }

            fn teardown(machine: Machine, _: Model) {
                if let Some(service) = machine.service {
                    let clean = machine.runtime.block_on(service.world.app.expect_clean_log());
                    assert!(clean.is_ok(), "{clean:?}");
                    let stopped = machine.runtime.block_on(service.world.app.stop());
                    assert!(stopped.is_ok(), "{stopped:?}");
                }
            }
        }
    )*};
}

machines! {
    OnSqlite: async { Database::sqlite().map(Some) };
    OnPostgres: Database::postgres();
}

fn config() -> Config {
    Config {
        cases: setting("COMMONWEAL_TEST_LEDGER_CASES", 2),
        max_shrink_iters: 40,
        ..Config::default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment"
)]
fn setting<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    let set = std::env::var(name).ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_ledger_agrees_with_a_naive_model_on_sqlite(
        sequential setting("COMMONWEAL_TEST_LEDGER_STEPS", 100)..=setting("COMMONWEAL_TEST_LEDGER_STEPS", 100) => OnSqlite
    );

    #[test]
    fn the_ledger_agrees_with_a_naive_model_on_postgres(
        sequential setting("COMMONWEAL_TEST_LEDGER_STEPS", 100)..=setting("COMMONWEAL_TEST_LEDGER_STEPS", 100) => OnPostgres
    );
}
