//! Who judges a tender: an officer assigns the panel and replaces its members.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor, Role};
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::entries::{PanelAssigned, PanelReplaced};
use commonweal_domain::tender::panel::moderation::{Due, due, is_judged};
use commonweal_domain::tender::panel::{Declared, Member, Panel, PanelError};
use commonweal_domain::tender::stage::{Stage, Step};
use commonweal_domain::tender::validity::Validity;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use uuid::Uuid;

use crate::App;
use crate::apart;
use crate::calibration::{prepared_of, prepared_rows};
use crate::error::AppError;
use crate::organisation::{column, from_word, word};
use crate::reason::NewReason;
use crate::store::bid;
use crate::store::organisation::role_grant;
use crate::store::panel::{conflict_declaration, missing_mark, panel_member};
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// The panel of a tender as use-cases decide with it, and what it judges.
#[derive(Debug)]
pub(crate) struct LoadedPanel {
    pub(crate) panel: Panel,
    /// Everyone whose bid was opened.
    pub(crate) bidders: BTreeSet<OrganisationId>,
    /// Bids that take part.
    pub(crate) eligible: Vec<BidId>,
    /// Marks that each evaluator owes.
    pub(crate) due: BTreeSet<Due>,
}

impl LoadedPanel {
    pub(crate) async fn load(
        connection: &impl ConnectionTrait,
        tender: &LoadedTender,
    ) -> Result<Self, AppError> {
        let id = tender.row.id;
        let bids: Vec<(Uuid, Uuid, String, Option<i64>, String)> = bid::Entity::find()
            .select_only()
            .columns([
                bid::Column::Id,
                bid::Column::SupplierId,
                bid::Column::Validity,
                bid::Column::ExcludedIdx,
                bid::Column::Lot,
            ])
            .filter(bid::Column::TenderId.eq(id))
            .into_tuple()
            .all(connection)
            .await?;
        let valid = word(Validity::Valid)?;
        let takes_part =
            |row: &&(Uuid, Uuid, String, Option<i64>, String)| row.2 == valid && row.3.is_none();
        let mut eligible = Vec::new();
        for row in bids.iter().filter(takes_part) {
            let lot = row.4.parse().map_err(AppError::internal)?;
            eligible.push((BidId::from_uuid(row.0), lot));
        }
        let bidders = bids.iter().map(|row| OrganisationId::from_uuid(row.1));
        Ok(Self {
            panel: Panel::stored(
                members(connection, id).await?,
                is_moderating(tender.stage),
                prepared_of(&prepared_rows(connection, [id]).await?)?,
            ),
            bidders: bidders.collect(),
            due: due(&tender.plan, eligible.iter().cloned()),
            eligible: eligible.into_iter().map(|(bid, _)| bid).collect(),
        })
    }

    /// Refuses a criterion that the panel does not judge in the bid's lot.
    pub(crate) fn check_judged(
        &self,
        bid: BidId,
        criterion: &CriterionCode,
        field: &str,
    ) -> Result<(), AppError> {
        if self.due.contains(&(bid, criterion.clone())) {
            return Ok(());
        }
        let message =
            format!("`{criterion}` is no criterion that the panel judges in the bid's lot");
        Err(AppError::refused_at("UNKNOWN_CRITERION", field, message))
    }

    /// Refuses a bid that takes no part.
    pub(crate) fn check_eligible(&self, bid: BidId, field: &str) -> Result<(), AppError> {
        if self.eligible.contains(&bid) {
            return Ok(());
        }
        let message = "this bid takes no part: it is not valid or was excluded";
        Err(AppError::refused_at("NOT_ELIGIBLE", field, message))
    }
}

/// Whether moderation has begun.
fn is_moderating(stage: Stage) -> bool {
    stage >= Stage::Moderating && stage != Stage::Cancelled
}

/// A member from their row, without declarations and missing marks.
pub(crate) fn seat_of(row: &panel_member::Model) -> Result<(PersonId, Member), AppError> {
    let index = |index: Option<i64>| index.map(u64::try_from).transpose();
    let signed = row.signed_off.as_ref();
    let signed = signed.map(|hash| Hash::try_from(hash.as_slice()));
    let mut member = Member::seat(row.chairs, row.marks);
    member.removed = index(row.removed_idx).map_err(AppError::internal)?;
    member.replaced = row.replaced;
    member.signed_off = signed.transpose().map_err(AppError::internal)?;
    member.calibrated = index(row.calibrated_idx).map_err(AppError::internal)?;
    Ok((PersonId::from_uuid(row.person_id), member))
}

async fn members(
    connection: &impl ConnectionTrait,
    tender: Uuid,
) -> Result<BTreeMap<PersonId, Member>, AppError> {
    let rows = panel_member::Entity::find()
        .filter(panel_member::Column::TenderId.eq(tender))
        .all(connection)
        .await?;
    let mut members = BTreeMap::new();
    for row in &rows {
        let (person, member) = seat_of(row)?;
        members.insert(person, member);
    }
    let declarations = conflict_declaration::Entity::find()
        .filter(conflict_declaration::Column::TenderId.eq(tender))
        .all(connection)
        .await?;
    for row in declarations {
        let declared = Declared {
            conflict: from_word(&row.conflict)?,
            countersigned: row.countersigned_idx.is_some(),
        };
        if let Some(member) = members.get_mut(&PersonId::from_uuid(row.person_id)) {
            member
                .declared
                .insert(OrganisationId::from_uuid(row.bidder_id), declared);
        }
    }
    let missing = missing_mark::Entity::find()
        .filter(missing_mark::Column::TenderId.eq(tender))
        .all(connection)
        .await?;
    for row in missing {
        if let Some(member) = members.get_mut(&PersonId::from_uuid(row.evaluator_id)) {
            let criterion = row.criterion.parse().map_err(AppError::internal)?;
            member
                .missing
                .insert((BidId::from_uuid(row.bid_id), criterion));
        }
    }
    Ok(members)
}

/// Everyone who sits or sat on the panel of a tender: nobody awards what they judged.
pub(crate) async fn panel_people(
    connection: &impl ConnectionTrait,
    tender: TenderId,
) -> Result<Vec<PersonId>, AppError> {
    let ids: Vec<Uuid> = panel_member::Entity::find()
        .select_only()
        .column(panel_member::Column::PersonId)
        .filter(panel_member::Column::TenderId.eq(tender.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(PersonId::from_uuid).collect())
}

/// Someone on the panel must hold the role of their seat in the buyer.
async fn check_role(
    tx: &Tx,
    tender: &LoadedTender,
    person: PersonId,
    role: Role,
) -> Result<(), AppError> {
    let key = (person.uuid(), tender.row.buyer_id, role.as_str().to_owned());
    match role_grant::Entity::find_by_id(key).one(tx).await? {
        Some(_) => Ok(()),
        None => Err(PanelError::Role(person).into()),
    }
}

async fn insert_member(
    tx: &Tx,
    tender: TenderId,
    (person, member): (PersonId, &Member),
    index: i64,
) -> Result<(), AppError> {
    panel_member::Entity::insert(panel_member::ActiveModel {
        tender_id: Set(tender.uuid()),
        person_id: Set(person.uuid()),
        chairs: Set(member.chairs),
        marks: Set(member.marks),
        assigned_idx: Set(index),
        cleared: Set(false),
        finished: Set(!member.marks),
        replaced: Set(false),
        ..Default::default()
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

struct Assign {
    actor: Actor,
    tender: TenderId,
    chair: PersonId,
    evaluators: Vec<PersonId>,
}

impl Command for Assign {
    const NAME: &'static str = "assign_panel";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit =
            apart::permit(tx, tx.at(), &tender, &self.actor, Action::AssignPanel, &[]).await?;
        tender
            .stage
            .at(&tender.plan, tx.at())
            .after(Step::AssignPanel)?;
        if !is_judged(&tender.plan) {
            return Err(PanelError::NothingToJudge.into());
        }
        let mut panel = LoadedPanel::load(tx, &tender).await?.panel;
        panel.assign(self.chair, &self.evaluators)?;
        check_role(tx, &tender, self.chair, Role::Chair).await?;
        for person in &self.evaluators {
            check_role(tx, &tender, *person, Role::Evaluator).await?;
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.tender.to_string(),
            inputs_upto: None,
            body: PanelAssigned {
                tender: self.tender,
                chair: self.chair,
                evaluators: self.evaluators.clone(),
            }
            .into(),
        })?;
        for member in panel.members() {
            insert_member(tx, self.tender, member, column(index)?).await?;
        }
        Ok(())
    }
}

/// Input of [`App::replace_member`].
#[derive(Debug, Clone)]
pub struct ReplaceMember {
    /// The tender.
    pub tender: TenderId,
    /// Who leaves, or left for a hard conflict.
    pub member: PersonId,
    /// Who takes the seat; nobody when it stays empty.
    pub successor: Option<PersonId>,
    /// Why.
    pub reason: String,
}

struct Replace {
    actor: Actor,
    input: ReplaceMember,
    reason: NewReason,
}

impl Command for Replace {
    const NAME: &'static str = "replace_member";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let input = &self.input;
        let tender = LoadedTender::load(tx, input.tender).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::ReplaceMember,
            &[],
        )
        .await?;
        tender
            .stage
            .at(&tender.plan, tx.at())
            .after(Step::ReplaceMember)?;
        let mut panel = LoadedPanel::load(tx, &tender).await?.panel;
        panel.replace(input.member, input.successor, 0)?;
        let successor = input
            .successor
            .and_then(|new| Some((new, panel.member(new)?)));
        if let Some((person, seat)) = successor {
            let needed = [(seat.chairs, Role::Chair), (seat.marks, Role::Evaluator)];
            for (_, role) in needed.into_iter().filter(|(needed, _)| *needed) {
                check_role(tx, &tender, person, role).await?;
            }
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.tender.to_string(),
            inputs_upto: None,
            body: PanelReplaced {
                tender: input.tender,
                member: input.member,
                successor: input.successor,
                reason: self.reason.hash()?,
            }
            .into(),
        })?;
        let index = column(index)?;
        self.reason.insert(tx, input.tender).await?;
        if let Some(member) = successor {
            insert_member(tx, input.tender, member, index).await?;
        }
        let key = (input.tender.uuid(), input.member.uuid());
        let row = panel_member::Entity::find_by_id(key).one(tx).await?;
        let removed = row.and_then(|row| row.removed_idx).unwrap_or(index);
        panel_member::ActiveModel {
            tender_id: Set(key.0),
            person_id: Set(key.1),
            cleared: Set(false),
            removed_idx: Set(Some(removed)),
            replaced: Set(true),
            reason_id: Set(Some(self.reason.id)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

impl App {
    /// Assigns a chair and evaluators to a tender, once, before anyone has marked. The chair may be one of the evaluators.
    pub async fn assign_panel(
        &self,
        actor: &Actor,
        tender: TenderId,
        chair: PersonId,
        evaluators: Vec<PersonId>,
    ) -> Result<Written<()>, AppError> {
        let command = Assign {
            actor: actor.clone(),
            tender,
            chair,
            evaluators,
        };
        self.store.write(None, command).await
    }

    /// Takes a member from the panel of a tender with a reason, or fills a seat that a hard conflict left empty.
    pub async fn replace_member(
        &self,
        actor: &Actor,
        input: ReplaceMember,
    ) -> Result<Written<()>, AppError> {
        let command = Replace {
            actor: actor.clone(),
            reason: NewReason::new(&self.ids, "reason", input.reason.clone())?,
            input,
        };
        self.store.write(None, command).await
    }
}

impl From<PanelError> for AppError {
    fn from(error: PanelError) -> Self {
        use PanelError as E;
        let (code, path) = match &error {
            E::Assigned => ("PANEL_ASSIGNED", Some("tender")),
            E::NotAssigned => ("NO_PANEL", Some("tender")),
            E::NothingToJudge => ("NOTHING_TO_JUDGE", Some("tender")),
            E::Size(_) => ("PANEL_SIZE", Some("evaluators")),
            E::Twice(_) => ("NAMED_TWICE", Some("evaluators")),
            E::Role(_) => ("ROLE_MISSING", None),
            E::NotAMember(_) => ("NOT_A_MEMBER", None),
            E::Sat(_) => ("SAT_BEFORE", Some("successor")),
            E::Replaced(_) => ("REPLACED", Some("member")),
            E::ChairNeeded => ("CHAIR_NEEDED", Some("successor")),
            E::EvaluatorNeeded => ("EVALUATOR_NEEDED", Some("successor")),
            E::ModerationBegun => ("MODERATION_BEGUN", Some("successor")),
            E::NothingDeclared => ("NOTHING_DECLARED", Some("declarations")),
            E::NotABidder(_) => ("NOT_A_BIDDER", Some("declarations")),
            E::NotRaised(_) => ("NOT_RAISED", Some("declarations")),
            E::Related(_) => ("RELATED", Some("declarations")),
            E::NotSoft(_) => ("NO_SOFT_CONFLICT", Some("bidder")),
            E::OwnConflict => ("OWN_CONFLICT", Some("member")),
            E::NotCleared(_) => ("NOT_DECLARED", None),
            E::DoesNotMark(_) => ("DOES_NOT_MARK", None),
            E::NotTheChair => ("NOT_THE_CHAIR", None),
            E::Prepared => ("CALIBRATION_PREPARED", Some("tender")),
            E::Answers(_) => ("ANSWERS", Some("answers")),
            E::AnswersPrepared(_) => ("ANSWERS_PREPARED", Some("plan")),
            E::NotPrepared => ("NOT_PREPARED", Some("tender")),
            E::AnswersNotMarked(_) => ("ANSWERS_NOT_MARKED", Some("marks")),
            E::Calibrated(_) => ("CALIBRATED", Some("tender")),
            E::NotCalibrated(_) => ("NOT_CALIBRATED", None),
            E::Missing { .. } => ("STATED_MISSING", Some("criterion")),
            E::Unfinished { .. } => ("MARKS_NOT_FINAL", None),
            E::NoMarks => ("NO_MARKS", None),
            E::Compares(_) => ("COMPARES_BIDS", Some("levels")),
            E::TooManyChanges { .. } => ("TOO_MANY_CHANGES", Some("levels")),
            E::NotAgreed { .. } => ("NOT_AGREED", None),
            E::NotSignedOff(_) => ("NOT_SIGNED_OFF", None),
        };
        match path {
            Some(path) => Self::refused_at(code, path, error),
            None => Self::refused(code, error),
        }
    }
}
