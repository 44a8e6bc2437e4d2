//! The input as the rules of the domain take it: every text becomes a plan, bids and what is known beside them.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::amount::{Currency, Money};
use commonweal_domain::catalogue::{Catalogue, Counting, Measure, MeasureKind};
use commonweal_domain::ids::{CatalogueId, Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::policy::Procurement;
use commonweal_domain::policy::clause::AbnormalBands;
use commonweal_domain::scoring::plan_report::{Declared, plan_seed};
use commonweal_domain::scoring::robustness::{LowPriceRule, PanelMarks, PlausibleRate};
use commonweal_domain::scoring::{Entrant, Facts};
use commonweal_domain::tender::Admission;
use commonweal_domain::tender::Lot;
use commonweal_domain::tender::Standstill;
use commonweal_domain::tender::criteria::{Criterion, CriterionKind};
use commonweal_domain::tender::disclosure::DisclosurePlan;
use commonweal_domain::tender::plan::{Envelopes, Method, Plan, Rounding, SealMode, TieBreak};
use commonweal_domain::text::shown;
use commonweal_domain::time::Time;
use uuid::Uuid;

use super::bids::Names;
use super::error::InputError;
use super::input::{CriterionInput, Decimal, Input, LowPricesInput, MeasureInput};
use super::rule::{Units, method, proxies, read, rule};

/// A plan with its bids.
#[derive(Debug)]
pub(super) struct Contest {
    pub(super) title: Option<String>,
    pub(super) plan: Plan,
    /// The plan's only lot.
    pub(super) lot: Lot,
    pub(super) catalogue: Catalogue,
    pub(super) entrants: Vec<Entrant>,
    pub(super) facts: Facts,
    pub(super) groups: BTreeMap<OrganisationId, OrganisationId>,
    pub(super) panel: PanelMarks,
    pub(super) reference_price: Option<Money>,
    pub(super) names: Names,
}

impl Contest {
    /// The contest of a file, or the first thing that is wrong with it.
    pub(super) fn new(input: Input) -> Result<Self, InputError> {
        let currency: Currency = parsed(&input.currency, "/currency")?;
        let catalogue = catalogue(&input.measures)?;
        let units = Units {
            currency,
            catalogue: &catalogue,
        };
        let lot = lot(&input, units)?;
        let plan = plan(&input, lot.clone(), units)?;
        let published_at = Time::from_micros(plan.closes_at.micros() - 1);
        plan.check(&catalogue, published_at)
            .map_err(|error| InputError::at(typed(&error.path), error.problem))?;
        let seed = match &input.seed {
            Some(text) => seed(text)?,
            None => plan_seed(&plan).map_err(|error| InputError::at("", error))?,
        };
        let reference_price = input.reference_price.as_ref();
        let reference_price = reference_price
            .map(|price| money(price, currency, "/reference_price"))
            .transpose()?;
        if let Some(price) = reference_price.filter(|price| price.minor() <= 0) {
            let message = format!("the reference price is {price}: expected more than zero");
            return Err(InputError::at("/reference_price", message));
        }
        if input
            .title
            .as_ref()
            .is_some_and(|title| shown(title) != *title)
        {
            let message = "expected a title on one line, without hidden characters";
            return Err(InputError::at("/title", message));
        }
        let bids = super::bids::read(&input.bids, &plan, &lot, &catalogue)?;
        let certified: &BTreeSet<(OrganisationId, SeoKind)> = &bids.certified;
        let facts = Facts::gather(&plan, &bids.entrants, seed, |organisation, kind| {
            certified.contains(&(organisation, kind))
        });
        Ok(Self {
            title: input.title,
            plan,
            lot,
            catalogue,
            facts,
            entrants: bids.entrants,
            groups: bids.groups,
            panel: bids.panel,
            reference_price,
            names: bids.names,
        })
    }
}

/// A text of a form that the domain knows.
pub(super) fn parsed<T>(text: &str, pointer: &str) -> Result<T, InputError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error| InputError::at(pointer, error))
}

/// An amount in the plan's currency.
pub(super) fn money(
    amount: &Decimal,
    currency: Currency,
    pointer: &str,
) -> Result<Money, InputError> {
    Money::parse(&amount.0, currency).map_err(|error| InputError::at(pointer, error))
}

fn seed(text: &str) -> Result<Hash, InputError> {
    let mut bytes = [0; 32];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) => Ok(Hash(bytes)),
        Err(_) => Err(InputError::at(
            "/seed",
            "expected 64 hexadecimal digits, which are 32 bytes",
        )),
    }
}

/// The place in the input of a place in the plan.
fn typed(path: &str) -> String {
    let path = match path.strip_prefix("/lots/0") {
        Some("/title") => "/title",
        Some(below) => below,
        None => path,
    };
    path.replace("/kind/rule", "/rule")
        .replace("/kind/group", "/children")
}

fn catalogue(measures: &[MeasureInput]) -> Result<Catalogue, InputError> {
    let measure = |(index, input): (usize, &MeasureInput)| {
        let at = |field: &str| format!("/measures/{index}/{field}");
        Ok(Measure {
            code: parsed(&input.code, &at("code"))?,
            theme: String::new(),
            outcome: String::new(),
            title: input.code.clone(),
            kind: MeasureKind::Quantitative,
            unit: parsed(&input.unit, &at("unit"))?,
            scale: input.scale,
            evidence: input.evidence.clone(),
            verification_method: input.verification_method.clone(),
            transferable: false,
            deadweight: None,
            counting: Counting::default(),
            source: None,
            confidence: None,
        })
    };
    let catalogue = Catalogue {
        id: CatalogueId::from_uuid(Uuid::nil()),
        code: "input".to_owned(),
        version: "1".to_owned(),
        title: "Measures of the input".to_owned(),
        source: "the input".to_owned(),
        measures: measures
            .iter()
            .enumerate()
            .map(measure)
            .collect::<Result<_, InputError>>()?,
    };
    if !catalogue.measures.is_empty() {
        let checked = catalogue.check();
        checked.map_err(|error| InputError::at("/measures", error))?;
    }
    Ok(catalogue)
}

fn plan(input: &Input, lot: Lot, units: Units<'_>) -> Result<Plan, InputError> {
    let method = input.method.as_ref();
    let chosen = method.map(|value| self::method(value, units)).transpose()?;
    // Nothing here depends on when the contest closes.
    let closes_at = Time::from_micros(0);
    Ok(Plan {
        catalogue: units.catalogue.id,
        currency: units.currency,
        method: chosen.unwrap_or(Method::WeightedSum),
        lots: vec![lot],
        lot_limits: None,
        admission: Admission::default(),
        envelopes: Envelopes::One,
        mark_scale: input.mark_scale,
        rounding: Rounding::HalfEven,
        tie_breaks: tie_breaks(input)?,
        exchange_rates: Vec::new(),
        proxies: input
            .proxies
            .as_ref()
            .map(|value| proxies(value, units))
            .transpose()?,
        plausible_rates: rates(input, units)?,
        disclosure: DisclosurePlan::default(),
        seal: SealMode::Plain,
        surplus_tradable: false,
        substitution_share: commonweal_domain::amount::Share::NONE,
        delivery: commonweal_domain::tender::delivery::Delivery::default(),
        closes_at,
        opens_at: closes_at,
        questions_until: None,
        commencement: None,
        procurement: Procurement::default(),
        standstill: Standstill::default(),
    })
}

/// A file is one lot.
fn lot(input: &Input, units: Units<'_>) -> Result<Lot, InputError> {
    let minimum = input.minimum_price.as_ref();
    let minimum = minimum.map(|price| money(price, units.currency, "/minimum_price"));
    let low_prices = input.low_prices.as_ref();
    let low_prices = low_prices.map(|input| low(input, units.currency));
    let title = input.title.as_deref().unwrap_or("The whole");
    Ok(Lot {
        code: parsed("1", "")?,
        title: title.trim().chars().take(200).collect(),
        criteria: criteria(&input.criteria, "/criteria", units)?,
        minimum_price: minimum.transpose()?,
        low_prices: low_prices.transpose()?,
    })
}

fn criteria(
    inputs: &[CriterionInput],
    pointer: &str,
    units: Units<'_>,
) -> Result<Vec<Criterion>, InputError> {
    let read_one = |(index, input): (usize, &CriterionInput)| {
        let at = format!("{pointer}/{index}");
        let title = input.title.as_ref().unwrap_or(&input.code);
        let kind = match (&input.rule, &input.children) {
            (Some(value), None) => {
                CriterionKind::Rule(rule(value, &format!("{at}/rule"), title, units)?)
            }
            (None, Some(children)) => {
                CriterionKind::Group(criteria(children, &format!("{at}/children"), units)?)
            }
            _ => return Err(InputError::at(at, "give either `rule` or `children`")),
        };
        let declared = input.declared.as_ref();
        let declared: Option<Declared> = declared
            .map(|value| read(value, &format!("{at}/declared")))
            .transpose()?;
        Ok(Criterion {
            code: parsed(&input.code, &format!("{at}/code"))?,
            title: title.clone(),
            weight: parsed(&input.weight.0, &format!("{at}/weight"))?,
            kind,
            declared,
        })
    };
    inputs.iter().enumerate().map(read_one).collect()
}

/// The given list, with the drawn lot at its end.
fn tie_breaks(input: &Input) -> Result<Vec<TieBreak>, InputError> {
    let read_one = |(index, value)| read(value, &format!("/tie_breaks/{index}"));
    let given = input.tie_breaks.iter().enumerate().map(read_one);
    let mut ties: Vec<TieBreak> = given.collect::<Result<_, _>>()?;
    if !ties.contains(&TieBreak::DrawnLot) {
        ties.push(TieBreak::DrawnLot);
    }
    Ok(ties)
}

fn low(input: &LowPricesInput, currency: Currency) -> Result<LowPriceRule, InputError> {
    let mut bands = AbnormalBands::SPAIN;
    let parts = [
        (
            "one_below_budget",
            &input.one_below_budget,
            &mut bands.one_below_budget,
        ),
        (
            "two_below_other",
            &input.two_below_other,
            &mut bands.two_below_other,
        ),
        (
            "three_below_mean",
            &input.three_below_mean,
            &mut bands.three_below_mean,
        ),
        (
            "three_left_out_above_mean",
            &input.three_left_out_above_mean,
            &mut bands.three_left_out_above_mean,
        ),
        (
            "three_below_budget",
            &input.three_below_budget,
            &mut bands.three_below_budget,
        ),
        (
            "more_below_mean",
            &input.more_below_mean,
            &mut bands.more_below_mean,
        ),
        (
            "more_left_out_above_mean",
            &input.more_left_out_above_mean,
            &mut bands.more_left_out_above_mean,
        ),
    ];
    for (field, given, part) in parts {
        if let Some(percent) = given {
            *part = parsed(&percent.0, &format!("/low_prices/{field}"))?;
        }
    }
    if let Some(fewest) = input.more_fewest_in_mean {
        bands.more_fewest_in_mean = fewest;
    }
    let budget = input.budget.as_ref();
    let budget = budget.map(|price| money(price, currency, "/low_prices/budget"));
    Ok(LowPriceRule {
        budget: budget.transpose()?,
        parameters: Some(bands),
    })
}

fn rates(input: &Input, units: Units<'_>) -> Result<Vec<PlausibleRate>, InputError> {
    let mut rates = Vec::new();
    for (index, rate) in input.plausible_rates.iter().enumerate() {
        let at = |field: &str| format!("/plausible_rates/{index}/{field}");
        let code = parsed(&rate.measure, &at("measure"))?;
        let measure = units.catalogue.measure(&code).ok_or_else(|| {
            let message = format!("there is no measure {code}: describe it under `measures`");
            InputError::at(at("measure"), message)
        })?;
        rates.push(PlausibleRate {
            quantity: measure
                .quantity(&rate.quantity.0)
                .map_err(|error| InputError::at(at("quantity"), error))?,
            measure: code,
            per: money(&rate.per, units.currency, &at("per"))?,
        });
    }
    Ok(rates)
}
