//! Drafts of tenders: officers of a buyer save and change them in private, run the plan check on them, and publish one.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{DraftId, Id, OrganisationId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::tender::plan::Plan;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::policy::binding::Justification;
use crate::store::draft;
use crate::store::{PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::PublishTender;
use crate::text::check_line;

/// The most drafts of a buyer.
const DRAFTS_PER_BUYER: u64 = 500;

/// Input of [`App::save_draft`].
#[derive(Debug, Clone)]
pub struct SaveDraft {
    /// The draft that is changed, with the version that was read; a new one without.
    pub draft: Option<(DraftId, i64)>,
    /// Who buys.
    pub buyer: OrganisationId,
    /// What is bought, in one line.
    pub title: String,
    /// The plan as far as it is: it need not pass the plan check yet.
    pub plan: Plan,
}

struct Save {
    actor: Actor,
    id: DraftId,
    version: Option<i64>,
    buyer: OrganisationId,
    title: String,
    plan: Vec<u8>,
}

impl PrivateCommand for Save {
    const NAME: &'static str = "save_draft";
    type Out = DraftId;

    async fn run(&self, tx: &mut PrivateTx) -> Result<DraftId, AppError> {
        let facts = Facts {
            organisation: Some(self.buyer),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::SaveDraft, &facts).await?;
        let values = draft::ActiveModel {
            title: Set(self.title.clone()),
            plan: Set(self.plan.clone()),
            version: Set(self.version.unwrap_or(0) + 1),
            saved_by: Set(permit.actor.id.uuid()),
            saved_at: Set(tx.at().micros()),
            ..Default::default()
        };
        let Some(version) = self.version else {
            let of_buyer = draft::Column::BuyerId.eq(self.buyer.uuid());
            let count = draft::Entity::find().filter(of_buyer).count(tx).await?;
            if count >= DRAFTS_PER_BUYER {
                let message =
                    format!("a buyer keeps at most {DRAFTS_PER_BUYER} drafts: delete one");
                return Err(AppError::refused_at("TOO_MANY_DRAFTS", "buyer", message));
            }
            draft::Entity::insert(draft::ActiveModel {
                id: Set(self.id.uuid()),
                buyer_id: Set(self.buyer.uuid()),
                ..values
            })
            .exec_without_returning(tx)
            .await?;
            return Ok(self.id);
        };
        let saved = draft::Entity::update_many()
            .set(values)
            .filter(draft::Column::Id.eq(self.id.uuid()))
            .filter(draft::Column::BuyerId.eq(self.buyer.uuid()))
            .filter(draft::Column::Version.eq(version))
            .exec(tx)
            .await?;
        if saved.rows_affected == 0 {
            return Err(moved_on());
        }
        Ok(self.id)
    }
}

fn moved_on() -> AppError {
    let message = "someone has saved, deleted or published this draft meanwhile: read it again";
    AppError::Conflict(message.to_owned())
}

struct Delete {
    actor: Actor,
    id: DraftId,
}

impl PrivateCommand for Delete {
    const NAME: &'static str = "delete_draft";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let unknown = || AppError::NotFound("no such draft".to_owned());
        let row = draft::Entity::find_by_id(self.id.uuid()).one(tx).await?;
        let row = row.ok_or_else(unknown)?;
        let facts = Facts {
            organisation: Some(OrganisationId::from_uuid(row.buyer_id)),
            ..Facts::default()
        };
        // Whoever may not delete does not learn that there is a draft.
        let permit = authorize(tx, &self.actor, Action::SaveDraft, &facts).await;
        permit.map_err(|_| unknown())?;
        draft::Entity::delete_by_id(row.id).exec(tx).await?;
        Ok(())
    }
}

/// Takes a draft away because it is published now; the version says that it is the one that was read.
pub(crate) async fn take(tx: &Tx, (id, version): (DraftId, i64)) -> Result<(), AppError> {
    let taken = draft::Entity::delete_many()
        .filter(draft::Column::Id.eq(id.uuid()))
        .filter(draft::Column::Version.eq(version))
        .exec(tx)
        .await?;
    if taken.rows_affected == 0 {
        return Err(moved_on());
    }
    Ok(())
}

impl App {
    /// Saves a draft in private. Answers its id; the version rises by one at each save.
    pub async fn save_draft(&self, actor: &Actor, input: SaveDraft) -> Result<DraftId, AppError> {
        check_line("title", &input.title)?;
        let command = Save {
            actor: actor.clone(),
            id: input.draft.map_or_else(|| self.ids.new(), |(id, _)| id),
            version: input.draft.map(|(_, version)| version),
            buyer: input.buyer,
            title: input.title,
            plan: canonical_blob(&input.plan).map_err(AppError::internal)?,
        };
        self.store.write_private(command).await
    }

    /// Deletes a draft.
    pub async fn delete_draft(&self, actor: &Actor, id: DraftId) -> Result<(), AppError> {
        let actor = actor.clone();
        self.store.write_private(Delete { actor, id }).await
    }

    /// Publishes a draft as it was read, and takes the draft away.
    pub async fn publish_draft(
        &self,
        actor: &Actor,
        id: DraftId,
        version: i64,
        justifications: Vec<Justification>,
    ) -> Result<Written<TenderId>, AppError> {
        let view = self.read().drafts_by_id(actor, &[id]).await?.remove(&id);
        let view = view.ok_or_else(|| AppError::NotFound("no such draft".to_owned()))?;
        if view.version != version {
            return Err(moved_on());
        }
        let input = PublishTender {
            buyer: view.buyer,
            title: view.title,
            plan: view.plan,
            justifications,
        };
        self.publish(actor, input, Some((id, version))).await
    }
}
