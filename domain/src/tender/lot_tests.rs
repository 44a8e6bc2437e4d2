//! A tender of two lots replayed: clean, and tampered with in every way that lots add. And a ranking of any size.

use std::collections::BTreeMap;

use super::award::LotAward;
use super::bid::BidContent;
use super::fixtures::*;
use super::lot::{AllocationRule, Lot, LotLimits};
use super::plan::Plan;
use super::story::{APPROVER, Bidder, PROPOSER, Story, actor, award};
use super::{Disclosure, Stage};
use crate::actor::Role;
use crate::contract::Contract;
use crate::contract::entries::ContractSigned;
use crate::ids::Id;
use crate::log::kinds::Body;
use crate::tender::entries::*;

/// Lots A and B, each 40 price and 60 quality; one supplier may win one of them.
fn divided(allocation: AllocationRule) -> Plan {
    let mut plan = plan(vec![]);
    plan.lots = ["A", "B"]
        .map(|name| Lot {
            code: lot(name),
            title: format!("Parks of district {name}"),
            criteria: vec![
                leaf(&format!("PRICE-{name}"), "40", relative()),
                leaf(
                    &format!("Q-{name}"),
                    "60",
                    levels(&[0, 1, 2, 3, 4, 5], None),
                ),
            ],
            minimum_price: None,
            low_prices: None,
        })
        .to_vec();
    plan.lot_limits = Some(LotLimits {
        max_bids_per_supplier: None,
        max_awards_per_supplier: Some(1),
        allocation,
    });
    plan
}

fn offer(n: u128, supplier: u128, lot_code: &'static str, price: &str, level: u32) -> Bidder {
    Bidder {
        n,
        supplier,
        judged: vec![if lot_code == "A" { "Q-A" } else { "Q-B" }],
        content: BidContent {
            lot: lot(lot_code),
            answers: BTreeMap::new(),
            declarations: BTreeMap::new(),
            ..full_content(org(supplier), price, "1.0")
        },
        level,
    }
}

/// Supplier 1 is first in both lots: with 15.6 points in A, with 48 in B.
fn offers() -> Vec<Bidder> {
    vec![
        offer(1, 1, "A", "100", 5),
        offer(2, 2, "A", "110", 4),
        offer(3, 3, "A", "120", 3),
        offer(6, 1, "B", "100", 5),
        offer(7, 2, "B", "100", 1),
    ]
}

fn ranked(plan: Plan, offers: &[Bidder]) -> Story {
    let mut story = Story::new(plan);
    story.publish();
    story.bid(offers);
    story.open(offers);
    story.seal_marks(offers);
    story.agree(offers);
    story.rank(offers);
    story
}

fn awarded(plan: Plan, offers: &[Bidder], lots: &[LotAward]) -> Story {
    let mut story = ranked(plan, offers);
    story.propose_lots(lots.to_vec());
    story.release_marks(offers);
    story.decide_lots(lots.to_vec(), &[PROPOSER, APPROVER]);
    story
}

/// By the order of the plan supplier 1 keeps A, and B goes to the next.
fn in_order() -> [LotAward; 2] {
    [award("A", Some((1, 1))), award("B", Some((7, 2)))]
}

fn clean() -> Story {
    awarded(divided(AllocationRule::PlanOrder), &offers(), &in_order())
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

fn opened_of(body: &mut Body) -> Option<&mut Box<BidOpened>> {
    match body {
        Body::BidOpened(body) => Some(body),
        _ => None,
    }
}

fn consensus_of(body: &mut Body) -> Option<&mut Box<ConsensusSigned>> {
    match body {
        Body::ConsensusSigned(body) => Some(body),
        _ => None,
    }
}

#[test]
fn two_lots_replay_clean_and_one_supplier_wins_no_more_than_it_may() {
    let (findings, state) = clean().replay();
    assert_eq!(findings, []);
    let of = |code: &str| state.tenders.award(tender(), &lot(code)).unwrap().supplier;
    assert_eq!((of("A"), of("B")), (org(1), org(2)));
    assert_eq!(state.tenders.awards(tender()).len(), 2);
    let recomputed = state.tally.recomputed_counts();
    assert_eq!(recomputed.get("ranking"), Some(&2));
    assert_eq!(recomputed.get("allocation of lots"), Some(&1));
}

#[test]
fn a_relative_rule_compares_bids_of_its_own_lot_only() {
    let mut offers = offers();
    offers[3].content.price = eur("1");
    let plan = divided(AllocationRule::PlanOrder);
    let story = ranked(plan, &offers);
    let result = story.result(&offers, &[]);
    let best_of_a = &result.lots[0].result.scores[0];
    assert_eq!(best_of_a.total.unwrap().to_string(), "100.0000");
    assert_eq!(result.lots[0].result.scores.len(), 3);
    assert_eq!(result.lots[1].result.scores.len(), 2);
}

#[test]
fn the_published_rule_decides_which_lot_a_supplier_keeps() {
    let lead = [award("A", Some((2, 2))), award("B", Some((6, 1)))];
    let story = awarded(divided(AllocationRule::LargestLead), &offers(), &lead);
    assert_eq!(story.checks(), []);
    let by_order = awarded(divided(AllocationRule::LargestLead), &offers(), &in_order());
    let winner = |kind: &str| (kind.to_owned(), "winner");
    assert_eq!(
        by_order.checks(),
        [winner("award.proposed"), winner("award.decided")]
    );
}

#[test]
fn a_swapped_allocation_is_found() {
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        let lots = body.allocation.as_mut().unwrap();
        lots[0].bid = Some(bid(2));
        lots[1].bid = Some(bid(6));
    });
    assert_eq!(story.checks(), found("ranking.computed", "allocation"));
    story.tamper("ranking.computed", ranking_of, |body| {
        body.allocation = None;
    });
    assert_eq!(story.checks(), found("ranking.computed", "allocation"));
}

#[test]
fn a_second_lot_over_the_limit_is_found_even_when_ranking_and_awards_agree() {
    let both = [award("A", Some((1, 1))), award("B", Some((6, 1)))];
    let mut story = awarded(divided(AllocationRule::PlanOrder), &offers(), &both);
    story.tamper("ranking.computed", ranking_of, |body| {
        let lots = body.allocation.as_mut().unwrap();
        lots[1].bid = Some(bid(6));
        lots[1].passed_over.clear();
    });
    let finding = |kind: &str, check| (kind.to_owned(), check);
    assert_eq!(
        story.checks(),
        [
            finding("ranking.computed", "allocation"),
            finding("award.proposed", "winner"),
            finding("award.decided", "winner"),
        ]
    );
}

#[test]
fn with_withheld_totals_an_allocation_is_attested_and_still_held_to_the_limit() {
    let mut plan = divided(AllocationRule::LargestLead);
    plan.disclosure.price = Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    };
    let lead = [award("A", Some((2, 2))), award("B", Some((6, 1)))];
    let mut story = awarded(plan, &offers(), &lead);
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    let attested = state.tally.attested_counts();
    assert_eq!(attested.get("allocation of lots"), Some(&1));
    story.tamper("ranking.computed", ranking_of, |body| {
        let lots = body.allocation.as_mut().unwrap();
        lots[0].bid = Some(bid(1));
        lots[0].passed_over.clear();
    });
    assert_eq!(
        story.checks()[0],
        found("ranking.computed", "allocation")[0]
    );
}

#[test]
fn a_lot_without_a_bid_is_stated_as_one_without_a_winner() {
    let only_a: Vec<Bidder> = offers().into_iter().take(3).collect();
    let lots = [award("A", Some((1, 1))), award("B", None)];
    let story = awarded(divided(AllocationRule::PlanOrder), &only_a, &lots);
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.awards(tender()).len(), 1);
    let silent = awarded(divided(AllocationRule::PlanOrder), &only_a, &lots[..1]);
    assert_eq!(silent.checks()[0], found("award.proposed", "winner")[0]);
}

#[test]
fn a_bid_moved_to_another_lot_is_found() {
    let mut story = clean();
    story.tamper("bid.opened", opened_of, |body| body.lot = lot("A"));
    assert_eq!(story.checks()[0], found("bid.opened", "validity")[0]);
}

#[test]
fn results_under_another_lot_are_found() {
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        body.lots.reverse();
    });
    assert_eq!(story.checks()[0], found("ranking.computed", "lots")[0]);
    let mut story = clean();
    story.tamper("ranking.computed", ranking_of, |body| {
        let result = body.lots[0].result.clone();
        body.lots[1].result = result;
    });
    assert_eq!(
        story.checks(),
        found("ranking.computed", "bids that are scored")
    );
}

#[test]
fn a_level_for_a_criterion_of_another_lot_is_found() {
    let mut story = clean();
    story.tamper("consensus.signed", consensus_of, |body| {
        body.bids[0].marks[0].criterion = code("Q-B");
    });
    assert_eq!(story.checks()[0], found("consensus.signed", "criterion")[0]);
}

#[test]
fn bids_for_more_lots_than_allowed_and_two_for_one_lot_are_found() {
    let mut plan = divided(AllocationRule::PlanOrder);
    plan.lot_limits = Some(LotLimits {
        max_bids_per_supplier: Some(1),
        max_awards_per_supplier: None,
        allocation: AllocationRule::PlanOrder,
    });
    let open = |plan: Plan, offers: &[Bidder]| {
        let mut story = Story::new(plan);
        story.publish();
        story.bid(offers);
        story.open(offers);
        story.checks()
    };
    let twice = [
        found("bid.opened", "lot_limits"),
        found("bid.opened", "lot_limits"),
    ];
    assert_eq!(open(plan.clone(), &offers()), twice.concat());
    let mut same_lot = offers();
    same_lot[4] = offer(7, 1, "B", "100", 1);
    plan.lot_limits = None;
    assert_eq!(open(plan, &same_lot), found("bid.opened", "supplier"));
}

#[test]
fn each_awarded_lot_has_its_contract_and_the_last_ends_the_tender() {
    let mut story = clean();
    let (_, state) = story.replay();
    let mut next = 900;
    let contracts: Vec<Contract> = state
        .tenders
        .awards(tender())
        .iter()
        .map(|award| {
            next += 10;
            let mut kpi = next;
            Contract::from_award(
                Id::from_uuid(uuid(next)),
                award,
                || {
                    kpi += 1;
                    Id::from_uuid(uuid(kpi))
                },
                |measure| state.catalogues.measure(measure).cloned(),
            )
            .unwrap()
        })
        .collect();
    story.send_letters(&offers());
    let ends_at = story.notify();
    story.wait_until(ends_at);
    let mut stages = Vec::new();
    for contract in &contracts {
        let signed = ContractSigned {
            contract: contract.clone(),
        };
        story.add(vec![actor(Role::Officer, PROPOSER)], contract.id, signed);
        stages.push(story.replay().1.tenders.stage(tender()));
    }
    assert_eq!(story.checks(), []);
    assert_eq!(stages, [Some(Stage::Standstill), Some(Stage::Contracted)]);

    let mut moved = contracts[0].clone();
    moved.id = Id::from_uuid(uuid(990));
    moved.kpis.clear();
    moved.award.as_mut().unwrap().lot = lot("C");
    let signed = ContractSigned { contract: moved };
    story.add(vec![actor(Role::Officer, PROPOSER)], tender(), signed);
    assert_eq!(story.checks(), found("contract.signed", "contract"));
}

/// 1,000 bids on 10 criteria: consensus and ranking are too large for their entries and stand beside the log.
#[test]
fn a_ranking_of_a_thousand_bids_is_recomputed_from_the_log() {
    let names = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"];
    let judged = |name: &&str| leaf(name, "10", levels(&[0, 1, 2, 3, 4, 5], None));
    let mut criteria: Vec<_> = names.iter().map(judged).collect();
    criteria.push(leaf("PRICE", "10", relative()));
    let mut story = Story::new(plan(criteria));
    let offers: Vec<Bidder> = (0..1_000_u32)
        .map(|at| {
            let n = u128::from(at) + 10_000;
            let price = (100_000 + at * 7_919 % 50_000).to_string();
            Bidder {
                judged: names.to_vec(),
                ..offer(n, n, "1", &price, at % 6)
            }
        })
        .collect();
    for offer in &offers {
        story.register(offer.supplier);
    }
    story.publish();
    story.bid(&offers);
    story.open(&offers);
    story.agree(&offers);
    let ranking = story.rank(&offers);
    let winner = ranking.allocation.unwrap()[0].bid.unwrap();
    story.propose(winner);
    let beside = |story: &Story, kind: &str| {
        let index = usize::try_from(story.position(kind)).unwrap();
        story.entries[index].encode().unwrap().blob.is_some()
    };
    assert!(beside(&story, "ranking.computed") && beside(&story, "consensus.signed"));
    assert!(!beside(&story, "award.proposed"));
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tally.recomputed_counts().get("mark"), Some(&10_000));

    story.tamper("ranking.computed", ranking_of, |body| {
        body.lots[0].result.scores[999].marks[9] = Some("9.9999".parse().unwrap());
    });
    assert_eq!(story.checks(), found("ranking.computed", "marks"));
}
