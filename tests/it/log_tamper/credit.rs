//! Attacks on credits.

use serde_json::json;

use super::operator::Operator;

#[test]
fn credits_issued_twice_for_one_claim() {
    let mut operator = Operator::new();
    let issued = operator.first("credits.issued");
    let mut again = operator.entries[issued].clone();
    again["subject"] = json!("019eb3fa-8400-7a37-8222-000000000001");
    again["body"]["batch"] = again["subject"].clone();
    let index = operator.append(again);
    let found = operator.expect_of_program(index, "issue");
    assert!(found.contains("one issue per claim"), "{found}");
}

#[test]
fn a_balance_forged_at_the_issue() {
    let mut operator = Operator::new();
    let first = operator.first("credits.issued");
    let issued = operator.next("credits.issued", first + 1);
    let available = &mut operator.body(issued)["available_units"];
    *available = json!(format!("{}0", available.as_str().unwrap()));
    operator.expect(issued, "issued units");
}

#[test]
fn units_transferred_that_nobody_has() {
    let mut operator = Operator::new();
    let transfer = operator.first("credits.transferred");
    operator.body(transfer)["units"] = json!("1000000");
    operator.expect(transfer, "transfer");
}

#[test]
fn units_retired_twice() {
    let mut operator = Operator::new();
    let retired = operator.first("credits.retired");
    let mut again = operator.entries[retired].clone();
    again["body"]["retirement"]["id"] = json!("01a11df5-a400-7c00-8000-00000000abcd");
    again["body"]["retirement"]["certificate"] = json!("CW-2026-8000-0000-0000-ABCD");
    let index = operator.append(again);
    operator.expect(index, "retirement");
}
