//! What replay knows of contracts and claims.

use std::collections::BTreeMap;

use super::claim::{Claim, KpiRef};
use super::kpi::KpiProgress;
use super::signing::Contract;
use super::status::{ClaimStatus, ClaimStep};
use super::submission::first_open;
use super::verification::{ClaimFacts, Verification};
use crate::amount::Quantity;
use crate::catalogue::MeasureRef;
use crate::ids::{ClaimId, ContractId, KpiId, OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::organisation;
use crate::tender::LotRef;
use crate::time::Date;

/// A claim with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedClaim {
    /// The claim.
    pub claim: Claim,
    /// Where it stands.
    pub status: ClaimStatus,
    /// Who submitted it.
    pub submitted_by: PersonId,
    /// The verified quantity, once there is one.
    pub verified: Option<Quantity>,
    /// Who verified it.
    pub verifiers: Vec<PersonId>,
}

/// Contracts, KPIs and claims as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    contracts: BTreeMap<ContractId, Contract>,
    by_award: BTreeMap<LotRef, ContractId>,
    /// Contracts whose award was annulled, with the day.
    annulled: BTreeMap<ContractId, Date>,
    /// KPIs by what they ask for and where, in the order of their contracts.
    by_outcome: BTreeMap<(MeasureRef, String), Vec<KpiRef>>,
    /// Units verified to date, for every KPI.
    verified_units: BTreeMap<KpiId, i64>,
    claims: BTreeMap<ClaimId, RecordedClaim>,
    /// The live claim behind which a file stands.
    evidence: BTreeMap<Hash, ClaimId>,
    references: BTreeMap<(OrganisationId, String), ClaimId>,
}

impl State {
    /// A signed contract.
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.contracts.get(&id)
    }

    /// The contract that an award led to.
    pub fn contract_of(&self, award: &LotRef) -> Option<ContractId> {
        self.by_award.get(award).copied()
    }

    /// The day on which the award of a contract was annulled.
    pub fn annulled_on(&self, id: ContractId) -> Option<Date> {
        self.annulled.get(&id).copied()
    }

    /// Notes that the award of a contract was annulled.
    pub(crate) fn annul(&mut self, id: ContractId, on: Date) {
        self.annulled.insert(id, on);
    }

    /// A claim with what happened to it.
    pub fn claim(&self, id: ClaimId) -> Option<&RecordedClaim> {
        self.claims.get(&id)
    }

    /// Smallest units verified for a KPI to date.
    pub fn verified_units(&self, kpi: KpiId) -> i64 {
        self.verified_units.get(&kpi).copied().unwrap_or(0)
    }

    /// Whether a KPI id is taken.
    pub(super) fn has_kpi(&self, kpi: KpiId) -> bool {
        self.verified_units.contains_key(&kpi)
    }

    /// A live claim behind which one of the claim's files stands.
    pub(super) fn same_evidence(&self, claim: &Claim) -> Option<(ClaimId, Hash)> {
        claim.evidence.iter().find_map(|file| {
            let earlier = self.evidence.get(&file.sha256)?;
            Some((*earlier, file.sha256))
        })
    }

    /// An earlier claim of the claimant with the same external reference.
    pub(super) fn same_reference(&self, claim: &Claim) -> Option<ClaimId> {
        let reference = claim.external_reference.clone()?;
        self.references.get(&(claim.claimant, reference)).copied()
    }

    /// A KPI of the claimant's group that must be filled before the claim may stand outside contracts.
    pub(super) fn open_kpi(
        &self,
        claim: &Claim,
        organisations: &organisation::State,
    ) -> Option<(ContractId, KpiId)> {
        let outcome = (claim.measure.clone(), claim.place.clone());
        let kpis = self.by_outcome.get(&outcome).into_iter().flatten();
        let progress = kpis.filter_map(|answers| {
            let contract = self.contracts.get(&answers.contract)?;
            // What is delivered after an annulment is promised to nobody any more.
            let over = self.annulled_on(contract.id);
            if over.is_some_and(|on| claim.period.from() >= on) {
                return None;
            }
            let kpi = contract.kpi(answers.kpi)?;
            let progress = KpiProgress {
                kpi,
                supplier: contract.supplier,
                verified_units: self.verified_units(kpi.id),
            };
            organisations
                .related(contract.supplier, claim.claimant)
                .then_some((contract.id, progress))
        });
        first_open(claim, progress)
    }

    /// What a decision about a claim needs.
    pub(super) fn claim_facts<'a>(
        &'a self,
        recorded: &'a RecordedClaim,
        organisations: &organisation::State,
    ) -> ClaimFacts<'a> {
        let contract = recorded
            .claim
            .answers
            .and_then(|answers| self.contracts.get(&answers.contract));
        ClaimFacts {
            claim: &recorded.claim,
            status: recorded.status,
            submitted_by: recorded.submitted_by,
            claimant_group: organisations.group(recorded.claim.claimant),
            buyer_group: contract.map(|contract| organisations.group(contract.buyer)),
        }
    }

    pub(super) fn sign(&mut self, contract: Contract) {
        if let Some(award) = contract.award.clone() {
            self.by_award.insert(award, contract.id);
        }
        for kpi in &contract.kpis {
            self.verified_units.insert(kpi.id, 0);
            self.by_outcome
                .entry((kpi.measure.clone(), kpi.place.clone()))
                .or_default()
                .push(KpiRef {
                    contract: contract.id,
                    kpi: kpi.id,
                });
        }
        self.contracts.insert(contract.id, contract);
    }

    pub(super) fn submit(&mut self, claim: Claim, submitted_by: PersonId) {
        for file in &claim.evidence {
            self.evidence.insert(file.sha256, claim.id);
        }
        if let Some(reference) = claim.external_reference.clone() {
            self.references
                .insert((claim.claimant, reference), claim.id);
        }
        let recorded = RecordedClaim {
            status: ClaimStatus::Submitted,
            submitted_by,
            verified: None,
            verifiers: Vec::new(),
            claim,
        };
        self.claims.insert(recorded.claim.id, recorded);
    }

    /// Takes in a decision that was found right.
    pub(super) fn verify(&mut self, id: ClaimId, verified: Quantity, by: &[Verification]) {
        let Some(recorded) = self.claims.get_mut(&id) else {
            return;
        };
        if let Some(answers) = recorded.claim.answers {
            let units = self.verified_units.entry(answers.kpi).or_default();
            *units = units.saturating_add(verified.units());
        }
        recorded.status = ClaimStatus::Verified;
        recorded.verified = Some(verified);
        recorded.verifiers = by
            .iter()
            .map(|verification| verification.verifier)
            .collect();
    }

    /// Takes in a rejection or a withdrawal that was found right: the files are free again.
    pub(super) fn end(&mut self, id: ClaimId, step: ClaimStep) {
        let Some(recorded) = self.claims.get_mut(&id) else {
            return;
        };
        if let Ok(status) = recorded.status.after(step) {
            recorded.status = status;
        }
        for file in &recorded.claim.evidence {
            self.evidence.remove(&file.sha256);
        }
    }
}
