//! Exclusions, ties, certifications, disclosure.

use super::evaluation::evaluate;
use super::exclusion::Ground;
use super::ranking::Ranking;
use super::rules::{OnFail, Reason};
use super::scorecard::{Audience, Mark};
use super::{Entrant, Facts};
use crate::ids::BidId;
use crate::organisation::certification::SeoKind;
use crate::tender::disclosure::{BidField, Disclosure};
use crate::tender::fixtures::*;
use crate::tender::plan::{Plan, TieBreak};

fn order(plan: &Plan, bids: &[Entrant], facts: &Facts) -> Vec<(BidId, Option<TieBreak>)> {
    match evaluate(plan, &plan.lots[0], bids, facts)
        .unwrap()
        .ranking()
    {
        Ranking::Ranked(places) => places
            .iter()
            .map(|place| (place.bid, place.tie_decided_by.clone()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bid_below_the_minimum_price_is_out_before_the_lowest_price_is_taken() {
    let mut plan = plan(vec![leaf("PRICE", "100", relative())]);
    plan.lots[0].minimum_price = Some(eur("50"));
    let bids = [
        entrant(1, "49.99", &[]),
        entrant(2, "50", &[]),
        entrant(3, "100", &[]),
    ];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    assert_eq!(evaluation.excluded().len(), 1);
    assert_eq!(
        evaluation.excluded()[0].grounds,
        [Ground::BelowMinimumPrice]
    );
    let totals: Vec<_> = evaluation
        .scorecards()
        .map(|card| card.total.unwrap().to_string())
        .collect();
    assert_eq!(totals, ["100.0000", "50.0000"]);
}

#[test]
fn a_failed_condition_and_a_level_below_the_minimum_exclude_with_every_ground_named() {
    let plan = plan(vec![
        leaf("PRICE", "60", relative()),
        leaf("Q", "40", levels(&[0, 1, 2], Some(1))),
        leaf("WAGE", "0", condition(OnFail::Exclude)),
    ]);
    plan.check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap();
    let with = |n, level, passed| {
        let mut entrant = entrant(n, "10", &[("Q", level)]);
        entrant.content.declarations = Some([(code("WAGE"), passed)].into());
        entrant
    };
    let facts = facts(&[]);
    let bids = [with(1, 0, false), with(2, 1, true)];
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let grounds = &evaluation.excluded()[0].grounds;
    let expected = [
        Ground::BelowMinimumLevel(code("Q")),
        Ground::ConditionFailed(code("WAGE")),
    ];
    assert_eq!(grounds, &expected);
    assert_eq!(evaluation.ranking().winner(), Some(bid(2)));
}

#[test]
fn ties_are_decided_by_the_published_list_in_its_order() {
    let mut plan = plan(vec![
        leaf("PRICE", "50", linear("100", "0")),
        leaf("Q", "50", levels(&[0, 50, 100], None)),
    ]);
    // Equal totals: 25 + 50 and 50 + 25.
    let mut bids = [
        entrant(1, "50", &[("Q", 100)]),
        entrant(2, "0", &[("Q", 50)]),
    ];
    let facts = facts(&[]);
    let first = |plan: &Plan, bids: &[Entrant]| order(plan, bids, &facts)[0].clone();

    plan.tie_breaks = vec![TieBreak::CriterionMark(code("Q")), TieBreak::DrawnLot];
    let by_quality = TieBreak::CriterionMark(code("Q"));
    assert_eq!(first(&plan, &bids), (bid(1), Some(by_quality)));

    plan.tie_breaks = vec![TieBreak::LowerPrice, TieBreak::DrawnLot];
    assert_eq!(first(&plan, &bids), (bid(2), Some(TieBreak::LowerPrice)));

    bids[0].received_at = at("2026-05-31T00:00:00Z");
    plan.tie_breaks = vec![TieBreak::EarlierReceipt, TieBreak::DrawnLot];
    assert_eq!(
        first(&plan, &bids),
        (bid(1), Some(TieBreak::EarlierReceipt))
    );
}

#[test]
fn a_drawn_lot_depends_on_the_seed_and_not_on_the_order_of_bids() {
    let mut plan = plan(vec![leaf("PRICE", "100", linear("100", "0"))]);
    plan.tie_breaks = vec![TieBreak::DrawnLot];
    let bids: Vec<_> = (1..=5).map(|n| entrant(n, "50", &[])).collect();
    let turned: Vec<_> = bids.iter().rev().cloned().collect();
    let with_seed = |seed: u8| Facts {
        seed: crate::log::hash::sha256(&[seed]),
        ..facts(&[])
    };
    let base = order(&plan, &bids, &with_seed(0));
    assert_eq!(base, order(&plan, &turned, &with_seed(0)));
    assert_eq!(base[0].1, Some(TieBreak::DrawnLot));
    assert_eq!(base[4].1, None, "nobody comes after the last");
    let winners: std::collections::BTreeSet<_> = (0..40)
        .map(|seed| order(&plan, &bids, &with_seed(seed))[0].0)
        .collect();
    assert_eq!(winners.len(), 5, "every bid can win the draw");
}

#[test]
fn only_certified_organisations_count_and_chain_shares_are_multiplied() {
    let plan = plan(vec![
        leaf("SEO", "50", seo("0.3")),
        leaf("Q", "50", levels(&[0, 1], None)),
    ]);
    let mut one = entrant(1, "10", &[("Q", 0)]);
    // The certified organisation 9 does half of the 40 % that organisation 8 takes over: 20 %.
    one.content.participations = Some(vec![
        part(1, "1", None),
        part(8, "0.4", Some(1)),
        part(9, "0.5", Some(8)),
    ]);
    one.confirmed = [org(8), org(9)].into();
    let bids = [one];
    let total = |facts: &Facts| {
        let card = evaluate(&plan, &plan.lots[0], &bids, facts)
            .unwrap()
            .scorecard(bid(1))
            .unwrap();
        card.total.unwrap().to_string()
    };
    assert_eq!(total(&facts(&[(9, SeoKind::SocialEnterprise)])), "33.3333");
    assert_eq!(total(&facts(&[(8, SeoKind::Cooperative)])), "33.3333");
    assert_eq!(
        total(&facts(&[(9, SeoKind::Vcse)])),
        "0.0000",
        "not a named kind"
    );
    assert_eq!(total(&facts(&[])), "0.0000");
    let all = [(8, SeoKind::Cooperative), (9, SeoKind::SocialEnterprise)];
    assert_eq!(total(&facts(&all)), "50.0000", "0.4 is beyond the target");
}

#[test]
fn a_share_that_nobody_confirmed_counts_nothing_and_the_scorecard_names_it() {
    let plan = plan(vec![
        leaf("SEO", "50", seo("1")),
        leaf("Q", "50", levels(&[0, 1], None)),
    ]);
    let all = [1, 2, 8, 9].map(|n| (n, SeoKind::Cooperative));
    let facts = facts(&all);
    let card = |confirmed: &[u128]| {
        let mut one = entrant(1, "10", &[("Q", 0)]);
        // The bidder does 0.3 itself, organisation 8 does 0.1, organisation 9 under it 0.4, member 2 the last 0.2.
        one.content.participations = Some(vec![
            part(1, "0.8", None),
            part(2, "0.2", None),
            part(8, "0.625", Some(1)),
            part(9, "0.8", Some(8)),
        ]);
        one.confirmed = confirmed.iter().map(|n| org(*n)).collect();
        let bids = [one];
        let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
        let card = evaluation.scorecard(bid(1)).unwrap();
        let names = card.marks[0].inputs.iter();
        let names: Vec<String> = names.map(|input| input.name.clone()).collect();
        (card.total.unwrap().to_string(), names)
    };
    assert_eq!(card(&[2, 8, 9]).0, "50.0000");
    assert_eq!(card(&[8, 9]).0, "40.0000");
    assert_eq!(card(&[2, 8]).0, "30.0000");
    let (total, names) = card(&[9]);
    assert_eq!(
        total, "15.0000",
        "9 confirmed a share of a part that 8 did not"
    );
    let told = [
        format!("part of {}, certified", org(1)),
        format!("part of {}, certified, not confirmed", org(2)),
        format!("part of {}, certified, not confirmed", org(8)),
        format!(
            "part of {}, certified, not confirmed by {} above it",
            org(9),
            org(8)
        ),
    ];
    assert_eq!(names[..4], told);
}

#[test]
fn commitments_to_all_named_measures_are_summed_and_capped_at_the_target() {
    let plan = plan(vec![
        leaf("VOL", "50", volunteering("100.0")),
        leaf("Q", "50", levels(&[0, 1], None)),
    ]);
    let with = |n, commitments| {
        let mut entrant = entrant(n, "10", &[("Q", 0)]);
        entrant.content.commitments = Some(commitments);
        entrant
    };
    let bids = [
        with(
            1,
            vec![commitment("VOL-1", "20.5"), commitment("VOL-2", "4.5")],
        ),
        with(2, vec![commitment("VOL-2", "1000.0")]),
        with(3, vec![]),
    ];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let totals: Vec<_> = evaluation
        .scorecards()
        .map(|card| card.total.unwrap().to_string())
        .collect();
    assert_eq!(totals, ["12.5000", "50.0000", "0.0000"]);
    let inputs = evaluation.scorecard(bid(1)).unwrap().marks[0]
        .inputs
        .clone();
    let told: Vec<_> = inputs
        .iter()
        .map(|input| format!("{} = {}", input.name, input.value))
        .collect();
    let expected = [
        "commitment to VOL-1 = 20.5 hour",
        "commitment to VOL-2 = 4.5 hour",
        "v = 25",
        "target = 100.0 hour",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_criterion_without_consensus_withholds_the_ranking() {
    let plan = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("Q", "50", levels(&[0, 1], None)),
    ]);
    let bids = [entrant(1, "10", &[("Q", 1)]), entrant(2, "10", &[])];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    match evaluation.ranking() {
        Ranking::Withheld(missing) => assert_eq!(missing[0].reason, Reason::NotJudged),
        other => panic!("{other:?}"),
    }
}

fn with_withheld_prices() -> Plan {
    let mut plan = plan(vec![
        leaf("PRICE", "60", relative()),
        leaf("Q", "40", levels(&[0, 1, 2], None)),
    ]);
    plan.disclosure.price = Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    };
    plan
}

#[test]
fn a_withheld_price_hides_its_mark_and_the_total_from_which_it_could_be_found() {
    let plan = with_withheld_prices();
    let bids = [entrant(1, "10", &[("Q", 1)]), entrant(2, "20", &[("Q", 2)])];
    let facts = facts(&[]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let public = evaluation.publish().unwrap();
    for score in &public.scores {
        assert_eq!(score.total, None);
        assert_eq!(score.marks[0], None);
        assert!(score.marks[1].is_some());
    }
    let text = serde_json::to_string(&public).unwrap();
    assert!(
        !text.contains("60.0000") && !text.contains("80.0000"),
        "{text}"
    );
    let full = evaluation.scorecard(bid(1)).unwrap();
    assert_eq!(
        full.clone().shown_to(Audience::Full, &plan).total,
        full.total
    );
    let party = full.shown_to(Audience::Party, &plan);
    assert_eq!(party.marks[0].mark, Mark::Withheld(BidField::Price));
}

#[test]
fn a_stranger_recomputes_the_same_scorecards_without_what_is_withheld() {
    let plan = with_withheld_prices();
    let bids = [entrant(1, "10", &[("Q", 1)]), entrant(2, "20", &[("Q", 2)])];
    let mut known = bids.clone();
    for entrant in &mut known {
        entrant.content.price = None;
    }
    let facts = facts(&[]);
    let full = evaluate(&plan, &plan.lots[0], &bids, &facts)
        .unwrap()
        .publish()
        .unwrap();
    let stranger = evaluate(&plan, &plan.lots[0], &known, &facts).unwrap();
    assert_eq!(*stranger.ranking(), Ranking::NotKnown);
    let stranger = stranger.publish().unwrap();
    assert_eq!(stranger.scores, full.scores);
    assert_eq!(stranger.scorecards, full.scorecards);
}

#[test]
fn a_scorecard_explains_every_number_and_reads_back() {
    let plan = full_plan();
    let mut one = entrant(1, "120000", &[("QUALITY", 4)]);
    one.content = full_content(org(1), "120000", "25.0").into();
    let bids = [one];
    let facts = facts(&[(1, SeoKind::Cooperative)]);
    let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
    let card = evaluation.scorecard(bid(1)).unwrap();
    assert!(card.marks.iter().all(|scored| !scored.inputs.is_empty()));
    let points: Vec<&str> = card
        .marks
        .iter()
        .map(|scored| scored.points.as_str())
        .collect();
    assert_eq!(points, ["40", "30", "15", "9.99999", "5.00001"]);
    // 40 + 24 + 3.75 + 9.99999 + 5.00001, each rounded to 4 places, halves to even.
    assert_eq!(card.total.unwrap().to_string(), "82.7500");
    let json = crate::log::canonical::canonical_blob(&card).unwrap();
    let back: super::scorecard::Scorecard = serde_json::from_slice(&json).unwrap();
    assert_eq!(back, card);
}
