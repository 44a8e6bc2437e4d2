//! The permit of officers who decide on bids: none who holds a role in the beneficial-owner group of a bidder.

use commonweal_domain::actor::{Action, Actor, Facts, Permit};
use commonweal_domain::ids::{Id, OrganisationId, PersonId};
use commonweal_domain::tender::stage::Stage;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::authorization::authorize;
use crate::error::AppError;
use crate::group;
use crate::store::bid::sealed_bid;
use crate::store::organisation;
use crate::tender::LoadedTender;

/// Authorizes an act for the buyer by someone apart from every bidder. `earlier` took the step before, where two people are
/// needed.
pub(crate) async fn permit(
    connection: &impl ConnectionTrait,
    at: Time,
    tender: &LoadedTender,
    actor: &Actor,
    action: Action,
    earlier: &[PersonId],
) -> Result<Permit, AppError> {
    let facts = Facts {
        earlier,
        interested: &bidding(connection, at, tender).await?,
        ..tender.facts()
    };
    authorize(connection, actor, action, &facts).await
}

/// Every organisation in the group of a bidder. Nobody while bids are still taken: a refusal would tell who bids.
async fn bidding(
    connection: &impl ConnectionTrait,
    at: Time,
    tender: &LoadedTender,
) -> Result<Vec<OrganisationId>, AppError> {
    if tender.stage.at(&tender.plan, at) == Stage::Published {
        return Ok(Vec::new());
    }
    let bidders: Vec<Uuid> = sealed_bid::Entity::find()
        .select_only()
        .column(sealed_bid::Column::SupplierId)
        .distinct()
        .filter(sealed_bid::Column::TenderId.eq(tender.row.id))
        .filter(sealed_bid::Column::State.is_in(["waiting", "opened"]))
        .into_tuple()
        .all(connection)
        .await?;
    let groups: Vec<Uuid> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::GroupId)
        .filter(organisation::Column::Id.is_in(bidders))
        .into_tuple()
        .all(connection)
        .await?;
    let groups: Vec<_> = groups.into_iter().map(OrganisationId::from_uuid).collect();
    group::members(connection, &groups).await
}
