//! Idempotency keys (registry.md, invariant 9).

use super::*;

on_both!(
    a_repeated_request_gets_the_first_answer,
    the_same_key_with_another_body_is_a_conflict,
    a_repeated_request_inside_one_batch_runs_once,
    a_refusal_is_not_stored,
    keys_of_different_organisations_do_not_meet,
);

fn key(organisation: u128, key: &str, body: &str) -> IdempotencyKey {
    let organisation = OrganisationId::from_uuid(Uuid::from_u128(organisation));
    IdempotencyKey::of_body(organisation, key, body).unwrap()
}

async fn a_repeated_request_gets_the_first_answer(db: TestDb) {
    let write = |id| db.store.write(Some(key(1, "k", "body")), accepted(id));
    let first = write(1).await.unwrap();
    db.clock.advance(1_000_000);
    let second = write(2).await.unwrap();
    assert!(!first.replayed && second.replayed);
    assert_eq!((second.out, second.at), (1, first.at));
    assert_eq!(second.entries, first.entries);
    assert_eq!(db.numbers("SELECT id FROM scratch").await, [1]);
}

async fn the_same_key_with_another_body_is_a_conflict(db: TestDb) {
    let write = |body, id| db.store.write(Some(key(1, "k", body)), accepted(id));
    write("body", 1).await.unwrap();
    assert!(matches!(
        write("other", 2).await,
        Err(AppError::Conflict(_))
    ));
    assert_eq!(db.numbers("SELECT id FROM scratch").await, [1]);
}

async fn a_repeated_request_inside_one_batch_runs_once(db: TestDb) {
    let requests = [(1, "body"), (2, "body"), (3, "other"), (4, "body")];
    let results = db
        .in_one_batch_with_keys(requests.map(|(id, body)| (Some(key(1, "k", body)), accepted(id))))
        .await;
    assert_eq!(results[0].as_ref().unwrap().out, 1);
    for replay in [&results[1], &results[3]] {
        let written = replay.as_ref().unwrap();
        assert_eq!((written.out, written.replayed), (1, true));
        assert_eq!(written.entries, [0]);
    }
    assert!(matches!(results[2], Err(AppError::Conflict(_))));
    assert_eq!(db.numbers("SELECT id FROM scratch").await, [1]);
}

async fn a_refusal_is_not_stored(db: TestDb) {
    let key = || Some(key(1, "k", "body"));
    assert!(is_refusal(&db.store.write(key(), refused(1)).await));
    let retried = db.store.write(key(), accepted(1)).await.unwrap();
    assert!(!retried.replayed);
}

async fn keys_of_different_organisations_do_not_meet(db: TestDb) {
    for organisation in [1, 2] {
        let id = i64::try_from(organisation).unwrap();
        let written = db
            .store
            .write(Some(key(organisation, "k", "body")), accepted(id))
            .await
            .unwrap();
        assert!(!written.replayed);
    }
}

#[test]
fn a_key_is_bounded_text() {
    let organisation = OrganisationId::from_uuid(Uuid::nil());
    for wrong in ["", "a\nb", &"x".repeat(201)] {
        assert!(is_refusal(&IdempotencyKey::of_body(
            organisation,
            wrong,
            "body"
        )));
    }
}
