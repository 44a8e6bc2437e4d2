//! The schema: every noun's queries and mutations under one root.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, MergedObject, Object, Schema, SchemaBuilder};
use commonweal_app::App;

use super::abnormal::AbnormalMutation;
use super::admission::AdmissionMutation;
use super::ahp::AhpQuery;
use super::award::AwardMutation;
use super::beneficiary::{BeneficiaryMutation, BeneficiaryQuery};
use super::bid::{self, Bid, BidQuery};
use super::bid_input::BidMutation;
use super::calibration::CalibrationMutation;
use super::catalogue::{self, Catalogue, CatalogueMutation, CatalogueQuery};
use super::catalogue_shipped::{ShippedCatalogueMutation, ShippedCatalogueQuery};
use super::challenge::{self, Challenge, ChallengeQuery};
use super::challenge_mutation::ChallengeMutation;
use super::changes::ChangeMutation;
use super::claim::{self, Claim, ClaimQuery};
use super::claim_draft::{ClaimDraftMutation, ClaimDraftQuery};
use super::claim_mutation::ClaimMutation;
use super::compliance::ComplianceQuery;
use super::confirmation::{self, ConfirmationMutation, ConfirmationQuery, ConfirmationRequest};
use super::contract::{self, Contract, ContractMutation, ContractQuery, Kpi};
use super::credit_account::AccountQuery;
use super::credit_batch::{self, Batch, BatchQuery};
use super::credit_class::{self, Class, ClassQuery};
use super::credit_end::{CreditEndMutation, LiabilityQuery};
use super::credit_hold::{self, Hold, HoldMutation, HoldQuery};
use super::credit_move::MoveMutation;
use super::credit_mutation::CreditMutation;
use super::credit_retirement::{self, Retirement, RetirementQuery};
use super::draft::{DraftMutation, DraftQuery};
use super::erasure::ErasureMutation;
use super::errors::Code;
use super::evaluation_input::EvaluationMutation;
use super::evidence::{EvidenceMutation, EvidenceQuery};
use super::inquiry::InquiryMutation;
use super::ledger::LedgerQuery;
use super::node::parse_id;
use super::organisation::{self, Organisation, OrganisationMutation, OrganisationQuery};
use super::panel_input::PanelMutation;
use super::performance::{PerformanceMutation, PerformanceQuery};
use super::plan_report::PlanReportQuery;
use super::policy::Policy;
use super::policy_query::{self, PolicyMutation, PolicyQuery};
use super::process::ProcessMutation;
use super::programme::{self, Programme};
use super::programme_mutation::ProgrammeMutation;
use super::programme_query::ProgrammeQuery;
use super::proxy_pack::{self, ProxyPack, ProxyPackMutation, ProxyPackQuery};
use super::quorum::QuorumQuery;
use super::quorum_mutation::QuorumMutation;
use super::sealed_bid::{self, SealedBid, SealedBidQuery};
use super::subscription::Subscription;
use super::tender::{self, Tender, TenderMutation, TenderQuery};
use super::viewer::ViewerQuery;

/// Everything that has an opaque id.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "&ID", desc = "Opaque id: the noun and a UUID."))]
#[expect(
    clippy::large_enum_variant,
    reason = "nodes are moved once, from the loader to the answer"
)]
pub enum Node {
    /// An organisation.
    Organisation(Organisation),
    /// A version of a measure catalogue.
    Catalogue(Catalogue),
    /// A version of a policy.
    Policy(Policy),
    /// Money values of measures, private to an organisation.
    ProxyPack(ProxyPack),
    /// A tender.
    Tender(Tender),
    /// A bid after the opening.
    Bid(Bid),
    /// A supplier's own sealed bid.
    SealedBid(SealedBid),
    /// A bidder's request that an organisation confirm its share.
    ConfirmationRequest(ConfirmationRequest),
    /// A signed contract.
    Contract(Contract),
    /// A commitment made binding.
    Kpi(Kpi),
    /// A delivered quantity with evidence.
    Claim(Claim),
    /// A class of credits.
    Class(Class),
    /// The credits issued for one verified claim.
    Batch(Batch),
    /// Credits claimed for ever.
    Retirement(Retirement),
    /// Credits bound to a trade.
    Hold(Hold),
    /// A public objection to a verified claim.
    Challenge(Challenge),
    /// A programme that pays for verified outcomes.
    Programme(Programme),
}

/// Queries that know no noun.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// One node by its opaque id; null when there is none, or none that the caller may see.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Node>> {
        find(context, "id", &id).await
    }

    /// Several nodes by their opaque ids, in the order asked, at most 100.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The opaque ids.", validator(max_items = 100))] ids: Vec<ID>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        futures_util::future::try_join_all(ids.iter().map(|id| find(context, "ids", id))).await
    }
}

async fn find(context: &Context<'_>, field: &str, id: &ID) -> async_graphql::Result<Option<Node>> {
    let noun = id.split_once(':').map_or("", |(noun, _)| noun);
    match noun {
        "organisation" => {
            let found = organisation::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Organisation))
        }
        "catalogue" => {
            let found = catalogue::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Catalogue))
        }
        "policy" => {
            let found = policy_query::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Policy))
        }
        "proxy-pack" => {
            let found = proxy_pack::load(context, parse_id(field, id)?).await?;
            Ok(found.map(|pack| Node::ProxyPack(pack.into())))
        }
        "tender" => {
            let found = tender::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Tender))
        }
        "bid" => {
            let found = bid::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Bid))
        }
        "sealed" => {
            let found = sealed_bid::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::SealedBid))
        }
        "confirmation-request" => {
            let found = confirmation::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::ConfirmationRequest))
        }
        "contract" => {
            let found = contract::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Contract))
        }
        "kpi" => {
            let found = contract::load_kpi(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Kpi))
        }
        "claim" => {
            let found = claim::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Claim))
        }
        "class" => {
            let found = credit_class::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Class))
        }
        "batch" => {
            let found = credit_batch::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Batch))
        }
        "retirement" => {
            let found = credit_retirement::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Retirement))
        }
        "hold" => {
            let found = credit_hold::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Hold))
        }
        "challenge" => {
            let found = challenge::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Challenge))
        }
        "programme" => {
            let found = programme::load(context, parse_id(field, id)?).await?;
            Ok(found.map(Node::Programme))
        }
        _ => {
            let message =
                format!("`{field}` names no noun: expected for example `tender:` and a UUID");
            Err(Code::BadUserInput.error_at(field, message))
        }
    }
}

/// The root of everything that is read.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    NodeQuery,
    ViewerQuery,
    OrganisationQuery,
    CatalogueQuery,
    ShippedCatalogueQuery,
    PolicyQuery,
    ComplianceQuery,
    ProxyPackQuery,
    DraftQuery,
    TenderQuery,
    PlanReportQuery,
    BidQuery,
    AhpQuery,
    SealedBidQuery,
    ConfirmationQuery,
    ContractQuery,
    PerformanceQuery,
    ClaimQuery,
    BeneficiaryQuery,
    QuorumQuery,
    ClaimDraftQuery,
    EvidenceQuery,
    ClassQuery,
    BatchQuery,
    AccountQuery,
    RetirementQuery,
    HoldQuery,
    LiabilityQuery,
    ChallengeQuery,
    ProgrammeQuery,
    LedgerQuery,
);

/// The root of everything that changes something.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    OrganisationMutation,
    ErasureMutation,
    CatalogueMutation,
    ShippedCatalogueMutation,
    PolicyMutation,
    ProxyPackMutation,
    DraftMutation,
    TenderMutation,
    ChangeMutation,
    BidMutation,
    ConfirmationMutation,
    AdmissionMutation,
    PanelMutation,
    CalibrationMutation,
    EvaluationMutation,
    AbnormalMutation,
    AwardMutation,
    ProcessMutation,
    ContractMutation,
    ClaimMutation,
    ClaimDraftMutation,
    EvidenceMutation,
    InquiryMutation,
    BeneficiaryMutation,
    QuorumMutation,
    PerformanceMutation,
    CreditMutation,
    MoveMutation,
    HoldMutation,
    CreditEndMutation,
    ChallengeMutation,
    ProgrammeMutation,
);

/// The schema of this service.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema without data: its text is `schema.graphql`.
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
}

/// The schema over an app.
pub fn schema(app: Arc<App>) -> ApiSchema {
    builder().data(app).finish()
}
