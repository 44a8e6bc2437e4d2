//! Balances by replaying postings. The store loads the accounts of a commit into one and decides in memory, in order.

use std::collections::BTreeMap;

use super::posting::{Account, Bucket, Posting, Unbalanced, check_balanced};
use crate::ids::{BatchId, OrganisationId};

/// Balances of accounts; an account without a balance has zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    balances: BTreeMap<Account, i64>,
}

/// Why postings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// No movement.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    /// More than is there.
    #[error("the {} units of batch {} are {balance}, {asked} were taken", .account.bucket.as_str(), .account.batch)]
    Overdrawn {
        /// The account.
        account: Account,
        /// What it has.
        balance: i64,
        /// What was taken.
        asked: i64,
    },
    /// More than can be counted.
    #[error("a balance of batch {0} left the range of whole units")]
    Overflow(BatchId),
}

impl Ledger {
    /// The balance of an account.
    pub fn balance(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    /// The units of a batch that an organisation may use; held units are not among them.
    pub fn available(&self, batch: BatchId, holder: OrganisationId) -> i64 {
        self.balance(Account {
            batch,
            holder: Some(holder),
            bucket: Bucket::Available,
        })
    }

    /// The balances of a batch that are not zero.
    pub fn of_batch(&self, batch: BatchId) -> impl Iterator<Item = (Account, i64)> + '_ {
        let first = Account {
            batch,
            holder: None,
            bucket: Bucket::Issuance,
        };
        self.balances
            .range(first..)
            .take_while(move |(account, _)| account.batch == batch)
            .map(|(account, units)| (*account, *units))
    }

    /// Makes all postings or, when one is refused, none.
    pub fn post(&mut self, postings: &[Posting]) -> Result<(), PostingError> {
        check_balanced(postings)?;
        let mut after = BTreeMap::new();
        for posting in postings {
            let account = posting.account;
            let balance = after
                .get(&account)
                .copied()
                .unwrap_or_else(|| self.balance(account));
            let sum = i64::checked_add(balance, posting.amount)
                .ok_or(PostingError::Overflow(account.batch))?;
            if sum < 0 && !account.bucket.may_go_negative() {
                return Err(PostingError::Overdrawn {
                    account,
                    balance,
                    asked: posting.amount.saturating_neg(),
                });
            }
            after.insert(account, sum);
        }
        for (account, sum) in after {
            if sum == 0 {
                self.balances.remove(&account);
            } else {
                self.balances.insert(account, sum);
            }
        }
        Ok(())
    }
}

impl FromIterator<(Account, i64)> for Ledger {
    /// From balances as tables keep them.
    fn from_iter<I: IntoIterator<Item = (Account, i64)>>(balances: I) -> Self {
        let balances = balances.into_iter().filter(|(_, units)| *units != 0);
        Self {
            balances: balances.collect(),
        }
    }
}

/// Units of a batch that move from one account to another.
pub(super) fn movement(
    batch: BatchId,
    from: (Option<OrganisationId>, Bucket),
    to: (Option<OrganisationId>, Bucket),
    units: i64,
) -> Vec<Posting> {
    let posting = |(holder, bucket), amount| Posting {
        account: Account {
            batch,
            holder,
            bucket,
        },
        amount,
    };
    vec![posting(from, units.saturating_neg()), posting(to, units)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{FUND, SUPPLIER, id, organisation};

    fn issue(units: i64) -> Vec<Posting> {
        let to = (Some(organisation(SUPPLIER)), Bucket::Available);
        movement(id(90), (None, Bucket::Issuance), to, units)
    }

    fn send(units: i64) -> Vec<Posting> {
        let from = (Some(organisation(SUPPLIER)), Bucket::Available);
        let to = (Some(organisation(FUND)), Bucket::Available);
        movement(id(90), from, to, units)
    }

    #[test]
    fn two_first_spends_of_an_account_without_a_row_both_fail() {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            let error = ledger.post(&send(1)).unwrap_err();
            assert!(matches!(error, PostingError::Overdrawn { balance: 0, .. }));
        }
        assert_eq!(ledger, Ledger::default());
    }

    #[test]
    fn the_second_spend_sees_the_first() {
        let mut ledger = Ledger::default();
        ledger.post(&issue(100)).unwrap();
        ledger.post(&send(60)).unwrap();
        let error = ledger.post(&send(60)).unwrap_err();
        assert!(matches!(
            error,
            PostingError::Overdrawn {
                balance: 40,
                asked: 60,
                ..
            }
        ));
        assert_eq!(ledger.available(id(90), organisation(SUPPLIER)), 40);
    }

    #[test]
    fn a_hold_counts_against_later_spends() {
        let mut ledger = Ledger::default();
        ledger.post(&issue(100)).unwrap();
        let own = Some(organisation(SUPPLIER));
        let hold = movement(id(90), (own, Bucket::Available), (own, Bucket::Held), 70);
        ledger.post(&hold).unwrap();
        assert!(ledger.post(&send(31)).is_err());
        assert!(ledger.post(&send(30)).is_ok());
    }

    #[test]
    fn refused_postings_leave_nothing_behind() {
        let mut ledger = Ledger::default();
        ledger.post(&issue(10)).unwrap();
        let before = ledger.clone();
        let both: Vec<_> = [send(6), send(6)].concat();
        assert!(ledger.post(&both).is_err());
        assert_eq!(ledger, before);
        assert!(ledger.post(&issue(i64::MAX)).is_err());
        assert_eq!(ledger, before);
    }
}
