//! The whole ledger as rows: every unit of every batch says where it is. It knows no balances, no postings, no ranges of
//! serials and no splits; each rule is told once more, in the plainest way there is.

use std::collections::HashMap;

use serde_json::Value;

/// How many organisations hold credits. The first one delivers.
pub(crate) const HOLDERS: usize = 3;

/// Where one unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Its holder may use it.
    With(usize),
    /// Bound to the hold of this number.
    Held(usize),
    /// Kept back.
    Buffer,
    /// Claimed for ever.
    Retired,
    /// Taken out without a claim, or in the place of others.
    Cancelled,
    /// Its outcome fell.
    Reversed,
}

/// A batch, its claim, and each of its units.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) claim: String,
    /// Tenths of an hour that stand as verified.
    pub(crate) verified: i64,
    /// Units that the batch still stands for, whoever has them.
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

/// Units owed by the first holder.
#[derive(Debug, Clone)]
pub(crate) struct Liability {
    pub(crate) id: String,
    pub(crate) owed: i64,
}

/// What a holder asks under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Transfer { to: usize },
    Retire,
    Hold { to: Option<usize>, expires_at: i64 },
}

/// A move with its batch, its holder and its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) batch: usize,
    pub(crate) holder: usize,
    pub(crate) units: i64,
    pub(crate) asked: Asked,
}

/// What a step must come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Done,
    /// Done, with these serials.
    Retired(usize, usize),
    /// The answer that was given before.
    Earlier(Value),
    /// The answer that another move of the same call gets, of this number in the call.
    EarlierInCall(usize),
    Refused(&'static str),
}

/// Under which key, and what was answered; none while the call is under way, then the move's place in it.
type Kept = (Move, Result<Value, usize>);

/// Everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) batches: Vec<Batch>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) liabilities: Vec<Liability>,
    keys: HashMap<(usize, u8, String), Kept>,
    /// Seconds of the clock.
    pub(crate) now: i64,
}

impl Move {
    fn scope(&self, key: &str) -> (usize, u8, String) {
        let mutation = match self.asked {
            Asked::Transfer { .. } => 0,
            Asked::Retire => 1,
            Asked::Hold { .. } => 2,
        };
        (self.holder, mutation, key.to_owned())
    }
}

impl Batch {
    pub(crate) fn count(&self, place: Unit) -> usize {
        self.units.iter().filter(|unit| **unit == place).count()
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

/// Of some tenths a quarter is deadweight, tenth by tenth, so that rounding is no formula.
pub(crate) fn caused(tenths: i64) -> i64 {
    let whole = |tenth: &i64| tenth * 3 / 4 > (tenth - 1) * 3 / 4;
    i64::try_from((1..=tenths).filter(whole).count()).unwrap_or(i64::MAX)
}

impl Model {
    /// Nothing yet, at this second.
    pub(crate) fn at(now: i64) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// Whether the first holder owes units.
    pub(crate) fn liable(&self) -> bool {
        self.liabilities.iter().any(|liability| liability.owed > 0)
    }

    /// A new batch: of the units every tenth is kept back.
    pub(crate) fn issue(&mut self, id: String, claim: String, tenths: i64) {
        let kept = |number: i64| number % 10 == 0;
        let unit = |number| {
            if kept(number) {
                Unit::Buffer
            } else {
                Unit::With(0)
            }
        };
        self.batches.push(Batch {
            id,
            claim,
            verified: tenths,
            circulating: caused(tenths),
            units: (1..=caused(tenths)).map(unit).collect(),
        });
    }

    fn blocked(&self, holder: usize) -> bool {
        holder == 0 && self.liable()
    }

    /// One move of a call, at its place in the call.
    pub(crate) fn ask(&mut self, asked: &Move, key: &str, place: usize) -> Outcome {
        let scope = asked.scope(key);
        match self.keys.get(&scope) {
            Some((before, Ok(answer))) if before == asked => {
                return Outcome::Earlier(answer.clone());
            }
            Some((before, Err(place))) if before == asked => return Outcome::EarlierInCall(*place),
            Some(_) => return Outcome::Refused("CONFLICT"),
            None => {}
        }
        let outcome = self.decide(asked);
        if !matches!(outcome, Outcome::Refused(_)) {
            self.keys.insert(scope, (asked.clone(), Err(place)));
        }
        outcome
    }

    /// What a move of the last call was answered.
    pub(crate) fn answered(&mut self, asked: &Move, key: &str, answer: Value) {
        self.keys
            .insert(asked.scope(key), (asked.clone(), Ok(answer)));
    }

    fn decide(&mut self, asked: &Move) -> Outcome {
        let Move {
            batch,
            holder,
            units,
            ..
        } = *asked;
        let blocked = self.blocked(holder);
        let own = Unit::With(holder);
        if units <= 0 {
            return Outcome::Refused("UNITS");
        }
        if units > i64::try_from(self.batches[batch].count(own)).unwrap_or(0) {
            return Outcome::Refused("INSUFFICIENT_BALANCE");
        }
        match asked.asked {
            Asked::Transfer { to } if to == holder => Outcome::Refused("SAME_HOLDER"),
            Asked::Hold { to, .. } if to == Some(holder) => Outcome::Refused("SAME_HOLDER"),
            Asked::Transfer { .. } | Asked::Hold { .. } if blocked => Outcome::Refused("LIABLE"),
            Asked::Hold { expires_at, .. }
                if expires_at <= self.now || expires_at > self.now + 90 * 86_400 =>
            {
                Outcome::Refused("EXPIRY")
            }
            Asked::Transfer { to } => {
                self.batches[batch].shift(units, own, Unit::With(to));
                Outcome::Done
            }
            Asked::Retire => {
                let before = self.batches[batch].count(Unit::Retired);
                self.batches[batch].shift(units, own, Unit::Retired);
                Outcome::Retired(before, self.batches[batch].count(Unit::Retired))
            }
            Asked::Hold { to, expires_at } => {
                let number = self.holds.len();
                self.batches[batch].shift(units, own, Unit::Held(number));
                self.holds.push(Hold {
                    id: String::new(),
                    batch,
                    holder,
                    to,
                    expires_at,
                    open: true,
                });
                Outcome::Done
            }
        }
    }

    /// Ends a hold: with a delivery, or without one when it is given up or expires.
    pub(crate) fn end(
        &mut self,
        hold: usize,
        delivery: Option<(usize, i64)>,
        expires: bool,
    ) -> Outcome {
        let Hold {
            batch,
            holder,
            to,
            expires_at,
            open,
            ..
        } = self.holds[hold];
        if !open {
            return Outcome::Refused("HOLD_NOT_OPEN");
        }
        match (self.now >= expires_at, expires) {
            (true, false) => return Outcome::Refused("HOLD_EXPIRED"),
            (false, true) => return Outcome::Refused("HOLD_NOT_EXPIRED"),
            _ => {}
        }
        let held = Unit::Held(hold);
        if let Some((receiver, units)) = delivery {
            if to.is_some_and(|to| to != receiver) {
                return Outcome::Refused("HELD_FOR_ANOTHER");
            }
            if units <= 0 {
                return Outcome::Refused("UNITS");
            }
            if units > i64::try_from(self.batches[batch].count(held)).unwrap_or(0) {
                return Outcome::Refused("INSUFFICIENT_BALANCE");
            }
            if receiver == holder {
                return Outcome::Refused("SAME_HOLDER");
            }
            if self.blocked(holder) {
                return Outcome::Refused("LIABLE");
            }
            self.batches[batch].shift(units, held, Unit::With(receiver));
        }
        self.batches[batch].shift(i64::MAX, held, Unit::With(holder));
        self.holds[hold].open = false;
        Outcome::Done
    }

    /// Takes units out without a claim.
    pub(crate) fn cancel(&mut self, batch: usize, holder: usize, units: i64) -> Outcome {
        if units <= 0 {
            return Outcome::Refused("UNITS");
        }
        let own = Unit::With(holder);
        if units > i64::try_from(self.batches[batch].count(own)).unwrap_or(0) {
            return Outcome::Refused("INSUFFICIENT_BALANCE");
        }
        self.batches[batch].shift(units, own, Unit::Cancelled);
        Outcome::Done
    }

    /// Leaves less of a claim: the claimant's own units fall, holds as far as they are needed, then buffers stand in, the
    /// batch's own first. Answers what is owed then.
    pub(crate) fn reduce(&mut self, batch: usize, verified: i64) -> i64 {
        self.batches[batch].verified = verified;
        let lost = (self.batches[batch].circulating - caused(verified)).max(0);
        self.batches[batch].circulating -= lost;
        let own = |model: &Self| model.batches[batch].count(Unit::With(0));
        // The oldest first, by their ids: those of one instant are in no other order.
        let mut holds: Vec<usize> = (0..self.holds.len()).collect();
        holds.sort_by(|a, b| self.holds[*a].id.cmp(&self.holds[*b].id));
        for hold in holds {
            if i64::try_from(own(self)).unwrap_or(0) >= lost {
                break;
            }
            let found = &mut self.holds[hold];
            if found.open && found.batch == batch && found.holder == 0 {
                found.open = false;
                self.batches[batch].shift(i64::MAX, Unit::Held(hold), Unit::With(0));
            }
        }
        let mut owed = lost - self.batches[batch].shift(lost, Unit::With(0), Unit::Reversed);
        let others = (0..self.batches.len()).filter(|other| *other != batch);
        for buffered in std::iter::once(batch).chain(others) {
            owed -= self.batches[buffered].shift(owed, Unit::Buffer, Unit::Cancelled);
        }
        owed
    }

    /// Makes a liability good with units of the first holder.
    pub(crate) fn clear(&mut self, liability: usize, batch: usize, units: i64) -> Outcome {
        let outcome = match units > self.liabilities[liability].owed {
            true if units
                <= i64::try_from(self.batches[batch].count(Unit::With(0))).unwrap_or(0) =>
            {
                Outcome::Refused("TOO_MANY")
            }
            _ => self.cancel(batch, 0, units),
        };
        if outcome == Outcome::Done {
            self.liabilities[liability].owed -= units;
        }
        outcome
    }

    /// Gives what is left of a buffer to the claimant, long after.
    pub(crate) fn release(&mut self, batch: usize) -> Outcome {
        if self.liable() {
            return Outcome::Refused("LIABLE");
        }
        match self.batches[batch].shift(i64::MAX, Unit::Buffer, Unit::With(0)) {
            0 => Outcome::Refused("NO_BUFFER"),
            _ => Outcome::Done,
        }
    }
}
