//! What nested fields of contracts, claims and credits load, in batches.

use std::collections::HashMap;

use async_graphql::Context;
use async_graphql::dataloader::Loader as Load;
use commonweal_app::read::account::{RetirementView, TransferView};
use commonweal_app::read::challenge::ChallengeView;
use commonweal_app::read::claim::{ClaimView, VerificationView};
use commonweal_app::read::contract::{ContractView, KpiView};
use commonweal_app::read::credit::{BatchLife, BatchView, ClassView};
use commonweal_app::read::hold::{HoldView, KpiCreditView};
use commonweal_app::read::inquiry::{ExclusionView, InquiryView};
use commonweal_app::read::performance::{InstalmentView, VariationView};
use commonweal_app::read::programme::{ProgrammeView, Totals};
use commonweal_app::read::quorum::{AssignmentView, ConfirmationView, DrawView};
use commonweal_app::read::reduction::{ProposalView, ReductionView};
use commonweal_domain::catalogue::{Measure, MeasureRef};
use commonweal_domain::contract::counting::Line;
use commonweal_domain::contract::quorum::awaited::Awaited;
use commonweal_domain::ids::{
    BatchId, ChallengeId, ClaimId, ClassId, ContractId, HoldId, KpiId, ProgrammeId, RetirementId,
};

use commonweal_domain::tender::LotRef;

use super::context::{loader, refuse};
use super::loaders::Loader;

/// Loaders by the id of what they load.
macro_rules! by_id {
    ($($id:ty => $value:ty = $read:ident;)*) => {$(
        impl Load<$id> for Loader {
            type Value = $value;
            type Error = async_graphql::Error;

            async fn load(&self, keys: &[$id]) -> Result<HashMap<$id, $value>, Self::Error> {
                self.app().read().$read(keys).await.map_err(refuse)
            }
        }
    )*};
}

/// Loaders by what something belongs to: a key type of its own for each, since an id alone would not tell them apart.
macro_rules! by_owner {
    ($($(#[$doc:meta])* $key:ident($id:ty) => $value:ty = $read:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $key(pub $id);

        impl Load<$key> for Loader {
            type Value = $value;
            type Error = async_graphql::Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Self::Error> {
                let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
                let found = self.app().read().$read(&ids).await.map_err(refuse)?;
                Ok(found.into_iter().map(|(id, value)| ($key(id), value)).collect())
            }
        }
    )*};
}

by_id! {
    ContractId => ContractView = contracts_by_id;
    KpiId => KpiView = kpis_by_id;
    ClaimId => ClaimView = claims_by_id;
    ClassId => ClassView = classes_by_id;
    BatchId => BatchView = batches_by_id;
    RetirementId => RetirementView = retirements_by_id;
    HoldId => HoldView = holds_by_id;
    ProgrammeId => ProgrammeView = programmes_by_id;
}

by_owner! {
    /// What a programme has counted, owes and has paid.
    TotalsOf(ProgrammeId) => Totals = programme_totals;
    /// The contract that the award of a lot led to.
    ContractOf(LotRef) => ContractView = contracts_by_lot;
    /// The KPIs of a contract.
    KpisOf(ContractId) => Vec<KpiView> = kpis_of;
    /// What verifiers found on a claim.
    VerificationsOf(ClaimId) => Vec<VerificationView> = verifications_of;
    /// The variations of a contract.
    VariationsOf(ContractId) => Vec<VariationView> = variations_of;
    /// The schedule of a KPI with its ratings.
    ScheduleOf(KpiId) => Vec<InstalmentView> = schedules_of;
    /// What verifiers asked about a claim, and the answers.
    InquiriesOf(ClaimId) => Vec<InquiryView> = inquiries_of;
    /// Who is excluded from being the same as a claim.
    ExclusionsOf(ClaimId) => Vec<ExclusionView> = exclusions_of;
    /// What registrars propose to take back of a claim.
    ProposalsOf(ClaimId) => Vec<ProposalView> = proposals_of;
    /// What was taken back of a claim.
    ReductionsOf(ClaimId) => Vec<ReductionView> = reductions_of;
    /// Of how many people behind a claim the tokens were erased.
    ErasedOf(ClaimId) => u32 = erased_of;
    /// From what the verifiers of a claim were drawn.
    DrawOf(ClaimId) => DrawView = draws_of;
    /// Who was drawn for a claim.
    AssignmentsOf(ClaimId) => Vec<AssignmentView> = assignments_of;
    /// What a claim waits for.
    AwaitedOf(ClaimId) => Vec<Awaited> = awaited_of;
    /// What a buyer alone confirmed of a claim.
    ConfirmationOf(ClaimId) => ConfirmationView = confirmations_of;
    /// The batch that was issued for a claim.
    BatchOf(ClaimId) => BatchView = batches_by_claim;
    /// What credits have done for a KPI.
    CreditsOf(KpiId) => KpiCreditView = kpi_credits;
    /// Where the units of a batch stand.
    LifeOf(BatchId) => BatchLife = lives_of;
    /// The transfer at an index of the log.
    TransferAt(u64) => TransferView = transfers_by_index;
}

/// The working behind a claim, as far as the caller may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkingOf(pub ClaimId);

impl Load<WorkingOf> for Loader {
    type Value = Vec<Line>;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[WorkingOf]) -> Result<HashMap<WorkingOf, Vec<Line>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.app().workings_of(self.actor(), &ids).await;
        let found = found.map_err(refuse)?;
        Ok(found
            .into_iter()
            .map(|(id, lines)| (WorkingOf(id), lines))
            .collect())
    }
}

/// The measure that a reference names; its catalogue is loaded once per request.
pub(crate) async fn measure(
    context: &Context<'_>,
    reference: &MeasureRef,
) -> async_graphql::Result<Option<Measure>> {
    let found = loader(context)?.load_one(reference.catalogue).await?;
    Ok(found.and_then(|view| view.catalogue.measure(&reference.code).cloned()))
}

impl Load<ChallengeId> for Loader {
    type Value = ChallengeView;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[ChallengeId],
    ) -> Result<HashMap<ChallengeId, ChallengeView>, Self::Error> {
        let app = self.app();
        let found = app.read().challenges_by_id(keys, app.now()).await;
        found.map_err(refuse)
    }
}
