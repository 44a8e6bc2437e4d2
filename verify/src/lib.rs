//! The watchdog's tool as a library: it reads a public log from a server or a folder, checks that it is the log that
//! was signed and the one that was seen before, and recomputes what the log says with the same rules that the service runs.
//!
//! [`run`] never fails: whatever keeps it from judging is a finding of the [`Report`], so that a report always says how
//! much was checked. Entries stream through bundle by bundle; memory grows with live state, not with the log.
//!
//! ```no_run
//! use commonweal_verify::{Options, Verdict, run, source};
//!
//! let log = source::open("https://registry.example");
//! let options = Options {
//!     // As the operator published it elsewhere; without it the first run trusts the key that the log serves.
//!     vkey: Some("registry.example/log+..".parse()?),
//!     // Without it a past that is rewritten between two runs goes unnoticed.
//!     state_file: Some("registry.json".into()),
//!     ..Options::default()
//! };
//! let report = run(log.as_ref(), &options, &mut |_| ());
//! for finding in &report.findings {
//!     println!("{:?} {}: expected {}, found {}", finding.index, finding.check, finding.expected, finding.found);
//! }
//! assert_eq!(report.verdict(), Verdict::Clean);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What could not be read is never taken for clean:
//!
//! ```
//! use commonweal_verify::{Options, Verdict, run, source};
//!
//! let log = source::open("/no/such/folder");
//! let report = run(log.as_ref(), &Options::default(), &mut |_| ());
//! assert_eq!(report.verdict(), Verdict::CannotTell);
//! assert_eq!(report.verdict().exit_code(), 2);
//! assert!(report.findings[0].found.contains("there is no"));
//! ```

pub mod certificate;
mod head;
pub mod item;
mod kept;
mod parse;
mod replay;
pub mod report;
pub mod source;
mod summary;
mod tiles;
mod tree_check;

use std::path::PathBuf;
use std::thread;

use commonweal_domain::log::{
    checkpoint::Checkpoint,
    note::{SignedNote, VerifierKey},
    state::State,
    tile::TILE_WIDTH,
    witness::WitnessPolicy,
};

use head::Head;
use kept::Kept;
use parse::Ahead;
use replay::Replay;
pub use report::{Finding, Fork, KeySource, Report, Verdict};
use source::Source;
use tiles::{Bundle, Tiles};
use tree_check::TreeCheck;

/// What the caller knows beforehand.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The key that the log's operator published elsewhere. Without it the key of the state file is used, and on the first
    /// run the one that the log itself serves.
    pub vkey: Option<VerifierKey>,
    /// Where key and last checkpoint are kept between runs. Without it nothing is remembered, and a log that was
    /// rewritten between two runs goes unnoticed.
    pub state_file: Option<PathBuf>,
    /// Which witnesses must have cosigned the checkpoint. Without it nobody is asked for.
    pub witnesses: Option<WitnessPolicy>,
}

/// How far a run has come, after each bundle of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries checked.
    pub entries: u64,
    /// Entries that the checkpoint signs.
    pub size: u64,
}

/// Checks the log of `source` and replays it.
///
/// The state file is replaced only when the checkpoint is signed by the log's key, the tree has the signed root and it
/// continues the checkpoint kept before; what replay finds does not matter for that.
pub fn run(source: &dyn Source, options: &Options, progress: &mut dyn FnMut(Progress)) -> Report {
    run_to_state(source, options, progress).0
}

/// The same, with what the entries come to as far as they were read.
pub fn run_to_state(
    source: &dyn Source,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> (Report, State) {
    let (mut report, mut state) = (Report::new(source.address()), State::default());
    if let Err(stop) = check(source, options, progress, &mut report, &mut state) {
        report.add(stop);
    }
    (report, state)
}

/// The whole check; a finding that leaves nothing more to do comes back as the error.
fn check(
    source: &dyn Source,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
    report: &mut Report,
    state: &mut State,
) -> Result<(), Finding> {
    let kept = kept::load_of(options).map_err(|error| unkept(&error))?;
    let head = Head::fetch(source, options, kept.as_ref(), report)?;
    let (checkpoint, note) = (&head.checkpoint, &head.note);

    let not_back = compare_heads(kept.as_ref(), checkpoint, note, report);
    let sound = read_entries(source, kept.as_ref(), checkpoint, progress, report, state)?;
    let followed = head.follows(&state.keys, report);
    if sound == Sound::Forked
        && let Some(kept) = &kept
    {
        report.fork = Some(fork(kept, note));
    }
    if let Some(file) = &options.state_file
        && not_back
        && followed
        && sound == Sound::Yes
    {
        kept::save(file, &head.key.to_string(), note).map_err(|error| unkept(&error))?;
        report.state_kept = true;
    }
    Ok(())
}

fn unkept(error: &kept::KeptError) -> Finding {
    Finding::cannot_tell(
        "state file",
        "a state file that can be read and written",
        error,
    )
}

/// What two heads tell without their trees: a log never gets shorter, and has one root at each size.
fn compare_heads(
    kept: Option<&Kept>,
    checkpoint: &Checkpoint,
    note: &SignedNote,
    report: &mut Report,
) -> bool {
    let Some(kept) = kept else {
        return true;
    };
    let before = &kept.checkpoint;
    report.previous_size = Some(before.size());
    if checkpoint.size() < before.size() {
        report.add(Finding::discrepancy(
            "consistency",
            format!("at least the {} entries signed before", before.size()),
            format!(
                "a log of {} entries: it was cut back, or an old copy is served",
                checkpoint.size()
            ),
        ));
        return false;
    }
    if checkpoint.size() == before.size() && checkpoint.root() != before.root() {
        report.add(Finding::discrepancy(
            "consistency",
            format!(
                "the root signed before at this size, {}",
                before.root().to_base64()
            ),
            format!("another signed root, {}", checkpoint.root().to_base64()),
        ));
        report.fork = Some(fork(kept, note));
        return false;
    }
    true
}

fn fork(kept: &Kept, note: &SignedNote) -> Fork {
    Fork {
        kept: kept.note.to_string(),
        shown: note.to_string(),
    }
}

/// What the entries and tiles say of the signed tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sound {
    /// It is the signed tree, and it continues the one kept.
    Yes,
    /// It is the signed tree, and it does not continue the one kept.
    Forked,
    /// The signed tree could not be shown.
    No,
}

/// Streams all entries through the tree and the replay.
fn read_entries(
    source: &dyn Source,
    kept: Option<&Kept>,
    checkpoint: &Checkpoint,
    progress: &mut dyn FnMut(Progress),
    report: &mut Report,
    state: &mut State,
) -> Result<Sound, Finding> {
    let size = checkpoint.size();
    let tiles = Tiles::new(source);
    let mut tree = TreeCheck::new(&tiles, size, kept.map(|kept| &kept.checkpoint));
    let mut replay = Replay::new(state);
    let cut = thread::scope(|scope| -> Result<Option<Finding>, Finding> {
        let ahead = Ahead::spawn(scope);
        let mut bundles = (0..size)
            .step_by(usize::from(TILE_WIDTH))
            .map(|first| tiles.bundle(first, size))
            .inspect(|bundle| {
                if let Ok(bundle) = bundle {
                    ahead.send(&bundle.entries);
                }
            })
            .peekable();
        while let Some(bundle) = bundles.next() {
            let Bundle {
                path,
                entries,
                finding,
            } = match bundle {
                Ok(bundle) => bundle,
                Err(finding) => return Ok(Some(finding)),
            };
            if finding.is_none() {
                // The next is read and sent, to be parsed meanwhile.
                bundles.peek();
            }
            tree.take(path, &entries, report)?;
            let placed = (replay.entries()..).zip(entries.iter());
            for (placed, parsed) in placed.zip(ahead.take(&entries)) {
                replay.take(placed, parsed, source, report);
            }
            progress(Progress {
                entries: replay.entries(),
                size,
            });
            if finding.is_some() {
                return Ok(finding);
            }
        }
        Ok(None)
    })?;
    let whole = cut.is_none();
    replay.finish(whole.then_some(size), report);
    match cut {
        Some(finding) => Err(finding),
        None => Ok(tree.finish(checkpoint.root(), report)),
    }
}
