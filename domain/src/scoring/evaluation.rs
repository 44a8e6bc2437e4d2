//! The evaluation: exclusions first, then marks, totals and ranks. The service and the watchdog's tool run this code.

use serde::{Deserialize, Serialize};

use super::entrant::{Entrant, Facts};
use super::exclusion::{Excluded, grounds};
use super::points::Points;
use super::ranking::{Ranking, Row, rank};
use super::rules::{Case, Gap, Reason};
use super::scorecard::{Audience, Mark, Scorecard, ScoredMark};
use crate::amount::Money;
use crate::fraction::ArithmeticError;
use crate::ids::BidId;
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::{Hash, sha256};
use crate::tender::criteria::Leaf;
use crate::tender::plan::{Plan, Rounding};

/// An evaluation with all marks; scorecards are explained on request.
#[derive(Debug)]
pub struct Evaluation<'a> {
    plan: &'a Plan,
    facts: &'a Facts,
    leaves: Vec<Leaf<'a>>,
    /// For each leaf the lowest price that a relative rule compares with.
    lowest: Vec<Option<Result<Money, Gap>>>,
    excluded: Vec<Excluded>,
    scored: Vec<Scored<'a>>,
    ranking: Ranking,
}

#[derive(Debug)]
struct Scored<'a> {
    entrant: &'a Entrant,
    marks: Vec<Mark>,
    total: Option<Points>,
}

/// The marks of one bid as they stand in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The bid.
    pub bid: BidId,
    /// Rounded marks in the order of the plan's leaves; `null` where there is none or it is withheld.
    pub marks: Vec<Option<Points>>,
    /// The total; none where a mark is missing or withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Points>,
}

/// The result of an evaluation as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedResult {
    /// Bids that the plan excludes, by id.
    pub excluded: Vec<Excluded>,
    /// The marks of the others, by id.
    pub scores: Vec<Score>,
    /// The ranking, or why it is withheld.
    pub ranking: Ranking,
    /// The seed of the draw, when a lot decided a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Hash>,
    /// SHA-256 of the canonical JSON of all scorecards, by id, as the public may see them: it pins every input and formula.
    pub scorecards: Hash,
}

/// Evaluates the bids by the plan. The order of `entrants` does not matter.
///
/// A rule without a value withholds the ranking; only weights beyond exact numbers are an error, which
/// [`Plan::check`] refuses.
pub fn evaluate<'a>(
    plan: &'a Plan,
    entrants: &'a [Entrant],
    facts: &'a Facts,
) -> Result<Evaluation<'a>, ArithmeticError> {
    let leaves = plan.leaves()?;
    let mut sorted: Vec<&Entrant> = entrants.iter().collect();
    sorted.sort_by_key(|entrant| entrant.bid);
    let mut excluded = Vec::new();
    let mut eligible = Vec::new();
    for entrant in sorted {
        let grounds = grounds(plan, &leaves, entrant);
        if grounds.is_empty() {
            eligible.push(entrant);
        } else {
            let bid = entrant.bid;
            excluded.push(Excluded { bid, grounds });
        }
    }
    let lowest: Vec<_> = leaves.iter().map(|leaf| lowest(leaf, &eligible)).collect();
    let mut evaluation = Evaluation {
        plan,
        facts,
        leaves,
        lowest,
        excluded,
        scored: Vec::new(),
        ranking: Ranking::NotKnown,
    };
    for entrant in eligible {
        let scored = evaluation.score(entrant)?;
        evaluation.scored.push(scored);
    }
    evaluation.ranking = {
        let rows: Vec<Row<'_>> = evaluation.scored.iter().map(Scored::row).collect();
        rank(plan, &evaluation.leaves, &rows, facts)
    };
    Ok(evaluation)
}

/// The lowest price among bids that state one; withheld when one of them is withheld.
fn lowest(leaf: &Leaf<'_>, eligible: &[&Entrant]) -> Option<Result<Money, Gap>> {
    let prices = eligible
        .iter()
        .filter_map(|entrant| leaf.rule.compares(&leaf.criterion.code, entrant));
    let mut lowest: Option<Result<Money, Gap>> = None;
    for price in prices {
        lowest = match (lowest, price) {
            (_, Err(gap @ Gap::Withheld(_))) => return Some(Err(gap)),
            (Some(Ok(low)), Ok(price)) if low.minor() <= price.minor() => Some(Ok(low)),
            (_, Ok(price)) => Some(Ok(price)),
            (low, Err(Gap::Undefined(_))) => low,
        };
    }
    lowest
}

impl Scored<'_> {
    fn row(&self) -> Row<'_> {
        Row {
            entrant: self.entrant,
            marks: &self.marks,
            total: self.total,
        }
    }
}

impl<'a> Evaluation<'a> {
    /// The ranking, or why it is withheld or not known.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Bids that the plan excludes, by id.
    pub fn excluded(&self) -> &[Excluded] {
        &self.excluded
    }

    /// The explained marks of a bid that was scored.
    pub fn scorecard(&self, bid: BidId) -> Option<Scorecard> {
        let by_id = self
            .scored
            .binary_search_by_key(&bid, |scored| scored.entrant.bid);
        Some(self.explain(self.scored.get(by_id.ok()?)?))
    }

    /// The explained marks of every bid that was scored, by id.
    pub fn scorecards(&self) -> impl Iterator<Item = Scorecard> + '_ {
        self.scored.iter().map(|scored| self.explain(scored))
    }

    /// The result as the log holds it, without what the plan withholds from the public.
    pub fn publish(&self) -> Result<PublishedResult, EncodingError> {
        let public: Vec<Scorecard> = self
            .scorecards()
            .map(|card| card.shown_to(Audience::Public, self.plan))
            .collect();
        let scores = public.iter().map(|card| Score {
            bid: card.bid,
            marks: card.marks.iter().map(|mark| mark.mark.rounded()).collect(),
            total: card.total,
        });
        Ok(PublishedResult {
            excluded: self.excluded.clone(),
            scores: scores.collect(),
            ranking: self.public_ranking(),
            draw: self.ranking.used_lot().then_some(self.facts.seed),
            scorecards: sha256(&canonical_blob(&public)?),
        })
    }

    fn public_ranking(&self) -> Ranking {
        let disclosure = &self.plan.disclosure;
        let shown = |leaf: &Leaf<'_>| disclosure.shows(leaf.rule.reads());
        match &self.ranking {
            Ranking::Ranked(places) if !self.leaves.iter().all(shown) => Ranking::Ranked(
                places
                    .iter()
                    .map(|place| super::ranking::Place {
                        total: None,
                        ..place.clone()
                    })
                    .collect(),
            ),
            ranking => ranking.clone(),
        }
    }

    fn case<'b>(&'b self, index: usize, leaf: &'b Leaf<'a>, entrant: &'b Entrant) -> Case<'b> {
        Case {
            code: &leaf.criterion.code,
            points: leaf.points,
            entrant,
            lowest: self.lowest.get(index).copied().flatten(),
            facts: self.facts,
        }
    }

    fn score(&self, entrant: &'a Entrant) -> Result<Scored<'a>, ArithmeticError> {
        let scale = self.plan.mark_scale;
        let marks: Vec<Mark> = self
            .leaves
            .iter()
            .enumerate()
            .map(|(index, leaf)| {
                let exact = leaf.rule.mark(&self.case(index, leaf, entrant));
                let rounded = exact.and_then(|exact| {
                    let Rounding::HalfEven = self.plan.rounding;
                    let rounded = Points::rounded(exact, scale)?;
                    Ok(Mark::Defined { exact, rounded })
                });
                rounded.unwrap_or_else(|gap| match gap {
                    Gap::Withheld(field) => Mark::Withheld(field),
                    Gap::Undefined(reason) => Mark::Undefined(reason),
                })
            })
            .collect();
        let rounded: Option<Vec<Points>> = marks.iter().map(|mark| mark.rounded()).collect();
        let total = rounded.map(|marks| Points::sum(marks.into_iter(), scale));
        Ok(Scored {
            entrant,
            marks,
            total: total.transpose()?,
        })
    }

    fn explain(&self, scored: &Scored<'_>) -> Scorecard {
        let marks = self.leaves.iter().zip(&scored.marks).enumerate();
        Scorecard {
            bid: scored.entrant.bid,
            catalogue: self.plan.catalogue,
            marks: marks
                .map(|(index, (leaf, mark))| ScoredMark {
                    criterion: leaf.criterion.code.clone(),
                    rule: leaf.rule.id().to_owned(),
                    formula: leaf.rule.formula().to_owned(),
                    points: points_text(leaf),
                    inputs: leaf.rule.inputs(&self.case(index, leaf, scored.entrant)),
                    mark: *mark,
                })
                .collect(),
            total: scored.total,
        }
    }
}

/// `W` as the shortest exact decimal; checked plans have at most 8 places.
fn points_text(leaf: &Leaf<'_>) -> String {
    leaf.points.round(8).map_or_else(
        |_| Reason::OutOfRange.to_string(),
        |points| points.normalize().to_string(),
    )
}
