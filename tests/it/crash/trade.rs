//! Clients that move credits until the service is gone. What was answered is there; what was not is asked again under its
//! keys after the next start, and then every unit is accounted for once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonweal_app::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::load::Client;
use crate::credit_moves::MOVE;

/// How many clients move credits at a time.
const CLIENTS: u32 = 4;
/// In microseconds.
const DAY: i64 = 86_400_000_000;

/// Credits that change hands, and what their buyer had before.
#[derive(Debug, Clone)]
pub(crate) struct Market {
    batch: String,
    from: String,
    to: String,
    before: i64,
}

/// What the clients know.
#[derive(Debug, Default)]
pub(crate) struct Trades {
    /// Units of the transfers that were answered, by their place in the log.
    pub(crate) answered: BTreeMap<String, i64>,
    /// Calls that were never answered.
    pub(crate) unanswered: Vec<Value>,
    /// The newest call that was answered, and what it made.
    pub(crate) last: Option<(Value, Vec<Value>)>,
}

impl Trades {
    /// Takes over what another knows.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.answered.append(&mut other.answered);
        self.unanswered.append(&mut other.unanswered);
        self.last = other.last.or(self.last.take());
    }

    fn hear(&mut self, input: Value, data: &Value) -> Result<()> {
        let results = data["made"]["results"].as_array().context("results")?;
        for result in results {
            if result["outcome"] == "REFUSED" {
                let code = &result["userErrors"][0]["code"];
                ensure!(code == "INSUFFICIENT_BALANCE", "refused: {result}");
            } else if let Some(index) = result["transfer"]["entryIndex"].as_str() {
                let units = result["transfer"]["units"].as_str().context("units")?;
                let (index, units) = (index.to_owned(), units.parse()?);
                let before = self.answered.insert(index, units);
                ensure!(before.is_none_or(|before| before == units), "two answers");
            }
        }
        self.last = Some((input, made(results)));
        Ok(())
    }
}

/// What the moves of a call made; nothing where one was refused.
fn made(results: &[Value]) -> Vec<Value> {
    let made = results
        .iter()
        .map(|result| json!([result["transfer"], result["hold"], result["retirement"]]));
    made.collect()
}

async fn ask(client: &Client, role: &str, document: &str, variables: Value) -> Result<Value> {
    let answer = client.ask(role, document, variables).await?;
    answer.context("the service is gone")
}

async fn organisation(client: &Client, role: &str) -> Result<String> {
    let document = "{ viewer { roles { organisation { id } } } }";
    let found = ask(client, role, document, json!({})).await?;
    let id = found["viewer"]["roles"][0]["organisation"]["id"].as_str();
    Ok(id.context("an organisation")?.to_owned())
}

/// What an organisation may use of each batch.
async fn holdings(client: &Client, organisation: &str) -> Result<Vec<(String, i64)>> {
    let document = "query ($id: ID!) { holdings(organisation: $id, first: 100) { nodes { available batch { id } } } }";
    let found = ask(client, "registrar", document, json!({ "id": organisation })).await?;
    let nodes = found["holdings"]["nodes"].as_array().context("nodes")?;
    let row = |node: &Value| {
        let batch = node["batch"]["id"].as_str().context("a batch")?;
        let available = node["available"].as_str().context("units")?;
        Ok((batch.to_owned(), available.parse()?))
    };
    nodes.iter().map(row).collect()
}

impl Market {
    /// Where the demo's supplier has credits to sell.
    pub(crate) async fn find(client: &Client) -> Result<Self> {
        let from = organisation(client, "supplier").await?;
        let to = organisation(client, "secondSupplier").await?;
        let stock = holdings(client, &from).await?;
        let most = stock.into_iter().max_by_key(|(_, units)| *units);
        let (batch, units) = most.context("the demo's supplier holds no credits")?;
        ensure!(units > 0, "the demo's supplier has sold everything");
        let mut market = Self {
            batch,
            from,
            to,
            before: 0,
        };
        market.before = market.bought(client).await?;
        Ok(market)
    }

    async fn bought(&self, client: &Client) -> Result<i64> {
        let held = holdings(client, &self.to).await?;
        let found = held.into_iter().find(|(batch, _)| *batch == self.batch);
        Ok(found.map_or(0, |(_, units)| units))
    }

    /// Starts the clients; `round` keeps their keys apart from those of other rounds.
    pub(crate) fn open(&self, client: &Client, round: u32) -> JoinSet<Result<Trades>> {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (market, client) = (self.clone(), client.clone());
            clients.spawn(market.trade(client, format!("crash {round} {number}")));
        }
        clients
    }

    async fn trade(self, client: Client, name: String) -> Result<Trades> {
        let mut trades = Trades::default();
        for number in 0_u64.. {
            let input = self.call(&format!("{name} {number}"));
            match client.ask("supplier", MOVE, input.clone()).await? {
                Some(data) => trades.hear(input, &data)?,
                None => {
                    trades.unanswered.push(input);
                    break;
                }
            }
            // Enough to be in the middle of something, and not so much that everything is sold.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(trades)
    }

    /// A transfer alone; or one that comes twice, a second one with words, and now and then a hold and a retirement.
    fn call(&self, key: &str) -> Value {
        let transfer = |key: String, note: Option<&str>| {
            json!({ "transfer": { "batch": self.batch, "from": self.from, "to": self.to, "units": "1",
                "reason": "SALE", "note": note, "idempotencyKey": key } })
        };
        let first = transfer(key.to_owned(), None);
        if key.ends_with(['1', '3', '5', '7', '9']) {
            return json!({ "input": { "moves": [first] } });
        }
        let mut moves = vec![
            first.clone(),
            transfer(format!("{key} too"), Some("of the spring")),
            first,
        ];
        if key.ends_with('0') {
            let expires = SystemClock.now().plus_micros(DAY).to_string();
            moves.push(json!({ "hold": { "batch": self.batch, "holder": self.from, "to": self.to, "units": "1",
                "expiresAt": expires, "idempotencyKey": key } }));
            moves.push(
                json!({ "retire": { "batch": self.batch, "holder": self.from, "units": "1",
                "beneficiary": self.from, "jurisdiction": "KR", "note": "for the year's report",
                "period": { "from": "2026-01-01", "to": "2027-01-01" }, "idempotencyKey": key } }),
            );
        }
        json!({ "input": { "moves": moves } })
    }

    /// Asks again for what was not answered, and for what was answered last, and counts: the buyer has what all answers
    /// together say, and nothing else.
    pub(crate) async fn settle(&self, client: &Client, trades: &mut Trades) -> Result<()> {
        if let Some((input, before)) = trades.last.clone() {
            let data = ask(client, "supplier", MOVE, input).await?;
            let again = made(data["made"]["results"].as_array().context("results")?);
            ensure!(
                again == before,
                "the same keys got {again:?}, and before the crash {before:?}"
            );
        }
        for input in std::mem::take(&mut trades.unanswered) {
            let data = ask(client, "supplier", MOVE, input.clone()).await?;
            trades.hear(input, &data)?;
        }
        let told: i64 = trades.answered.values().sum();
        let bought = self.bought(client).await? - self.before;
        ensure!(
            bought == told,
            "the buyer has {bought} credits more than before, the answers say {told}"
        );
        Ok(())
    }
}
