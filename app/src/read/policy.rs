//! Policies and what they said of tenders, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::ids::{Id, PolicyId, TenderId};
use commonweal_domain::policy::{Check, Policy};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{Page, Read};
use crate::error::AppError;
use crate::policy::binding::StoredCheck;
use crate::store::columns;
use crate::store::policy::{self, tender_policy};

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
}

fn view(row: &policy::Model) -> Result<PolicyView, AppError> {
    Ok(PolicyView {
        policy: serde_json::from_slice(&row.body).map_err(AppError::internal)?,
        entry_index: columns::index(row.entry_idx)?,
    })
}
