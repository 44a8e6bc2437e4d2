//! Accounts as decisions inside a transaction need them: what a batch and its holders have now, staged movements
//! included.

use commonweal_domain::credit::movement::{Blocks, Trade, TransferFacts};
use commonweal_domain::credit::posting::{Account, Bucket};
use commonweal_domain::credit::{Batch, Class, Serials};
use commonweal_domain::ids::{BatchId, ClaimId, ClassId, Id, OrganisationId};
use commonweal_domain::organisation::Sector;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serializer;
use uuid::Uuid;

use crate::error::AppError;
use crate::group;
use crate::organisation::from_word;
use crate::store::credit::{account, batch, class, class_of};
use crate::store::sum::{SumParts, joined, sum_high, sum_low};
use crate::store::{Tx, challenge, claim, columns, hold, organisation};

/// A batch with its serials as they stand, and its class.
pub(crate) async fn batch_and_class(tx: &mut Tx, id: BatchId) -> Result<(Batch, Class), AppError> {
    let row = batch::Entity::find_by_id(id.uuid())
        .one(tx)
        .await?
        .ok_or_else(unknown_batch)?;
    let gone = || AppError::internal(format!("the batch {id} lacks its class or claim"));
    let class = class::Entity::find_by_id(row.class_id)
        .one(tx)
        .await?
        .ok_or_else(gone)?;
    let claim = claim::Entity::find_by_id(row.claim_id)
        .one(tx)
        .await?
        .ok_or_else(gone)?;
    let counter = |bucket| Account {
        batch: id,
        holder: None,
        bucket,
    };
    let retired = tx.balance(counter(Bucket::Retired)).await?;
    let cancelled = tx.balance(counter(Bucket::Cancelled)).await?;
    let reversed = tx.balance(counter(Bucket::Reversed)).await?;
    let issued = row.obligated_units.saturating_add(row.surplus_units);
    let removed = cancelled.saturating_add(reversed);
    let batch = Batch {
        id,
        class: ClassId::from_uuid(row.class_id),
        claim: ClaimId::from_uuid(row.claim_id),
        claimant: OrganisationId::from_uuid(row.claimant_id),
        period: columns::period(&claim.from_day, &claim.to_day)?,
        serials: Serials::resume(issued, retired, removed).map_err(AppError::internal)?,
    };
    Ok((batch, class_of(&class)?))
}

/// No batch has this id.
pub(crate) fn unknown_batch() -> AppError {
    AppError::refused_at(
        "UNKNOWN_BATCH",
        "batch",
        "there is no such batch: use the id that issueCredits gave",
    )
}

/// The units of a batch that an organisation may use now.
pub(crate) async fn available(
    tx: &mut Tx,
    batch: BatchId,
    holder: OrganisationId,
) -> Result<i64, AppError> {
    let account = Account {
        batch,
        holder: Some(holder),
        bucket: Bucket::Available,
    };
    tx.balance(account).await
}

/// What keeps an organisation's units of a batch where they are.
pub(crate) async fn blocks(
    tx: &Tx,
    batch: &Batch,
    holder: OrganisationId,
) -> Result<Blocks, AppError> {
    let group = group::known_group(tx, holder).await?;
    let members = group::members(tx, &[group]).await?;
    let unsold = members.contains(&batch.claimant);
    Ok(Blocks {
        frozen: unsold && challenge::freezing(tx, batch.claim).await?.is_some(),
        liable: hold::liable(tx, &members).await?,
    })
}

/// What the decision about a trade needs.
pub(crate) async fn transfer_facts(
    tx: &mut Tx,
    trade: Trade<'_>,
    (batch, class): (&Batch, &Class),
) -> Result<TransferFacts, AppError> {
    let sender = group::known_group(tx, trade.from).await?;
    let receiver = organisation::Entity::find_by_id(trade.to.uuid())
        .one(tx)
        .await?
        .ok_or_else(|| {
            AppError::refused_at(
                "UNKNOWN_ORGANISATION",
                "to",
                "the receiver is not registered",
            )
        })?;
    let group = OrganisationId::from_uuid(receiver.group_id);
    Ok(TransferFacts {
        available: available(tx, trade.batch, trade.from).await?,
        receiver_holds: match class.holding_limit_units {
            Some(_) => group_holds(tx, class.id, group).await?,
            None => 0,
        },
        related: sender == group,
        receiver_public: from_word::<Sector>(&receiver.sector)? == Sector::Public,
        blocks: blocks(tx, batch, trade.from).await?,
    })
}

/// Units of a class, available and held, in all accounts of a group: what the tables say and what this commit has moved
/// since.
pub(crate) async fn group_holds(
    tx: &Tx,
    class: ClassId,
    group: OrganisationId,
) -> Result<i64, AppError> {
    let members = group::members(tx, &[group]).await?;
    let of_class = || {
        batch::Entity::find()
            .select_only()
            .column(batch::Column::Id)
            .filter(batch::Column::ClassId.eq(class.uuid()))
    };
    let stored: Option<SumParts> = account::Entity::find()
        .select_only()
        .column_as(sum_high(account::Column::Balance), "high")
        .column_as(sum_low(account::Column::Balance), "low")
        .filter(account::Column::OrganisationId.is_in(columns::uuids(&members)))
        .filter(account::Column::BatchId.in_subquery(sea_orm::QueryTrait::into_query(of_class())))
        .into_tuple()
        .one(tx)
        .await?;
    let moved: Vec<(Uuid, i64)> = tx
        .staged_postings()
        .filter(|posting| {
            posting
                .account
                .holder
                .is_some_and(|holder| members.contains(&holder))
        })
        .map(|posting| (posting.account.batch.uuid(), posting.amount))
        .collect();
    let mut holds = joined(stored.unwrap_or_default())?;
    if !moved.is_empty() {
        let batches =
            of_class().filter(batch::Column::Id.is_in(moved.iter().map(|(batch, _)| *batch)));
        let batches: Vec<Uuid> = batches.into_tuple().all(tx).await?;
        for (_, amount) in moved.iter().filter(|(batch, _)| batches.contains(batch)) {
            holds = holds.saturating_add(*amount);
        }
    }
    Ok(holds)
}

/// Units in the request behind an idempotency key: as text, because JSON readers round large numbers.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
pub(crate) fn units_as_text<S: Serializer>(units: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(units)
}
