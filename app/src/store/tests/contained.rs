//! What one command does wrong stays with it.

use sea_orm::ConnectionTrait;

use super::*;

on_both!(
    a_refused_command_leaves_nothing_among_accepted_ones,
    a_panic_fails_its_own_command_only,
    a_swallowed_constraint_error_cannot_commit,
    a_swallowed_broken_statement_discards_the_batch_and_only_the_guilty_fails,
    a_constraint_that_breaks_at_the_commit_fails_only_the_guilty,
    a_private_command_leaves_no_trace_in_the_log,
);

async fn a_refused_command_leaves_nothing_among_accepted_ones(db: TestDb) {
    let results = db
        .in_one_batch(vec![accepted(1), refused(2), refused(3), accepted(4)])
        .await;
    assert_eq!(results[0].as_ref().unwrap().entries, [0]);
    assert!(is_refusal(&results[1]) && is_refusal(&results[2]));
    assert_eq!(results[3].as_ref().unwrap().entries, [1]);
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 4]
    );
    assert_eq!(
        db.numbers("SELECT idx FROM log_entry ORDER BY idx").await,
        [0, 1]
    );
    // It was one commit.
    let commits = db
        .rows("SELECT DISTINCT commit_id FROM log_entry")
        .await
        .len();
    assert_eq!(commits, 1);
}

async fn a_panic_fails_its_own_command_only(db: TestDb) {
    let panics = act(|tx| {
        Box::pin(async move {
            insert(tx, 2).await?;
            tx.append(draft(2))?;
            panic!("a bug in the command")
        })
    });
    let results = db
        .in_one_batch(vec![accepted(1), panics, accepted(3)])
        .await;
    assert!(results[0].is_ok() && results[2].is_ok());
    let error = results[1].as_ref().unwrap_err().to_string();
    assert!(error.contains("a bug in the command"), "{error}");
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 3]
    );
    assert_eq!(db.numbers("SELECT size FROM log_head").await, [2]);
}

async fn a_swallowed_constraint_error_cannot_commit(db: TestDb) {
    let swallows = act(|tx| {
        Box::pin(async move {
            insert(tx, 2).await?;
            // The row is there already: the error is ignored, the command says that all is well.
            let _ = insert(tx, 1).await;
            Ok(2)
        })
    });
    let results = db
        .in_one_batch(vec![accepted(1), swallows, accepted(3)])
        .await;
    assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
    assert!(matches!(results[1], Err(AppError::Internal(_))));
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 3]
    );
}

async fn a_swallowed_broken_statement_discards_the_batch_and_only_the_guilty_fails(db: TestDb) {
    let swallows = act(|tx| {
        Box::pin(async move {
            insert(tx, 2).await?;
            let _ = tx.execute_unprepared("this is no SQL").await;
            Ok(2)
        })
    });
    let results = db
        .in_one_batch(vec![accepted(1), swallows, refused(3), accepted(4)])
        .await;
    assert!(results[0].is_ok() && results[3].is_ok(), "{results:?}");
    assert!(matches!(results[1], Err(AppError::Internal(_))));
    assert!(is_refusal(&results[2]));
    assert_eq!(
        db.numbers("SELECT id FROM scratch ORDER BY id").await,
        [1, 4]
    );
    assert_eq!(
        db.numbers("SELECT idx FROM log_entry ORDER BY idx").await,
        [0, 1]
    );
    // The writer goes on.
    assert!(db.store.write(None, accepted(5)).await.is_ok());
}

async fn a_constraint_that_breaks_at_the_commit_fails_only_the_guilty(db: TestDb) {
    db.sql("CREATE TABLE child (id bigint REFERENCES scratch (id) DEFERRABLE INITIALLY DEFERRED)")
        .await;
    let orphan = act(|tx| {
        Box::pin(async move {
            tx.execute_unprepared("INSERT INTO child (id) VALUES (99)")
                .await?;
            tx.append(draft(99))?;
            Ok(99)
        })
    });
    let results = db
        .in_one_batch(vec![accepted(1), orphan, accepted(3)])
        .await;
    assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
    assert!(matches!(results[1], Err(AppError::Internal(_))));
    assert_eq!(db.numbers("SELECT id FROM child").await, Vec::<i64>::new());
    assert_eq!(
        db.numbers("SELECT idx FROM log_entry ORDER BY idx").await,
        [0, 1]
    );
}

async fn a_private_command_leaves_no_trace_in_the_log(db: TestDb) {
    let note = |id, refuse| db.store.write_private(Note { id, refuse });
    assert_eq!(note(1, false).await.unwrap(), EPOCH);
    assert!(is_refusal(&note(2, true).await));
    assert!(note(1, false).await.is_err(), "the row is there already");
    assert_eq!(db.numbers("SELECT id FROM scratch").await, [1]);
    assert_eq!(db.numbers("SELECT size FROM log_head").await, [0]);
}
