//! Proxy packs: money values for the measures of a catalogue. The best-known ones are licensed, so that a pack is private to
//! its organisation; a plan publishes the values that it uses and no others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::proxy::{Basis, ProxyValue, ProxyValues, YearOne, check_values};
use crate::amount::{Currency, Share};
use crate::catalogue::{Catalogue, MeasureCode};
use crate::ids::{CatalogueId, OrganisationId, ProxyPackId};
use crate::tender::plan_check::check_line;
use crate::tender::plan_error::PlanError;

/// The most packs of one organisation.
pub const MAX_PACKS: u64 = 100;

/// A proxy pack. It never changes: another version is another pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyPack {
    /// This pack.
    pub id: ProxyPackId,
    /// Who holds the licence.
    pub organisation: OrganisationId,
    /// The catalogue whose measures it values.
    pub catalogue: CatalogueId,
    /// Its title and version.
    pub title: String,
    /// The licence under which the organisation holds it, and may publish the values that a plan uses.
    pub licence: String,
    /// The currency of its values.
    pub currency: Currency,
    /// Whether its values are gross or net of deadweight.
    pub basis: Basis,
    /// The values, each measure once.
    pub values: Vec<ProxyValue>,
}

impl ProxyPack {
    /// Checks the pack against its catalogue. The error names the place as a JSON pointer.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), PlanError> {
        for (field, text) in [("/title", &self.title), ("/licence", &self.licence)] {
            check_line(text).map_err(|problem| PlanError {
                path: field.to_owned(),
                problem,
            })?;
        }
        check_values(&self.values, self.basis, self.currency, catalogue).map_err(
            |(place, problem)| PlanError {
                path: format!("/{place}"),
                problem,
            },
        )
    }

    /// What a plan publishes of the pack: the values of the measures that it uses, with its conventions.
    pub fn published(
        &self,
        used: &BTreeSet<&MeasureCode>,
        discount_rate: Share,
        year_one: YearOne,
    ) -> ProxyValues {
        let values = self.values.iter();
        ProxyValues {
            pack: self.id,
            title: self.title.clone(),
            licence: self.licence.clone(),
            basis: self.basis,
            discount_rate,
            year_one,
            values: values
                .filter(|value| used.contains(&value.measure))
                .cloned()
                .collect(),
        }
    }

    /// Whether the published values are this pack's.
    pub fn has_published(&self, values: &ProxyValues) -> bool {
        let used = values.values.iter().map(|value| &value.measure).collect();
        *values == self.published(&used, values.discount_rate, values.year_one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{catalogue, catalogue_id, org, proxies};

    fn pack() -> ProxyPack {
        let values = proxies();
        ProxyPack {
            id: values.pack,
            organisation: org(1),
            catalogue: catalogue_id(),
            title: values.title,
            licence: values.licence,
            currency: "EUR".parse().unwrap(),
            basis: values.basis,
            values: values.values,
        }
    }

    #[test]
    fn a_plan_publishes_the_values_that_it_uses_and_no_other() {
        let pack = pack();
        let used = "VOL-2".parse().unwrap();
        let rate = "0.035".parse().unwrap();
        let published = pack.published(&BTreeSet::from([&used]), rate, YearOne::Undiscounted);
        assert_eq!(published.values, pack.values[1..]);
        assert!(pack.has_published(&published));
        let mut other = published;
        other.values[0].years = 2;
        assert!(
            !pack.has_published(&other),
            "a value that is not the pack's"
        );
    }

    #[test]
    fn wrong_values_are_refused_with_their_place() {
        let wrong = |change: fn(&mut ProxyPack)| {
            let mut pack = pack();
            change(&mut pack);
            pack.check(&catalogue()).unwrap_err().path
        };
        pack().check(&catalogue()).unwrap();
        assert_eq!(wrong(|pack| pack.licence.clear()), "/licence");
        assert_eq!(wrong(|pack| pack.values.clear()), "/values");
        assert_eq!(
            wrong(|pack| pack.values[1].measure = "VOL-1".parse().unwrap()),
            "/values/1/measure"
        );
        assert_eq!(
            wrong(|pack| pack.values[0].measure = "WORDS-1".parse().unwrap()),
            "/values/0/measure"
        );
        assert_eq!(
            wrong(|pack| pack.currency = "KRW".parse().unwrap()),
            "/values/0/proxy"
        );
        assert_eq!(
            wrong(|pack| pack.basis = Basis::NetOfDeadweight),
            "/values/0/deadweight"
        );
    }
}
