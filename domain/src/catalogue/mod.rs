//! Measure catalogues: versioned sets of themes, outcomes and measures.

pub mod counting;
pub mod entries;
mod measure;
pub mod reference;

pub use counting::{Basis, Counting, PartYears};
pub use measure::{InvalidCatalogue, Measure, MeasureCode, MeasureKind, MeasureRef};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::CatalogueId;
use crate::log::entry::Header;
use crate::log::state::Finding;

/// A version of a measure catalogue. It is published whole and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// This version.
    pub id: CatalogueId,
    /// The name under which its versions belong together, such as `commonweal-core`.
    pub code: String,
    /// The version, such as `2026.1`.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// Where its facts come from.
    pub source: String,
    /// The measures, in order.
    pub measures: Vec<Measure>,
}

impl Catalogue {
    /// Checks that it has at least one measure, and no code twice.
    pub fn check(&self) -> Result<(), InvalidCatalogue> {
        if self.measures.is_empty() {
            return Err(InvalidCatalogue::Empty);
        }
        let mut seen = std::collections::BTreeSet::new();
        for measure in &self.measures {
            measure.check()?;
            if !seen.insert(&measure.code) {
                return Err(InvalidCatalogue::Twice(measure.code.clone()));
            }
        }
        Ok(())
    }

    /// What a measure of it counts: measures with one key count the same outcome.
    pub fn outcome_of(&self, measure: &Measure) -> String {
        let own = || format!("{}/{}", self.code, measure.code);
        measure.counting.outcome.clone().unwrap_or_else(own)
    }

    /// The measure with a code.
    pub fn measure(&self, code: &MeasureCode) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.code == *code)
    }
}

/// The catalogues that replay knows.
#[derive(Debug, Default)]
pub struct State {
    catalogues: BTreeMap<CatalogueId, Catalogue>,
}

impl State {
    /// The catalogue, if it was published.
    pub fn get(&self, id: CatalogueId) -> Option<&Catalogue> {
        self.catalogues.get(&id)
    }

    /// The measure that a reference names.
    pub fn measure(&self, reference: &MeasureRef) -> Option<&Measure> {
        self.catalogues
            .get(&reference.catalogue)?
            .measure(&reference.code)
    }

    /// What a measure counts; see [`Catalogue::outcome_of`].
    pub fn outcome(&self, reference: &MeasureRef) -> Option<String> {
        let catalogue = self.catalogues.get(&reference.catalogue)?;
        Some(catalogue.outcome_of(catalogue.measure(&reference.code)?))
    }

    fn publish(&mut self, catalogue: Catalogue, header: &Header) -> Result<(), Finding> {
        catalogue
            .check()
            .map_err(|error| header.finding("catalogue", "a well-formed catalogue", error))?;
        let id = catalogue.id;
        match self.catalogues.insert(id, catalogue) {
            None => Ok(()),
            Some(_) => Err(header.finding("catalogue", "one publication", id)),
        }
    }
}
