//! Reads two sizes of a log with the crate `ct-merkle`, which others wrote: it makes its own tree of the entries, comes to the
//! signed roots and to the proofs that ours gives, accepts those, and refuses an altered entry and a fork. A part of
//! `tests/interop/run`.
//!
//!     cargo run -p commonweal-verify --example ct_merkle -- OLD NEW      (folders with checkpoint and tile/)

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use commonweal_domain::log::bundle::decode_bundle;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::merkle_proof::ProofPlan;
use commonweal_domain::log::note::SignedNote;
use commonweal_domain::log::tile::{TileKind, tiles_between};
use commonweal_domain::log::whole::WholeLog;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

type Root = RootHash<Sha256>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new] = arguments.as_slice() else {
        anyhow::bail!("say which two folders");
    };
    let (before, after) = (head(Path::new(old))?, head(Path::new(new))?);
    let entries = entries(Path::new(new), after.size())?;
    let ours = WholeLog::new(&entries)?;
    let prove = |plan: ProofPlan| -> Result<Vec<u8>> {
        let hashes = ours.prove(&plan)?;
        Ok(hashes.iter().flat_map(|hash| hash.0).collect())
    };
    let (tree, old_root) = tree(&entries, before.size())?;
    let root = tree.root();
    for (root, head) in [(&old_root, &before), (&root, &after)] {
        let same = root.as_bytes().as_slice() == head.root().as_bytes();
        ensure!(same, "another root of {} entries", head.size());
    }

    let mut proofs = 0_u64;
    for (index, entry) in (0..).zip(&entries).step_by(997) {
        let proof = prove(ProofPlan::inclusion(index, after.size())?)?;
        let theirs = tree.prove_inclusion(usize::try_from(index)?);
        ensure!(theirs.as_bytes() == proof, "another proof of entry {index}");
        let proof = InclusionProof::try_from_bytes(proof)?;
        root.verify_inclusion(entry, index, &proof)?;
        let mut altered = entry.clone();
        altered.push(b' ');
        let refused = root.verify_inclusion(&altered, index, &proof).is_err();
        ensure!(refused, "an altered entry passes");
        proofs += 1;
    }
    let proof = prove(ProofPlan::consistency(before.size(), after.size())?)?;
    let proof = ConsistencyProof::try_from_bytes(proof)?;
    root.verify_consistency(&old_root, &proof)?;
    let forked = Root::new([0; 32].into(), before.size());
    let refused = root.verify_consistency(&forked, &proof).is_err();
    ensure!(refused, "a fork passes");
    writeln!(
        std::io::stdout(),
        "ct-merkle: {} to {} entries, {proofs} inclusion proofs, consistency; altered entry and fork refused",
        before.size(),
        after.size()
    )?;
    Ok(())
}

/// Their tree of all entries, and its root when there were `old`.
fn tree(entries: &[Vec<u8>], old: u64) -> Result<(MemoryBackedTree<Sha256, Vec<u8>>, Root)> {
    let mut tree = MemoryBackedTree::new();
    let mut old_root = None;
    for entry in entries {
        tree.push(entry.clone());
        if tree.len() == old {
            old_root = Some(tree.root());
        }
    }
    Ok((tree, old_root.context("the log got shorter")?))
}

fn head(folder: &Path) -> Result<Checkpoint> {
    let note = SignedNote::parse(&fs::read(folder.join("unwitnessed"))?)?;
    Ok(note.text().parse()?)
}

fn entries(folder: &Path, size: u64) -> Result<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    for path in tiles_between(0, size)?.filter(|path| path.kind() == TileKind::Entries) {
        let bundle = fs::read(folder.join(path.to_string()))?;
        entries.extend(
            decode_bundle(path, &bundle)?
                .into_iter()
                .map(<[u8]>::to_vec),
        );
    }
    Ok(entries)
}
