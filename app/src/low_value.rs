//! The use-case of claims of low value: an officer of the buyer confirms alone, and chance sends some to the verifiers.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::amount::Quantity;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::contract::entries::ClaimConfirmed;
use commonweal_domain::contract::quorum::draw::is_audited;
use commonweal_domain::contract::quorum::duty::DutyError;
use commonweal_domain::contract::quorum::low_value::{
    ConfirmationError, ConfirmationFacts, decide_confirmation,
};
use commonweal_domain::contract::small_cells::check_verified;
use commonweal_domain::contract::status::ClaimStep;
use commonweal_domain::contract::{ClaimStatus, Verification};
use commonweal_domain::ids::{ClaimId, Id};
use commonweal_domain::log::entry::{Draft, EntryActor};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::assignment::{assign, draw};
use crate::authorization::authorize;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::quorum::Prepared;
use crate::remark::Remark;
use crate::store::quorum::{self, confirmation};
use crate::store::{Command, Tx, Written, claim};
use crate::verification::{Found, Loaded, VerifyClaim, record};

struct Confirm {
    actor: Actor,
    input: VerifyClaim,
    prepared: Prepared,
    reason: Remark,
    measure: Measure,
}

impl Command for Confirm {
    const NAME: &'static str = "confirm_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let id = self.input.claim;
        let loaded = Loaded::load(tx, id).await?;
        let buyer = loaded.buyer.ok_or(ConfirmationError::NoBuyer)?;
        let facts = Facts {
            organisation: Some(buyer),
            earlier: &[loaded.recorded.submitted_by],
            interested: &group::members(tx, &[loaded.facts().claimant_group]).await?,
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::ConfirmClaim, &facts).await?;
        let by = permit.actor;
        let finding = self.decided(tx, &loaded, &by).await?;
        let audited = is_audited(self.prepared.seed, self.prepared.quorum.audit_share);
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: id.to_string(),
            inputs_upto: None,
            body: ClaimConfirmed {
                claim: id,
                link: self.prepared.link,
                path: self.prepared.path()?,
                finding: finding.clone(),
                audited,
            }
            .into(),
        })?;
        self.prepared.reveal(tx, id, index).await?;
        self.store(tx, &loaded, &finding, audited, index).await?;
        self.reason.keep(tx).await?;
        if !audited {
            let accepted = Some((&finding.accepted, finding.method.as_str()));
            let found = Found {
                by: (by.id, by.organisation),
                accepted,
                reason: finding.reason,
                in_record: false,
            };
            record(tx, id, &found, index).await?;
            let verified = Some(&finding.accepted);
            claim::decide(tx, id, ClaimStatus::Verified, verified, tx.at(), index).await?;
            return Ok(id);
        }
        let next = loaded.recorded.status.after(ClaimStep::Assign);
        claim::step(tx, id, next.map_err(DutyError::from)?).await?;
        match draw(tx, &loaded, &self.prepared, false).await? {
            Ok(drawn) => assign(tx, &loaded, &self.prepared, by, (&drawn, false)).await?,
            // The claim waits until there are enough verifiers.
            Err(DutyError::TooFew(_)) => {}
            Err(refused) => return Err(refused.into()),
        }
        Ok(id)
    }
}

impl Confirm {
    /// What the officer found, if the rules allow it.
    async fn decided(
        &self,
        tx: &Tx,
        loaded: &Loaded,
        by: &EntryActor,
    ) -> Result<Verification, AppError> {
        let claimed = &loaded.recorded.claim;
        let unit = claimed.quantity.unit().clone();
        let accepted = Quantity::parse(&self.input.accepted, claimed.quantity.scale(), unit)
            .map_err(|error| AppError::refused_at("ACCEPTED", "accepted", error))?;
        let finding = Verification {
            verifier: by.id,
            organisation: by.organisation,
            accepted,
            method: self.input.method.clone(),
            reason: self.reason.hash,
            salt: None,
        };
        let confirmed_units = match claimed.answers {
            Some(answers) => quorum::confirmed_units(tx, answers.kpi).await?,
            None => 0,
        };
        let facts = ConfirmationFacts {
            claim: loaded.facts(),
            buyer: loaded.buyer,
            drawn: quorum::drawn(tx, claimed.id).await?.is_some(),
            confirmed_units,
        };
        let groups = group::groups_of(tx, by.id).await?;
        let quorum = &self.prepared.quorum;
        decide_confirmation(quorum, &facts, &finding, |_| groups.clone())?;
        check_verified(claimed, &self.measure, &finding.accepted)?;
        Ok(finding)
    }

    async fn store(
        &self,
        tx: &Tx,
        loaded: &Loaded,
        finding: &Verification,
        audited: bool,
        index: u64,
    ) -> Result<(), AppError> {
        let claimed = &loaded.recorded.claim;
        let answers = claimed.answers.ok_or(ConfirmationError::NoBuyer)?;
        confirmation::Entity::insert(confirmation::ActiveModel {
            claim_id: Set(claimed.id.uuid()),
            kpi_id: Set(answers.kpi.uuid()),
            units: Set(claimed.quantity.units()),
            officer_id: Set(finding.verifier.uuid()),
            organisation_id: Set(finding.organisation.uuid()),
            accepted_units: Set(finding.accepted.units()),
            method: Set(finding.method.clone()),
            reason: Set(finding.reason.as_bytes().to_vec()),
            audited: Set(audited),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

impl App {
    /// Confirms a claim of low value, as an officer of its buyer. Chance draws a published share of them for verification.
    pub async fn confirm_claim(
        &self,
        actor: &Actor,
        input: VerifyClaim,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Confirm {
            actor: actor.clone(),
            prepared: self.bound(input.claim).await?,
            measure: self.measure_behind(input.claim).await?,
            reason: Remark::new(self, "reason", &input.reason)?,
            input,
        };
        self.store.write(None, command).await
    }
}
