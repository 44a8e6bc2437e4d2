//! What drawn verifiers do: they sit, judge, or leave their seat to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Quorum;
use super::draw::{Candidate, Seats, TooFew, draw};
use crate::contract::status::{ClaimStatus, ClaimStep, WrongStatus};
use crate::ids::{OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::organisation::Sector;
use crate::time::Time;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// How somebody left a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// Declined before beginning.
    Declined,
    /// Withdrew after asking about the claim.
    Withdrew,
    /// Was discharged: too late, or not fit any more.
    Discharged,
}

/// A verifier who was drawn for a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Who.
    pub verifier: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// The top of its beneficial-owner group.
    pub group: OrganisationId,
    /// Its sector.
    pub sector: Sector,
    /// Whether it is the further opinion after a disagreement.
    pub third: bool,
    /// Since when the days run: the draw, or the claimant's last answer.
    pub since: Time,
    /// Whether the verifier asked about the claim.
    pub begun: bool,
    /// What was sealed, once one of several verifiers has judged.
    pub sealed: Option<Hash>,
    /// Whether the claimant still owed an answer then: nothing can have been accepted.
    pub unanswered: bool,
    /// How the verifier left.
    pub left: Option<Leaving>,
}

impl Assignment {
    /// The seat of somebody who was just drawn.
    pub fn new(drawn: &Candidate, third: bool, since: Time) -> Self {
        Self {
            verifier: drawn.person,
            organisation: drawn.organisation,
            group: drawn.group,
            sector: drawn.sector,
            third,
            since,
            begun: false,
            sealed: None,
            unanswered: false,
            left: None,
        }
    }
}

impl Quorum {
    /// Until when a verifier has to judge whose days run since an instant.
    pub fn due(&self, since: Time) -> Time {
        since.plus_micros(i64::from(self.days).saturating_mul(DAY))
    }
}

/// Those who sit.
pub fn sitting(assignments: &[Assignment]) -> impl Iterator<Item = &Assignment> {
    assignments
        .iter()
        .filter(|assignment| assignment.left.is_none())
}

/// The seat of a person, if they sit.
pub fn seat_of(assignments: &[Assignment], person: PersonId) -> Option<&Assignment> {
    sitting(assignments).find(|assignment| assignment.verifier == person)
}

/// Why a step of a drawn verifier is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DutyError {
    /// The claim is decided or withdrawn.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// Nobody is missing.
    #[error("every seat of the quorum is taken: wait for the verifiers")]
    NoSeat,
    /// Nobody to draw.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// Not drawn, or gone.
    #[error(
        "`verifier`: person:{0} was not drawn for this claim: `assignVerifiers` draws those who judge it, while a seat is open"
    )]
    NotDrawn(PersonId),
    /// Judged already.
    #[error("`verifier`: person:{0} has judged the claim: each verifier judges once, for good")]
    Judged(PersonId),
    /// Nothing begun that could be withdrawn from.
    #[error("nothing was begun: decline the assignment instead")]
    NotBegun,
    /// Too late to decline.
    #[error("the claimant was asked already: withdraw from the assignment instead")]
    Begun,
    /// There is still time.
    #[error("the verifier has until {0}, and is fit to judge")]
    NotOverdue(Time),
    /// The claimant has to answer first.
    #[error("the claimant has to answer a question first: the days run again from the answer")]
    Waiting,
}

/// Which draw is next: whether it is for the further opinion. `Err` where every seat is taken.
pub fn next_draw(quorum: &Quorum, assignments: &[Assignment]) -> Result<bool, DutyError> {
    let regular: Vec<&Assignment> = sitting(assignments).filter(|seat| !seat.third).collect();
    let full = regular.len() >= usize::from(quorum.verifiers);
    let judged = regular.iter().all(|seat| seat.sealed.is_some());
    let third = sitting(assignments).any(|seat| seat.third);
    match (full, judged && quorum.verifiers > 1 && !third) {
        (false, _) => Ok(false),
        (true, true) => Ok(true),
        (true, false) => Err(DutyError::NoSeat),
    }
}

/// Draws for the open seats of a claim; see [`next_draw`] for `third`.
pub fn decide_assignment(
    quorum: &Quorum,
    (status, seed): (ClaimStatus, Hash),
    candidates: &[Candidate],
    assignments: &[Assignment],
    third: bool,
) -> Result<Vec<Candidate>, DutyError> {
    status.after(ClaimStep::Assign)?;
    if next_draw(quorum, assignments)? != third {
        return Err(DutyError::NoSeat);
    }
    let before = assignments.iter().map(|seat| seat.verifier).collect();
    let seats = Seats {
        total: usize::from(quorum.verifiers).saturating_add(usize::from(third)),
        sectors: usize::from(quorum.sectors),
        taken: sitting(assignments)
            .map(|seat| (seat.group, seat.sector))
            .collect(),
        before: &before,
    };
    Ok(draw(seed, candidates, &seats)?)
}

/// The seat of a verifier who has not judged yet.
fn open_seat(assignments: &[Assignment], person: PersonId) -> Result<&Assignment, DutyError> {
    let seat = seat_of(assignments, person).ok_or(DutyError::NotDrawn(person))?;
    match seat.sealed {
        None => Ok(seat),
        Some(_) => Err(DutyError::Judged(person)),
    }
}

/// Whether a verifier may leave of their own will.
pub fn decide_leaving(
    status: ClaimStatus,
    assignments: &[Assignment],
    person: PersonId,
    how: Leaving,
) -> Result<(), DutyError> {
    status.after(ClaimStep::Assign)?;
    let seat = open_seat(assignments, person)?;
    match (how, seat.begun) {
        (Leaving::Declined, true) => Err(DutyError::Begun),
        (Leaving::Withdrew, false) => Err(DutyError::NotBegun),
        _ => Ok(()),
    }
}

/// Whether a seat may be taken from a verifier: too late, or no longer `fit`, which means that the role was revoked or that they
/// came to belong to a party.
pub fn decide_discharge(
    (status, at): (ClaimStatus, Time),
    quorum: &Quorum,
    assignments: &[Assignment],
    person: PersonId,
    fit: bool,
) -> Result<(), DutyError> {
    status.after(ClaimStep::Assign)?;
    let seat = open_seat(assignments, person)?;
    if !fit {
        return Ok(());
    }
    if status == ClaimStatus::InformationRequested {
        return Err(DutyError::Waiting);
    }
    let due = quorum.due(seat.since);
    if at > due {
        Ok(())
    } else {
        Err(DutyError::NotOverdue(due))
    }
}

/// Whether a verifier may judge, and the seat from which they do. To accept nothing is possible while a question is open.
pub fn decide_judging(
    status: ClaimStatus,
    assignments: &[Assignment],
    person: PersonId,
    accepts: bool,
) -> Result<&Assignment, DutyError> {
    let step = if accepts {
        ClaimStep::Verify
    } else {
        ClaimStep::Reject
    };
    status.after(step)?;
    open_seat(assignments, person)
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{id, organisation};
    use super::super::tests::quorum;
    use super::*;
    use crate::log::hash::sha256;
    use ClaimStatus::{InVerification, InformationRequested};

    fn seat(n: u128) -> Assignment {
        let drawn = Candidate {
            person: id(n),
            organisation: organisation(n),
            group: organisation(n),
            sector: Sector::Public,
            late: false,
        };
        Assignment::new(&drawn, false, Time::from_micros(0))
    }

    fn judged(n: u128) -> Assignment {
        Assignment {
            sealed: Some(sha256(b"sealed")),
            ..seat(n)
        }
    }

    #[test]
    fn a_further_opinion_is_drawn_only_after_all_have_judged_and_once() {
        let of = |seats: &[Assignment]| next_draw(&quorum(2, 1), seats);
        assert_eq!(of(&[seat(1)]), Ok(false));
        assert_eq!(of(&[seat(1), judged(2)]), Err(DutyError::NoSeat));
        assert_eq!(of(&[judged(1), judged(2)]), Ok(true));
        let third = Assignment {
            third: true,
            ..seat(3)
        };
        let all = [judged(1), judged(2), third.clone()];
        assert_eq!(of(&all), Err(DutyError::NoSeat));
        let gone = Assignment {
            left: Some(Leaving::Declined),
            ..third
        };
        assert_eq!(of(&[judged(1), judged(2), gone]), Ok(true));
        assert_eq!(
            next_draw(&quorum(1, 1), &[judged(1)]),
            Err(DutyError::NoSeat)
        );
    }

    #[test]
    fn who_has_begun_withdraws_and_who_has_not_declines() {
        let begun = Assignment {
            begun: true,
            ..seat(1)
        };
        let leave = |seat: &Assignment, how| {
            let seats = [seat.clone()];
            decide_leaving(ClaimStatus::InVerification, &seats, id(1), how)
        };
        assert_eq!(leave(&seat(1), Leaving::Declined), Ok(()));
        assert_eq!(leave(&seat(1), Leaving::Withdrew), Err(DutyError::NotBegun));
        assert_eq!(leave(&begun, Leaving::Withdrew), Ok(()));
        assert_eq!(leave(&begun, Leaving::Declined), Err(DutyError::Begun));
        let judged = leave(&judged(1), Leaving::Declined);
        assert_eq!(judged, Err(DutyError::Judged(id(1))));
        let other = leave(&seat(2), Leaving::Declined);
        assert_eq!(other, Err(DutyError::NotDrawn(id(1))));
    }

    #[test]
    fn a_seat_is_taken_from_the_late_and_the_unfit_only() {
        let seats = [seat(1)];
        let discharge = |status, day: i64, fit| {
            let at = Time::from_micros(day.saturating_mul(DAY));
            decide_discharge((status, at), &quorum(1, 1), &seats, id(1), fit)
        };
        let due = Time::from_micros(DAY.saturating_mul(30));
        assert_eq!(
            discharge(InVerification, 30, true),
            Err(DutyError::NotOverdue(due))
        );
        assert_eq!(discharge(InVerification, 31, true), Ok(()));
        assert_eq!(discharge(InVerification, 1, false), Ok(()));
        let waits = discharge(InformationRequested, 31, true);
        assert_eq!(waits, Err(DutyError::Waiting));
    }

    #[test]
    fn whoever_sits_is_not_drawn_again_for_another_organisation() {
        let drawn = |n: u128, at: u128| Candidate {
            person: id(n),
            organisation: organisation(at),
            group: organisation(at),
            sector: Sector::Public,
            late: false,
        };
        let seats = [judged(1), judged(2)];
        let third = |candidates: &[Candidate]| {
            let seed = sha256(b"seed");
            let of = (InVerification, seed);
            decide_assignment(&quorum(2, 1), of, candidates, &seats, true)
        };
        // The role for which 1 was drawn is gone; another one is left.
        let again = drawn(1, 11);
        let alone = third(&[again]);
        assert!(matches!(alone, Err(DutyError::TooFew(_))), "{alone:?}");
        assert_eq!(third(&[again, drawn(3, 3)]), Ok(vec![drawn(3, 3)]));
    }

    #[test]
    fn nothing_is_accepted_while_a_question_is_open() {
        let seats = [seat(1)];
        let open = ClaimStatus::InformationRequested;
        assert!(decide_judging(open, &seats, id(1), true).is_err());
        assert!(decide_judging(open, &seats, id(1), false).is_ok());
    }
}
