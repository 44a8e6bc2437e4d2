//! Panels: who sits on them and what they declared. The log holds all of it but words and who has finished.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, TenderId};
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::panel::Conflict;
use commonweal_domain::tender::panel::sight::{Reader as Who, What};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use super::visibility::Reader;
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::panel::{conflict_declaration, missing_mark, panel_member};

/// The panel of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelView {
    /// Everyone who sits or sat on it, in the order in which they joined.
    pub members: Vec<MemberView>,
}

/// Someone who sits or sat on a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The person's pseudonym.
    pub person: PersonId,
    /// Leads the panel.
    pub chairs: bool,
    /// Marks the bids.
    pub marks: bool,
    /// Whether they may see the bids.
    pub cleared: bool,
    /// Whether they have no mark left to make; `None` where the reader may not know.
    pub finished: Option<bool>,
    /// Whether they marked the prepared answers; `None` where the reader may not know.
    pub calibrated: Option<bool>,
    /// Whether they signed off a consensus; `None` where the reader may not know.
    pub signed_off: Option<bool>,
    /// Why they were taken from the panel; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// What they declared, by bidder.
    pub declarations: Vec<DeclarationView>,
    /// Marks that the chair stated missing.
    pub missing: Vec<MissingView>,
    /// Log index of the entry that let them in.
    pub assigned_index: u64,
    /// Log index of the entry that took them from the panel.
    pub removed_index: Option<u64>,
}

/// What a member declared about a bidder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclarationView {
    /// The bidder.
    pub bidder: OrganisationId,
    /// What interest there is.
    pub conflict: Conflict,
    /// What it is; `None` without a conflict, when the text was erased or the reader may not see it.
    pub words: Option<String>,
    /// Log index of the declaration.
    pub declared_index: u64,
    /// Who countersigned, and the log index of it.
    pub countersigned: Option<(PersonId, u64)>,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
}

/// A mark that the chair stated missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingView {
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// Log index of the statement.
    pub entry_index: u64,
}

fn index(value: i64) -> Result<u64, AppError> {
    u64::try_from(value).map_err(AppError::internal)
}

/// Words about interests and illness are for the member, the chair, officers and auditors.
fn may_quote(reader: &Reader<'_>, actor: &Actor, tender: Uuid, person: Uuid) -> bool {
    let trusted = matches!(
        reader.reader(tender),
        Who::Officer | Who::Auditor | Who::Chair | Who::ChairMarking
    );
    trusted || actor.person_id().map(Id::uuid) == Some(person)
}

impl Read<'_> {
    /// The panels of tenders, in a fixed number of statements.
    pub async fn panels_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, PanelView>, AppError> {
        let ids: Vec<Uuid> = tenders.iter().map(|id| id.uuid()).collect();
        let rows = panel_member::Entity::find()
            .filter(panel_member::Column::TenderId.is_in(ids.iter().copied()))
            .order_by_asc(panel_member::Column::AssignedIdx)
            .order_by_desc(panel_member::Column::Chairs)
            .order_by_asc(panel_member::Column::PersonId)
            .all(self.db)
            .await?;
        let mut found: HashMap<TenderId, PanelView> = HashMap::new();
        if rows.is_empty() {
            return Ok(found);
        }
        let reader = Reader::new(self, actor, tenders).await?;
        let declarations = conflict_declaration::Entity::find()
            .filter(conflict_declaration::Column::TenderId.is_in(ids.iter().copied()))
            .order_by_asc(conflict_declaration::Column::BidderId)
            .all(self.db)
            .await?;
        let missing = missing_mark::Entity::find()
            .filter(missing_mark::Column::TenderId.is_in(ids))
            .all(self.db)
            .await?;
        let reasons = rows.iter().filter_map(|row| row.reason_id);
        let words = declarations
            .iter()
            .flat_map(|row| [row.words_id, row.countersign_reason_id]);
        let ids = reasons
            .chain(words.flatten())
            .chain(missing.iter().map(|row| row.reason_id));
        let words = Words {
            texts: self.reasons(ids.collect()).await?,
            reader: &reader,
            actor,
        };
        for row in rows {
            let own =
                |tender: Uuid, person: Uuid| (tender, person) == (row.tender_id, row.person_id);
            let declared = declarations
                .iter()
                .filter(|one| own(one.tender_id, one.person_id));
            let missed = missing
                .iter()
                .filter(|one| own(one.tender_id, one.evaluator_id));
            let member = MemberView {
                declarations: declared
                    .map(|one| words.declaration(one))
                    .collect::<Result<_, _>>()?,
                missing: missed
                    .map(|one| words.missing(one))
                    .collect::<Result<_, _>>()?,
                ..words.member(&row)?
            };
            let tender = TenderId::from_uuid(row.tender_id);
            let panel = found.entry(tender).or_insert(PanelView {
                members: Vec::new(),
            });
            panel.members.push(member);
        }
        Ok(found)
    }
}

/// Texts with what decides who may read them.
struct Words<'r> {
    texts: HashMap<Uuid, String>,
    reader: &'r Reader<'r>,
    actor: &'r Actor,
}

impl Words<'_> {
    fn text(&self, (tender, person): (Uuid, Uuid), id: Option<Uuid>) -> Option<String> {
        let text = self.texts.get(&id?)?;
        may_quote(self.reader, self.actor, tender, person).then(|| text.clone())
    }

    fn member(&self, row: &panel_member::Model) -> Result<MemberView, AppError> {
        let sees = |what| self.reader.sees(row.tender_id, what);
        let own = self.actor.person_id().map(Id::uuid) == Some(row.person_id);
        Ok(MemberView {
            person: PersonId::from_uuid(row.person_id),
            chairs: row.chairs,
            marks: row.marks,
            cleared: row.cleared,
            finished: (own || sees(What::Progress)).then_some(row.finished),
            calibrated: (own || sees(What::Progress)).then_some(row.calibrated_idx.is_some()),
            signed_off: (own || sees(What::Discussion)).then_some(row.signed_off.is_some()),
            reason: self.text((row.tender_id, row.person_id), row.reason_id),
            declarations: Vec::new(),
            missing: Vec::new(),
            assigned_index: index(row.assigned_idx)?,
            removed_index: row.removed_idx.map(index).transpose()?,
        })
    }

    fn declaration(&self, row: &conflict_declaration::Model) -> Result<DeclarationView, AppError> {
        let member = (row.tender_id, row.person_id);
        let countersigned = row.countersigned_by.zip(row.countersigned_idx);
        let countersigned = countersigned
            .map(|(by, at)| Ok::<_, AppError>((PersonId::from_uuid(by), index(at)?)))
            .transpose()?;
        Ok(DeclarationView {
            bidder: OrganisationId::from_uuid(row.bidder_id),
            conflict: from_word(&row.conflict)?,
            words: self.text(member, row.words_id),
            declared_index: index(row.declared_idx)?,
            countersigned,
            reason: self.text(member, row.countersign_reason_id),
        })
    }

    fn missing(&self, row: &missing_mark::Model) -> Result<MissingView, AppError> {
        Ok(MissingView {
            bid: BidId::from_uuid(row.bid_id),
            criterion: row.criterion.parse().map_err(AppError::internal)?,
            reason: self.text((row.tender_id, row.evaluator_id), Some(row.reason_id)),
            entry_index: index(row.entry_idx)?,
        })
    }
}
