//! Evaluation plans as they are read: the tree of criteria with their scoring rules.

use async_graphql::{ComplexObject, Context, Enum, InputObject, SimpleObject};
use commonweal_domain::ids::CatalogueId;
use commonweal_domain::scoring::plan_report;
use commonweal_domain::tender as domain;
use commonweal_domain::tender::criteria::{CriterionKind, Leaf};
use commonweal_domain::tender::disclosure;
use commonweal_domain::tender::plan;

use super::admission::Admission;
use super::catalogue::{self, Catalogue};
use super::delivery_input::DeliveryTerms;
use super::lot::{LotLimits, PlanLot};
use super::plan_abnormal::PlausibleRate;
use super::plan_method::{Method, MethodTerms, method};
use super::plan_money::{ExchangeRate, ProxyValues};
use super::procurement::Procurement;
use super::scalars::{Date, DateTime, Decimal};
use super::scoring_rule::ScoringRule;
use super::standstill_plan::StandstillPlan;

/// How many steps the opening has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "plan::Envelopes")]
pub enum Envelopes {
    /// Price and quality are opened together.
    One,
    /// Prices stay closed, for officers too, until the consensus on quality is signed.
    Two,
}

/// How a mark is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "plan::Rounding")]
pub enum Rounding {
    /// To the nearest, a tie to the even neighbour.
    HalfEven,
}

/// Who can read a sealed bid before the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "plan::SealMode")]
pub enum SealMode {
    /// The service keeps the key and releases it to two officers.
    Plain,
}

/// A field of a bid that is disclosed or withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "disclosure::BidField")]
pub enum BidField {
    /// The price of the whole.
    Price,
    /// Prices of single items.
    ItemPrices,
    /// Promised quantities.
    Commitments,
    /// Who does which part.
    Participations,
    /// Declarations on pass/fail criteria.
    Declarations,
    /// Answers in words.
    Answers,
    /// Which criteria are answered in words; always public.
    Answered,
}

/// Who may see a field of a bid after the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Disclosure {
    /// Everyone.
    Public,
    /// The buyer and the bidders for the same lot.
    Parties,
    /// The buyer alone, for a ground that the plan names.
    Withheld,
}

/// Who may see a field of a bid after the opening, and why not everyone.
#[derive(Debug, Clone, SimpleObject)]
pub struct FieldDisclosure {
    /// The field.
    field: BidField,
    /// Who may see it.
    disclosure: Disclosure,
    /// The ground on which it is withheld.
    ground: Option<String>,
}

/// What decides between bids with equal totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TieBreakKind {
    /// The higher mark of a criterion.
    CriterionMark,
    /// The lower price of the whole.
    LowerPrice,
    /// The bid that arrived earlier.
    EarlierReceipt,
    /// A lot drawn from the salts of all opened bids.
    DrawnLot,
}

/// One step of the decision between bids with equal totals.
#[derive(Debug, Clone, SimpleObject)]
pub struct TieBreak {
    /// What decides.
    kind: TieBreakKind,
    /// The criterion whose mark decides.
    criterion: Option<String>,
}

impl From<plan::TieBreak> for TieBreak {
    fn from(tie: plan::TieBreak) -> Self {
        let (kind, criterion) = match tie {
            plan::TieBreak::CriterionMark(code) => {
                (TieBreakKind::CriterionMark, Some(code.to_string()))
            }
            plan::TieBreak::LowerPrice => (TieBreakKind::LowerPrice, None),
            plan::TieBreak::EarlierReceipt => (TieBreakKind::EarlierReceipt, None),
            plan::TieBreak::DrawnLot => (TieBreakKind::DrawnLot, None),
        };
        Self { kind, criterion }
    }
}

/// What the buyer declares of a criterion, each in one line; it is published with the plan.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "DeclaredInput")]
pub struct Declared {
    /// How the criterion is linked to the subject of the contract.
    link: Option<String>,
    /// Why what it asks for is not beyond the need of the contract.
    need: Option<String>,
    /// By which evidence and method answers are verified, where no measure says so.
    verification: Option<String>,
    /// Why bidders from elsewhere can meet it like those from here.
    open_to_all_places: Option<String>,
}

impl From<Declared> for plan_report::Declared {
    fn from(declared: Declared) -> Self {
        Self {
            link: declared.link,
            need: declared.need,
            verification: declared.verification,
            open_to_all_places: declared.open_to_all_places,
        }
    }
}

impl From<&plan_report::Declared> for Declared {
    fn from(declared: &plan_report::Declared) -> Self {
        let plan_report::Declared {
            link,
            need,
            verification,
            open_to_all_places,
        } = declared.clone();
        Self {
            link,
            need,
            verification,
            open_to_all_places,
        }
    }
}

/// A node of the tree of criteria: a group divides its weight among children, a leaf has a scoring rule.
#[derive(Debug, Clone, SimpleObject)]
pub struct Criterion {
    /// Code, unique in the plan.
    code: String,
    /// What people call it.
    title: String,
    /// Percent among its siblings, which sum to exactly 100.
    weight: Decimal,
    /// `W`: the points that a leaf can bring, 100 times the weights along its path, or under a coefficient the caps times
    /// them; null for a group.
    points: Option<Decimal>,
    /// The criteria among which a group's weight is divided.
    children: Vec<Criterion>,
    /// The rule of a leaf.
    rule: Option<ScoringRule>,
    /// The name of a leaf's rule, as scorecards and the log have it.
    rule_id: Option<String>,
    /// The rule's formula.
    formula: Option<String>,
    /// What the buyer declares of it; null where it declares nothing.
    declared: Option<Declared>,
}

impl Criterion {
    pub(super) fn new(criterion: &domain::Criterion, leaves: &[Leaf<'_>]) -> Self {
        let leaf = leaves
            .iter()
            .find(|leaf| leaf.criterion.code == criterion.code);
        let points = leaf.and_then(|leaf| leaf.points.round(8).ok());
        let rule = match &criterion.kind {
            CriterionKind::Rule(rule) => Some(rule),
            CriterionKind::Group(_) => None,
        };
        let children = match &criterion.kind {
            CriterionKind::Group(children) => children.as_slice(),
            CriterionKind::Rule(_) => &[],
        };
        Self {
            code: criterion.code.to_string(),
            title: criterion.title.clone(),
            weight: Decimal(criterion.weight.to_string()),
            points: points.map(|points| Decimal(points.normalize().to_string())),
            children: children
                .iter()
                .map(|child| Self::new(child, leaves))
                .collect(),
            rule: rule.map(Into::into),
            rule_id: rule.map(|rule| rule.id().to_owned()),
            formula: rule.map(|rule| rule.formula().to_owned()),
            declared: criterion.declared.as_ref().map(Into::into),
        }
    }
}

/// Everything that decides the ranking, published before the first bid.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Plan {
    /// The currency of every amount in the plan, and of every price that is compared (ISO 4217).
    currency: String,
    /// Other currencies in which bids may state prices.
    exchange_rates: Vec<ExchangeRate>,
    /// How marks make a ranking.
    method: Method,
    /// The terms of a method that counts the price itself.
    method_terms: Option<MethodTerms>,
    /// The method's formula.
    method_formula: String,
    /// Whether the lowest total wins.
    lowest_wins: bool,
    /// The lots in the buyer's order of priority; exactly one when the tender is not divided.
    lots: Vec<PlanLot>,
    /// How many lots one supplier may bid for and win; null for all of them.
    lot_limits: Option<LotLimits>,
    /// The money values of measures, where a criterion scores social value in money.
    proxies: Option<ProxyValues>,
    /// Who may take part.
    admission: Admission,
    /// How many steps the opening has.
    envelopes: Envelopes,
    /// Decimal places of a mark.
    mark_scale: u8,
    /// How a mark is rounded.
    rounding: Rounding,
    /// What decides ties, in order.
    tie_breaks: Vec<TieBreak>,
    /// From which pledge on a bid is asked to explain itself.
    plausible_rates: Vec<PlausibleRate>,
    /// What of a bid is shown to whom after the opening.
    disclosure: Vec<FieldDisclosure>,
    /// Who can read a sealed bid before the opening.
    seal_mode: SealMode,
    /// What the seal mode means for a bidder, in a sentence.
    seal_note: String,
    /// Whether the contract lets delivery beyond its KPIs be traded.
    surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits when it is short, 0 to 1.
    substitution_share: Decimal,
    /// How delivery is reported and rated.
    delivery: DeliveryTerms,
    /// The deadline for bids.
    closes_at: DateTime,
    /// The earliest opening.
    opens_at: DateTime,
    /// The day on which the procurement commenced, which chooses the policies that bind it.
    commencement: Option<Date>,
    /// The facts of the procurement by which policies are chosen and checked.
    procurement: Box<Procurement>,
    /// The deadline for questions; null where they are taken until the deadline for bids.
    questions_until: Option<DateTime>,
    /// The time between the award notice and the contract.
    standstill: StandstillPlan,
    /// What may surprise in this plan, in sentences: rules that depend on other bids, marks that may have no value.
    warnings: Vec<String>,
    #[graphql(skip)]
    catalogue_id: CatalogueId,
}

#[ComplexObject]
impl Plan {
    /// The measure catalogue to which its measures refer.
    async fn catalogue(&self, context: &Context<'_>) -> async_graphql::Result<Option<Catalogue>> {
        catalogue::load(context, self.catalogue_id).await
    }
}

impl From<&domain::Plan> for Plan {
    fn from(plan: &domain::Plan) -> Self {
        let warnings = plan.warnings().unwrap_or_default();
        let (method, method_terms) = method(&plan.method);
        Self {
            currency: plan.currency.to_string(),
            exchange_rates: plan.exchange_rates.iter().map(Into::into).collect(),
            method,
            method_terms,
            method_formula: plan.method.formula().to_owned(),
            lowest_wins: plan.method.lowest_wins(),
            proxies: plan.proxies.as_ref().map(Into::into),
            lots: plan
                .lots
                .iter()
                .map(|lot| PlanLot::new(plan, lot))
                .collect(),
            lot_limits: plan.lot_limits.map(Into::into),
            admission: Admission::from(&plan.admission),
            envelopes: plan.envelopes.into(),
            mark_scale: plan.mark_scale,
            rounding: plan.rounding.into(),
            tie_breaks: plan.tie_breaks.iter().cloned().map(Into::into).collect(),
            plausible_rates: plan.plausible_rates.iter().map(Into::into).collect(),
            disclosure: disclosures(&plan.disclosure),
            seal_mode: plan.seal.into(),
            seal_note: seal_note(plan.seal).to_owned(),
            surplus_tradable: plan.surplus_tradable,
            substitution_share: Decimal(plan.substitution_share.to_string()),
            delivery: DeliveryTerms::from(&plan.delivery),
            closes_at: DateTime(plan.closes_at),
            opens_at: DateTime(plan.opens_at),
            commencement: plan.commencement.map(Date),
            procurement: Box::new(Procurement::from(&plan.procurement)),
            questions_until: plan.questions_until.map(DateTime),
            standstill: StandstillPlan::from(&plan.standstill),
            warnings: warnings.iter().map(ToString::to_string).collect(),
            catalogue_id: plan.catalogue,
        }
    }
}

fn disclosures(plan: &domain::DisclosurePlan) -> Vec<FieldDisclosure> {
    let shown = |field| match plan.of(field) {
        domain::Disclosure::Public => (Disclosure::Public, None),
        domain::Disclosure::Parties => (Disclosure::Parties, None),
        domain::Disclosure::Withheld { ground } => (Disclosure::Withheld, Some(ground.clone())),
    };
    domain::BidField::ALL
        .into_iter()
        .map(|field| {
            let (disclosure, ground) = shown(field);
            FieldDisclosure {
                field: field.into(),
                disclosure,
                ground,
            }
        })
        .collect()
}

fn seal_note(mode: plan::SealMode) -> &'static str {
    match mode {
        plan::SealMode::Plain => {
            "The service keeps the key to the bids and releases it to two officers after the deadline: no interface shows \
             a bid early, but whoever operates the service could read one."
        }
    }
}
