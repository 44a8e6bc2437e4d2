//! Weight stability in closed form: from which weight of a criterion on would another bid lead?
//!
//! The weight of one criterion moves and its siblings keep their proportions. With unrounded marks, the part that a bid
//! earned of each criterion is `s`, and for a rival `d = s(winner) - s(rival)`. Among siblings with weights `w`, criterion
//! `m` has `R = sum over k <> m of w_k d_k / (1 - w_m)`, and the lead is `W (w d_m + (1 - w) R) + c`, where `W` is the
//! weight of the whole branch and `c` the lead outside it. It is zero at `w* = (R + c/W) / (R - d_m)`; at the top of the
//! tree `W = 1` and `c = 0`, so that `w* = R / (R - d_m)`. Where `R = d_m` the lead does not depend on the weight, and a
//! criterion of weight 1 has no sibling to take weight from or give it to: it is not listed.
//!
//! Only the nearest rival on each side counts. A [`Screen`] finds with whole numbers who may be it, and the weight is then
//! calculated with fractions for these few: the same as for all of them, which a property test checks.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::base::Base;
use super::screen::Screen;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::{Criterion, CriterionKind};
use crate::tender::lot::Lot;

/// A weight at which a rival draws level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flip {
    /// The weight among the siblings, as part of 1.
    pub weight: Fraction,
    /// Who leads beyond it.
    pub rival: BidId,
}

/// The weights of one criterion between which the winner leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightInterval {
    /// The criterion, a leaf or a group.
    pub criterion: CriterionCode,
    /// Its weight among its siblings, as part of 1.
    pub weight: Fraction,
    /// The first rival to lead when the weight falls; none when nobody does down to 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Flip>,
    /// The first rival to lead when the weight rises; none when nobody does up to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Flip>,
}

/// How stable the winner is against other weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stability {
    /// Every criterion with siblings, in the order of the tree.
    pub intervals: Vec<WeightInterval>,
    /// Rivals that would lead with unrounded marks: rounding decided against them.
    pub ahead_unrounded: Vec<BidId>,
    /// Rivals near enough to matter whose numbers leave the range of exact arithmetic: their weights are rounded to six
    /// places, and a rival with nearly the winner's unrounded total is left out.
    pub not_exact: u64,
}

/// A criterion whose weight can move.
pub(super) struct Place<'a> {
    pub(super) criterion: &'a Criterion,
    /// Its weight among its siblings, above 0 and below 1.
    pub(super) weight: Fraction,
    /// Its leaves among those of the lot.
    pub(super) leaves: Range<usize>,
    /// Its leaves and those of its siblings.
    pub(super) siblings: Range<usize>,
}

/// The difference of winner and rival on one node of the tree.
struct Node<'a> {
    criterion: &'a Criterion,
    weight: Fraction,
    /// `d`: the part earned by the winner less that of the rival.
    lead: Fraction,
    children: Vec<Node<'a>>,
}

/// The intervals over all rivals; `None` without rivals. `screen` is none where the marks do not fit whole numbers.
pub(super) fn stability(lot: &Lot, base: &Base<'_>, screen: Option<&Screen>) -> Option<Stability> {
    if base.losers.is_empty() {
        return None;
    }
    let mut exact = Exact {
        lot,
        base,
        known: BTreeMap::new(),
    };
    let mut ahead_unrounded = Vec::new();
    for (index, rival) in base.losers.iter().enumerate() {
        let told = screen.and_then(|screen| screen.is_ahead(index));
        let negative =
            |exact: Result<(_, Fraction), _>| exact.is_ok_and(|(_, lead)| lead.is_negative());
        if told.unwrap_or_else(|| negative(exact.of(*rival))) {
            ahead_unrounded.push(*rival);
        }
    }
    let mut intervals = Vec::new();
    for place in places(&lot.criteria)? {
        let mut interval = WeightInterval {
            criterion: place.criterion.code.clone(),
            weight: place.weight,
            below: None,
            above: None,
        };
        let lines = screen.and_then(|screen| screen.line(&place));
        let near = match &lines {
            Some(lines) => lines.nearest(),
            None => (0..base.losers.len()).collect(),
        };
        for index in near {
            let Some(rival) = base.losers.get(index).copied() else {
                continue;
            };
            if let Ok((found, _)) = exact.of(rival) {
                if let Some(found) = found.get(intervals.len()) {
                    interval.narrow(found);
                }
            } else {
                let flip = lines.as_ref().and_then(|lines| lines.rounded(index));
                interval.narrow(&beside(place.criterion, place.weight, flip, rival));
            }
        }
        intervals.push(interval);
    }
    let not_exact = exact.known.values().filter(|known| known.is_err()).count();
    Some(Stability {
        intervals,
        ahead_unrounded,
        not_exact: u64::try_from(not_exact).unwrap_or(u64::MAX),
    })
}
impl WeightInterval {
    /// Takes the nearer flip on each side; of equal ones the earlier rival stays.
    fn narrow(&mut self, other: &Self) {
        self.below = match (self.below, other.below) {
            (Some(own), Some(new)) if new.weight > own.weight => Some(new),
            (own, new) => own.or(new),
        };
        self.above = match (self.above, other.above) {
            (Some(own), Some(new)) if new.weight < own.weight => Some(new),
            (own, new) => own.or(new),
        };
    }
}

/// What was calculated with fractions.
struct Exact<'a> {
    lot: &'a Lot,
    base: &'a Base<'a>,
    known: BTreeMap<BidId, Result<(Vec<WeightInterval>, Fraction), ArithmeticError>>,
}

impl Exact<'_> {
    /// The intervals against one rival, and the unrounded lead as part of 1.
    fn of(&mut self, rival: BidId) -> Result<(&[WeightInterval], Fraction), ArithmeticError> {
        let known = self.known.entry(rival);
        let known = known.or_insert_with(|| against(self.lot, self.base, rival));
        match known {
            Ok((intervals, lead)) => Ok((intervals, *lead)),
            Err(error) => Err(*error),
        }
    }
}

/// The criteria with siblings to take weight from or give it to, in the order of the tree.
fn places(criteria: &[Criterion]) -> Option<Vec<Place<'_>>> {
    let mut places = Vec::new();
    let mut first = 0;
    places_below(criteria, &mut first, &mut places)?;
    Some(places)
}

fn places_below<'a>(
    siblings: &'a [Criterion],
    first: &mut usize,
    places: &mut Vec<Place<'a>>,
) -> Option<()> {
    let mut end = *first;
    let spans: Vec<Range<usize>> = siblings
        .iter()
        .map(|criterion| {
            let start = end;
            end = end.saturating_add(leaves(criterion));
            start..end
        })
        .collect();
    let all = *first..end;
    for (criterion, leaves) in siblings.iter().zip(spans) {
        let weight = criterion.weight.part().ok()?;
        if weight != Fraction::ONE && !weight.is_zero() {
            places.push(Place {
                criterion,
                weight,
                leaves: leaves.clone(),
                siblings: all.clone(),
            });
        }
        match &criterion.kind {
            CriterionKind::Group(children) => places_below(children, first, places)?,
            CriterionKind::Rule(_) => *first = leaves.end,
        }
    }
    Some(())
}

fn leaves(criterion: &Criterion) -> usize {
    match &criterion.kind {
        CriterionKind::Group(children) => children.iter().map(leaves).sum(),
        CriterionKind::Rule(_) => 1,
    }
}

/// The intervals against one rival, and the unrounded lead as part of 1.
fn against(
    lot: &Lot,
    base: &Base<'_>,
    rival: BidId,
) -> Result<(Vec<WeightInterval>, Fraction), ArithmeticError> {
    let mut next = 0;
    let nodes = nodes(&lot.criteria, base, rival, &mut next)?;
    let mut intervals = Vec::new();
    walk(&nodes, Fraction::ONE, Fraction::ZERO, rival, &mut intervals)?;
    Ok((intervals, sum(&nodes)?))
}

fn nodes<'a>(
    criteria: &'a [Criterion],
    base: &Base<'_>,
    rival: BidId,
    next: &mut usize,
) -> Result<Vec<Node<'a>>, ArithmeticError> {
    let mut nodes = Vec::new();
    for criterion in criteria {
        let (lead, children) = match &criterion.kind {
            CriterionKind::Group(children) => {
                let children = self::nodes(children, base, rival, next)?;
                (sum(&children)?, children)
            }
            CriterionKind::Rule(_) => {
                let lead = lead(base, rival, *next)?;
                *next = next.saturating_add(1);
                (lead, Vec::new())
            }
        };
        nodes.push(Node {
            criterion,
            weight: criterion.weight.part()?,
            lead,
            children,
        });
    }
    Ok(nodes)
}

/// `d` of a leaf; a leaf without points earns nothing.
fn lead(base: &Base<'_>, rival: BidId, leaf: usize) -> Result<Fraction, ArithmeticError> {
    match base.leaves.get(leaf) {
        Some(scored) if !scored.points.is_zero() => base
            .mark(base.winner, leaf)
            .minus(base.mark(rival, leaf))?
            .over(scored.points),
        _ => Ok(Fraction::ZERO),
    }
}

fn sum(nodes: &[Node<'_>]) -> Result<Fraction, ArithmeticError> {
    nodes.iter().try_fold(Fraction::ZERO, |sum, node| {
        sum.plus(node.weight.times(node.lead)?)
    })
}

/// The intervals of siblings and of everything below them. `branch` is `W`, `outside` is `c`.
fn walk(
    siblings: &[Node<'_>],
    branch: Fraction,
    outside: Fraction,
    rival: BidId,
    intervals: &mut Vec<WeightInterval>,
) -> Result<(), ArithmeticError> {
    let whole = sum(siblings)?;
    for node in siblings {
        let own = node.weight.times(node.lead)?;
        let others = whole.minus(own)?;
        let rest = Fraction::ONE.minus(node.weight)?;
        if !rest.is_zero() && !node.weight.is_zero() {
            let rate = others.over(rest)?;
            let shift = outside.over(branch)?;
            let flip = flip_weight(node.lead.plus(shift)?, rate.plus(shift)?)?;
            intervals.push(beside(node.criterion, node.weight, flip, rival));
        }
        if !node.children.is_empty() {
            let beyond = outside.plus(branch.times(others)?)?;
            let inner = branch.times(node.weight)?;
            walk(&node.children, inner, beyond, rival, intervals)?;
        }
    }
    Ok(())
}

/// Where the lead `w d + (1 - w) R` is zero, and whether it rises with `w`; `None` where it does not depend on `w` or is
/// zero outside 0 to 1.
fn flip_weight(d: Fraction, rate: Fraction) -> Result<Option<(Fraction, bool)>, ArithmeticError> {
    let slope = d.minus(rate)?;
    if slope.is_zero() {
        return Ok(None);
    }
    let weight = rate.over(rate.minus(d)?)?;
    let within = !weight.is_negative() && weight <= Fraction::ONE;
    Ok(within.then_some((weight, slope > Fraction::ZERO)))
}

/// The interval with the flip of one rival.
fn beside(
    criterion: &Criterion,
    weight: Fraction,
    flip: Option<(Fraction, bool)>,
    rival: BidId,
) -> WeightInterval {
    let mut interval = WeightInterval {
        criterion: criterion.code.clone(),
        weight,
        below: None,
        above: None,
    };
    // A rival that rounding put behind leads already on this side, and nothing flips there.
    match flip {
        Some((at, true)) if at <= weight => {
            interval.below = Some(Flip { weight: at, rival });
        }
        Some((at, false)) if at >= weight => {
            interval.above = Some(Flip { weight: at, rival });
        }
        _ => {}
    }
    interval
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests calculate freely")]
mod tests {
    use proptest::prelude::*;

    use super::super::Case;
    use super::*;
    use crate::scoring::entrant::Entrant;
    use crate::scoring::evaluation::evaluate;
    use crate::scoring::rules::Rule;
    use crate::tender::fixtures::*;
    use crate::tender::plan::Plan;

    fn f(n: i128, d: i128) -> Fraction {
        Fraction::new(n, d).unwrap()
    }

    #[test]
    fn the_lead_flips_where_the_formula_says() {
        // d_m = -1/2, R = 1/4: w* = R / (R - d_m) = 1/3, and the lead falls with the weight.
        assert_eq!(flip_weight(f(-1, 2), f(1, 4)), Ok(Some((f(1, 3), false))));
        assert_eq!(flip_weight(f(1, 4), f(-1, 2)), Ok(Some((f(2, 3), true))));
    }

    #[test]
    fn a_lead_that_does_not_depend_on_the_weight_never_flips() {
        assert_eq!(flip_weight(f(1, 4), f(1, 4)), Ok(None));
        assert_eq!(flip_weight(f(1, 4), f(1, 2)), Ok(None), "beyond 1");
    }

    /// The intervals over all rivals with fractions, without looking who may be first.
    fn without_screen(case: &Case<'_>) -> Option<Stability> {
        let evaluation = evaluate(case.plan, case.lot, case.entrants, case.facts).unwrap();
        let base = Base::new(case, &evaluation).unwrap()?;
        stability(case.lot, &base, None)
    }

    /// A plan with groups in groups, weights that are no round numbers, and few levels, so that ties are common.
    fn contest() -> impl Strategy<Value = (Plan, Vec<Entrant>)> {
        let weights = (1_u32..99, 1_u32..99, 1_u32..9_999);
        let bid = (1_u32..400, 0_u32..4, 0_u32..4, 0_u32..3, 0_u32..12);
        let bids = prop::collection::vec(bid, 1..9);
        (weights, bids, any::<bool>(), 0_u8..5).prop_map(|((a, b, c), bids, relative, scale)| {
            let rest = |whole: u32, part: u32| (whole - part).to_string();
            let parts = |part: u32| format!("{}.{:02}", part / 100, part % 100);
            let quality = group(
                "Q",
                &rest(100, a),
                vec![
                    leaf("Q-1", &b.to_string(), levels(&[0, 1, 2, 3], None)),
                    group(
                        "Q-2",
                        &rest(100, b),
                        vec![
                            leaf("Q-3", &parts(c), levels(&[0, 1, 2, 3], None)),
                            leaf("Q-4", &parts(10_000 - c), levels(&[0, 1, 2], None)),
                        ],
                    ),
                ],
            );
            let price = if relative {
                Rule::from(self::relative())
            } else {
                linear("400", "0").into()
            };
            let mut plan = plan(vec![leaf("PRICE", &a.to_string(), price), quality]);
            plan.mark_scale = scale;
            let bids = (1..).zip(bids).map(|(n, (price, one, three, four, copy))| {
                // Some bids are the same.
                let n = if copy == 0 { n + 100 } else { n };
                let price = if copy < 3 { 200 } else { price };
                let judged = [("Q-1", one), ("Q-3", three), ("Q-4", four)];
                entrant(n, &price.to_string(), &judged)
            });
            (plan, bids.collect())
        })
    }

    /// Price lines whose ceilings are prime numbers of cents, so that their sum has no exact fraction.
    #[test]
    fn where_exact_numbers_end_weights_are_rounded_to_six_places() {
        let found = |ceilings: [&str; 8]| {
            let price =
                |(n, ceiling): (usize, &str)| leaf(&format!("P-{n}"), "10", linear(ceiling, "0"));
            let mut criteria: Vec<Criterion> =
                ceilings.into_iter().enumerate().map(price).collect();
            criteria.push(leaf("Q", "20", levels(&[0, 1, 2, 3], None)));
            let plan = plan(criteria);
            let bids = [
                entrant(1, "123456.78", &[("Q", 1)]),
                entrant(2, "400000.01", &[("Q", 3)]),
                entrant(3, "500000.01", &[("Q", 3)]),
            ];
            let (groups, panel) = (BTreeMap::new(), BTreeMap::new());
            let facts = facts(&[]);
            let case = Case {
                plan: &plan,
                lot: &plan.lots[0],
                entrants: &bids,
                facts: &facts,
                groups: &groups,
                panel: &panel,
            };
            let found = super::super::robustness(&case)
                .unwrap()
                .unwrap()
                .stability
                .unwrap();
            (found.intervals[8].above.unwrap(), found.not_exact)
        };
        let (exact, none) = found(["1000000.00"; 8]);
        let primes = [
            "1000000.07",
            "1000000.37",
            "1000000.39",
            "1000000.49",
            "1000000.73",
            "1000000.81",
            "1000001.23",
            "1000001.27",
        ];
        let (rounded, some) = found(primes);
        assert_eq!((none, some), (0, 1), "only the first to lead is looked at");
        assert_eq!((exact.rival, rounded.rival), (bid(2), bid(2)));
        assert_eq!(1_000_000 % rounded.weight.denominator(), 0);
        let apart = exact.weight.minus(rounded.weight).unwrap();
        assert!(apart < f(1, 100_000) && apart > f(-1, 100_000), "{apart}");
    }

    proptest! {
        #[test]
        fn the_screen_passes_nobody_over_who_may_be_first((plan, bids) in contest()) {
            let (groups, panel) = (BTreeMap::new(), BTreeMap::new());
            let facts = facts(&[]);
            let case = Case { plan: &plan, lot: &plan.lots[0], entrants: &bids, facts: &facts, groups: &groups, panel: &panel };
            let screened = super::super::robustness(&case).unwrap().and_then(|found| found.stability);
            prop_assert_eq!(screened, without_screen(&case));
        }

        #[test]
        fn at_the_flip_the_lead_is_exactly_zero(a in -50_i128..50, b in -50_i128..50, c in 1_i128..50) {
            let (d, rate) = (f(a, c), f(b, 50));
            if let Some((weight, _)) = flip_weight(d, rate).unwrap() {
                let rest = Fraction::ONE.minus(weight).unwrap();
                let lead = weight.times(d).unwrap().plus(rest.times(rate).unwrap()).unwrap();
                prop_assert!(lead.is_zero());
            }
        }
    }
}
