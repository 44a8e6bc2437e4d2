//! Sealed bids and their opening replayed: nothing is told early, nothing is lost, added or changed.

use super::fixtures::*;
use super::story::{PROPOSER, Story, actor, bidders};
use super::validity::Validity;
use super::{BidField, Disclosure, Stage};
use crate::actor::Role;
use crate::log::kinds::Body;
use crate::tender::entries::*;
use crate::tender::sealing::commit_reason;

fn clean() -> Story {
    Story::whole(full_plan(), &bidders())
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

fn opened_of(body: &mut Body) -> Option<&mut Box<BidOpened>> {
    match body {
        Body::BidOpened(body) => Some(body),
        _ => None,
    }
}

#[test]
fn sealed_entries_name_no_tender_supplier_or_person() {
    let story = clean();
    let secret = [
        tender().to_string(),
        org(1).to_string(),
        org(2).to_string(),
        org(3).to_string(),
    ];
    let kinds = [
        "bid.sealed",
        "bid.replaced",
        "bid.withdrawn",
        "bid.late",
        "mark.sealed",
    ];
    let mut seen = 0;
    for entry in &story.entries {
        if !kinds.contains(&entry.body.kind()) {
            continue;
        }
        seen += 1;
        let text = String::from_utf8(entry.canonical_bytes().unwrap()).unwrap();
        // The ids of suppliers 1 to 3 equal sealed ids of this story, so look at what is not the sealed id.
        let text = text.replace(&entry.subject, "");
        assert!(!text.contains(&secret[0]), "{text}");
        assert!(text.contains(r#""actors":[]"#), "{text}");
        if entry.body.kind() != "bid.replaced" {
            assert!(secret.iter().all(|id| !text.contains(id)), "{text}");
        }
    }
    assert_eq!(seen, 13);
}

#[test]
fn a_sealed_bid_that_the_opening_skips_is_found() {
    let all = bidders();
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&all);
    let sealed_at = story
        .entries
        .iter()
        .position(|entry| entry.body.kind() == "bid.sealed");
    // Supplier 1 is left out everywhere.
    let rest = &all[1..];
    story.open(rest);
    story.agree(rest);
    story.rank(rest);
    let (findings, _) = story.replay();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].kind, "bid.sealed");
    assert_eq!(Some(usize::try_from(findings[0].index).unwrap()), sealed_at);
}

#[test]
fn a_sealed_bid_is_no_finding_while_its_tender_may_still_open_it() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    assert_eq!(story.checks(), []);
}

#[test]
fn a_bid_that_is_opened_in_a_list_and_never_shown_is_found() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.entries.pop();
    let checks = story.checks();
    assert!(
        checks.contains(&("tender.opened".to_owned(), "opening")),
        "{checks:?}"
    );
}

#[test]
fn one_officer_alone_cannot_open() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    let index = usize::try_from(story.position("tender.opened")).unwrap();
    story.entries[index].actors.pop();
    assert_eq!(story.checks(), found("tender.opened", "people"));
}

#[test]
fn an_opening_before_its_time_is_found() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.plan.opens_at = story.plan.closes_at;
    story.open(&bidders());
    assert!(
        story
            .checks()
            .contains(&("tender.opened".to_owned(), "stage"))
    );
}

#[test]
fn a_changed_price_is_found_and_an_honest_mismatch_makes_the_bid_invalid() {
    let change = |body: &mut BidOpened| {
        let mut cheaper = bidders()[2].clone();
        cheaper.content.price = eur("1");
        let plan = full_plan();
        body.opening.fields = super::story::sealed_bid(&cheaper)
            .open(super::story::ciphertext(3), |name| {
                plan.disclosure.publishes(name)
            })
            .unwrap()
            .fields;
    };
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.tamper("bid.opened", opened_of, change);
    assert_eq!(story.checks(), found("bid.opened", "validity"));

    story.tamper("bid.opened", opened_of, |body| {
        body.validity = Validity::CommitmentMismatch;
    });
    assert_eq!(story.checks(), [], "visible, and no contradiction");
    let others = &bidders()[..2];
    story.seal_marks(others);
    story.agree(others);
    let (_, state) = story.replay();
    assert_eq!(state.tenders.stage(tender()), Some(Stage::ConsensusSigned));
    // The draw is over the salts of all opened bids, so the seed differs; no lot is drawn here.
    story.rank(others);
    assert_eq!(story.checks().len(), 0);
}

#[test]
fn a_valid_bid_that_is_called_invalid_is_found() {
    let mut story = clean();
    story.tamper("bid.opened", opened_of, |body| {
        body.validity = Validity::Content;
    });
    let checks = story.checks();
    assert_eq!(checks[0], ("bid.opened".to_owned(), "validity"));
}

#[test]
fn a_late_bid_that_is_slipped_in_is_found() {
    let mut story = clean();
    let late = story.plan.closes_at.plus_micros(1);
    story.tamper("bid.opened", opened_of, |body| body.received_at = late);
    let checks = story.checks();
    assert_eq!(checks[0], ("bid.opened".to_owned(), "received_at"));
}

#[test]
fn a_bid_opened_for_another_supplier_is_found() {
    let mut story = clean();
    story.tamper("bid.opened", opened_of, |body| body.supplier = org(4));
    assert_eq!(story.checks()[0], ("bid.opened".to_owned(), "validity"));
}

#[test]
fn a_field_shown_against_the_plan_is_found() {
    let mut plan = full_plan();
    plan.disclosure.price = Disclosure::Parties;
    let mut story = Story::new(plan);
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.tamper("bid.opened", opened_of, |body| {
        body.opening = super::story::sealed_bid(&bidders()[2])
            .open(super::story::ciphertext(3), |name| {
                name != BidField::Answers.as_str()
            })
            .unwrap();
    });
    assert_eq!(story.checks(), found("bid.opened", "disclosure"));
}

#[test]
fn a_cancelled_tender_accounts_for_its_sealed_bids() {
    let reason = commit_reason("no budget", crate::log::commitment::Salt([1; 32])).unwrap();
    let cancel = |void: &[u128]| {
        let mut story = Story::new(full_plan());
        story.publish();
        story.bid(&bidders());
        let cancelled = TenderCancelled {
            tender: tender(),
            reason,
            void: void.iter().map(|n| sealed(*n)).collect(),
        };
        story.add(vec![actor(Role::Officer, PROPOSER)], tender(), cancelled);
        story
    };
    assert_eq!(cancel(&[1, 2, 3, 33, 4]).checks(), []);
    assert_eq!(
        cancel(&[1, 2, 33, 4]).checks(),
        found("bid.sealed", "sealed")
    );
    let mut story = cancel(&[1, 2, 3, 33, 4]);
    story.open(&bidders());
    assert_eq!(story.checks()[0], ("tender.opened".to_owned(), "stage"));
}

#[test]
fn the_same_bid_id_twice_is_found() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.tamper("bid.opened", opened_of, |body| body.bid = bid(1));
    assert_eq!(story.checks(), found("bid.opened", "bid"));
}
