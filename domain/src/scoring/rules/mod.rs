//! The scoring rules, one file each. A new rule is its file and one line in the list below.

mod bonus;
mod case;
mod gap;
mod pass_fail;
mod preference;
mod price;
mod price_banded;
mod price_linear;
mod price_range;
mod price_relative_lowest;
mod promised;
mod quality_levels;
mod quantity_banded;
mod quantity_relative_highest;
mod quantity_to_target;
mod seo_participation;
mod social_value_money;
mod uplift;

pub use bonus::{Bonus, BonusItem};
pub(crate) use case::{Case, Fault, PlanFacts, Range, ScoringRule};
use case::{on_line, part_of};
pub use gap::{Gap, Reason};
pub use pass_fail::{OnFail, PassFail};
pub use preference::Preference;
pub(crate) use price::Price;
pub use price::PriceOf;
pub use price_banded::{PriceBand, PriceBanded};
pub use price_linear::PriceLinear;
pub use price_range::PriceRange;
pub use price_relative_lowest::PriceRelativeLowest;
pub use quality_levels::{NamedLevel, QualityLevels};
pub use quantity_banded::{QuantityBand, QuantityBanded};
pub use quantity_relative_highest::QuantityRelativeHighest;
pub use quantity_to_target::QuantityToTarget;
pub use seo_participation::SeoParticipation;
pub use social_value_money::{Outer, SocialValueMoney};
pub use uplift::Uplift;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exclusion::Ground;
use super::scorecard::Input;
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::organisation::certification::SeoKind;
use crate::tender::disclosure::BidField;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// A scoring rule with its parameters.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Rule {
            $($(#[$doc])* $name($name),)*
        }

        impl Rule {
            /// The name of every rule.
            pub const IDS: &'static [&'static str] = &[$($id),*];

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
    /// `W * (p_max - p) / (p_max - p_min)`.
    PriceRange = "price_range";
    /// `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`.
    PriceLinear = "price_linear";
    /// `W * part of the first band that p does not exceed`.
    PriceBanded = "price_banded";
    /// `W * level / top level`.
    QualityLevels = "quality_levels";
    /// `W` or 0, or exclusion.
    PassFail = "pass_fail";
    /// `W * v / v_max`.
    QuantityRelativeHighest = "quantity_relative_highest";
    /// `W * min(v / target, 1)`.
    QuantityToTarget = "quantity_to_target";
    /// `W * part of the highest band that v reaches`.
    QuantityBanded = "quantity_banded";
    /// `W * min(share / target, 1)`.
    SeoParticipation = "seo_participation";
    /// The promised quantities in money through a proxy pack, scored by an outer rule.
    SocialValueMoney = "social_value_money";
    /// `min(base + sum(bonus), cap)`.
    Bonus = "bonus";
    /// `min(base * factor, W)`.
    Uplift = "uplift";
}

impl Rule {
    /// The formula as people write it.
    pub fn formula(&self) -> &'static str {
        self.rule().formula()
    }

    /// The fields of the bid that the rule reads; none for what the panel judges.
    pub fn reads(&self) -> Vec<BidField> {
        self.rule().reads()
    }

    /// The rule whose mark a bonus or an uplift raises.
    pub fn base(&self) -> Option<&Self> {
        self.rule().base()
    }

    /// Whether the rule scores a price: price and quality are apart, for a second envelope.
    pub fn scores_price(&self) -> bool {
        let reads = self.reads();
        reads.contains(&BidField::Price) || reads.contains(&BidField::ItemPrices)
    }

    /// Whether a bid's mark changes when another bid is added or removed.
    pub fn depends_on_other_bids(&self) -> bool {
        self.rule().depends_on_other_bids()
    }

    /// For which reasons the rule may have no value although every bid is valid and judged.
    pub fn may_lack_value(&self) -> &'static [Reason] {
        self.rule().may_lack_value()
    }

    /// The named levels, for a criterion that the panel judges.
    pub fn judged(&self) -> Option<&QualityLevels> {
        match self {
            Self::QualityLevels(levels) => Some(levels),
            _ => self.base().and_then(Self::judged),
        }
    }

    /// Whether the criterion asks for the price of a single item.
    pub fn asks_item_price(&self) -> bool {
        self.reads().contains(&BidField::ItemPrices)
    }

    /// Whether the criterion asks for a declaration.
    pub fn asks_declaration(&self) -> bool {
        match self {
            Self::PassFail(_) => true,
            _ => self.base().is_some_and(Self::asks_declaration),
        }
    }

    /// Whether a bid may answer the criterion in words: the panel judges it, or it needs a method statement.
    pub fn asks_answer(&self) -> bool {
        self.judged().is_some() || self.rule().asks_statement()
    }

    /// The rule in money that this is or raises.
    pub fn in_money(&self) -> Option<&SocialValueMoney> {
        match self {
            Self::SocialValueMoney(rule) => Some(rule),
            _ => self.base().and_then(Self::in_money),
        }
    }

    /// The measures whose promised quantities the rule counts.
    pub fn measures(&self) -> &[MeasureCode] {
        self.rule().measures()
    }

    /// The kinds of certification that the rule asks about; one may stand twice.
    pub fn certification_kinds(&self) -> Vec<SeoKind> {
        self.rule().kinds()
    }

    pub(crate) fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        self.rule().check(plan)
    }

    pub(crate) fn check_points(&self, points: Fraction) -> Result<(), Fault> {
        self.rule().check_points(points)
    }

    pub(crate) fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.rule().mark(case)
    }

    pub(crate) fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        self.rule().inputs(case)
    }

    pub(crate) fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        self.rule().compares(case)
    }

    pub(crate) fn excludes(&self, case: &Case<'_>) -> Option<Ground> {
        self.rule().excludes(case)
    }

    pub(crate) fn may_exclude_alone(&self) -> bool {
        self.rule().may_exclude_alone()
    }
}

#[cfg(test)]
mod tests;
