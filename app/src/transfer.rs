//! The use-case of transfers: units change hands.

use commonweal_domain::actor::Actor;
use commonweal_domain::credit::entries::TransferReason;
use commonweal_domain::ids::{BatchId, OrganisationId};
use serde::Serialize;

use crate::App;
use crate::account::units_as_text;
use crate::error::AppError;
use crate::moves::{Move, Moved};
use crate::store::Written;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub procurement_reference: Option<String>,
    /// More about it, in words that can be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl App {
    /// Transfers units; answers the log index of the transfer. With the same key and body it happens once.
    pub async fn transfer_credits(
        &self,
        actor: &Actor,
        key: &str,
        input: TransferCredits,
    ) -> Result<Written<u64>, AppError> {
        let answer = self.move_one(actor, key, &Move::Transfer(input)).await?;
        answer.only(|moved| match moved {
            Moved::Transfer(index) => Some(index),
            _ => None,
        })
    }
}
