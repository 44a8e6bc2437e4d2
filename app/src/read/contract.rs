//! Contracts and KPIs as anyone may read them: what was promised and what was delivered.

use std::collections::{HashMap, HashSet};

use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::contract::{ClaimStatus, Kpi};
use commonweal_domain::ids::{ContractId, Id, KpiId, OrganisationId};
use commonweal_domain::tender::{LotRef, Participation};
use commonweal_domain::time::Time;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::store::contract::{self, award_of, kpi, participations_of};
use crate::store::sum::{SumParts, saturated, sum_high, sum_low};
use crate::store::{claim, columns, delivery};

/// A signed contract; its KPIs are read apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractView {
    /// The contract.
    pub id: ContractId,
    /// The lot whose award led to it.
    pub award: Option<LotRef>,
    /// Who buys.
    pub buyer: OrganisationId,
    /// Who delivers.
    pub supplier: OrganisationId,
    /// Whether delivery beyond a KPI may be traded.
    pub surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits.
    pub substitution_share: Share,
    /// Who is obliged to which part of the work; none where the plan withholds participations.
    pub participations: Option<Vec<Participation>>,
    /// When it was signed.
    pub signed_at: Time,
    /// Log index of its signature.
    pub entry_index: u64,
}

/// A KPI with what was delivered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KpiView {
    /// The KPI.
    pub kpi: Kpi,
    /// Its contract.
    pub contract: ContractId,
    /// Verified to date.
    pub delivered: Quantity,
    /// Claimed and waiting for verification.
    pub waiting: Quantity,
    /// The full-term quantity after the last variation.
    pub promised: Quantity,
}

/// Which contracts are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContractFilter {
    /// Those of this buyer.
    pub buyer: Option<OrganisationId>,
    /// Those of this supplier.
    pub supplier: Option<OrganisationId>,
}

impl Read<'_> {
    /// Contracts by id, in one statement.
    pub async fn contracts_by_id(
        &self,
        ids: &[ContractId],
    ) -> Result<HashMap<ContractId, ContractView>, AppError> {
        let rows = contract::Entity::find()
            .filter(contract::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// The contracts that the awards of some lots led to, in one statement.
    pub async fn contracts_by_lot(
        &self,
        lots: &[LotRef],
    ) -> Result<HashMap<LotRef, ContractView>, AppError> {
        let codes: HashSet<&str> = lots.iter().map(|lot| lot.lot.as_str()).collect();
        let rows = contract::Entity::find()
            .filter(contract::Column::TenderId.is_in(lots.iter().map(|lot| lot.tender.uuid())))
            .filter(contract::Column::Lot.is_in(codes))
            .all(self.db)
            .await?;
        let views = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        Ok(views
            .into_iter()
            .filter_map(|view| Some((view.award.clone()?, view)))
            .collect())
    }

    /// A page of contracts in the order of their signature.
    pub async fn contracts(
        &self,
        filter: &ContractFilter,
        page: &Page<ContractId>,
    ) -> Result<Vec<ContractView>, AppError> {
        let rows = page
            .of(select(filter), contract::Column::Id, |id| id.uuid().into())
            .all(self.db)
            .await?;
        rows.iter().map(view).collect()
    }

    /// How many contracts the filter leaves.
    pub async fn contract_count(&self, filter: &ContractFilter) -> Result<u64, AppError> {
        Ok(select(filter).count(self.db).await?)
    }

    /// The KPIs of several contracts, each in the order of its contract, in five statements.
    pub async fn kpis_of(
        &self,
        contracts: &[ContractId],
    ) -> Result<HashMap<ContractId, Vec<KpiView>>, AppError> {
        let rows = kpi::Entity::find()
            .filter(kpi::Column::ContractId.is_in(columns::uuids(contracts)))
            .order_by_asc(kpi::Column::Seq)
            .all(self.db)
            .await?;
        let mut found: HashMap<ContractId, Vec<KpiView>> = HashMap::new();
        for view in self.with_deliveries(&rows).await? {
            found.entry(view.contract).or_default().push(view);
        }
        Ok(found)
    }

    /// KPIs by id, in five statements.
    pub async fn kpis_by_id(&self, ids: &[KpiId]) -> Result<HashMap<KpiId, KpiView>, AppError> {
        let rows = kpi::Entity::find()
            .filter(kpi::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = self.with_deliveries(&rows).await?;
        Ok(views.into_iter().map(|view| (view.kpi.id, view)).collect())
    }

    async fn with_deliveries(&self, rows: &[kpi::Model]) -> Result<Vec<KpiView>, AppError> {
        type Half = Option<i64>;
        type Sums = (Uuid, String, Half, Half, Half, Half);
        let sums: Vec<Sums> = claim::Entity::find()
            .select_only()
            .column(claim::Column::KpiId)
            .column(claim::Column::Status)
            .column_as(sum_high(claim::Column::Units), "claimed_high")
            .column_as(sum_low(claim::Column::Units), "claimed_low")
            .column_as(sum_high(claim::Column::VerifiedUnits), "verified_high")
            .column_as(sum_low(claim::Column::VerifiedUnits), "verified_low")
            .filter(claim::Column::KpiId.is_in(rows.iter().map(|row| row.id)))
            .group_by(claim::Column::KpiId)
            .group_by(claim::Column::Status)
            .into_tuple()
            .all(self.db)
            .await?;
        let kpis = contract::with_terms(self.db, rows).await?;
        let ids: Vec<KpiId> = kpis.iter().map(|kpi| kpi.id).collect();
        let beyond = delivery::beyond(self.db, &ids).await?;
        let sum = |kpi: Uuid, status: ClaimStatus| {
            let found = sums
                .iter()
                .find(|sum| sum.0 == kpi && sum.1 == status.as_str());
            found.map_or((SumParts::default(), SumParts::default()), |sum| {
                ((sum.2, sum.3), (sum.4, sum.5))
            })
        };
        rows.iter()
            .zip(kpis)
            .map(|(row, kpi)| {
                let newest = beyond.get(&kpi.id).and_then(|known| known.versions.last());
                let promised = newest.map_or(kpi.quantity.units(), |version| version.units);
                let open = ClaimStatus::OPEN.map(|status| sum(row.id, status).0);
                let waiting = open
                    .into_iter()
                    .fold(0_i64, |all, parts| all.saturating_add(saturated(parts)));
                let units = |units| kpi.quantity.with_units(units).map_err(AppError::internal);
                Ok(KpiView {
                    contract: ContractId::from_uuid(row.contract_id),
                    delivered: units(saturated(sum(row.id, ClaimStatus::Verified).1))?,
                    waiting: units(waiting)?,
                    promised: units(promised)?,
                    kpi,
                })
            })
            .collect()
    }
}

fn select(filter: &ContractFilter) -> Select<contract::Entity> {
    let mut select = contract::Entity::find();
    if let Some(buyer) = filter.buyer {
        select = select.filter(contract::Column::BuyerId.eq(buyer.uuid()));
    }
    if let Some(supplier) = filter.supplier {
        select = select.filter(contract::Column::SupplierId.eq(supplier.uuid()));
    }
    select
}

fn view(row: &contract::Model) -> Result<ContractView, AppError> {
    Ok(ContractView {
        id: ContractId::from_uuid(row.id),
        award: award_of(row)?,
        buyer: OrganisationId::from_uuid(row.buyer_id),
        supplier: OrganisationId::from_uuid(row.supplier_id),
        surplus_tradable: row.surplus_tradable,
        substitution_share: columns::share(row.substitution_millionths)?,
        participations: participations_of(row)?,
        signed_at: columns::time(row.signed_at),
        entry_index: columns::index(row.entry_idx)?,
    })
}
