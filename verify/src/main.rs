//! `commonweal-verify`: checks a public log and replays it, or proves one entry of it. See the library for what is checked.

mod arguments;

use std::fmt::Display;
use std::fs;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use commonweal_domain::log::hash::sha256;
use commonweal_verify::certificate::check_certificate;
use commonweal_verify::item::{Proven, prove_entry, prove_receipt};
use commonweal_verify::source::{self, Cache, Source};
use commonweal_verify::{Finding, Options, Progress, Verdict, run};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use arguments::Arguments;

fn main() -> ExitCode {
    verify(&Arguments::parse()).unwrap_or_else(|error| {
        // There is nowhere left to say it when standard error is closed too.
        let _ = writeln!(stderr(), "commonweal-verify: {error:#}");
        ExitCode::from(Verdict::CannotTell.exit_code())
    })
}

fn verify(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &arguments.generate {
        arguments::generate(folder)
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let log = arguments.log.as_deref().map(|log| open(log, arguments));
    let options = options(arguments, log.as_deref())?;
    let verdict = match (
        &arguments.certificate,
        &arguments.receipt,
        arguments.entry,
        &log,
    ) {
        (Some(file), ..) => {
            let file = read(file)?;
            let checked = watched(arguments, |progress| {
                check_certificate(&file, log.as_deref(), &options, progress)
            })?;
            show(&checked, checked.verdict, arguments.json)?
        }
        (None, Some(file), ..) => {
            let proven = prove_receipt(&read(file)?, log.as_deref(), &options);
            show_item(&proven, arguments.json)?
        }
        (None, None, Some(index), Some(log)) => {
            let proven = prove_entry(log.as_ref(), &options, index);
            show_item(&proven, arguments.json)?
        }
        (None, None, None, Some(log)) => {
            let report = watched(arguments, |progress| run(log.as_ref(), &options, progress))?;
            show(&report, report.verdict(), arguments.json)?
        }
        (None, None, _, None) => bail!("name the log: a URL or a folder"),
    };
    Ok(ExitCode::from(verdict.exit_code()))
}

/// The log, with what never changes kept between runs where it comes over a network.
fn open(address: &str, arguments: &Arguments) -> Box<dyn Source> {
    let log = source::open(address);
    let remote = address.starts_with("http://") || address.starts_with("https://");
    let folder = match &arguments.cache {
        Some(folder) => Some(folder.clone()),
        None if remote && !arguments.no_cache => std::env::home_dir().map(|home| {
            home.join(".cache/commonweal-verify")
                .join(name_of(log.as_ref()))
        }),
        None => None,
    };
    match folder {
        Some(folder) => Box::new(Cache::new(log, folder)),
        None => log,
    }
}

fn options(arguments: &Arguments, log: Option<&dyn Source>) -> anyhow::Result<Options> {
    let witnesses = match &arguments.witness_policy {
        Some(file) => {
            let policy = read(file)?.parse();
            Some(policy.with_context(|| format!("in {}", file.display()))?)
        }
        None => None,
    };
    Ok(Options {
        state_file: arguments
            .state
            .clone()
            .or_else(|| log.map(default_state_file)),
        vkey: arguments.vkey.clone(),
        witnesses,
    })
}

fn read(file: &PathBuf) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Does what reports its progress, which is drawn meanwhile.
fn watched<T>(
    arguments: &Arguments,
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> T,
) -> anyhow::Result<T> {
    let bar = if arguments.no_progress {
        ProgressBar::hidden()
    } else {
        progress_bar()?
    };
    let done = work(&mut |Progress { entries, size }| {
        bar.set_length(size);
        bar.set_position(entries);
    });
    bar.finish_and_clear();
    Ok(done)
}

/// Prints what was found, for people or as JSON.
fn show(
    found: &(impl Display + Serialize),
    verdict: Verdict,
    json: bool,
) -> anyhow::Result<Verdict> {
    let mut out = stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, found)?;
        writeln!(out)?;
    } else {
        write!(out, "{found}")?;
    }
    Ok(verdict)
}

fn show_item(item: &Result<Proven, Finding>, json: bool) -> anyhow::Result<Verdict> {
    let mut out = stdout().lock();
    let verdict = match item {
        Ok(_) => Verdict::Clean,
        Err(finding) => finding.verdict,
    };
    if json {
        let (proven, finding) = (item.as_ref().ok(), item.as_ref().err());
        let all = json!({ "verdict": verdict, "proven": proven, "finding": finding });
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
        return Ok(verdict);
    }
    match item {
        Ok(proven) => write!(out, "{proven}")?,
        Err(finding) => write!(out, "{finding}")?,
    }
    Ok(verdict)
}

/// One file for each address, not for each origin: a server that renames its log cannot pass for a new one.
fn default_state_file(log: &dyn Source) -> PathBuf {
    let name = format!("commonweal-verify-{}.json", name_of(log));
    match std::env::home_dir() {
        Some(home) => home.join(".local/state/commonweal-verify").join(name),
        None => PathBuf::from(name),
    }
}

/// A short name of an address that a file can have.
fn name_of(log: &dyn Source) -> String {
    let hash = sha256(log.address().as_bytes()).to_string();
    hash.chars().take(16).collect()
}

/// Drawn on standard error, and only where that is a terminal.
fn progress_bar() -> anyhow::Result<ProgressBar> {
    let style = "{bar:40} {pos}/{len} entries, {per_sec}, {eta} left";
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}
