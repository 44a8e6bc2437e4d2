//! The order of the log, the queue, and what callers may rely on.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::*;

on_both!(
    the_sequence_has_no_gaps_under_concurrent_writers,
    a_caller_that_goes_away_does_not_cancel_its_command,
    time_never_goes_back,
    a_reader_sees_what_was_acknowledged_and_cannot_write,
    a_full_queue_is_an_overload_and_nothing_is_lost,
    closing_finishes_what_is_queued,
    an_append_knows_its_index_inside_the_command,
);

async fn the_sequence_has_no_gaps_under_concurrent_writers(db: TestDb) {
    // On PostgreSQL a second process works on the same log.
    let mut stores = vec![db.store.clone()];
    if db.is_postgres() {
        stores.push(Store::open(&db.url, ids(&db.clock)).await.unwrap());
    }
    let mut tasks = Vec::new();
    for (number, store) in (0..300).zip(stores.iter().cycle()) {
        let store = store.clone();
        let refuse = number % 3 == 0;
        tasks.push(tokio::spawn(async move {
            let command = if refuse {
                refused(number)
            } else {
                accepted(number)
            };
            (refuse, store.write(None, command).await)
        }));
    }
    let mut indexes = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            (true, result) => assert!(is_refusal(&result), "{result:?}"),
            (false, result) => indexes.extend(result.unwrap().entries),
        }
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (0..200).collect::<Vec<_>>());
    let rows = db.numbers("SELECT idx FROM log_entry ORDER BY idx").await;
    assert_eq!(rows, (0..200).collect::<Vec<_>>());
    assert_eq!(db.numbers("SELECT size FROM log_head").await, [200]);
}

async fn a_caller_that_goes_away_does_not_cancel_its_command(db: TestDb) {
    let held = db.hold().await;
    let gone = tokio::time::timeout(Duration::from_millis(50), db.store.write(None, accepted(1)));
    assert!(gone.await.is_err(), "the writer is held");
    held.release();
    let next = db.store.write(None, accepted(2)).await.unwrap();
    assert_eq!(next.entries, [1], "the forgotten command came first");
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 2]
    );
}

async fn time_never_goes_back(db: TestDb) {
    let first = db.store.write(None, accepted(1)).await.unwrap();
    db.clock.advance(-60_000_000);
    let second = db.store.write(None, accepted(2)).await.unwrap();
    db.clock.advance(120_000_000);
    let third = db.store.write(None, accepted(3)).await.unwrap();
    assert_eq!((first.at, second.at), (EPOCH, EPOCH));
    assert_eq!(third.at, EPOCH.plus_micros(60_000_000));
    let stored = db.numbers("SELECT at FROM log_entry ORDER BY idx").await;
    assert_eq!(stored[2], third.at.micros());
}

async fn a_reader_sees_what_was_acknowledged_and_cannot_write(db: TestDb) {
    let before = db.store.read().statements();
    for number in 0..50 {
        db.store.write(None, accepted(number)).await.unwrap();
        let sql = "SELECT count(*) FROM scratch";
        let statement = Statement::from_string(db.store.read().get_database_backend(), sql);
        let row = db.store.read().query_one_raw(statement).await.unwrap();
        let count: i64 = row.unwrap().try_get_by_index(0).unwrap();
        assert_eq!(count, number + 1);
    }
    assert_eq!(db.store.read().statements(), before + 50);
    let write = "INSERT INTO scratch (id) VALUES (1000)";
    assert!(db.store.read().execute_unprepared(write).await.is_err());
}

async fn a_full_queue_is_an_overload_and_nothing_is_lost(db: TestDb) {
    let held = db.hold().await;
    let mut tasks = Vec::new();
    for number in 0..1_100 {
        let store = db.store.clone();
        tasks.push(tokio::spawn(async move {
            store.write(None, accepted(number)).await
        }));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    held.release();
    let (mut done, mut overloaded) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => done += 1,
            Err(AppError::Overloaded) => overloaded += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((done, overloaded), (1_024, 76));
    assert_eq!(db.numbers("SELECT count(*) FROM scratch").await, [1_024]);
}

async fn closing_finishes_what_is_queued(db: TestDb) {
    let held = db.hold().await;
    let mut tasks = Vec::new();
    for number in 0..100 {
        let store = db.store.clone();
        tasks.push(tokio::spawn(async move {
            store.write(None, accepted(number)).await
        }));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    held.release();
    db.store.close().await;
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    assert!(db.store.write(None, accepted(1_000)).await.is_err());
}

async fn an_append_knows_its_index_inside_the_command(db: TestDb) {
    let twice = || {
        act(|tx| {
            Box::pin(async move {
                let first = tx.append(draft(1))?;
                let second = tx.append(draft(2))?;
                assert_eq!(second, first + 1);
                assert_eq!(tx.log_size(), second + 1);
                Ok(i64::try_from(first).unwrap())
            })
        })
    };
    let results = db.in_one_batch(vec![twice(), refused(1), twice()]).await;
    for (result, first) in [(&results[0], 0), (&results[2], 2)] {
        let written = result.as_ref().unwrap();
        assert_eq!(written.out, first);
        let first = u64::try_from(first).unwrap();
        assert_eq!(written.entries, [first, first + 1]);
    }
}
