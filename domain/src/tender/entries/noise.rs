//! `noise.reported`: how often each bid wins when the panel's marks are drawn, recomputed by whoever reads it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::TenderId;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::scoring::robustness::{Case, Noise, evaluator_noise};
use crate::tender::lot::LotCode;
use crate::tender::stage::Step;
use crate::tender::validity::is_public;

/// `noise.reported`: the simulation over the panel's spread, after the release of the marks that it draws from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoiseReported {
    /// The tender.
    pub tender: TenderId,
    /// The lot that was ranked.
    pub lot: LotCode,
    /// Index of the ranking that was questioned.
    pub ranking: u64,
    /// What the runs found.
    pub noise: Noise,
}

impl EntryBody for NoiseReported {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.people(header, Role::Officer, 1)?;
        tender.step(Step::ReleaseMark, header)?;
        let index = tender.ranking.as_ref().map(|last| last.index);
        if index != Some(self.ranking) {
            let expected = index.map_or("a ranking".to_owned(), |index| index.to_string());
            return Err(header.finding("ranking", expected, self.ranking));
        }
        let plan = &tender.plan;
        let Some(lot) = plan.lot(&self.lot) else {
            return Err(header.finding("lot", "a lot of the plan", &self.lot));
        };
        if !is_public(plan) {
            state.tally.attested("noise of the evaluators");
            return Ok(());
        }
        let entrants = tender.entrants();
        let facts = tender.facts(&entrants, organisations);
        let found = evaluator_noise(&Case {
            plan,
            lot,
            entrants: &entrants,
            facts: &facts,
            groups: &BTreeMap::new(),
            panel: &tender.panel_marks(),
        });
        let out_of_range = "numbers within exact arithmetic";
        let found = found.map_err(|error| header.finding("noise", out_of_range, error))?;
        if found.as_ref() != Some(&self.noise) {
            return Err(header.difference("noise", &found, &self.noise));
        }
        state.tally.recomputed("noise of the evaluators");
        Ok(())
    }
}
