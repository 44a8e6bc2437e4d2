//! Questions about a claim and their answers.

use super::claim::Claim;
use super::status::{ClaimStatus, ClaimStep, WrongStatus};
use super::submission::SubmissionError;
use super::verification::{ClaimFacts, VerificationError, check_independent};
use crate::catalogue::Measure;
use crate::ids::{ClaimId, OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::time::Time;

/// The most questions of one person about a claim: each makes the claim wait, and a drawn verifier's days run anew.
pub const MAX_QUESTIONS: usize = 5;

/// A question with what the decision about it needs.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who asks.
    pub verifier: PersonId,
    /// Who asked about the claim before: a person once for each question.
    pub asked: &'a [PersonId],
    /// Until when the verifier has to judge; none where no quorum binds the claim.
    pub due: Option<Time>,
    /// The log's time.
    pub at: Time,
}

/// Why a question is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The claim waits already or is decided, or the verifier is of a party.
    #[error(transparent)]
    Verifier(#[from] VerificationError),
    /// The days of a drawn verifier are over.
    #[error("`claim`: the days to judge it ended at {0}: judge it, or give the seat back")]
    Overdue(Time),
    /// Asked often enough.
    #[error(
        "`question`: a person asks at most {MAX_QUESTIONS} times about a claim: judge it by what is there, or leave it to another \
         verifier"
    )]
    TooMany,
}

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
/// role. Nobody holds a claim up for ever: who is overdue buys no days by a question, and who asked often enough judges.
pub fn decide_request(
    facts: &ClaimFacts<'_>,
    asking: &Asking<'_>,
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<(), RequestError> {
    let status = facts.status.after(ClaimStep::RequestInformation);
    status.map_err(VerificationError::from)?;
    check_independent(facts, asking.verifier, &groups)?;
    if let Some(due) = asking.due.filter(|due| asking.at > *due) {
        return Err(RequestError::Overdue(due));
    }
    let asked = asking.asked.iter();
    if asked.filter(|who| **who == asking.verifier).count() >= MAX_QUESTIONS {
        return Err(RequestError::TooMany);
    }
    Ok(())
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
