//! Drafts of tenders, for officers of their buyers; for others there are none.

use std::collections::HashMap;

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{DraftId, Id, OrganisationId};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::{Page, Read};
use crate::error::AppError;
use crate::store::draft;

/// A draft of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftView {
    /// The draft.
    pub id: DraftId,
    /// Who buys.
    pub buyer: OrganisationId,
    /// What is bought.
    pub title: String,
    /// The plan as far as it is.
    pub plan: Plan,
    /// How often it was saved.
    pub version: i64,
    /// When it was saved last.
    pub saved_at: Time,
}

impl Read<'_> {
    /// Drafts by id, as far as the actor is an officer of their buyers, in one statement.
    pub async fn drafts_by_id(
        &self,
        actor: &Actor,
        ids: &[DraftId],
    ) -> Result<HashMap<DraftId, DraftView>, AppError> {
        let rows = visible(actor)
            .filter(draft::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        rows.into_iter()
            .map(|row| {
                let view = view(row)?;
                Ok((view.id, view))
            })
            .collect()
    }

    /// A page of the drafts that the actor may read.
    pub async fn drafts(
        &self,
        actor: &Actor,
        page: &Page<DraftId>,
    ) -> Result<Vec<DraftView>, AppError> {
        let select = page.of(visible(actor), draft::Column::Id, |id| id.uuid().into());
        let rows = select.all(self.db).await?;
        rows.into_iter().map(view).collect()
    }

    /// How many drafts the actor may read.
    pub async fn draft_count(&self, actor: &Actor) -> Result<u64, AppError> {
        Ok(visible(actor).count(self.db).await?)
    }
}

fn visible(actor: &Actor) -> Select<draft::Entity> {
    let buyers = actor.organisations(Role::Officer).map(Id::uuid);
    draft::Entity::find().filter(draft::Column::BuyerId.is_in(buyers))
}

fn view(row: draft::Model) -> Result<DraftView, AppError> {
    Ok(DraftView {
        id: DraftId::from_uuid(row.id),
        buyer: OrganisationId::from_uuid(row.buyer_id),
        title: row.title,
        plan: serde_json::from_slice(&row.plan).map_err(AppError::internal)?,
        version: row.version,
        saved_at: Time::from_micros(row.saved_at),
    })
}
