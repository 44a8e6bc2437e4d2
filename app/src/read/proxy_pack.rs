//! Proxy packs, for officers of the organisation that holds them and for nobody else.

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{Id, OrganisationId, ProxyPackId};
use commonweal_domain::scoring::proxy_pack::ProxyPack;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::{Page, Read};
use crate::error::AppError;
use crate::store::proxy_pack;

impl Read<'_> {
    /// A pack of an organisation in which the actor is an officer.
    pub async fn proxy_pack(
        &self,
        actor: &Actor,
        id: ProxyPackId,
    ) -> Result<Option<ProxyPack>, AppError> {
        let own = actor.organisations(Role::Officer).map(Id::uuid);
        let row = proxy_pack::Entity::find_by_id(id.uuid())
            .filter(proxy_pack::Column::OrganisationId.is_in(own))
            .one(self.db)
            .await?;
        row.as_ref().map(pack).transpose()
    }

    /// A page of an organisation's packs in the order of their registration; none for anyone but its officers.
    pub async fn proxy_packs(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        page: &Page<ProxyPackId>,
    ) -> Result<Vec<ProxyPack>, AppError> {
        if !actor.holds(organisation, Role::Officer) {
            return Ok(Vec::new());
        }
        let rows = page
            .of(held_by(organisation), proxy_pack::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(pack).collect()
    }

    /// How many packs of an organisation the actor may see.
    pub async fn proxy_pack_count(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
    ) -> Result<u64, AppError> {
        if !actor.holds(organisation, Role::Officer) {
            return Ok(0);
        }
        Ok(held_by(organisation).count(self.db).await?)
    }
}

fn held_by(organisation: OrganisationId) -> Select<proxy_pack::Entity> {
    proxy_pack::Entity::find().filter(proxy_pack::Column::OrganisationId.eq(organisation.uuid()))
}

fn pack(row: &proxy_pack::Model) -> Result<ProxyPack, AppError> {
    serde_json::from_slice(&row.body).map_err(AppError::internal)
}
