//! Queries for resolvers, pages and loaders. Whatever a caller may not see is left out here, as part of the query.

pub mod account;
pub mod account_summary;
mod awaited;
pub mod bid;
pub mod calibration;
pub mod catalogue;
mod certificate;
pub mod challenge;
pub mod claim;
pub mod claim_draft;
pub mod comparison;
pub mod compliance;
pub mod confirmation;
pub mod contract;
pub mod credit;
pub mod draft;
pub mod evaluation;
pub mod evidence;
pub mod explanation;
#[cfg(test)]
mod filled_ledger;
pub mod hold;
pub mod inquiry;
pub mod letter;
pub mod log;
pub mod moderation;
pub mod organisation;
pub mod page;
pub mod panel;
mod panel_trace;
pub mod performance;
pub mod place_target;
#[cfg(test)]
mod plans;
pub mod policy;
pub mod process;
pub mod programme;
pub mod promise;
pub mod proxy_pack;
pub mod question;
pub mod quorum;
pub mod reduction;
pub mod refusals;
pub mod robustness;
mod scorecard;
pub mod tender;
pub(crate) mod visibility;

pub use page::Page;

use crate::App;
use crate::store::Reader;

/// The way to everything that is read.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    pub(crate) db: &'a Reader,
}

impl App {
    /// Queries on the read pool.
    pub fn read(&self) -> Read<'_> {
        Read {
            db: self.store.read(),
        }
    }
}
