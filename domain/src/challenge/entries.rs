//! Log entries of challenges and of registrars' own proposals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{
    ANSWER_DAYS, ChallengeError, RaiseFacts, Standing, decide_appeal, decide_case, decide_handover,
    decide_proposal, decide_raise, decide_reply, decide_resolution, decide_takeover, route, term,
};
use super::state::{Challenge, Decision, Proposal};
use super::{Body, Ground, Outcome, Remedy};
use crate::actor::Role;
use crate::amount::Quantity;
use crate::contract::RecordedClaim;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::{ChallengeId, ClaimId, OrganisationId, PersonId, ProposalId};
use crate::log::difference::plain;
use crate::log::entry::{EntryActor, EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::time::Time;

/// `challenge.raised`: somebody objects to a verified claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRaised {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The claim.
    pub claim: ClaimId,
    /// What the objection is.
    pub ground: Ground,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
    /// Who is in charge: [`route`].
    pub body: Body,
    /// Until when it answers.
    pub answer_by: Time,
}

impl EntryBody for ChallengeRaised {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let by = someone(header)?;
        if state.challenges.challenge(self.challenge).is_some() {
            return Err(header.finding("challenge", "a new id", self.challenge));
        }
        let recorded = recorded(self.claim, header, state)?;
        let claimant = state.organisations.group(recorded.claim.claimant);
        let facts = RaiseFacts {
            claim: self.claim,
            verified: recorded
                .verified
                .as_ref()
                .is_some_and(|verified| verified.units() > 0),
            own: state.organisations.group(by.organisation) == claimant,
            open: state.challenges.open_of(by.id, self.claim, None),
        };
        decide_raise(facts).map_err(|error| refused(header, &error))?;
        let body = route(self.ground, buyer(recorded, state));
        let answer_by = term(header.at, ANSWER_DAYS);
        if (self.body, self.answer_by) != (body, answer_by) {
            let say = |body: Body, by: Time| format!("{} until {by}", plain(&body));
            let (expected, found) = (say(body, answer_by), say(self.body, self.answer_by));
            return Err(header.finding("body in charge", expected, found));
        }
        state.challenges.raise(Challenge {
            id: self.challenge,
            claim: self.claim,
            ground: self.ground,
            raised_by: by.id,
            body,
            answer_by,
            replied: false,
            has_case: false,
            decisions: Vec::new(),
            appealed: false,
            carried_out: false,
        });
        state.tally.attested("reasons of challenges");
        Ok(())
    }
}

/// `challenge.routed`: the body in charge handed it to another, or a registrar took it over from a buyer who did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRouted {
    /// The challenge.
    pub challenge: ChallengeId,
    /// Who is in charge from now on.
    pub body: Body,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
    /// Until when it answers.
    pub answer_by: Time,
}

impl EntryBody for ChallengeRouted {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let challenge = challenge(self.challenge, header, state)?;
        let registrar = header.actor(Role::Registrar).ok();
        let from_buyer = challenge.body != Body::Registry && self.body == Body::Registry;
        let taking = registrar.filter(|_| from_buyer);
        let by = match taking {
            Some(registrar) => registrar.id,
            None => in_charge(challenge.body, header)?.id,
        };
        let recorded = recorded(challenge.claim, header, state)?;
        impartial(by, recorded, header, state)?;
        let earlier = state.credits.earlier(recorded);
        let decided = if taking.is_some() {
            decide_takeover(challenge, (by, &earlier), header.at)
        } else {
            let buyer = buyer(recorded, state);
            decide_handover(challenge, (by, &earlier), self.body, buyer)
        };
        decided.map_err(|error| refused(header, &error))?;
        let answer_by = term(header.at, ANSWER_DAYS);
        if self.answer_by != answer_by {
            return Err(header.finding("term", answer_by, self.answer_by));
        }
        let body = self.body;
        state.challenges.change(self.challenge, |challenge| {
            challenge.body = body;
            challenge.answer_by = answer_by;
        });
        Ok(())
    }
}

/// `challenge.answered`: the claimant used its right of reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswered {
    /// The challenge.
    pub challenge: ChallengeId,
    /// SHA-256 of the reply, whose text lives in the erasable directory.
    pub reply: Hash,
}

impl EntryBody for ChallengeAnswered {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let challenge = challenge(self.challenge, header, state)?;
        let recorded = recorded(challenge.claim, header, state)?;
        acted_for(header, recorded.claim.claimant, &[Role::Supplier])?;
        decide_reply(challenge).map_err(|error| refused(header, &error))?;
        state
            .challenges
            .change(self.challenge, |challenge| challenge.replied = true);
        Ok(())
    }
}

/// `challenge.accepted`: the body in charge found that there is a case; unsold units of the batch are frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAccepted {
    /// The challenge.
    pub challenge: ChallengeId,
}

impl EntryBody for ChallengeAccepted {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let challenge = challenge(self.challenge, header, state)?;
        let by = in_charge(challenge.body, header)?.id;
        let recorded = recorded(challenge.claim, header, state)?;
        impartial(by, recorded, header, state)?;
        let earlier = state.credits.earlier(recorded);
        decide_case(challenge, by, &earlier).map_err(|error| refused(header, &error))?;
        state
            .challenges
            .change(self.challenge, |challenge| challenge.has_case = true);
        Ok(())
    }
}

/// `challenge.resolved`: the body in charge decided, or somebody else of it after an appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeResolved {
    /// The challenge.
    pub challenge: ChallengeId,
    /// What.
    pub decision: Outcome,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for ChallengeResolved {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let challenge = challenge(self.challenge, header, state)?;
        let by = in_charge(challenge.body, header)?.id;
        let recorded = recorded(challenge.claim, header, state)?;
        impartial(by, recorded, header, state)?;
        let standing = standing(recorded, header, state)?;
        let earlier = state.credits.earlier(recorded);
        decide_resolution(challenge, &self.decision, by, standing, &earlier)
            .map_err(|error| refused(header, &error))?;
        let decision = Decision {
            by,
            outcome: self.decision.clone(),
            at: header.at,
        };
        state.challenges.change(self.challenge, |challenge| {
            challenge.decisions.push(decision);
        });
        state.tally.attested("decisions about challenges");
        Ok(())
    }
}

/// `challenge.appealed`: challenger or claimant asks for a second decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAppealed {
    /// The challenge.
    pub challenge: ChallengeId,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for ChallengeAppealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let challenge = challenge(self.challenge, header, state)?;
        let recorded = recorded(challenge.claim, header, state)?;
        let by = someone(header)?;
        if by.id != challenge.raised_by {
            acted_for(header, recorded.claim.claimant, &[Role::Supplier])?;
        }
        let (raiser, claim) = (challenge.raised_by, challenge.claim);
        let others = state.challenges.open_of(raiser, claim, Some(challenge.id));
        decide_appeal(challenge, others, header.at).map_err(|error| refused(header, &error))?;
        let answer_by = term(header.at, ANSWER_DAYS);
        state.challenges.change(self.challenge, |challenge| {
            challenge.appealed = true;
            challenge.answer_by = answer_by;
        });
        Ok(())
    }
}

/// `correction.proposed`: a registrar proposes to correct or reverse a verified claim; a second one carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionProposed {
    /// The proposal.
    pub proposal: ProposalId,
    /// The claim.
    pub claim: ClaimId,
    /// What stays verified.
    pub verified: Quantity,
    /// Why the rest falls.
    pub remedy: Remedy,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for CorrectionProposed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let by = header.actor(Role::Registrar)?.id;
        if state.challenges.proposal(self.proposal).is_some() {
            return Err(header.finding("proposal", "a new id", self.proposal));
        }
        let recorded = recorded(self.claim, header, state)?;
        impartial(by, recorded, header, state)?;
        let proposal = Proposal {
            id: self.proposal,
            claim: self.claim,
            verified: self.verified.clone(),
            remedy: self.remedy,
            by,
            carried_out: false,
        };
        let standing = standing(recorded, header, state)?;
        decide_proposal(&proposal, standing).map_err(|error| refused(header, &error))?;
        state.challenges.propose(proposal);
        Ok(())
    }
}

fn refused(header: &Header, error: &ChallengeError) -> Finding {
    header.finding("challenge", ALLOWED, error)
}

/// The one person who acted, in whichever role.
fn someone(header: &Header) -> Result<&EntryActor, Finding> {
    match header.actors.as_slice() {
        [actor] => Ok(actor),
        others => Err(header.finding("actors", "one person", others.len())),
    }
}

/// Somebody of the body in charge, or a finding.
fn in_charge(body: Body, header: &Header) -> Result<&EntryActor, Finding> {
    match body {
        Body::Registry => header.actor(Role::Registrar),
        Body::Buyer(buyer) => acted_for(header, buyer, &[Role::Officer]),
    }
}

/// Whoever decides about a claim has no role in the claimant's group.
pub(crate) fn impartial(
    person: PersonId,
    recorded: &RecordedClaim,
    header: &Header,
    state: &State,
) -> Result<(), Finding> {
    let claimant = state.organisations.group(recorded.claim.claimant);
    let groups = state.organisations.groups_of(person);
    if groups.contains(&claimant) {
        let expected = "somebody without a role in the claimant's group";
        return Err(header.finding("independence", expected, person));
    }
    Ok(())
}

fn challenge<'s>(
    id: ChallengeId,
    header: &Header,
    state: &'s State,
) -> Result<&'s Challenge, Finding> {
    let found = state.challenges.challenge(id);
    found.ok_or_else(|| header.finding("challenge", "a challenge that was raised", id))
}

fn recorded<'s>(
    claim: ClaimId,
    header: &Header,
    state: &'s State,
) -> Result<&'s RecordedClaim, Finding> {
    let found = state.contracts.claim(claim);
    found.ok_or_else(|| header.finding("claim", "a submitted claim", claim))
}

fn standing<'s>(
    recorded: &'s RecordedClaim,
    header: &Header,
    state: &'s State,
) -> Result<Standing<'s>, Finding> {
    let verified = recorded.verified.as_ref();
    let claim = &recorded.claim;
    Ok(Standing {
        claim,
        measure: state.catalogues.measure(&claim.measure),
        verified: verified.ok_or_else(|| header.finding("claim", "a verified claim", claim.id))?,
    })
}

/// The buyer of the contract under which a claim was made.
fn buyer(recorded: &RecordedClaim, state: &State) -> Option<OrganisationId> {
    let answers = recorded.claim.answers?;
    state
        .contracts
        .contract(answers.contract)
        .map(|contract| contract.buyer)
}

/// Everyone who took a step that led to the credits of a claim.
pub fn took_part(recorded: &RecordedClaim, issuer: Option<PersonId>) -> Vec<PersonId> {
    let verifiers = recorded.verifiers.iter().copied();
    std::iter::once(recorded.submitted_by)
        .chain(verifiers)
        .chain(issuer)
        .collect()
}
