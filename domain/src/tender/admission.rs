//! Who may take part: conditions of participation and exclusion grounds that the plan states, what each bid declares on them,
//! and the decisions on what is declared.
//!
//! A bid declares on each under its code: `true` when it meets the condition, or when the ground does not apply to it. Where
//! a ground applies, an answer in words may say what the supplier has done since, its self-cleaning. Like every answer it
//! stands in the log as a salted hash.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::CriterionCode;
use super::entries::ExclusionGround;
use super::plan_check::check_line;
use super::plan_error::PlanProblem;

/// The most conditions, and the most grounds, in one plan. With them a bid still fits an entry.
pub const MAX_STATED: usize = 30;

/// A condition of participation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Code, unique in the plan.
    pub code: CriterionCode,
    /// What a supplier must meet, as a sentence.
    pub statement: String,
    /// The evidence that is asked for.
    pub evidence: String,
    /// Why it is proportionate to the contract.
    pub proportionate: String,
}

/// Whether the law excludes, or lets the buyer decide.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GroundKind {
    /// The law excludes the supplier, unless its self-cleaning is accepted.
    Mandatory,
    /// The buyer may exclude the supplier.
    Discretionary,
}

/// An exclusion ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedGround {
    /// Code, unique in the plan.
    pub code: CriterionCode,
    /// Mandatory or discretionary.
    pub kind: GroundKind,
    /// What the ground is, as a sentence.
    pub statement: String,
    /// Where the law says so, as text.
    pub citation: String,
}

/// Everything that a plan says about who may take part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// Conditions of participation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Exclusion grounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<StatedGround>,
}

/// What an officer decided for a bid on a condition or ground.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionDecision {
    /// The supplier meets the condition.
    Met,
    /// The supplier does not meet the condition: the bid is excluded.
    NotMet,
    /// The ground does not apply to the supplier.
    Clear,
    /// The ground applies, and the supplier's self-cleaning is accepted.
    SelfCleaningAccepted,
    /// The ground applies, and the buyer does not exclude for it; only for discretionary ones.
    NotExcluded,
    /// The ground applies: the bid is excluded.
    Excluded,
}

/// Why a decision cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The plan states nothing under the code.
    #[error("the plan states no condition and no exclusion ground {0}: use one of its codes")]
    Unknown(CriterionCode),
    /// A decision on a ground for a condition, or the reverse, or leniency that the law does not leave.
    #[error("{code} is {asked}: decide {expected}")]
    DoesNotFit {
        /// The code.
        code: CriterionCode,
        /// What it is.
        asked: &'static str,
        /// The decisions that there are for it.
        expected: &'static str,
    },
    /// Self-cleaning that the bid does not describe.
    #[error(
        "the bid describes no self-cleaning under {0}, so there is none to accept: decide that the supplier is clear of it, or exclude"
    )]
    NoSelfCleaning(CriterionCode),
}

impl AdmissionDecision {
    /// Whether the bid is out by it.
    pub fn excludes(self) -> bool {
        matches!(self, Self::NotMet | Self::Excluded)
    }
}

impl Admission {
    /// Whether the plan states nothing of the kind.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.grounds.is_empty()
    }

    /// The codes of all conditions and grounds, on each of which a bid declares.
    pub fn codes(&self) -> impl Iterator<Item = &CriterionCode> {
        let conditions = self.conditions.iter().map(|condition| &condition.code);
        conditions.chain(self.grounds.iter().map(|ground| &ground.code))
    }

    /// The grounds that a bid declares to apply to it: for each it may describe its self-cleaning.
    pub fn declared_grounds<'a>(
        &'a self,
        declared: &BTreeMap<CriterionCode, bool>,
    ) -> impl Iterator<Item = &'a CriterionCode> {
        let applies = |code: &CriterionCode| declared.get(code) == Some(&false);
        let grounds = self.grounds.iter().map(|ground| &ground.code);
        grounds.filter(move |code| applies(code))
    }

    /// Checks texts and numbers; `seen` are the codes of the criteria. The error says where.
    pub(super) fn check<'a>(
        &'a self,
        seen: &mut BTreeSet<&'a CriterionCode>,
    ) -> Result<(), (String, PlanProblem)> {
        let lists = [
            ("conditions", self.conditions.len()),
            ("grounds", self.grounds.len()),
        ];
        for (list, length) in lists {
            if length > MAX_STATED {
                let problem = PlanProblem::TooManyStated(length);
                return Err((format!("/admission/{list}"), problem));
            }
        }
        for (index, one) in self.conditions.iter().enumerate() {
            let texts = [
                ("statement", &one.statement),
                ("evidence", &one.evidence),
                ("proportionate", &one.proportionate),
            ];
            check_stated("conditions", index, &one.code, &texts, seen)?;
        }
        for (index, one) in self.grounds.iter().enumerate() {
            let texts = [("statement", &one.statement), ("citation", &one.citation)];
            check_stated("grounds", index, &one.code, &texts, seen)?;
        }
        Ok(())
    }

    /// Whether a decision may be recorded under a code, and the kind of exclusion that it would be. `described` says
    /// whether the bid describes its self-cleaning under the code, where the reader knows it; only a declared ground has one.
    pub fn decide(
        &self,
        code: &CriterionCode,
        decision: AdmissionDecision,
        described: Option<bool>,
    ) -> Result<ExclusionGround, AdmissionError> {
        use AdmissionDecision::{Clear, Excluded, Met, NotExcluded, NotMet, SelfCleaningAccepted};
        let ground = self.grounds.iter().find(|ground| ground.code == *code);
        let condition = self.conditions.iter().any(|one| one.code == *code);
        let (fits, asked, expected, exclusion) = match ground.map(|ground| ground.kind) {
            Some(GroundKind::Mandatory) => (
                matches!(decision, Clear | SelfCleaningAccepted | Excluded),
                "a mandatory exclusion ground",
                "clear, self-cleaning accepted or excluded",
                ExclusionGround::Mandatory,
            ),
            Some(GroundKind::Discretionary) => (
                matches!(
                    decision,
                    Clear | SelfCleaningAccepted | NotExcluded | Excluded
                ),
                "a discretionary exclusion ground",
                "clear, self-cleaning accepted, not excluded or excluded",
                ExclusionGround::Discretionary,
            ),
            None if condition => (
                matches!(decision, Met | NotMet),
                "a condition of participation",
                "met or not met",
                ExclusionGround::ConditionOfParticipation,
            ),
            None => return Err(AdmissionError::Unknown(code.clone())),
        };
        if !fits {
            return Err(AdmissionError::DoesNotFit {
                code: code.clone(),
                asked,
                expected,
            });
        }
        if decision == SelfCleaningAccepted && described == Some(false) {
            return Err(AdmissionError::NoSelfCleaning(code.clone()));
        }
        Ok(exclusion)
    }

    /// The first condition that a bid declares not to meet, or ground that it declares to apply, on which nothing is decided.
    /// Until then there is no ranking: an admitted ground never passes in silence.
    pub fn undecided<'a>(
        &'a self,
        declared: &BTreeMap<CriterionCode, bool>,
        decided: &BTreeMap<CriterionCode, AdmissionDecision>,
    ) -> Option<&'a CriterionCode> {
        self.codes()
            .find(|code| declared.get(code) == Some(&false) && !decided.contains_key(code))
    }
}

fn check_stated<'a>(
    list: &str,
    index: usize,
    code: &'a CriterionCode,
    texts: &[(&str, &String)],
    seen: &mut BTreeSet<&'a CriterionCode>,
) -> Result<(), (String, PlanProblem)> {
    let at = |field: &str| format!("/admission/{list}/{index}/{field}");
    for (field, text) in texts {
        check_line(text).map_err(|problem| (at(field), problem))?;
    }
    if seen.insert(code) {
        Ok(())
    } else {
        Err((at("code"), PlanProblem::DuplicateCode(code.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{admission, code};
    use AdmissionDecision::{Clear, Excluded, Met, NotExcluded, NotMet, SelfCleaningAccepted};

    const ALL: [AdmissionDecision; 6] = [
        Met,
        NotMet,
        Clear,
        SelfCleaningAccepted,
        NotExcluded,
        Excluded,
    ];

    #[test]
    fn every_kind_has_its_own_decisions() {
        let plan = admission();
        let fits = |name: &str| {
            let decide = |decision| plan.decide(&code(name), decision, Some(true)).is_ok();
            ALL.into_iter()
                .filter(|one| decide(*one))
                .collect::<Vec<_>>()
        };
        assert_eq!(fits("INSURED"), [Met, NotMet]);
        assert_eq!(fits("FRAUD"), [Clear, SelfCleaningAccepted, Excluded]);
        let discretionary = [Clear, SelfCleaningAccepted, NotExcluded, Excluded];
        assert_eq!(fits("LATE-TAX"), discretionary);
        assert!(fits("PRICE").is_empty());
        assert_eq!(ALL.into_iter().filter(|one| one.excludes()).count(), 2);
    }

    #[test]
    fn self_cleaning_is_accepted_only_where_the_bid_describes_it() {
        let plan = admission();
        let accept = |described| plan.decide(&code("FRAUD"), SelfCleaningAccepted, described);
        assert_eq!(accept(Some(true)), Ok(ExclusionGround::Mandatory));
        assert_eq!(
            accept(None),
            Ok(ExclusionGround::Mandatory),
            "a stranger may not know"
        );
        let nothing = AdmissionError::NoSelfCleaning(code("FRAUD"));
        assert_eq!(accept(Some(false)), Err(nothing));
    }

    #[test]
    fn what_a_bid_admits_stays_undecided_until_somebody_decides() {
        let plan = admission();
        let mut declared: BTreeMap<_, _> = plan.codes().map(|code| (code.clone(), true)).collect();
        let mut decided = BTreeMap::new();
        assert_eq!(plan.undecided(&declared, &decided), None);
        for name in ["INSURED", "FRAUD", "LATE-TAX"] {
            declared.insert(code(name), false);
            assert_eq!(plan.undecided(&declared, &decided), Some(&code(name)));
            decided.insert(code(name), Clear);
            assert_eq!(plan.undecided(&declared, &decided), None);
        }
        assert_eq!(plan.declared_grounds(&declared).count(), 2);
    }
}
