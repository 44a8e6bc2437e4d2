//! Money, quantities and periods: exact decimals as strings, each with its unit.

use async_graphql::{InputObject, SimpleObject};
use commonweal_domain::amount;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::time;

use super::errors::Code;
use super::scalars::{Date, Decimal};

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Money {
    /// The amount with the decimal places of the currency.
    amount: Decimal,
    /// Three capital letters (ISO 4217).
    currency: String,
}

impl From<amount::Money> for Money {
    fn from(money: amount::Money) -> Self {
        Self {
            amount: Decimal(money.amount()),
            currency: money.currency().to_string(),
        }
    }
}

/// An amount of money.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// The amount, with at most the decimal places of the currency.
    amount: Decimal,
    /// Three capital letters (ISO 4217).
    currency: String,
}

impl MoneyInput {
    /// The amount as the domain knows it; the error names the field.
    pub fn parse(&self, field: &str) -> async_graphql::Result<amount::Money> {
        let currency = self
            .currency
            .parse()
            .map_err(|error| wrong(&format!("{field}.currency"), &error))?;
        amount::Money::parse(&self.amount.0, currency)
            .map_err(|error| wrong(&format!("{field}.amount"), &error))
    }
}

/// A quantity in a unit.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Quantity {
    /// The quantity with the decimal places of the measure.
    quantity: Decimal,
    /// The unit, such as `hour`.
    unit: String,
}

impl From<&amount::Quantity> for Quantity {
    fn from(quantity: &amount::Quantity) -> Self {
        Self {
            quantity: Decimal(quantity.text()),
            unit: quantity.unit().to_string(),
        }
    }
}

/// A quantity as input is decimal text in the measure's own unit: nobody types a unit that could be another.
pub fn parse_quantity(
    field: &str,
    text: &Decimal,
    measure: &Measure,
) -> async_graphql::Result<amount::Quantity> {
    measure
        .quantity(&text.0)
        .map_err(|error| wrong(field, &error))
}

/// A period of days: the first day inside and the first day after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct Period {
    /// First day inside.
    from: Date,
    /// First day after.
    to: Date,
}

impl From<time::Period> for Period {
    fn from(period: time::Period) -> Self {
        Self {
            from: Date(period.from()),
            to: Date(period.to()),
        }
    }
}

/// A period of days: the first day inside and the first day after.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct PeriodInput {
    /// First day inside.
    from: Date,
    /// First day after.
    to: Date,
}

impl PeriodInput {
    /// The period as the domain knows it; the error names the field.
    pub fn parse(self, field: &str) -> async_graphql::Result<time::Period> {
        time::Period::new(self.from.0, self.to.0).map_err(|error| wrong(field, &error))
    }
}

/// A whole number that the domain keeps in fewer bits; `expected` says which are accepted, such as `0 to 6`.
pub fn small<T: TryFrom<i64>>(
    field: &str,
    number: impl Into<i64>,
    expected: &str,
) -> async_graphql::Result<T> {
    let number = number.into();
    let refused = |_| wrong(field, &format!("expected {expected}, and it is {number}"));
    T::try_from(number).map_err(refused)
}

/// A wrong input value, with the field that holds it.
pub fn wrong(field: &str, error: &dyn std::fmt::Display) -> async_graphql::Error {
    Code::BadUserInput.error_at(field, format!("`{field}`: {error}"))
}
