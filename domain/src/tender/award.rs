//! What an award decided, as the contract takes it over.

use super::bid::Commitment;
use crate::amount::Money;
use crate::ids::{BidId, OrganisationId, PersonId, TenderId};
use crate::scoring::ranking::Ranking;

/// Why a bid cannot be awarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AwardError {
    /// There is no ranking to award by.
    #[error(
        "the ranking is withheld because a rule has no value: exclude the bid by a decision, or cancel the tender"
    )]
    RankingWithheld,
    /// Every bid was excluded.
    #[error("every bid was excluded: there is nothing to award")]
    NoBid,
    /// Another bid is at rank 1.
    #[error("the bid {winner} is at rank 1: only it can be awarded")]
    NotFirst {
        /// The bid at rank 1.
        winner: BidId,
    },
}

/// Checks that a bid may be proposed or approved: it is at rank 1.
pub fn check_winner(ranking: &Ranking, bid: BidId) -> Result<(), AwardError> {
    match (ranking, ranking.winner()) {
        (_, Some(winner)) if winner == bid => Ok(()),
        (_, Some(winner)) => Err(AwardError::NotFirst { winner }),
        (Ranking::Ranked(_), None) => Err(AwardError::NoBid),
        (_, None) => Err(AwardError::RankingWithheld),
    }
}

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
