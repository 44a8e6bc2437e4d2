//! Tables of contracts and KPIs.

use commonweal_domain::contract::kpi::KpiTerms;
use commonweal_domain::contract::{Contract, Kpi};
use commonweal_domain::ids::{ContractId, Id, KpiId, OrganisationId, TenderId};
use commonweal_domain::place::Place;
use commonweal_domain::tender::{LotRef, Participation};
use commonweal_domain::time::{Date, Time};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::claim_rules::overlaps;
use super::{columns, delivery};
use crate::error::AppError;
use crate::organisation::column;

/// A signed contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tender_id: Option<Uuid>,
    pub lot: Option<String>,
    pub buyer_id: Uuid,
    pub supplier_id: Uuid,
    pub surplus_tradable: bool,
    pub substitution_millionths: i64,
    pub signed_at: i64,
    pub entry_idx: i64,
    /// Who is obliged to which part of the work, as JSON; none where the plan withholds it.
    pub participations: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `contract_annulment`.
pub(crate) mod annulment {
    use sea_orm::entity::prelude::*;

    /// That the award of a contract was annulled.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_annulment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contract_id: Uuid,
        pub annulled_on: String,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `kpi_asks`.
pub(crate) mod outcome {
    use sea_orm::entity::prelude::*;

    /// What the measure of a KPI counts, and where.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi_asks")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kpi_id: Uuid,
        pub outcome: String,
        pub place: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `kpi`.
pub(crate) mod kpi {
    use sea_orm::entity::prelude::*;

    /// A commitment made binding, in the order of its contract.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kpi")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub contract_id: Uuid,
        pub seq: i64,
        pub catalogue_id: Uuid,
        pub measure_code: String,
        pub units: i64,
        pub scale: i64,
        pub unit: String,
        pub from_day: String,
        pub to_day: String,
        pub place: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A contract with its KPIs in order.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    id: ContractId,
) -> Result<Option<Contract>, AppError> {
    let Some(row) = Entity::find_by_id(id.uuid()).one(db).await? else {
        return Ok(None);
    };
    let kpis = kpi::Entity::find()
        .filter(kpi::Column::ContractId.eq(id.uuid()))
        .order_by_asc(kpi::Column::Seq)
        .all(db)
        .await?;
    Ok(Some(Contract {
        id,
        award: award_of(&row)?,
        buyer: OrganisationId::from_uuid(row.buyer_id),
        supplier: OrganisationId::from_uuid(row.supplier_id),
        surplus_tradable: row.surplus_tradable,
        substitution_share: columns::share(row.substitution_millionths)?,
        kpis: with_terms(db, &kpis).await?,
        participations: participations_of(&row)?,
    }))
}

/// Who is obliged to which part of the work of a contract.
pub(crate) fn participations_of(row: &Model) -> Result<Option<Vec<Participation>>, AppError> {
    let parts = row.participations.as_deref().map(serde_json::from_slice);
    parts.transpose().map_err(AppError::internal)
}

/// The award that a contract answers.
pub(crate) fn award_of(row: &Model) -> Result<Option<LotRef>, AppError> {
    let named = row.tender_id.zip(row.lot.as_ref());
    named
        .map(|(tender, lot)| {
            Ok(LotRef {
                tender: TenderId::from_uuid(tender),
                lot: lot.parse().map_err(AppError::internal)?,
            })
        })
        .transpose()
}

/// The KPIs of some rows with their terms, in one statement.
pub(crate) async fn with_terms(
    db: &impl ConnectionTrait,
    rows: &[kpi::Model],
) -> Result<Vec<Kpi>, AppError> {
    let ids: Vec<KpiId> = rows.iter().map(|row| KpiId::from_uuid(row.id)).collect();
    let mut terms = delivery::terms_of(db, &ids).await?;
    rows.iter()
        .map(|row| {
            Ok(Kpi {
                terms: terms.remove(&row.id).unwrap_or_default(),
                ..kpi_of(row)?
            })
        })
        .collect()
}

/// The KPI of a row, without its terms.
pub(crate) fn kpi_of(row: &kpi::Model) -> Result<Kpi, AppError> {
    Ok(Kpi {
        id: KpiId::from_uuid(row.id),
        measure: columns::measure(row.catalogue_id, &row.measure_code)?,
        quantity: columns::quantity(row.units, row.scale, &row.unit)?,
        period: columns::period(&row.from_day, &row.to_day)?,
        place: columns::place(&row.place)?,
        terms: KpiTerms::default(),
    })
}

/// The day on which the award of a contract was annulled.
pub(crate) async fn annulled_on(
    db: &impl ConnectionTrait,
    id: ContractId,
) -> Result<Option<Date>, AppError> {
    let row = annulment::Entity::find_by_id(id.uuid()).one(db).await?;
    row.map(|row| row.annulled_on.parse().map_err(AppError::internal))
        .transpose()
}

/// The KPIs of some suppliers that ask for an outcome at a place, in the order of their contracts. A contract whose award
/// was annulled by the first day of delivery asks for nothing.
pub(crate) async fn asking_for(
    db: &impl ConnectionTrait,
    outcome: &str,
    place: &Place,
    from: Date,
    suppliers: &[OrganisationId],
) -> Result<Vec<(ContractId, OrganisationId, Kpi)>, AppError> {
    let asked = Query::select()
        .column(outcome::Column::KpiId)
        .from(outcome::Entity)
        .and_where(outcome::Column::Outcome.eq(outcome))
        .cond_where(overlaps(place, outcome::Column::Place))
        .to_owned();
    let over = Query::select()
        .column(annulment::Column::ContractId)
        .from(annulment::Entity)
        .and_where(annulment::Column::AnnulledOn.lte(from.to_string()))
        .to_owned();
    // From the suppliers on: what others were asked for is neither read nor bound, however much it is.
    let signed: Select<Entity> = Entity::find()
        .filter(Column::SupplierId.is_in(columns::uuids(suppliers)))
        .filter(Column::Id.not_in_subquery(over));
    let theirs = signed.clone().select_only().column(Column::Id).into_query();
    let asking = kpi::Entity::find()
        .filter(kpi::Column::ContractId.in_subquery(theirs))
        .filter(kpi::Column::Id.in_subquery(asked.clone()))
        .order_by_asc(kpi::Column::Seq)
        .all(db)
        .await?;
    let with = Query::select()
        .column(kpi::Column::ContractId)
        .from(kpi::Entity)
        .and_where(kpi::Column::Id.in_subquery(asked))
        .to_owned();
    let contracts = signed
        .filter(Column::Id.in_subquery(with))
        .order_by_asc(Column::EntryIdx)
        .all(db)
        .await?;
    let mut found = Vec::with_capacity(asking.len());
    for signed in contracts {
        let id = ContractId::from_uuid(signed.id);
        let supplier = OrganisationId::from_uuid(signed.supplier_id);
        for row in asking.iter().filter(|row| row.contract_id == signed.id) {
            found.push((id, supplier, kpi_of(row)?));
        }
    }
    Ok(found)
}

/// Stores a contract that was signed in an entry, with what the measure of each KPI counts.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    signed: &Contract,
    outcomes: &[String],
    at: Time,
    index: u64,
) -> Result<(), AppError> {
    let participations = signed.participations.as_ref().map(serde_json::to_vec);
    Entity::insert(ActiveModel {
        id: Set(signed.id.uuid()),
        tender_id: Set(signed.award.as_ref().map(|award| award.tender.uuid())),
        lot: Set(signed.award.as_ref().map(|award| award.lot.to_string())),
        buyer_id: Set(signed.buyer.uuid()),
        supplier_id: Set(signed.supplier.uuid()),
        surplus_tradable: Set(signed.surplus_tradable),
        substitution_millionths: Set(i64::from(signed.substitution_share.millionths())),
        signed_at: Set(at.micros()),
        entry_idx: Set(column(index)?),
        participations: Set(participations.transpose().map_err(AppError::internal)?),
    })
    .exec_without_returning(db)
    .await?;
    let rows = (0_i64..)
        .zip(&signed.kpis)
        .map(|(seq, kpi)| kpi::ActiveModel {
            id: Set(kpi.id.uuid()),
            contract_id: Set(signed.id.uuid()),
            seq: Set(seq),
            catalogue_id: Set(kpi.measure.catalogue.uuid()),
            measure_code: Set(kpi.measure.code.to_string()),
            units: Set(kpi.quantity.units()),
            scale: Set(i64::from(kpi.quantity.scale())),
            unit: Set(kpi.quantity.unit().to_string()),
            from_day: Set(kpi.period.from().to_string()),
            to_day: Set(kpi.period.to().to_string()),
            place: Set(kpi.place.to_string()),
        });
    kpi::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    let rows = signed
        .kpis
        .iter()
        .zip(outcomes)
        .map(|(kpi, asked)| outcome::ActiveModel {
            kpi_id: Set(kpi.id.uuid()),
            outcome: Set(asked.clone()),
            place: Set(kpi.place.to_string()),
        });
    outcome::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    delivery::insert_signed(db, &signed.kpis).await
}
