//! Reads tiles and bundles. Where a partial tile is gone because the log has grown, the full one begins with it.

use commonweal_domain::log::bundle::BundleEntries;
use commonweal_domain::log::canonical::MAX_ENTRY_BYTES;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::tile::{TILE_WIDTH, TileKind, TilePath, decode_hashes};

use crate::parse::Entries;
use crate::report::Finding;
use crate::source::{Source, SourceError};

/// Bytes of the length before each entry of a bundle.
const LENGTH_BYTES: u64 = 2;
const HASH_BYTES: u64 = 32;

/// The tiles of one log.
pub(crate) struct Tiles<'a> {
    source: &'a dyn Source,
}

/// The entries of a tile, as far as they were shown.
pub(crate) struct Bundle {
    /// Where they stand.
    pub(crate) path: TilePath,
    pub(crate) entries: Entries,
    /// What is wrong with the bundle's end; its whole entries can be judged all the same.
    pub(crate) finding: Option<Finding>,
}

impl<'a> Tiles<'a> {
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self { source }
    }

    /// The hashes of a tile, as many as its path says.
    pub(crate) fn hashes(&self, path: TilePath) -> Result<Vec<Hash>, Finding> {
        let (served, bytes) = self.read(path)?;
        let mut hashes = decode_hashes(served, &bytes)
            .map_err(|error| Finding::cannot_tell("tile", format!("the tile {path}"), error))?;
        hashes.truncate(usize::from(path.width()));
        Ok(hashes)
    }

    /// The bundle that holds an entry in a log of `size`.
    pub(crate) fn bundle(&self, entry: u64, size: u64) -> Result<Bundle, Finding> {
        let path = TilePath::holding_entry(entry, size)
            .map_err(|error| Finding::cannot_tell("entry", "an index in the log", error))?;
        let (served, bytes) = self.read(path)?;
        let mut entries = BundleEntries::new(&bytes);
        let count = entries.by_ref().count();
        let rest = entries.rest().len();
        let finding = (count != usize::from(served.width()) || rest != 0).then(|| {
            Finding::cannot_tell(
                "entry bundle",
                format!("{} whole entries in {served}", served.width()),
                format!("{count} whole entries and {rest} bytes left over: it was cut or altered on its way"),
            )
        });
        let entries = Entries {
            bundle: bytes.into(),
            count: count.min(usize::from(path.width())),
        };
        Ok(Bundle {
            path,
            entries,
            finding,
        })
    }

    /// The content of a tile and the path at which it was found.
    fn read(&self, path: TilePath) -> Result<(TilePath, Vec<u8>), Finding> {
        let read = |path: TilePath| {
            let bytes = self.source.read(&path.to_string(), limit(path))?;
            Ok((path, bytes))
        };
        read(path)
            .or_else(|error| match (error, full(path)) {
                (SourceError::Missing { .. }, Some(full)) => read(full),
                (error, _) => Err(error),
            })
            .map_err(|error| Finding::cannot_tell("tile", format!("the tile {path}"), error))
    }
}

/// The full tile that a partial one becomes.
fn full(path: TilePath) -> Option<TilePath> {
    if path.is_full() {
        return None;
    }
    TilePath::new(path.kind(), path.index(), TILE_WIDTH).ok()
}

/// The most bytes that the tile can have.
fn limit(path: TilePath) -> u64 {
    let one = match path.kind() {
        TileKind::Hashes { .. } => HASH_BYTES,
        TileKind::Entries => LENGTH_BYTES + u64::try_from(MAX_ENTRY_BYTES).unwrap_or(u64::MAX),
    };
    one.saturating_mul(u64::from(path.width()))
}
