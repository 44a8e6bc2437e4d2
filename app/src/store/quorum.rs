//! Tables of quorums, draws, assignments and findings that are still sealed.

use std::collections::HashMap;

use commonweal_domain::amount::Quantity;
use commonweal_domain::contract::Verification;
use commonweal_domain::contract::quorum::draw::Candidate;
use commonweal_domain::contract::quorum::links::Links;
use commonweal_domain::contract::quorum::{Assignment, Quorum};
use commonweal_domain::ids::{ClaimId, Id, KpiId, OrganisationId, PersonId};
use commonweal_domain::log::commitment::Salt;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::claim;
use super::columns;
use super::organisation;
use super::sum::{SumParts, joined, sum_high, sum_low};
use crate::error::AppError;
use crate::organisation::{column, from_word};

/// Table `quorum`.
pub(crate) mod published {
    use sea_orm::entity::prelude::*;

    /// What the registry asks of verification, with the secret of its links.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quorum")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub terms: Vec<u8>,
        pub organisation_id: Uuid,
        pub commitment: Vec<u8>,
        pub secret: Vec<u8>,
        pub subtrees: Vec<u8>,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `claim_draw`.
pub(crate) mod claim_draw {
    use sea_orm::entity::prelude::*;

    /// The seed of a claim, once something was drawn for it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_draw")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        pub number: i64,
        pub position: i64,
        pub link: Vec<u8>,
        pub seed: Vec<u8>,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `assignment`.
pub(crate) mod assignment {
    use sea_orm::entity::prelude::*;

    /// A verifier who was drawn for a claim.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assignment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub verifier_id: Uuid,
        pub organisation_id: Uuid,
        pub seq: i64,
        pub third: bool,
        pub since: i64,
        pub begun: bool,
        pub sealed: Option<Vec<u8>>,
        pub unanswered: bool,
        pub left_how: Option<String>,
        pub reason: Option<Vec<u8>>,
        pub fee_from: Uuid,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `sealed_finding`.
pub(crate) mod sealed_finding {
    use sea_orm::entity::prelude::*;

    /// What one of several verifiers found: private until the last has judged.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sealed_finding")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub verifier_id: Uuid,
        pub accepted_units: i64,
        pub method: String,
        pub reason: Vec<u8>,
        pub salt: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `claim_confirmation`.
pub(crate) mod confirmation {
    use sea_orm::entity::prelude::*;

    /// What a buyer alone confirmed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim_confirmation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        pub kpi_id: Uuid,
        pub units: i64,
        pub officer_id: Uuid,
        pub organisation_id: Uuid,
        pub accepted_units: i64,
        pub method: String,
        pub reason: Vec<u8>,
        pub audited: bool,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The quorum that binds a claim submitted at an index: the last one published before it.
pub(crate) async fn in_force(
    db: &impl ConnectionTrait,
    submitted: i64,
) -> Result<Option<published::Model>, AppError> {
    Ok(published::Entity::find()
        .filter(published::Column::EntryIdx.lt(submitted))
        .order_by_desc(published::Column::EntryIdx)
        .one(db)
        .await?)
}

/// What the quorum asks that binds a claim, if one does.
pub(crate) async fn binding(
    db: &impl ConnectionTrait,
    id: ClaimId,
) -> Result<Option<Quorum>, AppError> {
    let Some(row) = claim::Entity::find_by_id(id.uuid()).one(db).await? else {
        return Ok(None);
    };
    let bound = in_force(db, row.entry_idx).await?;
    bound.as_ref().map(terms).transpose()
}

/// What a quorum asks.
pub(crate) fn terms(row: &published::Model) -> Result<Quorum, AppError> {
    serde_json::from_slice(&row.terms).map_err(AppError::internal)
}

/// The links of a quorum, as they are kept.
pub(crate) fn links(row: &published::Model) -> Result<Links, AppError> {
    let (subtrees, _) = row.subtrees.as_chunks::<32>();
    let subtrees = subtrees.iter().copied().map(Hash).collect();
    Ok(Links::restore(columns::hash(&row.secret)?, subtrees)?)
}

/// The number of the next quorum.
pub(crate) async fn next_number(db: &impl ConnectionTrait) -> Result<u32, AppError> {
    let last = published::Entity::find()
        .order_by_desc(published::Column::Number)
        .one(db)
        .await?;
    let last = last.map_or(0, |row| row.number);
    u32::try_from(last.saturating_add(1)).map_err(AppError::internal)
}

/// What was asked by each quorum that was published before an index, with the index of its own entry, in order.
pub(crate) async fn published_before(
    db: &impl ConnectionTrait,
    index: i64,
) -> Result<Vec<(i64, Quorum)>, AppError> {
    let rows: Vec<(i64, Vec<u8>)> = published::Entity::find()
        .select_only()
        .column(published::Column::EntryIdx)
        .column(published::Column::Terms)
        .filter(published::Column::EntryIdx.lt(index))
        .order_by_asc(published::Column::EntryIdx)
        .into_tuple()
        .all(db)
        .await?;
    let read = |(at, terms): (i64, Vec<u8>)| {
        let terms = serde_json::from_slice(&terms).map_err(AppError::internal)?;
        Ok((at, terms))
    };
    rows.into_iter().map(read).collect()
}

/// Everybody who was drawn for a claim, in the order of the draws.
pub(crate) async fn assignments(
    db: &impl ConnectionTrait,
    claim: ClaimId,
) -> Result<Vec<Assignment>, AppError> {
    let mut found = assignments_of(db, &[claim]).await?;
    Ok(found.remove(&claim).unwrap_or_default())
}

/// The same of several claims, in two statements.
pub(crate) async fn assignments_of(
    db: &impl ConnectionTrait,
    claims: &[ClaimId],
) -> Result<HashMap<ClaimId, Vec<Assignment>>, AppError> {
    let rows = assignment::Entity::find()
        .filter(assignment::Column::ClaimId.is_in(columns::uuids(claims)))
        .order_by_asc(assignment::Column::Seq)
        .all(db)
        .await?;
    let whose = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(rows.iter().map(|row| row.organisation_id)))
        .all(db)
        .await?;
    let mut found: HashMap<ClaimId, Vec<Assignment>> = HashMap::new();
    for row in rows {
        let own = whose.iter().find(|own| own.id == row.organisation_id);
        let own = own.ok_or_else(|| AppError::internal("a verifier without organisation"))?;
        let seats = found.entry(ClaimId::from_uuid(row.claim_id)).or_default();
        seats.push(Assignment {
            verifier: PersonId::from_uuid(row.verifier_id),
            organisation: OrganisationId::from_uuid(row.organisation_id),
            group: OrganisationId::from_uuid(own.group_id),
            sector: from_word(&own.sector)?,
            third: row.third,
            since: columns::time(row.since),
            begun: row.begun,
            sealed: row.sealed.as_deref().map(columns::hash).transpose()?,
            unanswered: row.unanswered,
            left: row.left_how.as_deref().map(from_word).transpose()?,
        });
    }
    Ok(found)
}

/// Stores who was drawn in an entry, after `before` others.
pub(crate) async fn insert_assignments(
    db: &impl ConnectionTrait,
    (claim, third, fee_from): (ClaimId, bool, OrganisationId),
    drawn: &[Candidate],
    before: usize,
    (at, index): (Time, u64),
) -> Result<(), AppError> {
    let mut rows = Vec::with_capacity(drawn.len());
    for (seq, drawn) in (before..).zip(drawn) {
        rows.push(assignment::ActiveModel {
            claim_id: Set(claim.uuid()),
            verifier_id: Set(drawn.person.uuid()),
            organisation_id: Set(drawn.organisation.uuid()),
            seq: Set(i64::try_from(seq).map_err(AppError::internal)?),
            third: Set(third),
            since: Set(at.micros()),
            begun: Set(false),
            sealed: Set(None),
            unanswered: Set(false),
            left_how: Set(None),
            reason: Set(None),
            fee_from: Set(fee_from.uuid()),
            at: Set(at.micros()),
            entry_idx: Set(column(index)?),
        });
    }
    assignment::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Changes the row of one seat.
pub(crate) async fn change_seat(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    verifier: PersonId,
    change: assignment::ActiveModel,
) -> Result<(), AppError> {
    assignment::Entity::update(assignment::ActiveModel {
        claim_id: Set(claim.uuid()),
        verifier_id: Set(verifier.uuid()),
        ..change
    })
    .exec(db)
    .await?;
    Ok(())
}

/// The days of those who have not judged run anew from an answer of the claimant.
pub(crate) async fn answered(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    at: Time,
) -> Result<(), AppError> {
    assignment::Entity::update_many()
        .col_expr(assignment::Column::Since, Expr::value(at.micros()))
        .filter(assignment::Column::ClaimId.eq(claim.uuid()))
        .filter(assignment::Column::Sealed.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps a finding beside the log until it is opened.
pub(crate) async fn keep_finding(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    found: &Verification,
    salt: Salt,
) -> Result<(), AppError> {
    sealed_finding::Entity::insert(sealed_finding::ActiveModel {
        claim_id: Set(claim.uuid()),
        verifier_id: Set(found.verifier.uuid()),
        accepted_units: Set(found.accepted.units()),
        method: Set(found.method.clone()),
        reason: Set(found.reason.as_bytes().to_vec()),
        salt: Set(salt.0.to_vec()),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// What the verifiers of a claim found so far, in the order of their seats.
pub(crate) async fn findings(
    db: &impl ConnectionTrait,
    (claim, claimed): (ClaimId, &Quantity),
    seats: &[Assignment],
) -> Result<Vec<Verification>, AppError> {
    let rows = sealed_finding::Entity::find()
        .filter(sealed_finding::Column::ClaimId.eq(claim.uuid()))
        .all(db)
        .await?;
    let of = |seat: &Assignment| {
        let row = rows
            .iter()
            .find(|row| row.verifier_id == seat.verifier.uuid())?;
        Some((seat.organisation, row))
    };
    let found = seats.iter().filter_map(of);
    found
        .map(|(organisation, row)| {
            Ok(Verification {
                verifier: PersonId::from_uuid(row.verifier_id),
                organisation,
                accepted: claimed
                    .with_units(row.accepted_units)
                    .map_err(AppError::internal)?,
                method: row.method.clone(),
                reason: columns::hash(&row.reason)?,
                salt: Some(Salt(*columns::hash(&row.salt)?.as_bytes())),
            })
        })
        .collect()
}

/// The seed of a claim, if something was drawn for it.
pub(crate) async fn drawn(
    db: &impl ConnectionTrait,
    claim: ClaimId,
) -> Result<Option<claim_draw::Model>, AppError> {
    Ok(claim_draw::Entity::find_by_id(claim.uuid()).one(db).await?)
}

/// Stores the seed that an entry reveals, unless an earlier one has.
pub(crate) async fn reveal(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    (number, position): (u32, u64),
    (link, seed): (Hash, Hash),
    index: u64,
) -> Result<(), AppError> {
    if drawn(db, claim).await?.is_some() {
        return Ok(());
    }
    claim_draw::Entity::insert(claim_draw::ActiveModel {
        claim_id: Set(claim.uuid()),
        number: Set(i64::from(number)),
        position: Set(column(position)?),
        link: Set(link.as_bytes().to_vec()),
        seed: Set(seed.as_bytes().to_vec()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Smallest units of the claims under a KPI that the buyer confirmed alone.
pub(crate) async fn confirmed_units(
    db: &impl ConnectionTrait,
    kpi: KpiId,
) -> Result<i64, AppError> {
    let parts: Option<SumParts> = confirmation::Entity::find()
        .select_only()
        .column_as(sum_high(confirmation::Column::Units), "high")
        .column_as(sum_low(confirmation::Column::Units), "low")
        .filter(confirmation::Column::KpiId.eq(kpi.uuid()))
        .filter(confirmation::Column::Audited.eq(false))
        .into_tuple()
        .one(db)
        .await?;
    joined(parts.unwrap_or_default())
}
