//! Accounts, transfers and retirements as anyone may read them: who holds what, and every movement that led to it.

use std::collections::HashMap;

use commonweal_domain::credit::Retirement;
use commonweal_domain::credit::entries::TransferReason;
use commonweal_domain::credit::posting::Bucket;
use commonweal_domain::ids::{BatchId, Id, OrganisationId, RetirementId};
use commonweal_domain::time::Time;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::Written;
use crate::store::columns;
use crate::store::credit::{account, posting, retirement, retirement_of, transfer};
use crate::store::log_entry;
use crate::store::reduced::withdrawal;
use crate::transfer::TransferCredits;

/// What an organisation has of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldingView {
    /// The batch.
    pub batch: BatchId,
    /// Units that it may use.
    pub available: i64,
    /// Units bound to an order or a trade.
    pub held: i64,
}

/// Where a posting stands in the log: its entry, and its place among the entry's postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PostingKey {
    /// Log index of the entry.
    pub entry: i64,
    /// Place in the entry.
    pub seq: i64,
}

/// A line of an account statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingView {
    /// Where it stands in the log.
    pub key: PostingKey,
    /// When.
    pub at: Time,
    /// The entry's kind, such as `credits.transferred`.
    pub kind: String,
    /// The batch.
    pub batch: BatchId,
    /// Available or held.
    pub bucket: Bucket,
    /// Units that arrived (positive) or left (negative).
    pub amount: i64,
    /// What the organisation has of the one batch that was asked for, available and held together, when the page was read.
    pub now: i64,
}

/// Units that changed hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferView {
    /// Log index of the transfer.
    pub entry_index: u64,
    /// The batch.
    pub batch: BatchId,
    /// Who had them.
    pub from: OrganisationId,
    /// Who has them.
    pub to: OrganisationId,
    /// How many.
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// The procurement in which a public body bought them.
    pub procurement_reference: Option<String>,
    /// More about it, unless its words were erased.
    pub note: Option<String>,
    /// When.
    pub at: Time,
}

impl TransferView {
    /// The transfer that was just made of a request without a note, as its row shows it.
    pub fn made(written: &Written<u64>, request: TransferCredits) -> Self {
        Self {
            entry_index: written.out,
            batch: request.batch,
            from: request.from,
            to: request.to,
            units: request.units,
            reason: request.reason,
            procurement_reference: request.procurement_reference,
            note: request.note,
            at: written.at,
        }
    }
}

/// A retirement with its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetirementView {
    /// The retirement.
    pub retirement: Retirement,
    /// The batch.
    pub batch: BatchId,
    /// Who had the units; none at issue.
    pub holder: Option<OrganisationId>,
    /// More about it, unless its words were erased.
    pub note: Option<String>,
    /// When.
    pub at: Time,
    /// Log index of the retirement.
    pub entry_index: u64,
    /// Units for which the certificate no longer holds, because they were corrected or reversed: each with the log index of
    /// the entry that withdrew them, in order.
    pub withdrawn: Vec<(u64, i64)>,
}

impl RetirementView {
    /// Units for which the certificate no longer holds.
    pub fn withdrawn_units(&self) -> i64 {
        self.withdrawn
            .iter()
            .fold(0, |sum, (_, units)| sum.saturating_add(*units))
    }
}

/// Which retirements are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RetirementFilter {
    /// Those of this batch.
    pub batch: Option<BatchId>,
    /// Those for this beneficiary.
    pub beneficiary: Option<OrganisationId>,
}

impl Read<'_> {
    /// A page of what an organisation has, by batch. Accounts that are empty now are left out.
    pub async fn holdings(
        &self,
        organisation: OrganisationId,
        page: &Page<BatchId>,
    ) -> Result<Vec<HoldingView>, AppError> {
        let rows: Vec<(Uuid, i64, i64)> = holdings(organisation, page)
            .into_tuple()
            .all(self.db)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(batch, available, held)| HoldingView {
                batch: BatchId::from_uuid(batch),
                available,
                held,
            })
            .collect())
    }

    /// Of how many batches an organisation has units.
    pub async fn holding_count(&self, organisation: OrganisationId) -> Result<u64, AppError> {
        let batches = filled(organisation)
            .select_only()
            .column(account::Column::BatchId)
            .group_by(account::Column::BatchId);
        Ok(batches.count(self.db).await?)
    }

    /// A page of an organisation's account statement in the order of the log, in two statements.
    pub async fn statement(
        &self,
        organisation: OrganisationId,
        batch: Option<BatchId>,
        page: &Page<PostingKey>,
    ) -> Result<Vec<PostingView>, AppError> {
        let rows: Vec<(i64, i64, Uuid, String, i64, i64)> = statement(organisation, batch, page)
            .select_only()
            .column(posting::Column::EntryIdx)
            .column(posting::Column::Seq)
            .column(posting::Column::BatchId)
            .column(posting::Column::Bucket)
            .column(posting::Column::Amount)
            .column_as(now(organisation, batch), "now")
            .into_tuple()
            .all(self.db)
            .await?;
        let entries: Vec<(i64, i64, String)> = log_entry::Entity::find()
            .select_only()
            .column(log_entry::Column::Idx)
            .column(log_entry::Column::At)
            .column(log_entry::Column::Kind)
            .filter(log_entry::Column::Idx.is_in(rows.iter().map(|row| row.0)))
            .into_tuple()
            .all(self.db)
            .await?;
        let entries: HashMap<i64, (i64, String)> = entries
            .into_iter()
            .map(|(index, at, kind)| (index, (at, kind)))
            .collect();
        rows.into_iter()
            .map(|(entry, seq, batch, bucket, amount, now)| {
                let (at, kind) = entries
                    .get(&entry)
                    .cloned()
                    .ok_or_else(|| AppError::internal(format!("entry {entry} is missing")))?;
                Ok(PostingView {
                    key: PostingKey { entry, seq },
                    at: columns::time(at),
                    kind,
                    batch: BatchId::from_uuid(batch),
                    bucket: from_word(&bucket)?,
                    amount,
                    now,
                })
            })
            .collect()
    }

    /// How many lines an account statement has.
    pub async fn statement_count(
        &self,
        organisation: OrganisationId,
        batch: Option<BatchId>,
    ) -> Result<u64, AppError> {
        Ok(postings(organisation, batch).count(self.db).await?)
    }

    /// The transfer at an index of the log.
    pub async fn transfer(&self, index: u64) -> Result<Option<TransferView>, AppError> {
        Ok(self.transfers_by_index(&[index]).await?.remove(&index))
    }

    /// Transfers by log index, in two statements.
    pub async fn transfers_by_index(
        &self,
        indexes: &[u64],
    ) -> Result<HashMap<u64, TransferView>, AppError> {
        let indexes = indexes
            .iter()
            .filter_map(|index| i64::try_from(*index).ok());
        let rows = transfer::Entity::find()
            .filter(transfer::Column::EntryIdx.is_in(indexes))
            .all(self.db)
            .await?;
        let hashes = rows.iter().filter_map(|row| row.note.clone()).collect();
        let words = self.remarks(hashes).await?;
        let views = rows.into_iter().map(|row| {
            let index = columns::index(row.entry_idx)?;
            let view = TransferView {
                entry_index: index,
                batch: BatchId::from_uuid(row.batch_id),
                from: OrganisationId::from_uuid(row.from_id),
                to: OrganisationId::from_uuid(row.to_id),
                units: row.units,
                reason: from_word(&row.reason)?,
                procurement_reference: row.procurement_reference,
                note: row.note.and_then(|hash| words.get(&hash).cloned()),
                at: columns::time(row.at),
            };
            Ok((index, view))
        });
        views.collect()
    }

    /// Retirements by id, in two statements.
    pub async fn retirements_by_id(
        &self,
        ids: &[RetirementId],
    ) -> Result<HashMap<RetirementId, RetirementView>, AppError> {
        let rows = retirement::Entity::find()
            .filter(retirement::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = self.with_notes(rows).await?;
        Ok(views
            .into_iter()
            .map(|view| (view.retirement.id, view))
            .collect())
    }

    /// The retirement behind a certificate.
    pub async fn retirement_by_certificate(
        &self,
        number: &str,
    ) -> Result<Option<RetirementView>, AppError> {
        let rows = retirement::Entity::find()
            .filter(retirement::Column::Certificate.eq(number))
            .all(self.db)
            .await?;
        Ok(self.with_notes(rows).await?.pop())
    }

    /// A page of retirements in their order.
    pub async fn retirements(
        &self,
        filter: &RetirementFilter,
        page: &Page<RetirementId>,
    ) -> Result<Vec<RetirementView>, AppError> {
        let rows = page
            .of(select(filter), retirement::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        self.with_notes(rows).await
    }

    /// How many retirements the filter leaves.
    pub async fn retirement_count(&self, filter: &RetirementFilter) -> Result<u64, AppError> {
        Ok(select(filter).count(self.db).await?)
    }

    async fn with_notes(
        &self,
        rows: Vec<retirement::Model>,
    ) -> Result<Vec<RetirementView>, AppError> {
        let hashes: Vec<Vec<u8>> = rows.iter().filter_map(|row| row.note.clone()).collect();
        let words = if hashes.is_empty() {
            HashMap::new()
        } else {
            self.remarks(hashes).await?
        };
        let mut withdrawn: HashMap<Uuid, Vec<(u64, i64)>> = HashMap::new();
        let fell = withdrawal::Entity::find()
            .filter(withdrawal::Column::RetirementId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(withdrawal::Column::EntryIdx)
            .all(self.db)
            .await?;
        for row in fell {
            let entry = columns::index(row.entry_idx)?;
            let of_one = withdrawn.entry(row.retirement_id).or_default();
            of_one.push((entry, row.units));
        }
        rows.iter()
            .map(|row| {
                let note = row.note.as_ref().and_then(|hash| words.get(hash));
                Ok(RetirementView {
                    retirement: retirement_of(row)?,
                    batch: BatchId::from_uuid(row.batch_id),
                    holder: row.holder_id.map(OrganisationId::from_uuid),
                    note: note.cloned(),
                    at: columns::time(row.at),
                    entry_index: columns::index(row.entry_idx)?,
                    withdrawn: withdrawn.remove(&row.id).unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// Accounts of an organisation that are not empty.
/// A page of what an organisation has: batch, available and held.
pub(super) fn holdings(
    organisation: OrganisationId,
    page: &Page<BatchId>,
) -> Select<account::Entity> {
    let by_bucket = |bucket: Bucket| {
        let of_bucket = Expr::case(
            Expr::col(account::Column::Bucket).eq(bucket.as_str()),
            Expr::col(account::Column::Balance),
        );
        Expr::expr(Expr::expr(of_bucket.finally(0)).sum()).cast_as("bigint")
    };
    let select = filled(organisation)
        .select_only()
        .column(account::Column::BatchId)
        .column_as(by_bucket(Bucket::Available), "available")
        .column_as(by_bucket(Bucket::Held), "held")
        .group_by(account::Column::BatchId);
    page.of(select, account::Column::BatchId, |id| id.uuid().into())
}

/// A page of the movements on an organisation's account.
pub(super) fn statement(
    organisation: OrganisationId,
    batch: Option<BatchId>,
    page: &Page<PostingKey>,
) -> Select<posting::Entity> {
    let mut select = postings(organisation, batch);
    if let Some(key) = page.after {
        select = select.filter(place_of_row().gt(place(key.entry, key.seq)));
    }
    if let Some(key) = page.before {
        select = select.filter(place_of_row().lt(place(key.entry, key.seq)));
    }
    let (entry, seq) = (posting::Column::EntryIdx, posting::Column::Seq);
    let select = if page.backward {
        select.order_by_desc(entry).order_by_desc(seq)
    } else {
        select.order_by_asc(entry).order_by_asc(seq)
    };
    select.limit(page.rows)
}

fn filled(organisation: OrganisationId) -> Select<account::Entity> {
    account::Entity::find()
        .filter(account::Column::OrganisationId.eq(organisation.uuid()))
        .filter(account::Column::Balance.gt(0_i64))
}

fn postings(organisation: OrganisationId, batch: Option<BatchId>) -> Select<posting::Entity> {
    let select =
        posting::Entity::find().filter(posting::Column::OrganisationId.eq(organisation.uuid()));
    match batch {
        Some(batch) => select.filter(posting::Column::BatchId.eq(batch.uuid())),
        None => select,
    }
}

/// What an organisation has of a batch, in the same statement as a page of its postings, so that the two agree; nothing
/// where no batch is named, since units of several batches do not add up to anything.
fn now(organisation: OrganisationId, batch: Option<BatchId>) -> Expr {
    let Some(batch) = batch else {
        return Expr::val(0_i64).cast_as("bigint");
    };
    let sum = Query::select()
        .expr(Expr::expr(Expr::col(account::Column::Balance).sum()).cast_as("bigint"))
        .from(account::Entity)
        .and_where(account::Column::OrganisationId.eq(organisation.uuid()))
        .and_where(account::Column::BatchId.eq(batch.uuid()))
        .to_owned();
    Expr::SubQuery(None, Box::new(sum.into()))
}

/// Entry and place as one row value, which an index compares as a whole: a page deep in a statement reads no more rows
/// than the first.
fn place(entry: impl Into<Expr>, seq: impl Into<Expr>) -> Expr {
    Expr::tuple([entry.into(), seq.into()])
}

fn place_of_row() -> Expr {
    place(
        Expr::col(posting::Column::EntryIdx),
        Expr::col(posting::Column::Seq),
    )
}

fn select(filter: &RetirementFilter) -> Select<retirement::Entity> {
    let mut select = retirement::Entity::find();
    if let Some(batch) = filter.batch {
        select = select.filter(retirement::Column::BatchId.eq(batch.uuid()));
    }
    if let Some(beneficiary) = filter.beneficiary {
        select = select.filter(retirement::Column::BeneficiaryId.eq(beneficiary.uuid()));
    }
    select
}
