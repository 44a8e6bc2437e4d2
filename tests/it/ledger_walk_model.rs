//! The whole ledger as rows: every unit of every batch says where it is and what it stands for. It knows no balances, no
//! postings, no ranges of serials and no splits; each rule is told once more, in the plainest way there is.

mod challenges;
mod claims;
mod moves;
mod reductions;

use serde_json::Value;

pub(crate) use challenges::{Body, Challenge, Judge};
pub(crate) use claims::{Claim, Kpi};
pub(crate) use moves::{Asked, Move};

use moves::Keys;

/// How many organisations hold credits.
pub(crate) const HOLDERS: usize = 4;
/// The contract's supplier, which also delivers outside of it.
pub(crate) const SUPPLIER: usize = 0;
/// Delivers outside contracts alone.
pub(crate) const CARE: usize = 2;
/// Belongs to the supplier's group.
pub(crate) const SISTER: usize = 3;

/// From the beginning of the tests, 2026-01-05T09:00:00Z, to 2030, when the three years of the class are over.
const BUFFERS_END: i64 = 1_457 * 86_400 - 9 * 3_600;

/// Where one unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Its holder may use it.
    With(usize),
    /// Bound to the hold of this number.
    Held(usize),
    /// Kept back.
    Buffer,
    /// Retired to the buyer at issue: it answers the KPI of this number.
    Answers(usize),
    /// Retired to the buyer at issue: beyond what its KPI asks for, and not tradable.
    Beyond,
    /// Retired to the buyer at issue, and its certificate does not hold for it any more.
    Withdrawn,
    /// Claimed for ever by its holder.
    Retired,
    /// Retired by its holder as cover for the KPI of this number.
    Covers(usize),
    /// Taken out without a claim.
    Cancelled,
    /// Taken out without a claim before its outcome fell.
    Fallen,
    /// Taken out in the place of others.
    Replaced,
    /// Its outcome fell.
    Reversed,
}

/// The code with which something is refused.
pub(crate) type Code = &'static str;

/// A batch, and each of its units.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) id: String,
    /// The number of its claim.
    pub(crate) claim: usize,
    /// Units in circulation that the claim still stands for, whoever has them.
    circulating: i64,
    pub(crate) units: Vec<Unit>,
}

/// A hold, open or over.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    pub(crate) id: String,
    pub(crate) batch: usize,
    pub(crate) holder: usize,
    pub(crate) to: Option<usize>,
    pub(crate) expires_at: i64,
    pub(crate) open: bool,
}

/// Units that are owed.
#[derive(Debug, Clone)]
pub(crate) struct Liability {
    pub(crate) id: String,
    /// By whom.
    pub(crate) owner: usize,
    pub(crate) owed: i64,
}

/// What a step must come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Done,
    /// Done, with these serials.
    Retired(usize, usize),
    /// The batch of this number, new or not.
    Batch(usize),
    /// The answer that was given before.
    Earlier(Value),
    /// The answer that another move of the same call gets, of this number in the call.
    EarlierInCall(usize),
    Refused(Code),
}

impl From<Result<Self, Code>> for Outcome {
    fn from(decided: Result<Self, Code>) -> Self {
        decided.unwrap_or_else(Self::Refused)
    }
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) kpis: Vec<Kpi>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) challenges: Vec<Challenge>,
    pub(crate) liabilities: Vec<Liability>,
    keys: Keys,
    /// Seconds of the clock.
    pub(crate) now: i64,
}

impl Batch {
    pub(crate) fn count(&self, place: Unit) -> i64 {
        self.count_if(|unit| unit == place)
    }

    fn count_if(&self, counts: impl Fn(Unit) -> bool) -> i64 {
        let found = self.units.iter().filter(|unit| counts(**unit));
        found.map(|_| 1).sum()
    }

    /// Units that have the low serials, in the order in which they were retired.
    fn retired(&self) -> usize {
        let retired = self.units.iter().filter(|unit| {
            use Unit as U;
            matches!(
                unit,
                U::Answers(_) | U::Beyond | U::Withdrawn | U::Retired | U::Covers(_)
            )
        });
        retired.count()
    }

    /// Moves some units from one place to another; fewer when there are not so many. Answers how many.
    fn shift(&mut self, units: i64, from: Unit, to: Unit) -> i64 {
        let mut moved = 0;
        for unit in self.units.iter_mut().filter(|unit| **unit == from) {
            if moved == units {
                break;
            }
            *unit = to;
            moved += 1;
        }
        moved
    }
}

impl Model {
    /// Nothing yet, at this second, under a contract with these KPIs.
    pub(crate) fn new(now: i64, kpis: Vec<Kpi>) -> Self {
        Self {
            now,
            kpis,
            ..Self::default()
        }
    }

    /// Who delivered what a batch was issued for.
    pub(crate) fn claimant(&self, batch: usize) -> usize {
        self.claims[self.batches[batch].claim].claimant
    }

    /// Whether the group of a holder owes units.
    pub(crate) fn owes(&self, holder: usize) -> bool {
        let owed = |liability: &Liability| related(liability.owner, holder) && liability.owed > 0;
        self.liabilities.iter().any(owed)
    }

    /// Whether so many units are there.
    fn check_there(&self, batch: usize, place: Unit, units: i64) -> Result<(), Code> {
        if units <= 0 {
            Err("UNITS")
        } else if units > self.batches[batch].count(place) {
            Err("INSUFFICIENT_BALANCE")
        } else {
            Ok(())
        }
    }

    /// What the claimant's group has not sold is frozen when a challenge has a case.
    fn check_frozen(&self, batch: usize, holder: usize) -> Result<(), Code> {
        match related(self.claimant(batch), holder) && self.freezes(self.batches[batch].claim) {
            true => Err("FROZEN"),
            false => Ok(()),
        }
    }

    /// Whether a holder may trade units of a batch.
    fn check_trade(&self, batch: usize, holder: usize) -> Result<(), Code> {
        self.check_frozen(batch, holder)?;
        match self.owes(holder) {
            true => Err("LIABLE"),
            false => Ok(()),
        }
    }

    /// Retirements have the serials in the order in which they come.
    fn retire(&mut self, batch: usize, units: i64, from: Unit, to: Unit) -> Outcome {
        let before = self.batches[batch].retired();
        self.batches[batch].shift(units, from, to);
        Outcome::Retired(before, self.batches[batch].retired())
    }

    /// Takes units out without a claim.
    pub(crate) fn cancel(&mut self, batch: usize, holder: usize, units: i64) -> Outcome {
        let free = self.check_free(batch, holder, units);
        let cancelled = free.map(|()| {
            self.batches[batch].shift(units, Unit::With(holder), Unit::Cancelled);
            Outcome::Done
        });
        cancelled.into()
    }

    /// Whether so many units of a holder are there and not frozen.
    fn check_free(&self, batch: usize, holder: usize, units: i64) -> Result<(), Code> {
        self.check_there(batch, Unit::With(holder), units)?;
        self.check_frozen(batch, holder)
    }

    /// The batches of which a holder has units that are not frozen.
    pub(crate) fn free_batches(&self, holder: usize) -> Vec<usize> {
        let batches = 0..self.batches.len();
        batches
            .filter(|batch| self.check_free(*batch, holder, 1).is_ok())
            .collect()
    }

    /// Makes a liability good with units of whoever owes.
    pub(crate) fn clear(&mut self, liability: usize, batch: usize, units: i64) -> Outcome {
        let Liability { owner, owed, .. } = self.liabilities[liability];
        let outcome = match self.check_free(batch, owner, units) {
            Ok(()) if units > owed => Outcome::Refused("TOO_MANY"),
            Ok(()) => Outcome::Done,
            Err(code) => Outcome::Refused(code),
        };
        if outcome == Outcome::Done {
            self.liabilities[liability].owed -= units;
            self.batches[batch].shift(units, Unit::With(owner), Unit::Replaced);
        }
        outcome
    }

    /// Gives what is left of a buffer to the claimant, when its years are over.
    pub(crate) fn release(&mut self, batch: usize) -> Outcome {
        if self.now < BUFFERS_END {
            return Outcome::Refused("BUFFER_KEPT");
        }
        let claim = self.batches[batch].claim;
        if self.challenged(claim) || self.freezes(claim) {
            return Outcome::Refused("CHALLENGED");
        }
        let claimant = self.claimant(batch);
        if self.owes(claimant) {
            return Outcome::Refused("LIABLE");
        }
        match self.batches[batch].shift(i64::MAX, Unit::Buffer, Unit::With(claimant)) {
            0 => Outcome::Refused("NO_BUFFER"),
            _ => Outcome::Done,
        }
    }
}

/// Whether two organisations belong to one group.
pub(crate) fn related(one: usize, other: usize) -> bool {
    let group = |holder| match holder {
        SISTER => SUPPLIER,
        other => other,
    };
    group(one) == group(other)
}
