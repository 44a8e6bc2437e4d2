//! Methods whose lowest total wins, replayed as logs: clean, and with totals, places and terms that were tampered with.

use super::fixtures::*;
use super::plan::{Method, Plan};
use super::story::{APPROVER, PROPOSER, Story, bidders, only};
use crate::ids::BidId;
use crate::log::kinds::Body;
use crate::scoring::methods::{Coefficient, MonetisedQuality, PricePerQualityPoint};
use crate::scoring::ranking::{Place, Ranking};
use crate::scoring::rules::OnFail;
use crate::tender::entries::*;

fn methods() -> [Method; 3] {
    [
        Method::PricePerQualityPoint(PricePerQualityPoint { scale: 4 }),
        Method::MonetisedQuality(MonetisedQuality {
            willingness_to_pay: eur("500"),
            scale: 2,
        }),
        Method::Coefficient(Coefficient {
            caps: "0.4".parse().unwrap(),
            scale: 2,
        }),
    ]
}

fn plan_by(method: Method) -> Plan {
    let social = vec![
        leaf("VOL", "50", volunteering("100.0")),
        leaf("SEO", "25", seo("0.3")),
        leaf("WAGE", "25", condition(OnFail::NoMark)),
    ];
    Plan {
        method,
        ..plan(vec![
            leaf("QUALITY", "60", levels(&[0, 1, 2, 3, 4, 5], Some(1))),
            group("SOCIAL", "40", social),
        ])
    }
}

/// The whole story with its places and the bid that won.
fn awarded(method: Method) -> (Story, Vec<Place>) {
    let mut story = Story::new(plan_by(method));
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.seal_marks(&bidders());
    story.agree(&bidders());
    let ranking = story.rank(&bidders());
    let Ranking::Ranked(places) = &ranking.lots[0].result.ranking else {
        panic!("a ranking");
    };
    let winner = places[0].bid;
    story.propose(winner);
    story.release_marks(&bidders());
    story.decide(winner, &[PROPOSER, APPROVER]);
    (story, places.clone())
}

fn ranking_of(body: &mut Body) -> Option<&mut Box<RankingComputed>> {
    match body {
        Body::RankingComputed(body) => Some(body),
        _ => None,
    }
}

fn places_of(body: &mut RankingComputed) -> &mut Vec<Place> {
    match &mut body.lots[0].result.ranking {
        Ranking::Ranked(places) => places,
        _ => panic!("a ranking"),
    }
}

fn award_to(story: &mut Story, winner: BidId) {
    for entry in &mut story.entries {
        match &mut entry.body {
            Body::AwardProposed(body) => body.lots = only(winner),
            Body::AwardDecided(body) => body.lots = only(winner),
            _ => {}
        }
    }
}

#[test]
fn the_lowest_total_wins_and_a_stranger_recomputes_it() {
    for method in methods() {
        let (story, places) = awarded(method);
        let totals: Vec<_> = places.iter().map(|place| place.total.unwrap()).collect();
        assert!(totals.is_sorted_by(|a, b| a < b), "{method:?}: {totals:?}");
        let (findings, state) = story.replay();
        assert_eq!(findings, [], "{method:?}");
        let award = state.tenders.award(tender(), &lot("1")).unwrap();
        assert_eq!(award.bid, places[0].bid);
        let recomputed = state.tally.recomputed_counts();
        assert_eq!(recomputed.get("ranking"), Some(&1));
    }
}

#[test]
fn a_total_that_was_lowered_is_found() {
    for method in methods() {
        let (mut story, _) = awarded(method);
        story.tamper("ranking.computed", ranking_of, |body| {
            let places = places_of(body);
            places[1].total = places[0].total;
        });
        let found = [("ranking.computed".to_owned(), "ranking")];
        assert_eq!(story.checks(), found, "{method:?}");
    }
}

#[test]
fn a_ranking_with_the_highest_total_first_is_found() {
    for method in methods() {
        let (mut story, places) = awarded(method);
        let last = places.last().unwrap().bid;
        story.tamper("ranking.computed", ranking_of, |body| {
            let places = places_of(body);
            places.reverse();
            for (rank, place) in (1..).zip(places) {
                place.rank = rank;
            }
        });
        award_to(&mut story, last);
        let checks: Vec<_> = story.checks();
        let found = |kind: &str, check| (kind.to_owned(), check);
        assert_eq!(
            checks,
            [
                found("ranking.computed", "ranking"),
                found("award.proposed", "winner"),
                found("award.decided", "winner"),
            ],
            "{method:?}"
        );
    }
}

#[test]
fn terms_changed_after_the_fact_are_found() {
    for method in methods() {
        let (mut story, _) = awarded(method);
        for entry in &mut story.entries {
            if let Body::TenderPublished(body) = &mut entry.body {
                body.plan.method = match body.plan.method {
                    Method::MonetisedQuality(_) => Method::MonetisedQuality(MonetisedQuality {
                        willingness_to_pay: eur("501"),
                        scale: 2,
                    }),
                    Method::Coefficient(_) => Method::Coefficient(Coefficient {
                        caps: "0.41".parse().unwrap(),
                        scale: 2,
                    }),
                    _ => Method::PricePerQualityPoint(PricePerQualityPoint { scale: 3 }),
                };
            }
        }
        let kinds: Vec<String> = story.checks().into_iter().map(|(kind, _)| kind).collect();
        assert!(kinds.contains(&"ranking.computed".to_owned()), "{kinds:?}");
    }
}
