//! The log entry of an issue.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::issue::{IssueFacts, decide_issue};
use super::super::ledger::movement;
use super::super::posting::{Bucket, Posting};
use super::super::retirement::{Retirement, RetirementReason};
use super::super::units;
use super::post;
use crate::actor::Role;
use crate::challenge::entries::took_part;
use crate::contract::entries::ALLOWED;
use crate::ids::{BatchId, ClaimId, ClassId, Id, OrganisationId, RetirementId};
use crate::log::entry::{EntryBody, Header};
use crate::log::schema;
use crate::log::state::{Finding, State};

/// `credits.issued`: the credits of one verified claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsIssued {
    /// The batch.
    pub batch: BatchId,
    /// The verified claim.
    pub claim: ClaimId,
    /// The class.
    pub class: ClassId,
    /// Who delivered, and receives what circulates.
    pub claimant: OrganisationId,
    /// Part of the circulating surplus kept back against reversals.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub buffer_units: i64,
    /// Part of the circulating surplus that the claimant may use.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub available_units: i64,
    /// What retires at issue: obligated units KPI by KPI, and after them surplus that may not be traded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retirements: Vec<Retirement>,
}

impl CreditsIssued {
    fn retired_as(&self, reason: RetirementReason) -> i64 {
        let of = self
            .retirements
            .iter()
            .filter(|retired| retired.reason == reason);
        of.map(Retirement::units).fold(0, i64::saturating_add)
    }

    /// Units that answer KPIs.
    pub fn obligated_units(&self) -> i64 {
        self.retired_as(RetirementReason::Obligation)
    }

    /// Surplus that circulates, the buffer included.
    pub fn circulating_units(&self) -> i64 {
        self.buffer_units.saturating_add(self.available_units)
    }

    /// Units beyond KPIs, or outside contracts.
    pub fn surplus_units(&self) -> i64 {
        self.retired_as(RetirementReason::Surplus)
            .saturating_add(self.circulating_units())
    }

    /// Units retired at issue.
    pub fn retired_units(&self) -> i64 {
        self.retirements
            .iter()
            .map(Retirement::units)
            .fold(0, i64::saturating_add)
    }

    /// Units of the batch.
    pub fn units(&self) -> i64 {
        self.retired_units()
            .saturating_add(self.circulating_units())
    }

    fn describe(&self) -> String {
        let retired = self.retirements.iter().map(|retired| {
            let (range, number) = (retired.serials, &retired.certificate);
            format!(
                "{range} as {number} to {} ({})",
                retired.beneficiary,
                retired.reason.as_str()
            )
        });
        let retired: Vec<String> = retired.collect();
        format!(
            "claimant {}, obligated {}, surplus {}, buffer {}, available {}, retired [{}]",
            self.claimant,
            self.obligated_units(),
            self.surplus_units(),
            self.buffer_units,
            self.available_units,
            retired.join(", "),
        )
    }
}

impl EntryBody for CreditsIssued {
    fn postings(&self) -> Vec<Posting> {
        let places = [
            ((None, Bucket::Retired), self.retired_units()),
            ((None, Bucket::Buffer), self.buffer_units),
            (
                (Some(self.claimant), Bucket::Available),
                self.available_units,
            ),
        ];
        places
            .into_iter()
            .filter(|(_, units)| *units != 0)
            .flat_map(|(to, units)| movement(self.batch, (None, Bucket::Issuance), to, units))
            .collect()
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let registrar = header.actor(Role::Registrar)?.id;
        if state.credits.batch(self.batch).is_some() {
            return Err(header.finding("issue", "a new batch", self.batch));
        }
        let class = state
            .credits
            .class(self.class)
            .ok_or_else(|| header.finding("issue", "a defined class", self.class))?;
        let recorded = state
            .contracts
            .claim(self.claim)
            .ok_or_else(|| header.finding("issue", "a submitted claim", self.claim))?;
        let claim = &recorded.claim;
        let terms = state
            .credits
            .terms(
                claim,
                &state.contracts,
                &state.catalogues,
                &state.organisations,
                header.at.date(),
            )
            .ok_or_else(|| header.finding("issue", "a claim of a known contract", self.claim))?;
        let groups = state.organisations.groups_of(registrar);
        let facts = IssueFacts {
            claim,
            verified: recorded.verified.as_ref(),
            issued: state.credits.batch_of(self.claim),
            class,
            terms: &terms,
            challenged: state.challenges.freezing(self.claim, header.at),
            liable: state.credits.liable(claim.claimant, &state.organisations),
            elsewhere: None,
            registrar,
            related: groups.contains(&state.organisations.group(claim.claimant)),
            earlier: &took_part(recorded, None),
        };
        let nil = RetirementId::from_uuid(uuid::Uuid::nil());
        let mut ids = self.retirements.iter().map(|retired| retired.id);
        let expected = decide_issue(self.batch, || ids.next().unwrap_or(nil), &facts)
            .map_err(|error| header.finding("issue", ALLOWED, error))?;
        if expected != *self {
            return Err(header.finding("issued units", expected.describe(), self.describe()));
        }
        let mut own = BTreeSet::new();
        let known = |retired: &&Retirement| {
            state.credits.has_retirement(retired.id) || !own.insert(retired.id)
        };
        if let Some(known) = self.retirements.iter().find(known) {
            return Err(header.finding("retirement", "a new id", known.id));
        }
        let claim = claim.clone();
        state
            .credits
            .issue(self, &claim, registrar)
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        post(self, header, state)?;
        state.tally.recomputed("issued credits");
        Ok(())
    }
}
