//! The facts of one published contest, as far as the check needs them. Whoever reads a publication fills this in; the
//! rule in `mod.rs` never sees a file format.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// One competition for one award: a whole tender, or one lot of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contest {
    /// The open contracting id of the process, as published.
    pub ocid: String,
    /// The lot, when the tender has lots.
    pub lot: Option<String>,
    /// The tender or the lot was cancelled, withdrawn or ended without a result.
    pub cancelled: bool,
    /// The rule that the buyer declared.
    pub rule: DeclaredRule,
    /// A published price below which no bid may win.
    pub minimum: Option<Price>,
    /// The bids as published, in the order of the publication.
    pub bids: Vec<ContestBid>,
    /// The awards as published.
    pub awards: Vec<ContestAward>,
    /// How many bids the publication says there were, in whatever list it keeps.
    pub stated_bids: Option<u64>,
}

/// What the buyer said decides the award.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeclaredRule {
    /// Nothing was said: the lowest price is assumed, and reported as assumed.
    #[default]
    None,
    /// The lowest price, said so.
    LowestPrice,
    /// Something beside the price counts; the text names it as published.
    NotPriceOnly(String),
    /// A text that this check does not know.
    Unrecognised(String),
}

/// An exact amount of money as published. Not `Money`: publications hold amounts finer than the minor unit and
/// currencies that do not exist, and both must still be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// The amount in units of the currency. Written as text, which keeps it exact.
    #[serde(serialize_with = "as_text")]
    pub amount: Decimal,
    /// The code of the currency as published; nothing when it was left out.
    pub currency: Option<String>,
    /// Whether value added tax is inside; nothing when it was not said.
    pub tax_included: Option<bool>,
}

fn as_text<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.currency {
            Some(currency) => write!(f, "{} {currency}", self.amount),
            None => write!(f, "{}", self.amount),
        }
    }
}

/// Where a bid stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BidState {
    /// In the competition.
    #[default]
    Standing,
    /// Put out by the buyer.
    Disqualified,
    /// Taken back by the bidder, or never submitted.
    Withdrawn,
    /// A status that this check does not know, as published.
    Unrecognised(String),
}

/// One bid of a contest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContestBid {
    /// Its id as published; may be empty or repeated.
    pub id: String,
    /// The ids of those who bid together; empty when not published.
    pub bidders: BTreeSet<String>,
    /// Their names, for people.
    pub name: String,
    /// Where it stands.
    pub state: BidState,
    /// Its price; nothing is *unknown*, which is never zero.
    pub price: Option<Price>,
}

impl ContestBid {
    /// How a sentence names this bid.
    pub(super) fn label(&self) -> BidLabel {
        BidLabel {
            id: self.id.clone(),
            name: self.name.clone(),
            price: self.price.clone(),
        }
    }
}

/// What a sentence says about a bid: its id, who made it, and its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidLabel {
    /// The id of the bid as published.
    pub id: String,
    /// The names of its bidders.
    pub name: String,
    /// Its price, when published.
    pub price: Option<Price>,
}

impl fmt::Display for BidLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.id.as_str(), self.name.as_str()) {
            ("", "") => f.write_str("a bid without a name")?,
            ("", name) => write!(f, "the bid of {name}")?,
            (id, "") => write!(f, "bid {id}")?,
            (id, name) => write!(f, "bid {id} of {name}")?,
        }
        match &self.price {
            Some(price) => write!(f, " ({price})"),
            None => f.write_str(" (no price)"),
        }
    }
}

/// Where an award stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AwardState {
    /// Made. Also what an award without a status is taken for.
    #[default]
    Active,
    /// Proposed.
    Pending,
    /// Refused to the named bid.
    Unsuccessful,
    /// Undone, or a status that this check does not know: it says nothing.
    Void,
}

/// One award of a contest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContestAward {
    /// Its id as published.
    pub id: String,
    /// Where it stands.
    pub state: AwardState,
    /// The ids of the bids it goes to.
    pub bids: BTreeSet<String>,
    /// The ids of the suppliers it goes to.
    pub suppliers: BTreeSet<String>,
    /// Its value.
    pub value: Option<Price>,
}
