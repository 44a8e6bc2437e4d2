//! Holds, liabilities, and what credits have done for KPIs, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::credit::hold::Hold;
use commonweal_domain::credit::liability::Liability;
use commonweal_domain::credit::terms::KpiAccount;
use commonweal_domain::ids::{ClaimId, HoldId, Id, KpiId, LiabilityId, OrganisationId};
use commonweal_domain::time::{Date, Time};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::{Page, Read};
use crate::error::AppError;
use crate::store::columns;
use crate::store::credit_left::{kpi_accounts, surplus_intent};
use crate::store::hold::{self, hold_of, liability, liability_of};

/// A hold with how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldView {
    /// The hold.
    pub hold: Hold,
    /// When it was made.
    pub at: Time,
    /// Log index of the hold.
    pub entry_index: u64,
    /// How it ended: `delivered`, `given_up`, `expired` or `broken`; none while it is open.
    pub ended: Option<String>,
    /// Log index of its end.
    pub ended_index: Option<u64>,
    /// Units that were delivered.
    pub delivered_units: i64,
}

/// A liability with what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiabilityView {
    /// The liability, with what is still owed.
    pub liability: Liability,
    /// The claim whose outcome fell.
    pub claim: ClaimId,
    /// Units that were owed at first.
    pub recorded_units: i64,
    /// When it was recorded.
    pub at: Time,
    /// Log index of the entry that recorded it.
    pub entry_index: u64,
}

/// What credits have done for a KPI, and the intent to trade its surplus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KpiCreditView {
    /// What credits have done.
    pub account: KpiAccount,
    /// The day on which the intent was registered.
    pub intended_on: Option<Date>,
}

impl Read<'_> {
    /// Holds by id, in one statement.
    pub async fn holds_by_id(&self, ids: &[HoldId]) -> Result<HashMap<HoldId, HoldView>, AppError> {
        let rows = hold::Entity::find()
            .filter(hold::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        Ok(views.into_iter().map(|view| (view.hold.id, view)).collect())
    }

    /// A page of an organisation's holds in the order in which they were made; those for it where `received` is set.
    pub async fn holds(
        &self,
        organisation: OrganisationId,
        received: bool,
        page: &Page<HoldId>,
    ) -> Result<Vec<HoldView>, AppError> {
        let rows = page
            .of(of(organisation, received), hold::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(view).collect()
    }

    /// How many holds there are.
    pub async fn hold_count(
        &self,
        organisation: OrganisationId,
        received: bool,
    ) -> Result<u64, AppError> {
        Ok(of(organisation, received).count(self.db).await?)
    }

    /// A page of liabilities in the order of their recording.
    pub async fn liabilities(
        &self,
        open: bool,
        page: &Page<LiabilityId>,
    ) -> Result<Vec<LiabilityView>, AppError> {
        let rows = page
            .of(owed(open), liability::Column::Id, |id| id.uuid().into())
            .all(self.db)
            .await?;
        let view = |row: &liability::Model| {
            Ok(LiabilityView {
                liability: liability_of(row),
                claim: ClaimId::from_uuid(row.claim_id),
                recorded_units: row.recorded_units,
                at: columns::time(row.at),
                entry_index: columns::index(row.entry_idx)?,
            })
        };
        rows.iter().map(view).collect()
    }

    /// How many liabilities there are.
    pub async fn liability_count(&self, open: bool) -> Result<u64, AppError> {
        Ok(owed(open).count(self.db).await?)
    }

    /// What credits have done for some KPIs, in two statements.
    pub async fn kpi_credits(
        &self,
        kpis: &[KpiId],
    ) -> Result<HashMap<KpiId, KpiCreditView>, AppError> {
        let accounts = kpi_accounts(self.db, kpis).await?;
        let mut found: HashMap<KpiId, KpiCreditView> = HashMap::new();
        for (kpi, account) in accounts {
            found.entry(kpi).or_default().account = account;
        }
        let intents = surplus_intent::Entity::find()
            .filter(surplus_intent::Column::KpiId.is_in(columns::uuids(kpis)))
            .all(self.db)
            .await?;
        for row in intents {
            let day = row.on_day.parse().map_err(AppError::internal)?;
            let kpi = KpiId::from_uuid(row.kpi_id);
            found.entry(kpi).or_default().intended_on = Some(day);
        }
        Ok(found)
    }
}

fn of(organisation: OrganisationId, received: bool) -> Select<hold::Entity> {
    let column = if received {
        hold::Column::ToId
    } else {
        hold::Column::HolderId
    };
    hold::Entity::find().filter(column.eq(organisation.uuid()))
}

fn owed(open: bool) -> Select<liability::Entity> {
    let select = liability::Entity::find();
    if open {
        select.filter(liability::Column::Units.gt(0_i64))
    } else {
        select
    }
}

fn view(row: &hold::Model) -> Result<HoldView, AppError> {
    Ok(HoldView {
        hold: hold_of(row),
        at: columns::time(row.at),
        entry_index: columns::index(row.entry_idx)?,
        ended: row.ended.clone(),
        ended_index: row.ended_idx.map(columns::index).transpose()?,
        delivered_units: row.delivered_units,
    })
}
