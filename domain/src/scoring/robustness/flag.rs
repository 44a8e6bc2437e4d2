//! Bids that look abnormal in a ranking. A flag excludes nobody, but no flagged bid is awarded before somebody has
//! looked at it.

use std::collections::BTreeSet;

use super::{Robustness, Summary};
use crate::ids::BidId;
use crate::tender::abnormal::Abnormality;

/// What looks abnormal in which bids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(BTreeSet<(BidId, Abnormality)>);

impl Flags {
    /// What was flagged in a bid.
    pub fn of(&self, bid: BidId) -> impl Iterator<Item = Abnormality> + '_ {
        let own = self.0.iter().filter(move |(flagged, _)| *flagged == bid);
        own.map(|(_, about)| *about)
    }

    /// Whether something was flagged in a bid.
    pub fn has(&self, bid: BidId, about: Abnormality) -> bool {
        self.0.contains(&(bid, about))
    }

    /// Takes in the flags of another lot.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn gather<'a>(
        low: impl Iterator<Item = &'a BidId>,
        high: impl Iterator<Item = &'a BidId>,
    ) -> Self {
        let low = low.map(|bid| (*bid, Abnormality::LowPrice));
        let high = high.map(|bid| (*bid, Abnormality::HighPledge));
        Self(low.chain(high).collect())
    }
}

impl Robustness {
    /// Every flag.
    pub fn flags(&self) -> Flags {
        let low = self.low_prices.iter().flat_map(|low| &low.flagged);
        Flags::gather(low, self.high_pledges.iter().map(|high| &high.bid))
    }
}

impl Summary {
    /// The flags that it lists: the winner's always, of the others as many as it has place for.
    pub fn flags(&self) -> Flags {
        Flags::gather(self.low_prices.iter(), self.high_pledges.iter())
    }
}
