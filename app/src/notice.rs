//! From the award to the contract: letters with reasons to each bidder, the award notice, and the standstill with its
//! suspension.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, TenderId};
use commonweal_domain::scoring::letter::Language;
use commonweal_domain::tender::entries::{
    AwardNotified, Letter, LettersSent, StandstillResumed, StandstillSuspended,
};
use commonweal_domain::tender::stage::{Stage, Step};
use commonweal_domain::tender::standstill::Run;
use commonweal_domain::tender::{Running, Standstill};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use crate::App;
use crate::apart;
use crate::authorization::authorize;
use crate::award::decided_index;
use crate::error::AppError;
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::process::{letter, standstill};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;
use crate::text::check_reason;

/// A letter to the supplier of a bid.
#[derive(Debug, Clone)]
pub struct NewLetter {
    /// The bid that it answers.
    pub bid: BidId,
    /// The language in which it is drawn.
    pub language: Language,
    /// What the buyer adds to what is drawn from the scorecard.
    pub remarks: Option<String>,
}

struct SendLetters {
    actor: Actor,
    tender: TenderId,
    /// Index of the award's decision when they were drawn.
    award: u64,
    letters: Vec<(BidId, NewReason)>,
}

impl Command for SendLetters {
    const NAME: &'static str = "send_letters";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let action = Action::SendLetters;
        let permit = apart::permit(tx, tx.at(), &tender, &self.actor, action, &[]).await?;
        let stage = tender.after(Step::SendLetters)?;
        if decided_index(tx, &tender).await? != Some(self.award) {
            let message = "the award changed while the letters were drawn: send them again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        self.check_whole(tx, &tender).await?;
        let letters = self.letters.iter().map(|(bid, text)| {
            Ok(Letter {
                bid: *bid,
                letter: text.hash()?,
            })
        });
        let body = LettersSent {
            tender: self.tender,
            letters: letters.collect::<Result<_, AppError>>()?,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        for (bid, text) in &self.letters {
            text.insert(tx, self.tender).await?;
            letter::Entity::insert(letter::ActiveModel {
                bid_id: Set(bid.uuid()),
                entry_idx: Set(column(index)?),
                tender_id: Set(tender.row.id),
                reason_id: Set(text.id),
            })
            .exec_without_returning(tx)
            .await?;
        }
        tender.store(tx, stage, |_| {}).await
    }
}

impl SendLetters {
    /// Every opened bid has exactly one letter: the winner's, the others', and those of bids that were excluded.
    async fn check_whole(&self, tx: &Tx, tender: &LoadedTender) -> Result<(), AppError> {
        let rows = bid::Entity::find()
            .filter(bid::Column::TenderId.eq(tender.row.id))
            .all(tx)
            .await?;
        let opened: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        let answered: BTreeSet<_> = self.letters.iter().map(|(bid, _)| bid.uuid()).collect();
        if answered == opened && answered.len() == self.letters.len() {
            return Ok(());
        }
        let missing = opened.difference(&answered).next();
        let message = match missing {
            Some(bid) => format!("bid:{bid} has no letter: write one for each opened bid"),
            None => "write one letter for each opened bid, and for no other".to_owned(),
        };
        Err(AppError::refused_at("LETTERS", "letters", message))
    }
}

struct Notify {
    actor: Actor,
    tender: TenderId,
}

impl Command for Notify {
    const NAME: &'static str = "notify_award";
    type Out = Option<Time>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Time>, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::NotifyAward, &tender.facts()).await?;
        let stage = tender.after(Step::Notify)?;
        let award = decided_index(tx, &tender).await?;
        let award = award.ok_or_else(|| AppError::internal("a stage without its award"))?;
        let running = Running::start(&tender.plan.standstill, tx.at());
        let ends_at = running.map(|running| running.ends_at);
        let body = AwardNotified {
            tender: self.tender,
            award,
            standstill_ends_at: ends_at,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        standstill::Entity::insert(standstill::ActiveModel {
            tender_id: Set(tender.row.id),
            notified_at: Set(tx.at().micros()),
            notified_idx: Set(column(index)?),
            first_day: Set(running.map(|running| running.run().first.to_string())),
            days: Set(running.map(|running| i64::from(running.run().days))),
            ends_at: Set(ends_at.map(Time::micros)),
            suspended_at: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(ends_at)
    }
}

/// The row of a standstill and the standstill itself, once the award notice is out.
async fn load_running(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Option<Running>, AppError> {
    let row = standstill::Entity::find_by_id(tender.row.id)
        .one(connection)
        .await?;
    let days = row.and_then(|row| row.first_day.zip(row.days));
    days.map(|(first, days)| running(&tender.plan.standstill, &first, days))
        .transpose()
}

fn running(plan: &Standstill, first: &str, days: i64) -> Result<Running, AppError> {
    let run = Run {
        first: first.parse().map_err(AppError::internal)?,
        days: u16::try_from(days).map_err(AppError::internal)?,
    };
    Ok(Running::of(plan, run))
}

/// The first instant after the standstill of a tender; none where the plan has none.
pub(crate) async fn standstill_end(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Option<Time>, AppError> {
    let running = load_running(connection, tender).await?;
    Ok(running.map(|running| running.ends_at))
}

/// Stores a standstill as it runs now.
async fn store_running(
    tx: &Tx,
    tender: &LoadedTender,
    running: Running,
    suspended_at: Option<Time>,
) -> Result<(), AppError> {
    standstill::ActiveModel {
        tender_id: Set(tender.row.id),
        first_day: Set(Some(running.run().first.to_string())),
        days: Set(Some(i64::from(running.run().days))),
        ends_at: Set(Some(running.ends_at.micros())),
        suspended_at: Set(suspended_at.map(Time::micros)),
        ..Default::default()
    }
    .update(tx)
    .await?;
    Ok(())
}

/// A challenge that stops the standstill, or its end.
struct Challenge {
    actor: Actor,
    tender: TenderId,
    reason: NewReason,
    step: Step,
}

impl Command for Challenge {
    const NAME: &'static str = "standstill";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let suspends = self.step == Step::Suspend;
        let action = if suspends {
            Action::SuspendStandstill
        } else {
            Action::ResumeStandstill
        };
        let permit = authorize(tx, &self.actor, action, &tender.facts()).await?;
        let running = load_running(tx, &tender).await?;
        let ends_at = running.map(|running| running.ends_at);
        let stage = if suspends {
            tender.stage.can_suspend(ends_at, tx.at())?
        } else {
            tender.after(self.step)?
        };
        let nothing = || AppError::internal("a stage without its standstill");
        let mut running = running.ok_or_else(nothing)?;
        let (plan, reason) = (&tender.plan.standstill, Some(&self.reason));
        let (id, hash, actors) = (self.tender, self.reason.hash()?, vec![permit.actor]);
        if stage == Stage::Suspended {
            running.suspend(plan, tx.at());
            let body = StandstillSuspended {
                tender: id,
                reason: hash,
            };
            tender.append(tx, actors, reason, body).await?;
            store_running(tx, &tender, running, Some(tx.at())).await?;
        } else {
            running.resume(plan, tx.at());
            let body = StandstillResumed {
                tender: id,
                standstill_ends_at: running.ends_at,
                reason: hash,
            };
            tender.append(tx, actors, reason, body).await?;
            store_running(tx, &tender, running, None).await?;
        }
        tender.store(tx, stage, |_| {}).await
    }
}

impl App {
    /// Sends every bidder whose bid was opened the letter that is drawn from its scorecard, with the buyer's remarks. The log holds a salted hash of each; the supplier and
    /// the buyer read it.
    pub async fn send_letters(
        &self,
        actor: &Actor,
        tender: TenderId,
        letters: Vec<NewLetter>,
    ) -> Result<Written<()>, AppError> {
        let loaded = LoadedTender::load(self.store.read(), tender).await?;
        commonweal_domain::actor::authorize(actor, Action::SendLetters, &loaded.facts())?;
        loaded.after(Step::SendLetters)?;
        let award = decided_index(self.store.read(), &loaded).await?;
        let award = award.ok_or_else(|| AppError::internal("a stage without its award"))?;
        let command = SendLetters {
            actor: actor.clone(),
            tender,
            award,
            letters: self.draw(actor, letters).await?,
        };
        self.store.write(None, command).await
    }

    /// Draws letters from the scorecards: exactly what the officer reads before, with the remarks behind.
    async fn draw(
        &self,
        actor: &Actor,
        letters: Vec<NewLetter>,
    ) -> Result<Vec<(BidId, NewReason)>, AppError> {
        let mut drawn = HashMap::new();
        for language in [Language::English, Language::Korean] {
            let wanted = letters.iter().filter(|letter| letter.language == language);
            let bids: Vec<BidId> = wanted.map(|letter| letter.bid).collect();
            if !bids.is_empty() {
                drawn.extend(self.read().letters_of(actor, &bids, language).await?);
            }
        }
        let written = letters.into_iter().enumerate().map(|(at, letter)| {
            let view = drawn.get(&letter.bid).filter(|view| view.approved);
            let Some(view) = view else {
                let message = "there is no letter for this bid: name an opened bid of the tender";
                let field = format!("letters.{at}.bid");
                return Err(AppError::refused_at("NO_LETTER", &field, message));
            };
            let mut text = view.letter.clone();
            if let Some(remarks) = &letter.remarks {
                check_reason(&format!("letters.{at}.remarks"), remarks)?;
                text = text.with_remarks(remarks);
            }
            Ok((letter.bid, NewReason::drawn(&self.ids, text.text())))
        });
        written.collect()
    }

    /// Publishes the award notice, from which the standstill counts. Answers when it ends; nothing where the plan has none.
    pub async fn notify_award(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<Option<Time>>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Notify { actor, tender }).await
    }

    /// Suspends the standstill because of a challenge, while it runs.
    pub async fn suspend_standstill(
        &self,
        actor: &Actor,
        tender: TenderId,
        reason: String,
    ) -> Result<Written<()>, AppError> {
        self.challenge(actor, tender, reason, Step::Suspend).await
    }

    /// Lets a suspended standstill run on: the days that were left count from the next day.
    pub async fn resume_standstill(
        &self,
        actor: &Actor,
        tender: TenderId,
        reason: String,
    ) -> Result<Written<()>, AppError> {
        self.challenge(actor, tender, reason, Step::Resume).await
    }

    async fn challenge(
        &self,
        actor: &Actor,
        tender: TenderId,
        reason: String,
        step: Step,
    ) -> Result<Written<()>, AppError> {
        let command = Challenge {
            actor: actor.clone(),
            tender,
            reason: NewReason::new(&self.ids, "reason", reason)?,
            step,
        };
        self.store.write(None, command).await
    }
}
