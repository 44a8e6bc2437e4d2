//! The one way from an actor to a permit inside a transaction: the table of `domain`, and the grant still in force.

use commonweal_domain::actor::{self, Action, Actor, Denied, Facts, Permit};
use commonweal_domain::ids::{Id, OrganisationId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::error::AppError;
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
