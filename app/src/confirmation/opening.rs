//! Confirmations at the opening and at a cancellation: each is shown or settled by its fate.

use std::collections::BTreeSet;

use commonweal_domain::ids::{Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::commitment::{Opening, SealedCommitment, verify_opening};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::tender::entries::{ConfirmationOpened, ConfirmationsSettled};
use commonweal_domain::tender::{ConfirmationContent, LotCode};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use crate::error::AppError;
use crate::organisation::column;
use crate::sealing::{ReleasedKey, open};
use crate::store::Tx;
use crate::store::columns;
use crate::store::confirmation::sealed_confirmation::{self, Column, Entity};
use crate::tender::LoadedTender;

/// Confirmations that were decrypted before the transaction: those to show, and those that stay closed.
#[derive(Default)]
pub(crate) struct Prepared {
    shown: Vec<Shown>,
    void: Vec<SealedId>,
}

struct Shown {
    sealed: SealedId,
    received_at: Time,
    content: Vec<u8>,
    opening: Opening,
}

/// The confirmations of a tender that wait.
pub(crate) async fn waiting(
    db: &impl ConnectionTrait,
    tender: Uuid,
) -> Result<Vec<sealed_confirmation::Model>, AppError> {
    Ok(Entity::find()
        .filter(Column::TenderId.eq(tender))
        .filter(Column::State.eq("waiting"))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Decrypts confirmations. One whose bidder has no opened bid for its lot stays closed: it would tell of a bid that was taken
/// back.
pub(crate) fn prepare(
    key: &ReleasedKey,
    tender: &LoadedTender,
    bidders: &BTreeSet<(OrganisationId, LotCode)>,
    rows: &[sealed_confirmation::Model],
) -> Result<Prepared, AppError> {
    let mut prepared = Prepared::default();
    for row in rows {
        let lot: LotCode = row.lot.parse().map_err(AppError::internal)?;
        let bid = (OrganisationId::from_uuid(row.bidder_id), lot);
        let shown = if bidders.contains(&bid) {
            read(key, tender, row)?
        } else {
            None
        };
        match shown {
            Some(shown) => prepared.shown.push(shown),
            None => prepared.void.push(SealedId::from_uuid(row.id)),
        }
    }
    Ok(prepared)
}

/// One confirmation; `None` when it is not what was sealed, or belongs elsewhere.
fn read(
    key: &ReleasedKey,
    tender: &LoadedTender,
    row: &sealed_confirmation::Model,
) -> Result<Option<Shown>, AppError> {
    let Ok(sealed) = open(key, &row.ciphertext) else {
        return Ok(None);
    };
    let Ok(content) = ConfirmationContent::unseal(&sealed) else {
        return Ok(None);
    };
    let share = &content.share;
    let belongs = content.tender == tender.id
        && share.bidder.uuid() == row.bidder_id
        && share.lot.as_str() == row.lot
        && share.organisation.uuid() == row.organisation_id;
    let disclosure = &tender.plan.disclosure;
    let opening = sealed.open(sha256(&row.ciphertext), |name| {
        disclosure.publishes_confirmed(name)
    });
    let commitment = SealedCommitment(columns::hash(&row.commitment)?);
    let opening = opening
        .ok()
        .filter(|opening| belongs && verify_opening(&commitment, opening).is_ok());
    let Some(opening) = opening else {
        return Ok(None);
    };
    Ok(Some(Shown {
        sealed: SealedId::from_uuid(row.id),
        received_at: Time::from_micros(row.received_at),
        content: canonical_blob(&sealed).map_err(AppError::internal)?,
        opening,
    }))
}

/// Shows what was prepared and settles the rest, between the opening and its first bid. What was prepared must be exactly
/// what waits now.
pub(crate) async fn show(
    tx: &mut Tx,
    tender: TenderId,
    prepared: &Prepared,
    officer: &EntryActor,
) -> Result<(), AppError> {
    let waits: BTreeSet<Uuid> = waiting(tx, tender.uuid())
        .await?
        .iter()
        .map(|row| row.id)
        .collect();
    let shown = prepared.shown.iter().map(|one| one.sealed);
    let known = shown.chain(prepared.void.iter().copied()).map(Id::uuid);
    if known.collect::<BTreeSet<_>>() != waits {
        let message = "a confirmation arrived in time while the opening was prepared: open again";
        return Err(AppError::Conflict(message.to_owned()));
    }
    for one in &prepared.shown {
        let index = tx.append(Draft {
            actors: vec![officer.clone()],
            subject: tender.to_string(),
            inputs_upto: None,
            body: ConfirmationOpened {
                tender,
                sealed: one.sealed,
                received_at: one.received_at,
                opening: one.opening.clone(),
            }
            .into(),
        })?;
        sealed_confirmation::ActiveModel {
            id: Set(one.sealed.uuid()),
            state: Set("opened".to_owned()),
            ended_at: Set(Some(tx.at().micros())),
            content: Set(Some(one.content.clone())),
            opened_idx: Set(Some(column(index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    let replaced = by_state(tx, tender, "replaced").await?;
    let withdrawn = by_state(tx, tender, "withdrawn").await?;
    settle(tx, tender, officer, &replaced, |body| &mut body.replaced)?;
    settle(tx, tender, officer, &withdrawn, |body| &mut body.withdrawn)?;
    let void = &prepared.void;
    settle(tx, tender, officer, void, |body| &mut body.void)?;
    close(tx, tender).await
}

/// Settles every confirmation of a tender that was cancelled before its opening: they stay closed for ever.
pub(crate) async fn settle_all(
    tx: &mut Tx,
    tender: TenderId,
    officer: &EntryActor,
) -> Result<(), AppError> {
    let rows = Entity::find()
        .filter(Column::TenderId.eq(tender.uuid()))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    let all: Vec<SealedId> = rows.iter().map(|row| SealedId::from_uuid(row.id)).collect();
    settle(tx, tender, officer, &all, |body| &mut body.void)?;
    close(tx, tender).await
}

async fn by_state(tx: &Tx, tender: TenderId, state: &str) -> Result<Vec<SealedId>, AppError> {
    let rows = Entity::find()
        .filter(Column::TenderId.eq(tender.uuid()))
        .filter(Column::State.eq(state))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    Ok(rows.iter().map(|row| SealedId::from_uuid(row.id)).collect())
}

/// As many entries as the ids need, none for none.
fn settle(
    tx: &mut Tx,
    tender: TenderId,
    officer: &EntryActor,
    ids: &[SealedId],
    list: impl Fn(&mut ConfirmationsSettled) -> &mut Vec<SealedId>,
) -> Result<(), AppError> {
    for part in ids.chunks(ConfirmationsSettled::MOST) {
        let mut body = ConfirmationsSettled {
            tender,
            replaced: Vec::new(),
            withdrawn: Vec::new(),
            void: Vec::new(),
        };
        list(&mut body).extend_from_slice(part);
        tx.append(Draft {
            actors: vec![officer.clone()],
            subject: tender.to_string(),
            inputs_upto: None,
            body: body.into(),
        })?;
    }
    Ok(())
}

/// What still waits stays closed for ever.
async fn close(tx: &Tx, tender: TenderId) -> Result<(), AppError> {
    Entity::update_many()
        .set(sealed_confirmation::ActiveModel {
            state: Set("void".to_owned()),
            ended_at: Set(Some(tx.at().micros())),
            ..Default::default()
        })
        .filter(Column::TenderId.eq(tender.uuid()))
        .filter(Column::State.eq("waiting"))
        .exec(tx)
        .await?;
    Ok(())
}
