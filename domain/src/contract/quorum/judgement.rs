//! What follows from what the verifiers of a quorum found. Until the last of them has judged, each finding is sealed, so that
//! none of them follows another.

use std::collections::BTreeSet;

use serde_json::json;

use super::Quorum;
use super::duty::{Assignment, sitting};
use crate::amount::{Quantity, Share};
use crate::contract::status::{ClaimStatus, ClaimStep, WrongStatus};
use crate::contract::text::{InvalidText, check_line};
use crate::contract::verification::{Verification, lower_median};
use crate::ids::{ClaimId, PersonId};
use crate::log::canonical::{EncodingError, canonical_json};
use crate::log::commitment::Salt;
use crate::log::hash::{Hash, sha256};

/// What follows from all findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// They lie too far apart: a further verifier is drawn.
    Third,
    /// The lower median was accepted.
    Verified(Quantity),
    /// The lower median is nothing.
    Rejected,
}

/// Why findings do not conclude a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConclusionError {
    /// Somebody has not judged.
    #[error("{judged} of {seats} verifiers have judged: the claim waits for the others")]
    Missing {
        /// How many have.
        judged: usize,
        /// How many there are.
        seats: usize,
    },
    /// They do not come from enough sectors.
    #[error("the verifiers come from {found} sectors, expected at least {expected}")]
    Sectors {
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: u8,
    },
    /// A finding that is not what was sealed, or of nobody who sits.
    #[error("the finding of person:{0} is not what was sealed")]
    NotSealed(PersonId),
    /// Something accepted while the claimant owed an answer.
    #[error(
        "person:{0} accepted something while a question was open: only to accept nothing is possible"
    )]
    Unanswered(PersonId),
    /// A further opinion where the first lie close together.
    #[error("a further verifier judged although the first did not disagree")]
    NoDisagreement,
    /// More than was claimed, or another unit.
    #[error("`accepted`: {accepted}, expected at most the claimed {claimed}")]
    Accepted {
        /// What was accepted.
        accepted: Quantity,
        /// What was claimed.
        claimed: Quantity,
    },
    /// The claim is decided, or nobody was drawn for it.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// A text.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// It cannot be counted.
    #[error("the quantities are too large to compare")]
    Arithmetic,
}

/// The commitment to a finding: SHA-256 of the canonical JSON of tag, salt, claim and finding without its salt.
pub fn seal(claim: ClaimId, finding: &Verification, salt: Salt) -> Result<Hash, EncodingError> {
    let bare = Verification {
        salt: None,
        ..finding.clone()
    };
    let content =
        json!({ "tag": "commonweal/finding/v1", "salt": salt, "claim": claim, "finding": bare });
    canonical_json(&content).map(|bytes| sha256(&bytes))
}

/// Checks one finding by itself: nothing to all of the claim, in its unit, with its method.
pub fn check_finding(claimed: &Quantity, finding: &Verification) -> Result<(), ConclusionError> {
    let accepted = &finding.accepted;
    let inside = (0..=claimed.units()).contains(&accepted.units());
    if !inside || claimed.same_unit(accepted).is_err() {
        return Err(ConclusionError::Accepted {
            accepted: accepted.clone(),
            claimed: claimed.clone(),
        });
    }
    Ok(check_line("method", &finding.method, 200)?)
}

/// Whether what was accepted lies further apart than the tolerance allows, which is a part of what was claimed.
pub fn disagree(units: &[i64], claimed: i64, tolerance: Share) -> Option<bool> {
    let (Some(least), Some(most)) = (units.iter().min(), units.iter().max()) else {
        return Some(false);
    };
    let spread = i128::from(*most).checked_sub(i128::from(*least))?;
    let whole = spread.checked_mul(i128::from(Share::WHOLE.millionths()))?;
    let allowed = i128::from(claimed).checked_mul(i128::from(tolerance.millionths()))?;
    Some(whole > allowed)
}

/// What follows for a claim whose every sitting verifier has judged. `findings` are all of theirs, each with the salt of its
/// seal. A question that is open then has lapsed: whoever judged since it was asked accepted nothing.
pub fn conclude(
    quorum: &Quorum,
    (claim, claimed, status): (ClaimId, &Quantity, ClaimStatus),
    assignments: &[Assignment],
    findings: &[Verification],
) -> Result<Conclusion, ConclusionError> {
    let seats: Vec<&Assignment> = sitting(assignments).collect();
    let needed = seats.len().max(usize::from(quorum.verifiers));
    if findings.len() != needed || seats.len() != needed {
        return Err(ConclusionError::Missing {
            judged: findings.len(),
            seats: needed,
        });
    }
    let sectors: BTreeSet<_> = seats.iter().map(|seat| seat.sector).collect();
    if sectors.len() < usize::from(quorum.sectors) {
        return Err(ConclusionError::Sectors {
            found: sectors.len(),
            expected: quorum.sectors,
        });
    }
    let mut first = Vec::new();
    let mut all = Vec::new();
    for seat in &seats {
        let not_sealed = ConclusionError::NotSealed(seat.verifier);
        let finding = findings
            .iter()
            .find(|finding| {
                finding.verifier == seat.verifier && finding.organisation == seat.organisation
            })
            .ok_or_else(|| not_sealed.clone())?;
        let opened = finding
            .salt
            .and_then(|salt| seal(claim, finding, salt).ok());
        if opened.is_none() || opened != seat.sealed {
            return Err(not_sealed);
        }
        check_finding(claimed, finding)?;
        if seat.unanswered && finding.accepted.units() > 0 {
            return Err(ConclusionError::Unanswered(seat.verifier));
        }
        all.push(finding.accepted.units());
        if !seat.third {
            first.push(finding.accepted.units());
        }
    }
    let apart = quorum.verifiers > 1
        && disagree(&first, claimed.units(), quorum.tolerance)
            .ok_or(ConclusionError::Arithmetic)?;
    match (apart, all.len() > first.len()) {
        (true, false) => return Ok(Conclusion::Third),
        (false, true) => return Err(ConclusionError::NoDisagreement),
        _ => {}
    }
    let units = lower_median(all).ok_or(ConclusionError::Missing {
        judged: 0,
        seats: needed,
    })?;
    if units == 0 {
        status.after(ClaimStep::Reject)?;
        return Ok(Conclusion::Rejected);
    }
    status.after(ClaimStep::Conclude)?;
    let verified = claimed.with_units(units);
    Ok(Conclusion::Verified(
        verified.map_err(|_| ConclusionError::Arithmetic)?,
    ))
}
