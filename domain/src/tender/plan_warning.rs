//! What the officer should know before publishing a plan that is allowed.

use super::code::CriterionCode;
use super::criteria::Leaf;
use super::disclosure::BidField;
use super::lot::Lot;
use super::plan::Plan;
use crate::fraction::ArithmeticError;
use crate::scoring::rules::Reason;
use crate::scoring::scorecard::Audience;

/// A property of a criterion that may surprise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanWarning {
    /// A rule that compares bids.
    #[error(
        "{0}: the mark depends on the other bids, so that adding or removing a bid which cannot win may change the winner; \
         a line between a published ceiling and floor does not"
    )]
    DependsOnOtherBids(CriterionCode),
    /// A rule that compares a field which bidders may not see of each other.
    #[error(
        "{criterion}: each bidder can work out a rival's {field} from its own mark, although the plan withholds it; \
         a line between a published ceiling and floor tells nothing of other bids"
    )]
    ComparesWithheld {
        /// The criterion.
        criterion: CriterionCode,
        /// The field.
        field: BidField,
    },
    /// A rule that divides by a price that may be zero.
    #[error(
        "{0}: a price of zero has no mark, and the ranking would be withheld; publish a minimum price above zero or a line"
    )]
    ZeroPricePossible(CriterionCode),
    /// A rule that divides by the range of prices.
    #[error(
        "{0}: equal prices, and so one bid alone, have no mark, and the ranking would be withheld; \
         a line between a published ceiling and floor always has one"
    )]
    EqualPricesPossible(CriterionCode),
    /// A rule that divides by the highest promise.
    #[error(
        "{0}: where nobody promises anything no bid has a mark, and the ranking would be withheld; \
         a published target always has one"
    )]
    NothingPromisedPossible(CriterionCode),
    /// A method that divides by quality points.
    #[error(
        "a bid without any quality point has no total, and the ranking would be withheld; \
         publish a minimum level that every bid must reach"
    )]
    ZeroQualityPossible,
}

impl Plan {
    /// Everything to warn of before publication, in the order of the criteria, the method last.
    pub fn warnings(&self) -> Result<Vec<PlanWarning>, ArithmeticError> {
        let mut warnings = Vec::new();
        for lot in &self.lots {
            warnings.extend(self.of_criteria(lot)?);
        }
        warnings.extend(self.of_method());
        Ok(warnings)
    }

    /// Everything to warn of in one lot.
    pub fn warnings_of(&self, lot: &Lot) -> Result<Vec<PlanWarning>, ArithmeticError> {
        let mut warnings = self.of_criteria(lot)?;
        warnings.extend(self.of_method());
        Ok(warnings)
    }

    fn of_criteria(&self, lot: &Lot) -> Result<Vec<PlanWarning>, ArithmeticError> {
        let mut warnings = Vec::new();
        for leaf in self.leaves_of(lot)? {
            let code = &leaf.criterion.code;
            if leaf.rule.depends_on_other_bids() {
                warnings.push(PlanWarning::DependsOnOtherBids(code.clone()));
                let withheld =
                    |field: &BidField| !Audience::Party.may_see(self.disclosure.of(*field));
                let fields = leaf.rule.reads().into_iter().filter(withheld);
                warnings.extend(fields.map(|field| PlanWarning::ComparesWithheld {
                    criterion: code.clone(),
                    field,
                }));
            }
            let reasons = leaf.rule.may_lack_value().iter();
            warnings.extend(reasons.filter_map(|reason| warning(lot, *reason, &leaf)));
        }
        Ok(warnings)
    }

    fn of_method(&self) -> Option<PlanWarning> {
        let lacks = self.method.may_lack_value();
        lacks
            .contains(&Reason::ZeroQuality)
            .then_some(PlanWarning::ZeroQualityPossible)
    }
}

fn warning(lot: &Lot, reason: Reason, leaf: &Leaf<'_>) -> Option<PlanWarning> {
    let code = leaf.criterion.code.clone();
    let bounded = lot.minimum_price.is_some_and(|minimum| minimum.minor() > 0);
    match reason {
        Reason::ZeroPrice if bounded && !leaf.rule.asks_item_price() => None,
        Reason::ZeroPrice => Some(PlanWarning::ZeroPricePossible(code)),
        Reason::EqualPrices => Some(PlanWarning::EqualPricesPossible(code)),
        Reason::NothingPromised => Some(PlanWarning::NothingPromisedPossible(code)),
        _ => None,
    }
}
