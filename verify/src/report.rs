//! What a run found, as data. [`Report`] prints as a summary for people and serialises as JSON for programs.

use std::collections::BTreeMap;

use commonweal_domain::log::state::{self, Tally};
use commonweal_domain::time::Time;
use serde::{Serialize, Serializer};

/// How many findings are kept word by word; all are counted.
pub const MAX_FINDINGS: usize = 1_000;
/// How many characters of an expected or found value are kept: the log, not this program, decides how long they are.
const MAX_TEXT: usize = 600;

/// What a finding, or a whole report, comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Everything was checked and holds.
    Clean,
    /// Something needed to judge is missing, unreachable or unknown.
    CannotTell,
    /// The log contradicts itself, its rules, or what it said before.
    Discrepancy,
}

impl Verdict {
    /// The exit code of the program: 0 clean, 1 discrepancy, 2 cannot tell.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Discrepancy => 1,
            Self::CannotTell => 2,
        }
    }
}

/// One thing that does not hold, or that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Index of the entry; none when it is about the log as a whole.
    pub index: Option<u64>,
    /// Kind of the entry, where it could be read.
    pub kind: Option<String>,
    /// What was checked.
    pub check: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// Discrepancy or cannot tell.
    pub verdict: Verdict,
}

impl Finding {
    fn new(check: &str, expected: &impl ToString, found: &impl ToString, verdict: Verdict) -> Self {
        Self {
            index: None,
            kind: None,
            check: check.to_owned(),
            expected: bounded(&expected.to_string()),
            found: bounded(&found.to_string()),
            verdict,
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass texts and errors alike"
    )]
    pub(crate) fn discrepancy(check: &str, expected: impl ToString, found: impl ToString) -> Self {
        Self::new(check, &expected, &found, Verdict::Discrepancy)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass texts and errors alike"
    )]
    pub(crate) fn cannot_tell(check: &str, expected: impl ToString, found: impl ToString) -> Self {
        Self::new(check, &expected, &found, Verdict::CannotTell)
    }

    /// The same finding at an entry.
    pub(crate) fn at(self, index: u64) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }
}

impl From<state::Finding> for Finding {
    fn from(finding: state::Finding) -> Self {
        let verdict = match finding.verdict {
            state::Verdict::Discrepancy => Verdict::Discrepancy,
            state::Verdict::CannotTell => Verdict::CannotTell,
        };
        Self {
            index: Some(finding.index),
            kind: Some(bounded(&finding.kind)),
            ..Self::new(finding.check, &finding.expected, &finding.found, verdict)
        }
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Two checkpoints of the log that contradict each other. Both are signed, so whoever holds them can prove the fork to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fork {
    /// The signed note kept from an earlier run.
    pub kept: String,
    /// The signed note that the log shows now.
    pub shown: String,
}

/// Where the key came from with which the checkpoint was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum KeySource {
    /// The caller gave it.
    Given,
    /// The state file of an earlier run.
    Kept,
    /// The log itself, on this first run.
    FirstUse,
}

/// What a run checked and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The verdict, as [`Report::verdict`] says it.
    verdict: Verdict,
    /// Where the log was read.
    pub address: String,
    /// Which log it is; none when no checkpoint could be opened.
    pub origin: Option<String>,
    /// The verifier key.
    pub key: Option<String>,
    /// The key that was trusted, when entries of the log led from it to the one that signed.
    pub trusted_key: Option<String>,
    /// Where the trusted key came from.
    pub key_source: Option<KeySource>,
    /// The witnesses of the policy that cosigned the checkpoint; none without a policy.
    pub witnesses: Option<Vec<String>>,
    /// Number of entries that the checkpoint signs.
    pub size: u64,
    /// The signed root, in base64.
    pub root: Option<String>,
    /// Size of the checkpoint that was seen before; none on a first run.
    pub previous_size: Option<u64>,
    /// Time of the last entry read.
    #[serde(serialize_with = "as_text")]
    pub last_entry_at: Option<Time>,
    /// Number of entries read and replayed.
    pub entries_replayed: u64,
    /// Whether every entry was there, known and replayed. Without it, clean counts claim nothing about the rest.
    pub complete: bool,
    /// Facts recomputed from the log alone, by sort.
    pub recomputed: BTreeMap<&'static str, u64>,
    /// Facts that the log only attests, by sort: nothing in it allows one to recompute them.
    pub attested: BTreeMap<&'static str, u64>,
    /// Sealed entries that are not yet accounted for, by kind. Each must be by the end of what it belongs to.
    pub waiting: BTreeMap<&'static str, u64>,
    /// Number of discrepancies.
    pub discrepancies: u64,
    /// Number of things that could not be judged.
    pub cannot_tell: u64,
    /// The first [`MAX_FINDINGS`] findings.
    pub findings: Vec<Finding>,
    /// The two signed checkpoints, when the log was forked.
    pub fork: Option<Fork>,
    /// What the reader should know about how far the check can be trusted.
    pub warnings: Vec<String>,
    /// Whether the checkpoint was kept in the state file for the next run.
    pub state_kept: bool,
}

impl Report {
    pub(crate) fn new(address: String) -> Self {
        Self {
            verdict: Verdict::Clean,
            address,
            origin: None,
            key: None,
            trusted_key: None,
            key_source: None,
            witnesses: None,
            size: 0,
            root: None,
            previous_size: None,
            last_entry_at: None,
            entries_replayed: 0,
            complete: false,
            recomputed: BTreeMap::new(),
            attested: BTreeMap::new(),
            waiting: BTreeMap::new(),
            discrepancies: 0,
            cannot_tell: 0,
            findings: Vec::new(),
            fork: None,
            warnings: Vec::new(),
            state_kept: false,
        }
    }

    /// The gravest of its findings: a discrepancy outweighs what could not be judged.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    pub(crate) fn add(&mut self, finding: impl Into<Finding>) {
        let finding = finding.into();
        self.verdict = self.verdict.max(finding.verdict);
        let count = match finding.verdict {
            Verdict::Discrepancy => &mut self.discrepancies,
            Verdict::Clean | Verdict::CannotTell => &mut self.cannot_tell,
        };
        *count = count.saturating_add(1);
        if finding.verdict == Verdict::CannotTell {
            self.complete = false;
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    pub(crate) fn count(&mut self, tally: &Tally) {
        self.recomputed.clone_from(tally.recomputed_counts());
        self.attested.clone_from(tally.attested_counts());
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn as_text<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discrepancy_outweighs_what_could_not_be_judged() {
        let mut report = Report::new("here".to_owned());
        assert_eq!(report.verdict().exit_code(), 0);
        report.add(Finding::cannot_tell("tile", "a tile", "none"));
        assert_eq!(report.verdict().exit_code(), 2);
        report.add(Finding::discrepancy("root", "a", "b"));
        report.add(Finding::cannot_tell("tile", "a tile", "none"));
        assert_eq!(report.verdict().exit_code(), 1);
        assert_eq!((report.discrepancies, report.cannot_tell), (1, 2));
    }

    #[test]
    fn findings_are_bounded_in_number_and_length_and_all_counted() {
        let mut report = Report::new("here".to_owned());
        for _ in 0..1_500 {
            report.add(Finding::discrepancy("name", "short", "가".repeat(5_000)));
        }
        assert_eq!(report.discrepancies, 1_500);
        assert_eq!(report.findings.len(), MAX_FINDINGS);
        assert_eq!(report.findings[0].found.chars().count(), MAX_TEXT + 1);
    }
}
