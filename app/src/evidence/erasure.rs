//! Files behind a claim are erased: by the claimant after their retention, by a registrar before it for a reason. An entry
//! says so; the hashes stay in the log.

use std::collections::BTreeSet;

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::contract::entries::EvidenceErased;
use commonweal_domain::contract::retention::{ErasureError, ErasureFacts, decide_erasure};
use commonweal_domain::ids::{ClaimId, Id};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::retention_years;
use crate::App;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::claim::{self, evidence};
use crate::store::{Command, Tx, Written, challenge, columns, evidence_file};

/// What was erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Erased {
    claim: ClaimId,
    /// The rows of what is removed now.
    marked: Vec<Uuid>,
}

struct Erase {
    actor: Actor,
    claim: ClaimId,
    files: Vec<Hash>,
    /// Why it is done before its time.
    reason: Option<Remark>,
}

impl Command for Erase {
    const NAME: &'static str = "erase_evidence";
    type Out = Erased;

    async fn run(&self, tx: &mut Tx) -> Result<Erased, AppError> {
        let recorded = claim::load(tx, self.claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let claimed = &recorded.claim;
        let group = group::known_group(tx, claimed.claimant).await?;
        let related = group::members(tx, &[group]).await?;
        let facts = Facts {
            organisation: Some(claimed.claimant),
            interested: &related,
            ..Facts::default()
        };
        let action = match self.reason {
            None => Action::EraseEvidence,
            Some(_) => Action::EraseEvidenceEarly,
        };
        let permit = authorize(tx, &self.actor, action, &facts).await?;
        let own = group::groups_of(tx, permit.actor.id).await?;
        let rows = evidence::Entity::find()
            .filter(evidence::Column::ClaimId.eq(self.claim.uuid()))
            .filter(evidence::Column::ErasedIdx.is_not_null())
            .all(tx)
            .await?;
        let erased = rows.iter().map(|row| columns::hash(&row.sha256));
        let erased: BTreeSet<Hash> = erased.collect::<Result<_, _>>()?;
        let facts = ErasureFacts {
            claim: claimed,
            status: recorded.status,
            years: retention_years(tx, claimed.answers.map(|answers| answers.contract)).await?,
            erased: &erased,
            challenged: challenge::unsettled(tx, &recorded, tx.at()).await?,
            other: evidence_file::other_claim_on(tx, claimed, &self.files).await?,
            own_group: own.contains(&group),
            at: tx.at(),
        };
        decide_erasure(&self.files, self.reason.is_some(), &facts)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.claim.to_string(),
            inputs_upto: None,
            body: EvidenceErased {
                claim: self.claim,
                files: self.files.clone(),
                reason: self.reason.as_ref().map(|reason| reason.hash),
            }
            .into(),
        })?;
        if let Some(reason) = &self.reason {
            reason.keep(tx).await?;
        }
        let index = column(index)?;
        let marked = evidence_file::erase(tx, claimed, &self.files, index, tx.at()).await?;
        Ok(Erased {
            claim: self.claim,
            marked,
        })
    }
}

impl App {
    /// Erases files behind a claim, as its claimant after their retention.
    pub async fn erase_evidence(
        &self,
        actor: &Actor,
        claim: ClaimId,
        files: Vec<Hash>,
    ) -> Result<Written<ClaimId>, AppError> {
        self.erase(actor, claim, files, None).await
    }

    /// Erases files behind a claim before their time, as a registrar outside the claimant's group, for a reason.
    pub async fn erase_evidence_early(
        &self,
        actor: &Actor,
        claim: ClaimId,
        files: Vec<Hash>,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let reason = Remark::new(self, "reason", reason)?;
        self.erase(actor, claim, files, Some(reason)).await
    }

    async fn erase(
        &self,
        actor: &Actor,
        claim: ClaimId,
        files: Vec<Hash>,
        reason: Option<Remark>,
    ) -> Result<Written<ClaimId>, AppError> {
        let actor = actor.clone();
        let command = Erase {
            actor,
            claim,
            files,
            reason,
        };
        let done = self.store.write(None, command).await?;
        // Nobody can read them from the commit on. If the object store is away, the collector removes them later.
        if let Err(error) = self.remove_marked(&done.out.marked).await {
            tracing::warn!(%error, "erased files of evidence are left to the collector");
        }
        done.only(|erased| Some(erased.claim))
    }
}

impl From<ErasureError> for AppError {
    fn from(error: ErasureError) -> Self {
        use ErasureError as E;
        let (code, path) = match &error {
            E::Count(_) => ("COUNT", "files"),
            E::Twice(_) => ("EVIDENCE_TWICE", "files"),
            E::NotOfClaim(_) => ("UNKNOWN_FILE", "files"),
            E::Erased(_) => ("ALREADY_ERASED", "files"),
            E::Undecided(_) => ("CLAIM_STATUS", "claim"),
            E::Kept { .. } | E::KeptForEver => ("RETENTION", "claim"),
            E::Challenged(_) => ("CHALLENGED", "claim"),
            E::OtherClaim { .. } => ("OTHER_CLAIM", "files"),
            E::NotIndependent => return Self::Forbidden(error.to_string()),
        };
        Self::refused_at(code, path, error)
    }
}
