//! The measure catalogues that ship with the server, and their publication by name.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::amounts::wrong;
use super::catalogue::{self, PublishCataloguePayload};
use super::context::{actor, app, settle};
use super::errors::Code;
use crate::catalogue_files::{self, CatalogueFile};

/// A measure catalogue that ships with the server and can be published by its name.
#[derive(Debug, Clone, SimpleObject)]
pub struct ShippedCatalogue {
    /// The name for `publishShippedCatalogue`.
    name: String,
    /// The name under which its versions belong together.
    code: String,
    /// The version.
    version: String,
    /// What people call it.
    title: String,
    /// Where its facts come from.
    source: String,
    /// How many measures it has.
    measures: usize,
}

fn read(name: &str) -> async_graphql::Result<Option<CatalogueFile>> {
    catalogue_files::catalogue(name)
        .map_err(|error| Code::InternalServerError.error(error.to_string()))
}

/// Queries on what ships.
#[derive(Debug, Default)]
pub struct ShippedCatalogueQuery;

#[Object]
impl ShippedCatalogueQuery {
    /// The measure catalogues that ship with the server, published or not.
    #[expect(clippy::unused_async, reason = "async-graphql asks for it")]
    async fn shipped_catalogues(&self) -> async_graphql::Result<Vec<ShippedCatalogue>> {
        let mut shipped = Vec::new();
        for file in catalogue_files::catalogues() {
            if let Some(text) = read(file.name)? {
                shipped.push(ShippedCatalogue {
                    name: file.name.to_owned(),
                    code: text.code,
                    version: text.version,
                    title: text.title,
                    source: text.source,
                    measures: text.measures.len(),
                });
            }
        }
        Ok(shipped)
    }
}

/// Input of `publishShippedCatalogue`.
#[derive(Debug, InputObject)]
pub struct PublishShippedCatalogueInput {
    /// The name, as `shippedCatalogues` lists them.
    name: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations of what ships.
#[derive(Debug, Default)]
pub struct ShippedCatalogueMutation;

#[Object]
impl ShippedCatalogueMutation {
    /// Publishes a measure catalogue that ships with the server, as a registrar.
    async fn publish_shipped_catalogue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which catalogue.")] input: PublishShippedCatalogueInput,
    ) -> async_graphql::Result<PublishCataloguePayload> {
        let unknown = "no such catalogue ships with this server: see `shippedCatalogues`";
        let file = read(&input.name)?.ok_or_else(|| wrong("name", &unknown))?;
        let app = app(context)?;
        let file = file.publish_as(app.new_id());
        let (made, errors) = settle(app.publish_catalogue(&actor(context), file).await)?;
        let catalogue = match made {
            Some(made) => catalogue::load(context, made.out).await?,
            None => None,
        };
        Ok(PublishCataloguePayload::new(
            (catalogue, errors),
            input.client_mutation_id,
        ))
    }
}
