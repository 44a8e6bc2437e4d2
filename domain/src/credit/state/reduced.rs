//! What a reduction finds, and what it leaves behind.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Batch, BatchId, ClaimId, Hold, OrganisationId, State};
use crate::credit::liability::Liability;
use crate::credit::reduction::{BatchStanding, Buffered, Holding, Reduction};
use crate::credit::serials::SerialsError;
use crate::ids::{HoldId, Id, LiabilityId};
use crate::organisation;

impl State {
    /// The claim's batch, and after it the other batches of the KPI that it names, latest first.
    pub(in crate::credit) fn standings(
        &self,
        claim: ClaimId,
        organisations: &organisation::State,
    ) -> Vec<BatchStanding> {
        let Some(own) = self.by_claim.get(&claim).copied() else {
            return Vec::new();
        };
        let named = self.issued.get(&own).and_then(|issued| issued.named);
        let siblings = named
            .and_then(|kpi| self.by_kpi.get(&kpi))
            .into_iter()
            .flatten();
        let siblings = siblings.rev().copied().filter(|batch| *batch != own);
        std::iter::once(own)
            .chain(siblings)
            .filter_map(|batch| self.standing(batch, organisations))
            .collect()
    }

    fn standing(&self, id: BatchId, organisations: &organisation::State) -> Option<BatchStanding> {
        let batch = *self.batches.get(&id)?;
        let issued = self.issued.get(&id)?;
        Some(BatchStanding {
            batch,
            parts: issued.parts.clone(),
            circulating: issued.circulating,
            cancelled: issued.cancelled,
            group: self.group_of(&batch, organisations),
        })
    }

    /// What the claimant of a batch and the others of its group have of it.
    fn group_of(&self, batch: &Batch, organisations: &organisation::State) -> Vec<Holding> {
        let mut group = BTreeMap::new();
        for (account, _) in self.ledger.of_batch(batch.id) {
            let related = |holder: &_| organisations.related(*holder, batch.claimant);
            if let Some(holder) = account.holder.filter(related) {
                group.entry(holder).or_insert_with(|| Holding {
                    holder,
                    available: self.ledger.available(batch.id, holder),
                    holds: self.holds_of(batch.id, holder),
                });
            }
        }
        group.into_values().collect()
    }

    /// Open holds of an organisation on a batch; ids are made in the order of time.
    fn holds_of(&self, batch: BatchId, holder: OrganisationId) -> Vec<Hold> {
        let first = (batch, holder, HoldId::from_uuid(Uuid::nil()));
        self.held
            .range(first..)
            .take_while(|(of, whose, _)| (*of, *whose) == (batch, holder))
            .filter_map(|(_, _, id)| self.holds.get(id).copied())
            .collect()
    }

    /// Buffers of the pool of a claim's batch: its own first, then the others in the order of their issue.
    pub(in crate::credit) fn pool_of(&self, claim: ClaimId) -> impl Iterator<Item = Buffered> {
        let own = self.by_claim.get(&claim);
        let own = own.and_then(|batch| self.batches.get(batch));
        let class = own.and_then(|own| self.classes.get(&own.class));
        let pool = class.and_then(|class| self.pools.get(&class.pool()));
        let own = own.map(|own| own.id);
        let others = pool.into_iter().flatten().copied();
        let others = others.filter(move |batch| Some(*batch) != own);
        own.into_iter().chain(others).filter_map(|batch| {
            Some(Buffered {
                batch,
                serials: self.batches.get(&batch)?.serials,
                units: self.buffer(batch),
            })
        })
    }

    /// Takes in a reduction that was found right; `group` is that of the claimant.
    pub(in crate::credit) fn reduce(
        &mut self,
        reduction: &Reduction,
        group: OrganisationId,
    ) -> Result<(), SerialsError> {
        let own = self.by_claim.get(&reduction.claim).copied();
        for withdrawal in &reduction.withdrawn {
            let total = self.withdrawn.entry(withdrawal.retirement).or_default();
            *total = total.saturating_add(withdrawal.units);
            let Some(issued) = self.issued.get_mut(&withdrawal.batch) else {
                continue;
            };
            let part = issued
                .parts
                .iter_mut()
                .find(|part| part.retirement == withdrawal.retirement);
            let Some(part) = part else { continue };
            part.units = part.units.saturating_sub(withdrawal.units);
            let (answered, named) = (part.kpi, issued.named);
            if let Some(kpi) = answered.or(named) {
                let account = self.kpis.entry(kpi).or_default();
                let units = match answered {
                    Some(_) => &mut account.obligated_units,
                    None => &mut account.surplus_units,
                };
                *units = units.saturating_sub(withdrawal.units);
            }
        }
        for loss in &reduction.losses {
            for taken in &loss.taken {
                for broken in &taken.broken {
                    self.end_hold(broken.hold);
                }
                self.remove(loss.batch, taken.serials.units())?;
            }
            let Some(issued) = self.issued.get_mut(&loss.batch) else {
                continue;
            };
            issued.circulating = issued.circulating.saturating_sub(loss.units);
            issued.cancelled = issued.cancelled.saturating_sub(loss.cancelled);
            if let Some(kpi) = issued.named {
                let account = self.kpis.entry(kpi).or_default();
                account.surplus_units = account.surplus_units.saturating_sub(loss.units);
                account.tradable_units = account.tradable_units.saturating_sub(loss.units);
            }
        }
        for draw in &reduction.drawn {
            self.remove(draw.batch, draw.serials.units())?;
        }
        let class = own
            .and_then(|own| self.batches.get(&own))
            .map(|batch| batch.class);
        if let (Some(owed), Some(class)) = (&reduction.owed, class) {
            let liability = Liability {
                id: owed.liability,
                organisation: reduction.claimant,
                class,
                units: owed.units,
            };
            self.owing.insert((group, owed.liability));
            self.liabilities.insert(owed.liability, liability);
        }
        Ok(())
    }

    /// Takes units off a liability of a group.
    pub(in crate::credit) fn make_good(
        &mut self,
        id: LiabilityId,
        group: OrganisationId,
        units: i64,
    ) {
        if let Some(liability) = self.liabilities.get_mut(&id) {
            liability.units = liability.units.saturating_sub(units);
            if liability.units == 0 {
                self.owing.remove(&(group, id));
            }
        }
    }

    /// How many liabilities and holds every movement has to pass by: the open ones, by whose they are.
    #[cfg(test)]
    pub(in crate::credit) fn indexed(&self) -> (usize, usize) {
        (self.owing.len(), self.held.len())
    }
}
