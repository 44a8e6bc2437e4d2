//! Policies: ordinances and procurement notes as data, whose clauses bind a tender.
//!
//! A policy is chosen by the day on which the procurement commenced, by place, kind of buyer and value, never by today's
//! date. Each clause answers `Met`, `NotMet` or `Unknown` with its inputs and a sentence.

mod at_signing;
mod check;
pub mod clause;
mod code;
pub mod compliance;
mod decision;
pub mod entries;
mod in_force;
mod low_prices;
mod permission;
pub mod place_target;
mod plan_view;
mod problem;
pub mod procurement;
mod recorded;
pub mod selection;
mod state;

#[cfg(test)]
mod clause_tests;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests count freely"
)]
mod laws;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
pub(crate) mod shipped;
#[cfg(test)]
mod worked_examples;

pub use at_signing::checks_at_signing;
pub use check::{Answer, Check, Judged, MissingFact, PolicyReport, checks};
pub use clause::ClauseRule;
pub use code::{ClauseCode, InvalidPolicyCode, PolicyCode};
pub use decision::{Blocked, Justified, decide};
pub use in_force::{Chosen, Verdict, in_force};
pub use low_prices::state_low_prices;
pub use permission::NotEnabled;
pub use plan_view::PlanView;
pub use problem::PolicyProblem;
pub use procurement::{BuyerKind, Procurement, ValueBasis};
pub use recorded::RecordedCheck;
pub use selection::{Selection, TenderFacts};
pub use state::{PublicationError, State, decide_policy, governing_day, reserved_under};

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::PolicyId;
use crate::tender::plan_check::check_line;
use crate::time::Date;

/// The most clauses of a policy.
pub const MAX_CLAUSES: usize = 100;

/// The most policy versions that a log holds: every publication reads them all.
pub const MAX_POLICIES: usize = 1_000;

/// How sure a fact is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Recalled, inferred, or told by one secondary source: verify before use.
    Low,
    /// Told by several secondary sources, the primary one not read.
    Medium,
    /// Read in the primary source, or our own definition.
    High,
}

/// A version of a policy. It is published whole and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// This version.
    pub id: PolicyId,
    /// What it says.
    pub text: PolicyText,
}

/// What a policy says, as a file has it: a [`Policy`] without the id of its publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// The name under which its versions belong together, such as `uk-ppn-026`.
    pub code: PolicyCode,
    /// The version, such as `2026-08-05`.
    pub version: String,
    /// Whose law it is, for people: a country, a union, a city.
    pub jurisdiction: String,
    /// What people call it.
    pub title: String,
    /// How lawyers cite it.
    pub citation: String,
    /// The first commencement day that it binds.
    pub effective_from: Date,
    /// The first commencement day that it no longer binds. Equal to `effective_from`: this version is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<Date>,
    /// The first commencement day on which a buyer that it does not bind may adopt it; none when it cannot be adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoptable_from: Option<Date>,
    /// Which tenders it binds.
    pub selection: Selection,
    /// What it asks and allows.
    pub clauses: Vec<Clause>,
    /// Where its facts come from.
    pub source: String,
    /// How sure they are, taken together.
    pub confidence: Confidence,
}

/// One clause of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its name, unique in the policy.
    pub code: ClauseCode,
    /// Where it stands in the text, such as `s. 52(1)`.
    pub citation: String,
    /// What it says, in our own words.
    pub summary: String,
    /// Where this is from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// The notices that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What is checked.
    pub rule: ClauseRule,
}

/// A notice that a clause needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Its name or number.
    pub code: String,
    /// What it tells, and when.
    pub title: String,
    /// Where this is from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl PolicyText {
    /// Checks that texts are lines, codes stand once, the days are in order and each clause can be checked.
    pub fn check(&self) -> Result<(), PolicyProblem> {
        for (field, text) in [
            ("version", &self.version),
            ("jurisdiction", &self.jurisdiction),
            ("title", &self.title),
            ("citation", &self.citation),
        ] {
            line(field, text)?;
        }
        source("source", &self.source)?;
        if self.effective_to.is_some_and(|to| to < self.effective_from) {
            return Err(PolicyProblem::Days);
        }
        self.selection.check()?;
        if self.clauses.is_empty() || self.clauses.len() > MAX_CLAUSES {
            return Err(PolicyProblem::ClauseCount(self.clauses.len()));
        }
        let mut seen = BTreeSet::new();
        for clause in &self.clauses {
            if !seen.insert(&clause.code) {
                return Err(PolicyProblem::Twice(clause.code.clone()));
            }
            clause.check().map_err(|problem| PolicyProblem::Clause {
                code: clause.code.clone(),
                problem: Box::new(problem),
            })?;
        }
        Ok(())
    }

    /// The clause with a code.
    pub fn clause(&self, code: &ClauseCode) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.code == *code)
    }
}

impl Clause {
    fn check(&self) -> Result<(), PolicyProblem> {
        line("citation", &self.citation)?;
        source("summary", &self.summary)?;
        source("source", &self.source)?;
        for notice in &self.notices {
            line("notices.code", &notice.code)?;
            source("notices.title", &notice.title)?;
            source("notices.source", &notice.source)?;
        }
        self.rule.valid()
    }
}

fn line(field: &'static str, text: &str) -> Result<(), PolicyProblem> {
    check_line(text).map_err(|_| PolicyProblem::Text { field, most: 200 })
}

/// A text that may be longer than a line of a form.
fn source(field: &'static str, text: &str) -> Result<(), PolicyProblem> {
    if crate::text::is_line(text, 1_000) {
        Ok(())
    } else {
        Err(PolicyProblem::Text { field, most: 1_000 })
    }
}
