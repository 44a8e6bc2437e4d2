//! Moderation: the chair states what is missing and begins; the panel agrees on levels, each change kept.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::entries::{MarkMissing, MissingMarks, ModerationStarted};
use commonweal_domain::tender::panel::PanelError;
use commonweal_domain::tender::panel::agreed::MAX_CHANGES;
use commonweal_domain::tender::panel::compared::{Named, names_another};
use commonweal_domain::tender::panel::moderation::Due;
use commonweal_domain::tender::stage::Step;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::App;
use crate::authorization::authorize;
use crate::consensus::AgreedLevel;
use crate::error::AppError;
use crate::evaluation::{check_level, made_marks, note_finished};
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::panel::{agreed_level, missing_mark, panel_member};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// Marks in one entry: what stays well below its size.
const MISSING_PER_ENTRY: usize = 200;

struct StateMissing {
    actor: Actor,
    tender: TenderId,
    member: PersonId,
    reason: NewReason,
}

impl Command for StateMissing {
    const NAME: &'static str = "state_marks_missing";
    /// How many marks are missing.
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::StateMarksMissing, &tender.facts()).await?;
        tender.after(Step::StateMissing)?;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        loaded.panel.chair(permit.actor.id, &loaded.bidders)?;
        let made = made_marks(tx, &tender).await?;
        let made = made.get(&self.member).cloned().unwrap_or_default();
        let left = loaded.panel.unfinished(self.member, &loaded.due, &made);
        loaded.panel.state_missing(self.member, left.clone())?;
        if left.is_empty() {
            let message = "every mark of this member is final or stated missing already";
            return Err(AppError::refused_at("NOTHING_MISSING", "member", message));
        }
        self.reason.insert(tx, self.tender).await?;
        let left: Vec<Due> = left.into_iter().collect();
        for part in left.chunks(MISSING_PER_ENTRY) {
            let index = tx.append(Draft {
                actors: vec![permit.actor.clone()],
                subject: self.tender.to_string(),
                inputs_upto: None,
                body: self.body(part)?.into(),
            })?;
            for due in part {
                self.insert(tx, due, column(index)?).await?;
            }
        }
        note_finished(tx, &tender, &loaded, self.member).await?;
        u64::try_from(left.len()).map_err(AppError::internal)
    }
}

impl StateMissing {
    fn body(&self, part: &[Due]) -> Result<MarkMissing, AppError> {
        let mut bids: BTreeMap<BidId, Vec<_>> = BTreeMap::new();
        for (bid, criterion) in part {
            bids.entry(*bid).or_default().push(criterion.clone());
        }
        let bids = bids
            .into_iter()
            .map(|(bid, criteria)| MissingMarks { bid, criteria });
        Ok(MarkMissing {
            tender: self.tender,
            member: self.member,
            bids: bids.collect(),
            reason: self.reason.hash()?,
        })
    }

    async fn insert(&self, tx: &Tx, (bid, criterion): &Due, index: i64) -> Result<(), AppError> {
        missing_mark::Entity::insert(missing_mark::ActiveModel {
            bid_id: Set(bid.uuid()),
            criterion: Set(criterion.to_string()),
            evaluator_id: Set(self.member.uuid()),
            tender_id: Set(self.tender.uuid()),
            reason_id: Set(self.reason.id),
            entry_idx: Set(index),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

struct Begin {
    actor: Actor,
    tender: TenderId,
}

impl Command for Begin {
    const NAME: &'static str = "begin_moderation";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::BeginModeration, &tender.facts()).await?;
        let stage = tender.after(Step::BeginModeration)?;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        let chair = permit.actor.id;
        loaded.panel.begin_moderation(chair, &loaded.bidders)?;
        let made = made_marks(tx, &tender).await?;
        if made.is_empty() {
            return Err(PanelError::NoMarks.into());
        }
        let none = BTreeSet::new();
        for (person, _) in loaded.panel.active() {
            let own = made.get(&person).unwrap_or(&none);
            let left = loaded.panel.unfinished(person, &loaded.due, own).len();
            if left > 0 {
                return Err(PanelError::Unfinished {
                    person,
                    marks: left,
                }
                .into());
            }
        }
        let started = ModerationStarted {
            tender: self.tender,
        };
        tender.append(tx, vec![permit.actor], None, started).await?;
        // A bid excluded since may have finished someone.
        panel_member::Entity::update_many()
            .set(panel_member::ActiveModel {
                finished: Set(true),
                ..Default::default()
            })
            .filter(panel_member::Column::TenderId.eq(tender.row.id))
            .exec(tx)
            .await?;
        tender.store(tx, stage, |_| {}).await
    }
}

struct Agree {
    actor: Actor,
    tender: TenderId,
    levels: Vec<(AgreedLevel, NewReason)>,
}

/// Public although it appends nothing: its time and order are the log's, which the consensus will tell.
impl Command for Agree {
    const NAME: &'static str = "agree_levels";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::AgreeLevels, &tender.facts()).await?;
        tender.after(Step::Moderate)?;
        let person = permit.actor.id;
        let loaded = LoadedPanel::load(tx, &tender).await?;
        loaded.panel.cleared(person, &loaded.bidders)?;
        let mut versions = versions(tx, tender.row.id).await?;
        for (at, (level, reason)) in self.levels.iter().enumerate() {
            loaded.check_eligible(level.bid, &format!("levels.{at}.bid"))?;
            loaded.check_judged(
                level.bid,
                &level.criterion,
                &format!("levels.{at}.criterion"),
            )?;
            let field = format!("levels.{at}.level");
            check_level(&tender.plan, &level.criterion, level.level, &field)?;
            let key = (level.bid.uuid(), level.criterion.to_string());
            let version = versions.entry(key).or_default();
            if usize::try_from(*version).is_ok_and(|version| version > MAX_CHANGES) {
                return Err(PanelError::TooManyChanges {
                    bid: level.bid,
                    criterion: level.criterion.clone(),
                }
                .into());
            }
            *version += 1;
            reason.insert(tx, self.tender).await?;
            insert_level(tx, self.tender, (level, reason), (person, *version)).await?;
        }
        Ok(())
    }
}

/// The last version of each level of a tender.
async fn versions(tx: &Tx, tender: Uuid) -> Result<BTreeMap<(Uuid, String), i64>, AppError> {
    let rows = agreed_level::Entity::find()
        .filter(agreed_level::Column::TenderId.eq(tender))
        .all(tx)
        .await?;
    let mut versions: BTreeMap<(Uuid, String), i64> = BTreeMap::new();
    for row in rows {
        let last = versions.entry((row.bid_id, row.criterion)).or_default();
        *last = row.version.max(*last);
    }
    Ok(versions)
}

async fn insert_level(
    tx: &Tx,
    tender: TenderId,
    (level, reason): (&AgreedLevel, &NewReason),
    (person, version): (PersonId, i64),
) -> Result<(), AppError> {
    agreed_level::Entity::insert(agreed_level::ActiveModel {
        bid_id: Set(level.bid.uuid()),
        criterion: Set(level.criterion.to_string()),
        version: Set(version),
        tender_id: Set(tender.uuid()),
        level: Set(i64::from(level.level)),
        reason_id: Set(reason.id),
        reason_hash: Set(reason.hash()?.as_bytes().to_vec()),
        set_by: Set(person.uuid()),
        set_at: Set(tx.at().micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// The bids of a tender as a reason might name them, each with its lot.
struct Bidders(Vec<(String, Named)>);

impl Bidders {
    async fn load(app: &App, tender: TenderId) -> Result<Self, AppError> {
        let rows = bid::Entity::find()
            .filter(bid::Column::TenderId.eq(tender.uuid()))
            .all(app.store.read())
            .await?;
        let id = |row: &bid::Model| OrganisationId::from_uuid(row.supplier_id);
        let suppliers: Vec<OrganisationId> = rows.iter().map(id).collect();
        let names = app.read().organisations_by_id(&suppliers).await?;
        let told = |row: bid::Model| {
            let supplier = id(&row);
            let name = names.get(&supplier).and_then(|view| view.name.clone());
            let bid = BidId::from_uuid(row.id);
            (
                row.lot,
                Named {
                    bid,
                    supplier,
                    name,
                },
            )
        };
        Ok(Self(rows.into_iter().map(told).collect()))
    }

    /// What of another bid for the same lot the reason of a level names.
    fn compared(&self, level: &AgreedLevel) -> Option<String> {
        let (lot, own) = self.0.iter().find(|(_, named)| named.bid == level.bid)?;
        let others = self
            .0
            .iter()
            .filter(|(of, named)| of == lot && named.bid != own.bid);
        let others: Vec<Named> = others.map(|(_, named)| named.clone()).collect();
        let other = names_another(&level.reason, own, &others)?;
        Some(
            other
                .name
                .clone()
                .unwrap_or_else(|| format!("bid:{}", other.bid)),
        )
    }
}

impl App {
    /// States every mark of a member that is not final as missing, with a reason, as the chair. Answers how many.
    pub async fn state_marks_missing(
        &self,
        actor: &Actor,
        tender: TenderId,
        member: PersonId,
        reason: String,
    ) -> Result<Written<u64>, AppError> {
        let command = StateMissing {
            actor: actor.clone(),
            tender,
            member,
            reason: NewReason::new(&self.ids, "reason", reason)?,
        };
        self.store.write(None, command).await
    }

    /// Begins moderation, as the chair, once every mark is final or stated missing.
    pub async fn begin_moderation(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<()>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Begin { actor, tender }).await
    }

    /// Sets levels that the panel agrees on, each with a reason. A level that was set before is kept in its history, and
    /// every sign-off is void.
    pub async fn agree_levels(
        &self,
        actor: &Actor,
        tender: TenderId,
        levels: Vec<AgreedLevel>,
    ) -> Result<Written<()>, AppError> {
        // Bids and their bidders no longer change: what is read before the transaction stands in it.
        let bidders = Bidders::load(self, tender).await?;
        let prepare = |(at, level): (usize, AgreedLevel)| {
            let field = format!("levels.{at}.reason");
            let reason = NewReason::new(&self.ids, &field, level.reason.clone())?;
            if let Some(other) = bidders.compared(&level) {
                let error = PanelError::Compares(other);
                return Err(AppError::refused_at("COMPARES_BIDS", &field, error));
            }
            Ok((level, reason))
        };
        let levels = levels.into_iter().enumerate().map(prepare);
        let command = Agree {
            actor: actor.clone(),
            tender,
            levels: levels.collect::<Result<_, AppError>>()?,
        };
        self.store.write(None, command).await
    }
}
