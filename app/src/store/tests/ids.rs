//! Domain ids as columns of an entity.

use commonweal_domain::ids::TenderId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ValueType;

use super::super::Db;
use super::{Act, TestDb, act, on_both};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scratch_tender")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Db<TenderId>,
    follows: Option<Db<TenderId>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

on_both!(an_id_is_written_found_and_read_back_as_16_bytes);

fn insert(id: TenderId, follows: Option<TenderId>) -> Act {
    act(move |tx| {
        Box::pin(async move {
            let row = ActiveModel {
                id: Set(Db(id)),
                follows: Set(follows.map(Db)),
            };
            Entity::insert(row).exec_without_returning(tx).await?;
            Ok(0)
        })
    })
}

async fn an_id_is_written_found_and_read_back_as_16_bytes(db: TestDb) {
    let (kind, length) = if db.is_postgres() {
        ("uuid", "pg_column_size(id)::bigint")
    } else {
        ("BLOB", "length(id)")
    };
    db.sql(&format!(
        "CREATE TABLE scratch_tender (id {kind} PRIMARY KEY, follows {kind})"
    ))
    .await;
    let (first, second) = (db.store.ids().new(), db.store.ids().new());
    db.store.write(None, insert(first, None)).await.unwrap();
    db.store
        .write(None, insert(second, Some(first)))
        .await
        .unwrap();
    let reader = db.store.read();
    let found = Entity::find_by_id(Db(second)).one(reader).await.unwrap();
    let expected = Model {
        id: Db(second),
        follows: Some(Db(first)),
    };
    assert_eq!(found, Some(expected));
    let without = Entity::find()
        .filter(Column::Follows.is_null())
        .all(reader)
        .await
        .unwrap();
    assert_eq!(without.len(), 1);
    let lengths = db
        .numbers(&format!("SELECT {length} FROM scratch_tender"))
        .await;
    assert_eq!(lengths, [16, 16]);
    assert_eq!(<Db<TenderId> as ValueType>::type_name(), "tender");
}
