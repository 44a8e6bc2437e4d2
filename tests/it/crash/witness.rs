//! A witness that outlives the service: it remembers every checkpoint that anybody saw.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::{Hash, empty_root};
use commonweal_domain::log::merkle_proof::verify_consistency;
use commonweal_domain::log::note::{NoteSigner, VerifierKey};
use serde_json::json;
use tokio::net::TcpListener;

use super::load::Client;

/// A witness of one log (C2SP tlog-witness) on a port of its own.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    key: VerifierKey,
    signer: Arc<NoteSigner>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Roots by size; the last one was cosigned last.
    roots: BTreeMap<u64, Hash>,
    /// What no log may ask for.
    wrong: Vec<String>,
}

impl Witness {
    /// Starts one for the log with a key, and writes the policy that names it.
    pub(crate) async fn start(key: VerifierKey, folder: &Path) -> Result<(Self, PathBuf)> {
        let signer = NoteSigner::witness_from_seed("w.example".parse()?, &[5; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (policy, url) = (folder.join("policy"), listener.local_addr()?);
        let witness = format!(
            "witness w {} http://{url}\nquorum w\n",
            signer.verifier_key()
        );
        std::fs::write(&policy, witness)?;
        let witness = Self {
            key,
            signer: Arc::new(signer),
            seen: Arc::default(),
        };
        let router = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .with_state(witness.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((witness, policy))
    }

    /// How many checkpoints it has seen.
    pub(crate) fn checkpoints(&self) -> usize {
        self.seen().roots.len()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails if it was ever asked to sign a fork, or if the log has another root now for a size that it saw.
    pub(crate) async fn saw_one_log(&self, client: &Client) -> Result<()> {
        let roots = self.seen().roots.clone();
        for (size, root) in roots {
            let document = "query ($from: BigInt!, $to: BigInt!) { consistencyProof(from: $from, to: $to) { fromRoot } }";
            let sizes = json!({ "from": size.to_string(), "to": size.to_string() });
            let found = client.ask("registrar", document, sizes).await?;
            let found =
                found.context("the service is gone")?["consistencyProof"]["fromRoot"].take();
            let bytes: Vec<u8> = root.as_bytes().to_vec();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            ensure!(
                found == hex,
                "size {size}: {found}, and a witness saw {hex}"
            );
        }
        self.saw_no_fork()
    }

    /// Fails if it was ever asked to sign what does not follow what it signed before.
    pub(crate) fn saw_no_fork(&self) -> Result<()> {
        let seen = self.seen();
        ensure!(seen.wrong.is_empty(), "{:?}", seen.wrong);
        Ok(())
    }

    fn answer(&self, body: &str) -> Result<(StatusCode, String)> {
        let (head, note) = body.split_once("\n\n").context("an empty line")?;
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old: u64 = old.context("old")?.parse()?;
        let (new, note) = Checkpoint::open(note.as_bytes(), &self.key)?;
        let mut seen = self.seen();
        let (last, root) = seen
            .roots
            .last_key_value()
            .map_or((0, empty_root()), |(size, root)| (*size, *root));
        if old != last {
            return Ok((StatusCode::CONFLICT, format!("{last}\n")));
        }
        let proof: Vec<Hash> = lines.map(Hash::from_base64).collect::<Result<_, _>>()?;
        if let Err(error) = verify_consistency(old, root, new.size(), new.root(), &proof) {
            let wrong = format!("{} does not follow {old}: {error}", new.size());
            seen.wrong.push(wrong.clone());
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, wrong));
        }
        seen.roots.insert(new.size(), new.root());
        let line = self.signer.cosign(note.text(), 1_800_000_000);
        Ok((StatusCode::OK, format!("{line}\n")))
    }
}

async fn add_checkpoint(State(witness): State<Witness>, body: String) -> (StatusCode, String) {
    witness.answer(&body).unwrap_or_else(|error| {
        witness.seen().wrong.push(error.to_string());
        (StatusCode::BAD_REQUEST, error.to_string())
    })
}
