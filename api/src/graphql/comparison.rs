//! A losing bid beside the winner.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use commonweal_domain::ids::BidId;
use commonweal_domain::scoring::comparison::{self as domain, Ahead as Lead};

use super::bid::{self, Bid};
use super::plan::{BidField, TieBreak};
use super::scalars::Decimal;

/// Who is ahead on a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Ahead {
    /// The winner: a relative advantage of it.
    Winner,
    /// The bid.
    Bid,
    /// Both have the same mark.
    Neither,
    /// The caller may not see one of the marks.
    Withheld,
}

/// What one criterion brought to a bid and to the winner.
#[derive(Debug, Clone, SimpleObject)]
pub struct ComparedMark {
    /// The criterion.
    criterion: String,
    /// What people call it.
    title: String,
    /// `W`: the points that it can bring.
    points: Decimal,
    /// The bid's mark; null where there is none that the caller may see.
    mark: Option<Decimal>,
    /// The winner's mark; null where there is none that the caller may see.
    winner_mark: Option<Decimal>,
    /// The winner's mark less the bid's; null where one of them is.
    difference: Option<Decimal>,
    /// Who is ahead.
    ahead: Ahead,
    /// The field that the plan withholds from the caller, from which a mark could be found.
    withheld: Option<BidField>,
}

impl From<domain::ComparedMark> for ComparedMark {
    fn from(compared: domain::ComparedMark) -> Self {
        let (ahead, withheld) = match compared.ahead {
            Lead::Winner => (Ahead::Winner, None),
            Lead::Bid => (Ahead::Bid, None),
            Lead::Neither => (Ahead::Neither, None),
            Lead::Withheld(field) => (Ahead::Withheld, Some(field.into())),
        };
        let rounded = |mark: commonweal_domain::scoring::scorecard::Mark| {
            mark.rounded().map(|mark| Decimal(mark.to_string()))
        };
        Self {
            criterion: compared.criterion.to_string(),
            title: compared.title,
            points: Decimal(compared.points),
            mark: rounded(compared.mark),
            winner_mark: rounded(compared.winner),
            difference: compared.difference.map(|it| Decimal(it.to_string())),
            ahead,
            withheld,
        }
    }
}

/// What put the winner before a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DecidedBy {
    /// The named criteria.
    Criteria,
    /// The totals are equal, and a published rule for ties decided.
    Tie,
    /// The method, which makes more than a sum of the marks.
    Method,
    /// The caller may not see every mark.
    Withheld,
}

/// A losing bid beside the winner, as far as the caller may see both.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct BidComparison {
    /// One for each leaf of the plan, in its order.
    criteria: Vec<ComparedMark>,
    /// The total of the bid; null where a mark is withheld from the caller.
    total: Option<Decimal>,
    /// The total of the winner; null where a mark is withheld from the caller.
    winner_total: Option<Decimal>,
    /// The winner's total less the bid's; null where one of them is.
    margin: Option<Decimal>,
    /// What put the winner before the bid.
    decided_by: DecidedBy,
    /// The largest advantages of the winner, as few as make up the margin: without them the bid would not have lost.
    decisive_criteria: Vec<String>,
    /// The rule for ties that decided.
    tie_decided_by: Option<TieBreak>,
    #[graphql(skip)]
    winner_id: BidId,
}

#[ComplexObject]
impl BidComparison {
    /// The bid at rank 1.
    async fn winner(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        bid::load(context, self.winner_id).await
    }
}

impl From<domain::Comparison> for BidComparison {
    fn from(comparison: domain::Comparison) -> Self {
        let points = |total: commonweal_domain::scoring::Points| Decimal(total.to_string());
        let (decided_by, decisive, tie) = match comparison.decided_by {
            domain::DecidedBy::Criteria(codes) => (DecidedBy::Criteria, codes, None),
            domain::DecidedBy::Tie(tie) => (DecidedBy::Tie, Vec::new(), Some(tie.into())),
            domain::DecidedBy::Method => (DecidedBy::Method, Vec::new(), None),
            domain::DecidedBy::Withheld => (DecidedBy::Withheld, Vec::new(), None),
        };
        Self {
            criteria: comparison.criteria.into_iter().map(Into::into).collect(),
            total: comparison.total.map(points),
            winner_total: comparison.winner_total.map(points),
            margin: comparison.margin.map(|it| Decimal(it.to_string())),
            decided_by,
            decisive_criteria: decisive.iter().map(ToString::to_string).collect(),
            tie_decided_by: tie,
            winner_id: comparison.winner,
        }
    }
}
