//! Quantities of a measure's unit.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AmountError, parse_units, print_units};
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// The name of a unit, such as `FTE-year` or `tCO2e`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = 40))]
pub struct Unit(String);

impl Unit {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Unit {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Unit {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        let known = |c: char| c.is_alphanumeric() || " -/%.".contains(c);
        let well_formed = (1..=40).contains(&text.chars().count())
            && text.chars().all(known)
            && text.trim() == text;
        if well_formed {
            Ok(Self(text))
        } else {
            Err(AmountError::InvalidUnit(text.chars().take(60).collect()))
        }
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.0
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A quantity: a whole number of `10^-scale` of a unit, never negative. In a log entry
/// `{"quantity":"12.50","unit":"FTE-year"}`, where the number of decimal places is the scale.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawQuantity", into = "RawQuantity")]
pub struct Quantity {
    units: i64,
    scale: u8,
    unit: Unit,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawQuantity {
    #[schemars(extend("pattern" = schema::DECIMAL))]
    quantity: String,
    unit: Unit,
}

impl Quantity {
    /// The most decimal places a measure may have.
    pub const MAX_SCALE: u8 = 6;

    /// From a whole number of smallest units; a negative number or a scale above [`Self::MAX_SCALE`] is refused.
    pub fn from_units(units: i64, scale: u8, unit: Unit) -> Result<Self, AmountError> {
        if units < 0 {
            return Err(AmountError::Negative(units.to_string()));
        }
        if scale > Self::MAX_SCALE {
            return Err(ArithmeticError::Overflow.into());
        }
        Ok(Self { units, scale, unit })
    }

    /// Parses plain decimal text with at most `scale` places.
    pub fn parse(quantity: &str, scale: u8, unit: Unit) -> Result<Self, AmountError> {
        let units = parse_units(quantity, scale, unit.as_str())?;
        if units < 0 {
            return Err(AmountError::Negative(quantity.to_owned()));
        }
        Self::from_units(units, scale, unit)
    }

    /// Whole number of smallest units.
    pub fn units(&self) -> i64 {
        self.units
    }

    /// Decimal places of the smallest unit.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// The unit.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Decimal text with exactly `scale` places.
    pub fn text(&self) -> String {
        QuantityText(self).to_string()
    }

    /// The same unit and scale with another number of smallest units.
    pub fn with_units(&self, units: i64) -> Result<Self, AmountError> {
        Self::from_units(units, self.scale, self.unit.clone())
    }

    /// The exact value in the unit.
    pub fn fraction(&self) -> Result<Fraction, ArithmeticError> {
        let power = 10_i128
            .checked_pow(u32::from(self.scale))
            .ok_or(ArithmeticError::Overflow)?;
        Fraction::new(i128::from(self.units), power)
    }

    /// The sum of two quantities of one unit and scale.
    pub fn plus(&self, other: &Self) -> Result<Self, AmountError> {
        self.same_unit(other)?;
        let units = self
            .units
            .checked_add(other.units)
            .ok_or(ArithmeticError::Overflow)?;
        self.with_units(units)
    }

    /// Refuses another unit or scale.
    pub fn same_unit(&self, other: &Self) -> Result<(), AmountError> {
        if self.unit == other.unit && self.scale == other.scale {
            Ok(())
        } else {
            Err(AmountError::UnitMix {
                left: format!("{} with {} places", self.unit, self.scale),
                right: format!("{} with {} places", other.unit, other.scale),
            })
        }
    }
}

struct QuantityText<'a>(&'a Quantity);

impl fmt::Display for QuantityText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_units(f, self.0.units, self.0.scale)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", QuantityText(self), self.unit)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<RawQuantity> for Quantity {
    type Error = AmountError;
    fn try_from(raw: RawQuantity) -> Result<Self, AmountError> {
        let places = raw
            .quantity
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len());
        let scale = u8::try_from(places).map_err(|_| ArithmeticError::Overflow)?;
        let quantity = Self::parse(&raw.quantity, scale, raw.unit)?;
        if quantity.text() == raw.quantity {
            Ok(quantity)
        } else {
            Err(AmountError::NotDecimal(raw.quantity))
        }
    }
}

impl From<Quantity> for RawQuantity {
    fn from(quantity: Quantity) -> Self {
        Self {
            quantity: quantity.text(),
            unit: quantity.unit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Result<Quantity, AmountError> {
        Quantity::parse(text, 1, "hour".parse().unwrap())
    }

    #[test]
    fn a_negative_quantity_is_refused() {
        assert!(matches!(hours("-1"), Err(AmountError::Negative(_))));
        assert!(serde_json::from_str::<Quantity>(r#"{"quantity":"-1","unit":"hour"}"#).is_err());
    }

    #[test]
    fn the_text_keeps_the_scale() {
        let json = serde_json::to_string(&hours("12").unwrap()).unwrap();
        assert_eq!(json, r#"{"quantity":"12.0","unit":"hour"}"#);
        assert_eq!(
            serde_json::from_str::<Quantity>(&json).unwrap(),
            hours("12").unwrap()
        );
    }

    #[test]
    fn quantities_of_two_scales_do_not_mix() {
        let fine = Quantity::parse("1", 2, "hour".parse().unwrap()).unwrap();
        assert!(matches!(
            hours("1").unwrap().plus(&fine),
            Err(AmountError::UnitMix { .. })
        ));
    }

    #[test]
    fn leading_zeros_are_not_canonical() {
        assert!(serde_json::from_str::<Quantity>(r#"{"quantity":"01","unit":"hour"}"#).is_err());
        assert!(serde_json::from_str::<Quantity>(r#"{"quantity":"-0","unit":"hour"}"#).is_err());
    }
}
