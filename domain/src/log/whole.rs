//! A log whose entries are all at hand, as the files that a server serves. The service never holds a whole log; whoever makes one
//! to test, to measure or to show an attack does.

use std::collections::BTreeMap;

use super::{
    bundle::encode_bundle,
    hash::{Hash, leaf_hash},
    merkle_proof::ProofPlan,
    tile::{TileError, TileKind, TilePath, encode_hashes, tiles_between},
    tree::{Frontier, NodeId, TreeError},
};

/// The entries of a log with the hash of every complete subtree.
#[derive(Debug)]
pub struct WholeLog<'a, E> {
    entries: &'a [E],
    hashes: BTreeMap<NodeId, Hash>,
    edge: Frontier,
}

impl<'a, E: AsRef<[u8]>> WholeLog<'a, E> {
    /// Hashes the entries into a tree.
    pub fn new(entries: &'a [E]) -> Result<Self, TreeError> {
        let mut hashes = BTreeMap::new();
        let mut edge = Frontier::new();
        for entry in entries {
            edge.push_and_store(leaf_hash(entry.as_ref()), |node, hash| {
                hashes.insert(node, hash);
            })?;
        }
        Ok(Self {
            entries,
            hashes,
            edge,
        })
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root that a checkpoint signs.
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// Every tile and entry bundle with its content, one after the other.
    pub fn files(
        &self,
    ) -> Result<impl Iterator<Item = Result<(TilePath, Vec<u8>), TileError>>, TileError> {
        let paths = tiles_between(0, self.size())?;
        Ok(paths.map(|path| Ok((path, self.file(path)?))))
    }

    fn file(&self, path: TilePath) -> Result<Vec<u8>, TileError> {
        let nodes = path.nodes().into_iter();
        if path.kind() == TileKind::Entries {
            let at = |node: NodeId| self.entries.get(usize::try_from(node.index).ok()?);
            return encode_bundle(nodes.filter_map(at));
        }
        let row: Vec<Hash> = nodes
            .filter_map(|node| self.hashes.get(&node).copied())
            .collect();
        Ok(encode_hashes(&row))
    }

    /// The hashes of a proof in this tree.
    pub fn prove(&self, plan: &ProofPlan) -> Result<Vec<Hash>, TreeError> {
        let nodes = plan.nodes().into_iter();
        let hashes: Vec<Hash> = nodes
            .filter_map(|node| self.hashes.get(&node).copied())
            .collect();
        plan.assemble(&hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::bundle::decode_bundle;
    use crate::log::merkle_proof::{verify_consistency, verify_inclusion};
    use crate::log::tile::decode_hashes;

    fn entries(size: u16) -> Vec<[u8; 2]> {
        (0..size).map(u16::to_be_bytes).collect()
    }

    #[test]
    fn the_files_hold_each_entry_and_each_hash_once() {
        let entries = entries(700);
        let log = WholeLog::new(&entries).unwrap();
        let mut read: Vec<Vec<u8>> = Vec::new();
        let mut leaves = Vec::new();
        for file in log.files().unwrap() {
            let (path, content) = file.unwrap();
            match path.kind() {
                TileKind::Entries => {
                    let bundle = decode_bundle(path, &content).unwrap();
                    read.extend(bundle.into_iter().map(<[u8]>::to_vec));
                }
                TileKind::Hashes { level: 0 } => {
                    leaves.extend(decode_hashes(path, &content).unwrap());
                }
                TileKind::Hashes { .. } => {
                    decode_hashes(path, &content).unwrap();
                }
            }
        }
        assert_eq!(read, entries);
        assert_eq!(leaves.len(), 700);
    }

    #[test]
    fn its_proofs_lead_to_its_root() {
        let entries = entries(300);
        let log = WholeLog::new(&entries).unwrap();
        let proof = log.prove(&ProofPlan::inclusion(77, 300).unwrap()).unwrap();
        verify_inclusion(leaf_hash(&entries[77]), 77, 300, &proof, log.root()).unwrap();
        let old = WholeLog::new(&entries[..200]).unwrap();
        let plan = ProofPlan::consistency(200, 300).unwrap();
        let proof = log.prove(&plan).unwrap();
        verify_consistency(200, old.root(), 300, log.root(), &proof).unwrap();
    }
}
