//! Attacks on tenders: marks, policies, bids, certificates and approvals.

use serde_json::{Value, json};

use super::operator::Operator;

#[test]
fn a_mark_edited_when_it_is_released() {
    let mut operator = Operator::new();
    let mark = operator.first("mark.released");
    let level = &mut operator.body(mark)["opening"]["fields"]["level"]["value"];
    *level = json!(level.as_u64().unwrap() - 1);
    operator.expect_of_program(mark, "commitment");
}

#[test]
fn a_mark_edited_in_the_consensus() {
    let mut operator = Operator::new();
    let consensus = operator.first("consensus.signed");
    let level = &mut operator.body(consensus)["bids"][0]["marks"][0]["level"];
    *level = json!(level.as_u64().unwrap() + 1);
    operator.expect(consensus, "panel");
}

#[test]
fn a_mark_edited_in_the_ranking() {
    let mut operator = Operator::new();
    let ranking = operator.first("ranking.computed");
    operator.body(ranking)["lots"][0]["result"]["scores"][0]["marks"][0] = json!("40.0000");
    let report = operator.expect(ranking, "marks");
    let words = (&report.findings[0].expected, &report.findings[0].found);
    assert!(words.0.ends_with(", marks, number 1: 17.5000"), "{words:?}");
    assert!(words.1.ends_with(", marks, number 1: 40.0000"), "{words:?}");
}

#[test]
fn a_policy_changed_after_the_fact() {
    let mut operator = Operator::new();
    let policy = operator.next("policy.published", operator.first("policy.published") + 1);
    let clause = &mut operator.body(policy)["policy"]["text"]["clauses"][0];
    let percent = &mut clause["rule"]["social_value_weight"]["bands"][0]["percent"];
    assert_eq!(*percent, "20");
    *percent = json!("30");
    let tender = operator.first("tender.published");
    operator.expect(tender, "policies");
}

#[test]
fn a_bid_replaced_after_the_opening() {
    let mut operator = Operator::new();
    let sealed = operator.first("bid.sealed");
    let id = "5f0c2a3e-6f1b-4c55-9d67-2f6c52f1a001";
    let mut replaced = operator.entries[sealed].clone();
    replaced["kind"] = json!("bid.replaced");
    replaced["body"]["replaced"] = replaced["body"]["sealed"].clone();
    replaced["body"]["sealed"] = json!(id);
    replaced["subject"] = json!(id);
    let index = operator.append(replaced);
    operator.expect(index, "sealed");
}

#[test]
fn a_bid_opened_with_another_price() {
    let mut operator = Operator::new();
    let bid = operator.first("bid.opened");
    operator.body(bid)["opening"]["fields"]["price"]["value"]["amount"] = json!("160000000");
    operator.expect(bid, "validity");
}

#[test]
fn a_sealed_bid_left_out_of_the_opening() {
    let mut operator = Operator::new();
    let opened = operator.first("tender.opened");
    operator.entries.truncate(operator.first("panel.assigned"));
    operator.expect_clean();
    let last = operator.entries.pop().unwrap();
    let left_out = last["body"]["sealed"].clone();
    let Value::Array(list) = &mut operator.body(opened)["opened"] else {
        panic!("a list");
    };
    list.retain(|id| *id != left_out);
    let sealed = operator
        .entries
        .iter()
        .position(|entry| entry["kind"] == "bid.sealed" && entry["body"]["sealed"] == left_out);
    operator.forget();
    let report = operator.expect(sealed.unwrap(), "sealed");
    assert_eq!(report.discrepancies, 1, "{report}");
}

#[test]
fn a_certificate_recorded_after_the_decision() {
    let mut operator = Operator::new();
    let winner = operator.first("award.decided");
    let winner = operator.body(winner)["lots"][0]["winner"]["supplier"].clone();
    let recorded = operator.entries.iter().position(|entry| {
        entry["kind"] == "certification.recorded"
            && entry["body"]["certification"]["organisation"] == winner
    });
    let certificate = operator.take(recorded.unwrap());
    operator.append(certificate);
    let ranking = operator.first("ranking.computed");
    operator.expect(ranking, "marks");
}

#[test]
fn an_award_approved_by_who_proposed_it() {
    let mut operator = Operator::new();
    let proposed = operator.first("award.proposed");
    let decided = operator.next("award.decided", proposed);
    let proposer = operator.entries[proposed]["actors"][0].clone();
    operator.entries[decided]["actors"] = json!([proposer, proposer]);
    operator.expect_of_program(decided, "people");
}
