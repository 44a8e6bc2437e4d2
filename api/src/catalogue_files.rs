//! The measure catalogues that ship with the server.

use commonweal_domain::catalogue::{Catalogue, Measure};
use commonweal_domain::ids::CatalogueId;
use serde::Deserialize;

/// The text of the core catalogue.
const CORE: &str = include_str!("../../catalogue/commonweal-core.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: String,
    version: String,
    title: String,
    source: String,
    measures: Vec<Measure>,
}

/// The core catalogue under a new id.
pub fn core(id: CatalogueId) -> anyhow::Result<Catalogue> {
    let file: File = toml::from_str(CORE)?;
    Ok(Catalogue {
        id,
        code: file.code,
        version: file.version,
        title: file.title,
        source: file.source,
        measures: file.measures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_is_well_formed() {
        let catalogue = core("01931f3e-7c2a-7000-8000-000000000000".parse().unwrap()).unwrap();
        assert_eq!(catalogue.check(), Ok(()));
        assert!(catalogue.measures.len() >= 10);
    }
}
