//! Organisations with credits, and callers that move them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonweal_app::App;
use commonweal_app::moves::Move;
use commonweal_domain::actor::Role;
use commonweal_domain::ids::BatchId;
use commonweal_tests::{TestApp, User};
use commonweal_verify::Verdict;
use serde_json::{Value, json};

use crate::bare::{self, Asked, actor};
use crate::caller::{self, Caller, address};
use crate::credit_world::{TRANSFER, World};

/// Organisations that hold credits, as many as the peer has accounts.
const HOLDERS: u64 = 256;
/// Credits that each has at first. Nearly half of the batch stays with the hot account.
const UNITS: i64 = 1_000;
/// Moves in a call of many.
const MOVES: u64 = 50;

const MOVE: &str = "mutation ($input: MoveCreditsInput!) {
    made: moveCredits(input: $input) { results { transfer { entryIndex } userErrors { code message path } } userErrors { code message path } }
}";

/// How transfers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the process, one in a call, on spread accounts.
    Single,
    /// The same, all from one account.
    Hot,
    /// In the process, many in a call, on spread accounts.
    Many,
    /// One in a call, by a bare handler over HTTP.
    BareSingle,
    /// Many in a call, by a bare handler over HTTP.
    BareMany,
    /// `transferCredits` over HTTP.
    GraphqlSingle,
    /// `moveCredits` over HTTP, many in a call.
    GraphqlMany,
}

/// The service with its holders.
pub(crate) struct Fleet {
    inner: Arc<Inner>,
}

struct Inner {
    world: World,
    app: Arc<App>,
    /// Where GraphQL listens.
    graphql: String,
    /// Where the bare handlers listen.
    bare: String,
    batch: BatchId,
    holders: Vec<User>,
    asked: AtomicU64,
}

impl Fleet {
    /// One batch, dealt out among the holders.
    pub(crate) async fn start(app: TestApp) -> Result<Self> {
        let world = World::new(app).await?;
        let batch = world.batch("bench", "99999.9").await?;
        let mut holders = Vec::new();
        for number in 0..HOLDERS {
            let name = format!("Holder {number}");
            let organisation = world
                .app
                .organisation(&world.registrar, &name, "PRIVATE")
                .await?;
            let user = world.app.user(organisation, &[Role::Supplier]).await?;
            let mut input = world.transfer_input(&batch, UNITS, &name);
            input["to"] = json!(user.organisation_id());
            let input = json!({ "input": input });
            world
                .app
                .data(Some(&world.supplier), TRANSFER, input)
                .await?;
            holders.push(user);
        }
        let app = Arc::clone(&world.app.app);
        let inner = Inner {
            batch: commonweal_tests::id(&json!(batch))?,
            graphql: address(&world.app.url),
            bare: bare::serve(Arc::clone(&app)).await?,
            world,
            app,
            holders,
            asked: AtomicU64::new(0),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn app(&self) -> &TestApp {
        &self.inner.world.app
    }

    /// Stops the service, after making sure that a stranger can follow all that was done.
    pub(crate) async fn stop(self) -> Result<()> {
        let inner = Arc::into_inner(self.inner).context("callers are still there")?;
        inner.world.app.publisher().await?;
        let report = inner.world.app.watchdog().await?;
        ensure!(report.verdict() == Verdict::Clean, "{report}");
        inner.world.app.stop().await
    }

    /// Transfers per second of callers that each wait for an answer before they ask again.
    pub(crate) async fn rate(&self, way: Way, callers: usize, time: Duration) -> Result<f64> {
        let connect = match way {
            Way::BareSingle | Way::BareMany => Some(&self.inner.bare),
            Way::GraphqlSingle | Way::GraphqlMany => Some(&self.inner.graphql),
            _ => None,
        };
        let mut connections = Vec::new();
        for _ in 0..callers {
            connections.push(match connect {
                Some(address) => Some(Caller::connect(address).await?),
                None => None,
            });
        }
        let started = Instant::now();
        let mut tasks = Vec::new();
        for mut connection in connections {
            let inner = Arc::clone(&self.inner);
            tasks.push(tokio::spawn(async move {
                let mut done = 0_u64;
                while started.elapsed() < time {
                    done += match &mut connection {
                        Some(caller) => inner.send(way, caller).await?,
                        None => inner.call(way).await?,
                    };
                }
                Ok::<u64, anyhow::Error>(done)
            }));
        }
        let mut done = 0;
        for task in tasks {
            done += task.await??;
        }
        Ok(f64::from(u32::try_from(done)?) / started.elapsed().as_secs_f64())
    }
}

impl Inner {
    /// Who sends next, and what, to the organisations after it: everybody sends and receives as much.
    fn next(&self, way: Way) -> (&User, Vec<Asked>) {
        let count = match way {
            Way::Many | Way::BareMany | Way::GraphqlMany => MOVES,
            _ => 1,
        };
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let holder = |number: u64| &self.holders[usize::try_from(number % HOLDERS).unwrap_or(0)];
        let sender = match way {
            Way::Hot => &self.world.supplier,
            _ => holder(turn),
        };
        let asked = (1..=count).map(|number| Asked {
            person: sender.person,
            batch: self.batch,
            from: sender.organisation,
            to: holder(turn + number).organisation,
            units: 1,
            key: format!("bench {turn} {number}"),
        });
        (sender, asked.collect())
    }

    /// One call in the process; answers how many transfers it made.
    async fn call(&self, way: Way) -> Result<u64> {
        let (sender, asked) = self.next(way);
        let actor = actor(sender.person, sender.organisation);
        if way != Way::Many {
            for one in asked {
                let key = one.key.clone();
                self.app.transfer_credits(&actor, &key, one.into()).await?;
            }
            return Ok(1);
        }
        let moves = asked.into_iter();
        let moves = moves.map(|one| (one.key.clone(), Move::Transfer(one.into())));
        for answer in self.app.move_credits(&actor, moves.collect()).await? {
            answer?;
        }
        Ok(MOVES)
    }

    /// One call over HTTP; answers how many transfers it made.
    async fn send(&self, way: Way, caller: &mut Caller) -> Result<u64> {
        let (sender, asked) = self.next(way);
        let (path, document) = match way {
            Way::BareSingle => ("/transfer", None),
            Way::BareMany => ("/moves", None),
            Way::GraphqlSingle => ("/graphql", Some(TRANSFER)),
            _ => ("/graphql", Some(MOVE)),
        };
        let body = match document {
            None => serde_json::to_vec(&asked)?,
            Some(query) => {
                let mut inputs = asked.iter().map(input);
                let input = match way {
                    Way::GraphqlSingle => inputs.next().context("one")?,
                    _ => {
                        let moves = inputs.map(|one| json!({ "transfer": one }));
                        json!({ "moves": moves.collect::<Vec<_>>() })
                    }
                };
                serde_json::to_vec(&json!({ "query": query, "variables": { "input": input } }))?
            }
        };
        let request = caller::post(path, Some(sender.token()), &body);
        let answer = std::str::from_utf8(caller.ask(&request).await?)?;
        let made = answer.matches("\"entryIndex\"").count();
        ensure!(made == asked.len(), "{answer}");
        Ok(u64::try_from(made)?)
    }
}

/// A transfer in the words of the interface.
fn input(asked: &Asked) -> Value {
    json!({
        "batch": format!("batch:{}", asked.batch), "from": format!("organisation:{}", asked.from),
        "to": format!("organisation:{}", asked.to), "units": asked.units.to_string(), "reason": "SALE",
        "idempotencyKey": asked.key,
    })
}
