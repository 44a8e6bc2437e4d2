//! A whole tender replayed: clean, and tampered with in every way that a stranger must find.

use super::fixtures::*;
use super::plan::Plan;
use super::story::{APPROVER, Bidder, CHAIR, PROPOSER, Story, actor, bidders, only};
use super::{Disclosure, Stage};
use crate::actor::Role;
use crate::log::kinds::Body;
use crate::scoring::ranking::Ranking;
use crate::tender::entries::*;
use crate::tender::sealing::commit_reason;

fn clean() -> Story {
    Story::whole(full_plan(), &bidders())
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

fn ranking_of(body: &mut Body) -> Option<&mut Box<RankingComputed>> {
    match body {
        Body::RankingComputed(body) => Some(body),
        _ => None,
    }
}

#[test]
fn a_whole_tender_replays_clean_to_its_award() {
    let story = clean();
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    let award = state.tenders.award(tender(), &lot("1")).unwrap();
    assert_eq!(
        (award.bid, award.supplier, award.buyer),
        (bid(2), org(2), org(100))
    );
    assert_eq!(award.price, Some(eur("130000")));
    assert_eq!(award.commitments, bidders()[1].content.commitments);
    assert_eq!(award.decided_by, [person(PROPOSER), person(APPROVER)]);
    assert!(award.surplus_tradable);
    assert_eq!(award.index, story.position("award.decided"));
    assert_eq!(state.tenders.stage(tender()), Some(Stage::Awarded));
    let recomputed = state.tally.recomputed_counts();
    let count = |sort| recomputed.get(sort).copied().unwrap_or_default();
    assert_eq!(count("bid against its commitment"), 3);
    assert_eq!(count("mark"), 15);
    assert_eq!(count("mark against its commitment"), 6);
    assert_eq!((count("ranking"), count("award")), (1, 1));
    assert_eq!(
        state.tally.attested_counts().get("judgement of the panel"),
        Some(&3)
    );
}

#[test]
fn an_edited_mark_is_found() {
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        body.lots[0].result.scores[0].marks[0] = Some("40.0000".parse().unwrap());
    });
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

#[test]
fn an_edited_explanation_is_found() {
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        body.lots[0].result.scorecards = crate::log::hash::sha256(b"another story");
    });
    assert_eq!(story.checks(), found("ranking.computed", "scorecards"));
}

#[test]
fn exchanged_places_and_the_award_that_follows_them_are_found() {
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        let Ranking::Ranked(places) = &mut body.lots[0].result.ranking else {
            panic!("ranked");
        };
        let first = places[0].bid;
        places[0].bid = places[1].bid;
        places[1].bid = first;
    });
    assert_eq!(story.checks(), found("ranking.computed", "ranking"));
    let mut story = clean();
    for entry in &mut story.entries {
        match &mut entry.body {
            Body::AwardProposed(body) => body.lots = only(bid(1)),
            Body::AwardDecided(body) => body.lots = only(bid(1)),
            _ => {}
        }
    }
    let winner = |kind: &str| (kind.to_owned(), "winner");
    assert_eq!(
        story.checks(),
        [winner("award.proposed"), winner("award.decided")]
    );
}

#[test]
fn one_person_who_approves_the_own_proposal_is_found() {
    for officers in [&[PROPOSER][..], &[PROPOSER, PROPOSER], &[APPROVER]] {
        let mut story = clean();
        story.entries.pop();
        story.decide(bid(2), officers);
        assert_eq!(
            story.checks(),
            found("award.decided", "people"),
            "{officers:?}"
        );
    }
}

#[test]
fn an_officer_with_a_role_at_a_bidder_is_found_where_bids_are_shown_and_where_one_is_awarded() {
    let officer_bids_too = |story: &mut Story| {
        let both = crate::organisation::entries::RoleGranted {
            person: person(APPROVER),
            organisation: org(2),
            role: Role::Supplier,
        };
        story.add(vec![actor(Role::Operator, 999)], "role", both);
    };
    let mut opened = Story::new(full_plan());
    opened.publish();
    officer_bids_too(&mut opened);
    opened.bid(&bidders());
    opened.open(&bidders());
    assert_eq!(opened.checks(), found("bid.opened", "independence"));
    let mut awarded = clean();
    awarded.entries.pop();
    officer_bids_too(&mut awarded);
    awarded.decide(bid(2), &[PROPOSER, APPROVER]);
    assert_eq!(awarded.checks(), found("award.decided", "independence"));
}

#[test]
fn two_who_approve_without_the_proposer_are_found() {
    let mut story = clean();
    let operator = vec![actor(Role::Operator, 999)];
    let third = crate::organisation::entries::RoleGranted {
        person: person(600),
        organisation: org(100),
        role: Role::Officer,
    };
    story.entries.pop();
    story.add(operator, person(600), third);
    story.decide(bid(2), &[APPROVER, 600]);
    assert_eq!(story.checks(), found("award.decided", "people"));
}

#[test]
fn withheld_prices_leave_the_ranking_attested_and_the_rest_recomputed() {
    let mut plan = full_plan();
    plan.disclosure.price = Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    };
    let story = Story::whole(plan.clone(), &bidders());
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tally.attested_counts().get("ranking"), Some(&1));
    assert_eq!(state.tally.attested_counts().get("mark"), Some(&3));
    assert_eq!(state.tally.recomputed_counts().get("mark"), Some(&12));
    assert_eq!(
        state.tenders.award(tender(), &lot("1")).unwrap().price,
        None
    );
    for entry in &story.entries {
        let text = String::from_utf8(entry.canonical_bytes().unwrap()).unwrap();
        assert!(!text.contains("130000.00"), "{text}");
    }
    let mut edited = Story::whole(plan, &bidders());
    edited.tamper("ranking.computed", ranking_of, |body| {
        body.lots[0].result.scores[0].marks[1] = Some("30.0000".parse().unwrap());
    });
    assert_eq!(edited.checks(), found("ranking.computed", "marks"));
}

/// Up to the consensus, with supplier 1 certified afterwards.
fn certified_late() -> Story {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    story.certify(9, 1, "2020-01-01", None);
    story
}

#[test]
fn a_certificate_recorded_after_the_opening_changes_no_ranking() {
    let rank = |certified: &[u128]| {
        let mut story = certified_late();
        let ranking = story.result(&bidders(), certified);
        let officer = vec![actor(Role::Officer, PROPOSER)];
        story.add_upto(officer, tender(), Some(story.next()), ranking);
        story.checks()
    };
    assert_eq!(rank(&[2]), []);
    assert_eq!(rank(&[1, 2]), found("ranking.computed", "marks"));
}

#[test]
fn a_certificate_that_is_moved_behind_the_opening_is_found() {
    let mut story = Story::new(full_plan());
    story.certify(9, 1, "2020-01-01", None);
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    let ranking = story.result(&bidders(), &[1, 2]);
    let officer = vec![actor(Role::Officer, PROPOSER)];
    story.add_upto(officer, tender(), Some(story.next()), ranking);
    assert_eq!(story.checks(), []);
    let opened = usize::try_from(story.position("tender.opened")).unwrap();
    let certified = usize::try_from(story.position("certification.recorded")).unwrap();
    story.entries[certified..=opened].rotate_left(1);
    story.entries[opened].at = story.entries[opened - 1].at;
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

#[test]
fn a_revocation_recorded_after_the_opening_changes_no_ranking() {
    let mut story = certified_late();
    story.revoke(1, "2026-01-01");
    story.rank(&bidders());
    assert_eq!(
        story.checks(),
        [],
        "excluding the bid is a decision of its own"
    );
    let mut story = Story::new(full_plan());
    story.revoke(1, "2026-01-01");
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    story.compute(&bidders());
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

#[test]
fn a_certification_that_lapsed_on_the_closing_day_does_not_count() {
    // Organisation 3 was certified until the day before the closing day.
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    let ranking = story.result(&bidders(), &[2, 3]);
    story.add_upto(
        vec![actor(Role::Officer, PROPOSER)],
        tender(),
        Some(story.next()),
        ranking,
    );
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}

#[test]
fn a_ranking_based_on_less_than_the_consensus_is_found() {
    let story = certified_late();
    let ranking = story.result(&bidders(), &[2]);
    let before = story.position("consensus.signed");
    for upto in [None, Some(before)] {
        let mut story = story.clone();
        story.add_upto(
            vec![actor(Role::Officer, PROPOSER)],
            tender(),
            upto,
            ranking.clone(),
        );
        assert!(
            story
                .checks()
                .contains(&("ranking.computed".to_owned(), "inputs_upto"))
        );
    }
}

#[test]
fn a_withheld_ranking_admits_no_award() {
    let mut zero = bidders();
    zero[2].content.price = eur("0");
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&zero);
    story.open(&zero);
    story.agree(&zero);
    let ranking = story.rank(&zero);
    assert!(matches!(
        ranking.lots[0].result.ranking,
        Ranking::Withheld(_)
    ));
    assert_eq!(story.checks(), []);
    story.propose(bid(2));
    assert_eq!(story.checks(), found("award.proposed", "winner"));
}

#[test]
fn an_excluded_bid_makes_the_ranking_be_computed_again() {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    story.rank(&bidders());
    let excluded = BidExcluded {
        tender: tender(),
        bid: bid(2),
        ground: ExclusionGround::NonCompliant,
        reason: commit_reason("no insurance", crate::log::commitment::Salt([1; 32])).unwrap(),
    };
    story.add(vec![actor(Role::Officer, PROPOSER)], bid(2), excluded);
    let mut hasty = story.clone();
    hasty.propose(bid(2));
    assert_eq!(hasty.checks()[0], ("award.proposed".to_owned(), "stage"));
    let rest: Vec<Bidder> = bidders()
        .into_iter()
        .filter(|bidder| bidder.n != 2)
        .collect();
    let ranking = story.rank(&rest);
    assert_eq!(story.checks(), []);
    assert_ne!(ranking.lots[0].result.ranking.winner(), Some(bid(2)));
}

#[test]
fn a_released_mark_that_was_not_sealed_is_found() {
    let mut story = clean();
    let released = |body: &mut Body| -> Option<()> {
        if let Body::MarkReleased(body) = body {
            let level = body.opening.fields.get_mut("level")?;
            if let crate::log::commitment::PublishedField::Published(level) = level {
                level.value = serde_json::json!(5);
            }
        }
        Some(())
    };
    let index = usize::try_from(story.position("mark.released")).unwrap();
    released(&mut story.entries[index].body);
    assert_eq!(
        story.checks(),
        [
            found("mark.released", "commitment"),
            found("moderation.started", "marks")
        ]
        .concat(),
        "and the mark is missing"
    );
}

#[test]
fn a_mark_that_is_never_released_is_found_after_the_award() {
    let mut story = clean();
    let index = usize::try_from(story.position("mark.released")).unwrap();
    story.entries.remove(index);
    let decided = story.position("award.decided");
    let index = usize::try_from(decided).unwrap();
    assert_eq!(story.entries.len(), index + 1);
    assert_eq!(
        story.checks(),
        [
            found("mark.sealed", "sealed"),
            found("moderation.started", "marks")
        ]
        .concat()
    );
}

#[test]
fn a_consensus_signed_by_an_officer_is_found() {
    let mut story = clean();
    let index = usize::try_from(story.position("consensus.signed")).unwrap();
    story.entries[index].actors = vec![actor(Role::Officer, PROPOSER)];
    assert_eq!(story.checks(), found("consensus.signed", "people"));
    story.entries[index].actors = vec![actor(Role::Chair, PROPOSER)];
    assert_eq!(
        story.checks(),
        found("consensus.signed", "role"),
        "without the grant"
    );
    story.entries[index].actors = vec![actor(Role::Chair, CHAIR)];
    assert_eq!(story.checks(), []);
}

#[test]
fn a_plan_that_cannot_decide_is_found_at_its_publication() {
    let mut plan: Plan = full_plan();
    plan.lots[0].criteria.pop();
    let mut story = Story::new(plan);
    story.publish();
    assert_eq!(story.checks(), found("tender.published", "plan"));
}
