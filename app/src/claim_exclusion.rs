//! The use-case of exclusions: a registrar logs that claims which look alike are about different outcomes.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::contract::entries::ExclusionLogged;
use commonweal_domain::contract::exclusion::{ExclusionFacts, decide_exclusion};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::claim_rules::{exclusion, is_excluded};
use crate::store::{Command, Tx, Written, claim};

struct LogExclusion {
    actor: Actor,
    earlier: ClaimId,
    claimant: OrganisationId,
    reason: Remark,
}

impl Command for LogExclusion {
    const NAME: &'static str = "log_exclusion";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let earlier = claim::load(tx, self.earlier)
            .await?
            .ok_or_else(unknown_claim)?;
        let group = group::known_group(tx, earlier.claim.claimant).await?;
        let other = group::group_of(tx, self.claimant)
            .await?
            .ok_or_else(unknown_claimant)?;
        let facts = Facts {
            interested: &group::members(tx, &[group, other]).await?,
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::LogExclusion, &facts).await?;
        let by = permit.actor.id;
        let own = group::groups_of(tx, by).await?;
        let facts = ExclusionFacts {
            earlier: &earlier.claim,
            status: earlier.status,
            related: other == group,
            logged: is_excluded(tx, self.earlier, self.claimant).await?,
            own_group: own.contains(&group) || own.contains(&other),
        };
        decide_exclusion(self.claimant, &facts)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.earlier.to_string(),
            inputs_upto: None,
            body: ExclusionLogged {
                earlier: self.earlier,
                claimant: self.claimant,
                reason: self.reason.hash,
            }
            .into(),
        })?;
        exclusion::Entity::insert(exclusion::ActiveModel {
            earlier_id: Set(self.earlier.uuid()),
            claimant_id: Set(self.claimant.uuid()),
            reason: Set(self.reason.hash.as_bytes().to_vec()),
            logged_by: Set(by.uuid()),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        self.reason.keep(tx).await?;
        Ok(self.earlier)
    }
}

fn unknown_claimant() -> AppError {
    AppError::refused_at(
        "UNKNOWN_ORGANISATION",
        "claimant",
        "`claimant`: there is no such organisation: use the id that registerOrganisation gave",
    )
}

impl App {
    /// Logs that claims of an organisation are about other outcomes than an earlier claim of a related one.
    pub async fn log_exclusion(
        &self,
        actor: &Actor,
        earlier: ClaimId,
        claimant: OrganisationId,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = LogExclusion {
            actor: actor.clone(),
            earlier,
            claimant,
            reason: Remark::new(self, "reason", reason)?,
        };
        self.store.write(None, command).await
    }
}
