//! The file with the last signed checkpoint, which outlives a restore of the database.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::AppError;
use crate::failpoint::{Point, Points};
use crate::publisher::error::PublishError;

/// The file of one log.
#[derive(Debug, Clone)]
pub(super) struct Memory(pub(super) PathBuf);

impl Memory {
    /// The last signed checkpoint; none before the first.
    pub(super) async fn recall(&self) -> Result<Option<Vec<u8>>, PublishError> {
        match tokio::fs::read(&self.0).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(self.error(cause)),
        }
    }

    /// Keeps a signed checkpoint: once this returns it survives a crash.
    pub(super) async fn keep(&self, note: Vec<u8>, points: &Points) -> Result<(), PublishError> {
        let (path, points) = (self.0.clone(), points.clone());
        tokio::task::spawn_blocking(move || replace_file(&path, &note, &points))
            .await
            .map_err(AppError::internal)?
            .map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: io::Error) -> PublishError {
        PublishError::File {
            path: self.0.clone(),
            cause,
        }
    }
}

/// Replaces a file so that after a crash it has the old or the new content, and the new one once this returns.
fn replace_file(path: &Path, content: &[u8], points: &Points) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(content)?;
    points.pass(Point::MemoryWritten)?;
    file.sync_all()?;
    points.pass(Point::MemorySynced)?;
    std::fs::rename(&new, path)?;
    points.pass(Point::MemoryRenamed)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => std::fs::File::open(".")?.sync_all(),
    }
}
