//! Calibration: answers are prepared once, and every evaluator marks all of them before any bid.

use std::collections::BTreeMap;

use commonweal_domain::actor::{Action, Actor, Role};
use commonweal_domain::ids::{Id, PersonId, SealedId, TenderId};
use commonweal_domain::log::commitment::{Salt, SealedCommitment};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::entries::{
    CalibrationPrepared, CalibrationReleased, CalibrationSealed, PreparedAnswer, SealedReference,
};
use commonweal_domain::tender::panel::PanelError;
use commonweal_domain::tender::panel::answers::CalibrationContent;
use commonweal_domain::tender::panel::calibration::{Levels, Prepared};
use commonweal_domain::tender::stage::Step;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use crate::App;
use crate::apart;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::evaluation::check_level;
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::reason::NewReason;
use crate::store::calibration::{calibration_mark, prepared_answer, sealed_calibration};
use crate::store::panel::panel_member;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// An answer to put in for calibration.
#[derive(Debug, Clone)]
pub struct NewPreparedAnswer {
    /// The criterion that it answers, one that the panel judges.
    pub criterion: CriterionCode,
    /// The answer.
    pub text: String,
    /// The level that whoever prepares it holds right, in the points of the criterion's table.
    pub reference: Option<u32>,
}

/// An evaluator's mark for a prepared answer.
#[derive(Debug, Clone)]
pub struct CalibrationMark {
    /// The number of the answer.
    pub answer: u32,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why.
    pub reason: String,
}

/// The prepared answers of tenders as the rules ask for them, from their rows.
pub(crate) fn prepared_of(rows: &[prepared_answer::Model]) -> Result<Option<Prepared>, AppError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let criteria = rows.iter().map(|row| row.criterion.parse());
    let criteria: Vec<CriterionCode> = criteria
        .collect::<Result<_, _>>()
        .map_err(AppError::internal)?;
    let index = u64::try_from(first.entry_idx).map_err(AppError::internal)?;
    // Which sealed entry holds the reference only replay asks.
    Ok(Some(Prepared::new(criteria, None, index)))
}

/// The rows of the prepared answers of tenders, by tender and number.
pub(crate) async fn prepared_rows(
    connection: &impl ConnectionTrait,
    tenders: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<prepared_answer::Model>, AppError> {
    Ok(prepared_answer::Entity::find()
        .filter(prepared_answer::Column::TenderId.is_in(tenders))
        .order_by_asc(prepared_answer::Column::TenderId)
        .order_by_asc(prepared_answer::Column::Number)
        .all(connection)
        .await?)
}

/// Content that was sealed before the transaction.
struct Sealed {
    id: SealedId,
    commitment: SealedCommitment,
    opening: Vec<u8>,
    /// The salt of each reason, by the number of its answer.
    salts: BTreeMap<u32, Salt>,
}

impl Sealed {
    fn new(app: &App, content: &CalibrationContent) -> Result<Self, AppError> {
        let sealed = content.seal(|| Salt(app.ids.rng().bytes()));
        let salt = |number: &u32| {
            let field = sealed
                .fields
                .get(&CalibrationContent::reason_field(*number))?;
            Some((*number, field.salt))
        };
        let salts = content.reasons.keys().filter_map(salt).collect();
        // It is kept in no ciphertext of its own: the hash is that of no bytes.
        let opening = sealed.open(sha256(&[]), CalibrationContent::publishes);
        let opening = opening.map_err(AppError::internal)?;
        Ok(Self {
            id: app.ids.sealed(),
            commitment: opening.commitment().map_err(AppError::internal)?,
            opening: serde_json::to_vec(&opening).map_err(AppError::internal)?,
            salts,
        })
    }

    async fn insert(
        &self,
        tx: &Tx,
        tender: TenderId,
        evaluator: Option<PersonId>,
        index: i64,
    ) -> Result<(), AppError> {
        sealed_calibration::Entity::insert(sealed_calibration::ActiveModel {
            sealed_id: Set(self.id.uuid()),
            tender_id: Set(tender.uuid()),
            evaluator_id: Set(evaluator.map(Id::uuid)),
            opening: Set(self.opening.clone()),
            sealed_idx: Set(index),
            released_idx: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

struct Prepare {
    actor: Actor,
    tender: TenderId,
    answers: Vec<(NewPreparedAnswer, NewReason)>,
    reference: Option<Sealed>,
}

impl Command for Prepare {
    const NAME: &'static str = "prepare_calibration";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let action = Action::PrepareCalibration;
        let permit = apart::permit(tx, tx.at(), &tender, &self.actor, action, &[]).await?;
        tender
            .stage
            .at(&tender.plan, tx.at())
            .after(Step::PrepareCalibration)?;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        if permit.actor.role == Role::Chair {
            loaded.panel.leads(permit.actor.id)?;
        }
        let criteria = self
            .answers
            .iter()
            .map(|(answer, _)| answer.criterion.clone());
        loaded.panel.prepare(Prepared::new(criteria, None, 0))?;
        for (at, (answer, _)) in self.answers.iter().enumerate() {
            check_answer(&tender, answer, at)?;
        }
        let answers = self.answers.iter().map(|(answer, text)| {
            Ok(PreparedAnswer {
                criterion: answer.criterion.clone(),
                text: text.hash()?,
            })
        });
        let body = CalibrationPrepared {
            tender: self.tender,
            answers: answers.collect::<Result<_, AppError>>()?,
            reference: self.reference.as_ref().map(|sealed| SealedReference {
                sealed: sealed.id,
                commitment: sealed.commitment,
            }),
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        self.insert(tx, column(index)?).await
    }
}

/// The criterion of a prepared answer is judged, and its reference a level of it.
fn check_answer(
    tender: &LoadedTender,
    answer: &NewPreparedAnswer,
    at: usize,
) -> Result<(), AppError> {
    let plan = &tender.plan;
    let Some(table) = commonweal_domain::tender::panel::moderation::judged(plan, &answer.criterion)
    else {
        let message = format!(
            "`{}` is no criterion that the panel judges",
            answer.criterion
        );
        let field = format!("answers.{at}.criterion");
        return Err(AppError::refused_at("UNKNOWN_CRITERION", &field, message));
    };
    match answer.reference {
        Some(level) if !table.has(level) => {
            let field = format!("answers.{at}.reference");
            check_level(plan, &answer.criterion, level, &field)
        }
        _ => Ok(()),
    }
}

impl Prepare {
    async fn insert(&self, tx: &Tx, index: i64) -> Result<(), AppError> {
        for (number, (answer, text)) in (1..).zip(&self.answers) {
            text.insert(tx, self.tender).await?;
            prepared_answer::Entity::insert(prepared_answer::ActiveModel {
                tender_id: Set(self.tender.uuid()),
                number: Set(number),
                criterion: Set(answer.criterion.to_string()),
                text_id: Set(text.id),
                reference: Set(answer.reference.map(i64::from)),
                entry_idx: Set(index),
            })
            .exec_without_returning(tx)
            .await?;
        }
        if let Some(sealed) = &self.reference {
            sealed.insert(tx, self.tender, None, index).await?;
        }
        Ok(())
    }
}

struct Calibrate {
    actor: Actor,
    tender: TenderId,
    marks: Vec<(CalibrationMark, NewReason)>,
    sealed: Sealed,
}

impl Command for Calibrate {
    const NAME: &'static str = "calibrate";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::Calibrate, &tender.facts()).await?;
        tender.after(Step::Calibrate)?;
        let person = permit.actor.id;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        loaded.panel.marker(person, &loaded.bidders)?;
        let numbers = self.marks.iter().map(|(mark, _)| mark.answer).collect();
        // The entry that follows has a later index than everything that is stored.
        loaded.panel.calibrate(person, &numbers, u64::MAX)?;
        let criteria = loaded.panel.prepared().map(|prepared| &prepared.criteria);
        for (at, (mark, _)) in self.marks.iter().enumerate() {
            let criterion = criteria.and_then(|criteria| criteria.get(&mark.answer));
            let criterion =
                criterion.ok_or_else(|| AppError::internal("an answer without its criterion"))?;
            check_level(
                &tender.plan,
                criterion,
                mark.level,
                &format!("marks.{at}.level"),
            )?;
        }
        let index = tx.append(Draft {
            actors: Vec::new(),
            subject: self.sealed.id.to_string(),
            inputs_upto: None,
            body: CalibrationSealed {
                sealed: self.sealed.id,
                commitment: self.sealed.commitment,
            }
            .into(),
        })?;
        self.insert(tx, person, column(index)?).await
    }
}

impl Calibrate {
    async fn insert(&self, tx: &Tx, person: PersonId, index: i64) -> Result<(), AppError> {
        self.sealed
            .insert(tx, self.tender, Some(person), index)
            .await?;
        for (mark, reason) in &self.marks {
            reason.insert(tx, self.tender).await?;
            calibration_mark::Entity::insert(calibration_mark::ActiveModel {
                tender_id: Set(self.tender.uuid()),
                evaluator_id: Set(person.uuid()),
                number: Set(i64::from(mark.answer)),
                level: Set(i64::from(mark.level)),
                reason_id: Set(reason.id),
            })
            .exec_without_returning(tx)
            .await?;
        }
        panel_member::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            person_id: Set(person.uuid()),
            calibrated_idx: Set(Some(index)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

/// The sealed calibrations of a tender, and its reference, that no entry has accounted for, in the order of the log.
pub(crate) async fn unreleased_calibrations(
    connection: &impl ConnectionTrait,
    tender: TenderId,
) -> Result<Vec<sealed_calibration::Model>, AppError> {
    Ok(sealed_calibration::Entity::find()
        .filter(sealed_calibration::Column::TenderId.eq(tender.uuid()))
        .filter(sealed_calibration::Column::ReleasedIdx.is_null())
        .order_by_asc(sealed_calibration::Column::SealedIdx)
        .all(connection)
        .await?)
}

/// Shows the reference and every calibration, all but the reasons. Marks for bids are released after them.
pub(crate) async fn release_calibrations(
    tx: &mut Tx,
    tender: TenderId,
    approver: &EntryActor,
) -> Result<(), AppError> {
    for row in unreleased_calibrations(tx, tender).await? {
        let index = tx.append(Draft {
            actors: vec![approver.clone()],
            subject: tender.to_string(),
            inputs_upto: None,
            body: CalibrationReleased {
                tender,
                sealed: SealedId::from_uuid(row.sealed_id),
                opening: serde_json::from_slice(&row.opening).map_err(AppError::internal)?,
            }
            .into(),
        })?;
        sealed_calibration::ActiveModel {
            sealed_id: Set(row.sealed_id),
            released_idx: Set(Some(column(index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    Ok(())
}

impl App {
    /// Puts in the answers that every evaluator marks before any bid, once and before anyone has declared about bidders,
    /// as an officer or the chair.
    pub async fn prepare_calibration(
        &self,
        actor: &Actor,
        tender: TenderId,
        answers: Vec<NewPreparedAnswer>,
    ) -> Result<Written<()>, AppError> {
        let levels = (1..).zip(&answers);
        let levels: Levels = levels
            .filter_map(|(number, answer)| Some((number, answer.reference?)))
            .collect();
        let reference = CalibrationContent {
            tender,
            evaluator: None,
            levels,
            reasons: BTreeMap::new(),
        };
        let texts = answers.into_iter().enumerate().map(|(at, answer)| {
            let field = format!("answers.{at}.text");
            let text = NewReason::letter(&self.ids, &field, answer.text.clone())?;
            Ok((answer, text))
        });
        let command = Prepare {
            actor: actor.clone(),
            tender,
            answers: texts.collect::<Result<_, AppError>>()?,
            reference: if reference.levels.is_empty() {
                None
            } else {
                Some(Sealed::new(self, &reference)?)
            },
        };
        self.store.write(None, command).await
    }

    /// Marks every prepared answer at once, as an evaluator who may see the bids. The marks are final, and the log holds a
    /// commitment to them until the award.
    pub async fn calibrate(
        &self,
        actor: &Actor,
        tender: TenderId,
        marks: Vec<CalibrationMark>,
    ) -> Result<Written<()>, AppError> {
        let evaluator = actor.person_id().ok_or(AppError::Unauthenticated)?;
        let each = || marks.iter().map(|mark| (mark.answer, mark));
        let content = CalibrationContent {
            tender,
            evaluator: Some(evaluator),
            levels: each().map(|(number, mark)| (number, mark.level)).collect(),
            reasons: each()
                .map(|(number, mark)| (number, mark.reason.clone()))
                .collect(),
        };
        if content.levels.len() != marks.len() {
            return Err(PanelError::AnswersNotMarked(content.levels.len()).into());
        }
        let sealed = Sealed::new(self, &content)?;
        let reasons = marks.into_iter().enumerate().map(|(at, mark)| {
            let field = format!("marks.{at}.reason");
            let mut reason = NewReason::new(&self.ids, &field, mark.reason.clone())?;
            // What is kept beside the log opens the hash that the release shows.
            let salt = sealed.salts.get(&mark.answer).copied();
            reason.salt = salt.ok_or_else(|| AppError::internal("a mark without its salt"))?;
            Ok((mark, reason))
        });
        let command = Calibrate {
            actor: actor.clone(),
            tender,
            marks: reasons.collect::<Result<_, AppError>>()?,
            sealed,
        };
        self.store.write(None, command).await
    }
}
