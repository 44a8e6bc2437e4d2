//! Reasons in free words: the log holds a salted hash, the text stands beside it, where it can be erased.

use commonweal_domain::ids::{Id, TenderId};
use commonweal_domain::log::commitment::Salt;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::tender::sealing::commit_reason;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::error::AppError;
use crate::rng::Ids;
use crate::store::evaluation::reason;
use crate::text::{check_letter, check_reason};

/// A reason on its way to the store.
#[derive(Debug, Clone)]
pub(crate) struct NewReason {
    pub(crate) id: Uuid,
    pub(crate) text: String,
    pub(crate) salt: Salt,
}

impl NewReason {
    /// A checked reason with an id and a salt; an error names the field.
    pub(crate) fn new(ids: &Ids, field: &str, text: String) -> Result<Self, AppError> {
        check_reason(field, &text)?;
        Ok(Self::of(ids, text))
    }

    /// The same for a letter, which is longer.
    pub(crate) fn letter(ids: &Ids, field: &str, text: String) -> Result<Self, AppError> {
        check_letter(field, &text)?;
        Ok(Self::of(ids, text))
    }

    /// The same for a text that the service wrote.
    pub(crate) fn drawn(ids: &Ids, text: String) -> Self {
        Self::of(ids, text)
    }

    fn of(ids: &Ids, text: String) -> Self {
        Self {
            // The id is of no noun that anyone outside knows; that of a sealed entry is random and tells nothing.
            id: ids.sealed().uuid(),
            text,
            salt: Salt(ids.rng().bytes()),
        }
    }

    /// What the log holds of it.
    pub(crate) fn hash(&self) -> Result<Hash, AppError> {
        commit_reason(&self.text, self.salt).map_err(AppError::internal)
    }

    /// Stores it in the erasable table.
    pub(crate) async fn insert(
        &self,
        connection: &impl ConnectionTrait,
        tender: TenderId,
    ) -> Result<(), AppError> {
        reason::Entity::insert(reason::ActiveModel {
            id: Set(self.id),
            tender_id: Set(tender.uuid()),
            text: Set(self.text.clone()),
            salt: Set(self.salt.0.to_vec()),
        })
        .exec_without_returning(connection)
        .await?;
        Ok(())
    }
}
