//! Policies as they are read: versions, clauses, and what they say of a plan.

use async_graphql::{Enum, ID, SimpleObject};
use commonweal_app::read::policy::{CheckView, PolicyView};
use commonweal_domain::policy as domain;
use commonweal_domain::policy::procurement;
use commonweal_domain::scoring::scorecard::Input;

use super::amounts::Money;
use super::node::node_id;
use super::plan_input::input_path;
use super::scalars::{BigInt, Date};

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Confidence")]
pub enum Confidence {
    /// Recalled, inferred, or told by one secondary source: verify before use.
    Low,
    /// Told by several secondary sources, the primary one not read.
    Medium,
    /// Read in the primary source, or an own definition.
    High,
}

/// What a clause says of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Answer")]
pub enum PolicyAnswer {
    /// The plan does what the clause asks.
    Met,
    /// It does not.
    NotMet,
    /// A fact is missing: supply it or record a justification.
    Unknown,
}

/// What a buyer is in the eyes of procurement law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "procurement::BuyerKind")]
pub enum BuyerKind {
    /// Ministries, their agencies and other central bodies.
    CentralGovernment,
    /// Cities, counties, provinces and their bodies.
    LocalGovernment,
    /// Public health services.
    HealthService,
    /// Schools, universities and their bodies.
    Education,
    /// Public institutions and public enterprises of other kinds.
    PublicInstitution,
    /// Water, energy, transport and postal undertakings.
    Utility,
    /// Buyers that no procurement law binds.
    Private,
}

/// Whether a value is meant with or without value-added tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "procurement::ValueBasis")]
pub enum ValueBasis {
    /// Without VAT.
    Net,
    /// With VAT.
    Gross,
}

/// A value by name, as exact text.
#[derive(Debug, Clone, SimpleObject)]
pub struct NamedValue {
    /// What it is.
    name: String,
    /// The value.
    value: String,
}

impl From<Input> for NamedValue {
    fn from(input: Input) -> Self {
        Self {
            name: input.name,
            value: input.value,
        }
    }
}

/// A notice that a clause needs.
#[derive(Debug, Clone, SimpleObject)]
pub struct PolicyNotice {
    /// Its name or number.
    code: String,
    /// What it tells, and when.
    title: String,
    /// Where this is from.
    source: String,
    /// How sure it is.
    confidence: Confidence,
}

/// A clause of a policy.
#[derive(Debug, Clone, SimpleObject)]
pub struct Clause {
    /// Its name, unique in the policy.
    code: String,
    /// The kind of clause, such as `minimum_kpis`.
    kind: String,
    /// Where it stands in the text.
    citation: String,
    /// What it says, in words of this catalogue.
    summary: String,
    /// Where this is from.
    source: String,
    /// How sure it is.
    confidence: Confidence,
    /// What is checked, by name.
    parameters: Vec<NamedValue>,
    /// The notices that it needs.
    notices: Vec<PolicyNotice>,
}

impl From<domain::Clause> for Clause {
    fn from(clause: domain::Clause) -> Self {
        let notice = |notice: domain::Notice| PolicyNotice {
            code: notice.code,
            title: notice.title,
            source: notice.source,
            confidence: notice.confidence.into(),
        };
        Self {
            code: clause.code.to_string(),
            kind: clause.rule.kind().to_owned(),
            citation: clause.citation,
            summary: clause.summary,
            source: clause.source,
            confidence: clause.confidence.into(),
            parameters: clause
                .rule
                .parameters()
                .into_iter()
                .map(Into::into)
                .collect(),
            notices: clause.notices.into_iter().map(notice).collect(),
        }
    }
}

/// Which tenders a policy binds. What is empty or null is no condition.
#[derive(Debug, Clone, SimpleObject)]
pub struct PolicySelection {
    /// Countries or places within them.
    places: Vec<String>,
    /// Kinds of buyers.
    buyer_kinds: Vec<BuyerKind>,
    /// Whether the value is meant with or without VAT.
    value_basis: Option<ValueBasis>,
    /// The lowest estimated value that it binds.
    value_from: Option<Money>,
    /// The lowest estimated value that it no longer binds.
    value_below: Option<Money>,
}

impl From<domain::Selection> for PolicySelection {
    fn from(selection: domain::Selection) -> Self {
        let value = selection.value;
        Self {
            places: selection.places,
            buyer_kinds: selection.buyer_kinds.into_iter().map(Into::into).collect(),
            value_basis: value.map(|range| range.basis.into()),
            value_from: value.and_then(|range| range.from).map(Into::into),
            value_below: value.and_then(|range| range.below).map(Into::into),
        }
    }
}

/// A version of a policy: an ordinance or procurement note as data.
#[derive(Debug, Clone, SimpleObject)]
pub struct Policy {
    /// Opaque id.
    pub(crate) id: ID,
    /// The name under which its versions belong together.
    code: String,
    /// The version.
    version: String,
    /// Whose law it is.
    jurisdiction: String,
    /// What people call it.
    title: String,
    /// How lawyers cite it.
    citation: String,
    /// The first commencement day that it binds.
    effective_from: Date,
    /// The first commencement day that it no longer binds.
    effective_to: Option<Date>,
    /// The first commencement day on which a buyer that it does not bind may adopt it.
    adoptable_from: Option<Date>,
    /// Which tenders it binds.
    selection: PolicySelection,
    /// What it asks and allows.
    clauses: Vec<Clause>,
    /// Where its facts come from.
    source: String,
    /// How sure they are, taken together.
    confidence: Confidence,
    /// Log index of its publication.
    entry_index: BigInt,
}

impl From<PolicyView> for Policy {
    fn from(view: PolicyView) -> Self {
        let text = view.policy.text;
        Self {
            id: node_id(view.policy.id),
            code: text.code.to_string(),
            version: text.version,
            jurisdiction: text.jurisdiction,
            title: text.title,
            citation: text.citation,
            effective_from: Date(text.effective_from),
            effective_to: text.effective_to.map(Date),
            adoptable_from: text.adoptable_from.map(Date),
            selection: text.selection.into(),
            clauses: text.clauses.into_iter().map(Into::into).collect(),
            source: text.source,
            confidence: text.confidence.into(),
            entry_index: view.entry_index.into(),
        }
    }
}

/// What a clause of a policy says of a plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct PolicyCheck {
    /// Opaque id of the policy version.
    policy: ID,
    /// The policy's code.
    policy_code: String,
    /// What people call the policy.
    policy_title: String,
    /// The policy's version.
    version: String,
    /// The clause.
    clause: String,
    /// Where the clause stands in the text.
    citation: String,
    /// The answer.
    answer: PolicyAnswer,
    /// Every value that the answer was made from.
    inputs: Vec<NamedValue>,
    /// The answer in a sentence.
    sentence: String,
    /// The field of the plan that would settle an unknown answer, such as `plan.procurement.valueGross`.
    missing: Option<String>,
    /// Why the tender was published though the answer is unknown; null where none was needed, or the text was erased.
    justification: Option<String>,
}

impl From<domain::Check> for PolicyCheck {
    fn from(check: domain::Check) -> Self {
        let judged = check.judged;
        let missing = judged
            .missing
            .map(|fact| format!("plan{}", fact.path().replace('/', ".")));
        Self {
            policy: node_id(check.policy),
            policy_code: check.policy_code.to_string(),
            policy_title: check.policy_title,
            version: check.version,
            clause: check.clause.to_string(),
            citation: check.citation,
            answer: judged.answer.into(),
            inputs: judged.inputs.into_iter().map(Into::into).collect(),
            sentence: judged.sentence,
            missing: missing.as_deref().map(input_path),
            justification: None,
        }
    }
}

impl From<CheckView> for PolicyCheck {
    fn from(view: CheckView) -> Self {
        Self {
            justification: view.justification,
            ..view.check.into()
        }
    }
}

/// What the policies in force say of a draft plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct PolicyReport {
    /// The answer of each clause, in the order of policies and clauses.
    checks: Vec<PolicyCheck>,
    /// What the plan does and no clause of a policy that binds enables: preferences and reservations.
    not_enabled: Vec<String>,
    /// Whether the plan could be published without a justification.
    publishable: bool,
}

impl From<domain::PolicyReport> for PolicyReport {
    fn from(report: domain::PolicyReport) -> Self {
        Self {
            publishable: domain::decide(&report, &[]).is_ok(),
            checks: report.checks.into_iter().map(Into::into).collect(),
            not_enabled: report.not_enabled.iter().map(ToString::to_string).collect(),
        }
    }
}
