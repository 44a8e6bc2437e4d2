//! Outcome payers: programmes that pay for verified outcomes, what each one owes by its published terms, and payments, which
//! happen elsewhere and are recorded by reference. No money is held for anyone.
//!
//! Model: Korea's Social Progress Credit, whose headline rate applies to a recognised part of the outcome, so that what is
//! paid over the outcome is less than the rate.

pub mod entries;
mod payment;
mod state;
mod statement;
mod terms;

pub use payment::{Direction, Payment, PaymentError, decide_payment};
pub use state::{Recorded, State};
pub use statement::{
    Counted, CountedBefore, Line, MAX_COUNTED, Outcome, Standing, Statement, StatementError,
    StatementFacts, decide_statement,
};
pub use terms::{Candidate, InvalidProgramme, MAX_VALUES, Programme, Valuation};

#[cfg(test)]
mod replay_tests;
