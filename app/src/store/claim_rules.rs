//! Look-ups against double counting, and the tables of exclusions, workings and inquiries.

use std::collections::HashMap;

use commonweal_domain::amount::Share;
use commonweal_domain::contract::{Claim, ClaimStatus};
use commonweal_domain::ids::{ClaimId, Id, OrganisationId, PersonId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::place::Place;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, Query, SimpleExpr};
use sea_orm::{Condition, QueryOrder, QuerySelect};

use super::claim::{Column, Entity, evidence};
use crate::error::AppError;

/// Table `exclusion`.
pub(crate) mod exclusion {
    use sea_orm::entity::prelude::*;

    /// That claims of an organisation are about other outcomes than an earlier claim.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "exclusion")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub earlier_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub claimant_id: Uuid,
        pub reason: Vec<u8>,
        pub logged_by: Uuid,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `claim_working`.
pub(crate) mod working {
    use sea_orm::entity::prelude::*;

    /// Who worked how much: private, and erasable.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_working")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        pub lines: Vec<u8>,
        pub salt: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `claim_inquiry`.
pub(crate) mod inquiry {
    use sea_orm::entity::prelude::*;

    /// A question about a claim, or its answer.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_inquiry")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub kind: String,
        pub words: Vec<u8>,
        pub by_id: Uuid,
        pub organisation_id: Uuid,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Claims that stand in nobody's way any more.
const ENDED: [ClaimStatus; 2] = [ClaimStatus::Rejected, ClaimStatus::Withdrawn];

/// The kind of an inquiry by which a verifier asks.
pub(crate) const QUESTION: &str = "question";
/// The kind of an inquiry by which the claimant answers.
pub(crate) const ANSWER: &str = "answer";

/// Who asked about a claim so far: a person once for each question.
pub(crate) async fn askers(
    db: &impl ConnectionTrait,
    claim: ClaimId,
) -> Result<Vec<PersonId>, AppError> {
    let people: Vec<Uuid> = inquiry::Entity::find()
        .select_only()
        .column(inquiry::Column::ById)
        .filter(inquiry::Column::ClaimId.eq(claim.uuid()))
        .filter(inquiry::Column::Kind.eq(QUESTION))
        .into_tuple()
        .all(db)
        .await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// A live claim that carries one of the claim's files, with the first such file. Shares of one outcome may carry the same.
pub(crate) async fn same_evidence(
    db: &impl ConnectionTrait,
    claim: &Claim,
) -> Result<Option<(ClaimId, Hash)>, AppError> {
    let hashes = claim
        .evidence
        .iter()
        .map(|file| file.sha256.as_bytes().to_vec());
    let mut others = evidence::Entity::find()
        .filter(evidence::Column::Live.eq(true))
        .filter(evidence::Column::ClaimId.ne(claim.id.uuid()))
        .filter(evidence::Column::Sha256.is_in(hashes));
    if let Some(key) = shared_key(claim) {
        let shares = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(Column::ReferenceKey.eq(key))
            .and_where(Column::ShareMillionths.lt(Share::WHOLE.millionths()))
            .to_owned();
        others = others.filter(evidence::Column::ClaimId.not_in_subquery(shares));
    }
    let found: HashMap<Vec<u8>, Uuid> = others
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.sha256, row.claim_id))
        .collect();
    Ok(claim.evidence.iter().find_map(|file| {
        let earlier = found.get(file.sha256.as_bytes().as_slice())?;
        Some((ClaimId::from_uuid(*earlier), file.sha256))
    }))
}

/// The reference under which a share of an outcome is claimed.
pub(crate) fn shared_key(claim: &Claim) -> Option<String> {
    let reference = claim.external_reference.as_ref()?;
    (claim.share != Share::WHOLE).then(|| reference.key())
}

/// The first live claim of the registry with the same external reference, and what all with it claim together. Whoever takes
/// a claim back, or claims with a reference that is another's, keeps nobody from it.
pub(crate) async fn same_reference(
    db: &impl ConnectionTrait,
    claim: &Claim,
) -> Result<Option<(ClaimId, Share)>, AppError> {
    let Some(reference) = &claim.external_reference else {
        return Ok(None);
    };
    let rows: Vec<(Uuid, i64)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::ShareMillionths)
        .filter(Column::ReferenceKey.eq(reference.key()))
        .filter(Column::Status.is_not_in(ENDED.map(ClaimStatus::as_str)))
        .order_by_asc(Column::EntryIdx)
        .into_tuple()
        .all(db)
        .await?;
    let Some((first, _)) = rows.first() else {
        return Ok(None);
    };
    let whole = i64::from(Share::WHOLE.millionths());
    let taken = rows
        .iter()
        .fold(0, |sum, (_, share)| Ord::min(whole, sum + share));
    let taken = u32::try_from(taken).map_err(AppError::internal)?;
    let taken = Share::from_millionths(taken).map_err(AppError::internal)?;
    Ok(Some((ClaimId::from_uuid(*first), taken)))
}

/// A live claim of one of some organisations about the same outcome, unless an exclusion parts the two.
pub(crate) async fn same_outcome(
    db: &impl ConnectionTrait,
    claim: &Claim,
    outcome: &str,
    related: &[OrganisationId],
) -> Result<Option<ClaimId>, AppError> {
    let others = related.iter().filter(|other| **other != claim.claimant);
    let excluded = Query::select()
        .column(exclusion::Column::EarlierId)
        .from(exclusion::Entity)
        .and_where(exclusion::Column::ClaimantId.eq(claim.claimant.uuid()))
        .to_owned();
    let mut same = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Outcome.eq(outcome))
        .filter(Column::ClaimantId.is_in(others.map(|other| other.uuid())))
        .filter(Column::FromDay.lt(claim.period.to().to_string()))
        .filter(Column::ToDay.gt(claim.period.from().to_string()))
        .filter(Column::Status.is_not_in(ENDED.map(ClaimStatus::as_str)))
        .filter(Column::Id.not_in_subquery(excluded))
        .filter(overlaps(&claim.place, Column::Place));
    if let Some(key) = shared_key(claim) {
        let other = Condition::any()
            .add(Column::ReferenceKey.is_null())
            .add(Column::ReferenceKey.ne(key))
            .add(Column::ShareMillionths.eq(Share::WHOLE.millionths()));
        same = same.filter(other);
    }
    let found: Option<Uuid> = same
        .order_by_asc(Column::EntryIdx)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.map(ClaimId::from_uuid))
}

/// That a column holds a place which the place lies within, or which lies within it. Places are ordered bytewise on both
/// databases, and `.` comes right behind `-`.
pub(crate) fn overlaps(place: &Place, column: impl ColumnTrait) -> Condition {
    let outer = place.with_outer();
    let inner: SimpleExpr = column
        .gte(format!("{place}-"))
        .and(column.lt(format!("{place}.")));
    Condition::any()
        .add(column.is_in(outer.iter().map(Place::as_str)))
        .add(inner)
}

/// Whether an exclusion is logged.
pub(crate) async fn is_excluded(
    db: &impl ConnectionTrait,
    earlier: ClaimId,
    claimant: OrganisationId,
) -> Result<bool, AppError> {
    let key = (earlier.uuid(), claimant.uuid());
    Ok(exclusion::Entity::find_by_id(key).one(db).await?.is_some())
}
