//! Tables of classes, batches, transfers and retirements, and the store's tables of postings and balances for reading.

use commonweal_domain::amount::Unit;
use commonweal_domain::credit::class::ClassKey;
use commonweal_domain::credit::entries::CreditsIssued;
use commonweal_domain::credit::{Class, Retirement, SerialRange};
use commonweal_domain::ids::{
    BatchId, ClaimId, ClassId, Id, KpiId, OrganisationId, PersonId, RetirementId,
};
use commonweal_domain::time::Time;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::{columns, credit_left};
use crate::error::AppError;
use crate::organisation::{column, from_word};

/// Table `class`.
pub(crate) mod class {
    use sea_orm::entity::prelude::*;

    /// A class of credits.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "class")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub catalogue_id: Uuid,
        pub measure_code: String,
        pub place: String,
        pub vintage: i64,
        pub scale: i64,
        pub unit: String,
        pub buffer_millionths: i64,
        pub holding_limit_units: Option<i64>,
        pub transferable: bool,
        pub tradable_millionths: i64,
        pub substitution_millionths: i64,
        pub buffer_years: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `batch`.
pub(crate) mod batch {
    use sea_orm::entity::prelude::*;

    /// The credits issued for one verified claim.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "batch")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub class_id: Uuid,
        pub claim_id: Uuid,
        pub claimant_id: Uuid,
        pub kpi_id: Option<Uuid>,
        pub obligated_units: i64,
        pub surplus_units: i64,
        pub buffer_units: i64,
        pub available_units: i64,
        pub issued_at: i64,
        pub entry_idx: i64,
        pub issuer_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `transfer`.
pub(crate) mod transfer {
    use sea_orm::entity::prelude::*;

    /// Units that changed hands.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "transfer")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub batch_id: Uuid,
        pub from_id: Uuid,
        pub to_id: Uuid,
        pub units: i64,
        pub reason: String,
        pub note: Option<Vec<u8>>,
        pub at: i64,
        pub procurement_reference: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `retirement`.
pub(crate) mod retirement {
    use sea_orm::entity::prelude::*;

    /// Units claimed for ever.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "retirement")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub batch_id: Uuid,
        pub holder_id: Option<Uuid>,
        pub beneficiary_id: Uuid,
        pub jurisdiction: String,
        pub from_day: String,
        pub to_day: String,
        pub reason: String,
        pub kpi_id: Option<Uuid>,
        pub note: Option<Vec<u8>>,
        pub serial_from: i64,
        pub serial_to: i64,
        pub certificate: String,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `posting`.
pub(crate) mod posting {
    use sea_orm::entity::prelude::*;

    /// A movement on one account. Written by the store alone.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posting")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub batch_id: Uuid,
        pub organisation_id: Option<Uuid>,
        pub bucket: String,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `account`.
pub(crate) mod account {
    use sea_orm::entity::prelude::*;

    /// The balance of an account. Written by the store alone; inside a transaction read `Tx::balance`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub batch_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bucket: String,
        pub balance: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The class of a row.
pub(crate) fn class_of(row: &class::Model) -> Result<Class, AppError> {
    Ok(Class {
        id: ClassId::from_uuid(row.id),
        measure: columns::measure(row.catalogue_id, &row.measure_code)?,
        place: columns::place(&row.place)?,
        vintage: i16::try_from(row.vintage).map_err(AppError::internal)?,
        scale: u8::try_from(row.scale).map_err(AppError::internal)?,
        buffer_share: columns::share(row.buffer_millionths)?,
        tradable_share: columns::share(row.tradable_millionths)?,
        substitution_share: columns::share(row.substitution_millionths)?,
        buffer_years: u8::try_from(row.buffer_years).map_err(AppError::internal)?,
        holding_limit_units: row.holding_limit_units,
        transferable: row.transferable,
    })
}

/// The class of a measure, place and vintage.
pub(crate) async fn class_with(
    db: &impl ConnectionTrait,
    (measure, place, vintage): &ClassKey,
) -> Result<Option<Class>, AppError> {
    let found = class::Entity::find()
        .filter(class::Column::CatalogueId.eq(measure.catalogue.uuid()))
        .filter(class::Column::MeasureCode.eq(measure.code.as_str()))
        .filter(class::Column::Place.eq(place.as_str()))
        .filter(class::Column::Vintage.eq(i64::from(*vintage)))
        .one(db)
        .await?;
    found.as_ref().map(class_of).transpose()
}

/// Stores a class that was defined in an entry.
pub(crate) async fn insert_class(
    db: &impl ConnectionTrait,
    defined: &Class,
    unit: &Unit,
    index: u64,
) -> Result<(), AppError> {
    class::Entity::insert(class::ActiveModel {
        id: Set(defined.id.uuid()),
        catalogue_id: Set(defined.measure.catalogue.uuid()),
        measure_code: Set(defined.measure.code.to_string()),
        place: Set(defined.place.to_string()),
        vintage: Set(i64::from(defined.vintage)),
        scale: Set(i64::from(defined.scale)),
        unit: Set(unit.to_string()),
        buffer_millionths: Set(i64::from(defined.buffer_share.millionths())),
        holding_limit_units: Set(defined.holding_limit_units),
        transferable: Set(defined.transferable),
        tradable_millionths: Set(i64::from(defined.tradable_share.millionths())),
        substitution_millionths: Set(i64::from(defined.substitution_share.millionths())),
        buffer_years: Set(i64::from(defined.buffer_years)),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// The batch that was issued for a claim.
pub(crate) async fn batch_of(
    db: &impl ConnectionTrait,
    claim: ClaimId,
) -> Result<Option<BatchId>, AppError> {
    let found = batch::Entity::find()
        .filter(batch::Column::ClaimId.eq(claim.uuid()))
        .one(db)
        .await?;
    Ok(found.map(|row| BatchId::from_uuid(row.id)))
}

/// Stores a batch that was issued in an entry, with its retirement at issue.
pub(crate) async fn insert_batch(
    db: &impl ConnectionTrait,
    issued: &CreditsIssued,
    kpi: Option<KpiId>,
    by: PersonId,
    at: Time,
    index: u64,
) -> Result<(), AppError> {
    batch::Entity::insert(batch::ActiveModel {
        id: Set(issued.batch.uuid()),
        class_id: Set(issued.class.uuid()),
        claim_id: Set(issued.claim.uuid()),
        claimant_id: Set(issued.claimant.uuid()),
        kpi_id: Set(kpi.map(Id::uuid)),
        obligated_units: Set(issued.obligated_units()),
        surplus_units: Set(issued.surplus_units()),
        buffer_units: Set(issued.buffer_units),
        available_units: Set(issued.available_units),
        issued_at: Set(at.micros()),
        entry_idx: Set(column(index)?),
        issuer_id: Set(Some(by.uuid())),
    })
    .exec_without_returning(db)
    .await?;
    for retired in &issued.retirements {
        insert_retirement(db, issued.batch, None, retired, at, index).await?;
    }
    credit_left::insert(db, issued, kpi).await
}

/// Stores a retirement; at issue nobody held the units before.
pub(crate) async fn insert_retirement(
    db: &impl ConnectionTrait,
    batch: BatchId,
    holder: Option<OrganisationId>,
    retired: &Retirement,
    at: Time,
    index: u64,
) -> Result<(), AppError> {
    retirement::Entity::insert(retirement::ActiveModel {
        id: Set(retired.id.uuid()),
        batch_id: Set(batch.uuid()),
        holder_id: Set(holder.map(Id::uuid)),
        beneficiary_id: Set(retired.beneficiary.uuid()),
        jurisdiction: Set(retired.jurisdiction.to_string()),
        from_day: Set(retired.period.from().to_string()),
        to_day: Set(retired.period.to().to_string()),
        reason: Set(retired.reason.as_str().to_owned()),
        kpi_id: Set(retired.kpi.map(Id::uuid)),
        note: Set(retired.note.map(|hash| hash.as_bytes().to_vec())),
        serial_from: Set(retired.serials.from()),
        serial_to: Set(retired.serials.to()),
        certificate: Set(retired.certificate.clone()),
        at: Set(at.micros()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// The retirement of a row.
pub(crate) fn retirement_of(row: &retirement::Model) -> Result<Retirement, AppError> {
    Ok(Retirement {
        id: RetirementId::from_uuid(row.id),
        beneficiary: OrganisationId::from_uuid(row.beneficiary_id),
        jurisdiction: columns::place(&row.jurisdiction)?,
        period: columns::period(&row.from_day, &row.to_day)?,
        reason: from_word(&row.reason)?,
        kpi: row.kpi_id.map(KpiId::from_uuid),
        note: row.note.as_deref().map(columns::hash).transpose()?,
        serials: SerialRange::new(row.serial_from, row.serial_to).map_err(AppError::internal)?,
        certificate: row.certificate.clone(),
    })
}
