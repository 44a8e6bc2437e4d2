//! Double-entry postings: every movement of credits names where they leave and where they arrive.

use serde::{Deserialize, Serialize};

use crate::ids::{BatchId, OrganisationId};

/// A part of an account: where units of a batch may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Counter-account from which issued units come; the only one that goes below zero.
    Issuance,
    /// An organisation's units that it may use.
    Available,
    /// An organisation's units bound to an order or a trade.
    Held,
    /// Units kept back against reversals.
    Buffer,
    /// Units claimed for ever.
    Retired,
    /// Units taken out without a claim.
    Cancelled,
    /// Units whose outcome was undone.
    Reversed,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 7] = [
        Self::Issuance,
        Self::Available,
        Self::Held,
        Self::Buffer,
        Self::Retired,
        Self::Cancelled,
        Self::Reversed,
    ];

    /// The word for the bucket.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuance => "issuance",
            Self::Available => "available",
            Self::Held => "held",
            Self::Buffer => "buffer",
            Self::Retired => "retired",
            Self::Cancelled => "cancelled",
            Self::Reversed => "reversed",
        }
    }

    /// Whether the balance may go below zero: only the source of all units may.
    pub fn may_go_negative(self) -> bool {
        self == Self::Issuance
    }
}

/// An account: a bucket of a batch, of one organisation where units belong to someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The asset.
    pub batch: BatchId,
    /// The holder; `None` for counter-accounts.
    pub holder: Option<OrganisationId>,
    /// The part.
    pub bucket: Bucket,
}

/// A signed movement of whole units (the measure's smallest unit) on one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// How many units arrive (positive) or leave (negative); never zero.
    pub amount: i64,
}

/// A set of postings that is no movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbalanced {
    /// The postings of a batch do not sum to zero.
    #[error("the postings of batch {batch} sum to {sum} and not to zero")]
    Sum {
        /// The batch.
        batch: BatchId,
        /// The sum, saturated.
        sum: i64,
    },
    /// A posting moves nothing.
    #[error("a posting of batch {0} moves nothing")]
    Zero(BatchId),
    /// A bucket with a holder where there is none, or the other way round.
    #[error(
        "a posting of batch {0} has a holder where its bucket has none, or none where it needs one"
    )]
    Holder(BatchId),
}

/// Checks that postings sum to zero per batch, move something, and name a holder exactly where units belong to someone.
pub fn check_balanced(postings: &[Posting]) -> Result<(), Unbalanced> {
    let mut sums = std::collections::BTreeMap::<BatchId, i128>::new();
    for posting in postings {
        let batch = posting.account.batch;
        if posting.amount == 0 {
            return Err(Unbalanced::Zero(batch));
        }
        let owned = matches!(posting.account.bucket, Bucket::Available | Bucket::Held);
        if owned != posting.account.holder.is_some() {
            return Err(Unbalanced::Holder(batch));
        }
        let sum = sums.entry(batch).or_default();
        *sum = sum.saturating_add(i128::from(posting.amount));
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        None => Ok(()),
        Some((batch, sum)) => Err(Unbalanced::Sum {
            batch,
            sum: i64::try_from(sum).unwrap_or(i64::MAX),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use uuid::Uuid;

    fn posting(holder: Option<u128>, bucket: Bucket, amount: i64) -> Posting {
        Posting {
            account: Account {
                batch: BatchId::from_uuid(Uuid::from_u128(1)),
                holder: holder.map(|n| OrganisationId::from_uuid(Uuid::from_u128(n))),
                bucket,
            },
            amount,
        }
    }

    #[test]
    fn a_transfer_balances() {
        let postings = [
            posting(Some(1), Bucket::Available, -5),
            posting(Some(2), Bucket::Available, 5),
        ];
        assert_eq!(check_balanced(&postings), Ok(()));
    }

    #[test]
    fn a_lost_unit_is_refused() {
        let postings = [
            posting(Some(1), Bucket::Available, -5),
            posting(Some(2), Bucket::Available, 4),
        ];
        assert!(matches!(
            check_balanced(&postings),
            Err(Unbalanced::Sum { sum: -1, .. })
        ));
    }

    #[test]
    fn a_counter_account_has_no_holder() {
        assert!(matches!(
            check_balanced(&[posting(Some(1), Bucket::Retired, 5)]),
            Err(Unbalanced::Holder(_))
        ));
        assert!(matches!(
            check_balanced(&[posting(None, Bucket::Held, 5)]),
            Err(Unbalanced::Holder(_))
        ));
    }
}
