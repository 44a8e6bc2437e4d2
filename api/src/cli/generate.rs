//! `commonweal generate DIR`: man pages and completions, for packages.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

/// Write the man pages and the completions of every shell to a folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Writes the files.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let folder = &args.folder;
    let write = || -> std::io::Result<()> {
        let mut command = super::Cli::command();
        std::fs::create_dir_all(folder)?;
        for shell in Shell::value_variants() {
            clap_complete::generate_to(*shell, &mut command, "commonweal", folder)?;
        }
        clap_mangen::generate_to(command, folder)
    };
    write().with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_its_page_and_every_shell_its_completions() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_owned();
        run(&Args {
            folder: folder.clone(),
        })
        .unwrap();
        for name in [
            "commonweal.1",
            "commonweal-export-log.1",
            "commonweal.bash",
            "_commonweal",
        ] {
            assert!(folder.join(name).exists(), "{name}");
        }
    }
}
