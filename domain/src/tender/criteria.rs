//! The tree of criteria: groups divide their weight among children, leaves carry a scoring rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::{CriterionCode, Weight};
use crate::fraction::{ArithmeticError, Fraction};
use crate::scoring::plan_report::Declared;
use crate::scoring::rules::Rule;

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Code, unique in the plan.
    pub code: CriterionCode,
    /// What people call it.
    pub title: String,
    /// Weight among its siblings, which sum to exactly 100.
    pub weight: Weight,
    /// Group or leaf.
    pub kind: CriterionKind,
    /// What the buyer declares of it, for the check of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
}

impl Criterion {
    /// Whether the code is its own or that of a criterion below it.
    pub fn has(&self, code: &CriterionCode) -> bool {
        let below = match &self.kind {
            CriterionKind::Group(children) => children.as_slice(),
            CriterionKind::Rule(_) => &[],
        };
        self.code == *code || below.iter().any(|child| child.has(code))
    }
}

/// Whether a criterion is divided further or scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CriterionKind {
    /// Divided among children.
    Group(Vec<Criterion>),
    /// Scored by a rule.
    Rule(Rule),
}

/// A criterion that is scored, with the points it can bring.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// The criterion.
    pub criterion: &'a Criterion,
    /// Its rule.
    pub rule: &'a Rule,
    /// `W`: what all criteria divide ([`crate::scoring::methods::Method::whole`]) times the weights along its path.
    pub points: Fraction,
}

/// The leaves of a tree from left to right, with their parts of `whole`.
pub fn leaves(criteria: &[Criterion], whole: Fraction) -> Result<Vec<Leaf<'_>>, ArithmeticError> {
    let mut leaves = Vec::new();
    collect(criteria, whole, &mut leaves)?;
    Ok(leaves)
}

fn collect<'a>(
    criteria: &'a [Criterion],
    points: Fraction,
    leaves: &mut Vec<Leaf<'a>>,
) -> Result<(), ArithmeticError> {
    for criterion in criteria {
        let points = points.times(criterion.weight.part()?)?;
        match &criterion.kind {
            CriterionKind::Group(children) => collect(children, points, leaves)?,
            CriterionKind::Rule(rule) => leaves.push(Leaf {
                criterion,
                rule,
                points,
            }),
        }
    }
    Ok(())
}
