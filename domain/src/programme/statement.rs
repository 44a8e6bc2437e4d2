//! What a programme owes, by a rule that anyone can run again.
//!
//! - The worth of a claim is its verified quantity times the value of one unit. The claim earns the recognised part of it
//!   times the rate. Both are rounded down to a whole minor unit, once for each claim, and never again.
//! - An organisation is entitled to what its claims have earned to date, up to the cap.
//! - It is owed its entitlement as far as the budget goes. Where an entitlement has fallen below what was owed, the
//!   difference is claimed back first, and frees that much of the budget. What is left is shared among those who are owed less
//!   than they are entitled to, in proportion to what they lack, so that the parts sum to exactly what is left: each is rounded
//!   down, and the remaining minor units go one each to the largest remainders, of equal ones to the lower id.
//! - What was owed is never taken back because others delivered later; only a correction or reversal takes back.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::terms::Programme;
use crate::amount::{Money, Quantity};
use crate::catalogue::MeasureRef;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{ClaimId, OrganisationId, ProgrammeId};
use crate::time::Date;

/// The most claims that one statement counts, in the order of their ids; the next statement goes on.
pub const MAX_COUNTED: usize = 10_000;

/// A verified outcome that counts, or that was counted and has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The claim.
    pub claim: ClaimId,
    /// Who delivered.
    pub organisation: OrganisationId,
    /// What.
    pub measure: MeasureRef,
    /// How much is verified now.
    pub verified: Quantity,
}

/// What a claim counted for in the statement before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedBefore {
    /// Smallest units.
    pub units: i64,
    /// Its worth in minor units.
    pub outcome: i64,
    /// What it earned in minor units.
    pub earned: i64,
}

/// Where an organisation stands in a programme, all in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The worth of its counted claims.
    pub outcome: i64,
    /// What they earned, before the cap.
    pub earned: i64,
    /// What it is owed to date.
    pub owed: i64,
    /// What it was paid to date, less what it returned.
    pub paid: i64,
}

/// A claim as a statement counts it: for the first time, or again after a correction or reversal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The claim.
    pub claim: ClaimId,
    /// Who delivered.
    pub organisation: OrganisationId,
    /// How much is verified.
    pub verified: Quantity,
    /// Its worth, rounded down.
    pub outcome: Money,
    /// What it earns, rounded down.
    pub earned: Money,
}

/// Where a statement leaves an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The worth of its counted claims to date.
    pub outcome: Money,
    /// What it is entitled to: what its claims have earned to date, up to the cap.
    pub entitled: Money,
    /// What it is owed to date.
    pub owed: Money,
    /// What this statement adds; less than nothing is claimed back.
    pub difference: Money,
}

/// A statement of entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Counted from 1.
    pub number: u32,
    /// Claims that count for the first time or have changed, in the order of their ids.
    pub counted: Vec<Counted>,
    /// Organisations whose line has changed, in the order of their ids.
    pub lines: Vec<Line>,
    /// What is left of the budget.
    pub left: Money,
}

/// What the rule needs.
#[derive(Debug, Clone, Copy)]
pub struct StatementFacts<'a> {
    /// Which statement, counted from 1.
    pub number: u32,
    /// Today.
    pub on: Date,
    /// Outcomes that count for the first time or have changed, in the order of their claims.
    pub outcomes: &'a [Outcome],
    /// What those of them counted for that were counted before.
    pub before: &'a BTreeMap<ClaimId, CountedBefore>,
    /// Every organisation of the programme.
    pub standings: &'a BTreeMap<OrganisationId, Standing>,
}

/// Why nothing is stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Too early.
    #[error("statement {number} may be made from {due} on, and it is {on}")]
    NotYet {
        /// Which statement.
        number: u32,
        /// From when.
        due: Date,
        /// Today.
        on: Date,
    },
    /// Nothing new.
    #[error(
        "nothing has changed since the last statement: no outcome was verified, corrected or reversed that counts here"
    )]
    Nothing,
    /// A claim whose worth no amount of money can hold.
    #[error("the worth of {verified} in the claim {claim} is out of range")]
    TooMuch {
        /// The claim.
        claim: ClaimId,
        /// Its verified quantity.
        verified: Quantity,
    },
    /// Sums out of range.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

impl Standing {
    /// What the organisation is entitled to.
    pub fn entitled(&self, programme: &Programme) -> i64 {
        let cap = programme.cap.map_or(i64::MAX, Money::minor);
        self.earned.min(cap)
    }
}

impl Statement {
    /// Takes the statement into what claims count for and where organisations stand.
    pub fn settle(
        &self,
        before: &mut BTreeMap<ClaimId, CountedBefore>,
        standings: &mut BTreeMap<OrganisationId, Standing>,
    ) {
        for counted in &self.counted {
            let now = CountedBefore {
                units: counted.verified.units(),
                outcome: counted.outcome.minor(),
                earned: counted.earned.minor(),
            };
            let earlier = before.insert(counted.claim, now);
            let added = earlier.map_or(0, |earlier| earlier.earned);
            let added = now.earned.saturating_sub(added);
            let standing = standings.entry(counted.organisation).or_default();
            standing.earned = standing.earned.saturating_add(added);
        }
        for line in &self.lines {
            let standing = standings.entry(line.organisation).or_default();
            standing.outcome = line.outcome.minor();
            standing.owed = line.owed.minor();
        }
    }
}

/// What a programme owes after the outcomes that have come or changed since the last statement.
pub fn decide_statement(
    programme: &Programme,
    facts: StatementFacts<'_>,
) -> Result<Statement, StatementError> {
    let (number, on) = (facts.number, facts.on);
    if let Some(due) = programme.due(number).filter(|due| on < *due) {
        return Err(StatementError::NotYet { number, due, on });
    }
    let mut standings = facts.standings.clone();
    let mut counted = Vec::new();
    for outcome in facts.outcomes {
        let before = facts.before.get(&outcome.claim).copied();
        if before.is_some_and(|before| before.units == outcome.verified.units()) {
            continue;
        }
        let (worth, earned) = value(programme, outcome)?;
        let (old_worth, old_earned) = before.map_or((0, 0), |was| (was.outcome, was.earned));
        let standing = standings.entry(outcome.organisation).or_default();
        standing.outcome = add(standing.outcome, sub(worth, old_worth)?)?;
        standing.earned = add(standing.earned, sub(earned, old_earned)?)?;
        counted.push(Counted {
            claim: outcome.claim,
            organisation: outcome.organisation,
            verified: outcome.verified.clone(),
            outcome: money(programme, worth),
            earned: money(programme, earned),
        });
    }
    let left = share_out(programme, &mut standings)?;
    let touched: BTreeSet<OrganisationId> = counted.iter().map(|one| one.organisation).collect();
    let mut lines = Vec::new();
    for (organisation, now) in &standings {
        let owed_before = facts.standings.get(organisation).map_or(0, |was| was.owed);
        if now.owed != owed_before || touched.contains(organisation) {
            lines.push(Line {
                organisation: *organisation,
                outcome: money(programme, now.outcome),
                entitled: money(programme, now.entitled(programme)),
                owed: money(programme, now.owed),
                difference: money(programme, sub(now.owed, owed_before)?),
            });
        }
    }
    if lines.is_empty() {
        return Err(StatementError::Nothing);
    }
    Ok(Statement {
        programme: programme.id,
        number,
        counted,
        lines,
        left: money(programme, left),
    })
}

/// The worth of an outcome and what it earns, in minor units.
fn value(programme: &Programme, outcome: &Outcome) -> Result<(i64, i64), StatementError> {
    let exact = || {
        let unit = programme.value(&outcome.measure);
        let unit = unit.map_or(0, Money::minor);
        let worth = outcome.verified.fraction()?.times(Fraction::whole(unit))?;
        let part = programme
            .recognised
            .fraction()?
            .times(programme.rate.fraction()?)?;
        Ok::<_, ArithmeticError>((worth.floor(), worth.times(part)?.floor()))
    };
    let too_much = || StatementError::TooMuch {
        claim: outcome.claim,
        verified: outcome.verified.clone(),
    };
    let (worth, earned) = exact().map_err(|_| too_much())?;
    let minor = |whole: i128| i64::try_from(whole).map_err(|_| too_much());
    Ok((minor(worth)?, minor(earned)?))
}

/// Sets what everybody is owed and answers what is left of the budget.
fn share_out(
    programme: &Programme,
    standings: &mut BTreeMap<OrganisationId, Standing>,
) -> Result<i64, ArithmeticError> {
    let (mut left, mut lacking) = (programme.budget.minor(), 0_i128);
    let mut lacks = Vec::new();
    for (organisation, standing) in &mut *standings {
        let entitled = standing.entitled(programme);
        standing.owed = standing.owed.min(entitled);
        left = sub(left, standing.owed)?;
        let lack = sub(entitled, standing.owed)?;
        if lack > 0 {
            lacking = lacking.saturating_add(i128::from(lack));
            lacks.push((*organisation, lack));
        }
    }
    let parts = if lacking <= i128::from(left) {
        lacks
    } else {
        pro_rata(&lacks, lacking, left)?
    };
    for (organisation, part) in parts {
        if let Some(standing) = standings.get_mut(&organisation) {
            standing.owed = add(standing.owed, part)?;
            left = sub(left, part)?;
        }
    }
    Ok(left)
}

/// Divides what is left in proportion: rounded down, then one more to the largest remainders.
fn pro_rata(
    lacks: &[(OrganisationId, i64)],
    lacking: i128,
    left: i64,
) -> Result<Vec<(OrganisationId, i64)>, ArithmeticError> {
    let overflow = || ArithmeticError::Overflow;
    let mut rest = left;
    let mut parts = Vec::with_capacity(lacks.len());
    for (organisation, lack) in lacks {
        let product = i128::from(left)
            .checked_mul(i128::from(*lack))
            .ok_or_else(overflow)?;
        let part = product.checked_div(lacking).ok_or_else(overflow)?;
        let remainder = product.checked_rem(lacking).ok_or_else(overflow)?;
        let part = i64::try_from(part).map_err(|_| overflow())?;
        rest = sub(rest, part)?;
        parts.push((*organisation, part, remainder));
    }
    parts.sort_by(|(a, _, more), (b, _, less)| less.cmp(more).then(a.cmp(b)));
    let over = usize::try_from(rest).unwrap_or(usize::MAX);
    for (_, part, _) in parts.iter_mut().take(over) {
        *part = add(*part, 1)?;
    }
    Ok(parts.into_iter().map(|(id, part, _)| (id, part)).collect())
}

fn money(programme: &Programme, minor: i64) -> Money {
    Money::from_minor(minor, programme.budget.currency())
}

fn add(left: i64, right: i64) -> Result<i64, ArithmeticError> {
    left.checked_add(right).ok_or(ArithmeticError::Overflow)
}

fn sub(left: i64, right: i64) -> Result<i64, ArithmeticError> {
    left.checked_sub(right).ok_or(ArithmeticError::Overflow)
}

#[cfg(test)]
mod tests;
