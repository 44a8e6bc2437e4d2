//! `commonweal import FILE...`: published procurement data into the database.

mod rejects;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use commonweal_app::App;
use commonweal_app::import::{IMPORT_BATCH_MAX, ImportOutcome, ImportedContest, ImportedRelease};
use commonweal_domain::award_check::check;
use indicatif::{ProgressBar, ProgressStyle};
use rejects::Rejects;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::SOME_INPUT_UNREADABLE;
use super::database::DatabaseArgs;
use super::finding::{Answer, explanation};
use crate::open_data::{self, Record, Release, StreamError};

/// Records read ahead while a batch is being stored.
const RECORDS_AHEAD: usize = 16;
/// A batch is stored when its content reaches so many bytes, however few its releases are.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Import published procurement data: OCDS release and record packages, releases, records, and Prozorro tenders.
///
/// Files are read as streams. What was imported before is left alone, so that an import that was stopped is finished by
/// repeating it. A release is stored whole or not at all. Personal data is not taken. Exit code 2 when a file could not
/// be read to its end; what came before the break is kept.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write what was rejected or left out to this file, as one JSON object a line: file, record, line, path, reason, and
    /// whether the whole record was rejected. Without it the same is said on standard error.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Where to.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Imports the files.
///
/// # Errors
/// When the database or the reject file cannot be used. A file that cannot be read is reported and changes the exit code.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(import(args, out, err))
}

async fn import(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let progress = progress_bar(&args.files);
    let mut rejects = Rejects::open(args.rejects.as_deref(), err, progress.clone())?;
    let app = args.database.open().await?;
    let mut totals = Totals::default();
    for path in &args.files {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                totals.unreadable += 1;
                rejects.file(path, &format!("cannot be opened: {error}"))?;
                continue;
            }
        };
        progress.set_message(path.display().to_string());
        let (records, reader) = read_in_background(progress.wrap_read(BufReader::new(file)));
        import_file(&app, path, records, &mut rejects, &mut totals)
            .await
            .with_context(|| {
                format!(
                    "{}: the import stopped; run it again to finish",
                    path.display()
                )
            })?;
        if let Err(error) = reader.await? {
            totals.unreadable += 1;
            rejects.file(path, &error.to_string())?;
        }
    }
    progress.finish_and_clear();
    rejects.finish()?;
    app.store().close().await;
    totals.write(args.files.len(), out)?;
    Ok(if totals.unreadable == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(SOME_INPUT_UNREADABLE)
    })
}

/// Reads a file on a thread of its own. The channel is short, so that reading waits for storing.
fn read_in_background(
    source: impl std::io::Read + Send + 'static,
) -> (mpsc::Receiver<Record>, JoinHandle<Result<(), StreamError>>) {
    let (sender, records) = mpsc::channel(RECORDS_AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        open_data::read(source, &mut |record| match sender.blocking_send(record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    (records, reader)
}

async fn import_file(
    app: &App,
    path: &Path,
    mut records: mpsc::Receiver<Record>,
    rejects: &mut Rejects<'_>,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    let mut batch: Vec<ImportedRelease> = Vec::new();
    let mut bytes = 0;
    while let Some(record) = records.recv().await {
        totals.records += 1;
        totals.note(&record);
        rejects.record(path, &record)?;
        for release in &record.releases {
            let release = imported(path, release)?;
            bytes += release.content.len();
            batch.push(release);
            if batch.len() == IMPORT_BATCH_MAX || bytes >= BATCH_BYTES {
                totals.add(app.import(std::mem::take(&mut batch)).await?);
                bytes = 0;
            }
        }
    }
    if !batch.is_empty() {
        totals.add(app.import(batch).await?);
    }
    Ok(())
}

fn imported(path: &Path, release: &Release) -> anyhow::Result<ImportedRelease> {
    let buyer = release.buyer.as_ref();
    Ok(ImportedRelease {
        ocid: release.ocid.clone(),
        release_id: release.id.clone(),
        form: release.form.code(),
        published_at: release.date,
        title: release.tender.title.clone(),
        buyer_id: buyer.map(|buyer| buyer.id.clone()),
        buyer_name: buyer
            .map(|buyer| buyer.name.clone())
            .filter(|name| !name.is_empty()),
        is_test: release.test,
        content: serde_json::to_string(release)?,
        source: path.display().to_string(),
        contests: release
            .contests()
            .iter()
            .map(|contest| {
                let finding = check(contest);
                let answer = Answer::of(&finding.verdict);
                ImportedContest {
                    lot: contest.lot.clone(),
                    bids: contest.bids.len(),
                    priced_bids: contest
                        .bids
                        .iter()
                        .filter(|bid| bid.price.is_some())
                        .count(),
                    result: answer.code,
                    basis: finding.basis.code(),
                    reason: answer.reason,
                    explanation: explanation(&finding),
                }
            })
            .collect(),
    })
}

/// Shown on a terminal only.
fn progress_bar(files: &[PathBuf]) -> ProgressBar {
    let bytes = files
        .iter()
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|file| file.len())
        .sum();
    let style = ProgressStyle::with_template(
        "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {eta}  {wide_msg}",
    );
    let bar = ProgressBar::new(bytes);
    // The template is fixed; were it wrong, the plain style would do.
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// What became of the files.
#[derive(Debug, Default)]
struct Totals {
    unreadable: usize,
    records: u64,
    rejected: u64,
    left_out: u64,
    releases: ImportOutcome,
}

impl Totals {
    fn add(&mut self, outcome: ImportOutcome) {
        self.releases.new += outcome.new;
        self.releases.unchanged += outcome.unchanged;
        self.releases.changed += outcome.changed;
    }

    fn note(&mut self, record: &Record) {
        if record.releases.is_empty() {
            self.rejected += 1;
        } else {
            self.left_out += record.problems.len() as u64;
        }
    }

    fn write(&self, files: usize, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{files:>8}  files")?;
        writeln!(out, "{:>8}  not read to their end", self.unreadable)?;
        writeln!(out, "{:>8}  records", self.records)?;
        writeln!(out, "{:>8}  rejected", self.rejected)?;
        writeln!(out, "{:>8}  fields left out", self.left_out)?;
        writeln!(out, "{:>8}  releases new", self.releases.new)?;
        writeln!(
            out,
            "{:>8}  releases changed, kept beside the earlier ones",
            self.releases.changed
        )?;
        writeln!(
            out,
            "{:>8}  releases known already",
            self.releases.unchanged
        )
    }
}
