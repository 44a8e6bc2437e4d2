//! Who bids in a tender for tests of replay, what they seal, and what they win.

use super::award::{LotAward, Winner};
use super::bid::BidContent;
use super::code::CriterionCode;
use super::fixtures::*;
use crate::ids::{BidId, Id};
use crate::log::commitment::{Salt, SealedContent};
use crate::log::hash::{Hash, sha256};

/// One bid of the story.
#[derive(Clone)]
pub(crate) struct Bidder {
    /// Number of the bid.
    pub(crate) n: u128,
    /// Number of the supplier; in a tender of one lot the same.
    pub(crate) supplier: u128,
    /// The criteria that the panel judges in its lot, each with the same level.
    pub(crate) judged: Vec<&'static str>,
    pub(crate) content: BidContent,
    pub(crate) level: u32,
}

impl Bidder {
    pub(crate) fn levels(&self) -> impl Iterator<Item = (CriterionCode, u32)> {
        let level = self.level;
        self.judged.iter().map(move |name| (code(name), level))
    }
}

pub(crate) fn bidders() -> Vec<Bidder> {
    let bidder = |n, price, promised, level| Bidder {
        n,
        supplier: n,
        judged: vec!["QUALITY"],
        content: full_content(org(n), price, promised),
        level,
    };
    vec![
        bidder(1, "120000", "40.0", 4),
        bidder(2, "130000", "100.0", 4),
        bidder(3, "110000", "10.0", 2),
    ]
}

/// The award of a lot to a bid of a supplier, or to nobody.
pub(crate) fn award(lot_code: &str, winner: Option<(u128, u128)>) -> LotAward {
    LotAward {
        lot: lot(lot_code),
        winner: winner.map(|(n, supplier)| Winner {
            bid: bid(n),
            supplier: org(supplier),
        }),
    }
}

/// The award of a tender that is not divided to the bid that its supplier shares a number with.
pub(crate) fn only(winner: BidId) -> Vec<LotAward> {
    let n = winner.uuid().as_u128();
    vec![award("1", Some((n, n)))]
}

/// Salts that differ by sealed entry and by use.
pub(crate) fn salts(of: u128) -> impl FnMut() -> Salt {
    let mut next = 0_u8;
    move || {
        next = next.wrapping_add(1);
        Salt(sha256(format!("{of}/{next}").as_bytes()).0)
    }
}

pub(crate) fn ciphertext(n: u128) -> Hash {
    sha256(format!("ciphertext {n}").as_bytes())
}

pub(crate) fn sealed_bid(bidder: &Bidder) -> SealedContent {
    bidder
        .content
        .seal(tender(), org(bidder.supplier), salts(bidder.n))
}
