//! What moderation needs before it begins and before its consensus is signed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Panel, PanelError};
use crate::ids::{BidId, OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::scoring::rules::QualityLevels;
use crate::tender::code::CriterionCode;
use crate::tender::lot::LotCode;
use crate::tender::plan::Plan;

/// A mark that is due: a bid and a criterion that people judge.
pub type Due = (BidId, CriterionCode);

/// The marks that each evaluator owes for the bids that take part, each in its lot.
pub fn due(plan: &Plan, bids: impl IntoIterator<Item = (BidId, LotCode)>) -> BTreeSet<Due> {
    let of_lot = |lot: &LotCode| {
        let leaves = plan.lot(lot).and_then(|lot| plan.leaves_of(lot).ok());
        let judged = leaves.unwrap_or_default().into_iter();
        let judged = judged.filter(|leaf| leaf.rule.judged().is_some());
        judged.map(|leaf| leaf.criterion.code.clone()).collect()
    };
    let mut judged: BTreeMap<LotCode, Vec<CriterionCode>> = BTreeMap::new();
    let mut due = BTreeSet::new();
    for (bid, lot) in bids {
        let codes = judged.entry(lot).or_insert_with_key(of_lot);
        due.extend(codes.iter().map(|code| (bid, code.clone())));
    }
    due
}

/// Whether people judge anything in a plan: only then is there a panel.
pub fn is_judged(plan: &Plan) -> bool {
    let leaves = plan.leaves().unwrap_or_default();
    leaves.iter().any(|leaf| leaf.rule.judged().is_some())
}

/// The table of levels of a criterion that people judge; none for another criterion.
pub fn judged<'p>(plan: &'p Plan, criterion: &CriterionCode) -> Option<&'p QualityLevels> {
    let leaves = plan.leaves().ok()?;
    let found = leaves.iter().find(|leaf| leaf.criterion.code == *criterion);
    found?.rule.judged()
}

impl Panel {
    /// Refuses an amendment that changes a table of levels for which answers are prepared.
    pub fn check_amendment(&self, before: &Plan, after: &Plan) -> Result<(), PanelError> {
        let mut criteria = self
            .prepared()
            .into_iter()
            .flat_map(|all| all.criteria.values());
        let changed =
            criteria.find(|criterion| judged(before, criterion) != judged(after, criterion));
        changed.map_or(Ok(()), |criterion| {
            Err(PanelError::AnswersPrepared(criterion.clone()))
        })
    }

    /// Notes that the chair states marks of a member missing.
    pub fn state_missing(
        &mut self,
        person: PersonId,
        missing: impl IntoIterator<Item = Due>,
    ) -> Result<(), PanelError> {
        if !self.seated(person)?.marks {
            return Err(PanelError::DoesNotMark(person));
        }
        if let Some(member) = self.members.get_mut(&person) {
            member.missing.extend(missing);
        }
        Ok(())
    }

    /// Whether a member may still make a mark.
    pub fn may_mark(&self, person: PersonId, (bid, criterion): &Due) -> Result<(), PanelError> {
        let key = (*bid, criterion.clone());
        let stated = |member: &super::Member| member.missing.contains(&key);
        if !self.member(person).is_some_and(stated) {
            return Ok(());
        }
        Err(PanelError::Missing {
            bid: *bid,
            criterion: criterion.clone(),
        })
    }

    /// The marks of a member that are due and neither in `made` nor stated missing.
    pub fn unfinished(
        &self,
        person: PersonId,
        due: &BTreeSet<Due>,
        made: &BTreeSet<Due>,
    ) -> BTreeSet<Due> {
        let Some(member) = self.member(person).filter(|member| member.marks) else {
            return BTreeSet::new();
        };
        due.iter()
            .filter(|key| !made.contains(*key) && !member.missing.contains(*key))
            .cloned()
            .collect()
    }

    /// Checks that the panel is whole: a chair and an evaluator at least, and every member may see the bids.
    pub fn is_whole(&self, bidders: &BTreeSet<OrganisationId>) -> Result<(), PanelError> {
        if self.members.is_empty() {
            return Err(PanelError::NotAssigned);
        }
        if !self.active().any(|(_, member)| member.chairs) {
            return Err(PanelError::ChairNeeded);
        }
        if !self.active().any(|(_, member)| member.marks) {
            return Err(PanelError::EvaluatorNeeded);
        }
        let closed = self
            .active()
            .find(|(_, member)| !member.is_cleared(bidders));
        closed.map_or(Ok(()), |(person, _)| Err(PanelError::NotCleared(person)))
    }

    /// Begins moderation: the chair leads a whole panel, and each evaluator's marks are final or stated missing. What is
    /// final only the service knows while marks are sealed; replay sees it after their release.
    pub fn begin_moderation(
        &mut self,
        chair: PersonId,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<(), PanelError> {
        self.is_whole(bidders)?;
        self.chair(chair, bidders)?;
        self.moderating = true;
        Ok(())
    }

    /// Whether moderation has begun.
    pub fn is_moderating(&self) -> bool {
        self.moderating
    }

    /// Notes that a member signs off the consensus of a hash.
    pub fn sign_off(
        &mut self,
        person: PersonId,
        agreed: Hash,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<(), PanelError> {
        self.cleared(person, bidders)?;
        if let Some(member) = self.members.get_mut(&person) {
            member.signed_off = Some(agreed);
        }
        Ok(())
    }

    /// Checks that a consensus may be signed by its chair: every other active member signed off exactly it.
    pub fn can_sign(
        &self,
        chair: PersonId,
        agreed: Hash,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<(), PanelError> {
        self.is_whole(bidders)?;
        self.chair(chair, bidders)?;
        let absent = self
            .active()
            .find(|(person, member)| *person != chair && member.signed_off != Some(agreed));
        absent.map_or(Ok(()), |(person, _)| Err(PanelError::NotSignedOff(person)))
    }
}
