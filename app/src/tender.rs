//! Use-cases of tenders: publication with the whole plan, and cancellation.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::ids::{DraftId, Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::entries::{TenderCancelled, TenderPublished};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::stage::{Stage, Step, TenderError};
use commonweal_domain::tender::{LotCode, PlanError};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter,
};

use crate::App;
use crate::authorization::authorize;
use crate::calibration::unreleased_calibrations;
use crate::confirmation;
use crate::draft;
use crate::error::AppError;
use crate::organisation::{column, from_word, word};
use crate::policy::binding::{Binding, Justification};
use crate::reason::NewReason;
use crate::sealed_mark::unreleased_marks;
use crate::sealing::TenderKey;
use crate::store::bid::sealed_bid;
use crate::store::contract;
use crate::store::tender::{self, tender_key};
use crate::store::{Command, Tx, Written};
use crate::text::check_line;

/// A tender with its plan, as use-cases decide on it.
#[derive(Debug, Clone)]
pub(crate) struct LoadedTender {
    pub(crate) id: TenderId,
    pub(crate) buyer: OrganisationId,
    pub(crate) plan: Plan,
    /// As stored: never [`Stage::Closed`].
    pub(crate) stage: Stage,
    pub(crate) row: tender::Model,
}

impl LoadedTender {
    /// The tender, or that there is none.
    pub(crate) async fn load(
        connection: &impl ConnectionTrait,
        id: TenderId,
    ) -> Result<Self, AppError> {
        let row = tender::Entity::find_by_id(id.uuid())
            .one(connection)
            .await?;
        let row = row.ok_or_else(|| AppError::NotFound("no such tender".to_owned()))?;
        Ok(Self {
            id,
            buyer: OrganisationId::from_uuid(row.buyer_id),
            plan: serde_json::from_slice(&row.plan).map_err(AppError::internal)?,
            stage: from_word(&row.stage)?,
            row,
        })
    }

    /// The facts of an act for the buyer.
    pub(crate) fn facts(&self) -> Facts<'static> {
        Facts {
            organisation: Some(self.buyer),
            ..Facts::default()
        }
    }

    /// The lot with a code, or the only one where none is named.
    pub(crate) fn lot(&self, named: Option<&LotCode>) -> Result<LotCode, AppError> {
        let lots = &self.plan.lots;
        let found = match named {
            Some(code) => self.plan.lot(code),
            None => self.plan.only_lot(),
        };
        found.map(|lot| lot.code.clone()).ok_or_else(|| {
            let codes: Vec<&str> = lots.iter().map(|lot| lot.code.as_str()).collect();
            let message = format!("name one of the lots {}", codes.join(", "));
            AppError::refused_at("LOT", "lot", message)
        })
    }

    /// The stage after a step; the caller stores it with [`LoadedTender::store`].
    pub(crate) fn after(&self, step: Step) -> Result<Stage, AppError> {
        Ok(self.stage.after(step)?)
    }

    /// Stores a new stage and whatever else the closure changes.
    pub(crate) async fn store(
        &self,
        tx: &Tx,
        stage: Stage,
        change: impl FnOnce(&mut tender::ActiveModel),
    ) -> Result<(), AppError> {
        let mut changed = tender::ActiveModel {
            id: Set(self.row.id),
            stage: Set(word(stage)?),
            ..Default::default()
        };
        change(&mut changed);
        changed.update(tx).await?;
        Ok(())
    }
}

impl From<TenderError> for AppError {
    fn from(error: TenderError) -> Self {
        let code = match error {
            TenderError::Closed { .. } => "CLOSED",
            TenderError::Cancelled => "CANCELLED",
            TenderError::NotYetOpen { .. } => "NOT_YET_OPEN",
            TenderError::WrongStage { .. } => "WRONG_STAGE",
            TenderError::OneEnvelope => "ONE_ENVELOPE",
            TenderError::PricesClosed => "PRICES_CLOSED",
            TenderError::QuestionsClosed { .. } => "QUESTIONS_CLOSED",
            TenderError::StandsStill { .. } => "STANDSTILL",
            TenderError::NothingToSuspend => "NOTHING_TO_SUSPEND",
            TenderError::PartlyContracted => "CONTRACTED",
        };
        Self::refused(code, error)
    }
}

/// A JSON pointer of the domain as a path of input: `/criteria/0/weight` under `plan` is `plan.criteria.0.weight`.
pub(crate) fn input_path(under: &str, pointer: &str) -> String {
    format!("{under}{}", pointer.replace('/', "."))
}

pub(crate) fn plan_error(error: &PlanError) -> AppError {
    AppError::refused_at("PLAN", input_path("plan", &error.path), &error.problem)
}

/// Input of [`App::publish_tender`].
#[derive(Debug, Clone)]
pub struct PublishTender {
    /// Who buys.
    pub buyer: OrganisationId,
    /// What is bought, in one line.
    pub title: String,
    /// Everything that decides the ranking. It never changes.
    pub plan: Plan,
    /// Why the tender may be published though the answer of a clause is unknown.
    pub justifications: Vec<Justification>,
}

struct Publish {
    actor: Actor,
    id: TenderId,
    input: PublishTender,
    plan: Vec<u8>,
    catalogue: Catalogue,
    key: TenderKey,
    binding: Binding,
    /// The draft that it was, in the version that was read.
    draft: Option<(DraftId, i64)>,
}

impl Command for Publish {
    const NAME: &'static str = "publish_tender";
    type Out = TenderId;

    async fn run(&self, tx: &mut Tx) -> Result<TenderId, AppError> {
        let facts = Facts {
            organisation: Some(self.input.buyer),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::PublishTender, &facts).await?;
        let checked = self.input.plan.check(&self.catalogue, tx.at());
        checked.map_err(|error| plan_error(&error))?;
        self.binding.recheck(tx).await?;
        if let Some(draft) = self.draft {
            draft::take(tx, draft).await?;
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: TenderPublished {
                tender: self.id,
                buyer: self.input.buyer,
                title: self.input.title.clone(),
                plan: self.input.plan.clone(),
                recipient: self.key.recipient.clone(),
                policies: self.binding.recorded.clone(),
            }
            .into(),
        })?;
        self.insert(tx, index).await?;
        self.binding.insert(tx, self.id).await?;
        let tender = LoadedTender::load(tx, self.id).await?;
        tender.note(tx, "tender.published", index, None).await?;
        Ok(self.id)
    }
}

impl Publish {
    async fn insert(&self, tx: &Tx, index: u64) -> Result<(), AppError> {
        tender::Entity::insert(tender::ActiveModel {
            id: Set(self.id.uuid()),
            buyer_id: Set(self.input.buyer.uuid()),
            title: Set(self.input.title.clone()),
            plan: Set(self.plan.clone()),
            recipient: Set(self.key.recipient.clone()),
            stage: Set(word(Stage::Published)?),
            inputs_idx: Set(column(index)?),
            published_at: Set(tx.at().micros()),
            closes_at: Set(self.input.plan.closes_at.micros()),
            opens_at: Set(self.input.plan.opens_at.micros()),
            entry_idx: Set(column(index)?),
            amendments: Set(0),
            answers: Set(0),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        tender_key::Entity::insert(tender_key::ActiveModel {
            tender_id: Set(self.id.uuid()),
            wrapped: Set(self.key.wrapped.clone()),
            released_at: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

struct Cancel {
    actor: Actor,
    tender: TenderId,
    reason: NewReason,
}

impl Command for Cancel {
    const NAME: &'static str = "cancel_tender";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::CancelTender, &tender.facts()).await?;
        let signed = contract::Entity::find()
            .filter(contract::Column::TenderId.eq(tender.row.id))
            .count(tx)
            .await?;
        let signed = usize::try_from(signed).map_err(AppError::internal)?;
        let stage = tender.stage.can_cancel(&tender.plan, signed, tx.at())?;
        let body = TenderCancelled {
            tender: self.tender,
            reason: self.reason.hash()?,
            void: unaccounted(tx, &tender).await?,
        };
        let actors = vec![permit.actor.clone()];
        let index = tender.append(tx, actors, Some(&self.reason), body).await?;
        void_bids(tx, self.tender, tx.at()).await?;
        if tender.row.opened_idx.is_none() {
            confirmation::settle_all(tx, self.tender, &permit.actor).await?;
        }
        let (index, reason) = (column(index)?, self.reason.id);
        tender
            .store(tx, stage, |row| {
                row.cancelled_idx = Set(Some(index));
                row.cancel_reason_id = Set(Some(reason));
            })
            .await
    }
}

/// Every sealed entry of the tender that no entry has accounted for: bids before the opening, marks before their release.
async fn unaccounted(tx: &Tx, tender: &LoadedTender) -> Result<Vec<SealedId>, AppError> {
    let calibrations = unreleased_calibrations(tx, tender.id).await?;
    let calibrations = calibrations.into_iter().map(|row| row.sealed_id);
    let mut open: Vec<SealedId> = calibrations.map(SealedId::from_uuid).collect();
    if tender.row.opened_idx.is_none() {
        let bids = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::TenderId.eq(tender.row.id))
            .all(tx)
            .await?;
        open.extend(bids.iter().map(|bid| SealedId::from_uuid(bid.id)));
        return Ok(open);
    }
    let marks = unreleased_marks(tx, tender.id).await?;
    open.extend(marks.into_iter().map(|sealed| sealed.id));
    Ok(open)
}

/// Bids that still wait stay closed for ever.
async fn void_bids(tx: &Tx, tender: TenderId, at: Time) -> Result<(), AppError> {
    sealed_bid::Entity::update_many()
        .set(sealed_bid::ActiveModel {
            state: Set("void".to_owned()),
            ended_at: Set(Some(at.micros())),
            ..Default::default()
        })
        .filter(sealed_bid::Column::TenderId.eq(tender.uuid()))
        .filter(sealed_bid::Column::State.eq("waiting"))
        .exec(tx)
        .await?;
    Ok(())
}

impl App {
    /// Publishes a tender with its whole plan, and makes the key pair to which its bids are sealed.
    pub async fn publish_tender(
        &self,
        actor: &Actor,
        input: PublishTender,
    ) -> Result<Written<TenderId>, AppError> {
        self.publish(actor, input, None).await
    }

    /// The same for what was a draft.
    pub(crate) async fn publish(
        &self,
        actor: &Actor,
        mut input: PublishTender,
        draft: Option<(DraftId, i64)>,
    ) -> Result<Written<TenderId>, AppError> {
        check_line("title", &input.title)?;
        let catalogue = self.catalogue_of(&input.plan).await?;
        self.complete_plan(input.buyer, &mut input.plan).await?;
        let checked = input.plan.check(&catalogue, self.now());
        checked.map_err(|error| plan_error(&error))?;
        let justifications = std::mem::take(&mut input.justifications);
        let binding = self.bind(&input.plan, justifications).await?;
        self.check_pack(input.buyer, &input.plan).await?;
        let command = Publish {
            actor: actor.clone(),
            id: self.ids.new(),
            plan: canonical_blob(&input.plan).map_err(AppError::internal)?,
            input,
            catalogue,
            key: self.sealing()?.tender_key()?,
            binding,
            draft,
        };
        self.store.write(None, command).await
    }

    /// The catalogue version to which a plan refers.
    pub(crate) async fn catalogue_of(&self, plan: &Plan) -> Result<Catalogue, AppError> {
        let wanted = plan.catalogue;
        let found = self
            .read()
            .catalogues_by_id(&[wanted])
            .await?
            .remove(&wanted);
        found.map(|view| view.catalogue).ok_or_else(|| {
            let message = "no such measure catalogue: name a published version";
            AppError::refused_at("UNKNOWN_CATALOGUE", "plan.catalogue", message)
        })
    }

    /// Gives a tender up, at any stage before the contract. Sealed bids stay closed for ever.
    pub async fn cancel_tender(
        &self,
        actor: &Actor,
        tender: TenderId,
        reason: String,
    ) -> Result<Written<()>, AppError> {
        let command = Cancel {
            actor: actor.clone(),
            tender,
            reason: NewReason::new(&self.ids, "reason", reason)?,
        };
        self.store.write(None, command).await
    }
}
