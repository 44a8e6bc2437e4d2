//! Why a plan is refused.

use crate::amount::Currency;
use crate::catalogue::MeasureCode;
use crate::ids::CatalogueId;
use crate::time::Time;

use super::code::CriterionCode;
use super::lot::LotCode;

/// What is wrong with a plan, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct PlanError {
    /// The place in the plan as a JSON pointer, such as `/lots/0/criteria/0/weight`.
    pub path: String,
    /// What is wrong there.
    pub problem: PlanProblem,
}

/// What can be wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// No lot, or too many.
    #[error("{0} lots: a plan has 1 to {max}, exactly one when the tender is not divided", max = super::lot::MAX_LOTS)]
    Lots(usize),
    /// A code of a lot twice.
    #[error("the lot {0} stands twice: codes of lots are unique in a plan")]
    DuplicateLot(LotCode),
    /// A limit that nobody could reach, or that lets nobody bid or win.
    #[error("a limit of {limit} with {lots} lots: expected 1 to {lots}, or leave it out")]
    LotLimit {
        /// The limit.
        limit: u32,
        /// How many lots there are.
        lots: usize,
    },
    /// No criterion, or a group without children.
    #[error("there is no criterion here: add at least one")]
    Empty,
    /// Too many criteria.
    #[error("{0} criteria are scored: at most {max} may be in one lot", max = super::plan_check::MAX_LEAVES)]
    TooMany(usize),
    /// Too many conditions or grounds.
    #[error("{0} are stated: at most {max} may be", max = super::admission::MAX_STATED)]
    TooManyStated(usize),
    /// The plan does not fit the log.
    #[error("the plan has {0} bytes in the log, at most {max} fit: shorten its texts", max = super::plan_check::MAX_PLAN_BYTES)]
    TooLong(usize),
    /// Groups in groups in groups.
    #[error("the tree is deeper than {max} levels: flatten it", max = super::plan_check::MAX_DEPTH)]
    TooDeep,
    /// Siblings that do not sum to 100.
    #[error("the weights sum to {sum}: the weights of siblings must sum to exactly 100")]
    Weights {
        /// Their sum.
        sum: String,
    },
    /// A criterion without weight that does more than exclude.
    #[error("the weight is 0: only a pass/fail criterion that excludes may have no weight")]
    NoWeight,
    /// Weights whose product is too fine.
    #[error(
        "the weights along the path multiply to more than 8 decimal places: use coarser weights"
    )]
    WeightTooFine,
    /// A code twice.
    #[error("the code {0} stands twice: codes are unique in a plan")]
    DuplicateCode(CriterionCode),
    /// A text that is empty, too long or not one line.
    #[error("expected one line of 1 to 200 characters")]
    Text,
    /// Another catalogue than the plan names.
    #[error(
        "the plan refers to catalogue {expected}, but {found} was given: check it against its own catalogue"
    )]
    Catalogue {
        /// The plan's catalogue.
        expected: CatalogueId,
        /// The one given.
        found: CatalogueId,
    },
    /// A text that is no place.
    #[error("expected a country such as GB or a place within it such as KR-11")]
    Place,
    /// A value without VAT above the one with it.
    #[error("the value with VAT is in another currency than the one without it, or lower")]
    NetAboveGross,
    /// A measure that the catalogue does not have.
    #[error("the catalogue has no measure {0}: use one of its codes")]
    UnknownMeasure(MeasureCode),
    /// A measure that is described and not counted.
    #[error("the measure {0} is described in words, not counted: use a quantitative one")]
    NotCounted(MeasureCode),
    /// A list without members or with one twice.
    #[error("expected at least one entry and none twice")]
    List,
    /// A measure in another unit than the target.
    #[error(
        "the measure {measure} is in {found}, the target in {expected}: use measures of one unit and scale"
    )]
    UnitMix {
        /// The measure.
        measure: MeasureCode,
        /// Unit and places of the target.
        expected: String,
        /// Unit and places of the measure.
        found: String,
    },
    /// An amount in another currency.
    #[error("the amount is in {found}, the plan in {expected}: use one currency")]
    CurrencyMix {
        /// The plan's currency.
        expected: Currency,
        /// The amount's currency.
        found: Currency,
    },
    /// No parameters where the price does not decide alone.
    #[error(
        "several criteria decide here, and what the law presumes low holds where the price decides alone: state the parameters"
    )]
    NoParameters,
    /// A mean of nothing, or of too many.
    #[error("expected 1 to 100 bids of which the mean is taken at least")]
    FewestInMean,
    /// An amount below zero.
    #[error("the amount is negative: expected zero or more")]
    Negative,
    /// A target of zero.
    #[error("the target is 0, and a mark would divide by it: expected more than 0")]
    TargetZero,
    /// A ceiling not above the floor.
    #[error(
        "the ceiling is not above the floor, and a mark would divide by their difference: raise the ceiling"
    )]
    CeilingNotAboveFloor,
    /// Bands of a price that cannot be used.
    #[error("expected 1 to 100 bands of rising prices, each with a lower part than the one before")]
    PriceBands,
    /// Bands of a quantity that cannot be used.
    #[error(
        "expected 1 to 100 bands of rising quantities in one unit, each with a higher part than the one before"
    )]
    QuantityBands,
    /// A share of zero.
    #[error("the share is 0, and every bid would have it: expected more than 0")]
    ShareZero,
    /// A base that raises or excludes itself.
    #[error("the base is a bonus, an uplift or a condition that excludes: use another rule")]
    Base,
    /// No bonus, or too many.
    #[error("expected 1 to 20 bonuses")]
    Bonuses,
    /// A bonus of no points.
    #[error("the bonus is 0 points: expected more than 0")]
    BonusZero,
    /// A cap that cannot be reached or goes too far.
    #[error("the cap must be above 0 and not above the points that the criterion can bring")]
    Cap,
    /// A factor that does not raise, or too much.
    #[error("the factor must be above 1 and at most 2, such as 1.1")]
    Factor,
    /// Social value in money without proxies.
    #[error("the criterion scores money, and the plan names no proxy pack: name one")]
    NoProxies,
    /// A measure without a value in the pack.
    #[error("the proxies have no value for the measure {0}: count measures that have one")]
    NoProxy(MeasureCode),
    /// Values that no criterion uses, or uses without a value.
    #[error(
        "the plan publishes exactly the values of the measures that its criteria score in money"
    )]
    ProxiesNotAsUsed,
    /// Deadweight on a net value.
    #[error(
        "the values are net of deadweight: taking it off again would count it twice, expected 0"
    )]
    DeadweightTwice,
    /// A duration that cannot be used.
    #[error("an impact lasts 1 to {max} years, not {0}", max = crate::scoring::proxy::MAX_YEARS)]
    Years(u8),
    /// Too many decimal places for totals.
    #[error("a total has 0 to 6 decimal places, not {0}")]
    TotalScale(u8),
    /// Caps outside of the method's range.
    #[error("the caps must sum to more than 0 and less than 1")]
    Caps,
    /// An amount of zero.
    #[error("the amount is 0: expected more than 0")]
    AmountZero,
    /// A price criterion under a method that counts the price.
    #[error("the method counts the price itself: leave criteria that score a price out")]
    PriceTwice,
    /// Two rates for one currency.
    #[error(
        "{0} has a rate already or is the plan's own currency: name one rate for each other currency"
    )]
    RateTwice(Currency),
    /// A rate of zero.
    #[error("the rate is 0: expected more than 0")]
    RateZero,
    /// A table of levels that cannot be used.
    #[error("expected levels of rising points with one above 0, and the minimum among them")]
    Levels,
    /// Too many decimal places for marks.
    #[error("a mark has 0 to 6 decimal places, not {0}")]
    MarkScale(u8),
    /// Ties could stay undecided.
    #[error(
        "the list must end with the drawn lot and name it once, so that every tie is decided by a published rule"
    )]
    TieUndecided,
    /// A tie-break on a criterion that is not scored in this plan.
    #[error("the plan scores no criterion {0}: name one of its leaves")]
    UnknownCriterion(CriterionCode),
    /// Commitments that are not public.
    #[error("commitments become KPIs that anyone can follow: they must be public")]
    CommitmentsHidden,
    /// A deadline that is over.
    #[error(
        "closes at {closes_at}, which is not after the publication at {published_at}: choose a later deadline"
    )]
    ClosingBeforePublication {
        /// The deadline.
        closes_at: Time,
        /// The publication.
        published_at: Time,
    },
    /// An opening before the deadline.
    #[error(
        "opens at {opens_at}, before the closing at {closes_at}: open at or after the deadline"
    )]
    OpeningBeforeClosing {
        /// The opening.
        opens_at: Time,
        /// The deadline.
        closes_at: Time,
    },
    /// A deadline for questions that no question can meet, or none behind the deadline for bids.
    #[error(
        "questions end at {until}: choose a time between the publication and the deadline for bids"
    )]
    QuestionsUntil {
        /// The deadline for questions.
        until: Time,
    },
    /// A standstill of no days, or of too many.
    #[error("a standstill has 1 to {max} days, not {0}; name a ground where the law asks for none", max = super::standstill::MAX_DAYS)]
    StandstillDays(u16),
    /// Holidays out of order, or too many.
    #[error("expected at most {max} days in rising order and none twice", max = super::standstill::MAX_HOLIDAYS)]
    Holidays,
    /// An offset from UTC that no place has.
    #[error("{0} minutes is no offset from UTC: expected -720 to 840")]
    UtcOffset(i16),
    /// Terms of delivery that cannot be kept.
    #[error(transparent)]
    Delivery(#[from] super::delivery::DeliveryProblem),
    /// Numbers beyond what can be exact.
    #[error(
        "the numbers leave the range of exact arithmetic: use smaller amounts or fewer decimal places"
    )]
    OutOfRange,
}
