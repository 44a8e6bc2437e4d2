//! What moves a tender on after the panel: the prices of a second envelope, letters, the award notice, the standstill and
//! its suspension, annulment; and the history of it all.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::notice::NewLetter;
use commonweal_app::read::process::{LetterView, StandstillView, TenderEventView};
use commonweal_domain::ids::TenderId;

use super::context::{actor, app};
use super::letter::Language;
use super::node::parse_id;
use super::scalars::{BigInt, DateTime};
use super::tender::{TenderPayload, settle_tender};

/// A step in the history of a tender.
#[derive(Debug, Clone, SimpleObject)]
pub struct TenderEvent {
    /// The kind of its entry in the log, such as `award.notified`.
    kind: String,
    /// When.
    at: DateTime,
    /// Log index of its entry.
    entry_index: BigInt,
    /// Why; null where no reason is given and when the text was erased.
    reason: Option<String>,
}

impl From<TenderEventView> for TenderEvent {
    fn from(view: TenderEventView) -> Self {
        Self {
            kind: view.kind,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            reason: view.reason,
        }
    }
}

/// The standstill of a tender, from the award notice on.
#[derive(Debug, Clone, SimpleObject)]
pub struct StandstillState {
    /// When the award notice was published.
    notified_at: DateTime,
    /// Log index of the notice.
    entry_index: BigInt,
    /// From then on the contract may be signed, as far as nothing suspends it; null where the plan has no standstill.
    ends_at: Option<DateTime>,
    /// When a challenge suspended it; null while it runs.
    suspended_at: Option<DateTime>,
}

impl From<StandstillView> for StandstillState {
    fn from(view: StandstillView) -> Self {
        Self {
            notified_at: DateTime(view.notified_at),
            entry_index: view.entry_index.into(),
            ends_at: view.ends_at.map(DateTime),
            suspended_at: view.suspended_at.map(DateTime),
        }
    }
}

/// A letter to the supplier of a bid, for it and for the buyer.
#[derive(Debug, Clone, SimpleObject)]
pub struct SentLetter {
    /// Its text exactly as it went out; null when it was erased.
    text: Option<String>,
    /// Log index of the entry that holds its hash.
    entry_index: BigInt,
}

impl From<LetterView> for SentLetter {
    fn from(view: LetterView) -> Self {
        Self {
            text: view.text,
            entry_index: view.entry_index.into(),
        }
    }
}

/// Input of mutations that take a tender alone.
#[derive(Debug, InputObject)]
pub struct TenderStepInput {
    /// The tender.
    tender: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of mutations that take a tender and a reason.
#[derive(Debug, InputObject)]
pub struct TenderReasonInput {
    /// The tender.
    tender: ID,
    /// Why. It is published beside the log, where it can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// A letter to the supplier of a bid.
#[derive(Debug, InputObject)]
pub struct LetterInput {
    /// The opened bid that it answers.
    bid: ID,
    /// The language in which it is drawn from the scorecard.
    language: Language,
    /// What you add to it, as its last section: 1 to 4,000 characters.
    remarks: Option<String>,
}

/// Input of `sendLetters`.
#[derive(Debug, InputObject)]
pub struct SendLettersInput {
    /// The tender.
    tender: ID,
    /// One letter for each opened bid, the winner's and those of excluded bids too. `bid { letter }` shows it before.
    letters: Vec<LetterInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations between the consensus and the contract, all by officers of the buyer.
#[derive(Debug, Default)]
pub struct ProcessMutation;

#[Object]
impl ProcessMutation {
    /// Approves the opening of the prices of a plan with two envelopes, as the first of two officers. It is not public.
    async fn approve_price_opening(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: TenderStepInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .approve_price_opening(&actor(context), id)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Opens the prices, as the second of two officers, after the consensus. Each is checked against what was sealed; the
    /// envelopes of bids that the plan excludes on quality stay closed.
    async fn open_prices(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: TenderStepInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?.open_prices(&actor(context), id).await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Sends every bidder whose bid was opened the letter that is drawn from its scorecard, with your remarks. The log gets a
    /// salted hash of each.
    async fn send_letters(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The letters.")] input: SendLettersInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let letters = input.letters.into_iter().enumerate().map(|(at, letter)| {
            Ok(NewLetter {
                bid: parse_id(&format!("letters.{at}.bid"), &letter.bid)?,
                language: letter.language.into(),
                remarks: letter.remarks,
            })
        });
        let letters = letters.collect::<async_graphql::Result<_>>()?;
        let done = app(context)?
            .send_letters(&actor(context), id, letters)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Publishes the award notice, from which the standstill counts.
    async fn notify_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: TenderStepInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?.notify_award(&actor(context), id).await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Suspends the standstill because of a challenge, while it runs.
    async fn suspend_standstill(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender, and which challenge.")] input: TenderReasonInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .suspend_standstill(&actor(context), id, input.reason)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Lets a suspended standstill run on: the days that were left count from the next day.
    async fn resume_standstill(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender, and how the challenge was settled.")]
        input: TenderReasonInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .resume_standstill(&actor(context), id, input.reason)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Annuls the award. Before the contract another award can follow from the ranking. After it the contract ends: its KPIs
    /// can be claimed for what was delivered before that day; what was verified, and credits, stay.
    async fn annul_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender, and why.")] input: TenderReasonInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .annul_award(&actor(context), id, input.reason)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
