//! What an open claim waits for, and who can do what about it.

use std::collections::BTreeSet;
use std::fmt;

use super::Quorum;
use super::draw::{Candidate, Enrolled, Seats, TooFew, draw, each_once};
use super::duty::{Assignment, DutyError, decide_assignment, next_draw, sitting};
use crate::contract::status::ClaimStatus;
use crate::log::hash::Hash;

/// Whether seats can be filled does not depend on the seed, only who fills them.
const ANY_SEED: Hash = Hash([0; 32]);

/// One thing that a claim waits for. It prints as who can do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// No quorum binds it: a verifier.
    Verification,
    /// A seat is open, and somebody can be drawn for it.
    Draw,
    /// A seat is open, and nobody is left who could be drawn for it.
    MoreVerifiers(TooFew),
    /// A drawn verifier has not judged.
    Findings,
    /// A verifier asked the claimant.
    Answer,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verification => {
                "any verifier outside the groups of claimant and buyer accepts or rejects the claim (`verifyClaim`, `rejectClaim`)"
            }
            Self::Draw => {
                "verifiers can be drawn for the open seats: anyone concerned calls for it (`assignVerifiers`)"
            }
            Self::MoreVerifiers(few) => return few.fmt(f),
            Self::Findings => {
                "the drawn verifiers who have not judged accept or reject the claim (`verifyClaim`, `rejectClaim`); a registrar takes \
                 the seat of one who is late (`dischargeVerifier`)"
            }
            Self::Answer => "the claimant answers the verifier's question (`giveInformation`)",
        })
    }
}

/// The quorum that binds a claim, who was drawn for it, and who may be.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    /// What is asked.
    pub quorum: &'a Quorum,
    /// Everybody who was drawn.
    pub assignments: &'a [Assignment],
    /// See [`candidates`](super::draw::candidates).
    pub candidates: &'a [Candidate],
}

/// All that a claim waits for, nothing when it is decided; `bound` where a quorum binds it.
pub fn awaited(status: ClaimStatus, bound: Option<Bound<'_>>) -> Vec<Awaited> {
    let asked = status == ClaimStatus::InformationRequested;
    let judging = match bound {
        _ if asked || !status.is_open() => None,
        None => Some(Awaited::Verification),
        Some(bound) => sitting(bound.assignments)
            .any(|seat| seat.sealed.is_none())
            .then_some(Awaited::Findings),
    };
    let answer = asked.then_some(Awaited::Answer);
    let seat = bound.and_then(|bound| open_seat(status, bound));
    [answer, seat, judging].into_iter().flatten().collect()
}

fn open_seat(status: ClaimStatus, bound: Bound<'_>) -> Option<Awaited> {
    let third = next_draw(bound.quorum, bound.assignments).ok()?;
    let at = (status, ANY_SEED);
    match decide_assignment(bound.quorum, at, bound.candidates, bound.assignments, third) {
        Ok(_) => Some(Awaited::Draw),
        Err(DutyError::TooFew(few)) => Some(Awaited::MoreVerifiers(few)),
        Err(_) => None,
    }
}

/// What a quorum itself waits for: more verifiers, where those of the registry could not fill its seats for anybody's claim.
pub fn awaited_of_quorum(
    quorum: &Quorum,
    enrolled: impl IntoIterator<Item = Enrolled>,
) -> Option<Awaited> {
    let all: Vec<Candidate> = each_once(enrolled)
        .map(|found| found.candidate(u64::MAX))
        .collect();
    let seats = Seats {
        total: usize::from(quorum.verifiers),
        sectors: usize::from(quorum.sectors),
        taken: Vec::new(),
        before: &BTreeSet::new(),
    };
    let few = draw(ANY_SEED, &all, &seats).err()?;
    Some(Awaited::MoreVerifiers(few))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{id, organisation};
    use super::super::tests::quorum;
    use super::*;
    use crate::log::hash::sha256;
    use crate::organisation::Sector;
    use crate::time::Time;
    use ClaimStatus::{InVerification, InformationRequested, Submitted};

    fn someone(n: u128, sector: Sector) -> Candidate {
        Candidate {
            person: id(n),
            organisation: organisation(n),
            group: organisation(n),
            sector,
            late: false,
        }
    }

    fn of(
        status: ClaimStatus,
        assignments: &[Assignment],
        candidates: &[Candidate],
    ) -> Vec<Awaited> {
        let quorum = quorum(2, 2);
        let bound = Bound {
            quorum: &quorum,
            assignments,
            candidates,
        };
        awaited(status, Some(bound))
    }

    fn few(seats: usize) -> Awaited {
        Awaited::MoreVerifiers(TooFew { seats, sectors: 2 })
    }

    #[test]
    fn a_claim_waits_for_its_draw_its_verifiers_or_more_of_them() {
        let (one, two) = (someone(1, Sector::Public), someone(2, Sector::Private));
        let [first, second] =
            [one, two].map(|who| Assignment::new(&who, false, Time::from_micros(0)));
        let judged = |seat: &Assignment| Assignment {
            sealed: Some(sha256(b"sealed")),
            ..seat.clone()
        };
        assert_eq!(of(Submitted, &[], &[one, two]), [Awaited::Draw]);
        let public = [one, someone(3, Sector::Public)];
        assert_eq!(of(Submitted, &[], &public), [few(2)], "one sector");
        let seats = [judged(&first), second.clone()];
        assert_eq!(of(InVerification, &seats, &[one, two]), [Awaited::Findings]);
        // All have judged and the claim is open: they disagree, and a third is needed.
        let all = [judged(&first), judged(&second)];
        assert_eq!(of(InVerification, &all, &[one, two]), [few(3)]);
        let third = someone(3, Sector::Public);
        assert_eq!(
            of(InVerification, &all, &[one, two, third]),
            [Awaited::Draw]
        );
        // One left whom nobody can follow, while the other still has to judge.
        let left = Assignment {
            left: Some(super::super::Leaving::Declined),
            ..first
        };
        let seats = [left, second];
        let both = [few(2), Awaited::Findings];
        assert_eq!(of(InVerification, &seats, &[one, two]), both);
        let asked = [Awaited::Answer, few(2)];
        assert_eq!(of(InformationRequested, &seats, &[one, two]), asked);
    }

    #[test]
    fn without_a_quorum_any_verifier_is_awaited_and_after_the_decision_nobody() {
        assert_eq!(awaited(Submitted, None), [Awaited::Verification]);
        assert_eq!(awaited(InformationRequested, None), [Awaited::Answer]);
        for status in ClaimStatus::ALL
            .into_iter()
            .filter(|status| !status.is_open())
        {
            assert_eq!(awaited(status, None), []);
            assert_eq!(of(status, &[], &[]), []);
        }
    }

    #[test]
    fn whoever_waits_is_told_who_can_do_what() {
        for (awaited, words) in [
            (Awaited::Verification, "`verifyClaim`"),
            (Awaited::Draw, "`assignVerifiers`"),
            (
                few(3),
                "a registrar lets in more (`grantRole`), then `assignVerifiers`",
            ),
            (Awaited::Findings, "`dischargeVerifier`"),
            (Awaited::Answer, "`giveInformation`"),
        ] {
            assert!(awaited.to_string().contains(words), "{awaited}");
        }
    }

    #[test]
    fn a_quorum_that_the_registry_cannot_fill_waits_for_more_verifiers() {
        let enrolled = |n: u128, at: u128, sector| Enrolled {
            person: id(n),
            organisation: organisation(at),
            group: organisation(at),
            sector,
            granted: 1,
        };
        let asked = quorum(2, 2);
        let public = enrolled(1, 1, Sector::Public);
        // The same person for two organisations is one verifier.
        let twice = [public, enrolled(1, 2, Sector::Private)];
        assert_eq!(awaited_of_quorum(&asked, twice), Some(few(2)));
        let two = [public, enrolled(2, 2, Sector::Private)];
        assert_eq!(awaited_of_quorum(&asked, two), None);
    }
}
