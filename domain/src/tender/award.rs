//! What an award decided, as the contracts take it over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::allocation::Allocated;
use super::bid::Commitment;
use super::delivery::Delivery;
use super::lot::{LotCode, LotRef};
use super::participation::Participation;
use crate::amount::{Money, Share};
use crate::ids::{BidId, OrganisationId, PersonId, TenderId};
use crate::time::Date;

/// What an award says of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotAward {
    /// The lot.
    pub lot: LotCode,
    /// Who wins it; none when nobody does.
    pub winner: Option<Winner>,
}

/// The bid that wins a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Winner {
    /// The bid.
    pub bid: BidId,
    /// Who made it.
    pub supplier: OrganisationId,
}

/// Why nothing can be awarded, or not so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwardError {
    /// There is no allocation to award by.
    #[error(
        "the ranking of a lot is withheld because a rule has no value: exclude the bid by a decision, or cancel the tender"
    )]
    RankingWithheld,
    /// No lot has a winner.
    #[error("no bid takes part in any lot: there is nothing to award, cancel the tender")]
    NoBid,
    /// Other lots than the plan's.
    #[error("an award says of each lot who wins it, in the order of the plan")]
    Lots,
    /// A lot goes to another bid.
    #[error("lot {lot} goes to {}: only that can be awarded", .bid.map_or("nobody".to_owned(), |bid| format!("the bid {bid}")))]
    NotAllocated {
        /// The lot.
        lot: LotCode,
        /// The bid to which it was allocated.
        bid: Option<BidId>,
    },
}

/// Checks that an award may be proposed or approved: each lot goes to the bid to which the last ranking allocated it.
pub fn check_award(
    allocation: Option<&[Allocated]>,
    awards: &[LotAward],
) -> Result<(), AwardError> {
    let allocation = allocation.ok_or(AwardError::RankingWithheld)?;
    if allocation.iter().all(|allocated| allocated.bid.is_none()) {
        return Err(AwardError::NoBid);
    }
    let lots = allocation.iter().map(|allocated| &allocated.lot);
    if !lots.eq(awards.iter().map(|award| &award.lot)) {
        return Err(AwardError::Lots);
    }
    let wrong = allocation
        .iter()
        .zip(awards)
        .find(|(allocated, award)| allocated.bid != award.winner.map(|winner| winner.bid));
    match wrong {
        None => Ok(()),
        Some((allocated, _)) => Err(AwardError::NotAllocated {
            lot: allocated.lot.clone(),
            bid: allocated.bid,
        }),
    }
}

/// The award of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotCode,
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
    /// Who is bound to which part of the work, which become obligations; `None` where the plan withholds participations.
    pub participations: Option<Vec<Participation>>,
    /// Whether the plan lets delivery beyond the KPIs be traded.
    pub surplus_tradable: bool,
    /// The part of a KPI that the plan lets be covered with bought credits.
    pub substitution_share: Share,
    /// What the plan says about delivery.
    pub delivery: Delivery,
    /// Who proposed and who approved: two people.
    pub decided_by: Vec<PersonId>,
    /// The day on which it was decided.
    pub decided_on: Date,
    /// Index of the entry that decided it.
    pub index: u64,
}

impl Award {
    /// The tender and lot that it is the award of.
    pub fn reference(&self) -> LotRef {
        LotRef {
            tender: self.tender,
            lot: self.lot.clone(),
        }
    }
}
