//! The command line. One file per subcommand, each with its `Args` and a `run` that writes to the handles it is given.
//!
//! Exit codes, the same for every subcommand: 0 done; 1 the command failed, and said why on standard error; 2 wrong usage,
//! or one of several inputs could not be read (the others were still processed), or `score` had to withhold the ranking.

pub mod check_awards;
pub mod check_config;
pub mod database;
pub mod export_log;
mod finding;
pub mod generate;
pub mod import;
pub mod migrate;
pub mod rotate_log_key;
pub mod schema;
pub mod score;
pub mod serve;
pub mod token;
pub mod tokens;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigFlags;
use database::DatabaseArgs;

/// Exit code when an input could not be read while others were.
const SOME_INPUT_UNREADABLE: u8 = 2;

/// Runs a registry of social value: tenders, bids, awards, claims and credits on one public log that anyone can check.
#[derive(Debug, Parser)]
#[command(name = "commonweal", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve; with `--demo` a worked city on this machine.
    Serve(ConfigFlags),
    /// Make and end API tokens, and found a new registry.
    Token(token::Args),
    /// Make hashes of the people behind a claim, on the supplier's own machine.
    Tokens(tokens::Args),
    /// Bring the database to the schema of this program.
    Migrate(DatabaseArgs),
    /// Let another key sign the log.
    RotateLogKey(DatabaseArgs),
    /// Write the published log to a folder that any file server can serve.
    ExportLog(export_log::Args),
    /// Write man pages and completions to a folder.
    #[command(hide = true)]
    Generate(generate::Args),
    /// Print the configuration that `serve` would use, with secrets masked.
    CheckConfig(ConfigFlags),
    /// Print the GraphQL schema.
    Schema,
    /// Recompute who should have won each published contest, and compare with the published winner.
    CheckAwards(check_awards::Args),
    /// Score bids by a plan: ranking, scorecards, robustness and price equivalents, without a database.
    Score(score::Args),
    /// Import published procurement data: OCDS packages, releases, records, and Prozorro tenders.
    Import(import::Args),
}

/// Runs a parsed command line.
///
/// # Errors
/// When the command failed as a whole; the error is for people.
pub fn run(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(flags) => serve::run(&flags, out),
        Command::Token(args) => token::run(args, out),
        Command::Tokens(args) => tokens::run(&args, out, err),
        Command::Migrate(args) => migrate::run(&args, out),
        Command::RotateLogKey(args) => rotate_log_key::run(&args, out),
        Command::ExportLog(args) => export_log::run(&args, out),
        Command::Generate(args) => generate::run(&args),
        Command::CheckConfig(flags) => check_config::run(&flags, out),
        Command::Schema => schema::run(out),
        Command::CheckAwards(args) => check_awards::run(&args, out, err),
        Command::Score(args) => score::run(&args, out),
        Command::Import(args) => import::run(&args, out, err),
    }
}

/// The runtime of a command that talks to the database or the network.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Runtime::new()?)
}

/// Text of others, fit for a terminal: one line, and nothing that steers it or hides.
fn plain(text: &str) -> String {
    commonweal_domain::text::shown(text)
}
