//! Every file of the published log, one after the other, for whoever writes them somewhere else.

use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::note::VerifierKey;
use commonweal_domain::log::schema;
use commonweal_domain::log::tile::{TILE_WIDTH, TileKind, TilePath, tiles_between};

use crate::App;
use crate::error::AppError;
use crate::read::log::StoredCheckpoint;

/// How many blobs are looked up at a time.
const BLOBS_AT_A_TIME: u64 = 100;

/// A place that takes the files of a log, by their paths below the log's address.
pub trait Shelf {
    /// Why it does not take one.
    type Error: From<AppError>;

    /// Whether it has the file, whole. Only files that never change are asked for.
    fn has(&self, path: &str) -> Result<bool, Self::Error>;

    /// Takes a file: after a crash it has it whole or as it was.
    fn put(&mut self, path: &str, content: &[u8]) -> Result<(), Self::Error>;
}

/// What of a log there is to export: from a checkpoint that the shelf has up to the newest.
#[derive(Debug)]
pub struct LogExport<'a> {
    app: &'a App,
    key: VerifierKey,
    newest: StoredCheckpoint,
    from: u64,
}

impl<'a> LogExport<'a> {
    /// The export up to the newest checkpoint. `shelved` is the checkpoint on the shelf: it must be one of this log, which
    /// continues it.
    pub async fn new(app: &'a App, shelved: Option<&[u8]>) -> Result<Self, AppError> {
        let read = app.read();
        let (Some(newest), Some(key)) = (read.checkpoint().await?, read.log_key().await?) else {
            let message = "the log is not published yet: start the service once";
            return Err(AppError::refused("LOG_UNPUBLISHED", message));
        };
        let from = match shelved {
            None => 0,
            Some(note) => {
                let (shelved, _) = Checkpoint::open(note, &key).map_err(|error| other(&error))?;
                if shelved.size() > newest.size {
                    let message = format!(
                        "it has {} entries, this log {}",
                        shelved.size(),
                        newest.size
                    );
                    return Err(other(&message));
                }
                if read.root(shelved.size()).await? != shelved.root() {
                    return Err(other(&"it has another beginning"));
                }
                shelved.size()
            }
        };
        Ok(Self {
            app,
            key,
            newest,
            from,
        })
    }

    /// Number of entries on the shelf before, and after.
    pub fn sizes(&self) -> (u64, u64) {
        (self.from, self.newest.size)
    }

    /// Puts every file on the shelf that it lacks, the checkpoint last: what the shelf's checkpoint covers is there at any
    /// moment. Repeated after a stop, it goes on where it was. `progress` is told how many entries are done.
    pub async fn write<S: Shelf>(
        &self,
        to: &mut S,
        mut progress: impl FnMut(u64),
    ) -> Result<(), S::Error> {
        for path in schema::paths() {
            if let Some(content) = schema::file(&path) {
                to.put(&path, &content)?;
            }
        }
        to.put("vkey", format!("{}\n", self.key).as_bytes())?;
        self.write_blobs(to).await?;
        let tiles = tiles_between(self.from, self.newest.size).map_err(AppError::internal)?;
        for path in tiles {
            self.write_tile(path, to).await?;
            if path.kind() == TileKind::Entries {
                let width = u64::from(TILE_WIDTH);
                let entries = path.index().saturating_mul(width);
                progress(entries.saturating_add(path.width().into()));
            }
        }
        to.put("checkpoint", &self.newest.note)
    }

    async fn write_tile<S: Shelf>(&self, path: TilePath, to: &mut S) -> Result<(), S::Error> {
        let name = path.to_string();
        if to.has(&name)? {
            return Ok(());
        }
        let content = self.app.read().tile(path).await?;
        let missing = || AppError::internal(format!("{name} is published and cannot be read"));
        to.put(&name, &content.ok_or_else(missing)?)
    }

    async fn write_blobs<S: Shelf>(&self, to: &mut S) -> Result<(), S::Error> {
        let mut next = self.from;
        loop {
            let read = self.app.read();
            let found = read
                .blob_hashes(next..self.newest.size, BLOBS_AT_A_TIME)
                .await?;
            let Some((last, _)) = found.last().copied() else {
                return Ok(());
            };
            for (_, sha256) in found {
                self.write_blob(sha256, to).await?;
            }
            next = last.saturating_add(1);
        }
    }

    async fn write_blob<S: Shelf>(&self, sha256: Hash, to: &mut S) -> Result<(), S::Error> {
        let name = format!("blob/{sha256}");
        if to.has(&name)? {
            return Ok(());
        }
        let content = self.app.read().blob(sha256).await?;
        let missing = || AppError::internal(format!("{name} is published and cannot be read"));
        to.put(&name, &content.ok_or_else(missing)?)
    }
}

fn other(why: &impl std::fmt::Display) -> AppError {
    AppError::refused(
        "LOG_OTHER",
        format!("the checkpoint there is not of this log ({why}): export to an empty folder"),
    )
}
