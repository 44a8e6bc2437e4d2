//! The measure catalogues, policies and reference tables that ship with the server, compiled in.

use commonweal_domain::catalogue::reference::Reference;
use commonweal_domain::catalogue::{Catalogue, Measure};
use commonweal_domain::ids::CatalogueId;
use commonweal_domain::policy::PolicyText;
use serde::Deserialize;

/// A file that ships: its name without folder and ending, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// The name.
    pub name: &'static str,
    text: &'static str,
}

macro_rules! shipped {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../catalogue/", $folder, $name, ".toml")),
        }),*]
    };
}

const CORE: &[Shipped] = shipped!["": "commonweal-core"];

/// Measure catalogues.
const MEASURES: &[Shipped] = shipped!["measures/":
    "collaborative-administration",
    "kr-svi",
    "ph-siquijor",
    "uk-ppn-002",
    "uk-ppn-026",
    "uk-ppn-06-20",
    "uk-salford-10pc",
];

/// Policies.
pub const POLICIES: &[Shipped] = shipped!["policies/":
    "es-rglcap",
    "eu-reserved-contracts",
    "eu-standstill",
    "kr-mois-2011",
    "kr-pps-2018",
    "kr-public-body-appraisal",
    "kr-seoul-social-value-2015",
    "uk-pcr-2015",
    "uk-ppn-002",
    "uk-ppn-026",
    "uk-ppn-06-20",
    "uk-procurement-act-2023",
    "uk-salford-10pc",
];

/// Reference tables.
const CONVENTIONS: &[Shipped] = shipped!["conventions/":
    "collaborative-administration",
    "kr-preferences",
    "kr-svi-grades",
    "ph-siquijor",
    "sroi",
    "uk-social-value",
];

/// A measure catalogue as its file has it: without the id of its publication.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The name under which its versions belong together.
    pub code: String,
    /// The version.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// Where its facts come from.
    pub source: String,
    /// The measures, in order.
    pub measures: Vec<Measure>,
}

impl CatalogueFile {
    /// The catalogue under a new id.
    pub fn publish_as(self, id: CatalogueId) -> Catalogue {
        Catalogue {
            id,
            code: self.code,
            version: self.version,
            title: self.title,
            source: self.source,
            measures: self.measures,
        }
    }
}

/// The core catalogue under a new id.
pub fn core(id: CatalogueId) -> anyhow::Result<Catalogue> {
    let file: CatalogueFile = toml::from_str(CORE[0].text)?;
    Ok(file.publish_as(id))
}

/// A shipped measure catalogue by its file's name; none when there is no such file.
pub fn catalogue(name: &str) -> anyhow::Result<Option<CatalogueFile>> {
    parsed(CORE.iter().chain(MEASURES), name)
}

/// Every shipped measure catalogue.
pub fn catalogues() -> impl Iterator<Item = &'static Shipped> {
    CORE.iter().chain(MEASURES)
}

/// A shipped policy by its file's name; none when there is no such file.
pub fn policy(name: &str) -> anyhow::Result<Option<PolicyText>> {
    parsed(POLICIES, name)
}

/// Every shipped reference table.
pub fn references() -> anyhow::Result<Vec<Reference>> {
    CONVENTIONS
        .iter()
        .map(|file| Ok(toml::from_str(file.text)?))
        .collect()
}

fn parsed<T: for<'de> Deserialize<'de>>(
    files: impl IntoIterator<Item = &'static Shipped>,
    name: &str,
) -> anyhow::Result<Option<T>> {
    let file = files.into_iter().find(|file| file.name == name);
    Ok(file.map(|file| toml::from_str(file.text)).transpose()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use toml::Value;

    fn id() -> CatalogueId {
        "01931f3e-7c2a-7000-8000-000000000000".parse().unwrap()
    }

    fn all() -> impl Iterator<Item = &'static Shipped> {
        [CORE, MEASURES, POLICIES, CONVENTIONS]
            .into_iter()
            .flatten()
    }

    #[test]
    fn the_shipped_catalogues_are_well_formed() {
        for file in catalogues() {
            let catalogue = catalogue(file.name).unwrap().unwrap().publish_as(id());
            assert_eq!(catalogue.check(), Ok(()), "{}", file.name);
        }
        assert!(core(id()).unwrap().measures.len() >= 10);
        assert!(catalogue("tea-leaves").unwrap().is_none());
    }

    #[test]
    fn the_shipped_policies_are_well_formed_and_their_versions_stand_once() {
        let mut seen = BTreeSet::new();
        for file in POLICIES {
            let policy = policy(file.name).unwrap().unwrap();
            assert_eq!(policy.check(), Ok(()), "{}", file.name);
            assert!(seen.insert((policy.code, policy.version)), "{}", file.name);
        }
        assert_eq!(references().unwrap().len(), CONVENTIONS.len());
    }

    #[test]
    fn every_file_of_the_folder_ships() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
        let mut files = 0;
        for folder in ["", "measures", "policies", "conventions"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|ending| ending == "toml") {
                    files += 1;
                    let name = path.file_stem().unwrap().to_str().unwrap();
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(
                        all().any(|file| file.name == name && file.text == text),
                        "{name}"
                    );
                }
            }
        }
        assert_eq!(files, all().count());
    }

    /// Facts of a file that do not say where they are from or how sure they are.
    fn unsourced(text: &str) -> Vec<String> {
        fn says(table: &toml::Table, key: &str) -> bool {
            table
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.trim().is_empty())
        }
        let file: toml::Table = toml::from_str(text).unwrap();
        let mut found = Vec::new();
        if !says(&file, "source") {
            found.push("the file itself".to_owned());
        }
        let lists = ["measures", "clauses", "facts", "grades"];
        let facts = lists
            .iter()
            .filter_map(|list| file.get(*list)?.as_array())
            .flatten();
        let mut tables: Vec<&toml::Table> = facts.filter_map(Value::as_table).collect();
        let notices: Vec<&toml::Table> = tables
            .iter()
            .filter_map(|clause| clause.get("notices")?.as_array())
            .flatten()
            .filter_map(Value::as_table)
            .collect();
        tables.extend(notices);
        for fact in tables {
            if !says(fact, "source") || !says(fact, "confidence") {
                found.push(format!("{:?}", fact.get("code").or(fact.get("name"))));
            }
        }
        found
    }

    #[test]
    fn every_shipped_fact_says_where_it_is_from_and_how_sure_it_is() {
        for file in all() {
            assert_eq!(unsourced(file.text), Vec::<String>::new(), "{}", file.name);
        }
    }

    #[test]
    fn a_fact_without_a_source_would_be_found() {
        let fact = |source: &str| {
            format!("source = \"s\"\n[[facts]]\ncode = \"a\"\n{source}\nconfidence = \"low\"")
        };
        assert_eq!(unsourced(&fact("source = \"read\"")).len(), 0);
        assert_eq!(unsourced(&fact("source = \" \"")).len(), 1);
        assert_eq!(unsourced(&fact("")).len(), 1);
        let notice = "source = \"s\"\n[[clauses]]\nsource = \"s\"\nconfidence = \"low\"\n[[clauses.notices]]\ncode = \"UK6\"";
        assert_eq!(unsourced(notice).len(), 1);
    }

    #[test]
    fn what_is_not_known_stays_empty() {
        for file in MEASURES {
            let catalogue = catalogue(file.name).unwrap().unwrap();
            assert!(
                catalogue
                    .measures
                    .iter()
                    .all(|measure| measure.deadweight.is_none()),
                "{}",
                file.name
            );
        }
    }
}
