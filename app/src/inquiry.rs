//! Use-cases of inquiries: a verifier asks the claimant, the claimant answers.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::catalogue::Measure;
use commonweal_domain::contract::entries::{InformationGiven, InformationRequested};
use commonweal_domain::contract::information::{Asking, check_answer, decide_request};
use commonweal_domain::contract::quorum::Quorum;
use commonweal_domain::contract::quorum::duty::seat_of;
use commonweal_domain::contract::status::ClaimStep;
use commonweal_domain::contract::submission::SubmissionError;
use commonweal_domain::ids::{ClaimId, Id, PersonId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::time::{Date, Time};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::authorize;
use crate::claim::{NamedEvidence, unknown_claim};
use crate::error::AppError;
use crate::evidence::retention;
use crate::group;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::claim_rules::{self, ANSWER, QUESTION, inquiry};
use crate::store::quorum::{self, assignment};
use crate::store::{Command, Tx, Written, claim, evidence_file};
use crate::verification::{Loaded, acting};

/// Stores a question or an answer.
async fn record(
    tx: &Tx,
    id: ClaimId,
    kind: &str,
    by: &EntryActor,
    words: &Remark,
    index: u64,
) -> Result<(), AppError> {
    inquiry::Entity::insert(inquiry::ActiveModel {
        claim_id: Set(id.uuid()),
        entry_idx: Set(column(index)?),
        kind: Set(kind.to_owned()),
        words: Set(words.hash.as_bytes().to_vec()),
        by_id: Set(by.id.uuid()),
        organisation_id: Set(by.organisation.uuid()),
        at: Set(tx.at().micros()),
    })
    .exec_without_returning(tx)
    .await?;
    words.keep(tx).await
}

/// Until when a drawn verifier has to judge; none where no quorum binds the claim.
async fn due(
    tx: &Tx,
    id: ClaimId,
    quorum: Option<&Quorum>,
    verifier: PersonId,
) -> Result<Option<Time>, AppError> {
    let Some(quorum) = quorum else {
        return Ok(None);
    };
    let seats = quorum::assignments(tx, id).await?;
    Ok(seat_of(&seats, verifier).map(|seat| quorum.due(seat.since)))
}

struct Request {
    actor: Actor,
    id: ClaimId,
    question: Remark,
}

impl Command for Request {
    const NAME: &'static str = "request_information";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let loaded = Loaded::load(tx, self.id).await?;
        let permit = loaded
            .permit(tx, &self.actor, Action::RequestInformation)
            .await?;
        let quorum = quorum::binding(tx, self.id).await?;
        let bound = quorum.is_some();
        let by = acting(tx, (&self.actor, permit), &loaded, bound, true).await?;
        let groups = group::groups_of(tx, by.id).await?;
        let asked = claim_rules::askers(tx, self.id).await?;
        let asking = Asking {
            verifier: by.id,
            asked: &asked,
            due: due(tx, self.id, quorum.as_ref(), by.id).await?,
            at: tx.at(),
        };
        decide_request(&loaded.facts(), &asking, |_| groups.clone())?;
        let status = loaded.recorded.status.after(ClaimStep::RequestInformation);
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: InformationRequested {
                claim: self.id,
                question: self.question.hash,
            }
            .into(),
        })?;
        record(tx, self.id, QUESTION, &by, &self.question, index).await?;
        if bound {
            let begun = assignment::ActiveModel {
                begun: Set(true),
                ..Default::default()
            };
            quorum::change_seat(tx, self.id, by.id, begun).await?;
        }
        claim::step(tx, self.id, status.map_err(AppError::internal)?).await?;
        Ok(self.id)
    }
}

struct Give {
    actor: Actor,
    id: ClaimId,
    answer: Remark,
    files: Vec<NamedEvidence>,
    /// Until when they are kept.
    kept_until: Option<Date>,
    /// The measure of the claim, which never changes.
    measure: Measure,
}

impl Command for Give {
    const NAME: &'static str = "give_information";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let recorded = claim::load(tx, self.id).await?.ok_or_else(unknown_claim)?;
        let mut whole = recorded.claim.clone();
        let facts = Facts {
            organisation: Some(whole.claimant),
            ..Facts::default()
        };
        let by = authorize(tx, &self.actor, Action::GiveInformation, &facts).await?;
        let by = by.actor;
        let known = i64::try_from(whole.evidence.len()).map_err(AppError::internal)?;
        let evidence = evidence_file::take(tx, whole.claimant, &self.files, tx.at()).await?;
        whole.evidence.extend(evidence.iter().cloned());
        let same = claim_rules::same_evidence(tx, &whole).await?;
        check_answer(&whole, recorded.status, Some(&self.measure), same)?;
        let status = recorded.status.after(ClaimStep::GiveInformation);
        let index = tx.append(Draft {
            actors: vec![by.clone()],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: InformationGiven {
                claim: self.id,
                answer: self.answer.hash,
                evidence: evidence.clone(),
            }
            .into(),
        })?;
        record(tx, self.id, ANSWER, &by, &self.answer, index).await?;
        claim::insert_evidence(tx, &whole, known, &evidence, self.kept_until).await?;
        quorum::answered(tx, self.id, tx.at()).await?;
        claim::step(tx, self.id, status.map_err(AppError::internal)?).await?;
        Ok(self.id)
    }
}

impl App {
    /// Asks the claimant about a claim, as a verifier. The claim waits for the answer.
    pub async fn request_information(
        &self,
        actor: &Actor,
        id: ClaimId,
        question: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Request {
            actor: actor.clone(),
            id,
            question: Remark::new(self, "question", question)?,
        };
        self.store.write(None, command).await
    }

    /// Answers a question about a claim, as its claimant, with further files or without.
    pub async fn give_information(
        &self,
        actor: &Actor,
        id: ClaimId,
        answer: &str,
        files: Vec<NamedEvidence>,
    ) -> Result<Written<ClaimId>, AppError> {
        let claim = self.read().claims_by_id(&[id]).await?.remove(&id);
        let claim = claim.ok_or_else(unknown_claim)?.claim;
        let under = claim.answers.map(|answers| answers.contract);
        let named = claim.measure;
        let measure = self.read().measure(&named).await?;
        let command = Give {
            actor: actor.clone(),
            id,
            answer: Remark::new(self, "answer", answer)?,
            files,
            kept_until: retention(self.store.read(), under, claim.period).await?,
            measure: measure.ok_or(SubmissionError::UnknownMeasure(named))?,
        };
        self.store.write(None, command).await
    }
}
