//! Evaluator noise: computed with the ranking from marks that are sealed then, and logged once they are released.

use commonweal_domain::ids::{BidId, Id, PersonId, TenderId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::scoring::robustness::{Noise, PanelMarks};
use commonweal_domain::tender::LotCode;
use commonweal_domain::tender::entries::NoiseReported;
use commonweal_domain::tender::panel::Panel;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

use crate::error::AppError;
use crate::organisation::column;
use crate::store::evaluation::mark;
use crate::store::{Tx, noise};

/// The final marks of those who sit on the panel of a tender.
pub(crate) async fn panel_marks(
    connection: &impl ConnectionTrait,
    tender: TenderId,
    panel: &Panel,
) -> Result<PanelMarks, AppError> {
    let rows = mark::Entity::find()
        .filter(mark::Column::TenderId.eq(tender.uuid()))
        .filter(mark::Column::SealedId.is_not_null())
        .all(connection)
        .await?;
    let mut marks = PanelMarks::new();
    for row in rows {
        if panel.seated(PersonId::from_uuid(row.evaluator_id)).is_ok() {
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            let level = u32::try_from(row.level).map_err(AppError::internal)?;
            let key = (BidId::from_uuid(row.bid_id), criterion);
            marks.entry(key).or_default().push(level);
        }
    }
    Ok(marks)
}

/// Keeps what the runs found for a lot of a ranking.
pub(crate) async fn keep(
    tx: &Tx,
    tender: TenderId,
    ranking: u64,
    lot: &LotCode,
    found: &Noise,
) -> Result<(), AppError> {
    noise::Entity::insert(noise::ActiveModel {
        tender_id: Set(tender.uuid()),
        ranking_idx: Set(column(ranking)?),
        lot: Set(lot.to_string()),
        report: Set(serde_json::to_vec(found).map_err(AppError::internal)?),
        entry_idx: Set(None),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Logs what the runs found for each lot of a ranking whose award is decided, after the release of the marks. A second award by
/// the same ranking finds it in the log.
pub(crate) async fn report(
    tx: &mut Tx,
    tender: TenderId,
    ranking: u64,
    actor: &EntryActor,
) -> Result<(), AppError> {
    let rows = noise::Entity::find()
        .filter(noise::Column::TenderId.eq(tender.uuid()))
        .filter(noise::Column::RankingIdx.eq(column(ranking)?))
        .filter(noise::Column::EntryIdx.is_null())
        .order_by_asc(noise::Column::Lot)
        .all(tx)
        .await?;
    for row in rows {
        let index = tx.append(Draft {
            actors: vec![actor.clone()],
            subject: tender.to_string(),
            inputs_upto: None,
            body: NoiseReported {
                tender,
                lot: row.lot.parse().map_err(AppError::internal)?,
                ranking,
                noise: serde_json::from_slice(&row.report).map_err(AppError::internal)?,
            }
            .into(),
        })?;
        noise::ActiveModel {
            tender_id: Set(row.tender_id),
            ranking_idx: Set(row.ranking_idx),
            lot: Set(row.lot),
            entry_idx: Set(Some(column(index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    Ok(())
}
