//! The publisher, and what the log's readers get.

use std::path::PathBuf;

use commonweal_domain::log::bundle::decode_bundle;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::leaf_hash;
use commonweal_domain::log::merkle_proof::{verify_consistency, verify_inclusion};
use commonweal_domain::log::note::NoteSigner;
use commonweal_domain::log::tile::{TileKind, TilePath, decode_hashes, tiles_between};

use super::*;
use crate::App;
use crate::publisher::{PublishError, Publisher};
use crate::read::Page;
use crate::read::log::LogFilter;

on_both!(
    every_published_size_proves_and_serves_its_tiles,
    a_publisher_continues_what_was_signed,
    a_log_is_never_signed_with_another_key,
    many_proofs_cost_as_many_statements_as_one,
    a_log_that_lost_signed_entries_is_refused,
    a_log_with_other_entries_than_signed_is_refused,
    a_log_that_is_put_back_under_a_running_publisher_is_not_signed,
    a_long_log_is_taken_in_by_steps,
    the_publisher_follows_the_writer_until_the_store_closes,
    a_page_of_the_log_is_filtered_and_ordered,
);

pub(super) fn signer() -> NoteSigner {
    NoteSigner::from_seed("test.example/log".parse().unwrap(), &[7; 32])
}

pub(super) fn memory(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("log.signed")
}

pub(super) async fn open(
    db: &TestDb,
    folder: &tempfile::TempDir,
) -> Result<Publisher, PublishError> {
    Publisher::open(db.store.clone(), signer(), memory(folder)).await
}

pub(super) async fn write(db: &TestDb, ids: std::ops::Range<i64>) {
    let mut tasks = Vec::new();
    for id in ids {
        let store = db.store.clone();
        tasks.push(tokio::spawn(async move {
            store.write(None, accepted(id)).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

async fn every_published_size_proves_and_serves_its_tiles(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(db.store.clone());
    let mut publisher = open(&db, &folder).await.unwrap();
    let mut older = None;
    for (from, to) in [(0, 1), (1, 2), (2, 300), (300, 700)] {
        write(&db, from..to).await;
        let size = publisher.publish().await.unwrap();
        assert_eq!(size, u64::try_from(to).unwrap());
        let stored = app.read().checkpoint().await.unwrap().unwrap();
        let key = signer();
        let (signed, _) = Checkpoint::open(&stored.note, key.verifier_key()).unwrap();
        assert_eq!((signed.size(), signed.root()), (size, stored.root));
        for index in [0, size / 2, size - 1] {
            let entry = app.read().log_entry(index).await.unwrap().unwrap();
            assert_eq!(leaf_hash(&entry.bytes), entry.leaf_hash);
            let proof = app.read().inclusion_proof(index, size).await.unwrap();
            verify_inclusion(entry.leaf_hash, index, size, &proof, stored.root).unwrap();
        }
        if let Some((old, root)) = older {
            let proof = app.read().consistency_proof(old, size).await.unwrap();
            verify_consistency(old, root, size, stored.root, &proof).unwrap();
            assert_eq!(app.read().root(old).await.unwrap(), root);
        }
        older = Some((size, stored.root));
    }
    let mut tiles = 0;
    for path in tiles_between(0, 700).unwrap() {
        let content = app.read().tile(path).await.unwrap().unwrap();
        match path.kind() {
            TileKind::Hashes { .. } => {
                decode_hashes(path, &content).unwrap();
            }
            TileKind::Entries => {
                decode_bundle(path, &content).unwrap();
            }
        }
        tiles += 1;
    }
    assert_eq!(tiles, 3 + 3 + 1);
    // Sequenced is not published: neither a proof nor a tile shows it.
    write(&db, 700..701).await;
    let wider = TilePath::new(TileKind::Entries, 2, 189).unwrap();
    assert_eq!(app.read().tile(wider).await.unwrap(), None);
    assert!(is_refusal(&app.read().inclusion_proof(700, 701).await));
    assert!(is_refusal(&app.read().inclusion_proof(700, 700).await));
    publisher.publish().await.unwrap();
    assert!(app.read().tile(wider).await.unwrap().is_some());
}

async fn a_publisher_continues_what_was_signed(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    write(&db, 0..5).await;
    drop(open(&db, &folder).await.unwrap());
    let before = std::fs::read(memory(&folder)).unwrap();
    write(&db, 5..9).await;
    let mut again = open(&db, &folder).await.unwrap();
    assert_eq!(again.publish().await.unwrap(), 9);
    assert_ne!(std::fs::read(memory(&folder)).unwrap(), before);
    // The memory of another log cannot stand in for this one's.
    let other = TestDb::sqlite().await;
    let key = NoteSigner::from_seed("other.example/log".parse().unwrap(), &[8; 32]);
    let result = Publisher::open(other.store.clone(), key, memory(&folder)).await;
    assert!(matches!(result, Err(PublishError::Memory { .. })));
}

async fn a_log_is_never_signed_with_another_key(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(db.store.clone());
    assert_eq!(app.read().log_key().await.unwrap(), None);
    drop(open(&db, &folder).await.unwrap());
    let of_log = app.read().log_key().await.unwrap();
    assert_eq!(of_log.as_ref(), Some(signer().verifier_key()));
    // Neither another key of the same name nor another name of the same key, even when the memory is lost.
    std::fs::remove_file(memory(&folder)).unwrap();
    for (name, seed) in [("test.example/log", 8), ("other.example/log", 7)] {
        let other = NoteSigner::from_seed(name.parse().unwrap(), &[seed; 32]);
        let result = Publisher::open(db.store.clone(), other, memory(&folder)).await;
        match result.unwrap_err() {
            PublishError::OtherKey { .. } => assert_eq!(seed, 8),
            refused => {
                let words = "this log is named `test.example/log`, and the configured origin is `other.example/log`";
                assert!(refused.to_string().starts_with(words), "{refused}");
            }
        }
    }
    assert!(open(&db, &folder).await.is_ok());
}

async fn many_proofs_cost_as_many_statements_as_one(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(db.store.clone());
    write(&db, 0..700).await;
    drop(open(&db, &folder).await.unwrap());
    let entries = app.read().log_entries(0..700).await.unwrap();
    let mut statements = Vec::new();
    for wanted in [vec![(3, 700)], (0..100).map(|n| (n * 7, 601 + n)).collect()] {
        let before = db.store.read().statements();
        let proofs = app.read().inclusion_proofs(&wanted).await.unwrap();
        statements.push(db.store.read().statements() - before);
        for (index, size) in wanted {
            let proof = &proofs[&(index, size)];
            let leaf = entries[usize::try_from(index).unwrap()].leaf_hash;
            verify_inclusion(leaf, index, size, &proof.hashes, proof.root).unwrap();
            assert_eq!(proof.root, app.read().root(size).await.unwrap());
        }
    }
    assert_eq!(statements[0], statements[1]);
    for wrong in [(700, 700), (5, 701)] {
        let refused = app.read().inclusion_proofs(&[(0, 1), wrong]).await;
        assert!(matches!(refused, Err(AppError::Refused { .. })));
    }
}

async fn a_log_that_lost_signed_entries_is_refused(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let ahead = TestDb::sqlite().await;
    write(&ahead, 0..3).await;
    drop(open(&ahead, &folder).await.unwrap());
    write(&db, 0..2).await;
    let error = open(&db, &folder).await.unwrap_err();
    let expected = matches!(error, PublishError::SignedAhead { signed: 3, size: 2 });
    assert!(expected, "{error}");
    assert_eq!(db.numbers("SELECT count(*) FROM checkpoint").await, [0]);
}

async fn a_log_with_other_entries_than_signed_is_refused(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let other = TestDb::sqlite().await;
    write(&other, 0..3).await;
    drop(open(&other, &folder).await.unwrap());
    write(&db, 10..15).await;
    let error = open(&db, &folder).await.unwrap_err();
    assert!(
        matches!(error, PublishError::OtherRoot { size: 3, .. }),
        "{error}"
    );
    assert_eq!(db.numbers("SELECT count(*) FROM checkpoint").await, [0]);
}

async fn a_log_that_is_put_back_under_a_running_publisher_is_not_signed(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    write(&db, 0..2).await;
    let mut running = open(&db, &folder).await.unwrap();
    // What was signed last is ahead of the database and of another history.
    let other = Checkpoint::new("test.example/log", 4, leaf_hash(b"other")).unwrap();
    let other = other.sign(&signer()).unwrap().to_string();
    std::fs::write(memory(&folder), &other).unwrap();
    write(&db, 2..3).await;
    let error = running.publish().await.unwrap_err();
    let expected = matches!(error, PublishError::SignedAhead { signed: 4, size: 3 });
    assert!(expected && error.is_alarm(), "{error}");
    write(&db, 3..5).await;
    let error = running.publish().await.unwrap_err();
    assert!(
        matches!(error, PublishError::OtherRoot { size: 4, .. }),
        "{error}"
    );
    assert_eq!(db.numbers("SELECT size FROM checkpoint").await, [2]);
    assert_eq!(std::fs::read_to_string(memory(&folder)).unwrap(), other);
}

async fn a_long_log_is_taken_in_by_steps(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let many = act(|tx| {
            Box::pin(async move {
                for number in 0..1_000 {
                    tx.append(draft(number))?;
                }
                Ok(0)
            })
        });
        db.store.write(None, many).await.unwrap();
    }
    let mut publisher = open(&db, &folder).await.unwrap();
    assert_eq!(publisher.publish().await.unwrap(), 3_000);
    let sizes = db.numbers("SELECT size FROM checkpoint").await;
    assert_eq!(sizes, [3_000], "no size between commits is signed");
}

async fn the_publisher_follows_the_writer_until_the_store_closes(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let run = tokio::spawn(open(&db, &folder).await.unwrap().run());
    let started = std::time::Instant::now();
    write(&db, 0..20).await;
    while db.numbers("SELECT max(size) FROM checkpoint").await != [20] {
        assert!(
            started.elapsed().as_secs() < 20,
            "it publishes without being asked"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let seconds = i64::try_from(started.elapsed().as_secs()).unwrap();
    let checkpoints = db.numbers("SELECT count(*) FROM checkpoint").await[0];
    assert!(checkpoints <= 3 + seconds, "at most one a second");
    db.store.close().await;
    run.await.unwrap().unwrap();
}

async fn a_page_of_the_log_is_filtered_and_ordered(db: TestDb) {
    for id in [1, 2, 1, 3, 1] {
        let command = act(move |tx| {
            Box::pin(async move {
                tx.append(draft(id))?;
                Ok(id)
            })
        });
        db.store.write(None, command).await.unwrap();
    }
    let app = App::new(db.store.clone());
    let filter = LogFilter {
        kind: Some("role.granted".to_owned()),
        subject: Some(draft(1).subject),
    };
    let page = Page {
        after: Some(0),
        ..Page::first(10)
    };
    let entries = app.read().log_page(&page, &filter).await.unwrap();
    let indexes: Vec<u64> = entries.iter().map(|entry| entry.index).collect();
    assert_eq!(indexes, [2, 4]);
    assert_eq!(app.read().log_size().await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishers_of_one_database_never_sign_two_roots_for_one_size() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let second = Store::open(&db.url, ids(&db.clock)).await.unwrap();
    let mut tasks = Vec::new();
    for store in [db.store.clone(), second] {
        tasks.push(tokio::spawn(async move {
            let folder = tempfile::tempdir().unwrap();
            let mut publisher = Publisher::open(store.clone(), signer(), memory(&folder)).await?;
            for _ in 0..20 {
                store
                    .write(
                        None,
                        act(|tx| {
                            Box::pin(async move {
                                tx.append(draft(1))?;
                                Ok(0)
                            })
                        }),
                    )
                    .await?;
                // The other may have been first; then this one tries again.
                let _ = publisher.publish().await;
            }
            publisher.publish().await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let sizes = db
        .numbers("SELECT size FROM checkpoint ORDER BY size")
        .await;
    assert_eq!(sizes.last(), Some(&40));
    let app = App::new(db.store.clone());
    for size in sizes {
        let size = u64::try_from(size).unwrap();
        let root = app.read().root(size).await.unwrap();
        let sql = format!("SELECT root FROM checkpoint WHERE size = {size}");
        let row = &db.rows(&sql).await[0];
        let signed: Vec<u8> = row.try_get_by_index(0).unwrap();
        assert_eq!(signed, root.as_bytes());
    }
}
