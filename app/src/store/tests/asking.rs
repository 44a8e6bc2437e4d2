//! What a claim of a group looks for among the KPIs of everybody.

use commonweal_domain::ids::{ContractId, KpiId};

use super::*;
use crate::store::contract::asking_for;

on_both!(
    a_group_finds_what_it_was_asked_for_among_more_kpis_of_others_than_there_can_be_parameters
);

/// More than a statement takes parameters: 32,766 on SQLite and 65,535 on PostgreSQL.
const OTHERS: u32 = 65_600;

/// The literal of an id.
fn literal(db: &TestDb, number: u128) -> String {
    let id = Uuid::from_u128(number);
    if db.is_postgres() {
        format!("'{id}'")
    } else {
        format!("x'{}'", id.simple())
    }
}

async fn fill(db: &TestDb) {
    let id = |number| literal(db, number);
    let bytes = if db.is_postgres() { "''::bytea" } else { "x''" };
    for organisation in [1, 2, 3] {
        let own = id(organisation);
        db.sql(&format!(
            "INSERT INTO organisation (id, legal_form, name, sector, group_id, place, entry_idx) \
             VALUES ({own}, 'legal_person', 'one', 'private', {own}, 'KR-11', 1)"
        ))
        .await;
    }
    db.sql(&format!(
        "INSERT INTO catalogue (id, code, version, title, body, entry_idx) \
         VALUES ({}, 'one', '1', 'one', {bytes}, 1)",
        id(9)
    ))
    .await;
    for (contract, supplier) in [(12, 2), (13, 3)] {
        db.sql(&format!(
            "INSERT INTO contract (id, buyer_id, supplier_id, surplus_tradable, signed_at, entry_idx) \
             VALUES ({}, {}, {}, false, 0, 1)",
            id(contract),
            id(1),
            id(supplier)
        ))
        .await;
    }
    let (numbers, series) = if db.is_postgres() {
        (
            format!("generate_series(1, {OTHERS}) AS n(i)"),
            "lpad(to_hex(1000 + i), 32, '0')::uuid",
        )
    } else {
        (
            format!(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {OTHERS}) SELECT i FROM n)"
            ),
            "CAST(printf('%016d', 1000 + i) AS BLOB)",
        )
    };
    let columns = "(id, contract_id, seq, catalogue_id, measure_code, units, scale, unit, from_day, to_day, place)";
    let rest = format!(
        "{}, 'JOB-1', 1, 0, 'job', '2026-01-01', '2027-01-01', 'KR-11'",
        id(9)
    );
    db.sql(&format!(
        "INSERT INTO kpi {columns} SELECT {series}, {}, i, {rest} FROM {numbers}",
        id(13)
    ))
    .await;
    db.sql(&format!(
        "INSERT INTO kpi {columns} VALUES ({}, {}, 0, {rest})",
        id(100),
        id(12)
    ))
    .await;
    db.sql("INSERT INTO kpi_asks (kpi_id, outcome, place) SELECT id, 'one/JOB-1', place FROM kpi")
        .await;
}

async fn a_group_finds_what_it_was_asked_for_among_more_kpis_of_others_than_there_can_be_parameters(
    db: TestDb,
) {
    fill(&db).await;
    let ours = OrganisationId::from_uuid(Uuid::from_u128(2));
    let place = "KR-11".parse().unwrap();
    let from = "2026-03-01".parse().unwrap();
    let found = asking_for(&db.beside, "one/JOB-1", &place, from, &[ours])
        .await
        .unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|(contract, supplier, kpi)| (*contract, *supplier, kpi.id))
        .collect();
    let contract = ContractId::from_uuid(Uuid::from_u128(12));
    let kpi = KpiId::from_uuid(Uuid::from_u128(100));
    assert_eq!(found, [(contract, ours, kpi)]);
}
