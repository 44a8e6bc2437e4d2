//! Replay: every entry applied with the same rules that the service ran when it accepted it.

use commonweal_domain::log::canonical::MAX_BLOB_BYTES;
use commonweal_domain::log::entry::{Entry, EntryError};
use commonweal_domain::log::hash::{Hash, sha256};
use commonweal_domain::log::state::State;

use crate::parse::Parsed;
use crate::report::{Finding, Report, Verdict};
use crate::source::Source;

/// The body of an entry that is too large for it. Without it nothing is proven wrong, and nothing can be told.
fn read_blob(source: &dyn Source, wanted: Hash) -> Result<Vec<u8>, Finding> {
    let expected = format!("the body of the entry as the blob {wanted}");
    let limit = u64::try_from(MAX_BLOB_BYTES).unwrap_or(u64::MAX);
    let blob = source
        .read(&format!("blob/{wanted}"), limit)
        .map_err(|error| Finding::cannot_tell("blob", &expected, error))?;
    let found = sha256(&blob);
    if found == wanted {
        Ok(blob)
    } else {
        let found = format!("other bytes, with the hash {found}");
        Err(Finding::cannot_tell("blob", expected, found))
    }
}

/// The replay so far.
pub(crate) struct Replay<'a> {
    state: &'a mut State,
    entries: u64,
    /// An entry of an unknown kind, or without its body, was met. It may have changed anything, so what looks wrong after it is not proven wrong.
    blind: bool,
}

impl<'a> Replay<'a> {
    /// From nothing, into a state.
    pub(crate) fn new(state: &'a mut State) -> Self {
        Self {
            state,
            entries: 0,
            blind: false,
        }
    }

    /// Entries taken so far.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Takes in the next entry, whatever it is; a body that stands beside the log is read from the source.
    pub(crate) fn take(
        &mut self,
        (index, bytes): (u64, &[u8]),
        parsed: Parsed,
        source: &dyn Source,
        report: &mut Report,
    ) {
        self.entries = self.entries.saturating_add(1);
        let parsed = match parsed {
            Err(EntryError::NeedsBlob(sha256)) => match read_blob(source, sha256) {
                Ok(blob) => Entry::parse_with(bytes, Some(&blob)),
                Err(finding) => {
                    self.blind = true;
                    report.add(finding.at(index));
                    return;
                }
            },
            parsed => parsed,
        };
        match parsed {
            Ok(entry) => {
                report.last_entry_at = Some(entry.at);
                if let Err(finding) = self.state.replay(index, &entry) {
                    report.add(self.judge(finding.into()));
                }
            }
            Err(error @ EntryError::UnknownKind { .. }) => {
                self.blind = true;
                report.add(
                    Finding::cannot_tell("kind", "a kind that this program knows", error).at(index),
                );
            }
            Err(
                error @ (EntryError::Encoding(_) | EntryError::Form(_) | EntryError::NeedsBlob(_)),
            ) => {
                report.add(
                    Finding::discrepancy("form", "an entry in its canonical form", error).at(index),
                );
            }
        }
    }

    /// Ends the replay: at a checkpoint of `size` entries, or at none when the log could not be read to its end.
    pub(crate) fn finish(self, size: Option<u64>, report: &mut Report) {
        report.entries_replayed = self.entries;
        report.count(&self.state.tally);
        report.waiting = self.state.tenders.waiting();
        if let Some(size) = size {
            report.complete = report.cannot_tell == 0;
            for finding in self.state.unsettled(size) {
                report.add(self.judge(finding.into()));
            }
        }
    }

    fn judge(&self, finding: Finding) -> Finding {
        let verdict = if self.blind {
            Verdict::CannotTell
        } else {
            finding.verdict
        };
        Finding { verdict, ..finding }
    }
}
