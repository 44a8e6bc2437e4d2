//! Log entries of credits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::{Class, decide_class};
use super::issue::{IssueFacts, decide_issue};
use super::ledger::movement;
use super::movement::{
    RetirementRequest, TransferFacts, decide_cancellation, decide_retirement, decide_transfer,
};
use super::posting::{Bucket, Posting};
use super::retirement::Retirement;
use super::serials::SerialRange;
use super::state::Batch;
use super::units;
use crate::actor::Role;
use crate::amount::Quantity;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::{BatchId, ClaimId, ClassId, Id, OrganisationId, PersonId, RetirementId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::schema;
use crate::log::state::{Finding, State};

/// Roles in which people act for an organisation that holds credits.
const HOLDER_ROLES: &[Role] = &[Role::Supplier, Role::Officer];

/// `class.defined`: credits of a measure, place and vintage can be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassDefined {
    /// The class.
    pub class: Class,
}

impl EntryBody for ClassDefined {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        if state.credits.class(self.class.id).is_some() {
            return Err(header.finding("class", "one definition", self.class.id));
        }
        let measure = state.catalogues.measure(&self.class.measure);
        let same = state.credits.class_with(&self.class.key());
        decide_class(&self.class, measure, same)
            .map_err(|error| header.finding("class", ALLOWED, error))?;
        state.credits.define(self.class.clone());
        Ok(())
    }
}

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
    /// Smallest units that answer the KPI.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub obligated_units: i64,
    /// Smallest units beyond it, or outside contracts.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub surplus_units: i64,
    /// Part of the surplus kept back against reversals.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub buffer_units: i64,
    /// Part of the surplus that the claimant may use.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub available_units: i64,
    /// Obligated units and untradable surplus, retired to the contract's buyer at issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retirement: Option<Retirement>,
}

impl CreditsIssued {
    /// Units of the batch.
    pub fn units(&self) -> i64 {
        let retired = self.retirement.as_ref().map_or(0, Retirement::units);
        self.buffer_units
            .saturating_add(self.available_units)
            .saturating_add(retired)
    }

    fn describe(&self) -> String {
        let retired = self.retirement.as_ref().map_or_else(
            || "nothing".to_owned(),
            |retired| {
                format!(
                    "{} as {} to {}",
                    retired.serials, retired.certificate, retired.beneficiary
                )
            },
        );
        format!(
            "claimant {}, obligated {}, surplus {}, buffer {}, available {}, retired {retired}",
            self.claimant,
            self.obligated_units,
            self.surplus_units,
            self.buffer_units,
            self.available_units,
        )
    }
}

impl EntryBody for CreditsIssued {
    fn postings(&self) -> Vec<Posting> {
        let retired = self.retirement.as_ref().map_or(0, Retirement::units);
        let places = [
            ((None, Bucket::Retired), retired),
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
        let terms = state
            .credits
            .terms(&recorded.claim, &state.contracts, &state.catalogues)
            .ok_or_else(|| header.finding("issue", "a claim of a known contract", self.claim))?;
        let earlier: Vec<PersonId> = std::iter::once(recorded.submitted_by)
            .chain(recorded.verifiers.iter().copied())
            .collect();
        let facts = IssueFacts {
            claim: &recorded.claim,
            verified: recorded.verified.as_ref(),
            issued: state.credits.batch_of(self.claim),
            class,
            terms,
            registrar,
            earlier: &earlier,
        };
        let nil = RetirementId::from_uuid(uuid::Uuid::nil());
        let retirement = self.retirement.as_ref().map_or(nil, |retired| retired.id);
        let expected = decide_issue(self.batch, retirement, &facts)
            .map_err(|error| header.finding("issue", ALLOWED, error))?;
        if expected != *self {
            return Err(header.finding("issued units", expected.describe(), self.describe()));
        }
        let known = |retired: &Retirement| state.credits.has_retirement(retired.id);
        if self.retirement.as_ref().is_some_and(known) {
            return Err(header.finding("retirement", "a new id", retirement));
        }
        let claim = recorded.claim.clone();
        let verified_units = recorded.verified.as_ref().map_or(0, Quantity::units);
        state
            .credits
            .issue(self, &claim, verified_units)
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        post(self, header, state)?;
        state.tally.recomputed("issued credits");
        Ok(())
    }
}

/// Why units changed hands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TransferReason {
    /// Against payment, which is made elsewhere.
    Sale,
    /// Without payment.
    Gift,
    /// Within one beneficial-owner group.
    Group,
}

impl TransferReason {
    /// The word for the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Gift => "gift",
            Self::Group => "group",
        }
    }
}

/// `credits.transferred`: units changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsTransferred {
    /// The batch.
    pub batch: BatchId,
    /// Who had them.
    pub from: OrganisationId,
    /// Who has them.
    pub to: OrganisationId,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// SHA-256 of words about it, whose text lives in the erasable directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Hash>,
}

impl EntryBody for CreditsTransferred {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.from), Bucket::Available);
        let to = (Some(self.to), Bucket::Available);
        movement(self.batch, from, to, self.units)
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.from, HOLDER_ROLES)?;
        state.organisations.expect(self.to, header)?;
        let (_, class) = batch_and_class(self.batch, header, state)?;
        let receiver = state.organisations.group(self.to);
        let facts = TransferFacts {
            available: state.credits.ledger().available(self.batch, self.from),
            receiver_holds: state.credits.group_holds(class.id, receiver),
            related: state.organisations.related(self.from, self.to),
        };
        decide_transfer(self, class, facts)
            .map_err(|error| header.finding("transfer", ALLOWED, error))?;
        post(self, header, state)?;
        state.tally.recomputed("transfers");
        Ok(())
    }
}

/// `credits.retired`: units were claimed for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsRetired {
    /// The batch.
    pub batch: BatchId,
    /// Who had the units.
    pub holder: OrganisationId,
    /// The retirement.
    pub retirement: Retirement,
}

impl EntryBody for CreditsRetired {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.holder), Bucket::Available);
        movement(
            self.batch,
            from,
            (None, Bucket::Retired),
            self.retirement.units(),
        )
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.holder, HOLDER_ROLES)?;
        let retirement = &self.retirement;
        state.organisations.expect(retirement.beneficiary, header)?;
        if state.credits.has_retirement(retirement.id) {
            return Err(header.finding("retirement", "a new id", retirement.id));
        }
        let (batch, class) = batch_and_class(self.batch, header, state)?;
        let request = RetirementRequest {
            id: retirement.id,
            holder: self.holder,
            units: retirement.units(),
            beneficiary: retirement.beneficiary,
            jurisdiction: retirement.jurisdiction.clone(),
            period: retirement.period,
            note: retirement.note,
        };
        let available = state.credits.ledger().available(self.batch, self.holder);
        let expected = decide_retirement(request, batch, class, available)
            .map_err(|error| header.finding("retirement", ALLOWED, error))?;
        if expected != *self {
            let describe = |r: &Retirement| {
                let reason = r.reason.as_str();
                format!(
                    "serials {}, certificate {}, {reason}",
                    r.serials, r.certificate
                )
            };
            let expected = describe(&expected.retirement);
            return Err(header.finding("retirement", expected, describe(retirement)));
        }
        post(self, header, state)?;
        state
            .credits
            .retire(self.batch, retirement.id, retirement.units())
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        state.tally.recomputed("retirements");
        Ok(())
    }
}

/// `credits.cancelled`: units were taken out without a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsCancelled {
    /// The batch.
    pub batch: BatchId,
    /// Who had the units.
    pub holder: OrganisationId,
    /// Which units, from the high end of the batch.
    pub serials: SerialRange,
    /// SHA-256 of words about it, whose text lives in the erasable directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Hash>,
}

impl EntryBody for CreditsCancelled {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.holder), Bucket::Available);
        movement(
            self.batch,
            from,
            (None, Bucket::Cancelled),
            self.serials.units(),
        )
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.holder, HOLDER_ROLES)?;
        let (batch, _) = batch_and_class(self.batch, header, state)?;
        let available = state.credits.ledger().available(self.batch, self.holder);
        let units = self.serials.units();
        let expected = decide_cancellation(batch, self.holder, units, self.note, available)
            .map_err(|error| header.finding("cancellation", ALLOWED, error))?;
        if expected.serials != self.serials {
            return Err(header.finding("serials", expected.serials, self.serials));
        }
        post(self, header, state)?;
        state
            .credits
            .cancel(self.batch, units)
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        state.tally.recomputed("cancellations");
        Ok(())
    }
}

fn batch_and_class<'s>(
    batch: BatchId,
    header: &Header,
    state: &'s State,
) -> Result<(&'s Batch, &'s Class), Finding> {
    let unknown = || header.finding("batch", "an issued batch", batch);
    let batch = state.credits.batch(batch).ok_or_else(unknown)?;
    let class = state.credits.class(batch.class).ok_or_else(unknown)?;
    Ok((batch, class))
}

fn post(body: &impl EntryBody, header: &Header, state: &mut State) -> Result<(), Finding> {
    state
        .credits
        .post(&body.postings(), &state.organisations)
        .map_err(|error| header.finding("balance", "postings that balance and are covered", error))
}
