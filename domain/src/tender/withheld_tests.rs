//! Replay of rankings under a plan that withholds prices: told as the plan says, and refused where they tell more.

use super::fixtures::*;
use super::plan::TieBreak;
use super::story::{BUYER, PROPOSER, Story, actor, bidders};
use super::{BidField, Disclosure};
use crate::actor::Role;
use crate::log::kinds::Body;
use crate::organisation::entries::RoleGranted;
use crate::scoring::exclusion::Ground;
use crate::scoring::ranking::{Place, Ranking};
use crate::tender::entries::*;

/// Up to the ranking, with a minimum price that one bid is below.
fn ranked() -> Story {
    let mut plan = full_plan();
    plan.disclosure.price = Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    };
    plan.lots[0].minimum_price = Some(eur("115000"));
    let mut story = Story::new(plan);
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    story.rank(&bidders());
    story
}

fn ranking_of(body: &mut Body) -> Option<&mut Box<RankingComputed>> {
    match body {
        Body::RankingComputed(body) => Some(body),
        _ => None,
    }
}

/// What replay finds after an edit of the ranking.
fn found(edit: impl Fn(&mut RankingComputed)) -> Vec<(String, &'static str)> {
    let mut story = ranked();
    story.tamper("ranking.computed", ranking_of, |body| edit(body));
    story.checks()
}

fn check(name: &'static str) -> Vec<(String, &'static str)> {
    vec![("ranking.computed".to_owned(), name)]
}

#[test]
fn an_exclusion_on_a_withheld_price_is_attested_and_names_the_field_alone() {
    let story = ranked();
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tally.attested_counts().get("ranking"), Some(&1));
    let at = usize::try_from(story.position("ranking.computed")).unwrap();
    let entry = &story.entries[at];
    let text = String::from_utf8(entry.canonical_bytes().unwrap()).unwrap();
    assert!(
        text.contains(r#""grounds":[{"withheld":"price"}]"#),
        "{text}"
    );
    assert!(!text.contains("below_minimum_price"), "{text}");
    assert_eq!(entry.actors[0].id, person(PROPOSER));
}

#[test]
fn a_ground_that_tells_more_or_that_the_plan_cannot_lead_to_is_found() {
    for ground in [
        Ground::BelowMinimumPrice,
        Ground::Withheld(BidField::Answers),
        Ground::Withheld(BidField::Declarations),
    ] {
        let edited = found(|body| body.lots[0].result.excluded[0].grounds = vec![ground.clone()]);
        assert_eq!(edited, check("exclusions"), "{ground:?}");
    }
}

#[test]
fn a_total_and_a_decided_tie_that_the_plan_withholds_are_found() {
    let place = |edit: fn(&mut Place)| {
        found(move |body| match &mut body.lots[0].result.ranking {
            Ranking::Ranked(places) => edit(&mut places[0]),
            other => panic!("{other:?}"),
        })
    };
    let total = place(|place| place.total = Some("90.0000".parse().unwrap()));
    assert_eq!(total, check("ranking"));
    let tie = place(|place| place.tie_decided_by = Some(TieBreak::LowerPrice));
    assert_eq!(tie, check("ranking"));
}

const REGISTRAR: u128 = 509;

/// What replay finds when roles are granted in organisations, one after the other, by people of a role.
fn granted(grants: &[(Role, u128, Role)]) -> Vec<(String, &'static str)> {
    let mut story = Story::new(full_plan());
    for (n, (role, place, by)) in (700_u128..).zip(grants) {
        let body = RoleGranted {
            person: person(n),
            organisation: org(*place),
            role: *role,
        };
        story.add(vec![actor(*by, REGISTRAR)], person(n), body);
    }
    story.checks()
}

#[test]
fn the_registrar_alone_lets_in_an_auditor_and_none_beside_a_supplier() {
    use Role::{Auditor, Operator, Registrar, Supplier};
    assert_eq!(granted(&[(Auditor, BUYER, Registrar)]), []);
    let refused = granted(&[(Auditor, BUYER, Operator)]);
    assert_eq!(refused.len(), 1, "{refused:?}");
    let dependent = vec![("role.granted".to_owned(), "independence")];
    let supplier_first = [(Supplier, 1, Operator), (Auditor, 1, Registrar)];
    assert_eq!(granted(&supplier_first), dependent);
    let auditor_first = [(Auditor, 1, Registrar), (Supplier, 1, Operator)];
    assert_eq!(granted(&auditor_first), dependent);
    let apart = [(Auditor, BUYER, Registrar), (Supplier, 1, Operator)];
    assert_eq!(granted(&apart), []);
}
