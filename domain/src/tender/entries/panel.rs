//! `panel.assigned`, `panel.replaced`, `conflict.declared` and `conflict.countersigned`: who judges, and with what interests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Grant, Role};
use crate::ids::{OrganisationId, PersonId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::organisation;
use crate::tender::panel::{Conflict, PanelError, moderation};
use crate::tender::stage::Step;
use crate::tender::state::Tender;

/// `panel.assigned`: an officer assigned who judges the bids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelAssigned {
    /// The tender.
    pub tender: TenderId,
    /// Who leads the panel.
    pub chair: PersonId,
    /// Who marks; the chair may be among them.
    pub evaluators: Vec<PersonId>,
}

impl EntryBody for PanelAssigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 1).map(|_| ());
        tender.stage = tender.stage.at(&tender.plan, header.at);
        tender.step(Step::AssignPanel, header)?;
        let needed = if moderation::is_judged(&tender.plan) {
            Ok(())
        } else {
            Err(PanelError::NothingToJudge)
        };
        let assigned = tender.panel.assign(self.chair, &self.evaluators);
        let mut roles = check_role(tender, organisations, self.chair, Role::Chair);
        for person in &self.evaluators {
            roles = roles.and(check_role(tender, organisations, *person, Role::Evaluator));
        }
        let expected = "a chair and evaluators of the buyer, once";
        named.and(refused(expected, needed.and(assigned).and(roles), header))
    }
}

/// `panel.replaced`: an officer took a member from the panel, or filled a seat that a hard conflict left empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelReplaced {
    /// The tender.
    pub tender: TenderId,
    /// Who leaves.
    pub member: PersonId,
    /// Who takes the seat; nobody when it stays empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<PersonId>,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for PanelReplaced {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 1).map(|_| ());
        tender.stage = tender.stage.at(&tender.plan, header.at);
        tender.step(Step::ReplaceMember, header)?;
        let left = tender.panel.member(self.member);
        let seats = left.map_or((false, false), |member| (member.chairs, member.marks));
        let replaced = tender
            .panel
            .replace(self.member, self.successor, header.index);
        let mut roles = Ok(());
        if let Some(person) = self.successor {
            let needed = [(seats.0, Role::Chair), (seats.1, Role::Evaluator)];
            for (_, role) in needed.into_iter().filter(|(needed, _)| *needed) {
                roles = roles.and(check_role(tender, organisations, person, role));
            }
        }
        state.tally.attested("reason of a replacement");
        let expected = "a member and a successor of the buyer";
        named.and(refused(expected, replaced.and(roles), header))
    }
}

/// `conflict.declared`: a member declared what interests they have in bidders, before seeing any bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictDeclared {
    /// The tender.
    pub tender: TenderId,
    /// One for each bidder that is declared about now.
    pub declarations: Vec<Declaration>,
}

/// A declaration about one bidder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The bidder.
    pub bidder: OrganisationId,
    /// What interest there is.
    pub conflict: Conflict,
    /// Salted hash of the words ([`crate::tender::sealing::commit_reason`]); none where there is no conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Hash>,
}

impl EntryBody for ConflictDeclared {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let person = member_of(tender, &[Role::Evaluator, Role::Chair], header)?;
        tender.step(Step::DeclareConflict, header)?;
        let wordless = self
            .declarations
            .iter()
            .find(|one| (one.conflict == Conflict::None) != one.words.is_none());
        let groups = organisations.groups_of(person);
        let declarations: Vec<_> = self
            .declarations
            .iter()
            .map(|one| (one.bidder, one.conflict))
            .collect();
        let declared = tender.panel.declare(
            person,
            &tender.bidders(),
            &declarations,
            |bidder| groups.contains(&organisations.group(bidder)),
            header.index,
        );
        state.tally.attested("declaration about a bidder");
        if let Some(one) = wordless {
            let expected = "words for each conflict and none without one";
            return Err(header.finding("words", expected, one.bidder));
        }
        refused("a declaration of a member about bidders", declared, header)
    }
}

/// `conflict.countersigned`: the chair or an officer accepted a soft conflict, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictCountersigned {
    /// The tender.
    pub tender: TenderId,
    /// Who declared.
    pub member: PersonId,
    /// About whom.
    pub bidder: OrganisationId,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for ConflictCountersigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let by = member_of(tender, &[Role::Chair, Role::Officer], header)?;
        let officer = header
            .actors
            .iter()
            .any(|actor| actor.role == Role::Officer);
        let role = if officer { Role::Officer } else { Role::Chair };
        tender.step(Step::DeclareConflict, header)?;
        let bidders = tender.bidders();
        let signed =
            tender
                .panel
                .countersign(self.member, self.bidder, (by, role), &bidders, header.index);
        state.tally.attested("reason of a countersignature");
        refused("a soft conflict of someone else", signed, header)
    }
}

/// The one person who acted for the buyer, in one of the roles.
pub(super) fn member_of(
    tender: &Tender,
    roles: &[Role],
    header: &Header,
) -> Result<PersonId, Finding> {
    let mut actors = header
        .actors
        .iter()
        .filter(|actor| roles.contains(&actor.role) && actor.organisation == tender.buyer);
    if let (Some(actor), None) = (actors.next(), actors.next()) {
        return Ok(actor.id);
    }
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let expected = format!("one person in the role {} of the buyer", words.join(" or "));
    Err(header.finding("people", expected, header.actors.len()))
}

/// A refusal of the panel's rules as a finding.
pub(super) fn refused(
    expected: &str,
    done: Result<(), PanelError>,
    header: &Header,
) -> Result<(), Finding> {
    done.map_err(|error| header.finding("panel", expected, error))
}

/// Someone on the panel holds the role of their seat in the buyer.
fn check_role(
    tender: &Tender,
    organisations: &organisation::State,
    person: PersonId,
    role: Role,
) -> Result<(), PanelError> {
    let grant = Grant {
        organisation: tender.buyer,
        role,
    };
    if organisations.holds(person, grant) {
        Ok(())
    } else {
        Err(PanelError::Role(person))
    }
}
