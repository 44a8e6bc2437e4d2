//! Claims in the eyes of one reader who asks for what is private behind them: files of evidence and workings.

use std::collections::{HashMap, HashSet};

use commonweal_domain::actor::Actor;
use commonweal_domain::contract::sight::ClaimSight;
use commonweal_domain::ids::{Id, OrganisationId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::error::AppError;
use crate::group;
use crate::store::claim::{self, verification};
use crate::store::evidence_file::is_open;
use crate::store::quorum::{assignment, published};
use crate::store::{columns, contract};

/// What claims are to a reader, by their ids; nothing for who is not signed in. Seven statements, however many claims.
pub(crate) async fn sights(
    db: &impl ConnectionTrait,
    actor: &Actor,
    claims: &[claim::Model],
) -> Result<HashMap<Uuid, ClaimSight>, AppError> {
    let Some(person) = actor.person_id().filter(|_| !claims.is_empty()) else {
        return Ok(HashMap::new());
    };
    let ids = || claims.iter().map(|row| row.id);
    let buyers: HashMap<Uuid, Uuid> = contract::Entity::find()
        .filter(contract::Column::Id.is_in(claims.iter().filter_map(|row| row.contract_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.buyer_id))
        .collect();
    let groups = group::groups_of(db, person).await?;
    let own: HashSet<Uuid> = columns::uuids(&group::members(db, &groups).await?).collect();
    let found: Vec<Uuid> = verification::Entity::find()
        .select_only()
        .column(verification::Column::ClaimId)
        .filter(verification::Column::VerifierId.eq(person.uuid()))
        .filter(verification::Column::ClaimId.is_in(ids()))
        .into_tuple()
        .all(db)
        .await?;
    // A quorum binds every claim that was submitted after the first was published.
    let first: Option<Option<i64>> = published::Entity::find()
        .select_only()
        .column_as(published::Column::EntryIdx.min(), "first")
        .into_tuple()
        .one(db)
        .await?;
    let first = first.flatten();
    let seats: Vec<Uuid> = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::ClaimId)
        .filter(assignment::Column::VerifierId.eq(person.uuid()))
        .filter(assignment::Column::ClaimId.is_in(ids()))
        .filter(assignment::Column::LeftHow.is_null())
        .into_tuple()
        .all(db)
        .await?;
    let sight = |row: &claim::Model| {
        let contract = row.contract_id;
        let buyer = contract.and_then(|contract| buyers.get(&contract).copied());
        let bound = first.is_some_and(|first| row.entry_idx > first);
        let sight = ClaimSight {
            buyer: buyer.map(OrganisationId::from_uuid),
            awaits_reader: is_open(&row.status) && (!bound || seats.contains(&row.id)),
            found_by_reader: found.contains(&row.id),
            interested: own.contains(&row.claimant_id)
                || buyer.is_some_and(|buyer| own.contains(&buyer)),
        };
        (row.id, sight)
    };
    Ok(claims.iter().map(sight).collect())
}
