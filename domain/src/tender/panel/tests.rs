//! The rules of the panel, refusal by refusal.

use std::collections::BTreeSet;

use super::moderation::due;
use super::{Conflict, Member, Panel, PanelError};
use crate::actor::Role;
use crate::ids::OrganisationId;
use crate::log::hash::sha256;
use crate::tender::fixtures::{bid, code, full_plan, leaf, linear, lot, org, person, plan};

fn bidders() -> BTreeSet<OrganisationId> {
    [org(1), org(2)].into()
}

/// A panel of a chair and three evaluators.
fn panel() -> Panel {
    let mut panel = Panel::default();
    panel
        .assign(person(9), &[person(1), person(2), person(3)])
        .unwrap();
    panel
}

fn declare(panel: &mut Panel, n: u128, conflicts: [Conflict; 2]) -> Result<(), PanelError> {
    let declared = [(org(1), conflicts[0]), (org(2), conflicts[1])];
    panel.declare(person(n), &bidders(), &declared, |_| false, 10)
}

/// The same panel after everyone declared no conflict.
fn cleared() -> Panel {
    let mut panel = panel();
    for n in [9, 1, 2, 3] {
        declare(&mut panel, n, [Conflict::None; 2]).unwrap();
    }
    panel
}

#[test]
fn a_panel_is_assigned_once_with_a_chair_and_different_evaluators() {
    let mut panel = Panel::default();
    assert_eq!(panel.assign(person(9), &[]), Err(PanelError::Size(0)));
    let many: Vec<_> = (0..51).map(person).collect();
    assert_eq!(panel.assign(person(99), &many), Err(PanelError::Size(51)));
    let twice = [person(1), person(1)];
    assert_eq!(
        panel.assign(person(9), &twice),
        Err(PanelError::Twice(person(1)))
    );
    assert_eq!(panel.people(), [], "nothing of a refused panel stays");
    assert_eq!(panel.assign(person(1), &[person(1), person(2)]), Ok(()));
    let chair = panel.member(person(1)).unwrap();
    assert!(chair.chairs && chair.marks, "the chair may mark too");
    assert_eq!(
        panel.assign(person(9), &[person(1)]),
        Err(PanelError::Assigned)
    );
}

#[test]
fn no_declaration_no_access() {
    let mut panel = panel();
    let none = Err(PanelError::NotCleared(person(1)));
    assert_eq!(panel.marker(person(1), &bidders()).map(|_| ()), none);
    let half = [(org(1), Conflict::None)];
    panel
        .declare(person(1), &bidders(), &half, |_| false, 10)
        .unwrap();
    assert_eq!(
        panel.marker(person(1), &bidders()).map(|_| ()),
        none,
        "every bidder counts"
    );
    let rest = [(org(2), Conflict::None)];
    panel
        .declare(person(1), &bidders(), &rest, |_| false, 11)
        .unwrap();
    assert!(panel.marker(person(1), &bidders()).is_ok());
    let member = panel.member(person(1)).unwrap();
    assert!(!member.had_access(11) && member.had_access(12));
    declare(&mut panel, 9, [Conflict::None; 2]).unwrap();
    let chair = panel.marker(person(9), &bidders()).map(|_| ());
    assert_eq!(chair, Err(PanelError::DoesNotMark(person(9))));
}

#[test]
fn a_soft_conflict_waits_for_someone_else() {
    let mut panel = panel();
    declare(&mut panel, 1, [Conflict::Soft, Conflict::None]).unwrap();
    assert!(panel.cleared(person(1), &bidders()).is_err());
    let sign = |panel: &mut Panel, bidder, by| {
        panel.countersign(
            person(1),
            org(bidder),
            (person(by), Role::Chair),
            &bidders(),
            12,
        )
    };
    assert_eq!(sign(&mut panel, 1, 1), Err(PanelError::OwnConflict));
    assert_eq!(sign(&mut panel, 2, 9), Err(PanelError::NotSoft(org(2))));
    assert_eq!(sign(&mut panel, 1, 2), Err(PanelError::NotTheChair));
    assert_eq!(
        sign(&mut panel, 1, 66),
        Err(PanelError::NotAMember(person(66)))
    );
    let by_officer = (person(66), Role::Officer);
    let mut other = panel.clone();
    let signed = other.countersign(person(1), org(1), by_officer, &bidders(), 12);
    assert_eq!(signed, Ok(()));
    assert_eq!(sign(&mut panel, 1, 9), Ok(()));
    assert!(panel.cleared(person(1), &bidders()).is_ok());
    assert_eq!(
        sign(&mut panel, 1, 9),
        Err(PanelError::NotSoft(org(1))),
        "once"
    );
}

#[test]
fn a_conflict_is_raised_and_never_taken_back() {
    let mut panel = cleared();
    let lower = declare(&mut panel, 1, [Conflict::None; 2]);
    assert_eq!(lower, Err(PanelError::NotRaised(org(1))));
    let soft = [(org(2), Conflict::Soft)];
    panel
        .declare(person(1), &bidders(), &soft, |_| false, 20)
        .unwrap();
    let member = panel.member(person(1)).unwrap();
    assert!(member.had_access(15) && !member.had_access(21));
    let hard = [(org(2), Conflict::Hard)];
    panel
        .declare(person(1), &bidders(), &hard, |_| false, 30)
        .unwrap();
    assert_eq!(
        panel.seated(person(1)).map(|_| ()),
        Err(PanelError::NotAMember(person(1)))
    );
    assert_eq!(
        declare(&mut panel, 1, [Conflict::Hard; 2]),
        Err(PanelError::NotAMember(person(1)))
    );
}

#[test]
fn whoever_belongs_to_a_bidders_group_can_only_declare_a_hard_conflict() {
    let mut panel = panel();
    let mine = |organisation| organisation == org(2);
    for conflict in [Conflict::None, Conflict::Soft] {
        let declared = [(org(2), conflict)];
        let done = panel.declare(person(1), &bidders(), &declared, mine, 10);
        assert_eq!(done, Err(PanelError::Related(org(2))));
    }
    let declared = [(org(2), Conflict::Hard)];
    assert_eq!(
        panel.declare(person(1), &bidders(), &declared, mine, 10),
        Ok(())
    );
    let stranger = [(org(7), Conflict::None)];
    let done = panel.declare(person(2), &bidders(), &stranger, |_| false, 10);
    assert_eq!(done, Err(PanelError::NotABidder(org(7))));
    let nothing = panel.declare(person(2), &bidders(), &[], |_| false, 10);
    assert_eq!(nothing, Err(PanelError::NothingDeclared));
}

#[test]
fn a_seat_is_filled_once_by_someone_new() {
    let mut panel = cleared();
    declare(&mut panel, 1, [Conflict::Hard, Conflict::Hard]).unwrap();
    let sat = Err(PanelError::Sat(person(2)));
    assert_eq!(panel.replace(person(1), Some(person(2)), 40), sat);
    assert_eq!(panel.replace(person(1), Some(person(4)), 40), Ok(()));
    let again = panel.replace(person(1), Some(person(5)), 40);
    assert_eq!(again, Err(PanelError::Replaced(person(1))));
    assert!(panel.member(person(4)).unwrap().marks);
    assert_eq!(
        panel.replace(person(9), None, 41),
        Err(PanelError::ChairNeeded)
    );
    assert_eq!(panel.replace(person(2), None, 42), Ok(()));
    assert_eq!(panel.replace(person(3), None, 43), Ok(()));
    let last = panel.replace(person(4), None, 44);
    assert_eq!(last, Err(PanelError::EvaluatorNeeded));
    assert_eq!(
        panel.replace(person(77), None, 45),
        Err(PanelError::NotAMember(person(77)))
    );
}

#[test]
fn nobody_who_would_mark_joins_after_moderation_has_begun() {
    let mut panel = cleared();
    panel.begin_moderation(person(9), &bidders()).unwrap();
    let late = panel.replace(person(1), Some(person(4)), 50);
    assert_eq!(late, Err(PanelError::ModerationBegun));
    assert_eq!(panel.replace(person(1), None, 50), Ok(()));
    assert_eq!(
        panel.replace(person(9), Some(person(8)), 51),
        Ok(()),
        "a chair marks nothing"
    );
}

#[test]
fn moderation_needs_a_whole_panel_that_has_declared_and_its_chair() {
    let mut panel = panel();
    for n in [9, 1, 2] {
        declare(&mut panel, n, [Conflict::None; 2]).unwrap();
    }
    let begin = |panel: &mut Panel, n| panel.begin_moderation(person(n), &bidders());
    assert_eq!(begin(&mut panel, 9), Err(PanelError::NotCleared(person(3))));
    declare(&mut panel, 3, [Conflict::Hard, Conflict::None]).unwrap();
    assert_eq!(begin(&mut panel, 1), Err(PanelError::NotTheChair));
    assert_eq!(begin(&mut panel, 9), Ok(()));
    assert_eq!(
        Panel::default().is_whole(&bidders()),
        Err(PanelError::NotAssigned)
    );
}

#[test]
fn a_mark_is_made_or_stated_missing_or_unfinished() {
    let mut panel = cleared();
    let due = due(&full_plan(), [1, 2].map(|n| (bid(n), lot("1"))));
    let first = (bid(1), code("QUALITY"));
    let second = (bid(2), code("QUALITY"));
    assert_eq!(due, [first.clone(), second.clone()].into());
    let made = BTreeSet::from([first]);
    let left = panel.unfinished(person(1), &due, &made);
    assert_eq!(left, [second.clone()].into());
    assert!(panel.unfinished(person(9), &due, &made).is_empty());
    assert_eq!(panel.may_mark(person(1), &second), Ok(()));
    panel.state_missing(person(1), [second.clone()]).unwrap();
    assert!(panel.unfinished(person(1), &due, &made).is_empty());
    assert!(panel.may_mark(person(1), &second).is_err());
    assert!(panel.may_mark(person(2), &second).is_ok());
    let chair = panel.state_missing(person(9), [second]);
    assert_eq!(chair, Err(PanelError::DoesNotMark(person(9))));
    let priced = plan(vec![leaf("PRICE", "100", linear("2", "1"))]);
    assert!(super::moderation::due(&priced, [(bid(1), lot("1"))]).is_empty());
}

#[test]
fn the_chair_signs_what_every_other_member_signed_off() {
    let mut panel = cleared();
    let (agreed, other) = (sha256(b"agreed"), sha256(b"other"));
    for n in [1, 2] {
        panel.sign_off(person(n), agreed, &bidders()).unwrap();
    }
    let sign = |panel: &Panel, hash| panel.can_sign(person(9), hash, &bidders());
    let absent = Err(PanelError::NotSignedOff(person(3)));
    assert_eq!(sign(&panel, agreed), absent);
    panel.sign_off(person(3), other, &bidders()).unwrap();
    assert_eq!(sign(&panel, agreed), absent, "something else");
    panel.sign_off(person(3), agreed, &bidders()).unwrap();
    assert_eq!(sign(&panel, agreed), Ok(()));
    assert_eq!(
        panel.can_sign(person(1), agreed, &bidders()),
        Err(PanelError::NotTheChair)
    );
    let outsider = panel.sign_off(person(66), agreed, &bidders());
    assert_eq!(outsider, Err(PanelError::NotAMember(person(66))));
}

#[test]
fn a_stored_panel_decides_as_the_one_that_was_stored() {
    let panel = cleared();
    let members = panel.members().map(|(person, member)| {
        let stored = Member {
            access: Vec::new(),
            ..member.clone()
        };
        (person, stored)
    });
    let stored = Panel::stored(members.collect::<Vec<_>>(), false, None);
    assert!(stored.marker(person(1), &bidders()).is_ok());
    assert_eq!(stored.is_whole(&bidders()), Ok(()));
}
