//! Which price a price rule scores.

use serde::{Deserialize, Serialize};

use super::{Gap, Reason};
use crate::amount::Money;
use crate::scoring::entrant::Entrant;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;

/// The price that a rule scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceOf {
    /// The price of the whole.
    Total,
    /// The price of a single item, which the bid states under the criterion's code.
    Item,
}

impl PriceOf {
    pub(super) fn field(self) -> BidField {
        match self {
            Self::Total => BidField::Price,
            Self::Item => BidField::ItemPrices,
        }
    }

    pub(super) fn price(self, code: &CriterionCode, entrant: &Entrant) -> Result<Money, Gap> {
        let withheld = Gap::Withheld(self.field());
        match self {
            Self::Total => entrant.content.price.ok_or(withheld),
            Self::Item => {
                let items = entrant.content.item_prices.as_ref().ok_or(withheld)?;
                let price = items.get(code).copied();
                price.ok_or(Gap::Undefined(Reason::Missing))
            }
        }
    }
}
