//! Tables of what a KPI says beyond its quantity, of variations, and of ratings.

use std::collections::HashMap;

use commonweal_domain::contract::kpi::KpiTerms;
use commonweal_domain::contract::rating::Rating;
use commonweal_domain::contract::schedule::Instalment;
use commonweal_domain::contract::state::Rated;
use commonweal_domain::contract::variation::{Version, binding_units};
use commonweal_domain::contract::{ClaimStatus, Kpi};
use commonweal_domain::ids::{Id, KpiId};
use commonweal_domain::time::{Date, Period};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use super::sum::{SumParts, saturated, sum_high, sum_low};
use super::{claim, columns};
use crate::error::AppError;

/// Table `kpi_terms`.
pub(crate) mod terms {
    use sea_orm::entity::prelude::*;

    /// What the tender documents and the measure say of a KPI.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_terms")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `kpi_version`.
pub(crate) mod version {
    use sea_orm::entity::prelude::*;

    /// A full-term quantity and since when it is in force.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub units: i64,
        pub from_day: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `kpi_instalment`.
pub(crate) mod instalment {
    use sea_orm::entity::prelude::*;

    /// What is due in one period, after every variation.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_instalment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_day: String,
        pub to_day: String,
        pub due_units: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `contract_variation`.
pub(crate) mod variation {
    use sea_orm::entity::prelude::*;

    /// A numbered change of what a contract asks for.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_variation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contract_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub reason: Vec<u8>,
        pub varied_by: Uuid,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `kpi_rating`.
pub(crate) mod rating {
    use sea_orm::entity::prelude::*;

    /// How a period of a KPI went; the last one of a period is in force.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_rating")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_day: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub rating: String,
        pub due_units: i64,
        pub delivered_units: i64,
        pub reason: Option<Vec<u8>>,
        pub rated_by: Uuid,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known of KPIs beyond their rows.
#[derive(Debug, Default)]
pub(crate) struct Beyond {
    /// The versions of a KPI, as signed first.
    pub(crate) versions: Vec<version::Model>,
    /// What is due when.
    pub(crate) instalments: Vec<instalment::Model>,
}

/// The terms of several KPIs; a KPI that was signed before there were any has none.
pub(crate) async fn terms_of(
    db: &impl ConnectionTrait,
    kpis: &[KpiId],
) -> Result<HashMap<Uuid, KpiTerms>, AppError> {
    let rows = terms::Entity::find()
        .filter(terms::Column::KpiId.is_in(columns::uuids(kpis)))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let terms = serde_json::from_slice(&row.body).map_err(AppError::internal)?;
            Ok((row.kpi_id, terms))
        })
        .collect()
}

/// Versions and schedules of several KPIs, in two statements.
pub(crate) async fn beyond(
    db: &impl ConnectionTrait,
    kpis: &[KpiId],
) -> Result<HashMap<KpiId, Beyond>, AppError> {
    let mut found: HashMap<KpiId, Beyond> = HashMap::new();
    let versions = version::Entity::find()
        .filter(version::Column::KpiId.is_in(columns::uuids(kpis)))
        .order_by_asc(version::Column::Number)
        .all(db)
        .await?;
    for row in versions {
        let kpi = found.entry(KpiId::from_uuid(row.kpi_id)).or_default();
        kpi.versions.push(row);
    }
    let instalments = instalment::Entity::find()
        .filter(instalment::Column::KpiId.is_in(columns::uuids(kpis)))
        .order_by_asc(instalment::Column::FromDay)
        .all(db)
        .await?;
    for row in instalments {
        let kpi = found.entry(KpiId::from_uuid(row.kpi_id)).or_default();
        kpi.instalments.push(row);
    }
    Ok(found)
}

impl Beyond {
    /// The versions, as signed first.
    pub(crate) fn versions(&self, kpi: &Kpi) -> Result<Vec<Version>, AppError> {
        let version = |row: &version::Model| {
            Ok(Version {
                number: u32::try_from(row.number).map_err(AppError::internal)?,
                quantity: kpi
                    .quantity
                    .with_units(row.units)
                    .map_err(AppError::internal)?,
                from: row.from_day.parse().map_err(AppError::internal)?,
            })
        };
        self.versions.iter().map(version).collect()
    }

    /// What is due when.
    pub(crate) fn schedule(&self, kpi: &Kpi) -> Result<Vec<Instalment>, AppError> {
        let instalment = |row: &instalment::Model| {
            Ok(Instalment {
                period: columns::period(&row.from_day, &row.to_day)?,
                due: kpi
                    .quantity
                    .with_units(row.due_units)
                    .map_err(AppError::internal)?,
            })
        };
        self.instalments.iter().map(instalment).collect()
    }
}

/// What KPIs bind to on a day, in smallest units.
pub(crate) async fn binding(
    db: &impl ConnectionTrait,
    kpis: &[&Kpi],
    on: Date,
) -> Result<HashMap<KpiId, i64>, AppError> {
    let ids: Vec<KpiId> = kpis.iter().map(|kpi| kpi.id).collect();
    let known = beyond(db, &ids).await?;
    let mut found = HashMap::with_capacity(kpis.len());
    for kpi in kpis {
        let units = match known.get(&kpi.id) {
            Some(beyond) => binding_units(&beyond.versions(kpi)?, &beyond.schedule(kpi)?, on),
            None => kpi.quantity.units(),
        };
        found.insert(kpi.id, units);
    }
    Ok(found)
}

/// Stores a KPI as it was signed.
pub(crate) async fn insert_signed(db: &impl ConnectionTrait, kpis: &[Kpi]) -> Result<(), AppError> {
    let mut bodies = Vec::with_capacity(kpis.len());
    for kpi in kpis {
        bodies.push(terms::ActiveModel {
            kpi_id: Set(kpi.id.uuid()),
            body: Set(serde_json::to_vec(&kpi.terms).map_err(AppError::internal)?),
        });
    }
    terms::Entity::insert_many(bodies)
        .exec_without_returning(db)
        .await?;
    let versions = kpis.iter().map(|kpi| version::ActiveModel {
        kpi_id: Set(kpi.id.uuid()),
        number: Set(0),
        units: Set(kpi.quantity.units()),
        from_day: Set(kpi.period.from().to_string()),
    });
    version::Entity::insert_many(versions)
        .exec_without_returning(db)
        .await?;
    for kpi in kpis {
        insert_schedule(db, kpi.id, &kpi.terms.schedule).await?;
    }
    Ok(())
}

/// Stores what is due when in the place of what was.
pub(crate) async fn insert_schedule(
    db: &impl ConnectionTrait,
    kpi: KpiId,
    schedule: &[Instalment],
) -> Result<(), AppError> {
    instalment::Entity::delete_many()
        .filter(instalment::Column::KpiId.eq(kpi.uuid()))
        .exec(db)
        .await?;
    let rows = schedule.iter().map(|due| instalment::ActiveModel {
        kpi_id: Set(kpi.uuid()),
        from_day: Set(due.period.from().to_string()),
        to_day: Set(due.period.to().to_string()),
        due_units: Set(due.due.units()),
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        instalment::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Smallest units verified for a KPI in a period: a claim counts where its last day lies.
pub(crate) async fn delivered_units(
    db: &impl ConnectionTrait,
    kpi: KpiId,
    period: Period,
) -> Result<i64, AppError> {
    let sum: Option<SumParts> = claim::Entity::find()
        .select_only()
        .column_as(sum_high(claim::Column::VerifiedUnits), "high")
        .column_as(sum_low(claim::Column::VerifiedUnits), "low")
        .filter(claim::Column::KpiId.eq(kpi.uuid()))
        .filter(claim::Column::Status.eq(ClaimStatus::Verified.as_str()))
        .filter(claim::Column::ToDay.gt(period.from().to_string()))
        .filter(claim::Column::ToDay.lte(period.to().to_string()))
        .into_tuple()
        .one(db)
        .await?;
    Ok(saturated(sum.unwrap_or_default()))
}

/// The rating in force of a period.
pub(crate) async fn last_rating(
    db: &impl ConnectionTrait,
    kpi: KpiId,
    from: Date,
) -> Result<Option<Rated>, AppError> {
    let row = rating::Entity::find()
        .filter(rating::Column::KpiId.eq(kpi.uuid()))
        .filter(rating::Column::FromDay.eq(from.to_string()))
        .order_by_desc(rating::Column::EntryIdx)
        .one(db)
        .await?;
    row.map(|row| rated_of(&row)).transpose()
}

/// The rating of a row.
pub(crate) fn rated_of(row: &rating::Model) -> Result<Rated, AppError> {
    let known = Rating::ALL
        .into_iter()
        .find(|rating| rating.as_str() == row.rating);
    Ok(Rated {
        rating: known.ok_or_else(|| AppError::internal("an unknown rating"))?,
        delivered: row.delivered_units,
        due: row.due_units,
    })
}
