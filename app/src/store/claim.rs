//! Tables of claims, evidence and verifications.

use std::collections::HashMap;

use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::contract::beneficiary::Beneficiaries;
use commonweal_domain::contract::{
    Claim, ClaimStatus, Counted, Evidence, ExternalReference, KpiRef, RecordedClaim,
};
use commonweal_domain::ids::{ClaimId, ContractId, Id, KpiId, OrganisationId, PersonId};
use commonweal_domain::time::{Date, Time};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::claim_rules::working;
use super::sum::{saturated, sum_high, sum_low};
use super::{beneficiary, columns};
use crate::error::AppError;
use crate::organisation::{column, from_word};

/// A delivered quantity and where its claim stands.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claim")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub claimant_id: Uuid,
    pub contract_id: Option<Uuid>,
    pub kpi_id: Option<Uuid>,
    pub catalogue_id: Uuid,
    pub measure_code: String,
    pub units: i64,
    pub scale: i64,
    pub unit: String,
    pub from_day: String,
    pub to_day: String,
    pub vintage: i64,
    pub place: String,
    pub status: String,
    pub verified_units: Option<i64>,
    pub submitted_by: Uuid,
    pub submitted_at: i64,
    pub entry_idx: i64,
    pub decided_at: Option<i64>,
    pub decided_idx: Option<i64>,
    pub outcome: String,
    pub share_millionths: i64,
    pub reference_source: Option<String>,
    pub reference_number: Option<String>,
    pub reference_key: Option<String>,
    pub people: Option<i64>,
    pub working: Option<Vec<u8>>,
    pub beneficiaries: Option<i64>,
    pub beneficiaries_root: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `evidence`.
pub(crate) mod evidence {
    use sea_orm::entity::prelude::*;

    /// One file behind a claim, by its hash; `live` as long as the claim is, `shared` behind a share of an outcome.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub sha256: Vec<u8>,
        pub kind: String,
        pub size: i64,
        pub media_type: String,
        pub live: bool,
        pub shared: bool,
        /// The first day on which it need not be kept any more; none where it is kept for ever.
        pub kept_until: Option<String>,
        /// The entry that erased the file.
        pub erased_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `verification`.
pub(crate) mod verification {
    use sea_orm::entity::prelude::*;

    /// What one verifier found; without a quantity when the claim was rejected.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "verification")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub verifier_id: Uuid,
        pub organisation_id: Uuid,
        pub accepted_units: Option<i64>,
        pub method: Option<String>,
        pub reason: Vec<u8>,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A claim with what happened to it.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    id: ClaimId,
) -> Result<Option<RecordedClaim>, AppError> {
    let Some(row) = Entity::find_by_id(id.uuid()).one(db).await? else {
        return Ok(None);
    };
    let files = evidence::Entity::find()
        .filter(evidence::Column::ClaimId.eq(id.uuid()))
        .order_by_asc(evidence::Column::Seq)
        .all(db)
        .await?;
    let verifiers = verification::Entity::find()
        .filter(verification::Column::ClaimId.eq(id.uuid()))
        .all(db)
        .await?;
    let verifiers = verifiers
        .iter()
        .map(|row| PersonId::from_uuid(row.verifier_id));
    Ok(Some(RecordedClaim {
        status: from_word(&row.status)?,
        submitted_by: PersonId::from_uuid(row.submitted_by),
        verified: verified_of(&row)?,
        verifiers: verifiers.collect(),
        claim: claim_of(&row, &files)?,
    }))
}

/// The claim of its rows.
pub(crate) fn claim_of(row: &Model, files: &[evidence::Model]) -> Result<Claim, AppError> {
    Ok(Claim {
        id: ClaimId::from_uuid(row.id),
        claimant: OrganisationId::from_uuid(row.claimant_id),
        answers: row
            .contract_id
            .zip(row.kpi_id)
            .map(|(contract, kpi)| KpiRef {
                contract: ContractId::from_uuid(contract),
                kpi: KpiId::from_uuid(kpi),
            }),
        measure: columns::measure(row.catalogue_id, &row.measure_code)?,
        quantity: columns::quantity(row.units, row.scale, &row.unit)?,
        period: columns::period(&row.from_day, &row.to_day)?,
        place: columns::place(&row.place)?,
        share: share_of(row)?,
        counted: counted_of(row)?,
        beneficiaries: beneficiaries_of(row)?,
        evidence: files.iter().map(evidence_of).collect::<Result<_, _>>()?,
        external_reference: reference_of(row)?,
    })
}

fn share_of(row: &Model) -> Result<Share, AppError> {
    let millionths = u32::try_from(row.share_millionths).map_err(AppError::internal)?;
    Share::from_millionths(millionths).map_err(AppError::internal)
}

fn counted_of(row: &Model) -> Result<Option<Counted>, AppError> {
    let counted = row.people.zip(row.working.as_ref());
    counted
        .map(|(people, working)| {
            Ok(Counted {
                people: u32::try_from(people).map_err(AppError::internal)?,
                working: columns::hash(working)?,
            })
        })
        .transpose()
}

fn beneficiaries_of(row: &Model) -> Result<Option<Beneficiaries>, AppError> {
    let named = row.beneficiaries.zip(row.beneficiaries_root.as_ref());
    named
        .map(|(people, root)| {
            Ok(Beneficiaries {
                people: u32::try_from(people).map_err(AppError::internal)?,
                root: columns::hash(root)?,
            })
        })
        .transpose()
}

fn reference_of(row: &Model) -> Result<Option<ExternalReference>, AppError> {
    let stated = row
        .reference_source
        .as_ref()
        .zip(row.reference_number.as_ref());
    stated
        .map(|(source, number)| ExternalReference::new(source, number))
        .transpose()
        .map_err(AppError::internal)
}

/// The verified quantity of a row.
pub(crate) fn verified_of(row: &Model) -> Result<Option<Quantity>, AppError> {
    let quantity = |units| columns::quantity(units, row.scale, &row.unit);
    row.verified_units.map(quantity).transpose()
}

fn evidence_of(row: &evidence::Model) -> Result<Evidence, AppError> {
    Ok(Evidence {
        sha256: columns::hash(&row.sha256)?,
        kind: row.kind.clone(),
        size: u64::try_from(row.size).map_err(AppError::internal)?,
        media_type: row.media_type.clone(),
    })
}

/// Stores a claim that was submitted in an entry; its files come in by [`insert_evidence`].
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    submitted: &Claim,
    outcome: &str,
    by: PersonId,
    at: Time,
    index: u64,
) -> Result<(), AppError> {
    let (reference, counted) = (submitted.external_reference.as_ref(), submitted.counted);
    let named = submitted.beneficiaries.as_ref();
    Entity::insert(ActiveModel {
        id: Set(submitted.id.uuid()),
        claimant_id: Set(submitted.claimant.uuid()),
        contract_id: Set(submitted.answers.map(|answers| answers.contract.uuid())),
        kpi_id: Set(submitted.answers.map(|answers| answers.kpi.uuid())),
        catalogue_id: Set(submitted.measure.catalogue.uuid()),
        measure_code: Set(submitted.measure.code.to_string()),
        units: Set(submitted.quantity.units()),
        scale: Set(i64::from(submitted.quantity.scale())),
        unit: Set(submitted.quantity.unit().to_string()),
        from_day: Set(submitted.period.from().to_string()),
        to_day: Set(submitted.period.to().to_string()),
        vintage: Set(i64::from(submitted.vintage().map_err(AppError::internal)?)),
        place: Set(submitted.place.to_string()),
        status: Set(ClaimStatus::Submitted.as_str().to_owned()),
        verified_units: Set(None),
        submitted_by: Set(by.uuid()),
        submitted_at: Set(at.micros()),
        entry_idx: Set(column(index)?),
        decided_at: Set(None),
        decided_idx: Set(None),
        outcome: Set(outcome.to_owned()),
        share_millionths: Set(i64::from(submitted.share.millionths())),
        reference_source: Set(reference.map(|reference| reference.source().to_owned())),
        reference_number: Set(reference.map(|reference| reference.number().to_owned())),
        reference_key: Set(reference.map(ExternalReference::key)),
        people: Set(counted.map(|counted| i64::from(counted.people))),
        working: Set(counted.map(|counted| counted.working.as_bytes().to_vec())),
        beneficiaries: Set(named.map(|named| i64::from(named.people))),
        beneficiaries_root: Set(named.map(|named| named.root.as_bytes().to_vec())),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Stores files behind a claim from a place in their order on, to be kept until a day or for ever.
pub(crate) async fn insert_evidence(
    db: &impl ConnectionTrait,
    claim: &Claim,
    first: i64,
    files: &[Evidence],
    kept_until: Option<Date>,
) -> Result<(), AppError> {
    if files.is_empty() {
        return Ok(());
    }
    let kept_until = kept_until.map(|day| day.to_string());
    let mut rows = Vec::with_capacity(files.len());
    for (seq, file) in (first..).zip(files) {
        rows.push(evidence::ActiveModel {
            claim_id: Set(claim.id.uuid()),
            seq: Set(seq),
            sha256: Set(file.sha256.as_bytes().to_vec()),
            kind: Set(file.kind.clone()),
            size: Set(i64::try_from(file.size).map_err(AppError::internal)?),
            media_type: Set(file.media_type.clone()),
            live: Set(true),
            shared: Set(claim.share != Share::WHOLE),
            kept_until: Set(kept_until.clone()),
            erased_idx: Set(None),
        });
    }
    evidence::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Gives an open claim another open status.
pub(crate) async fn step(
    db: &impl ConnectionTrait,
    id: ClaimId,
    status: ClaimStatus,
) -> Result<(), AppError> {
    Entity::update(ActiveModel {
        id: Set(id.uuid()),
        status: Set(status.as_str().to_owned()),
        ..Default::default()
    })
    .exec(db)
    .await?;
    Ok(())
}

/// Gives a claim its final status; evidence of a claim that ends without a verified quantity is free again, and
/// its tokens are erased.
pub(crate) async fn decide(
    db: &impl ConnectionTrait,
    id: ClaimId,
    status: ClaimStatus,
    verified: Option<&Quantity>,
    at: Time,
    index: u64,
) -> Result<(), AppError> {
    Entity::update(ActiveModel {
        id: Set(id.uuid()),
        status: Set(status.as_str().to_owned()),
        verified_units: Set(verified.map(Quantity::units)),
        decided_at: Set(Some(at.micros())),
        decided_idx: Set(Some(column(index)?)),
        ..Default::default()
    })
    .exec(db)
    .await?;
    if !status.is_live() {
        evidence::Entity::update_many()
            .col_expr(evidence::Column::Live, Expr::value(false))
            .filter(evidence::Column::ClaimId.eq(id.uuid()))
            .exec(db)
            .await?;
        // Nobody needs to know any more who stood behind it.
        beneficiary::forget(db, id, None).await?;
        working::Entity::delete_by_id(id.uuid()).exec(db).await?;
    }
    Ok(())
}

/// Verified units of KPIs to date; a KPI without a verified claim is missing.
pub(crate) async fn verified_units(
    db: &impl ConnectionTrait,
    kpis: &[KpiId],
) -> Result<HashMap<KpiId, i64>, AppError> {
    let sums: Vec<(Uuid, Option<i64>, Option<i64>)> = Entity::find()
        .select_only()
        .column(Column::KpiId)
        .column_as(sum_high(Column::VerifiedUnits), "high")
        .column_as(sum_low(Column::VerifiedUnits), "low")
        .filter(Column::KpiId.is_in(columns::uuids(kpis)))
        .filter(Column::Status.eq(ClaimStatus::Verified.as_str()))
        .group_by(Column::KpiId)
        .into_tuple()
        .all(db)
        .await?;
    let sums = sums.into_iter();
    let verified = sums.map(|(kpi, high, low)| (KpiId::from_uuid(kpi), saturated((high, low))));
    Ok(verified.collect())
}
