//! The kinds of clauses, one file each. A new kind is its file and one line in the list below.

mod abnormally_low;
mod declarations;
mod minimum_kpis;
mod panel_size;
mod performance_assessment;
mod place_target;
mod reserved_participation;
mod retention;
mod rounding;
mod scoring_rules_forbidden;
mod seo_preference;
mod seo_purchase_target;
mod social_value_weight;
mod standstill;
mod verifier_independence;

pub use abnormally_low::{AbnormalBands, AbnormallyLow};
pub use declarations::Declarations;
pub use minimum_kpis::MinimumKpis;
pub use panel_size::PanelSize;
pub use performance_assessment::PerformanceAssessment;
pub use place_target::{Direction, OutcomeMeasure, PlaceTarget};
pub use reserved_participation::{
    Applicant, Headcount, ReservedFor, ReservedParticipation, Workforce,
};
pub use retention::Retention;
pub use rounding::RoundingOfMarks;
pub use scoring_rules_forbidden::{ForbiddenRule, ScoringRulesForbidden};
pub use seo_preference::{PreferenceForm, SeoPreference};
pub use seo_purchase_target::SeoPurchaseTarget;
pub use social_value_weight::{SocialValueWeight, WeightBand, WeightOf};
pub use standstill::StandstillPeriod;
pub use verifier_independence::VerifierIndependence;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Clause;
use super::check::{Judged, MissingFact, input};
use super::plan_view::PlanView;
use super::problem::PolicyProblem;
use super::procurement::{Procurement, ValueBasis};
use crate::amount::Money;
use crate::fraction::ArithmeticError;
use crate::scoring::scorecard::Input;

/// A plan under one clause.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The plan as clauses see it.
    pub plan: &'a PlanView<'a>,
    /// What the plan says of its procurement.
    pub procurement: &'a Procurement,
    /// Every clause of the policies that bind.
    pub enabled: &'a [&'a Clause],
}

impl Case<'_> {
    /// The estimated value in the currency of a limit, or the answer that it is missing.
    fn value(&self, basis: ValueBasis, limit: Money) -> Result<Money, Judged> {
        let value = self.procurement.value(basis);
        value
            .filter(|value| value.currency() == limit.currency())
            .ok_or_else(|| {
                let given = value.map_or("none".to_owned(), |value| value.to_string());
                let inputs = vec![input("limit", limit), input("estimated value", given)];
                let sentence = format!("the estimated value in {} is not given", limit.currency());
                Judged::unknown(MissingFact::of_value(basis), inputs, sentence)
            })
    }
}

/// What every kind of clause can do.
pub(super) trait ClauseKind {
    /// Checks its parameters.
    fn valid(&self) -> Result<(), PolicyProblem>;

    /// What it says of a plan; none where it has nothing to say of one.
    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError>;
}

macro_rules! clauses {
    ($($(#[$doc:meta])* $variant:ident($kind:ty) = $id:literal;)*) => {
        /// What a clause checks, with its parameters.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ClauseRule {
            $($(#[$doc])* $variant($kind),)*
        }

        impl ClauseRule {
            /// Every kind of clause.
            pub const KINDS: &'static [&'static str] = &[$($id),*];

            /// The name of its kind.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $id,)* }
            }

            fn inner(&self) -> &dyn ClauseKind {
                match self { $(Self::$variant(clause) => clause,)* }
            }
        }
    };
}

clauses! {
    /// The least weight of social value, by value band.
    SocialValueWeight(SocialValueWeight) = "social_value_weight";
    /// Scoring rules that a plan may not use.
    ScoringRulesForbidden(ScoringRulesForbidden) = "scoring_rules_forbidden";
    /// Participation may be reserved.
    ReservedParticipation(ReservedParticipation) = "reserved_participation";
    /// A bonus or an uplift for social economy organisations is allowed.
    SeoPreference(SeoPreference) = "seo_preference";
    /// What a buyer buys from social economy organisations in a year.
    SeoPurchaseTarget(SeoPurchaseTarget) = "seo_purchase_target";
    /// How many people mark.
    PanelSize(PanelSize) = "panel_size";
    /// Declarations that people must make.
    Declarations(Declarations) = "declarations";
    /// The least number of KPIs above a value.
    MinimumKpis(MinimumKpis) = "minimum_kpis";
    /// How often KPIs are assessed.
    PerformanceAssessment(PerformanceAssessment) = "performance_assessment";
    /// How many verifiers of how many sectors.
    VerifierIndependence(VerifierIndependence) = "verifier_independence";
    /// When a bid is abnormally low.
    AbnormallyLow(AbnormallyLow) = "abnormally_low";
    /// The wait before the contract.
    Standstill(StandstillPeriod) = "standstill";
    /// How long evidence is kept.
    Retention(Retention) = "retention";
    /// How marks are rounded.
    Rounding(RoundingOfMarks) = "rounding";
    /// An outcome that a place wants to reach.
    PlaceTarget(PlaceTarget) = "place_target";
}

impl ClauseRule {
    /// Checks its parameters.
    pub fn valid(&self) -> Result<(), PolicyProblem> {
        self.inner().valid()
    }

    /// What it says of a plan; none where it has nothing to say of one.
    pub fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        self.inner().check(case)
    }

    /// Its parameters by name, for people.
    pub fn parameters(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        if let Ok(Value::Object(kinds)) = serde_json::to_value(self) {
            kinds
                .values()
                .for_each(|value| flatten("", value, &mut inputs));
        }
        inputs
    }
}

/// Leaves of a JSON value with their paths: `bands.0.percent`.
fn flatten(path: &str, value: &Value, inputs: &mut Vec<Input>) {
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&below(key), value, inputs);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&below(&index.to_string()), value, inputs);
            }
        }
        Value::String(text) => inputs.push(input(path, text)),
        other => inputs.push(input(path, other)),
    }
}
