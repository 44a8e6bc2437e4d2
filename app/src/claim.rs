//! Use-cases of claims: a supplier reports a delivered quantity with evidence, and may take it back before verification.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::amount::Share;
use commonweal_domain::catalogue::{Measure, MeasureRef};
use commonweal_domain::contract::counting::{Count, Line, commit_working, count};
use commonweal_domain::contract::entries::{ClaimSubmitted, ClaimWithdrawn};
use commonweal_domain::contract::kpi::KpiProgress;
use commonweal_domain::contract::reference::InvalidReference;
use commonweal_domain::contract::submission::{
    SubmissionError, SubmissionFacts, check_counted, decide_submission, first_open,
};
use commonweal_domain::contract::verification::decide_withdrawal;
use commonweal_domain::contract::{Claim, ClaimStatus, Counted, ExternalReference, Kpi, KpiRef};
use commonweal_domain::ids::{ClaimDraftId, ClaimId, ContractId, Id, KpiId, OrganisationId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::place::Place;
use commonweal_domain::time::{Date, Period};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use crate::App;
use crate::authorization::authorize;
use crate::beneficiaries::{Fit, Named};
use crate::error::AppError;
use crate::evidence::retention;
use crate::store::claim_rules::{self, working};
use crate::store::{
    Command, IdempotencyKey, Tx, Written, claim, contract, delivery, evidence_file, quorum,
};
use crate::text::place;
use crate::{claim_draft, group};

/// A file of the claimant, stored before, that stands behind a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEvidence {
    /// SHA-256 of the file. The store knows its size and media type.
    pub sha256: Hash,
    /// Kind of evidence in the measure's words, such as `payroll`.
    pub kind: String,
}

/// Which outcome is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimedOutcome {
    /// What a KPI of a contract asks for: its measure and place, which nobody retypes.
    Kpi(KpiId),
    /// An outcome outside any contract.
    OutsideContracts {
        /// What was delivered.
        measure: MeasureRef,
        /// Where.
        place: String,
    },
}

/// Input of [`App::submit_claim`].
#[derive(Debug, Clone, Serialize)]
pub struct SubmitClaim {
    /// Who delivered.
    pub claimant: OrganisationId,
    /// What.
    pub outcome: ClaimedOutcome,
    /// How much: decimal text in the measure's unit.
    pub quantity: String,
    /// When.
    pub period: Period,
    /// The claimant's part of an outcome that several organisations delivered together; the whole where it is left out.
    pub share: Option<Share>,
    /// The people behind the quantity, where the measure counts people. They stay out of the log.
    pub working: Vec<Line>,
    /// The text that `commonweal tokens` made of the people behind it, where the measure counts each once.
    pub beneficiaries: Option<String>,
    /// The files behind it.
    pub evidence: Vec<NamedEvidence>,
    /// Where the outcome stands in another register: its code, and the number in it.
    pub external_reference: Option<(String, String)>,
}

/// The lines of a working with the salt of their commitment.
struct Working {
    lines: Vec<u8>,
    salt: [u8; 32],
}

struct Submit {
    actor: Actor,
    /// The draft that becomes the claim, in the version that was read.
    draft: Option<(ClaimDraftId, i64)>,
    /// The claim, still without its files.
    claim: Claim,
    files: Vec<NamedEvidence>,
    /// Until when they are kept.
    kept_until: Option<Date>,
    measure: Measure,
    /// What the measure counts.
    outcome: String,
    working: Option<Working>,
    named: Option<Named>,
}

impl Command for Submit {
    const NAME: &'static str = "submit_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let facts = Facts {
            organisation: Some(self.claim.claimant),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::SubmitClaim, &facts).await?;
        let evidence = evidence_file::take(tx, self.claim.claimant, &self.files, tx.at()).await?;
        let claim = &Claim {
            evidence,
            ..self.claim.clone()
        };
        let contract = match claim.answers {
            Some(answers) => contract::load(tx, answers.contract).await?,
            None => None,
        };
        let group = group::known_group(tx, claim.claimant).await?;
        let related = group::members(tx, &[group]).await?;
        let facts = SubmissionFacts {
            measure: Some(&self.measure),
            contract: contract.as_ref(),
            annulled_on: match claim.answers {
                Some(answers) => contract::annulled_on(tx, answers.contract).await?,
                None => None,
            },
            same_evidence: claim_rules::same_evidence(tx, claim).await?,
            same_reference: claim_rules::same_reference(tx, claim).await?,
            same_outcome: claim_rules::same_outcome(tx, claim, &self.outcome, &related).await?,
            same_person: match &self.named {
                Some(named) => named.counted_by(tx, claim, group).await?,
                None => None,
            },
            open_kpi: open_kpi(tx, claim, &self.outcome, &related).await?,
            at: tx.at(),
        };
        decide_submission(claim, &facts)?;
        let by = permit.actor.id;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: claim.id.to_string(),
            inputs_upto: None,
            body: ClaimSubmitted {
                claim: claim.clone(),
            }
            .into(),
        })?;
        claim::insert(tx, claim, &self.outcome, by, tx.at(), index).await?;
        claim::insert_evidence(tx, claim, 0, &claim.evidence, self.kept_until).await?;
        if let Some(draft) = self.draft {
            claim_draft::take(tx, draft).await?;
        }
        if let Some(named) = &self.named {
            named.keep(tx, claim.id).await?;
        }
        if let Some(kept) = &self.working {
            working::Entity::insert(working::ActiveModel {
                claim_id: Set(claim.id.uuid()),
                lines: Set(kept.lines.clone()),
                salt: Set(kept.salt.to_vec()),
            })
            .exec_without_returning(tx)
            .await?;
        }
        Ok(claim.id)
    }
}

/// For a claim outside contracts: a KPI of the claimant's group that asks for its outcome and is not filled.
async fn open_kpi(
    tx: &Tx,
    claimed: &Claim,
    outcome: &str,
    related: &[OrganisationId],
) -> Result<Option<(ContractId, KpiId)>, AppError> {
    if claimed.answers.is_some() {
        return Ok(None);
    }
    let from = claimed.period.from();
    let kpis = contract::asking_for(tx, outcome, &claimed.place, from, related).await?;
    let ids: Vec<KpiId> = kpis.iter().map(|(_, _, kpi)| kpi.id).collect();
    let asked: Vec<&Kpi> = kpis.iter().map(|(_, _, kpi)| kpi).collect();
    let binding = delivery::binding(tx, &asked, tx.at().date()).await?;
    let verified = claim::verified_units(tx, &ids).await?;
    let progress = kpis.iter().map(|(contract, supplier, kpi)| {
        let progress = KpiProgress {
            kpi,
            supplier: *supplier,
            binding_units: binding.get(&kpi.id).copied().unwrap_or(0),
            verified_units: verified.get(&kpi.id).copied().unwrap_or(0),
        };
        (*contract, progress)
    });
    Ok(first_open(claimed, progress))
}

struct Withdraw {
    actor: Actor,
    id: ClaimId,
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw_claim";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let recorded = claim::load(tx, self.id).await?.ok_or_else(unknown_claim)?;
        let facts = Facts {
            organisation: Some(recorded.claim.claimant),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::WithdrawClaim, &facts).await?;
        let drawn = quorum::drawn(tx, self.id).await?.is_some();
        decide_withdrawal(recorded.status, drawn)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: ClaimWithdrawn { claim: self.id }.into(),
        })?;
        claim::decide(tx, self.id, ClaimStatus::Withdrawn, None, tx.at(), index).await?;
        Ok(self.id)
    }
}

impl App {
    /// Submits a claim. With the same key and body the first claim is answered again.
    pub async fn submit_claim(
        &self,
        actor: &Actor,
        key: &str,
        input: SubmitClaim,
    ) -> Result<Written<ClaimId>, AppError> {
        let key = IdempotencyKey::of_body(input.claimant, key, &input)?;
        self.submit(actor, key, input, None).await
    }

    /// Submits a claim, which may come from a draft. A refusal is counted for the public report.
    pub(crate) async fn submit(
        &self,
        actor: &Actor,
        key: IdempotencyKey,
        input: SubmitClaim,
        draft: Option<(ClaimDraftId, i64)>,
    ) -> Result<Written<ClaimId>, AppError> {
        let facts = Facts {
            organisation: Some(input.claimant),
            ..Facts::default()
        };
        actor::authorize(actor, Action::SubmitClaim, &facts)?;
        // Whoever hangs up has asked all the same: a refusal is counted although nobody waits for the answer.
        let (app, actor) = (self.clone(), actor.clone());
        let work = async move { app.submit_in_turn(&actor, key, input, draft).await };
        tokio::spawn(work.in_current_span())
            .await
            .map_err(AppError::internal)?
    }

    async fn submit_in_turn(
        &self,
        actor: &Actor,
        key: IdempotencyKey,
        input: SubmitClaim,
        draft: Option<(ClaimDraftId, i64)>,
    ) -> Result<Written<ClaimId>, AppError> {
        let (claimant, outcome) = (input.claimant, input.outcome.clone());
        let _turn = match input.beneficiaries {
            Some(_) => Some(self.turn_to_name(claimant).await?),
            None => None,
        };
        let done = self.try_submit(actor, key, input, draft).await;
        if let Err(error) = &done {
            self.note_refusal(error, claimant, &outcome).await;
        }
        done
    }

    async fn try_submit(
        &self,
        actor: &Actor,
        key: IdempotencyKey,
        input: SubmitClaim,
        draft: Option<(ClaimDraftId, i64)>,
    ) -> Result<Written<ClaimId>, AppError> {
        let (answers, reference, place) = self.claimed(&input.outcome).await?;
        let found = self.read().measure_with_outcome(&reference).await?;
        let (measure, outcome) = found.ok_or(SubmissionError::UnknownMeasure(reference.clone()))?;
        let quantity = measure
            .quantity(&input.quantity)
            .map_err(|error| AppError::refused_at("QUANTITY", "quantity", error))?;
        let share = input.share.unwrap_or(Share::WHOLE);
        let (counted, working) = match self.counted(&input, &measure, share)? {
            Some((counted, most, working)) => {
                check_counted(&quantity, &most)?;
                (Some(counted), Some(working))
            }
            None => (None, None),
        };
        let fit = Fit {
            measure: &measure,
            outcome: &outcome,
            period: input.period,
            quantity: &quantity,
            share,
            counted: counted.as_ref(),
        };
        let named = match &input.beneficiaries {
            Some(text) => {
                self.check_refusals(input.claimant).await?;
                Some(self.named(text, &fit)?)
            }
            None => None,
        };
        let claim = Claim {
            id: self.ids.new(),
            claimant: input.claimant,
            answers,
            measure: reference,
            quantity,
            period: input.period,
            place,
            share,
            counted,
            beneficiaries: named.as_ref().map(|named| named.public.clone()),
            evidence: Vec::new(),
            external_reference: reference_of(&input)?,
        };
        let under = answers.map(|answers| answers.contract);
        let command = Submit {
            actor: actor.clone(),
            draft,
            claim,
            files: input.evidence,
            kept_until: retention(self.store.read(), under, input.period).await?,
            measure,
            outcome,
            working,
            named,
        };
        self.store.write(Some(key), command).await
    }

    /// Takes a claim back before it is verified. Its evidence is free again.
    pub async fn withdraw_claim(
        &self,
        actor: &Actor,
        id: ClaimId,
    ) -> Result<Written<ClaimId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Withdraw { actor, id }).await
    }

    /// What the working of an input comes to: what the log holds of it, the most that may be claimed, and what is kept.
    fn counted(
        &self,
        input: &SubmitClaim,
        measure: &Measure,
        share: Share,
    ) -> Result<Option<(Counted, Count, Working)>, AppError> {
        if input.working.is_empty() {
            return Ok(None);
        }
        let most = count(measure, &input.working, input.period, share)?;
        let salt = self.ids.rng().bytes();
        let counted = Counted {
            people: most.people,
            working: commit_working(&input.working, salt).map_err(AppError::internal)?,
        };
        let lines = serde_json::to_vec(&input.working).map_err(AppError::internal)?;
        Ok(Some((counted, most, Working { lines, salt })))
    }

    /// KPI, measure and place of a claimed outcome. A KPI never changes, so it is read before the transaction.
    pub(crate) async fn claimed(
        &self,
        outcome: &ClaimedOutcome,
    ) -> Result<(Option<KpiRef>, MeasureRef, Place), AppError> {
        match outcome {
            ClaimedOutcome::OutsideContracts {
                measure,
                place: code,
            } => {
                let place = place("outcome.outsideContracts.place", code)?;
                Ok((None, measure.clone(), place))
            }
            ClaimedOutcome::Kpi(id) => {
                let row = contract::kpi::Entity::find_by_id(id.uuid())
                    .one(self.store.read())
                    .await?
                    .ok_or(SubmissionError::UnknownKpi(*id))?;
                let answers = KpiRef {
                    contract: ContractId::from_uuid(row.contract_id),
                    kpi: *id,
                };
                let kpi = contract::kpi_of(&row)?;
                Ok((Some(answers), kpi.measure, kpi.place))
            }
        }
    }
}

fn reference_of(input: &SubmitClaim) -> Result<Option<ExternalReference>, AppError> {
    let stated = input.external_reference.as_ref();
    let made = stated.map(|(source, number)| ExternalReference::new(source, number));
    made.transpose().map_err(|error| {
        let field = match error {
            InvalidReference::Source => "externalReference.source",
            InvalidReference::Number => "externalReference.number",
        };
        AppError::refused_at("REFERENCE", field, error)
    })
}

/// The claim that an input names does not exist.
pub(crate) fn unknown_claim() -> AppError {
    AppError::refused_at(
        "UNKNOWN_CLAIM",
        "claim",
        "there is no such claim: use the id that submitClaim gave",
    )
}
