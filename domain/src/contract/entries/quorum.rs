//! Log entries of quorums and of the verifiers drawn for claims.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, recorded};
use crate::actor::{Grant, Role};
use crate::contract::quorum::draw::{Candidate, candidates};
use crate::contract::quorum::duty::{
    decide_assignment, decide_discharge, decide_judging, decide_leaving,
};
use crate::contract::quorum::state::Task;
use crate::contract::quorum::{Leaving, Published, Quorum};
use crate::contract::status::{ClaimStatus, ClaimStep};
use crate::contract::verification::check_independent;
use crate::ids::{ClaimId, OrganisationId, PersonId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// `quorum.published`: how many verifiers judge the claims submitted from here on, and how they are drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuorumPublished {
    /// 1, 2, 3 ...
    pub number: u32,
    /// What it asks.
    pub quorum: Quorum,
    /// The root of the tree of links, of which each claim reveals one.
    pub commitment: Hash,
}

impl EntryBody for QuorumPublished {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let registry = header.actor(Role::Registrar)?.organisation;
        self.quorum
            .check(|measure| state.catalogues.measure(measure))
            .map_err(|error| header.finding("quorum", ALLOWED, error))?;
        let next = state.contracts.quorums.next_number();
        if self.number != next {
            return Err(header.finding("number", next, self.number));
        }
        if state.contracts.quorums.is_used(self.commitment) {
            let expected = "links of its own";
            return Err(header.finding("commitment", expected, self.commitment));
        }
        state.contracts.quorums.publish(Published {
            number: self.number,
            quorum: self.quorum.clone(),
            registry,
            commitment: self.commitment,
        });
        Ok(())
    }
}

/// A verifier who was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Who.
    pub verifier: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
}

impl From<&Candidate> for Drawn {
    fn from(candidate: &Candidate) -> Self {
        Self {
            verifier: candidate.person,
            organisation: candidate.organisation,
        }
    }
}

/// `verifiers.assigned`: who was drawn for the open seats of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifiersAssigned {
    /// The claim.
    pub claim: ClaimId,
    /// The quorum's link that belongs to the claim.
    pub link: Hash,
    /// What proves it: the 16 hashes from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// Who was drawn, in the order of the draw.
    pub verifiers: Vec<Drawn>,
    /// Whether it is the further opinion after a disagreement.
    #[serde(default, skip_serializing_if = "is_false")]
    pub third: bool,
    /// Who pays them.
    pub fee_from: OrganisationId,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The claim as a quorum binds it, or a finding.
pub(super) fn bound<'s>(
    claim: ClaimId,
    header: &Header,
    state: &'s State,
) -> Result<&'s Task, Finding> {
    let task = state.contracts.quorums.task(claim);
    task.ok_or_else(|| header.finding("claim", "an open claim that a quorum binds", claim))
}

/// The seed of a claim from the link that the entry reveals.
pub(super) fn revealed(
    claim: ClaimId,
    (link, path): (Hash, &[Hash]),
    header: &Header,
    state: &mut State,
) -> Result<Hash, Finding> {
    let seed = state.contracts.quorums.reveal(claim, (link, path));
    let seed = seed.map_err(|error| header.finding("link", "the claim's link", error))?;
    seed.ok_or_else(|| header.finding("claim", "an open claim that a quorum binds", claim))
}

impl EntryBody for VerifiersAssigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let seed = revealed(self.claim, (self.link, &self.path), header, state)?;
        let recorded = recorded(self.claim, header, state)?;
        let task = bound(self.claim, header, state)?;
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        let candidates = candidates(
            state.organisations.verifiers(),
            &facts,
            task.submitted,
            |person| state.organisations.groups_of(person),
        );
        let published = &task.published;
        let drawn = decide_assignment(
            &published.quorum,
            (recorded.status, seed),
            &candidates,
            &task.assignments,
            self.third,
        )
        .map_err(|error| header.finding("draw", ALLOWED, error))?;
        let contract = recorded.claim.answers;
        let contract = contract.and_then(|answers| state.contracts.contract(answers.contract));
        let buyer = contract.map(|contract| contract.buyer);
        let fee = published.quorum.fee;
        let fee_from = fee.organisation(recorded.claim.claimant, buyer, published.registry);
        state
            .contracts
            .quorums
            .assign(self.claim, &drawn, self.third, header.at);
        state.contracts.step(self.claim, ClaimStep::Assign);
        let expected: Vec<Drawn> = drawn.iter().map(Into::into).collect();
        if expected != self.verifiers {
            return Err(header.finding("draw", names(&expected), names(&self.verifiers)));
        }
        if fee_from != self.fee_from {
            return Err(header.finding("fee", fee_from, self.fee_from));
        }
        state.tally.recomputed("draws of verifiers");
        Ok(())
    }
}

fn names(drawn: &[Drawn]) -> String {
    let names: Vec<String> = drawn.iter().map(|one| one.verifier.to_string()).collect();
    names.join(", ")
}

/// Leaves a seat by one's own will.
fn leave(
    (claim, how): (ClaimId, Leaving),
    header: &Header,
    state: &mut State,
) -> Result<(), Finding> {
    let recorded = recorded(claim, header, state)?;
    let task = bound(claim, header, state)?;
    let verifier = header.actor(Role::Verifier)?.id;
    decide_leaving(recorded.status, &task.assignments, verifier, how)
        .map_err(|error| header.finding("assignment", ALLOWED, error))?;
    state.contracts.quorums.leave(claim, verifier, how);
    state.tally.attested("verifiers' judgements");
    Ok(())
}

/// `verifier.declined`: a drawn verifier gave the seat back before beginning. The next by lot is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifierDeclined {
    /// The claim.
    pub claim: ClaimId,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for VerifierDeclined {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        leave((self.claim, Leaving::Declined), header, state)
    }
}

/// `verifier.withdrew`: a verifier who had asked about the claim gave the seat back. The next by lot is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifierWithdrew {
    /// The claim.
    pub claim: ClaimId,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for VerifierWithdrew {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        leave((self.claim, Leaving::Withdrew), header, state)
    }
}

/// `verifier.discharged`: the seat of a verifier who was too late, or may not judge any more, was given free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifierDischarged {
    /// The claim.
    pub claim: ClaimId,
    /// Whose seat.
    pub verifier: PersonId,
}

impl EntryBody for VerifierDischarged {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let registrar = header.actor(Role::Registrar)?.id;
        let recorded = recorded(self.claim, header, state)?;
        let task = bound(self.claim, header, state)?;
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        let groups = |person| state.organisations.groups_of(person);
        check_independent(&facts, registrar, &groups)
            .map_err(|error| header.finding("independence", ALLOWED, error))?;
        let seat = task
            .assignments
            .iter()
            .find(|seat| seat.verifier == self.verifier);
        let fit = seat.is_some_and(|seat| {
            let grant = Grant {
                organisation: seat.organisation,
                role: Role::Verifier,
            };
            state.organisations.holds(self.verifier, grant)
                && check_independent(&facts, self.verifier, &groups).is_ok()
        });
        decide_discharge(
            (recorded.status, header.at),
            &task.published.quorum,
            &task.assignments,
            self.verifier,
            fit,
        )
        .map_err(|error| header.finding("assignment", ALLOWED, error))?;
        let leaving = Leaving::Discharged;
        state
            .contracts
            .quorums
            .leave(self.claim, self.verifier, leaving);
        Ok(())
    }
}

/// `verification.sealed`: one of several drawn verifiers has judged. What they found is opened when the last has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationSealed {
    /// The claim.
    pub claim: ClaimId,
    /// The salted hash of the finding.
    pub commitment: Hash,
}

impl EntryBody for VerificationSealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let task = bound(self.claim, header, state)?;
        let by = header.actor(Role::Verifier)?;
        if task.published.quorum.verifiers < 2 {
            let expected = "a finding in the open where one verifier judges";
            return Err(header.finding("seal", expected, "a sealed one"));
        }
        // Whether nothing is accepted shows at the opening.
        let seat = decide_judging(recorded.status, &task.assignments, by.id, false)
            .map_err(|error| header.finding("assignment", ALLOWED, error))?;
        if seat.organisation != by.organisation {
            return Err(header.finding("organisation", seat.organisation, by.organisation));
        }
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        check_independent(&facts, by.id, &|person| {
            state.organisations.groups_of(person)
        })
        .map_err(|error| header.finding("independence", ALLOWED, error))?;
        let verifier = by.id;
        let sealed = (
            self.commitment,
            recorded.status == ClaimStatus::InformationRequested,
        );
        state.contracts.quorums.seal(self.claim, verifier, sealed);
        Ok(())
    }
}
