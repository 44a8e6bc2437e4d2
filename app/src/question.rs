//! Questions and answers: a supplier asks in private, an officer answers, and everyone reads both without who asked.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{Id, OrganisationId, QuestionId, TenderId};
use commonweal_domain::tender::entries::QuestionAnswered;
use commonweal_domain::tender::stage::Step;
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::question::{answer, asked as question};
use crate::store::{Command, PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::LoadedTender;
use crate::text::check_reason;

/// How many questions a supplier may ask about a tender.
const QUESTIONS_PER_SUPPLIER: u64 = 50;

/// Input of [`App::ask_question`].
#[derive(Debug, Clone)]
pub struct AskQuestion {
    /// The tender.
    pub tender: TenderId,
    /// Who asks. Nobody else ever reads it.
    pub supplier: OrganisationId,
    /// The question.
    pub text: String,
    /// When the last byte of the request arrived.
    pub received_at: Time,
}

struct Ask {
    actor: Actor,
    id: QuestionId,
    input: AskQuestion,
}

impl PrivateCommand for Ask {
    const NAME: &'static str = "ask_question";
    type Out = QuestionId;

    async fn run(&self, tx: &mut PrivateTx) -> Result<QuestionId, AppError> {
        let input = &self.input;
        let facts = Facts {
            organisation: Some(input.supplier),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::AskQuestion, &facts).await?;
        let tender = LoadedTender::load(tx, input.tender).await?;
        tender.stage.can_ask(&tender.plan, input.received_at)?;
        let asked = question::Entity::find()
            .filter(question::Column::TenderId.eq(tender.row.id))
            .filter(question::Column::SupplierId.eq(input.supplier.uuid()))
            .count(tx)
            .await?;
        if asked >= QUESTIONS_PER_SUPPLIER {
            let message = format!("a supplier asks at most {QUESTIONS_PER_SUPPLIER} questions");
            return Err(AppError::refused_at(
                "TOO_MANY_QUESTIONS",
                "tender",
                message,
            ));
        }
        question::Entity::insert(question::ActiveModel {
            id: Set(self.id.uuid()),
            tender_id: Set(tender.row.id),
            supplier_id: Set(input.supplier.uuid()),
            asked_by: Set(permit.actor.id.uuid()),
            asked_at: Set(input.received_at.micros()),
            text: Set(input.text.clone()),
            answered_idx: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.id)
    }
}

/// Input of [`App::answer_question`].
#[derive(Debug, Clone)]
pub struct AnswerQuestion {
    /// The question.
    pub question: QuestionId,
    /// The question as everyone reads it, where the words of the asker would tell who asked.
    pub published_as: Option<String>,
    /// The answer.
    pub answer: String,
}

struct Answer {
    actor: Actor,
    question: QuestionId,
    tender: TenderId,
    asked: NewReason,
    answered: NewReason,
}

impl Command for Answer {
    const NAME: &'static str = "answer_question";
    type Out = TenderId;

    async fn run(&self, tx: &mut Tx) -> Result<TenderId, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::AnswerQuestion, &tender.facts()).await?;
        tender
            .stage
            .at(&tender.plan, tx.at())
            .after(Step::AnswerQuestion)?;
        let row = question::Entity::find_by_id(self.question.uuid())
            .one(tx)
            .await?;
        if row.is_none_or(|row| row.answered_idx.is_some()) {
            let message = "this question is answered already: look at the answers";
            return Err(AppError::refused_at("ANSWERED", "question", message));
        }
        let number = u32::try_from(tender.row.answers).map_err(AppError::internal)? + 1;
        let body = QuestionAnswered {
            tender: self.tender,
            number,
            question: self.asked.hash()?,
            answer: self.answered.hash()?,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        let index = column(index)?;
        self.asked.insert(tx, self.tender).await?;
        self.answered.insert(tx, self.tender).await?;
        answer::Entity::insert(answer::ActiveModel {
            tender_id: Set(tender.row.id),
            number: Set(i64::from(number)),
            question_reason_id: Set(self.asked.id),
            answer_reason_id: Set(self.answered.id),
            at: Set(tx.at().micros()),
            entry_idx: Set(index),
        })
        .exec_without_returning(tx)
        .await?;
        question::ActiveModel {
            id: Set(self.question.uuid()),
            answered_idx: Set(Some(index)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        tender
            .store(tx, tender.stage, |row| row.answers = Set(i64::from(number)))
            .await?;
        Ok(self.tender)
    }
}

impl App {
    /// Asks a question about a tender, in private, until the deadline for questions.
    pub async fn ask_question(
        &self,
        actor: &Actor,
        input: AskQuestion,
    ) -> Result<QuestionId, AppError> {
        check_reason("text", &input.text)?;
        let command = Ask {
            actor: actor.clone(),
            // Random, so that the id does not tell when it was asked.
            id: QuestionId::from_uuid(self.ids.sealed().uuid()),
            input,
        };
        self.store.write_private(command).await
    }

    /// Answers a question as an officer of the buyer. Everyone reads both; nobody reads who asked.
    pub async fn answer_question(
        &self,
        actor: &Actor,
        input: AnswerQuestion,
    ) -> Result<Written<TenderId>, AppError> {
        let unknown = || AppError::NotFound("no such question".to_owned());
        let read = self.store.read();
        let row = question::Entity::find_by_id(input.question.uuid())
            .one(read)
            .await?
            .ok_or_else(unknown)?;
        let tender = LoadedTender::load(read, TenderId::from_uuid(row.tender_id)).await?;
        // Whoever may not answer does not learn that there is a question.
        let facts = tender.facts();
        commonweal_domain::actor::authorize(actor, Action::AnswerQuestion, &facts)
            .map_err(|_| unknown())?;
        let asked = input.published_as.unwrap_or(row.text);
        let command = Answer {
            actor: actor.clone(),
            question: input.question,
            tender: tender.id,
            asked: NewReason::new(&self.ids, "publishedAs", asked)?,
            answered: NewReason::new(&self.ids, "answer", input.answer)?,
        };
        self.store.write(None, command).await
    }
}
