//! Questions and answers: the answers for everyone, a question for its asker and, without the asker, for the buyer.

use std::collections::HashMap;

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{Id, OrganisationId, QuestionId, TenderId};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::columns::index;
use crate::store::question::{answer, asked as question};
use crate::store::tender;

/// The most questions that a tender shows to its buyer at once; those that wait come first.
const QUESTIONS_SHOWN: u64 = 500;

/// A question, without who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// The question.
    pub id: QuestionId,
    /// Its words.
    pub text: String,
    /// Whether it is answered.
    pub answered: bool,
}

/// A question and its answer as everyone reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerView {
    /// From 1, in the order of the log.
    pub number: u32,
    /// The question; `None` when the text was erased.
    pub question: Option<String>,
    /// The answer; `None` when the text was erased.
    pub answer: Option<String>,
    /// When it was published.
    pub at: Time,
    /// Log index of its entry.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The answers of tenders by number, in two statements.
    pub async fn answers_of(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Vec<AnswerView>>, AppError> {
        let rows = answer::Entity::find()
            .filter(answer::Column::TenderId.is_in(tenders.iter().map(|id| id.uuid())))
            .order_by_asc(answer::Column::Number)
            .all(self.db)
            .await?;
        let ids = rows
            .iter()
            .flat_map(|row| [row.question_reason_id, row.answer_reason_id]);
        let mut texts = self.reasons(ids.collect()).await?;
        let mut found: HashMap<TenderId, Vec<AnswerView>> = HashMap::new();
        for row in rows {
            let view = AnswerView {
                number: u32::try_from(row.number).map_err(AppError::internal)?,
                question: texts.remove(&row.question_reason_id),
                answer: texts.remove(&row.answer_reason_id),
                at: Time::from_micros(row.at),
                entry_index: index(row.entry_idx)?,
            };
            let tender = TenderId::from_uuid(row.tender_id);
            found.entry(tender).or_default().push(view);
        }
        Ok(found)
    }

    /// The questions about tenders that the actor may read: all as an officer of the buyer, the own ones as a supplier. In
    /// two statements at most.
    pub async fn questions_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Vec<QuestionView>>, AppError> {
        let suppliers: Vec<Uuid> = actor.organisations(Role::Supplier).map(Id::uuid).collect();
        let buyers: Vec<OrganisationId> = actor.organisations(Role::Officer).collect();
        if suppliers.is_empty() && buyers.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = tenders.iter().map(|id| id.uuid());
        let own: Vec<Uuid> = tender::Entity::find()
            .select_only()
            .column(tender::Column::Id)
            .filter(tender::Column::Id.is_in(ids.clone()))
            .filter(tender::Column::BuyerId.is_in(buyers.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(self.db)
            .await?;
        let may_read = sea_orm::Condition::any()
            .add(question::Column::TenderId.is_in(own))
            .add(question::Column::SupplierId.is_in(suppliers));
        let rows = question::Entity::find()
            .filter(question::Column::TenderId.is_in(ids))
            .filter(may_read)
            .order_by_asc(question::Column::AnsweredIdx.is_not_null())
            .order_by_asc(question::Column::Id)
            .limit(QUESTIONS_SHOWN)
            .all(self.db)
            .await?;
        let mut found: HashMap<TenderId, Vec<QuestionView>> = HashMap::new();
        for row in rows {
            let view = QuestionView {
                id: QuestionId::from_uuid(row.id),
                text: row.text,
                answered: row.answered_idx.is_some(),
            };
            let tender = TenderId::from_uuid(row.tender_id);
            found.entry(tender).or_default().push(view);
        }
        Ok(found)
    }
}
