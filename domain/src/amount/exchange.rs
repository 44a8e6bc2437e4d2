//! Published exchange rates: amounts in another currency are converted exactly and never rounded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Currency, Money, Number};
use crate::fraction::{ArithmeticError, Fraction};
use crate::time::Date;

/// What one unit of a currency is worth in another, on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRate {
    /// The currency that is converted.
    pub currency: Currency,
    /// Units of the other currency for one unit of this one: 0.92 where EUR 0.92 are paid for USD 1.
    pub rate: Number,
    /// The day of the rate.
    pub date: Date,
    /// Who published it, such as `European Central Bank reference rates`.
    pub source: String,
}

impl ExchangeRate {
    /// The amount in minor units of the other currency, exact and possibly between two of them. The amount must be in
    /// [`Self::currency`].
    pub fn convert(&self, amount: Money, to: Currency) -> Result<Fraction, ArithmeticError> {
        let major = Fraction::new(i128::from(amount.minor()), power(self.currency)?)?;
        major
            .times(self.rate.fraction()?)?
            .times(Fraction::new(power(to)?, 1)?)
    }
}

/// Minor units in one unit of a currency.
pub(crate) fn power(currency: Currency) -> Result<i128, ArithmeticError> {
    10_i128
        .checked_pow(u32::from(currency.scale()))
        .ok_or(ArithmeticError::Overflow)
}

/// Minor units of a currency as an amount that people read; between two minor units as a fraction of major units.
pub(crate) fn minor_text(minor: Fraction, currency: Currency) -> String {
    let whole = (minor.denominator() == 1)
        .then(|| i64::try_from(minor.numerator()).ok())
        .flatten();
    if let Some(minor) = whole {
        return Money::from_minor(minor, currency).to_string();
    }
    let major = power(currency)
        .and_then(|power| Fraction::new(power, 1))
        .and_then(|power| minor.over(power));
    let text = major.map_or_else(|error| error.to_string(), |major| major.to_string());
    format!("{currency} {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn rate(code: &str, rate: &str) -> ExchangeRate {
        ExchangeRate {
            currency: currency(code),
            rate: rate.parse().unwrap(),
            date: "2026-05-01".parse().unwrap(),
            source: "central bank".to_owned(),
        }
    }

    #[test]
    fn amounts_are_converted_exactly_between_currencies_with_and_without_minor_units() {
        let won = Money::parse("1000001", currency("KRW")).unwrap();
        let cents = rate("KRW", "0.000678").convert(won, currency("EUR"));
        // 1,000,001 * 0.000678 = 678.000678 euro.
        assert_eq!(cents, Fraction::new(678_000_678, 10_000));
        let euro = Money::parse("1.50", currency("EUR")).unwrap();
        let back = rate("EUR", "1474.5").convert(euro, currency("KRW"));
        assert_eq!(back, Fraction::new(8847, 4));
    }

    #[test]
    fn an_amount_between_two_minor_units_is_told_as_a_fraction() {
        let eur = currency("EUR");
        assert_eq!(minor_text(Fraction::whole(150), eur), "EUR 1.50");
        assert_eq!(minor_text(Fraction::new(1, 3).unwrap(), eur), "EUR 1/300");
    }
}
