//! `commonweal-verify`: checks a public log and replays it. See the library for what is checked.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use commonweal_domain::log::{hash::sha256, note::VerifierKey};
use commonweal_verify::{Options, Progress, Verdict, run, source};
use indicatif::{ProgressBar, ProgressStyle};

/// Checks the public log of a Commonweal server and recomputes what it says.
///
/// Signature, root, tiles, the continuation of the log seen before, and every entry by the rules. Exit code 0: clean; 1:
/// discrepancy; 2: cannot tell (unreachable, malformed, unknown kind).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address of the server, such as https://registry.example, or a folder with the same files
    #[arg(value_name = "URL|DIR")]
    log: String,
    /// File that keeps the key and the last checkpoint from run to run [default: one for each URL|DIR in
    /// ~/.local/state/commonweal-verify, or in the current folder when there is no home]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The log's verifier key, as the operator published it; without it the key is the one kept, and on the first run
    /// the one that the log serves
    #[arg(long, value_name = "VKEY")]
    vkey: Option<VerifierKey>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Show no progress bar
    #[arg(long)]
    no_progress: bool,
}

fn main() -> ExitCode {
    verify(Arguments::parse()).unwrap_or_else(|error| {
        // There is nowhere left to say it when standard error is closed too.
        let _ = writeln!(stderr(), "commonweal-verify: {error:#}");
        ExitCode::from(Verdict::CannotTell.exit_code())
    })
}

fn verify(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let log = source::open(&arguments.log);
    let state_file = arguments
        .state
        .unwrap_or_else(|| default_state_file(&log.address()));
    let options = Options {
        state_file: Some(state_file),
        vkey: arguments.vkey,
    };
    let bar = if arguments.no_progress {
        ProgressBar::hidden()
    } else {
        progress_bar()?
    };
    let report = run(log.as_ref(), &options, &mut |Progress { entries, size }| {
        bar.set_length(size);
        bar.set_position(entries);
    });
    bar.finish_and_clear();

    let mut out = stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(ExitCode::from(report.verdict().exit_code()))
}

/// One file for each address, not for each origin: a server that renames its log cannot pass for a new one.
fn default_state_file(address: &str) -> PathBuf {
    let hash = sha256(address.as_bytes()).to_string();
    let name = format!("commonweal-verify-{}.json", hash.get(..16).unwrap_or(&hash));
    match std::env::home_dir() {
        Some(home) => home.join(".local/state/commonweal-verify").join(name),
        None => PathBuf::from(name),
    }
}

/// Drawn on standard error, and only where that is a terminal.
fn progress_bar() -> anyhow::Result<ProgressBar> {
    let style = "{bar:40} {pos}/{len} entries, {per_sec}, {eta} left";
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}
