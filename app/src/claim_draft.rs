//! Drafts of claims: a supplier saves and changes them in private, and submits one.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::amount::Share;
use commonweal_domain::contract::claim::MAX_EVIDENCE;
use commonweal_domain::contract::counting::{Line, MAX_LINES};
use commonweal_domain::ids::{ClaimDraftId, ClaimId, Id, OrganisationId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Period;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::authorization::authorize;
use crate::claim::{ClaimedOutcome, NamedEvidence, SubmitClaim};
use crate::error::AppError;
use crate::store::claim_draft::{self, file};
use crate::store::{Command, IdempotencyKey, PrivateCommand, PrivateTx, Tx, Written};
use crate::store::{columns, evidence_file};

/// The most drafts of a claimant.
const DRAFTS_PER_CLAIMANT: u64 = 500;
/// The most bytes of a draft, as canonical JSON: 500 lines of a working and 100 files fit.
const DRAFT_BYTES: usize = 256 << 10;

/// A claim as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimContent {
    /// What was delivered.
    pub outcome: Option<ClaimedOutcome>,
    /// How much: decimal text in the measure's unit.
    pub quantity: Option<String>,
    /// When.
    pub period: Option<Period>,
    /// The claimant's part of an outcome that several organisations delivered together.
    pub share: Option<Share>,
    /// The people behind the quantity, where the measure counts people.
    pub working: Vec<Line>,
    /// Files of the claimant, stored before.
    pub evidence: Vec<NamedEvidence>,
    /// Where the outcome stands in another register: its code, and the number in it.
    pub external_reference: Option<(String, String)>,
}

/// Input of [`App::save_claim_draft`].
#[derive(Debug, Clone)]
pub struct SaveClaimDraft {
    /// The draft that is changed, with the version that was read; a new one without.
    pub draft: Option<(ClaimDraftId, i64)>,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// The claim as far as it is.
    pub content: ClaimContent,
}

struct Save {
    actor: Actor,
    id: ClaimDraftId,
    version: Option<i64>,
    claimant: OrganisationId,
    content: Vec<u8>,
    files: Vec<NamedEvidence>,
}

impl PrivateCommand for Save {
    const NAME: &'static str = "save_claim_draft";
    type Out = ClaimDraftId;

    async fn run(&self, tx: &mut PrivateTx) -> Result<ClaimDraftId, AppError> {
        let permit = permit(tx, &self.actor, self.claimant).await?;
        let values = claim_draft::ActiveModel {
            content: Set(self.content.clone()),
            version: Set(self.version.unwrap_or(0) + 1),
            saved_by: Set(permit),
            saved_at: Set(tx.at().micros()),
            ..Default::default()
        };
        match self.version {
            None => self.insert(tx, values).await?,
            Some(version) => {
                let saved = claim_draft::Entity::update_many()
                    .set(values)
                    .filter(claim_draft::Column::Id.eq(self.id.uuid()))
                    .filter(claim_draft::Column::ClaimantId.eq(self.claimant.uuid()))
                    .filter(claim_draft::Column::Version.eq(version))
                    .exec(tx)
                    .await?;
                if saved.rows_affected == 0 {
                    return Err(moved_on());
                }
            }
        }
        let before = forget_files(tx, self.id).await?;
        evidence_file::take(tx, self.claimant, &self.files, tx.at()).await?;
        let rows = self.files.iter().map(|named| file::ActiveModel {
            draft_id: Set(self.id.uuid()),
            sha256: Set(named.sha256.as_bytes().to_vec()),
            claimant_id: Set(self.claimant.uuid()),
        });
        if !self.files.is_empty() {
            file::Entity::insert_many(rows)
                .exec_without_returning(tx)
                .await?;
        }
        evidence_file::let_go(tx, self.claimant, &before, tx.at()).await?;
        Ok(self.id)
    }
}

impl Save {
    async fn insert(
        &self,
        tx: &PrivateTx,
        values: claim_draft::ActiveModel,
    ) -> Result<(), AppError> {
        let theirs = claim_draft::Column::ClaimantId.eq(self.claimant.uuid());
        let count = claim_draft::Entity::find().filter(theirs).count(tx).await?;
        if count >= DRAFTS_PER_CLAIMANT {
            let message =
                format!("a claimant keeps at most {DRAFTS_PER_CLAIMANT} drafts: delete one");
            return Err(AppError::refused_at("TOO_MANY_DRAFTS", "claimant", message));
        }
        claim_draft::Entity::insert(claim_draft::ActiveModel {
            id: Set(self.id.uuid()),
            claimant_id: Set(self.claimant.uuid()),
            ..values
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

async fn permit(
    tx: &PrivateTx,
    actor: &Actor,
    claimant: OrganisationId,
) -> Result<uuid::Uuid, AppError> {
    let facts = Facts {
        organisation: Some(claimant),
        ..Facts::default()
    };
    let permit = authorize(tx, actor, Action::SaveClaimDraft, &facts).await?;
    Ok(permit.actor.id.uuid())
}

/// Takes the files of a draft away from it, and answers them.
async fn forget_files(
    db: &impl ConnectionTrait,
    draft: ClaimDraftId,
) -> Result<Vec<Hash>, AppError> {
    let of_draft = file::Column::DraftId.eq(draft.uuid());
    let rows = file::Entity::find()
        .filter(of_draft.clone())
        .all(db)
        .await?;
    file::Entity::delete_many()
        .filter(of_draft)
        .exec(db)
        .await?;
    rows.iter().map(|row| columns::hash(&row.sha256)).collect()
}

fn moved_on() -> AppError {
    let message = "someone has saved, deleted or submitted this draft meanwhile: read it again";
    AppError::Conflict(message.to_owned())
}

fn unknown() -> AppError {
    AppError::NotFound("no such draft of a claim".to_owned())
}

struct Delete {
    actor: Actor,
    id: ClaimDraftId,
}

impl PrivateCommand for Delete {
    const NAME: &'static str = "delete_claim_draft";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let row = claim_draft::Entity::find_by_id(self.id.uuid())
            .one(tx)
            .await?;
        let row = row.ok_or_else(unknown)?;
        let claimant = OrganisationId::from_uuid(row.claimant_id);
        // Whoever may not delete does not learn that there is a draft.
        permit(tx, &self.actor, claimant)
            .await
            .map_err(|_| unknown())?;
        let files = forget_files(tx, self.id).await?;
        claim_draft::Entity::delete_by_id(row.id).exec(tx).await?;
        evidence_file::let_go(tx, claimant, &files, tx.at()).await
    }
}

/// Takes a draft away because it is submitted now; the version says that it is the one that was read.
pub(crate) async fn take(tx: &Tx, (id, version): (ClaimDraftId, i64)) -> Result<(), AppError> {
    forget_files(tx, id).await?;
    let taken = claim_draft::Entity::delete_many()
        .filter(claim_draft::Column::Id.eq(id.uuid()))
        .filter(claim_draft::Column::Version.eq(version))
        .exec(tx)
        .await?;
    if taken.rows_affected == 0 {
        return Err(moved_on());
    }
    Ok(())
}

/// A draft that is gone: submitted before with the same key, which the store answers again, or not there.
struct Gone;

impl Command for Gone {
    const NAME: &'static str = "submit_claim";
    type Out = ClaimId;

    async fn run(&self, _: &mut Tx) -> Result<ClaimId, AppError> {
        Err(unknown())
    }
}

impl ClaimContent {
    /// The claim that is submitted; what is missing is named.
    fn complete(
        self,
        claimant: OrganisationId,
        beneficiaries: Option<String>,
    ) -> Result<SubmitClaim, AppError> {
        let missing = |field: &'static str| {
            let message = format!("`{field}` is missing in the draft: save it with one");
            AppError::refused_at("MISSING", field, message)
        };
        Ok(SubmitClaim {
            claimant,
            outcome: self.outcome.ok_or_else(|| missing("outcome"))?,
            quantity: self.quantity.ok_or_else(|| missing("quantity"))?,
            period: self.period.ok_or_else(|| missing("period"))?,
            share: self.share,
            working: self.working,
            beneficiaries,
            evidence: self.evidence,
            external_reference: self.external_reference,
        })
    }

    fn check(&self) -> Result<Vec<u8>, AppError> {
        let refused = |code, field: &str, message: String| {
            Err(AppError::refused_at(code, field.to_owned(), message))
        };
        if self.evidence.len() > MAX_EVIDENCE {
            let message = format!("`evidence`: at most {MAX_EVIDENCE} files");
            return refused("EVIDENCE_COUNT", "evidence", message);
        }
        let twice = |(at, file): (usize, &NamedEvidence)| {
            let mut before = self.evidence.iter().take(at);
            before.any(|other| other.sha256 == file.sha256)
        };
        if self.evidence.iter().enumerate().any(twice) {
            let message = "`evidence`: a file stands twice: name each file once".to_owned();
            return refused("EVIDENCE_TWICE", "evidence", message);
        }
        if self.working.len() > MAX_LINES {
            let message = format!("`working`: at most {MAX_LINES} lines");
            return refused("WORKING", "working", message);
        }
        let content = canonical_blob(self).map_err(AppError::internal)?;
        if content.len() > DRAFT_BYTES {
            let message =
                format!("the draft is larger than {DRAFT_BYTES} bytes: shorten its texts");
            return Err(AppError::refused("DRAFT_TOO_LARGE", message));
        }
        Ok(content)
    }
}

impl App {
    /// Saves a draft of a claim in private. Answers its id; the version rises by one at each save.
    pub async fn save_claim_draft(
        &self,
        actor: &Actor,
        input: SaveClaimDraft,
    ) -> Result<ClaimDraftId, AppError> {
        let command = Save {
            actor: actor.clone(),
            id: input.draft.map_or_else(|| self.ids.new(), |(id, _)| id),
            version: input.draft.map(|(_, version)| version),
            claimant: input.claimant,
            content: input.content.check()?,
            files: input.content.evidence,
        };
        self.store.write_private(command).await
    }

    /// Deletes a draft of a claim. Files that nothing else stands on are collected.
    pub async fn delete_claim_draft(
        &self,
        actor: &Actor,
        id: ClaimDraftId,
    ) -> Result<(), AppError> {
        let actor = actor.clone();
        self.store.write_private(Delete { actor, id }).await
    }

    /// Submits a draft as it was read, and takes the draft away. The people behind it are named now: a draft keeps none. With
    /// the same key, draft and people the first claim is answered again.
    pub async fn submit_claim_draft(
        &self,
        actor: &Actor,
        key: &str,
        claimant: OrganisationId,
        (id, version): (ClaimDraftId, i64),
        beneficiaries: Option<String>,
    ) -> Result<Written<ClaimId>, AppError> {
        let key = IdempotencyKey::of_body(claimant, key, &(id, version, &beneficiaries))?;
        let found = self.read().claim_drafts_by_id(actor, &[id]).await?;
        let view = found.into_values().find(|view| view.claimant == claimant);
        let Some(view) = view else {
            let facts = Facts {
                organisation: Some(claimant),
                ..Facts::default()
            };
            commonweal_domain::actor::authorize(actor, Action::SubmitClaim, &facts)
                .map_err(|_| unknown())?;
            return self.store.write(Some(key), Gone).await;
        };
        if view.version != version {
            return Err(moved_on());
        }
        let input = view.content.complete(claimant, beneficiaries)?;
        self.submit(actor, key, input, Some((id, version))).await
    }
}
