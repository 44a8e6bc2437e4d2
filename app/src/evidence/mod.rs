//! Use-cases of evidence files: they come in as streams, are private to their owner, stand behind claims by their hashes,
//! are released to named organisations, and go again: unused ones by themselves, others by an entry of the log.

mod collector;
mod download;
mod erasure;
mod objects;
mod pace;
mod release;
mod upload;

pub use download::Download;
pub use objects::{EvidenceObjects, MAX_UPLOAD_BYTES};
pub use release::ReleaseEvidence;
pub use upload::Uploaded;

use commonweal_domain::contract::retention::kept_until;
use commonweal_domain::ids::{ContractId, Id};
use commonweal_domain::time::{Date, Period};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Deserialize;

use crate::App;
use crate::error::AppError;
use crate::store::{contract, tender};

impl App {
    /// The same with a place for files of evidence. Whatever uploads, reads or erases them needs it.
    #[must_use]
    pub fn with_evidence(self, objects: EvidenceObjects) -> Self {
        Self {
            evidence: Some(objects),
            ..self
        }
    }

    fn objects(&self) -> Result<&EvidenceObjects, AppError> {
        self.evidence
            .as_ref()
            .ok_or_else(|| AppError::internal("this process has no place for files of evidence"))
    }
}

/// What matters here of a plan.
#[derive(Deserialize)]
struct PlanPart {
    #[serde(default)]
    procurement: ProcurementPart,
}

#[derive(Default, Deserialize)]
struct ProcurementPart {
    #[serde(default)]
    retention_years: Option<u32>,
}

/// For how many years the evidence under a contract is kept, as the documents of its tender say. They never change after
/// the award.
pub(crate) async fn retention_years(
    db: &impl ConnectionTrait,
    under: Option<ContractId>,
) -> Result<Option<u32>, AppError> {
    let Some(id) = under else {
        return Ok(None);
    };
    let contract = contract::Entity::find_by_id(id.uuid()).one(db).await?;
    let Some(tender) = contract.and_then(|contract| contract.tender_id) else {
        return Ok(None);
    };
    let Some(row) = tender::Entity::find_by_id(tender).one(db).await? else {
        return Ok(None);
    };
    let plan: PlanPart = serde_json::from_slice(&row.plan).map_err(AppError::internal)?;
    Ok(plan.procurement.retention_years)
}

/// Until when the evidence of a delivery is kept; none where it is kept for ever.
pub(crate) async fn retention(
    db: &impl ConnectionTrait,
    under: Option<ContractId>,
    period: Period,
) -> Result<Option<Date>, AppError> {
    Ok(kept_until(period, retention_years(db, under).await?))
}
