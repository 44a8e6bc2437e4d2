//! `commonweal check-config`: the configuration that `serve` would use, with secrets masked.

use std::io::Write;
use std::process::ExitCode;

use crate::config::{Config, ConfigFlags};

/// Prints the configuration, or says what is wrong with it.
pub fn run(flags: &ConfigFlags, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let config = Config::load(flags)?;
    write!(out, "{}", config.masked_toml())?;
    Ok(ExitCode::SUCCESS)
}
