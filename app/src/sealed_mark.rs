//! Sealed marks that wait for their release: those that stand, and those that were changed.

use commonweal_domain::ids::{Id, SealedId, TenderId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::AppError;
use crate::store::Tx;
use crate::store::evaluation::mark;
use crate::store::panel::former_mark;

/// A sealed mark that no entry has accounted for.
pub(crate) struct SealedMark {
    pub(crate) id: SealedId,
    /// What the release publishes, as JSON.
    pub(crate) opening: Vec<u8>,
    sealed_idx: i64,
    former: bool,
}

/// Every sealed mark of a tender that is not released, in the order in which they were sealed.
pub(crate) async fn unreleased_marks(
    connection: &impl ConnectionTrait,
    tender: TenderId,
) -> Result<Vec<SealedMark>, AppError> {
    let standing = mark::Entity::find()
        .filter(mark::Column::TenderId.eq(tender.uuid()))
        .filter(mark::Column::ReleasedIdx.is_null())
        .all(connection)
        .await?;
    let former = former_mark::Entity::find()
        .filter(former_mark::Column::TenderId.eq(tender.uuid()))
        .filter(former_mark::Column::ReleasedIdx.is_null())
        .all(connection)
        .await?;
    // Drafts were never sealed.
    let standing = standing.into_iter().filter_map(|row| {
        Some(SealedMark {
            id: SealedId::from_uuid(row.sealed_id?),
            opening: row.opening?,
            sealed_idx: row.sealed_idx?,
            former: false,
        })
    });
    let former = former.into_iter().map(|row| SealedMark {
        id: SealedId::from_uuid(row.sealed_id),
        opening: row.opening,
        sealed_idx: row.sealed_idx,
        former: true,
    });
    let mut marks: Vec<SealedMark> = standing.chain(former).collect();
    marks.sort_by_key(|sealed| sealed.sealed_idx);
    Ok(marks)
}

impl SealedMark {
    /// Stores the index of the release.
    pub(crate) async fn note_release(&self, tx: &Tx, index: i64) -> Result<(), AppError> {
        if self.former {
            former_mark::Entity::update_many()
                .set(former_mark::ActiveModel {
                    released_idx: Set(Some(index)),
                    ..Default::default()
                })
                .filter(former_mark::Column::SealedId.eq(self.id.uuid()))
                .exec(tx)
                .await?;
        } else {
            mark::Entity::update_many()
                .set(mark::ActiveModel {
                    released_idx: Set(Some(index)),
                    ..Default::default()
                })
                .filter(mark::Column::SealedId.eq(self.id.uuid()))
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}
