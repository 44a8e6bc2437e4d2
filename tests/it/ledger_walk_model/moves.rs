//! Moves, what was answered under their keys, and the ends of holds.

use std::collections::HashMap;

use serde_json::Value;

use super::{Code, Hold, Model, Outcome, Unit};

const LONGEST_HOLD: i64 = 90 * 86_400;

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

/// Under which key, and what was answered; none while the call is under way, then the move's place in it.
pub(super) type Kept = (Move, Result<Value, usize>);
/// Holder, kind of move and key.
pub(super) type Keys = HashMap<(usize, u8, String), Kept>;

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

impl Model {
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
        let outcome = Outcome::from(self.decide(asked));
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

    fn decide(&mut self, asked: &Move) -> Result<Outcome, Code> {
        let (batch, holder, units) = (asked.batch, asked.holder, asked.units);
        let own = Unit::With(holder);
        self.check_there(batch, own, units)?;
        match asked.asked {
            Asked::Retire => {
                self.check_frozen(batch, holder)?;
                Ok(self.retire(batch, units, own, Unit::Retired))
            }
            Asked::Transfer { to } => {
                check_other(holder, Some(to))?;
                self.check_trade(batch, holder)?;
                self.batches[batch].shift(units, own, Unit::With(to));
                Ok(Outcome::Done)
            }
            Asked::Hold { to, expires_at } => {
                check_other(holder, to)?;
                self.check_trade(batch, holder)?;
                if expires_at <= self.now || expires_at > self.now + LONGEST_HOLD {
                    return Err("EXPIRY");
                }
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
                Ok(Outcome::Done)
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
        self.try_end(hold, delivery, expires).into()
    }

    fn try_end(
        &mut self,
        hold: usize,
        delivery: Option<(usize, i64)>,
        expires: bool,
    ) -> Result<Outcome, Code> {
        let found = self.holds[hold].clone();
        let (batch, holder, held) = (found.batch, found.holder, Unit::Held(hold));
        if !found.open {
            return Err("HOLD_NOT_OPEN");
        }
        match (self.now >= found.expires_at, expires) {
            (true, false) => return Err("HOLD_EXPIRED"),
            (false, true) => return Err("HOLD_NOT_EXPIRED"),
            _ => {}
        }
        if let Some((receiver, units)) = delivery {
            if found.to.is_some_and(|to| to != receiver) {
                return Err("HELD_FOR_ANOTHER");
            }
            self.check_there(batch, held, units)?;
            check_other(holder, Some(receiver))?;
            self.check_trade(batch, holder)?;
            self.batches[batch].shift(units, held, Unit::With(receiver));
        }
        self.batches[batch].shift(i64::MAX, held, Unit::With(holder));
        self.holds[hold].open = false;
        Ok(Outcome::Done)
    }
}

fn check_other(holder: usize, to: Option<usize>) -> Result<(), Code> {
    match to == Some(holder) {
        true => Err("SAME_HOLDER"),
        false => Ok(()),
    }
}
