//! The second envelopes: two officers open the prices after the consensus on quality. Until then no price rests in clear.

use std::collections::BTreeSet;

use commonweal_domain::actor::{self, Action, Actor, Facts, Role};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, SealedId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::commitment::{SealedCommitment, verify_opening};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::tender::entries::{BidPriceOpened, PricesOpened};
use commonweal_domain::tender::envelopes::{ClosedPrices, stays_closed};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::validity::Validity;
use commonweal_domain::tender::{ConfirmedShare, LotCode, PriceEnvelope};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

use crate::App;
use crate::apart;
use crate::error::AppError;
use crate::exclusion::takes_part;
use crate::opening::{first_officer, still_officers};
use crate::organisation::{column, word};
use crate::ranking::entrants;
use crate::sealing::{ReleasedKey, open};
use crate::store::bid::{self, sealed_bid};
use crate::store::columns::hash;
use crate::store::confirmation::shown_shares;
use crate::store::evaluation::consensus;
use crate::store::process::price_approval;
use crate::store::tender::tender_key;
use crate::store::{Command, PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::LoadedTender;

struct Approve {
    actor: Actor,
    tender: TenderId,
}

impl PrivateCommand for Approve {
    const NAME: &'static str = "approve_price_opening";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let action = Action::ApprovePriceOpening;
        let permit = apart::permit(tx, tx.at(), &tender, &self.actor, action, &[]).await?;
        tender.stage.can_open_prices(&tender.plan)?;
        let key = (self.tender.uuid(), permit.actor.id.uuid());
        let earlier = price_approval::Entity::find_by_id(key).one(tx).await?;
        if earlier.is_some() {
            return Ok(());
        }
        price_approval::Entity::insert(price_approval::ActiveModel {
            tender_id: Set(key.0),
            person_id: Set(key.1),
            organisation_id: Set(permit.actor.organisation.uuid()),
            at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

/// Officers who approved the opening of the prices and still hold the role.
async fn approvals(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Vec<PersonId>, AppError> {
    let approved = price_approval::Entity::find()
        .filter(price_approval::Column::TenderId.eq(tender.row.id))
        .order_by_asc(price_approval::Column::At)
        .all(connection)
        .await?;
    let people = approved.iter().map(|approval| approval.person_id);
    still_officers(connection, tender, people.collect()).await
}

/// The second envelope of a bid, decrypted and judged before the transaction.
struct Prepared {
    bid: BidId,
    content: Vec<u8>,
    envelope: PriceEnvelope,
    validity: Validity,
}

struct Open {
    actor: Actor,
    tender: TenderId,
    /// The tender's last input when the envelopes were prepared.
    inputs_idx: i64,
    opened: Vec<Prepared>,
    closed: Vec<BidId>,
}

impl Command for Open {
    const NAME: &'static str = "open_prices";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let first = first_officer(&approvals(tx, &tender).await?, &self.actor)?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::OpenPrices,
            &[first],
        )
        .await?;
        let stage = tender.stage.can_open_prices(&tender.plan)?;
        if tender.row.inputs_idx != self.inputs_idx {
            let message = "a bid was excluded while the prices were prepared: open them again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        let first = EntryActor {
            role: Role::Officer,
            id: first,
            organisation: tender.buyer,
        };
        let opened = PricesOpened {
            tender: self.tender,
            opened: self.opened.iter().map(|prepared| prepared.bid).collect(),
            closed: self.closed.clone(),
        };
        let actors = vec![first, permit.actor.clone()];
        let mut inputs_idx = tender.append(tx, actors, None, opened).await?;
        for prepared in &self.opened {
            inputs_idx = self.show(tx, prepared, &permit.actor).await?;
        }
        let inputs_idx = column(inputs_idx)?;
        tender
            .store(tx, stage, |row| row.inputs_idx = Set(inputs_idx))
            .await
    }
}

impl Open {
    async fn show(
        &self,
        tx: &mut Tx,
        prepared: &Prepared,
        officer: &EntryActor,
    ) -> Result<u64, AppError> {
        let index = tx.append(Draft {
            actors: vec![officer.clone()],
            subject: prepared.bid.to_string(),
            inputs_upto: None,
            body: BidPriceOpened {
                tender: self.tender,
                bid: prepared.bid,
                envelope: prepared.envelope.clone(),
                validity: prepared.validity,
            }
            .into(),
        })?;
        bid::ActiveModel {
            id: Set(prepared.bid.uuid()),
            content: Set(prepared.content.clone()),
            validity: Set(word(prepared.validity)?),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(index)
    }
}

/// Decrypts a bid once more and judges its prices against what the opening of the bid committed to.
fn prepare(
    key: &ReleasedKey,
    plan: &Plan,
    catalogue: &Catalogue,
    row: &bid::Model,
    sealed: &sealed_bid::Model,
) -> Result<Prepared, AppError> {
    let bid = BidId::from_uuid(row.id);
    let content = open(key, &sealed.ciphertext).map_err(|error| {
        let message =
            format!("{bid:?}: {error}: restore the database, or exclude the bid by a decision");
        AppError::refused("UNREADABLE", message)
    })?;
    let ciphertext_hash = sha256(&sealed.ciphertext);
    let opening = |public: &dyn Fn(&str) -> bool| {
        let opening = content.open(ciphertext_hash, public);
        opening.map_err(AppError::internal)
    };
    let missing = || AppError::internal("a bid without its prices");
    let whole = opening(&|_| true)?;
    let shown = opening(&|name| plan.disclosure.publishes(name))?;
    let closed = ClosedPrices::of(&whole).ok_or_else(missing)?;
    let supplier = OrganisationId::from_uuid(row.supplier_id);
    let lot: LotCode = row.lot.parse().map_err(AppError::internal)?;
    let sealed = SealedCommitment(hash(&sealed.commitment)?);
    let validity = match verify_opening(&sealed, &whole) {
        Ok(()) => {
            let whole = PriceEnvelope::of(&whole).ok_or_else(missing)?;
            whole.judge(plan, catalogue, (supplier, &lot), &closed).0
        }
        Err(_) => Validity::CommitmentMismatch,
    };
    Ok(Prepared {
        bid,
        content: canonical_blob(&content).map_err(AppError::internal)?,
        envelope: PriceEnvelope::of(&shown).ok_or_else(missing)?,
        validity,
    })
}

impl App {
    /// Approves the opening of the prices, after the consensus: the first of two officers.
    pub async fn approve_price_opening(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<(), AppError> {
        let actor = actor.clone();
        self.store.write_private(Approve { actor, tender }).await
    }

    /// Opens the prices of every bid that takes part and that the plan does not exclude on quality: the second of two
    /// officers. The other envelopes stay closed for ever.
    pub async fn open_prices(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<()>, AppError> {
        let read = self.store.read();
        let tender = LoadedTender::load(read, tender).await?;
        // The key is released for an opening that may take place, and for nothing else; the command decides once more.
        let first = first_officer(&approvals(read, &tender).await?, actor)?;
        let facts = Facts {
            earlier: &[first],
            ..tender.facts()
        };
        actor::authorize(actor, Action::OpenPrices, &facts)?;
        tender.stage.can_open_prices(&tender.plan)?;
        let (opened, closed) = self.prepare_prices(&tender).await?;
        let command = Open {
            actor: actor.clone(),
            tender: tender.id,
            inputs_idx: tender.row.inputs_idx,
            opened,
            closed,
        };
        self.store.write(None, command).await
    }

    async fn prepare_prices(
        &self,
        tender: &LoadedTender,
    ) -> Result<(Vec<Prepared>, Vec<BidId>), AppError> {
        let read = self.store.read();
        let key = tender_key::Entity::find_by_id(tender.row.id)
            .one(read)
            .await?;
        let key = key.ok_or_else(|| AppError::internal("a tender without its key"))?;
        let mut bids = bid::Entity::find()
            .filter(bid::Column::TenderId.eq(tender.row.id))
            .order_by_asc(bid::Column::Id)
            .all(read)
            .await?;
        let levels = consensus::Entity::find()
            .filter(consensus::Column::TenderId.eq(tender.row.id))
            .all(read)
            .await?;
        let shares = shown_shares(read, [tender.row.id]).await?;
        let shares: Vec<ConfirmedShare> = shares.into_iter().map(|(_, share)| share).collect();
        let closed: Vec<BidId> = entrants(&bids, &levels, &shares)?
            .iter()
            .filter(|entrant| stays_closed(&tender.plan, entrant))
            .map(|entrant| entrant.bid)
            .collect();
        let shut: BTreeSet<_> = closed.iter().map(|bid| bid.uuid()).collect();
        let mut taking_part = Vec::new();
        for row in bids.drain(..) {
            if takes_part(&row)? && !shut.contains(&row.id) {
                taking_part.push(row);
            }
        }
        let sealed = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::Id.is_in(taking_part.iter().map(|row| row.sealed_id)))
            .all(read)
            .await?;
        let catalogue = self.catalogue_of(&tender.plan).await?;
        let (sealing, plan) = (self.sealing()?.clone(), tender.plan.clone());
        let decrypt = move || {
            let key = sealing.release(&key.wrapped)?;
            let prepared = taking_part.iter().map(|row| {
                let sealed = sealed.iter().find(|sealed| sealed.id == row.sealed_id);
                let missing = SealedId::from_uuid(row.sealed_id);
                let sealed =
                    sealed.ok_or_else(|| AppError::internal(format!("no sealed bid {missing}")))?;
                prepare(&key, &plan, &catalogue, row, sealed)
            });
            prepared.collect::<Result<Vec<_>, AppError>>()
        };
        let opened = tokio::task::spawn_blocking(decrypt)
            .await
            .map_err(AppError::internal)??;
        Ok((opened, closed))
    }
}
