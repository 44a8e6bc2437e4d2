//! The scoring rules, one file each. A new rule is its file and one line in the list below.

mod pass_fail;
mod price;
mod price_linear;
mod price_relative_lowest;
mod quality_levels;
mod quantity_to_target;
mod seo_participation;

pub use pass_fail::{OnFail, PassFail};
pub use price::PriceOf;
pub use price_linear::PriceLinear;
pub use price_relative_lowest::PriceRelativeLowest;
pub use quality_levels::{NamedLevel, QualityLevels};
pub use quantity_to_target::QuantityToTarget;
pub use seo_participation::SeoParticipation;

use serde::{Deserialize, Serialize};

use super::entrant::{Entrant, Facts};
use super::exclusion::Ground;
use super::scorecard::Input;
use crate::amount::{Currency, Money};
use crate::catalogue::Catalogue;
use crate::fraction::{ArithmeticError, Fraction};
use crate::organisation::certification::SeoKind;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// Why a rule has no value for a bid. The ranking is then withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A ratio to a price of zero.
    ZeroPrice,
    /// Ceiling and floor are equal.
    EqualBounds,
    /// A target of zero.
    ZeroTarget,
    /// The criterion has no consensus level for the bid.
    NotJudged,
    /// The bid has no value for the criterion.
    Missing,
    /// The numbers leave the range of exact arithmetic.
    OutOfRange,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ZeroPrice => "the rule divides by a price of zero",
            Self::EqualBounds => "ceiling and floor are equal",
            Self::ZeroTarget => "the target is zero",
            Self::NotJudged => "there is no consensus level",
            Self::Missing => "the bid has no value for the criterion",
            Self::OutOfRange => "the numbers leave the range of exact arithmetic",
        })
    }
}

/// Why there is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The rule reads a field of the bid that this reader does not know.
    Withheld(BidField),
    /// The rule has no value.
    Undefined(Reason),
}

impl From<ArithmeticError> for Gap {
    fn from(_: ArithmeticError) -> Self {
        Self::Undefined(Reason::OutOfRange)
    }
}

/// `points * numerator / denominator`: multiplied first, divided once, reduced once.
pub(crate) fn part_of(
    points: Fraction,
    numerator: i128,
    denominator: i128,
) -> Result<Fraction, Gap> {
    let out_of_range = Gap::Undefined(Reason::OutOfRange);
    let above = points
        .numerator()
        .checked_mul(numerator)
        .ok_or(out_of_range)?;
    let below = points
        .denominator()
        .checked_mul(denominator)
        .ok_or(out_of_range)?;
    Ok(Fraction::new(above, below)?)
}

/// What the check of a rule's parameters needs of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanFacts<'a> {
    pub(crate) currency: Currency,
    pub(crate) catalogue: &'a Catalogue,
}

/// A wrong parameter of a rule.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) field: &'static str,
    pub(crate) problem: PlanProblem,
}

/// One criterion applied to one bid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) code: &'a CriterionCode,
    /// `W`, the points that the criterion can bring.
    pub(crate) points: Fraction,
    pub(crate) entrant: &'a Entrant,
    /// The lowest price among the bids that were not excluded, where the rule asks for it.
    pub(crate) lowest: Option<Result<Money, Gap>>,
    pub(crate) facts: &'a Facts,
}

/// What every rule can do.
pub(crate) trait ScoringRule {
    /// The formula as people write it.
    fn formula(&self) -> &'static str;

    /// The field of the bid that it reads; `None` for what the panel judges.
    fn reads(&self) -> Option<BidField>;

    /// Checks its parameters.
    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault>;

    /// The exact mark.
    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap>;

    /// Every value that the mark was made from, by name. Empty where the reader does not know them all.
    fn inputs(&self, case: &Case<'_>) -> Vec<Input>;

    /// The price that a relative rule compares across bids; `None` for rules that look at one bid alone.
    fn compares(&self, _code: &CriterionCode, _entrant: &Entrant) -> Option<Result<Money, Gap>> {
        None
    }

    /// Why the criterion excludes a bid before any mark is made.
    fn excludes(&self, _code: &CriterionCode, _entrant: &Entrant) -> Option<Ground> {
        None
    }

    /// Whether it can do without weight because it excludes.
    fn may_exclude_alone(&self) -> bool {
        false
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// A scoring rule with its parameters.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Rule {
            $($(#[$doc])* $name($name),)*
        }

        impl Rule {
            /// The name of the rule in plans and scorecards.
            pub fn id(&self) -> &'static str {
                match self { $(Self::$name(_) => $id,)* }
            }

            fn rule(&self) -> &dyn ScoringRule {
                match self { $(Self::$name(rule) => rule,)* }
            }
        }

        $(impl From<$name> for Rule {
            fn from(rule: $name) -> Self { Self::$name(rule) }
        })*
    };
}

rules! {
    /// `W * p_min / p`.
    PriceRelativeLowest = "price_relative_lowest";
    /// `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`.
    PriceLinear = "price_linear";
    /// `W * level / top level`.
    QualityLevels = "quality_levels";
    /// `W * min(v / target, 1)`.
    QuantityToTarget = "quantity_to_target";
    /// `W * min(share / target, 1)`.
    SeoParticipation = "seo_participation";
    /// `W` or 0, or exclusion.
    PassFail = "pass_fail";
}

impl Rule {
    /// The formula as people write it.
    pub fn formula(&self) -> &'static str {
        self.rule().formula()
    }

    /// The field of the bid that the rule reads; `None` for what the panel judges.
    pub fn reads(&self) -> Option<BidField> {
        self.rule().reads()
    }

    /// Whether the rule scores a price: price and quality are apart, for a second envelope to come.
    pub fn scores_price(&self) -> bool {
        matches!(self.reads(), Some(BidField::Price | BidField::ItemPrices))
    }

    /// Whether a bid's mark changes when another bid is added or removed.
    pub fn depends_on_other_bids(&self) -> bool {
        matches!(self, Self::PriceRelativeLowest(_))
    }

    /// The named levels, for a criterion that the panel judges.
    pub fn judged(&self) -> Option<&QualityLevels> {
        match self {
            Self::QualityLevels(levels) => Some(levels),
            _ => None,
        }
    }

    /// Whether the criterion asks for the price of a single item.
    pub fn asks_item_price(&self) -> bool {
        self.reads() == Some(BidField::ItemPrices)
    }

    /// Whether the criterion asks for a declaration.
    pub fn asks_declaration(&self) -> bool {
        matches!(self, Self::PassFail(_))
    }

    /// The kinds of certification that the rule asks about.
    pub fn certification_kinds(&self) -> &[SeoKind] {
        match self {
            Self::SeoParticipation(rule) => &rule.kinds,
            _ => &[],
        }
    }

    pub(crate) fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        self.rule().check(plan)
    }

    pub(crate) fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.rule().mark(case)
    }

    pub(crate) fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        self.rule().inputs(case)
    }

    pub(crate) fn compares(
        &self,
        code: &CriterionCode,
        entrant: &Entrant,
    ) -> Option<Result<Money, Gap>> {
        self.rule().compares(code, entrant)
    }

    pub(crate) fn excludes(&self, code: &CriterionCode, entrant: &Entrant) -> Option<Ground> {
        self.rule().excludes(code, entrant)
    }

    pub(crate) fn may_exclude_alone(&self) -> bool {
        self.rule().may_exclude_alone()
    }
}
