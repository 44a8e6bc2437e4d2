//! The opening by two officers: one approves, another opens, and only then is the tender's key released.

use std::collections::BTreeSet;

use commonweal_domain::actor::{self, Action, Actor, Facts, Role};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, SealedId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::commitment::{Opening, SealedCommitment};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::tender::LotCode;
use commonweal_domain::tender::entries::{BidOpened, TenderOpened};
use commonweal_domain::tender::sealing::BidHead;
use commonweal_domain::tender::validity::{Validity, judge};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use crate::App;
use crate::amendment::{by_standing, stands};
use crate::apart;
use crate::confirmation;
use crate::error::AppError;
use crate::organisation::{column, word};
use crate::rng::Ids;
use crate::sealing::{ReleasedKey, open};
use crate::store::bid::{self, sealed_bid};
use crate::store::columns::hash;
use crate::store::organisation::role_grant;
use crate::store::tender::{opening_approval, tender_key};
use crate::store::{Command, PrivateCommand, PrivateTx, Tx, Written};
use crate::tender::LoadedTender;

struct Approve {
    actor: Actor,
    tender: TenderId,
}

impl PrivateCommand for Approve {
    const NAME: &'static str = "approve_opening";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::ApproveOpening,
            &[],
        )
        .await?;
        tender.stage.can_open(&tender.plan, tx.at())?;
        let key = (self.tender.uuid(), permit.actor.id.uuid());
        if opening_approval::Entity::find_by_id(key)
            .one(tx)
            .await?
            .is_some()
        {
            return Ok(());
        }
        opening_approval::Entity::insert(opening_approval::ActiveModel {
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

/// Officers who approved the opening and still hold the role.
pub(crate) async fn approvals(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Vec<PersonId>, AppError> {
    let approved = opening_approval::Entity::find()
        .filter(opening_approval::Column::TenderId.eq(tender.row.id))
        .order_by_asc(opening_approval::Column::At)
        .all(connection)
        .await?;
    let people = approved.iter().map(|approval| approval.person_id);
    still_officers(connection, tender, people.collect()).await
}

/// Those of some people who are officers of the tender's buyer now, in the same order.
pub(crate) async fn still_officers(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    people: Vec<Uuid>,
) -> Result<Vec<PersonId>, AppError> {
    let officers = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.is_in(people.iter().copied()))
        .filter(role_grant::Column::OrganisationId.eq(tender.row.buyer_id))
        .filter(role_grant::Column::Role.eq(Role::Officer.as_str()))
        .all(connection)
        .await?;
    let holds = |person: &Uuid| officers.iter().any(|grant| grant.person_id == *person);
    let still = people.into_iter().filter(holds);
    Ok(still.map(PersonId::from_uuid).collect())
}

/// The approval that an opening by this actor stands on: another's where there is one.
pub(crate) fn first_officer(approvals: &[PersonId], actor: &Actor) -> Result<PersonId, AppError> {
    let other = approvals
        .iter()
        .find(|person| Some(**person) != actor.person_id());
    other.or(approvals.first()).copied().ok_or_else(|| {
        AppError::refused(
            "NOT_APPROVED",
            "another officer must approve the opening first",
        )
    })
}

/// A bid that was decrypted and judged before the transaction.
struct Prepared {
    bid: BidId,
    sealed: SealedId,
    supplier: OrganisationId,
    lot: LotCode,
    received_at: Time,
    content: Vec<u8>,
    opening: Opening,
    validity: Validity,
}

struct Open {
    actor: Actor,
    tender: TenderId,
    opened: Vec<Prepared>,
    void: Vec<SealedId>,
    confirmations: confirmation::Prepared,
}

impl Command for Open {
    const NAME: &'static str = "open_tender";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let first = first_officer(&approvals(tx, &tender).await?, &self.actor)?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::OpenTender,
            &[first],
        )
        .await?;
        let stage = tender.stage.can_open(&tender.plan, tx.at())?;
        let opened = self.account(tx, &tender).await?;
        let unconfirmed = opened.unconfirmed.clone();
        let first = EntryActor {
            role: Role::Officer,
            id: first,
            organisation: tender.buyer,
        };
        let actors = vec![first, permit.actor.clone()];
        let opened_idx = tender.append(tx, actors, None, opened).await?;
        confirmation::show(tx, self.tender, &self.confirmations, &permit.actor).await?;
        let mut inputs_idx = opened_idx;
        for prepared in &self.opened {
            inputs_idx = self.show(tx, prepared, &permit.actor).await?;
        }
        self.settle(tx, &unconfirmed).await?;
        let (opened_idx, inputs_idx) = (column(opened_idx)?, column(inputs_idx)?);
        tender
            .store(tx, stage, |row| {
                row.opened_idx = Set(Some(opened_idx));
                row.inputs_idx = Set(inputs_idx);
            })
            .await
    }
}

impl Open {
    /// Lists every sealed entry of the tender by its fate. What was prepared must be exactly what waits now.
    async fn account(&self, tx: &Tx, tender: &LoadedTender) -> Result<TenderOpened, AppError> {
        let rows = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::TenderId.eq(self.tender.uuid()))
            .all(tx)
            .await?;
        let by_state = |state: &str| -> Vec<SealedId> {
            let rows = rows.iter().filter(|row| row.state == state);
            rows.map(|row| SealedId::from_uuid(row.id)).collect()
        };
        let opened: Vec<SealedId> = self.opened.iter().map(|bid| bid.sealed).collect();
        let prepared: BTreeSet<&SealedId> = opened.iter().chain(&self.void).collect();
        let (waiting, unconfirmed) = by_standing(&rows, tender)?;
        if prepared != waiting.iter().collect() {
            let message = "a bid arrived in time while the opening was prepared: open again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        Ok(TenderOpened {
            tender: self.tender,
            opened,
            replaced: by_state("replaced"),
            withdrawn: by_state("withdrawn"),
            void: self.void.clone(),
            unconfirmed,
        })
    }

    async fn show(
        &self,
        tx: &mut Tx,
        bid: &Prepared,
        officer: &EntryActor,
    ) -> Result<u64, AppError> {
        let index = tx.append(Draft {
            actors: vec![officer.clone()],
            subject: bid.bid.to_string(),
            inputs_upto: None,
            body: BidOpened {
                bid: bid.bid,
                tender: self.tender,
                supplier: bid.supplier,
                lot: bid.lot.clone(),
                sealed: bid.sealed,
                received_at: bid.received_at,
                opening: bid.opening.clone(),
                validity: bid.validity,
            }
            .into(),
        })?;
        bid::Entity::insert(bid::ActiveModel {
            id: Set(bid.bid.uuid()),
            tender_id: Set(self.tender.uuid()),
            supplier_id: Set(bid.supplier.uuid()),
            lot: Set(bid.lot.to_string()),
            sealed_id: Set(bid.sealed.uuid()),
            received_at: Set(bid.received_at.micros()),
            validity: Set(word(bid.validity)?),
            content: Set(bid.content.clone()),
            entry_idx: Set(column(index)?),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        Ok(index)
    }

    async fn settle(&self, tx: &Tx, unconfirmed: &[SealedId]) -> Result<(), AppError> {
        let opened = self.opened.iter().map(|bid| bid.sealed.uuid()).collect();
        let shut = self.void.iter().chain(unconfirmed);
        let void: Vec<_> = shut.map(|id| id.uuid()).collect();
        let ids: [(&str, Vec<_>); 2] = [("opened", opened), ("void", void)];
        for (state, ids) in ids {
            sealed_bid::Entity::update_many()
                .set(sealed_bid::ActiveModel {
                    state: Set(state.to_owned()),
                    ended_at: Set(Some(tx.at().micros())),
                    ..Default::default()
                })
                .filter(sealed_bid::Column::Id.is_in(ids))
                .exec(tx)
                .await?;
        }
        tender_key::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            released_at: Set(Some(tx.at().micros())),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

/// Decrypts and judges one bid; `None` when it cannot be opened at all.
fn prepare(
    key: &ReleasedKey,
    tender: &LoadedTender,
    catalogue: &Catalogue,
    ids: &Ids,
    row: &sealed_bid::Model,
) -> Result<Option<Prepared>, AppError> {
    let ciphertext_hash = sha256(&row.ciphertext);
    let commitment = hash(&row.commitment)?;
    let supplier = OrganisationId::from_uuid(row.supplier_id);
    let Ok(content) = open(key, &row.ciphertext) else {
        return Ok(None);
    };
    let plan = &tender.plan;
    let whole = content.open(ciphertext_hash, |name| !plan.closes(name));
    let shown = content.open(ciphertext_hash, |name| plan.publishes(name));
    let (Ok(whole), Ok(shown)) = (whole, shown) else {
        return Ok(None);
    };
    let sealed = SealedCommitment(commitment);
    let head = BidHead {
        tender: tender.id,
        supplier,
        lot: row.lot.parse().map_err(AppError::internal)?,
    };
    let (validity, _) = judge(plan, catalogue, &head, &sealed, &whole);
    Ok(Some(Prepared {
        bid: ids.new(),
        sealed: SealedId::from_uuid(row.id),
        supplier,
        lot: head.lot,
        received_at: Time::from_micros(row.received_at),
        // The prices of a second envelope rest encrypted until two people open it.
        content: canonical_blob(&plan.without_prices(content)).map_err(AppError::internal)?,
        opening: shown,
        validity,
    }))
}

impl App {
    /// Approves the opening of a tender, after its deadline: the first of two officers.
    pub async fn approve_opening(&self, actor: &Actor, tender: TenderId) -> Result<(), AppError> {
        let actor = actor.clone();
        self.store.write_private(Approve { actor, tender }).await
    }

    /// Opens every bid of a tender: the second of two officers. Each bid is checked against its commitment, and each
    /// sealed entry of the tender is accounted for.
    pub async fn open_tender(
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
        actor::authorize(actor, Action::OpenTender, &facts)?;
        tender.stage.can_open(&tender.plan, self.now())?;
        let command = self.prepare_opening(actor, &tender).await?;
        self.store.write(None, command).await
    }

    async fn prepare_opening(
        &self,
        actor: &Actor,
        tender: &LoadedTender,
    ) -> Result<Open, AppError> {
        let actor = actor.clone();
        let read = self.store.read();
        let key = tender_key::Entity::find_by_id(tender.row.id)
            .one(read)
            .await?;
        let key = key.ok_or_else(|| AppError::internal("a tender without its key"))?;
        let waiting = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::TenderId.eq(tender.row.id))
            .filter(sealed_bid::Column::State.eq("waiting"))
            .order_by_asc(sealed_bid::Column::Id)
            .all(read)
            .await?;
        let confirmations = confirmation::waiting(read, tender.row.id).await?;
        let mut standing = Vec::new();
        for row in waiting {
            if stands(&row, tender)? {
                standing.push(row);
            }
        }
        let catalogue = self.catalogue_of(&tender.plan).await?;
        let (sealing, ids, tender) = (self.sealing()?.clone(), self.ids.clone(), tender.clone());
        let decrypt = move || {
            let key = sealing.release(&key.wrapped)?;
            let (mut opened, mut void) = (Vec::new(), Vec::new());
            for row in &standing {
                match prepare(&key, &tender, &catalogue, &ids, row)? {
                    Some(bid) => opened.push(bid),
                    None => void.push(SealedId::from_uuid(row.id)),
                }
            }
            let bids = opened.iter().map(|bid| (bid.supplier, bid.lot.clone()));
            let bidders: BTreeSet<_> = bids.collect();
            Ok(Open {
                actor,
                tender: tender.id,
                confirmations: confirmation::prepare(&key, &tender, &bidders, &confirmations)?,
                opened,
                void,
            })
        };
        tokio::task::spawn_blocking(decrypt)
            .await
            .map_err(AppError::internal)?
    }
}
