//! Marks: saved in private, each evaluator alone, and sealed when they are final.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, PersonId, SealedId, TenderId};
use commonweal_domain::log::commitment::{Salt, SealedCommitment};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::sha256;
use commonweal_domain::scoring::rules::QualityLevels;
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::criteria::Leaf;
use commonweal_domain::tender::entries::MarkSealed;
use commonweal_domain::tender::panel::moderation::Due;
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::sealing::MarkContent;
use commonweal_domain::tender::stage::Step;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::exclusion::{check_eligible, load_bid};
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::evaluation::{mark, reason};
use crate::store::panel::panel_member;
use crate::store::{Command, PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::LoadedTender;

/// The table of levels of a criterion that the panel judges.
pub(crate) fn judged<'p>(
    plan: &'p Plan,
    criterion: &CriterionCode,
) -> Result<&'p QualityLevels, AppError> {
    let leaves = plan.leaves().map_err(AppError::internal)?;
    let found = leaves.iter().find(|leaf| leaf.criterion.code == *criterion);
    found.and_then(|leaf| leaf.rule.judged()).ok_or_else(|| {
        let message = format!("`{criterion}` is no criterion that the panel judges");
        AppError::refused_at("UNKNOWN_CRITERION", "criterion", message)
    })
}

/// The leaves of a bid's lot.
pub(crate) fn leaves_of<'p>(plan: &'p Plan, row: &bid::Model) -> Result<Vec<Leaf<'p>>, AppError> {
    let code = row.lot.parse().map_err(AppError::internal)?;
    let lot = plan.lot(&code);
    let lot = lot.ok_or_else(|| AppError::internal("a bid for a lot that the plan has not"))?;
    plan.leaves_of(lot).map_err(AppError::internal)
}

/// Refuses a level that the criterion's table does not have; the error names the field.
pub(crate) fn check_level(
    plan: &Plan,
    criterion: &CriterionCode,
    level: u32,
    field: &str,
) -> Result<(), AppError> {
    let table = judged(plan, criterion)?;
    if table.has(level) {
        return Ok(());
    }
    let levels: Vec<String> = table
        .levels
        .iter()
        .map(|level| level.points.to_string())
        .collect();
    let message = format!(
        "{criterion} has no level {level}: expected one of {}",
        levels.join(", ")
    );
    Err(AppError::refused_at("LEVEL", field, message))
}

/// Input of [`App::save_mark`].
#[derive(Debug, Clone)]
pub struct SaveMark {
    /// The bid.
    pub bid: BidId,
    /// The criterion, one that the panel judges.
    pub criterion: CriterionCode,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why.
    pub reason: String,
}

struct Save {
    actor: Actor,
    input: SaveMark,
    reason: NewReason,
}

impl PrivateCommand for Save {
    const NAME: &'static str = "save_mark";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let (row, tender) = load_bid(tx, self.input.bid).await?;
        let permit = authorize(tx, &self.actor, Action::SaveMark, &tender.facts()).await?;
        tender.after(Step::SealMark)?;
        check_eligible(&row)?;
        let asked = leaves_of(&tender.plan, &row)?;
        let criterion = &self.input.criterion;
        if !asked.iter().any(|leaf| leaf.criterion.code == *criterion) {
            let message = format!("the lot of the bid has no criterion `{criterion}`");
            return Err(AppError::refused_at(
                "UNKNOWN_CRITERION",
                "criterion",
                message,
            ));
        }
        let due = (self.input.bid, self.input.criterion.clone());
        may_mark(tx, &tender, permit.actor.id, [&due]).await?;
        check_level(
            &tender.plan,
            &self.input.criterion,
            self.input.level,
            "level",
        )?;
        self.reason.insert(tx, tender.id).await?;
        self.put(tx, &tender, permit.actor.id).await
    }
}

/// Only an evaluator of the panel who may see the bids marks them, after the prepared answers, and not what the chair
/// stated missing.
pub(crate) async fn may_mark<'d>(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    person: PersonId,
    due: impl IntoIterator<Item = &'d Due>,
) -> Result<LoadedPanel, AppError> {
    let loaded = LoadedPanel::load(connection, tender).await?;
    loaded.panel.marker(person, &loaded.bidders)?;
    loaded.panel.has_calibrated(person, u64::MAX)?;
    for due in due {
        loaded.panel.may_mark(person, due)?;
    }
    Ok(loaded)
}

impl Save {
    async fn put(
        &self,
        tx: &PrivateTx,
        tender: &LoadedTender,
        evaluator: PersonId,
    ) -> Result<(), AppError> {
        let key = (
            self.input.bid.uuid(),
            self.input.criterion.to_string(),
            evaluator.uuid(),
        );
        let values = mark::ActiveModel {
            level: Set(i64::from(self.input.level)),
            reason_id: Set(self.reason.id),
            saved_at: Set(tx.at().micros()),
            ..Default::default()
        };
        let Some(earlier) = mark::Entity::find_by_id(key.clone()).one(tx).await? else {
            mark::Entity::insert(mark::ActiveModel {
                bid_id: Set(key.0),
                criterion: Set(key.1),
                evaluator_id: Set(key.2),
                tender_id: Set(tender.row.id),
                ..values
            })
            .exec_without_returning(tx)
            .await?;
            return Ok(());
        };
        // The condition holds against a finalisation at the same moment.
        let changed = mark::Entity::update_many()
            .set(values)
            .filter(of(key))
            .filter(mark::Column::SealedId.is_null())
            .exec(tx)
            .await?;
        if changed.rows_affected == 0 {
            let message = "this mark is final: change it with a new reason, and both are released";
            return Err(AppError::refused("MARK_FINAL", message));
        }
        reason::Entity::delete_by_id(earlier.reason_id)
            .exec(tx)
            .await?;
        Ok(())
    }
}

pub(crate) fn of((bid, criterion, evaluator): (Uuid, String, Uuid)) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(mark::Column::BidId.eq(bid))
        .add(mark::Column::Criterion.eq(criterion))
        .add(mark::Column::EvaluatorId.eq(evaluator))
}

/// A mark that was sealed before the transaction.
pub(crate) struct Prepared {
    pub(crate) key: (Uuid, String, Uuid),
    pub(crate) reason: Uuid,
    pub(crate) reason_salt: Salt,
    pub(crate) id: SealedId,
    pub(crate) commitment: SealedCommitment,
    pub(crate) opening: Vec<u8>,
}

struct Finalise {
    actor: Actor,
    tender: TenderId,
    marks: Vec<Prepared>,
}

impl Command for Finalise {
    const NAME: &'static str = "finalise_marks";
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::FinaliseMarks, &tender.facts()).await?;
        let stage = tender.after(Step::SealMark)?;
        let due = self.marks.iter().map(|mark| due_of(&mark.key));
        let due = due.collect::<Result<Vec<_>, AppError>>()?;
        let loaded = may_mark(tx, &tender, permit.actor.id, &due).await?;
        for mark in &self.marks {
            self.seal(tx, mark).await?;
        }
        note_finished(tx, &tender, &loaded, permit.actor.id).await?;
        tender.store(tx, stage, |_| {}).await?;
        u64::try_from(self.marks.len()).map_err(AppError::internal)
    }
}

/// The bid and criterion of a mark's key.
fn due_of((bid, criterion, _): &(Uuid, String, Uuid)) -> Result<Due, AppError> {
    let criterion = criterion.parse().map_err(AppError::internal)?;
    Ok((BidId::from_uuid(*bid), criterion))
}

/// The final marks of a tender by their evaluators.
pub(crate) async fn made_marks(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<BTreeMap<PersonId, BTreeSet<Due>>, AppError> {
    let keys: Vec<(Uuid, String, Uuid)> = mark::Entity::find()
        .select_only()
        .columns([
            mark::Column::BidId,
            mark::Column::Criterion,
            mark::Column::EvaluatorId,
        ])
        .filter(mark::Column::TenderId.eq(tender.row.id))
        .filter(mark::Column::SealedId.is_not_null())
        .into_tuple()
        .all(connection)
        .await?;
    let mut made: BTreeMap<PersonId, BTreeSet<Due>> = BTreeMap::new();
    for key in keys {
        let own = made.entry(PersonId::from_uuid(key.2)).or_default();
        own.insert(due_of(&key)?);
    }
    Ok(made)
}

/// Notes whether a member has a mark left to make.
pub(crate) async fn note_finished(
    tx: &Tx,
    tender: &LoadedTender,
    loaded: &LoadedPanel,
    person: PersonId,
) -> Result<(), AppError> {
    let made = made_marks(tx, tender)
        .await?
        .remove(&person)
        .unwrap_or_default();
    let left = loaded.panel.unfinished(person, &loaded.due, &made);
    panel_member::ActiveModel {
        tender_id: Set(tender.row.id),
        person_id: Set(person.uuid()),
        finished: Set(left.is_empty()),
        ..Default::default()
    }
    .update(tx)
    .await?;
    Ok(())
}

impl Finalise {
    /// The entry names nobody; what is stored beside it shows it later.
    async fn seal(&self, tx: &mut Tx, prepared: &Prepared) -> Result<(), AppError> {
        let index = tx.append(Draft {
            actors: Vec::new(),
            subject: prepared.id.to_string(),
            inputs_upto: None,
            body: MarkSealed {
                sealed: prepared.id,
                commitment: prepared.commitment,
            }
            .into(),
        })?;
        let sealed = mark::Entity::update_many()
            .set(mark::ActiveModel {
                sealed_id: Set(Some(prepared.id.uuid())),
                opening: Set(Some(prepared.opening.clone())),
                sealed_idx: Set(Some(column(index)?)),
                ..Default::default()
            })
            .filter(of(prepared.key.clone()))
            .filter(mark::Column::ReasonId.eq(prepared.reason))
            .filter(mark::Column::SealedId.is_null())
            .exec(tx)
            .await?;
        if sealed.rows_affected != 1 {
            let message = "a mark was changed while it was made final: look at it and try again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        reason::Entity::update_many()
            .set(reason::ActiveModel {
                salt: Set(prepared.reason_salt.0.to_vec()),
                ..Default::default()
            })
            .filter(reason::Column::Id.eq(prepared.reason))
            .exec(tx)
            .await?;
        Ok(())
    }
}

impl App {
    /// Saves an evaluator's mark with its reason. It is private, and can be changed until it is final.
    pub async fn save_mark(&self, actor: &Actor, input: SaveMark) -> Result<(), AppError> {
        let reason = NewReason::new(&self.ids, "reason", input.reason.clone())?;
        let actor = actor.clone();
        let command = Save {
            actor,
            input,
            reason,
        };
        self.store.write_private(command).await
    }

    /// Makes all marks of an evaluator for a tender final: each is committed to in the log, which tells nothing of it
    /// until the award. Answers how many.
    pub async fn finalise_marks(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<u64>, AppError> {
        let evaluator = actor.person_id().ok_or(AppError::Unauthenticated)?;
        let marks = mark::Entity::find()
            .filter(mark::Column::TenderId.eq(tender.uuid()))
            .filter(mark::Column::EvaluatorId.eq(evaluator.uuid()))
            .filter(mark::Column::SealedId.is_null())
            .order_by_asc(mark::Column::BidId)
            .order_by_asc(mark::Column::Criterion)
            .all(self.store.read())
            .await?;
        // Drafts for excluded bids and for marks that were stated missing stay drafts.
        let loaded = LoadedTender::load(self.store.read(), tender).await?;
        let panel = LoadedPanel::load(self.store.read(), &loaded).await?;
        let keys = marks.into_iter().map(|row| {
            let due = due_of(&(row.bid_id, row.criterion.clone(), row.evaluator_id))?;
            let open = panel.due.contains(&due) && panel.panel.may_mark(evaluator, &due).is_ok();
            Ok((open, row))
        });
        let marks = keys.collect::<Result<Vec<_>, AppError>>()?;
        let marks: Vec<mark::Model> = marks
            .into_iter()
            .filter_map(|(open, row)| open.then_some(row))
            .collect();
        if marks.is_empty() {
            let message = "there is no mark of yours to make final: save marks first";
            return Err(AppError::refused("NO_MARKS", message));
        }
        let command = Finalise {
            actor: actor.clone(),
            tender,
            marks: self.prepare_marks(marks).await?,
        };
        self.store.write(None, command).await
    }

    async fn prepare_marks(&self, marks: Vec<mark::Model>) -> Result<Vec<Prepared>, AppError> {
        let ids = marks.iter().map(|mark| mark.reason_id);
        let reasons = reason::Entity::find()
            .filter(reason::Column::Id.is_in(ids))
            .all(self.store.read())
            .await?;
        let prepare = |mark: mark::Model| {
            let reason = reasons.iter().find(|reason| reason.id == mark.reason_id);
            let reason = reason.ok_or_else(|| {
                AppError::Conflict("a mark was changed at the same moment: try again".to_owned())
            })?;
            self.prepare_mark(&mark, reason.text.clone())
        };
        marks.into_iter().map(prepare).collect()
    }

    fn prepare_mark(&self, mark: &mark::Model, text: String) -> Result<Prepared, AppError> {
        let content = MarkContent {
            tender: TenderId::from_uuid(mark.tender_id),
            bid: BidId::from_uuid(mark.bid_id),
            criterion: mark.criterion.parse().map_err(AppError::internal)?,
            evaluator: PersonId::from_uuid(mark.evaluator_id),
            level: u32::try_from(mark.level).map_err(AppError::internal)?,
            reason: text,
        };
        self.prepare_content(&content, mark.reason_id)
    }

    /// Commits to a mark before the transaction.
    pub(crate) fn prepare_content(
        &self,
        content: &MarkContent,
        reason: Uuid,
    ) -> Result<Prepared, AppError> {
        let sealed = content.seal(|| Salt(self.ids.rng().bytes()));
        let hidden = sealed
            .fields
            .iter()
            .find(|(name, _)| !MarkContent::publishes(name));
        let reason_salt = hidden.map(|(_, field)| field.salt);
        // A mark is kept in no ciphertext of its own: the hash is that of no bytes.
        let opening = sealed.open(sha256(&[]), MarkContent::publishes);
        let opening = opening.map_err(AppError::internal)?;
        Ok(Prepared {
            key: (
                content.bid.uuid(),
                content.criterion.to_string(),
                content.evaluator.uuid(),
            ),
            reason,
            reason_salt: reason_salt
                .ok_or_else(|| AppError::internal("a mark without a reason"))?,
            id: self.ids.sealed(),
            commitment: opening.commitment().map_err(AppError::internal)?,
            opening: serde_json::to_vec(&opening).map_err(AppError::internal)?,
        })
    }
}
