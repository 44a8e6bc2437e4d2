//! Reserved participation before a ranking: what the database knows of the bidders, for the rule of `domain`.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::policy::clause::{Applicant, ReservedParticipation};
use commonweal_domain::policy::reserved_under;
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::reserved::{RESERVING_KINDS, qualifies};
use commonweal_domain::time::{Date, Time};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::error::AppError;
use crate::policy::binding::StoredCheck;
use crate::policy::published;
use crate::ranking::certified;
use crate::store::evaluation::award;
use crate::store::organisation::certification;
use crate::store::policy::tender_policy;
use crate::store::tender;
use crate::tender::LoadedTender;

/// A reserved tender with what is known of those who bid for it.
pub(crate) struct Reserved {
    clauses: Vec<ReservedParticipation>,
    certifications: Vec<certification::Model>,
    won: BTreeMap<OrganisationId, Date>,
    day: Date,
    opened_idx: i64,
}

impl Reserved {
    /// None where the tender is open to everyone; otherwise in a fixed number of statements.
    pub(crate) async fn load(
        connection: &impl ConnectionTrait,
        tender: &LoadedTender,
        suppliers: &BTreeSet<Uuid>,
    ) -> Result<Option<Self>, AppError> {
        if tender.plan.procurement.reservation.is_none() {
            return Ok(None);
        }
        let certifications = certification::Entity::find()
            .filter(certification::Column::OrganisationId.is_in(suppliers.iter().copied()))
            .all(connection)
            .await?;
        Ok(Some(Self {
            clauses: clauses(connection, tender).await?,
            certifications,
            won: won(connection, tender, suppliers).await?,
            day: tender.plan.certification_day(),
            opened_idx: tender.row.opened_idx.unwrap_or_default(),
        }))
    }

    /// Whether a supplier qualifies by what the log knew at the opening.
    pub(crate) fn admits(&self, supplier: OrganisationId) -> Result<bool, AppError> {
        let mut applicant = Applicant {
            last_won: self.won.get(&supplier).copied(),
            ..Applicant::default()
        };
        for kind in RESERVING_KINDS {
            let known = &self.certifications;
            if certified(known, supplier, kind, self.day, self.opened_idx)? {
                applicant.certifications.push(kind);
            }
        }
        Ok(qualifies(&self.clauses, &applicant, self.day))
    }
}

/// The clauses by which the tender's publication reserved participation.
async fn clauses(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Vec<ReservedParticipation>, AppError> {
    let row = tender_policy::Entity::find_by_id(tender.row.id)
        .one(connection)
        .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let stored: Vec<StoredCheck> =
        serde_json::from_slice(&row.checks).map_err(AppError::internal)?;
    let named = stored
        .iter()
        .map(|one| (one.check.policy, &one.check.clause));
    Ok(reserved_under(
        &published(connection).await?.policies,
        named,
    ))
}

/// When suppliers last won another tender that is reserved for the same, as the log knew at the opening. What was annulled or
/// cancelled since was not won.
async fn won(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    suppliers: &BTreeSet<Uuid>,
) -> Result<BTreeMap<OrganisationId, Date>, AppError> {
    let reserved_for = |plan: &Plan| {
        let reservation = plan.procurement.reservation.as_ref();
        reservation.map(|reservation| reservation.reserved_for)
    };
    let awards = award::Entity::find()
        .filter(award::Column::SupplierId.is_in(suppliers.iter().copied()))
        .filter(award::Column::DecidedIdx.lt(tender.row.opened_idx.unwrap_or_default()))
        .filter(award::Column::TenderId.ne(tender.row.id))
        .all(connection)
        .await?;
    let others = tender::Entity::find()
        .filter(tender::Column::Id.is_in(awards.iter().map(|award| award.tender_id)))
        .filter(tender::Column::Stage.is_not_in(["annulled", "cancelled"]))
        .all(connection)
        .await?;
    let mut alike = BTreeSet::new();
    for other in others {
        let plan: Plan = serde_json::from_slice(&other.plan).map_err(AppError::internal)?;
        if reserved_for(&plan) == reserved_for(&tender.plan) {
            alike.insert(other.id);
        }
    }
    let mut won: BTreeMap<OrganisationId, Date> = BTreeMap::new();
    for award in awards
        .iter()
        .filter(|award| alike.contains(&award.tender_id))
    {
        let Some((supplier, at)) = award.supplier_id.zip(award.decided_at) else {
            continue;
        };
        let day = Time::from_micros(at).date();
        let last = won
            .entry(OrganisationId::from_uuid(supplier))
            .or_insert(day);
        *last = day.max(*last);
    }
    Ok(won)
}
