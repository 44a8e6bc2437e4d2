//! The use-case of transfers: units change hands.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::credit::entries::{CreditsTransferred, TransferReason};
use commonweal_domain::credit::movement::decide_transfer;
use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde::Serialize;

use crate::App;
use crate::account::{batch_and_class, transfer_facts, units_as_text};
use crate::authorization::authorize;
use crate::error::AppError;
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
    /// The procurement in which a public body buys them.
    pub procurement_reference: Option<String>,
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
        let (batch, class) = batch_and_class(tx, input.batch).await?;
        let body = CreditsTransferred {
            batch: input.batch,
            from: input.from,
            to: input.to,
            units: input.units,
            reason: input.reason,
            procurement_reference: input.procurement_reference.clone(),
            note: self.note.as_ref().map(|note| note.hash),
        };
        let facts = transfer_facts(tx, body.trade(), (&batch, &class)).await?;
        decide_transfer(body.trade(), &class, facts)?;
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
            procurement_reference: Set(input.procurement_reference.clone()),
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
