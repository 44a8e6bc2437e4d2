//! What the next statement of a programme counts, by the same rule as replay: verified claims that the terms admit and that
//! were not counted, and counted ones whose verified quantity has changed, in the order of their ids.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use commonweal_domain::contract::ClaimStatus;
use commonweal_domain::ids::{ClaimId, Id, OrganisationId};
use commonweal_domain::programme::{Candidate, CountedBefore, MAX_COUNTED, Outcome, Programme};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use crate::error::AppError;
use crate::group;
use crate::ranking::certified;
use crate::store::organisation::{self, certification};
use crate::store::programme::{before_of, counted};
use crate::store::{Tx, challenge, claim, columns};

/// Claims that are looked at in one statement.
const ROWS: usize = 2_000;

/// What the next statement counts.
pub(super) struct Due {
    /// Outcomes in the order of their claims.
    pub(super) outcomes: Vec<Outcome>,
    /// What those of them counted for that were counted before.
    pub(super) before: BTreeMap<ClaimId, CountedBefore>,
}

/// What is due, and no more than one statement takes.
pub(super) async fn due(tx: &Tx, programme: &Programme) -> Result<Due, AppError> {
    let mut due = changed(tx, programme).await?;
    let group = group::known_group(tx, programme.payer).await?;
    let mut after: Option<Uuid> = None;
    let mut fresh = 0;
    while fresh < MAX_COUNTED {
        let mut page = candidates(programme, group);
        if let Some(after) = after {
            page = page.filter(claim::Column::Id.gt(after));
        }
        let rows = page.limit(u64::try_from(ROWS).unwrap_or(u64::MAX));
        let rows = rows.all(tx).await?;
        after = rows.last().map(|row| row.id);
        let admitted = admitted(tx, programme, &rows).await?;
        fresh = fresh.saturating_add(admitted.len());
        due.outcomes.extend(admitted);
        if rows.len() < ROWS {
            break;
        }
    }
    due.outcomes.sort_by_key(|outcome| outcome.claim);
    due.outcomes.truncate(MAX_COUNTED);
    let kept: HashSet<ClaimId> = due.outcomes.iter().map(|outcome| outcome.claim).collect();
    due.before.retain(|claim, _| kept.contains(claim));
    Ok(due)
}

/// Counted claims whose verified quantity has changed since.
async fn changed(tx: &Tx, programme: &Programme) -> Result<Due, AppError> {
    let to_claim = counted::Entity::belongs_to(claim::Entity)
        .from(counted::Column::ClaimId)
        .to(claim::Column::Id)
        .into();
    let changed = Condition::all()
        .add(counted::Column::ProgrammeId.eq(programme.id.uuid()))
        .add(
            Expr::col((claim::Entity, claim::Column::VerifiedUnits))
                .ne(Expr::col((counted::Entity, counted::Column::Units))),
        );
    let rows = counted::Entity::find()
        .join(sea_orm::JoinType::InnerJoin, to_claim)
        .select_also(claim::Entity)
        .filter(changed)
        .order_by_asc(counted::Column::ClaimId)
        .limit(u64::try_from(MAX_COUNTED).unwrap_or(u64::MAX))
        .all(tx)
        .await?;
    let mut due = Due {
        outcomes: Vec::new(),
        before: BTreeMap::new(),
    };
    for (before, row) in rows {
        let outcome = row.as_ref().map(outcome_of).transpose()?.flatten();
        if let Some(outcome) = outcome {
            let (claim, before) = before_of(&before);
            due.before.insert(claim, before);
            due.outcomes.push(outcome);
        }
    }
    Ok(due)
}

/// Verified claims that were not counted and that the terms may admit, in the order of their ids.
fn candidates(programme: &Programme, group: OrganisationId) -> Select<claim::Entity> {
    let values = programme.values.iter();
    let catalogues: HashSet<Uuid> = values
        .clone()
        .map(|value| value.measure.catalogue.uuid())
        .collect();
    let codes = values.map(|value| value.measure.code.as_str());
    let counted = counted::Entity::find()
        .select_only()
        .column(counted::Column::ClaimId)
        .filter(counted::Column::ProgrammeId.eq(programme.id.uuid()))
        .into_query();
    let own = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id)
        .filter(organisation::Column::GroupId.eq(group.uuid()))
        .into_query();
    let mut wanted = Condition::all()
        .add(claim::Column::Status.eq(ClaimStatus::Verified.as_str()))
        .add(claim::Column::VerifiedUnits.gt(0_i64))
        .add(claim::Column::CatalogueId.is_in(catalogues))
        .add(claim::Column::MeasureCode.is_in(codes))
        .add(claim::Column::FromDay.gte(programme.period.from().to_string()))
        .add(claim::Column::ToDay.lte(programme.period.to().to_string()))
        .add(claim::Column::Id.not_in_subquery(counted))
        .add(claim::Column::ClaimantId.not_in_subquery(own));
    if !programme.contracted {
        wanted = wanted.add(claim::Column::KpiId.is_null());
    }
    if !programme.places.is_empty() {
        let mut inside = Condition::any();
        for place in &programme.places {
            inside = inside
                .add(claim::Column::Place.eq(place.as_str()))
                .add(claim::Column::Place.starts_with(format!("{place}-")));
        }
        wanted = wanted.add(inside);
    }
    claim::Entity::find()
        .filter(wanted)
        .order_by_asc(claim::Column::Id)
}

/// Those of the rows that the terms admit.
async fn admitted(
    tx: &Tx,
    programme: &Programme,
    rows: &[claim::Model],
) -> Result<Vec<Outcome>, AppError> {
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.id).collect();
    let frozen = challenge::frozen(tx, &ids).await?;
    let claimants: HashSet<Uuid> = rows.iter().map(|row| row.claimant_id).collect();
    let known = if programme.kinds.is_empty() {
        Vec::new()
    } else {
        certification::Entity::find()
            .filter(certification::Column::OrganisationId.is_in(claimants))
            .all(tx)
            .await?
    };
    let mut outcomes = Vec::new();
    for row in rows {
        let period = columns::period(&row.from_day, &row.to_day)?;
        let claimant = OrganisationId::from_uuid(row.claimant_id);
        let mut is_certified = programme.kinds.is_empty();
        for kind in &programme.kinds {
            is_certified =
                is_certified || certified(&known, claimant, *kind, period.from(), i64::MAX)?;
        }
        let admits = programme.admits(Candidate {
            measure: &columns::measure(row.catalogue_id, &row.measure_code)?,
            period,
            place: &columns::place(&row.place)?,
            contracted: row.kpi_id.is_some(),
            related: false,
            certified: is_certified,
            frozen: frozen.contains_key(&row.id),
        });
        outcomes.extend(outcome_of(row)?.filter(|_| admits));
    }
    Ok(outcomes)
}

/// The outcome of a row; none where nothing is verified.
fn outcome_of(row: &claim::Model) -> Result<Option<Outcome>, AppError> {
    let Some(verified) = claim::verified_of(row)? else {
        return Ok(None);
    };
    Ok(Some(Outcome {
        claim: ClaimId::from_uuid(row.id),
        organisation: OrganisationId::from_uuid(row.claimant_id),
        measure: columns::measure(row.catalogue_id, &row.measure_code)?,
        verified,
    }))
}
