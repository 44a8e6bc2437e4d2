//! Tenders from publication to award, through HTTP.

mod abnormal;
mod admitted;
mod blind;
mod calibration;
mod changes;
mod confirmed;
mod confirmed_lots;
mod debrief;
mod drafts;
mod envelopes;
mod flags;
mod lots;
mod methods;
mod panel;
mod path;
mod process;
mod reads;
mod refused;
mod reserved;
mod robustness;
mod sealed;
pub(crate) mod seats;
pub(crate) mod story;
