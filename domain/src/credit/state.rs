//! What replay knows of credits.

use std::collections::{BTreeMap, BTreeSet};

use super::class::{Class, ClassKey};
use super::conservation::{Violation, check_batch};
use super::entries::CreditsIssued;
use super::issue::Terms;
use super::ledger::{Ledger, PostingError};
use super::posting::{Bucket, Posting};
use super::serials::{Serials, SerialsError};
use crate::contract::Claim;
use crate::ids::{BatchId, ClaimId, ClassId, KpiId, OrganisationId, RetirementId};
use crate::time::Period;
use crate::{catalogue, contract, organisation};

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

/// Classes, batches and balances as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    classes: BTreeMap<ClassId, Class>,
    class_ids: BTreeMap<ClassKey, ClassId>,
    batches: BTreeMap<BatchId, Batch>,
    by_claim: BTreeMap<ClaimId, BatchId>,
    /// Verified units of the claims that were issued, for each KPI.
    kpi_units: BTreeMap<KpiId, i64>,
    retirements: BTreeSet<RetirementId>,
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

    /// Units of a class, available and held, in all accounts of a group.
    pub fn group_holds(&self, class: ClassId, group: OrganisationId) -> i64 {
        self.holdings.get(&(class, group)).copied().unwrap_or(0)
    }

    /// Whether a retirement id is taken.
    pub(super) fn has_retirement(&self, id: RetirementId) -> bool {
        self.retirements.contains(&id)
    }

    /// What a claim answers, as far as its credits are concerned; none when the contract or measure is unknown.
    pub(super) fn terms(
        &self,
        claim: &Claim,
        contracts: &contract::State,
        catalogues: &catalogue::State,
    ) -> Option<Terms> {
        let Some(answers) = claim.answers else {
            let deadweight = catalogues.measure(&claim.measure)?.deadweight?;
            return Some(Terms::Outside { deadweight });
        };
        let contract = contracts.contract(answers.contract)?;
        Some(Terms::Kpi {
            buyer: contract.buyer,
            surplus_tradable: contract.surplus_tradable,
            kpi_units: contract.kpi(answers.kpi)?.quantity.units(),
            issued_units: self.kpi_units.get(&answers.kpi).copied().unwrap_or(0),
        })
    }

    /// Checks every batch; see [`check_batch`].
    pub fn check(&self) -> Vec<Violation> {
        self.batches
            .values()
            .flat_map(|batch| check_batch(batch, self.ledger.of_batch(batch.id)))
            .collect()
    }

    pub(super) fn define(&mut self, class: Class) {
        self.class_ids.insert(class.key(), class.id);
        self.classes.insert(class.id, class);
    }

    /// Takes in an issue that was found right.
    pub(super) fn issue(
        &mut self,
        issued: &CreditsIssued,
        claim: &Claim,
        verified_units: i64,
    ) -> Result<(), SerialsError> {
        let retired = issued.retirement.as_ref();
        let batch = Batch {
            id: issued.batch,
            class: issued.class,
            claim: issued.claim,
            claimant: issued.claimant,
            period: claim.period,
            serials: Serials::resume(
                issued.units(),
                retired.map_or(0, super::Retirement::units),
                0,
            )?,
        };
        if let Some(answers) = claim.answers {
            let units = self.kpi_units.entry(answers.kpi).or_default();
            *units = units.saturating_add(verified_units);
        }
        self.retirements.extend(retired.map(|retired| retired.id));
        self.by_claim.insert(issued.claim, batch.id);
        self.batches.insert(batch.id, batch);
        Ok(())
    }

    /// Takes in a retirement that was found right: its serials leave at the low end.
    pub(super) fn retire(
        &mut self,
        batch: BatchId,
        id: RetirementId,
        units: i64,
    ) -> Result<(), SerialsError> {
        self.retirements.insert(id);
        match self.batches.get_mut(&batch) {
            Some(batch) => batch.serials.take_low(units).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Takes in a cancellation that was found right: its serials leave at the high end.
    pub(super) fn cancel(&mut self, batch: BatchId, units: i64) -> Result<(), SerialsError> {
        match self.batches.get_mut(&batch) {
            Some(batch) => batch.serials.take_high(units).map(|_| ()),
            None => Ok(()),
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
