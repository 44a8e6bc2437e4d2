//! Declarations of conflicts, bidder by bidder, before a member sees any bid, and the countersignature of soft ones.

use std::collections::BTreeMap;

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{Id, OrganisationId, PersonId, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::entries::{ConflictCountersigned, ConflictDeclared, Declaration};
use commonweal_domain::tender::panel::Conflict;
use commonweal_domain::tender::stage::Step;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::group::groups_of;
use crate::organisation::{column, word};
use crate::panel::LoadedPanel;
use crate::reason::NewReason;
use crate::store::organisation;
use crate::store::panel::{conflict_declaration, panel_member};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// A declaration about one bidder.
#[derive(Debug, Clone)]
pub struct DeclareConflict {
    /// The bidder.
    pub bidder: OrganisationId,
    /// What interest there is.
    pub conflict: Conflict,
    /// What it is, in words; none where there is no conflict.
    pub words: Option<String>,
}

struct Declare {
    actor: Actor,
    tender: TenderId,
    declarations: Vec<(OrganisationId, Conflict, Option<NewReason>)>,
}

impl Command for Declare {
    const NAME: &'static str = "declare_conflicts";
    /// Whether the member may see the bids now.
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::DeclareConflicts, &tender.facts()).await?;
        let stage = tender.after(Step::DeclareConflict)?;
        let person = permit.actor.id;
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        let declared: Vec<_> = self.declarations.iter().map(|one| (one.0, one.1)).collect();
        let own = groups_of(tx, person).await?;
        let groups = bidder_groups(tx, &declared).await?;
        let related = |bidder| groups.get(&bidder).is_some_and(|group| own.contains(group));
        loaded
            .panel
            .declare(person, &loaded.bidders, &declared, related, 0)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.tender.to_string(),
            inputs_upto: None,
            body: self.body()?.into(),
        })?;
        let index = column(index)?;
        for (bidder, conflict, words) in &self.declarations {
            self.put(tx, person, (*bidder, *conflict), words.as_ref(), index)
                .await?;
        }
        let cleared = loaded.panel.cleared(person, &loaded.bidders).is_ok();
        let removed = loaded.panel.seated(person).is_err().then_some(index);
        panel_member::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            person_id: Set(person.uuid()),
            cleared: Set(cleared),
            removed_idx: Set(removed),
            ..Default::default()
        }
        .update(tx)
        .await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(cleared)
    }
}

impl Declare {
    fn body(&self) -> Result<ConflictDeclared, AppError> {
        let declaration =
            |(bidder, conflict, words): &(OrganisationId, Conflict, Option<NewReason>)| {
                Ok(Declaration {
                    bidder: *bidder,
                    conflict: *conflict,
                    words: words.as_ref().map(NewReason::hash).transpose()?,
                })
            };
        let declarations = self.declarations.iter().map(declaration);
        Ok(ConflictDeclared {
            tender: self.tender,
            declarations: declarations.collect::<Result<_, AppError>>()?,
        })
    }

    /// Stores a declaration in the place of an earlier one, whose entry stays in the log.
    async fn put(
        &self,
        tx: &Tx,
        person: PersonId,
        (bidder, conflict): (OrganisationId, Conflict),
        words: Option<&NewReason>,
        index: i64,
    ) -> Result<(), AppError> {
        if let Some(words) = words {
            words.insert(tx, self.tender).await?;
        }
        let key = (self.tender.uuid(), person.uuid(), bidder.uuid());
        conflict_declaration::Entity::delete_by_id(key)
            .exec(tx)
            .await?;
        conflict_declaration::Entity::insert(conflict_declaration::ActiveModel {
            tender_id: Set(key.0),
            person_id: Set(key.1),
            bidder_id: Set(key.2),
            conflict: Set(word(conflict)?),
            words_id: Set(words.map(|words| words.id)),
            declared_idx: Set(index),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

/// The group of each organisation that is declared about.
async fn bidder_groups(
    connection: &impl ConnectionTrait,
    declared: &[(OrganisationId, Conflict)],
) -> Result<BTreeMap<OrganisationId, OrganisationId>, AppError> {
    let rows = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(declared.iter().map(|one| one.0.uuid())))
        .all(connection)
        .await?;
    let group = |row: organisation::Model| {
        let id = OrganisationId::from_uuid(row.id);
        (id, OrganisationId::from_uuid(row.group_id))
    };
    Ok(rows.into_iter().map(group).collect())
}

/// Input of [`App::countersign_conflict`].
#[derive(Debug, Clone)]
pub struct CountersignConflict {
    /// The tender.
    pub tender: TenderId,
    /// Who declared.
    pub member: PersonId,
    /// About whom.
    pub bidder: OrganisationId,
    /// Why it may be accepted.
    pub reason: String,
}

struct Countersign {
    actor: Actor,
    input: CountersignConflict,
    reason: NewReason,
}

impl Command for Countersign {
    const NAME: &'static str = "countersign_conflict";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let input = &self.input;
        let tender = LoadedTender::load(tx, input.tender).await?;
        let facts = Facts {
            earlier: &[input.member],
            ..tender.facts()
        };
        let permit = authorize(tx, &self.actor, Action::CountersignConflict, &facts).await?;
        tender.after(Step::DeclareConflict)?;
        let by = (permit.actor.id, permit.actor.role);
        let mut loaded = LoadedPanel::load(tx, &tender).await?;
        loaded
            .panel
            .countersign(input.member, input.bidder, by, &loaded.bidders, 0)?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.tender.to_string(),
            inputs_upto: None,
            body: ConflictCountersigned {
                tender: input.tender,
                member: input.member,
                bidder: input.bidder,
                reason: self.reason.hash()?,
            }
            .into(),
        })?;
        self.reason.insert(tx, input.tender).await?;
        let (tender, member) = (input.tender.uuid(), input.member.uuid());
        conflict_declaration::ActiveModel {
            tender_id: Set(tender),
            person_id: Set(member),
            bidder_id: Set(input.bidder.uuid()),
            countersigned_by: Set(Some(by.0.uuid())),
            countersigned_idx: Set(Some(column(index)?)),
            countersign_reason_id: Set(Some(self.reason.id)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        panel_member::ActiveModel {
            tender_id: Set(tender),
            person_id: Set(member),
            cleared: Set(loaded.panel.cleared(input.member, &loaded.bidders).is_ok()),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

impl App {
    /// Declares what interests the actor, a member of the panel, has in bidders. A hard conflict takes them from the
    /// panel. Answers whether they may see the bids now.
    pub async fn declare_conflicts(
        &self,
        actor: &Actor,
        tender: TenderId,
        declarations: Vec<DeclareConflict>,
    ) -> Result<Written<bool>, AppError> {
        let prepare = |(at, one): (usize, DeclareConflict)| {
            let field = format!("declarations.{at}.words");
            let words = match (one.conflict, one.words) {
                (Conflict::None, None) => None,
                (Conflict::None, Some(_)) => {
                    let message = "there is no conflict: leave the words out";
                    return Err(AppError::refused_at("WORDS", field, message));
                }
                (_, words) => {
                    let words = words.unwrap_or_default();
                    Some(NewReason::new(&self.ids, &field, words)?)
                }
            };
            Ok((one.bidder, one.conflict, words))
        };
        let declarations = declarations.into_iter().enumerate().map(prepare);
        let command = Declare {
            actor: actor.clone(),
            tender,
            declarations: declarations.collect::<Result<_, AppError>>()?,
        };
        self.store.write(None, command).await
    }

    /// Countersigns a soft conflict of another member with a reason, as the chair or an officer.
    pub async fn countersign_conflict(
        &self,
        actor: &Actor,
        input: CountersignConflict,
    ) -> Result<Written<()>, AppError> {
        let command = Countersign {
            actor: actor.clone(),
            reason: NewReason::new(&self.ids, "reason", input.reason.clone())?,
            input,
        };
        self.store.write(None, command).await
    }
}
