//! `commonweal check-awards FILE...`: who should have won, by the rule the buyer declared.

mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use commonweal_domain::award_check::check;
use report::Report;

use super::{SOME_INPUT_UNREADABLE, plain};
use crate::open_data::{self, Release};

/// Recompute who should have won each published contest, and compare with the published winner.
///
/// The rule is the lowest price where the buyer declared it. Where nothing was declared, the lowest valid price at or
/// above a published minimum is assumed, and printed as assumed. Releases of one process in one file are merged first;
/// each file stands alone. Exit code 2 when a file could not be read to its end; whether awards differ does not change
/// the exit code.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// OCDS release packages, record packages, releases or records, or Prozorro tenders, as JSON.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print one JSON object: agrees, differs, cannotTell, contests.
    #[arg(long)]
    pub json: bool,
}

/// Checks the awards in the files.
///
/// # Errors
/// When `out` or `err` cannot be written. A file that cannot be read is named on `err` and changes the exit code.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut report = Report::new(out, args.json);
    report.begin()?;
    let mut all_read = true;
    for path in &args.files {
        let (releases, read) = read_file(path, err)?;
        all_read &= read;
        for release in &releases {
            for contest in release.contests() {
                report.contest(path, release, &contest, &check(&contest))?;
            }
        }
    }
    report.end()?;
    Ok(if all_read {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(SOME_INPUT_UNREADABLE)
    })
}

/// The releases of a file, one per contracting process, and whether the file was read to its end.
fn read_file(path: &Path, err: &mut dyn Write) -> io::Result<(Vec<Release>, bool)> {
    let mut processes: Vec<Release> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut said = Ok(());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            writeln!(err, "{}: cannot be opened: {error}", path.display())?;
            return Ok((processes, false));
        }
    };
    let read = open_data::read(file, &mut |record| {
        for problem in &record.problems {
            said = writeln!(
                err,
                "{}: record {} (line {}): {}{}{}",
                path.display(),
                record.number,
                record.line,
                plain(&problem.path),
                if problem.path.is_empty() { "" } else { ": " },
                plain(&problem.reason)
            );
            if said.is_err() {
                return ControlFlow::Break(());
            }
        }
        for release in record.releases {
            merge_into(&mut processes, &mut positions, release);
        }
        ControlFlow::Continue(())
    });
    said?;
    if let Err(error) = &read {
        writeln!(err, "{}: {}", path.display(), plain(&error.to_string()))?;
    }
    Ok((processes, read.is_ok()))
}

fn merge_into(
    processes: &mut Vec<Release>,
    positions: &mut HashMap<String, usize>,
    release: Release,
) {
    let known = positions
        .get(&release.ocid)
        .and_then(|position| processes.get_mut(*position));
    if let Some(known) = known {
        *known = known.clone().merged(release);
    } else {
        positions.insert(release.ocid.clone(), processes.len());
        processes.push(release);
    }
}
