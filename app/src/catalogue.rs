//! Use-cases of measure catalogues.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::catalogue::entries::CataloguePublished;
use commonweal_domain::ids::{CatalogueId, Id};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::entry::Draft;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::catalogue;
use crate::store::{Command, Tx, Written};

struct Publish {
    actor: Actor,
    catalogue: Catalogue,
    body: Vec<u8>,
}

impl Command for Publish {
    const NAME: &'static str = "publish_catalogue";
    type Out = CatalogueId;

    async fn run(&self, tx: &mut Tx) -> Result<CatalogueId, AppError> {
        let permit =
            authorize(tx, &self.actor, Action::PublishCatalogue, &Facts::default()).await?;
        let taken = catalogue::Entity::find()
            .filter(catalogue::Column::Code.eq(&self.catalogue.code))
            .filter(catalogue::Column::Version.eq(&self.catalogue.version))
            .one(tx)
            .await?;
        if taken.is_some() {
            return Err(AppError::refused_at(
                "VERSION_TAKEN",
                "version",
                "this version is published already and never changes: publish another version",
            ));
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.catalogue.id.to_string(),
            inputs_upto: None,
            body: CataloguePublished {
                catalogue: self.catalogue.clone(),
            }
            .into(),
        })?;
        catalogue::Entity::insert(catalogue::ActiveModel {
            id: Set(self.catalogue.id.uuid()),
            code: Set(self.catalogue.code.clone()),
            version: Set(self.catalogue.version.clone()),
            title: Set(self.catalogue.title.clone()),
            body: Set(self.body.clone()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.catalogue.id)
    }
}

impl App {
    /// Publishes a version of a measure catalogue, whole.
    pub async fn publish_catalogue(
        &self,
        actor: &Actor,
        catalogue: Catalogue,
    ) -> Result<Written<CatalogueId>, AppError> {
        catalogue
            .check()
            .map_err(|error| AppError::refused_at("CATALOGUE", "measures", error))?;
        let body =
            canonical_blob(&catalogue).map_err(|error| AppError::refused("CATALOGUE", error))?;
        let actor = actor.clone();
        self.store
            .write(
                None,
                Publish {
                    actor,
                    catalogue,
                    body,
                },
            )
            .await
    }
}
