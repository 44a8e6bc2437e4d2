//! What stands around claims: questions and answers, exclusions, and the private workings.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::contract::counting::Line;
use commonweal_domain::contract::sight::may_read;
use commonweal_domain::ids::{ClaimId, Id, OrganisationId, PersonId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::Read;
use crate::error::AppError;
use crate::sight::sights;
use crate::store::beneficiary::erasure;
use crate::store::claim_rules::{ANSWER, exclusion, inquiry, working};
use crate::store::reduced::latest_of_each;
use crate::store::{claim, columns};

/// A question about a claim, or its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryView {
    /// Whether it is the answer.
    pub is_answer: bool,
    /// The words, unless they were erased.
    pub words: Option<String>,
    /// Their salted hash.
    pub words_hash: Hash,
    /// Who: a pseudonym.
    pub by: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// That claims of an organisation are about other outcomes than a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusionView {
    /// Whose claims.
    pub claimant: OrganisationId,
    /// Why, unless the words were erased.
    pub reason: Option<String>,
    /// The salted hash of the reason.
    pub reason_hash: Hash,
    /// When it was logged.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The latest questions about several claims and their answers, in two statements.
    pub async fn inquiries_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<InquiryView>>, AppError> {
        let columns = (inquiry::Column::ClaimId, inquiry::Column::EntryIdx);
        let rows = latest_of_each::<inquiry::Entity>(columns, claims);
        let rows = rows.all(self.db).await?;
        let hashes = rows.iter().map(|row| row.words.clone()).collect();
        let words = self.remarks(hashes).await?;
        let mut found: HashMap<ClaimId, Vec<InquiryView>> = HashMap::new();
        for row in rows {
            let view = InquiryView {
                is_answer: row.kind == ANSWER,
                words: words.get(&row.words).cloned(),
                words_hash: columns::hash(&row.words)?,
                by: PersonId::from_uuid(row.by_id),
                organisation: OrganisationId::from_uuid(row.organisation_id),
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            found
                .entry(ClaimId::from_uuid(row.claim_id))
                .or_default()
                .push(view);
        }
        Ok(found)
    }

    /// Exclusions from several claims, in two statements.
    pub async fn exclusions_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<ExclusionView>>, AppError> {
        let rows = exclusion::Entity::find()
            .filter(exclusion::Column::EarlierId.is_in(columns::uuids(claims)))
            .order_by_asc(exclusion::Column::EntryIdx)
            .all(self.db)
            .await?;
        let hashes = rows.iter().map(|row| row.reason.clone()).collect();
        let words = self.remarks(hashes).await?;
        let mut found: HashMap<ClaimId, Vec<ExclusionView>> = HashMap::new();
        for row in rows {
            let view = ExclusionView {
                claimant: OrganisationId::from_uuid(row.claimant_id),
                reason: words.get(&row.reason).cloned(),
                reason_hash: columns::hash(&row.reason)?,
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            found
                .entry(ClaimId::from_uuid(row.earlier_id))
                .or_default()
                .push(view);
        }
        Ok(found)
    }

    /// Of how many people behind several claims the tokens were erased, in one statement.
    pub async fn erased_of(&self, claims: &[ClaimId]) -> Result<HashMap<ClaimId, u32>, AppError> {
        let rows = erasure::Entity::find()
            .filter(erasure::Column::ClaimId.is_in(columns::uuids(claims)))
            .all(self.db)
            .await?;
        let mut found: HashMap<ClaimId, u32> = HashMap::new();
        for row in rows {
            let people = u32::try_from(row.people).map_err(AppError::internal)?;
            let sum = found.entry(ClaimId::from_uuid(row.claim_id)).or_default();
            *sum = sum.saturating_add(people);
        }
        Ok(found)
    }

    /// The workings behind some claims, each for those who may read its evidence: for anyone else as if there were none.
    /// Nine statements, however many claims.
    pub async fn workings_of(
        &self,
        actor: &Actor,
        ids: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<Line>>, AppError> {
        if actor.person_id().is_none() {
            return Ok(HashMap::new());
        }
        let rows = claim::Entity::find()
            .filter(claim::Column::Id.is_in(columns::uuids(ids)))
            .filter(claim::Column::Working.is_not_null())
            .all(self.db)
            .await?;
        let sights = sights(self.db, actor, &rows).await?;
        let shown = rows.iter().filter(|row| {
            let claimant = OrganisationId::from_uuid(row.claimant_id);
            let sight = sights.get(&row.id).copied();
            may_read(actor, claimant, &[], sight.as_slice())
        });
        let kept = working::Entity::find()
            .filter(working::Column::ClaimId.is_in(shown.map(|row| row.id)))
            .all(self.db)
            .await?;
        kept.into_iter()
            .map(|kept| {
                let lines = serde_json::from_slice(&kept.lines).map_err(AppError::internal)?;
                Ok((ClaimId::from_uuid(kept.claim_id), lines))
            })
            .collect()
    }
}
