//! Inclusion proofs from the hashes that the log stores, against recomputing the tree from its leaves.
//!
//! Prints `name ratio limit` per line, medians of alternating pairs: the time of one recomputation over the time of one
//! proof from stored hashes at each size, and the time of a proof at the small size over that at the large one, which stays near
//! 1 as long as proofs do not grow with the log. At ten million entries only what tiles hold is stored, and each hash
//! of a proof is folded from its tile, as whoever reads the log over HTTP does. Times go to standard error. Ends with 1 below a
//! limit.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use commonweal_domain::log::hash::{Hash, leaf_hash};
use commonweal_domain::log::merkle_proof::{ProofPlan, verify_inclusion};
use commonweal_domain::log::tile::{TILE_HEIGHT, TilePath, hash_in_tile};
use commonweal_domain::log::tree::{Frontier, NodeId};

type Failure = Box<dyn std::error::Error>;

const PAIRS: usize = 5;
/// Not powers of two, so that the right edge is ragged.
const SMALL: u64 = 100_003;
const LARGE: u64 = 1_000_003;
const TILED: u64 = 10_000_003;
const LIMIT_SMALL: f64 = 1_000.0;
const LIMIT_LARGE: f64 = 10_000.0;
const LIMIT_TILED: f64 = 1_000.0;
const LIMIT_FLAT: f64 = 0.5;
/// A single proof is too short to time.
const PROOFS: u64 = 2_000;

/// A log with the hash of every complete subtree, or of those that tiles hold, a row per level.
struct Stored {
    rows: Vec<Vec<Hash>>,
    tiled: bool,
    size: u64,
    root: Hash,
}

impl Stored {
    fn new(size: u64, tiled: bool) -> Result<Self, Failure> {
        let mut rows: Vec<Vec<Hash>> = vec![Vec::new(); 64];
        let mut edge = Frontier::new();
        for index in 0..size {
            edge.push_and_store(leaf_hash(&index.to_be_bytes()), |node, hash| {
                let stored = !tiled || node.level % TILE_HEIGHT == 0;
                if let Some(row) = rows.get_mut(usize::from(node.level)).filter(|_| stored) {
                    row.push(hash);
                }
            })?;
        }
        Ok(Self {
            rows,
            tiled,
            size,
            root: edge.root(),
        })
    }

    fn leaves(&self) -> &[Hash] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }

    fn hash(&self, node: NodeId) -> Option<Hash> {
        if self.tiled {
            return self.folded(node);
        }
        let row = self.rows.get(usize::from(node.level))?;
        row.get(usize::try_from(node.index).ok()?).copied()
    }

    /// The hash of a subtree from the tile that it is in.
    fn folded(&self, node: NodeId) -> Option<Hash> {
        let path = TilePath::holding(node, self.size).ok()?;
        let (nodes, width) = (path.nodes(), usize::from(path.width()));
        let first = nodes.first()?;
        let row = self.rows.get(usize::from(first.level))?;
        let tile = row
            .get(usize::try_from(first.index).ok()?..)?
            .get(..width)?;
        hash_in_tile(path, tile, node).ok()
    }

    fn proof(&self, index: u64) -> Result<Vec<Hash>, Failure> {
        let plan = ProofPlan::inclusion(index, self.size)?;
        let nodes = plan.nodes().into_iter();
        let hashes: Option<Vec<Hash>> = nodes.map(|node| self.hash(node)).collect();
        Ok(plan.assemble(&hashes.ok_or("a complete subtree is stored")?)?)
    }

    /// The same proof by who keeps nothing but leaves.
    fn recomputed(&self, index: u64) -> Result<Vec<Hash>, Failure> {
        let plan = ProofPlan::inclusion(index, self.size)?;
        let nodes = plan.nodes();
        let mut found: HashMap<NodeId, Option<Hash>> =
            nodes.iter().map(|node| (*node, None)).collect();
        let mut edge = Frontier::new();
        for leaf in self.leaves() {
            edge.push_and_store(*leaf, |node, hash| {
                if let Some(wanted) = found.get_mut(&node) {
                    *wanted = Some(hash);
                }
            })?;
        }
        let hashes: Option<Vec<Hash>> = nodes
            .iter()
            .map(|node| found.get(node).copied().flatten())
            .collect();
        Ok(plan.assemble(&hashes.ok_or("every subtree was seen")?)?)
    }

    /// An index that looks random and is the same in every run.
    fn spread(&self, number: u64) -> u64 {
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % self.size
    }

    /// Seconds for one proof from stored hashes.
    fn time_stored(&self) -> Result<f64, Failure> {
        let start = Instant::now();
        for number in 0..PROOFS {
            black_box(self.proof(self.spread(number))?);
        }
        Ok(start.elapsed().as_secs_f64() / f64::from(u32::try_from(PROOFS)?))
    }

    /// Seconds for one recomputation, after making sure that both ways agree and convince.
    fn time_recomputed(&self, number: u64) -> Result<f64, Failure> {
        let index = self.spread(number);
        let start = Instant::now();
        let proof = black_box(self.recomputed(index)?);
        let seconds = start.elapsed().as_secs_f64();
        if proof != self.proof(index)? {
            return Err(format!("two proofs for entry {index}").into());
        }
        let leaf = usize::try_from(index)
            .ok()
            .and_then(|at| self.leaves().get(at));
        let leaf = leaf.ok_or("the leaf is stored")?;
        verify_inclusion(*leaf, index, self.size, &proof, self.root)?;
        Ok(seconds)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn run() -> Result<bool, Failure> {
    let logs = [
        Stored::new(SMALL, false)?,
        Stored::new(LARGE, false)?,
        Stored::new(TILED, true)?,
    ];
    let mut gains = [Vec::new(), Vec::new(), Vec::new()];
    let mut flat = Vec::new();
    for pair in 0..PAIRS {
        let mut stored_times = Vec::new();
        for (log, gains) in logs.iter().zip(&mut gains) {
            let stored = log.time_stored()?;
            let recomputed = log.time_recomputed(u64::try_from(pair)? + 1)?;
            writeln!(
                std::io::stderr(),
                "proof in {} entries: {:.2} µs stored, {:.1} ms recomputed",
                log.size,
                stored * 1e6,
                recomputed * 1e3
            )?;
            gains.push(recomputed / stored);
            stored_times.push(stored);
        }
        if let [small, large, _] = stored_times.as_slice() {
            flat.push(small / large);
        }
    }
    let [small, large, tiled] = gains;
    let lines = [
        ("proofs-100000-over-recomputing", median(small), LIMIT_SMALL),
        (
            "proofs-1000000-over-recomputing",
            median(large),
            LIMIT_LARGE,
        ),
        (
            "proofs-10000000-from-tiles-over-recomputing",
            median(tiled),
            LIMIT_TILED,
        ),
        ("proofs-flat-100000-to-1000000", median(flat), LIMIT_FLAT),
    ];
    for (name, ratio, limit) in lines {
        writeln!(std::io::stdout(), "{name} {ratio:.2} {limit}")?;
    }
    Ok(lines.iter().all(|(_, ratio, limit)| ratio >= limit))
}

fn main() -> Result<ExitCode, Failure> {
    Ok(if run()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
