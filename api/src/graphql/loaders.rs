//! One loader per request: lists with nested objects cost a fixed number of statements. It lives as
//! long as the request, so nothing leaks from one caller to another.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader as Load;
use commonweal_app::App;
use commonweal_app::read::catalogue::CatalogueView;
use commonweal_app::read::organisation::{CertificationView, OrganisationView};
use commonweal_app::read::policy::PolicyView;
use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{CatalogueId, OrganisationId, PolicyId};

use super::context::refuse;

/// Loads what nested fields need, in batches. What is not public it loads for the caller.
#[derive(Debug)]
pub struct Loader {
    app: Arc<App>,
    actor: Actor,
}

impl Loader {
    /// A loader for one request.
    pub(crate) fn new(app: Arc<App>, actor: Actor) -> Self {
        Self { app, actor }
    }

    /// The app that answers.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// The app, for what outlives the loading.
    pub(super) fn shared_app(&self) -> &Arc<App> {
        &self.app
    }

    /// Who asks.
    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// The certifications of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificationsOf(pub OrganisationId);

impl Load<OrganisationId> for Loader {
    type Value = OrganisationView;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[OrganisationId],
    ) -> Result<HashMap<OrganisationId, OrganisationView>, Self::Error> {
        self.app
            .read()
            .organisations_by_id(keys)
            .await
            .map_err(refuse)
    }
}

impl Load<CertificationsOf> for Loader {
    type Value = Vec<CertificationView>;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[CertificationsOf],
    ) -> Result<HashMap<CertificationsOf, Vec<CertificationView>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self
            .app
            .read()
            .certifications_of(&ids)
            .await
            .map_err(refuse)?;
        Ok(found
            .into_iter()
            .map(|(id, list)| (CertificationsOf(id), list))
            .collect())
    }
}

impl Load<PolicyId> for Loader {
    type Value = PolicyView;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[PolicyId]) -> Result<HashMap<PolicyId, PolicyView>, Self::Error> {
        self.app.read().policies_by_id(keys).await.map_err(refuse)
    }
}

impl Load<CatalogueId> for Loader {
    type Value = CatalogueView;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[CatalogueId],
    ) -> Result<HashMap<CatalogueId, CatalogueView>, Self::Error> {
        self.app.read().catalogues_by_id(keys).await.map_err(refuse)
    }
}
