//! `robustness.reported`: what would have changed a ranking's winner, recomputed by whoever reads it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{OrganisationId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::scoring::robustness::{Case, PanelMarks, Robustness, Summary, robustness};
use crate::tender::lot::LotCode;

/// `robustness.reported`: the findings on the ranking of a lot in short, and the hash of the whole report, which replay makes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RobustnessReported {
    /// The tender.
    pub tender: TenderId,
    /// The lot that was ranked.
    pub lot: LotCode,
    /// Index of the ranking that was questioned.
    pub ranking: u64,
    /// The findings in short.
    pub summary: Summary,
    /// SHA-256 of the whole report; none where the plan withholds a field of the bids, from which a hash could be guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Hash>,
}

impl EntryBody for RobustnessReported {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.people(header, Role::Officer, 1)?;
        let plan = &tender.plan;
        let at = plan.lots.iter().position(|lot| lot.code == self.lot);
        let lot = at.and_then(|at| Some((plan.lots.get(at)?, at)));
        let Some((lot, at)) = lot else {
            return Err(header.finding("lot", "a lot of the plan", &self.lot));
        };
        let standing = tender.ranking.as_ref();
        let standing = standing.map(|last| (last.index, last.rankings.get(at)));
        let winner = standing.and_then(|(_, ranking)| ranking?.winner());
        let index = standing.map(|(index, _)| index);
        if index != Some(self.ranking) || winner != Some(self.summary.winner) {
            let expected = "the last ranking and the first of it";
            return Err(header.finding("ranking", expected, self.ranking));
        }
        if !plan.disclosure.shows_results() {
            if self.report.is_some() {
                let expected = "no hash of what the plan withholds";
                return Err(header.finding("report", expected, "a hash"));
            }
            tender.take_flags(&self.lot, self.summary.flags());
            state.tally.attested("robustness of a ranking");
            return Ok(());
        }
        let entrants = tender.entrants();
        let facts = tender.facts(&entrants, organisations);
        let group = |id: OrganisationId| (id, organisations.group(id));
        let groups: BTreeMap<_, _> = entrants.iter().map(|bid| group(bid.supplier)).collect();
        let found = robustness(&Case {
            plan,
            lot,
            entrants: &entrants,
            facts: &facts,
            groups: &groups,
            // The marks are sealed until the award.
            panel: &PanelMarks::new(),
        });
        let failed = |error: &dyn std::fmt::Display| {
            header.finding("robustness", "numbers within exact arithmetic", error)
        };
        let found = found.map_err(|error| failed(&error))?;
        // What was found counts, whatever the entry says of it.
        let flags = found.as_ref().map(Robustness::flags);
        tender.take_flags(&self.lot, flags.unwrap_or_default());
        let summary = found.as_ref().and_then(Robustness::summary);
        if summary.as_ref() != Some(&self.summary) {
            return Err(header.difference("robustness", &summary, &self.summary));
        }
        let hash = found.map(|found| found.hash()).transpose();
        let hash = hash.map_err(|error| failed(&error))?;
        if hash != self.report {
            let text = |hash: Option<Hash>| hash.map_or("none".to_owned(), |hash| hash.to_string());
            return Err(header.finding("report", text(hash), text(self.report)));
        }
        state.tally.recomputed("robustness of a ranking");
        Ok(())
    }
}
