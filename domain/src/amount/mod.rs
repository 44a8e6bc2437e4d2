//! Amounts as whole numbers of a smallest unit: money, quantities and shares. Nothing here is ever a float.

mod currency;
mod exchange;
mod money;
mod number;
mod quantity;
mod share;

pub use currency::Currency;
pub use exchange::ExchangeRate;
pub(crate) use exchange::{minor_text, power};
pub use money::Money;
pub use number::Number;
pub use quantity::{Quantity, Unit};
pub use share::Share;

use crate::fraction::ArithmeticError;

/// Why a text or a pair of amounts is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number in plain digits.
    #[error(
        "`{0}` is not a decimal number: expected digits with at most one point, such as 1234.50"
    )]
    NotDecimal(String),
    /// More decimal places than the smallest unit has.
    #[error("`{given}` has more than {scale} decimal places, the most that {what} has")]
    TooPrecise {
        /// The text that was given.
        given: String,
        /// What is measured: a currency or a unit.
        what: String,
        /// Decimal places of the smallest unit.
        scale: u8,
    },
    /// An amount that must not be negative.
    #[error("`{0}` is negative: expected zero or more")]
    Negative(String),
    /// Not a code of ISO 4217.
    #[error(
        "`{0}` is not an ISO 4217 currency code: expected three capital letters such as EUR or KRW"
    )]
    UnknownCurrency(String),
    /// Two currencies where one was expected.
    #[error(
        "{left} and {right} are different currencies: amounts of one calculation must have one currency"
    )]
    CurrencyMix {
        /// The first currency.
        left: Currency,
        /// The second currency.
        right: Currency,
    },
    /// Two units where one was expected.
    #[error(
        "`{left}` and `{right}` are different units: quantities of one calculation must have one unit and scale"
    )]
    UnitMix {
        /// The first unit.
        left: String,
        /// The second unit.
        right: String,
    },
    /// Not a unit name.
    #[error("`{0}` is not a unit: expected 1 to 40 letters, digits, spaces, `-`, `/`, `%` or `.`")]
    InvalidUnit(String),
    /// Not a share between 0 and 1.
    #[error(
        "`{0}` is not a share: expected a decimal between 0 and 1 with at most 6 places, such as 0.3"
    )]
    InvalidShare(String),
    /// Not a plain number.
    #[error(
        "`{0}` is not a number: expected a decimal from 0 to 1000000000 with at most 9 places, such as 1.1"
    )]
    InvalidNumber(String),
    /// Too large.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

/// Parses plain decimal text to a whole number of units of `10^-scale`.
fn parse_units(text: &str, scale: u8, what: &str) -> Result<i64, AmountError> {
    let not_decimal = || AmountError::NotDecimal(text.chars().take(60).collect());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let well_formed = !whole.is_empty()
        && plain(whole)
        && plain(fraction)
        && (fraction.is_empty() != digits.contains('.'));
    if !well_formed || text.len() > 60 {
        return Err(not_decimal());
    }
    if fraction.len() > usize::from(scale) {
        return Err(AmountError::TooPrecise {
            given: text.to_owned(),
            what: what.to_owned(),
            scale,
        });
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!(
        "{sign}{whole}{fraction:0<width$}",
        width = usize::from(scale)
    )
    .parse()
    .map_err(|_| AmountError::Arithmetic(ArithmeticError::Overflow))
}

/// Prints a whole number of units of `10^-scale` with exactly `scale` decimal places.
fn print_units(f: &mut std::fmt::Formatter<'_>, units: i64, scale: u8) -> std::fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    let digits = format!(
        "{:0>width$}",
        units.unsigned_abs(),
        width = scale.saturating_add(1)
    );
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    if scale == 0 {
        write!(f, "{sign}{whole}")
    } else {
        write!(f, "{sign}{whole}.{fraction}")
    }
}
