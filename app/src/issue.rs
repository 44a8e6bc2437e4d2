//! The use-case of issuing: the credits of one verified claim, once, by a registrar who took no earlier step.

use commonweal_domain::actor::{self, Action, Actor, Facts, Role};
use commonweal_domain::amount::Share;
use commonweal_domain::contract::Claim;
use commonweal_domain::credit::issue::{IssueError, IssueFacts, Terms, decide_issue};
use commonweal_domain::ids::{BatchId, ClaimId, PersonId, RetirementId};
use commonweal_domain::log::entry::Draft;

use crate::App;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::store::{Command, IdempotencyKey, Tx, Written, claim, contract, credit};

struct Issue {
    actor: Actor,
    claim: ClaimId,
    /// Taken off outcomes outside contracts; a measure never changes.
    /// Of the measure; none where it is not known.
    deadweight: Option<Share>,
    batch: BatchId,
    retirement: RetirementId,
}

impl Command for Issue {
    const NAME: &'static str = "issue_credits";
    type Out = BatchId;

    async fn run(&self, tx: &mut Tx) -> Result<BatchId, AppError> {
        let recorded = claim::load(tx, self.claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let earlier: Vec<PersonId> = std::iter::once(recorded.submitted_by)
            .chain(recorded.verifiers.iter().copied())
            .collect();
        let facts = Facts {
            earlier: &earlier,
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::IssueCredits, &facts).await?;
        let claim = &recorded.claim;
        let vintage = claim.vintage().map_err(AppError::internal)?;
        let key = (claim.measure.clone(), claim.place.clone(), vintage);
        let class = credit::class_with(tx, &key).await?.ok_or_else(|| {
            let (measure, place, _) = &key;
            AppError::refused_at(
                "NO_CLASS",
                "claim",
                format!(
                    "there is no class of `{}` at {place} in {vintage}: define it first",
                    measure.code
                ),
            )
        })?;
        let facts = IssueFacts {
            claim,
            verified: recorded.verified.as_ref(),
            issued: credit::batch_of(tx, self.claim).await?,
            class: &class,
            terms: self.terms(tx, claim).await?,
            registrar: permit.actor.id,
            earlier: &earlier,
        };
        let issued = match decide_issue(self.batch, self.retirement, &facts) {
            // The credits of a claim are issued once: a second request gets the batch of the first.
            Err(IssueError::AlreadyIssued { batch }) => return Ok(batch),
            decided => decided?,
        };
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.batch.to_string(),
            inputs_upto: None,
            body: issued.clone().into(),
        })?;
        let kpi = claim.answers.map(|answers| answers.kpi);
        credit::insert_batch(tx, &issued, kpi, tx.at(), index).await?;
        Ok(self.batch)
    }
}

impl Issue {
    async fn terms(&self, tx: &Tx, claim: &Claim) -> Result<Terms, AppError> {
        let Some(answers) = claim.answers else {
            let deadweight = self.deadweight.ok_or_else(|| {
                let message = "the measure's deadweight is not known: outcomes outside contracts of it earn no credits";
                AppError::refused_at("DEADWEIGHT_UNKNOWN", "claim", message)
            })?;
            return Ok(Terms::Outside { deadweight });
        };
        let missing = || AppError::internal(format!("the claim {} answers no KPI", claim.id));
        let signed = contract::load(tx, answers.contract)
            .await?
            .ok_or_else(missing)?;
        let kpi = signed.kpi(answers.kpi).ok_or_else(missing)?;
        Ok(Terms::Kpi {
            buyer: signed.buyer,
            surplus_tradable: signed.surplus_tradable,
            kpi_units: kpi.quantity.units(),
            issued_units: credit::issued_units(tx, answers.kpi).await?,
        })
    }
}

impl App {
    /// Issues the credits of a verified claim. A second request for the claim, with whatever key, answers the same batch.
    pub async fn issue_credits(
        &self,
        actor: &Actor,
        key: &str,
        claim: ClaimId,
    ) -> Result<Written<BatchId>, AppError> {
        actor::authorize(actor, Action::IssueCredits, &Facts::default())?;
        // The table lets registrars alone through.
        let registry = actor.organisations(Role::Registrar).next();
        let registry = registry.ok_or(AppError::Unauthenticated)?;
        let recorded = claim::load(self.store.read(), claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let measure = self.read().measure(&recorded.claim.measure).await?;
        let measure = measure.ok_or_else(|| AppError::internal("the claim's measure is gone"))?;
        let key = IdempotencyKey::of_body(registry, key, &claim)?;
        let command = Issue {
            actor: actor.clone(),
            claim,
            deadweight: measure.deadweight,
            batch: self.ids.new(),
            retirement: self.ids.new(),
        };
        self.store.write(Some(key), command).await
    }
}
