//! What replay knows of challenges.

use std::collections::BTreeMap;

use super::rules::{APPEAL_DAYS, Open, final_outcome, term};
use super::{Basis, Body, Ground, Outcome, Remedy};
use crate::amount::Quantity;
use crate::ids::{ChallengeId, ClaimId, PersonId, ProposalId};
use crate::time::Time;

/// A decision about a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who decided.
    pub by: PersonId,
    /// What.
    pub outcome: Outcome,
    /// When.
    pub at: Time,
}

/// A challenge with what happened to it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts that the log states one by one"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The challenge.
    pub id: ChallengeId,
    /// The claim that it is about.
    pub claim: ClaimId,
    /// What the objection is.
    pub ground: Ground,
    /// Who raised it.
    pub raised_by: PersonId,
    /// Who is in charge.
    pub body: Body,
    /// Until when the body in charge answers: the challenge, its hand-over or its appeal, whichever came last.
    pub answer_by: Time,
    /// Whether the claimant replied.
    pub replied: bool,
    /// Whether the body in charge found that there is a case, so that unsold units are frozen.
    pub has_case: bool,
    /// The first decision, and after an appeal the second.
    pub decisions: Vec<Decision>,
    /// Whether the first decision was appealed.
    pub appealed: bool,
    /// Whether an upheld challenge was carried out.
    pub carried_out: bool,
}

impl Challenge {
    /// Where it stands, in a word.
    pub fn status(&self) -> &'static str {
        match (self.decisions.len(), self.appealed) {
            (0, _) if self.has_case => "under examination",
            (0, _) => "raised",
            (1, true) => "appealed",
            _ if self.carried_out => "carried out",
            _ => match self.decisions.last().map(|decision| &decision.outcome) {
                Some(Outcome::Dismissed) => "dismissed",
                _ => "upheld",
            },
        }
    }

    /// Whether the body in charge has to answer: a first decision is missing, or the one after an appeal.
    pub fn waits(&self) -> bool {
        self.decisions.len() == usize::from(self.appealed)
    }

    /// Whether nothing more can happen to it but an appeal: it was carried out, or dismissed. An appeal opens it again.
    pub fn is_over(&self) -> bool {
        let dismissed = |decision: &Decision| decision.outcome == Outcome::Dismissed;
        self.carried_out || !self.waits() && self.decisions.last().is_some_and(dismissed)
    }

    /// Whether nothing can come of it any more: it was carried out, or dismissed for good.
    pub fn is_settled(&self, at: Time) -> bool {
        self.carried_out || matches!(final_outcome(self, at), Ok(Outcome::Dismissed))
    }

    /// Whether it freezes what was issued for its claim: there is a case, and something may still come of it.
    pub fn freezes(&self, at: Time) -> bool {
        let upheld = |decision: &Decision| decision.outcome != Outcome::Dismissed;
        !self.is_settled(at) && (self.has_case || self.decisions.iter().any(upheld))
    }

    /// When it stops to freeze although nobody takes a step: a dismissal that nobody appeals. None where it takes a step.
    pub fn freezes_until(&self) -> Option<Time> {
        match self.decisions.as_slice() {
            [decision] if !self.appealed && decision.outcome == Outcome::Dismissed => {
                Some(term(decision.at, APPEAL_DAYS))
            }
            _ => None,
        }
    }
}

/// A registrar's proposal to correct or reverse a verified claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The proposal.
    pub id: ProposalId,
    /// The claim.
    pub claim: ClaimId,
    /// What would stay verified.
    pub verified: Quantity,
    /// Why the rest falls.
    pub remedy: Remedy,
    /// Who proposes.
    pub by: PersonId,
    /// Whether it was carried out.
    pub carried_out: bool,
}

/// Challenges and proposals as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    challenges: BTreeMap<ChallengeId, Challenge>,
    by_claim: BTreeMap<ClaimId, Vec<ChallengeId>>,
    open_by: BTreeMap<PersonId, Vec<ChallengeId>>,
    proposals: BTreeMap<ProposalId, Proposal>,
}

impl State {
    /// A challenge.
    pub fn challenge(&self, id: ChallengeId) -> Option<&Challenge> {
        self.challenges.get(&id)
    }

    /// A proposal.
    pub fn proposal(&self, id: ProposalId) -> Option<&Proposal> {
        self.proposals.get(&id)
    }

    /// A challenge of a claim that freezes what was issued for it.
    pub fn freezing(&self, claim: ClaimId, at: Time) -> Option<ChallengeId> {
        self.of(claim)
            .find(|challenge| challenge.freezes(at))
            .map(|challenge| challenge.id)
    }

    /// A challenge of a claim that is not over.
    pub fn open(&self, claim: ClaimId) -> Option<ChallengeId> {
        self.of(claim)
            .find(|challenge| !challenge.is_over())
            .map(|challenge| challenge.id)
    }

    /// A challenge of a claim of which something may still come.
    pub fn unsettled(&self, claim: ClaimId, at: Time) -> Option<ChallengeId> {
        self.of(claim)
            .find(|challenge| !challenge.is_settled(at))
            .map(|challenge| challenge.id)
    }

    fn of(&self, claim: ClaimId) -> impl Iterator<Item = &Challenge> {
        let ids = self.by_claim.get(&claim).into_iter().flatten();
        ids.filter_map(|id| self.challenges.get(id))
    }

    /// Open challenges of a person, without one of them, as far as they matter to one of a claim.
    pub(super) fn open_of(
        &self,
        person: PersonId,
        claim: ClaimId,
        without: Option<ChallengeId>,
    ) -> Open {
        let open = self.open_by.get(&person).into_iter().flatten();
        let open = open.copied().filter(|id| Some(*id) != without);
        let of_claim = |id: &ChallengeId| {
            let challenge = self.challenges.get(id);
            challenge.is_some_and(|challenge| challenge.claim == claim)
        };
        Open {
            count: open.clone().count(),
            same: open.clone().find(of_claim),
        }
    }

    /// The quantity and remedy that can be carried out now, with who decided; nothing when there is no such thing.
    pub fn basis(
        &self,
        basis: Basis,
        at: Time,
    ) -> Option<(ClaimId, &Quantity, Remedy, Vec<PersonId>)> {
        match basis {
            Basis::Proposal(id) => {
                let found = self
                    .proposals
                    .get(&id)
                    .filter(|proposal| !proposal.carried_out)?;
                Some((found.claim, &found.verified, found.remedy, vec![found.by]))
            }
            Basis::Challenge(id) => {
                let found = self
                    .challenges
                    .get(&id)
                    .filter(|challenge| !challenge.carried_out)?;
                let Outcome::Upheld { verified, remedy } = final_outcome(found, at).ok()? else {
                    return None;
                };
                let by = found.decisions.iter().map(|decision| decision.by).collect();
                Some((found.claim, verified, *remedy, by))
            }
        }
    }

    pub(super) fn raise(&mut self, challenge: Challenge) {
        let (id, claim, by) = (challenge.id, challenge.claim, challenge.raised_by);
        self.by_claim.entry(claim).or_default().push(id);
        self.open_by.entry(by).or_default().push(id);
        self.challenges.insert(id, challenge);
    }

    pub(super) fn propose(&mut self, proposal: Proposal) {
        self.proposals.insert(proposal.id, proposal);
    }

    /// Takes in a step of a challenge that was found right.
    pub(super) fn change(&mut self, id: ChallengeId, step: impl FnOnce(&mut Challenge)) {
        let Some(challenge) = self.challenges.get_mut(&id) else {
            return;
        };
        step(challenge);
        let open = self.open_by.entry(challenge.raised_by).or_default();
        open.retain(|other| *other != id);
        if !challenge.is_over() {
            open.push(id);
        }
    }

    /// Notes that a decision was carried out.
    pub(crate) fn carry_out(&mut self, basis: Basis) {
        match basis {
            Basis::Challenge(id) => self.change(id, |challenge| challenge.carried_out = true),
            Basis::Proposal(id) => {
                if let Some(proposal) = self.proposals.get_mut(&id) {
                    proposal.carried_out = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{id, measure};

    /// When every decision is made.
    const DECIDED: Time = Time::from_micros(1_790_000_000_000_000);

    fn after(days: i64) -> Time {
        term(DECIDED, days)
    }

    /// A challenge after some decisions, each of which upholds it or not.
    fn challenge(has_case: bool, upheld: &[bool]) -> Challenge {
        let decision = |upheld: &bool| Decision {
            by: id(21),
            outcome: if *upheld {
                Outcome::Upheld {
                    verified: measure().quantity("5.0").unwrap(),
                    remedy: Remedy::Correct,
                }
            } else {
                Outcome::Dismissed
            },
            at: DECIDED,
        };
        Challenge {
            id: id(270),
            claim: id(5),
            ground: Ground::Delivery,
            raised_by: id(32),
            body: Body::Registry,
            answer_by: DECIDED,
            replied: false,
            has_case,
            decisions: upheld.iter().map(decision).collect(),
            appealed: upheld.len() > 1,
            carried_out: false,
        }
    }

    #[test]
    fn a_dismissal_thaws_when_nobody_can_appeal_any_more() {
        let mut dismissed = challenge(true, &[false]);
        let freezes = |challenge: &Challenge| [0, 13, 14, 400].map(|n| challenge.freezes(after(n)));
        assert_eq!(freezes(&dismissed), [true, true, false, false]);
        dismissed.appealed = true;
        assert_eq!(freezes(&dismissed), [true; 4], "it waits for the second");
        assert_eq!(freezes(&challenge(true, &[false, false])), [false; 4]);
        assert_eq!(freezes(&challenge(false, &[false])), [false; 4], "no case");
    }

    #[test]
    fn what_was_upheld_freezes_until_it_is_carried_out() {
        for decisions in [&[true][..], &[false, true][..]] {
            let mut upheld = challenge(false, decisions);
            assert!(upheld.freezes(after(0)) && upheld.freezes(after(400)));
            upheld.carried_out = true;
            assert!(!upheld.freezes(after(400)));
        }
        assert!(!challenge(true, &[true, false]).freezes(after(0)));
    }

    /// The tables keep the two answers of the last step, and compare the second with the time.
    #[test]
    fn what_a_step_leaves_says_at_every_later_time_whether_it_freezes() {
        let decisions: [&[bool]; 7] = [
            &[],
            &[false],
            &[true],
            &[false, false],
            &[false, true],
            &[true, false],
            &[true, true],
        ];
        for decisions in decisions {
            for flags in 0..8_u8 {
                let [has_case, appealed, carried_out] = [1, 2, 4].map(|flag| flags & flag != 0);
                let one = Challenge {
                    appealed,
                    carried_out,
                    ..challenge(has_case, decisions)
                };
                let (freezes, until) = (one.freezes(DECIDED), one.freezes_until());
                for at in [0, 1, 13, 14, 15, 400].map(after) {
                    let kept = freezes && until.is_none_or(|until| until > at);
                    assert_eq!(one.freezes(at), kept, "{one:?} at {at}");
                }
            }
        }
    }
}
