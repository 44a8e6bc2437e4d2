//! What a reduction finds: what is left of the batches, who has it, and which buffers can stand in.

use std::collections::HashMap;

use commonweal_domain::contract::RecordedClaim;
use commonweal_domain::credit::posting::{Account, Bucket};
use commonweal_domain::credit::reduction::{BatchStanding, Buffered, Holding};
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::AppError;
use crate::group;
use crate::moves::Books;
use crate::store::credit::batch;
use crate::store::{Tx, credit_left, holding};

/// The claim's batch, and after it the other batches of the KPI that it names, latest first. All of them are loaded together.
pub(super) async fn standings(
    tx: &mut Tx,
    recorded: &RecordedClaim,
    group: OrganisationId,
) -> Result<Vec<BatchStanding>, AppError> {
    let own = batch::Entity::find()
        .filter(batch::Column::ClaimId.eq(recorded.claim.id.uuid()))
        .one(tx)
        .await?;
    let Some(own) = own else {
        return Ok(Vec::new());
    };
    let mut ids = vec![BatchId::from_uuid(own.id)];
    if let Some(kpi) = own.kpi_id {
        let others = batch::Entity::find()
            .filter(batch::Column::KpiId.eq(kpi))
            .filter(batch::Column::Id.ne(own.id))
            .order_by_desc(batch::Column::EntryIdx)
            .all(tx)
            .await?;
        ids.extend(others.iter().map(|row| BatchId::from_uuid(row.id)));
    }
    let books = Books::of_batches(tx, &ids).await?;
    let left = credit_left::of_batches(tx, &ids).await?;
    let mut parts = credit_left::parts_of(tx, &ids).await?;
    let mut groups = of_group(tx, &ids, group).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let (batch, _) = books.batch(tx.staged(), id)?;
        let left = left.get(&id).ok_or_else(|| credit_left::missing(id))?;
        found.push(BatchStanding {
            batch,
            parts: parts.remove(&id).unwrap_or_default(),
            circulating: left.circulating_units,
            cancelled: left.cancelled_units,
            group: groups.remove(&id).unwrap_or_default(),
        });
    }
    Ok(found)
}

/// What the organisations of a group have of some batches.
async fn of_group(
    tx: &mut Tx,
    batches: &[BatchId],
    group: OrganisationId,
) -> Result<HashMap<BatchId, Vec<Holding>>, AppError> {
    let mut holders = holding::holders(tx, batches, group).await?;
    // The tables do not show what this commit has moved so far.
    let moved = tx.staged().postings().map(|posting| posting.account);
    let moved: Vec<_> = moved
        .filter(|account| batches.contains(&account.batch))
        .filter_map(|account| Some((account.batch, account.holder?)))
        .collect();
    if !moved.is_empty() {
        let members = group::members(tx, &[group]).await?;
        holders.extend(moved.iter().filter(|(_, who)| members.contains(who)));
    }
    let account = |(batch, holder)| Account {
        batch,
        holder: Some(holder),
        bucket: Bucket::Available,
    };
    let accounts: Vec<Account> = holders.iter().copied().map(account).collect();
    tx.load_balances(&accounts).await?;
    let mut holds = holding::open_holds(tx, batches, group).await?;
    let mut found: HashMap<BatchId, Vec<Holding>> = HashMap::new();
    for (batch, holder) in holders {
        found.entry(batch).or_default().push(Holding {
            holder,
            available: tx.staged().known_balance(account((batch, holder))),
            holds: holds.remove(&(batch, holder)).unwrap_or_default(),
        });
    }
    Ok(found)
}

/// Buffers of the pool of a batch that stand in for some units: its own first, then the others in the order of their issue.
pub(super) async fn pool(tx: &mut Tx, own: BatchId, units: i64) -> Result<Vec<Buffered>, AppError> {
    let books = Books::of_batches(tx, &[own]).await?;
    let (_, class) = books.batch(tx.staged(), own)?;
    let ids = credit_left::buffered(tx, &class.pool(), own, units).await?;
    let books = Books::of_batches(tx, &ids).await?;
    let buffered = |batch| {
        let buffer = Account {
            batch,
            holder: None,
            bucket: Bucket::Buffer,
        };
        Ok(Buffered {
            batch,
            serials: books.batch(tx.staged(), batch)?.0.serials,
            units: tx.staged().known_balance(buffer),
        })
    };
    ids.into_iter().map(buffered).collect()
}
