//! A folder that holds the files of a log, as a server would serve them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Source, SourceError};

/// A log in a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder that holds `checkpoint` and `tile`, or the one above it that holds them in `log`.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        // The address stays the same from wherever the program is run.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let below = folder.join("log");
        let root = if below.is_dir() { below } else { folder };
        Self { root }
    }
}

impl Source for Folder {
    fn address(&self) -> String {
        self.root.display().to_string()
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let file = self.root.join(path);
        let shown = || file.display().to_string();
        let unreachable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                SourceError::Missing { path: shown() }
            }
            _ => SourceError::Unreachable {
                path: shown(),
                reason: error.to_string(),
            },
        };
        let opened = File::open(&file).map_err(unreachable)?;
        let mut bytes = Vec::new();
        opened
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(unreachable)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
            return Err(SourceError::TooLarge {
                path: shown(),
                limit,
            });
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_up_to_its_limit_from_either_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("log")).unwrap();
        fs::write(folder.path().join("log/vkey"), "12345").unwrap();
        for source in [
            Folder::new(folder.path()),
            Folder::new(folder.path().join("log")),
        ] {
            assert_eq!(source.read("vkey", 5), Ok(b"12345".to_vec()));
            assert!(matches!(
                source.read("vkey", 4),
                Err(SourceError::TooLarge { limit: 4, .. })
            ));
            for missing in ["checkpoint", "vkey/000", "tile/0/000"] {
                assert!(matches!(
                    source.read(missing, 4),
                    Err(SourceError::Missing { .. })
                ));
            }
        }
    }
}
