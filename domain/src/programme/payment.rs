//! Payments: they happen elsewhere, and the payer records each by its reference. Nothing here moves money.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::statement::Standing;
use crate::amount::{Currency, Money};
use crate::contract::text::{InvalidText, check_line};
use crate::ids::{OrganisationId, ProgrammeId};
use crate::time::Date;

/// The longest reference in characters.
const MAX_REFERENCE: usize = 100;

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the payer.
    Paid,
    /// Back to the payer, after a correction or reversal.
    Returned,
}

impl Direction {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A payment that happened outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// With whom.
    pub organisation: OrganisationId,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub amount: Money,
    /// The day of the payment.
    pub on: Date,
    /// The reference under which payer and payee find it in their books; it names no person and no account.
    pub reference: String,
}

/// Why a payment is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The reference.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Nothing paid.
    #[error("`amount`: {0} is not more than nothing")]
    NotPositive(Money),
    /// Another currency.
    #[error("`amount`: {found} is not in {expected}, the currency of the programme")]
    Currency {
        /// The amount.
        found: Money,
        /// The programme's.
        expected: Currency,
    },
    /// Nobody to whom anything was stated.
    #[error("`organisation`: the programme has stated nothing for {0}")]
    NoLine(OrganisationId),
    /// More than is open.
    #[error(
        "`amount`: {found} is more than the {open} that the statements leave open to be {direction}"
    )]
    TooMuch {
        /// The amount.
        found: Money,
        /// What is open.
        open: Money,
        /// Which way.
        direction: Direction,
    },
    /// Not yet paid.
    #[error("`on`: {on} is after today, {today}: record a payment once it has happened")]
    Future {
        /// The day of the payment.
        on: Date,
        /// Today.
        today: Date,
    },
    /// Recorded before.
    #[error("`reference`: `{0}` stands in the programme already: a payment is recorded once")]
    Again(String),
}

impl PaymentError {
    /// The input field at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Again(_) => "reference",
            Self::NotPositive(_) | Self::Currency { .. } | Self::TooMuch { .. } => "amount",
            Self::NoLine(_) => "organisation",
            Self::Future { .. } => "on",
        }
    }
}

/// Decides whether a payment may be recorded: answers what its organisation has been paid after it, in minor units.
/// `known` says whether the programme has the reference already. A day's grace is for places ahead of UTC.
pub fn decide_payment(
    payment: &Payment,
    currency: Currency,
    standing: Option<Standing>,
    known: bool,
    today: Date,
) -> Result<i64, PaymentError> {
    check_line("reference", &payment.reference, MAX_REFERENCE)?;
    let amount = payment.amount;
    if amount.currency() != currency {
        return Err(PaymentError::Currency {
            found: amount,
            expected: currency,
        });
    }
    if amount.minor() <= 0 {
        return Err(PaymentError::NotPositive(amount));
    }
    if payment.on > today.tomorrow() {
        return Err(PaymentError::Future {
            on: payment.on,
            today,
        });
    }
    if known {
        return Err(PaymentError::Again(payment.reference.clone()));
    }
    let standing = standing.ok_or(PaymentError::NoLine(payment.organisation))?;
    let open = standing.owed.saturating_sub(standing.paid);
    let (open, after) = match payment.direction {
        Direction::Paid => (open, standing.paid.saturating_add(amount.minor())),
        Direction::Returned => (
            open.saturating_neg(),
            standing.paid.saturating_sub(amount.minor()),
        ),
    };
    if amount.minor() > open {
        return Err(PaymentError::TooMuch {
            found: amount,
            open: Money::from_minor(open.max(0), currency),
            direction: payment.direction,
        });
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::super::terms::tests::won;
    use super::*;
    use crate::contract::fixtures::{SUPPLIER, id, organisation};

    fn payment(amount: i64) -> Payment {
        Payment {
            programme: id(900),
            organisation: organisation(SUPPLIER),
            direction: Direction::Paid,
            amount: won(amount),
            on: "2026-07-02".parse().unwrap(),
            reference: "2026/7-001".into(),
        }
    }

    fn decide(payment: &Payment, owed: i64, paid: i64) -> Result<i64, PaymentError> {
        let standing = Standing {
            owed,
            paid,
            ..Standing::default()
        };
        let today = "2026-07-02".parse().unwrap();
        let won = won(0).currency();
        decide_payment(payment, won, Some(standing), false, today)
    }

    #[test]
    fn what_is_owed_is_paid_once_and_what_was_claimed_back_is_returned() {
        assert_eq!(decide(&payment(100), 100, 0), Ok(100));
        assert_eq!(decide(&payment(40), 100, 60), Ok(100));
        let refused = decide(&payment(41), 100, 60).unwrap_err();
        assert!(refused.to_string().contains("KRW 40"), "{refused}");
        let back = Payment {
            direction: Direction::Returned,
            ..payment(60)
        };
        assert_eq!(decide(&back, 40, 100), Ok(40));
        assert!(decide(&back, 41, 100).is_err(), "only 59 are open");
        assert!(decide(&back, 100, 60).is_err(), "nothing is claimed back");
    }

    #[test]
    fn a_payment_that_cannot_be_is_refused_with_its_field() {
        let field = |change: fn(&mut Payment)| {
            let mut payment = payment(10);
            change(&mut payment);
            let error = decide(&payment, 100, 0).unwrap_err();
            assert!(
                error.to_string().contains(&format!("`{}`", error.field())),
                "{error}"
            );
            error.field()
        };
        assert_eq!(field(|payment| payment.reference.clear()), "reference");
        assert_eq!(field(|payment| payment.amount = won(0)), "amount");
        assert_eq!(field(|payment| payment.amount = won(-5)), "amount");
        assert_eq!(
            field(|payment| payment.amount = Money::from_minor(5, "EUR".parse().unwrap())),
            "amount"
        );
        assert_eq!(
            field(|payment| payment.on = "2026-07-04".parse().unwrap()),
            "on"
        );
        let (won, today) = (won(0).currency(), "2026-07-02".parse().unwrap());
        let again = decide_payment(&payment(10), won, Some(Standing::default()), true, today);
        assert_eq!(again.unwrap_err().field(), "reference");
        let nobody = decide_payment(&payment(10), won, None, false, today);
        assert_eq!(nobody.unwrap_err().field(), "organisation");
    }
}
