//! Queries and mutations of policies: what is in force, what it says of a plan, and its publication.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_domain::ids::PolicyId;
use commonweal_domain::policy::PolicyText;

use super::amounts::wrong;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse, settle};
use super::errors::Code;
use super::node::parse_id;
use super::payload::payloads;
use super::plan_input::PlanInput;
use super::policy::{Policy, PolicyReport};
use crate::catalogue_files;

/// The longest document of a policy, in bytes.
const MAX_DOCUMENT: usize = 200_000;

/// A policy that ships with the server and can be published by its name.
#[derive(Debug, Clone, SimpleObject)]
pub struct ShippedPolicy {
    /// The name for `publishPolicy`.
    name: String,
    /// The name under which its versions belong together.
    code: String,
    /// The version.
    version: String,
    /// What people call it.
    title: String,
    /// Whose law it is.
    jurisdiction: String,
}

/// Input of `policyCheck`.
#[derive(Debug, InputObject)]
pub struct PolicyCheckInput {
    /// Who would buy.
    buyer: ID,
    /// The draft plan.
    plan: PlanInput,
}

/// Queries on policies.
#[derive(Debug, Default)]
pub struct PolicyQuery;

#[Object]
impl PolicyQuery {
    /// One policy version.
    async fn policy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Policy>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Policy versions in the order of their publication.
    async fn policies(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Policy>> {
        let args = PageArgs::<PolicyId>::new(first, after.as_deref(), last, before.as_deref())?;
        let read = app(context)?.read();
        let rows = read.policies(&Page::from(&args)).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.policy_count().await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.policy.id, Policy::from))
    }

    /// The policies that ship with the server, published or not.
    #[expect(clippy::unused_async, reason = "async-graphql asks for it")]
    async fn shipped_policies(&self) -> async_graphql::Result<Vec<ShippedPolicy>> {
        let mut shipped = Vec::new();
        for file in catalogue_files::POLICIES {
            if let Some(text) = read_shipped(file.name)? {
                shipped.push(ShippedPolicy {
                    name: file.name.to_owned(),
                    code: text.code.to_string(),
                    version: text.version,
                    title: text.title,
                    jurisdiction: text.jurisdiction,
                });
            }
        }
        Ok(shipped)
    }

    /// What the policies in force say of a draft plan. Nothing is stored.
    async fn policy_check(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The draft.")] input: PolicyCheckInput,
    ) -> async_graphql::Result<PolicyReport> {
        let plan = input.plan.read(context).await?;
        let buyer = parse_id("buyer", &input.buyer)?;
        let report = app(context)?
            .policy_check(buyer, plan)
            .await
            .map_err(refuse)?;
        Ok(report.into())
    }
}

/// A policy through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: PolicyId,
) -> async_graphql::Result<Option<Policy>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

fn read_shipped(name: &str) -> async_graphql::Result<Option<PolicyText>> {
    catalogue_files::policy(name)
        .map_err(|error| Code::InternalServerError.error(error.to_string()))
}

/// Input of `publishPolicy`: one of `shipped` and `document`.
#[derive(Debug, InputObject)]
pub struct PublishPolicyInput {
    /// The name of a policy that ships with the server, as `shippedPolicies` lists them.
    shipped: Option<String>,
    /// The policy as TOML, in the form of the files in `catalogue/policies`; at most 200,000 bytes.
    document: Option<String>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl PublishPolicyInput {
    fn text(&self) -> async_graphql::Result<PolicyText> {
        match (&self.shipped, &self.document) {
            (Some(name), None) => read_shipped(name)?.ok_or_else(|| {
                let message = "no such policy ships with this server: see `shippedPolicies`";
                wrong("shipped", &message)
            }),
            (None, Some(document)) if document.len() > MAX_DOCUMENT => {
                Err(wrong("document", &format!("at most {MAX_DOCUMENT} bytes")))
            }
            (None, Some(document)) => {
                toml::from_str(document).map_err(|error| wrong("document", &error))
            }
            _ => Err(wrong("document", &"give either `shipped` or `document`")),
        }
    }
}

payloads! {
    /// Answer of `publishPolicy`.
    PublishPolicyPayload {
        /// The policy version.
        policy: Policy
    }
}

/// Mutations of policies.
#[derive(Debug, Default)]
pub struct PolicyMutation;

#[Object]
impl PolicyMutation {
    /// Publishes a version of a policy, whole, as a registrar. It never changes; tenders published after it are checked
    /// against it.
    async fn publish_policy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The policy.")] input: PublishPolicyInput,
    ) -> async_graphql::Result<PublishPolicyPayload> {
        let text = input.text()?;
        let done = app(context)?.publish_policy(&actor(context), text).await;
        let (made, errors) = settle(done)?;
        let policy = match made {
            Some(made) => load(context, made.out).await?,
            None => None,
        };
        Ok(PublishPolicyPayload::new(
            (policy, errors),
            input.client_mutation_id,
        ))
    }
}
