//! What a plan says of its procurement, as it is read.

use async_graphql::{ID, SimpleObject};
use commonweal_domain::policy::procurement as domain;

use super::amounts::Money;
use super::node::node_id;
use super::policy::BuyerKind;
use super::procurement_input::ReservedFor;
use super::scalars::Date;

/// The framework agreement of a call-off.
#[derive(Debug, Clone, SimpleObject)]
pub struct Framework {
    /// Opaque id of its tender, when it was tendered here.
    tender: Option<ID>,
    /// Its number in a public register, when it was tendered elsewhere.
    reference: Option<String>,
    /// The day on which its procurement commenced, when it was tendered elsewhere.
    commenced: Option<Date>,
}

impl From<&domain::Framework> for Framework {
    fn from(framework: &domain::Framework) -> Self {
        match framework {
            domain::Framework::Tender(id) => Self {
                tender: Some(node_id(*id)),
                reference: None,
                commenced: None,
            },
            domain::Framework::Elsewhere {
                reference,
                commenced,
            } => Self {
                tender: None,
                reference: Some(reference.clone()),
                commenced: commenced.map(Date),
            },
        }
    }
}

/// For whom participation is reserved.
#[derive(Debug, Clone, SimpleObject)]
pub struct Reservation {
    /// For whom.
    reserved_for: ReservedFor,
    /// The longest term of the contract, in months.
    term_months: Option<u32>,
    /// Whether the services are among those that the law lets a buyer reserve.
    reservable_services: Option<bool>,
}

/// The facts of a procurement by which policies are chosen and checked. What is null was not given.
#[derive(Debug, Clone, SimpleObject)]
pub struct Procurement {
    /// What the buyer is.
    buyer_kind: Option<BuyerKind>,
    /// Whose law binds it.
    place: Option<String>,
    /// Estimated value without VAT.
    value_net: Option<Money>,
    /// Estimated value with VAT.
    value_gross: Option<Money>,
    /// The framework agreement of a call-off.
    framework: Option<Framework>,
    /// Codes of policies that the buyer adopts though they do not bind it.
    adopted: Vec<String>,
    /// Codes of the criteria that carry social value.
    social_criteria: Option<Vec<String>>,
    /// For whom participation is reserved.
    reservation: Option<Reservation>,
    /// How many people mark.
    panel_size: Option<u32>,
    /// Codes of the declarations that people must make.
    declarations: Option<Vec<String>>,
    /// How many KPIs the contract will have.
    kpis: Option<u32>,
    /// How many months lie at most between two assessments of the KPIs.
    assessment_months: Option<u32>,
    /// Codes of the exemptions of clauses that the buyer relies on.
    exemptions: Vec<String>,
    /// How many verifiers each claim needs.
    verifiers: Option<u32>,
    /// From how many different sectors at least.
    verifier_sectors: Option<u32>,
    /// How many years the evidence is kept.
    retention_years: Option<u32>,
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

impl From<&domain::Procurement> for Procurement {
    fn from(facts: &domain::Procurement) -> Self {
        Self {
            buyer_kind: facts.buyer_kind.map(Into::into),
            place: facts.place.clone(),
            value_net: facts.value_net.map(Into::into),
            value_gross: facts.value_gross.map(Into::into),
            framework: facts.framework.as_ref().map(Into::into),
            adopted: texts(&facts.adopted),
            social_criteria: facts.social_criteria.as_deref().map(texts),
            reservation: facts.reservation.as_ref().map(|one| Reservation {
                reserved_for: one.reserved_for.into(),
                term_months: one.term_months,
                reservable_services: one.reservable_services,
            }),
            panel_size: facts.panel_size,
            declarations: facts.declarations.as_deref().map(texts),
            kpis: facts.kpis,
            assessment_months: facts.assessment_months,
            exemptions: texts(&facts.exemptions),
            verifiers: facts.quorum.map(|quorum| quorum.verifiers),
            verifier_sectors: facts.quorum.map(|quorum| quorum.sectors),
            retention_years: facts.retention_years,
        }
    }
}
