//! The robustness of a ranking: what would have changed its winner, and what looks abnormal.

use async_graphql::{Enum, ID, SimpleObject};
use commonweal_app::read::robustness::RobustnessView;
use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::{BidId, OrganisationId};
use commonweal_domain::scoring::robustness as domain;

use super::amounts::{Money, Quantity};
use super::node::node_id;
use super::scalars::BigInt;

/// A ranking in short.
#[derive(Debug, Clone, SimpleObject)]
pub struct Outcome {
    /// The first ten bids in order; null when the ranking would be withheld.
    bids: Option<Vec<ID>>,
}

/// Why bids were left out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum LeftOutKind {
    /// They are all losing bids of one beneficial-owner group.
    OwnerGroup,
    /// One losing bid of a group that has more.
    Bid,
    /// Two losing bids.
    Pair,
}

/// A line or target under which the bids would not have mattered.
#[derive(Debug, Clone, SimpleObject)]
pub struct CleanerRule {
    /// The criterion.
    criterion: String,
    /// The price from which on there is no mark, for a line.
    ceiling: Option<Money>,
    /// The price down to which the mark rises, for a line.
    floor: Option<Money>,
    /// The quantity that brings the whole mark, for a target.
    target: Option<Quantity>,
}

/// Losing bids whose absence changes the winner.
#[derive(Debug, Clone, SimpleObject)]
pub struct DecisiveLoss {
    /// Why these bids.
    kind: LeftOutKind,
    /// The top of the owner group, where it is one.
    owner_group: Option<ID>,
    /// The bids.
    bids: Vec<ID>,
    /// The ranking without them.
    ranking: Outcome,
    /// Rules under which the winner is the same with and without them; empty when none was found.
    cleaner_rules: Vec<CleanerRule>,
    /// The winner by these rules.
    cleaner_winner: Option<ID>,
}

/// A pledge that changes the winner when it is capped at the next below.
#[derive(Debug, Clone, SimpleObject)]
pub struct DecisivePledge {
    /// The criterion.
    criterion: String,
    /// Whose pledge was capped: the top one or the top two.
    capped: Vec<ID>,
    /// Whose pledge is the cap.
    at: ID,
    /// The ranking then.
    ranking: Outcome,
}

/// A weight at which a rival draws level.
#[derive(Debug, Clone, SimpleObject)]
pub struct WeightFlip {
    /// The weight as an exact part of 1, such as `8/13`.
    weight: String,
    /// Who leads beyond it.
    rival: ID,
}

/// The weights of one criterion between which the winner leads.
#[derive(Debug, Clone, SimpleObject)]
pub struct WeightInterval {
    /// The criterion, a leaf or a group.
    criterion: String,
    /// Its weight among its siblings, as an exact part of 1.
    weight: String,
    /// The first rival to lead when the weight falls.
    below: Option<WeightFlip>,
    /// The first rival to lead when the weight rises.
    above: Option<WeightFlip>,
}

/// How many runs a bid won.
#[derive(Debug, Clone, SimpleObject)]
pub struct RunsWon {
    /// The bid.
    bid: ID,
    /// The runs.
    runs: BigInt,
}

/// Abnormally low prices by the published rule.
#[derive(Debug, Clone, SimpleObject)]
pub struct LowPrices {
    /// Prices below this are flagged, as an exact fraction of units of the currency; null without a budget to compare with.
    threshold: Option<String>,
    /// Whether the rule asks for a budget that the plan does not state.
    needs_budget: bool,
    /// Bids that may explain their price.
    flagged: Vec<ID>,
}

/// A pledge beyond the plausible rate of its measure.
#[derive(Debug, Clone, SimpleObject)]
pub struct HighPledge {
    /// The bid, which may explain.
    bid: ID,
    /// The code of the measure.
    measure: String,
    /// What the bid promises.
    pledged: Quantity,
    /// The bid's price.
    price: Money,
}

/// What would have changed a ranking's winner. It is reported to people and never changes a mark.
#[derive(Debug, Clone, SimpleObject)]
pub struct Robustness {
    /// The ranking as it is.
    ranking: Outcome,
    /// Whether nothing that was tried changes the winner.
    firm: bool,
    /// Losing owner groups that were left out.
    groups: BigInt,
    /// Pairs of losing bids that were left out.
    pairs: BigInt,
    /// Losing bids whose absence changes the winner, at most 20.
    losses: Vec<DecisiveLoss>,
    /// Further changes of the winner that are not listed.
    more: BigInt,
    /// Sets of bids and caps that were not tried, because the work is bounded.
    not_tried: BigInt,
    /// Pledges that change the winner when they are capped, at most 20.
    pledges: Vec<DecisivePledge>,
    /// Between which weights the winner leads; empty for methods without weights.
    weights: Vec<WeightInterval>,
    /// Rivals that would lead with unrounded marks.
    ahead_unrounded: Vec<ID>,
    /// Abnormally low prices; null where the plan has no rule.
    low_prices: Option<LowPrices>,
    /// Pledges beyond their plausible rate.
    high_pledges: Vec<HighPledge>,
    /// How many runs each bid wins when every consensus mark is replaced by the mark of one evaluator, drawn anew in each run:
    /// for officers and the chair from the ranking on, for everyone once the marks are released; empty for others.
    noise: Vec<RunsWon>,
    /// How many runs there were; null without a simulation or for whoever may not see it.
    noise_runs: Option<BigInt>,
    /// Log index of the report.
    entry_index: BigInt,
}

fn ids(bids: &[BidId]) -> Vec<ID> {
    bids.iter().copied().map(node_id).collect()
}

fn exact(part: Fraction) -> String {
    format!("{}/{}", part.numerator(), part.denominator())
}

impl From<domain::Outcome> for Outcome {
    fn from(outcome: domain::Outcome) -> Self {
        let bids = match outcome {
            domain::Outcome::Ranked(bids) => Some(ids(&bids)),
            domain::Outcome::Withheld => None,
        };
        Self { bids }
    }
}

impl From<domain::LeaveOut> for DecisiveLoss {
    fn from(found: domain::LeaveOut) -> Self {
        let group = |top: OrganisationId| Some(node_id(top));
        let (kind, owner_group) = match found.left_out {
            domain::LeftOut::OwnerGroup(top) => (LeftOutKind::OwnerGroup, group(top)),
            domain::LeftOut::Bid => (LeftOutKind::Bid, None),
            domain::LeftOut::Pair => (LeftOutKind::Pair, None),
        };
        let winner = found.hint.as_ref().map(|hint| node_id(hint.winner));
        Self {
            kind,
            owner_group,
            bids: ids(&found.bids),
            ranking: found.ranking.into(),
            cleaner_rules: found.hint.map(cleaner_rules).unwrap_or_default(),
            cleaner_winner: winner,
        }
    }
}

fn cleaner_rules(hint: domain::Hint) -> Vec<CleanerRule> {
    let lines = hint.lines.into_iter().map(|line| CleanerRule {
        criterion: line.criterion.to_string(),
        ceiling: Some(line.ceiling.into()),
        floor: Some(line.floor.into()),
        target: None,
    });
    let targets = hint.targets.into_iter().map(|target| CleanerRule {
        criterion: target.criterion.to_string(),
        ceiling: None,
        floor: None,
        target: Some((&target.target).into()),
    });
    lines.chain(targets).collect()
}

impl From<domain::WeightInterval> for WeightInterval {
    fn from(found: domain::WeightInterval) -> Self {
        let flip = |flip: domain::Flip| WeightFlip {
            weight: exact(flip.weight),
            rival: node_id(flip.rival),
        };
        Self {
            criterion: found.criterion.to_string(),
            weight: exact(found.weight),
            below: found.below.map(flip),
            above: found.above.map(flip),
        }
    }
}

impl From<RobustnessView> for Robustness {
    fn from(view: RobustnessView) -> Self {
        let report = view.report;
        let firm = report.is_firm();
        let pledge = |found: domain::CappedPledge| DecisivePledge {
            criterion: found.criterion.to_string(),
            capped: ids(&found.capped),
            at: node_id(found.at),
            ranking: found.ranking.into(),
        };
        let low = |found: domain::LowPrices| LowPrices {
            threshold: found.threshold.map(exact),
            needs_budget: found.needs_budget,
            flagged: ids(&found.flagged),
        };
        let high = |found: domain::HighPledge| HighPledge {
            bid: node_id(found.bid),
            measure: found.measure.to_string(),
            pledged: (&found.pledged).into(),
            price: found.price.into(),
        };
        let won = |wins: domain::Wins| RunsWon {
            bid: node_id(wins.bid),
            runs: wins.runs.into(),
        };
        let (intervals, ahead) = report.stability.map_or_else(Default::default, |stability| {
            (stability.intervals, stability.ahead_unrounded)
        });
        let noise_runs = report.noise.as_ref().map(|noise| noise.runs.into());
        let noise = report.noise.map(|noise| noise.wins).unwrap_or_default();
        let tried = report.leave_out;
        let untried = tried.not_tried.saturating_add(report.pledges.not_tried);
        Self {
            ranking: report.ranking.into(),
            firm,
            groups: tried.groups.into(),
            pairs: tried.pairs.into(),
            losses: tried.changes.into_iter().map(Into::into).collect(),
            more: tried.more.into(),
            not_tried: untried.into(),
            pledges: report.pledges.changes.into_iter().map(pledge).collect(),
            weights: intervals.into_iter().map(Into::into).collect(),
            ahead_unrounded: ids(&ahead),
            low_prices: report.low_prices.map(low),
            high_pledges: report.high_pledges.into_iter().map(high).collect(),
            noise: noise.into_iter().map(won).collect(),
            noise_runs,
            entry_index: view.entry_index.into(),
        }
    }
}
