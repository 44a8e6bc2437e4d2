//! How far a tender is.

use async_graphql::Enum;
use commonweal_domain::tender::stage;

/// How far a tender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "stage::Stage")]
pub enum Stage {
    /// Bids are taken.
    Published,
    /// The deadline has passed; the bids are still sealed.
    Closed,
    /// The bids are open, with two envelopes all but their prices.
    Opened,
    /// The panel has begun to mark.
    Evaluating,
    /// The panel has begun to agree: no mark is taken any more.
    Moderating,
    /// Every criterion that people judge has a consensus level.
    ConsensusSigned,
    /// The second envelopes, with the prices, are open.
    PricesOpened,
    /// The ranking was computed, or withheld with a reason.
    Ranked,
    /// One officer has proposed the award.
    AwardProposed,
    /// A second officer has approved it.
    Awarded,
    /// Every bidder has a letter with reasons.
    LettersSent,
    /// The award notice is out and the standstill runs, or has ended.
    Standstill,
    /// A challenge has suspended the standstill.
    Suspended,
    /// The contract is signed.
    Contracted,
    /// The buyer gave it up.
    Cancelled,
    /// The award was annulled after the contract was signed.
    Annulled,
}
