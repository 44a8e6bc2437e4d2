//! What clauses look at in a plan: its scored criteria with their points, and how marks are made. The only file here that
//! knows the shape of a plan.

use super::clause::PreferenceForm;
use super::procurement::{DayCount, Standstill};
use crate::fraction::{ArithmeticError, Fraction};
use crate::scoring::robustness::LowPriceRule;
use crate::scoring::rules::{Preference, Rule};
use crate::tender::StandstillRule;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::{Criterion, CriterionKind};
use crate::tender::disclosure::BidField;
use crate::tender::lot::LotCode;
use crate::tender::plan::{Method, Plan, Rounding};

/// A scored criterion.
#[derive(Debug, Clone)]
pub struct LeafView<'a> {
    /// Its code.
    pub code: &'a CriterionCode,
    /// The points that it can bring, of 100.
    pub points: Fraction,
    /// Whether it, or a group that it belongs to, is named as carrying social value.
    pub social: bool,
    /// Its rule.
    pub rule: &'a Rule,
}

impl LeafView<'_> {
    /// Whether a price is scored.
    pub fn is_price(&self) -> bool {
        self.rule.scores_price()
    }

    /// Whether the size of promised quantities is scored.
    pub fn scores_pledges(&self) -> bool {
        self.rule.reads().contains(&BidField::Commitments)
    }
}

/// A bonus or an uplift that the plan gives social economy organisations.
#[derive(Debug, Clone)]
pub struct PreferenceView<'a> {
    /// The criterion that gives it.
    pub criterion: &'a CriterionCode,
    /// Bonus or uplift, and how much.
    pub form: PreferenceForm,
    /// Which kinds of organisations profit, and from which share of the work on.
    pub when: &'a Preference,
}

impl<'a> LeafView<'a> {
    /// The preferences that its rule gives.
    fn preferences(&self) -> Vec<PreferenceView<'a>> {
        let view = |form, when| PreferenceView {
            criterion: self.code,
            form,
            when,
        };
        match self.rule {
            Rule::Bonus(bonus) => {
                let items = bonus.bonuses.iter();
                let item = items.map(|item| {
                    (
                        PreferenceForm::Bonus {
                            points: item.points,
                        },
                        &item.when,
                    )
                });
                item.map(|(form, when)| view(form, when)).collect()
            }
            Rule::Uplift(uplift) => {
                let factor = uplift.factor;
                vec![view(PreferenceForm::Uplift { factor }, &uplift.when)]
            }
            _ => Vec::new(),
        }
    }
}

/// A lot as clauses see it.
#[derive(Debug, Clone)]
pub struct LotView<'a> {
    /// Its code.
    pub code: &'a LotCode,
    /// Its scored criteria.
    pub leaves: Vec<LeafView<'a>>,
    /// Its own rule for abnormally low prices.
    pub low_prices: Option<&'a LowPriceRule>,
}

impl LotView<'_> {
    /// Whether its price alone decides.
    pub fn price_only(&self) -> bool {
        let mut weighty = self.leaves.iter().filter(|leaf| !leaf.points.is_zero());
        weighty.all(LeafView::is_price)
    }
}

/// A plan as clauses see it.
#[derive(Debug, Clone)]
pub struct PlanView<'a> {
    /// Its lots, in the order of the plan.
    pub lots: Vec<LotView<'a>>,
    /// Whether the price is weighed among the marks, as a weighted sum does; other methods divide by quality or subtract it.
    pub weighs_price: bool,
    /// Decimal places of a mark.
    pub mark_scale: u8,
    /// How a mark is rounded.
    pub rounding: Rounding,
    /// The wait between the award notice and the contract; none where the plan names a legal ground for none.
    pub standstill: Option<Standstill>,
    /// Whether the plan says which criteria carry social value.
    pub names_social: bool,
}

impl<'a> PlanView<'a> {
    /// The view of a plan.
    pub fn new(plan: &'a Plan) -> Result<Self, ArithmeticError> {
        let social = plan.procurement.social_criteria.as_deref();
        let walk = Walk {
            social: social.unwrap_or_default(),
        };
        let mut lots = Vec::new();
        for lot in &plan.lots {
            let mut leaves = Vec::new();
            walk.collect(&lot.criteria, Fraction::whole(100), false, &mut leaves)?;
            lots.push(LotView {
                code: &lot.code,
                leaves,
                low_prices: lot.low_prices.as_ref(),
            });
        }
        Ok(Self {
            lots,
            weighs_price: matches!(plan.method, Method::WeightedSum),
            mark_scale: plan.mark_scale,
            rounding: plan.rounding,
            standstill: wait(&plan.standstill.rule),
            names_social: social.is_some(),
        })
    }

    /// Points of social value of 100, of the lot that has the fewest; none where the plan does not name them.
    pub fn social_points(&self) -> Result<Option<Fraction>, ArithmeticError> {
        let mut fewest: Option<Fraction> = None;
        for lot in &self.lots {
            let social = lot
                .leaves
                .iter()
                .filter(|leaf| leaf.social && !leaf.is_price());
            let sum = social
                .into_iter()
                .try_fold(Fraction::ZERO, |sum, leaf| sum.plus(leaf.points))?;
            fewest = Some(fewest.map_or(sum, |least| least.at_most(sum)));
        }
        Ok(fewest.filter(|_| self.names_social))
    }

    /// Every scored criterion of every lot.
    pub fn leaves(&self) -> impl Iterator<Item = &LeafView<'a>> {
        self.lots.iter().flat_map(|lot| &lot.leaves)
    }

    /// Every bonus and uplift of every lot.
    pub fn preferences(&self) -> Vec<PreferenceView<'a>> {
        self.leaves().flat_map(LeafView::preferences).collect()
    }
}

/// The wait of a plan as clauses compare it.
fn wait(rule: &StandstillRule) -> Option<Standstill> {
    let (days, count) = match rule {
        StandstillRule::WorkingDays(days) => (*days, DayCount::Working),
        StandstillRule::CalendarDays(days) => (*days, DayCount::Calendar),
        StandstillRule::None { .. } => return None,
    };
    Some(Standstill {
        days: u32::from(days),
        count,
    })
}

struct Walk<'s> {
    social: &'s [CriterionCode],
}

impl Walk<'_> {
    fn collect<'a>(
        &self,
        criteria: &'a [Criterion],
        points: Fraction,
        above: bool,
        leaves: &mut Vec<LeafView<'a>>,
    ) -> Result<(), ArithmeticError> {
        for criterion in criteria {
            let points = points.times(criterion.weight.part()?)?;
            let social = above || self.social.contains(&criterion.code);
            match &criterion.kind {
                CriterionKind::Group(children) => self.collect(children, points, social, leaves)?,
                CriterionKind::Rule(rule) => leaves.push(LeafView {
                    code: &criterion.code,
                    points,
                    social,
                    rule,
                }),
            }
        }
        Ok(())
    }
}
