//! The watchdog's tool over a million entries, against hashing them alone, and its memory while a log grows whose live state
//! stays as it is: credits that go round among holders, and an officer who comes and goes.
//!
//! Prints `name ratio limit` per line: the time of hashing all entries into the tree over that of a whole run, from files to
//! verdict, the median of alternating pairs; and the peak memory of a run over ten thousand entries over that of a million. Each
//! run is a process of its own. Figures go to standard error. Ends with 1 below a limit.

mod log;

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::leaf_hash;
use commonweal_domain::log::note::NoteSigner;
use commonweal_domain::log::tree::Frontier;
use commonweal_domain::log::whole::WholeLog;
use commonweal_verify::{Options, Verdict, run, source::Folder};

const PAIRS: usize = 5;
const SMALL: usize = 10_000;
const LARGE: usize = 1_000_000;
/// A run takes at most ten times as long as hashing.
const LIMIT_TIME: f64 = 0.1;
/// Memory grows by a fifth at most.
const LIMIT_MEMORY: f64 = 1.0 / 1.2;
const ORIGIN: &str = "bench.example/log";

/// What a run over a folder took.
struct Run {
    seconds: f64,
    kilobytes: f64,
}

/// Writes the files of a log that a run reads.
fn publish(entries: &[Vec<u8>], folder: &Path) -> Result<()> {
    let write = |path: &str, content: &[u8]| -> Result<()> {
        let file = folder.join("log").join(path);
        fs::create_dir_all(file.parent().context("no folder")?)?;
        Ok(fs::write(file, content)?)
    };
    let log = WholeLog::new(entries)?;
    for file in log.files()? {
        let (path, content) = file?;
        write(&path.to_string(), &content)?;
    }
    let signer = NoteSigner::from_seed(ORIGIN.parse()?, &[1; 32]);
    let note = Checkpoint::new(ORIGIN, log.size(), log.root())?.sign(&signer)?;
    write("checkpoint", note.to_string().as_bytes())?;
    write("vkey", format!("{}\n", signer.verifier_key()).as_bytes())
}

fn time_hashing(entries: &[Vec<u8>]) -> Result<f64> {
    let start = Instant::now();
    let mut edge = Frontier::new();
    for entry in entries {
        edge.push(leaf_hash(entry))?;
    }
    black_box(edge.root());
    Ok(start.elapsed().as_secs_f64())
}

/// One run in a process of its own: this program, told to.
fn time_run(folder: &Path) -> Result<Run> {
    let output = Command::new(std::env::current_exe()?)
        .arg("run")
        .arg(folder)
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout)?;
    let (seconds, kilobytes) = said.trim().split_once(' ').context("two figures")?;
    Ok(Run {
        seconds: seconds.parse()?,
        kilobytes: kilobytes.parse()?,
    })
}

/// What that process does.
fn run_here(folder: &str) -> Result<()> {
    let start = Instant::now();
    let report = run(&Folder::new(folder), &Options::default(), &mut |_| ());
    let seconds = start.elapsed().as_secs_f64();
    ensure!(report.verdict() == Verdict::Clean, "{report}");
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.context("no peak of memory")?.trim();
    let kilobytes = peak.trim_end_matches(" kB");
    writeln!(std::io::stdout(), "{seconds} {kilobytes}")?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn measure() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    let entries: Vec<Vec<u8>> = log::entries()?.take(LARGE).collect::<Result<_>>()?;
    publish(&entries[..SMALL], &small)?;
    publish(&entries, &large)?;
    let (mut times, mut memories) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let hashing = time_hashing(&entries)?;
        let (few, many) = (time_run(&small)?, time_run(&large)?);
        writeln!(
            std::io::stderr(),
            "{LARGE} entries: {hashing:.2} s hashing, {:.2} s verifying in {:.0} kB; {SMALL} in {:.0} kB",
            many.seconds,
            many.kilobytes,
            few.kilobytes
        )?;
        times.push(hashing / many.seconds);
        memories.push(few.kilobytes / many.kilobytes);
    }
    let lines = [
        ("hashing-1000000-over-verifying", median(times), LIMIT_TIME),
        (
            "verify-memory-10000-over-1000000",
            median(memories),
            LIMIT_MEMORY,
        ),
    ];
    for (name, ratio, limit) in lines {
        writeln!(std::io::stdout(), "{name} {ratio:.3} {limit:.3}")?;
    }
    Ok(lines.iter().all(|(_, ratio, limit)| ratio >= limit))
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder] = arguments.as_slice()
        && word == "run"
    {
        run_here(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if measure()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
