//! Keeps the files that never change, so that a run that was stopped goes on where it was and a later one fetches what is new.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use commonweal_domain::log::hash::sha256;
use commonweal_domain::log::tile::TilePath;

use super::{Source, SourceError};
use crate::head::MAX_VKEY_BYTES;

/// Bytes of the hash behind the content of a kept file: one that a crash or a disk has damaged is fetched again.
const HASH_BYTES: usize = 32;

/// A source whose full tiles, full bundles and blobs are kept in a folder.
pub struct Cache {
    source: Box<dyn Source>,
    folder: PathBuf,
}

impl Cache {
    /// Keeps what `source` gives below `folder`, which is made where it is missing, in a part of its own for the key that the
    /// log says it has: a log that began anew at the same address has another key, and none of the tiles of the old one.
    pub fn new(source: Box<dyn Source>, folder: impl Into<PathBuf>) -> Self {
        let key = source.read("vkey", MAX_VKEY_BYTES).unwrap_or_default();
        let part: String = sha256(&key).to_string().chars().take(16).collect();
        let folder = folder.into().join(part);
        Self { source, folder }
    }

    fn kept(&self, path: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.folder.join(path)).ok()?;
        let content = bytes.len().checked_sub(HASH_BYTES)?;
        let hash = bytes.split_off(content);
        (sha256(&bytes).as_bytes().as_slice() == hash.as_slice()).then_some(bytes)
    }
}

impl Source for Cache {
    fn address(&self) -> String {
        self.source.address()
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        if !never_changes(path) {
            return self.source.read(path, limit);
        }
        if let Some(content) = self.kept(path) {
            return Ok(content);
        }
        let content = self.source.read(path, limit)?;
        // A full disk makes the next run slower and this one no less right.
        let _ = keep(&self.folder.join(path), &content);
        Ok(content)
    }
}

fn never_changes(path: &str) -> bool {
    let full = |path: &str| path.parse::<TilePath>().is_ok_and(|path| path.is_full());
    path.starts_with("blob/") || full(path)
}

fn keep(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.write_all(sha256(content).as_bytes())?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Folder;

    #[test]
    fn what_never_changes_is_read_once_and_damaged_files_again() {
        let log = tempfile::tempdir().unwrap();
        let kept = tempfile::tempdir().unwrap();
        for path in ["tile/0/000", "tile/0/001.p/7", "checkpoint"] {
            let path = log.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "first").unwrap();
        }
        let cache = Cache::new(Box::new(Folder::new(log.path())), kept.path());
        for path in ["tile/0/000", "tile/0/001.p/7", "checkpoint"] {
            assert_eq!(cache.read(path, 100).unwrap(), b"first");
            fs::write(log.path().join(path), "second").unwrap();
            let again = cache.read(path, 100).unwrap();
            let expected: &[u8] = if path == "tile/0/000" {
                b"first"
            } else {
                b"second"
            };
            assert_eq!(again, expected, "{path}");
        }
        fs::write(cache.folder.join("tile/0/000"), "half of a fi").unwrap();
        assert_eq!(cache.read("tile/0/000", 100).unwrap(), b"second");
    }

    #[test]
    fn a_log_that_began_anew_is_read_anew() {
        let log = tempfile::tempdir().unwrap();
        let kept = tempfile::tempdir().unwrap();
        fs::create_dir_all(log.path().join("tile/0")).unwrap();
        let read = |key: &str, tile: &str| {
            fs::write(log.path().join("vkey"), key).unwrap();
            fs::write(log.path().join("tile/0/000"), tile).unwrap();
            let cache = Cache::new(Box::new(Folder::new(log.path())), kept.path());
            cache.read("tile/0/000", 100).unwrap()
        };
        assert_eq!(read("one", "first"), b"first");
        assert_eq!(read("two", "second"), b"second");
        assert_eq!(read("one", "altered"), b"first", "what is kept is kept");
    }
}
