//! A file of evidence comes in: streamed, limited, hashed and looked at while it passes by.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::contract::media::{MediaType, Sniffer};
use commonweal_domain::ids::{EvidenceFileId, Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use futures_util::{Stream, StreamExt};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::objects::Writing;
use super::pace::{LEAST_BYTES, Pace, WINDOW};
use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::evidence_file::{self, INCOMING, LOOSE};
use crate::store::{PrivateCommand, PrivateTx};

/// The most files of an organisation that stand behind nothing yet.
const LOOSE_FILES: u64 = 500;
/// How long an upload may take in all; the collector waits for much longer.
const UPLOAD_TIME: Duration = Duration::from_hours(1);

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// SHA-256 of its bytes: claims name it so.
    pub sha256: Hash,
    /// Length in bytes.
    pub size: u64,
    /// Media type, as declared and found in the bytes.
    pub media_type: String,
    /// When it was stored first.
    pub uploaded_at: Time,
    /// Whether the organisation had it already.
    pub known: bool,
}

/// Makes the row of a file before its first byte.
struct Begin {
    actor: Actor,
    id: EvidenceFileId,
    owner: OrganisationId,
}

impl PrivateCommand for Begin {
    const NAME: &'static str = "begin_upload";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let facts = Facts {
            organisation: Some(self.owner),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::UploadEvidence, &facts).await?;
        let loose = evidence_file::Entity::find()
            .filter(evidence_file::Column::OwnerId.eq(self.owner.uuid()))
            .filter(evidence_file::Column::State.is_in([INCOMING, LOOSE]))
            .count(tx)
            .await?;
        if loose >= LOOSE_FILES {
            let message = format!(
                "{LOOSE_FILES} files of this organisation stand behind no claim and no draft yet: use them first"
            );
            return Err(AppError::refused_at("TOO_MANY_FILES", "owner", message));
        }
        evidence_file::Entity::insert(evidence_file::ActiveModel {
            id: Set(self.id.uuid()),
            owner_id: Set(self.owner.uuid()),
            state: Set(INCOMING.to_owned()),
            sha256: Set(None),
            size: Set(None),
            media_type: Set(None),
            uploaded_by: Set(permit.actor.id.uuid()),
            uploaded_at: Set(tx.at().micros()),
            used_at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

/// Gives the row what was found in the bytes, unless the owner has the same file already.
struct Keep {
    id: EvidenceFileId,
    owner: OrganisationId,
    sha256: Hash,
    size: i64,
    media_type: MediaType,
}

impl PrivateCommand for Keep {
    const NAME: &'static str = "keep_upload";
    type Out = Uploaded;

    async fn run(&self, tx: &mut PrivateTx) -> Result<Uploaded, AppError> {
        let known = evidence_file::stored(tx, self.owner, &[self.sha256]).await?;
        if let Some(row) = known.get(&self.sha256) {
            return uploaded(self.sha256, row, true);
        }
        let row = evidence_file::ActiveModel {
            id: Set(self.id.uuid()),
            state: Set(LOOSE.to_owned()),
            sha256: Set(Some(self.sha256.as_bytes().to_vec())),
            size: Set(Some(self.size)),
            media_type: Set(Some(self.media_type.as_str().to_owned())),
            used_at: Set(tx.at().micros()),
            ..Default::default()
        };
        uploaded(self.sha256, &row.update(tx).await?, false)
    }
}

fn uploaded(sha256: Hash, row: &evidence_file::Model, known: bool) -> Result<Uploaded, AppError> {
    Ok(Uploaded {
        sha256,
        size: u64::try_from(row.size.unwrap_or_default()).map_err(AppError::internal)?,
        media_type: row.media_type.clone().unwrap_or_default(),
        uploaded_at: Time::from_micros(row.uploaded_at),
        known,
    })
}

/// What passed by.
struct Passed {
    sha256: Hash,
    size: u64,
}

impl App {
    /// Stores a file of evidence for an organisation. After an error nothing of it is left, at the latest when the collector
    /// has passed. `length` is what the sender says, which refuses a file that is too large before it is read.
    pub async fn upload_evidence<S, E>(
        &self,
        actor: &Actor,
        owner: OrganisationId,
        declared: &str,
        length: Option<u64>,
        body: &mut S,
    ) -> Result<Uploaded, AppError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: fmt::Display,
    {
        let objects = self.objects()?;
        let facts = Facts {
            organisation: Some(owner),
            ..Facts::default()
        };
        let permit = actor::authorize(actor, Action::UploadEvidence, &facts)?;
        let media_type = MediaType::declared(declared)
            .map_err(|error| AppError::refused_at("MEDIA_TYPE", "Content-Type", error))?;
        if length.is_some_and(|length| length > objects.max_bytes()) {
            return Err(too_large(objects.max_bytes()));
        }
        let _place = objects.place(owner, permit.actor.id)?;
        let id: EvidenceFileId = self.ids.new();
        let begin = Begin {
            actor: actor.clone(),
            id,
            owner,
        };
        self.store.write_private(begin).await?;
        let stored = self.pass(id, owner, media_type, body).await;
        let unused = !stored.as_ref().is_ok_and(|uploaded| !uploaded.known);
        if unused && let Err(error) = self.discard(&[id.uuid()]).await {
            tracing::warn!(%error, "an upload that came to nothing is left to the collector");
        }
        stored
    }

    async fn pass<S, E>(
        &self,
        id: EvidenceFileId,
        owner: OrganisationId,
        media_type: MediaType,
        body: &mut S,
    ) -> Result<Uploaded, AppError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: fmt::Display,
    {
        let objects = self.objects()?;
        let mut writing = objects.write(owner.uuid(), id.uuid()).await?;
        let passing = copy(body, &mut writing, media_type, objects.max_bytes());
        let passed = timeout(UPLOAD_TIME, passing).await;
        let passed = match passed.unwrap_or_else(|_| Err(too_slow())) {
            Ok(passed) => passed,
            Err(error) => {
                writing.give_up().await;
                return Err(error);
            }
        };
        writing.finish().await?;
        let keep = || Keep {
            id,
            owner,
            sha256: passed.sha256,
            size: column(passed.size).unwrap_or(i64::MAX),
            media_type,
        };
        match self.store.write_private(keep()).await {
            // Another upload of the same file was faster in this very moment: now it is known.
            Err(AppError::Internal(_)) => self.store.write_private(keep()).await,
            decided => decided,
        }
    }
}

/// Copies a file and answers its hash and size; refuses what is too large, too slow, cut off, empty or not what it says.
async fn copy<S, E>(
    body: &mut S,
    writing: &mut Writing,
    media_type: MediaType,
    max_bytes: u64,
) -> Result<Passed, AppError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: fmt::Display,
{
    let (mut hasher, mut sniffer, mut size) = (Sha256::new(), Sniffer::default(), 0_u64);
    let mut pace = Pace::new(WINDOW);
    while let Some(piece) = pace.wait(body.next()).await.ok_or_else(too_slow)? {
        let piece = piece.map_err(|error| {
            let message = format!(
                "the file ended before its end ({error}); nothing was stored: send it again"
            );
            AppError::refused("UPLOAD_BROKEN", message)
        })?;
        pace.came(piece.len());
        size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if size > max_bytes {
            return Err(too_large(max_bytes));
        }
        hasher.update(&piece);
        sniffer.push(&piece);
        writing.push(piece).await?;
    }
    if size == 0 {
        let message = "the file is empty: send its bytes as the body of the request";
        return Err(AppError::refused("EMPTY_FILE", message));
    }
    sniffer
        .finish(media_type)
        .map_err(|error| AppError::refused_at("MEDIA_TYPE", "Content-Type", error))?;
    Ok(Passed {
        sha256: Hash(hasher.finalize().into()),
        size,
    })
}

fn too_large(max_bytes: u64) -> AppError {
    let message =
        format!("a file of evidence has at most {max_bytes} bytes: send it in parts, each a file");
    AppError::refused("FILE_TOO_LARGE", message)
}

fn too_slow() -> AppError {
    let message = format!(
        "less than {} KiB came in {} seconds, or the whole took longer than {}; nothing was stored: send it again",
        LEAST_BYTES >> 10,
        WINDOW.as_secs(),
        UPLOAD_TIME.as_secs()
    );
    AppError::refused("UPLOAD_TOO_SLOW", message)
}
