//! Drafts of claims, for suppliers of their claimants; for others there are none.

use std::collections::HashMap;

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{ClaimDraftId, Id, OrganisationId};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::{Page, Read};
use crate::claim_draft::ClaimContent;
use crate::error::AppError;
use crate::store::{claim_draft, columns};

/// A draft of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimDraftView {
    /// The draft.
    pub id: ClaimDraftId,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// The claim as far as it is.
    pub content: ClaimContent,
    /// How often it was saved.
    pub version: i64,
    /// When it was saved last.
    pub saved_at: Time,
}

impl Read<'_> {
    /// Drafts of claims by id, as far as the actor is a supplier of their claimants, in one statement.
    pub async fn claim_drafts_by_id(
        &self,
        actor: &Actor,
        ids: &[ClaimDraftId],
    ) -> Result<HashMap<ClaimDraftId, ClaimDraftView>, AppError> {
        let rows = visible(actor)
            .filter(claim_draft::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(view);
        views.map(|view| view.map(|view| (view.id, view))).collect()
    }

    /// A page of the drafts of claims that the actor may read.
    pub async fn claim_drafts(
        &self,
        actor: &Actor,
        page: &Page<ClaimDraftId>,
    ) -> Result<Vec<ClaimDraftView>, AppError> {
        let select = page.of(visible(actor), claim_draft::Column::Id, |id| {
            id.uuid().into()
        });
        let rows = select.all(self.db).await?;
        rows.iter().map(view).collect()
    }

    /// How many drafts of claims the actor may read.
    pub async fn claim_draft_count(&self, actor: &Actor) -> Result<u64, AppError> {
        Ok(visible(actor).count(self.db).await?)
    }
}

fn visible(actor: &Actor) -> Select<claim_draft::Entity> {
    let claimants = actor.organisations(Role::Supplier).map(Id::uuid);
    claim_draft::Entity::find().filter(claim_draft::Column::ClaimantId.is_in(claimants))
}

fn view(row: &claim_draft::Model) -> Result<ClaimDraftView, AppError> {
    Ok(ClaimDraftView {
        id: ClaimDraftId::from_uuid(row.id),
        claimant: OrganisationId::from_uuid(row.claimant_id),
        content: serde_json::from_slice(&row.content).map_err(AppError::internal)?,
        version: row.version,
        saved_at: Time::from_micros(row.saved_at),
    })
}
