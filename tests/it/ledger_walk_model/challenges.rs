//! Challenges of claims, and what may be done about them.

use super::{Code, Model, Outcome};

/// The longest time in which a decision can be appealed.
const APPEALS: i64 = 14 * 86_400;
/// The time in which the body in charge answers.
const ANSWERS: i64 = 30 * 86_400;
/// How many challenges of one person may be open.
const MOST_OPEN: usize = 5;

/// Who is in charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Registry,
    Buyer,
}

/// One of those who decide: the number of a registrar or of an officer of the buyer. The first registrar issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judge {
    pub(crate) body: Body,
    pub(crate) number: usize,
}

/// The registrar who issues.
const ISSUER: Judge = Judge {
    body: Body::Registry,
    number: 0,
};

/// A decision.
#[derive(Debug, Clone, Copy)]
struct Decision {
    by: Judge,
    /// Tenths of an hour that it leaves; none when the claim stands.
    leaves: Option<i64>,
    at: i64,
}

/// A challenge.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    pub(crate) id: String,
    pub(crate) claim: usize,
    /// The number of whoever raised it.
    pub(crate) by: usize,
    pub(crate) body: Body,
    answer_by: i64,
    replied: bool,
    case: bool,
    first: Option<Decision>,
    appealed: bool,
    second: Option<Decision>,
    carried_out: bool,
}

impl Challenge {
    fn last(&self) -> Option<Decision> {
        self.second.or(self.first)
    }

    /// Whether somebody still has to decide.
    fn waits(&self) -> bool {
        self.first.is_none() || self.appealed && self.second.is_none()
    }

    /// Whether it was upheld and waits to be carried out.
    pub(crate) fn is_upheld(&self) -> bool {
        let upheld = self.last().is_some_and(|last| last.leaves.is_some());
        !self.waits() && upheld && !self.carried_out
    }

    /// Whether a decision can be appealed at a time.
    pub(crate) fn can_be_appealed(&self, now: i64) -> bool {
        let soon = |first: Decision| now < first.at + APPEALS;
        !self.appealed && self.first.is_some_and(soon)
    }

    /// Whether something is still to be done about it.
    pub(crate) fn is_open(&self) -> bool {
        self.waits() || self.is_upheld()
    }

    /// Whether there is a case, of which something may still come: somebody found one, or upheld the challenge.
    fn freezes(&self, now: i64) -> bool {
        let upheld = |decision: Option<Decision>| decision.is_some_and(|one| one.leaves.is_some());
        let may_come = self.is_open() || self.can_be_appealed(now);
        may_come && (self.case || upheld(self.first) || upheld(self.second))
    }
}

impl Model {
    /// Whether what was not sold of a claim is frozen: by a challenge of it, or of an issued one of its KPI.
    pub(super) fn freezes(&self, claim: usize) -> bool {
        let kpi = self.claims[claim].kpi;
        let reaches = |other: usize| {
            let of_kpi = kpi.is_some() && self.claims[other].kpi == kpi;
            other == claim || of_kpi && self.batch_of(other).is_some()
        };
        let mut challenges = self.challenges.iter();
        challenges.any(|challenge| challenge.freezes(self.now) && reaches(challenge.claim))
    }

    /// Whether a challenge of a claim itself freezes it: nothing is issued for it.
    pub(super) fn has_case(&self, claim: usize) -> bool {
        let mut own = self.challenges.iter().filter(|one| one.claim == claim);
        own.any(|challenge| challenge.freezes(self.now))
    }

    /// Whether a challenge of a claim is open.
    pub(super) fn challenged(&self, claim: usize) -> bool {
        let of_claim = |challenge: &&Challenge| challenge.claim == claim;
        self.challenges
            .iter()
            .filter(of_claim)
            .any(Challenge::is_open)
    }

    /// Somebody objects: `own` says whether it is the claimant.
    pub(crate) fn raise(&mut self, claim: usize, by: usize, body: Body, own: bool) -> Outcome {
        if self.claims[claim].verified == 0 {
            return Outcome::Refused("NOT_VERIFIED");
        }
        if own {
            return Outcome::Refused("OWN_CLAIM");
        }
        if let Err(code) = check_open(&self.open_by(by, None), claim) {
            return Outcome::Refused(code);
        }
        self.challenges.push(Challenge {
            id: String::new(),
            claim,
            by,
            body,
            answer_by: self.now + ANSWERS,
            replied: false,
            case: false,
            first: None,
            appealed: false,
            second: None,
            carried_out: false,
        });
        Outcome::Done
    }

    /// The claimant replies, once and before a decision.
    pub(crate) fn reply(&mut self, number: usize) -> Outcome {
        let challenge = &mut self.challenges[number];
        if challenge.replied || challenge.first.is_some() {
            return Outcome::Refused("CHALLENGE_STATUS");
        }
        challenge.replied = true;
        Outcome::Done
    }

    /// Whether somebody is of the body in charge, and neither decided about the challenge nor issued for its claim.
    fn may_act(&self, number: usize, by: Judge) -> bool {
        by.body == self.challenges[number].body && !self.took_part(number, by)
    }

    fn took_part(&self, number: usize, by: Judge) -> bool {
        let challenge = &self.challenges[number];
        let mut decisions = [challenge.first, challenge.second].into_iter().flatten();
        let decided = decisions.any(|decision| decision.by == by);
        decided || by == ISSUER && self.batch_of(challenge.claim).is_some()
    }

    /// Of which claims open challenges of one person are, but for one of them.
    fn open_by(&self, by: usize, but: Option<usize>) -> Vec<usize> {
        let challenges = self.challenges.iter().enumerate();
        let open = challenges.filter(|(number, one)| Some(*number) != but && one.is_open());
        let theirs = open.filter(|(_, one)| one.by == by);
        theirs.map(|(_, one)| one.claim).collect()
    }

    /// The body in charge hands over before a decision.
    pub(crate) fn route(&mut self, number: usize, by: Judge, to: Body) -> Outcome {
        let of_buyer = self.challenges[number].body == Body::Buyer;
        if of_buyer && to == Body::Registry && by.body == to {
            return self.take_over(number, by);
        }
        let under_contract = self.claims[self.challenges[number].claim].kpi.is_some();
        if !self.may_act(number, by) {
            return Outcome::Refused("FORBIDDEN");
        }
        let now = self.now;
        let challenge = &mut self.challenges[number];
        if challenge.first.is_some() {
            return Outcome::Refused("CHALLENGE_STATUS");
        }
        if to == challenge.body || to == Body::Buyer && !under_contract {
            return Outcome::Refused("BODY");
        }
        (challenge.body, challenge.answer_by) = (to, now + ANSWERS);
        Outcome::Done
    }

    /// A registrar who took no part takes over what a buyer did not answer in time.
    fn take_over(&mut self, number: usize, by: Judge) -> Outcome {
        if self.took_part(number, by) {
            return Outcome::Refused("FORBIDDEN");
        }
        let now = self.now;
        let challenge = &mut self.challenges[number];
        if !challenge.waits() {
            return Outcome::Refused("CHALLENGE_STATUS");
        }
        if now <= challenge.answer_by {
            return Outcome::Refused("NOT_OVERDUE");
        }
        (challenge.body, challenge.answer_by) = (by.body, now + ANSWERS);
        Outcome::Done
    }

    /// The body in charge finds a case, once and before a decision.
    pub(crate) fn accept(&mut self, number: usize, by: Judge) -> Outcome {
        if !self.may_act(number, by) {
            return Outcome::Refused("FORBIDDEN");
        }
        let challenge = &mut self.challenges[number];
        if challenge.case || challenge.first.is_some() {
            return Outcome::Refused("CHALLENGE_STATUS");
        }
        challenge.case = true;
        Outcome::Done
    }

    /// Somebody who took no part decides: first, and once more after an appeal.
    pub(crate) fn judge(&mut self, number: usize, by: Judge, leaves: Option<i64>) -> Outcome {
        if !self.may_act(number, by) {
            return Outcome::Refused("FORBIDDEN");
        }
        let stands = self.claims[self.challenges[number].claim].verified;
        let now = self.now;
        let challenge = &mut self.challenges[number];
        let decision = Some(Decision {
            by,
            leaves,
            at: now,
        });
        let place = match (challenge.first, challenge.appealed, challenge.second) {
            (None, ..) => &mut challenge.first,
            (Some(_), true, None) => &mut challenge.second,
            _ => return Outcome::Refused("CHALLENGE_STATUS"),
        };
        if leaves.is_some_and(|leaves| leaves >= stands) {
            return Outcome::Refused("NO_LESS");
        }
        *place = decision;
        Outcome::Done
    }

    /// Claimant or challenger want a second decision, soon after the first.
    pub(crate) fn appeal(&mut self, number: usize, party: bool) -> Outcome {
        if !party {
            return Outcome::Refused("FORBIDDEN");
        }
        let now = self.now;
        let others = self.open_by(self.challenges[number].by, Some(number));
        let challenge = &mut self.challenges[number];
        let Some(first) = challenge.first.filter(|_| !challenge.appealed) else {
            return Outcome::Refused("CHALLENGE_STATUS");
        };
        if now >= first.at + APPEALS {
            return Outcome::Refused("APPEAL_OVER");
        }
        if let Err(code) = check_open(&others, challenge.claim) {
            return Outcome::Refused(code);
        }
        challenge.appealed = true;
        challenge.answer_by = now + ANSWERS;
        Outcome::Done
    }

    /// A registrar who took no part carries out what stands. Answers also what is owed after it.
    pub(crate) fn carry_out(&mut self, number: usize, registrar: usize) -> (Outcome, i64) {
        match self.may_carry_out(number, registrar) {
            Err(code) => (Outcome::Refused(code), 0),
            Ok(leaves) => {
                self.challenges[number].carried_out = true;
                let owed = self.reduce(self.challenges[number].claim, leaves);
                (Outcome::Done, owed)
            }
        }
    }

    fn may_carry_out(&self, number: usize, registrar: usize) -> Result<i64, Code> {
        let challenge = &self.challenges[number];
        if challenge.carried_out {
            return Err("UNKNOWN_DECISION");
        }
        let last = match (challenge.first, challenge.appealed, challenge.second) {
            (_, _, Some(second)) => second,
            (Some(first), false, None) if self.now < first.at + APPEALS => {
                return Err("APPEAL_OPEN");
            }
            (Some(first), false, None) => first,
            _ => return Err("CHALLENGE_STATUS"),
        };
        let leaves = last.leaves.ok_or("NOT_UPHELD")?;
        let by = Judge {
            body: Body::Registry,
            number: registrar,
        };
        if self.took_part(number, by) {
            return Err("FORBIDDEN");
        }
        Ok(leaves)
    }
}

/// Whether somebody with open challenges of these claims may have one more.
fn check_open(open: &[usize], claim: usize) -> Result<(), Code> {
    if open.contains(&claim) {
        Err("CHALLENGE_EXISTS")
    } else if open.len() >= MOST_OPEN {
        Err("TOO_MANY_CHALLENGES")
    } else {
        Ok(())
    }
}
