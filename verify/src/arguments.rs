//! The command line, its man page and its completions.

use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser, ValueEnum};
use clap_complete::Shell;
use commonweal_domain::log::note::VerifierKey;

/// Checks the public log of a Commonweal server and recomputes what it says, or proves one entry of it.
///
/// Without --entry, --receipt or --certificate: signature, cosignatures, root, tiles, the continuation of the log seen before,
/// and every entry by the rules. Exit code 0: clean; 1: discrepancy; 2: cannot tell (unreachable, malformed, unknown kind).
#[derive(Debug, Parser)]
#[command(name = "commonweal-verify", version)]
pub(crate) struct Arguments {
    /// Address of the server, such as https://registry.example, or a folder with the same files. A receipt is checked without
    /// one when --vkey gives the key
    #[arg(value_name = "URL|DIR", value_parser = address)]
    pub(crate) log: Option<String>,
    /// File that keeps the key and the last checkpoint from run to run [default: one for each URL|DIR in
    /// ~/.local/state/commonweal-verify, or in the current folder when there is no home]
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// The log's verifier key, as the operator published it; without it the key is the one kept, and on the first run
    /// the one that the log serves
    #[arg(long, value_name = "VKEY")]
    pub(crate) vkey: Option<VerifierKey>,
    /// Which witnesses must have cosigned the checkpoint: lines `witness NAME VKEY`, `group NAME N MEMBER...`, `quorum MEMBER`
    #[arg(long, value_name = "FILE")]
    pub(crate) witness_policy: Option<PathBuf>,
    /// Prove this entry alone, and print it
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["receipt", "certificate"])]
    pub(crate) entry: Option<u64>,
    /// Check this receipt (.tlog-proof) alone; with a log, also that the log still continues it
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    pub(crate) receipt: Option<PathBuf>,
    /// Check the receipt of a retirement and say what it certifies; with a log, replay it too, which tells whether the certificate
    /// still holds
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Folder that keeps full tiles and blobs, so that a run that was stopped goes on [default: one for each URL in
    /// ~/.cache/commonweal-verify]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Keep no tiles
    #[arg(long, conflicts_with = "cache")]
    pub(crate) no_cache: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
    /// Write the man page and the completions of every shell to a folder
    #[arg(long, hide = true, value_name = "DIR")]
    pub(crate) generate: Option<PathBuf>,
}

/// The address of a log. A server without its scheme would be taken for a folder.
fn address(text: &str) -> Result<String, String> {
    if names_a_server(text) && !Path::new(text).exists() {
        return Err(format!(
            "there is no such folder; for a server write http://{text}"
        ));
    }
    Ok(text.to_owned())
}

/// Whether a text looks like `HOST:PORT`, with a path or without.
fn names_a_server(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or_default();
    let parts = authority.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// What packages install beside the program.
pub(crate) fn generate(folder: &Path) -> std::io::Result<()> {
    let mut command = Arguments::command();
    std::fs::create_dir_all(folder)?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut command, "commonweal-verify", folder)?;
    }
    clap_mangen::generate_to(command, folder)
}
