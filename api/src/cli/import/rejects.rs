//! The report of what was rejected or left out.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::cli::plain;
use crate::open_data::Record;

/// Where the report goes: to a file as JSON Lines, or to standard error for people.
pub(super) struct Rejects<'w> {
    to: Target<'w>,
    progress: ProgressBar,
}

enum Target<'w> {
    File(BufWriter<File>),
    People(&'w mut dyn Write),
}

#[derive(Serialize)]
struct Reject<'a> {
    file: String,
    /// The number of the record in the file, from 1; nothing when the file is at fault.
    record: Option<u64>,
    /// The line the record begins on, from 1.
    line: Option<u64>,
    /// Where in the record; empty for all of it.
    path: &'a str,
    reason: &'a str,
    /// Whether nothing was imported of the record, or only a field left out.
    rejected: bool,
}

impl<'w> Rejects<'w> {
    /// A report to the file, or to `err` without one.
    pub(super) fn open(
        file: Option<&Path>,
        err: &'w mut dyn Write,
        progress: ProgressBar,
    ) -> anyhow::Result<Self> {
        let to = match file {
            Some(path) => {
                Target::File(BufWriter::new(File::create(path).with_context(|| {
                    format!("the reject file {} cannot be made", path.display())
                })?))
            }
            None => Target::People(err),
        };
        Ok(Self { to, progress })
    }

    /// The problems of one record.
    pub(super) fn record(&mut self, file: &Path, record: &Record) -> io::Result<()> {
        for problem in &record.problems {
            self.write(&Reject {
                file: file.display().to_string(),
                record: Some(record.number),
                line: Some(record.line),
                path: &problem.path,
                reason: &problem.reason,
                rejected: record.releases.is_empty(),
            })?;
        }
        Ok(())
    }

    /// A file that could not be read to its end.
    pub(super) fn file(&mut self, file: &Path, reason: &str) -> io::Result<()> {
        self.write(&Reject {
            file: file.display().to_string(),
            record: None,
            line: None,
            path: "",
            reason,
            rejected: true,
        })
    }

    /// Everything is on its way to the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.to {
            Target::File(mut file) => file.flush(),
            Target::People(err) => err.flush(),
        }
    }

    fn write(&mut self, line: &Reject<'_>) -> io::Result<()> {
        match &mut self.to {
            Target::File(file) => {
                serde_json::to_writer(&mut *file, line)?;
                writeln!(file)
            }
            Target::People(err) => {
                let mut text = line.file.clone();
                if let (Some(record), Some(number)) = (line.record, line.line) {
                    text = format!("{text}: record {record} (line {number})");
                }
                if !line.path.is_empty() {
                    text = format!("{text}: {}", line.path);
                }
                let text = plain(&format!("{text}: {}", line.reason));
                self.progress.suspend(|| writeln!(err, "{text}"))
            }
        }
    }
}
