//! Tenders from publication to award, through HTTP.

mod admitted;
mod blind;
mod confirmed;
mod lots;
mod methods;
mod debrief;
mod path;
mod reads;
mod refused;
mod robustness;
mod sealed;
pub(crate) mod story;
