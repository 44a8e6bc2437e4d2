//! Log entries of contracts and claims.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::signing::{Contract, decide_signing};
use super::state::RecordedClaim;
use super::status::ClaimStep;
use super::submission::{SubmissionFacts, decide_submission};
use super::verification::{Verification, decide_rejection, decide_verification, decide_withdrawal};
use crate::actor::Role;
use crate::amount::Quantity;
use crate::ids::{ClaimId, OrganisationId};
use crate::log::entry::{EntryActor, EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// What the rules expect of an entry that they refuse.
pub(crate) const ALLOWED: &str = "an entry that the rules allow";

/// The person who acted for an organisation in one of the roles, or a finding.
pub(crate) fn acted_for<'h>(
    header: &'h Header,
    organisation: OrganisationId,
    roles: &[Role],
) -> Result<&'h EntryActor, Finding> {
    header
        .actors
        .iter()
        .find(|actor| actor.organisation == organisation && roles.contains(&actor.role))
        .ok_or_else(|| {
            let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            let expected = format!(
                "an actor in the role {} of {organisation}",
                names.join(" or ")
            );
            header.finding("actors", expected, "none")
        })
}

/// `contract.signed`: an award became a contract, its commitments KPIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractSigned {
    /// The contract.
    pub contract: Contract,
}

impl EntryBody for ContractSigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let contract = &self.contract;
        acted_for(header, contract.buyer, &[Role::Officer])?;
        state.organisations.expect(contract.buyer, header)?;
        state.organisations.expect(contract.supplier, header)?;
        if state.contracts.contract(contract.id).is_some() {
            return Err(header.finding("contract", "one signature", contract.id));
        }
        if let Some(kpi) = contract
            .kpis
            .iter()
            .find(|kpi| state.contracts.has_kpi(kpi.id))
        {
            return Err(header.finding("contract", "KPIs with new ids", kpi.id));
        }
        let named = contract.award.as_ref();
        let award = named.and_then(|named| state.tenders.award(named.tender, &named.lot));
        let signed = named.and_then(|named| state.contracts.contract_of(named));
        decide_signing(contract, award, signed, |measure| {
            state.catalogues.measure(measure)
        })
        .map_err(|error| header.finding("contract", ALLOWED, error))?;
        let bound = named.and_then(|named| state.tenders.bound(named.tender));
        let clauses = bound.map_or(Ok(0), |(plan, bound)| {
            let kpis = contract.kpis.len();
            state.policies.check_signing(plan, bound, kpis, header)
        });
        state.contracts.sign(contract.clone());
        if let Some(named) = &contract.award {
            state.tenders.contract(named.tender, header)?;
        }
        state.tally.recomputed("contracts against awards");
        if clauses? > 0 {
            state.tally.recomputed("clauses of policies at a signature");
        }
        Ok(())
    }
}

/// `claim.submitted`: a supplier reports a delivered quantity with evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimSubmitted {
    /// The claim.
    pub claim: Claim,
}

impl EntryBody for ClaimSubmitted {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let claim = &self.claim;
        let submitter = acted_for(header, claim.claimant, &[Role::Supplier])?;
        state.organisations.expect(claim.claimant, header)?;
        if state.contracts.claim(claim.id).is_some() {
            return Err(header.finding("claim", "one submission", claim.id));
        }
        let facts = SubmissionFacts {
            measure: state.catalogues.measure(&claim.measure),
            contract: claim
                .answers
                .and_then(|answers| state.contracts.contract(answers.contract)),
            annulled_on: claim
                .answers
                .and_then(|answers| state.contracts.annulled_on(answers.contract)),
            same_evidence: state.contracts.same_evidence(claim),
            same_reference: state.contracts.same_reference(claim),
            open_kpi: match claim.answers {
                Some(_) => None,
                None => state.contracts.open_kpi(claim, &state.organisations),
            },
            at: header.at,
        };
        decide_submission(claim, &facts)
            .map_err(|error| header.finding("claim", ALLOWED, error))?;
        state.contracts.submit(claim.clone(), submitter.id);
        state.tally.attested("evidence behind claims");
        Ok(())
    }
}

/// `claim.withdrawn`: the claimant took a claim back before verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimWithdrawn {
    /// The claim.
    pub claim: ClaimId,
}

impl EntryBody for ClaimWithdrawn {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        acted_for(header, recorded.claim.claimant, &[Role::Supplier])?;
        decide_withdrawal(recorded.status)
            .map_err(|error| header.finding("claim", ALLOWED, error))?;
        state.contracts.end(self.claim, ClaimStep::Withdraw);
        Ok(())
    }
}

/// `claim.verified`: verifiers accepted a quantity of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimVerified {
    /// The claim.
    pub claim: ClaimId,
    /// The verified quantity: the lower median of what the verifiers accepted.
    pub verified: Quantity,
    /// What each verifier found.
    pub verifications: Vec<Verification>,
}

impl EntryBody for ClaimVerified {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        for verification in &self.verifications {
            let signed = |actor: &&EntryActor| {
                actor.role == Role::Verifier
                    && actor.id == verification.verifier
                    && actor.organisation == verification.organisation
            };
            if header.actors.iter().find(signed).is_none() {
                let expected = format!("the verifier {} among the actors", verification.verifier);
                return Err(header.finding("actors", expected, "not there"));
            }
        }
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        let verified = decide_verification(&facts, &self.verifications, |person| {
            state.organisations.groups_of(person)
        })
        .map_err(|error| header.finding("verification", ALLOWED, error))?;
        state
            .contracts
            .verify(self.claim, verified.clone(), &self.verifications);
        if verified != self.verified {
            return Err(header.finding("verified quantity", verified, &self.verified));
        }
        state.tally.recomputed("verified quantities");
        state.tally.attested("verifiers' judgements");
        Ok(())
    }
}

/// `claim.rejected`: a verifier refused a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRejected {
    /// The claim.
    pub claim: ClaimId,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for ClaimRejected {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let verifier = header.actor(Role::Verifier)?.id;
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        decide_rejection(&facts, verifier, |person| {
            state.organisations.groups_of(person)
        })
        .map_err(|error| header.finding("rejection", ALLOWED, error))?;
        state.contracts.end(self.claim, ClaimStep::Reject);
        state.tally.attested("verifiers' judgements");
        Ok(())
    }
}

fn recorded<'s>(
    claim: ClaimId,
    header: &Header,
    state: &'s State,
) -> Result<&'s RecordedClaim, Finding> {
    state
        .contracts
        .claim(claim)
        .ok_or_else(|| header.finding("claim", "a submitted claim", claim))
}
