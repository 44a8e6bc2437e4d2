//! `explanation.requested`, `explanation.given` and `abnormal.decided`: the right to explain a bid that looks abnormal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::abnormal::{
    AbnormalError, AbnormalGround, Abnormality, Asked, check_decision, check_explanation,
    check_request,
};
use crate::tender::people::people_for;
use crate::tender::stage::Step;
use crate::time::Time;

/// What a stranger expects of a step that the rules refuse.
const ALLOWED: &str = "a step that the rules allow";

/// `explanation.requested`: an officer asked a supplier to explain what looks abnormal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplanationRequested {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// What looks abnormal.
    pub about: Abnormality,
    /// Until when the supplier may explain.
    pub answer_by: Time,
    /// Salted hash of the request ([`crate::tender::sealing::commit_reason`]).
    pub request: Hash,
}

impl EntryBody for ExplanationRequested {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 1).map(|_| ());
        tender.step(Step::AskExplanation, header)?;
        let prices_open = tender.stage.shows_prices(&tender.plan);
        let bid = tender.eligible(self.bid, header)?;
        let earlier = bid.asked.get(&self.about).copied();
        let asked = Asked::until(self.answer_by);
        bid.asked.entry(self.about).or_insert(asked);
        let (by, at) = (self.answer_by, header.at);
        check_request(earlier.as_ref(), self.about, prices_open, by, at)
            .map_err(|error| refused(header, error))?;
        state.tally.attested("request to explain a bid");
        named
    }
}

/// `explanation.given`: the supplier explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplanationGiven {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// What looks abnormal.
    pub about: Abnormality,
    /// When it arrived.
    pub received_at: Time,
    /// Salted hash of the explanation.
    pub explanation: Hash,
}

impl EntryBody for ExplanationGiven {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        tender.step(Step::AskExplanation, header)?;
        let bid = tender.eligible(self.bid, header)?;
        let named = people_for(bid.supplier, header, Role::Supplier, 1).map(|_| ());
        let checked = check_explanation(bid.asked.get(&self.about), self.about, self.received_at);
        if let Some(asked) = bid.asked.get_mut(&self.about) {
            asked.given = true;
        }
        checked.map_err(|error| refused(header, error))?;
        if self.received_at > header.at {
            let expected = format!("at most {}", header.at);
            return Err(header.finding("received_at", expected, self.received_at));
        }
        state.tally.attested("explanation of a bid");
        named
    }
}

/// `abnormal.decided`: an officer accepted the bid or excluded it, on a named ground; or found that what the report on the
/// ranking flags is not abnormal, and that nobody has to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbnormalDecided {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// What looked abnormal.
    pub about: Abnormality,
    /// The ground, which accepts or excludes.
    pub ground: AbnormalGround,
    /// Salted hash of the reason.
    pub reason: Hash,
}

impl EntryBody for AbnormalDecided {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 1).map(|_| ());
        let flagged = tender.flags(self.bid, self.about);
        if self.ground.excludes() {
            let next = tender.stage.can_exclude(&tender.plan);
            tender.move_to(next, Step::ExcludeBid, header)?;
            tender.inputs = header.index;
            tender.ranking = None;
            tender.proposal = None;
        } else {
            tender.step(Step::AskExplanation, header)?;
        }
        let bid = tender.eligible(self.bid, header)?;
        bid.excluded = self.ground.excludes();
        let asked = bid.asked.get(&self.about);
        let checked = check_decision(asked, flagged, self.about, self.ground, header.at);
        let asked = bid.asked.entry(self.about).or_insert(Asked::NOT_NEEDED);
        asked.decided = true;
        checked.map_err(|error| refused(header, error))?;
        state
            .tally
            .attested("decision on a bid that looked abnormal");
        named
    }
}

fn refused(header: &Header, error: AbnormalError) -> Finding {
    header.finding("abnormal", ALLOWED, error)
}
