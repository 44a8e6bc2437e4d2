//! What would have changed a ranking's winner, reported right after it.

use std::collections::BTreeMap;

use commonweal_domain::ids::{Id, OrganisationId, TenderId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::scoring::Entrant;
use commonweal_domain::scoring::robustness::{Flags, Robustness};
use commonweal_domain::tender::LotCode;
use commonweal_domain::tender::entries::RobustnessReported;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::AppError;
use crate::organisation::column;
use crate::store::{Tx, organisation, robustness};
use crate::tender::LoadedTender;

/// Logs and stores the report on the ranking of a lot, by the index of its entry.
pub(crate) async fn append(
    tx: &mut Tx,
    tender: &LoadedTender,
    lot: &LotCode,
    actor: EntryActor,
    ranking: u64,
    report: &Robustness,
) -> Result<(), AppError> {
    let summary = report.summary();
    let summary = summary.ok_or_else(|| AppError::internal("a report without a winner"))?;
    let hash = tender
        .plan
        .disclosure
        .shows_results()
        .then(|| report.hash());
    let index = tx.append(Draft {
        actors: vec![actor],
        subject: tender.id.to_string(),
        inputs_upto: None,
        body: RobustnessReported {
            tender: tender.id,
            lot: lot.clone(),
            ranking,
            summary,
            report: hash.transpose().map_err(AppError::internal)?,
        }
        .into(),
    })?;
    robustness::Entity::insert(robustness::ActiveModel {
        tender_id: Set(tender.id.uuid()),
        entry_idx: Set(column(index)?),
        lot: Set(lot.to_string()),
        ranking_idx: Set(column(ranking)?),
        report: Set(serde_json::to_vec(report).map_err(AppError::internal)?),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// What the reports on the ranking at an index flag, of all its lots, in one statement.
pub(crate) async fn flags(
    db: &impl ConnectionTrait,
    tender: TenderId,
    ranking: u64,
) -> Result<Flags, AppError> {
    let rows = robustness::Entity::find()
        .filter(robustness::Column::TenderId.eq(tender.uuid()))
        .filter(robustness::Column::RankingIdx.eq(column(ranking)?))
        .all(db)
        .await?;
    let mut flags = Flags::default();
    for row in &rows {
        let report: Robustness = serde_json::from_slice(&row.report).map_err(AppError::internal)?;
        flags.extend(report.flags());
    }
    Ok(flags)
}

/// The top of each bidder's beneficial-owner group, in one statement.
pub(crate) async fn groups(
    db: &impl ConnectionTrait,
    entrants: &[Entrant],
) -> Result<BTreeMap<OrganisationId, OrganisationId>, AppError> {
    let rows = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(entrants.iter().map(|bid| bid.supplier.uuid())))
        .all(db)
        .await?;
    let id = OrganisationId::from_uuid;
    Ok(rows
        .into_iter()
        .map(|row| (id(row.id), id(row.group_id)))
        .collect())
}
