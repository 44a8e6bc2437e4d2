//! The panel of a tender: who sits on it, what its members declared, and what each step needs. The use-cases decide with
//! it, and replay runs the same functions.

pub mod agreed;
pub mod answers;
pub mod calibration;
pub mod compared;
pub mod error;
mod member;
pub mod moderation;
pub mod sight;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use calibration::Prepared;
pub use error::PanelError;
pub use member::Member;

use crate::actor::Role;
use crate::ids::{OrganisationId, PersonId};

/// The most evaluators of one panel.
pub const MAX_EVALUATORS: usize = 50;

/// What a member declares about a bidder.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// No interest.
    None,
    /// An interest that a countersigned reason may outweigh.
    Soft,
    /// An interest that removes the member from the panel.
    Hard,
}

/// A member's declaration about one bidder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// What was declared last.
    pub conflict: Conflict,
    /// Whether the chair or an officer countersigned a soft conflict.
    pub countersigned: bool,
}

impl Declared {
    /// Whether it lets the member see bids.
    fn clears(self) -> bool {
        match self.conflict {
            Conflict::None => true,
            Conflict::Soft => self.countersigned,
            Conflict::Hard => false,
        }
    }
}

/// Everyone who sits or sat on the panel of a tender. Members are never forgotten: what they did before they left stays theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    members: BTreeMap<PersonId, Member>,
    moderating: bool,
    prepared: Option<Prepared>,
}

impl Panel {
    /// A panel as it was stored.
    pub fn stored(
        members: impl IntoIterator<Item = (PersonId, Member)>,
        moderating: bool,
        prepared: Option<Prepared>,
    ) -> Self {
        Self {
            members: members.into_iter().collect(),
            moderating,
            prepared,
        }
    }

    /// Everyone who sits or sat on it.
    pub fn members(&self) -> impl Iterator<Item = (PersonId, &Member)> {
        self.members
            .iter()
            .map(|(person, member)| (*person, member))
    }

    /// Everyone who sits on it now.
    pub fn active(&self) -> impl Iterator<Item = (PersonId, &Member)> {
        self.members().filter(|(_, member)| member.is_active())
    }

    /// Someone who sits or sat on it.
    pub fn member(&self, person: PersonId) -> Option<&Member> {
        self.members.get(&person)
    }

    /// Everyone who sits or sat on it, who therefore neither proposes nor approves the award.
    pub fn people(&self) -> Vec<PersonId> {
        self.members.keys().copied().collect()
    }

    /// Assigns a chair and evaluators, once. The chair may be one of the evaluators.
    pub fn assign(&mut self, chair: PersonId, evaluators: &[PersonId]) -> Result<(), PanelError> {
        if !self.members.is_empty() {
            return Err(PanelError::Assigned);
        }
        if !(1..=MAX_EVALUATORS).contains(&evaluators.len()) {
            return Err(PanelError::Size(evaluators.len()));
        }
        let mut members = BTreeMap::from([(chair, Member::seat(true, false))]);
        for person in evaluators {
            let member = members.entry(*person).or_default();
            if member.marks {
                return Err(PanelError::Twice(*person));
            }
            member.marks = true;
        }
        self.members = members;
        Ok(())
    }

    /// Takes a member from the panel, or fills the seat of one whom a hard conflict removed.
    pub fn replace(
        &mut self,
        person: PersonId,
        successor: Option<PersonId>,
        index: u64,
    ) -> Result<(), PanelError> {
        let member = self.member(person).ok_or(PanelError::NotAMember(person))?;
        if member.replaced {
            return Err(PanelError::Replaced(person));
        }
        let (chairs, marks) = (member.chairs, member.marks);
        match successor {
            Some(new) if self.members.contains_key(&new) => return Err(PanelError::Sat(new)),
            Some(_) if marks && self.moderating => return Err(PanelError::ModerationBegun),
            None if chairs => return Err(PanelError::ChairNeeded),
            None if marks && !self.marks_beside(person) => return Err(PanelError::EvaluatorNeeded),
            _ => {}
        }
        if let Some(new) = successor {
            self.members.insert(new, Member::seat(chairs, marks));
        }
        if let Some(member) = self.members.get_mut(&person) {
            member.remove(index);
            member.replaced = true;
        }
        Ok(())
    }

    fn marks_beside(&self, person: PersonId) -> bool {
        self.active()
            .any(|(other, member)| other != person && member.marks)
    }

    /// Takes a member's declarations about bidders of the tender. `related` says whether the member holds a role in the
    /// group of a bidder: then only a hard conflict can be declared. A hard conflict removes the member.
    pub fn declare(
        &mut self,
        person: PersonId,
        bidders: &BTreeSet<OrganisationId>,
        declarations: &[(OrganisationId, Conflict)],
        related: impl Fn(OrganisationId) -> bool,
        index: u64,
    ) -> Result<(), PanelError> {
        let member = self.seated(person)?;
        let mut declared = member.declared.clone();
        if declarations.is_empty() {
            return Err(PanelError::NothingDeclared);
        }
        for (bidder, conflict) in declarations {
            if !bidders.contains(bidder) {
                return Err(PanelError::NotABidder(*bidder));
            }
            if related(*bidder) && *conflict != Conflict::Hard {
                return Err(PanelError::Related(*bidder));
            }
            let now = Declared {
                conflict: *conflict,
                countersigned: false,
            };
            let earlier = declared.insert(*bidder, now);
            if earlier.is_some_and(|earlier| earlier.conflict >= *conflict) {
                return Err(PanelError::NotRaised(*bidder));
            }
        }
        let hard = declared.values().any(|one| one.conflict == Conflict::Hard);
        if let Some(member) = self.members.get_mut(&person) {
            member.declared = declared;
            if hard {
                member.remove(index);
            } else {
                member.note_access(bidders, index);
            }
        }
        Ok(())
    }

    /// Countersigns a soft conflict, as someone else than the member: an officer, or the chair of this panel.
    pub fn countersign(
        &mut self,
        person: PersonId,
        bidder: OrganisationId,
        (by, role): (PersonId, Role),
        bidders: &BTreeSet<OrganisationId>,
        index: u64,
    ) -> Result<(), PanelError> {
        self.seated(person)?;
        if person == by {
            return Err(PanelError::OwnConflict);
        }
        if role != Role::Officer && !self.seated(by)?.chairs {
            return Err(PanelError::NotTheChair);
        }
        // The member is seated, so it is there.
        let Some(member) = self.members.get_mut(&person) else {
            return Err(PanelError::NotAMember(person));
        };
        let waiting = member
            .declared
            .get_mut(&bidder)
            .filter(|one| one.conflict == Conflict::Soft && !one.countersigned);
        waiting.ok_or(PanelError::NotSoft(bidder))?.countersigned = true;
        member.note_access(bidders, index);
        Ok(())
    }

    /// A member who sits on the panel now.
    pub fn seated(&self, person: PersonId) -> Result<&Member, PanelError> {
        if self.members.is_empty() {
            return Err(PanelError::NotAssigned);
        }
        self.member(person)
            .filter(|member| member.is_active())
            .ok_or(PanelError::NotAMember(person))
    }

    /// A member who sits on the panel and may see the bids.
    pub fn cleared(
        &self,
        person: PersonId,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<&Member, PanelError> {
        let member = self.seated(person)?;
        if member.is_cleared(bidders) {
            Ok(member)
        } else {
            Err(PanelError::NotCleared(person))
        }
    }

    /// The chair, whether they may see the bids or not.
    pub fn leads(&self, person: PersonId) -> Result<(), PanelError> {
        if self.seated(person)?.chairs {
            Ok(())
        } else {
            Err(PanelError::NotTheChair)
        }
    }

    /// A member who may mark the bids.
    pub fn marker(
        &self,
        person: PersonId,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<&Member, PanelError> {
        let member = self.cleared(person, bidders)?;
        if member.marks {
            Ok(member)
        } else {
            Err(PanelError::DoesNotMark(person))
        }
    }

    /// The chair, who may see the bids.
    pub fn chair(
        &self,
        person: PersonId,
        bidders: &BTreeSet<OrganisationId>,
    ) -> Result<(), PanelError> {
        let member = self.cleared(person, bidders)?;
        if member.chairs {
            Ok(())
        } else {
            Err(PanelError::NotTheChair)
        }
    }
}
