//! What a period changed on an organisation's account, batch by batch: opening balance, what came, what went, closing balance.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use commonweal_domain::time::{Period, Time};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryResult,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::store::credit::{account, posting};
use crate::store::log_entry;
use crate::store::sum::{SumParts, high, joined, low, sum_of};

/// The most movements since the first day of a period that are summed for a page: about a tenth of a second's work.
const MAX_MOVEMENTS: u64 = 100_000;

/// The most movements that are summed for a reader; none where there is no limit: for somebody of the organisation itself who
/// names a batch. Others move as many units to an account as they like, and must not keep its owner from reading it; a
/// stranger must not keep the database busy with it.
pub fn most_movements(
    actor: &Actor,
    organisation: OrganisationId,
    batch: Option<BatchId>,
) -> Option<u64> {
    let mut grants = actor.grants().iter();
    let own = grants.any(|grant| grant.organisation == organisation);
    (batch.is_none() || !own).then_some(MAX_MOVEMENTS)
}

/// What a period changed on an account of a batch, available and held together: `opening + received - given = closing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSummaryView {
    /// The batch.
    pub batch: BatchId,
    /// Units before the period.
    pub opening: i64,
    /// Units that came in it. What a hold binds or an end of it frees neither comes nor goes.
    pub received: i64,
    /// Units that went in it.
    pub given: i64,
    /// Units after it.
    pub closing: i64,
}

/// Indexes of the first entry inside a period and of the first after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Read<'_> {
    /// A page of what a period changed on an organisation's account, by batch, of those that it has had before the period's
    /// end, or of the one that is named. Sums go back from what is there now, so that recent periods cost little however long
    /// the account is; refused where more than `most` movements ([`most_movements`]) came since the period began.
    pub async fn account_summaries(
        &self,
        organisation: OrganisationId,
        batch: Option<BatchId>,
        period: Period,
        page: &Page<BatchId>,
        most: Option<u64>,
    ) -> Result<Vec<AccountSummaryView>, AppError> {
        let bounds = self.bounds(period).await?;
        let select = page.of(
            held_before(organisation, batch, bounds),
            account::Column::BatchId,
            |id| id.uuid().into(),
        );
        let rows: Vec<(Uuid, i64)> = select.into_tuple().all(self.db).await?;
        let batches: Vec<Uuid> = rows.iter().map(|row| row.0).collect();
        if let Some(most) = most {
            self.check_movements(organisation, &batches, bounds, most)
                .await?;
        }
        let mut changed = HashMap::new();
        let found = changes(organisation, &batches, bounds);
        for row in self.db.query_all(&found).await? {
            let batch: Uuid = row.try_get("", "batch_id")?;
            changed.insert(batch, row);
        }
        rows.into_iter()
            .map(|(batch, now)| {
                let id = BatchId::from_uuid(batch);
                match changed.get(&batch) {
                    Some(row) => summary(id, row),
                    None => Ok(AccountSummaryView {
                        batch: id,
                        opening: now,
                        received: 0,
                        given: 0,
                        closing: now,
                    }),
                }
            })
            .collect()
    }

    /// How many batches such a summary has.
    pub async fn account_summary_count(
        &self,
        organisation: OrganisationId,
        batch: Option<BatchId>,
        period: Period,
    ) -> Result<u64, AppError> {
        let bounds = self.bounds(period).await?;
        Ok(held_before(organisation, batch, bounds)
            .count(self.db)
            .await?)
    }

    async fn bounds(&self, period: Period) -> Result<Bounds, AppError> {
        Ok(Bounds {
            from: self.first_entry(period.from().start()).await?,
            to: self.first_entry(period.to().start()).await?,
        })
    }

    /// The index of the first entry that is not earlier than an instant, or of the next one: the log's time never goes back,
    /// so that halving finds it, in some twenty look-ups for a million entries.
    async fn first_entry(&self, at: Time) -> Result<i64, AppError> {
        let size = i64::try_from(self.log_size().await?).map_err(AppError::internal)?;
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low.midpoint(high);
            let found: Option<i64> = log_entry::Entity::find_by_id(middle)
                .select_only()
                .column(log_entry::Column::At)
                .into_tuple()
                .one(self.db)
                .await?;
            let found = found.ok_or_else(|| AppError::internal(format!("no entry {middle}")))?;
            if found < at.micros() {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    async fn check_movements(
        &self,
        organisation: OrganisationId,
        batches: &[Uuid],
        bounds: Bounds,
        most: u64,
    ) -> Result<(), AppError> {
        let since = Query::select()
            .expr_as(Expr::val(1), "one")
            .from(posting::Entity)
            .and_where(posting::Column::OrganisationId.eq(organisation.uuid()))
            .and_where(posting::Column::BatchId.is_in(batches.iter().copied()))
            .and_where(posting::Column::EntryIdx.gte(bounds.from))
            .limit(most.saturating_add(1))
            .to_owned();
        let count = Query::select()
            .expr_as(Expr::col("one").count(), "movements")
            .from_subquery(since, "since")
            .to_owned();
        let counted = self.db.query_one(&count).await?;
        let counted = counted.map_or(Ok(0), |row| row.try_get::<i64>("", "movements"))?;
        if u64::try_from(counted).is_ok_and(|counted| counted <= most) {
            return Ok(());
        }
        Err(AppError::refused_at(
            "TOO_MANY_MOVEMENTS",
            "period",
            format!(
                "`period`: more than {most} movements came since it began: ask for a later period, for fewer batches at a time, as \
                 somebody of the organisation for one `batch`, or read the lines of accountStatement"
            ),
        ))
    }
}

/// Batches that an organisation has had before the end of a period, with what it has of them now.
pub(super) fn held_before(
    organisation: OrganisationId,
    batch: Option<BatchId>,
    bounds: Bounds,
) -> Select<account::Entity> {
    let moved = Query::select()
        .expr(Expr::val(1))
        .from(posting::Entity)
        .and_where(posting::Column::OrganisationId.eq(organisation.uuid()))
        .and_where(
            Expr::col((posting::Entity, posting::Column::BatchId))
                .equals((account::Entity, account::Column::BatchId)),
        )
        .and_where(posting::Column::EntryIdx.lt(bounds.to))
        .to_owned();
    let select = account::Entity::find()
        .select_only()
        .column(account::Column::BatchId)
        .column_as(balance(), "now")
        .filter(account::Column::OrganisationId.eq(organisation.uuid()))
        .filter(Expr::exists(moved))
        .group_by(account::Column::BatchId);
    match batch {
        Some(batch) => select.filter(account::Column::BatchId.eq(batch.uuid())),
        None => select,
    }
}

fn balance() -> SimpleExpr {
    Expr::expr(Expr::col(account::Column::Balance).sum()).cast_as("bigint")
}

/// What came and went of some batches since the first day of a period, inside and after it, with what is there now, all as of
/// one instant. An entry that moves units between parts of an account nets to nothing.
pub(super) fn changes(
    organisation: OrganisationId,
    batches: &[Uuid],
    bounds: Bounds,
) -> SelectStatement {
    let amount = Expr::expr(Expr::col(posting::Column::Amount).sum()).cast_as("bigint");
    let nets = Query::select()
        .column(posting::Column::BatchId)
        .column(posting::Column::EntryIdx)
        .expr_as(amount, "net")
        .from(posting::Entity)
        .and_where(posting::Column::OrganisationId.eq(organisation.uuid()))
        .and_where(posting::Column::BatchId.is_in(batches.iter().copied()))
        .and_where(posting::Column::EntryIdx.gte(bounds.from))
        .group_by_columns([posting::Column::BatchId, posting::Column::EntryIdx])
        .to_owned();
    let now = Query::select()
        .expr(balance())
        .from(account::Entity)
        .and_where(account::Column::OrganisationId.eq(organisation.uuid()))
        .and_where(
            Expr::col((account::Entity, account::Column::BatchId)).equals(("nets", "batch_id")),
        )
        .to_owned();
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("nets", "batch_id")), "batch_id")
        .expr_as(Expr::SubQuery(None, Box::new(now.into())), "now");
    let entry = || Expr::col(("nets", "entry_idx"));
    for (part, inside) in [
        ("in", entry().lt(bounds.to)),
        ("after", entry().gte(bounds.to)),
    ] {
        for (way, sign) in [("received", 1_i64), ("given", -1)] {
            let net = || Expr::col(("nets", "net")).mul(sign);
            let of_way = |units: SimpleExpr| {
                let counted = inside.clone().and(net().gt(0_i64));
                sum_of(Expr::case(counted, units).finally(0_i64).into())
            };
            select
                .expr_as(of_way(high(net())), format!("{part}_{way}_high"))
                .expr_as(of_way(low(net())), format!("{part}_{way}_low"));
        }
    }
    select
        .from_subquery(nets, "nets")
        .group_by_col(("nets", "batch_id"))
        .to_owned()
}

fn summary(batch: BatchId, row: &QueryResult) -> Result<AccountSummaryView, AppError> {
    let sum = |name: &str| -> Result<i64, AppError> {
        let part = |end: &str| row.try_get::<Option<i64>>("", &format!("{name}_{end}"));
        let parts: SumParts = (part("high")?, part("low")?);
        joined(parts)
    };
    let now: i64 = row.try_get("", "now")?;
    let back = |units: i64, received: i64, given: i64| {
        let before = i128::from(units) - i128::from(received) + i128::from(given);
        i64::try_from(before).map_err(AppError::internal)
    };
    let closing = back(now, sum("after_received")?, sum("after_given")?)?;
    let (received, given) = (sum("in_received")?, sum("in_given")?);
    Ok(AccountSummaryView {
        batch,
        opening: back(closing, received, given)?,
        received,
        given,
        closing,
    })
}

#[cfg(test)]
mod tests {
    use commonweal_domain::actor::{Grant, Role};
    use commonweal_domain::ids::PersonId;

    use super::*;

    #[test]
    fn the_owner_of_an_account_reads_a_batch_of_it_however_much_others_moved() {
        let [own, other] = [1, 2].map(|n| OrganisationId::from_uuid(Uuid::from_u128(n)));
        let person = PersonId::from_uuid(Uuid::from_u128(3));
        let grant = Grant {
            organisation: own,
            role: Role::Supplier,
        };
        let owner = Actor::person(person, vec![grant]);
        let batch = Some(BatchId::from_uuid(Uuid::from_u128(4)));
        assert_eq!(most_movements(&owner, own, batch), None);
        for (actor, whose, batch) in [
            (&owner, own, None),
            (&owner, other, batch),
            (&Actor::public(), own, batch),
        ] {
            assert_eq!(most_movements(actor, whose, batch), Some(MAX_MOVEMENTS));
        }
    }
}
