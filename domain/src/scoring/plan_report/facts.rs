//! What procurement law asks of an award criterion and only the officer can say: it is a list of warnings, each with the
//! clause and a sentence, for what the plan does not declare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlanReportInput;
use crate::catalogue::Catalogue;
use crate::fraction::ArithmeticError;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::Leaf;
use crate::tender::plan_check::check_line;
use crate::tender::plan_error::PlanProblem;

/// What the buyer declares of a criterion, each in one line; it is published with the plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// How the criterion is linked to the subject of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Why what it asks for is not beyond the need of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<String>,
    /// By which evidence and method answers are verified, where no measure says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
    /// Why bidders from elsewhere can meet it like those from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_to_all_places: Option<String>,
}

impl Declared {
    /// Checks that each declaration is one line of text; the error comes with the field's name.
    pub(crate) fn check(&self) -> Result<(), (&'static str, PlanProblem)> {
        let fields = [
            ("link", &self.link),
            ("need", &self.need),
            ("verification", &self.verification),
            ("open_to_all_places", &self.open_to_all_places),
        ];
        for (name, text) in fields {
            if let Some(text) = text {
                check_line(text).map_err(|problem| (name, problem))?;
            }
        }
        Ok(())
    }
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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

impl FactGap {
    /// The clause that asks for it.
    pub fn clause(self) -> &'static str {
        match self {
            Self::Link => "Directive 2014/24/EU, article 67(3)",
            Self::Need => "Court of Justice, C-448/01 (EVN Wienstrom)",
            Self::Verification => {
                "Directive 2014/24/EU, article 67(4); Court of Justice, C-448/01 (EVN Wienstrom)"
            }
            Self::Place => "Directive 2014/24/EU, article 18(1)",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Link => {
                "the plan does not say how it is linked to the subject of the contract: declare `link`"
            }
            Self::Need => {
                "the plan does not say why what is promised stays within the need of this contract: declare `need`"
            }
            Self::Verification => {
                "the plan names neither evidence nor a method by which answers are verified: declare `verification`, or use a measure that has both"
            }
            Self::Place => {
                "the plan does not say why bidders from elsewhere can meet it like those from here: declare `open_to_all_places`"
            }
        }
    }
}

/// A warning about one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactWarning {
    /// The criterion.
    pub criterion: CriterionCode,
    /// What is missing.
    pub gap: FactGap,
    /// The clause that asks for it.
    pub clause: &'static str,
    /// One sentence.
    pub sentence: String,
}

/// Everything that the criteria beside prices do not declare, in the order of the plan. Need and place are asked where
/// promises are counted or the work of certified organisations is.
pub(super) fn missing_facts(
    input: &PlanReportInput<'_>,
) -> Result<Vec<FactWarning>, ArithmeticError> {
    let mut warnings = Vec::new();
    for leaf in input.plan.leaves_of(input.lot)? {
        if leaf.rule.scores_price() {
            continue;
        }
        let declared = leaf.criterion.declared.clone().unwrap_or_default();
        let counted = !leaf.rule.reads().is_empty();
        let gaps = [
            (FactGap::Link, declared.link.is_none()),
            (FactGap::Need, counted && declared.need.is_none()),
            (
                FactGap::Verification,
                declared.verification.is_none() && !verified_by_measures(&leaf, input.catalogue),
            ),
            (
                FactGap::Place,
                counted && declared.open_to_all_places.is_none(),
            ),
        ];
        for (gap, missing) in gaps {
            if missing {
                let code = leaf.criterion.code.clone();
                warnings.push(FactWarning {
                    sentence: format!("{code}: {}", gap.sentence()),
                    criterion: code,
                    gap,
                    clause: gap.clause(),
                });
            }
        }
    }
    Ok(warnings)
}

/// Whether every measure that the rule counts names evidence and a verification method.
fn verified_by_measures(leaf: &Leaf<'_>, catalogue: &Catalogue) -> bool {
    let measures = leaf.rule.measures();
    let verified = |code| {
        catalogue.measure(code).is_some_and(|measure| {
            !measure.evidence.is_empty() && !measure.verification_method.trim().is_empty()
        })
    };
    !measures.is_empty() && measures.iter().all(verified)
}
