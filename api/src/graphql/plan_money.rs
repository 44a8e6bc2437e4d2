//! Money in a plan beside its own currency: exchange rates and the published values of a proxy pack.

use std::collections::BTreeSet;

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use commonweal_domain::amount;
use commonweal_domain::catalogue::MeasureCode;
use commonweal_domain::scoring::proxy;
use commonweal_domain::scoring::proxy_pack::ProxyPack;
use commonweal_domain::tender::{Criterion, CriterionKind, Lot};

use super::amounts::{Money, wrong};
use super::node::node_id;
use super::scalars::{Date, Decimal};
use super::scoring_rule_input::parsed;

/// A currency in which bids may state prices, with the rate and day of its exact conversion.
#[derive(Debug, Clone, SimpleObject)]
pub struct ExchangeRate {
    /// The currency that is converted (ISO 4217).
    currency: String,
    /// Units of the plan's currency for one unit of this one.
    rate: Decimal,
    /// The day of the rate.
    date: Date,
    /// Who published it.
    source: String,
}

impl From<&amount::ExchangeRate> for ExchangeRate {
    fn from(rate: &amount::ExchangeRate) -> Self {
        Self {
            currency: rate.currency.to_string(),
            rate: Decimal(rate.rate.to_string()),
            date: Date(rate.date),
            source: rate.source.clone(),
        }
    }
}

/// A currency in which bids may state prices, with the rate and day of its exact conversion.
#[derive(Debug, InputObject)]
pub struct ExchangeRateInput {
    /// The currency that is converted (ISO 4217).
    currency: String,
    /// Units of the plan's currency for one unit of this one, with at most 9 decimal places.
    rate: Decimal,
    /// The day of the rate.
    date: Date,
    /// Who published it, such as a central bank.
    source: String,
}

impl ExchangeRateInput {
    pub(super) fn parse(self, at: &str) -> async_graphql::Result<amount::ExchangeRate> {
        let currency = self.currency.parse();
        Ok(amount::ExchangeRate {
            currency: currency.map_err(|error| wrong(&format!("{at}.currency"), &error))?,
            rate: parsed(&format!("{at}.rate"), &self.rate)?,
            date: self.date.0,
            source: self.source,
        })
    }
}

/// Whether proxies already leave out what would have happened anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "proxy::Basis")]
pub enum ProxyBasis {
    /// Deadweight is still inside and is taken off.
    Gross,
    /// Deadweight is taken off already, and never twice.
    NetOfDeadweight,
}

/// Whether the first year is discounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "proxy::YearOne")]
pub enum YearOne {
    /// Year `n` is divided by `(1+r)^n`.
    Discounted,
    /// Year `n` is divided by `(1+r)^(n-1)`.
    Undiscounted,
}

/// What one unit of a measure is worth, and how the worth goes on.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProxyValue {
    /// The measure.
    measure: String,
    /// The value of one unit in the first year.
    proxy: Money,
    /// The part that would have happened anyway, 0 to 1.
    deadweight: Decimal,
    /// The part that others brought about, 0 to 1.
    attribution: Decimal,
    /// The part that only moved from elsewhere, 0 to 1.
    displacement: Decimal,
    /// The part that is lost each year from year 2, 0 to 1.
    drop_off: Decimal,
    /// For how many years the impact lasts.
    years: u8,
}

impl From<&proxy::ProxyValue> for ProxyValue {
    fn from(value: &proxy::ProxyValue) -> Self {
        let share = |share: amount::Share| Decimal(share.to_string());
        Self {
            measure: value.measure.to_string(),
            proxy: value.proxy.into(),
            deadweight: share(value.deadweight),
            attribution: share(value.attribution),
            displacement: share(value.displacement),
            drop_off: share(value.drop_off),
            years: value.years,
        }
    }
}

/// The values of a proxy pack that a plan uses, with its conventions: all that is needed to recompute a mark.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProxyValues {
    /// The pack, which stays private to its organisation.
    pack_id: ID,
    /// Its title and version.
    title: String,
    /// Under which licence the values are published here.
    licence: String,
    /// Whether its values are gross or net of deadweight.
    basis: ProxyBasis,
    /// The discount rate of a year, such as 0.035.
    discount_rate: Decimal,
    /// Whether the first year is discounted.
    year_one: YearOne,
    /// The value of each measure that a criterion counts in money.
    values: Vec<ProxyValue>,
}

impl From<&proxy::ProxyValues> for ProxyValues {
    fn from(values: &proxy::ProxyValues) -> Self {
        Self {
            pack_id: node_id(values.pack),
            title: values.title.clone(),
            licence: values.licence.clone(),
            basis: values.basis.into(),
            discount_rate: Decimal(values.discount_rate.to_string()),
            year_one: values.year_one.into(),
            values: values.values.iter().map(Into::into).collect(),
        }
    }
}

/// The proxy pack that a plan uses, with the conventions by which it uses it. The plan publishes the values of the measures
/// that its criteria score in money, and no others.
#[derive(Debug, InputObject)]
pub struct ProxiesInput {
    /// A pack of the buyer.
    pub(super) pack: ID,
    /// The discount rate of a year, 0 to 1, such as 0.035.
    discount_rate: Decimal,
    /// Whether the first year is discounted.
    year_one: YearOne,
}

impl ProxiesInput {
    pub(super) fn parse(
        self,
        pack: Option<&ProxyPack>,
        lots: &[Lot],
    ) -> async_graphql::Result<proxy::ProxyValues> {
        let field = "plan.proxies.pack";
        let pack = pack.ok_or_else(|| wrong(field, &"no such proxy pack of yours"))?;
        let mut used = BTreeSet::new();
        for lot in lots {
            counted_in_money(&lot.criteria, &mut used);
        }
        Ok(pack.published(
            &used,
            parsed("plan.proxies.discountRate", &self.discount_rate)?,
            self.year_one.into(),
        ))
    }
}

fn counted_in_money<'a>(criteria: &'a [Criterion], used: &mut BTreeSet<&'a MeasureCode>) {
    for criterion in criteria {
        match &criterion.kind {
            CriterionKind::Group(children) => counted_in_money(children, used),
            CriterionKind::Rule(rule) => {
                used.extend(rule.in_money().into_iter().flat_map(|rule| &rule.measures));
            }
        }
    }
}
