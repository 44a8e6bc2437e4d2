//! The rules of Commonweal as pure code: no I/O, no async, no clock, no randomness and no floating-point arithmetic on
//! money, quantities or marks. The service and `commonweal-verify` run the same functions.
#![deny(
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects
)]

pub mod actor;
pub mod amount;
pub mod award_check;
pub mod catalogue;
pub mod challenge;
pub mod contract;
pub mod credit;
pub mod fraction;
pub mod ids;
pub mod log;
pub mod organisation;
pub mod place;
pub mod policy;
pub mod programme;
pub mod remark;
pub mod scoring;
pub mod tender;
pub mod text;
pub mod time;
