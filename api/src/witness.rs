//! The way to the witnesses of the log, over HTTP.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use commonweal_app::publisher::{WitnessAnswer, WitnessTransport, Witnessing};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ureq::Agent;

/// For one whole request. Witnesses are asked side by side, so that a slow one holds the others up for no longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// More than a cosignature, or a reason, has.
const MAX_ANSWER_BYTES: u64 = 16 * 1024;

/// Reads the policy of a file: who watches the log, and how many are enough.
pub fn witnessing(policy: &Path, required: bool) -> Result<Witnessing> {
    let name = policy.display();
    let text = std::fs::read_to_string(policy).with_context(|| format!("cannot read {name}"))?;
    let policy = text.parse().with_context(|| format!("in {name}"))?;
    let config = Agent::config_builder()
        .timeout_global(Some(REQUEST_TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("commonweal/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(Witnessing {
        policy,
        transport: Arc::new(Http(config.into())),
        required,
    })
}

#[derive(Debug)]
struct Http(Agent);

impl WitnessTransport for Http {
    fn post(&self, url: String, body: String) -> BoxFuture<'static, Result<WitnessAnswer, String>> {
        let agent = self.0.clone();
        let sent = tokio::task::spawn_blocking(move || send(&agent, &url, &body));
        async move { sent.await.map_err(|error| error.to_string())? }.boxed()
    }
}

fn send(agent: &Agent, url: &str, body: &str) -> Result<WitnessAnswer, String> {
    let answer = agent.post(url).send(body);
    let mut answer = answer.map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    let mut read = answer.body_mut().as_reader().take(MAX_ANSWER_BYTES);
    read.read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    Ok(WitnessAnswer {
        status: answer.status().as_u16(),
        body: String::from_utf8_lossy(&text).into_owned(),
    })
}
