//! Use-cases of verification: an independent verifier accepts a quantity of a claim, or rejects it.

use commonweal_domain::actor::{Action, Actor, Facts, Permit};
use commonweal_domain::amount::Quantity;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::contract::entries::{ClaimRejected, ClaimVerified};
use commonweal_domain::contract::small_cells::check_verified;
use commonweal_domain::contract::verification::{
    ClaimFacts, Verification, decide_rejection, decide_verification,
};
use commonweal_domain::contract::{ClaimStatus, RecordedClaim};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::claim::{self, verification};
use crate::store::{Command, Tx, Written, contract};

/// Input of [`App::verify_claim`].
#[derive(Debug, Clone)]
pub struct VerifyClaim {
    /// The claim.
    pub claim: ClaimId,
    /// How much of it is accepted: decimal text in the measure's unit.
    pub accepted: String,
    /// The method, with the standard named.
    pub method: String,
    /// Why, in words that can be erased.
    pub reason: String,
}

/// A claim with the groups whose interest is at stake.
pub(crate) struct Loaded {
    pub(crate) recorded: RecordedClaim,
    claimant_group: OrganisationId,
    buyer_group: Option<OrganisationId>,
}

impl Loaded {
    pub(crate) async fn load(tx: &Tx, id: ClaimId) -> Result<Self, AppError> {
        let recorded = claim::load(tx, id).await?.ok_or_else(unknown_claim)?;
        let contract = match recorded.claim.answers {
            Some(answers) => contract::load(tx, answers.contract).await?,
            None => None,
        };
        let buyer_group = match contract {
            Some(contract) => Some(group::known_group(tx, contract.buyer).await?),
            None => None,
        };
        Ok(Self {
            claimant_group: group::known_group(tx, recorded.claim.claimant).await?,
            buyer_group,
            recorded,
        })
    }

    pub(crate) fn facts(&self) -> ClaimFacts<'_> {
        ClaimFacts {
            claim: &self.recorded.claim,
            status: self.recorded.status,
            submitted_by: self.recorded.submitted_by,
            claimant_group: self.claimant_group,
            buyer_group: self.buyer_group,
        }
    }

    /// Neither whoever submitted nor anyone of the parties' groups decides.
    pub(crate) async fn permit(
        &self,
        tx: &Tx,
        actor: &Actor,
        action: Action,
    ) -> Result<Permit, AppError> {
        let parties: Vec<_> = std::iter::once(self.claimant_group)
            .chain(self.buyer_group)
            .collect();
        let facts = Facts {
            organisation: None,
            earlier: &[self.recorded.submitted_by],
            interested: &group::members(tx, &parties).await?,
            ..Facts::default()
        };
        authorize(tx, actor, action, &facts).await
    }
}

/// Stores what a verifier found.
async fn record(
    tx: &Tx,
    id: ClaimId,
    by: &EntryActor,
    accepted: Option<(&Quantity, &str)>,
    remark: &Remark,
    index: u64,
) -> Result<(), AppError> {
    verification::Entity::insert(verification::ActiveModel {
        claim_id: Set(id.uuid()),
        verifier_id: Set(by.id.uuid()),
        organisation_id: Set(by.organisation.uuid()),
        accepted_units: Set(accepted.map(|(quantity, _)| quantity.units())),
        method: Set(accepted.map(|(_, method)| method.to_owned())),
        reason: Set(remark.hash.as_bytes().to_vec()),
        at: Set(tx.at().micros()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(tx)
    .await?;
    remark.keep(tx).await
}

struct Verify {
    actor: Actor,
    input: VerifyClaim,
    reason: Remark,
    measure: Measure,
}

impl Command for Verify {
    const NAME: &'static str = "verify_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let id = self.input.claim;
        let loaded = Loaded::load(tx, id).await?;
        let permit = loaded.permit(tx, &self.actor, Action::VerifyClaim).await?;
        let by = permit.actor;
        let claimed = &loaded.recorded.claim.quantity;
        let accepted = Quantity::parse(
            &self.input.accepted,
            claimed.scale(),
            claimed.unit().clone(),
        )
        .map_err(|error| AppError::refused_at("ACCEPTED", "accepted", error))?;
        let verifications = vec![Verification {
            verifier: by.id,
            organisation: by.organisation,
            accepted: accepted.clone(),
            method: self.input.method.clone(),
            reason: self.reason.hash,
        }];
        let groups = group::groups_of(tx, by.id).await?;
        let verified = decide_verification(&loaded.facts(), &verifications, |_| groups.clone())?;
        check_verified(&loaded.recorded.claim, &self.measure, &verified)?;
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: id.to_string(),
            inputs_upto: None,
            body: ClaimVerified {
                claim: id,
                verified: verified.clone(),
                verifications,
            }
            .into(),
        })?;
        let found = Some((&accepted, self.input.method.as_str()));
        record(tx, id, &by, found, &self.reason, index).await?;
        claim::decide(
            tx,
            id,
            ClaimStatus::Verified,
            Some(&verified),
            tx.at(),
            index,
        )
        .await?;
        Ok(id)
    }
}

struct Reject {
    actor: Actor,
    id: ClaimId,
    reason: Remark,
}

impl Command for Reject {
    const NAME: &'static str = "reject_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let loaded = Loaded::load(tx, self.id).await?;
        let permit = loaded.permit(tx, &self.actor, Action::RejectClaim).await?;
        let by = permit.actor;
        let groups = group::groups_of(tx, by.id).await?;
        decide_rejection(&loaded.facts(), by.id, |_| groups.clone())?;
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: ClaimRejected {
                claim: self.id,
                reason: self.reason.hash,
            }
            .into(),
        })?;
        record(tx, self.id, &by, None, &self.reason, index).await?;
        claim::decide(tx, self.id, ClaimStatus::Rejected, None, tx.at(), index).await?;
        Ok(self.id)
    }
}

impl App {
    /// Accepts a quantity of a claim. What is accepted by one verifier is the verified quantity.
    pub async fn verify_claim(
        &self,
        actor: &Actor,
        input: VerifyClaim,
    ) -> Result<Written<ClaimId>, AppError> {
        let recorded = claim::load(self.store.read(), input.claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let measure = self.read().measure(&recorded.claim.measure).await?;
        let command = Verify {
            measure: measure.ok_or_else(|| AppError::internal("the claim's measure is gone"))?,
            actor: actor.clone(),
            reason: Remark::new(self, "reason", &input.reason)?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Rejects a claim, with the reason in words that can be erased.
    pub async fn reject_claim(
        &self,
        actor: &Actor,
        id: ClaimId,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Reject {
            actor: actor.clone(),
            id,
            reason: Remark::new(self, "reason", reason)?,
        };
        self.store.write(None, command).await
    }
}
