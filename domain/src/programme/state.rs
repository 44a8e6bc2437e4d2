//! What replay knows of programmes.

use std::collections::{BTreeMap, BTreeSet};

use super::payment::Payment;
use super::statement::{CountedBefore, MAX_COUNTED, Outcome, Standing, Statement};
use super::terms::{Candidate, Programme};
use crate::amount::Quantity;
use crate::contract::{ClaimStatus, RecordedClaim};
use crate::ids::{ClaimId, OrganisationId, ProgrammeId};
use crate::log::state;
use crate::time::Time;

/// A programme with what it has stated and paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The terms.
    pub programme: Programme,
    /// How many statements there are.
    pub statements: u32,
    /// What each counted claim counted for.
    pub counted: BTreeMap<ClaimId, CountedBefore>,
    /// Where each organisation stands.
    pub standings: BTreeMap<OrganisationId, Standing>,
    /// References of payments.
    references: BTreeSet<String>,
}

/// Programmes as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    programmes: BTreeMap<ProgrammeId, Recorded>,
}

impl State {
    /// A programme.
    pub fn programme(&self, id: ProgrammeId) -> Option<&Recorded> {
        self.programmes.get(&id)
    }

    pub(super) fn open(&mut self, programme: Programme) {
        let recorded = Recorded {
            statements: 0,
            counted: BTreeMap::new(),
            standings: BTreeMap::new(),
            references: BTreeSet::new(),
            programme,
        };
        self.programmes.insert(recorded.programme.id, recorded);
    }

    /// Takes in a statement as it stands in the log.
    pub(super) fn take(&mut self, statement: &Statement) {
        let Some(recorded) = self.programmes.get_mut(&statement.programme) else {
            return;
        };
        recorded.statements = recorded.statements.saturating_add(1);
        statement.settle(&mut recorded.counted, &mut recorded.standings);
    }

    /// Takes in a payment that leaves an organisation paid so much.
    pub(super) fn pay(&mut self, payment: &Payment, paid: i64) {
        let Some(recorded) = self.programmes.get_mut(&payment.programme) else {
            return;
        };
        recorded.references.insert(payment.reference.clone());
        if let Some(standing) = recorded.standings.get_mut(&payment.organisation) {
            standing.paid = paid;
        }
    }
}

impl Recorded {
    /// Whether a payment with the reference is recorded.
    pub(super) fn knows(&self, reference: &str) -> bool {
        self.references.contains(reference)
    }

    /// Outcomes that count for the first time or have changed, in the order of their claims, and no more than one statement
    /// takes. `upto` is the index of the statement's entry, `at` its time.
    pub(super) fn outcomes(&self, state: &state::State, upto: u64, at: Time) -> Vec<Outcome> {
        let claims = state.contracts.claims();
        claims
            .filter(|recorded| recorded.status == ClaimStatus::Verified)
            .filter_map(|recorded| Some((recorded, recorded.verified.as_ref()?)))
            .filter(|(recorded, verified)| self.is_due(recorded, verified, state, (upto, at)))
            .take(MAX_COUNTED)
            .map(|(recorded, verified)| Outcome {
                claim: recorded.claim.id,
                organisation: recorded.claim.claimant,
                measure: recorded.claim.measure.clone(),
                verified: verified.clone(),
            })
            .collect()
    }

    fn is_due(
        &self,
        recorded: &RecordedClaim,
        verified: &Quantity,
        state: &state::State,
        (upto, at): (u64, Time),
    ) -> bool {
        let claim = &recorded.claim;
        if let Some(before) = self.counted.get(&claim.id) {
            return before.units != verified.units();
        }
        let (programme, known) = (&self.programme, &state.organisations);
        let day = claim.period.from();
        verified.units() > 0
            && programme.admits(Candidate {
                measure: &claim.measure,
                period: claim.period,
                place: &claim.place,
                contracted: claim.answers.is_some(),
                related: known.related(programme.payer, claim.claimant),
                certified: programme.kinds.is_empty()
                    || known.certified(claim.claimant, &programme.kinds, day, upto),
                frozen: state.challenges.freezing(claim.id, at).is_some(),
            })
    }
}
