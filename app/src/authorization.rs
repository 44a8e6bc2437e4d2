//! The one way from an actor to a permit inside a transaction: the table of `domain`, and the grant still in force.

use commonweal_domain::actor::{self, Action, Actor, Denied, Facts, Permit};
use commonweal_domain::contract::RecordedClaim;
use commonweal_domain::ids::{ClaimId, Id, OrganisationId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::store::claim;
use crate::store::organisation::role_grant;

/// Decides by the table, then makes sure that the role was not revoked since the actor signed in: the log would show an
/// act without a role.
pub(crate) async fn authorize<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    action: Action,
    facts: &Facts<'_>,
) -> Result<Permit, AppError> {
    let roles_in = roles_among(connection, actor, facts.interested).await?;
    let facts = Facts {
        roles_in: &roles_in,
        ..facts.clone()
    };
    let permit = actor::authorize(actor, action, &facts)?;
    let key = (
        permit.actor.id.uuid(),
        permit.actor.organisation.uuid(),
        permit.actor.role.as_str().to_owned(),
    );
    match role_grant::Entity::find_by_id(key).one(connection).await? {
        Some(_) => Ok(permit),
        None => Err(AppError::Forbidden(
            "the role was revoked: sign in again".to_owned(),
        )),
    }
}

/// The claim on which somebody acts whom the interest of its claimant's group would bias, and the permit.
pub(crate) async fn authorize_on_claim<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    action: Action,
    id: ClaimId,
) -> Result<(RecordedClaim, Permit), AppError> {
    let recorded = claim::load(connection, id)
        .await?
        .ok_or_else(unknown_claim)?;
    let group = group::known_group(connection, recorded.claim.claimant).await?;
    let facts = Facts {
        interested: &group::members(connection, &[group]).await?,
        ..Facts::default()
    };
    let permit = authorize(connection, actor, action, &facts).await?;
    Ok((recorded, permit))
}

/// In which of some organisations the person holds a role, whatever the scope of the token: a token of few roles does not
/// make anybody independent.
async fn roles_among<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    organisations: &[OrganisationId],
) -> Result<Vec<OrganisationId>, AppError> {
    let Some(person) = actor.person_id().filter(|_| !organisations.is_empty()) else {
        return Ok(Vec::new());
    };
    let held: Vec<Uuid> = role_grant::Entity::find()
        .select_only()
        .column(role_grant::Column::OrganisationId)
        .filter(role_grant::Column::PersonId.eq(person.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    let held = held.into_iter().map(OrganisationId::from_uuid);
    Ok(held.filter(|id| organisations.contains(id)).collect())
}

impl From<Denied> for AppError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSignedIn => Self::Unauthenticated,
            denied => Self::Forbidden(denied.to_string()),
        }
    }
}
