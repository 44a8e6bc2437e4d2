//! Policies, what they said of tenders, and how far places are with their targets, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::ids::{Id, PolicyId, TenderId};
use commonweal_domain::policy::clause::{OutcomeMeasure, PlaceTarget};
use commonweal_domain::policy::place_target::{Delivered, Progress};
use commonweal_domain::policy::{Check, ClauseRule, Policy};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Page, Read};
use crate::error::AppError;
use crate::policy::binding::StoredCheck;
use crate::policy::published;
use crate::store::policy::{self, tender_policy};
use crate::store::{catalogue, claim, columns};

/// The most verified claims that one look at a place's targets adds up.
const MAX_CLAIMS: u64 = 100_000;

/// A policy version with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyView {
    /// The policy, whole.
    pub policy: Policy,
    /// Log index of its publication.
    pub entry_index: u64,
}

/// What a clause said of a tender at its publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckView {
    /// The check.
    pub check: Check,
    /// The officer's justification; none where none was needed or its text was erased.
    pub justification: Option<String>,
}

/// A target of a place and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// The policy that states it.
    pub policy: PolicyId,
    /// What people call the policy.
    pub policy_title: String,
    /// The clause's code.
    pub clause: String,
    /// Where the target is from.
    pub source: String,
    /// The target.
    pub target: PlaceTarget,
    /// How far the place is.
    pub progress: Progress,
}

impl Read<'_> {
    /// Policies by id, in one statement.
    pub async fn policies_by_id(
        &self,
        ids: &[PolicyId],
    ) -> Result<HashMap<PolicyId, PolicyView>, AppError> {
        let rows = policy::Entity::find()
            .filter(policy::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        rows.iter()
            .map(|row| Ok((PolicyId::from_uuid(row.id), view(row)?)))
            .collect()
    }

    /// A page of policy versions in the order of their publication.
    pub async fn policies(&self, page: &Page<PolicyId>) -> Result<Vec<PolicyView>, AppError> {
        let rows = page
            .of(policy::Entity::find(), policy::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(view).collect()
    }

    /// How many policy versions there are.
    pub async fn policy_count(&self) -> Result<u64, AppError> {
        Ok(policy::Entity::find().count(self.db).await?)
    }

    /// What the policies that bound some tenders said of their plans, in two statements at most.
    pub async fn checks_by_tender(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Vec<CheckView>>, AppError> {
        let rows = tender_policy::Entity::find()
            .filter(tender_policy::Column::TenderId.is_in(columns::uuids(tenders)))
            .all(self.db)
            .await?;
        let mut found = Vec::new();
        for row in &rows {
            let stored: Vec<StoredCheck> =
                serde_json::from_slice(&row.checks).map_err(AppError::internal)?;
            found.push((TenderId::from_uuid(row.tender_id), stored));
        }
        let ids = found
            .iter()
            .flat_map(|(_, stored)| stored)
            .filter_map(|stored| stored.reason);
        let reasons = self.reasons(ids.collect()).await?;
        let shown = |stored: StoredCheck| CheckView {
            justification: stored.reason.and_then(|id| reasons.get(&id).cloned()),
            check: stored.check,
        };
        Ok(found
            .into_iter()
            .map(|(tender, stored)| (tender, stored.into_iter().map(shown).collect()))
            .collect())
    }

    /// The targets of a place and of the places within it, from the last version of each policy, with what was delivered.
    pub async fn place_targets(&self, place: &str) -> Result<Vec<TargetView>, AppError> {
        let mut last: HashMap<_, Policy> = HashMap::new();
        for policy in published(self.db).await?.policies {
            last.insert(policy.text.code.clone(), policy);
        }
        let mut policies: Vec<Policy> = last.into_values().collect();
        policies.sort_by(|a, b| a.text.code.cmp(&b.text.code));
        let targets: Vec<_> = policies
            .iter()
            .flat_map(|policy| targets_of(policy, place))
            .collect();
        let wanted = targets.iter().flat_map(|(_, _, target)| &target.measures);
        let delivered = self.delivered(wanted).await?;
        targets
            .into_iter()
            .map(|(policy, clause, target)| {
                Ok(TargetView {
                    policy: policy.id,
                    policy_title: policy.text.title.clone(),
                    clause: clause.code.to_string(),
                    source: clause.source.clone(),
                    progress: target.progress(&delivered).map_err(AppError::internal)?,
                    target: target.clone(),
                })
            })
            .collect()
    }

    /// Every verified quantity of some measures, wherever it was delivered.
    async fn delivered(
        &self,
        measures: impl Iterator<Item = &OutcomeMeasure>,
    ) -> Result<Vec<Delivered>, AppError> {
        let measures: Vec<&OutcomeMeasure> = measures.collect();
        if measures.is_empty() {
            return Ok(Vec::new());
        }
        let names = measures.iter().map(|measure| measure.catalogue.as_str());
        let versions: HashMap<_, String> = catalogue::Entity::find()
            .select_only()
            .column(catalogue::Column::Id)
            .column(catalogue::Column::Code)
            .filter(catalogue::Column::Code.is_in(names))
            .into_tuple::<(uuid::Uuid, String)>()
            .all(self.db)
            .await?
            .into_iter()
            .collect();
        let codes = measures.iter().map(|measure| measure.code.as_str());
        let rows = claim::Entity::find()
            .filter(
                Condition::all()
                    .add(claim::Column::Status.eq("verified"))
                    .add(claim::Column::CatalogueId.is_in(versions.keys().copied()))
                    .add(claim::Column::MeasureCode.is_in(codes)),
            )
            .order_by_asc(claim::Column::Id)
            .limit(MAX_CLAIMS + 1)
            .all(self.db)
            .await?;
        if u64::try_from(rows.len()).unwrap_or(u64::MAX) > MAX_CLAIMS {
            let message = format!("more than {MAX_CLAIMS} claims count: ask for a smaller place");
            return Err(AppError::refused_at("TOO_MANY_CLAIMS", "place", message));
        }
        let mut delivered = Vec::new();
        for row in rows {
            let measure = columns::measure(row.catalogue_id, &row.measure_code)?;
            let name = versions.get(&measure.catalogue.uuid()).cloned();
            let (Some(catalogue), Some(verified)) = (name, claim::verified_of(&row)?) else {
                continue;
            };
            delivered.push(Delivered {
                measure: OutcomeMeasure {
                    catalogue,
                    code: measure.code,
                },
                place: row.place.clone(),
                period: columns::period(&row.from_day, &row.to_day)?,
                verified,
            });
        }
        Ok(delivered)
    }
}

fn targets_of<'p>(
    policy: &'p Policy,
    place: &'p str,
) -> impl Iterator<
    Item = (
        &'p Policy,
        &'p commonweal_domain::policy::Clause,
        &'p PlaceTarget,
    ),
> {
    policy
        .text
        .clauses
        .iter()
        .filter_map(move |clause| match &clause.rule {
            ClauseRule::PlaceTarget(target)
                if commonweal_domain::policy::selection::within(&target.place, place) =>
            {
                Some((policy, clause, target))
            }
            _ => None,
        })
}

fn view(row: &policy::Model) -> Result<PolicyView, AppError> {
    Ok(PolicyView {
        policy: serde_json::from_slice(&row.body).map_err(AppError::internal)?,
        entry_index: columns::index(row.entry_idx)?,
    })
}
