//! The consensus: every member signs off what the panel agreed on, and the chair signs it.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, PersonId, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::entries::{
    BidConsensus, ConsensusMark, ConsensusSigned, ConsensusSignedOff, EarlierLevel,
};
use commonweal_domain::tender::panel::PanelError;
use commonweal_domain::tender::panel::agreed::Agreed;
use commonweal_domain::tender::panel::moderation::Due;
use commonweal_domain::tender::stage::Step;
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::store::evaluation::consensus;
use crate::store::panel::{agreed_level, panel_member};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// Bytes of levels in one entry: what stays below its size with everything around them.
const BYTES_PER_PART: usize = 40_000;

/// A level for one bid and criterion.
#[derive(Debug, Clone)]
pub struct AgreedLevel {
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why.
    pub reason: String,
}

/// What the panel agreed on as it stands, each level with its history.
pub(crate) struct Standing {
    levels: BTreeMap<Due, (ConsensusMark, Uuid)>,
    agreed: Agreed,
}

impl Standing {
    /// The levels of every bid that takes part.
    async fn load(
        connection: &impl ConnectionTrait,
        tender: &LoadedTender,
        panel: &LoadedPanel,
    ) -> Result<Self, AppError> {
        let rows = agreed_level::Entity::find()
            .filter(agreed_level::Column::TenderId.eq(tender.row.id))
            .order_by_asc(agreed_level::Column::Version)
            .all(connection)
            .await?;
        Self::of(rows, &panel.due)
    }

    /// The same from rows in the order of their versions.
    pub(crate) fn of(
        rows: impl IntoIterator<Item = agreed_level::Model>,
        due: &BTreeSet<Due>,
    ) -> Result<Self, AppError> {
        let mut levels: BTreeMap<Due, (ConsensusMark, Uuid)> = BTreeMap::new();
        for row in rows {
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            let key = (BidId::from_uuid(row.bid_id), criterion);
            if due.contains(&key) {
                let earlier = levels.remove(&key).map(|(mark, _)| history(mark));
                let mark = mark(&row, &key.1, earlier.unwrap_or_default())?;
                levels.insert(key, (mark, row.reason_id));
            }
        }
        let mut agreed = Agreed::default();
        for ((bid, _), (mark, _)) in &levels {
            agreed.add(*bid, mark).map_err(AppError::internal)?;
        }
        Ok(Self { levels, agreed })
    }

    /// The hash that members sign off; refused while a level is missing.
    pub(crate) fn hash(&self, tender: TenderId, due: &BTreeSet<Due>) -> Result<Hash, AppError> {
        let open = due.iter().find(|key| !self.levels.contains_key(*key));
        if let Some((bid, criterion)) = open.cloned() {
            return Err(PanelError::NotAgreed { bid, criterion }.into());
        }
        self.agreed.hash(tender).map_err(AppError::internal)
    }

    /// The levels in parts that fit into entries.
    fn parts(&self) -> Result<Vec<Vec<BidConsensus>>, AppError> {
        let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::<BidConsensus>::new(), 0);
        for ((bid, _), (mark, _)) in &self.levels {
            bytes += serde_json::to_vec(mark).map_err(AppError::internal)?.len();
            if bytes > BYTES_PER_PART && !part.is_empty() {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            match part.last_mut().filter(|last| last.bid == *bid) {
                Some(last) => last.marks.push(mark.clone()),
                None => part.push(BidConsensus {
                    bid: *bid,
                    marks: vec![mark.clone()],
                }),
            }
        }
        parts.push(part);
        Ok(parts)
    }
}

fn mark(
    row: &agreed_level::Model,
    criterion: &CriterionCode,
    earlier: Vec<EarlierLevel>,
) -> Result<ConsensusMark, AppError> {
    Ok(ConsensusMark {
        criterion: criterion.clone(),
        level: u32::try_from(row.level).map_err(AppError::internal)?,
        reason: Hash::try_from(row.reason_hash.as_slice()).map_err(AppError::internal)?,
        by: PersonId::from_uuid(row.set_by),
        at: Time::from_micros(row.set_at),
        earlier,
    })
}

/// A level that was changed, behind those before it.
fn history(mark: ConsensusMark) -> Vec<EarlierLevel> {
    let mut earlier = mark.earlier;
    earlier.push(EarlierLevel {
        level: mark.level,
        reason: mark.reason,
        by: mark.by,
        at: mark.at,
    });
    earlier
}

struct SignOff {
    actor: Actor,
    tender: TenderId,
    agreed: Option<Hash>,
}

impl Command for SignOff {
    const NAME: &'static str = "sign_off_consensus";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::SignOffConsensus, &tender.facts()).await?;
        tender.after(Step::Moderate)?;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        let person = permit.actor.id;
        loaded.panel.cleared(person, &loaded.bidders)?;
        let standing = Standing::load(tx, &tender, &loaded).await?;
        let agreed = standing.hash(self.tender, &loaded.due)?;
        if self.agreed.is_some_and(|seen| seen != agreed) {
            let message = "a level has changed since you read it: read it again, then sign off";
            return Err(AppError::Conflict(message.to_owned()));
        }
        loaded.panel.sign_off(person, agreed, &loaded.bidders)?;
        tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.tender.to_string(),
            inputs_upto: None,
            body: ConsensusSignedOff {
                tender: self.tender,
                agreed,
            }
            .into(),
        })?;
        panel_member::ActiveModel {
            tender_id: Set(tender.row.id),
            person_id: Set(person.uuid()),
            signed_off: Set(Some(agreed.as_bytes().to_vec())),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

struct Sign {
    actor: Actor,
    tender: TenderId,
}

impl Command for Sign {
    const NAME: &'static str = "sign_consensus";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::SignConsensus, &tender.facts()).await?;
        let stage = tender.after(Step::SignConsensus)?;
        let loaded = LoadedPanel::load(tx, &tender).await?;
        let standing = Standing::load(tx, &tender, &loaded).await?;
        let agreed = standing.hash(self.tender, &loaded.due)?;
        let chair = permit.actor.id;
        loaded.panel.can_sign(chair, agreed, &loaded.bidders)?;
        let parts = standing.parts()?;
        let last = parts.len().saturating_sub(1);
        let mut index = 0;
        for (at, bids) in parts.into_iter().enumerate() {
            index = tx.append(Draft {
                actors: vec![permit.actor.clone()],
                subject: self.tender.to_string(),
                inputs_upto: None,
                body: ConsensusSigned {
                    tender: self.tender,
                    bids,
                    complete: at == last,
                }
                .into(),
            })?;
        }
        tender.note(tx, "consensus.signed", index, None).await?;
        let index = column(index)?;
        for ((bid, _), (mark, reason)) in &standing.levels {
            insert(tx, (self.tender, *bid), mark, (*reason, chair), index).await?;
        }
        tender
            .store(tx, stage, |row| row.inputs_idx = Set(index))
            .await
    }
}

async fn insert(
    tx: &Tx,
    (tender, bid): (TenderId, BidId),
    mark: &ConsensusMark,
    (reason, chair): (Uuid, PersonId),
    index: i64,
) -> Result<(), AppError> {
    consensus::Entity::insert(consensus::ActiveModel {
        bid_id: Set(bid.uuid()),
        criterion: Set(mark.criterion.to_string()),
        tender_id: Set(tender.uuid()),
        level: Set(i64::from(mark.level)),
        reason_id: Set(reason),
        signed_by: Set(chair.uuid()),
        entry_idx: Set(index),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

impl App {
    /// Signs off what the panel agreed on, as a member. With `agreed`, the hash of what the member read, nothing else is
    /// signed.
    pub async fn sign_off_consensus(
        &self,
        actor: &Actor,
        tender: TenderId,
        agreed: Option<Hash>,
    ) -> Result<Written<()>, AppError> {
        let command = SignOff {
            actor: actor.clone(),
            tender,
            agreed,
        };
        self.store.write(None, command).await
    }

    /// Signs the consensus, as the chair, once every other member has signed it off as it stands.
    pub async fn sign_consensus(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<()>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Sign { actor, tender }).await
    }
}
