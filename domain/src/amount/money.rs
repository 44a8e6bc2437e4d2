//! Money in minor units.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AmountError, Currency, parse_units, print_units};
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// An amount of money: a whole number of minor units of one currency. In a log entry
/// `{"amount":"1234.50","currency":"EUR"}` with exactly the currency's decimal places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawMoney", into = "RawMoney")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawMoney {
    #[schemars(extend("pattern" = schema::DECIMAL))]
    amount: String,
    currency: Currency,
}

impl Money {
    /// From a whole number of minor units.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses plain decimal text, such as `1234.5`, which may be negative.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, AmountError> {
        parse_units(amount, currency.scale(), currency.code()).map(|minor| Self { minor, currency })
    }

    /// Whole number of minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in major units as decimal text with the currency's decimal places.
    pub fn amount(self) -> String {
        AmountText(self).to_string()
    }

    /// The exact amount in minor units; a ratio of two amounts of one currency needs no other scale.
    pub fn fraction(self) -> Fraction {
        Fraction::whole(self.minor)
    }

    /// Refuses a negative amount.
    pub fn non_negative(self) -> Result<Self, AmountError> {
        if self.minor < 0 {
            Err(AmountError::Negative(self.to_string()))
        } else {
            Ok(self)
        }
    }

    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Refuses another currency.
    pub fn same_currency(self, other: Self) -> Result<(), AmountError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(AmountError::CurrencyMix {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

struct AmountText(Money);

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_units(f, self.0.minor, self.0.currency.scale())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, AmountText(*self))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<RawMoney> for Money {
    type Error = AmountError;
    fn try_from(raw: RawMoney) -> Result<Self, AmountError> {
        let money = Self::parse(&raw.amount, raw.currency)?;
        if money.amount() == raw.amount {
            Ok(money)
        } else {
            Err(AmountError::NotDecimal(raw.amount))
        }
    }
}

impl From<Money> for RawMoney {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount(),
            currency: money.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur() -> Currency {
        "EUR".parse().unwrap()
    }

    #[test]
    fn money_refuses_more_places_than_the_minor_unit() {
        assert!(Money::parse("1.005", eur()).is_err());
        assert!(Money::parse("1.5", "KRW".parse().unwrap()).is_err());
        assert_eq!(Money::parse("1.5", eur()).unwrap().minor(), 150);
    }

    #[test]
    fn money_refuses_what_is_no_plain_decimal() {
        for text in [
            "", "-", ".", "1.", ".5", "1e3", "1,000", "+1", " 1", "--1", "١",
        ] {
            assert!(Money::parse(text, eur()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sum_of_two_currencies_is_refused() {
        let krw = Money::from_minor(1, "KRW".parse().unwrap());
        assert!(matches!(
            Money::from_minor(1, eur()).plus(krw),
            Err(AmountError::CurrencyMix { .. })
        ));
    }

    #[test]
    fn ten_times_ten_cents_is_one_euro() {
        let dime = Money::parse("0.1", eur()).unwrap();
        let sum = (0..9).try_fold(dime, |sum, _| sum.plus(dime)).unwrap();
        assert_eq!(sum.to_string(), "EUR 1.00");
    }

    proptest! {
        #[test]
        fn every_amount_prints_and_parses_back(minor in any::<i64>()) {
            let money = Money::from_minor(minor, eur());
            prop_assert_eq!(Money::parse(&money.amount(), eur()).unwrap(), money);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }
    }
}
