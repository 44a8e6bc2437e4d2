//! Exclusion of an opened bid by a decision, with a ground and a reason. What the plan excludes by itself is no decision
//! and stands in the ranking.

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::entries::{BidExcluded, ExclusionGround};
use commonweal_domain::tender::stage::Stage;
use commonweal_domain::tender::validity::Validity;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};
use uuid::Uuid;

use crate::App;
use crate::apart;
use crate::error::AppError;
use crate::organisation::{column, word};
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::evaluation::award;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

struct Exclude {
    actor: Actor,
    bid: BidId,
    ground: ExclusionGround,
    reason: NewReason,
}

impl Command for Exclude {
    const NAME: &'static str = "exclude_bid";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let (row, tender) = load_bid(tx, self.bid).await?;
        let permit =
            apart::permit(tx, tx.at(), &tender, &self.actor, Action::ExcludeBid, &[]).await?;
        let stage = tender.stage.can_exclude(&tender.plan)?;
        check_eligible(&row)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.bid.to_string(),
            inputs_upto: None,
            body: BidExcluded {
                tender: tender.id,
                bid: self.bid,
                ground: self.ground,
                reason: self.reason.hash()?,
            }
            .into(),
        })?;
        let index = column(index)?;
        self.reason.insert(tx, tender.id).await?;
        take_out(
            tx,
            tender,
            &row,
            stage,
            (self.ground, self.reason.id, index),
        )
        .await
    }
}

/// Takes a bid out by the decision of an entry: ground, reason and index. A ranking and a proposal made before are void.
pub(crate) async fn take_out(
    tx: &Tx,
    tender: LoadedTender,
    row: &bid::Model,
    stage: Stage,
    (ground, reason, index): (ExclusionGround, Uuid, i64),
) -> Result<(), AppError> {
    bid::ActiveModel {
        id: Set(row.id),
        excluded_ground: Set(Some(word(ground)?)),
        excluded_reason_id: Set(Some(reason)),
        excluded_idx: Set(Some(index)),
        ..Default::default()
    }
    .update(tx)
    .await?;
    award::Entity::delete_many()
        .filter(award::Column::TenderId.eq(tender.row.id))
        .exec(tx)
        .await?;
    tender
        .store(tx, stage, |row| row.inputs_idx = Set(index))
        .await
}

/// An opened bid with its tender.
pub(crate) async fn load_bid(
    connection: &impl ConnectionTrait,
    id: BidId,
) -> Result<(bid::Model, LoadedTender), AppError> {
    let row = bid::Entity::find_by_id(id.uuid()).one(connection).await?;
    let row = row.ok_or_else(|| AppError::NotFound("no such bid".to_owned()))?;
    let tender = LoadedTender::load(connection, TenderId::from_uuid(row.tender_id)).await?;
    Ok((row, tender))
}

/// Whether a bid takes part: valid, and not excluded by a decision.
pub(crate) fn takes_part(row: &bid::Model) -> Result<bool, AppError> {
    Ok(row.validity == word(Validity::Valid)? && row.excluded_idx.is_none())
}

/// Refuses a bid that takes no part.
pub(crate) fn check_eligible(row: &bid::Model) -> Result<(), AppError> {
    if takes_part(row)? {
        return Ok(());
    }
    let message = "this bid takes no part: it is not valid or was excluded";
    Err(AppError::refused_at("NOT_ELIGIBLE", "bid", message))
}

impl App {
    /// Excludes an opened bid. A ranking or a proposal made before is void.
    pub async fn exclude_bid(
        &self,
        actor: &Actor,
        bid: BidId,
        ground: ExclusionGround,
        reason: String,
    ) -> Result<Written<()>, AppError> {
        let command = Exclude {
            actor: actor.clone(),
            bid,
            ground,
            reason: NewReason::new(&self.ids, "reason", reason)?,
        };
        self.store.write(None, command).await
    }
}
