//! Use-cases of sealed bids: submit, replace, withdraw. What they append names neither tender nor supplier.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::commitment::{Salt, SealedCommitment};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::kinds::Body;
use commonweal_domain::tender::bid_check::BidError;
use commonweal_domain::tender::entries::{BidLate, BidReplaced, BidSealed, BidWithdrawn};
use commonweal_domain::tender::stage::TenderError;
use commonweal_domain::tender::{BidContent, LotCode, Plan};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::sealing::{SealedBytes, seal};
use crate::store::bid::sealed_bid;
use crate::store::confirmation::late_bid;
use crate::store::organisation;
use crate::store::{Command, IdempotencyKey, Tx, Written};
use crate::tender::{LoadedTender, input_path};

/// How many bids a supplier may send for one lot, replaced and withdrawn ones included: the opening accounts for each of
/// them in one entry.
const SEALED_PER_SUPPLIER: u64 = 10;

/// How many late bids of a supplier for one tender are logged. Later ones are refused without a trace: anyone could fill the
/// log with them.
const LATE_PER_SUPPLIER: u64 = 10;

/// Input of [`App::submit_bid`] and [`App::replace_bid`].
#[derive(Debug, Clone)]
pub struct SubmitBid {
    /// The tender.
    pub tender: TenderId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// What the bid says.
    pub content: BidContent,
    /// When the last byte of the request arrived.
    pub received_at: Time,
    /// The caller's key for this request: a repeated request gets the first receipt.
    pub idempotency_key: String,
}

/// What the supplier gets for a bid: proof that it was in the log before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BidReceipt {
    /// Random id of the sealed bid.
    pub sealed: SealedId,
    /// What the log holds of it.
    pub commitment: SealedCommitment,
    /// When its last byte arrived.
    pub received_at: Time,
    /// Log index of its entry.
    pub entry_index: u64,
}

/// What became of a bid that arrived. A late one is logged before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Submitted {
    Taken(BidReceipt),
    Late { closes_at: Time },
}

struct Submit {
    actor: Actor,
    tender: TenderId,
    supplier: OrganisationId,
    lot: LotCode,
    received_at: Time,
    id: SealedId,
    sealed: SealedBytes,
    /// The bid whose place it takes.
    replaces: Option<SealedId>,
    /// How often the plan was amended when the content was checked against it.
    amendments: i64,
}

impl Command for Submit {
    const NAME: &'static str = "submit_bid";
    type Out = Submitted;

    async fn run(&self, tx: &mut Tx) -> Result<Submitted, AppError> {
        let facts = for_supplier(self.supplier);
        authorize(tx, &self.actor, Action::SubmitBid, &facts).await?;
        let tender = LoadedTender::load(tx, self.tender).await?;
        match tender.stage.can_submit(&tender.plan, self.received_at) {
            Ok(()) => {}
            Err(TenderError::Closed { closes_at }) => {
                self.log_late(tx).await?;
                return Ok(Submitted::Late { closes_at });
            }
            Err(error) => return Err(error.into()),
        }
        if tender.row.amendments != self.amendments {
            let message = "the plan was amended meanwhile: read it, and send the bid again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        self.make_room(tx, &tender.plan).await?;
        let body: Body = match self.replaces {
            Some(replaced) => BidReplaced {
                replaced,
                sealed: self.id,
                commitment: self.sealed.commitment,
            }
            .into(),
            None => BidSealed {
                sealed: self.id,
                commitment: self.sealed.commitment,
            }
            .into(),
        };
        let index = tx.append(anonymous(self.id, body))?;
        // Clocks of several processes may differ; a bid never arrives after its own entry.
        let received_at = self.received_at.min(tx.at());
        self.insert(tx, received_at, index).await?;
        Ok(Submitted::Taken(BidReceipt {
            sealed: self.id,
            commitment: self.sealed.commitment,
            received_at,
            entry_index: index,
        }))
    }
}

impl Submit {
    /// Logs that a bid came late, a few times for each supplier and tender.
    async fn log_late(&self, tx: &mut Tx) -> Result<(), AppError> {
        let logged = late_bid::Entity::find()
            .filter(late_bid::Column::TenderId.eq(self.tender.uuid()))
            .filter(late_bid::Column::SupplierId.eq(self.supplier.uuid()))
            .count(tx)
            .await?;
        if logged >= LATE_PER_SUPPLIER {
            return Ok(());
        }
        let late = BidLate {
            sealed: self.id,
            commitment: self.sealed.commitment,
        };
        let index = tx.append(anonymous(self.id, late))?;
        late_bid::Entity::insert(late_bid::ActiveModel {
            sealed_id: Set(self.id.uuid()),
            tender_id: Set(self.tender.uuid()),
            supplier_id: Set(self.supplier.uuid()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }

    /// A supplier has one waiting bid for a lot: a new one needs none, a replacement the one that it names.
    async fn make_room(&self, tx: &Tx, plan: &Plan) -> Result<(), AppError> {
        let own = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::TenderId.eq(self.tender.uuid()))
            .filter(sealed_bid::Column::SupplierId.eq(self.supplier.uuid()));
        let of_lot = sealed_bid::Column::Lot.eq(self.lot.as_str());
        let sent = own.clone().filter(of_lot).count(tx).await?;
        if sent >= SEALED_PER_SUPPLIER {
            let message = format!(
                "a supplier may send at most {SEALED_PER_SUPPLIER} bids for a lot, replaced and withdrawn ones included"
            );
            return Err(AppError::refused_at("TOO_MANY_BIDS", "tender", message));
        }
        if let Some(replaced) = self.replaces {
            let waiting = waiting(tx, replaced, self.supplier).await?;
            if waiting.tender_id != self.tender.uuid() {
                return Err(AppError::NotFound("no such bid".to_owned()));
            }
            if waiting.lot != self.lot.as_str() {
                let message = format!(
                    "the bid to replace is for lot {}: send the new one as a bid of its own, or withdraw the old one",
                    waiting.lot
                );
                return Err(AppError::refused_at("OTHER_LOT", "bid.lot", message));
            }
            return end(tx, waiting, "replaced").await;
        }
        let waiting = own
            .filter(sealed_bid::Column::State.eq("waiting"))
            .all(tx)
            .await?;
        if waiting.iter().any(|row| row.lot == self.lot.as_str()) {
            let message =
                "the supplier has a bid for this lot already: replace it or withdraw it first";
            return Err(AppError::refused_at("BID_EXISTS", "tender", message));
        }
        let limits = plan.lot_limits.as_ref();
        let most = limits.and_then(|limits| limits.max_bids_per_supplier);
        let others = u32::try_from(waiting.len()).map_err(AppError::internal)?;
        match most.filter(|most| others >= *most) {
            None => Ok(()),
            Some(most) => {
                let message = format!(
                    "a supplier may bid for at most {most} lots of this tender: withdraw a bid for another lot first"
                );
                Err(AppError::refused_at("TOO_MANY_LOTS", "bid.lot", message))
            }
        }
    }

    async fn insert(&self, tx: &Tx, received_at: Time, index: u64) -> Result<(), AppError> {
        sealed_bid::Entity::insert(sealed_bid::ActiveModel {
            id: Set(self.id.uuid()),
            tender_id: Set(self.tender.uuid()),
            supplier_id: Set(self.supplier.uuid()),
            lot: Set(self.lot.to_string()),
            state: Set("waiting".to_owned()),
            received_at: Set(received_at.micros()),
            ended_at: Set(None),
            commitment: Set(self.sealed.commitment.0.0.to_vec()),
            ciphertext: Set(self.sealed.ciphertext.clone()),
            entry_idx: Set(column(index)?),
            confirmed_at: Set(None),
            confirmed_idx: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

struct Withdraw {
    actor: Actor,
    supplier: OrganisationId,
    sealed: SealedId,
    received_at: Time,
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw_bid";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let facts = for_supplier(self.supplier);
        authorize(tx, &self.actor, Action::WithdrawBid, &facts).await?;
        let row = waiting(tx, self.sealed, self.supplier).await?;
        let tender = LoadedTender::load(tx, TenderId::from_uuid(row.tender_id)).await?;
        tender.stage.can_withdraw(&tender.plan, self.received_at)?;
        let withdrawn = BidWithdrawn {
            sealed: self.sealed,
            received_at: self.received_at.min(tx.at()),
        };
        tx.append(anonymous(self.sealed, withdrawn))?;
        end(tx, row, "withdrawn").await
    }
}

fn for_supplier(supplier: OrganisationId) -> Facts<'static> {
    Facts {
        organisation: Some(supplier),
        ..Facts::default()
    }
}

/// An entry about a sealed bid or confirmation: no actor, and no subject but the random id.
pub(crate) fn anonymous(id: SealedId, body: impl Into<Body>) -> Draft {
    Draft {
        actors: Vec::new(),
        subject: id.to_string(),
        inputs_upto: None,
        body: body.into(),
    }
}

/// A supplier's own bid that still waits. Another's is as good as none.
pub(crate) async fn waiting(
    tx: &Tx,
    id: SealedId,
    supplier: OrganisationId,
) -> Result<sealed_bid::Model, AppError> {
    let row = sealed_bid::Entity::find_by_id(id.uuid())
        .filter(sealed_bid::Column::SupplierId.eq(supplier.uuid()))
        .one(tx)
        .await?;
    let row = row.ok_or_else(|| AppError::NotFound("no such bid".to_owned()))?;
    if row.state == "waiting" {
        Ok(row)
    } else {
        let message = format!("this bid is {} already", row.state);
        Err(AppError::refused_at("NOT_WAITING", "bid", message))
    }
}

async fn end(tx: &Tx, row: sealed_bid::Model, state: &str) -> Result<(), AppError> {
    sealed_bid::ActiveModel {
        id: Set(row.id),
        state: Set(state.to_owned()),
        ended_at: Set(Some(tx.at().micros())),
        ..Default::default()
    }
    .update(tx)
    .await?;
    Ok(())
}

/// An error in the content, with its place in the input.
fn bid_error(error: &BidError) -> AppError {
    AppError::refused_at("BID", input_path("bid", &error.path), &error.problem)
}

impl App {
    /// Submits a bid: it is encrypted to the tender's recipient before anything is stored.
    ///
    /// A bid that arrived after the deadline is logged as `bid.late` and refused with `CLOSED`.
    pub async fn submit_bid(
        &self,
        actor: &Actor,
        input: SubmitBid,
    ) -> Result<Written<BidReceipt>, AppError> {
        self.send_bid(actor, input, None).await
    }

    /// Puts a bid in the place of an earlier one of the same supplier, until the deadline.
    pub async fn replace_bid(
        &self,
        actor: &Actor,
        replaces: SealedId,
        input: SubmitBid,
    ) -> Result<Written<BidReceipt>, AppError> {
        self.send_bid(actor, input, Some(replaces)).await
    }

    async fn send_bid(
        &self,
        actor: &Actor,
        input: SubmitBid,
        replaces: Option<SealedId>,
    ) -> Result<Written<BidReceipt>, AppError> {
        // Whoever may not bid learns nothing of the content's checks; the command decides once more.
        commonweal_domain::actor::authorize(
            actor,
            Action::SubmitBid,
            &for_supplier(input.supplier),
        )?;
        let tender = LoadedTender::load(self.store.read(), input.tender).await?;
        self.check_content(&tender, &input).await?;
        let request = (input.tender, input.supplier, replaces, &input.content);
        let key = IdempotencyKey::new(
            input.supplier,
            input.idempotency_key.clone(),
            self.sealing()?.fingerprint(&request)?,
        )?;
        let salt = || Salt(self.ids.rng().bytes());
        let content = input.content.seal(input.tender, input.supplier, salt);
        let command = Submit {
            actor: actor.clone(),
            tender: input.tender,
            supplier: input.supplier,
            lot: input.content.lot.clone(),
            received_at: input.received_at,
            id: self.ids.sealed(),
            sealed: seal(&tender.row.recipient, &content)?,
            replaces,
            amendments: tender.row.amendments,
        };
        let written = self.store.write(Some(key), command).await?;
        match written.out {
            Submitted::Taken(receipt) => Ok(Written {
                out: receipt,
                at: written.at,
                entries: written.entries,
                replayed: written.replayed,
            }),
            Submitted::Late { closes_at } => Err(TenderError::Closed { closes_at }.into()),
        }
    }

    async fn check_content(
        &self,
        tender: &LoadedTender,
        input: &SubmitBid,
    ) -> Result<(), AppError> {
        let catalogue = self.catalogue_of(&tender.plan).await?;
        let checked = input
            .content
            .check(&tender.plan, &catalogue, input.supplier);
        checked.map_err(|error| bid_error(&error))?;
        let named: Vec<_> = input.content.participations.iter().collect();
        if let Some(at) = named
            .iter()
            .position(|part| part.organisation == tender.buyer)
        {
            return Err(AppError::refused_at(
                "BUYER_TAKES_PART",
                format!("bid.participations.{at}.organisation"),
                "the buyer takes no part in a bid for its own tender",
            ));
        }
        let ids = named.iter().map(|part| part.organisation.uuid());
        let known = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(ids))
            .all(self.store.read())
            .await?;
        let unknown = |id: OrganisationId| known.iter().all(|row| row.id != id.uuid());
        match named.iter().position(|part| unknown(part.organisation)) {
            None => Ok(()),
            Some(at) => Err(AppError::refused_at(
                "UNKNOWN_ORGANISATION",
                format!("bid.participations.{at}.organisation"),
                "no such organisation: name one that is registered",
            )),
        }
    }

    /// Takes a bid back, until the deadline.
    pub async fn withdraw_bid(
        &self,
        actor: &Actor,
        supplier: OrganisationId,
        sealed: SealedId,
        received_at: Time,
    ) -> Result<Written<()>, AppError> {
        let command = Withdraw {
            actor: actor.clone(),
            supplier,
            sealed,
            received_at,
        };
        self.store.write(None, command).await
    }
}
