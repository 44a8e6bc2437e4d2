//! The state file: the log's key and the last signed checkpoint, kept from run to run. It is what makes a log that
//! rewrites its past visible.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use commonweal_domain::log::checkpoint::{Checkpoint, CheckpointError};
use commonweal_domain::log::note::{NoteError, SignedNote, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::Options;

/// The version of the file's form.
const VERSION: u32 = 1;

/// What was kept, its signature checked again.
pub(crate) struct Kept {
    pub(crate) vkey: VerifierKey,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: SignedNote,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    version: u32,
    vkey: String,
    /// The whole signed note: beside a later contradicting one it proves a fork.
    checkpoint: String,
}

/// Why the state file is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    #[error("{path} cannot be read ({error}): make it readable, or name another file with --state", path = .path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path} cannot be written ({error}): name another file with --state", path = .path.display())]
    Unwritable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path} is not a state file of version {VERSION} ({reason}): restore it from a copy, or name another file with --state to start anew", path = .path.display())]
    Malformed { path: PathBuf, reason: String },
}

/// What the state file of a run holds; none without one.
pub(crate) fn load_of(options: &Options) -> Result<Option<Kept>, KeptError> {
    match &options.state_file {
        Some(file) => load(file),
        None => Ok(None),
    }
}

/// What the file holds; none when there is no file yet. A file that cannot be used is an error and never "no file": it would
/// silently forget what was seen.
pub(crate) fn load(path: &Path) -> Result<Option<Kept>, KeptError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(KeptError::Unreadable {
                path: path.to_owned(),
                error,
            });
        }
    };
    let malformed = |reason: String| KeptError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let file: StateFile =
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    if file.version != VERSION {
        return Err(malformed(format!("it has version {}", file.version)));
    }
    let vkey: VerifierKey = file
        .vkey
        .parse()
        .map_err(|error: NoteError| malformed(error.to_string()))?;
    let (checkpoint, note) = Checkpoint::open(file.checkpoint.as_bytes(), &vkey)
        .map_err(|error: CheckpointError| malformed(error.to_string()))?;
    Ok(Some(Kept {
        vkey,
        checkpoint,
        note,
    }))
}

/// Replaces the file in one step: a reader, or a crash, sees the old one or the new one.
pub(crate) fn save(path: &Path, vkey: &str, note: &SignedNote) -> Result<(), KeptError> {
    let file = StateFile {
        version: VERSION,
        vkey: vkey.to_owned(),
        checkpoint: note.to_string(),
    };
    replace(path, &file).map_err(|error| KeptError::Unwritable {
        path: path.to_owned(),
        error,
    })
}

fn replace(path: &Path, file: &StateFile) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(name);
    let written = File::create(&beside).and_then(|mut new| {
        serde_json::to_writer_pretty(&mut new, file)?;
        writeln!(new)?;
        new.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_domain::log::hash::empty_root;
    use commonweal_domain::log::note::NoteSigner;

    fn signed() -> (NoteSigner, SignedNote) {
        let signer = NoteSigner::from_seed("demo.example/log".parse().unwrap(), &[3; 32]);
        let note = Checkpoint::new("demo.example/log", 0, empty_root())
            .unwrap()
            .sign(&signer)
            .unwrap();
        (signer, note)
    }

    #[test]
    fn what_is_saved_is_loaded_and_no_other_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/state.json");
        assert!(load(&path).unwrap().is_none());
        let (signer, note) = signed();
        for _ in 0..2 {
            save(&path, &signer.verifier_key().to_string(), &note).unwrap();
        }
        let kept = load(&path).unwrap().unwrap();
        assert_eq!((&kept.vkey, &kept.note), (signer.verifier_key(), &note));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_or_altered_file_is_an_error_and_not_a_first_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let (signer, note) = signed();
        save(&path, &signer.verifier_key().to_string(), &note).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        for bad in [
            String::new(),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("\\n0\\n", "\\n7\\n"),
            good.replace("\"vkey\"", "\"key\""),
        ] {
            assert_ne!(bad, good);
            fs::write(&path, bad).unwrap();
            assert!(matches!(load(&path), Err(KeptError::Malformed { .. })));
        }
        assert!(matches!(
            load(folder.path()),
            Err(KeptError::Unreadable { .. })
        ));
    }
}
