//! Quorums, draws and verifiers' records, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::amount::Quantity;
use commonweal_domain::contract::quorum::{Leaving, Quorum};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId, PersonId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::claim;
use crate::store::columns;
use crate::store::quorum::{assignment, claim_draw, confirmation, published, terms};
use crate::store::verifier::record;

/// What the registry asks of verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumView {
    /// 1, 2, 3 ...
    pub number: u32,
    /// What it asks.
    pub quorum: Quorum,
    /// The root of the tree of its links.
    pub commitment: Hash,
    /// When it was published: it binds later claims.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// From what the verifiers of a claim were drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawView {
    /// The number of the quorum.
    pub quorum: u32,
    /// The claim's place among those that it binds.
    pub position: u64,
    /// The link that belongs to the place.
    pub link: Hash,
    /// The seed that follows from the link and the claim's files.
    pub seed: Hash,
    /// Log index of the entry that revealed the link.
    pub entry_index: u64,
}

/// Where a drawn verifier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Has to judge until then.
    Sits(Time),
    /// Has judged.
    Judged,
    /// Left the seat.
    Left(Leaving),
}

/// A verifier who was drawn for a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentView {
    /// Who: a pseudonym.
    pub verifier: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Whether it is the further opinion after a disagreement.
    pub third: bool,
    /// Where the verifier stands.
    pub standing: Standing,
    /// Why the verifier left, unless the words were erased.
    pub reason: Option<String>,
    /// Who pays.
    pub fee_from: OrganisationId,
    /// When the verifier was drawn.
    pub at: Time,
    /// Log index of the draw.
    pub entry_index: u64,
}

/// What a buyer alone confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationView {
    /// Who: a pseudonym.
    pub officer: PersonId,
    /// The buyer.
    pub organisation: OrganisationId,
    /// How much was accepted.
    pub accepted: Quantity,
    /// How.
    pub method: String,
    /// Why, unless the words were erased.
    pub reason: Option<String>,
    /// Whether chance drew the claim for verification all the same.
    pub audited: bool,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// What a verifier has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordView {
    /// Who: a pseudonym.
    pub verifier: PersonId,
    /// Draws.
    pub assigned: u64,
    /// Findings that accepted something.
    pub accepted: u64,
    /// Findings that accepted nothing.
    pub rejected: u64,
    /// Findings that accepted more than what a correction or a reversal left.
    pub overturned: u64,
    /// Seats declined before beginning.
    pub declined: u64,
    /// Seats given back after beginning.
    pub withdrew: u64,
    /// Seats taken away.
    pub discharged: u64,
}

impl Read<'_> {
    /// The quorum of a number, or the one in force; none where none was published.
    pub async fn quorum(&self, number: Option<u32>) -> Result<Option<QuorumView>, AppError> {
        let mut select = published::Entity::find().order_by_desc(published::Column::Number);
        if let Some(number) = number {
            select = select.filter(published::Column::Number.eq(i64::from(number)));
        }
        let row = select.one(self.db).await?;
        row.map(|row| {
            Ok(QuorumView {
                number: u32::try_from(row.number).map_err(AppError::internal)?,
                quorum: terms(&row)?,
                commitment: columns::hash(&row.commitment)?,
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            })
        })
        .transpose()
    }

    /// From what the verifiers of several claims were drawn, in one statement.
    pub async fn draws_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, DrawView>, AppError> {
        let rows = claim_draw::Entity::find()
            .filter(claim_draw::Column::ClaimId.is_in(columns::uuids(claims)))
            .all(self.db)
            .await?;
        let view = |row: claim_draw::Model| {
            let view = DrawView {
                quorum: u32::try_from(row.number).map_err(AppError::internal)?,
                position: columns::index(row.position)?,
                link: columns::hash(&row.link)?,
                seed: columns::hash(&row.seed)?,
                entry_index: columns::index(row.entry_idx)?,
            };
            Ok((ClaimId::from_uuid(row.claim_id), view))
        };
        rows.into_iter().map(view).collect()
    }

    /// Who was drawn for several claims, in the order of the draws, in four statements.
    pub async fn assignments_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<AssignmentView>>, AppError> {
        let rows = assignment::Entity::find()
            .filter(assignment::Column::ClaimId.is_in(columns::uuids(claims)))
            .order_by_asc(assignment::Column::ClaimId)
            .order_by_asc(assignment::Column::Seq)
            .all(self.db)
            .await?;
        let draws = self.draws_of(claims).await?;
        let numbers = draws.values().map(|draw| i64::from(draw.quorum));
        let quorums = published::Entity::find()
            .filter(published::Column::Number.is_in(numbers))
            .all(self.db)
            .await?;
        let mut days = HashMap::new();
        for row in &quorums {
            days.insert(row.number, terms(row)?);
        }
        let hashes = rows.iter().filter_map(|row| row.reason.clone()).collect();
        let words = self.remarks(hashes).await?;
        let mut found: HashMap<ClaimId, Vec<AssignmentView>> = HashMap::new();
        for row in rows {
            let claim = ClaimId::from_uuid(row.claim_id);
            let quorum = draws.get(&claim);
            let quorum = quorum.and_then(|draw| days.get(&i64::from(draw.quorum)));
            let quorum = quorum.ok_or_else(|| AppError::internal("a draw without quorum"))?;
            let standing = match (&row.left_how, &row.sealed) {
                (Some(how), _) => Standing::Left(from_word(how)?),
                (None, Some(_)) => Standing::Judged,
                (None, None) => Standing::Sits(quorum.due(columns::time(row.since))),
            };
            found.entry(claim).or_default().push(AssignmentView {
                verifier: PersonId::from_uuid(row.verifier_id),
                organisation: OrganisationId::from_uuid(row.organisation_id),
                third: row.third,
                standing,
                reason: row
                    .reason
                    .as_ref()
                    .and_then(|hash| words.get(hash))
                    .cloned(),
                fee_from: OrganisationId::from_uuid(row.fee_from),
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            });
        }
        Ok(found)
    }

    /// What buyers alone confirmed of several claims, in three statements.
    pub async fn confirmations_of(
        &self,
        claims: &[ClaimId],
    ) -> Result<HashMap<ClaimId, ConfirmationView>, AppError> {
        let rows = confirmation::Entity::find()
            .filter(confirmation::Column::ClaimId.is_in(columns::uuids(claims)))
            .all(self.db)
            .await?;
        let claimed = claim::Entity::find()
            .filter(claim::Column::Id.is_in(rows.iter().map(|row| row.claim_id)))
            .all(self.db)
            .await?;
        let words = self
            .remarks(rows.iter().map(|row| row.reason.clone()).collect())
            .await?;
        let view = |row: confirmation::Model| {
            let claim = claimed.iter().find(|claim| claim.id == row.claim_id);
            let gone = || AppError::internal("a confirmation without its claim");
            let claim = claim.ok_or_else(gone)?;
            let view = ConfirmationView {
                officer: PersonId::from_uuid(row.officer_id),
                organisation: OrganisationId::from_uuid(row.organisation_id),
                accepted: columns::quantity(row.accepted_units, claim.scale, &claim.unit)?,
                method: row.method,
                reason: words.get(&row.reason).cloned(),
                audited: row.audited,
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            };
            Ok((ClaimId::from_uuid(row.claim_id), view))
        };
        rows.into_iter().map(view).collect()
    }

    /// The record of a verifier; none where there is nothing in it.
    pub async fn verifier_record(&self, id: PersonId) -> Result<Option<RecordView>, AppError> {
        let row = record::Entity::find_by_id(id.uuid()).one(self.db).await?;
        row.as_ref().map(record_view).transpose()
    }

    /// A page of verifiers' records, by pseudonym.
    pub async fn verifier_records(
        &self,
        page: &Page<PersonId>,
    ) -> Result<Vec<RecordView>, AppError> {
        let rows = page
            .of(record::Entity::find(), record::Column::PersonId, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(record_view).collect()
    }

    /// How many verifiers have a record.
    pub async fn verifier_record_count(&self) -> Result<u64, AppError> {
        Ok(record::Entity::find().count(self.db).await?)
    }
}

fn record_view(row: &record::Model) -> Result<RecordView, AppError> {
    Ok(RecordView {
        verifier: PersonId::from_uuid(row.person_id),
        assigned: columns::index(row.assigned)?,
        accepted: columns::index(row.accepted)?,
        rejected: columns::index(row.rejected)?,
        overturned: columns::index(row.overturned)?,
        declined: columns::index(row.declined)?,
        withdrew: columns::index(row.withdrew)?,
        discharged: columns::index(row.discharged)?,
    })
}
