//! What a plan says of its procurement, as input: the facts by which policies are chosen and checked.

use async_graphql::{Enum, ID, InputObject, OneofObject};
use commonweal_app::policy::binding;
use commonweal_domain::policy::clause;
use commonweal_domain::policy::procurement as domain;

use super::amounts::{MoneyInput, wrong};
use super::node::parse_id;
use super::policy::BuyerKind;
use super::scalars::Date;

/// For whom participation is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "clause::ReservedFor")]
pub enum ReservedFor {
    /// Providers of supported employment, by the part of their workforce.
    SupportedEmployment,
    /// Public service mutuals and participatory organisations.
    Mutual,
    /// Sheltered workshops and operators whose aim is integration.
    ShelteredWorkshop,
}

/// A framework agreement that was tendered elsewhere.
#[derive(Debug, InputObject)]
pub struct FrameworkElsewhereInput {
    /// Its number in a public register.
    reference: String,
    /// The day on which its procurement commenced.
    commenced: Option<Date>,
}

/// The framework agreement of a call-off, whose commencement day chooses the policies.
#[derive(Debug, OneofObject)]
pub enum FrameworkInput {
    /// A tender of this registry.
    Tender(ID),
    /// One from elsewhere.
    Elsewhere(FrameworkElsewhereInput),
}

/// For whom participation is reserved.
#[derive(Debug, InputObject)]
pub struct ReservationInput {
    /// For whom.
    reserved_for: ReservedFor,
    /// The longest term of the contract, in months.
    term_months: Option<u32>,
    /// Whether the services are among those that the law lets a buyer reserve.
    reservable_services: Option<bool>,
}

/// Who verifies claims.
#[derive(Debug, InputObject)]
pub struct QuorumInput {
    /// How many verifiers each claim needs.
    verifiers: u32,
    /// From how many different sectors at least.
    sectors: u32,
}

/// The facts of a procurement by which policies are chosen and checked. A missing one leaves clauses unknown.
#[derive(Debug, InputObject)]
pub struct ProcurementInput {
    /// What the buyer is.
    buyer_kind: Option<BuyerKind>,
    /// Whose law binds it: a country or a place within it; by default the place where the buyer is registered.
    place: Option<String>,
    /// Estimated value without VAT.
    value_net: Option<MoneyInput>,
    /// Estimated value with VAT.
    value_gross: Option<MoneyInput>,
    /// The framework agreement of a call-off.
    framework: Option<FrameworkInput>,
    /// Codes of policies that the buyer adopts though they do not bind it.
    adopted: Option<Vec<String>>,
    /// Codes of the criteria, groups or leaves, that carry social value.
    social_criteria: Option<Vec<String>>,
    /// For whom participation is reserved.
    reservation: Option<ReservationInput>,
    /// How many people mark.
    panel_size: Option<u32>,
    /// Codes of the declarations that people must make.
    declarations: Option<Vec<String>>,
    /// How many KPIs the contract will have.
    kpis: Option<u32>,
    /// How many months lie at most between two assessments of the KPIs.
    assessment_months: Option<u32>,
    /// Codes of the exemptions of clauses that the buyer relies on.
    exemptions: Option<Vec<String>>,
    /// Who verifies claims.
    quorum: Option<QuorumInput>,
    /// How many years the evidence is kept.
    retention_years: Option<u32>,
}

const AT: &str = "plan.procurement";

fn codes<T>(field: &str, list: Option<Vec<String>>) -> async_graphql::Result<Option<Vec<T>>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parse = |(index, text): (usize, String)| {
        let at = format!("{AT}.{field}.{index}");
        text.parse().map_err(|error| wrong(&at, &error))
    };
    list.map(|list| list.into_iter().enumerate().map(parse).collect())
        .transpose()
}

fn money(
    field: &str,
    amount: Option<MoneyInput>,
) -> async_graphql::Result<Option<commonweal_domain::amount::Money>> {
    amount
        .map(|amount| amount.parse(&format!("{AT}.{field}")))
        .transpose()
}

impl FrameworkInput {
    fn parse(self) -> async_graphql::Result<domain::Framework> {
        Ok(match self {
            Self::Tender(id) => {
                domain::Framework::Tender(parse_id("plan.procurement.framework.tender", &id)?)
            }
            Self::Elsewhere(input) => domain::Framework::Elsewhere {
                reference: input.reference,
                commenced: input.commenced.map(|day| day.0),
            },
        })
    }
}

impl ProcurementInput {
    /// The facts as the domain has them; an error names the field.
    pub(crate) fn parse(self) -> async_graphql::Result<domain::Procurement> {
        Ok(domain::Procurement {
            buyer_kind: self.buyer_kind.map(Into::into),
            place: self.place,
            value_net: money("valueNet", self.value_net)?,
            value_gross: money("valueGross", self.value_gross)?,
            framework: self.framework.map(FrameworkInput::parse).transpose()?,
            adopted: codes("adopted", self.adopted)?.unwrap_or_default(),
            social_criteria: codes("socialCriteria", self.social_criteria)?,
            reservation: self.reservation.map(|input| domain::Reservation {
                reserved_for: input.reserved_for.into(),
                term_months: input.term_months,
                reservable_services: input.reservable_services,
            }),
            panel_size: self.panel_size,
            declarations: codes("declarations", self.declarations)?,
            kpis: self.kpis,
            assessment_months: self.assessment_months,
            exemptions: codes("exemptions", self.exemptions)?.unwrap_or_default(),
            quorum: self.quorum.map(|input| domain::Quorum {
                verifiers: input.verifiers,
                sectors: input.sectors,
            }),
            retention_years: self.retention_years,
        })
    }
}

/// Why a tender may be published though the answer of a clause is unknown.
#[derive(Debug, InputObject)]
pub struct JustificationInput {
    /// The policy's code.
    policy: String,
    /// The clause.
    clause: String,
    /// Why. It is published beside the log, where it can be erased.
    reason: String,
}

/// Justifications as the use-case takes them, at most 100.
pub(crate) fn justifications(
    inputs: Option<Vec<JustificationInput>>,
) -> async_graphql::Result<Vec<binding::Justification>> {
    let inputs = inputs.unwrap_or_default();
    if inputs.len() > 100 {
        return Err(wrong("justifications", &"at most 100 are taken"));
    }
    let parse = |(index, input): (usize, JustificationInput)| {
        let at = |field: &str| format!("justifications.{index}.{field}");
        Ok(binding::Justification {
            policy: input
                .policy
                .parse()
                .map_err(|error| wrong(&at("policy"), &error))?,
            clause: input
                .clause
                .parse()
                .map_err(|error| wrong(&at("clause"), &error))?,
            reason: input.reason,
        })
    };
    inputs.into_iter().enumerate().map(parse).collect()
}
