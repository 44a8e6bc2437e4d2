//! What replay knows of credits.

mod reduced;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::class::{Class, ClassKey, PoolKey};
use super::conservation::{Violation, check_batch, check_holds};
use super::entries::CreditsIssued;
use super::hold::Hold;
use super::ledger::{Ledger, PostingError};
use super::liability::Liability;
use super::movement::Blocks;
use super::posting::{Account, Bucket, Posting};
use super::reduction::Part;
use super::serials::{Serials, SerialsError};
use super::terms::{KpiAccount, KpiStanding, Terms};
use crate::contract::{Claim, RecordedClaim};
use crate::ids::{
    BatchId, ChallengeId, ClaimId, ClassId, HoldId, Id, KpiId, LiabilityId, OrganisationId,
    PersonId, RetirementId,
};
use crate::time::{Date, Period, Time};
use crate::{catalogue, challenge, contract, organisation};

/// The credits issued for one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The batch.
    pub id: BatchId,
    /// Its class.
    pub class: ClassId,
    /// The claim behind it.
    pub claim: ClaimId,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// When it was delivered.
    pub period: Period,
    /// Its serials.
    pub serials: Serials,
}

/// What is left of what a batch was issued as.
#[derive(Debug, Clone)]
struct Issued {
    parts: Vec<Part>,
    circulating: i64,
    /// What of it holders cancelled and has not fallen since.
    cancelled: i64,
    /// The KPI that the claim names, whose surplus this is.
    named: Option<KpiId>,
    issuer: PersonId,
}

/// Classes, batches and balances as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    classes: BTreeMap<ClassId, Class>,
    class_ids: BTreeMap<ClassKey, ClassId>,
    batches: BTreeMap<BatchId, Batch>,
    issued: BTreeMap<BatchId, Issued>,
    by_claim: BTreeMap<ClaimId, BatchId>,
    /// Batches of the claims that name a KPI, in the order of their issue.
    by_kpi: BTreeMap<KpiId, Vec<BatchId>>,
    /// Batches whose buffers stand in for each other, in the order of their issue.
    pools: BTreeMap<PoolKey, Vec<BatchId>>,
    kpis: BTreeMap<KpiId, KpiAccount>,
    intents: BTreeMap<KpiId, Date>,
    retirements: BTreeSet<RetirementId>,
    withdrawn: BTreeMap<RetirementId, i64>,
    hold_ids: BTreeSet<HoldId>,
    /// Open holds.
    holds: BTreeMap<HoldId, Hold>,
    /// The same by batch and holder.
    held: BTreeSet<(BatchId, OrganisationId, HoldId)>,
    liabilities: BTreeMap<LiabilityId, Liability>,
    /// Those that were not made good, by the group that owes; groups never change once registered.
    owing: BTreeSet<(OrganisationId, LiabilityId)>,
    ledger: Ledger,
    /// Units, available and held, for each class and group; groups never change once registered.
    holdings: BTreeMap<(ClassId, OrganisationId), i64>,
}

impl State {
    /// A class.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.classes.get(&id)
    }

    /// The class with a measure, place and vintage.
    pub fn class_with(&self, key: &ClassKey) -> Option<ClassId> {
        self.class_ids.get(key).copied()
    }

    /// A batch.
    pub fn batch(&self, id: BatchId) -> Option<&Batch> {
        self.batches.get(&id)
    }

    /// Every batch.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.batches.values()
    }

    /// The batch that was issued for a claim.
    pub fn batch_of(&self, claim: ClaimId) -> Option<BatchId> {
        self.by_claim.get(&claim).copied()
    }

    /// All balances.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What credits have done for a KPI.
    pub fn kpi(&self, id: KpiId) -> KpiAccount {
        self.kpis.get(&id).copied().unwrap_or_default()
    }

    /// The day on which the intent to trade surplus of a KPI was registered.
    pub fn intent(&self, kpi: KpiId) -> Option<Date> {
        self.intents.get(&kpi).copied()
    }

    /// Units of a retirement for which its certificate no longer holds.
    pub fn withdrawn(&self, retirement: RetirementId) -> i64 {
        self.withdrawn.get(&retirement).copied().unwrap_or(0)
    }

    /// A liability, also when it was made good.
    pub fn liability(&self, id: LiabilityId) -> Option<&Liability> {
        self.liabilities.get(&id)
    }

    /// An open hold.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// Whether no hold had this id before.
    pub(super) fn is_new_hold(&self, id: HoldId) -> bool {
        !self.hold_ids.contains(&id)
    }

    /// Units of a class, available and held, in all accounts of a group.
    pub fn group_holds(&self, class: ClassId, group: OrganisationId) -> i64 {
        self.holdings.get(&(class, group)).copied().unwrap_or(0)
    }

    /// A liability of a group that was not made good.
    pub fn liable(
        &self,
        organisation: OrganisationId,
        organisations: &organisation::State,
    ) -> Option<LiabilityId> {
        let group = organisations.group(organisation);
        let first = LiabilityId::from_uuid(Uuid::nil());
        let mut open = self.owing.range((group, first)..);
        open.next()
            .filter(|(owes, _)| *owes == group)
            .map(|(_, id)| *id)
    }

    /// What keeps an organisation's units of a batch where they are.
    pub(super) fn blocks(
        &self,
        batch: &Batch,
        holder: OrganisationId,
        challenges: &challenge::State,
        organisations: &organisation::State,
        at: Time,
    ) -> Blocks {
        Blocks {
            frozen: organisations.related(batch.claimant, holder)
                && self.freezing(batch, challenges, at).is_some(),
            liable: self.liable(holder, organisations),
        }
    }

    /// A challenge that freezes a batch: of its claim, or of another of its KPI for which credits were issued, because a
    /// reduction of that one takes from this batch too.
    pub(super) fn freezing(
        &self,
        batch: &Batch,
        challenges: &challenge::State,
        at: Time,
    ) -> Option<ChallengeId> {
        let issued = self.issued.get(&batch.id);
        let named = issued.and_then(|issued| issued.named);
        let siblings = named.and_then(|kpi| self.by_kpi.get(&kpi));
        let siblings = siblings.into_iter().flatten();
        let siblings = siblings.filter_map(|sibling| self.batches.get(sibling));
        std::iter::once(batch.claim)
            .chain(siblings.map(|sibling| sibling.claim))
            .find_map(|claim| challenges.freezing(claim, at))
    }

    /// Units of a batch that are kept back.
    pub fn buffer(&self, batch: BatchId) -> i64 {
        self.ledger.balance(Account {
            batch,
            holder: None,
            bucket: Bucket::Buffer,
        })
    }

    /// Everyone who took a step that led to the credits of a claim.
    pub(crate) fn earlier(&self, recorded: &RecordedClaim) -> Vec<PersonId> {
        let batch = self.by_claim.get(&recorded.claim.id);
        let issued = batch.and_then(|batch| self.issued.get(batch));
        challenge::entries::took_part(recorded, issued.map(|issued| issued.issuer))
    }

    /// Whether a retirement id is taken.
    pub(super) fn has_retirement(&self, id: RetirementId) -> bool {
        self.retirements.contains(&id)
    }

    /// What a claim answers on a day, as far as its credits are concerned; none when the contract is unknown.
    pub(super) fn terms(
        &self,
        claim: &Claim,
        contracts: &contract::State,
        catalogues: &catalogue::State,
        organisations: &organisation::State,
        on: Date,
    ) -> Option<Terms> {
        let standing = |contract: &contract::Contract, kpi: &contract::Kpi, matches| KpiStanding {
            contract: contract.id,
            kpi: kpi.id,
            buyer: contract.buyer,
            quantity_units: contracts.binding_units(kpi.id, on),
            account: self.kpi(kpi.id),
            matches,
        };
        let Some(answers) = claim.answers else {
            let outcome = catalogues.outcome(&claim.measure)?;
            let kpis = contracts.asked_of_group(claim, &outcome, organisations);
            return Some(Terms::Outside {
                deadweight: catalogues.measure(&claim.measure)?.deadweight,
                kpis: kpis
                    .map(|(contract, kpi)| standing(contract, kpi, true))
                    .collect(),
            });
        };
        let contract = contracts.contract(answers.contract)?;
        let kpis = contract.kpis.iter();
        Some(Terms::Contract {
            named: answers.kpi,
            surplus_tradable: contract.surplus_tradable,
            intended_on: self.intent(answers.kpi),
            kpis: kpis
                .map(|kpi| standing(contract, kpi, kpi.id == answers.kpi || kpi.asks_for(claim)))
                .collect(),
        })
    }

    /// Checks every batch; see [`check_batch`] and [`check_holds`].
    pub fn check(&self) -> Vec<Violation> {
        let mut held: BTreeMap<BatchId, Vec<Hold>> = BTreeMap::new();
        for hold in self.holds.values() {
            held.entry(hold.batch).or_default().push(*hold);
        }
        let check = |batch: &Batch| {
            let balances = || self.ledger.of_batch(batch.id);
            let holds = held.get(&batch.id).map_or(&[][..], Vec::as_slice);
            let mut violations = check_batch(batch, balances());
            violations.extend(check_holds(batch.id, holds, balances()));
            violations
        };
        self.batches.values().flat_map(check).collect()
    }

    pub(super) fn define(&mut self, class: Class) {
        self.class_ids.insert(class.key(), class.id);
        self.classes.insert(class.id, class);
    }

    pub(super) fn intend(&mut self, kpi: KpiId, on: Date) {
        self.intents.insert(kpi, on);
    }

    /// Takes in an issue that was found right.
    pub(super) fn issue(
        &mut self,
        body: &CreditsIssued,
        claim: &Claim,
        issuer: PersonId,
    ) -> Result<(), SerialsError> {
        let batch = Batch {
            id: body.batch,
            class: body.class,
            claim: body.claim,
            claimant: body.claimant,
            period: claim.period,
            serials: Serials::resume(body.units(), body.retired_units(), 0)?,
        };
        let named = claim.answers.map(|answers| answers.kpi);
        let parts: Vec<Part> = body.retirements.iter().map(Part::of).collect();
        for part in &parts {
            self.retirements.insert(part.retirement);
            if let Some(kpi) = part.kpi {
                let account = self.kpis.entry(kpi).or_default();
                account.obligated_units = account.obligated_units.saturating_add(part.units);
            }
        }
        if let Some(kpi) = named {
            let account = self.kpis.entry(kpi).or_default();
            account.surplus_units = account.surplus_units.saturating_add(body.surplus_units());
            let tradable = body.circulating_units();
            account.tradable_units = account.tradable_units.saturating_add(tradable);
            self.by_kpi.entry(kpi).or_default().push(batch.id);
        }
        if let Some(class) = self.classes.get(&batch.class) {
            self.pools.entry(class.pool()).or_default().push(batch.id);
        }
        let left = Issued {
            parts,
            circulating: body.circulating_units(),
            cancelled: 0,
            named,
            issuer,
        };
        self.issued.insert(batch.id, left);
        self.by_claim.insert(body.claim, batch.id);
        self.batches.insert(batch.id, batch);
        Ok(())
    }

    /// Takes in a retirement that was found right: its serials leave at the low end.
    pub(super) fn retire(
        &mut self,
        batch: BatchId,
        retirement: &super::Retirement,
        covers: bool,
    ) -> Result<(), SerialsError> {
        self.retirements.insert(retirement.id);
        if let (true, Some(kpi)) = (covers, retirement.kpi) {
            let account = self.kpis.entry(kpi).or_default();
            account.covered_units = account.covered_units.saturating_add(retirement.units());
        }
        match self.batches.get_mut(&batch) {
            Some(batch) => batch.serials.take_low(retirement.units()).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Takes in a cancellation that was found right.
    pub(super) fn cancel(&mut self, batch: BatchId, units: i64) -> Result<(), SerialsError> {
        if let Some(issued) = self.issued.get_mut(&batch) {
            issued.cancelled = issued.cancelled.saturating_add(units);
        }
        self.remove(batch, units)
    }

    /// Takes in units that leave for good: their serials leave at the high end.
    pub(super) fn remove(&mut self, batch: BatchId, units: i64) -> Result<(), SerialsError> {
        match self.batches.get_mut(&batch) {
            Some(batch) => batch.serials.take_high(units).map(|_| ()),
            None => Ok(()),
        }
    }

    pub(super) fn open_hold(&mut self, hold: Hold) {
        self.hold_ids.insert(hold.id);
        self.held.insert((hold.batch, hold.holder, hold.id));
        self.holds.insert(hold.id, hold);
    }

    pub(super) fn end_hold(&mut self, id: HoldId) {
        if let Some(hold) = self.holds.remove(&id) {
            self.held.remove(&(hold.batch, hold.holder, id));
        }
    }

    /// Makes the postings of an entry, all or none.
    pub(super) fn post(
        &mut self,
        postings: &[Posting],
        organisations: &organisation::State,
    ) -> Result<(), PostingError> {
        self.ledger.post(postings)?;
        for posting in postings {
            let owned = matches!(posting.account.bucket, Bucket::Available | Bucket::Held);
            let class = self.batches.get(&posting.account.batch).map(|b| b.class);
            if let (true, Some(holder), Some(class)) = (owned, posting.account.holder, class) {
                let key = (class, organisations.group(holder));
                let holds = self.holdings.entry(key).or_default();
                *holds = holds.saturating_add(posting.amount);
            }
        }
        Ok(())
    }
}
