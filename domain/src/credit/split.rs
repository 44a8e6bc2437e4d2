//! How a verified quantity splits into obligated and surplus units.
//!
//! Cumulatively over a KPI: with V units verified to date and Q units promised for the full term, `min(V, Q)` are obligated
//! and `max(0, V - Q)` are surplus. Each claim issues the difference to what was issued before, which is the same as to fill
//! the KPI first: so no order of claims changes the totals, and a good period makes no surplus of a contract that ends short.

use super::terms::{KpiStanding, Terms};
use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{KpiId, OrganisationId};
use crate::time::Date;

/// Units that answer a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The KPI.
    pub kpi: KpiId,
    /// To whom the units belong.
    pub buyer: OrganisationId,
    /// How many; more than none.
    pub units: i64,
}

/// The parts of a verified quantity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Obligated units, KPI by KPI.
    pub fills: Vec<Fill>,
    /// Surplus that retires to the contract's buyer, because it may not be traded.
    pub retained: i64,
    /// Surplus that circulates, what is kept back of it included.
    pub circulating: i64,
}

/// What the split depends on beside the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitFacts {
    /// First day of the activity.
    pub began: Date,
    /// Whether credits of the class may change hands.
    pub transferable: bool,
    /// The part of a KPI up to which surplus may be traded.
    pub tradable_share: Share,
}

impl Split {
    /// Splits the verified units of one more claim.
    ///
    /// Units fill the KPIs that the claim answers, in order; a unit never counts twice, and what one KPI has too much is not
    /// netted against what another lacks. Outside contracts the rest loses its deadweight, rounded down.
    pub fn of_claim(
        verified_units: i64,
        terms: &Terms,
        facts: SplitFacts,
    ) -> Result<Self, SplitError> {
        let (fills, rest) = fill(verified_units, terms.kpis())?;
        let (retained, circulating) = match terms {
            Terms::Outside { deadweight, .. } if rest > 0 => {
                let deadweight = deadweight.ok_or(SplitError::DeadweightUnknown)?;
                (0, less_deadweight(rest, deadweight)?)
            }
            Terms::Outside { .. } => (0, 0),
            Terms::Contract { .. } => {
                let tradable = tradable(terms, &fills, facts)?.min(rest);
                (sub(rest, tradable)?, tradable)
            }
        };
        Ok(Self {
            fills,
            retained,
            circulating,
        })
    }

    /// Obligated units.
    pub fn obligated(&self) -> Result<i64, ArithmeticError> {
        self.fills
            .iter()
            .try_fold(0, |sum, fill| add(sum, fill.units))
    }

    /// Surplus, traded or not.
    pub fn surplus(&self) -> Result<i64, ArithmeticError> {
        add(self.retained, self.circulating)
    }

    /// Everything.
    pub fn total(&self) -> Result<i64, ArithmeticError> {
        add(self.obligated()?, self.surplus()?)
    }
}

/// Why a quantity has no split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Nobody knows what would have happened anyway.
    #[error(
        "the measure's deadweight is not known: outcomes outside contracts of it earn no credits"
    )]
    DeadweightUnknown,
    /// Too much.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

/// Fills the KPIs that match, in order, and answers what is left.
fn fill(verified_units: i64, kpis: &[KpiStanding]) -> Result<(Vec<Fill>, i64), ArithmeticError> {
    let mut rest = verified_units;
    let mut fills = Vec::new();
    for kpi in kpis.iter().filter(|kpi| kpi.matches) {
        let units = kpi.open_units().min(rest);
        if units > 0 {
            rest = sub(rest, units)?;
            let (kpi, buyer) = (kpi.kpi, kpi.buyer);
            fills.push(Fill { kpi, buyer, units });
        }
    }
    Ok((fills, rest))
}

/// How much more surplus of the named KPI may be traded: none unless class and contract allow it, the intent was
/// registered before the activity began, and no KPI of the contract is short; and all in all a share of the KPI.
fn tradable(terms: &Terms, fills: &[Fill], facts: SplitFacts) -> Result<i64, ArithmeticError> {
    let Terms::Contract {
        surplus_tradable,
        intended_on,
        kpis,
        ..
    } = terms
    else {
        return Ok(0);
    };
    let filled = |kpi: &KpiStanding| {
        let more = fills.iter().find(|fill| fill.kpi == kpi.kpi);
        more.map_or(0, |fill| fill.units)
    };
    let short = kpis.iter().any(|kpi| kpi.open_units() > filled(kpi));
    let intended = intended_on.is_some_and(|day| day < facts.began);
    if short || !intended || !surplus_tradable || !facts.transferable {
        return Ok(0);
    }
    let Some(named) = terms.named() else {
        return Ok(0);
    };
    let most = part(named.quantity_units, facts.tradable_share.fraction()?)?;
    Ok(sub(most, named.account.tradable_units)?.max(0))
}

/// What is caused of some units: `floor(units * (1 - deadweight))`.
pub(super) fn less_deadweight(units: i64, deadweight: Share) -> Result<i64, ArithmeticError> {
    part(units, Fraction::ONE.minus(deadweight.fraction()?)?)
}

/// The part of some units, rounded down to a whole unit.
pub(super) fn part(units: i64, share: Fraction) -> Result<i64, ArithmeticError> {
    let exact = Fraction::whole(units).times(share)?;
    i64::try_from(exact.floor()).map_err(|_| ArithmeticError::Overflow)
}

/// A sum of units.
pub(super) fn add(left: i64, right: i64) -> Result<i64, ArithmeticError> {
    left.checked_add(right).ok_or(ArithmeticError::Overflow)
}

/// A difference of units.
pub(super) fn sub(left: i64, right: i64) -> Result<i64, ArithmeticError> {
    left.checked_sub(right).ok_or(ArithmeticError::Overflow)
}

#[cfg(test)]
mod tests;
