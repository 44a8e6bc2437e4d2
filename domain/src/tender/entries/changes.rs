//! `tender.amended`, `tender.extended`, `question.answered` and `bid.confirmed`: what happens between publication and
//! deadline beside the bids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::panel::refused;
use crate::actor::Role;
use crate::ids::{SealedId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::policy::RecordedCheck;
use crate::tender::amendment::{check_amendment, check_extension};
use crate::tender::plan::Plan;
use crate::tender::register::{Confirmed, check_anonymous};
use crate::tender::stage::Step;
use crate::time::Time;

/// `tender.amended`: a new version of the plan, whole. The log keeps every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderAmended {
    /// The tender.
    pub tender: TenderId,
    /// The number of the amendment, from 1.
    pub number: u32,
    /// The plan as it is from now on.
    pub plan: Plan,
    /// What each clause of the policies that bind the tender says of it, in the order of policies and clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<RecordedCheck>,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for TenderAmended {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let catalogue = state.catalogues.get(self.plan.catalogue);
        let (plan, recorded) = (&self.plan, &self.policies);
        let bound = state
            .policies
            .check_publication(plan, recorded, &state.tenders, header);
        let reserved = state.policies.reserved(recorded);
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        tender.step_now(Step::Amend, header)?;
        let checked = check_amendment(&tender.plan, &self.plan, tender.amendments, header.at);
        let next = tender.amendments.saturating_add(1);
        let kept = tender.panel.check_amendment(&tender.plan, &self.plan);
        tender.plan = self.plan.clone();
        tender.reserved = reserved;
        tender.bound = self.policies.iter().map(|check| check.policy).collect();
        tender.amendments = next;
        tender.inputs = header.index;
        let allowed = "an amendment that the rules allow";
        let amendment = checked.map_err(|error| header.finding("amendment", allowed, error))?;
        if amendment.material {
            tender.material = Some(header.index);
        }
        refused("levels for which no answers are prepared", kept, header)?;
        if self.number != next {
            return Err(header.finding("number", next, self.number));
        }
        let Some(catalogue) = catalogue else {
            let id = self.plan.catalogue;
            return Err(header.finding("catalogue", "a published catalogue", id));
        };
        self.plan
            .check(catalogue, header.at)
            .map_err(|error| header.finding("plan", "a plan that can decide", error))?;
        state.tally.attested("reason of an amendment");
        named.and(bound)
    }
}

/// `tender.extended`: a later deadline, for an outage also after the deadline and before the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderExtended {
    /// The tender.
    pub tender: TenderId,
    /// The new deadline.
    pub closes_at: Time,
    /// The new opening time.
    pub opens_at: Time,
    /// Whether the service was out.
    pub outage: bool,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for TenderExtended {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        let step = if self.outage {
            Step::ExtendForOutage
        } else {
            Step::Extend
        };
        tender.step_now(step, header)?;
        let (closes_at, opens_at) = (self.closes_at, self.opens_at);
        let checked = check_extension(&tender.plan, closes_at, opens_at, self.outage, header.at);
        (tender.plan.closes_at, tender.plan.opens_at) = (closes_at, opens_at);
        tender.inputs = header.index;
        let allowed = "an extension that the rules allow";
        checked.map_err(|error| header.finding("extension", allowed, error))?;
        state.tally.attested("reason of an extension");
        named
    }
}

/// `question.answered`: a question and its answer, for everyone. Who asked is nowhere; the texts stand beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionAnswered {
    /// The tender.
    pub tender: TenderId,
    /// The number of the answer, from 1.
    pub number: u32,
    /// Salted hash of the question as it is published ([`crate::tender::sealing::commit_reason`]).
    pub question: Hash,
    /// Salted hash of the answer.
    pub answer: Hash,
}

impl EntryBody for QuestionAnswered {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        tender.step_now(Step::AnswerQuestion, header)?;
        let next = tender.answers.saturating_add(1);
        tender.answers = next;
        if self.number != next {
            return Err(header.finding("number", next, self.number));
        }
        state.tally.attested("question and answer");
        named
    }
}

/// `bid.confirmed`: a supplier stands by a bid after an amendment. It names neither tender nor supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidConfirmed {
    /// The bid.
    pub sealed: SealedId,
    /// When the request arrived.
    pub received_at: Time,
}

impl EntryBody for BidConfirmed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        check_anonymous(header, self.sealed)?;
        let confirmed = Confirmed {
            index: header.index,
            received_at: self.received_at,
        };
        let register = &mut state.tenders.sealed;
        register.confirm(self.sealed, confirmed, header)?;
        if self.received_at > header.at {
            let expected = format!("at most {}", header.at);
            return Err(header.finding("received_at", expected, self.received_at));
        }
        Ok(())
    }
}
