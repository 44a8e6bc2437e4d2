//! Bids made up for a plan: the same dimensions for price equivalents, simulation and bias report.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;

use super::PlanReportInput;
use crate::amount::{Money, Quantity, Share};
use crate::catalogue::{Measure, MeasureCode, MeasureRef};
use crate::fraction::ArithmeticError;
use crate::ids::{Id, OrganisationId};
use crate::scoring::entrant::{Entrant, Facts, KnownContent};
use crate::scoring::generator::Generator;
use crate::scoring::rules::Rule;
use crate::tender::bid::Commitment;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::Leaf;
use crate::tender::disclosure::BidField;
use crate::tender::participation::Participation;
use crate::time::Period;

/// What one number of a made-up bid stands for.
#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    /// The price in minor units.
    Price,
    /// The price of an item in minor units.
    ItemPrice,
    /// The panel's level, of those that do not exclude.
    Level(Vec<u32>),
    /// 1 declared, 0 not.
    Declaration,
    /// Smallest units of a measure.
    Units(&'a Measure),
    /// Percent of the work done by a certified organisation.
    CertifiedPercent,
}

/// One number of a made-up bid.
#[derive(Debug, Clone)]
pub(super) struct Dimension<'a> {
    /// The criterion that asks for it first; `None` for the price of the whole.
    pub(super) criterion: Option<&'a CriterionCode>,
    pub(super) kind: Kind<'a>,
    /// A usual value: the reference price, the quantity that a target asks for, or a declaration that no bid can do
    /// without.
    pub(super) reference: i64,
}

/// The dimensions of a plan's bids.
#[derive(Debug)]
pub(super) struct Samples<'a> {
    pub(super) input: PlanReportInput<'a>,
    pub(super) leaves: Vec<Leaf<'a>>,
    /// The price first, then what each leaf asks for that none before it did.
    pub(super) dimensions: Vec<Dimension<'a>>,
}

/// Whole units of a measure that are taken as usual where the plan states no target and no plausible rate.
const USUAL_UNITS: i64 = 100;

/// Organisations of certified partners stand apart from those of bidders.
const PARTNERS: u128 = 1 << 64;

/// A value of a made-up bid, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleValue {
    /// The criterion; none for the price of the whole.
    pub criterion: Option<CriterionCode>,
    /// The value in words.
    pub value: String,
}

/// A made-up bid, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleBid {
    /// Its number in the example, from 1.
    pub number: u32,
    /// Its values: the price first, then in the order of the plan.
    pub values: Vec<SampleValue>,
}

impl<'a> Samples<'a> {
    pub(super) fn new(input: &PlanReportInput<'a>) -> Result<Self, ArithmeticError> {
        let leaves = input.plan.leaves_of(input.lot)?;
        let mut dimensions = vec![Dimension {
            criterion: None,
            kind: Kind::Price,
            reference: input.reference_price.minor(),
        }];
        let mut measures: BTreeSet<&MeasureCode> = BTreeSet::new();
        let mut certified = false;
        for leaf in &leaves {
            let mut ask = |kind, reference| {
                dimensions.push(Dimension {
                    criterion: Some(&leaf.criterion.code),
                    kind,
                    reference,
                });
            };
            if leaf.rule.asks_item_price() {
                ask(Kind::ItemPrice, input.reference_price.minor());
            }
            if let Some(table) = leaf.rule.judged() {
                let levels = table.levels.iter().map(|level| level.points);
                let enough = |level: &u32| table.minimum.is_none_or(|least| *level >= least);
                ask(Kind::Level(levels.filter(enough).collect()), 0);
            }
            if leaf.rule.asks_declaration() {
                ask(Kind::Declaration, i64::from(leaf.rule.may_exclude_alone()));
            }
            let counted = leaf.rule.measures().first();
            let measure = counted.and_then(|code| input.catalogue.measure(code));
            if let Some(measure) = measure.filter(|measure| measures.insert(&measure.code)) {
                let reference = usual_units(input, leaf.rule, measure);
                ask(Kind::Units(measure), reference);
            }
            if leaf.rule.reads().contains(&BidField::Participations) && !certified {
                certified = true;
                ask(Kind::CertifiedPercent, 0);
            }
        }
        Ok(Self {
            input: *input,
            leaves,
            dimensions,
        })
    }

    /// Draws a bid: one number for each dimension in order. Prices lie between half and one and a half of the reference,
    /// quantities between zero and twice the reference, levels that do not exclude and percents anywhere, and one declaration in ten is not
    /// made.
    pub(super) fn draw(&self, generator: &mut Generator) -> Vec<i64> {
        let below = |bound: i64, generator: &mut Generator| {
            let bound = u64::try_from(bound).unwrap_or(1);
            i64::try_from(generator.below(bound)).unwrap_or(0)
        };
        let draw = |dimension: &Dimension<'_>| {
            let reference = dimension.reference;
            match &dimension.kind {
                Kind::Price | Kind::ItemPrice => {
                    let half = reference.checked_div(2).unwrap_or(0);
                    half.saturating_add(below(reference.saturating_add(1), generator))
                }
                Kind::Level(levels) => {
                    let count = i64::try_from(levels.len()).unwrap_or(1);
                    let index = usize::try_from(below(count, generator)).unwrap_or(0);
                    levels.get(index).map_or(0, |level| i64::from(*level))
                }
                Kind::Declaration => i64::from(below(10, generator) > 0),
                Kind::Units(_) => {
                    let most = reference.saturating_mul(2);
                    below(most.saturating_add(1), generator)
                }
                Kind::CertifiedPercent => below(101, generator),
            }
        };
        self.dimensions.iter().map(draw).collect()
    }

    /// A usual bid: the reference price, the middle level, half of the reference quantity, no certified partner, and no
    /// declaration but those without which it would be excluded.
    pub(super) fn usual(&self) -> Vec<i64> {
        let usual = |dimension: &Dimension<'_>| match &dimension.kind {
            Kind::Price | Kind::ItemPrice | Kind::Declaration => dimension.reference,
            Kind::Level(levels) => {
                let middle = levels.len().saturating_sub(1).checked_div(2).unwrap_or(0);
                levels.get(middle).map_or(0, |level| i64::from(*level))
            }
            Kind::Units(_) => dimension.reference.checked_div(2).unwrap_or(0),
            Kind::CertifiedPercent => 0,
        };
        self.dimensions.iter().map(usual).collect()
    }

    /// The bid `number` with some values, as the evaluation takes it.
    pub(super) fn entrant(&self, number: u32, values: &[i64]) -> Entrant {
        let plan = self.input.plan;
        let uuid = Uuid::from_u128(u128::from(number));
        let supplier = OrganisationId::from_uuid(uuid);
        let mut levels = BTreeMap::new();
        let mut items = BTreeMap::new();
        let mut declarations = BTreeMap::new();
        let mut commitments = Vec::new();
        let mut price = self.input.reference_price;
        let mut percent = 0;
        for (dimension, value) in self.dimensions.iter().zip(values) {
            let money = Money::from_minor(*value, plan.currency);
            match (&dimension.kind, dimension.criterion.cloned()) {
                (Kind::Level(_), Some(code)) => {
                    levels.insert(code, u32::try_from(*value).unwrap_or(0));
                }
                (Kind::ItemPrice, Some(code)) => {
                    items.insert(code, money);
                }
                (Kind::Declaration, Some(code)) => {
                    declarations.insert(code, *value > 0);
                }
                (Kind::Units(measure), _) => {
                    commitments.extend(self.commitment(measure, *value));
                }
                (Kind::CertifiedPercent, _) => percent = u32::try_from(*value).unwrap_or(0),
                _ => price = money,
            }
        }
        Entrant {
            bid: Id::from_uuid(uuid),
            sealed: Id::from_uuid(uuid),
            supplier,
            lot: self.input.lot.code.clone(),
            received_at: plan.closes_at,
            content: KnownContent {
                price: Some(price),
                item_prices: Some(items),
                commitments: Some(commitments),
                participations: Some(participations(supplier, percent)),
                declarations: Some(declarations),
                answered: Some(self.answered()),
            },
            levels,
            confirmed: BTreeSet::from([partner(supplier)]),
        }
    }

    /// Every criterion that may be answered in words is.
    fn answered(&self) -> BTreeSet<CriterionCode> {
        let asking = self.leaves.iter().filter(|leaf| leaf.rule.asks_answer());
        asking.map(|leaf| leaf.criterion.code.clone()).collect()
    }

    fn commitment(&self, measure: &Measure, units: i64) -> Option<Commitment> {
        let quantity = Quantity::from_units(units, measure.scale, measure.unit.clone()).ok()?;
        let day = |year: u16| format!("{year}-01-01").parse().ok();
        let commitment = Commitment {
            measure: MeasureRef {
                catalogue: self.input.plan.catalogue,
                code: measure.code.clone(),
            },
            quantity,
            period: Period::new(day(2001)?, day(2002)?).ok()?,
            place: "ZZ".to_owned(),
        };
        (units > 0).then_some(commitment)
    }

    /// What the evaluation knows beside made-up bids: their partners are certified.
    pub(super) fn facts(&self, entrants: &[Entrant]) -> Facts {
        let plan = self.input.plan;
        Facts::gather(plan, entrants, self.input.seed, |organisation, _| {
            organisation.uuid().as_u128() >= PARTNERS
        })
    }

    /// A bid for people.
    pub(super) fn show(&self, number: u32, values: &[i64]) -> SampleBid {
        let shown = self.dimensions.iter().zip(values);
        SampleBid {
            number,
            values: shown
                .map(|(dimension, value)| SampleValue {
                    criterion: dimension.criterion.cloned(),
                    value: self.text(dimension, *value),
                })
                .collect(),
        }
    }

    /// A value in words.
    pub(super) fn text(&self, dimension: &Dimension<'_>, value: i64) -> String {
        match &dimension.kind {
            Kind::Price | Kind::ItemPrice => {
                Money::from_minor(value, self.input.plan.currency).to_string()
            }
            Kind::Level(_) => format!("level {value}"),
            Kind::Declaration if value > 0 => "declared".to_owned(),
            Kind::Declaration => "not declared".to_owned(),
            Kind::Units(measure) => {
                Quantity::from_units(value, measure.scale, measure.unit.clone())
                    .map_or_else(|_| value.to_string(), |quantity| quantity.to_string())
            }
            Kind::CertifiedPercent => format!("{value} % by certified organisations"),
        }
    }
}

/// What brings the whole mark of the rule.
fn target(rule: &Rule) -> Option<i64> {
    match rule {
        Rule::QuantityToTarget(rule) => Some(rule.target.units()),
        Rule::QuantityBanded(rule) => rule.bands.last().map(|band| band.from.units()),
        _ => rule.base().and_then(target),
    }
}

/// The target of the rule, else what the plausible rate makes of the reference price, else [`USUAL_UNITS`].
fn usual_units(input: &PlanReportInput<'_>, rule: &Rule, measure: &Measure) -> i64 {
    if let Some(usual) = target(rule).or_else(|| plausible_units(input, measure)) {
        return usual;
    }
    let whole = 10_i64.checked_pow(u32::from(measure.scale)).unwrap_or(1);
    USUAL_UNITS.saturating_mul(whole)
}

/// What the plan's plausible rate makes of the reference price, in smallest units of the measure.
pub(super) fn plausible_units(input: &PlanReportInput<'_>, measure: &Measure) -> Option<i64> {
    let rates = &input.plan.plausible_rates;
    let rate = rates.iter().find(|rate| rate.measure == measure.code)?;
    let wide = |units: i64| i128::from(units);
    let product = wide(rate.quantity.units()).checked_mul(wide(input.reference_price.minor()))?;
    i64::try_from(product.checked_div(wide(rate.per.minor()))?).ok()
}

/// The certified partner of a supplier.
fn partner(supplier: OrganisationId) -> OrganisationId {
    let number = supplier.uuid().as_u128().saturating_add(PARTNERS);
    OrganisationId::from_uuid(Uuid::from_u128(number))
}

/// The supplier and, with some percent, a certified partner.
fn participations(supplier: OrganisationId, percent: u32) -> Vec<Participation> {
    let share = |percent: u32| {
        Share::from_millionths(percent.saturating_mul(10_000)).unwrap_or(Share::NONE)
    };
    let member = |organisation, percent| Participation {
        organisation,
        share: share(percent),
        under: None,
    };
    vec![
        member(supplier, 100_u32.saturating_sub(percent)),
        member(partner(supplier), percent),
    ]
}
