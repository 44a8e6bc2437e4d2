//! Social value in money by published proxies (SROI): what one unit of a measure is worth.
//!
//! The impact of the first year is `q * proxy * (1-deadweight)(1-attribution)(1-displacement)`; each later year is the one
//! before less the drop-off; the years are discounted to a present value. Conventions that change the result are stored
//! with the values: the discount rate, whether year 1 is discounted, and whether the proxies are gross or net of deadweight.
//! So that any number of years stays exact arithmetic, the present value of each year's part of the impact is rounded once,
//! half to even, to [`FACTOR_PLACES`] decimal places.
//!
//! Source: A Guide to Social Return on Investment (Cabinet Office, updated 2012).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Currency, Money, Quantity, Share};
use crate::catalogue::{Catalogue, MeasureCode, MeasureKind};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::ProxyPackId;
use crate::tender::plan_check::{check_line, check_money};
use crate::tender::plan_error::PlanProblem;

/// Decimal places to which the present value of a year's part is rounded.
pub const FACTOR_PLACES: u8 = 12;

/// The most years for which an impact may last.
pub const MAX_YEARS: u8 = 50;

/// The most values of one pack.
pub const MAX_VALUES: usize = 1_000;

/// Whether proxies already leave out what would have happened anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Deadweight is still inside and is taken off.
    Gross,
    /// Deadweight is taken off already, and never twice.
    NetOfDeadweight,
}

/// Whether the first year is discounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum YearOne {
    /// Year `n` is divided by `(1+r)^n`.
    Discounted,
    /// Year `n` is divided by `(1+r)^(n-1)`.
    Undiscounted,
}

/// What one unit of a measure is worth, and how the worth goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyValue {
    /// The measure.
    pub measure: MeasureCode,
    /// The value of one unit in the first year.
    pub proxy: Money,
    /// The part that would have happened anyway.
    pub deadweight: Share,
    /// The part that others brought about.
    pub attribution: Share,
    /// The part that only moved from elsewhere.
    pub displacement: Share,
    /// The part that is lost each year from year 2.
    pub drop_off: Share,
    /// For how many years the impact lasts, 1 to [`MAX_YEARS`].
    pub years: u8,
}

/// The values of a proxy pack that a plan uses, with the conventions by which they are used: all that a stranger needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyValues {
    /// The pack, which stays private to its organisation.
    pub pack: ProxyPackId,
    /// Its title and version.
    pub title: String,
    /// Under which licence the values are published here.
    pub licence: String,
    /// Whether its values are gross or net of deadweight.
    pub basis: Basis,
    /// The discount rate of a year, such as 0.035.
    pub discount_rate: Share,
    /// Whether the first year is discounted.
    pub year_one: YearOne,
    /// The value of each measure that a criterion counts, and of no other.
    pub values: Vec<ProxyValue>,
}

impl ProxyValue {
    /// The part of a unit's worth that is the bid's own: `(1-deadweight)(1-attribution)(1-displacement)`.
    fn impact(&self, basis: Basis) -> Result<Fraction, ArithmeticError> {
        let without = |share: Share| Fraction::ONE.minus(share.fraction()?);
        let deadweight = match basis {
            Basis::Gross => without(self.deadweight)?,
            Basis::NetOfDeadweight => Fraction::ONE,
        };
        deadweight
            .times(without(self.attribution)?)?
            .times(without(self.displacement)?)
    }

    /// The impact of each year in minor units, before discounting.
    pub fn by_year(
        &self,
        quantity: Fraction,
        basis: Basis,
    ) -> Result<Vec<Fraction>, ArithmeticError> {
        let kept = Fraction::ONE.minus(self.drop_off.fraction()?)?;
        let first = quantity
            .times(self.proxy.fraction())?
            .times(self.impact(basis)?)?;
        std::iter::successors(Some(Ok(first)), |year| {
            Some((*year).and_then(|year| year.times(kept)))
        })
        .take(usize::from(self.years))
        .collect()
    }

    /// What the first year's impact is worth over all years: each year's part of it, discounted and rounded to
    /// [`FACTOR_PLACES`] places, summed.
    pub fn factor(&self, rate: Share, year_one: YearOne) -> Result<Fraction, ArithmeticError> {
        let growth = Fraction::ONE.plus(rate.fraction()?)?;
        let kept = Fraction::ONE.minus(self.drop_off.fraction()?)?;
        let rounded = |part: Fraction| Fraction::from_decimal(part.round(FACTOR_PLACES)?);
        let mut part = match year_one {
            YearOne::Discounted => rounded(Fraction::ONE.over(growth)?)?,
            YearOne::Undiscounted => Fraction::ONE,
        };
        let mut sum = part;
        for _ in 1..self.years {
            part = rounded(part.times(kept)?.over(growth)?)?;
            sum = sum.plus(part)?;
        }
        Ok(sum)
    }

    fn check(&self, basis: Basis, currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        check_money(self.proxy, currency).map_err(|problem| ("proxy", problem))?;
        if basis == Basis::NetOfDeadweight && self.deadweight != Share::NONE {
            return Err(("deadweight", PlanProblem::DeadweightTwice));
        }
        if !(1..=MAX_YEARS).contains(&self.years) {
            return Err(("years", PlanProblem::Years(self.years)));
        }
        Ok(())
    }
}

impl ProxyValues {
    /// The value of a measure.
    pub fn value(&self, measure: &MeasureCode) -> Option<&ProxyValue> {
        self.values.iter().find(|value| value.measure == *measure)
    }

    /// The present value of one unit of a measure in minor units; `None` where the pack has no value for it.
    pub fn unit(&self, measure: &MeasureCode) -> Option<Result<Fraction, ArithmeticError>> {
        let value = self.value(measure)?;
        let unit = || {
            let factor = value.factor(self.discount_rate, self.year_one)?;
            let impact = value.impact(self.basis)?;
            value.proxy.fraction().times(impact)?.times(factor)
        };
        Some(unit())
    }

    /// The present value of a quantity in minor units, exact; `None` where the pack has no value for the measure.
    pub fn present_value(
        &self,
        measure: &MeasureCode,
        quantity: &Quantity,
    ) -> Option<Result<Fraction, ArithmeticError>> {
        let unit = self.unit(measure)?;
        Some(unit.and_then(|unit| unit.times(quantity.fraction()?)))
    }

    /// Checks the values for a plan whose criteria count `used` measures in money. The error names the place below.
    pub(crate) fn check(
        &self,
        currency: Currency,
        catalogue: &Catalogue,
        used: &std::collections::BTreeSet<&MeasureCode>,
    ) -> Result<(), (String, PlanProblem)> {
        for (field, text) in [("title", &self.title), ("licence", &self.licence)] {
            check_line(text).map_err(|problem| (field.to_owned(), problem))?;
        }
        check_values(&self.values, self.basis, currency, catalogue)?;
        let values = || ("values".to_owned(), PlanProblem::ProxiesNotAsUsed);
        if self.values.len() != used.len()
            || self
                .values
                .iter()
                .any(|value| !used.contains(&value.measure))
        {
            return Err(values());
        }
        for (index, value) in self.values.iter().enumerate() {
            // A billion units must stay within exact numbers, so that no bid can leave them.
            let much = Fraction::whole(1_000_000_000);
            let unit = self.unit(&value.measure).ok_or_else(values)?;
            unit.and_then(|unit| unit.times(much)?.round(0))
                .map_err(|_| (format!("values/{index}"), PlanProblem::OutOfRange))?;
        }
        Ok(())
    }
}

/// Checks values by themselves: of counted measures of the catalogue, each once. The error names the place.
pub fn check_values(
    values: &[ProxyValue],
    basis: Basis,
    currency: Currency,
    catalogue: &Catalogue,
) -> Result<(), (String, PlanProblem)> {
    if values.is_empty() || values.len() > MAX_VALUES {
        return Err(("values".to_owned(), PlanProblem::List));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        let at = |field: &str| format!("values/{index}/{field}");
        let measure = catalogue.measure(&value.measure).ok_or_else(|| {
            let problem = PlanProblem::UnknownMeasure(value.measure.clone());
            (at("measure"), problem)
        })?;
        if measure.kind != MeasureKind::Quantitative {
            let problem = PlanProblem::NotCounted(value.measure.clone());
            return Err((at("measure"), problem));
        }
        if !seen.insert(&value.measure) {
            return Err((at("measure"), PlanProblem::List));
        }
        value
            .check(basis, currency)
            .map_err(|(field, problem)| (at(field), problem))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tender::fixtures::{eur, hours, proxies};

    fn share(millionths: u32) -> Share {
        Share::from_millionths(millionths).unwrap()
    }

    fn value(years: u8, drop_off: u32) -> ProxyValue {
        ProxyValue {
            proxy: eur("100"),
            drop_off: share(drop_off),
            years,
            ..proxies().values[0].clone()
        }
    }

    #[test]
    fn one_undiscounted_year_is_worth_itself() {
        let factor = value(1, 0).factor(share(35_000), YearOne::Undiscounted);
        assert_eq!(factor, Ok(Fraction::ONE));
    }

    #[test]
    fn net_values_keep_what_gross_values_lose_to_deadweight() {
        let mut values = proxies();
        let measure = values.values[0].measure.clone();
        let present = |values: &ProxyValues| {
            let value = values.present_value(&measure, &hours("1.0"));
            value.unwrap().unwrap()
        };
        assert_eq!(present(&values), Fraction::whole(750));
        values.basis = Basis::NetOfDeadweight;
        assert_eq!(present(&values), Fraction::whole(1000));
        assert!(values.unit(&"NONE".parse().unwrap()).is_none());
    }

    proptest! {
        #[test]
        fn any_rate_and_duration_has_a_factor_between_nothing_and_its_years(
            years in 1_u8..=MAX_YEARS, drop_off in 0_u32..=1_000_000, rate in 0_u32..=1_000_000,
        ) {
            let value = value(years, drop_off);
            let late = value.factor(share(rate), YearOne::Discounted).unwrap();
            let early = value.factor(share(rate), YearOne::Undiscounted).unwrap();
            prop_assert!(!late.is_negative() && late <= early);
            prop_assert!(early <= Fraction::whole(years.into()));
        }
    }
}
