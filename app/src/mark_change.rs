//! The late change of a final mark: a new sealed mark with a reason takes the place of the former, and both are released.

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{Id, SealedId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::entries::MarkReplaced;
use commonweal_domain::tender::sealing::MarkContent;
use commonweal_domain::tender::stage::Step;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::evaluation::{Prepared, SaveMark, check_level, may_mark, of};
use crate::exclusion::{check_eligible, load_bid};
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::evaluation::mark;
use crate::store::panel::former_mark;
use crate::store::{Command, Tx, Written};

struct Change {
    actor: Actor,
    input: SaveMark,
    reason: NewReason,
    prepared: Prepared,
}

impl Command for Change {
    const NAME: &'static str = "change_mark";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let input = &self.input;
        let (row, tender) = load_bid(tx, input.bid).await?;
        let permit = authorize(tx, &self.actor, Action::ChangeMark, &tender.facts()).await?;
        let stage = tender.after(Step::ChangeMark)?;
        check_eligible(&row)?;
        check_level(&tender.plan, &input.criterion, input.level, "level")?;
        let due = (input.bid, input.criterion.clone());
        may_mark(tx, &tender, permit.actor.id, [&due]).await?;
        let former = mark::Entity::find()
            .filter(of(self.prepared.key.clone()))
            .one(tx)
            .await?;
        let former = former.and_then(|row| Some((row.sealed_id?, row)));
        let Some((sealed, former)) = former else {
            let message = "there is no final mark of yours to change: save one and make it final";
            return Err(AppError::refused("NOT_FINAL", message));
        };
        let index = tx.append(Draft {
            actors: Vec::new(),
            subject: self.prepared.id.to_string(),
            inputs_upto: None,
            body: MarkReplaced {
                replaced: SealedId::from_uuid(sealed),
                sealed: self.prepared.id,
                commitment: self.prepared.commitment,
            }
            .into(),
        })?;
        self.reason.insert(tx, tender.id).await?;
        self.store(tx, former, column(index)?).await?;
        tender.store(tx, stage, |_| {}).await
    }
}

impl Change {
    /// Keeps the former mark and puts the new one in its place.
    async fn store(&self, tx: &Tx, former: mark::Model, index: i64) -> Result<(), AppError> {
        let not_sealed = || AppError::internal("a final mark without its sealed entry");
        former_mark::Entity::insert(former_mark::ActiveModel {
            sealed_id: Set(former.sealed_id.ok_or_else(not_sealed)?),
            bid_id: Set(former.bid_id),
            criterion: Set(former.criterion),
            evaluator_id: Set(former.evaluator_id),
            tender_id: Set(former.tender_id),
            level: Set(former.level),
            reason_id: Set(former.reason_id),
            opening: Set(former.opening.ok_or_else(not_sealed)?),
            sealed_idx: Set(former.sealed_idx.ok_or_else(not_sealed)?),
            replaced_idx: Set(index),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        mark::Entity::update_many()
            .set(mark::ActiveModel {
                level: Set(i64::from(self.input.level)),
                reason_id: Set(self.reason.id),
                saved_at: Set(tx.at().micros()),
                sealed_id: Set(Some(self.prepared.id.uuid())),
                opening: Set(Some(self.prepared.opening.clone())),
                sealed_idx: Set(Some(index)),
                ..Default::default()
            })
            .filter(of(self.prepared.key.clone()))
            .exec(tx)
            .await?;
        Ok(())
    }
}

impl App {
    /// Changes a final mark of the actor before the consensus is signed. The reason says why; the former mark is kept, and
    /// both are released with the award.
    pub async fn change_mark(
        &self,
        actor: &Actor,
        input: SaveMark,
    ) -> Result<Written<()>, AppError> {
        let evaluator = actor.person_id().ok_or(AppError::Unauthenticated)?;
        let mut reason = NewReason::new(&self.ids, "reason", input.reason.clone())?;
        let (_, tender) = load_bid(self.store.read(), input.bid).await?;
        let content = MarkContent {
            tender: tender.id,
            bid: input.bid,
            criterion: input.criterion.clone(),
            evaluator,
            level: input.level,
            reason: input.reason.clone(),
        };
        let prepared = self.prepare_content(&content, reason.id)?;
        // What is kept beside the log opens the hash that the release shows.
        reason.salt = prepared.reason_salt;
        let command = Change {
            actor: actor.clone(),
            input,
            reason,
            prepared,
        };
        self.store.write(None, command).await
    }
}
