//! The use-case of transfers: units change hands.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::credit::entries::{CreditsTransferred, TransferReason};
use commonweal_domain::credit::movement::{TransferFacts, decide_transfer};
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde::Serialize;

use crate::App;
use crate::account::{available, batch_and_class, group_holds, units_as_text};
use crate::authorization::authorize;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::credit::transfer;
use crate::store::{Command, IdempotencyKey, Tx, Written};

/// Input of [`App::transfer_credits`].
#[derive(Debug, Clone, Serialize)]
pub struct TransferCredits {
    /// Which batch.
    pub batch: BatchId,
    /// Who has the units.
    pub from: OrganisationId,
    /// Who gets them.
    pub to: OrganisationId,
    /// How many smallest units.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// More about it, in words that can be erased.
    pub note: Option<String>,
}

struct Transfer {
    actor: Actor,
    input: TransferCredits,
    note: Option<Remark>,
}

impl Command for Transfer {
    const NAME: &'static str = "transfer_credits";
    /// Log index of the transfer.
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, AppError> {
        let input = &self.input;
        let facts = Facts {
            organisation: Some(input.from),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::TransferCredits, &facts).await?;
        let (_, class) = batch_and_class(tx, input.batch).await?;
        let sender = group::known_group(tx, input.from).await?;
        let receiver = group::group_of(tx, input.to).await?.ok_or_else(|| {
            AppError::refused_at(
                "UNKNOWN_ORGANISATION",
                "to",
                "the receiver is not registered",
            )
        })?;
        let facts = TransferFacts {
            available: available(tx, input.batch, input.from).await?,
            receiver_holds: match class.holding_limit_units {
                Some(_) => group_holds(tx, class.id, receiver).await?,
                None => 0,
            },
            related: sender == receiver,
        };
        let body = CreditsTransferred {
            batch: input.batch,
            from: input.from,
            to: input.to,
            units: input.units,
            reason: input.reason,
            note: self.note.as_ref().map(|note| note.hash),
        };
        decide_transfer(&body, &class, facts)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.batch.to_string(),
            inputs_upto: None,
            body: body.into(),
        })?;
        self.insert(tx, index).await?;
        Ok(index)
    }
}

impl Transfer {
    async fn insert(&self, tx: &Tx, index: u64) -> Result<(), AppError> {
        let input = &self.input;
        transfer::Entity::insert(transfer::ActiveModel {
            entry_idx: Set(column(index)?),
            batch_id: Set(input.batch.uuid()),
            from_id: Set(input.from.uuid()),
            to_id: Set(input.to.uuid()),
            units: Set(input.units),
            reason: Set(input.reason.as_str().to_owned()),
            note: Set(self.note.as_ref().map(|note| note.hash.as_bytes().to_vec())),
            at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        match &self.note {
            Some(note) => note.keep(tx).await,
            None => Ok(()),
        }
    }
}

impl App {
    /// Transfers units; answers the log index of the transfer. With the same key and body it happens once.
    pub async fn transfer_credits(
        &self,
        actor: &Actor,
        key: &str,
        input: TransferCredits,
    ) -> Result<Written<u64>, AppError> {
        let facts = Facts {
            organisation: Some(input.from),
            ..Facts::default()
        };
        actor::authorize(actor, Action::TransferCredits, &facts)?;
        let key = IdempotencyKey::of_body(input.from, key, &input)?;
        let command = Transfer {
            actor: actor.clone(),
            note: Remark::optional(self, "note", input.note.as_deref())?,
            input,
        };
        self.store.write(Some(key), command).await
    }
}
