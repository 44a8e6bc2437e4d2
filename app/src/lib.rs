//! The use-cases of Commonweal and its store: the only crate that knows the database.

pub mod clock;
pub mod error;
pub mod rng;
pub mod store;

pub use error::AppError;
