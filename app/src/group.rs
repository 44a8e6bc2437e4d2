//! Beneficial-owner groups, as decisions inside a transaction need them.

use std::collections::HashMap;

use commonweal_domain::ids::{Id, OrganisationId, PersonId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::error::AppError;
use crate::store::organisation::{self, role_grant};

/// The top of an organisation's group; none when it never joined.
pub(crate) async fn group_of(
    db: &impl ConnectionTrait,
    id: OrganisationId,
) -> Result<Option<OrganisationId>, AppError> {
    let found = organisation::Entity::find_by_id(id.uuid()).one(db).await?;
    Ok(found.map(|row| OrganisationId::from_uuid(row.group_id)))
}

/// The group of an organisation that another row refers to.
pub(crate) async fn known_group(
    db: &impl ConnectionTrait,
    id: OrganisationId,
) -> Result<OrganisationId, AppError> {
    let group = group_of(db, id).await?;
    group.ok_or_else(|| AppError::internal(format!("{id} is no organisation")))
}

/// The groups of some organisations.
pub(crate) async fn groups_by_organisation(
    db: &impl ConnectionTrait,
    ids: &[OrganisationId],
) -> Result<HashMap<OrganisationId, OrganisationId>, AppError> {
    let rows: Vec<(Uuid, Uuid)> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id)
        .column(organisation::Column::GroupId)
        .filter(organisation::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(db)
        .await?;
    let id = OrganisationId::from_uuid;
    let found = rows.into_iter().map(|(of, group)| (id(of), id(group)));
    Ok(found.collect())
}

/// Every organisation of some groups.
pub(crate) async fn members(
    db: &impl ConnectionTrait,
    groups: &[OrganisationId],
) -> Result<Vec<OrganisationId>, AppError> {
    let ids: Vec<Uuid> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id)
        .filter(organisation::Column::GroupId.is_in(groups.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(OrganisationId::from_uuid).collect())
}

/// The groups of all organisations in which a person holds a role, also those outside the token's scope.
pub(crate) async fn groups_of(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<OrganisationId>, AppError> {
    let held: Vec<Uuid> = role_grant::Entity::find()
        .select_only()
        .column(role_grant::Column::OrganisationId)
        .filter(role_grant::Column::PersonId.eq(person.uuid()))
        .into_tuple()
        .all(db)
        .await?;
    let groups: Vec<Uuid> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::GroupId)
        .filter(organisation::Column::Id.is_in(held))
        .into_tuple()
        .all(db)
        .await?;
    Ok(groups.into_iter().map(OrganisationId::from_uuid).collect())
}
