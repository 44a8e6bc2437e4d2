//! The panel of a tender: its members, what they declared, and what they discuss.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use commonweal_app::read::moderation::LevelView;
use commonweal_app::read::panel::{DeclarationView, MemberView, MissingView, PanelView};
use commonweal_domain::ids::{OrganisationId, TenderId};
use commonweal_domain::tender::panel;

use super::agreement::CriterionAgreement;
use super::calibration::Calibration;
use super::context::loader;
use super::node::node_id;
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime, Sha256};
use super::tender_loaders::{AgreedOf, CalibrationOf, StatisticsOf};

/// What a member declares about a bidder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "panel::Conflict")]
pub enum Conflict {
    /// No interest.
    None,
    /// An interest that a countersigned reason may outweigh.
    Soft,
    /// An interest that removes the member from the panel.
    Hard,
}

/// What a member declared about a bidder.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ConflictDeclaration {
    /// What interest there is.
    conflict: Conflict,
    /// What it is; null without a conflict, when the text was erased, and for whoever may not see it.
    words: Option<String>,
    /// Log index of the declaration.
    declared_index: BigInt,
    /// Who countersigned a soft conflict, as a pseudonym.
    countersigned_by: Option<ID>,
    /// Log index of the countersignature.
    countersigned_index: Option<BigInt>,
    /// Why it was countersigned; null when the text was erased, and for whoever may not see it.
    countersign_reason: Option<String>,
    #[graphql(skip)]
    bidder_id: OrganisationId,
}

#[ComplexObject]
impl ConflictDeclaration {
    /// The bidder.
    async fn bidder(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.bidder_id).await
    }
}

impl From<DeclarationView> for ConflictDeclaration {
    fn from(view: DeclarationView) -> Self {
        let (by, index) = view.countersigned.unzip();
        Self {
            conflict: view.conflict.into(),
            words: view.words,
            declared_index: view.declared_index.into(),
            countersigned_by: by.map(node_id),
            countersigned_index: index.map(Into::into),
            countersign_reason: view.reason,
            bidder_id: view.bidder,
        }
    }
}

/// A mark that the chair stated missing.
#[derive(Debug, Clone, SimpleObject)]
pub struct MissingMark {
    /// The bid.
    bid: ID,
    /// The criterion.
    criterion: String,
    /// Why; null when the text was erased, and for whoever may not see it.
    reason: Option<String>,
    /// Log index of the statement.
    entry_index: BigInt,
}

impl From<MissingView> for MissingMark {
    fn from(view: MissingView) -> Self {
        Self {
            bid: node_id(view.bid),
            criterion: view.criterion.to_string(),
            reason: view.reason,
            entry_index: view.entry_index.into(),
        }
    }
}

/// Someone who sits or sat on a panel.
#[derive(Debug, Clone, SimpleObject)]
pub struct PanelMember {
    /// The person's pseudonym.
    person: ID,
    /// Leads the panel.
    chairs: bool,
    /// Marks the bids.
    marks: bool,
    /// Whether they may see the bids: a declaration about every bidder, each soft conflict countersigned.
    cleared: bool,
    /// Whether they have no mark left to make; null for whoever may not know.
    finished: Option<bool>,
    /// Whether they marked the prepared answers; null for whoever may not know.
    calibrated: Option<bool>,
    /// Whether they signed off a consensus; null for whoever may not know.
    signed_off: Option<bool>,
    /// What they declared, by bidder.
    declarations: Vec<ConflictDeclaration>,
    /// Marks that the chair stated missing.
    missing_marks: Vec<MissingMark>,
    /// Why they were taken from the panel; null when the text was erased, and for whoever may not see it.
    reason: Option<String>,
    /// Log index of the entry that let them in.
    assigned_index: BigInt,
    /// Log index of the entry that took them from the panel.
    removed_index: Option<BigInt>,
}

impl From<MemberView> for PanelMember {
    fn from(view: MemberView) -> Self {
        Self {
            person: node_id(view.person),
            chairs: view.chairs,
            marks: view.marks,
            cleared: view.cleared,
            finished: view.finished,
            calibrated: view.calibrated,
            signed_off: view.signed_off,
            declarations: view.declarations.into_iter().map(Into::into).collect(),
            missing_marks: view.missing.into_iter().map(Into::into).collect(),
            reason: view.reason,
            assigned_index: view.assigned_index.into(),
            removed_index: view.removed_index.map(Into::into),
        }
    }
}

/// Who judges the bids of a tender.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Panel {
    /// Everyone who sits or sat on it, in the order in which they joined.
    members: Vec<PanelMember>,
    #[graphql(skip)]
    tender_id: TenderId,
}

#[ComplexObject]
impl Panel {
    /// The hash of every level that the panel agreed on, with reasons and history: what members sign off. Null while a
    /// level is missing, and for whoever may not see the discussion.
    async fn agreed(&self, context: &Context<'_>) -> async_graphql::Result<Option<Sha256>> {
        let found = loader(context)?.load_one(AgreedOf(self.tender_id)).await?;
        Ok(found.map(Sha256))
    }

    /// The prepared answers that evaluators mark first, with marks and drift as far as the caller may see them; null where
    /// none are prepared.
    async fn calibration(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Calibration>> {
        let found = loader(context)?
            .load_one(CalibrationOf(self.tender_id))
            .await?;
        Ok(found.map(Into::into))
    }

    /// How far the members agree, criterion by criterion, and who differs from the rest. For the chair from moderation on;
    /// null for everyone else.
    async fn agreement(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Vec<CriterionAgreement>>> {
        let found = loader(context)?
            .load_one(StatisticsOf(self.tender_id))
            .await?;
        Ok(found.map(|all| all.into_iter().map(Into::into).collect()))
    }
}

impl Panel {
    /// The panel of a tender.
    pub(super) fn new(tender_id: TenderId, view: PanelView) -> Self {
        Self {
            members: view.members.into_iter().map(Into::into).collect(),
            tender_id,
        }
    }
}

/// A level that the panel set for a bid and criterion. The last version stands.
#[derive(Debug, Clone, SimpleObject)]
pub struct AgreedLevel {
    /// The criterion.
    criterion: String,
    /// From 1 on.
    version: u32,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased, and for whoever may not see it.
    reason: Option<String>,
    /// Who set it, as a pseudonym.
    set_by: ID,
    /// When.
    set_at: DateTime,
}

impl From<LevelView> for AgreedLevel {
    fn from(view: LevelView) -> Self {
        Self {
            criterion: view.criterion.to_string(),
            version: view.version,
            level: view.level,
            reason: view.reason,
            set_by: node_id(view.by),
            set_at: DateTime(view.at),
        }
    }
}
