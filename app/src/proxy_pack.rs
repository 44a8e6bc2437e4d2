//! Use-cases of proxy packs. They are private: a pack never stands in the log, and a plan publishes the values it uses.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{Id, OrganisationId, ProxyPackId};
use commonweal_domain::scoring::proxy_pack::{MAX_PACKS, ProxyPack};
use commonweal_domain::tender::plan::Plan;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::store::proxy_pack;
use crate::store::{PrivateCommand, PrivateTx};
use crate::tender::input_path;

struct Register {
    actor: Actor,
    pack: ProxyPack,
    body: Vec<u8>,
}

impl PrivateCommand for Register {
    const NAME: &'static str = "register_proxy_pack";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let facts = facts(self.pack.organisation);
        authorize(tx, &self.actor, Action::RegisterProxyPack, &facts).await?;
        let organisation = self.pack.organisation.uuid();
        let held = proxy_pack::Entity::find()
            .filter(proxy_pack::Column::OrganisationId.eq(organisation))
            .count(tx)
            .await?;
        if held >= MAX_PACKS {
            return Err(AppError::refused(
                "TOO_MANY_PACKS",
                format!("the organisation has {MAX_PACKS} proxy packs, the most that are kept"),
            ));
        }
        proxy_pack::Entity::insert(proxy_pack::ActiveModel {
            id: Set(self.pack.id.uuid()),
            organisation_id: Set(organisation),
            body: Set(self.body.clone()),
            registered_at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

fn facts(organisation: OrganisationId) -> Facts<'static> {
    Facts {
        organisation: Some(organisation),
        ..Facts::default()
    }
}

impl App {
    /// Keeps a proxy pack for an organisation, in private.
    pub async fn register_proxy_pack(
        &self,
        actor: &Actor,
        pack: ProxyPack,
    ) -> Result<ProxyPackId, AppError> {
        let facts = facts(pack.organisation);
        commonweal_domain::actor::authorize(actor, Action::RegisterProxyPack, &facts)?;
        let wanted = pack.catalogue;
        let mut found = self.read().catalogues_by_id(&[wanted]).await?;
        let catalogue = found.remove(&wanted).ok_or_else(|| {
            let message = "no such measure catalogue: name a published version";
            AppError::refused_at("UNKNOWN_CATALOGUE", "catalogue", message)
        })?;
        pack.check(&catalogue.catalogue).map_err(|error| {
            let path = input_path("", &error.path);
            let path = path.trim_start_matches('.');
            AppError::refused_at("PROXY_PACK", path, &error.problem)
        })?;
        let id = pack.id;
        let command = Register {
            actor: actor.clone(),
            body: serde_json::to_vec(&pack).map_err(AppError::internal)?,
            pack,
        };
        self.store.write_private(command).await?;
        Ok(id)
    }

    /// Refuses a plan whose published proxies are not those of a pack of the buyer.
    pub(crate) async fn check_pack(
        &self,
        buyer: OrganisationId,
        plan: &Plan,
    ) -> Result<(), AppError> {
        let Some(values) = &plan.proxies else {
            return Ok(());
        };
        let row = proxy_pack::Entity::find_by_id(values.pack.uuid())
            .filter(proxy_pack::Column::OrganisationId.eq(buyer.uuid()))
            .one(self.store.read())
            .await?;
        let pack: Option<ProxyPack> = row
            .map(|row| serde_json::from_slice(&row.body))
            .transpose()
            .map_err(AppError::internal)?;
        let fits =
            |pack: &ProxyPack| pack.catalogue == plan.catalogue && pack.has_published(values);
        if pack.as_ref().is_some_and(fits) {
            return Ok(());
        }
        Err(AppError::refused_at(
            "PROXY_PACK",
            "plan.proxies.pack",
            "name a proxy pack of the buyer for the plan's catalogue, and publish its values unchanged",
        ))
    }
}
