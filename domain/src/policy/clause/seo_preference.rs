//! A bonus or an uplift for social economy organisations: only where a clause enables it, and only as high.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::amount::{Number, Share};
use crate::fraction::ArithmeticError;
use crate::organisation::certification::SeoKind;
use crate::policy::check::{Judged, input};
use crate::policy::plan_view::PreferenceView;
use crate::policy::problem::{PolicyProblem, distinct};
use crate::policy::selection::{Fit, ValueRange};

/// How a preference works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PreferenceForm {
    /// Points on top.
    Bonus {
        /// How many.
        points: Number,
    },
    /// A sub-score is raised.
    Uplift {
        /// By what it is multiplied, such as 1.1.
        factor: Number,
    },
}

impl PreferenceForm {
    /// Whether it is of the same form as another and at most as high.
    fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bonus { points }, Self::Bonus { points: most }) => points <= most,
            (Self::Uplift { factor }, Self::Uplift { factor: most }) => factor <= most,
            _ => false,
        }
    }
}

impl std::fmt::Display for PreferenceForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bonus { points } => write!(f, "a bonus of {points} points"),
            Self::Uplift { factor } => write!(f, "an uplift by the factor {factor}"),
        }
    }
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeoPreference {
    /// The form, and the most of it.
    pub form: PreferenceForm,
    /// Which kinds of organisations profit.
    pub kinds: Vec<SeoKind>,
    /// The least part of the work that they must do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_share: Option<Share>,
    /// The estimated values to which it is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueRange>,
}

impl SeoPreference {
    /// Whether the clause enables a preference of a plan, value aside.
    fn enables(&self, preference: &PreferenceView<'_>) -> bool {
        let known = |kind| self.kinds.contains(kind);
        let share = self
            .minimum_share
            .is_none_or(|least| preference.when.share.is_some_and(|share| share >= least));
        preference.form.at_most(self.form) && preference.when.kinds.iter().all(known) && share
    }

    /// Whether the clause enables a preference at the estimated value; a missing value enables nothing.
    pub(crate) fn covers(&self, preference: &PreferenceView<'_>, case: &Case<'_>) -> bool {
        self.enables(preference) && self.fits(case) == Fit::Yes
    }

    fn fits(&self, case: &Case<'_>) -> Fit {
        self.value.map_or(Fit::Yes, |range| {
            range.contains(case.procurement.value(range.basis))
        })
    }
}

impl ClauseKind for SeoPreference {
    fn valid(&self) -> Result<(), PolicyProblem> {
        distinct("kinds", &self.kinds)?;
        self.value.map_or(Ok(()), |range| range.check())
    }

    /// It speaks only of preferences that it enables; a preference that no clause enables blocks publication by itself.
    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let mut preferences = case.plan.preferences().into_iter();
        let Some(preference) = preferences.find(|preference| self.enables(preference)) else {
            return Ok(None);
        };
        let inputs = vec![
            input("criterion", preference.criterion),
            input("given", preference.form),
            input("at most", self.form),
        ];
        Ok(match self.fits(case) {
            Fit::Yes => {
                let sentence = format!(
                    "the criterion {} gives {}, which the clause allows",
                    preference.criterion, preference.form
                );
                Some(Judged::of(true, inputs, sentence))
            }
            Fit::No => None,
            Fit::Unknown(missing) => {
                let sentence = "the estimated value, on which the preference depends, is not given";
                Some(Judged::unknown(missing, inputs, sentence))
            }
        })
    }
}
