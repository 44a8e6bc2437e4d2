//! Concurrent clients that write until the service is gone, and remember what it acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many clients write at a time.
const CLIENTS: u32 = 8;
/// How many of them where the log is to stay short, and how long each then waits after an answer.
const CALM: (u32, Duration) = (2, Duration::from_millis(20));

/// Registers an organisation.
pub(crate) const REGISTER: &str = "mutation ($input: RegisterOrganisationInput!) {
    made: registerOrganisation(input: $input) { organisation { id } userErrors { code message path } }
}";

/// What the clients know.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Organisations whose registration was answered: id and name.
    pub(crate) registered: BTreeMap<String, String>,
    /// Names whose registration was asked for and never answered.
    pub(crate) unanswered: BTreeSet<String>,
}

impl Memory {
    /// Takes over what another knows.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.registered.append(&mut other.registered);
        self.unanswered.append(&mut other.unanswered);
    }
}

/// A service and the tokens of its demo.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    tokens: BTreeMap<String, String>,
}

impl Client {
    /// For the service at an address with its data in a folder.
    pub(crate) fn new(url: &str, data: &Path) -> Result<Self> {
        let tokens = std::fs::read(data.join("demo-tokens.json"))?;
        Ok(Self {
            http: reqwest::Client::new(),
            url: format!("{url}/graphql"),
            tokens: serde_json::from_slice(&tokens)?,
        })
    }

    /// Asks as one of the demo's people; none when the service was gone before the whole answer had come.
    pub(crate) async fn ask(
        &self,
        role: &str,
        document: &str,
        variables: Value,
    ) -> Result<Option<Value>> {
        let token = self.tokens.get(role).context("a role of the demo")?;
        let request = self
            .http
            .post(&self.url)
            .header("accept", "application/graphql-response+json")
            .bearer_auth(token)
            .json(&json!({ "query": document, "variables": variables }));
        let answer = match request.send().await {
            Ok(response) => response.bytes().await,
            Err(error) => Err(error),
        };
        let Ok(answer) = answer else { return Ok(None) };
        let mut answer: Value = serde_json::from_slice(&answer)?;
        ensure!(
            answer.get("errors").is_none(),
            "errors: {}",
            answer["errors"]
        );
        Ok(Some(answer["data"].take()))
    }
}

/// Clients at work.
pub(crate) struct Load(JoinSet<Result<Memory>>);

impl Load {
    /// Starts them; `round` keeps what they write apart from other rounds.
    pub(crate) fn start(client: &Client, round: u32) -> Self {
        Self::paced(client, round, (CLIENTS, Duration::ZERO))
    }

    /// The same with few entries.
    pub(crate) fn start_calm(client: &Client, round: u32) -> Self {
        Self::paced(client, round, CALM)
    }

    fn paced(client: &Client, round: u32, (count, pause): (u32, Duration)) -> Self {
        let mut clients = JoinSet::new();
        for number in 0..count {
            let name = format!("Crash {round}-{number}");
            clients.spawn(register(client.clone(), name, pause));
        }
        Self(clients)
    }

    /// What they know, once the service is gone.
    pub(crate) async fn end(mut self) -> Result<Memory> {
        let mut memory = Memory::default();
        while let Some(done) = self.0.join_next().await {
            memory.join(done??);
        }
        Ok(memory)
    }
}

/// Registers one organisation after the other.
async fn register(client: Client, name: String, pause: Duration) -> Result<Memory> {
    let mut memory = Memory::default();
    for number in 0_u64.. {
        let name = format!("{name}-{number}");
        let input = json!({ "input": {
            "legalForm": "LEGAL_PERSON", "name": name, "sector": "PRIVATE", "place": "KR-11"
        } });
        let Some(data) = client.ask("registrar", REGISTER, input).await? else {
            memory.unanswered.insert(name);
            break;
        };
        let id = data["made"]["organisation"]["id"].as_str();
        let id = id.with_context(|| format!("refused: {data}"))?;
        memory.registered.insert(id.to_owned(), name);
        tokio::time::sleep(pause).await;
    }
    Ok(memory)
}
