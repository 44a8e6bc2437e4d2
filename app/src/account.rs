//! What decisions about credits share: what a group owes, and how units stand in requests.

use std::collections::BTreeSet;

use commonweal_domain::ids::{Id, LiabilityId, OrganisationId};
use sea_orm::ConnectionTrait;
use serde::Serializer;

use crate::error::AppError;
use crate::store::moves;

/// No batch has this id.
pub(crate) fn unknown_batch() -> AppError {
    AppError::refused_at(
        "UNKNOWN_BATCH",
        "batch",
        "there is no such batch: use the id that issueCredits gave",
    )
}

/// A liability of a group that was not made good.
pub(crate) async fn liable(
    db: &impl ConnectionTrait,
    group: OrganisationId,
) -> Result<Option<LiabilityId>, AppError> {
    let owing = moves::liable(db, &BTreeSet::from([group.uuid()])).await?;
    Ok(owing.get(&group).copied())
}

/// Units in the request behind an idempotency key: as text, because JSON readers round large numbers.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
pub(crate) fn units_as_text<S: Serializer>(units: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(units)
}
