//! Measure catalogues as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::catalogue::{Catalogue, Measure, MeasureRef};
use commonweal_domain::ids::{CatalogueId, Id};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{Page, Read};
use crate::error::AppError;
use crate::store::catalogue;

/// A catalogue version with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueView {
    /// The catalogue, whole.
    pub catalogue: Catalogue,
    /// Log index of its publication.
    pub entry_index: u64,
}

impl Read<'_> {
    /// Catalogues by id, in one statement.
    pub async fn catalogues_by_id(
        &self,
        ids: &[CatalogueId],
    ) -> Result<HashMap<CatalogueId, CatalogueView>, AppError> {
        let rows = catalogue::Entity::find()
            .filter(catalogue::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        rows.into_iter()
            .map(|row| Ok((CatalogueId::from_uuid(row.id), view(&row)?)))
            .collect()
    }

    /// A page of catalogue versions in the order of their publication.
    pub async fn catalogues(
        &self,
        page: &Page<CatalogueId>,
    ) -> Result<Vec<CatalogueView>, AppError> {
        let rows = page
            .of(catalogue::Entity::find(), catalogue::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(view).collect()
    }

    /// The measure that a reference names, when a published catalogue has it. It never changes.
    pub async fn measure(&self, reference: &MeasureRef) -> Result<Option<Measure>, AppError> {
        let mut found = self.catalogues_by_id(&[reference.catalogue]).await?;
        let catalogue = found.remove(&reference.catalogue);
        Ok(catalogue.and_then(|view| view.catalogue.measure(&reference.code).cloned()))
    }

    /// The measure that a reference names with what it counts: measures with one key count the same outcome.
    pub async fn measure_with_outcome(
        &self,
        reference: &MeasureRef,
    ) -> Result<Option<(Measure, String)>, AppError> {
        let mut found = self.catalogues_by_id(&[reference.catalogue]).await?;
        let catalogue = found.remove(&reference.catalogue);
        Ok(catalogue.and_then(|view| {
            let measure = view.catalogue.measure(&reference.code)?;
            Some((measure.clone(), view.catalogue.outcome_of(measure)))
        }))
    }

    /// How many catalogue versions there are.
    pub async fn catalogue_count(&self) -> Result<u64, AppError> {
        Ok(catalogue::Entity::find().count(self.db).await?)
    }
}

fn view(row: &catalogue::Model) -> Result<CatalogueView, AppError> {
    Ok(CatalogueView {
        catalogue: serde_json::from_slice(&row.body).map_err(AppError::internal)?,
        entry_index: u64::try_from(row.entry_idx).map_err(AppError::internal)?,
    })
}
