//! Attacks on the order of the log, its head and its tiles.

use std::fs;

use commonweal_domain::log::note::NoteSigner;
use commonweal_verify::Verdict;
use serde_json::json;

use super::operator::{Operator, write};

/// Microseconds.
const DAY: i64 = 86_400_000_000;

#[test]
fn the_log_is_clean_before_anybody_touches_it() {
    Operator::new().expect_clean();
}

#[test]
fn two_entries_swapped() {
    let mut operator = Operator::new();
    let proposed = operator.first("award.proposed");
    let decided = operator.next("award.decided", proposed);
    operator.entries.swap(proposed, decided);
    operator.expect(proposed, "stage");
}

#[test]
fn an_entry_dropped() {
    let mut operator = Operator::new();
    let bid = operator.first("bid.sealed");
    operator.entries.remove(bid);
    let opened = operator.first("tender.opened");
    operator.expect(opened, "sealed");
}

#[test]
fn a_fork_at_a_size_that_was_seen() {
    let mut operator = Operator::new();
    operator.expect_clean();
    let size = operator.entries.len();
    let again = operator.entries[operator.first("organisation.registered")].clone();
    operator.body(3)["name"] = json!({ "clear": "Another City Council" });
    operator.append(again);
    operator.publish();
    let report = operator.watched();
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    assert!(!report.state_kept, "the first head is remembered");
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.check == "consistency")
        .unwrap();
    assert!(finding.expected.contains(&size.to_string()), "{report}");
    let fork = report.fork.unwrap();
    assert!(fork.kept.contains(&format!("\n{size}\n")));
    assert!(fork.shown.contains(&format!("\n{}\n", size + 1)));
}

#[test]
fn an_entry_back_dated() {
    let mut operator = Operator::new();
    let notice = operator.first("award.notified");
    let at = operator.entries[notice]["at"].as_i64().unwrap();
    operator.entries[notice]["at"] = json!(at - 2 * DAY);
    operator.expect_of_program(notice, "time");
}

#[test]
fn a_contract_dated_into_its_standstill() {
    let mut operator = Operator::new();
    let contract = operator.first("contract.signed");
    let notified = operator.entries[operator.first("award.notified")]["at"].clone();
    operator.entries[contract]["at"] = json!(notified.as_i64().unwrap() + DAY);
    let report = operator.expect(contract, "stage");
    assert!(report.findings[0].found.contains("the standstill ends"));
}

#[test]
fn the_log_signed_with_another_key() {
    let mut operator = Operator::new();
    operator.expect_clean();
    let name = operator.signer.verifier_key().name().clone();
    operator.signer = NoteSigner::from_seed(name, &[9; 32]);
    operator.publish();
    let report = operator.watched();
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    assert_eq!(report.findings[0].check, "signature");
    assert!(!report.state_kept);
}

#[test]
fn a_tile_altered() {
    let operator = Operator::new();
    operator.publish();
    let tile = operator.log().join("tile/0/000");
    let mut hashes = fs::read(&tile).unwrap();
    hashes[32 * 120] ^= 1;
    write(&tile, &hashes);
    let report = operator.watched();
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    let finding = &report.findings[0];
    assert_eq!((finding.index, finding.check.as_str()), (Some(120), "leaf"));
    assert_ne!(finding.expected, finding.found);
}
