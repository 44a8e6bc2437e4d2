//! The use-cases of erasing words and workings. The log holds salted hashes of them and is not touched: value and salt go, and
//! the hash that stays tells nothing. Who erased them is noted privately.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::contract::retention::check_decided;
use commonweal_domain::ids::{ClaimId, Id, PersonId};
use commonweal_domain::log::hash::Hash;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::{authorize, authorize_on_claim};
use crate::error::AppError;
use crate::store::claim_rules::working;
use crate::store::remark::{self, erasure};
use crate::store::{PrivateCommand, PrivateTx, challenge};

struct EraseWords {
    actor: Actor,
    words: Hash,
}

impl PrivateCommand for EraseWords {
    const NAME: &'static str = "erase_words";
    type Out = bool;

    async fn run(&self, tx: &mut PrivateTx) -> Result<bool, AppError> {
        let permit = authorize(tx, &self.actor, Action::EraseWords, &Facts::default()).await?;
        let key = self.words.as_bytes().to_vec();
        let gone = remark::Entity::delete_by_id(key).exec(tx).await?;
        if gone.rows_affected == 0 {
            return Ok(false);
        }
        note(tx, self.words, permit.actor.id).await?;
        Ok(true)
    }
}

struct EraseWorking {
    actor: Actor,
    claim: ClaimId,
}

impl PrivateCommand for EraseWorking {
    const NAME: &'static str = "erase_working";
    type Out = bool;

    async fn run(&self, tx: &mut PrivateTx) -> Result<bool, AppError> {
        let (recorded, permit) =
            authorize_on_claim(tx, &self.actor, Action::EraseWorking, self.claim).await?;
        let challenged = challenge::unsettled(tx, &recorded, tx.at()).await?;
        check_decided(recorded.status, challenged)?;
        let Some(counted) = recorded.claim.counted else {
            return Ok(false);
        };
        let gone = working::Entity::delete_by_id(self.claim.uuid());
        if gone.exec(tx).await?.rows_affected == 0 {
            return Ok(false);
        }
        note(tx, counted.working, permit.actor.id).await?;
        Ok(true)
    }
}

async fn note(tx: &PrivateTx, hash: Hash, by: PersonId) -> Result<(), AppError> {
    erasure::Entity::insert(erasure::ActiveModel {
        hash: Set(hash.as_bytes().to_vec()),
        erased_by: Set(by.uuid()),
        at: Set(tx.at().micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

impl App {
    /// Erases the words behind a salted hash of the log: a reason, note, question, answer or part of a challenge. Returns
    /// whether there were any.
    pub async fn erase_words(&self, actor: &Actor, words: Hash) -> Result<bool, AppError> {
        let actor = actor.clone();
        self.store.write_private(EraseWords { actor, words }).await
    }

    /// Erases the working behind a claim that is decided and not challenged, as a registrar outside the claimant's group.
    /// Returns whether there was one.
    pub async fn erase_working(&self, actor: &Actor, claim: ClaimId) -> Result<bool, AppError> {
        let actor = actor.clone();
        self.store
            .write_private(EraseWorking { actor, claim })
            .await
    }
}
