//! Log entries of claims.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, acted_for, check_publishable, recorded};
use crate::actor::Role;
use crate::amount::Quantity;
use crate::contract::claim::Claim;
use crate::contract::quorum::duty::decide_judging;
use crate::contract::quorum::judgement::{Conclusion, conclude};
use crate::contract::quorum::state::Task;
use crate::contract::state::RecordedClaim;
use crate::contract::status::ClaimStep;
use crate::contract::submission::{SubmissionFacts, decide_submission};
use crate::contract::verification::{
    Verification, decide_rejection, decide_verification, decide_withdrawal,
};
use crate::ids::{ClaimId, OrganisationId, PersonId};
use crate::log::entry::{EntryActor, EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

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
        let outcome = state.catalogues.outcome(&claim.measure).unwrap_or_default();
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
            same_outcome: state
                .contracts
                .same_outcome(claim, &outcome, &state.organisations),
            same_person: None,
            open_kpi: match claim.answers {
                Some(_) => None,
                None => state.contracts.open_kpi(
                    claim,
                    &outcome,
                    &state.organisations,
                    header.at.date(),
                ),
            },
            at: header.at,
        };
        decide_submission(claim, &facts)
            .map_err(|error| header.finding("claim", ALLOWED, error))?;
        let submitter = submitter.id;
        let group = state.organisations.group(claim.claimant);
        state
            .contracts
            .submit(claim.clone(), submitter, (outcome, group));
        state.contracts.quorums.submitted(claim, header.index);
        state.tally.attested("evidence behind claims");
        if claim.counted.is_some() {
            state.tally.attested("workings behind claims");
        }
        if claim.beneficiaries.is_some() {
            state
                .tally
                .attested("people behind claims, each counted once");
        }
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
        let task = state.contracts.quorums.task(self.claim);
        decide_withdrawal(recorded.status, task.is_some_and(Task::is_drawn))
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
        if let Some(task) = state.contracts.quorums.task(self.claim)
            && task.published.quorum.verifiers > 1
        {
            let concluded = concluded(task, recorded, &self.verifications, header)?;
            for finding in &self.verifications {
                if finding.accepted.units() > 0 {
                    check_publishable(&recorded.claim, &finding.accepted, header, state)?;
                }
            }
            return self.settle(concluded, header, state);
        }
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
        check_publishable(&recorded.claim, &verified, header, state)?;
        if let Some(task) = state.contracts.quorums.task(self.claim) {
            let [alone] = self.verifications.as_slice() else {
                return Err(header.finding("quorum", 1, self.verifications.len()));
            };
            drawn_alone(task, (alone.verifier, alone.organisation), header, recorded)?;
        }
        self.settle(Conclusion::Verified(verified), header, state)
    }
}

impl ClaimVerified {
    fn settle(
        &self,
        concluded: Conclusion,
        header: &Header,
        state: &mut State,
    ) -> Result<(), Finding> {
        let verified = match concluded {
            Conclusion::Verified(verified) => verified,
            other => {
                return Err(header.finding("verified quantity", wording(&other), &self.verified));
            }
        };
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

fn wording(concluded: &Conclusion) -> &'static str {
    match concluded {
        Conclusion::Third => "a further verifier, for the first disagree",
        Conclusion::Verified(_) => "a verified quantity",
        Conclusion::Rejected => "nothing, for the lower median is none",
    }
}

/// What follows from the opened findings of several drawn verifiers, one of whom acts.
fn concluded(
    task: &Task,
    recorded: &RecordedClaim,
    findings: &[Verification],
    header: &Header,
) -> Result<Conclusion, Finding> {
    let last = header.actor(Role::Verifier)?.id;
    if findings.iter().all(|finding| finding.verifier != last) {
        return Err(header.finding("actors", "one of the verifiers", last));
    }
    let claim = &recorded.claim;
    let of = (claim.id, &claim.quantity, recorded.status);
    conclude(&task.published.quorum, of, &task.assignments, findings)
        .map_err(|error| header.finding("quorum", ALLOWED, error))
}

/// Whether somebody is the one verifier who was drawn for a claim.
fn drawn_alone(
    task: &Task,
    (verifier, organisation): (PersonId, OrganisationId),
    header: &Header,
    recorded: &RecordedClaim,
) -> Result<(), Finding> {
    // A claim with an open question can only be rejected, which its status has shown.
    let seat = decide_judging(recorded.status, &task.assignments, verifier, false)
        .map_err(|error| header.finding("assignment", ALLOWED, error))?;
    if seat.organisation == organisation {
        Ok(())
    } else {
        Err(header.finding("organisation", seat.organisation, organisation))
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
    /// What each of several drawn verifiers found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verifications: Vec<Verification>,
}

impl EntryBody for ClaimRejected {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let by = header.actor(Role::Verifier)?;
        let verifier = by.id;
        match state.contracts.quorums.task(self.claim) {
            Some(task) if task.published.quorum.verifiers > 1 => {
                let concluded = concluded(task, recorded, &self.verifications, header)?;
                if concluded != Conclusion::Rejected {
                    return Err(header.finding("rejection", wording(&concluded), "nothing"));
                }
                state.contracts.end(self.claim, ClaimStep::Reject);
                state.tally.recomputed("verified quantities");
                state.tally.attested("verifiers' judgements");
                return Ok(());
            }
            Some(task) => drawn_alone(task, (verifier, by.organisation), header, recorded)?,
            None => {}
        }
        if !self.verifications.is_empty() {
            return Err(header.finding("verifications", 0, self.verifications.len()));
        }
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
