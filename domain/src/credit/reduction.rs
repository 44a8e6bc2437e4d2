//! Corrections and reversals: what falls when less was delivered than was verified.
//!
//! Surplus falls first. What retired to the buyer at issue stays retired, and its certificate is withdrawn in part: it never
//! draws on a buffer. What circulates is first what holders have cancelled: nobody claims it, so it costs nothing a second
//! time. Then it is taken from the unretired credits of the batch that the claimant has, then from those that the others of
//! its beneficial-owner group have, to whom they were moved and not sold, then from the buffers of the pool; the rest is a
//! liability of the claimant. Units of others are never touched.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hold::Hold;
use super::retirement::Retirement;
use super::serials::{SerialRange, Serials, SerialsError};
use super::split::{add, less_deadweight, sub};
use super::state::Batch;
use super::units;
use crate::amount::{Quantity, Share};
use crate::challenge::Basis;
use crate::fraction::ArithmeticError;
use crate::ids::{
    BatchId, ClaimId, HoldId, KpiId, LiabilityId, OrganisationId, PersonId, RetirementId,
};
use crate::log::schema;

/// Units retired at issue whose outcome was not delivered or was undone: their certificate holds for the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The batch.
    pub batch: BatchId,
    /// The retirement.
    pub retirement: RetirementId,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
}

/// A hold that had to end, because its units fall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokenHold {
    /// The hold.
    pub hold: HoldId,
    /// Its units, which go back before they fall.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
}

/// Units of an organisation of the claimant's group that leave circulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Whose.
    pub holder: OrganisationId,
    /// Its holds that end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenHold>,
    /// Which units, from the high end.
    pub serials: SerialRange,
}

/// Circulating units of a batch that fall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchLoss {
    /// The batch.
    pub batch: BatchId,
    /// How many smallest units, wherever they are made good.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
    /// How many of them their holders had cancelled before.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub cancelled: i64,
    /// What the claimant has of the others, and after it the others of its group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Taken>,
}

/// Units of a buffer that stand in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Whose buffer.
    pub batch: BatchId,
    /// Which units, from the high end.
    pub serials: SerialRange,
}

/// Units that nothing could make good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// The liability.
    pub liability: LiabilityId,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
}

/// Everything that falls when the verified quantity of a claim is reduced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reduction {
    /// The claim.
    pub claim: ClaimId,
    /// Who delivered, and owes what is not made good.
    pub claimant: OrganisationId,
    /// The decision behind it.
    pub basis: Basis,
    /// V': the quantity that stays verified.
    pub verified: Quantity,
    /// Certificates that hold for less.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
    /// Circulating surplus that falls, batch by batch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<BatchLoss>,
    /// Buffers that stand in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<Draw>,
    /// What is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<Owed>,
}

/// Units of a retirement at issue that its certificate still holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The retirement.
    pub retirement: RetirementId,
    /// The KPI that the units answer; none for surplus that was not traded.
    pub kpi: Option<KpiId>,
    /// How many.
    pub units: i64,
}

impl Part {
    /// What a retirement at issue answers.
    pub fn of(retirement: &Retirement) -> Self {
        Self {
            retirement: retirement.id,
            kpi: retirement.kpi,
            units: retirement.units(),
        }
    }
}

/// What an organisation of the claimant's group has of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub holder: OrganisationId,
    /// Units that it may use.
    pub available: i64,
    /// Its open holds, oldest first.
    pub holds: Vec<Hold>,
}

/// A batch with what is left of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchStanding {
    /// The batch.
    pub batch: Batch,
    /// Units retired at issue.
    pub parts: Vec<Part>,
    /// Surplus that circulates, the buffer included, whoever has it.
    pub circulating: i64,
    /// Units that their holders cancelled and that have not fallen since.
    pub cancelled: i64,
    /// What the claimant and the others of its group have, in any order.
    pub group: Vec<Holding>,
}

/// A batch with units kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffered {
    /// The batch.
    pub batch: BatchId,
    /// Its serials.
    pub serials: Serials,
    /// How many units.
    pub units: i64,
}

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct ReductionFacts<'a> {
    /// The claim.
    pub claim: ClaimId,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// The verified quantity as it stands.
    pub verified: &'a Quantity,
    /// The decision.
    pub basis: Basis,
    /// The quantity that it leaves.
    pub reduced: &'a Quantity,
    /// The measure's deadweight, for a claim outside contracts.
    pub outside: Option<Share>,
    /// The claim's batch, if it was issued, and after it the other batches of the named KPI, latest first.
    pub batches: &'a [BatchStanding],
    /// The registrar.
    pub registrar: PersonId,
    /// Who submitted, verified, issued or decided before.
    pub earlier: &'a [PersonId],
}

/// Why nothing falls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReductionError {
    /// The same person decided and carries out.
    #[error("`registrar`: person:{0} took an earlier step: this needs a second person")]
    SamePerson(PersonId),
    /// Another unit.
    #[error("`verified`: {reduced} is not in the unit of the {verified} that stands")]
    Unit {
        /// What the decision leaves.
        reduced: Quantity,
        /// What stands.
        verified: Quantity,
    },
    /// Batch and claim disagree.
    #[error("the parts of the batch do not cover what falls")]
    Uncovered,
    /// Too much.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
    /// Too much for serials.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

/// What falls, while it is open which buffers stand in for what the claimant's group has not.
#[derive(Debug)]
pub struct Fall {
    reduction: Reduction,
    serials: BTreeMap<BatchId, Serials>,
    missing: i64,
}

/// What falls.
pub fn decide_fall(facts: &ReductionFacts<'_>) -> Result<Fall, ReductionError> {
    if facts.earlier.contains(&facts.registrar) {
        return Err(ReductionError::SamePerson(facts.registrar));
    }
    if facts.verified.same_unit(facts.reduced).is_err() {
        return Err(ReductionError::Unit {
            reduced: facts.reduced.clone(),
            verified: facts.verified.clone(),
        });
    }
    // Another decision may have gone further in the meantime: then nothing more falls.
    let less = facts.reduced.units() < facts.verified.units();
    let reduced = if less { facts.reduced } else { facts.verified };
    let mut reduction = Reduction {
        claim: facts.claim,
        claimant: facts.claimant,
        basis: facts.basis,
        verified: reduced.clone(),
        withdrawn: Vec::new(),
        losses: Vec::new(),
        drawn: Vec::new(),
        owed: None,
    };
    let (mut serials, mut missing) = (BTreeMap::new(), 0);
    let own = facts.batches.first();
    if let Some(own) = own.filter(|_| less) {
        let lost = lost(own, facts)?;
        missing = take_surplus(lost.surplus, facts, &mut serials, &mut reduction)?;
        take_obligated(lost.obligated, facts.batches, &mut reduction)?;
    }
    Ok(Fall {
        reduction,
        serials,
        missing,
    })
}

impl Fall {
    /// Units that buffers make good, as far as they go: most reductions need none.
    pub fn missing(&self) -> i64 {
        self.missing
    }

    /// Draws on buffers of the pool (the claim's batch first, then the others in the order of their issue) until nothing is
    /// missing, and records the rest as owed. `liability` is the id of the liability, used only when something is owed.
    pub fn made_good(
        mut self,
        liability: LiabilityId,
        pool: impl IntoIterator<Item = Buffered>,
    ) -> Result<Reduction, ReductionError> {
        let mut left = self.missing;
        let mut pool = pool.into_iter();
        while let Some(buffered) = (left > 0).then(|| pool.next()).flatten() {
            let units = buffered.units.min(left);
            if units > 0 {
                let range = self.serials.entry(buffered.batch);
                self.reduction.drawn.push(Draw {
                    batch: buffered.batch,
                    serials: range.or_insert(buffered.serials).take_high(units)?,
                });
                left = sub(left, units)?;
            }
        }
        self.reduction.owed = (left > 0).then_some(Owed {
            liability,
            units: left,
        });
        Ok(self.reduction)
    }
}

struct Lost {
    surplus: i64,
    obligated: i64,
}

/// The split of V' against the split that was issued.
fn lost(own: &BatchStanding, facts: &ReductionFacts<'_>) -> Result<Lost, ReductionError> {
    let (now, reduced) = (facts.verified.units(), facts.reduced.units());
    if let Some(deadweight) = facts.outside {
        let answers = own.parts.iter().filter(|part| part.kpi.is_some());
        let filled = answers.map(|part| part.units).try_fold(0, add)?;
        let kept = filled.min(reduced);
        let caused = less_deadweight(sub(reduced, kept)?, deadweight)?;
        return Ok(Lost {
            surplus: sub(own.circulating, caused)?.max(0),
            obligated: sub(filled, kept)?,
        });
    }
    let mut all = 0;
    for standing in facts.batches {
        let retained = standing.parts.iter().filter(|part| part.kpi.is_none());
        all = retained.map(|part| part.units).try_fold(all, add)?;
        all = add(all, standing.circulating)?;
    }
    let surplus = all.min(sub(now, reduced)?);
    Ok(Lost {
        surplus,
        obligated: sub(sub(now, reduced)?, surplus)?,
    })
}

/// Takes surplus batch by batch: what retired to the buyer, then what circulates. Answers what the claimant's group has not.
fn take_surplus(
    lost: i64,
    facts: &ReductionFacts<'_>,
    serials: &mut BTreeMap<BatchId, Serials>,
    reduction: &mut Reduction,
) -> Result<i64, ReductionError> {
    let (mut left, mut owed) = (lost, 0);
    for standing in facts.batches {
        for part in standing.parts.iter().filter(|part| part.kpi.is_none()) {
            left = sub(left, withdraw(standing.batch.id, part, left, reduction))?;
        }
        let units = standing.circulating.min(left);
        if units > 0 {
            left = sub(left, units)?;
            owed = add(owed, take_circulating(units, standing, serials, reduction)?)?;
        }
    }
    if left == 0 {
        Ok(owed)
    } else {
        Err(ReductionError::Uncovered)
    }
}

fn withdraw(batch: BatchId, part: &Part, left: i64, reduction: &mut Reduction) -> i64 {
    let units = part.units.min(left);
    if units > 0 {
        reduction.withdrawn.push(Withdrawal {
            batch,
            retirement: part.retirement,
            units,
        });
    }
    units
}

/// Takes obligated units batch by batch, the claim's own first: where the surplus of one claim made up for the loss of another,
/// its own parts do not cover what it loses later.
fn take_obligated(
    lost: i64,
    batches: &[BatchStanding],
    reduction: &mut Reduction,
) -> Result<(), ReductionError> {
    let mut left = lost;
    for standing in batches {
        let parts = standing.parts.iter().rev();
        for part in parts.filter(|part| part.kpi.is_some()) {
            left = sub(left, withdraw(standing.batch.id, part, left, reduction))?;
        }
    }
    if left == 0 {
        Ok(())
    } else {
        Err(ReductionError::Uncovered)
    }
}

/// Takes what was cancelled, units of the claimant, then of the others of its group in the order of their ids, and answers
/// what is missing.
fn take_circulating(
    units: i64,
    standing: &BatchStanding,
    serials: &mut BTreeMap<BatchId, Serials>,
    reduction: &mut Reduction,
) -> Result<i64, ReductionError> {
    let batch = standing.batch;
    let high = serials.entry(batch.id).or_insert(batch.serials);
    let mut group: Vec<&Holding> = standing.group.iter().collect();
    group.sort_by_key(|holding| (holding.holder != batch.claimant, holding.holder));
    let cancelled = standing.cancelled.min(units);
    let (mut left, mut taken) = (sub(units, cancelled)?, Vec::new());
    for holding in group {
        if let Some(fell) = take_from(holding, left, high)? {
            left = sub(left, fell.serials.units())?;
            taken.push(fell);
        }
    }
    reduction.losses.push(BatchLoss {
        batch: batch.id,
        units,
        cancelled,
        taken,
    });
    Ok(left)
}

/// Takes units of one holder, its holds only as far as they are needed; nothing where it has none or none are asked.
fn take_from(
    holding: &Holding,
    units: i64,
    high: &mut Serials,
) -> Result<Option<Taken>, ReductionError> {
    let (mut own, mut broken) = (holding.available, Vec::new());
    for hold in &holding.holds {
        if own >= units {
            break;
        }
        own = add(own, hold.units)?;
        broken.push(BrokenHold {
            hold: hold.id,
            units: hold.units,
        });
    }
    let taken = own.min(units);
    if taken == 0 {
        return Ok(None);
    }
    Ok(Some(Taken {
        holder: holding.holder,
        broken,
        serials: high.take_high(taken)?,
    }))
}

#[cfg(test)]
mod tests;
