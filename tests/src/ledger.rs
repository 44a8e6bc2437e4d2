//! Invariant 11 in the eyes of a test: the table of balances is what the log leads to.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use commonweal_app::App;
use commonweal_app::store::Store;
use commonweal_domain::credit::posting::Account;
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use commonweal_domain::log::entry::{Entry, EntryError};
use commonweal_domain::log::state::State;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use uuid::Uuid;

use crate::TestApp;

/// Entries read at a time.
const ENTRIES: u64 = 5_000;

/// Batch, holder (nil for nobody) and bucket.
type Key = (Uuid, Uuid, String);

impl TestApp {
    /// Fails unless every balance in the tables is the one that replaying the log gives, and there is none beside them.
    pub async fn expect_replayed_balances(&self) -> Result<()> {
        let database = self.database.connect().await?;
        let same = expect_replayed_balances(self.app.store(), &database).await;
        database.close().await?;
        same
    }

    /// Balances by batch, holder and bucket as text, for comparing with a model.
    pub async fn balances_by_name(&self) -> Result<BTreeMap<(String, String, String), i64>> {
        let database = self.database.connect().await?;
        let stored = stored_balances(&database).await?;
        database.close().await?;
        let named = stored.into_iter().map(|((batch, holder, bucket), units)| {
            let batch = format!("batch:{}", BatchId::from_uuid(batch));
            let holder = OrganisationId::from_uuid(holder);
            ((batch, format!("organisation:{holder}"), bucket), units)
        });
        Ok(named.collect())
    }
}

/// The same for a store of which there is no service.
pub async fn expect_replayed_balances(store: &Store, database: &DatabaseConnection) -> Result<()> {
    let state = replayed(store).await?;
    let mut replayed: BTreeMap<Key, i64> = BTreeMap::new();
    for batch in state.credits.batches() {
        let balances = state.credits.ledger().of_batch(batch.id);
        replayed.extend(balances.map(|(account, units)| (key(&account), units)));
    }
    let stored = stored_balances(database).await?;
    for (account, units) in &stored {
        let found = replayed.get(account).copied().unwrap_or(0);
        ensure!(
            found == *units,
            "the balance of {account:?} is {units}, the log leads to {found}"
        );
    }
    ensure!(
        stored.len() == replayed.len(),
        "the tables have {} balances, the log {}",
        stored.len(),
        replayed.len()
    );
    Ok(())
}

async fn replayed(store: &Store) -> Result<State> {
    let app = App::new(store.clone());
    let (read, mut state) = (app.read(), State::default());
    let size = read.log_size().await?;
    let mut from = 0;
    while from < size {
        for row in read.log_entries(from..size.min(from + ENTRIES)).await? {
            let entry = match Entry::parse(&row.bytes) {
                Err(EntryError::NeedsBlob(sha256)) => {
                    Entry::parse_with(&row.bytes, read.blob(sha256).await?.as_deref())
                }
                parsed => parsed,
            };
            let replayed = state.replay(row.index, &entry?);
            replayed.map_err(|finding| anyhow::anyhow!("entry {}: {finding:?}", row.index))?;
        }
        from = size.min(from + ENTRIES);
    }
    Ok(state)
}

/// Balances that are not zero.
async fn stored_balances(database: &DatabaseConnection) -> Result<BTreeMap<Key, i64>> {
    let sql = "SELECT batch_id, organisation_id, bucket, balance FROM account WHERE balance <> 0";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| {
            let account = (
                row.try_get("", "batch_id")?,
                row.try_get("", "organisation_id")?,
                row.try_get("", "bucket")?,
            );
            Ok((account, row.try_get("", "balance")?))
        })
        .collect()
}

fn key(account: &Account) -> Key {
    (
        account.batch.uuid(),
        account.holder.map_or(Uuid::nil(), Id::uuid),
        account.bucket.as_str().to_owned(),
    )
}
