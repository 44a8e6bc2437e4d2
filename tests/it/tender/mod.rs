//! Tenders from publication to award, through HTTP.

mod abnormal;
mod blind;
mod changes;
mod confirmed;
mod drafts;
mod envelopes;
mod path;
mod process;
mod reads;
mod refused;
mod sealed;
pub(crate) mod story;
