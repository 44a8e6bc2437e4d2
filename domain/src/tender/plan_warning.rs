//! What the officer should know before publishing a plan that is allowed.

use super::code::CriterionCode;
use super::plan::Plan;
use crate::fraction::ArithmeticError;

/// A property of a criterion that may surprise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanWarning {
    /// A rule that compares bids.
    #[error(
        "{0}: the mark depends on the other bids, so that adding or removing a bid which cannot win may change the winner; \
         a line between a published ceiling and floor does not"
    )]
    DependsOnOtherBids(CriterionCode),
    /// A rule that divides by a price that may be zero.
    #[error(
        "{0}: a price of zero has no mark, and the ranking would be withheld; publish a minimum price above zero or a line"
    )]
    ZeroPricePossible(CriterionCode),
}

impl Plan {
    /// Everything to warn of before publication, in the order of the criteria.
    pub fn warnings(&self) -> Result<Vec<PlanWarning>, ArithmeticError> {
        let mut warnings = Vec::new();
        for leaf in self.leaves()? {
            if !leaf.rule.depends_on_other_bids() {
                continue;
            }
            let code = &leaf.criterion.code;
            warnings.push(PlanWarning::DependsOnOtherBids(code.clone()));
            let bounded = self
                .minimum_price
                .is_some_and(|minimum| minimum.minor() > 0);
            if leaf.rule.asks_item_price() || !bounded {
                warnings.push(PlanWarning::ZeroPricePossible(code.clone()));
            }
        }
        Ok(warnings)
    }
}
