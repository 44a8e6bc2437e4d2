//! The rows that a reduction leaves.

use commonweal_domain::credit::reduction::Reduction;
use commonweal_domain::ids::{Id, KpiId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::error::AppError;
use crate::organisation::column;
use crate::store::credit::batch;
use crate::store::hold::{self, Removed, liability};
use crate::store::reduced::withdrawal;
use crate::store::{Tx, credit_left};

/// Stores everything that fell.
pub(super) async fn store_reduction(
    tx: &mut Tx,
    made: &Reduction,
    named: Option<KpiId>,
    index: u64,
) -> Result<(), AppError> {
    for fell in &made.withdrawn {
        let answered = credit_left::withdraw(tx, fell.retirement, fell.units).await?;
        if let Some(kpi) = answered.or(named) {
            credit_left::change_kpi(tx, kpi, |account| {
                let units = match answered {
                    Some(_) => &mut account.obligated_units,
                    None => &mut account.surplus_units,
                };
                credit_left::plus(units, fell.units.checked_neg()?)
            })
            .await?;
        }
        withdrawal::Entity::insert(withdrawal::ActiveModel {
            retirement_id: Set(fell.retirement.uuid()),
            entry_idx: Set(column(index)?),
            units: Set(fell.units),
        })
        .exec_without_returning(tx)
        .await?;
    }
    for loss in &made.losses {
        for taken in &loss.taken {
            for broken in &taken.broken {
                hold::end(tx, broken.hold, "broken", 0, index).await?;
            }
            let (what, holder) = ((loss.batch, taken.serials), Some(taken.holder));
            hold::remove(tx, what, holder, Removed::Reversed, None, index).await?;
        }
        credit_left::change_batch(tx, loss.batch, |left| {
            credit_left::plus(&mut left.circulating_units, loss.units.checked_neg()?)?;
            credit_left::plus(&mut left.cancelled_units, loss.cancelled.checked_neg()?)
        })
        .await?;
        if let Some(kpi) = named {
            credit_left::change_kpi(tx, kpi, |account| {
                credit_left::plus(&mut account.surplus_units, loss.units.checked_neg()?)?;
                credit_left::plus(&mut account.tradable_units, loss.units.checked_neg()?)
            })
            .await?;
        }
    }
    for draw in &made.drawn {
        let what = (draw.batch, draw.serials);
        hold::remove(tx, what, None, Removed::Buffer, None, index).await?;
        credit_left::change_batch(tx, draw.batch, |left| {
            credit_left::plus(&mut left.buffer_units, draw.serials.units().checked_neg()?)
        })
        .await?;
    }
    if let Some(owed) = &made.owed {
        let own = batch::Entity::find()
            .filter(batch::Column::ClaimId.eq(made.claim.uuid()))
            .one(tx)
            .await?;
        let own = own.ok_or_else(|| AppError::internal("a liability without a batch"))?;
        liability::Entity::insert(liability::ActiveModel {
            id: Set(owed.liability.uuid()),
            organisation_id: Set(made.claimant.uuid()),
            class_id: Set(own.class_id),
            claim_id: Set(made.claim.uuid()),
            recorded_units: Set(owed.units),
            units: Set(owed.units),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
    }
    Ok(())
}
