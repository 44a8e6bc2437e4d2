//! Who may do what with a challenge, and until when.

use super::state::{Challenge, Proposal};
use super::{Body, Ground, Outcome};
use crate::amount::Quantity;
use crate::catalogue::Measure;
use crate::contract::Claim;
use crate::contract::small_cells::{SmallCell, check_left};
use crate::ids::{ChallengeId, ClaimId, OrganisationId, PersonId};
use crate::time::Time;

const DAY_MICROS: i64 = 86_400_000_000;
/// The body in charge answers within so many days of the challenge, or of its hand-over.
pub const ANSWER_DAYS: i64 = 30;
/// Claimant and challenger may appeal so many days after the decision.
pub const APPEAL_DAYS: i64 = 14;
/// The most challenges of one person that may be open at a time.
pub const MAX_OPEN: usize = 5;

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Nothing to object to.
    #[error("`claim`: {0} has no verified quantity: challenges are of verified claims")]
    NotVerified(ClaimId),
    /// Too many at once.
    #[error("whoever raises it has {0} open challenges: wait until one is decided")]
    TooMany(usize),
    /// The same again.
    #[error("challenge:{0} of the same claim by the same person is open: one at a time")]
    Already(ChallengeId),
    /// The claimant objects to itself.
    #[error("`claim`: its claimant does not challenge it: ask a registrar to correct it")]
    OwnClaim,
    /// Somebody else is in charge.
    #[error("`challenge`: another body is in charge of it")]
    NotInCharge,
    /// Handed over to where it is.
    #[error("`body`: it is in charge already")]
    SameBody,
    /// A buyer that still has time.
    #[error(
        "`challenge`: the buyer in charge answers until {0}: a registrar takes it over after that"
    )]
    NotOverdue(Time),
    /// A buyer that has nothing to do with it.
    #[error("`body`: only the buyer of the claim's contract can be in charge beside the registry")]
    NotTheBuyer,
    /// A step that was taken or cannot come now.
    #[error("`challenge`: it is {0}, where this step cannot be taken")]
    WrongStep(&'static str),
    /// Somebody who took part decides.
    #[error("`challenge`: {0} took part before: the decision needs somebody else")]
    SamePerson(PersonId),
    /// More than before, or in another unit.
    #[error("`verified`: {0}, expected less than the {1} that stands, in the same unit")]
    NoLess(Quantity, Quantity),
    /// Too late.
    #[error("`challenge`: an appeal was possible until {0}")]
    AppealOver(Time),
    /// Too early.
    #[error("`challenge`: the decision can be appealed until {0}: it is carried out after that")]
    AppealOpen(Time),
    /// Nothing to carry out.
    #[error("`challenge`: it was not upheld: there is nothing to carry out")]
    NotUpheld,
    /// What is left would describe too few people.
    #[error(transparent)]
    SmallCell(#[from] SmallCell),
}

/// What a claim has, of which less shall stand.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// Its measure; none where nothing is known of it, which was found at the claim's submission.
    pub measure: Option<&'a Measure>,
    /// The verified quantity.
    pub verified: &'a Quantity,
}

impl Standing<'_> {
    /// Whether so much may be left of it: less than stands, in the same unit, and about nobody or enough people.
    fn check_left(&self, left: &Quantity) -> Result<(), ChallengeError> {
        let standing = self.verified;
        if standing.same_unit(left).is_err() || left.units() >= standing.units() {
            return Err(ChallengeError::NoLess(left.clone(), standing.clone()));
        }
        match self.measure {
            Some(measure) => Ok(check_left(self.claim, measure, left)?),
            None => Ok(()),
        }
    }
}

/// What the decision to raise needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaiseFacts {
    /// The claim.
    pub claim: ClaimId,
    /// Whether it has a verified quantity above zero.
    pub verified: bool,
    /// Whether the challenger acts for the claimant's group.
    pub own: bool,
    /// The person's open challenges.
    pub open: Open,
}

/// Challenges of one person that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Open {
    /// How many.
    pub count: usize,
    /// One of them that is of the claim in question.
    pub same: Option<ChallengeId>,
}

impl Open {
    /// Whether one more may be open.
    fn check(self) -> Result<(), ChallengeError> {
        if let Some(same) = self.same {
            return Err(ChallengeError::Already(same));
        }
        if self.count >= MAX_OPEN {
            return Err(ChallengeError::TooMany(self.count));
        }
        Ok(())
    }
}

/// Whether a challenge may be raised.
pub fn decide_raise(facts: RaiseFacts) -> Result<(), ChallengeError> {
    if !facts.verified {
        return Err(ChallengeError::NotVerified(facts.claim));
    }
    if facts.own {
        return Err(ChallengeError::OwnClaim);
    }
    facts.open.check()
}

/// The body in charge: the contract's buyer of what the contract asks for, and the registry of everything else, since a
/// buyer has an interest in what it reports.
pub fn route(ground: Ground, buyer: Option<OrganisationId>) -> Body {
    match (ground, buyer) {
        (Ground::Contract, Some(buyer)) => Body::Buyer(buyer),
        _ => Body::Registry,
    }
}

/// The end of a term of days.
pub fn term(from: Time, days: i64) -> Time {
    from.plus_micros(days.saturating_mul(DAY_MICROS))
}

/// Whoever is in charge decides about others' steps: `by` neither raised the challenge, nor decided about it before, nor is
/// among `earlier`, who submitted, verified or issued.
fn check_apart(
    challenge: &Challenge,
    by: PersonId,
    earlier: &[PersonId],
) -> Result<(), ChallengeError> {
    let decided = challenge.decisions.iter().any(|decision| decision.by == by);
    if decided || earlier.contains(&by) || challenge.raised_by == by {
        return Err(ChallengeError::SamePerson(by));
    }
    Ok(())
}

/// Whether a person may hand a challenge over to another body; `buyer` is the buyer of the claim's contract, `earlier`
/// everyone who submitted, verified or issued.
pub fn decide_handover(
    challenge: &Challenge,
    (by, earlier): (PersonId, &[PersonId]),
    to: Body,
    buyer: Option<OrganisationId>,
) -> Result<(), ChallengeError> {
    if !challenge.decisions.is_empty() || challenge.is_over() {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    check_apart(challenge, by, earlier)?;
    match to {
        _ if to == challenge.body => Err(ChallengeError::SameBody),
        Body::Buyer(named) if Some(named) != buyer => Err(ChallengeError::NotTheBuyer),
        _ => Ok(()),
    }
}

/// Whether a registrar may take a challenge over that a buyer has in charge and did not answer in time: before its decision, or
/// while an appeal waits, so that nothing stays frozen for ever because a buyer says nothing. `earlier` is everyone who
/// submitted, verified or issued.
pub fn decide_takeover(
    challenge: &Challenge,
    (by, earlier): (PersonId, &[PersonId]),
    at: Time,
) -> Result<(), ChallengeError> {
    if challenge.body == Body::Registry {
        return Err(ChallengeError::SameBody);
    }
    if !challenge.waits() {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    check_apart(challenge, by, earlier)?;
    if at <= challenge.answer_by {
        return Err(ChallengeError::NotOverdue(challenge.answer_by));
    }
    Ok(())
}

/// Whether the claimant may reply: once, before a decision.
pub fn decide_reply(challenge: &Challenge) -> Result<(), ChallengeError> {
    if challenge.replied || !challenge.decisions.is_empty() {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    Ok(())
}

/// Whether a person of the body in charge may find that there is a case: once, before a decision. `earlier` is everyone
/// who submitted, verified or issued.
pub fn decide_case(
    challenge: &Challenge,
    by: PersonId,
    earlier: &[PersonId],
) -> Result<(), ChallengeError> {
    if challenge.has_case || !challenge.decisions.is_empty() {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    check_apart(challenge, by, earlier)
}

/// Whether the challenge may be decided so by a person. `earlier` is everyone who submitted, verified or issued. Whoever
/// decided first does not decide the appeal.
pub fn decide_resolution(
    challenge: &Challenge,
    outcome: &Outcome,
    by: PersonId,
    standing: Standing<'_>,
    earlier: &[PersonId],
) -> Result<(), ChallengeError> {
    let first = challenge.decisions.is_empty();
    if !first && !challenge.appealed || challenge.decisions.len() > 1 {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    check_apart(challenge, by, earlier)?;
    match outcome {
        Outcome::Upheld { verified, .. } => standing.check_left(verified),
        Outcome::Dismissed => Ok(()),
    }
}

/// Whether the first decision may be appealed now. `others` are the other open challenges of whoever raised it: an appeal
/// opens what a dismissal closed, and nobody has more open by it than by raising.
pub fn decide_appeal(challenge: &Challenge, others: Open, at: Time) -> Result<(), ChallengeError> {
    let [decision] = challenge.decisions.as_slice() else {
        return Err(ChallengeError::WrongStep(challenge.status()));
    };
    if challenge.appealed {
        return Err(ChallengeError::WrongStep(challenge.status()));
    }
    let until = term(decision.at, APPEAL_DAYS);
    if at >= until {
        return Err(ChallengeError::AppealOver(until));
    }
    others.check()
}

/// The outcome that can be carried out now: of the appeal, or of a decision that can no longer be appealed.
pub fn final_outcome(challenge: &Challenge, at: Time) -> Result<&Outcome, ChallengeError> {
    match challenge.decisions.as_slice() {
        [_, decision] => Ok(&decision.outcome),
        [decision] if !challenge.appealed => {
            let until = term(decision.at, APPEAL_DAYS);
            if at < until {
                Err(ChallengeError::AppealOpen(until))
            } else {
                Ok(&decision.outcome)
            }
        }
        _ => Err(ChallengeError::WrongStep(challenge.status())),
    }
}

/// Whether a registrar may propose to take a verified quantity back to a smaller one.
pub fn decide_proposal(proposal: &Proposal, standing: Standing<'_>) -> Result<(), ChallengeError> {
    standing.check_left(&proposal.verified)
}
