//! The log entry of erased tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, recorded};
use crate::actor::Role;
use crate::contract::erasure::{ErasureFacts, ErasureGround, Extent, decide_erasure};
use crate::ids::ClaimId;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `beneficiaries.erased`: a registrar outside the claimant's group erased tokens of people behind a claim. The claim, what was
/// verified of it and its credits stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeneficiariesErased {
    /// The claim.
    pub claim: ClaimId,
    /// Of whom: of how many people is not told.
    pub extent: Extent,
    /// Why.
    pub ground: ErasureGround,
}

impl EntryBody for BeneficiariesErased {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let registrar = header.actor(Role::Registrar)?.id;
        let recorded = recorded(self.claim, header, state)?;
        let group = state.organisations.group(recorded.claim.claimant);
        if state.organisations.groups_of(registrar).contains(&group) {
            let expected = "a registrar outside the claimant's group";
            return Err(header.finding("actors", expected, registrar));
        }
        let facts = ErasureFacts {
            claim: &recorded.claim,
            status: recorded.status,
            left: !state.contracts.all_erased(self.claim),
            challenged: state.challenges.unsettled(self.claim, header.at),
            at: header.at,
        };
        decide_erasure(self.ground, &facts)
            .map_err(|error| header.finding("erasure", ALLOWED, error))?;
        state.contracts.erase_people(self.claim, self.extent);
        state.tally.attested("erasures of tokens");
        Ok(())
    }
}
