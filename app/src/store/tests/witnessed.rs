//! Witnesses in memory: they keep the rules of C2SP tlog-witness, or break them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::{Hash, empty_root};
use commonweal_domain::log::merkle_proof::verify_consistency;
use commonweal_domain::log::note::{NoteSigner, SignedNote};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::published::{memory, open, signer, write};
use super::*;
use crate::App;
use crate::publisher::{Publisher, WitnessAnswer, WitnessTransport, Witnessing};

on_both!(
    witnesses_cosign_and_a_dead_one_stops_nothing,
    a_log_that_requires_witnesses_shows_nothing_without_them,
    a_witness_that_saw_more_or_signs_something_else_does_not_count,
);

/// How a witness behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Honest,
    Dead,
    /// It signs another head.
    Wrong,
    /// It has seen a longer log.
    Ahead,
}

/// Witnesses by the host of their URL, with the head that each saw last.
#[derive(Debug, Default, Clone)]
struct Hosts(Arc<Mutex<HashMap<String, Host>>>);

/// How a host answers, and the size and root that it saw last.
type Host = (Mood, u64, Option<Hash>);

impl Hosts {
    fn set(&self, name: &str, mood: Mood) {
        let mut hosts = self.0.lock().unwrap();
        hosts.entry(name.to_owned()).or_insert((mood, 0, None)).0 = mood;
    }

    fn answer(&self, url: &str, body: &str) -> Result<WitnessAnswer, String> {
        let name = url.split('/').nth(2).unwrap();
        let mut hosts = self.0.lock().unwrap();
        let (mood, size, root) = hosts.get_mut(name).unwrap();
        let answer = |status, body: String| Ok(WitnessAnswer { status, body });
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines
            .next()
            .unwrap()
            .strip_prefix("old ")
            .unwrap()
            .parse()
            .unwrap();
        let proof: Vec<Hash> = lines.map(|line| Hash::from_base64(line).unwrap()).collect();
        let (new, note) = Checkpoint::open(note.as_bytes(), signer().verifier_key()).unwrap();
        match mood {
            Mood::Dead => return Err("connection refused".to_owned()),
            Mood::Ahead => return answer(409, format!("{}\n", new.size() + 1)),
            Mood::Wrong => return answer(200, witness(name).cosign("other\n", 7).to_string()),
            Mood::Honest if old != *size => return answer(409, format!("{size}\n")),
            Mood::Honest => {}
        }
        let before = root.unwrap_or_else(empty_root);
        if verify_consistency(old, before, new.size(), new.root(), &proof).is_err() {
            return answer(422, "the proof does not fit".to_owned());
        }
        (*size, *root) = (new.size(), Some(new.root()));
        answer(200, format!("{}\n", witness(name).cosign(note.text(), 7)))
    }
}

impl WitnessTransport for Hosts {
    fn post(&self, url: String, body: String) -> BoxFuture<'static, Result<WitnessAnswer, String>> {
        std::future::ready(self.answer(&url, &body)).boxed()
    }
}

fn witness(name: &str) -> NoteSigner {
    let seed = name.as_bytes()[0];
    NoteSigner::witness_from_seed(format!("{name}.example").parse().unwrap(), &[seed; 32])
}

/// Two of three.
fn witnessing(hosts: &Hosts, required: bool) -> Witnessing {
    let mut text = String::new();
    for name in ["a", "b", "c"] {
        hosts.set(name, Mood::Honest);
        let key = witness(name).verifier_key().to_string();
        let line = format!("witness {name} {key} http://{name}\n");
        text.push_str(&line);
    }
    text.push_str("group g 2 a b c\nquorum g\n");
    Witnessing {
        policy: text.parse().unwrap(),
        transport: Arc::new(hosts.clone()),
        required,
    }
}

async fn open_with(db: &TestDb, folder: &tempfile::TempDir, witnessing: Witnessing) -> Publisher {
    let store = db.store.clone();
    let opened = Publisher::open_with(store, signer(), memory(folder), Some(witnessing)).await;
    opened.unwrap()
}

async fn newest(db: &TestDb) -> (u64, u64, usize) {
    let app = App::new(db.store.clone());
    let newest = app.read().checkpoint().await.unwrap().unwrap();
    let note = SignedNote::parse(&newest.note).unwrap();
    (newest.size, newest.witnessed, note.signatures().len())
}

async fn witnesses_cosign_and_a_dead_one_stops_nothing(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::default();
    write(&db, 0..3).await;
    drop(open(&db, &folder).await.unwrap());
    assert_eq!(newest(&db).await, (3, 0, 1));
    let mut publisher = open_with(&db, &folder, witnessing(&hosts, false)).await;
    assert_eq!(newest(&db).await, (3, 3, 4), "the log and three witnesses");

    hosts.set("b", Mood::Dead);
    write(&db, 3..9).await;
    publisher.publish().await.unwrap();
    assert_eq!(newest(&db).await, (9, 9, 3), "two are enough");

    hosts.set("c", Mood::Dead);
    write(&db, 9..12).await;
    publisher.publish().await.unwrap();
    assert_eq!(
        newest(&db).await,
        (12, 9, 2),
        "published, and not yet witnessed"
    );

    // They come back after their rest, and say what they saw last.
    hosts.set("b", Mood::Honest);
    hosts.set("c", Mood::Honest);
    db.clock.advance(61_000_000);
    publisher.publish().await.unwrap();
    assert_eq!(newest(&db).await, (12, 12, 4));

    // A publisher that knows nothing of its witnesses learns it from them.
    write(&db, 12..14).await;
    drop(open_with(&db, &folder, witnessing(&hosts, false)).await);
    assert_eq!(newest(&db).await, (14, 14, 4));
}

async fn a_log_that_requires_witnesses_shows_nothing_without_them(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::default();
    let required = witnessing(&hosts, true);
    for name in ["a", "b"] {
        hosts.set(name, Mood::Dead);
    }
    write(&db, 0..3).await;
    let mut publisher = open_with(&db, &folder, required).await;
    assert_eq!(
        App::new(db.store.clone())
            .read()
            .checkpoint()
            .await
            .unwrap(),
        None
    );
    write(&db, 3..5).await;
    assert_eq!(publisher.publish().await.unwrap(), 0);
    hosts.set("a", Mood::Honest);
    db.clock.advance(61_000_000);
    assert_eq!(publisher.publish().await.unwrap(), 5);
    assert_eq!(newest(&db).await, (5, 5, 3));
}

async fn a_witness_that_saw_more_or_signs_something_else_does_not_count(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::default();
    write(&db, 0..3).await;
    let witnessing = witnessing(&hosts, false);
    hosts.set("a", Mood::Wrong);
    hosts.set("b", Mood::Ahead);
    drop(open_with(&db, &folder, witnessing).await);
    assert_eq!(newest(&db).await, (3, 0, 2), "only the third one cosigned");
}
