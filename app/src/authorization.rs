//! The one way from an actor to a permit inside a transaction: the table of `domain`, and the grant still in force.

use commonweal_domain::actor::{self, Action, Actor, Denied, Facts, Permit};
use commonweal_domain::ids::Id;
use sea_orm::{ConnectionTrait, EntityTrait};

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
    let permit = actor::authorize(actor, action, facts)?;
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

impl From<Denied> for AppError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSignedIn => Self::Unauthenticated,
            denied => Self::Forbidden(denied.to_string()),
        }
    }
}
