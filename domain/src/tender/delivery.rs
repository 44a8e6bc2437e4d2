//! What the tender documents say about delivery: how it is reported and rated, what each measure weighs. The award
//! copies it into the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Number, Share};
use crate::catalogue::{Catalogue, MeasureCode};
use crate::contract::rating::Thresholds;

/// The most measures with terms of their own.
const MAX_MEASURES: usize = 250;

/// The terms of delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// Months of a reporting period: 1, 2, 3, 4, 6 or 12. Without it the periods are calendar years. A period never
    /// reaches over new year, since a claim does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting_months: Option<u8>,
    /// From which part of the promise on a period is rated how; without it no rating but `other` can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Terms of single measures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureTerms>,
}

/// Terms of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureTerms {
    /// The measure, in the catalogue of the plan.
    pub measure: MeasureCode,
    /// How much its KPIs count among all of the contract, where the buyer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Share>,
    /// What there was before the contract, in the measure's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
}

/// Terms of delivery that are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryProblem {
    /// A period that does not divide the year.
    #[error("a reporting period has 1, 2, 3, 4, 6 or 12 months, not {0}")]
    Months(u8),
    /// Thresholds that do not fall.
    #[error(
        "the thresholds fall from good over approaching target to requires improvement, and none is 0"
    )]
    Thresholds,
    /// A measure that the catalogue has not, or twice.
    #[error("`{0}` is no measure of the catalogue, or stands twice")]
    Measure(MeasureCode),
    /// Too many measures.
    #[error("terms of {0} measures: at most {MAX_MEASURES}")]
    Measures(usize),
    /// Weights beyond the whole.
    #[error("the weights sum to more than 1")]
    Weights,
}

impl Delivery {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The terms of a measure.
    pub fn of(&self, measure: &MeasureCode) -> Option<&MeasureTerms> {
        self.measures.iter().find(|terms| terms.measure == *measure)
    }

    /// Checks the terms; the error names the field.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), (String, DeliveryProblem)> {
        let at = |field: &str, problem| Err((field.to_owned(), problem));
        if let Some(months) = self.reporting_months
            && ![1, 2, 3, 4, 6, 12].contains(&months)
        {
            return at("reporting_months", DeliveryProblem::Months(months));
        }
        if self.thresholds.is_some_and(|thresholds| !thresholds.fall()) {
            return at("thresholds", DeliveryProblem::Thresholds);
        }
        if self.measures.len() > MAX_MEASURES {
            return at("measures", DeliveryProblem::Measures(self.measures.len()));
        }
        let mut sum = Share::NONE;
        let mut seen = std::collections::BTreeSet::new();
        for (index, terms) in self.measures.iter().enumerate() {
            let known = catalogue.measure(&terms.measure).is_some();
            if !known || !seen.insert(&terms.measure) {
                let problem = DeliveryProblem::Measure(terms.measure.clone());
                return at(&format!("measures/{index}/measure"), problem);
            }
            match sum.plus(terms.weight.unwrap_or(Share::NONE)) {
                Ok(more) => sum = more,
                Err(_) => {
                    return at(
                        &format!("measures/{index}/weight"),
                        DeliveryProblem::Weights,
                    );
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::catalogue;

    fn refused(change: impl FnOnce(&mut Delivery)) -> (String, DeliveryProblem) {
        let mut delivery = Delivery {
            reporting_months: Some(3),
            thresholds: Some(Thresholds::example()),
            measures: vec![terms("VOL-1", "0.6"), terms("VOL-2", "0.4")],
        };
        assert_eq!(delivery.check(&catalogue()), Ok(()));
        change(&mut delivery);
        delivery.check(&catalogue()).unwrap_err()
    }

    fn terms(measure: &str, weight: &str) -> MeasureTerms {
        MeasureTerms {
            measure: measure.parse().unwrap(),
            weight: Some(weight.parse().unwrap()),
            baseline: Some("3.5".parse().unwrap()),
        }
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused_by_their_field() {
        assert_eq!(
            refused(|d| d.reporting_months = Some(5)).0,
            "reporting_months"
        );
        let rising =
            |d: &mut Delivery| d.thresholds.as_mut().unwrap().good = "0.1".parse().unwrap();
        assert_eq!(refused(rising).0, "thresholds");
        assert_eq!(
            refused(|d| d.measures[1] = terms("VOL-1", "0.4")).0,
            "measures/1/measure"
        );
        assert_eq!(
            refused(|d| d.measures[0] = terms("VOL-9", "0.4")).0,
            "measures/0/measure"
        );
        assert_eq!(
            refused(|d| d.measures[1] = terms("VOL-2", "0.41")).0,
            "measures/1/weight"
        );
    }
}
