//! The allocation of lots: which bid wins each lot when a supplier may not win every lot in which it is first.
//!
//! Each lot goes to its highest-ranked bid whose supplier may still win a lot. The plan's [`AllocationRule`] says in which
//! order lots are taken, and so which lots a supplier keeps (Directive 2014/24/EU, art. 46(2): objective rules, stated in the
//! documents). Without a limit the order changes nothing, and every lot goes to the bid at rank 1.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lot::{AllocationRule, LotCode};
use super::plan::Plan;
use crate::ids::{BidId, OrganisationId};
use crate::scoring::ranking::{Place, Ranking};

/// To which bid a lot goes, and why not to a better one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// The lot.
    pub lot: LotCode,
    /// The bid that wins it; none when no bid takes part or every supplier has as many lots as it may win.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<BidId>,
    /// Bids ranked above it, from the first, whose suppliers win as many other lots as they may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<BidId>,
}

/// Why lots are not allocated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unallocated {
    /// A lot without a ranking.
    #[error("the ranking of lot {0} is withheld because a rule has no value")]
    Withheld(LotCode),
    /// The reader may not see what the allocation follows from.
    #[error("the places or totals of lot {0} are not known")]
    NotKnown(LotCode),
}

/// Allocates every lot of the plan, in its order. `rankings` has one ranking for each lot in the same order, and `suppliers`
/// names who made each ranked bid.
///
/// One withheld ranking holds back all lots: what a supplier wins there could cost it another lot.
pub fn allocate(
    plan: &Plan,
    rankings: &[Ranking],
    suppliers: &BTreeMap<BidId, OrganisationId>,
) -> Result<Vec<Allocated>, Unallocated> {
    let limits = plan.lot_limits.as_ref();
    let most = limits.and_then(|limits| limits.max_awards_per_supplier);
    let rule = limits
        .filter(|_| most.is_some())
        .map_or(AllocationRule::PlanOrder, |limits| limits.allocation);
    let mut open = Vec::new();
    for (lot, ranking) in plan.lots.iter().zip(rankings) {
        let code = lot.code.clone();
        match ranking {
            Ranking::Ranked(places) => open.push(OpenLot { code, places }),
            Ranking::Withheld(_) => return Err(Unallocated::Withheld(code)),
            Ranking::NotKnown => return Err(Unallocated::NotKnown(code)),
        }
    }
    let mut wins = Wins {
        most,
        suppliers,
        won: BTreeMap::new(),
    };
    let mut allocated = BTreeMap::new();
    while !open.is_empty() {
        let next = match rule {
            AllocationRule::PlanOrder => 0,
            AllocationRule::LargestLead => largest_lead(&open, &wins)?,
        };
        let lot = open.remove(next);
        let winner = lot.candidates(&wins).next();
        let above = lot
            .places
            .iter()
            .take_while(|place| Some(place.bid) != winner.map(|winner| winner.bid));
        let passed_over = above.map(|place| place.bid).collect();
        let bid = winner.map(|place| place.bid);
        wins.note(bid);
        allocated.insert(lot.code.clone(), (bid, passed_over));
    }
    let in_order = plan.lots.iter().filter_map(|lot| {
        let (bid, passed_over) = allocated.remove(&lot.code)?;
        Some(Allocated {
            lot: lot.code.clone(),
            bid,
            passed_over,
        })
    });
    Ok(in_order.collect())
}

/// A lot that has no winner yet.
struct OpenLot<'a> {
    code: LotCode,
    places: &'a [Place],
}

impl<'a> OpenLot<'a> {
    /// The bids that may still win, from the best.
    fn candidates(&self, wins: &Wins<'_>) -> impl Iterator<Item = &'a Place> {
        let places = self.places.iter();
        places.filter(|place| wins.may_win(place.bid))
    }
}

/// How many lots each supplier has won so far.
struct Wins<'a> {
    most: Option<u32>,
    suppliers: &'a BTreeMap<BidId, OrganisationId>,
    won: BTreeMap<OrganisationId, u32>,
}

impl Wins<'_> {
    fn may_win(&self, bid: BidId) -> bool {
        let won = self
            .suppliers
            .get(&bid)
            .and_then(|supplier| self.won.get(supplier));
        self.most
            .is_none_or(|most| won.copied().unwrap_or_default() < most)
    }

    fn note(&mut self, bid: Option<BidId>) {
        if let Some(supplier) = bid.and_then(|bid| self.suppliers.get(&bid)) {
            let won = self.won.entry(*supplier).or_default();
            *won = won.saturating_add(1);
        }
    }
}

/// How much the buyer would lose in a lot without its best bid.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Lead {
    /// No bid is left, so that nothing can be lost.
    NoBid,
    /// Points before the next bid.
    Points(Decimal),
    /// There is no next bid.
    OnlyBid,
}

/// The place in `open` of the lot with the largest lead; the first of equal ones.
fn largest_lead(open: &[OpenLot<'_>], wins: &Wins<'_>) -> Result<usize, Unallocated> {
    let mut best: Option<(usize, Lead)> = None;
    for (at, lot) in open.iter().enumerate() {
        let lead = lead(lot, wins)?;
        if best.as_ref().is_none_or(|(_, so_far)| lead > *so_far) {
            best = Some((at, lead));
        }
    }
    Ok(best.map_or(0, |(at, _)| at))
}

fn lead(lot: &OpenLot<'_>, wins: &Wins<'_>) -> Result<Lead, Unallocated> {
    let mut candidates = lot.candidates(wins);
    let (first, next) = match (candidates.next(), candidates.next()) {
        (None, _) => return Ok(Lead::NoBid),
        (Some(_), None) => return Ok(Lead::OnlyBid),
        (Some(first), Some(next)) => (first, next),
    };
    let points = first.total.zip(next.total);
    points
        .and_then(|(first, next)| first.decimal().checked_sub(next.decimal()))
        .map(|points| Lead::Points(points.abs()))
        .ok_or_else(|| Unallocated::NotKnown(lot.code.clone()))
}

/// What no allocation may be, whatever its order: a reader who does not know the totals checks this much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocationFault {
    /// Other lots than the plan's, or in another order.
    #[error("each lot of the plan once, in its order")]
    Lots,
    /// Something else than the highest-ranked bids was passed over.
    #[error("lot {0} to a bid of its ranking, and every bid above it passed over")]
    NotNext(LotCode),
    /// A supplier that may still win was passed over.
    #[error("lot {lot} to {bid} before any bid ranked below it: its supplier may win more lots")]
    PassedOver {
        /// The lot.
        lot: LotCode,
        /// The bid.
        bid: BidId,
    },
    /// A supplier wins more than it may.
    #[error("at most {most} lots to {supplier}")]
    TooMany {
        /// The supplier.
        supplier: OrganisationId,
        /// The limit.
        most: u32,
    },
}

/// Checks an allocation that cannot be recomputed: within the limit, and no lot passes over a bid that could have had it.
pub fn check(
    plan: &Plan,
    rankings: &[Ranking],
    suppliers: &BTreeMap<BidId, OrganisationId>,
    allocation: &[Allocated],
) -> Result<(), AllocationFault> {
    let codes = allocation.iter().map(|allocated| &allocated.lot);
    if !codes.eq(plan.lots.iter().map(|lot| &lot.code)) {
        return Err(AllocationFault::Lots);
    }
    let limits = plan.lot_limits.as_ref();
    let most = limits.and_then(|limits| limits.max_awards_per_supplier);
    let mut wins = Wins {
        most,
        suppliers,
        won: BTreeMap::new(),
    };
    for allocated in allocation {
        wins.note(allocated.bid);
    }
    for (allocated, ranking) in allocation.iter().zip(rankings) {
        let Ranking::Ranked(places) = ranking else {
            return Err(AllocationFault::NotNext(allocated.lot.clone()));
        };
        let stated = allocated.passed_over.iter().copied().chain(allocated.bid);
        let ranked = places.iter().map(|place| place.bid);
        let taken = stated.clone().count();
        let all = allocated.bid.is_some() || taken == places.len();
        if !all || !stated.eq(ranked.take(taken)) {
            return Err(AllocationFault::NotNext(allocated.lot.clone()));
        }
        if let Some(bid) = allocated.passed_over.iter().find(|bid| wins.may_win(**bid)) {
            let lot = allocated.lot.clone();
            return Err(AllocationFault::PassedOver { lot, bid: *bid });
        }
    }
    let over = |won: u32| most.filter(|most| won > *most);
    match wins
        .won
        .iter()
        .find_map(|(supplier, won)| Some((*supplier, over(*won)?)))
    {
        None => Ok(()),
        Some((supplier, most)) => Err(AllocationFault::TooMany { supplier, most }),
    }
}
