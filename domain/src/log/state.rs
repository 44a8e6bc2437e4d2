//! What a reader of the log knows after each entry. The auditor builds it from nothing; every check runs on it.

use std::collections::BTreeMap;

use super::entry::{Entry, Header};
use crate::catalogue;
use crate::challenge;
use crate::contract;
use crate::credit;
use crate::organisation;
use crate::policy;
use crate::programme;
use crate::tender;
use crate::time::Time;

/// Everything that replay knows. Each noun owns its part; memory grows with live state, not with the log.
#[derive(Debug, Default)]
pub struct State {
    /// Organisations, roles and certifications.
    pub organisations: organisation::State,
    /// Measure catalogues.
    pub catalogues: catalogue::State,
    /// Policies.
    pub policies: policy::State,
    /// Tenders, bids, marks and awards.
    pub tenders: tender::State,
    /// Contracts, their KPIs and claims.
    pub contracts: contract::State,
    /// Credits: classes, batches and balances.
    pub credits: credit::State,
    /// The keys that sign the log.
    pub keys: super::rotation::Keys,
    /// Challenges of claims, and registrars' own proposals.
    pub challenges: challenge::State,
    /// Programmes of outcome payers.
    pub programmes: programme::State,
    /// How many facts of each sort were recomputed or could only be attested.
    pub tally: Tally,
    /// Time of the last entry.
    last_at: Option<Time>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The log contradicts itself or the rules.
    Discrepancy,
    /// The reader lacks what it needs to judge.
    CannotTell,
}

/// A fact that does not hold, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index} ({kind}), {check}: expected {expected}, found {found}")]
pub struct Finding {
    /// Index of the entry.
    pub index: u64,
    /// Kind of the entry.
    pub kind: String,
    /// What was checked.
    pub check: &'static str,
    /// What follows from the entries before it.
    pub expected: String,
    /// What the entry says.
    pub found: String,
    /// Discrepancy or cannot tell.
    pub verdict: Verdict,
}

impl Finding {
    /// A contradiction.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass ids and literals alike"
    )]
    pub fn discrepancy(
        index: u64,
        kind: &str,
        check: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        Self {
            index,
            kind: kind.to_owned(),
            check,
            expected: expected.to_string(),
            found: found.to_string(),
            verdict: Verdict::Discrepancy,
        }
    }
}

/// Counts of facts by sort: recomputed from the log, or attested only (the log says so and nothing can be recomputed).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    recomputed: BTreeMap<&'static str, u64>,
    attested: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a fact that was recomputed and agreed.
    pub fn recomputed(&mut self, sort: &'static str) {
        let count = self.recomputed.entry(sort).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts a fact that the log only attests.
    pub fn attested(&mut self, sort: &'static str) {
        let count = self.attested.entry(sort).or_default();
        *count = count.saturating_add(1);
    }

    /// Sorts of facts with the number recomputed.
    pub fn recomputed_counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.recomputed
    }

    /// Sorts of facts with the number attested only.
    pub fn attested_counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.attested
    }
}

impl State {
    /// Takes in the entry at an index: checks time and actors, then what its kind checks.
    pub fn replay(&mut self, index: u64, entry: &Entry) -> Result<(), Finding> {
        let header = entry.header(index);
        let envelope = self.check_envelope(&header);
        let body = entry.body.apply(&header, self);
        envelope.and(body)
    }

    fn check_envelope(&mut self, header: &Header) -> Result<(), Finding> {
        let last = self.last_at.replace(header.at);
        if let Some(last) = last.filter(|last| *last > header.at) {
            return Err(header.finding("time", format!("not before {last}"), header.at));
        }
        if let Some(upto) = header.inputs_upto.filter(|upto| *upto > header.index) {
            return Err(header.finding("inputs_upto", format!("at most {}", header.index), upto));
        }
        self.organisations.check_actors(header)
    }

    /// What is still open when the log ends at a checkpoint and would be a finding there.
    pub fn unsettled(&self, size: u64) -> Vec<Finding> {
        let last = size.saturating_sub(1);
        let credits = self.credits.check().into_iter().map(|violation| {
            let expected = format!("batch {}: {}", violation.batch, violation.expected);
            Finding::discrepancy(
                last,
                "checkpoint",
                violation.check,
                expected,
                violation.found,
            )
        });
        let mut findings = self.tenders.unsettled();
        findings.extend(credits);
        findings
    }
}
