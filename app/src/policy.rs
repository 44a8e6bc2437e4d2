//! Use-cases of policies: publication by a registrar, and the check of a plan against those in force.

pub mod binding;

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{Id, PolicyId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::entry::Draft;
use commonweal_domain::policy::entries::PolicyPublished;
use commonweal_domain::policy::{Policy, PolicyText, PublicationError, decide_policy};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::policy;
use crate::store::{Command, Tx, Written};

/// Published policies in the order of publication, and the log index of the last one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) policies: Vec<Policy>,
    pub(crate) last: Option<i64>,
}

/// Every published version: at most [`commonweal_domain::policy::MAX_POLICIES`].
pub(crate) async fn published(db: &impl ConnectionTrait) -> Result<Published, AppError> {
    let rows = policy::Entity::find()
        .order_by_asc(policy::Column::EntryIdx)
        .all(db)
        .await?;
    let policies = rows.iter().map(|row| serde_json::from_slice(&row.body));
    Ok(Published {
        policies: policies
            .collect::<Result<_, _>>()
            .map_err(AppError::internal)?,
        last: rows.last().map(|row| row.entry_idx),
    })
}

struct Publish {
    actor: Actor,
    policy: Policy,
    body: Vec<u8>,
}

impl Command for Publish {
    const NAME: &'static str = "publish_policy";
    type Out = PolicyId;

    async fn run(&self, tx: &mut Tx) -> Result<PolicyId, AppError> {
        let permit = authorize(tx, &self.actor, Action::PublishPolicy, &Facts::default()).await?;
        decide_policy(&published(tx).await?.policies, &self.policy)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.policy.id.to_string(),
            inputs_upto: None,
            body: PolicyPublished {
                policy: self.policy.clone(),
            }
            .into(),
        })?;
        policy::Entity::insert(policy::ActiveModel {
            id: Set(self.policy.id.uuid()),
            code: Set(self.policy.text.code.to_string()),
            version: Set(self.policy.text.version.clone()),
            body: Set(self.body.clone()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.policy.id)
    }
}

impl From<PublicationError> for AppError {
    fn from(error: PublicationError) -> Self {
        match error {
            PublicationError::Form(_) => Self::refused_at("POLICY_FORM", "document", error),
            PublicationError::VersionTaken { .. } => {
                Self::refused_at("VERSION_TAKEN", "document.version", error)
            }
            PublicationError::TooMany => Self::refused("TOO_MANY_POLICIES", error),
        }
    }
}

impl App {
    /// Publishes a version of a policy, whole. Tenders published after it are checked against it.
    pub async fn publish_policy(
        &self,
        actor: &Actor,
        text: PolicyText,
    ) -> Result<Written<PolicyId>, AppError> {
        text.check()
            .map_err(|error| AppError::refused_at("POLICY_FORM", "document", error))?;
        let policy = Policy {
            id: self.ids.new(),
            text,
        };
        let command = Publish {
            actor: actor.clone(),
            body: canonical_blob(&policy).map_err(AppError::internal)?,
            policy,
        };
        self.store.write(None, command).await
    }
}
