//! A commit whose answer was lost is settled by asking the database. A proxy between store and server loses it.

use std::sync::atomic::{AtomicU8, Ordering};

use commonweal_domain::ids::CommitId;
use sea_orm::DbErr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::batch::Lost;
use super::super::head::{Head, Settled, settle};
use super::*;

on_both!(nothing_can_follow_the_commit_before_once_the_caller_was_told_so,);

/// A statement that is still on its way asks for the head that the commit before has left.
async fn nothing_can_follow_the_commit_before_once_the_caller_was_told_so(db: TestDb) {
    db.store.write(None, accepted(1)).await.unwrap();
    let database = DatabaseUrl::parse(&db.url).unwrap().writer().await.unwrap();
    let before = Head::lock(&database).await.unwrap();
    let [lost, barrier] = [(); 2].map(|()| ids(&db.clock).new::<CommitId>());
    let lost = Lost {
        verdicts: Vec::new(),
        size: before.size + 1,
        commit: lost,
        before: before.commit,
        first_index: None,
        cause: DbErr::Custom("the line was cut".to_owned()),
    };
    // The answer to the first question may be lost as well.
    for _ in 0..2 {
        let settled = settle(&database, &lost, barrier).await.unwrap();
        assert_eq!(settled, Settled::Absent);
    }
    let late = Head {
        size: lost.size,
        commit: lost.commit,
        ..before
    };
    before.advance(&database, &late).await.unwrap_err();
    let head = Head::lock(&database).await.unwrap();
    assert_eq!((head.size, head.commit), (before.size, barrier));
    assert!(db.store.write(None, accepted(2)).await.is_ok());
    database.close().await.unwrap();
}

const PASS: u8 = 0;
/// Cut the line when a commit comes, before the server sees it.
const CUT_BEFORE: u8 = 1;
/// Let the commit through, then cut the line before its answer.
const CUT_AFTER: u8 = 2;
/// As `CUT_AFTER`, and let nobody in afterwards.
const CUT_AFTER_AND_STAY_AWAY: u8 = 3;
const AWAY: u8 = 4;

/// A store whose connections to PostgreSQL run through a proxy.
struct Proxied {
    db: TestDb,
    store: Store,
    mode: Arc<AtomicU8>,
}

async fn proxied() -> Option<Proxied> {
    let db = TestDb::postgres().await?;
    let (scheme, rest) = db.url.split_once("://").unwrap();
    let (login, rest) = rest.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mode = Arc::new(AtomicU8::new(PASS));
    tokio::spawn(serve(listener, server.to_owned(), Arc::clone(&mode)));
    // No encryption, so that the proxy can read along.
    let url = format!("{scheme}://{login}@{address}/{name}?sslmode=disable");
    let store = Store::open(&url, ids(&db.clock)).await.unwrap();
    Some(Proxied { db, store, mode })
}

async fn serve(listener: TcpListener, server: String, mode: Arc<AtomicU8>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if mode.load(Ordering::SeqCst) != AWAY {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(forward(client, server, Arc::clone(&mode)));
        }
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, mode: Arc<AtomicU8>) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                let commit = up[..length].windows(6).any(|text| text == b"COMMIT");
                let present = if commit { mode.swap(PASS, Ordering::SeqCst) } else { PASS };
                if present == CUT_BEFORE {
                    return;
                }
                server.write_all(&up[..length]).await.unwrap();
                if present != PASS {
                    // The server's answer shows that the commit is in; it does not get through.
                    let _ = server.read(&mut down).await;
                    if present == CUT_AFTER_AND_STAY_AWAY {
                        mode.store(AWAY, Ordering::SeqCst);
                    }
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                client.write_all(&down[..length]).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_in_is_acknowledged_after_its_answer_was_lost() {
    let Some(proxied) = proxied().await else {
        return;
    };
    proxied.mode.store(CUT_AFTER, Ordering::SeqCst);
    let written = proxied.store.write(None, accepted(1)).await.unwrap();
    assert_eq!(written.entries, [0]);
    assert_eq!(proxied.db.numbers("SELECT id FROM scratch").await, [1]);
    assert_eq!(proxied.db.numbers("SELECT size FROM log_head").await, [1]);
    assert!(proxied.store.write(None, accepted(2)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_run_again() {
    let Some(proxied) = proxied().await else {
        return;
    };
    proxied.mode.store(CUT_BEFORE, Ordering::SeqCst);
    let written = proxied.store.write(None, accepted(1)).await.unwrap();
    assert_eq!(written.entries, [0]);
    assert_eq!(proxied.db.numbers("SELECT id FROM scratch").await, [1]);
    assert_eq!(proxied.db.numbers("SELECT size FROM log_head").await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_unknown_while_the_database_stays_away() {
    let Some(proxied) = proxied().await else {
        return;
    };
    proxied
        .mode
        .store(CUT_AFTER_AND_STAY_AWAY, Ordering::SeqCst);
    let result = proxied.store.write(None, accepted(1)).await;
    assert!(
        matches!(result, Err(AppError::OutcomeUnknown)),
        "{result:?}"
    );
    // It was in, as the retry with an idempotency key would learn.
    assert_eq!(proxied.db.numbers("SELECT id FROM scratch").await, [1]);
    let down = proxied.store.write(None, accepted(2)).await;
    assert!(matches!(down, Err(AppError::Internal(_))), "{down:?}");
    proxied.mode.store(PASS, Ordering::SeqCst);
    assert!(proxied.store.write(None, accepted(3)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_while_idle_is_opened_again() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    db.store.write(None, accepted(1)).await.unwrap();
    db.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .await;
    assert!(db.store.write(None, accepted(2)).await.is_ok());
    assert!(
        db.store
            .write_private(Note {
                id: 3,
                refuse: false
            })
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_inside_a_batch_costs_no_command() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let deaths = Arc::new(AtomicU8::new(0));
    let dies_once = {
        let deaths = Arc::clone(&deaths);
        act(move |tx| {
            let first = deaths.fetch_add(1, Ordering::SeqCst) == 0;
            Box::pin(async move {
                insert(tx, 2).await?;
                if first {
                    tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())")
                        .await?;
                }
                tx.append(draft(2))?;
                Ok(2)
            })
        })
    };
    let results = db
        .in_one_batch(vec![accepted(1), dies_once, accepted(3)])
        .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 2, 3]
    );
    assert_eq!(
        db.numbers("SELECT idx FROM log_entry ORDER BY idx").await,
        [0, 1, 2]
    );
}
