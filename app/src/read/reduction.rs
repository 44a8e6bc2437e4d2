//! What registrars propose to take back of claims, and what was taken back.

use std::collections::HashMap;

use commonweal_domain::amount::Quantity;
use commonweal_domain::challenge::{Basis, Proposal, Remedy};
use commonweal_domain::ids::{ChallengeId, ClaimId, Id, PersonId, ProposalId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::challenge::{in_unit, proposal, proposal_of};
use crate::store::reduced::{latest_of_each, reduction};
use crate::store::{claim, columns};

/// A registrar's proposal, as a second registrar must be able to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalView {
    /// The proposal.
    pub proposal: Proposal,
    /// Why, unless the words were erased.
    pub reason: Option<String>,
    /// The salted hash of the reason.
    pub reason_hash: Hash,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// That less of a claim stands than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReductionView {
    /// Why.
    pub remedy: Remedy,
    /// The decision behind it.
    pub basis: Basis,
    /// The verified quantity before.
    pub before: Quantity,
    /// The verified quantity from then on.
    pub after: Quantity,
    /// Who carried it out: a pseudonym.
    pub by: PersonId,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The latest proposals about several claims, in three statements.
    pub async fn proposals_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<ProposalView>>, AppError> {
        let columns = (proposal::Column::ClaimId, proposal::Column::EntryIdx);
        let rows = latest_of_each::<proposal::Entity>(columns, claims);
        let rows = rows.all(self.db).await?;
        let hashes = rows.iter().map(|row| row.reason.clone()).collect();
        let words = self.remarks(hashes).await?;
        let units = self.units_of(claims).await?;
        let mut found: HashMap<ClaimId, Vec<ProposalView>> = HashMap::new();
        for row in rows {
            let view = ProposalView {
                proposal: proposal_of(&row, like(&units, row.claim_id)?)?,
                reason: words.get(&row.reason).cloned(),
                reason_hash: columns::hash(&row.reason)?,
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            found.entry(view.proposal.claim).or_default().push(view);
        }
        Ok(found)
    }

    /// The latest corrections and reversals of several claims, in two statements.
    pub async fn reductions_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<ReductionView>>, AppError> {
        let columns = (reduction::Column::ClaimId, reduction::Column::EntryIdx);
        let rows = latest_of_each::<reduction::Entity>(columns, claims);
        let rows = rows.all(self.db).await?;
        let units = self.units_of(claims).await?;
        let mut found: HashMap<ClaimId, Vec<ReductionView>> = HashMap::new();
        for row in rows {
            let like = like(&units, row.claim_id)?;
            let basis = match (row.challenge_id, row.proposal_id) {
                (Some(id), _) => Basis::Challenge(ChallengeId::from_uuid(id)),
                (None, Some(id)) => Basis::Proposal(ProposalId::from_uuid(id)),
                (None, None) => return Err(AppError::internal("a reduction without its basis")),
            };
            let view = ReductionView {
                remedy: from_word(&row.remedy)?,
                basis,
                before: in_unit(row.before_units, like)?,
                after: in_unit(row.after_units, like)?,
                by: PersonId::from_uuid(row.carried_out_by),
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            let claim = ClaimId::from_uuid(row.claim_id);
            found.entry(claim).or_default().push(view);
        }
        Ok(found)
    }

    /// Nothing in the unit of each of some claims.
    async fn units_of(&self, claims: &[ClaimId]) -> Result<HashMap<Uuid, Quantity>, AppError> {
        let rows = claim::Entity::find()
            .filter(claim::Column::Id.is_in(columns::uuids(claims)))
            .all(self.db)
            .await?;
        let unit = |row: &claim::Model| Ok((row.id, columns::quantity(0, row.scale, &row.unit)?));
        rows.iter().map(unit).collect()
    }
}

fn like(units: &HashMap<Uuid, Quantity>, claim: Uuid) -> Result<&Quantity, AppError> {
    let found = units.get(&claim);
    found.ok_or_else(|| AppError::internal("a decision without its claim"))
}
