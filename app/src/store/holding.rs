//! Who of a group has something of some batches.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::credit::hold::Hold;
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{bulk, hold};
use crate::error::AppError;

/// A batch and who has something of it.
pub(crate) type Holder = (BatchId, OrganisationId);

/// The organisations of a group that had units of some batches before this commit, available or held.
pub(crate) async fn holders(
    db: &impl ConnectionTrait,
    batches: &[BatchId],
    group: OrganisationId,
) -> Result<BTreeSet<Holder>, AppError> {
    let rows = bulk::select(
        db,
        "SELECT DISTINCT a.batch_id, a.organisation_id FROM account AS a \
         JOIN organisation AS o ON o.id = a.organisation_id AND a.balance > 0",
        &keys(batches, group),
        "a.batch_id = r.column1 AND o.group_id = r.column2",
    )
    .await?;
    let mut found = BTreeSet::new();
    for row in rows {
        found.insert((
            BatchId::from_uuid(row.try_get("", "batch_id")?),
            OrganisationId::from_uuid(row.try_get("", "organisation_id")?),
        ));
    }
    Ok(found)
}

/// Open holds of the organisations of a group on some batches, oldest first.
pub(crate) async fn open_holds(
    db: &impl ConnectionTrait,
    batches: &[BatchId],
    group: OrganisationId,
) -> Result<HashMap<Holder, Vec<Hold>>, AppError> {
    let rows = bulk::select(
        db,
        "SELECT h.* FROM hold AS h \
         JOIN organisation AS o ON o.id = h.holder_id AND h.ended IS NULL",
        &keys(batches, group),
        "h.batch_id = r.column1 AND o.group_id = r.column2 ORDER BY h.id",
    )
    .await?;
    let mut found: HashMap<Holder, Vec<Hold>> = HashMap::new();
    for row in rows {
        let open = hold::hold_of(&hold::Model::from_query_result(&row, "")?);
        found
            .entry((open.batch, open.holder))
            .or_default()
            .push(open);
    }
    Ok(found)
}

fn keys(batches: &[BatchId], group: OrganisationId) -> Vec<Vec<Value>> {
    let key = |batch: &BatchId| vec![batch.uuid().into(), group.uuid().into()];
    batches.iter().map(key).collect()
}
