//! Tables of holds, of serials that left at the high end, and of what is owed.

use commonweal_domain::credit::hold::Hold;
use commonweal_domain::credit::liability::Liability;
use commonweal_domain::credit::serials::SerialRange;
use commonweal_domain::ids::{BatchId, ClassId, HoldId, Id, LiabilityId, OrganisationId};
use commonweal_domain::log::hash::Hash;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::columns;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::Tx;

/// Units bound to a trade, and how that ended.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hold")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub batch_id: Uuid,
    pub holder_id: Uuid,
    pub to_id: Option<Uuid>,
    pub units: i64,
    pub expires_at: i64,
    pub at: i64,
    pub entry_idx: i64,
    pub ended: Option<String>,
    pub ended_idx: Option<i64>,
    pub delivered_units: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `removal`.
pub(crate) mod removal {
    use sea_orm::entity::prelude::*;

    /// Serials that left at the high end.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "removal")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub batch_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub serial_from: i64,
        pub serial_to: i64,
        pub holder_id: Option<Uuid>,
        pub reason: String,
        pub note: Option<Vec<u8>>,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `liability`.
pub(crate) mod liability {
    use sea_orm::entity::prelude::*;

    /// Units that are owed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "liability")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation_id: Uuid,
        pub class_id: Uuid,
        pub claim_id: Uuid,
        pub recorded_units: i64,
        pub units: i64,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The hold of a row.
pub(crate) fn hold_of(row: &Model) -> Hold {
    Hold {
        id: HoldId::from_uuid(row.id),
        batch: BatchId::from_uuid(row.batch_id),
        holder: OrganisationId::from_uuid(row.holder_id),
        to: row.to_id.map(OrganisationId::from_uuid),
        units: row.units,
        expires_at: columns::time(row.expires_at),
    }
}

/// Notes how a hold ended.
pub(crate) async fn end(
    db: &impl ConnectionTrait,
    id: HoldId,
    how: &str,
    delivered: i64,
    index: u64,
) -> Result<(), AppError> {
    Entity::update(ActiveModel {
        id: Set(id.uuid()),
        ended: Set(Some(how.to_owned())),
        ended_idx: Set(Some(column(index)?)),
        delivered_units: Set(delivered),
        ..Default::default()
    })
    .exec(db)
    .await?;
    Ok(())
}

/// Why serials left at the high end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Removed {
    /// Their holder took them out.
    Cancelled,
    /// Their outcome fell.
    Reversed,
    /// They stood in for others.
    Buffer,
    /// They made a liability good.
    Liability,
}

/// Stores serials that left at the high end.
pub(crate) async fn remove(
    tx: &Tx,
    (batch, serials): (BatchId, SerialRange),
    holder: Option<OrganisationId>,
    why: Removed,
    note: Option<Hash>,
    index: u64,
) -> Result<(), AppError> {
    let reason = match why {
        Removed::Cancelled => "cancelled",
        Removed::Reversed => "reversed",
        Removed::Buffer => "buffer",
        Removed::Liability => "liability",
    };
    removal::Entity::insert(removal::ActiveModel {
        batch_id: Set(batch.uuid()),
        serial_from: Set(serials.from()),
        serial_to: Set(serials.to()),
        holder_id: Set(holder.map(Id::uuid)),
        reason: Set(reason.to_owned()),
        note: Set(note.map(|hash| hash.as_bytes().to_vec())),
        at: Set(tx.at().micros()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// The liability of a row.
pub(crate) fn liability_of(row: &liability::Model) -> Liability {
    Liability {
        id: LiabilityId::from_uuid(row.id),
        organisation: OrganisationId::from_uuid(row.organisation_id),
        class: ClassId::from_uuid(row.class_id),
        units: row.units,
    }
}
