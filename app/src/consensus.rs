//! The panel's consensus: a level and a reason for each bid and judged criterion, signed by the chair.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, PersonId, TenderId};
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::entries::{BidConsensus, ConsensusMark, ConsensusSigned};
use commonweal_domain::tender::stage::Step;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::evaluation::{check_level, leaves_of};
use crate::exclusion::takes_part;
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::evaluation::{consensus, mark};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// What the panel agreed on for one bid and criterion.
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

struct Agreed {
    bid: BidId,
    criterion: CriterionCode,
    level: u32,
    reason: NewReason,
}

struct Sign {
    actor: Actor,
    tender: TenderId,
    levels: Vec<Agreed>,
}

impl Command for Sign {
    const NAME: &'static str = "sign_consensus";
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::SignConsensus, &tender.facts()).await?;
        self.check_marks(tx).await?;
        let missing = self.still_missing(tx, &tender).await?;
        let complete = missing.is_empty();
        let stage = tender.after(if complete {
            Step::SignConsensus
        } else {
            Step::SignPart
        })?;
        let by = permit.actor.id;
        let body = self.body(complete)?;
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        let index = column(index)?;
        for agreed in &self.levels {
            self.insert(tx, agreed, by, index).await?;
        }
        tender
            .store(tx, stage, |row| row.inputs_idx = Set(index))
            .await?;
        Ok(complete)
    }
}

impl Sign {
    /// Every evaluator who has begun must have finished: nobody marks in the knowledge of the consensus.
    async fn check_marks(&self, tx: &Tx) -> Result<(), AppError> {
        let marks = mark::Entity::find()
            .filter(mark::Column::TenderId.eq(self.tender.uuid()))
            .all(tx)
            .await?;
        if marks.iter().any(|mark| mark.sealed_id.is_none()) {
            let message = "an evaluator has marks that are not final: wait until all are";
            return Err(AppError::refused("MARKS_NOT_FINAL", message));
        }
        if marks.is_empty() && !self.levels.is_empty() {
            let message = "no evaluator has marked: a consensus needs marks that were made alone";
            return Err(AppError::refused("NO_MARKS", message));
        }
        Ok(())
    }

    /// Which levels are still missing after this part; refuses what is not asked or was signed before.
    async fn still_missing(
        &self,
        tx: &Tx,
        tender: &LoadedTender,
    ) -> Result<BTreeSet<(Uuid, String)>, AppError> {
        let bids = bid::Entity::find()
            .filter(bid::Column::TenderId.eq(tender.row.id))
            .all(tx)
            .await?;
        let signed = consensus::Entity::find()
            .filter(consensus::Column::TenderId.eq(tender.row.id))
            .all(tx)
            .await?;
        let mut missing = BTreeSet::new();
        for row in &bids {
            if takes_part(row)? {
                let leaves = leaves_of(&tender.plan, row)?;
                let judged = leaves.iter().filter(|leaf| leaf.rule.judged().is_some());
                missing.extend(judged.map(|leaf| (row.id, leaf.criterion.code.to_string())));
            }
        }
        for row in signed {
            missing.remove(&(row.bid_id, row.criterion));
        }
        for (at, agreed) in self.levels.iter().enumerate() {
            let (criterion, level) = (&agreed.criterion, agreed.level);
            check_level(
                &tender.plan,
                criterion,
                level,
                &format!("levels.{at}.level"),
            )?;
            if !missing.remove(&(agreed.bid.uuid(), agreed.criterion.to_string())) {
                let message = "the bid takes no part, or the panel signed this level already";
                return Err(AppError::refused_at(
                    "NOT_ASKED",
                    format!("levels.{at}"),
                    message,
                ));
            }
        }
        Ok(missing)
    }

    fn body(&self, complete: bool) -> Result<ConsensusSigned, AppError> {
        let mut by_bid: BTreeMap<BidId, Vec<ConsensusMark>> = BTreeMap::new();
        for agreed in &self.levels {
            by_bid.entry(agreed.bid).or_default().push(ConsensusMark {
                criterion: agreed.criterion.clone(),
                level: agreed.level,
                reason: agreed.reason.hash()?,
            });
        }
        let bids = by_bid
            .into_iter()
            .map(|(bid, marks)| BidConsensus { bid, marks });
        Ok(ConsensusSigned {
            tender: self.tender,
            bids: bids.collect(),
            complete,
        })
    }

    async fn insert(
        &self,
        tx: &Tx,
        agreed: &Agreed,
        by: PersonId,
        index: i64,
    ) -> Result<(), AppError> {
        agreed.reason.insert(tx, self.tender).await?;
        consensus::Entity::insert(consensus::ActiveModel {
            bid_id: Set(agreed.bid.uuid()),
            criterion: Set(agreed.criterion.to_string()),
            tender_id: Set(self.tender.uuid()),
            level: Set(i64::from(agreed.level)),
            reason_id: Set(agreed.reason.id),
            signed_by: Set(by.uuid()),
            entry_idx: Set(index),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

impl App {
    /// Signs levels that the panel agreed on, as its chair. When the last one is in, the consensus is complete: the
    /// answer says so.
    pub async fn sign_consensus(
        &self,
        actor: &Actor,
        tender: TenderId,
        levels: Vec<AgreedLevel>,
    ) -> Result<Written<bool>, AppError> {
        let agree = |(at, agreed): (usize, AgreedLevel)| {
            let field = format!("levels.{at}.reason");
            Ok(Agreed {
                bid: agreed.bid,
                criterion: agreed.criterion,
                level: agreed.level,
                reason: NewReason::new(&self.ids, &field, agreed.reason)?,
            })
        };
        let levels = levels.into_iter().enumerate().map(agree);
        let command = Sign {
            actor: actor.clone(),
            tender,
            levels: levels.collect::<Result<_, AppError>>()?,
        };
        self.store.write(None, command).await
    }
}
