//! Requests for confirmation, for the bidder that asks and the organisation that is asked. To everyone else there are none.

use std::collections::{HashMap, HashSet};

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{ConfirmationRequestId, Id, OrganisationId, SealedId};
use commonweal_domain::log::commitment::SealedCommitment;
use commonweal_domain::tender::ConfirmationContent;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::Page;
use crate::App;
use crate::confirmation::ConfirmationReceipt;
use crate::error::AppError;
use crate::store::columns;
use crate::store::confirmation::{self as request, sealed_confirmation};

/// On which side of a request an organisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It bids and asks others.
    Asking,
    /// It is asked to confirm its share.
    Asked,
}

/// A request for confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationRequestView {
    /// The request.
    pub id: ConfirmationRequestId,
    /// What is asked for.
    pub content: ConfirmationContent,
    /// When it was asked.
    pub asked_at: Time,
    /// Whether a confirmation of exactly this stands.
    pub confirmed: bool,
    /// The receipt of that confirmation, for the people of the organisation that made it.
    pub receipt: Option<ConfirmationReceipt>,
}

impl App {
    /// A page of the requests of an organisation, for those who act for it; empty for others.
    pub async fn confirmation_requests(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        side: Side,
        page: &Page<ConfirmationRequestId>,
    ) -> Result<Vec<ConfirmationRequestView>, AppError> {
        if !actor.holds(organisation, Role::Supplier) {
            return Ok(Vec::new());
        }
        let select = request::Entity::find().filter(on(side).eq(organisation.uuid()));
        let rows = page
            .of(select, request::Column::Id, |id| id.uuid().into())
            .all(self.store.read())
            .await?;
        self.request_views(actor, rows).await
    }

    /// How many requests an organisation has on a side, for those who act for it.
    pub async fn confirmation_request_count(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        side: Side,
    ) -> Result<u64, AppError> {
        if !actor.holds(organisation, Role::Supplier) {
            return Ok(0);
        }
        Ok(request::Entity::find()
            .filter(on(side).eq(organisation.uuid()))
            .count(self.store.read())
            .await?)
    }

    /// Requests by id, as far as the actor acts for one of their two organisations.
    pub async fn confirmation_requests_by_id(
        &self,
        actor: &Actor,
        ids: &[ConfirmationRequestId],
    ) -> Result<HashMap<ConfirmationRequestId, ConfirmationRequestView>, AppError> {
        let own: HashSet<Uuid> = actor.organisations(Role::Supplier).map(Id::uuid).collect();
        let rows = request::Entity::find()
            .filter(request::Column::Id.is_in(columns::uuids(ids)))
            .all(self.store.read())
            .await?;
        let party = |row: &request::Model| {
            own.contains(&row.bidder_id) || own.contains(&row.organisation_id)
        };
        let rows = rows.into_iter().filter(party).collect();
        let views = self.request_views(actor, rows).await?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// In one statement more; what rests encrypted is read beside the threads that answer.
    async fn request_views(
        &self,
        actor: &Actor,
        rows: Vec<request::Model>,
    ) -> Result<Vec<ConfirmationRequestView>, AppError> {
        let ids = rows.iter().map(|row| row.id);
        let standing = sealed_confirmation::Entity::find()
            .filter(sealed_confirmation::Column::RequestId.is_in(ids))
            .filter(sealed_confirmation::Column::State.is_in(["waiting", "opened"]))
            .all(self.store.read())
            .await?;
        let (key, actor) = (self.sealing()?.clone(), actor.clone());
        let views = move || {
            rows.into_iter()
                .map(|row| {
                    let sealed = standing.iter().find(|sealed| sealed.request_id == row.id);
                    let own = OrganisationId::from_uuid(row.organisation_id);
                    let own = actor.holds(own, Role::Supplier);
                    Ok(ConfirmationRequestView {
                        id: ConfirmationRequestId::from_uuid(row.id),
                        content: key.read(&row.content)?,
                        asked_at: Time::from_micros(row.asked_at),
                        confirmed: sealed.is_some(),
                        receipt: sealed.filter(|_| own).map(receipt).transpose()?,
                    })
                })
                .collect()
        };
        tokio::task::spawn_blocking(views)
            .await
            .map_err(AppError::internal)?
    }
}

fn on(side: Side) -> request::Column {
    match side {
        Side::Asking => request::Column::BidderId,
        Side::Asked => request::Column::OrganisationId,
    }
}

fn receipt(row: &sealed_confirmation::Model) -> Result<ConfirmationReceipt, AppError> {
    Ok(ConfirmationReceipt {
        sealed: SealedId::from_uuid(row.id),
        commitment: SealedCommitment(columns::hash(&row.commitment)?),
        received_at: Time::from_micros(row.received_at),
        entry_index: columns::index(row.entry_idx)?,
    })
}
