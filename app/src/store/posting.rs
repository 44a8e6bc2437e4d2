//! Balances of a batch: loaded once, decided in memory in order, written once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use commonweal_domain::credit::posting::{Account, Posting};
use commonweal_domain::ids::Id;
use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::bulk::{self, Insert};
use super::log::{StagedEntry, stored_index};
use crate::error::AppError;

/// Balances that are durable, as the last commit left them.
pub(super) type Balances = Arc<HashMap<Account, i64>>;

/// Accounts that this batch has read or moved.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    /// What was known before this batch.
    kept: Balances,
    balances: BTreeMap<Account, i64>,
    moved: BTreeSet<Account>,
    /// How many staged entries are in the balances.
    applied: usize,
}

impl Ledger {
    /// A ledger of a batch before which these balances are known.
    pub(super) fn knowing(kept: Balances) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    /// What is known once this batch is durable.
    pub(super) fn settled(self) -> Balances {
        let mut kept = self.kept;
        Arc::make_mut(&mut kept).extend(self.balances);
        kept
    }

    /// Takes back everything of this batch: what was known before it remains.
    pub(super) fn forget(&mut self) {
        *self = Self::knowing(std::mem::take(&mut self.kept));
    }

    /// A balance, if it is known.
    pub(super) fn known(&self, account: Account) -> Option<i64> {
        let here = self.balances.get(&account);
        here.or_else(|| self.kept.get(&account)).copied()
    }

    /// Reads accounts that were not read before; one without a row has balance zero. The head's lock keeps every other
    /// writer out, so an account needs no lock of its own, also before its row exists.
    pub(super) async fn load(
        &mut self,
        database: &impl ConnectionTrait,
        accounts: &[Account],
    ) -> Result<(), DbErr> {
        let wanted: BTreeSet<Account> = accounts
            .iter()
            .filter(|account| self.known(**account).is_none())
            .copied()
            .collect();
        let keys: Vec<Vec<Value>> = wanted.iter().map(key).collect();
        let rows = bulk::select(
            database,
            "SELECT a.batch_id, a.organisation_id, a.bucket, a.balance FROM account AS a",
            &keys,
            "a.batch_id = r.column1 AND a.organisation_id = r.column2 AND a.bucket = r.column3",
        )
        .await?;
        let mut found = BTreeMap::new();
        for row in rows {
            let key = (
                row.try_get::<Uuid>("", "batch_id")?,
                row.try_get::<Uuid>("", "organisation_id")?,
                row.try_get::<String>("", "bucket")?,
            );
            found.insert(key, row.try_get::<i64>("", "balance")?);
        }
        for account in wanted {
            let key = (
                account.batch.uuid(),
                holder(&account),
                account.bucket.as_str().to_owned(),
            );
            let balance = found.get(&key).copied().unwrap_or(0);
            self.balances.insert(account, balance);
        }
        Ok(())
    }

    /// A balance that was loaded, without entries that were not applied yet.
    pub(super) fn balance(&self, account: Account) -> i64 {
        self.known(account).unwrap_or(0)
    }

    /// How many staged entries are in the balances.
    pub(super) fn applied(&self) -> usize {
        self.applied
    }

    /// Applies the entries of one command in order, all of them or none. After each entry every account but the
    /// issuance must be at zero or more.
    pub(super) async fn apply(
        &mut self,
        database: &impl ConnectionTrait,
        entries: &[StagedEntry],
    ) -> Result<(), AppError> {
        let new = entries[self.applied..].iter();
        let postings = new.flat_map(|entry| &entry.postings);
        let accounts: Vec<Account> = postings.map(|posting| posting.account).collect();
        self.load(database, &accounts).await?;
        self.apply_known(entries)
    }

    /// The same when every account is known.
    pub(super) fn apply_known(&mut self, entries: &[StagedEntry]) -> Result<(), AppError> {
        let mut after = BTreeMap::new();
        for entry in &entries[self.applied..] {
            self.move_units(&entry.postings, &mut after)?;
        }
        self.moved.extend(after.keys());
        self.balances.extend(after);
        self.applied = entries.len();
        Ok(())
    }

    fn move_units(
        &self,
        postings: &[Posting],
        after: &mut BTreeMap<Account, i64>,
    ) -> Result<(), AppError> {
        for posting in postings {
            let account = posting.account;
            let balance = match after.get(&account) {
                Some(balance) => *balance,
                None => self.known(account).ok_or_else(|| {
                    let bucket = account.bucket.as_str();
                    let batch = account.batch;
                    AppError::internal(format!("the {bucket} account of {batch} was not read"))
                })?,
            };
            let moved = balance.checked_add(posting.amount).ok_or_else(|| {
                AppError::refused(
                    "AMOUNT_TOO_LARGE",
                    "the balance would exceed what an account can hold",
                )
            })?;
            after.insert(account, moved);
        }
        // Judged after the whole entry: the order of the postings inside it means nothing.
        for posting in postings {
            let account = posting.account;
            let balance = after.get(&account).copied().unwrap_or(0);
            if balance < 0 && !account.bucket.may_go_negative() {
                return Err(AppError::refused(
                    "INSUFFICIENT_BALANCE",
                    format!(
                        "the {} balance of batch {} would fall to {balance}: move at most what is there",
                        account.bucket.as_str(),
                        account.batch,
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The accounts that moved.
    pub(super) fn insert(&self) -> Insert {
        let rows = self
            .moved
            .iter()
            .map(|account| {
                let mut row = key(account);
                row.push(self.balance(*account).into());
                row
            })
            .collect();
        Insert {
            into: "account (batch_id, organisation_id, bucket, balance)",
            rows,
            after: "ON CONFLICT (batch_id, organisation_id, bucket) DO UPDATE SET balance = excluded.balance",
        }
    }
}

/// The postings of the batch's entries from index `first`.
pub(super) fn postings(first: u64, entries: &[StagedEntry]) -> Result<Insert, DbErr> {
    let mut rows = Vec::new();
    for (index, entry) in (first..).zip(entries) {
        let index = stored_index(index)?;
        for (sequence, posting) in (0_i64..).zip(&entry.postings) {
            let account = posting.account;
            rows.push(vec![
                index.into(),
                sequence.into(),
                account.batch.uuid().into(),
                Value::from(account.holder.map(Id::uuid)),
                account.bucket.as_str().into(),
                posting.amount.into(),
            ]);
        }
    }
    let into = "posting (entry_idx, seq, batch_id, organisation_id, bucket, amount)";
    Ok(Insert::new(into, rows))
}

fn key(account: &Account) -> Vec<Value> {
    vec![
        account.batch.uuid().into(),
        holder(account).into(),
        account.bucket.as_str().into(),
    ]
}

/// The nil id stands for "nobody" in a key, which holds no null.
fn holder(account: &Account) -> Uuid {
    account.holder.map_or(Uuid::nil(), Id::uuid)
}
