//! The log entry of claims that a buyer confirms alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quorum::{bound, revealed};
use super::{ALLOWED, acted_for, check_publishable, recorded};
use crate::actor::Role;
use crate::contract::quorum::draw::is_audited;
use crate::contract::quorum::low_value::{ConfirmationFacts, decide_confirmation};
use crate::contract::status::ClaimStep;
use crate::contract::verification::Verification;
use crate::ids::ClaimId;
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// `claim.confirmed`: an officer of the buyer confirmed a claim of low value. Unless chance draws it for verification, what was
/// accepted is the verified quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimConfirmed {
    /// The claim.
    pub claim: ClaimId,
    /// The quorum's link that belongs to the claim.
    pub link: Hash,
    /// What proves it: the 16 hashes from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// What the officer found.
    pub finding: Verification,
    /// Whether it is drawn for verification all the same.
    pub audited: bool,
}

impl EntryBody for ClaimConfirmed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let task = bound(self.claim, header, state)?;
        let quorum = task.published.quorum.clone();
        let drawn = task.is_drawn();
        let recorded = recorded(self.claim, header, state)?;
        let answers = recorded.claim.answers;
        let contract = answers.and_then(|answers| state.contracts.contract(answers.contract));
        let facts = ConfirmationFacts {
            claim: state.contracts.claim_facts(recorded, &state.organisations),
            buyer: contract.map(|contract| contract.buyer),
            drawn,
            confirmed_units: answers.map_or(0, |answers| {
                state.contracts.quorums.confirmed_units(answers.kpi)
            }),
        };
        let officer = acted_for(header, self.finding.organisation, &[Role::Officer])?;
        if officer.id != self.finding.verifier {
            return Err(header.finding("actors", self.finding.verifier, officer.id));
        }
        let groups = |person| state.organisations.groups_of(person);
        decide_confirmation(&quorum, &facts, &self.finding, groups)
            .map_err(|error| header.finding("confirmation", ALLOWED, error))?;
        check_publishable(&recorded.claim, &self.finding.accepted, header, state)?;
        let claim = recorded.claim.clone();
        let seed = revealed(self.claim, (self.link, &self.path), header, state)?;
        let audited = is_audited(seed, quorum.audit_share);
        if audited {
            state.contracts.step(self.claim, ClaimStep::Assign);
        } else {
            let finding = std::slice::from_ref(&self.finding);
            let accepted = self.finding.accepted.clone();
            state.contracts.quorums.confirm(&claim);
            state.contracts.verify(self.claim, accepted, finding);
        }
        if audited != self.audited {
            return Err(header.finding("audit", audited, self.audited));
        }
        state.tally.recomputed("draws of audits");
        state.tally.attested("buyers' confirmations");
        Ok(())
    }
}
