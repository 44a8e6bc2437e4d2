//! Confirmations of participation replayed: sealed until the opening, each accounted for, and nothing else counts.

use super::bid::BidContent;
use super::confirmation::ConfirmationContent;
use super::disclosure::Disclosure;
use super::fixtures::*;
use super::lot::Lot;
use super::story::{Bidder, PROPOSER, Story, actor, bidders, ciphertext, salts};
use crate::actor::Role;
use crate::log::kinds::Body;
use crate::tender::entries::*;
use crate::tender::plan::Plan;
use crate::tender::sealing::commit_reason;

impl Story {
    /// An organisation confirms a share, as the sealed entry `n`.
    pub(crate) fn confirm(&mut self, n: u128, content: ConfirmationContent) {
        let commitment = content.seal(salts(n)).commit(ciphertext(n)).unwrap();
        let id = sealed(n);
        self.add(
            vec![],
            id,
            ConfirmationSealed {
                sealed: id,
                commitment,
            },
        );
        self.confirmations.push((n, content));
    }

    pub(crate) fn shown(&self, n: u128, content: &ConfirmationContent) -> ConfirmationOpened {
        let disclosure = &self.plan.disclosure;
        let opening = content
            .seal(salts(n))
            .open(ciphertext(n), |name| disclosure.publishes_confirmed(name));
        ConfirmationOpened {
            tender: tender(),
            sealed: sealed(n),
            received_at: at("2026-05-02T00:00:05Z"),
            opening: opening.unwrap(),
        }
    }
}

/// The sealed entry of the confirmation.
const SEALED: u128 = 61;

/// Supplier 1 names the certified organisation 2 with 0.3 of the work.
fn with_partner() -> Vec<Bidder> {
    let mut all = bidders();
    all[0].content.participations.push(part(2, "0.3", Some(1)));
    all
}

fn confirmed_share() -> ConfirmationContent {
    confirmation(1, 2, "0.3", Some(1))
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

/// Up to the sealed bids, organisation 2 having confirmed something.
fn sealed_with(plan: Plan, content: ConfirmationContent) -> Story {
    let mut story = Story::new(plan);
    story.publish();
    story.confirm(SEALED, content);
    story.bid(&with_partner());
    story
}

/// The same up to the ranking.
fn ranked_with(plan: Plan, content: ConfirmationContent) -> Story {
    let mut story = sealed_with(plan, content);
    story.open(&with_partner());
    story.agree(&with_partner());
    story.rank(&with_partner());
    story
}

/// The SEO mark of supplier 1, the third social one.
fn seo_mark(story: &Story) -> String {
    let at = usize::try_from(story.position("ranking.computed")).unwrap();
    let Body::RankingComputed(ranking) = &story.entries[at].body else {
        panic!("ranked");
    };
    ranking.lots[0].result.scores[0].marks[3]
        .unwrap()
        .to_string()
}

fn settled(replaced: &[u128], withdrawn: &[u128], void: &[u128]) -> ConfirmationsSettled {
    let ids = |list: &[u128]| list.iter().map(|n| sealed(*n)).collect();
    ConfirmationsSettled {
        tender: tender(),
        replaced: ids(replaced),
        withdrawn: ids(withdrawn),
        void: ids(void),
    }
}

fn shown_of(body: &mut Body) -> Option<&mut Box<ConfirmationOpened>> {
    match body {
        Body::ConfirmationOpened(body) => Some(body),
        _ => None,
    }
}

fn officer() -> Vec<crate::log::entry::EntryActor> {
    vec![actor(Role::Officer, PROPOSER)]
}

#[test]
fn a_confirmed_share_counts_and_another_share_does_not() {
    let story = ranked_with(full_plan(), confirmed_share());
    assert_eq!(story.checks(), []);
    assert_eq!(seo_mark(&story), "10.0000");
    let (_, state) = story.replay();
    let counts = state.tally.recomputed_counts();
    assert_eq!(counts.get("confirmation against its commitment"), Some(&1));
    for other in [
        confirmation(1, 2, "0.29", Some(1)),
        confirmation(1, 2, "0.3", None),
        confirmation(3, 2, "0.3", Some(1)),
    ] {
        let story = ranked_with(full_plan(), other);
        assert_eq!(story.checks(), []);
        assert_eq!(seo_mark(&story), "0.0000");
    }
}

#[test]
fn a_mark_that_counts_an_unconfirmed_share_is_found() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&with_partner());
    story.open(&with_partner());
    story.agree(&with_partner());
    let mut honest = story.clone();
    honest.rank(&with_partner());
    assert_eq!(honest.checks(), []);
    assert_eq!(seo_mark(&honest), "0.0000");
    // The service claims to know a confirmation that the log does not show.
    story.confirmations.push((SEALED, confirmed_share()));
    story.compute(&with_partner());
    assert_eq!(seo_mark(&story), "10.0000");
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

/// Lots A and B, each 90 price and 10 SEO.
fn two_lots() -> Plan {
    let mut plan = plan(vec![]);
    plan.lots = ["A", "B"]
        .map(|name| Lot {
            code: lot(name),
            ..only_lot(vec![
                leaf(&format!("PRICE-{name}"), "90", relative()),
                leaf(&format!("SEO-{name}"), "10", seo("0.3")),
            ])
        })
        .to_vec();
    plan
}

/// Supplier 1 bids for both lots and names organisation 2 with 0.3 of the work in each.
fn in_both_lots() -> Vec<Bidder> {
    [(1, "A"), (6, "B")]
        .map(|(n, name)| Bidder {
            n,
            supplier: 1,
            judged: vec![],
            content: BidContent {
                lot: lot(name),
                participations: vec![part(1, "1", None), part(2, "0.3", Some(1))],
                answers: [].into(),
                declarations: [].into(),
                ..full_content(org(1), "100", "1.0")
            },
            level: 0,
        })
        .to_vec()
}

fn confirmed_for(name: &str) -> ConfirmationContent {
    let mut content = confirmed_share();
    content.share.lot = lot(name);
    content
}

/// Organisation 2 confirmed for some lots, and both bids are open.
fn open_in_both_lots(confirmed: &[(u128, &str)]) -> Story {
    let mut story = Story::new(two_lots());
    story.publish();
    for (n, name) in confirmed {
        story.confirm(*n, confirmed_for(name));
    }
    story.bid(&in_both_lots());
    story.open(&in_both_lots());
    story
}

/// The SEO marks in lots A and B.
fn seo_marks(ranking: &RankingComputed) -> Vec<String> {
    let mark = |lot: &LotResult| lot.result.scores[0].marks[1].unwrap().to_string();
    ranking.lots.iter().map(mark).collect()
}

#[test]
fn a_confirmation_for_one_lot_counts_in_no_other() {
    for (confirmed, expected) in [
        (&[][..], ["0.0000", "0.0000"]),
        (&[(61, "A")], ["10.0000", "0.0000"]),
        (&[(61, "B")], ["0.0000", "10.0000"]),
        (&[(61, "A"), (62, "B")], ["10.0000", "10.0000"]),
    ] {
        let mut story = open_in_both_lots(confirmed);
        let ranking = story.rank(&in_both_lots());
        assert_eq!(seo_marks(&ranking), expected);
        assert_eq!(story.checks(), []);
    }
}

#[test]
fn a_confirmation_for_one_lot_that_is_counted_in_another_is_found() {
    let mut story = open_in_both_lots(&[(61, "A")]);
    story.confirmations.push((62, confirmed_for("B")));
    let ranking = story.rank(&in_both_lots());
    assert_eq!(seo_marks(&ranking), ["10.0000", "10.0000"]);
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

#[test]
fn a_shown_confirmation_for_no_lot_of_the_plan_or_a_second_one_for_a_lot_is_found() {
    let wrong = found("confirmation.opened", "confirmation");
    assert_eq!(open_in_both_lots(&[(61, "C")]).checks(), wrong);
    assert_eq!(open_in_both_lots(&[(61, "A"), (62, "A")]).checks(), wrong);
}

#[test]
fn a_sealed_confirmation_names_nobody_and_one_with_an_actor_is_found() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    assert_eq!(story.checks(), [], "its tender may still open it");
    let at = usize::try_from(story.position("confirmation.sealed")).unwrap();
    let text = String::from_utf8(story.entries[at].canonical_bytes().unwrap()).unwrap();
    for secret in [tender().to_string(), org(1).to_string(), org(2).to_string()] {
        assert!(!text.contains(&secret), "{text}");
    }
    assert!(!text.contains("mowing") && text.contains(r#""actors":[]"#));
    story.entries[at].actors = officer();
    assert_eq!(story.checks(), found("confirmation.sealed", "secrecy"));
}

#[test]
fn a_confirmation_that_the_opening_skips_is_found() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    story.confirmations.clear();
    story.open(&with_partner());
    assert_eq!(story.checks(), found("confirmation.sealed", "sealed"));
}

#[test]
fn a_confirmation_shown_after_a_bid_is_found() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    let shown = story.shown(SEALED, &story.confirmations[0].1.clone());
    story.confirmations.clear();
    story.open(&with_partner());
    story.add(officer(), tender(), shown);
    assert_eq!(story.checks(), found("confirmation.opened", "confirmation"));
}

#[test]
fn a_changed_moved_or_late_confirmation_is_found() {
    let with = |change: &dyn Fn(&mut ConfirmationOpened)| {
        let mut story = sealed_with(full_plan(), confirmed_share());
        story.open(&with_partner());
        story.tamper("confirmation.opened", shown_of, |body| change(body));
        story.checks()
    };
    assert_eq!(with(&|_| ()), []);
    let larger = with(&|body| {
        let mut other = confirmed_share();
        other.share.share = "0.9".parse().unwrap();
        body.opening = Story::new(full_plan()).shown(SEALED, &other).opening;
    });
    assert_eq!(larger, found("confirmation.opened", "commitment"));
    let moved = with(&|body| {
        let mut other = confirmed_share();
        other.share.lot = lot("2");
        body.opening = Story::new(full_plan()).shown(SEALED, &other).opening;
    });
    assert_eq!(moved, found("confirmation.opened", "commitment"));
    let late = with(&|body| body.received_at = full_plan().closes_at.plus_micros(1));
    assert_eq!(late, found("confirmation.opened", "received_at"));
}

#[test]
fn a_replaced_or_withdrawn_confirmation_is_settled_by_its_fate() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    let earlier = confirmation(1, 2, "0.2", Some(1));
    // 62 was replaced by 63, which was taken back.
    story.confirm(62, earlier.clone());
    let commitment = earlier
        .seal(|| crate::log::commitment::Salt([1; 32]))
        .commit(ciphertext(63))
        .unwrap();
    let replaced = ConfirmationReplaced {
        replaced: sealed(62),
        sealed: sealed(63),
        commitment,
    };
    story.add(vec![], sealed(63), replaced);
    let withdrawn = ConfirmationWithdrawn {
        sealed: sealed(63),
        received_at: at("2026-05-02T00:00:09Z"),
    };
    story.add(vec![], sealed(63), withdrawn);
    story.confirmations.pop();
    story.open(&with_partner());
    let opened = usize::try_from(story.position("tender.opened")).unwrap();
    let with = |replaced: &[u128], withdrawn: &[u128], void: &[u128]| {
        let mut story = story.clone();
        story.add(officer(), tender(), settled(replaced, withdrawn, void));
        let mut last = story.entries.pop().unwrap();
        last.at = story.entries[opened].at;
        story.entries.insert(opened + 1, last);
        story.checks()
    };
    assert_eq!(with(&[62], &[63], &[]), []);
    let wrong = ("confirmations.settled".to_owned(), "sealed");
    assert_eq!(with(&[63], &[62], &[])[0], wrong);
    assert_eq!(with(&[62], &[], &[63])[0], wrong);
    assert_eq!(with(&[62, 62], &[63], &[])[0], wrong);
    assert_eq!(
        with(&[62], &[], &[]),
        found("confirmation.sealed", "sealed")
    );
    let another_kind = with(&[62], &[63], &[1]);
    assert_eq!(another_kind[0], wrong, "a bid is no confirmation");
}

#[test]
fn a_confirmation_without_a_bid_stays_closed() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    story.confirmations.clear();
    story.wait_until(story.plan.opens_at);
    let rest: Vec<Bidder> = with_partner()
        .into_iter()
        .filter(|one| one.n != 1)
        .collect();
    story.open(&rest);
    let opened = usize::try_from(story.position("tender.opened")).unwrap();
    story.add(officer(), tender(), settled(&[], &[], &[SEALED]));
    let mut last = story.entries.pop().unwrap();
    last.at = story.entries[opened].at;
    story.entries.insert(opened + 1, last);
    let (findings, state) = story.replay();
    let kinds: Vec<&str> = findings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["bid.sealed"],
        "only the bid that this test left out"
    );
    let counts = state.tally.attested_counts();
    assert_eq!(counts.get("confirmation that stays closed"), Some(&1));
}

#[test]
fn withheld_participations_leave_confirmations_attested() {
    let mut plan = full_plan();
    plan.disclosure.participations = Disclosure::Parties;
    let story = ranked_with(plan, confirmed_share());
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    let counts = state.tally.attested_counts();
    assert_eq!(counts.get("confirmation of a withheld share"), Some(&1));
    let at = usize::try_from(story.position("confirmation.opened")).unwrap();
    let text = String::from_utf8(story.entries[at].canonical_bytes().unwrap()).unwrap();
    assert!(!text.contains(&org(1).to_string()) && !text.contains("0.3"));
}

#[test]
fn a_cancelled_tender_settles_its_confirmations() {
    let mut story = sealed_with(full_plan(), confirmed_share());
    let reason = commit_reason("no budget", crate::log::commitment::Salt([1; 32])).unwrap();
    let cancelled = TenderCancelled {
        tender: tender(),
        reason,
        void: [1, 2, 3, 33, 4].map(sealed).to_vec(),
    };
    story.add(officer(), tender(), cancelled);
    assert_eq!(story.checks(), found("confirmation.sealed", "sealed"));
    story.add(officer(), tender(), settled(&[], &[], &[SEALED]));
    assert_eq!(story.checks(), []);
}
