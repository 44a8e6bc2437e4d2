//! Drafts of tenders: private to the officers of a buyer, with the plan check at hand.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::draft::SaveDraft;
use commonweal_app::read::Page;
use commonweal_app::read::draft::DraftView;
use commonweal_domain::ids::{DraftId, OrganisationId};
use commonweal_domain::tender as domain;

use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::plan::Plan;
use super::plan_input::{PlanInput, input_path};
use super::procurement_input::{JustificationInput, justifications};
use super::scalars::DateTime;
use super::tender::{TenderPayload, load as load_tender, settle_input};

/// Why a draft could not be published as it is.
#[derive(Debug, Clone, SimpleObject)]
pub struct DraftProblem {
    /// The input field at fault, such as `plan.criteria.0.weight`.
    path: String,
    /// What was expected and what to do.
    message: String,
}

/// A draft of a tender, for officers of the buyer.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Draft {
    /// Opaque id.
    id: ID,
    /// What is bought.
    title: String,
    /// The plan as far as it is, with its warnings.
    plan: Plan,
    /// How often it was saved: whoever changes or publishes it names the version that they read.
    version: i32,
    /// When it was saved last.
    saved_at: DateTime,
    #[graphql(skip)]
    checked: domain::Plan,
    #[graphql(skip)]
    buyer_id: OrganisationId,
}

impl From<DraftView> for Draft {
    fn from(view: DraftView) -> Self {
        Self {
            id: node_id(view.id),
            title: view.title,
            plan: Plan::from(&view.plan),
            version: i32::try_from(view.version).unwrap_or(i32::MAX),
            saved_at: DateTime(view.saved_at),
            checked: view.plan,
            buyer_id: view.buyer,
        }
    }
}

#[ComplexObject]
impl Draft {
    /// Who buys.
    async fn buyer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.buyer_id).await
    }

    /// The first thing for which the plan check would refuse it now; null when it can be published.
    async fn problem(&self, context: &Context<'_>) -> async_graphql::Result<Option<DraftProblem>> {
        let catalogue = self.checked.catalogue;
        let Some(found) = loader(context)?.load_one(catalogue).await? else {
            return Ok(Some(DraftProblem {
                path: "plan.catalogue".to_owned(),
                message: "no such measure catalogue: name a published version".to_owned(),
            }));
        };
        let checked = self.checked.check(&found.catalogue, app(context)?.now());
        Ok(checked.err().map(|error| DraftProblem {
            path: input_path(&format!("plan{}", error.path.replace('/', "."))),
            message: error.problem.to_string(),
        }))
    }
}

/// Queries on drafts.
#[derive(Debug, Default)]
pub struct DraftQuery;

#[Object]
impl DraftQuery {
    /// A draft; null when there is none, or none that the caller may read.
    async fn draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Draft>> {
        read(context, parse_id("id", &id)?).await
    }

    /// The drafts of the buyers for which the caller is an officer.
    async fn drafts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Draft>> {
        let args = PageArgs::<DraftId>::new(first, after.as_deref(), last, before.as_deref())?;
        let (app, actor) = (app(context)?, actor(context));
        let rows = app.read().drafts(&actor, &Page::from(&args)).await;
        let total = if wants_total_count(context) {
            Some(app.read().draft_count(&actor).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows.map_err(refuse)?, total, |row| row.id, Draft::from))
    }
}

async fn read(context: &Context<'_>, id: DraftId) -> async_graphql::Result<Option<Draft>> {
    let found = app(context)?.drafts_by_id(&actor(context), &[id]).await;
    Ok(found.map_err(refuse)?.remove(&id).map(Into::into))
}

/// Input of `saveDraft`.
#[derive(Debug, InputObject)]
pub struct SaveDraftInput {
    /// The draft that is changed; a new one without.
    draft: Option<ID>,
    /// The version of it that you read.
    version: Option<i32>,
    /// Who buys.
    buyer: ID,
    /// What is bought, in one line.
    title: String,
    /// The plan as far as it is: it need not pass the plan check yet.
    plan: PlanInput,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `deleteDraft`.
#[derive(Debug, InputObject)]
pub struct DeleteDraftInput {
    /// The draft.
    draft: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `publishDraft`.
#[derive(Debug, InputObject)]
pub struct PublishDraftInput {
    /// The draft.
    draft: ID,
    /// The version of it that you read.
    version: i32,
    /// Why the tender may be published though the answer of a clause is unknown.
    justifications: Option<Vec<JustificationInput>>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `saveDraft` and `deleteDraft`.
    DraftPayload {
        /// The draft; null when it was deleted.
        draft: Draft
    }
}

/// Mutations of drafts, by officers of the buyer. None of them is public but `publishDraft`.
#[derive(Debug, Default)]
pub struct DraftMutation;

#[Object]
impl DraftMutation {
    /// Saves a draft of a tender in private.
    async fn save_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The draft.")] input: SaveDraftInput,
    ) -> async_graphql::Result<DraftPayload> {
        let plan = input.plan.read(context).await?;
        let id = input.draft.map(|id| parse_id("draft", &id)).transpose()?;
        let version = i64::from(input.version.unwrap_or(0));
        let draft = SaveDraft {
            draft: id.map(|id| (id, version)),
            buyer: parse_id("buyer", &input.buyer)?,
            title: input.title,
            plan,
        };
        let done = app(context)?.save_draft(&actor(context), draft).await;
        let (made, errors) = settle_input(done)?;
        let draft = match made {
            Some(id) => read(context, id).await?,
            None => None,
        };
        Ok(DraftPayload::new((draft, errors), input.client_mutation_id))
    }

    /// Deletes a draft.
    async fn delete_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DeleteDraftInput,
    ) -> async_graphql::Result<DraftPayload> {
        let id: DraftId = parse_id("draft", &input.draft)?;
        let done = app(context)?.delete_draft(&actor(context), id).await;
        let (_, errors) = settle_input(done)?;
        Ok(DraftPayload::new((None, errors), input.client_mutation_id))
    }

    /// Publishes a draft with its whole plan, and takes the draft away.
    async fn publish_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft, in which version.")] input: PublishDraftInput,
    ) -> async_graphql::Result<TenderPayload> {
        let id: DraftId = parse_id("draft", &input.draft)?;
        let version = i64::from(input.version);
        let reasons = justifications(input.justifications)?;
        let done = app(context)?
            .publish_draft(&actor(context), id, version, reasons)
            .await;
        let (made, errors) = settle_input(done)?;
        let tender = match made {
            Some(made) => load_tender(context, made.out).await?,
            None => None,
        };
        Ok(TenderPayload::new(
            (tender, errors),
            input.client_mutation_id,
        ))
    }
}
