//! Questions about a claim and their answers.

use super::claim::Claim;
use super::status::{ClaimStatus, ClaimStep, WrongStatus};
use super::submission::SubmissionError;
use super::verification::{ClaimFacts, VerificationError, check_independent};
use crate::catalogue::Measure;
use crate::ids::{ClaimId, OrganisationId, PersonId};
use crate::log::hash::Hash;

/// Why an answer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Nobody asked.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// The further evidence.
    #[error(transparent)]
    Evidence(#[from] SubmissionError),
}

/// Whether a verifier may ask the claimant; `groups` gives the groups of all organisations in which the verifier holds a
/// role.
pub fn decide_request(
    facts: &ClaimFacts<'_>,
    verifier: PersonId,
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<(), VerificationError> {
    facts.status.after(ClaimStep::RequestInformation)?;
    check_independent(facts, verifier, &groups)
}

/// Whether the claim, with the files of an answer added, may go back to its verifiers. `same` is a live claim that carries
/// one of its files, other than the claim itself.
pub fn check_answer(
    claim: &Claim,
    status: ClaimStatus,
    measure: Option<&Measure>,
    same: Option<(ClaimId, Hash)>,
) -> Result<(), AnswerError> {
    status.after(ClaimStep::GiveInformation)?;
    let unknown = || SubmissionError::UnknownMeasure(claim.measure.clone());
    let checked = claim.check_evidence(measure.ok_or_else(unknown)?);
    checked.map_err(SubmissionError::from)?;
    match same {
        None => Ok(()),
        Some((earlier, sha256)) => Err(SubmissionError::SameEvidence { earlier, sha256 }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{claim, id, measure};
    use super::*;

    #[test]
    fn an_answer_needs_a_question_and_files_of_its_own() {
        let mut claim = claim(5, "6.0");
        let measure = measure();
        let check = |claim: &Claim, status, same| check_answer(claim, status, Some(&measure), same);
        assert_eq!(
            check(&claim, ClaimStatus::InformationRequested, None),
            Ok(())
        );
        let unasked = check(&claim, ClaimStatus::InVerification, None);
        assert!(matches!(unasked, Err(AnswerError::Status(_))));
        let used = Some((id(4), claim.evidence[0].sha256));
        let used = check(&claim, ClaimStatus::InformationRequested, used);
        assert!(matches!(used, Err(AnswerError::Evidence(_))));
        claim.evidence.push(claim.evidence[0].clone());
        assert!(check(&claim, ClaimStatus::InformationRequested, None).is_err());
    }
}
