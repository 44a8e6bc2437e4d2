//! Claims, what they answer, and the units that are issued for them.

use super::{Batch, Code, Model, Outcome, SUPPLIER, Unit};

/// A KPI of the contract. Its number is its place in the contract.
#[derive(Debug, Clone)]
pub(crate) struct Kpi {
    pub(crate) id: String,
    /// The full-term quantity, in units.
    pub(crate) promised: i64,
    /// Whether its period has begun before that of an early delivery.
    pub(crate) asks_early: bool,
    /// Whether its surplus was to be traded before an early delivery began. It was before each late one.
    pub(crate) intended_early: bool,
}

/// A verified claim.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) claimant: usize,
    /// The KPI that it names; none outside contracts.
    pub(crate) kpi: Option<usize>,
    /// Whether the delivery began early.
    pub(crate) early: bool,
    /// Tenths of an hour that stand as verified.
    pub(crate) verified: i64,
}

/// Of some tenths a quarter is deadweight, tenth by tenth, so that rounding is no formula.
pub(super) fn caused(tenths: i64) -> i64 {
    let whole = |tenth: &i64| tenth * 3 / 4 > (tenth - 1) * 3 / 4;
    (1..=tenths).filter(whole).map(|_| 1).sum()
}

impl Model {
    /// The batch of a claim.
    pub(crate) fn batch_of(&self, claim: usize) -> Option<usize> {
        self.batches.iter().position(|batch| batch.claim == claim)
    }

    /// Units that answer a KPI, and those that cover it.
    fn in_all(&self, place: Unit) -> i64 {
        self.batches.iter().map(|batch| batch.count(place)).sum()
    }

    pub(crate) fn short_of(&self, kpi: usize) -> i64 {
        (self.kpis[kpi].promised - self.in_all(Unit::Answers(kpi))).max(0)
    }

    fn asks_for(&self, kpi: usize, early: bool) -> bool {
        self.kpis[kpi].asks_early || !early
    }

    /// Whether a claim may be submitted.
    pub(crate) fn submit(&self, claimant: usize, kpi: Option<usize>, early: bool) -> Outcome {
        let open = |(number, kpi): (usize, &Kpi)| {
            let named = self.claims.iter().filter(|claim| claim.kpi == Some(number));
            named.map(|claim| claim.verified).sum::<i64>() < kpi.promised
        };
        match kpi {
            Some(_) if claimant != SUPPLIER => Outcome::Refused("NOT_THE_SUPPLIER"),
            Some(kpi) if !self.asks_for(kpi, early) => Outcome::Refused("NOT_THE_KPI"),
            // A promise comes first: the days of both KPIs and of every delivery overlap.
            None if claimant == SUPPLIER && self.kpis.iter().enumerate().any(open) => {
                Outcome::Refused("OPEN_KPI")
            }
            _ => Outcome::Done,
        }
    }

    /// The batch of a claim: one unit after the other goes to the first KPI that lacks it.
    pub(crate) fn issue(&mut self, number: usize) -> Outcome {
        self.try_issue(number).into()
    }

    fn try_issue(&mut self, number: usize) -> Result<Outcome, Code> {
        if let Some(batch) = self.batch_of(number) {
            return Ok(Outcome::Batch(batch));
        }
        let claim = self.claims[number].clone();
        if self.has_case(number) {
            return Err("CHALLENGED");
        }
        if self.owes(claim.claimant) {
            return Err("LIABLE");
        }
        let mut units = Vec::new();
        let mut rest = 0;
        let mut lacks: Vec<i64> = (0..self.kpis.len()).map(|kpi| self.short_of(kpi)).collect();
        for _ in 0..claim.verified {
            let lacking =
                (0..lacks.len()).find(|kpi| self.may_fill(*kpi, &claim) && lacks[*kpi] > 0);
            match lacking {
                Some(kpi) => {
                    lacks[kpi] -= 1;
                    units.push(Unit::Answers(kpi));
                }
                None => rest += 1,
            }
        }
        let circulating = match claim.kpi {
            None => caused(rest),
            Some(_) if lacks.iter().any(|lacks| *lacks > 0) => 0,
            Some(kpi) => self.tradable(kpi, claim.early).min(rest),
        };
        if claim.kpi.is_some() {
            units.extend((circulating..rest).map(|_| Unit::Beyond));
        }
        // Every 25th unit that enters circulation is kept back.
        units.extend((1..=circulating).map(|number| match number % 25 {
            0 => Unit::Buffer,
            _ => Unit::With(claim.claimant),
        }));
        if units.is_empty() {
            return Err("NOTHING_TO_ISSUE");
        }
        self.batches.push(Batch {
            id: String::new(),
            claim: number,
            circulating,
            units,
        });
        Ok(Outcome::Batch(self.batches.len() - 1))
    }

    /// Whether units of a claim fill a KPI. Outside contracts every KPI of the group with a day in common is filled.
    fn may_fill(&self, kpi: usize, claim: &Claim) -> bool {
        match claim.kpi {
            Some(_) => self.asks_for(kpi, claim.early),
            None => claim.claimant == SUPPLIER,
        }
    }

    /// How much more surplus of a KPI may be traded: a fifth of it, where it was intended before the delivery.
    fn tradable(&self, kpi: usize, early: bool) -> i64 {
        if early && !self.kpis[kpi].intended_early {
            return 0;
        }
        let of_kpi = |batch: &&Batch| self.claims[batch.claim].kpi == Some(kpi);
        let traded = self.batches.iter().filter(of_kpi);
        let traded: i64 = traded.map(|batch| batch.circulating).sum();
        (self.kpis[kpi].promised / 5 - traded).max(0)
    }

    /// Retires units as cover for a KPI: for its buyer, or for the holder, which covers nothing.
    pub(crate) fn cover(
        &mut self,
        (batch, holder, units): (usize, usize, i64),
        kpi: usize,
        to_buyer: bool,
    ) -> Outcome {
        self.try_cover((batch, holder, units), kpi, to_buyer).into()
    }

    fn try_cover(
        &mut self,
        (batch, holder, units): (usize, usize, i64),
        kpi: usize,
        to_buyer: bool,
    ) -> Result<Outcome, Code> {
        self.check_there(batch, Unit::With(holder), units)?;
        self.check_frozen(batch, holder)?;
        let covered = self.in_all(Unit::Covers(kpi));
        if holder != SUPPLIER {
            Err("NOT_THE_SUPPLIER")
        } else if !to_buyer {
            Err("NOT_THE_BUYER")
        } else if !self.asks_for(kpi, self.claims[self.batches[batch].claim].early) {
            Err("ANOTHER_OUTCOME")
        } else if units > self.short_of(kpi) - covered {
            Err("NOT_SHORT")
        } else if covered + units > self.kpis[kpi].promised / 10 {
            Err("TOO_MUCH_COVER")
        } else {
            Ok(self.retire(batch, units, Unit::With(holder), Unit::Covers(kpi)))
        }
    }
}
