//! What a plan says of its procurement, so that policies can be chosen and checked. Everything may be missing: a clause
//! that needs a missing fact answers `Unknown`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clause::ReservedFor;
use super::code::{ClauseCode, PolicyCode};
use super::selection::is_place;
use crate::amount::Money;
use crate::ids::TenderId;
use crate::tender::code::CriterionCode;
use crate::tender::plan_check::check_line;
use crate::tender::plan_error::PlanProblem;
use crate::time::Date;

/// The most entries of a list of the procurement.
const MAX_LIST: usize = 100;

/// What a buyer is in the eyes of procurement law.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
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

impl BuyerKind {
    /// The word for the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CentralGovernment => "central_government",
            Self::LocalGovernment => "local_government",
            Self::HealthService => "health_service",
            Self::Education => "education",
            Self::PublicInstitution => "public_institution",
            Self::Utility => "utility",
            Self::Private => "private",
        }
    }
}

/// Whether a value is meant with or without value-added tax.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ValueBasis {
    /// Without VAT.
    Net,
    /// With VAT.
    Gross,
}

/// The framework agreement under which a call-off is made. Its own commencement day chooses the policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Framework {
    /// It was tendered here.
    Tender(TenderId),
    /// It was tendered elsewhere.
    Elsewhere {
        /// Its number in a public register.
        reference: String,
        /// The day on which its procurement commenced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commenced: Option<Date>,
    },
}

/// For whom participation is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// For whom.
    pub reserved_for: ReservedFor,
    /// The longest term of the contract, in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_months: Option<u32>,
    /// Whether the services are light-touch ones that the law lets a buyer reserve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservable_services: Option<bool>,
}

/// Who verifies claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// How many verifiers each claim needs.
    pub verifiers: u32,
    /// From how many different sectors at least.
    pub sectors: u32,
}

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Every day.
    Calendar,
    /// Days on which offices work.
    Working,
}

/// The wait between the award notice and the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standstill {
    /// How many days.
    pub days: u32,
    /// How they are counted.
    pub count: DayCount,
}

/// The facts of a procurement by which policies are chosen and checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Procurement {
    /// What the buyer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_kind: Option<BuyerKind>,
    /// Whose law binds it: a country or a place within it, such as `KR-11`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Estimated value without VAT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_net: Option<Money>,
    /// Estimated value with VAT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_gross: Option<Money>,
    /// The framework agreement of a call-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<Framework>,
    /// Policies that the buyer adopts though they do not bind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<PolicyCode>,
    /// The criteria, groups or leaves, that carry social value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub social_criteria: Option<Vec<CriterionCode>>,
    /// For whom participation is reserved, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// How many people mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel_size: Option<u32>,
    /// The declarations that people of the panel or bidders must make, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declarations: Option<Vec<ClauseCode>>,
    /// How many KPIs the contract will have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kpis: Option<u32>,
    /// How many months lie at most between two assessments of the KPIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessment_months: Option<u32>,
    /// The exemptions of clauses that the buyer relies on, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<ClauseCode>,
    /// Who verifies claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// How many years the evidence is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_years: Option<u32>,
}

impl Procurement {
    /// Whether nothing is said: the plan's JSON then leaves it out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The estimated value with or without VAT.
    pub fn value(&self, basis: ValueBasis) -> Option<Money> {
        match basis {
            ValueBasis::Net => self.value_net,
            ValueBasis::Gross => self.value_gross,
        }
    }

    /// Checks the form of its texts, amounts and lists. An error names the field as a JSON pointer below the plan.
    pub fn check(
        &self,
        known: impl Fn(&CriterionCode) -> bool,
    ) -> Result<(), (String, PlanProblem)> {
        let at = |field: &str| format!("/procurement/{field}");
        if self.place.as_deref().is_some_and(|place| !is_place(place)) {
            return Err((at("place"), PlanProblem::Place));
        }
        for (field, value) in [
            ("value_net", self.value_net),
            ("value_gross", self.value_gross),
        ] {
            if value.is_some_and(|value| value.minor() < 0) {
                return Err((at(field), PlanProblem::Negative));
            }
        }
        if let (Some(net), Some(gross)) = (self.value_net, self.value_gross)
            && (net.currency() != gross.currency() || net.minor() > gross.minor())
        {
            return Err((at("value_gross"), PlanProblem::NetAboveGross));
        }
        if let Some(Framework::Elsewhere { reference, .. }) = &self.framework {
            check_line(reference)
                .map_err(|problem| (at("framework/elsewhere/reference"), problem))?;
        }
        let lengths = [
            ("adopted", self.adopted.len()),
            (
                "social_criteria",
                self.social_criteria.as_ref().map_or(0, Vec::len),
            ),
            (
                "declarations",
                self.declarations.as_ref().map_or(0, Vec::len),
            ),
            ("exemptions", self.exemptions.len()),
        ];
        if let Some((field, _)) = lengths.iter().find(|(_, length)| *length > MAX_LIST) {
            return Err((at(field), PlanProblem::List));
        }
        let mut social = self.social_criteria.iter().flatten();
        match social.find(|code| !known(code)) {
            Some(code) => Err((
                at("social_criteria"),
                PlanProblem::UnknownCriterion(code.clone()),
            )),
            None => Ok(()),
        }
    }
}
