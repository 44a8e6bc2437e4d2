//! What replay knows of contracts and claims.

mod files;

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, KpiRef};
use super::erasure::Extent;
use super::kpi::{Kpi, KpiProgress};
use super::performance::rate_again;
use super::quorum;
use super::rating::Rating;
use super::schedule::{Instalment, vary};
use super::signing::Contract;
use super::status::{ClaimStatus, ClaimStep};
use super::submission::first_open;
use super::variation::{KpiChange, Version, binding_units};
use super::verification::{ClaimFacts, Verification};
use crate::amount::{AmountError, Quantity, Share};
use crate::catalogue::MeasureRef;
use crate::fraction::ArithmeticError;
use crate::ids::{ClaimId, ContractId, KpiId, OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::organisation;
use crate::tender::LotRef;
use crate::time::{Date, Period};

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

/// What counts the same and who claims it: an outcome of [`crate::catalogue::State::outcome`] and a group.
type Claimed = (String, OrganisationId);

/// A rating of a period with what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    /// How it went.
    pub rating: Rating,
    /// Smallest units delivered.
    pub delivered: i64,
    /// Smallest units due.
    pub due: i64,
}

/// Contracts, KPIs and claims as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    contracts: BTreeMap<ContractId, Contract>,
    by_award: BTreeMap<LotRef, ContractId>,
    /// Contracts whose award was annulled, with the day.
    annulled: BTreeMap<ContractId, Date>,
    /// KPIs by the outcome that they ask for, in the order of their contracts.
    by_outcome: BTreeMap<String, Vec<KpiRef>>,
    by_kpi: BTreeMap<KpiId, ContractId>,
    /// Units verified to date, for every KPI.
    verified_units: BTreeMap<KpiId, i128>,
    claims: BTreeMap<ClaimId, RecordedClaim>,
    /// The live claims behind which a file stands: one, or shares of one outcome.
    evidence: BTreeMap<Hash, BTreeSet<ClaimId>>,
    /// The claims that have ended, by the files behind them.
    stood: BTreeMap<Hash, BTreeSet<ClaimId>>,
    /// The live claims with a reference in the order of their submission, and what they claim together.
    references: BTreeMap<String, (Vec<ClaimId>, Share)>,
    /// Live claims by their outcome and group.
    claimed: BTreeMap<Claimed, BTreeSet<ClaimId>>,
    outcomes: BTreeMap<ClaimId, Claimed>,
    /// Claims that answer a KPI, in the order of their submission.
    answers: BTreeMap<KpiId, Vec<ClaimId>>,
    /// The versions of each KPI, as signed first.
    versions: BTreeMap<KpiId, Vec<Version>>,
    /// What is due when, for each KPI.
    schedules: BTreeMap<KpiId, Vec<Instalment>>,
    /// Variations of each contract.
    variations: BTreeMap<ContractId, u32>,
    /// The ratings of each period of a KPI, by its first day.
    ratings: BTreeMap<(KpiId, Date), Vec<Rated>>,
    /// Whose claims are about other outcomes than a claim.
    exclusions: BTreeSet<(ClaimId, OrganisationId)>,
    /// Claims behind which nobody's token is left.
    all_erased: BTreeSet<ClaimId>,
    /// Who asked about each open claim: a person once for each question.
    asked: BTreeMap<ClaimId, Vec<PersonId>>,
    /// Quorums of verifiers, and the open claims that they bind.
    pub quorums: quorum::State,
    /// Files that were erased, by the claim behind which they stood.
    erased_files: BTreeMap<ClaimId, BTreeSet<Hash>>,
}

impl State {
    /// A signed contract.
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.contracts.get(&id)
    }

    /// The contract that has a KPI.
    pub fn contract_with(&self, kpi: KpiId) -> Option<&Contract> {
        self.contracts.get(self.by_kpi.get(&kpi)?)
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

    /// Every claim in the order of its id.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &RecordedClaim> {
        self.claims.values()
    }

    /// Smallest units verified for a KPI to date; more than can be counted is the greatest number.
    pub fn verified_units(&self, kpi: KpiId) -> i64 {
        let units = self.verified_units.get(&kpi).copied().unwrap_or(0);
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    /// The versions of a KPI, as signed first.
    pub fn versions(&self, kpi: KpiId) -> &[Version] {
        self.versions.get(&kpi).map_or(&[], Vec::as_slice)
    }

    /// What is due when, after every variation.
    pub fn schedule(&self, kpi: KpiId) -> &[Instalment] {
        self.schedules.get(&kpi).map_or(&[], Vec::as_slice)
    }

    /// What a KPI binds to on a day, in smallest units: see [`binding_units`].
    pub fn binding_units(&self, kpi: KpiId, on: Date) -> i64 {
        binding_units(self.versions(kpi), self.schedule(kpi), on)
    }

    /// How often a contract was varied.
    pub fn variations(&self, contract: ContractId) -> u32 {
        self.variations.get(&contract).copied().unwrap_or(0)
    }

    /// The ratings of the period of a KPI that begins on a day, the last one in force.
    pub fn ratings(&self, kpi: KpiId, from: Date) -> &[Rated] {
        self.ratings.get(&(kpi, from)).map_or(&[], Vec::as_slice)
    }

    /// Smallest units verified for a KPI in a period: a claim counts where its last day lies.
    pub fn delivered_units(&self, kpi: KpiId, period: Period) -> i64 {
        let claims = self.answers.get(&kpi).into_iter().flatten();
        let inside = claims
            .filter_map(|id| self.claims.get(id))
            .filter(|recorded| {
                let to = recorded.claim.period.to();
                period.from() < to && to <= period.to()
            });
        inside
            .filter_map(|recorded| recorded.verified.as_ref())
            .fold(0, |sum, verified| sum.saturating_add(verified.units()))
    }

    /// Takes in a variation that was found right.
    pub(super) fn vary(
        &mut self,
        contract: ContractId,
        number: u32,
        changes: &[KpiChange],
    ) -> Result<(), AmountError> {
        for change in changes {
            let varied = vary(self.schedule(change.kpi), &change.quantity, change.from)?;
            self.schedules.insert(change.kpi, varied);
            self.versions.entry(change.kpi).or_default().push(Version {
                number,
                quantity: change.quantity.clone(),
                from: change.from,
            });
        }
        self.variations.insert(contract, number);
        Ok(())
    }

    /// Takes in a rating that was found right.
    pub(super) fn rate(&mut self, kpi: KpiId, from: Date, rated: Rated) {
        self.ratings.entry((kpi, from)).or_default().push(rated);
    }

    /// Whether a KPI id is taken.
    pub(super) fn has_kpi(&self, kpi: KpiId) -> bool {
        self.verified_units.contains_key(&kpi)
    }

    /// The first live claim with the same external reference, and what all with it claim together.
    pub(super) fn same_reference(&self, claim: &Claim) -> Option<(ClaimId, Share)> {
        let reference = claim.external_reference.as_ref()?;
        let (claims, taken) = self.references.get(&reference.key())?;
        Some((*claims.first()?, *taken))
    }

    /// A live claim of a related organisation about the same outcome, unless an exclusion parts the two.
    pub(super) fn same_outcome(
        &self,
        claim: &Claim,
        outcome: &str,
        organisations: &organisation::State,
    ) -> Option<ClaimId> {
        let key = (outcome.to_owned(), organisations.group(claim.claimant));
        let earlier = self.claimed.get(&key)?.iter();
        earlier
            .filter_map(|id| self.claims.get(id))
            .find(|earlier| {
                earlier.claim.same_outcome(claim)
                    && !self.is_excluded(earlier.claim.id, claim.claimant)
            })
            .map(|earlier| earlier.claim.id)
    }

    /// Whether it was logged that claims of an organisation are about other outcomes than a claim.
    pub fn is_excluded(&self, earlier: ClaimId, claimant: OrganisationId) -> bool {
        self.exclusions.contains(&(earlier, claimant))
    }

    /// Whether nobody's token is left behind a claim.
    pub fn all_erased(&self, claim: ClaimId) -> bool {
        self.all_erased.contains(&claim)
    }

    /// Takes in an erasure that was found right.
    pub(super) fn erase_people(&mut self, claim: ClaimId, extent: Extent) {
        if extent == Extent::All {
            self.all_erased.insert(claim);
        }
    }

    /// A KPI of the claimant's group that must be filled before the claim may stand outside contracts.
    pub(super) fn open_kpi(
        &self,
        claim: &Claim,
        outcome: &str,
        organisations: &organisation::State,
        on: Date,
    ) -> Option<(ContractId, KpiId)> {
        let asked = self.asked_of_group(claim, outcome, organisations);
        let progress = asked.map(|(contract, kpi)| {
            let progress = KpiProgress {
                kpi,
                supplier: contract.supplier,
                binding_units: self.binding_units(kpi.id, on),
                verified_units: self.verified_units(kpi.id),
            };
            (contract.id, progress)
        });
        first_open(claim, progress)
    }

    /// The KPIs of the claimant's group that ask for the outcome of a claim, in the order of their contracts.
    pub(crate) fn asked_of_group<'s>(
        &'s self,
        claim: &'s Claim,
        outcome: &str,
        organisations: &'s organisation::State,
    ) -> impl Iterator<Item = (&'s Contract, &'s Kpi)> {
        let kpis = self.by_outcome.get(outcome).into_iter().flatten();
        kpis.filter_map(move |answers| {
            let contract = self.contracts.get(&answers.contract)?;
            // What is delivered after an annulment is promised to nobody any more.
            let over = self.annulled_on(contract.id);
            let over = over.is_some_and(|on| claim.period.from() >= on);
            let kpi = contract.kpi(answers.kpi).filter(|kpi| kpi.matches(claim))?;
            let theirs = organisations.related(contract.supplier, claim.claimant);
            (theirs && !over).then_some((contract, kpi))
        })
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

    /// Takes in a contract; `outcome` says what a measure counts.
    pub(super) fn sign(
        &mut self,
        contract: Contract,
        outcome: impl Fn(&MeasureRef) -> Option<String>,
    ) {
        if let Some(award) = contract.award.clone() {
            self.by_award.insert(award, contract.id);
        }
        for kpi in &contract.kpis {
            self.verified_units.insert(kpi.id, 0);
            self.by_kpi.insert(kpi.id, contract.id);
            self.versions.insert(kpi.id, vec![Version::signed(kpi)]);
            self.schedules.insert(kpi.id, kpi.terms.schedule.clone());
            self.by_outcome
                .entry(outcome(&kpi.measure).unwrap_or_default())
                .or_default()
                .push(KpiRef {
                    contract: contract.id,
                    kpi: kpi.id,
                });
        }
        self.contracts.insert(contract.id, contract);
    }

    pub(super) fn submit(&mut self, claim: Claim, submitted_by: PersonId, claimed: Claimed) {
        if let Some(reference) = &claim.external_reference {
            let unused = (Vec::new(), Share::NONE);
            let (claims, taken) = self.references.entry(reference.key()).or_insert(unused);
            claims.push(claim.id);
            *taken = taken.plus(claim.share).unwrap_or(Share::WHOLE);
        }
        self.claimed
            .entry(claimed.clone())
            .or_default()
            .insert(claim.id);
        self.outcomes.insert(claim.id, claimed);
        if let Some(answers) = claim.answers {
            self.answers.entry(answers.kpi).or_default().push(claim.id);
        }
        let (id, files) = (claim.id, claim.evidence.clone());
        let recorded = RecordedClaim {
            status: ClaimStatus::Submitted,
            submitted_by,
            verified: None,
            verifiers: Vec::new(),
            claim,
        };
        self.claims.insert(id, recorded);
        self.hold(id, &files);
    }

    pub(super) fn exclude(&mut self, earlier: ClaimId, claimant: OrganisationId) {
        self.exclusions.insert((earlier, claimant));
    }

    /// Takes in a step that was found right and that does not end the claim.
    pub(super) fn step(&mut self, id: ClaimId, step: ClaimStep) {
        if let Some(recorded) = self.claims.get_mut(&id)
            && let Ok(status) = recorded.status.after(step)
        {
            recorded.status = status;
        }
    }

    /// Who asked about an open claim so far: a person once for each question.
    pub(super) fn asked(&self, id: ClaimId) -> &[PersonId] {
        self.asked.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Takes in a question that was found right.
    pub(super) fn ask(&mut self, id: ClaimId, verifier: PersonId) {
        self.asked.entry(id).or_default().push(verifier);
        self.quorums.begin(id, verifier);
        self.step(id, ClaimStep::RequestInformation);
    }

    /// Takes in a decision that was found right.
    pub(super) fn verify(&mut self, id: ClaimId, verified: Quantity, by: &[Verification]) {
        let Some(recorded) = self.claims.get_mut(&id) else {
            return;
        };
        if let Some(answers) = recorded.claim.answers {
            let units = self.verified_units.entry(answers.kpi).or_default();
            *units = units.saturating_add(verified.units().into());
        }
        self.quorums.close(id);
        self.asked.remove(&id);
        recorded.status = ClaimStatus::Verified;
        recorded.verified = Some(verified);
        recorded.verifiers = by
            .iter()
            .map(|verification| verification.verifier)
            .collect();
    }

    /// Takes in a correction or reversal that was found right: less stays verified, and a rating made from more is made again.
    pub(crate) fn reduce(
        &mut self,
        id: ClaimId,
        verified: Quantity,
    ) -> Result<(), ArithmeticError> {
        let Some(recorded) = self.claims.get_mut(&id) else {
            return Ok(());
        };
        let before = recorded.verified.as_ref().map_or(0, Quantity::units);
        let lost = before.saturating_sub(verified.units());
        recorded.verified = Some(verified);
        let (answers, ends) = (recorded.claim.answers, recorded.claim.period.to());
        let Some(answers) = answers else {
            return Ok(());
        };
        let units = self.verified_units.entry(answers.kpi).or_default();
        *units = units.saturating_sub(lost.into());
        self.rate_again(answers, ends)
    }

    /// The rating of the period in which a claim's last day lies follows what is left.
    fn rate_again(&mut self, answers: KpiRef, ends: Date) -> Result<(), ArithmeticError> {
        let counts_in = |part: &&Instalment| part.period.from() < ends && ends <= part.period.to();
        let Some(part) = self.schedule(answers.kpi).iter().find(counts_in) else {
            return Ok(());
        };
        let period = part.period;
        let contract = self.contracts.get(&answers.contract);
        let kpi = contract.and_then(|contract| contract.kpi(answers.kpi));
        let again = rate_again(
            self.ratings(answers.kpi, period.from()).last(),
            self.delivered_units(answers.kpi, period),
            kpi.and_then(|kpi| kpi.terms.thresholds),
        )?;
        if let Some(rated) = again {
            self.rate(answers.kpi, period.from(), rated);
        }
        Ok(())
    }

    /// Takes in a rejection or a withdrawal that was found right: the files and the reference are free again.
    pub(super) fn end(&mut self, id: ClaimId, step: ClaimStep) {
        let Some(recorded) = self.claims.get_mut(&id) else {
            return;
        };
        if let Ok(status) = recorded.status.after(step) {
            recorded.status = status;
        }
        self.quorums.close(id);
        self.asked.remove(&id);
        self.let_go(id);
        let live = self.outcomes.get(&id);
        if let Some(claims) = live.and_then(|claimed| self.claimed.get_mut(claimed)) {
            claims.remove(&id);
        }
    }
}
