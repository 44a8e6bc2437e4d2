//! Tables of files of evidence and of what they were released to.

use std::collections::HashMap;

use commonweal_domain::contract::{Claim, ClaimStatus, Evidence};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, Query, SelectStatement};

use super::claim::{self, evidence};
use super::claim_draft::file as draft_file;
use super::columns;
use crate::claim::NamedEvidence;
use crate::error::AppError;

/// Its object is being written.
pub(crate) const INCOMING: &str = "incoming";
/// Stored, and nothing stands on it yet.
pub(crate) const LOOSE: &str = "loose";
/// Stored, and a claim or a draft stands on it.
pub(crate) const KEPT: &str = "kept";
/// Its object is being removed.
pub(crate) const REMOVING: &str = "removing";
/// Those that can be read.
pub(crate) const STORED: [&str; 2] = [LOOSE, KEPT];

/// A file of evidence; without a hash while it comes in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_file")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub owner_id: Uuid,
    pub state: String,
    pub sha256: Option<Vec<u8>>,
    pub size: Option<i64>,
    pub media_type: Option<String>,
    pub uploaded_by: Uuid,
    pub uploaded_at: i64,
    /// When it last came to stand behind something or lost that.
    pub used_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `evidence_release`.
pub(crate) mod release {
    use sea_orm::entity::prelude::*;

    /// An organisation to which a file was released.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence_release")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub file_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        pub released_by: Uuid,
        pub released_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Hashes as a column has them, for `IN` lists.
pub(crate) fn bytes(hashes: &[Hash]) -> impl Iterator<Item = Vec<u8>> + '_ {
    hashes.iter().map(|hash| hash.as_bytes().to_vec())
}

/// The stored files of an owner with some hashes.
pub(crate) async fn stored(
    db: &impl ConnectionTrait,
    owner: OrganisationId,
    hashes: &[Hash],
) -> Result<HashMap<Hash, Model>, AppError> {
    let rows = Entity::find()
        .filter(Column::OwnerId.eq(owner.uuid()))
        .filter(Column::Sha256.is_in(bytes(hashes)))
        .filter(Column::State.is_in(STORED))
        .all(db)
        .await?;
    let hash = |row: &Model| columns::hash(row.sha256.as_deref().unwrap_or_default());
    rows.into_iter().map(|row| Ok((hash(&row)?, row))).collect()
}

/// Takes stored files of an owner to stand behind a claim or a draft, with what the store knows of them. The rows are
/// locked by it, so that none of them is collected meanwhile.
pub(crate) async fn take(
    db: &impl ConnectionTrait,
    owner: OrganisationId,
    named: &[NamedEvidence],
    at: Time,
) -> Result<Vec<Evidence>, AppError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let hashes: Vec<Hash> = named.iter().map(|file| file.sha256).collect();
    Entity::update_many()
        .col_expr(Column::State, Expr::value(KEPT))
        .col_expr(Column::UsedAt, Expr::value(at.micros()))
        .filter(Column::OwnerId.eq(owner.uuid()))
        .filter(Column::Sha256.is_in(bytes(&hashes)))
        .filter(Column::State.is_in(STORED))
        .exec(db)
        .await?;
    let found = stored(db, owner, &hashes).await?;
    let files = named.iter().enumerate().map(|(at, file)| {
        let unknown = || {
            let message = format!(
                "`evidence.{at}`: the organisation has stored no file {}: send it to /evidence/organisation:{owner} first",
                file.sha256
            );
            AppError::refused_at("UNKNOWN_FILE", format!("evidence.{at}.sha256"), message)
        };
        let row = found.get(&file.sha256).ok_or_else(unknown)?;
        Ok(Evidence {
            sha256: file.sha256,
            kind: file.kind.clone(),
            size: u64::try_from(row.size.unwrap_or_default()).map_err(AppError::internal)?,
            media_type: row.media_type.clone().unwrap_or_default(),
        })
    });
    files.collect()
}

/// Lets go of files that a draft named: those behind which nothing else stands can be collected.
pub(crate) async fn let_go(
    db: &impl ConnectionTrait,
    owner: OrganisationId,
    hashes: &[Hash],
    at: Time,
) -> Result<(), AppError> {
    if hashes.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(LOOSE))
        .col_expr(Column::UsedAt, Expr::value(at.micros()))
        .filter(Column::OwnerId.eq(owner.uuid()))
        .filter(Column::Sha256.is_in(bytes(hashes)))
        .filter(Column::State.eq(KEPT))
        .filter(Expr::exists(behind_claims()).not())
        .filter(Expr::exists(in_drafts()).not())
        .exec(db)
        .await?;
    Ok(())
}

/// The claims that stand on a file, of the statement around it.
pub(crate) fn behind_claims() -> SelectStatement {
    let same_owner = (claim::Entity, claim::Column::ClaimantId);
    Query::select()
        .expr(Expr::value(1))
        .from(evidence::Entity)
        .inner_join(
            claim::Entity,
            Expr::col((claim::Entity, claim::Column::Id))
                .equals((evidence::Entity, evidence::Column::ClaimId)),
        )
        .and_where(
            Expr::col((evidence::Entity, evidence::Column::Sha256))
                .equals((Entity, Column::Sha256)),
        )
        .and_where(Expr::col(same_owner).equals((Entity, Column::OwnerId)))
        .and_where(Expr::col((evidence::Entity, evidence::Column::ErasedIdx)).is_null())
        .to_owned()
}

/// The drafts that name a file, of the statement around it.
pub(crate) fn in_drafts() -> SelectStatement {
    let named = |column| Expr::col((draft_file::Entity, column));
    Query::select()
        .expr(Expr::value(1))
        .from(draft_file::Entity)
        .and_where(named(draft_file::Column::Sha256).equals((Entity, Column::Sha256)))
        .and_where(named(draft_file::Column::ClaimantId).equals((Entity, Column::OwnerId)))
        .to_owned()
}

fn claims_of(claimant: OrganisationId) -> SelectStatement {
    Query::select()
        .column(claim::Column::Id)
        .from(claim::Entity)
        .and_where(claim::Column::ClaimantId.eq(claimant.uuid()))
        .to_owned()
}

/// Another live claim of the claimant that rests on one of some files.
pub(crate) async fn other_claim_on(
    db: &impl ConnectionTrait,
    claim: &Claim,
    files: &[Hash],
) -> Result<Option<(ClaimId, Hash)>, AppError> {
    let found = evidence::Entity::find()
        .filter(evidence::Column::Sha256.is_in(bytes(files)))
        .filter(evidence::Column::Live.eq(true))
        .filter(evidence::Column::ErasedIdx.is_null())
        .filter(evidence::Column::ClaimId.ne(claim.id.uuid()))
        .filter(evidence::Column::ClaimId.in_subquery(claims_of(claim.claimant)))
        .one(db)
        .await?;
    let other = found.map(|row| {
        Ok((
            ClaimId::from_uuid(row.claim_id),
            columns::hash(&row.sha256)?,
        ))
    });
    other.transpose()
}

/// Notes in the rows that an entry erased files behind a claim, and marks what is stored of them for removal. A claimant
/// stores a file once, so that it is gone behind every claim that named it. Answers what was marked.
pub(crate) async fn erase(
    db: &impl ConnectionTrait,
    claim: &Claim,
    files: &[Hash],
    index: i64,
    at: Time,
) -> Result<Vec<Uuid>, AppError> {
    evidence::Entity::update_many()
        .col_expr(evidence::Column::ErasedIdx, Expr::value(index))
        .filter(evidence::Column::ClaimId.in_subquery(claims_of(claim.claimant)))
        .filter(evidence::Column::Sha256.is_in(bytes(files)))
        .filter(evidence::Column::ErasedIdx.is_null())
        .exec(db)
        .await?;
    let rows = stored(db, claim.claimant, files).await?;
    let ids: Vec<Uuid> = rows.values().map(|row| row.id).collect();
    mark(db, &ids, at).await?;
    Ok(ids)
}

/// Marks files for removal.
pub(crate) async fn mark(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
    at: Time,
) -> Result<(), AppError> {
    let values = ActiveModel {
        state: Set(REMOVING.to_owned()),
        used_at: Set(at.micros()),
        ..Default::default()
    };
    Entity::update_many()
        .set(values)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

/// The status words of open claims.
pub(crate) fn is_open(status: &str) -> bool {
    ClaimStatus::OPEN.iter().any(|open| open.as_str() == status)
}
