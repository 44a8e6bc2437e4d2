//! Clients that move credits until the service is gone. What was answered is there; what was not is asked again under its
//! keys after the next start, and then every unit is accounted for once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::load::Client;
use crate::credit_moves::MOVE;

/// How many clients move credits at a time.
const CLIENTS: u32 = 4;

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
}

impl Trades {
    /// Takes over what another knows.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.answered.append(&mut other.answered);
        self.unanswered.append(&mut other.unanswered);
    }

    fn hear(&mut self, data: &Value) -> Result<()> {
        let results = data["made"]["results"].as_array().context("results")?;
        for result in results
            .iter()
            .filter(|result| result["outcome"] != "REFUSED")
        {
            let index = result["transfer"]["entryIndex"].as_str().context("index")?;
            let units = result["transfer"]["units"].as_str().context("units")?;
            let (index, units) = (index.to_owned(), units.parse()?);
            let before = self.answered.insert(index, units);
            ensure!(before.is_none_or(|before| before == units), "two answers");
        }
        let refused = results
            .iter()
            .filter(|result| result["outcome"] == "REFUSED");
        for result in refused {
            let code = &result["userErrors"][0]["code"];
            ensure!(code == "INSUFFICIENT_BALANCE", "refused: {result}");
        }
        Ok(())
    }
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
            let line = |key: String| {
                json!({ "transfer": { "batch": self.batch, "from": self.from, "to": self.to, "units": "1",
                    "reason": "SALE", "idempotencyKey": key } })
            };
            let first = line(format!("{name} {number}"));
            let moves = json!([first.clone(), line(format!("{name} {number} too")), first]);
            let input = json!({ "input": { "moves": moves } });
            match client.ask("supplier", MOVE, input.clone()).await? {
                Some(data) => trades.hear(&data)?,
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

    /// Asks again for what was not answered, and counts: the buyer has what all answers together say, and nothing else.
    pub(crate) async fn settle(&self, client: &Client, trades: &mut Trades) -> Result<()> {
        for input in std::mem::take(&mut trades.unanswered) {
            let data = ask(client, "supplier", MOVE, input).await?;
            trades.hear(&data)?;
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
