//! The evaluation plan: everything that decides a ranking, published before the first bid; changes
//! before the deadline are numbered amendments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::admission::Admission;
use super::code::CriterionCode;
use super::criteria::{Leaf, leaves};
use super::delivery::Delivery;
use super::disclosure::DisclosurePlan;
use super::lot::{Lot, LotCode, LotLimits};
use super::standstill::Standstill;
use crate::amount::{Currency, ExchangeRate, Share};
use crate::fraction::ArithmeticError;
use crate::ids::CatalogueId;
use crate::policy::Procurement;
pub use crate::scoring::methods::Method;
use crate::scoring::proxy::ProxyValues;
use crate::scoring::robustness::PlausibleRate;
use crate::time::{Date, Time};

/// How a mark is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, a tie to the even neighbour.
    HalfEven,
}

/// How many steps the opening has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Envelopes {
    /// Price and quality are opened together.
    #[default]
    One,
    /// Prices stay closed, for officers too, until the consensus on quality is signed.
    Two,
}

/// Who can read a sealed bid before the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SealMode {
    /// The service holds the key and releases it to two officers: no interface shows content early, but the operator
    /// could read it.
    Plain,
}

/// What decides between bids with equal totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TieBreak {
    /// The higher mark of a criterion.
    CriterionMark(CriterionCode),
    /// The lower price of the whole.
    LowerPrice,
    /// The bid that arrived earlier.
    EarlierReceipt,
    /// A lot drawn from the salts of all opened bids.
    DrawnLot,
}

/// An evaluation plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The measure catalogue to which its measures refer.
    pub catalogue: CatalogueId,
    /// The currency of every amount in the plan, and of every price that is compared.
    pub currency: Currency,
    /// Other currencies in which bids may state prices, with the rate and day of their exact conversion. Without a rate
    /// here a price in another currency is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchange_rates: Vec<ExchangeRate>,
    /// How marks make a ranking.
    pub method: Method,
    /// The lots in the buyer's order of priority; exactly one when the tender is not divided.
    pub lots: Vec<Lot>,
    /// How many lots one supplier may bid for and win; none for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_limits: Option<LotLimits>,
    /// The money values of measures, where a criterion scores social value in money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxies: Option<ProxyValues>,
    /// How many steps the opening has.
    pub envelopes: Envelopes,
    /// Decimal places of a mark, 0 to 6.
    pub mark_scale: u8,
    /// How a mark is rounded.
    pub rounding: Rounding,
    /// Who may take part.
    #[serde(default, skip_serializing_if = "Admission::is_empty")]
    pub admission: Admission,
    /// What decides ties, in order; the last one is always the drawn lot. The mark of a criterion decides in its own lot.
    pub tie_breaks: Vec<TieBreak>,
    /// From which pledge on a bid is asked to explain itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plausible_rates: Vec<PlausibleRate>,
    /// What of a bid is shown to whom after the opening.
    pub disclosure: DisclosurePlan,
    /// Who can read a sealed bid before the opening.
    pub seal: SealMode,
    /// Whether the contract lets delivery beyond its KPIs be traded.
    pub surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits when it is short; nothing unless it is published here.
    #[serde(default, skip_serializing_if = "Share::is_none")]
    pub substitution_share: Share,
    /// How delivery is reported and rated.
    #[serde(default, skip_serializing_if = "Delivery::is_empty")]
    pub delivery: Delivery,
    /// The deadline for bids.
    pub closes_at: Time,
    /// The earliest opening.
    pub opens_at: Time,
    /// The deadline for questions; without one they are taken until the deadline for bids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions_until: Option<Time>,
    /// The day on which the procurement commenced, which chooses the policies that bind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commencement: Option<Date>,
    /// The facts of the procurement by which policies are chosen and checked.
    #[serde(default, skip_serializing_if = "Procurement::is_empty")]
    pub procurement: Procurement,
    /// The time between the award notice and the contract.
    #[serde(default)]
    pub standstill: Standstill,
}

impl Plan {
    /// The default for [`Plan::mark_scale`].
    pub const DEFAULT_MARK_SCALE: u8 = 4;

    /// The lot with a code.
    pub fn lot(&self, code: &LotCode) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.code == *code)
    }

    /// The one lot of a tender that is not divided.
    pub fn only_lot(&self) -> Option<&Lot> {
        match self.lots.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The lot of a criterion: codes are unique in the whole plan.
    pub fn lot_of(&self, criterion: &CriterionCode) -> Option<&Lot> {
        let has = |lot: &&Lot| lot.criteria.iter().any(|root| root.has(criterion));
        self.lots.iter().find(has)
    }

    /// The leaves of every lot in the order of the plan, each with its points in its own lot.
    pub fn leaves(&self) -> Result<Vec<Leaf<'_>>, ArithmeticError> {
        let mut all = Vec::new();
        for lot in &self.lots {
            all.extend(self.leaves_of(lot)?);
        }
        Ok(all)
    }

    /// The leaves of a lot from left to right with their points, in the order in which marks are listed everywhere.
    pub fn leaves_of<'a>(&self, lot: &'a Lot) -> Result<Vec<Leaf<'a>>, ArithmeticError> {
        leaves(&lot.criteria, self.method.whole()?)
    }

    /// The rate by which prices in another currency are converted, if the plan names one.
    pub fn rate_of(&self, currency: Currency) -> Option<&ExchangeRate> {
        self.exchange_rates
            .iter()
            .find(|rate| rate.currency == currency)
    }

    /// Whether a bid may state a price in a currency.
    pub fn takes(&self, currency: Currency) -> bool {
        currency == self.currency || self.rate_of(currency).is_some()
    }

    /// The day on which certifications must be valid: the closing day in UTC.
    pub fn certification_day(&self) -> Date {
        self.closes_at.date()
    }
}
