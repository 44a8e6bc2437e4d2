//! Use-cases of verification: an independent verifier accepts a quantity of a claim, or rejects it.

use commonweal_domain::actor::{Action, Actor, Facts, Permit};
use commonweal_domain::amount::Quantity;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::contract::entries::{ClaimRejected, ClaimVerified};
use commonweal_domain::contract::quorum::duty::decide_judging;
use commonweal_domain::contract::small_cells::check_verified;
use commonweal_domain::contract::verification::{
    ClaimFacts, Verification, check_accepted, decide_rejection, decide_verification,
};
use commonweal_domain::contract::{ClaimStatus, RecordedClaim};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId, PersonId};
use commonweal_domain::log::commitment::Salt;
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::Hash;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::assignment::as_drawn;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::judging::{Saying, judge};
use crate::organisation::column;
use crate::quorum::Prepared;
use crate::remark::Remark;
use crate::store::claim::{self, verification};
use crate::store::{Command, Tx, Written, contract, quorum, verifier};

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
    /// The buyer of its contract.
    pub(crate) buyer: Option<OrganisationId>,
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
        let buyer = contract.map(|contract| contract.buyer);
        let buyer_group = match buyer {
            Some(buyer) => Some(group::known_group(tx, buyer).await?),
            None => None,
        };
        Ok(Self {
            buyer,
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

/// What somebody found, as it is shown once it is public.
pub(crate) struct Found<'a> {
    /// Who, for which organisation.
    pub(crate) by: (PersonId, OrganisationId),
    /// The quantity and the method; none when the claim was rejected.
    pub(crate) accepted: Option<(&'a Quantity, &'a str)>,
    /// The salted hash of the reason.
    pub(crate) reason: Hash,
    /// Whether it counts in a verifier's record.
    pub(crate) in_record: bool,
}

/// Stores what somebody found.
pub(crate) async fn record(
    tx: &Tx,
    id: ClaimId,
    found: &Found<'_>,
    index: u64,
) -> Result<(), AppError> {
    let (verifier, organisation) = found.by;
    verification::Entity::insert(verification::ActiveModel {
        claim_id: Set(id.uuid()),
        verifier_id: Set(verifier.uuid()),
        organisation_id: Set(organisation.uuid()),
        accepted_units: Set(found.accepted.map(|(quantity, _)| quantity.units())),
        method: Set(found.accepted.map(|(_, method)| method.to_owned())),
        reason: Set(found.reason.as_bytes().to_vec()),
        at: Set(tx.at().micros()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(tx)
    .await?;
    let counted = match found.accepted {
        Some(_) => verifier::record::Column::Accepted,
        None => verifier::record::Column::Rejected,
    };
    if found.in_record {
        verifier::count(tx, &[verifier], counted).await?;
    }
    Ok(())
}

struct Verify {
    actor: Actor,
    input: VerifyClaim,
    reason: Remark,
    measure: Measure,
    salt: Salt,
    /// Where a quorum binds the claim.
    prepared: Option<Prepared>,
}

impl Command for Verify {
    const NAME: &'static str = "verify_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let id = self.input.claim;
        let loaded = Loaded::load(tx, id).await?;
        let permit = loaded.permit(tx, &self.actor, Action::VerifyClaim).await?;
        let bound = self.prepared.is_some();
        let by = acting(tx, (&self.actor, permit), &loaded, bound, true).await?;
        let claimed = &loaded.recorded.claim.quantity;
        let accepted = Quantity::parse(
            &self.input.accepted,
            claimed.scale(),
            claimed.unit().clone(),
        )
        .map_err(|error| AppError::refused_at("ACCEPTED", "accepted", error))?;
        check_accepted(claimed, &accepted)?;
        check_verified(&loaded.recorded.claim, &self.measure, &accepted)?;
        if let Some(prepared) = several(self.prepared.as_ref()) {
            let saying = Saying {
                accepted,
                method: &self.input.method,
                reason: &self.reason,
                salt: self.salt,
            };
            judge(tx, &loaded, prepared, by, saying).await?;
            return Ok(id);
        }
        let verifications = vec![Verification {
            verifier: by.id,
            organisation: by.organisation,
            accepted: accepted.clone(),
            method: self.input.method.clone(),
            reason: self.reason.hash,
            salt: None,
        }];
        let groups = group::groups_of(tx, by.id).await?;
        let verified = decide_verification(&loaded.facts(), &verifications, |_| groups.clone())?;
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
        let found = Found {
            by: (by.id, by.organisation),
            accepted: Some((&accepted, self.input.method.as_str())),
            reason: self.reason.hash,
            in_record: true,
        };
        record(tx, id, &found, index).await?;
        self.reason.keep(tx).await?;
        let status = ClaimStatus::Verified;
        claim::decide(tx, id, status, Some(&verified), tx.at(), index).await?;
        Ok(id)
    }
}

/// The quorum, where several verifiers judge.
fn several(prepared: Option<&Prepared>) -> Option<&Prepared> {
    prepared.filter(|prepared| prepared.quorum.verifiers > 1)
}

/// In which role somebody judges or asks: where a quorum binds the claim, as they were drawn and while they may still judge;
/// otherwise as whoever is independent.
pub(crate) async fn acting(
    tx: &Tx,
    (actor, permit): (&Actor, Permit),
    loaded: &Loaded,
    bound: bool,
    accepts: bool,
) -> Result<EntryActor, AppError> {
    if !bound {
        return Ok(permit.actor);
    }
    let seats = quorum::assignments(tx, loaded.recorded.claim.id).await?;
    let by = as_drawn(tx, actor, &seats).await?;
    decide_judging(loaded.recorded.status, &seats, by.id, accepts)?;
    Ok(by)
}

struct Reject {
    actor: Actor,
    id: ClaimId,
    method: String,
    reason: Remark,
    salt: Salt,
    /// Where a quorum binds the claim.
    prepared: Option<Prepared>,
}

impl Command for Reject {
    const NAME: &'static str = "reject_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let id = self.id;
        let loaded = Loaded::load(tx, id).await?;
        let permit = loaded.permit(tx, &self.actor, Action::RejectClaim).await?;
        let bound = self.prepared.is_some();
        let by = acting(tx, (&self.actor, permit), &loaded, bound, false).await?;
        if let Some(prepared) = several(self.prepared.as_ref()) {
            let claimed = &loaded.recorded.claim.quantity;
            let saying = Saying {
                accepted: claimed.with_units(0).map_err(AppError::internal)?,
                method: &self.method,
                reason: &self.reason,
                salt: self.salt,
            };
            judge(tx, &loaded, prepared, by, saying).await?;
            return Ok(id);
        }
        let groups = group::groups_of(tx, by.id).await?;
        decide_rejection(&loaded.facts(), by.id, |_| groups.clone())?;
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: id.to_string(),
            inputs_upto: None,
            body: ClaimRejected {
                claim: id,
                reason: self.reason.hash,
                verifications: Vec::new(),
            }
            .into(),
        })?;
        let found = Found {
            by: (by.id, by.organisation),
            accepted: None,
            reason: self.reason.hash,
            in_record: true,
        };
        record(tx, id, &found, index).await?;
        self.reason.keep(tx).await?;
        claim::decide(tx, id, ClaimStatus::Rejected, None, tx.at(), index).await?;
        Ok(id)
    }
}

impl App {
    /// The measure of a claim; it never changes.
    pub(crate) async fn measure_behind(&self, claim: ClaimId) -> Result<Measure, AppError> {
        let recorded = claim::load(self.store.read(), claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let measure = self.read().measure(&recorded.claim.measure).await?;
        measure.ok_or_else(|| AppError::internal("the claim's measure is gone"))
    }

    /// Accepts a quantity of a claim. Where no quorum binds it, or a quorum of one, that is the verified quantity; one of several
    /// drawn verifiers seals it, and the last opens and concludes all.
    pub async fn verify_claim(
        &self,
        actor: &Actor,
        input: VerifyClaim,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Verify {
            measure: self.measure_behind(input.claim).await?,
            actor: actor.clone(),
            reason: Remark::new(self, "reason", &input.reason)?,
            salt: Salt(self.ids.rng().bytes()),
            prepared: self.prepared(input.claim).await?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Rejects a claim, with the reason in words that can be erased. Only one of several drawn verifiers names a `method`, and
    /// thereby accepts nothing.
    pub async fn reject_claim(
        &self,
        actor: &Actor,
        id: ClaimId,
        method: Option<&str>,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Reject {
            actor: actor.clone(),
            id,
            method: method.unwrap_or_default().to_owned(),
            reason: Remark::new(self, "reason", reason)?,
            salt: Salt(self.ids.rng().bytes()),
            prepared: self.prepared(id).await?,
        };
        self.store.write(None, command).await
    }
}
