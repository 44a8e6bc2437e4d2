//! One thing proven: an entry of a log, by its index or by a receipt, without the rest of the log.

use commonweal_domain::log::{
    canonical::MAX_BLOB_BYTES,
    checkpoint::Checkpoint,
    hash::{Hash, leaf_hash, sha256},
    merkle_proof::{ProofPlan, verify_consistency, verify_inclusion},
    note::SignedNote,
    proof::TlogProof,
    tile::{TILE_WIDTH, TilePath, hash_in_tile},
};
use serde::Serialize;
use serde_json::Value;

use crate::head::{Head, choose_key};
use crate::kept;
use crate::report::{Finding, Report};
use crate::source::{Missing, Source};
use crate::tiles::Tiles;
use crate::{Options, unkept};

/// An entry that is in a signed log. What it says is what its author wrote: only a replay tells whether the rules allow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proven {
    /// Which log.
    pub origin: String,
    /// The verifier key with which its head was checked.
    pub key: String,
    /// Index of the entry, from zero.
    pub index: u64,
    /// Number of entries of the signed head in which it was proven to be.
    pub size: u64,
    /// Root of that head, in base64.
    pub root: String,
    /// Number of entries of the log's present head, which was shown to continue that one; none when no log was asked.
    pub present_size: Option<u64>,
    /// The witnesses of the policy that cosigned the head; none without a policy.
    pub witnesses: Option<Vec<String>>,
    /// The entry, with the body from beside the log where it stands there.
    pub entry: Value,
    /// What the reader should know about how far the proof can be trusted.
    pub warnings: Vec<String>,
}

impl Proven {
    /// The kind of the entry.
    pub fn kind(&self) -> &str {
        self.entry["kind"].as_str().unwrap_or_default()
    }
}

/// Proves that entry `index` is in the log that `source` shows, from a handful of tiles.
pub fn prove_entry(source: &dyn Source, options: &Options, index: u64) -> Result<Proven, Finding> {
    let mut report = Report::new(source.address());
    let head = fetch_head(source, options, &mut report)?;
    let size = head.checkpoint.size();
    if index >= size {
        let expected = format!("an index below the {size} entries of the log");
        return Err(Finding::cannot_tell("entry", expected, index));
    }
    let tiles = Tiles::new(source);
    let bytes = entry_bytes(&tiles, index, size)?;
    let plan = ProofPlan::inclusion(index, size)
        .map_err(|error| Finding::cannot_tell("entry", "an index in the log", error))?;
    let proof = assemble(&tiles, &plan, size)?;
    verify_inclusion(
        leaf_hash(&bytes),
        index,
        size,
        &proof,
        head.checkpoint.root(),
    )
    .map_err(|error| {
        Finding::discrepancy("entry", "an entry of the signed log", error).at(index)
    })?;
    proven(index, &bytes, &head.checkpoint, source, report)
}

/// Proves what a `.tlog-proof` file says. With a log it is also shown that the log still continues the head of the receipt;
/// without one the receipt must hold its entry, and the key must be given.
pub fn prove_receipt(
    receipt: &str,
    source: Option<&dyn Source>,
    options: &Options,
) -> Result<Proven, Finding> {
    let expected = "a receipt, as it was downloaded";
    let receipt: TlogProof = receipt
        .parse()
        .map_err(|error| Finding::cannot_tell("receipt", expected, error))?;
    let source = source.unwrap_or(&Missing);
    let mut report = Report::new(source.address());
    let kept = kept::load_of(options).map_err(|error| unkept(&error))?;
    let key = choose_key(source, options, kept.as_ref(), &mut report)?;
    let said: Checkpoint = receipt
        .checkpoint
        .text()
        .parse()
        .map_err(|error| Finding::cannot_tell("receipt", expected, error))?;
    let tiles = Tiles::new(source);
    let bytes = match &receipt.extra {
        Some(bytes) => bytes.clone(),
        None => entry_bytes(&tiles, receipt.index, said.size())?,
    };
    let signed = receipt.verify(leaf_hash(&bytes), &key).map_err(|error| {
        Finding::discrepancy(
            "receipt",
            format!("an entry of a log signed with {key}"),
            error,
        )
        .at(receipt.index)
    })?;
    note_witnesses(options, &receipt.checkpoint, &mut report)?;
    let mut proven = proven(receipt.index, &bytes, &signed, source, report)?;
    if source.is_there() {
        let mut report = Report::new(source.address());
        let head = fetch_head(source, options, &mut report)?;
        continues(&tiles, &signed, &head.checkpoint)?;
        proven.present_size = Some(head.checkpoint.size());
    }
    Ok(proven)
}

fn fetch_head(
    source: &dyn Source,
    options: &Options,
    report: &mut Report,
) -> Result<Head, Finding> {
    let kept = kept::load_of(options).map_err(|error| unkept(&error))?;
    let head = Head::fetch(source, options, kept.as_ref(), report)?;
    if let Some(finding) = report.findings.first() {
        return Err(finding.clone());
    }
    if let Some(trusted) = &head.trusted {
        report.warnings.push(format!(
            "the log is signed with {}, not with {trusted}: run the whole check, which follows its changes of keys",
            head.key
        ));
    }
    Ok(head)
}

fn note_witnesses(
    options: &Options,
    note: &SignedNote,
    report: &mut Report,
) -> Result<(), Finding> {
    let Some(policy) = &options.witnesses else {
        return Ok(());
    };
    let signed = policy.cosigned(note).map_err(|error| {
        Finding::discrepancy("witnesses", "cosignatures over this checkpoint", error)
    })?;
    if !policy.is_met(&signed) {
        report.warnings.push(
            "the receipt holds fewer cosignatures than the policy wants: download it again when the log is witnessed"
                .to_owned(),
        );
    }
    report.witnesses = Some(signed.iter().map(|witness| witness.name.clone()).collect());
    Ok(())
}

fn proven(
    index: u64,
    bytes: &[u8],
    head: &Checkpoint,
    source: &dyn Source,
    report: Report,
) -> Result<Proven, Finding> {
    let form = |error: serde_json::Error| {
        Finding::discrepancy("form", "an entry in its canonical form", error).at(index)
    };
    let mut entry: Value = serde_json::from_slice(bytes).map_err(form)?;
    let mut warnings = report.warnings;
    if let Some(wanted) = entry["blob"]
        .as_str()
        .and_then(|text| text.parse::<Hash>().ok())
    {
        let limit = u64::try_from(MAX_BLOB_BYTES).unwrap_or(u64::MAX);
        match source.read(&format!("blob/{wanted}"), limit) {
            Ok(blob) if sha256(&blob) == wanted => {
                entry["body"] = serde_json::from_slice(&blob).map_err(form)?;
            }
            _ => warnings.push(format!(
                "the body of the entry, {wanted}, could not be read"
            )),
        }
    }
    Ok(Proven {
        origin: head.origin().to_owned(),
        key: report.key.unwrap_or_default(),
        index,
        size: head.size(),
        root: head.root().to_base64(),
        present_size: None,
        witnesses: report.witnesses,
        entry,
        warnings,
    })
}

fn entry_bytes(tiles: &Tiles<'_>, index: u64, size: u64) -> Result<Vec<u8>, Finding> {
    let bundle = tiles.bundle(index, size)?;
    let place = usize::try_from(index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
    let entry = bundle.entries.iter().nth(place);
    entry.map(<[u8]>::to_vec).ok_or_else(|| {
        Finding::cannot_tell(
            "entry bundle",
            format!("entry {index} in {}", bundle.path),
            "too few entries",
        )
        .at(index)
    })
}

/// The hashes of a proof, from the tiles of a tree.
fn assemble(tiles: &Tiles<'_>, plan: &ProofPlan, size: u64) -> Result<Vec<Hash>, Finding> {
    let wrong = |error: String| Finding::cannot_tell("tile", "the hashes of a proof", error);
    let mut hashes = Vec::new();
    for node in plan.nodes() {
        let path = TilePath::holding(node, size).map_err(|error| wrong(error.to_string()))?;
        let row = tiles.hashes(path)?;
        hashes.push(hash_in_tile(path, &row, node).map_err(|error| wrong(error.to_string()))?);
    }
    plan.assemble(&hashes)
        .map_err(|error| wrong(error.to_string()))
}

/// The present head continues an earlier one.
fn continues(tiles: &Tiles<'_>, before: &Checkpoint, now: &Checkpoint) -> Result<(), Finding> {
    let expected = format!("a log that continues its head of {} entries", before.size());
    if now.size() < before.size() {
        let found = format!("a log of {} entries", now.size());
        return Err(Finding::discrepancy("consistency", expected, found));
    }
    let plan = ProofPlan::consistency(before.size(), now.size())
        .map_err(|error| Finding::cannot_tell("consistency", &expected, error))?;
    let proof = assemble(tiles, &plan, now.size())?;
    verify_consistency(before.size(), before.root(), now.size(), now.root(), &proof)
        .map_err(|error| Finding::discrepancy("consistency", expected, error))
}
