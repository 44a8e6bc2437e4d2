//! Tenders from publication to award, through HTTP.

mod admitted;
mod abnormal;
mod blind;
mod changes;
mod confirmed;
mod debrief;
mod lots;
mod methods;
mod drafts;
mod envelopes;
mod path;
mod process;
mod reads;
mod refused;
mod robustness;
mod sealed;
pub(crate) mod story;
