//! The confirmed parts of the winning bid replayed as obligations of the contract.

use super::bid::BidContent;
use super::disclosure::Disclosure;
use super::fixtures::*;
use super::participation::Participation;
use super::plan::Plan;
use super::story::{APPROVER, Bidder, PROPOSER, Story, award};
use crate::contract::entries::ContractSigned;
use crate::log::kinds::Body;

fn by_price_and_seo() -> Plan {
    plan(vec![
        leaf("PRICE", "90", relative()),
        leaf("SEO", "10", seo("0.3")),
    ])
}

/// Supplier 1 names organisation 2 and organisation 3; only the first of them confirms.
fn offers() -> Vec<Bidder> {
    let content = BidContent {
        participations: vec![
            part(1, "1", None),
            part(2, "0.3", Some(1)),
            part(3, "0.2", Some(1)),
        ],
        answers: [].into(),
        declarations: [].into(),
        ..full_content(org(1), "100", "1.0")
    };
    vec![Bidder {
        n: 1,
        supplier: 1,
        judged: vec![],
        content,
        level: 0,
    }]
}

/// From the bid to the contract.
fn signed(plan: Plan) -> Story {
    let (offers, lots) = (offers(), vec![award("1", Some((1, 1)))]);
    let mut story = Story::new(plan);
    story.publish();
    story.confirm(61, confirmation(1, 2, "0.3", Some(1)));
    story.bid(&offers);
    story.open(&offers);
    story.rank(&offers);
    story.propose_lots(lots.clone());
    story.decide_lots(lots, &[PROPOSER, APPROVER]);
    story.send_letters(&offers);
    let ends_at = story.notify();
    story.wait_until(ends_at);
    story.contract();
    story
}

fn signed_of(body: &mut Body) -> Option<&mut Box<ContractSigned>> {
    match body {
        Body::ContractSigned(body) => Some(body),
        _ => None,
    }
}

fn obligations(story: &Story) -> Option<Vec<Participation>> {
    match &story.entries.last().unwrap().body {
        Body::ContractSigned(body) => body.contract.participations.clone(),
        _ => None,
    }
}

#[test]
fn the_confirmed_parts_of_the_winning_bid_become_obligations() {
    let story = signed(by_price_and_seo());
    assert_eq!(story.checks(), []);
    let bound = vec![part(1, "1", None), part(2, "0.3", Some(1))];
    assert_eq!(obligations(&story), Some(bound));
}

#[test]
fn a_contract_that_obliges_to_other_parts_is_found() {
    let with = |change: &dyn Fn(&mut Vec<Participation>)| {
        let mut story = signed(by_price_and_seo());
        let mut parts = obligations(&story).unwrap();
        change(&mut parts);
        story.tamper("contract.signed", signed_of, |body| {
            body.contract.participations = Some(parts);
        });
        story.checks()
    };
    let wrong = [("contract.signed".to_owned(), "contract")];
    assert_eq!(with(&|_| ()), []);
    assert_eq!(with(&|parts| parts[1] = part(2, "0.1", Some(1))), wrong);
    assert_eq!(
        with(&|parts| parts.truncate(parts.len().saturating_sub(1))),
        wrong
    );
    let unconfirmed = with(&|parts| parts.push(part(3, "0.2", Some(1))));
    assert_eq!(unconfirmed, wrong);
}

#[test]
fn withheld_participations_stay_out_of_the_contract_in_the_log() {
    let mut plan = by_price_and_seo();
    plan.disclosure.participations = Disclosure::Parties;
    let story = signed(plan);
    assert_eq!(story.checks(), []);
    assert_eq!(obligations(&story), None);
}
