//! The history of a tender: a row for each entry that moves it on, with the reason beside the log.

use commonweal_domain::ids::Id;
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::kinds::Body;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::error::AppError;
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::Tx;
use crate::store::process::tender_event;
use crate::tender::LoadedTender;

impl LoadedTender {
    /// Appends an entry about the tender and keeps it in its history, with the reason where one is given. Answers its index.
    pub(crate) async fn append(
        &self,
        tx: &mut Tx,
        actors: Vec<EntryActor>,
        reason: Option<&NewReason>,
        body: impl Into<Body>,
    ) -> Result<u64, AppError> {
        let body = body.into();
        let kind = body.kind();
        let index = tx.append(Draft {
            actors,
            subject: self.id.to_string(),
            inputs_upto: None,
            body,
        })?;
        if let Some(reason) = reason {
            reason.insert(tx, self.id).await?;
        }
        self.note(tx, kind, index, reason).await?;
        Ok(index)
    }

    /// Keeps an entry that stands already in the history of the tender.
    pub(crate) async fn note(
        &self,
        tx: &Tx,
        kind: &str,
        index: u64,
        reason: Option<&NewReason>,
    ) -> Result<(), AppError> {
        tender_event::Entity::insert(tender_event::ActiveModel {
            tender_id: Set(self.id.uuid()),
            entry_idx: Set(column(index)?),
            kind: Set(kind.to_owned()),
            at: Set(tx.at().micros()),
            reason_id: Set(reason.map(|reason| reason.id)),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}
