//! Terms of delivery in an evaluation plan: how it is reported and rated, and what may be made good with credits.

use async_graphql::{InputObject, SimpleObject};
use commonweal_domain::amount::Share;
use commonweal_domain::contract::rating;
use commonweal_domain::tender::delivery as domain;

use super::amounts::wrong;
use super::performance::Thresholds;
use super::scalars::Decimal;

/// Terms of a measure in an evaluation plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeasureTerms {
    /// The code of the measure.
    measure: String,
    /// How much its KPIs count among all of the contract.
    weight: Option<Decimal>,
    /// What there was before the contract, in the measure's unit.
    baseline: Option<Decimal>,
}

/// Terms of delivery in an evaluation plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct DeliveryTerms {
    /// Months of a reporting period; null where the periods are calendar years.
    reporting_months: Option<i32>,
    /// From which part of the promise on a period is rated how.
    thresholds: Option<Thresholds>,
    /// Terms of single measures.
    measures: Vec<MeasureTerms>,
}

impl From<&domain::Delivery> for DeliveryTerms {
    fn from(terms: &domain::Delivery) -> Self {
        let measure = |terms: &domain::MeasureTerms| MeasureTerms {
            measure: terms.measure.to_string(),
            weight: terms.weight.map(|weight| Decimal(weight.to_string())),
            baseline: terms.baseline.map(|baseline| Decimal(baseline.to_string())),
        };
        Self {
            reporting_months: terms.reporting_months.map(i32::from),
            thresholds: terms.thresholds.map(Into::into),
            measures: terms.measures.iter().map(measure).collect(),
        }
    }
}

/// From which part of the promise on a period is rated how.
#[derive(Debug, InputObject)]
pub struct ThresholdsInput {
    /// Good from here on, such as 1.
    good: Decimal,
    /// Approaching target from here on.
    approaching: Decimal,
    /// Requires improvement from here on, more than 0; inadequate below.
    improvement: Decimal,
}

/// Terms of a measure.
#[derive(Debug, InputObject)]
pub struct MeasureTermsInput {
    /// The code of the measure in the plan's catalogue.
    measure: String,
    /// How much its KPIs count among all of the contract, 0 to 1; the weights sum to at most 1.
    weight: Option<Decimal>,
    /// What there was before the contract, in the measure's unit.
    baseline: Option<Decimal>,
}

/// Terms of delivery: the award copies them into the contract.
#[derive(Debug, InputObject)]
pub struct DeliveryTermsInput {
    /// Months of a reporting period: 1, 2, 3, 4, 6 or 12; calendar years when it is left out.
    reporting_months: Option<i32>,
    /// From which part of the promise on a period is rated how; without it a period can be rated as `OTHER` alone.
    thresholds: Option<ThresholdsInput>,
    /// Terms of single measures.
    #[graphql(default)]
    measures: Vec<MeasureTermsInput>,
}

impl DeliveryTermsInput {
    /// The terms as the domain knows them; the error names the field.
    pub(crate) fn parse(self, at: &str) -> async_graphql::Result<domain::Delivery> {
        let share = |field: &str, text: &Decimal| -> async_graphql::Result<Share> {
            let parsed = text.0.parse();
            parsed.map_err(|error| wrong(&format!("{at}.{field}"), &error))
        };
        let months = self.reporting_months.map(u8::try_from).transpose();
        let thresholds = self.thresholds.map(|given| -> async_graphql::Result<_> {
            Ok(rating::Thresholds {
                good: share("thresholds.good", &given.good)?,
                approaching: share("thresholds.approaching", &given.approaching)?,
                improvement: share("thresholds.improvement", &given.improvement)?,
            })
        });
        let measures = self.measures.iter().enumerate().map(|(index, terms)| {
            let field = |name: &str| format!("measures.{index}.{name}");
            let code = terms.measure.parse();
            let weight = terms
                .weight
                .as_ref()
                .map(|text| share(&field("weight"), text));
            let baseline = terms
                .baseline
                .as_ref()
                .map(|text| text.0.parse())
                .transpose();
            let named = |name: &str| format!("{at}.{}", field(name));
            Ok(domain::MeasureTerms {
                measure: code.map_err(|error| wrong(&named("measure"), &error))?,
                weight: weight.transpose()?,
                baseline: baseline.map_err(|error| wrong(&named("baseline"), &error))?,
            })
        });
        Ok(domain::Delivery {
            reporting_months: months
                .map_err(|error| wrong(&format!("{at}.reportingMonths"), &error))?,
            thresholds: thresholds.transpose()?,
            measures: measures.collect::<async_graphql::Result<_>>()?,
        })
    }
}
