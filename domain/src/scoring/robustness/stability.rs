//! Weight stability in closed form: from which weight of a criterion on would another bid lead?
//!
//! The weight of one criterion moves and its siblings keep their proportions. With unrounded marks, the part that a bid
//! earned of each criterion is `s`, and for a rival `d = s(winner) - s(rival)`. Among siblings with weights `w`, criterion
//! `m` has `R = sum over k <> m of w_k d_k / (1 - w_m)`, and the lead is `W (w d_m + (1 - w) R) + c`, where `W` is the
//! weight of the whole branch and `c` the lead outside it. It is zero at `w* = (R + c/W) / (R - d_m)`; at the top of the
//! tree `W = 1` and `c = 0`, so that `w* = R / (R - d_m)`. Where `R = d_m` the lead does not depend on the weight, and a
//! criterion of weight 1 has no sibling to take weight from or give it to: it is not listed.

use serde::{Deserialize, Serialize};

use super::base::Base;
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
    /// Rivals whose numbers leave the range of exact arithmetic, so that nothing is said about them.
    pub not_exact: u64,
}

/// The difference of winner and rival on one node of the tree.
struct Node<'a> {
    criterion: &'a Criterion,
    weight: Fraction,
    /// `d`: the part earned by the winner less that of the rival.
    lead: Fraction,
    children: Vec<Node<'a>>,
}

/// The intervals over all rivals; `None` without rivals.
pub(super) fn stability(lot: &Lot, base: &Base<'_>) -> Option<Stability> {
    let mut found: Option<Stability> = None;
    let mut not_exact = 0_u64;
    let mut ahead_unrounded = Vec::new();
    for rival in &base.losers {
        let Ok((intervals, lead)) = against(lot, base, *rival) else {
            not_exact = not_exact.saturating_add(1);
            continue;
        };
        if lead.is_negative() {
            ahead_unrounded.push(*rival);
        }
        match &mut found {
            None => {
                found = Some(Stability {
                    intervals,
                    ahead_unrounded: Vec::new(),
                    not_exact: 0,
                });
            }
            Some(known) => {
                for (known, new) in known.intervals.iter_mut().zip(intervals) {
                    known.narrow(&new);
                }
            }
        }
    }
    found.map(|found| Stability {
        ahead_unrounded,
        not_exact,
        ..found
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
            intervals.push(interval(node, flip, rival));
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

fn interval(node: &Node<'_>, flip: Option<(Fraction, bool)>, rival: BidId) -> WeightInterval {
    let mut interval = WeightInterval {
        criterion: node.criterion.code.clone(),
        weight: node.weight,
        below: None,
        above: None,
    };
    // A rival that rounding put behind leads already on this side, and nothing flips there.
    match flip {
        Some((weight, true)) if weight <= node.weight => {
            interval.below = Some(Flip { weight, rival });
        }
        Some((weight, false)) if weight >= node.weight => {
            interval.above = Some(Flip { weight, rival });
        }
        _ => {}
    }
    interval
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
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
