//! `admission.decided`: what an officer decided for a bid on a condition of participation or an exclusion ground.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{BidId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::admission::AdmissionDecision;
use crate::tender::code::CriterionCode;
use crate::tender::stage::Step;

/// `admission.decided`: a decision on what the plan states and a bid declares. One that excludes makes an older ranking void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmissionDecided {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// The code of the condition or ground in the plan.
    pub code: CriterionCode,
    /// The decision.
    pub decision: AdmissionDecision,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for AdmissionDecided {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.deciders(header, organisations, 1)?;
        let excludes = self.decision.excludes();
        if excludes {
            let next = tender.stage.can_exclude(&tender.plan);
            tender.move_to(next, Step::ExcludeBid, header)?;
            tender.prices_to_open.remove(&self.bid);
        } else {
            tender.step(Step::DecideAdmission, header)?;
        }
        let opened = tender.eligible(self.bid, header)?;
        let answered = opened.content.answered.as_ref();
        let described = answered.map(|answered| answered.contains(&self.code));
        opened.excluded = excludes;
        opened.decided.insert(self.code.clone(), self.decision);
        if excludes {
            tender.inputs = header.index;
            tender.ranking = None;
            tender.proposal = None;
        }
        tender
            .plan
            .decide_admission(&self.code, self.decision, described)
            .map_err(|error| {
                header.finding("admission", "a decision that the plan allows", error)
            })?;
        state.tally.attested("decision on who may take part");
        Ok(())
    }
}
