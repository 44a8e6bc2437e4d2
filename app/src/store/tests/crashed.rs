//! The publisher dies between any two of its steps, keys change, and tables stop belonging together.

use std::collections::BTreeMap;

use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::merkle_proof::verify_consistency;
use commonweal_domain::log::note::{NoteSigner, VerifierKey};

use super::published::{memory, open, signer, write};
use super::*;
use crate::App;
use crate::publisher::{PublishError, Publisher};

on_both!(
    a_publisher_that_dies_at_any_step_is_continued,
    the_log_goes_on_under_the_next_key,
    tables_that_do_not_belong_together_are_refused,
    nothing_is_written_once_writes_are_refused,
    one_publisher_at_a_time_has_the_turn,
);

/// Everything that was ever signed, by size.
#[derive(Default)]
struct Signed(BTreeMap<u64, Hash>);

impl Signed {
    fn see(&mut self, note: &[u8]) {
        let (head, _) = Checkpoint::open(note, signer().verifier_key()).unwrap();
        let before = self.0.insert(head.size(), head.root());
        assert!(before.is_none_or(|root| root == head.root()), "two roots");
    }
}

/// Publishes as far as a step, and dies there.
async fn publish_up_to(step: usize, publisher: &Publisher, folder: &tempfile::TempDir) -> Vec<u8> {
    let grown = publisher.grow().await.unwrap();
    if step == 0 {
        return Vec::new();
    }
    let note = publisher.sign(&grown).await.unwrap();
    match step {
        1 => {}
        // The file that is going to replace the memory is half written.
        2 => std::fs::write(
            memory(folder).with_extension("new"),
            &note[..note.len() / 2],
        )
        .unwrap(),
        3 => std::fs::write(memory(folder), &note).unwrap(),
        _ => {
            std::fs::write(memory(folder), &note).unwrap();
            publisher.keep(&grown, note.clone(), false).await.unwrap();
        }
    }
    note
}

async fn a_publisher_that_dies_at_any_step_is_continued(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(db.store.clone());
    let mut signed = Signed::default();
    let mut next = 0;
    for step in 0..=4 {
        let publisher = open(&db, &folder).await.unwrap();
        write(&db, next..next + 3).await;
        let note = publish_up_to(step, &publisher, &folder).await;
        drop(publisher);
        if !note.is_empty() {
            signed.see(&note);
        }
        next += 3;
        // Restarted at the size it died at, or when more has been written since.
        if step % 2 == 1 {
            write(&db, next..next + 2).await;
            next += 2;
        }
        drop(open(&db, &folder).await.unwrap());
        let newest = app.read().checkpoint().await.unwrap().unwrap();
        assert_eq!(newest.size, u64::try_from(next).unwrap(), "step {step}");
        signed.see(&newest.note);
        for (old, root) in &signed.0 {
            let proof = app
                .read()
                .consistency_proof(*old, newest.size)
                .await
                .unwrap();
            verify_consistency(*old, *root, newest.size, newest.root, &proof).unwrap();
        }
    }
}

fn next_signer() -> NoteSigner {
    NoteSigner::from_seed("test.example/log".parse().unwrap(), &[8; 32])
}

async fn the_log_goes_on_under_the_next_key(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(db.store.clone());
    assert!(is_refusal(
        &app.rotate_log_key(&signer(), &next_signer()).await
    ));
    let mut running = open(&db, &folder).await.unwrap();
    write(&db, 0..3).await;
    running.publish().await.unwrap();
    for _ in 0..2 {
        app.rotate_log_key(&signer(), &next_signer()).await.unwrap();
    }
    assert_eq!(app.read().log_size().await.unwrap(), 4, "once is enough");
    assert!(is_refusal(
        &app.rotate_log_key(&signer(), &other_signer()).await
    ));

    let stopped = running.publish().await.unwrap_err();
    assert!(
        matches!(stopped, PublishError::OtherKey { .. }),
        "{stopped}"
    );
    assert!(matches!(
        open(&db, &folder).await,
        Err(PublishError::OtherKey { .. })
    ));
    let opened = Publisher::open(db.store.clone(), next_signer(), memory(&folder)).await;
    drop(opened.unwrap());
    let newest = app.read().checkpoint().await.unwrap().unwrap();
    let key: VerifierKey = app.read().log_key().await.unwrap().unwrap();
    assert_eq!(&key, next_signer().verifier_key());
    let (head, _) = Checkpoint::open(&newest.note, &key).unwrap();
    assert_eq!(head.size(), 4);
}

fn other_signer() -> NoteSigner {
    NoteSigner::from_seed("test.example/log".parse().unwrap(), &[9; 32])
}

async fn tables_that_do_not_belong_together_are_refused(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    write(&db, 0..3).await;
    drop(open(&db, &folder).await.unwrap());
    let move_head = "UPDATE log_head SET size = size + 1";
    db.beside.execute_unprepared(move_head).await.unwrap();
    let error = open(&db, &folder).await.unwrap_err();
    assert!(
        matches!(error, PublishError::OtherHead { head: 4, log: 3 }),
        "{error}"
    );
    assert!(error.is_alarm());
}

async fn nothing_is_written_once_writes_are_refused(db: TestDb) {
    write(&db, 0..1).await;
    db.store.refuse_writes("the log was cut");
    let refused = db.store.write(None, accepted(1)).await;
    assert!(matches!(refused, Err(AppError::ReadOnly(reason)) if reason.contains("cut")));
    assert_eq!(
        App::new(db.store.clone()).read().log_size().await.unwrap(),
        1
    );
}

async fn one_publisher_at_a_time_has_the_turn(db: TestDb) {
    use crate::store::lease::TakeLease;
    let ids = super::ids(&db.clock);
    let [first, second] = [ids.new(), ids.new()];
    let take = |holder| {
        db.store.write_private(TakeLease {
            holder,
            lasts: std::time::Duration::from_secs(3),
        })
    };
    assert!(take(first).await.unwrap() && take(first).await.unwrap());
    assert!(!take(second).await.unwrap());
    db.clock.advance(3_000_001);
    assert!(take(second).await.unwrap() && !take(first).await.unwrap());
}
