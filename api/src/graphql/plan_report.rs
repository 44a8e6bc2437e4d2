//! The report on a plan before it is published.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use commonweal_app::AppError;
use commonweal_domain::actor::Role;
use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::CatalogueId;
use commonweal_domain::scoring::plan_report as domain;
use commonweal_domain::tender::Lot;

use super::amounts::{Money, MoneyInput, Quantity, wrong};
use super::context::{actor, loader, refuse};
use super::errors::Code;
use super::plan_abnormal::LowPriceRule;
use super::plan_input::{PlanInput, input_path};

/// The most runs that one query may ask for.
const MAX_RUNS: u32 = 1_000;

/// What the law asks of a criterion and the plan does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FactGap")]
pub enum FactGap {
    /// The link to the subject of the contract.
    Link,
    /// That it is not beyond the need.
    Need,
    /// How answers are verified.
    Verification,
    /// That it does not discriminate by place.
    Place,
}

/// A warning about a criterion, with the clause that asks for what is missing.
#[derive(Debug, Clone, SimpleObject)]
pub struct FactWarning {
    /// The criterion.
    criterion: String,
    /// What is missing.
    gap: FactGap,
    /// The clause.
    clause: String,
    /// One sentence.
    sentence: String,
}

/// What one step of a criterion is worth.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceEquivalent {
    /// The criterion.
    criterion: String,
    /// The usual value from which the step is taken.
    from: String,
    /// The value one step better.
    to: String,
    /// Points that the step brings at equal prices, as an exact fraction; null where a rule has no value.
    points: Option<String>,
    /// The most that the better bid may cost more and still win; null when it wins at any price.
    price: Option<Money>,
}

/// A value of a made-up bid.
#[derive(Debug, Clone, SimpleObject)]
pub struct SampleValue {
    /// The criterion; null for the price of the whole.
    criterion: Option<String>,
    /// The value in words.
    value: String,
}

/// A made-up bid.
#[derive(Debug, Clone, SimpleObject)]
pub struct SampleBid {
    /// Its number in the example, from 1.
    number: u32,
    /// Its values: the price first, then in the order of the plan.
    values: Vec<SampleValue>,
}

/// A losing bid that decides the winner.
#[derive(Debug, Clone, SimpleObject)]
pub struct Reversal {
    /// The bids.
    bids: Vec<SampleBid>,
    /// The number of the bid that wins among all.
    winner: u32,
    /// The number of the losing bid that is left out.
    left_out: u32,
    /// The number of the bid that wins then; null when the ranking is withheld.
    winner_without: Option<u32>,
}

/// What random bids show.
#[derive(Debug, Clone, SimpleObject)]
pub struct Simulation {
    /// How many contests were drawn.
    runs: u32,
    /// Bids in each.
    bids: u32,
    /// Contests in which leaving out one loser changes the winner.
    reversals: u32,
    /// Contests in which the first two have equal totals.
    ties: u32,
    /// Contests without a winner.
    without_winner: u32,
    /// The first reversal found.
    example: Option<Reversal>,
}

/// How a criterion depends on the size of the bidder: two bidders, one ten times the other, promise the same for each of
/// their people.
#[derive(Debug, Clone, SimpleObject)]
pub struct SizeBias {
    /// The criterion.
    criterion: String,
    /// What the larger bidder promises.
    large_promises: Quantity,
    /// What the smaller bidder promises.
    small_promises: Quantity,
    /// The mark of the larger, as an exact fraction.
    large_mark: Option<String>,
    /// The mark of the smaller, as an exact fraction.
    small_mark: Option<String>,
    /// The larger wins while it costs no more than this above the smaller; null when it wins at any price.
    worth: Option<Money>,
    /// Contests of random offers.
    runs: u32,
    /// Those of them that the smaller wins, where half would be neutral.
    small_wins: u32,
    /// A published target that could stand in its place; null when the criterion is neutral.
    offered_target: Option<Quantity>,
    /// Whether the target is plausible for a contract of the reference price, and not only what the smaller can promise.
    offered_per_contract_value: Option<bool>,
    /// Contests that the smaller wins with it.
    offered_small_wins: Option<u32>,
}

/// What an officer should know of a plan before it is published.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlanReport {
    /// Rules that depend on other bids, and where a rule may have no value.
    warnings: Vec<String>,
    /// What the law asks of a criterion and the plan does not say.
    facts: Vec<FactWarning>,
    /// The rule by which prices will be flagged as abnormally low; null where no price will be.
    low_prices: Option<LowPriceRule>,
    /// The least addition to the reference price that costs one point; null where no price does.
    price_of_a_point: Option<Money>,
    /// What one step of each criterion costs in price.
    price_equivalents: Vec<PriceEquivalent>,
    /// Rank reversals and ties among random bids.
    simulation: Simulation,
    /// Criteria that depend on the size of the bidder.
    bias: Vec<SizeBias>,
}

/// Input of `planReport`.
#[derive(Debug, InputObject)]
pub struct PlanReportInput {
    /// The plan, which need not be published.
    plan: PlanInput,
    /// The code of the lot to report on; the first where it is left out.
    lot: Option<String>,
    /// The price around which everything is stated: what the buyer expects to pay.
    reference_price: MoneyInput,
    /// Contests that are drawn, at most 1,000.
    #[graphql(default = 200)]
    runs: u32,
}

fn exact(value: Fraction) -> String {
    format!("{}/{}", value.numerator(), value.denominator())
}

impl From<domain::Simulation> for Simulation {
    fn from(found: domain::Simulation) -> Self {
        let value = |value: domain::SampleValue| SampleValue {
            criterion: value.criterion.map(|code| code.to_string()),
            value: value.value,
        };
        let bid = |bid: domain::SampleBid| SampleBid {
            number: bid.number,
            values: bid.values.into_iter().map(value).collect(),
        };
        let reversal = |reversal: domain::Reversal| Reversal {
            bids: reversal.bids.into_iter().map(bid).collect(),
            winner: reversal.winner,
            left_out: reversal.left_out,
            winner_without: reversal.winner_without,
        };
        Self {
            runs: found.runs,
            bids: found.bids,
            reversals: found.reversals,
            ties: found.ties,
            without_winner: found.without_winner,
            example: found.example.map(reversal),
        }
    }
}

impl From<domain::Bias> for SizeBias {
    fn from(found: domain::Bias) -> Self {
        let offer = found.offer.as_ref();
        Self {
            criterion: found.criterion.to_string(),
            large_promises: (&found.large_promises).into(),
            small_promises: (&found.small_promises).into(),
            large_mark: found.large_mark.map(exact),
            small_mark: found.small_mark.map(exact),
            worth: found.worth.map(Into::into),
            runs: found.runs,
            small_wins: found.small_wins,
            offered_target: offer.map(|offer| (&offer.target).into()),
            offered_per_contract_value: offer.map(|offer| offer.per_contract_value),
            offered_small_wins: offer.map(|offer| offer.small_wins),
        }
    }
}

impl From<domain::PlanReport> for PlanReport {
    fn from(found: domain::PlanReport) -> Self {
        let fact = |warning: domain::FactWarning| FactWarning {
            criterion: warning.criterion.to_string(),
            gap: warning.gap.into(),
            clause: warning.clause.to_owned(),
            sentence: warning.sentence,
        };
        let equivalent = |one: domain::PriceEquivalent| PriceEquivalent {
            criterion: one.criterion.to_string(),
            from: one.from,
            to: one.to,
            points: one.points.map(exact),
            price: one.price.map(Into::into),
        };
        let prices = found.price_equivalents;
        Self {
            warnings: found.warnings,
            facts: found.facts.into_iter().map(fact).collect(),
            low_prices: found.low_prices.as_ref().map(Into::into),
            price_of_a_point: prices.point.map(Into::into),
            price_equivalents: prices.criteria.into_iter().map(equivalent).collect(),
            simulation: found.simulation.into(),
            bias: found.bias.into_iter().map(Into::into).collect(),
        }
    }
}

/// Queries on plans that are not published.
#[derive(Debug, Default)]
pub struct PlanReportQuery;

#[Object]
impl PlanReportQuery {
    /// What an officer should know of a plan before publishing it: what marks cost, whether rules are neutral, how often a
    /// losing bid would decide, and what the law asks of each criterion. For officers; nothing is stored.
    async fn plan_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The plan and its reference price.")] input: PlanReportInput,
    ) -> async_graphql::Result<PlanReport> {
        let actor = actor(context);
        if actor.organisations(Role::Officer).next().is_none() {
            return Err(Code::Forbidden.error("a plan is checked by an officer of a buyer"));
        }
        let reference_price = input.reference_price.parse("referencePrice")?;
        let plan = input.plan.read(context).await?;
        let unknown = || wrong("plan.catalogue", &"no such measure catalogue");
        let found = loader(context)?
            .load_one::<CatalogueId>(plan.catalogue)
            .await?;
        let catalogue = found.ok_or_else(unknown)?.catalogue;
        let before = commonweal_domain::time::Time::from_micros(i64::MIN);
        plan.check(&catalogue, before).map_err(|error| {
            let path = input_path(&format!("plan{}", error.path.replace('/', ".")));
            wrong(&path, &error.problem)
        })?;
        if reference_price.currency() != plan.currency || reference_price.minor() <= 0 {
            let expected = format!("expected more than zero in {}", plan.currency);
            return Err(wrong("referencePrice", &expected));
        }
        let wanted = |lot: &&Lot| {
            let code = input.lot.as_deref();
            code.is_none_or(|code| lot.code.as_str() == code)
        };
        let lot = plan.lots.iter().find(wanted).cloned();
        let codes = || plan.lots.iter().map(|lot| lot.code.as_str());
        let lot = lot.ok_or_else(|| {
            let codes: Vec<&str> = codes().collect();
            let expected = format!("the plan has no such lot: expected {}", codes.join(" or "));
            wrong("lot", &expected)
        })?;
        if input.runs > MAX_RUNS {
            let expected = format!("expected at most {MAX_RUNS}");
            return Err(wrong("runs", &expected));
        }
        let report = move || {
            let seed = domain::plan_seed(&plan).map_err(|error| error.to_string())?;
            domain::plan_report(&domain::PlanReportInput {
                plan: &plan,
                lot: &lot,
                catalogue: &catalogue,
                reference_price,
                seed,
                runs: input.runs,
            })
            .map_err(|error| error.to_string())
        };
        let done = tokio::task::spawn_blocking(report).await;
        let found = done.map_err(|error| refuse(AppError::internal(error)))?;
        found.map(Into::into).map_err(|error| wrong("plan", &error))
    }
}
