//! The checks of a plan against every clause of every policy that binds it, or might.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clause::Case;
use super::code::{ClauseCode, PolicyCode};
use super::in_force::{Verdict, in_force};
use super::permission::{NotEnabled, not_enabled};
use super::plan_view::PlanView;
use super::procurement::ValueBasis;
use super::selection::TenderFacts;
use super::{Clause, ClauseRule, Policy};
use crate::fraction::ArithmeticError;
use crate::ids::PolicyId;
use crate::scoring::scorecard::Input;

/// What a clause says of a plan.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The plan does what the clause asks.
    Met,
    /// It does not.
    NotMet,
    /// A fact is missing: the officer supplies it or records a justification.
    Unknown,
}

impl Answer {
    /// The word for the answer in sentences.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Unknown => "unknown",
        }
    }
}

macro_rules! missing {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        /// A fact that a clause needs and the plan does not give.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum MissingFact { $($(#[$doc])* $name,)* }

        impl MissingFact {
            /// Where the plan would give it, as a JSON pointer.
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }
        }
    };
}

missing! {
    /// The day on which the procurement commenced.
    Commencement = "/commencement";
    /// The day on which the framework agreement's procurement commenced.
    FrameworkCommencement = "/procurement/framework/elsewhere/commenced";
    /// What the buyer is.
    BuyerKind = "/procurement/buyer_kind";
    /// Whose law binds it.
    Place = "/procurement/place";
    /// The value without VAT, in the clause's currency.
    ValueNet = "/procurement/value_net";
    /// The value with VAT, in the clause's currency.
    ValueGross = "/procurement/value_gross";
    /// Which criteria carry social value.
    SocialCriteria = "/procurement/social_criteria";
    /// The term of a reserved contract.
    TermMonths = "/procurement/reservation/term_months";
    /// Whether the services may be reserved.
    ReservableServices = "/procurement/reservation/reservable_services";
    /// How many people mark.
    PanelSize = "/procurement/panel_size";
    /// Which declarations are asked for.
    Declarations = "/procurement/declarations";
    /// How many KPIs the contract will have.
    Kpis = "/procurement/kpis";
    /// How often KPIs are assessed.
    AssessmentMonths = "/procurement/assessment_months";
    /// Who verifies claims.
    Quorum = "/procurement/quorum";
    /// How long evidence is kept.
    RetentionYears = "/procurement/retention_years";
}

impl MissingFact {
    /// The value that a basis asks for.
    pub fn of_value(basis: ValueBasis) -> Self {
        match basis {
            ValueBasis::Net => Self::ValueNet,
            ValueBasis::Gross => Self::ValueGross,
        }
    }
}

/// The answer of one clause with what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The answer.
    pub answer: Answer,
    /// Every value that it was made from, by name.
    pub inputs: Vec<Input>,
    /// The answer in a sentence for people.
    pub sentence: String,
    /// The fact that is missing, for an answer that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingFact>,
}

impl Judged {
    /// Met or not.
    pub(super) fn of(met: bool, inputs: Vec<Input>, sentence: impl Into<String>) -> Self {
        Self {
            answer: if met { Answer::Met } else { Answer::NotMet },
            inputs,
            sentence: sentence.into(),
            missing: None,
        }
    }

    /// A fact is missing.
    pub(super) fn unknown(
        missing: MissingFact,
        inputs: Vec<Input>,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            answer: Answer::Unknown,
            inputs,
            sentence: sentence.into(),
            missing: Some(missing),
        }
    }
}

/// A named value for people.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers pass numbers and references alike"
)]
pub(super) fn input(name: &str, value: impl ToString) -> Input {
    Input {
        name: name.to_owned(),
        value: value.to_string(),
    }
}

/// A clause applied to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The version of the policy.
    pub policy: PolicyId,
    /// The policy's code.
    pub policy_code: PolicyCode,
    /// What people call the policy.
    pub policy_title: String,
    /// Its version.
    pub version: String,
    /// The clause.
    pub clause: ClauseCode,
    /// Where the clause stands in the text.
    pub citation: String,
    /// What it says of the plan.
    pub judged: Judged,
}

impl Check {
    fn new(policy: &Policy, clause: &Clause, judged: Judged) -> Self {
        Self {
            policy: policy.id,
            policy_code: policy.text.code.clone(),
            policy_title: policy.text.title.clone(),
            version: policy.text.version.clone(),
            clause: clause.code.clone(),
            citation: clause.citation.clone(),
            judged,
        }
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            policy_title,
            clause,
            citation,
            judged,
            ..
        } = self;
        let answer = judged.answer.as_str();
        write!(
            f,
            "{policy_title}, clause `{clause}` ({citation}): {answer}; {}",
            judged.sentence
        )
    }
}

/// What every clause says of a plan, and what the plan does that no clause enables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    /// The answers, in the order of policies and clauses.
    pub checks: Vec<Check>,
    /// Preferences and reservations that no clause enables.
    pub not_enabled: Vec<NotEnabled>,
}

/// Checks a plan against every clause of the policies that bind it, in the order of their codes. Where a fact is missing
/// without which nobody can tell whether a policy binds, each of its clauses is unknown. Clauses that have nothing to say
/// of a plan, such as targets of a year, are left out.
///
/// `published` are all published versions in the order of their publication.
pub fn checks(
    published: &[Policy],
    plan: &PlanView<'_>,
    facts: &TenderFacts<'_>,
) -> Result<PolicyReport, ArithmeticError> {
    let chosen = in_force(published, facts);
    let enabled: Vec<&Clause> = chosen
        .iter()
        .filter(|chosen| chosen.verdict == Verdict::Binds)
        .flat_map(|chosen| &chosen.policy.text.clauses)
        .collect();
    let case = Case {
        plan,
        procurement: facts.procurement,
        enabled: &enabled,
    };
    let mut checks = Vec::new();
    for chosen in &chosen {
        for clause in &chosen.policy.text.clauses {
            let Some(judged) = clause.rule.check(&case)? else {
                continue;
            };
            let judged = match chosen.verdict {
                Verdict::Binds => judged,
                Verdict::Unknown(missing) => undecided(missing),
            };
            checks.push(Check::new(chosen.policy, clause, judged));
        }
    }
    Ok(PolicyReport {
        checks,
        not_enabled: not_enabled(&case),
    })
}

/// What the clauses of a policy that are asked say of a plan.
pub(super) fn checks_of(
    policy: &Policy,
    case: &Case<'_>,
    asked: impl Fn(&ClauseRule) -> bool,
) -> Result<Vec<Check>, ArithmeticError> {
    let mut checks = Vec::new();
    for clause in policy
        .text
        .clauses
        .iter()
        .filter(|clause| asked(&clause.rule))
    {
        if let Some(judged) = clause.rule.check(case)? {
            checks.push(Check::new(policy, clause, judged));
        }
    }
    Ok(checks)
}

fn undecided(missing: MissingFact) -> Judged {
    let sentence = format!(
        "nobody can tell whether this clause binds, because `{}` is not given or not in the clause's currency",
        missing.path()
    );
    Judged::unknown(missing, Vec::new(), sentence)
}
