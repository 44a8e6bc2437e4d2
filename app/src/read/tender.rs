//! Tenders as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::ids::{Id, OrganisationId, TenderId};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::stage::Stage;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::{from_word, word};
use crate::store::evaluation::reason;
use crate::store::tender;

/// A tender with its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderView {
    /// The tender.
    pub id: TenderId,
    /// Who buys.
    pub buyer: OrganisationId,
    /// What is bought.
    pub title: String,
    /// Everything that decides the ranking.
    pub plan: Plan,
    /// How far it is at the time of the query.
    pub stage: Stage,
    /// The public key to which bids are sealed.
    pub recipient: String,
    /// When it was published.
    pub published_at: Time,
    /// Log index of its publication.
    pub entry_index: u64,
    /// Log index of its opening.
    pub opened_index: Option<u64>,
    /// How many amendments the plan had.
    pub amendments: u32,
    /// The end of a tender that was given up.
    pub cancelled: Option<CancellationView>,
}

/// The end of a tender that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancellationView {
    /// Why; `None` when the text was erased.
    pub reason: Option<String>,
    /// Log index of the cancellation.
    pub entry_index: u64,
}

/// Which tenders are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct TenderFilter {
    /// Those at this stage.
    pub stage: Option<Stage>,
    /// Those of this buyer.
    pub buyer: Option<OrganisationId>,
}

impl Read<'_> {
    /// Tenders by id at a time, in two statements at most.
    pub async fn tenders_by_id(
        &self,
        ids: &[TenderId],
        now: Time,
    ) -> Result<HashMap<TenderId, TenderView>, AppError> {
        let rows = tender::Entity::find()
            .filter(tender::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        let views = self.with_reasons(rows, now).await?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// A page of tenders in the order of their publication.
    pub async fn tenders(
        &self,
        filter: &TenderFilter,
        page: &Page<TenderId>,
        now: Time,
    ) -> Result<Vec<TenderView>, AppError> {
        let rows = page
            .of(select(filter, now)?, tender::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        self.with_reasons(rows, now).await
    }

    /// How many tenders the filter leaves.
    pub async fn tender_count(&self, filter: &TenderFilter, now: Time) -> Result<u64, AppError> {
        Ok(select(filter, now)?.count(self.db).await?)
    }

    async fn with_reasons(
        &self,
        rows: Vec<tender::Model>,
        now: Time,
    ) -> Result<Vec<TenderView>, AppError> {
        let ids = rows.iter().filter_map(|row| row.cancel_reason_id).collect();
        let mut reasons = self.reasons(ids).await?;
        rows.into_iter()
            .map(|row| {
                let reason = row.cancel_reason_id.and_then(|id| reasons.remove(&id));
                view(row, reason, now)
            })
            .collect()
    }

    /// Reasons that were not erased, by id; no statement where none is asked for.
    pub(crate) async fn reasons(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, AppError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = reason::Entity::find()
            .filter(reason::Column::Id.is_in(ids))
            .all(self.db)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
    }
}

/// The stage "closed" is not stored: it is a published tender whose deadline lies before now.
fn select(filter: &TenderFilter, now: Time) -> Result<Select<tender::Entity>, AppError> {
    let mut select = tender::Entity::find();
    if let Some(buyer) = filter.buyer {
        select = select.filter(tender::Column::BuyerId.eq(buyer.uuid()));
    }
    let closes_at = tender::Column::ClosesAt;
    Ok(match filter.stage {
        None => select,
        Some(Stage::Published) => select
            .filter(tender::Column::Stage.eq(word(Stage::Published)?))
            .filter(closes_at.gte(now.micros())),
        Some(Stage::Closed) => select
            .filter(tender::Column::Stage.eq(word(Stage::Published)?))
            .filter(closes_at.lt(now.micros())),
        Some(stage) => select.filter(tender::Column::Stage.eq(word(stage)?)),
    })
}

fn view(row: tender::Model, reason: Option<String>, now: Time) -> Result<TenderView, AppError> {
    let index = |index: i64| u64::try_from(index).map_err(AppError::internal);
    let plan: Plan = serde_json::from_slice(&row.plan).map_err(AppError::internal)?;
    let stage: Stage = from_word(&row.stage)?;
    let cancelled = row.cancelled_idx.map(|at| {
        Ok::<_, AppError>(CancellationView {
            reason,
            entry_index: index(at)?,
        })
    });
    Ok(TenderView {
        id: TenderId::from_uuid(row.id),
        buyer: OrganisationId::from_uuid(row.buyer_id),
        title: row.title,
        stage: stage.at(&plan, now),
        plan,
        recipient: row.recipient,
        published_at: Time::from_micros(row.published_at),
        entry_index: index(row.entry_idx)?,
        opened_index: row.opened_idx.map(index).transpose()?,
        amendments: u32::try_from(row.amendments).map_err(AppError::internal)?,
        cancelled: cancelled.transpose()?,
    })
}
