//! Log entries of measure catalogues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Catalogue;
use crate::actor::Role;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `catalogue.published`: a version of a measure catalogue, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CataloguePublished {
    /// The catalogue.
    pub catalogue: Catalogue,
}

impl EntryBody for CataloguePublished {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        state.catalogues.publish(self.catalogue.clone(), header)
    }
}
