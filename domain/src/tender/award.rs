//! What an award decided, as the contract takes it over.

use super::bid::Commitment;
use crate::amount::Money;
use crate::ids::{BidId, OrganisationId, PersonId, TenderId};

/// The award of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// The tender.
    pub tender: TenderId,
    /// Who buys.
    pub buyer: OrganisationId,
    /// Who won.
    pub supplier: OrganisationId,
    /// The bid that won.
    pub bid: BidId,
    /// Its price; `None` where the plan withholds prices.
    pub price: Option<Money>,
    /// Its commitments, which become KPIs.
    pub commitments: Vec<Commitment>,
    /// Whether the plan lets delivery beyond the KPIs be traded.
    pub surplus_tradable: bool,
    /// Who proposed and who approved: two people.
    pub decided_by: Vec<PersonId>,
    /// Index of the entry that decided it.
    pub index: u64,
}
