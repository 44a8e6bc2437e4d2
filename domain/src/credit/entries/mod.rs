//! Log entries of credits.

mod class;
mod held;
mod issued;
mod moved;
mod reduced;

pub use class::{ClassDefined, SurplusIntended};
pub use held::{CreditsHeld, CreditsReleased};
pub use issued::CreditsIssued;
pub use moved::{CreditsCancelled, CreditsRetired, CreditsTransferred, TransferReason};
pub use reduced::{BufferReleased, CreditsCorrected, CreditsReversed, LiabilityCleared};

use super::class::Class;
use super::state::Batch;
use crate::actor::Role;
use crate::ids::BatchId;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// Roles in which people act for an organisation that holds credits.
const HOLDER_ROLES: &[Role] = &[Role::Supplier, Role::Officer];

fn batch_and_class<'s>(
    batch: BatchId,
    header: &Header,
    state: &'s State,
) -> Result<(&'s Batch, &'s Class), Finding> {
    let unknown = || header.finding("batch", "an issued batch", batch);
    let batch = state.credits.batch(batch).ok_or_else(unknown)?;
    let class = state.credits.class(batch.class).ok_or_else(unknown)?;
    Ok((batch, class))
}

fn post(body: &impl EntryBody, header: &Header, state: &mut State) -> Result<(), Finding> {
    state
        .credits
        .post(&body.postings(), &state.organisations)
        .map_err(|error| header.finding("balance", "postings that balance and are covered", error))
}
