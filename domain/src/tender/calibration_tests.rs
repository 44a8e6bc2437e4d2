//! A panel that calibrates first, replayed; then tampered with.

use super::entries::*;
use super::fixtures::*;
use super::panel::answers::CalibrationContent;
use super::panel::calibration::Levels;
use super::story::{APPROVER, CHAIR, EVALUATORS, PROPOSER, Story, actor, bidders, salts};
use super::story_panel::words;
use crate::actor::Role;
use crate::log::entry::EntryActor;
use crate::log::hash::sha256;

/// The number of the sealed reference; an evaluator's calibration has the number of the evaluator after it.
const REFERENCE: u128 = 7_000;

fn content(evaluator: Option<u128>, levels: &[u32]) -> CalibrationContent {
    let levels: Levels = (1..).zip(levels.iter().copied()).collect();
    let why = |number: &u32| (*number, "Sound".to_owned());
    CalibrationContent {
        tender: tender(),
        evaluator: evaluator.map(person),
        reasons: evaluator.map_or_else(Default::default, |_| levels.keys().map(why).collect()),
        levels,
    }
}

impl Story {
    /// Two answers on quality with the reference 4 and 3.
    fn prepare(&mut self, by: EntryActor) {
        let answer = |text| PreparedAnswer {
            criterion: code("QUALITY"),
            text: words(text),
        };
        let reference = content(None, &[4, 3]).seal(salts(REFERENCE));
        let prepared = CalibrationPrepared {
            tender: tender(),
            answers: vec![answer("We plan each step."), answer("We will see.")],
            reference: Some(SealedReference {
                sealed: sealed(REFERENCE),
                commitment: reference.commit(sha256(b"")).unwrap(),
            }),
        };
        self.add(vec![by], tender(), prepared);
    }

    fn calibrate(&mut self, n: u128, content: &CalibrationContent) {
        let commitment = content.seal(salts(n)).commit(sha256(b"")).unwrap();
        let body = CalibrationSealed {
            sealed: sealed(n),
            commitment,
        };
        self.add(vec![], sealed(n), body);
    }

    fn release_calibration(&mut self, n: u128, content: &CalibrationContent) {
        let opening = content
            .seal(salts(n))
            .open(sha256(b""), CalibrationContent::publishes);
        let released = CalibrationReleased {
            tender: tender(),
            sealed: sealed(n),
            opening: opening.unwrap(),
        };
        self.add(vec![actor(Role::Officer, APPROVER)], tender(), released);
    }
}

fn opened() -> Story {
    let mut story = Story::new(full_plan());
    story.publish();
    story.prepare(actor(Role::Officer, PROPOSER));
    story.bid(&bidders());
    story.open(&bidders());
    story.seat();
    story
}

fn given(evaluator: u128) -> CalibrationContent {
    content(Some(evaluator), &[5, 3])
}

/// From the marks of the panel to the award, with the releases of the given calibrations before those of the marks.
fn awarded(mut story: Story, released: &[(u128, CalibrationContent)]) -> Story {
    let bidders = bidders();
    story.seal_marks(&bidders);
    story.agree(&bidders);
    story.rank(&bidders);
    story.propose(bid(2));
    for (n, content) in released {
        story.release_calibration(*n, content);
    }
    story.release_marks(&bidders);
    story.decide(bid(2), &[PROPOSER, APPROVER]);
    story
}

fn everything() -> Vec<(u128, CalibrationContent)> {
    let mut all = vec![(REFERENCE, content(None, &[4, 3]))];
    all.extend(EVALUATORS.map(|evaluator| (REFERENCE + evaluator, given(evaluator))));
    all
}

fn calibrated() -> Story {
    let mut story = opened();
    for evaluator in EVALUATORS {
        story.calibrate(REFERENCE + evaluator, &given(evaluator));
    }
    story
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

#[test]
fn a_panel_that_calibrates_first_replays_to_its_award_with_its_reference() {
    let (findings, state) = awarded(calibrated(), &everything()).replay();
    assert_eq!(findings, []);
    let recomputed = state.tally.recomputed_counts();
    assert_eq!(recomputed["calibration against its commitment"], 3);
    assert_eq!(recomputed["award"], 1);
}

#[test]
fn a_mark_for_a_bid_before_the_calibration_is_found() {
    let mut late = opened();
    late.calibrate(REFERENCE + EVALUATORS[0], &given(EVALUATORS[0]));
    let mut story = late.clone();
    story.seal_mark(8_000, &super::story_panel::mark(1, EVALUATORS[1], 4));
    story.calibrate(REFERENCE + EVALUATORS[1], &given(EVALUATORS[1]));
    let mut story = awarded(story, &everything());
    story.entries.pop();
    story.release_mark(8_000, &super::story_panel::mark(1, EVALUATORS[1], 4));
    let checks = story.checks();
    assert_eq!(checks, found("mark.released", "calibration"));
    let never = awarded(late, &everything()[..2]).checks();
    assert!(
        never.contains(&("mark.released".to_owned(), "calibration")),
        "{never:?}"
    );
}

#[test]
fn a_calibration_or_a_reference_that_is_not_released_is_found() {
    let all = everything();
    let checks = awarded(calibrated(), &all[1..]).checks();
    assert_eq!(checks, found("calibration.prepared", "sealed"));
    let checks = awarded(calibrated(), &all[..2]).checks();
    let missing = ("calibration.sealed".to_owned(), "sealed");
    assert!(checks.contains(&missing), "{checks:?}");
    assert!(checks.contains(&("mark.released".to_owned(), "calibration")));
}

#[test]
fn a_release_of_other_levels_or_of_part_of_the_answers_is_found() {
    let first = REFERENCE + EVALUATORS[0];
    let mut all = everything();
    all[1].1 = content(Some(EVALUATORS[0]), &[4, 3]);
    let checks = awarded(calibrated(), &all).checks();
    let commitment = ("calibration.released".to_owned(), "commitment");
    assert_eq!(checks[0], commitment);
    for (levels, check) in [
        (&[5][..], "panel"),
        (&[5, 3, 3][..], "level"),
        (&[5, 77][..], "level"),
    ] {
        let mut story = opened();
        let wrong = content(Some(EVALUATORS[0]), levels);
        story.calibrate(first, &wrong);
        story.calibrate(REFERENCE + EVALUATORS[1], &given(EVALUATORS[1]));
        let mut all = everything();
        all[1].1 = wrong;
        let checks = awarded(story, &all).checks();
        assert_eq!(checks[0], ("calibration.released".to_owned(), check));
    }
}

#[test]
fn a_calibration_by_someone_else_twice_or_as_reference_is_found() {
    for (content, check) in [
        (given(CHAIR), "panel"),
        (given(PROPOSER), "calibration"),
        (given(EVALUATORS[0]), "panel"),
        (content(None, &[5, 5]), "reference"),
    ] {
        let mut story = calibrated();
        story.calibrate(7_900, &content);
        let mut all = everything();
        all.push((7_900, content));
        let checks = awarded(story, &all).checks();
        assert_eq!(checks, found("calibration.released", check));
    }
}

#[test]
fn answers_prepared_twice_late_or_by_an_evaluator_are_found() {
    let mut published = Story::new(full_plan());
    published.publish();
    let mut story = published.clone();
    story.prepare(actor(Role::Officer, PROPOSER));
    story.prepare(actor(Role::Officer, PROPOSER));
    assert_eq!(story.checks(), found("calibration.prepared", "panel"));
    let mut story = published.clone();
    story.prepare(actor(Role::Evaluator, EVALUATORS[0]));
    assert_eq!(story.checks(), found("calibration.prepared", "people"));
    let mut story = published.clone();
    story.prepare(actor(Role::Chair, CHAIR));
    let none = found("calibration.prepared", "panel");
    assert_eq!(story.checks(), none, "no panel yet");
    let mut story = published;
    story.assign(&EVALUATORS);
    let mut late = story.clone();
    story.prepare(actor(Role::Chair, CHAIR));
    assert_eq!(story.checks(), []);
    late.bid(&bidders());
    late.open(&bidders());
    late.declare(Role::Chair, CHAIR, &[]);
    late.prepare(actor(Role::Chair, CHAIR));
    assert_eq!(late.checks(), found("calibration.prepared", "stage"));
}
