//! `commonweal rotate-log-key`: another key signs the log.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::database::DatabaseArgs;
use super::runtime;
use crate::keys::KeyFiles;

/// Makes a new key, writes an entry that both keys sign, and puts the new key file in the place of the old one, which stays
/// beside it under the name of its key id. Start the server again afterwards. Repeated after a stop, it is finished.
///
/// Those who know the old key follow the entry to the new one; a key that was stolen or lost cannot hand over, and its
/// successor must be announced outside the log.
///
/// # Errors
/// When the key file is not the log's, or a file cannot be written.
pub fn run(args: &DatabaseArgs, out: &mut dyn Write) -> Result<ExitCode> {
    let config = args.load()?;
    runtime()?.block_on(async {
        let app = args.open().await?;
        let keys = KeyFiles::open(&config.data)?;
        let rng = app.store().ids().rng();
        let present = keys.log_signer(&config.origin, rng.as_ref())?;
        let next = keys.next_log_signer(&config.origin, rng.as_ref())?;
        let done = app.rotate_log_key(&present, &next).await;
        app.store().close().await;
        done.context("the key was not changed")?;
        keys.promote_next_log_key(present.verifier_key())?;
        writeln!(out, "the log is signed with {}", next.verifier_key())?;
        Ok(ExitCode::SUCCESS)
    })
}
