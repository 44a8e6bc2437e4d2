//! Claims as anyone may read them after submission: evidence as hashes only.

use std::collections::HashMap;

use commonweal_domain::amount::Quantity;
use commonweal_domain::contract::{Claim, ClaimStatus};
use commonweal_domain::ids::{ClaimId, ContractId, Id, KpiId, OrganisationId, PersonId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::{Date, Time};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::claim::{self, claim_of, evidence, verification, verified_of};
use crate::store::{columns, remark};

/// What became of a file behind a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// The first day on which it need not be kept any more; none where it is kept for ever.
    pub kept_until: Option<Date>,
    /// Log index of the entry that erased it.
    pub erased_index: Option<u64>,
}

/// A claim with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimView {
    /// The claim, with the hashes of its evidence.
    pub claim: Claim,
    /// What became of its files, in the same order.
    pub files: Vec<FileState>,
    /// Where it stands.
    pub status: ClaimStatus,
    /// The verified quantity, once there is one.
    pub verified: Option<Quantity>,
    /// Who submitted it: a pseudonym.
    pub submitted_by: PersonId,
    /// When.
    pub submitted_at: Time,
    /// Log index of its submission.
    pub entry_index: u64,
    /// When it was verified, rejected or withdrawn.
    pub decided_at: Option<Time>,
    /// Log index of that.
    pub decided_index: Option<u64>,
}

/// What one verifier found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationView {
    /// The claim.
    pub claim: ClaimId,
    /// Who: a pseudonym.
    pub verifier: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Smallest units accepted; none when the claim was rejected.
    pub accepted_units: Option<i64>,
    /// The method; none when the claim was rejected.
    pub method: Option<String>,
    /// The salted hash of the reason.
    pub reason_hash: Hash,
    /// The reason, unless its words were erased.
    pub reason: Option<String>,
    /// When.
    pub at: Time,
    /// Log index of the finding.
    pub entry_index: u64,
}

/// Which claims are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaimFilter {
    /// Those of this claimant.
    pub claimant: Option<OrganisationId>,
    /// Those under this contract.
    pub contract: Option<ContractId>,
    /// Those that answer this KPI.
    pub kpi: Option<KpiId>,
    /// Those that stand so.
    pub status: Option<ClaimStatus>,
}

impl Read<'_> {
    /// Claims by id, in two statements.
    pub async fn claims_by_id(
        &self,
        ids: &[ClaimId],
    ) -> Result<HashMap<ClaimId, ClaimView>, AppError> {
        let rows = claim::Entity::find()
            .filter(claim::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = self.with_evidence(rows).await?;
        Ok(views
            .into_iter()
            .map(|view| (view.claim.id, view))
            .collect())
    }

    /// A page of claims in the order of their submission.
    pub async fn claims(
        &self,
        filter: &ClaimFilter,
        page: &Page<ClaimId>,
    ) -> Result<Vec<ClaimView>, AppError> {
        let rows = page
            .of(select(filter), claim::Column::Id, |id| id.uuid().into())
            .all(self.db)
            .await?;
        self.with_evidence(rows).await
    }

    /// How many claims the filter leaves.
    pub async fn claim_count(&self, filter: &ClaimFilter) -> Result<u64, AppError> {
        Ok(select(filter).count(self.db).await?)
    }

    /// What verifiers found on several claims, in two statements.
    pub async fn verifications_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<VerificationView>>, AppError> {
        let rows = verification::Entity::find()
            .filter(verification::Column::ClaimId.is_in(columns::uuids(claims)))
            .order_by_asc(verification::Column::EntryIdx)
            .all(self.db)
            .await?;
        let hashes = rows.iter().map(|row| row.reason.clone()).collect();
        let words = self.remarks(hashes).await?;
        let mut found: HashMap<ClaimId, Vec<VerificationView>> = HashMap::new();
        for row in rows {
            let view = VerificationView {
                claim: ClaimId::from_uuid(row.claim_id),
                verifier: PersonId::from_uuid(row.verifier_id),
                organisation: OrganisationId::from_uuid(row.organisation_id),
                accepted_units: row.accepted_units,
                method: row.method,
                reason_hash: columns::hash(&row.reason)?,
                reason: words.get(&row.reason).cloned(),
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            found.entry(view.claim).or_default().push(view);
        }
        Ok(found)
    }

    /// The words behind hashes, as far as they were not erased, in one statement.
    pub(crate) async fn remarks(
        &self,
        hashes: Vec<Vec<u8>>,
    ) -> Result<HashMap<Vec<u8>, String>, AppError> {
        if hashes.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = remark::Entity::find()
            .filter(remark::Column::Hash.is_in(hashes))
            .all(self.db)
            .await?;
        Ok(rows.into_iter().map(|row| (row.hash, row.words)).collect())
    }

    pub(super) async fn with_evidence(
        &self,
        rows: Vec<claim::Model>,
    ) -> Result<Vec<ClaimView>, AppError> {
        let files = evidence::Entity::find()
            .filter(evidence::Column::ClaimId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(evidence::Column::Seq)
            .all(self.db)
            .await?;
        let mut by_claim: HashMap<_, Vec<evidence::Model>> = HashMap::new();
        for file in files {
            by_claim.entry(file.claim_id).or_default().push(file);
        }
        rows.iter()
            .map(|row| view(row, by_claim.get(&row.id).map_or(&[][..], Vec::as_slice)))
            .collect()
    }
}

fn select(filter: &ClaimFilter) -> Select<claim::Entity> {
    let mut select = claim::Entity::find();
    if let Some(claimant) = filter.claimant {
        select = select.filter(claim::Column::ClaimantId.eq(claimant.uuid()));
    }
    if let Some(contract) = filter.contract {
        select = select.filter(claim::Column::ContractId.eq(contract.uuid()));
    }
    if let Some(kpi) = filter.kpi {
        select = select.filter(claim::Column::KpiId.eq(kpi.uuid()));
    }
    if let Some(status) = filter.status {
        select = select.filter(claim::Column::Status.eq(status.as_str()));
    }
    select
}

fn file_state(row: &evidence::Model) -> Result<FileState, AppError> {
    let kept_until = row.kept_until.as_ref().map(|day| day.parse::<Date>());
    Ok(FileState {
        kept_until: kept_until.transpose().map_err(AppError::internal)?,
        erased_index: row.erased_idx.map(columns::index).transpose()?,
    })
}

fn view(row: &claim::Model, files: &[evidence::Model]) -> Result<ClaimView, AppError> {
    Ok(ClaimView {
        claim: claim_of(row, files)?,
        files: files.iter().map(file_state).collect::<Result<_, _>>()?,
        status: from_word(&row.status)?,
        verified: verified_of(row)?,
        submitted_by: PersonId::from_uuid(row.submitted_by),
        submitted_at: columns::time(row.submitted_at),
        entry_index: columns::index(row.entry_idx)?,
        decided_at: row.decided_at.map(columns::time),
        decided_index: row.decided_idx.map(columns::index).transpose()?,
    })
}
