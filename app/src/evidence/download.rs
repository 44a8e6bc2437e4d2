//! Reading a file of evidence, by those who may.

use std::collections::BTreeSet;

use bytes::Bytes;
use commonweal_domain::actor::Actor;
use commonweal_domain::contract::sight::{ClaimSight, may_read};
use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use futures_util::stream::BoxStream;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::App;
use crate::error::AppError;
use crate::refused_read::Private;
use crate::sight::sights;
use crate::store::claim::{self, evidence};
use crate::store::evidence_file::{release, stored};

/// A file on its way to a reader.
pub struct Download {
    /// Media type, as found in the bytes.
    pub media_type: String,
    /// Length in bytes.
    pub size: u64,
    /// The bytes.
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("media_type", &self.media_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl App {
    /// A file of an organisation. Whoever may not read it gets the same answer as for a file that does not exist, and as fast: the
    /// same is looked up whether there is one, and a refusal is noted behind the answer.
    pub async fn download_evidence(
        &self,
        actor: &Actor,
        owner: OrganisationId,
        sha256: Hash,
    ) -> Result<Download, AppError> {
        let unknown = || AppError::NotFound("no such file".to_owned());
        if actor.person_id().is_none() {
            return Err(unknown());
        }
        let row = stored(self.store.read(), owner, &[sha256]).await?;
        let row = row.into_values().next();
        let file = row.as_ref().map_or(Uuid::nil(), |row| row.id);
        let may = self.may_read_evidence(actor, (owner, sha256), file).await?;
        let row = row.ok_or_else(unknown)?;
        if !may {
            self.note_refused_read(actor, Private::EvidenceFile, BTreeSet::from([row.id]));
            return Err(unknown());
        }
        Ok(Download {
            size: u64::try_from(row.size.unwrap_or_default()).map_err(AppError::internal)?,
            bytes: self.objects()?.read(row.owner_id, row.id).await?,
            media_type: row.media_type.unwrap_or_default(),
        })
    }

    /// Whether somebody may read a file of an owner; its id is nil where there is none.
    async fn may_read_evidence(
        &self,
        actor: &Actor,
        (owner, sha256): (OrganisationId, Hash),
        file: Uuid,
    ) -> Result<bool, AppError> {
        let released = release::Entity::find()
            .filter(release::Column::FileId.eq(file))
            .all(self.store.read())
            .await?;
        let released: Vec<OrganisationId> = released
            .iter()
            .map(|row| OrganisationId::from_uuid(row.organisation_id))
            .collect();
        // Most readers are known by now, and need nothing more to be loaded.
        if may_read(actor, owner, &released, &[]) {
            return Ok(true);
        }
        let claims = self.claims_on(actor, owner, sha256).await?;
        Ok(may_read(actor, owner, &released, &claims))
    }

    /// The claims that stand on a file, in the eyes of a reader: one statement, and seven more where there are claims, which is
    /// public.
    async fn claims_on(
        &self,
        actor: &Actor,
        owner: OrganisationId,
        sha256: Hash,
    ) -> Result<Vec<ClaimSight>, AppError> {
        let db = self.store.read();
        let with_file = Query::select()
            .column(evidence::Column::ClaimId)
            .from(evidence::Entity)
            .and_where(evidence::Column::Sha256.eq(sha256.as_bytes().to_vec()))
            .and_where(evidence::Column::ErasedIdx.is_null())
            .to_owned();
        let claims = claim::Entity::find()
            .filter(claim::Column::ClaimantId.eq(owner.uuid()))
            .filter(claim::Column::Id.in_subquery(with_file))
            .all(db)
            .await?;
        Ok(sights(db, actor, &claims).await?.into_values().collect())
    }
}
