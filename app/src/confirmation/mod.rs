//! Use-cases of confirmations: a bidder asks the organisations that its bid will name, and each seals its own word.
//!
//! That one organisation asks another is known to those two alone. What is appended names nobody.

mod opening;

pub(crate) use opening::{Prepared, prepare, settle_all, show, waiting};

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::amount::Share;
use commonweal_domain::ids::{ConfirmationRequestId, Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::commitment::{Salt, SealedCommitment};
use commonweal_domain::log::kinds::Body;
use commonweal_domain::tender::confirmation::InvalidConfirmation;
use commonweal_domain::tender::entries::{
    ConfirmationReplaced, ConfirmationSealed, ConfirmationWithdrawn,
};
use commonweal_domain::tender::{ConfirmationContent, ConfirmedShare, LotCode};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::authorization::authorize;
use crate::bid::anonymous;
use crate::error::AppError;
use crate::organisation::column;
use crate::sealing::{SealedBytes, seal};
use crate::store::confirmation::{self as request, sealed_confirmation};
use crate::store::organisation;
use crate::store::{Command, PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::LoadedTender;

/// How many organisations a bidder may ask for one lot; a bid names fewer.
const ASKED_FOR_LOT: usize = 60;

/// How many requests a bidder may have in all lots of a tender: the opening accounts for what comes of each of them.
const ASKED_FOR_TENDER: usize = 600;

/// How many confirmations an organisation may seal for one bidder and lot, replaced and withdrawn ones included: the
/// opening accounts for each of them.
const SEALED_PER_SHARE: u64 = 5;

/// Input of [`App::ask_confirmation`].
#[derive(Debug, Clone)]
pub struct AskConfirmation {
    /// The tender.
    pub tender: TenderId,
    /// The lot that the bid is for; may be left out where the tender has one.
    pub lot: Option<LotCode>,
    /// Who bids and asks.
    pub bidder: OrganisationId,
    /// Who is asked to confirm.
    pub organisation: OrganisationId,
    /// Its share of the contract value, or of the part of the organisation above it.
    pub share: Share,
    /// The organisation whose part it takes a share of; none for a member of the bidder's consortium.
    pub under: Option<OrganisationId>,
    /// The kind of work, in words.
    pub work: String,
    /// When the last byte of the request arrived.
    pub received_at: Time,
}

/// What an organisation gets for its confirmation: proof that it was in the log before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationReceipt {
    /// Random id of the sealed confirmation.
    pub sealed: SealedId,
    /// What the log holds of it.
    pub commitment: SealedCommitment,
    /// When its last byte arrived.
    pub received_at: Time,
    /// Log index of its entry.
    pub entry_index: u64,
}

struct Ask {
    actor: Actor,
    id: ConfirmationRequestId,
    content: ConfirmationContent,
    received_at: Time,
    kept: Vec<u8>,
}

impl PrivateCommand for Ask {
    const NAME: &'static str = "ask_confirmation";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let share = &self.content.share;
        let facts = acting_for(share.bidder);
        authorize(tx, &self.actor, Action::AskConfirmation, &facts).await?;
        let tender = LoadedTender::load(tx, self.content.tender).await?;
        tender.stage.can_submit(&tender.plan, self.received_at)?;
        // An amendment may have taken the lot away meanwhile.
        tender.lot(Some(&share.lot))?;
        check_parties(tx, &tender, share).await?;
        if let Some(earlier) = earlier_request(tx, &tender, share).await? {
            request::Entity::delete_by_id(earlier).exec(tx).await?;
        }
        request::Entity::insert(request::ActiveModel {
            id: Set(self.id.uuid()),
            tender_id: Set(tender.row.id),
            bidder_id: Set(share.bidder.uuid()),
            lot: Set(share.lot.to_string()),
            organisation_id: Set(share.organisation.uuid()),
            content: Set(self.kept.clone()),
            asked_at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

/// The request whose place a new one takes, since its confirmation would stand for another share; refused where the bidder
/// would have asked too many.
async fn earlier_request(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    share: &ConfirmedShare,
) -> Result<Option<uuid::Uuid>, AppError> {
    let asked: Vec<(uuid::Uuid, String, uuid::Uuid)> = request::Entity::find()
        .select_only()
        .columns([
            request::Column::Id,
            request::Column::Lot,
            request::Column::OrganisationId,
        ])
        .filter(request::Column::TenderId.eq(tender.row.id))
        .filter(request::Column::BidderId.eq(share.bidder.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    let of_lot = asked.iter().filter(|(_, lot, _)| lot == share.lot.as_str());
    let mut same = of_lot
        .clone()
        .filter(|(_, _, organisation)| *organisation == share.organisation.uuid());
    if let Some((earlier, _, _)) = same.next() {
        return Ok(Some(*earlier));
    }
    if of_lot.count() >= ASKED_FOR_LOT || asked.len() >= ASKED_FOR_TENDER {
        let message = format!(
            "a bidder may ask at most {ASKED_FOR_LOT} organisations for a lot and {ASKED_FOR_TENDER} for all lots of a tender: a bid names fewer"
        );
        let (code, field) = ("TOO_MANY_ASKED", "organisation");
        return Err(AppError::refused_at(code, field, message));
    }
    Ok(None)
}

/// Both organisations are registered, and neither is the buyer.
async fn check_parties(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    share: &ConfirmedShare,
) -> Result<(), AppError> {
    let named = [
        ("bidder", Some(share.bidder)),
        ("organisation", Some(share.organisation)),
        ("under", share.under),
    ];
    let ids = named.iter().filter_map(|(_, id)| Some((*id)?.uuid()));
    let known = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(ids))
        .all(connection)
        .await?;
    for (field, id) in named {
        let Some(id) = id else { continue };
        if known.iter().all(|row| row.id != id.uuid()) {
            let message = "no such organisation: name one that is registered";
            return Err(AppError::refused_at("UNKNOWN_ORGANISATION", field, message));
        }
        if id == tender.buyer {
            let message = "the buyer takes no part in a bid for its own tender";
            return Err(AppError::refused_at("BUYER_TAKES_PART", field, message));
        }
    }
    Ok(())
}

struct Confirm {
    actor: Actor,
    request: ConfirmationRequestId,
    content: ConfirmationContent,
    received_at: Time,
    id: SealedId,
    sealed: SealedBytes,
}

impl Command for Confirm {
    const NAME: &'static str = "confirm_share";
    type Out = ConfirmationReceipt;

    async fn run(&self, tx: &mut Tx) -> Result<ConfirmationReceipt, AppError> {
        let share = &self.content.share;
        let facts = acting_for(share.organisation);
        authorize(tx, &self.actor, Action::ConfirmShare, &facts).await?;
        let tender = LoadedTender::load(tx, self.content.tender).await?;
        tender.stage.can_submit(&tender.plan, self.received_at)?;
        if tender.plan.lot(&share.lot).is_none() {
            let lot = &share.lot;
            let message =
                format!("an amendment took lot {lot} away: the bidder has to ask for another lot");
            return Err(AppError::refused_at("LOT", "request", message));
        }
        load_request(tx, self.request, share.organisation).await?;
        let replaced = self.make_room(tx).await?;
        let body: Body = match replaced {
            Some(replaced) => ConfirmationReplaced {
                replaced,
                sealed: self.id,
                commitment: self.sealed.commitment,
            }
            .into(),
            None => ConfirmationSealed {
                sealed: self.id,
                commitment: self.sealed.commitment,
            }
            .into(),
        };
        let index = tx.append(anonymous(self.id, body))?;
        // Clocks of several processes may differ; nothing arrives after its own entry.
        let received_at = self.received_at.min(tx.at());
        sealed_confirmation::Entity::insert(sealed_confirmation::ActiveModel {
            id: Set(self.id.uuid()),
            request_id: Set(self.request.uuid()),
            tender_id: Set(self.content.tender.uuid()),
            bidder_id: Set(share.bidder.uuid()),
            lot: Set(share.lot.to_string()),
            organisation_id: Set(share.organisation.uuid()),
            state: Set("waiting".to_owned()),
            received_at: Set(received_at.micros()),
            commitment: Set(self.sealed.commitment.0.0.to_vec()),
            ciphertext: Set(self.sealed.ciphertext.clone()),
            entry_idx: Set(column(index)?),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        Ok(ConfirmationReceipt {
            sealed: self.id,
            commitment: self.sealed.commitment,
            received_at,
            entry_index: index,
        })
    }
}

impl Confirm {
    /// An organisation has one waiting confirmation for a bidder and lot: a new one takes its place.
    async fn make_room(&self, tx: &Tx) -> Result<Option<SealedId>, AppError> {
        let share = &self.content.share;
        let sealed = sealed_confirmation::Entity::find()
            .filter(sealed_confirmation::Column::TenderId.eq(self.content.tender.uuid()))
            .filter(sealed_confirmation::Column::BidderId.eq(share.bidder.uuid()))
            .filter(sealed_confirmation::Column::Lot.eq(share.lot.as_str()))
            .filter(sealed_confirmation::Column::OrganisationId.eq(share.organisation.uuid()))
            .all(tx)
            .await?;
        let waiting = sealed.iter().find(|row| row.state == "waiting");
        if waiting.is_some_and(|row| row.request_id == self.request.uuid()) {
            let message =
                "this share is confirmed already: withdraw the confirmation to change your mind";
            return Err(AppError::refused_at(
                "ALREADY_CONFIRMED",
                "request",
                message,
            ));
        }
        if u64::try_from(sealed.len()).map_err(AppError::internal)? >= SEALED_PER_SHARE {
            let message = format!(
                "an organisation may confirm at most {SEALED_PER_SHARE} times for a bidder and lot, replaced and withdrawn ones included"
            );
            return Err(AppError::refused_at(
                "TOO_MANY_CONFIRMATIONS",
                "request",
                message,
            ));
        }
        let Some(waiting) = waiting else {
            return Ok(None);
        };
        end(tx, waiting.id, "replaced").await?;
        Ok(Some(SealedId::from_uuid(waiting.id)))
    }
}

struct Withdraw {
    actor: Actor,
    organisation: OrganisationId,
    sealed: SealedId,
    received_at: Time,
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw_confirmation";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let facts = acting_for(self.organisation);
        authorize(tx, &self.actor, Action::WithdrawConfirmation, &facts).await?;
        let row = sealed_confirmation::Entity::find_by_id(self.sealed.uuid())
            .filter(sealed_confirmation::Column::OrganisationId.eq(self.organisation.uuid()))
            .one(tx)
            .await?;
        let row = row.ok_or_else(|| AppError::NotFound("no such confirmation".to_owned()))?;
        if row.state != "waiting" {
            let message = format!("this confirmation is {} already", row.state);
            return Err(AppError::refused_at(
                "NOT_WAITING",
                "sealedConfirmation",
                message,
            ));
        }
        let tender = LoadedTender::load(tx, TenderId::from_uuid(row.tender_id)).await?;
        tender.stage.can_withdraw(&tender.plan, self.received_at)?;
        let withdrawn = ConfirmationWithdrawn {
            sealed: self.sealed,
            received_at: self.received_at.min(tx.at()),
        };
        tx.append(anonymous(self.sealed, withdrawn))?;
        end(tx, row.id, "withdrawn").await
    }
}

async fn end(tx: &Tx, id: uuid::Uuid, state: &str) -> Result<(), AppError> {
    sealed_confirmation::ActiveModel {
        id: Set(id),
        state: Set(state.to_owned()),
        ended_at: Set(Some(tx.at().micros())),
        ..Default::default()
    }
    .update(tx)
    .await?;
    Ok(())
}

fn acting_for(organisation: OrganisationId) -> Facts<'static> {
    Facts {
        organisation: Some(organisation),
        ..Facts::default()
    }
}

/// A request to an organisation that still stands. Another's is as good as none.
async fn load_request(
    connection: &impl ConnectionTrait,
    id: ConfirmationRequestId,
    organisation: OrganisationId,
) -> Result<request::Model, AppError> {
    let row = request::Entity::find_by_id(id.uuid())
        .filter(request::Column::OrganisationId.eq(organisation.uuid()))
        .one(connection)
        .await?;
    row.ok_or_else(|| {
        AppError::NotFound("no such request: the bidder may have asked anew".to_owned())
    })
}

/// What is wrong with a request, with the field in the words of the input.
fn invalid(error: &InvalidConfirmation) -> AppError {
    let (code, field) = match error {
        InvalidConfirmation::OwnShare => ("OWN_SHARE", "organisation"),
        InvalidConfirmation::NoShare => ("NO_SHARE", "share"),
        InvalidConfirmation::UnderItself => ("UNDER_ITSELF", "under"),
        InvalidConfirmation::Work => ("WORK", "work"),
    };
    AppError::refused_at(code, field, error)
}

impl App {
    /// Asks an organisation to confirm the share that a bid will state for it. Only those two know; the content rests
    /// encrypted. Asking again takes the place of the earlier request.
    pub async fn ask_confirmation(
        &self,
        actor: &Actor,
        input: AskConfirmation,
    ) -> Result<ConfirmationRequestId, AppError> {
        let facts = acting_for(input.bidder);
        actor::authorize(actor, Action::AskConfirmation, &facts)?;
        let tender = LoadedTender::load(self.store.read(), input.tender).await?;
        let content = ConfirmationContent {
            tender: input.tender,
            share: ConfirmedShare {
                bidder: input.bidder,
                lot: tender.lot(input.lot.as_ref())?,
                organisation: input.organisation,
                share: input.share,
                under: input.under,
            },
            work: input.work,
        };
        content.check().map_err(|error| invalid(&error))?;
        let id = self.ids.new();
        let command = Ask {
            actor: actor.clone(),
            id,
            kept: self.sealing()?.keep(&content)?,
            content,
            received_at: input.received_at,
        };
        self.store.write_private(command).await?;
        Ok(id)
    }

    /// Confirms the share that a bidder asks for, for the organisation that was asked, until the deadline. It is encrypted to
    /// the tender's recipient; the log gets a commitment that names nobody. It takes the place of an earlier confirmation
    /// for the same bidder and lot.
    pub async fn confirm_share(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        request: ConfirmationRequestId,
        received_at: Time,
    ) -> Result<Written<ConfirmationReceipt>, AppError> {
        actor::authorize(actor, Action::ConfirmShare, &acting_for(organisation))?;
        let row = load_request(self.store.read(), request, organisation).await?;
        let content: ConfirmationContent = self.sealing()?.read(&row.content)?;
        let tender = LoadedTender::load(self.store.read(), content.tender).await?;
        let sealed = content.seal(|| Salt(self.ids.rng().bytes()));
        let command = Confirm {
            actor: actor.clone(),
            request,
            content,
            received_at,
            id: self.ids.sealed(),
            sealed: seal(&tender.row.recipient, &sealed)?,
        };
        self.store.write(None, command).await
    }

    /// Takes a confirmation back, until the deadline.
    pub async fn withdraw_confirmation(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        sealed: SealedId,
        received_at: Time,
    ) -> Result<Written<()>, AppError> {
        let command = Withdraw {
            actor: actor.clone(),
            organisation,
            sealed,
            received_at,
        };
        self.store.write(None, command).await
    }
}
