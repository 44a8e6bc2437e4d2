//! Log entries of questions about claims and their answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, acted_for, recorded};
use crate::actor::Role;
use crate::contract::claim::Evidence;
use crate::contract::information::{Asking, check_answer, decide_request};
use crate::contract::quorum::duty::decide_judging;
use crate::contract::status::ClaimStep;
use crate::ids::ClaimId;
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// `claim.information_requested`: a verifier asks the claimant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InformationRequested {
    /// The claim.
    pub claim: ClaimId,
    /// SHA-256 of the question, whose text lives in the erasable directory.
    pub question: Hash,
}

impl EntryBody for InformationRequested {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let verifier = header.actor(Role::Verifier)?.id;
        let facts = state.contracts.claim_facts(recorded, &state.organisations);
        let due = match state.contracts.quorums.task(self.claim) {
            Some(task) => {
                let seat = decide_judging(recorded.status, &task.assignments, verifier, true)
                    .map_err(|error| header.finding("question", ALLOWED, error))?;
                Some(task.published.quorum.due(seat.since))
            }
            None => None,
        };
        let asking = Asking {
            verifier,
            asked: state.contracts.asked(self.claim),
            due,
            at: header.at,
        };
        decide_request(&facts, &asking, |person| {
            state.organisations.groups_of(person)
        })
        .map_err(|error| header.finding("question", ALLOWED, error))?;
        state.contracts.ask(self.claim, verifier);
        state.tally.attested("questions about claims");
        Ok(())
    }
}

/// `claim.information_given`: the claimant answers, with more files or without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InformationGiven {
    /// The claim.
    pub claim: ClaimId,
    /// SHA-256 of the answer, whose text lives in the erasable directory.
    pub answer: Hash,
    /// Further files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl EntryBody for InformationGiven {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let mut claim = recorded.claim.clone();
        acted_for(header, claim.claimant, &[Role::Supplier])?;
        claim.evidence.extend(self.evidence.iter().cloned());
        let measure = state.catalogues.measure(&claim.measure);
        let same = state.contracts.same_evidence(&claim);
        check_answer(&claim, recorded.status, measure, same)
            .map_err(|error| header.finding("answer", ALLOWED, error))?;
        state.contracts.quorums.answered(self.claim, header.at);
        state.contracts.step(self.claim, ClaimStep::GiveInformation);
        state.contracts.add_evidence(self.claim, &self.evidence);
        state.tally.attested("evidence behind claims");
        Ok(())
    }
}
