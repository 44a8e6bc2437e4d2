//! Organisations, roles and certifications as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::actor::Role;
use commonweal_domain::ids::{CertificationId, Id, OrganisationId};
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::time::Date;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::organisation::{self, certification, directory, role_grant};

/// An organisation with the name that is public now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationView {
    /// The organisation.
    pub id: OrganisationId,
    /// What it is in law.
    pub legal_form: LegalForm,
    /// Its name; `None` when the name of a natural person was erased.
    pub name: Option<String>,
    /// Sector for the independence of verifiers.
    pub sector: Sector,
    /// Top of its beneficial-owner group.
    pub group: OrganisationId,
    /// Country or place code.
    pub place: String,
    /// Number in a public register.
    pub identifier: Option<String>,
    /// Log index of its registration.
    pub entry_index: u64,
}

/// A certification with its early end, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationView {
    /// The certification.
    pub id: CertificationId,
    /// Who is certified.
    pub organisation: OrganisationId,
    /// As what.
    pub kind: SeoKind,
    /// First day of validity.
    pub from: Date,
    /// First day after validity.
    pub to: Option<Date>,
    /// The register and its number.
    pub source: String,
    /// First day of an early end.
    pub revoked_from: Option<Date>,
    /// Log index of its recording.
    pub entry_index: u64,
}

/// Which organisations are wanted.
#[derive(Debug, Clone, Default)]
pub struct OrganisationFilter {
    /// Those with any certification on record.
    pub certified: Option<bool>,
    /// Those with someone in this role.
    pub role: Option<Role>,
    /// Those whose public name contains this text.
    pub name_contains: Option<String>,
}

impl Read<'_> {
    /// One organisation.
    pub async fn organisation(
        &self,
        id: OrganisationId,
    ) -> Result<Option<OrganisationView>, AppError> {
        Ok(self.organisations_by_id(&[id]).await?.remove(&id))
    }

    /// A page of organisations in the order in which they joined.
    pub async fn organisations(
        &self,
        filter: &OrganisationFilter,
        page: &Page<OrganisationId>,
    ) -> Result<Vec<OrganisationView>, AppError> {
        let rows = page
            .of(select(filter), organisation::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        self.with_names(rows).await
    }

    /// How many organisations the filter leaves.
    pub async fn organisation_count(&self, filter: &OrganisationFilter) -> Result<u64, AppError> {
        Ok(select(filter).count(self.db).await?)
    }

    /// Organisations by id, in two statements at most.
    pub async fn organisations_by_id(
        &self,
        ids: &[OrganisationId],
    ) -> Result<HashMap<OrganisationId, OrganisationView>, AppError> {
        let rows = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        let views = self.with_names(rows).await?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// Certifications of several organisations, in the order of their recording, in one statement.
    pub async fn certifications_of(
        &self,
        organisations: &[OrganisationId],
    ) -> Result<HashMap<OrganisationId, Vec<CertificationView>>, AppError> {
        let rows = certification::Entity::find()
            .filter(
                certification::Column::OrganisationId
                    .is_in(organisations.iter().map(|id| id.uuid())),
            )
            .order_by_asc(certification::Column::EntryIdx)
            .all(self.db)
            .await?;
        let mut found: HashMap<OrganisationId, Vec<CertificationView>> = HashMap::new();
        for row in rows {
            let view = certification_view(row)?;
            found.entry(view.organisation).or_default().push(view);
        }
        Ok(found)
    }

    /// Names of natural persons come from the directory, which may have been erased.
    async fn with_names(
        &self,
        rows: Vec<organisation::Model>,
    ) -> Result<Vec<OrganisationView>, AppError> {
        let nameless: Vec<_> = rows
            .iter()
            .filter(|row| row.name.is_none())
            .map(|row| row.id)
            .collect();
        let mut names = HashMap::new();
        if !nameless.is_empty() {
            let found = directory::Entity::find()
                .filter(directory::Column::SubjectId.is_in(nameless))
                .all(self.db)
                .await?;
            names.extend(found.into_iter().map(|row| (row.subject_id, row.name)));
        }
        rows.into_iter()
            .map(|row| {
                Ok(OrganisationView {
                    id: OrganisationId::from_uuid(row.id),
                    legal_form: from_word(&row.legal_form)?,
                    name: row.name.or_else(|| names.remove(&row.id)),
                    sector: from_word(&row.sector)?,
                    group: OrganisationId::from_uuid(row.group_id),
                    place: row.place,
                    identifier: row.identifier,
                    entry_index: u64::try_from(row.entry_idx).map_err(AppError::internal)?,
                })
            })
            .collect()
    }
}

fn select(filter: &OrganisationFilter) -> Select<organisation::Entity> {
    let mut select = organisation::Entity::find();
    if let Some(certified) = filter.certified {
        let recorded = certification_owners();
        select = select.filter(if certified {
            organisation::Column::Id.in_subquery(recorded)
        } else {
            organisation::Column::Id.not_in_subquery(recorded)
        });
    }
    if let Some(role) = filter.role {
        let holders = sea_orm::sea_query::Query::select()
            .column(role_grant::Column::OrganisationId)
            .from(role_grant::Entity)
            .and_where(role_grant::Column::Role.eq(role.as_str()))
            .to_owned();
        select = select.filter(organisation::Column::Id.in_subquery(holders));
    }
    if let Some(text) = &filter.name_contains {
        select = select.filter(organisation::Column::Name.contains(text));
    }
    select
}

fn certification_owners() -> sea_orm::sea_query::SelectStatement {
    sea_orm::sea_query::Query::select()
        .column(certification::Column::OrganisationId)
        .from(certification::Entity)
        .to_owned()
}

pub(crate) fn certification_view(row: certification::Model) -> Result<CertificationView, AppError> {
    let day = |text: &str| text.parse::<Date>().map_err(AppError::internal);
    Ok(CertificationView {
        id: CertificationId::from_uuid(row.id),
        organisation: OrganisationId::from_uuid(row.organisation_id),
        kind: row.kind.parse().map_err(AppError::internal)?,
        from: day(&row.from_day)?,
        to: row.to_day.as_deref().map(day).transpose()?,
        source: row.source,
        revoked_from: row.revoked_from.as_deref().map(day).transpose()?,
        entry_index: u64::try_from(row.entry_idx).map_err(AppError::internal)?,
    })
}
