//! Tenders from publication to award, through HTTP.

mod admitted;
mod blind;
mod confirmed;
mod debrief;
mod lots;
mod methods;
mod path;
mod reads;
mod refused;
mod robustness;
mod sealed;
pub(crate) mod story;
