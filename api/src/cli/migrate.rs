//! `commonweal migrate`: brings the database to the schema of this program.

use std::io::Write;
use std::process::ExitCode;

use super::database::{self, DatabaseArgs};
use super::runtime;

/// Migrates the configured database.
pub fn run(args: &DatabaseArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let config = args.load()?;
    runtime()?.block_on(database::migrate(&config))?;
    writeln!(out, "the database has the schema of this program")?;
    Ok(ExitCode::SUCCESS)
}
