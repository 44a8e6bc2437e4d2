//! `tender.published` and `tender.cancelled`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{OrganisationId, SealedId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::policy::RecordedCheck;
use crate::tender::panel::Panel;
use crate::tender::panel::agreed::Agreed;
use crate::tender::people::people_for;
use crate::tender::plan::Plan;
use crate::tender::stage::{Stage, Step};
use crate::tender::state::Tender;

/// `tender.published`: a tender with its whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderPublished {
    /// The tender.
    pub tender: TenderId,
    /// Who buys.
    pub buyer: OrganisationId,
    /// What is bought.
    pub title: String,
    /// The plan, whole.
    pub plan: Plan,
    /// The public key to which bids are encrypted (an age recipient).
    pub recipient: String,
    /// What each clause of the policies that bind the tender says of the plan, in the order of policies and clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<RecordedCheck>,
}

impl EntryBody for TenderPublished {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        state.organisations.expect(self.buyer, header)?;
        let named = people_for(self.buyer, header, Role::Officer, 1);
        let catalogue = state.catalogues.get(self.plan.catalogue);
        let checked = catalogue
            .ok_or_else(|| {
                header.finding("catalogue", "a published catalogue", self.plan.catalogue)
            })
            .and_then(|catalogue| {
                self.plan
                    .check(catalogue, header.at)
                    .map_err(|error| header.finding("plan", "a plan that can decide", error))
            });
        let bound =
            state
                .policies
                .check_publication(&self.plan, &self.policies, &state.tenders, header);
        if bound.is_ok() && !self.policies.is_empty() {
            state.tally.recomputed("clauses of policies");
        }
        let tender = Tender {
            plan: self.plan.clone(),
            buyer: self.buyer,
            bound: self.policies.iter().map(|check| check.policy).collect(),
            stage: Stage::Published,
            published: header.index,
            reserved: state.policies.reserved(&self.policies),
            amendments: 0,
            material: None,
            answers: 0,
            opened: None,
            openers: std::collections::BTreeSet::new(),
            panel: Panel::default(),
            moderated: None,
            agreed: Agreed::default(),
            consensus: None,
            cancelled: None,
            inputs: header.index,
            to_open: BTreeSet::new(),
            confirmed: Vec::new(),
            prices_to_open: BTreeSet::new(),
            bids: BTreeMap::new(),
            released: BTreeMap::new(),
            ranking: None,
            proposal: None,
            awards: Vec::new(),
            signed: 0,
            running: None,
        };
        if state.tenders.tenders.contains_key(&self.tender) {
            return Err(header.finding("tender", "one publication", self.tender));
        }
        state.tenders.tenders.insert(self.tender, tender);
        named.map(|_| ()).and(checked).and(bound)
    }
}

/// `tender.cancelled`: the buyer gave the tender up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderCancelled {
    /// The tender.
    pub tender: TenderId,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
    /// Every sealed bid or mark of the tender that was not accounted for: it stays closed for ever.
    pub void: Vec<SealedId>,
}

impl EntryBody for TenderCancelled {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tenders = &mut state.tenders;
        let tender = tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        let next = tender
            .stage
            .can_cancel(&tender.plan, tender.signed, header.at);
        tender.move_to(next, Step::Cancel, header)?;
        tender.cancelled = Some(header.index);
        tender.to_open.clear();
        tender.prices_to_open.clear();
        tender.awards.clear();
        let settled = self
            .void
            .iter()
            .map(|id| tenders.sealed.settle(*id, header));
        let first_wrong = settled
            .filter_map(Result::err)
            .fold(None, |first, next| first.or(Some(next)));
        state.tally.attested("reason of a cancellation");
        first_wrong.map_or(named, Err)
    }
}
