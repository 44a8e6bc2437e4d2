//! Changes before the deadline: amendments, extensions, confirmations of bids; questions and their answers.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::amendment::{AmendTender, ExtendTender};
use commonweal_app::question::{AnswerQuestion, AskQuestion};
use commonweal_app::read::question::{AnswerView, QuestionView};
use commonweal_domain::ids::{OrganisationId, SealedId, TenderId};

use super::context::{actor, app, received_at};
use super::node::{node_id, parse_id};
use super::payload::payloads;
use super::plan_input::PlanInput;
use super::procurement_input::{JustificationInput, justifications};
use super::scalars::{BigInt, DateTime};
use super::sealed_bid::{self, SealedBid};
use super::tender::{TenderPayload, load, settle_input};

/// A question, for whoever asked it and, without the asker, for the buyer.
#[derive(Debug, Clone, SimpleObject)]
pub struct Question {
    /// Opaque id, random.
    id: ID,
    /// Its words.
    text: String,
    /// Whether it is answered.
    answered: bool,
}

impl From<QuestionView> for Question {
    fn from(view: QuestionView) -> Self {
        Self {
            id: node_id(view.id),
            text: view.text,
            answered: view.answered,
        }
    }
}

/// A question and its answer as everyone reads them. Who asked is nowhere.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuestionAnswer {
    /// From 1, in the order of the log.
    number: u32,
    /// The question; null when the text was erased.
    question: Option<String>,
    /// The answer; null when the text was erased.
    answer: Option<String>,
    /// When it was published.
    at: DateTime,
    /// Log index of its entry.
    entry_index: BigInt,
}

impl From<AnswerView> for QuestionAnswer {
    fn from(view: AnswerView) -> Self {
        Self {
            number: view.number,
            question: view.question,
            answer: view.answer,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
        }
    }
}

/// Input of `amendTender`.
#[derive(Debug, InputObject)]
pub struct AmendTenderInput {
    /// The tender.
    tender: ID,
    /// The plan as it shall be, whole. Catalogue, currency, seal mode and commencement stay.
    plan: PlanInput,
    /// Why the plan may be published though the answer of a clause is unknown.
    justifications: Option<Vec<JustificationInput>>,
    /// Why. It is published beside the log, where it can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `extendTender`.
#[derive(Debug, InputObject)]
pub struct ExtendTenderInput {
    /// The tender.
    tender: ID,
    /// The new deadline, later than the present one.
    closes_at: DateTime,
    /// The new opening time, at or after the deadline.
    opens_at: DateTime,
    /// Whether the service was out: then the deadline may have passed, for three days at most.
    #[graphql(default)]
    outage: bool,
    /// Why. It is published beside the log, where it can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `confirmBid`.
#[derive(Debug, InputObject)]
pub struct ConfirmBidInput {
    /// The sealed bid.
    sealed_bid: ID,
    /// Who bids.
    supplier: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `askQuestion`.
#[derive(Debug, InputObject)]
pub struct AskQuestionInput {
    /// The tender.
    tender: ID,
    /// Who asks. Nobody else ever reads it.
    supplier: ID,
    /// The question, 1 to 4,000 characters. Name nobody in it.
    text: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `answerQuestion`.
#[derive(Debug, InputObject)]
pub struct AnswerQuestionInput {
    /// The question.
    question: ID,
    /// The question as everyone shall read it, where the words of the asker would tell who asked.
    published_as: Option<String>,
    /// The answer, 1 to 4,000 characters.
    answer: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `confirmBid`.
    ConfirmBidPayload {
        /// The bid's receipt.
        sealed_bid: SealedBid
    }
    /// Answer of `askQuestion`.
    AskQuestionPayload {
        /// The question, as its asker reads it.
        question: Question
    }
}

/// Mutations between publication and deadline beside bids.
#[derive(Debug, Default)]
pub struct ChangeMutation;

#[Object]
impl ChangeMutation {
    /// Amends the plan before the deadline, as an officer of the buyer. Where more than times changes, the
    /// deadline lies at least six days ahead, and bids sealed before count only when they are confirmed or replaced.
    async fn amend_tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new plan, and why.")] input: AmendTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let plan = input.plan.read(context).await?;
        let amended = AmendTender {
            tender: id,
            plan,
            justifications: justifications(input.justifications)?,
            reason: input.reason,
        };
        let done = app(context)?.amend_tender(&actor(context), amended).await;
        let (made, errors) = settle_input(done)?;
        let tender = match made {
            Some(_) => load(context, id).await?,
            None => None,
        };
        Ok(TenderPayload::new(
            (tender, errors),
            input.client_mutation_id,
        ))
    }

    /// Moves the deadline to a later time, as an officer of the buyer; after an outage also when it has passed.
    async fn extend_tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new deadline, and why.")] input: ExtendTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let extension = ExtendTender {
            tender: id,
            closes_at: input.closes_at.0,
            opens_at: input.opens_at.0,
            outage: input.outage,
            reason: input.reason,
        };
        let done = app(context)?
            .extend_tender(&actor(context), extension)
            .await;
        let (made, errors) = settle_input(done)?;
        let tender = match made {
            Some(_) => load(context, id).await?,
            None => None,
        };
        Ok(TenderPayload::new(
            (tender, errors),
            input.client_mutation_id,
        ))
    }

    /// Confirms your bid that was sealed before an amendment, until the deadline.
    async fn confirm_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which bid.")] input: ConfirmBidInput,
    ) -> async_graphql::Result<ConfirmBidPayload> {
        let sealed: SealedId = parse_id("sealedBid", &input.sealed_bid)?;
        let supplier: OrganisationId = parse_id("supplier", &input.supplier)?;
        let done = app(context)?
            .confirm_bid(&actor(context), supplier, sealed, received_at(context)?)
            .await;
        let (made, errors) = settle_input(done)?;
        let bid = match made {
            Some(_) => sealed_bid::load(context, sealed).await?,
            None => None,
        };
        Ok(ConfirmBidPayload::new(
            (bid, errors),
            input.client_mutation_id,
        ))
    }

    /// Asks a question about a tender, until the deadline for questions. Nobody reads who asked.
    async fn ask_question(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question.")] input: AskQuestionInput,
    ) -> async_graphql::Result<AskQuestionPayload> {
        let question = AskQuestion {
            tender: parse_id("tender", &input.tender)?,
            supplier: parse_id("supplier", &input.supplier)?,
            text: input.text.clone(),
            received_at: received_at(context)?,
        };
        let done = app(context)?.ask_question(&actor(context), question).await;
        let (made, errors) = settle_input(done)?;
        let asked = made.map(|id| Question {
            id: node_id(id),
            text: input.text,
            answered: false,
        });
        Ok(AskQuestionPayload::new(
            (asked, errors),
            input.client_mutation_id,
        ))
    }

    /// Answers a question as an officer of the buyer. Question and answer are published to everyone; the log gets salted
    /// hashes of both.
    async fn answer_question(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerQuestionInput,
    ) -> async_graphql::Result<TenderPayload> {
        let answer = AnswerQuestion {
            question: parse_id("question", &input.question)?,
            published_as: input.published_as,
            answer: input.answer,
        };
        let done = app(context)?.answer_question(&actor(context), answer).await;
        let (made, errors) = settle_input(done)?;
        let tender = match made {
            Some(made) => load(context, made.out).await?,
            None => None,
        };
        Ok(TenderPayload::new(
            (tender, errors),
            input.client_mutation_id,
        ))
    }
}
