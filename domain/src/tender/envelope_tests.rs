//! Two envelopes replayed: clean, and tampered with in every way that a stranger must find.

use super::fixtures::*;
use super::plan::{Envelopes, Plan};
use super::story::{APPROVER, Bidder, PROPOSER, Story, actor, bidders, ciphertext, sealed_bid};
use super::{Disclosure, Stage};
use crate::actor::Role;
use crate::log::commitment::{FieldOpening, PublishedField, Salt};
use crate::log::kinds::Body;
use crate::tender::entries::*;

fn two_envelopes() -> Plan {
    Plan {
        envelopes: Envelopes::Two,
        ..full_plan()
    }
}

/// Up to the consensus.
fn agreed(plan: Plan, bidders: &[Bidder]) -> Story {
    let mut story = Story::new(plan);
    story.publish();
    story.bid(bidders);
    story.open(bidders);
    story.seal_marks(bidders);
    story.agree(bidders);
    story
}

fn whole(plan: Plan) -> Story {
    let mut story = agreed(plan, &bidders());
    story.open_prices(&bidders(), &[]);
    story.rank(&bidders());
    story.propose(bid(2));
    story.release_marks(&bidders());
    story.decide(bid(2), &[PROPOSER, APPROVER]);
    story
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

/// The findings but those of marks that are not released yet.
fn checks(story: &Story) -> Vec<(String, &'static str)> {
    let found = story.checks();
    found
        .into_iter()
        .filter(|(kind, _)| kind != "mark.sealed")
        .collect()
}

fn price_of(body: &mut Body) -> Option<&mut Box<BidPriceOpened>> {
    match body {
        Body::BidPriceOpened(body) => Some(body),
        _ => None,
    }
}

#[test]
fn two_envelopes_replay_clean_to_the_same_award_as_one() {
    let (findings, state) = whole(two_envelopes()).replay();
    assert_eq!(findings, []);
    let award = state.tenders.award(tender(), &lot("1")).unwrap();
    assert_eq!((award.bid, award.price), (bid(2), Some(eur("130000"))));
    let counts = state.tally.recomputed_counts();
    assert_eq!(counts.get("prices against their commitment"), Some(&3));
    assert_eq!(counts.get("ranking"), Some(&1));
}

#[test]
fn no_entry_before_the_second_opening_says_a_price() {
    let story = whole(two_envelopes());
    let second = usize::try_from(story.position("prices.opened")).unwrap();
    let says = |entry: &crate::log::entry::Entry| {
        let text = String::from_utf8(entry.canonical_bytes().unwrap()).unwrap();
        ["120000.00", "130000.00", "110000.00"]
            .iter()
            .any(|price| text.contains(price))
    };
    assert!(!story.entries[..second].iter().any(says));
    assert!(story.entries[second..].iter().any(says));
}

#[test]
fn a_price_shown_at_the_first_opening_is_found() {
    let mut story = Story::new(two_envelopes());
    story.publish();
    let bidders = bidders();
    story.bid(&bidders);
    story.plan.envelopes = Envelopes::One;
    story.open(&bidders);
    assert_eq!(story.checks()[0], ("bid.opened".to_owned(), "disclosure"));
}

#[test]
fn another_price_than_the_sealed_one_is_found() {
    let mut story = agreed(two_envelopes(), &bidders());
    story.open_prices(&bidders(), &[]);
    story.tamper("bid.price_opened", price_of, |body| {
        body.envelope.price = PublishedField::Published(FieldOpening {
            value: serde_json::json!(eur("1")),
            salt: Salt([1; 32]),
        });
    });
    assert_eq!(checks(&story), found("bid.price_opened", "commitment"));
}

#[test]
fn a_price_hidden_against_the_plan_and_one_shown_against_it_are_found() {
    let mut story = agreed(two_envelopes(), &bidders());
    story.open_prices(&bidders(), &[]);
    let hidden = sealed_bid(&bidders()[2])
        .open(ciphertext(3), |_| false)
        .unwrap();
    story.tamper("bid.price_opened", price_of, |body| {
        body.envelope.price = hidden.fields["price"].clone();
    });
    assert_eq!(checks(&story), found("bid.price_opened", "disclosure"));
    let mut plan = two_envelopes();
    plan.disclosure.price = Disclosure::Parties;
    let mut story = agreed(plan, &bidders());
    story.open_prices(&bidders(), &[]);
    assert_eq!(checks(&story), []);
    let shown = sealed_bid(&bidders()[2])
        .open(ciphertext(3), |_| true)
        .unwrap();
    story.tamper("bid.price_opened", price_of, |body| {
        body.envelope.price = shown.fields["price"].clone();
    });
    assert_eq!(checks(&story), found("bid.price_opened", "disclosure"));
}

#[test]
fn prices_opened_by_one_person_or_before_the_consensus_are_found() {
    let mut story = agreed(two_envelopes(), &bidders());
    story.open_prices(&bidders(), &[]);
    let index = usize::try_from(story.position("prices.opened")).unwrap();
    story.entries[index].actors = vec![actor(Role::Officer, PROPOSER)];
    assert_eq!(checks(&story), found("prices.opened", "people"));
    let mut story = Story::new(two_envelopes());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.open_prices(&bidders(), &[]);
    assert_eq!(checks(&story)[0], ("prices.opened".to_owned(), "stage"));
    let mut story = agreed(full_plan(), &bidders());
    story.open_prices(&bidders(), &[]);
    assert_eq!(
        checks(&story)[0],
        ("prices.opened".to_owned(), "stage"),
        "one envelope"
    );
}

#[test]
fn a_ranking_before_the_prices_or_with_a_price_missing_is_found() {
    let mut story = agreed(two_envelopes(), &bidders());
    story.compute(&bidders());
    assert_eq!(checks(&story), found("ranking.computed", "stage"));
    let mut story = agreed(two_envelopes(), &bidders());
    story.open_prices(&bidders(), &[]);
    story.entries.pop();
    assert_eq!(checks(&story), found("prices.opened", "prices"));
    story.compute(&bidders());
    assert_eq!(checks(&story)[0], ("ranking.computed".to_owned(), "prices"));
}

#[test]
fn a_bid_excluded_on_quality_keeps_its_envelope_closed_and_no_other_does() {
    let mut poor = bidders();
    poor[2].level = 0;
    let (open, shut) = poor.split_at(2);
    let mut story = agreed(two_envelopes(), &poor);
    story.open_prices(open, &[3]);
    story.rank(&poor);
    let checks_now = checks(&story);
    assert_eq!(checks_now, [], "the level is below the minimum");
    for (opened, closed) in [
        (&poor[..], &[][..]),
        (&open[..1], &[2, 3]),
        (open, &[]),
        (open, &[2, 3]),
    ] {
        let mut story = agreed(two_envelopes(), &poor);
        story.open_prices(opened, closed);
        assert_eq!(
            checks(&story)[0],
            ("prices.opened".to_owned(), "prices"),
            "{closed:?}"
        );
    }
    assert_eq!(shut.len(), 1);
}

#[test]
fn a_bid_excluded_after_the_second_opening_leaves_the_prices_open() {
    let mut story = agreed(two_envelopes(), &bidders());
    story.open_prices(&bidders(), &[]);
    story.rank(&bidders());
    let excluded = BidExcluded {
        tender: tender(),
        bid: bid(2),
        ground: ExclusionGround::NonCompliant,
        reason: crate::log::hash::sha256(b"reason"),
    };
    story.add(vec![actor(Role::Officer, PROPOSER)], bid(2), excluded);
    let (_, state) = story.replay();
    assert_eq!(state.tenders.stage(tender()), Some(Stage::PricesOpened));
    let rest: Vec<Bidder> = bidders()
        .into_iter()
        .filter(|bidder| bidder.n != 2)
        .collect();
    story.rank(&rest);
    assert_eq!(checks(&story), []);
}
