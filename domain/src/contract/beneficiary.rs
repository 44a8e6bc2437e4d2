//! The people behind a claim, each named by a token: personal data that stays out of the log.
//!
//! A supplier turns each person's number into a slow hash on its own machine; the registry turns that into a token with a
//! secret of its own. The log holds how many people there are and the root of a tree of their tokens.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::counting::{CountingError, Line, most};
use crate::amount::{Number, Quantity, Share};
use crate::catalogue::{Basis, Measure};
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::{Hash, leaf_hash, sha256};
use crate::log::tree::Frontier;
use crate::time::{Date, Period};

/// The most rows behind one claim.
pub const MAX_ROWS: usize = 2_000;
/// Binary logarithm of scrypt's cost: with [`BLOCK_SIZE`] it takes 32 MiB and about a tenth of a second to try one number.
pub const LOG_COST: u8 = 15;
/// Scrypt's block size.
pub const BLOCK_SIZE: u32 = 8;
/// Scrypt's parallelism.
pub const PARALLELISM: u32 = 1;

/// How suppliers make their hashes for the registry whose log has this origin. It stands in their files, so that hashes of
/// another registry or of another function are refused and not compared.
pub fn scheme(origin: &str) -> String {
    format!("scrypt-{LOG_COST}-{BLOCK_SIZE}-{PARALLELISM} {origin}")
}

/// The salt of the hashes of a registry: the same for every supplier, so that one person has one hash.
pub fn salt(origin: &str) -> Hash {
    sha256(format!("commonweal/beneficiary/v1\n{origin}").as_bytes())
}

/// A person and the days for which the person is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonDays {
    /// Who: a supplier's hash in a file, a token in the registry.
    pub person: Hash,
    /// When, inside the claim's period.
    pub period: Period,
    /// The first day of employment, where the measure counts from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Date>,
    /// Which of the measure's kinds, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// The file that `commonweal tokens` makes and that is submitted with a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeneficiaryFile {
    /// [`scheme`] of the registry.
    pub scheme: String,
    /// The people, by their hashes.
    pub people: Vec<PersonDays>,
}

/// What the log holds of the people behind a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Beneficiaries {
    /// How many different people.
    pub people: u32,
    /// [`commit_people`] of their tokens and days.
    pub root: Hash,
}

/// Why rows do not stand behind a claim. Rows are counted from zero, as `people` of the file has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeneficiaryError {
    /// Made for another registry or with another function.
    #[error(
        "`beneficiaries.scheme`: expected `{expected}`: make the file anew with `commonweal tokens` and this registry's origin"
    )]
    Scheme {
        /// This registry's.
        expected: String,
    },
    /// No rows or too many.
    #[error(
        "`beneficiaries.people`: {0} rows, expected 1 to {MAX_ROWS}: claim parts of the year or of the place one by one"
    )]
    Rows(usize),
    /// A measure that counts no people.
    #[error("`beneficiaries`: the measure `{0}` does not count people: leave them out")]
    NotPeople(String),
    /// Days outside the claim.
    #[error("`beneficiaries.people.{0}.period`: expected days within the claim's period")]
    Period(usize),
    /// The measure counts the first months, and nobody said when they began.
    #[error(
        "`beneficiaries.people.{row}.started`: the measure counts the first {months} months of employment: say on which day it began"
    )]
    Started {
        /// The row.
        row: usize,
        /// How many months.
        months: u8,
    },
    /// Employment that begins after the work.
    #[error(
        "`beneficiaries.people.{0}.started`: expected a day that is not after the first day worked"
    )]
    StartedLate(usize),
    /// Days after the first months.
    #[error(
        "`beneficiaries.people.{row}.period`: only the first {months} months of employment count: name no day after them"
    )]
    AfterFirstMonths {
        /// The row.
        row: usize,
        /// How many months.
        months: u8,
    },
    /// A kind that the measure has not, or none where it has some.
    #[error("`beneficiaries.people.{row}.kind`: expected {}", expected_kind(.kinds))]
    Kind {
        /// The row.
        row: usize,
        /// The measure's kinds.
        kinds: Vec<String>,
    },
    /// One person under two kinds.
    #[error(
        "`beneficiaries.people.{0}.kind`: an earlier row has the same person under another kind: each person has one"
    )]
    TwoKinds(usize),
    /// The same days twice.
    #[error(
        "`beneficiaries.people.{0}`: an earlier row has the same person for the same time: name each person once"
    )]
    Twice(usize),
    /// Not the people of the working.
    #[error(
        "`beneficiaries.people`: {rows} rows, but the working counts {people} people: name each of them in one row for each line"
    )]
    NotTheWorking {
        /// Rows of the file.
        rows: usize,
        /// People in the working.
        people: u32,
    },
    /// More than the people's days come to.
    #[error(
        "`quantity`: {claimed} claimed, but the days of the people named come to {most} at the most"
    )]
    More {
        /// What is claimed.
        claimed: Quantity,
        /// What their days come to.
        most: Quantity,
    },
    /// Too much.
    #[error(transparent)]
    Counting(#[from] CountingError),
}

fn expected_kind(kinds: &[String]) -> String {
    if kinds.is_empty() {
        "none: the measure has no kinds".to_owned()
    } else {
        format!("one of {}", kinds.join(", "))
    }
}

/// Checks the rows behind a claim of a measure in a period, and counts the different people.
pub fn check_rows(
    measure: &Measure,
    period: Period,
    rows: &[PersonDays],
) -> Result<u32, BeneficiaryError> {
    let basis = measure.counting.basis;
    let basis = basis.ok_or_else(|| BeneficiaryError::NotPeople(measure.code.to_string()))?;
    if !(1..=MAX_ROWS).contains(&rows.len()) {
        return Err(BeneficiaryError::Rows(rows.len()));
    }
    let mut people: BTreeMap<Hash, Vec<&PersonDays>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        check_row(measure, period, at, row)?;
        let earlier = people.entry(row.person).or_default();
        if earlier.iter().any(|other| other.kind != row.kind) {
            return Err(BeneficiaryError::TwoKinds(at));
        }
        let same =
            |other: &&PersonDays| basis == Basis::People || other.period.overlaps(row.period);
        if earlier.iter().any(same) {
            return Err(BeneficiaryError::Twice(at));
        }
        earlier.push(row);
        let began = earlier.iter().filter_map(|row| row.started).min();
        if let Some(months) = measure.counting.first_months
            && earlier
                .iter()
                .any(|row| is_after(months, began, row.period))
        {
            return Err(BeneficiaryError::AfterFirstMonths { row: at, months });
        }
    }
    u32::try_from(people.len()).map_err(|_| BeneficiaryError::Rows(rows.len()))
}

fn check_row(
    measure: &Measure,
    period: Period,
    at: usize,
    row: &PersonDays,
) -> Result<(), BeneficiaryError> {
    let rules = &measure.counting;
    if !period.covers(row.period) {
        return Err(BeneficiaryError::Period(at));
    }
    if row.started.is_some_and(|day| day > row.period.from()) {
        return Err(BeneficiaryError::StartedLate(at));
    }
    if let (Some(months), None) = (rules.first_months, row.started) {
        return Err(BeneficiaryError::Started { row: at, months });
    }
    let fits = match &row.kind {
        None => rules.kinds.is_empty(),
        Some(kind) => rules.kinds.contains(kind),
    };
    if fits {
        Ok(())
    } else {
        let kinds = rules.kinds.clone();
        Err(BeneficiaryError::Kind { row: at, kinds })
    }
}

/// Whether a period has days after the first months of an employment that began on a day.
pub(super) fn is_after(months: u8, began: Option<Date>, period: Period) -> bool {
    let end = began.and_then(|day| day.months_after(u32::from(months)));
    end.is_some_and(|end| period.to() > end)
}

/// Whether rows that were found right are the people of a working, and their days enough for what is claimed: nobody does
/// more than a full-time equivalent.
pub fn check_fit(
    measure: &Measure,
    rows: &[PersonDays],
    counted: u32,
    claimed: &Quantity,
    share: Share,
) -> Result<(), BeneficiaryError> {
    let basis = measure.counting.basis;
    let basis = basis.ok_or_else(|| BeneficiaryError::NotPeople(measure.code.to_string()))?;
    if u32::try_from(rows.len()) != Ok(counted) {
        return Err(BeneficiaryError::NotTheWorking {
            rows: rows.len(),
            people: counted,
        });
    }
    let full_time: Number = Number::ONE;
    let line = |row: &PersonDays| Line {
        people: 1,
        fte: full_time,
        period: row.period,
        started: row.started,
    };
    let lines: Vec<Line> = rows.iter().map(line).collect();
    let most = most(measure, basis, &lines, share)?;
    if claimed.units() <= most.units() {
        Ok(())
    } else {
        Err(BeneficiaryError::More {
            claimed: claimed.clone(),
            most,
        })
    }
}

/// The commitment to tokens and their days: the root of a tree whose leaves are the canonical JSON of tag, salt and row, in the
/// order of these. With the salt, which is erased with them, it can be shown of one row that it stands behind a claim.
pub fn commit_people(rows: &[PersonDays], salt: [u8; 32]) -> Result<Hash, EncodingError> {
    let salt = hex::encode(salt);
    let leaf = |row: &PersonDays| {
        canonical_blob(&json!({ "tag": "commonweal/beneficiary/v1", "salt": salt, "row": row }))
    };
    let mut leaves: Vec<Vec<u8>> = rows.iter().map(leaf).collect::<Result<_, _>>()?;
    leaves.sort();
    let mut tree = Frontier::new();
    for leaf in &leaves {
        // A tree of at most MAX_ROWS leaves is never full.
        tree.push(leaf_hash(leaf))
            .map_err(|error| EncodingError::NotEncodable {
                reason: error.to_string(),
            })?;
    }
    Ok(tree.root())
}

#[cfg(test)]
#[path = "beneficiary_tests.rs"]
mod tests;
