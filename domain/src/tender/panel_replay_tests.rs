//! A panel of five replayed: two conflicts, a missing mark and a late change; then tampered with.

use super::entries::*;
use super::fixtures::*;
use super::panel::Conflict;
use super::story::{APPROVER, CHAIR, EVALUATORS, MORE_EVALUATORS, PROPOSER, Story, actor, bidders};
use super::story_panel::{mark, words};
use crate::actor::Role;
use crate::log::kinds::Body;

const SOFT: u128 = EVALUATORS[0];
const ABSENT: u128 = EVALUATORS[1];
const HARD: u128 = MORE_EVALUATORS[0];
const STEADY: u128 = MORE_EVALUATORS[1];
const SUCCESSOR: u128 = MORE_EVALUATORS[2];
const ACTIVE: [u128; 4] = [SOFT, ABSENT, STEADY, SUCCESSOR];

/// The marks that are made: the absent one marks the first bid only.
fn made() -> Vec<(u128, u128)> {
    let all = ACTIVE
        .into_iter()
        .flat_map(|member| [1, 2, 3].map(|n| (member, n)));
    all.filter(|(member, n)| *member != ABSENT || *n == 1)
        .collect()
}

fn number(member: u128, n: u128) -> u128 {
    member.wrapping_mul(10).wrapping_add(n)
}

/// The id of the changed mark of the steady one for bid 2.
const CHANGED: u128 = 9_000;

/// Up to the marks: a chair and four evaluators, one of whom leaves for a hard conflict and is replaced.
fn marked() -> Story {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.assign(&[SOFT, ABSENT, HARD, STEADY]);
    story.declare(Role::Chair, CHAIR, &[]);
    story.declare(Role::Evaluator, SOFT, &[(3, Conflict::Soft)]);
    story.countersign(Role::Chair, CHAIR, SOFT, 3);
    story.declare(Role::Evaluator, ABSENT, &[]);
    story.declare(Role::Evaluator, HARD, &[(1, Conflict::Hard)]);
    story.declare(Role::Evaluator, STEADY, &[]);
    story.replace(HARD, Some(SUCCESSOR));
    story.declare(Role::Evaluator, SUCCESSOR, &[]);
    for (member, n) in made() {
        story.seal_mark(number(member, n), &mark(n, member, 4));
    }
    story
}

/// A late change, a missing mark, moderation with a changed level, signatures of some members, the award.
fn finished(mut story: Story, signers: &[u128], release_change: bool) -> Story {
    story.state_missing(ABSENT, &[2, 3]);
    story.begin_moderation();
    story.change_mark(CHANGED, number(STEADY, 2), &mark(2, STEADY, 5));
    let mut consensus = story.consensus(&bidders());
    consensus.bids[1].marks[0].earlier = vec![EarlierLevel {
        level: 5,
        reason: words("At first sight"),
        by: person(STEADY),
        at: story.now(),
    }];
    story.sign(consensus, signers);
    story.rank(&bidders());
    story.propose(bid(2));
    for (member, n) in made() {
        story.release_mark(number(member, n), &mark(n, member, 4));
    }
    if release_change {
        story.release_mark(CHANGED, &mark(2, STEADY, 5));
    }
    story.decide(bid(2), &[PROPOSER, APPROVER]);
    story
}

fn clean() -> Story {
    finished(marked(), &ACTIVE, true)
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

/// The position of the n-th entry of a kind.
fn nth(story: &Story, kind: &str, n: usize) -> usize {
    let mut positions = story.entries.iter().enumerate();
    let found = positions
        .by_ref()
        .filter(|(_, entry)| entry.body.kind() == kind)
        .nth(n);
    found.unwrap().0
}

#[test]
fn a_panel_of_five_with_two_conflicts_a_missing_mark_and_a_late_change_replays_to_its_award() {
    let (findings, state) = clean().replay();
    assert_eq!(findings, []);
    assert_eq!(
        state.tenders.award(tender(), &lot("1")).unwrap().bid,
        bid(2)
    );
    let recomputed = state.tally.recomputed_counts();
    assert_eq!(recomputed.get("mark against its commitment"), Some(&11));
    assert_eq!((recomputed["ranking"], recomputed["award"]), (1, 1));
}

#[test]
fn a_mark_by_a_removed_member_is_found() {
    let mut story = marked();
    story.seal_mark(8_000, &mark(1, HARD, 5));
    let mut story = finished(story, &ACTIVE, true);
    story.release_mark(8_000, &mark(1, HARD, 5));
    assert_eq!(story.checks(), found("mark.released", "panel"));
}

#[test]
fn a_mark_by_someone_who_was_never_assigned_is_found() {
    let mut story = marked();
    story.seal_mark(8_000, &mark(1, PROPOSER, 5));
    let mut story = finished(story, &ACTIVE, true);
    story.release_mark(8_000, &mark(1, PROPOSER, 5));
    assert_eq!(story.checks(), found("mark.released", "panel"));
}

#[test]
fn a_mark_made_before_a_countersignature_is_found() {
    let mut story = clean();
    let at = nth(&story, "conflict.countersigned", 0);
    let entry = story.entries.remove(at);
    let after_first = nth(&story, "mark.sealed", 0);
    let time = story.entries[after_first].at;
    story.entries.insert(
        after_first.wrapping_add(1),
        crate::log::entry::Entry { at: time, ..entry },
    );
    let checks = [("mark.released", "panel"), ("moderation.started", "marks")];
    assert_eq!(
        story.checks(),
        checks.map(|(kind, check)| (kind.to_owned(), check)),
        "and it does not count as made"
    );
}

#[test]
fn a_consensus_without_one_sign_off_is_found() {
    let story = finished(marked(), &ACTIVE[..3], true);
    assert_eq!(story.checks(), found("consensus.signed", "panel"));
}

#[test]
fn a_level_changed_after_the_sign_off_is_found() {
    let mut story = clean();
    let at = nth(&story, "consensus.signed", 0);
    if let Body::ConsensusSigned(body) = &mut story.entries[at].body {
        body.bids[0].marks[0].reason = words("Another reason");
    }
    assert_eq!(story.checks(), found("consensus.signed", "panel"));
}

#[test]
fn a_silent_edit_of_the_history_is_found() {
    let mut story = clean();
    let at = nth(&story, "consensus.signed", 0);
    if let Body::ConsensusSigned(body) = &mut story.entries[at].body {
        body.bids[1].marks[0].earlier.clear();
    }
    assert_eq!(story.checks(), found("consensus.signed", "panel"));
}

#[test]
fn a_late_change_that_is_not_released_is_found() {
    let story = finished(marked(), &ACTIVE, false);
    assert_eq!(story.checks(), found("mark.sealed", "sealed"));
}

#[test]
fn a_late_change_without_the_former_mark_is_found() {
    let mut story = clean();
    let released = |entry: &crate::log::entry::Entry| {
        matches!(&entry.body,
        Body::MarkReleased(body) if body.sealed == sealed(number(STEADY, 2)))
    };
    let at = story.entries.iter().position(released).unwrap();
    story.entries.remove(at);
    let checks = story.checks();
    assert!(
        checks.contains(&("mark.released".to_owned(), "mark")),
        "{checks:?}"
    );
    assert!(
        checks.contains(&("mark.sealed".to_owned(), "sealed")),
        "{checks:?}"
    );
}

#[test]
fn a_second_mark_that_replaces_nothing_is_found() {
    let mut story = marked();
    story.seal_mark(8_000, &mark(2, STEADY, 5));
    let mut story = finished(story, &ACTIVE, true);
    story.release_mark(8_000, &mark(2, STEADY, 5));
    assert_eq!(story.checks(), found("mark.released", "mark"));
}

#[test]
fn a_mark_sealed_during_moderation_is_found() {
    let mut story = marked();
    story.state_missing(ABSENT, &[2, 3]);
    story.begin_moderation();
    story.seal_mark(8_000, &mark(2, HARD, 5));
    let last = story.release_after_award(8_000, &mark(2, HARD, 5));
    assert!(
        last.contains(&("mark.released".to_owned(), "mark")),
        "{last:?}"
    );
}

#[test]
fn a_mark_that_is_neither_made_nor_stated_missing_is_found_after_the_award() {
    let mut story = clean();
    let at = nth(&story, "mark.missing", 0);
    if let Body::MarkMissing(body) = &mut story.entries[at].body {
        body.bids.pop();
    }
    assert_eq!(story.checks(), found("moderation.started", "marks"));
}

#[test]
fn a_mark_that_was_stated_missing_cannot_be_released() {
    let mut story = clean();
    let at = nth(&story, "mark.missing", 0);
    if let Body::MarkMissing(body) = &mut story.entries[at].body {
        body.bids[0].bid = bid(1);
    }
    let checks = story.checks();
    assert_eq!(checks[0], ("mark.released".to_owned(), "panel"));
}

#[test]
fn moderation_before_everyone_has_declared_is_found() {
    let mut story = clean();
    let at = nth(&story, "conflict.countersigned", 0);
    // Something harmless in its place keeps every index.
    story.entries[at] = story.entries[at.wrapping_sub(1)].clone();
    let checks = story.checks();
    assert!(
        checks.contains(&("moderation.started".to_owned(), "panel")),
        "{checks:?}"
    );
}

#[test]
fn an_officer_who_sits_on_the_panel_cannot_award() {
    let mut story = clean();
    let operator = vec![actor(Role::Operator, 999)];
    let also_officer = crate::organisation::entries::RoleGranted {
        person: person(CHAIR),
        organisation: org(100),
        role: Role::Officer,
    };
    story.entries.pop();
    story.add(operator, person(CHAIR), also_officer);
    story.decide(bid(2), &[PROPOSER, CHAIR]);
    assert_eq!(story.checks(), found("award.decided", "panel"));
}

#[test]
fn a_panel_without_the_roles_or_assigned_twice_is_found() {
    let mut story = Story::new(full_plan());
    story.publish();
    let mut wrong = story.clone();
    wrong.assign(&[PROPOSER]);
    assert_eq!(wrong.checks(), found("panel.assigned", "panel"));
    story.assign(&EVALUATORS);
    assert_eq!(story.checks(), [], "before the deadline too");
    story.assign(&EVALUATORS);
    assert_eq!(story.checks(), found("panel.assigned", "panel"));
}

#[test]
fn a_declaration_by_an_outsider_or_without_words_is_found() {
    let mut story = marked();
    let mut outsider = story.clone();
    outsider.declare(Role::Officer, PROPOSER, &[]);
    assert_eq!(outsider.checks(), found("conflict.declared", "people"));
    let at = nth(&story, "conflict.declared", 1);
    if let Body::ConflictDeclared(body) = &mut story.entries[at].body {
        body.declarations[2].words = None;
    }
    assert_eq!(story.checks(), found("conflict.declared", "words"));
}

#[test]
fn a_countersignature_under_the_own_conflict_is_found() {
    let mut story = marked();
    story.declare(Role::Chair, CHAIR, &[]);
    assert_eq!(
        story.checks(),
        found("conflict.declared", "panel"),
        "it stands already"
    );
    let at = nth(&story, "conflict.countersigned", 0);
    let mut story = marked();
    if let Body::ConflictCountersigned(body) = &mut story.entries[at].body {
        body.member = person(CHAIR);
    }
    assert_eq!(
        story.checks()[0],
        ("conflict.countersigned".to_owned(), "panel")
    );
}

impl Story {
    /// Awards and releases one more mark; what is found.
    fn release_after_award(
        &mut self,
        n: u128,
        content: &super::sealing::MarkContent,
    ) -> Vec<(String, &'static str)> {
        let consensus = self.consensus(&bidders());
        self.sign(consensus, &ACTIVE);
        self.rank(&bidders());
        self.propose(bid(2));
        for (member, n) in made() {
            self.release_mark(number(member, n), &mark(n, member, 4));
        }
        self.release_mark(n, content);
        self.decide(bid(2), &[PROPOSER, APPROVER]);
        self.checks()
    }
}
