//! Tenders: publication, cancellation, opening.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::AppError;
use commonweal_app::read::Page;
use commonweal_app::read::tender::{CancellationView, TenderFilter as Filter, TenderView};
use commonweal_app::tender as usecase;
use commonweal_domain::ids::{BidId, OrganisationId, TenderId};

use super::bid::Bid;
use super::changes::{Question, QuestionAnswer};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{UserError, actor, app, loader, refuse, settle};
use super::lot::Lot;
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::panel::Panel;
use super::payload::payloads;
use super::plan::Plan;
use super::plan_input::{PlanInput, input_path};
use super::policy::PolicyCheck;
use super::process::{StandstillState, TenderEvent};
use super::procurement_input::{JustificationInput, justifications};
use super::scalars::{BigInt, DateTime};
use super::stage::Stage;
use super::tender_loaders::{
    AnswersOf, BidCountOf, BidsOf, ChecksOf, EventsOf, PanelOf, QuestionsOf, StandstillOf,
};

/// The end of a tender that was given up.
#[derive(Debug, Clone, SimpleObject)]
pub struct Cancellation {
    /// Why; null when the text was erased.
    reason: Option<String>,
    /// Log index of the cancellation.
    entry_index: BigInt,
}

impl From<CancellationView> for Cancellation {
    fn from(view: CancellationView) -> Self {
        Self {
            reason: view.reason,
            entry_index: view.entry_index.into(),
        }
    }
}

/// A buyer's invitation to bid, with its evaluation plan.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Tender {
    /// Opaque id.
    pub(super) id: ID,
    /// What is bought.
    title: String,
    /// How far it is now.
    stage: Stage,
    /// Everything that decides the ranking. Amendments before the deadline are numbered.
    plan: Plan,
    /// The public key to which bids are sealed (an age recipient).
    recipient: String,
    /// When it was published.
    published_at: DateTime,
    /// The deadline for bids.
    closes_at: DateTime,
    /// The earliest opening.
    opens_at: DateTime,
    /// How many amendments the plan had; each stands whole in the log.
    amendments: u32,
    /// The end of a tender that was given up.
    cancellation: Option<Cancellation>,
    /// Log index of its publication.
    entry_index: BigInt,
    /// Log index of its opening; null before.
    opened_index: Option<BigInt>,
    /// Its lots with what became of each, in the order of the plan.
    lots: Vec<Lot>,
    #[graphql(skip)]
    key: TenderId,
    #[graphql(skip)]
    buyer_id: OrganisationId,
}

impl From<TenderView> for Tender {
    fn from(view: TenderView) -> Self {
        Self {
            id: node_id(view.id),
            title: view.title,
            stage: view.stage.into(),
            plan: Plan::from(&view.plan),
            recipient: view.recipient,
            published_at: DateTime(view.published_at),
            closes_at: DateTime(view.plan.closes_at),
            opens_at: DateTime(view.plan.opens_at),
            amendments: view.amendments,
            cancellation: view.cancelled.map(Into::into),
            entry_index: view.entry_index.into(),
            opened_index: view.opened_index.map(Into::into),
            lots: view
                .plan
                .lots
                .iter()
                .map(|lot| Lot::new(view.id, lot))
                .collect(),
            key: view.id,
            buyer_id: view.buyer,
        }
    }
}

#[ComplexObject]
impl Tender {
    /// Who buys.
    async fn buyer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.buyer_id).await
    }

    /// Its bids; null before the opening, also how many there are.
    async fn bids(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Option<Connection<Bid>>> {
        let args = PageArgs::<BidId>::new(first, after.as_deref(), last, before.as_deref())?;
        if self.opened_index.is_none() {
            return Ok(None);
        }
        let loader = loader(context)?;
        let page = Page::from(&args);
        let rows = loader
            .load_one(BidsOf(self.key, page))
            .await?
            .unwrap_or_default();
        let total = if wants_total_count(context) {
            Some(
                loader
                    .load_one(BidCountOf(self.key))
                    .await?
                    .unwrap_or_default(),
            )
        } else {
            None
        };
        Ok(Some(args.connection(rows, total, |row| row.id, Bid::from)))
    }

    /// What each clause of the policies that bound it said of its plan at its publication.
    async fn policy_checks(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<PolicyCheck>> {
        let found = loader(context)?.load_one(ChecksOf(self.key)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Questions and answers in the order of the log. Who asked is nowhere.
    async fn answers(&self, context: &Context<'_>) -> async_graphql::Result<Vec<QuestionAnswer>> {
        let found = loader(context)?.load_one(AnswersOf(self.key)).await?;
        let answers = found.unwrap_or_default();
        Ok(answers.into_iter().map(Into::into).collect())
    }

    /// Questions, for officers of the buyer without who asked, for a supplier the own ones; empty for others.
    async fn questions(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Question>> {
        let found = loader(context)?.load_one(QuestionsOf(self.key)).await?;
        let questions = found.unwrap_or_default();
        Ok(questions.into_iter().map(Into::into).collect())
    }

    /// The standstill, from the award notice on.
    async fn standstill(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<StandstillState>> {
        let found = loader(context)?.load_one(StandstillOf(self.key)).await?;
        Ok(found.map(Into::into))
    }

    /// Every step that moved the tender on, in the order of the log.
    async fn history(&self, context: &Context<'_>) -> async_graphql::Result<Vec<TenderEvent>> {
        let found = loader(context)?.load_one(EventsOf(self.key)).await?;
        let events = found.unwrap_or_default();
        Ok(events.into_iter().map(Into::into).collect())
    }

    /// Who judges the bids; null before they are assigned.
    async fn panel(&self, context: &Context<'_>) -> async_graphql::Result<Option<Panel>> {
        let found = loader(context)?.load_one(PanelOf(self.key)).await?;
        Ok(found.map(|view| Panel::new(self.key, view)))
    }
}

/// A tender through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: TenderId,
) -> async_graphql::Result<Option<Tender>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// The answer of a mutation on a tender: the tender as it is now, or what was refused.
pub(crate) async fn settle_tender<T>(
    context: &Context<'_>,
    id: TenderId,
    done: Result<T, AppError>,
) -> async_graphql::Result<(Option<Tender>, Vec<UserError>)> {
    match settle(done)? {
        (Some(_), errors) => Ok((load(context, id).await?, errors)),
        (None, errors) => Ok((None, errors)),
    }
}

/// What a rule refused, with the field in the words of the input.
pub(crate) fn settle_input<T>(
    done: Result<T, AppError>,
) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    let (made, mut errors) = settle(done)?;
    for error in &mut errors {
        error.path = error.path.as_deref().map(input_path);
    }
    Ok((made, errors))
}

/// Which tenders are wanted.
#[derive(Debug, Default, InputObject)]
pub struct TenderFilter {
    /// Those at this stage now.
    stage: Option<Stage>,
    /// Those of this buyer.
    buyer: Option<ID>,
}

/// Queries on tenders.
#[derive(Debug, Default)]
pub struct TenderQuery;

#[Object]
impl TenderQuery {
    /// One tender.
    async fn tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Tender>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Tenders in the order of their publication.
    async fn tenders(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which tenders.")] filter: Option<TenderFilter>,
    ) -> async_graphql::Result<Connection<Tender>> {
        let args = PageArgs::<TenderId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default();
        let buyer = filter
            .buyer
            .map(|id| parse_id("filter.buyer", &id))
            .transpose()?;
        let stage = filter.stage.map(Into::into);
        let filter = Filter { stage, buyer };
        let app = app(context)?;
        let (read, now) = (app.read(), app.now());
        let rows = read
            .tenders(&filter, &Page::from(&args), now)
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.tender_count(&filter, now).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, Tender::from))
    }
}

/// Input of `publishTender`.
#[derive(Debug, InputObject)]
pub struct PublishTenderInput {
    /// Who buys.
    buyer: ID,
    /// What is bought, in one line.
    title: String,
    /// Everything that decides the ranking. It never changes.
    plan: PlanInput,
    /// Why it may be published though the answer of a clause is unknown.
    justifications: Option<Vec<JustificationInput>>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `cancelTender`.
#[derive(Debug, InputObject)]
pub struct CancelTenderInput {
    /// The tender.
    tender: ID,
    /// Why. It is published beside the log, where it can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `approveOpening` and `openTender`.
#[derive(Debug, InputObject)]
pub struct OpenTenderInput {
    /// The tender.
    tender: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of the mutations of a tender.
    TenderPayload {
        /// The tender.
        tender: Tender
    }
}

/// Mutations of tenders, all by officers of the buyer.
#[derive(Debug, Default)]
pub struct TenderMutation;

#[Object]
impl TenderMutation {
    /// Publishes a tender with its whole plan.
    async fn publish_tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The tender.")] input: PublishTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let command = usecase::PublishTender {
            buyer: parse_id("buyer", &input.buyer)?,
            title: input.title,
            plan: input.plan.read(context).await?,
            justifications: justifications(input.justifications)?,
        };
        let done = app(context)?.publish_tender(&actor(context), command).await;
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

    /// Gives a tender up, at any stage before the contract. Bids that are sealed stay closed for ever.
    async fn cancel_tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender, and why.")] input: CancelTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .cancel_tender(&actor(context), id, input.reason)
            .await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Approves the opening of a tender after its deadline, as the first of two officers. It is not public.
    async fn approve_opening(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: OpenTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id = parse_id("tender", &input.tender)?;
        let done = app(context)?.approve_opening(&actor(context), id).await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Opens every bid of a tender, as the second of two officers. Each bid is checked against its commitment, and each
    /// sealed entry of the tender is accounted for.
    async fn open_tender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: OpenTenderInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id = parse_id("tender", &input.tender)?;
        let done = app(context)?.open_tender(&actor(context), id).await;
        let settled = settle_tender(context, id, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
