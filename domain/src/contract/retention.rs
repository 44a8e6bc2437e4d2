//! How long evidence is kept, and who may erase it when.

use std::collections::BTreeSet;

use super::claim::{Claim, MAX_EVIDENCE};
use super::status::ClaimStatus;
use crate::ids::{ChallengeId, ClaimId};
use crate::log::hash::Hash;
use crate::time::{Date, Period, Time};

/// For how many years evidence is kept where no tender documents say. Our own choice: for six years a contract can be
/// sued on in England (Limitation Act 1980, section 5).
pub const RETENTION_YEARS: u32 = 6;

/// The first day on which the evidence of a delivery need not be kept any more: so many years after its period, as the
/// tender documents say or [`RETENTION_YEARS`]. None beyond the calendar.
pub fn kept_until(period: Period, years: Option<u32>) -> Option<Date> {
    let months = years.unwrap_or(RETENTION_YEARS).checked_mul(12)?;
    period.to().months_after(months)
}

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct ErasureFacts<'a> {
    /// The claim, with all its files.
    pub claim: &'a Claim,
    /// Where it stands.
    pub status: ClaimStatus,
    /// How many years evidence is kept, as the tender documents say.
    pub years: Option<u32>,
    /// Those of its files that were erased before.
    pub erased: &'a BTreeSet<Hash>,
    /// A challenge of the claim that may still change what stands: it is not decided for good, or not carried out.
    pub challenged: Option<ChallengeId>,
    /// Another live claim of the claimant that rests on one of the files to be erased.
    pub other: Option<(ClaimId, Hash)>,
    /// For an early erasure: whether the registrar holds a role in the claimant's group.
    pub own_group: bool,
    /// The log's time.
    pub at: Time,
}

/// Why files are not erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureError {
    /// No file or too many.
    #[error("`files`: {0} files, expected 1 to {MAX_EVIDENCE}")]
    Count(usize),
    /// A file twice.
    #[error("`files`: the file {0} stands twice: name each file once")]
    Twice(Hash),
    /// No file of the claim.
    #[error("`files`: the file {0} is not among the evidence of the claim")]
    NotOfClaim(Hash),
    /// Erased before.
    #[error("`files`: the file {0} was erased before")]
    Erased(Hash),
    /// Verifiers need them.
    #[error("`claim`: it is {}, and what stands behind it is needed until it is decided", .0.as_str())]
    Undecided(ClaimStatus),
    /// Whoever decides about a challenge needs them.
    #[error(
        "`claim`: challenge:{0} is about it, and what stands behind it is needed until that is decided for good and carried out"
    )]
    Challenged(ChallengeId),
    /// The retention runs.
    #[error(
        "`claim`: its evidence is kept until {until}: ask a registrar where the law wants it erased before"
    )]
    Kept {
        /// The first day on which it need not be kept.
        until: Date,
    },
    /// The years lead out of the calendar.
    #[error("`claim`: its evidence is kept for ever")]
    KeptForEver,
    /// Another claim rests on it.
    #[error(
        "`files`: claim:{claim} rests on the file {sha256} too: erase it there when that claim has ended"
    )]
    OtherClaim {
        /// The other claim.
        claim: ClaimId,
        /// The file.
        sha256: Hash,
    },
    /// The registrar belongs to the claimant's group.
    #[error("the registrar belongs to the group of the claimant: this needs someone independent")]
    NotIndependent,
}

/// Whether files behind a claim may be erased: by the claimant once the retention is over, by a registrar `early`, for a
/// reason. What the log says of them stays.
pub fn decide_erasure(
    files: &[Hash],
    early: bool,
    facts: &ErasureFacts<'_>,
) -> Result<(), ErasureError> {
    if !(1..=MAX_EVIDENCE).contains(&files.len()) {
        return Err(ErasureError::Count(files.len()));
    }
    let mut seen = BTreeSet::new();
    for file in files {
        if !seen.insert(file) {
            return Err(ErasureError::Twice(*file));
        }
        let mut of_claim = facts.claim.evidence.iter();
        if !of_claim.any(|evidence| evidence.sha256 == *file) {
            return Err(ErasureError::NotOfClaim(*file));
        }
        if facts.erased.contains(file) {
            return Err(ErasureError::Erased(*file));
        }
    }
    check_decided(facts.status, facts.challenged)?;
    if early && facts.own_group {
        return Err(ErasureError::NotIndependent);
    }
    if !early {
        let until = kept_until(facts.claim.period, facts.years);
        let until = until.ok_or(ErasureError::KeptForEver)?;
        if facts.at.date() < until {
            return Err(ErasureError::Kept { until });
        }
    }
    match facts.other {
        None => Ok(()),
        Some((claim, sha256)) => Err(ErasureError::OtherClaim { claim, sha256 }),
    }
}

/// Whether nobody has to decide about a claim any more, who would need what stands behind it. `challenged` is a challenge of
/// which something may still come.
pub fn check_decided(
    status: ClaimStatus,
    challenged: Option<ChallengeId>,
) -> Result<(), ErasureError> {
    match challenged {
        _ if status.is_open() => Err(ErasureError::Undecided(status)),
        Some(challenge) => Err(ErasureError::Challenged(challenge)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{claim, id};
    use super::*;
    use crate::log::hash::sha256;

    fn on(day: &str) -> Time {
        day.parse::<Date>().unwrap().start()
    }

    #[test]
    fn evidence_is_kept_for_the_years_of_the_tender_documents_and_then_may_go() {
        let claim = claim(5, "6.0");
        let files = [claim.evidence[0].sha256];
        let erased = BTreeSet::new();
        let facts = ErasureFacts {
            claim: &claim,
            status: ClaimStatus::Verified,
            years: Some(2),
            erased: &erased,
            challenged: None,
            other: None,
            own_group: false,
            at: on("2028-05-31"),
        };
        let until = "2028-06-01".parse().unwrap();
        let kept = Err(ErasureError::Kept { until });
        assert_eq!(decide_erasure(&files, false, &facts), kept);
        assert_eq!(decide_erasure(&files, true, &facts), Ok(()));
        let later = ErasureFacts {
            at: on("2028-06-01"),
            ..facts
        };
        assert_eq!(decide_erasure(&files, false, &later), Ok(()));
        let unsaid = ErasureFacts {
            years: None,
            ..later
        };
        let until = "2032-06-01".parse().unwrap();
        let kept = Err(ErasureError::Kept { until });
        assert_eq!(decide_erasure(&files, false, &unsaid), kept);
        let for_ever = ErasureFacts {
            years: Some(u32::MAX),
            ..later
        };
        let never = decide_erasure(&files, false, &for_ever);
        assert_eq!(never, Err(ErasureError::KeptForEver));
    }

    #[test]
    fn what_is_needed_or_gone_or_strange_is_not_erased() {
        let claim = claim(5, "6.0");
        let file = claim.evidence[0].sha256;
        let none = BTreeSet::new();
        let facts = ErasureFacts {
            claim: &claim,
            status: ClaimStatus::Withdrawn,
            years: None,
            erased: &none,
            challenged: None,
            other: None,
            own_group: false,
            at: on("2040-01-01"),
        };
        let refused = |files: &[Hash], facts: &ErasureFacts<'_>| {
            decide_erasure(files, true, facts).unwrap_err()
        };
        assert_eq!(refused(&[], &facts), ErasureError::Count(0));
        assert_eq!(refused(&[file, file], &facts), ErasureError::Twice(file));
        let strange = sha256(b"strange");
        assert_eq!(
            refused(&[strange], &facts),
            ErasureError::NotOfClaim(strange)
        );
        let open = ErasureFacts {
            status: ClaimStatus::InVerification,
            ..facts
        };
        let undecided = ErasureError::Undecided(ClaimStatus::InVerification);
        assert_eq!(refused(&[file], &open), undecided);
        let challenged = ErasureFacts {
            challenged: Some(id(7)),
            ..facts
        };
        let needed = ErasureError::Challenged(id(7));
        assert_eq!(refused(&[file], &challenged), needed);
        assert_eq!(decide_erasure(&[file], false, &challenged), Err(needed));
        let gone = BTreeSet::from([file]);
        let again = ErasureFacts {
            erased: &gone,
            ..facts
        };
        assert_eq!(refused(&[file], &again), ErasureError::Erased(file));
        let shared = ErasureFacts {
            other: Some((id(6), file)),
            ..facts
        };
        let other = refused(&[file], &shared);
        assert!(matches!(other, ErasureError::OtherClaim { .. }));
        let biased = ErasureFacts {
            own_group: true,
            ..facts
        };
        assert_eq!(refused(&[file], &biased), ErasureError::NotIndependent);
        assert_eq!(decide_erasure(&[file], false, &biased), Ok(()));
    }
}
