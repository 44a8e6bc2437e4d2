//! Use-cases of corrections and reversals: a registrar proposes or a challenge is upheld, and a second registrar carries it
//! out.

mod rows;
mod standing;

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::catalogue::Measure;
use commonweal_domain::challenge::entries::CorrectionProposed;
use commonweal_domain::challenge::rules::{
    ChallengeError, Standing, decide_proposal, final_outcome,
};
use commonweal_domain::challenge::{Basis, Outcome, Proposal, Remedy};
use commonweal_domain::credit::entries::{CreditsCorrected, CreditsReversed};
use commonweal_domain::credit::reduction::{Reduction, ReductionFacts, decide_fall};
use commonweal_domain::ids::{ClaimId, Id, LiabilityId, PersonId, ProposalId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::kinds::Body as EntryBody;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::{authorize, authorize_on_claim};
use crate::challenge::earlier;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::{column, word};
use crate::performance::rate_again;
use crate::remark::Remark;
use crate::store::challenge::{self, proposal};
use crate::store::reduced::reduction;
use crate::store::{Command, Tx, Written, claim, verifier};

struct Propose {
    actor: Actor,
    id: ProposalId,
    claim: ClaimId,
    verified: String,
    remedy: Remedy,
    reason: Remark,
    /// Of the claim, which never changes.
    measure: Measure,
}

impl Command for Propose {
    const NAME: &'static str = "propose_correction";
    type Out = ProposalId;

    async fn run(&self, tx: &mut Tx) -> Result<ProposalId, AppError> {
        let (recorded, permit) =
            authorize_on_claim(tx, &self.actor, Action::ProposeCorrection, self.claim).await?;
        let standing = recorded.verified.as_ref();
        let standing = standing.ok_or(ChallengeError::NotVerified(self.claim))?;
        let verified = Quantity::parse(&self.verified, standing.scale(), standing.unit().clone())
            .map_err(|error| AppError::refused_at("QUANTITY", "verified", error))?;
        let made = Proposal {
            id: self.id,
            claim: self.claim,
            verified: verified.clone(),
            remedy: self.remedy,
            by: permit.actor.id,
            carried_out: false,
        };
        let standing = Standing {
            claim: &recorded.claim,
            measure: Some(&self.measure),
            verified: standing,
        };
        decide_proposal(&made, standing)?;
        let units = verified.units();
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.claim.to_string(),
            inputs_upto: None,
            body: CorrectionProposed {
                proposal: self.id,
                claim: self.claim,
                verified,
                remedy: self.remedy,
                reason: self.reason.hash,
            }
            .into(),
        })?;
        proposal::Entity::insert(proposal::ActiveModel {
            id: Set(self.id.uuid()),
            claim_id: Set(self.claim.uuid()),
            remedy: Set(word(self.remedy)?),
            verified_units: Set(units),
            by_id: Set(made.by.uuid()),
            reason: Set(self.reason.hash.as_bytes().to_vec()),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
            carried_out: Set(false),
        })
        .exec_without_returning(tx)
        .await?;
        self.reason.keep(tx).await?;
        Ok(self.id)
    }
}

struct CarryOut {
    actor: Actor,
    basis: Basis,
    /// Of the claim's measure, which never changes; none where it is not known.
    deadweight: Option<Share>,
    liability: LiabilityId,
}

/// What was decided, and by whom.
struct Decided {
    verified: Quantity,
    remedy: Remedy,
    by: Vec<PersonId>,
}

impl Command for CarryOut {
    const NAME: &'static str = "carry_out_decision";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let id = challenge::claim_of(tx, self.basis)
            .await?
            .ok_or_else(unknown_decision)?;
        let recorded = claim::load(tx, id).await?.ok_or_else(unknown_claim)?;
        let standing = recorded
            .verified
            .clone()
            .ok_or(ChallengeError::NotVerified(id))?;
        let decided = self.decided(tx, &standing).await?;
        let mut before = earlier(tx, &recorded).await?;
        before.extend(&decided.by);
        let group = group::known_group(tx, recorded.claim.claimant).await?;
        let facts = Facts {
            organisation: None,
            earlier: &before,
            interested: &group::members(tx, &[group]).await?,
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::CarryOutDecision, &facts).await?;
        let batches = standing::standings(tx, &recorded, group).await?;
        let facts = ReductionFacts {
            claim: id,
            claimant: recorded.claim.claimant,
            verified: &standing,
            basis: self.basis,
            reduced: &decided.verified,
            outside: match recorded.claim.answers {
                Some(_) => None,
                None => self.deadweight,
            },
            batches: &batches,
            registrar: permit.actor.id,
            earlier: &before,
        };
        let fall = decide_fall(&facts)?;
        let pool = match (fall.missing(), batches.first()) {
            (1.., Some(own)) => standing::pool(tx, own.batch.id, fall.missing()).await?,
            _ => Vec::new(),
        };
        let made = fall.made_good(self.liability, pool)?;
        let by = permit.actor.id;
        let entry: EntryBody = match decided.remedy {
            Remedy::Correct => CreditsCorrected {
                reduction: made.clone(),
            }
            .into(),
            Remedy::Reverse => CreditsReversed {
                reduction: made.clone(),
            }
            .into(),
        };
        let index = tx.append(Draft {
            actors: vec![permit.actor.clone()],
            subject: id.to_string(),
            inputs_upto: None,
            body: entry,
        })?;
        let named = recorded.claim.answers.map(|answers| answers.kpi);
        rows::store_reduction(tx, &made, named, index).await?;
        self.store(tx, &made, (&standing, &decided), by, index)
            .await?;
        rate_again(tx, &recorded.claim, by, index).await?;
        self.close(tx, &permit.actor, &standing, index).await?;
        Ok(id)
    }
}

impl CarryOut {
    async fn decided(&self, tx: &Tx, standing: &Quantity) -> Result<Decided, AppError> {
        match self.basis {
            Basis::Proposal(id) => {
                let row = proposal::Entity::find_by_id(id.uuid()).one(tx).await?;
                let row = row
                    .filter(|row| !row.carried_out)
                    .ok_or_else(unknown_decision)?;
                let found = challenge::proposal_of(&row, standing)?;
                Ok(Decided {
                    verified: found.verified,
                    remedy: found.remedy,
                    by: vec![found.by],
                })
            }
            Basis::Challenge(id) => {
                let row = challenge::Entity::find_by_id(id.uuid()).one(tx).await?;
                let row = row
                    .filter(|row| !row.carried_out)
                    .ok_or_else(unknown_decision)?;
                let decisions = challenge::decisions(tx, id).await?;
                let found = challenge::challenge_of(&row, &decisions, standing)?;
                match final_outcome(&found, tx.at())? {
                    Outcome::Dismissed => Err(ChallengeError::NotUpheld.into()),
                    Outcome::Upheld { verified, remedy } => Ok(Decided {
                        verified: verified.clone(),
                        remedy: *remedy,
                        by: found.decisions.iter().map(|decision| decision.by).collect(),
                    }),
                }
            }
        }
    }

    async fn store(
        &self,
        tx: &Tx,
        made: &Reduction,
        (standing, decided): (&Quantity, &Decided),
        by: PersonId,
        index: u64,
    ) -> Result<(), AppError> {
        let (challenged, proposed) = match self.basis {
            Basis::Challenge(id) => (Some(id.uuid()), None),
            Basis::Proposal(id) => (None, Some(id.uuid())),
        };
        let units = (standing.units(), made.verified.units());
        verifier::overturn(tx, made.claim, units).await?;
        reduction::Entity::insert(reduction::ActiveModel {
            entry_idx: Set(column(index)?),
            claim_id: Set(made.claim.uuid()),
            remedy: Set(word(decided.remedy)?),
            before_units: Set(standing.units()),
            after_units: Set(made.verified.units()),
            challenge_id: Set(challenged),
            proposal_id: Set(proposed),
            carried_out_by: Set(by.uuid()),
            at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        claim::Entity::update(claim::ActiveModel {
            id: Set(made.claim.uuid()),
            verified_units: Set(Some(made.verified.units())),
            ..Default::default()
        })
        .exec(tx)
        .await?;
        Ok(())
    }

    /// The decision is carried out once.
    async fn close(
        &self,
        tx: &Tx,
        by: &commonweal_domain::log::entry::EntryActor,
        standing: &Quantity,
        index: u64,
    ) -> Result<(), AppError> {
        match self.basis {
            Basis::Proposal(id) => {
                proposal::Entity::update(proposal::ActiveModel {
                    id: Set(id.uuid()),
                    carried_out: Set(true),
                    ..Default::default()
                })
                .exec(tx)
                .await?;
                Ok(())
            }
            Basis::Challenge(id) => {
                let row = challenge::Entity::find_by_id(id.uuid()).one(tx).await?;
                let row = row.ok_or_else(unknown_decision)?;
                let decisions = challenge::decisions(tx, id).await?;
                let mut found = challenge::challenge_of(&row, &decisions, standing)?;
                found.carried_out = true;
                challenge::save(tx, &found, by, "carried_out", None, index).await
            }
        }
    }
}

fn unknown_decision() -> AppError {
    AppError::refused_at(
        "UNKNOWN_DECISION",
        "basis",
        "there is no such challenge or proposal, or it was carried out",
    )
}

impl App {
    /// Proposes to correct or reverse a verified claim: `verified` is what stays, as decimal text in the measure's unit.
    pub async fn propose_correction(
        &self,
        actor: &Actor,
        claim: ClaimId,
        verified: &str,
        remedy: Remedy,
        reason: &str,
    ) -> Result<Written<ProposalId>, AppError> {
        let command = Propose {
            actor: actor.clone(),
            id: self.ids.new(),
            claim,
            verified: verified.to_owned(),
            remedy,
            reason: self.public_words("reason", reason)?,
            measure: self.measure_behind(claim).await?,
        };
        self.store.write(None, command).await
    }

    /// Carries out an upheld challenge or another registrar's proposal.
    pub async fn carry_out(
        &self,
        actor: &Actor,
        basis: Basis,
    ) -> Result<Written<ClaimId>, AppError> {
        let read = self.store.read();
        let id = challenge::claim_of(read, basis)
            .await?
            .ok_or_else(unknown_decision)?;
        let recorded = claim::load(read, id).await?.ok_or_else(unknown_claim)?;
        let measure = self.read().measure(&recorded.claim.measure).await?;
        let command = CarryOut {
            actor: actor.clone(),
            basis,
            deadweight: measure.and_then(|measure| measure.deadweight),
            liability: self.ids.new(),
        };
        self.store.write(None, command).await
    }
}
