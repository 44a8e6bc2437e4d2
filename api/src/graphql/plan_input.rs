//! Evaluation plans as input. What is no number, code or date is refused with its field; whether the plan can decide a
//! ranking is judged by the use-case.

use async_graphql::{Context, ID, InputObject};
use commonweal_domain::amount::Share;
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::ids::CatalogueId;
use commonweal_domain::scoring::proxy_pack::ProxyPack;
use commonweal_domain::scoring::rules::Rule;
use commonweal_domain::tender as domain;
use commonweal_domain::tender::criteria::CriterionKind;
use commonweal_domain::tender::plan;

use super::admission::Admission;
use super::amounts::{small, wrong};
use super::context::loader;
use super::delivery_input::DeliveryTermsInput;
use super::errors::Code;
use super::lot_input::{LotInput, LotLimitsInput};
use super::node::parse_id;
use super::plan::{BidField, Declared, Disclosure, Envelopes, Rounding, SealMode, TieBreakKind};
use super::plan_abnormal::PlausibleRateInput;
use super::plan_method::{self, Method, MethodTermsInput};
use super::plan_money::{ExchangeRateInput, ProxiesInput};
use super::procurement_input::ProcurementInput;
use super::proxy_pack;
use super::scalars::{Date, DateTime, Decimal};
use super::scoring_rule_input::RuleInput;
use super::standstill_plan::StandstillPlanInput;

/// The deepest tree that is read; the plan's own limit is lower and says so.
const MAX_DEPTH: usize = 8;

/// A node of the tree of criteria: children or a rule.
#[derive(Debug, InputObject)]
pub struct CriterionInput {
    /// Code, unique in the plan: 1 to 30 letters, digits, `-` or `.`.
    code: String,
    /// What people call it.
    title: String,
    /// Percent among its siblings, which sum to exactly 100.
    weight: Decimal,
    /// The criteria among which a group's weight is divided.
    children: Option<Vec<CriterionInput>>,
    /// The rule of a leaf.
    rule: Option<RuleInput>,
    /// What the buyer declares of the criterion; `planReport` says what the law asks for.
    declared: Option<Declared>,
}

impl CriterionInput {
    fn parse(
        self,
        at: &str,
        catalogue: &Catalogue,
        depth: usize,
    ) -> async_graphql::Result<domain::Criterion> {
        let kind = match (self.children, self.rule) {
            (Some(children), None) => {
                let children = criteria(children, &format!("{at}.children"), catalogue, depth + 1);
                CriterionKind::Group(children?)
            }
            (None, Some(rule)) => {
                CriterionKind::Rule(rule.parse(&format!("{at}.rule"), catalogue)?)
            }
            _ => return Err(wrong(at, &"give either `children` or `rule`")),
        };
        let code = self.code.parse();
        let weight = self.weight.0.parse();
        Ok(domain::Criterion {
            code: code.map_err(|error| wrong(&format!("{at}.code"), &error))?,
            title: self.title,
            weight: weight.map_err(|error| wrong(&format!("{at}.weight"), &error))?,
            kind,
            declared: self.declared.map(Into::into),
        })
    }
}

/// Siblings of the tree.
pub(super) fn criteria(
    inputs: Vec<CriterionInput>,
    at: &str,
    catalogue: &Catalogue,
    depth: usize,
) -> async_graphql::Result<Vec<domain::Criterion>> {
    if depth > MAX_DEPTH {
        return Err(wrong(at, &"the tree is too deep: flatten it"));
    }
    let parse = |(index, input): (usize, CriterionInput)| {
        input.parse(&format!("{at}.{index}"), catalogue, depth)
    };
    inputs.into_iter().enumerate().map(parse).collect()
}

/// One step of the decision between bids with equal totals.
#[derive(Debug, InputObject)]
pub struct TieBreakInput {
    /// What decides.
    kind: TieBreakKind,
    /// The criterion whose mark decides; only for `CRITERION_MARK`.
    criterion: Option<String>,
}

impl TieBreakInput {
    fn parse(self, at: &str) -> async_graphql::Result<plan::TieBreak> {
        let field = format!("{at}.criterion");
        match (self.kind, self.criterion) {
            (TieBreakKind::CriterionMark, Some(code)) => {
                let code = code.parse().map_err(|error| wrong(&field, &error))?;
                Ok(plan::TieBreak::CriterionMark(code))
            }
            (TieBreakKind::LowerPrice, None) => Ok(plan::TieBreak::LowerPrice),
            (TieBreakKind::EarlierReceipt, None) => Ok(plan::TieBreak::EarlierReceipt),
            (TieBreakKind::DrawnLot, None) => Ok(plan::TieBreak::DrawnLot),
            _ => Err(wrong(
                &field,
                &"name a criterion for `CRITERION_MARK`, and for nothing else",
            )),
        }
    }
}

/// Who may see a field of a bid after the opening.
#[derive(Debug, InputObject)]
pub struct FieldDisclosureInput {
    /// The field.
    field: BidField,
    /// Who may see it.
    disclosure: Disclosure,
    /// The ground on which it is withheld; only for `WITHHELD`.
    ground: Option<String>,
}

fn disclosure(
    inputs: Vec<FieldDisclosureInput>,
    at: &str,
) -> async_graphql::Result<domain::DisclosurePlan> {
    let mut plan = domain::DisclosurePlan::default();
    let mut seen = Vec::new();
    for (index, input) in inputs.into_iter().enumerate() {
        let at = format!("{at}.{index}");
        if seen.contains(&input.field) {
            return Err(wrong(&format!("{at}.field"), &"each field stands once"));
        }
        seen.push(input.field);
        let value = match (input.disclosure, input.ground) {
            (Disclosure::Public, None) => domain::Disclosure::Public,
            (Disclosure::Parties, None) => domain::Disclosure::Parties,
            (Disclosure::Withheld, Some(ground)) => domain::Disclosure::Withheld { ground },
            _ => {
                return Err(wrong(
                    &format!("{at}.ground"),
                    &"name a ground for `WITHHELD`, and for nothing else",
                ));
            }
        };
        *match input.field {
            BidField::Price => &mut plan.price,
            BidField::ItemPrices => &mut plan.item_prices,
            BidField::Commitments => &mut plan.commitments,
            BidField::Participations => &mut plan.participations,
            BidField::Declarations => &mut plan.declarations,
            BidField::Answers => &mut plan.answers,
            BidField::Answered => {
                return Err(wrong(
                    &format!("{at}.field"),
                    &"that a criterion is answered is always public: leave it out",
                ));
            }
        } = value;
    }
    Ok(plan)
}

/// Refuses a plan that is silent on who may see a field in which a trade secret or a losing price may stand.
fn check_stated(plan: &domain::Plan, stated: &[BidField], at: &str) -> async_graphql::Result<()> {
    // Weights that cannot be used are refused by the check of the plan.
    let leaves = plan.leaves().unwrap_or_default();
    let asks = |asks: fn(&Rule) -> bool| leaves.iter().any(|leaf| asks(leaf.rule));
    let due = [
        (BidField::Price, "PRICE", true),
        (
            BidField::ItemPrices,
            "ITEM_PRICES",
            asks(Rule::asks_item_price),
        ),
        (BidField::Answers, "ANSWERS", asks(Rule::asks_answer)),
    ];
    let silent = due
        .iter()
        .find(|(field, _, due)| *due && !stated.contains(field));
    match silent {
        None => Ok(()),
        Some((_, name, _)) => {
            let message = format!(
                "say who may see {name} after the opening: PUBLIC, PARTIES, or WITHHELD with a ground"
            );
            Err(wrong(at, &message))
        }
    }
}

/// Everything that decides the ranking.
#[derive(Debug, InputObject)]
pub struct PlanInput {
    /// The measure catalogue to which its measures refer.
    pub(crate) catalogue: ID,
    /// The currency of every amount in the plan, and of every price that is compared (ISO 4217).
    currency: String,
    /// Other currencies in which bids may state prices, at most one rate each; without a rate they are refused.
    #[graphql(default)]
    exchange_rates: Vec<ExchangeRateInput>,
    /// How marks make a ranking.
    #[graphql(default_with = "Method::WeightedSum")]
    method: Method,
    /// The terms of a method that counts the price itself; left out for `WEIGHTED_SUM`.
    method_terms: Option<MethodTermsInput>,
    /// The lots in the buyer's order of priority; one for a tender that is not divided.
    lots: Vec<LotInput>,
    /// How many lots one supplier may bid for and win; leave out for all of them.
    lot_limits: Option<LotLimitsInput>,
    /// The proxy pack by which criteria score social value in money.
    pub(crate) proxies: Option<ProxiesInput>,
    /// Who may take part: conditions of participation and exclusion grounds. None when left out.
    #[graphql(default)]
    admission: Admission,
    /// How many steps the opening has.
    #[graphql(default_with = "Envelopes::One")]
    envelopes: Envelopes,
    /// Decimal places of a mark, 0 to 6.
    #[graphql(default = 4)]
    mark_scale: u32,
    /// How a mark is rounded.
    #[graphql(default_with = "Rounding::HalfEven")]
    rounding: Rounding,
    /// What decides ties, in order; the last one is the drawn lot.
    tie_breaks: Vec<TieBreakInput>,
    /// From which pledge on a bid is asked to explain itself, at most once for each measure.
    #[graphql(default)]
    plausible_rates: Vec<PlausibleRateInput>,
    /// Who may see which field of a bid after the opening, while the panel still marks, losing bids included. `PRICE` always
    /// stands here, `ITEM_PRICES` and `ANSWERS` where the criteria ask for them: prices and trade secrets are never
    /// published by an omission. Other fields that are left out are public.
    disclosure: Option<Vec<FieldDisclosureInput>>,
    /// Who can read a sealed bid before the opening.
    #[graphql(default_with = "SealMode::Plain")]
    seal_mode: SealMode,
    /// Whether the contract lets delivery beyond its KPIs be traded.
    #[graphql(default)]
    surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits when it is short, 0 to 1; nothing unless it is said.
    substitution_share: Option<Decimal>,
    /// How delivery is reported and rated.
    delivery: Option<DeliveryTermsInput>,
    /// The deadline for bids.
    closes_at: DateTime,
    /// The earliest opening, at or after the deadline.
    opens_at: DateTime,
    /// The day on which the procurement commenced, which chooses the policies that bind it.
    commencement: Option<Date>,
    /// The facts of the procurement by which policies are chosen and checked.
    procurement: Option<ProcurementInput>,
    /// The deadline for questions; without one they are taken until the deadline for bids.
    questions_until: Option<DateTime>,
    /// The time between the award notice and the contract; ten calendar days in UTC where it is left out.
    standstill: Option<StandstillPlanInput>,
}

impl PlanInput {
    /// The plan with measures of the catalogue and values of the proxy pack that it names.
    pub(crate) async fn read(self, context: &Context<'_>) -> async_graphql::Result<domain::Plan> {
        let catalogue: CatalogueId = parse_id("plan.catalogue", &self.catalogue)?;
        let found = loader(context)?.load_one(catalogue).await?;
        let unknown = || {
            let message = "`plan.catalogue`: no such measure catalogue: name a published one";
            Code::NotFound.error_at("plan.catalogue", message)
        };
        let catalogue = found.ok_or_else(unknown)?.catalogue;
        let pack = match &self.proxies {
            Some(proxies) => {
                proxy_pack::load(context, parse_id("plan.proxies.pack", &proxies.pack)?).await?
            }
            None => None,
        };
        self.parse(&catalogue, pack.as_ref())
    }

    fn parse(
        self,
        catalogue: &Catalogue,
        pack: Option<&ProxyPack>,
    ) -> async_graphql::Result<domain::Plan> {
        let currency = self.currency.parse();
        let disclosed = self.disclosure.unwrap_or_default();
        let stated: Vec<BidField> = disclosed.iter().map(|one| one.field).collect();
        let ties = self.tie_breaks.into_iter().enumerate();
        let ties = ties.map(|(index, tie)| tie.parse(&format!("plan.tieBreaks.{index}")));
        let rates = self.exchange_rates.into_iter().enumerate();
        let rates = rates.map(|(index, rate)| rate.parse(&format!("plan.exchangeRates.{index}")));
        let plausible = self.plausible_rates.into_iter().enumerate();
        let plausible = plausible
            .map(|(index, rate)| rate.parse(&format!("plan.plausibleRates.{index}"), catalogue));
        let lots = self.lots.into_iter().enumerate();
        let lots = lots.map(|(index, lot)| lot.parse(&format!("plan.lots.{index}"), catalogue));
        let lots: Vec<domain::Lot> = lots.collect::<async_graphql::Result<_>>()?;
        let proxies = self.proxies.map(|proxies| proxies.parse(pack, &lots));
        let plan = domain::Plan {
            catalogue: catalogue.id,
            currency: currency.map_err(|error| wrong("plan.currency", &error))?,
            exchange_rates: rates.collect::<async_graphql::Result<_>>()?,
            method: plan_method::parse(self.method, self.method_terms)?,
            proxies: proxies.transpose()?,
            lots,
            lot_limits: self.lot_limits.map(Into::into),
            admission: self.admission.parse("plan.admission")?,
            envelopes: self.envelopes.into(),
            mark_scale: small("plan.markScale", self.mark_scale, "0 to 6")?,
            rounding: self.rounding.into(),
            tie_breaks: ties.collect::<async_graphql::Result<_>>()?,
            plausible_rates: plausible.collect::<async_graphql::Result<_>>()?,
            disclosure: disclosure(disclosed, "plan.disclosure")?,
            seal: self.seal_mode.into(),
            surplus_tradable: self.surplus_tradable,
            substitution_share: match &self.substitution_share {
                Some(share) => share
                    .0
                    .parse()
                    .map_err(|error| wrong("plan.substitutionShare", &error))?,
                None => Share::NONE,
            },
            delivery: self
                .delivery
                .map(|delivery| delivery.parse("plan.delivery"))
                .transpose()?
                .unwrap_or_default(),
            closes_at: self.closes_at.0,
            opens_at: self.opens_at.0,
            commencement: self.commencement.map(|day| day.0),
            procurement: self
                .procurement
                .map(ProcurementInput::parse)
                .transpose()?
                .unwrap_or_default(),
            questions_until: self.questions_until.map(|until| until.0),
            standstill: self
                .standstill
                .map(|standstill| standstill.parse("plan.standstill"))
                .transpose()?
                .unwrap_or_default(),
        };
        check_stated(&plan, &stated, "plan.disclosure")?;
        Ok(plan)
    }
}

/// A path of the domain in the words of the input: `plan.lots.0.criteria.0.kind.rule.price_linear.floor` is
/// `plan.lots.0.criteria.0.rule.priceLinear.floor`.
pub(crate) fn input_path(path: &str) -> String {
    let path = path
        .replace(".kind.group", ".children")
        .replace(".kind.rule", ".rule")
        .replace(".outer.to_target", "")
        .replace(".outer.linear", "");
    let path = match path.strip_prefix("plan.method.") {
        Some(term) => term.split_once('.').map_or_else(
            || path.clone(),
            |(_, term)| format!("plan.method_terms.{term}"),
        ),
        None => path,
    };
    let mut camel = String::with_capacity(path.len());
    let mut upper = false;
    for c in path.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.extend(c.to_uppercase());
        } else {
            camel.push(c);
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_domain_is_told_in_the_words_of_the_input() {
        for (domain, input) in [
            ("plan.criteria.1.weight", "plan.criteria.1.weight"),
            (
                "plan.criteria.0.kind.group.2.title",
                "plan.criteria.0.children.2.title",
            ),
            (
                "plan.criteria.0.kind.rule.price_linear.floor",
                "plan.criteria.0.rule.priceLinear.floor",
            ),
            ("plan.closes_at", "plan.closesAt"),
            ("plan.method.coefficient.caps", "plan.methodTerms.caps"),
            (
                "plan.criteria.0.kind.rule.bonus.base.social_value_money.outer.linear.floor",
                "plan.criteria.0.rule.bonus.base.socialValueMoney.floor",
            ),
            ("bid.item_prices", "bid.itemPrices"),
        ] {
            assert_eq!(input_path(domain), input);
        }
    }
}
