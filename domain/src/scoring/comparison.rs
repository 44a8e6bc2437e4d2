//! A losing bid beside the winner: what each criterion brought to both, and what decided between them. Buyers owe a losing
//! bidder the relative advantages of the winner (Directive 2014/24/EU art. 55(2)(c), Procurement Act 2023 s. 50).
//!
//! It is made of scorecards as the reader may see them, so that it tells nothing that they do not: what is withheld from
//! the reader is absent, and the comparison says so.

use rust_decimal::Decimal;

use super::points::Points;
use super::ranking::{Place, Ranking};
use super::scorecard::{Mark, Scorecard, ScoredMark};
use crate::fraction::ArithmeticError;
use crate::ids::BidId;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;
use crate::tender::plan::{Method, Plan, TieBreak};

/// A losing bid beside the winner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The bid that wins the lot.
    pub winner: BidId,
    /// One for each leaf of the lot, in its order.
    pub criteria: Vec<ComparedMark>,
    /// The total of the bid; none where a mark is withheld from the reader.
    pub total: Option<Points>,
    /// The total of the winner; none where a mark is withheld from the reader.
    pub winner_total: Option<Points>,
    /// The winner's total less the bid's, below zero where the lowest total wins; none where one of them is.
    pub margin: Option<Decimal>,
    /// What put the winner before the bid.
    pub decided_by: DecidedBy,
}

/// What one criterion brought to both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedMark {
    /// The criterion.
    pub criterion: CriterionCode,
    /// What people call it.
    pub title: String,
    /// `W`: the points that it can bring, as exact decimal.
    pub points: String,
    /// The bid's mark.
    pub mark: Mark,
    /// The winner's mark.
    pub winner: Mark,
    /// The winner's mark less the bid's; none where the reader may not see one of them.
    pub difference: Option<Decimal>,
    /// Who is ahead.
    pub ahead: Ahead,
}

/// Who is ahead on a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// The winner: a relative advantage of it.
    Winner,
    /// The bid.
    Bid,
    /// Both have the same mark.
    Neither,
    /// It follows from a field that this reader may not see, or that nobody knows.
    Withheld(BidField),
}

/// What put the winner before a bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedBy {
    /// The largest advantages of the winner, as few as make up the margin: without them the bid would not have lost.
    Criteria(Vec<CriterionCode>),
    /// The totals are equal, and this published rule decided.
    Tie(TieBreak),
    /// The method, which makes more than a sum of the marks.
    Method,
    /// The reader may not see every mark.
    Withheld,
}

/// Compares a bid with the one that wins its lot, both as the reader may see them. `None` for the winner itself, for a bid
/// that is ranked before it (and was passed over because of a limit of lots), and when one of them is not ranked.
pub fn compare(
    plan: &Plan,
    ranking: &Ranking,
    bid: &Scorecard,
    winner: &Scorecard,
) -> Result<Option<Comparison>, ArithmeticError> {
    let Ranking::Ranked(places) = ranking else {
        return Ok(None);
    };
    let index = |card: &Scorecard| places.iter().position(|place| place.bid == card.bid);
    let ranks = index(winner)
        .zip(index(bid))
        .filter(|(won, lost)| won < lost);
    let between = ranks.and_then(|(won, lost)| places.get(won..lost));
    let (Some(between), Some(lot)) = (between, plan.lot(&bid.lot)) else {
        return Ok(None);
    };
    let leaves = plan.leaves_of(lot)?;
    let marks = bid.marks.iter().zip(&winner.marks).zip(&leaves);
    let criteria: Vec<ComparedMark> = marks
        .map(|((bid, winner), leaf)| compared(leaf.criterion.title.clone(), bid, winner))
        .collect::<Result<_, _>>()?;
    let totals = winner.total.zip(bid.total);
    let margin = totals.map(|(winner, bid)| minus(winner, bid)).transpose()?;
    Ok(Some(Comparison {
        winner: winner.bid,
        total: bid.total,
        winner_total: winner.total,
        margin,
        decided_by: match margin {
            None => DecidedBy::Withheld,
            Some(margin) if margin.is_zero() => tie(plan, between),
            Some(_) if plan.method != Method::WeightedSum => DecidedBy::Method,
            Some(margin) => DecidedBy::Criteria(decisive(&criteria, margin)?),
        },
        criteria,
    }))
}

fn minus(a: Points, b: Points) -> Result<Decimal, ArithmeticError> {
    let difference = a.decimal().checked_sub(b.decimal());
    difference.ok_or(ArithmeticError::Overflow)
}

fn compared(
    title: String,
    bid: &ScoredMark,
    winner: &ScoredMark,
) -> Result<ComparedMark, ArithmeticError> {
    let rounded = winner.mark.rounded().zip(bid.mark.rounded());
    let difference = rounded
        .map(|(winner, bid)| minus(winner, bid))
        .transpose()?;
    let ahead = match (difference, bid.mark, winner.mark) {
        (_, Mark::Withheld(field) | Mark::Unknown(field), _)
        | (_, _, Mark::Withheld(field) | Mark::Unknown(field)) => Ahead::Withheld(field),
        (Some(difference), _, _) if difference > Decimal::ZERO => Ahead::Winner,
        (Some(difference), _, _) if difference < Decimal::ZERO => Ahead::Bid,
        _ => Ahead::Neither,
    };
    Ok(ComparedMark {
        criterion: bid.criterion.clone(),
        title,
        points: bid.points.clone(),
        mark: bid.mark,
        winner: winner.mark,
        difference,
        ahead,
    })
}

/// The largest advantages of the winner, of equal ones the first, until they make up the margin.
fn decisive(
    criteria: &[ComparedMark],
    margin: Decimal,
) -> Result<Vec<CriterionCode>, ArithmeticError> {
    let mut advantages: Vec<(&ComparedMark, Decimal)> = criteria
        .iter()
        .filter_map(|compared| Some((compared, compared.difference?)))
        .filter(|(compared, _)| compared.ahead == Ahead::Winner)
        .collect();
    advantages.sort_by_key(|(_, difference)| std::cmp::Reverse(*difference));
    let mut made_up = Decimal::ZERO;
    let mut decisive = Vec::new();
    for (compared, difference) in advantages {
        if made_up >= margin {
            break;
        }
        made_up = made_up
            .checked_add(difference)
            .ok_or(ArithmeticError::Overflow)?;
        decisive.push(compared.criterion.clone());
    }
    Ok(decisive)
}

/// What decided between two equal totals. The list is lexicographic: between bids that are not neighbours it is the
/// earliest rule that separates any two neighbours from one to the other.
fn tie(plan: &Plan, between: &[Place]) -> DecidedBy {
    let deciding = between
        .iter()
        .filter_map(|place| place.tie_decided_by.as_ref());
    let first = |tie: &TieBreak| plan.tie_breaks.iter().position(|listed| listed == tie);
    let earliest = deciding.min_by_key(|tie| first(tie));
    earliest.map_or(DecidedBy::Withheld, |tie| DecidedBy::Tie(tie.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::scorecard::Audience;
    use crate::scoring::{Entrant, evaluate};
    use crate::tender::disclosure::Disclosure;
    use crate::tender::fixtures::*;

    /// Price 50 relative to the lowest, quality 30 and method 20 by the panel's levels.
    fn priced(prices: Disclosure) -> Plan {
        let mut plan = plan(vec![
            leaf("PRICE", "50", relative()),
            leaf("QUALITY", "30", levels(&[0, 1, 2, 3], None)),
            leaf("METHOD", "20", levels(&[0, 1, 2, 3, 4, 5], None)),
        ]);
        plan.disclosure.price = prices;
        plan
    }

    fn against_winner(
        plan: &Plan,
        bids: &[Entrant],
        of: u128,
        audience: Audience,
    ) -> Option<Comparison> {
        let facts = facts(&[]);
        let evaluation = evaluate(plan, &plan.lots[0], bids, &facts).unwrap();
        let ranking = evaluation.ranking();
        let card = |id| evaluation.scorecard(id).unwrap().shown_to(audience, plan);
        let winner = card(ranking.winner().unwrap());
        compare(plan, ranking, &card(bid(of)), &winner).unwrap()
    }

    fn two() -> Vec<Entrant> {
        vec![
            entrant(1, "100", &[("QUALITY", 2), ("METHOD", 5)]),
            entrant(2, "80", &[("QUALITY", 1), ("METHOD", 1)]),
        ]
    }

    #[test]
    fn each_criterion_stands_beside_the_winner_and_the_decisive_ones_make_up_the_margin() {
        // 40 + 20 + 20 = 80 beats 50 + 10 + 4 = 64.
        let told =
            against_winner(&priced(Disclosure::Public), &two(), 2, Audience::Public).unwrap();
        assert_eq!(told.winner, bid(1));
        assert_eq!(told.margin.unwrap().to_string(), "16.0000");
        let differences: Vec<String> = told
            .criteria
            .iter()
            .map(|compared| compared.difference.unwrap().to_string())
            .collect();
        assert_eq!(differences, ["-10.0000", "10.0000", "16.0000"]);
        let ahead: Vec<Ahead> = told
            .criteria
            .iter()
            .map(|compared| compared.ahead)
            .collect();
        assert_eq!(ahead, [Ahead::Bid, Ahead::Winner, Ahead::Winner]);
        assert_eq!(told.decided_by, DecidedBy::Criteria(vec![code("METHOD")]));
    }

    #[test]
    fn the_winner_has_nobody_to_be_compared_with() {
        let plan = priced(Disclosure::Public);
        assert_eq!(against_winner(&plan, &two(), 1, Audience::Full), None);
    }

    #[test]
    fn what_the_reader_may_not_see_is_absent_and_said_so() {
        let plan = priced(Disclosure::Parties);
        let told = against_winner(&plan, &two(), 2, Audience::Public).unwrap();
        let price = &told.criteria[0];
        assert_eq!(price.ahead, Ahead::Withheld(BidField::Price));
        assert_eq!((price.difference, price.mark.rounded()), (None, None));
        assert_eq!(
            (told.margin, told.total, told.winner_total),
            (None, None, None)
        );
        assert_eq!(told.decided_by, DecidedBy::Withheld);
        // The panel's levels stay.
        assert_eq!(told.criteria[2].ahead, Ahead::Winner);
        let party = against_winner(&plan, &two(), 2, Audience::Party).unwrap();
        assert_eq!(party.margin.unwrap().to_string(), "16.0000");
    }

    #[test]
    fn equal_totals_name_the_rule_that_decided_also_between_bids_that_are_no_neighbours() {
        let mut plan = priced(Disclosure::Public);
        plan.tie_breaks = vec![
            TieBreak::CriterionMark(code("METHOD")),
            TieBreak::LowerPrice,
            TieBreak::DrawnLot,
        ];
        let bids = [
            entrant(1, "100", &[("QUALITY", 0), ("METHOD", 5)]),
            entrant(2, "100", &[("QUALITY", 2), ("METHOD", 0)]),
            entrant(3, "100", &[("QUALITY", 2), ("METHOD", 0)]),
        ];
        for loser in [2, 3] {
            let told = against_winner(&plan, &bids, loser, Audience::Full).unwrap();
            let method = TieBreak::CriterionMark(code("METHOD"));
            assert_eq!(told.decided_by, DecidedBy::Tie(method), "{loser}");
        }
    }
}
