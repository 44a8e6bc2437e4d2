//! The log entry of exclusions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, recorded};
use crate::actor::Role;
use crate::contract::exclusion::{ExclusionFacts, decide_exclusion};
use crate::ids::{ClaimId, OrganisationId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};

/// `exclusion.logged`: a registrar found that claims of an organisation are about other outcomes than an earlier claim of
/// a related one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionLogged {
    /// The earlier claim.
    pub earlier: ClaimId,
    /// Whose claims are about other outcomes.
    pub claimant: OrganisationId,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
}

impl EntryBody for ExclusionLogged {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let registrar = header.actor(Role::Registrar)?.id;
        state.organisations.expect(self.claimant, header)?;
        let earlier = recorded(self.earlier, header, state)?;
        let group = state.organisations.group(earlier.claim.claimant);
        let other = state.organisations.group(self.claimant);
        let own = state.organisations.groups_of(registrar);
        let facts = ExclusionFacts {
            earlier: &earlier.claim,
            status: earlier.status,
            related: other == group,
            logged: state.contracts.is_excluded(self.earlier, self.claimant),
            own_group: own.contains(&group) || own.contains(&other),
        };
        decide_exclusion(self.claimant, &facts)
            .map_err(|error| header.finding("exclusion", ALLOWED, error))?;
        state.contracts.exclude(self.earlier, self.claimant);
        state.tally.attested("exclusions from double counting");
        Ok(())
    }
}
