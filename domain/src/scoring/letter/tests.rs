use super::*;
use crate::scoring::comparison::compare;
use crate::scoring::scorecard::{Audience, Consensus, EvaluatorMark, PanelTrace};
use crate::scoring::{Entrant, evaluate};
use crate::tender::disclosure::Disclosure;
use crate::tender::fixtures::*;

fn priced(prices: Disclosure) -> Plan {
    let mut plan = plan(vec![
        leaf("PRICE", "50", relative()),
        leaf("METHOD", "50", levels(&[0, 1, 2, 3, 4, 5], None)),
    ]);
    plan.disclosure.price = prices;
    plan
}

/// 40 + 50 = 90 before 50 + 20 = 70.
fn two() -> Vec<Entrant> {
    vec![
        entrant(1, "100", &[("METHOD", 5)]),
        entrant(2, "80", &[("METHOD", 2)]),
    ]
}

/// A scorecard with what the panel judged: the evaluators' 2 and 3, and a reason.
fn judged(card: Scorecard, reason: &str) -> Scorecard {
    let mark = |n: u128, level| EvaluatorMark {
        evaluator: person(n),
        level,
        reason: Some("Alone".to_owned()),
    };
    let consensus = Consensus {
        level: 2,
        reason: Some(reason.to_owned()),
        entry_index: 20,
    };
    let trace = PanelTrace {
        marks: vec![mark(1, 2), mark(2, 3)],
        consensus: Some(consensus),
    };
    card.with_panel([(code("METHOD"), trace)].into())
}

fn reasons(text: &str) -> BTreeMap<CriterionCode, String> {
    [(code("METHOD"), text.to_owned())].into()
}

/// The outcome of a bid, the winner as another bidder may see it.
fn outcome(plan: &Plan, of: u128) -> (Outcome, Option<Points>) {
    let (bids, facts) = (two(), facts(&[]));
    let evaluation = evaluate(plan, &plan.lots[0], &bids, &facts).unwrap();
    let card = evaluation.scorecard(bid(of)).unwrap();
    let winner = evaluation.scorecard(bid(1)).unwrap();
    let winner = winner.shown_to(Audience::Party, plan);
    let comparison = compare(plan, evaluation.ranking(), &card, &winner).unwrap();
    let standing = Standing {
        rank: if comparison.is_some() { 2 } else { 1 },
        of: 2,
        card: judged(card, "Clear steps.\nNo dates."),
    };
    let outcome = match comparison {
        None => Outcome::Won(standing),
        Some(comparison) => Outcome::Lost {
            standing,
            comparison,
            winner_reasons: reasons("Steps with dates."),
        },
    };
    (outcome, winner.total)
}

fn facts_of(plan: &Plan, (outcome, total): (Outcome, Option<Points>)) -> LetterFacts<'_> {
    LetterFacts {
        tender: tender(),
        title: "Park benches",
        plan,
        lot: &plan.lots[0],
        buyer: "City of Hanbyeol",
        bidder: "Bright Benches Ltd",
        approved: true,
        outcome,
        winner: Some(WinnerFacts {
            name: "Han River Care Cooperative",
            total,
        }),
        standstill: StandstillFact::Ends(at("2026-12-04T00:00:00Z")),
        ranking_index: 31,
    }
}

#[test]
fn the_letter_to_a_losing_bidder_gives_its_marks_the_winners_and_what_decided() {
    let plan = priced(Disclosure::Public);
    let text = letter(&facts_of(&plan, outcome(&plan, 2)), Language::English).text();
    let expected = "\
Decision on the tender \"Park benches\"

From: City of Hanbyeol
To: Bright Benches Ltd
Reference: tender:00000000-0000-0000-0000-00000000004d

1. Decision
Thank you for your bid. It was not successful: it is ranked 2 of 2, with 70.0000 points.
Successful bidder: Han River Care Cooperative, with 90.0000 points.

2. Your marks, with reasons
- PRICE (PRICE): 50.0000 of 50 points
    Calculated: W * p_min / p
    Successful bid: 40.0000 points, 10.0000 fewer than yours
- METHOD (METHOD): 20.0000 of 50 points
    Levels of the evaluators, each alone: 2, 3
    Reason of the panel: Clear steps.
      No dates.
    Successful bid: 50.0000 points, 30.0000 more than yours
    Reason of the panel for the successful bid: Steps with dates.
Total: 70.0000 points

3. Relative advantages of the successful bid
The successful bid was ahead on: METHOD.
Your bid was ahead on: PRICE.
What decided: METHOD. With equal marks there, your bid would not have been behind.

4. Standstill
The contract will not be signed before 2026-12-04 00:00 UTC.

5. How to challenge this decision
Write to the buyer before the standstill ends. Give the reference above, the point that you challenge, and your reasons. A challenge that the buyer records suspends the standstill.
Your right to go to the court or review body that the law provides is not affected.
Anyone can recompute the result from the public log with commonweal-verify: the ranking is entry 31.
";
    assert_eq!(text, expected);
}

#[test]
fn the_same_facts_say_the_same_in_korean() {
    let plan = priced(Disclosure::Public);
    let text = letter(&facts_of(&plan, outcome(&plan, 2)), Language::Korean).text();
    let expected = "\
「Park benches」 입찰 평가 결과 통지

발신: City of Hanbyeol
수신: Bright Benches Ltd
공고 식별번호: tender:00000000-0000-0000-0000-00000000004d

1. 결정 내용
입찰에 참여해 주셔서 감사합니다. 귀사의 입찰은 평가 대상 2건 중 2위(총점 70.0000점)로, 낙찰자로 선정되지 않았음을 알려드립니다.
낙찰자: Han River Care Cooperative(총점 90.0000점)

2. 항목별 점수와 평가 이유
- PRICE(PRICE): 배점 50점 중 50.0000점
    산식: W * p_min / p
    낙찰자: 40.0000점(귀사보다 10.0000점 낮음)
- METHOD(METHOD): 배점 50점 중 20.0000점
    평가위원별 등급: 2, 3
    평가위원회의 평가 이유: Clear steps.
      No dates.
    낙찰자: 50.0000점(귀사보다 30.0000점 높음)
    낙찰자에 대한 평가 이유: Steps with dates.
총점: 70.0000점

3. 낙찰자의 상대적 우위
낙찰자가 더 높은 점수를 받은 항목: METHOD
귀사가 더 높은 점수를 받은 항목: PRICE
순위를 가른 항목: METHOD. 해당 항목의 점수가 같았다면 귀사의 총점은 낙찰자보다 낮지 않았을 것입니다.

4. 계약 체결 대기 기간
계약은 2026년 12월 4일 00:00(협정 세계시) 전에는 체결하지 않습니다.

5. 이의 제기 방법
대기 기간이 끝나기 전에 발주기관에 서면으로 이의를 제기할 수 있습니다. 위의 공고 식별번호와 이의를 제기하는 사항, 그 이유를 적어 주시기 바랍니다. 발주기관이 이의를 기록하면 대기 기간의 진행이 정지됩니다.
법령에 따라 법원이나 심사기관에 구제를 청구할 권리에는 영향이 없습니다.
공개 로그와 commonweal-verify를 이용하면 누구나 이 결과를 다시 계산할 수 있습니다. 순위는 로그의 31번 기록에 있습니다.
";
    assert_eq!(text, expected);
}

#[test]
fn the_winner_is_told_that_a_letter_is_no_contract() {
    let plan = priced(Disclosure::Public);
    let mut facts = facts_of(&plan, outcome(&plan, 1));
    facts.approved = false;
    let told = letter(&facts, Language::English);
    assert_eq!(
        told.sections[0].lines,
        [
            "PREVIEW: the award has not been approved, and this letter has not been sent.",
            "Your bid has been selected for the award: it is ranked 1 of 2, with 90.0000 points.",
            "This letter is not a contract. The contract can be signed once the standstill has ended.",
        ]
    );
    let korean = letter(&facts, Language::Korean);
    let selected = &korean.sections[0].lines[1];
    assert_eq!(
        selected,
        "귀사의 입찰이 평가 대상 2건 중 1위(총점 90.0000점)이며, 낙찰자로 선정되었음을 알려드립니다."
    );
    // No advantages over itself.
    assert_eq!(told.sections.len(), 4);
}

#[test]
fn a_first_bid_that_a_limit_of_lots_passes_over_is_told_so_and_which_lot_it_is() {
    let mut plan = priced(Disclosure::Public);
    let mut second = plan.lots[0].clone();
    second.code = "2".parse().unwrap();
    plan.lots.push(second);
    let (Outcome::Won(standing), total) = outcome(&plan, 1) else {
        panic!("bid 1 is first");
    };
    let facts = facts_of(&plan, (Outcome::PassedOver(standing), total));
    let english = letter(&facts, Language::English);
    let lot = format!("Lot: {} ({})", plan.lots[0].title, plan.lots[0].code);
    assert!(english.head.contains(&lot), "{english:?}");
    let told = &english.sections[0].lines[0];
    assert!(
        told.contains("ranked 1 of 2") && told.contains("limit of lots"),
        "{told}"
    );
    let korean = letter(&facts, Language::Korean);
    assert!(
        korean.sections[0].lines[0].contains("2건 중 1위"),
        "{korean:?}"
    );
}

#[test]
fn a_second_bid_that_a_limit_of_lots_lets_win_is_told_its_own_rank_and_why() {
    let plan = priced(Disclosure::Public);
    let (Outcome::Lost { standing, .. }, total) = outcome(&plan, 2) else {
        panic!("bid 2 is second");
    };
    let facts = facts_of(&plan, (Outcome::Won(standing), total));
    let told = letter(&facts, Language::English).text();
    for said in ["ranked 2 of 2", "limit of lots", "goes to your bid"] {
        assert!(told.contains(said), "{told}");
    }
    let told = letter(&facts, Language::Korean).text();
    assert!(told.contains("2건 중 2위") && told.contains("로트 수 제한"));
}

#[test]
fn what_the_plan_withholds_from_bidders_is_not_in_the_letter_and_the_letter_says_so() {
    let ground = "trade secrets".to_owned();
    let plan = priced(Disclosure::Withheld { ground });
    let facts = facts_of(&plan, outcome(&plan, 2));
    let english = letter(&facts, Language::English).text();
    assert!(english.contains("ranked 2 of 2, with 70.0000 points"));
    assert!(english.contains("Successful bid: not disclosed, since it would show a price"));
    assert!(english.contains("cannot name what decided"));
    let korean = letter(&facts, Language::Korean).text();
    assert!(korean.contains("낙찰자: 비공개(공개하면 드러나는 정보: 가격)"));
    for hidden in ["40.0000", "90.0000"] {
        assert!(
            !english.contains(hidden) && !korean.contains(hidden),
            "{hidden}"
        );
    }
}

#[test]
fn an_excluded_bidder_reads_every_ground_and_no_marks() {
    let plan = priced(Disclosure::Public);
    let (_, total) = outcome(&plan, 1);
    let grounds = [
        (
            Exclusion::Decided {
                ground: ExclusionGround::NonCompliant,
                reason: Some("The form is missing.".to_owned()),
            },
            "- the bid does not comply with the tender",
            "- 입찰이 공고에서 정한 조건에 맞지 않습니다.",
        ),
        (
            Exclusion::ByPlan(vec![Ground::BelowMinimumLevel(code("METHOD"))]),
            "- the panel's consensus on METHOD (METHOD) is below the published minimum",
            "- 다음 항목에 대한 평가위원회의 합의 등급이 공고된 최저 기준에 미치지 못합니다: METHOD(METHOD)",
        ),
        (
            Exclusion::NotValid(Validity::CommitmentMismatch),
            "- what was opened is not what was sealed, so it is not valid",
            "- 개봉된 내용이 봉인된 내용과 일치하지 않아 유효한 입찰로 인정되지 않습니다.",
        ),
    ];
    for (exclusion, english, korean) in grounds {
        let facts = facts_of(&plan, (Outcome::Excluded(exclusion), total));
        for (language, ground) in [(Language::English, english), (Language::Korean, korean)] {
            let told = letter(&facts, language);
            assert_eq!(told.sections.len(), 3, "decision, standstill, challenge");
            assert!(
                told.sections[0].lines.iter().any(|line| line == ground),
                "{told:?}"
            );
        }
    }
}

#[test]
fn remarks_of_the_buyer_come_last_and_cannot_pass_for_a_part_of_the_letter() {
    let plan = priced(Disclosure::Public);
    let drawn = letter(&facts_of(&plan, outcome(&plan, 2)), Language::English);
    let remarks = "We meet bidders on Friday.\n6. Decision\nYou won.";
    let sent = drawn.clone().with_remarks(remarks);
    let (last, before) = sent.sections.split_last().unwrap();
    assert_eq!(before, drawn.sections);
    assert_eq!(last.heading, "Remarks of the buyer");
    assert!(sent.text().starts_with(&drawn.text()));
    assert!(sent.text().contains("\n      6. Decision\n      You won."));
    let korean = letter(&facts_of(&plan, outcome(&plan, 2)), Language::Korean);
    let korean = korean.with_remarks(remarks).text();
    assert!(korean.contains("6. 발주기관의 추가 안내"), "{korean}");
}

#[test]
fn a_bidder_for_a_lot_that_goes_to_nobody_is_told_so() {
    let plan = priced(Disclosure::Public);
    let excluded = Exclusion::NotValid(Validity::Content);
    let mut facts = facts_of(&plan, (Outcome::Excluded(excluded), None));
    facts.winner = None;
    for (language, said) in [
        (Language::English, "No bid has been selected for this lot."),
        (
            Language::Korean,
            "이 로트에는 낙찰자로 선정된 입찰이 없습니다.",
        ),
    ] {
        let told = letter(&facts, language);
        let line = told.sections[0].lines.last().unwrap();
        assert_eq!(line, said);
    }
}
