//! What falls when less of a claim stands, one unit after the other.

use super::claims::caused;
use super::{HOLDERS, Hold, Model, Unit, related};

impl Model {
    /// Leaves less of a claim and answers what is owed then. An earlier decision may have gone further.
    pub(crate) fn reduce(&mut self, claim: usize, left: i64) -> i64 {
        let (kpi, stands) = (self.claims[claim].kpi, self.claims[claim].verified);
        let left = left.min(stands);
        self.claims[claim].verified = left;
        let Some(own) = self.batch_of(claim) else {
            return 0;
        };
        let missing: i64 = match kpi {
            Some(kpi) => (left..stands).map(|_| self.fall_of(kpi, own)).sum(),
            None => self.fall_outside(own, left),
        };
        let others = (0..self.batches.len()).filter(|other| *other != own);
        let mut owed = missing;
        for buffered in std::iter::once(own).chain(others) {
            owed -= self.batches[buffered].shift(owed, Unit::Buffer, Unit::Replaced);
        }
        owed
    }

    /// One unit under a contract: surplus of the claim's batch and then of the KPI's others, latest first; and when there
    /// is none, what answers a KPI, in the same order. Answers how many units somebody has to make good.
    fn fall_of(&mut self, kpi: usize, own: usize) -> i64 {
        let named = |batch: &usize| self.claims[self.batches[*batch].claim].kpi == Some(kpi);
        let others = (0..self.batches.len()).rev().filter(|other| *other != own);
        let order: Vec<usize> = std::iter::once(own).chain(others.filter(named)).collect();
        for batch in &order {
            if self.batches[*batch].shift(1, Unit::Beyond, Unit::Withdrawn) == 1 {
                return 0;
            }
            if self.batches[*batch].circulating > 0 {
                return self.fall(*batch);
            }
        }
        for batch in order {
            if self.withdraw_last(batch) {
                return 0;
            }
        }
        unreachable!("more falls than was issued for the KPI {kpi}")
    }

    /// Outside contracts: what filled KPIs stays as far as it can, and of the rest the deadweight is taken off anew.
    fn fall_outside(&mut self, own: usize, left: i64) -> i64 {
        let answers = |unit: Unit| matches!(unit, Unit::Answers(_));
        while self.batches[own].count_if(answers) > left {
            self.withdraw_last(own);
        }
        let rest = left - self.batches[own].count_if(answers);
        let mut missing = 0;
        while self.batches[own].circulating > caused(rest) {
            missing += self.fall(own);
        }
        missing
    }

    /// The certificate of the last KPI that units of a batch answer holds for one unit less.
    fn withdraw_last(&mut self, batch: usize) -> bool {
        let mut units = self.batches[batch].units.iter_mut().rev();
        let last = units.find(|unit| matches!(unit, Unit::Answers(_)));
        let found = last.is_some();
        if let Some(unit) = last {
            *unit = Unit::Withdrawn;
        }
        found
    }

    /// One unit in circulation falls: one that was cancelled costs nothing, then one that the claimant has or holds for
    /// others, then one of its group. Answers how many units somebody has to make good: one, when there is none of these.
    fn fall(&mut self, batch: usize) -> i64 {
        self.batches[batch].circulating -= 1;
        if self.batches[batch].shift(1, Unit::Cancelled, Unit::Fallen) == 1 {
            return 0;
        }
        let claimant = self.claimant(batch);
        let others = (0..HOLDERS).filter(|other| *other != claimant && related(*other, claimant));
        let taken = std::iter::once(claimant)
            .chain(others)
            .any(|holder| self.take_from(batch, holder));
        i64::from(!taken)
    }

    /// Takes a unit of a holder, of its oldest hold when it has no other.
    fn take_from(&mut self, batch: usize, holder: usize) -> bool {
        let own = Unit::With(holder);
        if self.batches[batch].count(own) == 0 {
            let of_batch = |hold: &Hold| hold.open && hold.batch == batch && hold.holder == holder;
            let holds = (0..self.holds.len()).filter(|hold| of_batch(&self.holds[*hold]));
            // By their ids: those of one instant are in no other order.
            if let Some(oldest) = holds.min_by(|a, b| self.holds[*a].id.cmp(&self.holds[*b].id)) {
                self.holds[oldest].open = false;
                self.batches[batch].shift(i64::MAX, Unit::Held(oldest), own);
            }
        }
        self.batches[batch].shift(1, own, Unit::Reversed) == 1
    }
}
