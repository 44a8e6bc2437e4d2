//! Postings and balances (registry.md, invariants 1 to 3).

use commonweal_domain::credit::posting::{Account, Bucket, Posting};
use commonweal_domain::ids::BatchId;
use commonweal_domain::log::hash::leaf_hash;

use super::super::log::StagedEntry;
use super::*;

on_both!(
    a_spend_beyond_the_balance_is_refused_for_that_command_only,
    a_balance_counts_what_the_batch_has_done,
    balances_are_the_sums_of_the_postings,
    the_database_itself_refuses_a_negative_balance,
);

fn batch() -> BatchId {
    BatchId::from_uuid(Uuid::from_u128(7))
}

fn account(holder: u128, bucket: Bucket) -> Account {
    Account {
        batch: batch(),
        holder: (holder > 0).then(|| OrganisationId::from_uuid(Uuid::from_u128(holder))),
        bucket,
    }
}

fn entry(from: Account, to: Account, amount: i64) -> StagedEntry {
    let bytes = b"{}".to_vec();
    StagedEntry {
        kind: "test.moved",
        subject: String::new(),
        blob: None,
        leaf: leaf_hash(&bytes),
        bytes,
        postings: vec![
            Posting {
                account: from,
                amount: -amount,
            },
            Posting {
                account: to,
                amount,
            },
        ],
    }
}

fn moves(from: Account, to: Account, amount: i64) -> Act {
    act(move |tx| {
        Box::pin(async move {
            tx.staged.stage(entry(from, to, amount));
            tx.balance(from).await
        })
    })
}

fn issue(amount: i64) -> Act {
    moves(
        account(0, Bucket::Issuance),
        account(1, Bucket::Available),
        amount,
    )
}

fn transfer(from: u128, to: u128, amount: i64) -> Act {
    moves(
        account(from, Bucket::Available),
        account(to, Bucket::Available),
        amount,
    )
}

async fn a_spend_beyond_the_balance_is_refused_for_that_command_only(db: TestDb) {
    // The account of 2 has no row before: two first spends of what it just got may not both pass.
    let results = db
        .in_one_batch(vec![
            issue(100),
            transfer(1, 2, 60),
            transfer(2, 3, 60),
            transfer(2, 3, 1),
            transfer(1, 2, 41),
            transfer(1, 2, 40),
        ])
        .await;
    let passed: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(passed, [true, true, true, false, false, true]);
    assert!(is_refusal(&results[3]) && is_refusal(&results[4]));
    let balances = "SELECT balance FROM account ORDER BY balance";
    assert_eq!(db.numbers(balances).await, [-100, 0, 40, 60]);
}

async fn a_balance_counts_what_the_batch_has_done(db: TestDb) {
    let results = db
        .in_one_batch(vec![issue(10), transfer(1, 2, 3), transfer(1, 2, 4)])
        .await;
    // Each command reads the balance of the sender after its own entry, which is not applied yet.
    let seen: Vec<i64> = results
        .iter()
        .map(|result| result.as_ref().unwrap().out)
        .collect();
    assert_eq!(seen, [-10, 7, 3]);
}

async fn balances_are_the_sums_of_the_postings(db: TestDb) {
    db.store.write(None, issue(1_000)).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..100_u32 {
        let store = db.store.clone();
        let (from, to) = (u128::from(number % 5) + 1, u128::from(number % 7) + 1);
        if from != to {
            tasks.push(tokio::spawn(async move {
                store
                    .write(None, transfer(from, to, i64::from(number)))
                    .await
            }));
        }
    }
    let mut passed = 1;
    for task in tasks {
        passed += i64::from(task.await.unwrap().is_ok());
    }
    assert_eq!(db.numbers("SELECT size FROM log_head").await, [passed]);
    let wrong = "SELECT a.balance FROM account AS a WHERE a.balance <> (SELECT sum(p.amount) FROM posting AS p \
                 WHERE p.batch_id = a.batch_id AND p.bucket = a.bucket \
                 AND (p.organisation_id = a.organisation_id OR p.organisation_id IS NULL))";
    assert_eq!(db.rows(wrong).await.len(), 0);
    let sum = "SELECT CAST(sum(balance) AS bigint) FROM account";
    assert_eq!(db.numbers(sum).await, [0]);
}

async fn the_database_itself_refuses_a_negative_balance(db: TestDb) {
    db.store.write(None, issue(5)).await.unwrap();
    let overdraw = "UPDATE account SET balance = -1 WHERE bucket = 'available'";
    assert!(db.beside.execute_unprepared(overdraw).await.is_err());
}
