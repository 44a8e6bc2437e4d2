//! A cleaner rule under which a bid that cannot win would not have decided who does.

use serde::{Deserialize, Serialize};

use super::Case;
use crate::amount::{Money, Quantity};
use crate::catalogue::MeasureCode;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::{Change, Evaluation, evaluate};
use crate::scoring::rules::{PriceLinear, PriceOf, QuantityToTarget, Rule};
use crate::tender::code::CriterionCode;
use crate::tender::criteria::{Criterion, CriterionKind};
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;

/// "The linear price rule keeps the winner": a published line or target in the place of each rule that compares prices or
/// promises, evaluated with and without the bids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The lines that take the place of rules which compare prices.
    pub lines: Vec<Line>,
    /// The targets that take the place of rules which compare promises.
    pub targets: Vec<Target>,
    /// The winner by these rules, whether the bids take part or not.
    pub winner: BidId,
}

/// A published line for one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The price from which on there is no mark: here the highest price of all bids.
    pub ceiling: Money,
    /// The price down to which the mark rises: here the plan's minimum price, or zero.
    pub floor: Money,
}

/// A published target for one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The quantity that brings the whole mark: here the highest promise of all bids.
    pub target: Quantity,
}

/// A lot by cleaner rules.
pub(super) struct CleanLot {
    lot: Lot,
    lines: Vec<Line>,
    targets: Vec<Target>,
}

impl CleanLot {
    /// `None` where no rule has a cleaner one in its place.
    pub(super) fn of(case: &Case<'_>) -> Option<Self> {
        let mut lot = case.lot.clone();
        let mut cleaner = Cleaner {
            plan: case.plan,
            lot: case.lot,
            entrants: case.entrants,
            lines: Vec::new(),
            targets: Vec::new(),
        };
        cleaner.replace_all(&mut lot.criteria);
        let Cleaner { lines, targets, .. } = cleaner;
        let found = !lines.is_empty() || !targets.is_empty();
        found.then_some(Self {
            lot,
            lines,
            targets,
        })
    }

    /// All bids evaluated by the cleaner rules.
    pub(super) fn evaluate<'r>(&'r self, case: &Case<'r>) -> Result<Clean<'r>, ArithmeticError> {
        let evaluation = evaluate(case.plan, &self.lot, case.entrants, case.facts)?;
        Ok(Clean {
            rules: self,
            compared: evaluation.compared(),
            evaluation,
        })
    }
}

/// The evaluation by cleaner rules.
pub(super) struct Clean<'r> {
    rules: &'r CleanLot,
    evaluation: Evaluation<'r>,
    compared: Vec<Vec<(Fraction, BidId)>>,
}

impl Clean<'_> {
    /// The hint for bids that change the winner, when the cleaner rules keep it.
    pub(super) fn hint(&self, change: &Change<'_>) -> Option<Hint> {
        let winner = self.evaluation.ranking().winner()?;
        let (ranking, _) = self.evaluation.again(change, &self.compared);
        (ranking.winner() == Some(winner)).then(|| Hint {
            lines: self.rules.lines.clone(),
            targets: self.rules.targets.clone(),
            winner,
        })
    }
}

struct Cleaner<'a> {
    plan: &'a Plan,
    lot: &'a Lot,
    entrants: &'a [Entrant],
    lines: Vec<Line>,
    targets: Vec<Target>,
}

impl Cleaner<'_> {
    fn replace_all(&mut self, criteria: &mut [Criterion]) {
        for criterion in criteria {
            match &mut criterion.kind {
                CriterionKind::Group(children) => self.replace_all(children),
                CriterionKind::Rule(rule) => self.replace(rule, &criterion.code),
            }
        }
    }

    /// Replaces a rule that compares, also below a bonus or an uplift.
    fn replace(&mut self, rule: &mut Rule, code: &CriterionCode) {
        let of = match rule {
            Rule::Bonus(bonus) => return self.replace(&mut bonus.base, code),
            Rule::Uplift(uplift) => return self.replace(&mut uplift.base, code),
            Rule::PriceRelativeLowest(rule) => rule.of,
            Rule::PriceRange(rule) => rule.of,
            Rule::QuantityRelativeHighest(relative) => {
                let Some(target) = self.highest(&relative.measures) else {
                    return;
                };
                self.targets.push(Target {
                    criterion: code.clone(),
                    target: target.clone(),
                });
                *rule = Rule::from(QuantityToTarget {
                    measures: relative.measures.clone(),
                    target,
                    method_statement: relative.method_statement,
                });
                return;
            }
            _ => return,
        };
        if let Some(line) = self.line(of, code) {
            self.lines.push(Line {
                criterion: code.clone(),
                ceiling: line.ceiling,
                floor: line.floor,
            });
            *rule = Rule::from(line);
        }
    }

    fn line(&self, of: PriceOf, code: &CriterionCode) -> Option<PriceLinear> {
        let price = |entrant: &Entrant| match of {
            PriceOf::Total => entrant.content.price,
            PriceOf::Item => entrant.content.item_prices.as_ref()?.get(code).copied(),
        };
        let in_currency = |price: &Money| price.currency() == self.plan.currency;
        let prices = self.entrants.iter().filter_map(price).filter(in_currency);
        let ceiling = prices.max_by_key(|price| price.minor())?;
        let none = Money::from_minor(0, self.plan.currency);
        let floor = self.lot.minimum_price.filter(|_| of == PriceOf::Total);
        let floor = floor.unwrap_or(none);
        (ceiling.minor() > floor.minor()).then_some(PriceLinear { of, ceiling, floor })
    }

    /// The highest sum of promises to the measures; none where nobody promises anything.
    fn highest(&self, measures: &[MeasureCode]) -> Option<Quantity> {
        let sum = |entrant: &Entrant| {
            let commitments = entrant.content.commitments.as_ref()?;
            let counted = commitments
                .iter()
                .filter(|commitment| measures.contains(&commitment.measure.code))
                .map(|commitment| commitment.quantity.clone());
            counted
                .map(Some)
                .reduce(|sum, next| sum?.plus(&next?).ok())?
        };
        let sums = self.entrants.iter().filter_map(sum);
        sums.max_by_key(Quantity::units)
            .filter(|highest| highest.units() > 0)
    }
}
