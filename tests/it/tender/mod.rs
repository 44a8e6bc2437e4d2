//! Tenders from publication to award, through HTTP.

mod blind;
mod path;
mod reads;
mod refused;
mod sealed;
pub(crate) mod story;
