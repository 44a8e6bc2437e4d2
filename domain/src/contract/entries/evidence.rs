//! The log entry of evidence that was erased.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, acted_for, recorded};
use crate::actor::Role;
use crate::contract::retention::{ErasureFacts, decide_erasure};
use crate::contract::state::RecordedClaim;
use crate::ids::ClaimId;
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// `evidence.erased`: files behind a claim were deleted. Their hashes stay in the log, so that they still cannot stand
/// behind a second claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceErased {
    /// The claim.
    pub claim: ClaimId,
    /// The files, by their hashes.
    pub files: Vec<Hash>,
    /// SHA-256 of why a registrar erased them before their time, whose text lives in the erasable directory; none when the
    /// claimant erased them after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hash>,
}

impl EntryBody for EvidenceErased {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = recorded(self.claim, header, state)?;
        let claimant = recorded.claim.claimant;
        let own_group = if self.reason.is_some() {
            let registrar = header.actor(Role::Registrar)?.id;
            let group = state.organisations.group(claimant);
            state.organisations.groups_of(registrar).contains(&group)
        } else {
            acted_for(header, claimant, &[Role::Supplier])?;
            false
        };
        let facts = ErasureFacts {
            claim: &recorded.claim,
            status: recorded.status,
            years: retention_years(recorded, state),
            erased: &state.contracts.erased_files(self.claim),
            challenged: state.challenges.unsettled(self.claim, header.at),
            other: state.contracts.other_claim_on(&recorded.claim, &self.files),
            own_group,
            at: header.at,
        };
        decide_erasure(&self.files, self.reason.is_some(), &facts)
            .map_err(|error| header.finding("erasure", ALLOWED, error))?;
        state.contracts.erase_files(self.claim, &self.files);
        state.tally.attested("files of evidence erased");
        Ok(())
    }
}

/// The years that the documents of the claim's tender name.
fn retention_years(recorded: &RecordedClaim, state: &State) -> Option<u32> {
    let answers = recorded.claim.answers?;
    let award = state.contracts.contract(answers.contract)?.award.as_ref()?;
    state
        .tenders
        .plan(award.tender)?
        .procurement
        .retention_years
}
