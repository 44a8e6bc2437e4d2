//! Files of evidence for tests. A test names one by a word; what it names is stored when it is sent in an input.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use commonweal_domain::log::hash::sha256;
use serde_json::{Value, json};

use crate::{TestApp, User};

/// The words that were named, by the hashes of their files.
static NAMED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The largest file that the tests' service takes.
pub const MAX_FILE: usize = 6 << 20;

/// The bytes of the file of a word: a PDF document of 2,048 bytes, as far as anybody can see from outside.
pub fn pdf(word: &str) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.7 {word} ").into_bytes();
    bytes.resize(2_048, b'.');
    bytes
}

/// The input that names the file of a word as a time sheet.
pub fn file(word: &str) -> Value {
    let hash = sha256(&pdf(word)).to_string();
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.insert(hash.clone(), word.to_owned());
    json!({ "sha256": hash, "kind": "timesheet" })
}

impl TestApp {
    /// Sends a file for an organisation.
    pub async fn send_file(
        &self,
        user: Option<&User>,
        owner: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<reqwest::Response> {
        let url = format!("{}/evidence/{owner}", self.url);
        let mut request = self.http().post(url).header("content-type", media_type);
        if let Some(user) = user {
            request = request.bearer_auth(user.token());
        }
        Ok(request.body(bytes).send().await?)
    }

    /// Stores the files that an input names by words, as a claimant does before. Whoever may not is told by the input.
    pub(crate) async fn store_named(&self, user: &User, input: &Value) -> Result<()> {
        let files = input["evidence"].as_array();
        for named in files.into_iter().flatten() {
            let hash = named["sha256"].as_str().unwrap_or_default();
            let key = (user.organisation, hash.to_owned());
            let known = |words: &Mutex<BTreeMap<String, String>>| {
                let words = words.lock().unwrap_or_else(PoisonError::into_inner);
                words.get(hash).cloned()
            };
            let Some(word) = known(&NAMED) else { continue };
            let new = self
                .stored
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key);
            if new {
                let owner = user.organisation_id();
                self.send_file(Some(user), &owner, "application/pdf", pdf(&word))
                    .await?;
            }
        }
        Ok(())
    }

    /// Where the service keeps files of evidence.
    pub fn evidence_folder(&self) -> PathBuf {
        self.notes.path().join("evidence")
    }

    /// Everything that lies there.
    pub fn files_on_disk(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        walk(&self.evidence_folder(), &mut files)?;
        Ok(files)
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
