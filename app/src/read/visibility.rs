//! Who reads about a bid: the buyer and auditors all, bidders what is for the parties, others what is public.

use std::collections::{HashMap, HashSet};

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{Id, OrganisationId, TenderId};
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::tender::plan::Plan;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::bid;
use crate::store::tender;

/// Roles of the buyer that see its bids whole once they are open.
const BUYER_ROLES: [Role; 3] = [Role::Officer, Role::Chair, Role::Evaluator];

/// What a reader is to the tenders of some bids.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    actor: &'a Actor,
    tenders: HashMap<Uuid, (OrganisationId, Plan)>,
    /// Tenders in which one of the actor's organisations bids.
    party: HashSet<Uuid>,
}

impl<'a> Reader<'a> {
    /// Finds out in two statements at most.
    pub(crate) async fn new(
        read: &Read<'_>,
        actor: &'a Actor,
        tenders: &[TenderId],
    ) -> Result<Self, AppError> {
        let ids: HashSet<Uuid> = tenders.iter().map(|id| id.uuid()).collect();
        let rows = tender::Entity::find()
            .filter(tender::Column::Id.is_in(ids.iter().copied()))
            .all(read.db)
            .await?;
        let plans = rows.into_iter().map(|row| {
            let plan = serde_json::from_slice(&row.plan).map_err(AppError::internal)?;
            Ok((row.id, (OrganisationId::from_uuid(row.buyer_id), plan)))
        });
        let suppliers: Vec<Uuid> = actor.organisations(Role::Supplier).map(Id::uuid).collect();
        let mut party = HashSet::new();
        if !suppliers.is_empty() {
            let own = bid::Entity::find()
                .filter(bid::Column::TenderId.is_in(ids))
                .filter(bid::Column::SupplierId.is_in(suppliers))
                .all(read.db)
                .await?;
            party.extend(own.into_iter().map(|row| row.tender_id));
        }
        Ok(Self {
            actor,
            tenders: plans.collect::<Result<_, AppError>>()?,
            party,
        })
    }

    /// The plan of a tender.
    pub(crate) fn plan(&self, tender: Uuid) -> Result<&Plan, AppError> {
        let found = self.tenders.get(&tender);
        found
            .map(|(_, plan)| plan)
            .ok_or_else(|| AppError::internal("a bid without its tender"))
    }

    /// What the reader is to a bid of a supplier; without a supplier, to the tender as a whole.
    pub(crate) fn audience(&self, tender: Uuid, supplier: Option<Uuid>) -> Audience {
        let buyer = self.tenders.get(&tender).map(|(buyer, _)| *buyer);
        let buys = buyer.is_some_and(|buyer| {
            BUYER_ROLES
                .iter()
                .any(|role| self.actor.holds(buyer, *role))
        });
        let audits = self.actor.organisations(Role::Auditor).next().is_some();
        let bids = supplier.is_some_and(|supplier| {
            self.actor
                .holds(OrganisationId::from_uuid(supplier), Role::Supplier)
        });
        if buys || audits || bids {
            Audience::Full
        } else if self.party.contains(&tender) {
            Audience::Party
        } else {
            Audience::Public
        }
    }
}
