//! The same bids ranked again with a small difference: some left out, or some with another content. Only what the
//! difference reaches is computed: the marks of other contents, and the marks of criteria whose lowest or highest value moves.

use std::collections::BTreeSet;

use super::{Evaluation, Scored, spanned};
use crate::fraction::Fraction;
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::exclusion::grounds;
use crate::scoring::points::Points;
use crate::scoring::ranking::{Ranking, Row, rank};
use crate::scoring::rules::{Gap, Range};
use crate::scoring::scorecard::Mark;
use crate::tender::criteria::Leaf;

/// What is different.
#[derive(Debug, Clone, Copy)]
pub(in crate::scoring) struct Change<'c> {
    /// Bids that do not take part.
    pub(in crate::scoring) without: &'c BTreeSet<BidId>,
    /// Bids of the lot with another content, each in the place of the one with its id.
    pub(in crate::scoring) instead: &'c [Entrant],
}

impl Change<'_> {
    fn touches(&self, bid: BidId) -> bool {
        self.without.contains(&bid) || self.instead.iter().any(|other| other.bid == bid)
    }
}

/// A criterion whose marks change for everybody.
struct Moved<'e, 'a> {
    index: usize,
    leaf: &'e Leaf<'a>,
    range: Option<Result<Range, Gap>>,
}

impl<'a> Evaluation<'a> {
    /// The ranking with a difference, and how many marks were computed for it. It equals the ranking of an evaluation of
    /// the changed bids. Only for a ranking that is neither withheld nor unknown; `compared` is what [`Self::compared`] found.
    pub(in crate::scoring) fn again(
        &self,
        change: &Change<'_>,
        compared: &[Vec<(Fraction, BidId)>],
    ) -> (Ranking, u64) {
        let taking_part: Vec<&Entrant> = change
            .instead
            .iter()
            .filter(|entrant| !change.without.contains(&entrant.bid))
            .filter(|entrant| {
                grounds(self.plan, self.lot, &self.leaves, entrant, self.facts).is_empty()
            })
            .collect();
        let ranges = self.ranges_again(change, &taking_part, compared);
        let moved: Vec<Moved<'_, 'a>> = (0..)
            .zip(&self.leaves)
            .zip(&ranges)
            .filter(|((index, _), range)| self.ranges.get(*index) != Some(*range))
            .map(|((index, leaf), range)| Moved {
                index,
                leaf,
                range: *range,
            })
            .collect();
        let stay = self
            .scored
            .iter()
            .filter(|scored| !change.touches(scored.entrant.bid));
        let stay: Vec<&Scored<'a>> = stay.collect();
        let marks: Vec<(usize, Mark)> = stay
            .iter()
            .flat_map(|scored| moved.iter().map(|moved| self.moved(moved, scored.entrant)))
            .collect();
        let new: Vec<(&Entrant, Vec<Mark>)> = taking_part
            .iter()
            .map(|entrant| (*entrant, self.marks_in(&ranges, entrant)))
            .collect();
        let mut rows: Vec<Row<'_>> = Vec::new();
        let mut rest = marks.as_slice();
        for scored in stay {
            let (changed, others) = rest.split_at_checked(moved.len()).unwrap_or_default();
            rest = others;
            rows.push(Row {
                entrant: scored.entrant,
                marks: &scored.marks,
                changed,
                total: self.total_again(scored, changed),
            });
        }
        for (entrant, marks) in &new {
            let rounded: Option<Vec<Points>> = marks.iter().map(|mark| mark.rounded()).collect();
            let sum = rounded.map(|rounded| self.sum(rounded.into_iter()));
            rows.push(Row {
                entrant,
                marks,
                changed: &[],
                total: sum.map(|sum| self.total(entrant, sum)),
            });
        }
        rows.sort_unstable_by_key(|row| row.entrant.bid);
        let ranking = rank(self.plan, &self.leaves, &rows, self.facts);
        let computed = new.len().saturating_mul(self.leaves.len());
        let computed = computed.saturating_add(marks.len());
        (ranking, u64::try_from(computed).unwrap_or(u64::MAX))
    }

    /// The values that each criterion compares among the bids that stay and the new contents.
    fn ranges_again(
        &self,
        change: &Change<'_>,
        taking_part: &[&Entrant],
        compared: &[Vec<(Fraction, BidId)>],
    ) -> Vec<Option<Result<Range, Gap>>> {
        let stays = |(value, bid): &&(Fraction, BidId)| {
            Some(Ok(*value)).filter(|_: &Result<Fraction, Gap>| !change.touches(*bid))
        };
        let range = |(leaf, values): (&Leaf<'a>, &Vec<(Fraction, BidId)>)| {
            let lowest = values.iter().find_map(|value| stays(&value));
            let highest = values.iter().rev().find_map(|value| stays(&value));
            let new = taking_part
                .iter()
                .filter_map(|entrant| leaf.rule.compares(&self.case_in(None, leaf, entrant)));
            spanned(lowest.into_iter().chain(highest).chain(new))
        };
        self.leaves.iter().zip(compared).map(range).collect()
    }

    fn moved(&self, moved: &Moved<'_, 'a>, entrant: &Entrant) -> (usize, Mark) {
        let case = self.case_in(moved.range, moved.leaf, entrant);
        (moved.index, self.mark(moved.leaf, &case))
    }

    fn marks_in(&self, ranges: &[Option<Result<Range, Gap>>], entrant: &Entrant) -> Vec<Mark> {
        let leaves = self.leaves.iter().zip(ranges);
        let mark = |(leaf, range): (&Leaf<'a>, &Option<Result<Range, Gap>>)| {
            self.mark(leaf, &self.case_in(*range, leaf, entrant))
        };
        leaves.map(mark).collect()
    }

    /// The total with changed marks; none while one is missing or not known.
    fn total_again(&self, scored: &Scored<'_>, changed: &[(usize, Mark)]) -> Option<Mark> {
        if changed.is_empty() {
            return scored.total;
        }
        let mut sum = scored.sum?;
        for (index, mark) in changed {
            let old = scored.marks.get(*index)?.rounded()?;
            let new = mark.rounded()?;
            sum = sum.and_then(|sum| Ok(sum.exchange(old, new)?));
        }
        Some(self.total(scored.entrant, sum))
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests calculate freely")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scoring::evaluation::evaluate;
    use crate::scoring::methods::{Method, PricePerQualityPoint};
    use crate::scoring::rules::{PriceRange, QuantityRelativeHighest, Rule};
    use crate::tender::fixtures::*;
    use crate::tender::plan::Plan;

    /// Price, promised hours, price range and two judged criteria, one with a minimum level.
    fn contest_plan(by_price: bool) -> Plan {
        let highest = Rule::from(QuantityRelativeHighest {
            measures: vec!["VOL-1".parse().unwrap()],
            method_statement: false,
        });
        let range = Rule::from(PriceRange {
            of: crate::scoring::rules::PriceOf::Total,
        });
        let judged = levels(&[0, 1, 2, 3], Some(1));
        let mut plan = plan(vec![
            leaf("PRICE", "30", relative()),
            leaf("RANGE", "10", range),
            leaf("HOURS", "20", highest),
            leaf("Q-1", "25", judged),
            leaf("Q-2", "15", levels(&[0, 1, 2], None)),
        ]);
        if by_price {
            plan.method = Method::PricePerQualityPoint(PricePerQualityPoint { scale: 3 });
        }
        plan
    }

    fn bidding(n: u128, (price, hours, one, two): (u32, u32, u32, u32)) -> Entrant {
        let mut entrant = entrant(n, &price.to_string(), &[("Q-1", one), ("Q-2", two)]);
        let promised = commitment("VOL-1", &format!("{hours}.0"));
        entrant.content.commitments = Some(vec![promised]);
        entrant
    }

    /// Prices and hours of zero leave rules without a value, a level of zero excludes.
    fn values() -> impl Strategy<Value = (u32, u32, u32, u32)> {
        (0_u32..6, 0_u32..4, 0_u32..4, 0_u32..3)
    }

    proptest! {
        #[test]
        fn a_ranking_again_is_the_ranking_of_the_changed_bids(
            given in prop::collection::vec(values(), 2..8),
            instead in prop::collection::vec((0_usize..8, values()), 0..3),
            without in prop::collection::btree_set(0_usize..8, 0..3),
            by_price in any::<bool>(),
        ) {
            let plan = contest_plan(by_price);
            let facts = facts(&[]);
            let number = |index: usize| u128::try_from(index).unwrap() + 1;
            let bids: Vec<Entrant> = given.iter().enumerate().map(|(n, values)| bidding(number(n), *values)).collect();
            let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
            prop_assume!(matches!(evaluation.ranking(), Ranking::Ranked(_)));
            let mut changed = bids.clone();
            let mut other: Vec<Entrant> = Vec::new();
            for (index, values) in instead {
                let entrant = bidding(number(index), values);
                if index < changed.len() && !other.iter().any(|known| known.bid == entrant.bid) {
                    changed[index] = entrant.clone();
                    other.push(entrant);
                }
            }
            let gone: BTreeSet<BidId> = without.into_iter().map(|index| bid(number(index))).collect();
            changed.retain(|entrant| !gone.contains(&entrant.bid));
            let whole = evaluate(&plan, &plan.lots[0], &changed, &facts).unwrap();
            let change = Change { without: &gone, instead: &other };
            let (again, _) = evaluation.again(&change, &evaluation.compared());
            prop_assert_eq!(&again, whole.ranking());
        }
    }

    proptest! {
        #[test]
        fn a_scorecard_on_demand_is_the_one_of_the_evaluation(given in prop::collection::vec(values(), 1..6)) {
            let plan = contest_plan(false);
            let facts = facts(&[]);
            let bids: Vec<Entrant> = (1..).zip(&given).map(|(n, values)| bidding(n, *values)).collect();
            let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
            let stored = serde_json::to_vec(&evaluation.basis().unwrap()).unwrap();
            let basis: crate::scoring::evaluation::Basis = serde_json::from_slice(&stored).unwrap();
            for entrant in &bids {
                let card = basis.scorecard(&plan, &plan.lots[0], entrant).unwrap();
                prop_assert_eq!(card, evaluation.scorecard(entrant.bid));
            }
        }
    }

    #[test]
    fn only_what_the_difference_reaches_is_computed() {
        let plan = contest_plan(false);
        let facts = facts(&[]);
        let values = [(3, 3, 1, 1), (4, 2, 1, 1), (5, 1, 1, 1), (9, 1, 2, 2)];
        let bids: Vec<Entrant> = (1..)
            .zip(values)
            .map(|(n, values)| bidding(n, values))
            .collect();
        let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
        let marks = |n: u128| {
            let without = BTreeSet::from([bid(n)]);
            let change = Change {
                without: &without,
                instead: &[],
            };
            evaluation.again(&change, &evaluation.compared()).1
        };
        // The second is at no end; without the first both prices and the hours move, without the last the range.
        assert_eq!([marks(2), marks(1), marks(4)], [0, 9, 6]);
    }
}
