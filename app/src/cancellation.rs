//! Use-cases of units that leave without a claim, and of buffers and liabilities.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::credit::buffer::{BufferFacts, decide_buffer_release};
use commonweal_domain::credit::liability::{LiabilityError, decide_clearance};
use commonweal_domain::credit::movement::decide_cancellation;
use commonweal_domain::credit::posting::{Account, Bucket};
use commonweal_domain::ids::{BatchId, ChallengeId, Id, LiabilityId, OrganisationId};
use commonweal_domain::log::entry::Draft;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;

use crate::App;
use crate::account::{liable, units_as_text};
use crate::authorization::authorize;
use crate::error::AppError;
use crate::group;
use crate::moves::{Asked, Books};
use crate::remark::Remark;
use crate::store::credit::{class, class_of};
use crate::store::hold::{self, Removed, liability};
use crate::store::{Command, IdempotencyKey, Tx, Written, challenge, credit_left};

/// Input of [`App::cancel_credits`].
#[derive(Debug, Clone, Serialize)]
pub struct CancelCredits {
    /// Which batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// How many smallest units.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
    /// Why, in words that can be erased.
    pub note: Option<String>,
}

struct Cancel {
    actor: Actor,
    input: CancelCredits,
    note: Option<Remark>,
}

impl Command for Cancel {
    const NAME: &'static str = "cancel_credits";
    type Out = BatchId;

    async fn run(&self, tx: &mut Tx) -> Result<BatchId, AppError> {
        let input = &self.input;
        let facts = Facts {
            organisation: Some(input.holder),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::CancelCredits, &facts).await?;
        let books = Books::one(tx, Asked::of(input.batch, input.holder)).await?;
        let (batch, _) = books.batch(tx.staged(), input.batch)?;
        let free = books.free(tx.staged(), &batch, input.holder);
        let note = self.note.as_ref().map(|note| note.hash);
        let body = decide_cancellation(&batch, input.holder, input.units, note, free)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.batch.to_string(),
            inputs_upto: None,
            body: body.clone().into(),
        })?;
        let what = (input.batch, body.serials);
        hold::remove(
            tx,
            what,
            Some(input.holder),
            Removed::Cancelled,
            note,
            index,
        )
        .await?;
        credit_left::change_batch(tx, input.batch, |left| {
            credit_left::plus(&mut left.cancelled_units, input.units)
        })
        .await?;
        if let Some(note) = &self.note {
            note.keep(tx).await?;
        }
        Ok(input.batch)
    }
}

struct ReleaseBuffer {
    actor: Actor,
    batch: BatchId,
}

impl Command for ReleaseBuffer {
    const NAME: &'static str = "release_buffer";
    type Out = BatchId;

    async fn run(&self, tx: &mut Tx) -> Result<BatchId, AppError> {
        let permit = authorize(tx, &self.actor, Action::ReleaseBuffer, &Facts::default()).await?;
        let books = Books::of_batches(tx, &[self.batch]).await?;
        let (batch, class) = books.batch(tx.staged(), self.batch)?;
        let open = challenge::open_of(tx, batch.claim).await?;
        let open = open.first().map(|row| ChallengeId::from_uuid(row.id));
        let freezing = books.freezing(tx, self.batch).await?;
        let buffer = Account {
            batch: self.batch,
            holder: None,
            bucket: Bucket::Buffer,
        };
        let facts = BufferFacts {
            buffer: tx.staged().known_balance(buffer),
            challenged: open.or(freezing),
            liable: liable(tx, group::known_group(tx, batch.claimant).await?).await?,
            at: tx.at(),
        };
        let body = decide_buffer_release(&batch, class, facts)?;
        tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.batch.to_string(),
            inputs_upto: None,
            body: body.clone().into(),
        })?;
        credit_left::change_batch(tx, self.batch, |left| {
            credit_left::plus(&mut left.buffer_units, body.units.checked_neg()?)
        })
        .await?;
        Ok(self.batch)
    }
}

/// Input of [`App::clear_liability`].
#[derive(Debug, Clone, Serialize)]
pub struct ClearLiability {
    /// What is owed.
    pub liability: LiabilityId,
    /// The batch of the units that make it good.
    pub batch: BatchId,
    /// How many smallest units.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
}

struct Clear {
    actor: Actor,
    input: ClearLiability,
}

impl Command for Clear {
    const NAME: &'static str = "clear_liability";
    type Out = LiabilityId;

    async fn run(&self, tx: &mut Tx) -> Result<LiabilityId, AppError> {
        let input = &self.input;
        let row = liability::Entity::find_by_id(input.liability.uuid())
            .one(tx)
            .await?
            .ok_or_else(unknown_liability)?;
        let owed = hold::liability_of(&row);
        let facts = Facts {
            organisation: Some(owed.organisation),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::ClearLiability, &facts).await?;
        let owed_class = class::Entity::find_by_id(row.class_id).one(tx).await?;
        let owed_class = owed_class.ok_or_else(|| AppError::internal("a class is gone"))?;
        let books = Books::one(tx, Asked::of(input.batch, owed.organisation)).await?;
        let (batch, class) = books.batch(tx.staged(), input.batch)?;
        let free = books.free(tx.staged(), &batch, owed.organisation);
        let of = (&batch, class);
        let body = decide_clearance(&owed, &class_of(&owed_class)?, of, input.units, free)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.liability.to_string(),
            inputs_upto: None,
            body: body.clone().into(),
        })?;
        liability::Entity::update(liability::ActiveModel {
            id: Set(row.id),
            units: Set(row.units.saturating_sub(input.units)),
            ..Default::default()
        })
        .exec(tx)
        .await?;
        let what = (input.batch, body.serials);
        let holder = Some(owed.organisation);
        hold::remove(tx, what, holder, Removed::Liability, None, index).await?;
        Ok(input.liability)
    }
}

fn unknown_liability() -> AppError {
    AppError::refused_at(
        "UNKNOWN_LIABILITY",
        "liability",
        "there is no such liability: `liabilities` lists them",
    )
}

impl App {
    /// Takes units out without a claim. With the same key and body it happens once.
    pub async fn cancel_credits(
        &self,
        actor: &Actor,
        key: &str,
        input: CancelCredits,
    ) -> Result<Written<BatchId>, AppError> {
        let facts = Facts {
            organisation: Some(input.holder),
            ..Facts::default()
        };
        actor::authorize(actor, Action::CancelCredits, &facts)?;
        let key = IdempotencyKey::of_body(input.holder, key, &input)?;
        let command = Cancel {
            actor: actor.clone(),
            note: Remark::optional(self, "note", input.note.as_deref())?,
            input,
        };
        self.store.write(Some(key), command).await
    }

    /// Gives what a batch kept back to its claimant, when the years of its class are over.
    pub async fn release_buffer(
        &self,
        actor: &Actor,
        batch: BatchId,
    ) -> Result<Written<BatchId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, ReleaseBuffer { actor, batch }).await
    }

    /// Makes units good that are owed. With the same key and body it happens once.
    pub async fn clear_liability(
        &self,
        actor: &Actor,
        key: &str,
        input: ClearLiability,
    ) -> Result<Written<LiabilityId>, AppError> {
        let row = liability::Entity::find_by_id(input.liability.uuid())
            .one(self.store.read())
            .await?
            .ok_or_else(unknown_liability)?;
        let owner = OrganisationId::from_uuid(row.organisation_id);
        let facts = Facts {
            organisation: Some(owner),
            ..Facts::default()
        };
        actor::authorize(actor, Action::ClearLiability, &facts)?;
        let key = IdempotencyKey::of_body(owner, key, &input)?;
        let actor = actor.clone();
        self.store.write(Some(key), Clear { actor, input }).await
    }
}

/// Why nothing was made good, as an error of the use-case.
impl From<LiabilityError> for AppError {
    fn from(error: LiabilityError) -> Self {
        use LiabilityError as E;
        match error {
            E::Movement(error) => error.into(),
            E::AnotherPool => Self::refused_at("ANOTHER_POOL", "batch", error),
            E::TooMany { .. } => Self::refused_at("TOO_MANY", "units", error),
            E::Serials(error) => Self::internal(error),
        }
    }
}
