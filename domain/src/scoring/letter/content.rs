//! What a letter says, in which order, in no language.

use std::collections::BTreeMap;

use super::say::{
    Advantage, Against, Challenge, Decision, GroundLine, Head, Heading, MarkLine, Named, Say,
    TieRule, Total,
};
use super::{Exclusion, LetterFacts, Outcome, Standing};
use crate::scoring::comparison::{Ahead, ComparedMark, Comparison, DecidedBy};
use crate::scoring::exclusion::Ground;
use crate::scoring::points::Points;
use crate::scoring::scorecard::{Mark, ScoredMark};
use crate::tender::code::CriterionCode;
use crate::tender::plan::{Method, Plan, TieBreak};

/// A letter before it is put into words.
pub(super) struct Content<'a> {
    pub(super) subject: Say<'a>,
    pub(super) head: Vec<Say<'a>>,
    pub(super) sections: Vec<(Heading, Vec<Say<'a>>)>,
}

/// Of each criterion by code its title, and whether the panel judges it.
struct Criteria<'a>(BTreeMap<&'a CriterionCode, (&'a str, bool)>);

impl<'a> Criteria<'a> {
    fn of(&self, code: &'a CriterionCode) -> Named<'a> {
        let known = self.0.get(code);
        Named {
            title: known.map_or(code.as_str(), |(title, _)| title),
            code: code.as_str(),
        }
    }

    fn judged(&self, code: &CriterionCode) -> bool {
        self.0.get(code).is_some_and(|(_, judged)| *judged)
    }
}

pub(super) fn content<'a>(facts: &'a LetterFacts<'a>) -> Content<'a> {
    let leaves = facts.plan.leaves().unwrap_or_default();
    let criteria = leaves.iter().map(|leaf| {
        let (criterion, judged) = (leaf.criterion, leaf.rule.judged().is_some());
        (&criterion.code, (criterion.title.as_str(), judged))
    });
    let criteria = Criteria(criteria.collect());
    let mut sections = vec![(Heading::Decision, decision(facts, &criteria))];
    match &facts.outcome {
        Outcome::Won(standing) | Outcome::PassedOver(standing) => {
            sections.push((Heading::Marks, marks(facts.plan, standing, None, &criteria)));
        }
        Outcome::Lost {
            standing,
            comparison,
            winner_reasons,
        } => {
            let beside = Some((comparison, winner_reasons));
            sections.push((
                Heading::Marks,
                marks(facts.plan, standing, beside, &criteria),
            ));
            sections.push((Heading::Advantages, advantages(comparison, &criteria)));
        }
        Outcome::Excluded(_) => {}
    }
    sections.push((
        Heading::Standstill,
        vec![Say::Standstill(&facts.standstill)],
    ));
    let challenge = [
        Challenge::ToTheBuyer,
        Challenge::OtherRights,
        Challenge::Recompute(facts.ranking_index),
    ];
    let challenge = challenge.into_iter().map(Say::Challenge).collect();
    sections.push((Heading::Challenge, challenge));
    let head = [
        Head::From(facts.buyer),
        Head::To(facts.bidder),
        Head::Reference(facts.tender),
    ];
    let lot = facts.plan.only_lot().is_none().then_some(Head::Lot(Named {
        title: &facts.lot.title,
        code: facts.lot.code.as_str(),
    }));
    Content {
        subject: Say::Head(Head::Subject(facts.title)),
        head: head.into_iter().chain(lot).map(Say::Head).collect(),
        sections,
    }
}

fn decision<'a>(facts: &'a LetterFacts<'a>, criteria: &Criteria<'a>) -> Vec<Say<'a>> {
    let preview = (!facts.approved).then_some(Decision::Preview);
    let mut lines: Vec<Say<'a>> = preview.into_iter().map(Say::Decision).collect();
    let mut say = |decision| lines.push(Say::Decision(decision));
    match &facts.outcome {
        Outcome::Won(standing) => {
            let (of, total) = (standing.of, total(facts.plan, standing.card.total));
            let rank = standing.rank;
            say(Decision::Won { rank, of, total });
            if rank > 1 {
                say(Decision::AheadHaveOtherLots);
            }
            say(Decision::NotYetContract);
            return lines;
        }
        Outcome::Lost { standing, .. } => say(Decision::Lost {
            rank: standing.rank,
            of: standing.of,
            total: total(facts.plan, standing.card.total),
        }),
        Outcome::PassedOver(standing) => say(Decision::PassedOver {
            rank: standing.rank,
            of: standing.of,
            total: total(facts.plan, standing.card.total),
        }),
        Outcome::Excluded(exclusion) => {
            say(Decision::Excluded);
            let grounds = grounds(exclusion, criteria);
            lines.extend(grounds.into_iter().map(Say::Ground));
        }
    }
    let Some(winner) = &facts.winner else {
        lines.push(Say::Decision(Decision::NoWinner));
        return lines;
    };
    let (name, total) = (winner.name, total(facts.plan, winner.total));
    lines.push(Say::Decision(Decision::Winner { name, total }));
    if total.is_none() {
        lines.push(Say::Decision(Decision::WinnerTotalWithheld));
    }
    lines
}

fn total(plan: &Plan, total: Option<Points>) -> Option<Total> {
    let value = total?;
    let formula = (plan.method != Method::WeightedSum).then(|| plan.method.formula());
    Some(Total { value, formula })
}

fn grounds<'a>(exclusion: &'a Exclusion, criteria: &Criteria<'a>) -> Vec<GroundLine<'a>> {
    match exclusion {
        Exclusion::Decided { ground, reason } => {
            let reason = reason.as_deref().map(GroundLine::BuyersReason);
            let ground = GroundLine::Decided(*ground);
            [ground].into_iter().chain(reason).collect()
        }
        Exclusion::ByPlan(grounds) => {
            let line = |ground: &'a Ground| match ground {
                Ground::BelowMinimumPrice => GroundLine::BelowMinimumPrice,
                Ground::Withheld(field) => GroundLine::Withheld(*field),
                Ground::ConditionFailed(code) => GroundLine::ConditionFailed(criteria.of(code)),
                Ground::BelowMinimumLevel(code) => GroundLine::BelowMinimumLevel(criteria.of(code)),
            };
            grounds.iter().map(line).collect()
        }
        Exclusion::NotValid(validity) => vec![GroundLine::NotValid(*validity)],
    }
}

type Beside<'a> = Option<(&'a Comparison, &'a BTreeMap<CriterionCode, String>)>;

fn marks<'a>(
    plan: &Plan,
    standing: &'a Standing,
    beside: Beside<'a>,
    criteria: &Criteria<'a>,
) -> Vec<Say<'a>> {
    let mut lines = Vec::new();
    for (at, scored) in standing.card.marks.iter().enumerate() {
        lines.extend(own_mark(scored, criteria));
        let Some((comparison, reasons)) = beside else {
            continue;
        };
        let compared = comparison.criteria.get(at);
        lines.extend(compared.and_then(winners_mark));
        let reason = reasons.get(&scored.criterion);
        lines.extend(reason.map(|reason| MarkLine::WinnersReason(reason)));
    }
    lines.extend(total(plan, standing.card.total).map(MarkLine::Total));
    lines.into_iter().map(Say::Mark).collect()
}

fn own_mark<'a>(scored: &'a ScoredMark, criteria: &Criteria<'a>) -> Vec<MarkLine<'a>> {
    let of = criteria.of(&scored.criterion);
    let mark = match scored.mark {
        Mark::Defined { rounded, .. } => MarkLine::Mark {
            of,
            mark: rounded,
            points: rounded.out_of(&scored.points),
        },
        Mark::Undefined(reason) => MarkLine::NoMark { of, reason },
        Mark::Withheld(field) | Mark::Unknown(field) => MarkLine::Withheld { of, field },
    };
    let alone = scored.panel.iter().flat_map(|panel| &panel.marks);
    let alone: Vec<u32> = alone.map(|mark| mark.level).collect();
    let evaluators = (!alone.is_empty()).then_some(MarkLine::Evaluators(alone));
    let why = match scored.reason() {
        Some(reason) => MarkLine::PanelsReason(reason),
        None if criteria.judged(&scored.criterion) => MarkLine::NoPanelsReason,
        None => MarkLine::Formula(&scored.formula),
    };
    [mark].into_iter().chain(evaluators).chain([why]).collect()
}

fn winners_mark<'a>(compared: &ComparedMark) -> Option<MarkLine<'a>> {
    let difference = compared.difference.map(|difference| difference.abs());
    let against = match compared.ahead {
        Ahead::Withheld(field) => return Some(MarkLine::WinnerWithheld(field)),
        Ahead::Winner => Against::More(difference?),
        Ahead::Bid => Against::Fewer(difference?),
        Ahead::Neither => Against::Same,
    };
    let mark = compared.winner.rounded()?;
    Some(MarkLine::Winner { mark, against })
}

fn advantages<'a>(comparison: &'a Comparison, criteria: &Criteria<'a>) -> Vec<Say<'a>> {
    let of = |who: Ahead| -> Vec<Named<'a>> {
        let these = comparison
            .criteria
            .iter()
            .filter(|compared| compared.ahead == who);
        these
            .map(|compared| criteria.of(&compared.criterion))
            .collect()
    };
    let ahead = [
        Advantage::WinnerAhead(of(Ahead::Winner)),
        Advantage::BidAhead(of(Ahead::Bid)),
    ];
    let named = |line: &Advantage<'a>| match line {
        Advantage::WinnerAhead(list) | Advantage::BidAhead(list) => !list.is_empty(),
        _ => true,
    };
    let decided = match &comparison.decided_by {
        DecidedBy::Criteria(codes) => {
            Advantage::Decisive(codes.iter().map(|code| criteria.of(code)).collect())
        }
        DecidedBy::Tie(tie) => Advantage::Tie(match tie {
            TieBreak::CriterionMark(code) => TieRule::Mark(criteria.of(code)),
            TieBreak::LowerPrice => TieRule::LowerPrice,
            TieBreak::EarlierReceipt => TieRule::EarlierReceipt,
            TieBreak::DrawnLot => TieRule::DrawnLot,
        }),
        DecidedBy::Method => Advantage::Method,
        DecidedBy::Withheld => Advantage::Withheld,
    };
    let lines = ahead.into_iter().filter(named).chain([decided]);
    lines.map(Say::Advantage).collect()
}
