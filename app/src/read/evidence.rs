//! Files of evidence, for people of the organisation that owns them; for others there are none.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{EvidenceFileId, Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::store::columns;
use crate::store::evidence_file::{self, KEPT, STORED, release};

/// A stored file of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFileView {
    /// The file.
    pub id: EvidenceFileId,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Length in bytes.
    pub size: u64,
    /// Media type, as found in the bytes.
    pub media_type: String,
    /// Whether a claim or a draft stands on it; a file that nothing stands on is collected.
    pub kept: bool,
    /// When it was stored first.
    pub uploaded_at: Time,
    /// To whom it was released.
    pub released_to: Vec<OrganisationId>,
}

impl Read<'_> {
    /// A page of an organisation's files, in two statements.
    pub async fn evidence_files(
        &self,
        actor: &Actor,
        owner: OrganisationId,
        page: &Page<EvidenceFileId>,
    ) -> Result<Vec<EvidenceFileView>, AppError> {
        let select = page.of(visible(actor, owner), evidence_file::Column::Id, |id| {
            id.uuid().into()
        });
        let rows = select.all(self.db).await?;
        let releases = release::Entity::find()
            .filter(release::Column::FileId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(release::Column::OrganisationId)
            .all(self.db)
            .await?;
        let mut receivers: HashMap<Uuid, Vec<OrganisationId>> = HashMap::new();
        for row in releases {
            let to = OrganisationId::from_uuid(row.organisation_id);
            receivers.entry(row.file_id).or_default().push(to);
        }
        rows.into_iter()
            .map(|row| {
                let released_to = receivers.remove(&row.id).unwrap_or_default();
                view(row, released_to)
            })
            .collect()
    }

    /// How many files an organisation has.
    pub async fn evidence_file_count(
        &self,
        actor: &Actor,
        owner: OrganisationId,
    ) -> Result<u64, AppError> {
        Ok(visible(actor, owner).count(self.db).await?)
    }
}

fn visible(actor: &Actor, owner: OrganisationId) -> Select<evidence_file::Entity> {
    let mut held = actor.grants().iter();
    let own = held.any(|grant| grant.organisation == owner);
    evidence_file::Entity::find()
        .filter(evidence_file::Column::OwnerId.is_in(own.then(|| owner.uuid())))
        .filter(evidence_file::Column::State.is_in(STORED))
}

fn view(
    row: evidence_file::Model,
    released_to: Vec<OrganisationId>,
) -> Result<EvidenceFileView, AppError> {
    Ok(EvidenceFileView {
        id: EvidenceFileId::from_uuid(row.id),
        sha256: columns::hash(row.sha256.as_deref().unwrap_or_default())?,
        size: u64::try_from(row.size.unwrap_or_default()).map_err(AppError::internal)?,
        media_type: row.media_type.unwrap_or_default(),
        kept: row.state == KEPT,
        uploaded_at: Time::from_micros(row.uploaded_at),
        released_to,
    })
}
