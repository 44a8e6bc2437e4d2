//! Log entries of contracts and claims.

mod beneficiary;
mod claims;
mod confirmed;
mod evidence;
mod exclusion;
mod information;
mod performance;
mod quorum;
mod signed;

pub use beneficiary::BeneficiariesErased;
pub use claims::{ClaimRejected, ClaimSubmitted, ClaimVerified, ClaimWithdrawn};
pub use confirmed::ClaimConfirmed;
pub use evidence::EvidenceErased;
pub use exclusion::ExclusionLogged;
pub use information::{InformationGiven, InformationRequested};
pub use performance::{ContractVaried, KpiRated};
pub use quorum::{
    Drawn, QuorumPublished, VerificationSealed, VerifierDeclined, VerifierDischarged,
    VerifierWithdrew, VerifiersAssigned,
};
pub use signed::ContractSigned;

use super::claim::Claim;
use super::small_cells::check_verified;
use super::state::RecordedClaim;
use crate::actor::Role;
use crate::amount::Quantity;
use crate::ids::{ClaimId, OrganisationId};
use crate::log::entry::{EntryActor, Header};
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

/// Whether what was accepted of a claim describes enough people to be published.
fn check_publishable(
    claim: &Claim,
    accepted: &Quantity,
    header: &Header,
    state: &State,
) -> Result<(), Finding> {
    match state.catalogues.measure(&claim.measure) {
        Some(measure) => check_verified(claim, measure, accepted)
            .map_err(|error| header.finding("verification", ALLOWED, error)),
        None => Ok(()),
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
