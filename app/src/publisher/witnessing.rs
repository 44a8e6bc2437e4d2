//! Witnesses of the log (C2SP tlog-witness): each checks that a checkpoint continues the last one it saw, and cosigns it.
//!
//! One that does not answer rests for a while; the others are asked all the same.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::note::{NoteSignature, SignedNote};
use commonweal_domain::log::witness::{Witness, WitnessPolicy};
use commonweal_domain::time::Time;
use futures_util::future::{BoxFuture, join_all};

use crate::App;
use crate::error::AppError;
use crate::store::Store;

/// How long a witness that failed is left alone.
const REST: Duration = Duration::from_mins(1);
/// How often a witness is asked about one checkpoint: once more after it said what it saw last.
const ATTEMPTS: usize = 2;

/// What a witness answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or as much of it as a cosignature can have.
    pub body: String,
}

/// Sends requests to witnesses, with a time limit of its own. Networks are the edge's.
pub trait WitnessTransport: Send + Sync + Debug {
    /// POSTs a body to a URL; an error says why there is no answer.
    fn post(&self, url: String, body: String) -> BoxFuture<'static, Result<WitnessAnswer, String>>;
}

/// Who watches the log, and how they are reached.
#[derive(Debug, Clone)]
pub struct Witnessing {
    /// The witnesses, and how many are enough.
    pub policy: WitnessPolicy,
    /// The way to them.
    pub transport: Arc<dyn WitnessTransport>,
    /// Whether a checkpoint is shown only once enough witnesses have cosigned it.
    pub required: bool,
}

/// What is known of each witness, by its name in the policy.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    /// Size of the last checkpoint that it saw.
    seen: HashMap<String, u64>,
    resting: HashMap<String, Time>,
}

/// A checkpoint with the cosignatures that it has.
pub(super) struct Cosigned {
    pub(super) note: SignedNote,
    /// Whether they are as many as the policy wants.
    pub(super) enough: bool,
}

impl Witnesses {
    /// Asks every witness to cosign a checkpoint of `size` entries, which the tree of the store has.
    pub(super) async fn cosign(
        &mut self,
        witnessing: &Witnessing,
        store: &Store,
        size: u64,
        mut note: SignedNote,
    ) -> Result<Cosigned, AppError> {
        let now = store.ids().clock().now();
        let policy = &witnessing.policy;
        let asked = policy.witnesses().iter().filter(|witness| {
            let rests = self.resting.get(&witness.name);
            witness.url.is_some() && rests.is_none_or(|until| *until <= now)
        });
        let asked = asked.map(|witness| {
            let seen = self.seen.get(&witness.name).copied().unwrap_or_default();
            ask(witnessing, store, witness, seen, (size, &note))
        });
        let mut lines = Vec::new();
        for (name, answer) in join_all(asked).await {
            match answer {
                Ok(signature) => {
                    self.seen.insert(name.to_owned(), size);
                    self.resting.remove(name);
                    lines.push(signature);
                }
                Err(reason) => {
                    tracing::warn!(witness = name, %reason, size, "a witness did not cosign");
                    metrics::counter!("commonweal_log_witness_failures_total", "witness" => name.to_owned())
                        .increment(1);
                    let rest = i64::try_from(REST.as_micros()).unwrap_or(i64::MAX);
                    self.resting.insert(name.to_owned(), now.plus_micros(rest));
                }
            }
        }
        for line in lines {
            note.add_signature(line);
        }
        let signed = policy.cosigned(&note).map_err(AppError::internal)?;
        let enough = policy.is_met(&signed);
        Ok(Cosigned { note, enough })
    }
}

/// Asks one witness, which last saw `seen` entries as far as is known here; it says so if it saw others.
async fn ask<'w>(
    witnessing: &Witnessing,
    store: &Store,
    witness: &'w Witness,
    mut seen: u64,
    (size, note): (u64, &SignedNote),
) -> (&'w str, Result<NoteSignature, String>) {
    let url = witness.url.as_deref().unwrap_or_default();
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut refused = String::new();
    for _ in 0..ATTEMPTS {
        let body = match request(store, seen, size, note).await {
            Ok(body) => body,
            Err(error) => return (&witness.name, Err(error.to_string())),
        };
        let answer = match witnessing.transport.post(url.clone(), body).await {
            Ok(answer) => answer,
            Err(reason) => return (&witness.name, Err(reason)),
        };
        match answer.status {
            200 => return (&witness.name, cosignature(witness, note, &answer.body)),
            409 => match answer.body.trim_end_matches('\n').parse::<u64>() {
                Ok(last) if last <= size => seen = last,
                Ok(last) => {
                    let ahead =
                        format!("it has seen a log of {last} entries, and this one has {size}");
                    return (&witness.name, Err(ahead));
                }
                Err(_) => return (&witness.name, Err("409 without a size".to_owned())),
            },
            status => {
                let said: String = answer.body.chars().take(200).collect();
                return (&witness.name, Err(format!("status {status}: {said}")));
            }
        }
        refused = format!("it says that it saw {seen} entries, and does not take what follows");
    }
    (&witness.name, Err(refused))
}

/// `old N`, the consistency proof, an empty line, the checkpoint.
async fn request(
    store: &Store,
    old: u64,
    size: u64,
    note: &SignedNote,
) -> Result<String, AppError> {
    let app = App::new(store.clone());
    let proof = app.read().unpublished_consistency_proof(old, size).await?;
    let lines: Vec<String> = proof.into_iter().map(Hash::to_base64).collect();
    let lines = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
    Ok(format!("old {old}\n{}\n{note}", lines.collect::<String>()))
}

/// The line of this witness in its answer, if it is over this checkpoint.
fn cosignature(
    witness: &Witness,
    note: &SignedNote,
    answer: &str,
) -> Result<NoteSignature, String> {
    let key = &witness.key;
    let line = answer
        .lines()
        .filter_map(|line| line.parse::<NoteSignature>().ok())
        .find(|line| line.name == *key.name() && line.key_id == key.id())
        .ok_or_else(|| "its answer has no signature of its key".to_owned())?;
    let mut signed = note.clone();
    signed.add_signature(line.clone());
    signed
        .verify(std::slice::from_ref(key))
        .map_err(|error| error.to_string())?;
    Ok(line)
}
