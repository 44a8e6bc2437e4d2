//! Calls of many moves, and the same again about which everything is known then.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Walk, at};
use crate::credit_moves::MOVE;
use crate::credit_world::number;
use crate::ledger_walk_model::{Asked, HOLDERS, Move, Outcome, related};

impl Walk {
    /// A call with some moves of one holder, under keys some of which were used before.
    pub(super) async fn moves(&mut self) -> Result<()> {
        let holder = self.dice.below(HOLDERS);
        let mut calls: Vec<(Move, String)> = Vec::new();
        for _ in 0..=self.dice.below(7) {
            if let Some(before) = calls.last().cloned().filter(|_| self.dice.once_in(12)) {
                calls.push(before);
                continue;
            }
            let asked = self.some_move(holder);
            let key = match self.dice.below(10) {
                0 => format!("key {}", self.dice.below(60)),
                _ => self.word(),
            };
            calls.push((asked, key));
        }
        self.call(holder, &calls).await?;
        while self.dice.once_in(2) {
            for (asked, key) in &mut calls {
                asked.units = 1;
                if !self.dice.once_in(30) {
                    *key = self.word();
                }
            }
            self.call(holder, &calls).await?;
        }
        Ok(())
    }

    async fn call(&mut self, holder: usize, calls: &[(Move, String)]) -> Result<()> {
        let asked = calls.iter().enumerate();
        let expected: Vec<Outcome> = asked
            .map(|(place, (asked, key))| self.model.ask(asked, key, place))
            .collect();
        let lines = calls.iter().map(|(asked, key)| self.line(asked, key));
        let input = json!({ "moves": lines.collect::<Vec<_>>() });
        let user = self.people.holders[holder].clone();
        let statements = self.app.app.store().written_statements();
        let made = self
            .expect("call", &user, (MOVE, input), &Outcome::Done)
            .await?;
        let made = made.context("an answer")?;
        if self.app.app.store().written_statements() == statements + 1 {
            *self.done.entry("call of one statement").or_default() += 1;
        }
        let results = made["results"].as_array().context("results")?.clone();
        ensure!(results.len() == calls.len(), "{made}");
        for (((asked, key), expected), result) in calls.iter().zip(&expected).zip(&results) {
            check(asked, expected, result, &results).with_context(|| {
                format!("{asked:?} under `{key}`: expected {expected:?}, found {result}")
            })?;
            if matches!(expected, Outcome::Done | Outcome::Retired(..)) {
                self.model.answered(asked, key, made_by(result));
                self.name_hold(result);
                let what = match asked.asked {
                    Asked::Transfer { .. } => "transfer",
                    Asked::Retire => "retire",
                    Asked::Hold { .. } => "hold",
                };
                *self.done.entry(what).or_default() += 1;
            }
        }
        Ok(())
    }

    /// The model opened the hold without knowing its id.
    fn name_hold(&mut self, result: &Value) {
        let nameless = self.model.holds.iter_mut().rev();
        let nameless = nameless.take_while(|hold| hold.id.is_empty());
        if let (Some(id), Some(hold)) = (result["hold"]["id"].as_str(), nameless.last()) {
            id.clone_into(&mut hold.id);
        }
    }

    fn some_move(&mut self, holder: usize) -> Move {
        let batch = match self.dice.once_in(2) {
            true => self.batch(),
            false => self.batch_with(holder),
        };
        let asked = match self.dice.below(8) {
            0..5 => Asked::Transfer {
                to: self.dice.below(HOLDERS),
            },
            5 => Asked::Retire,
            _ => Asked::Hold {
                to: Some(self.dice.below(HOLDERS + 1)).filter(|to| *to < HOLDERS),
                expires_at: self.model.now
                    + [-1, 3_600, 20 * 3_600, 91 * 86_400][self.dice.below(4)],
            },
        };
        Move {
            batch,
            holder,
            units: self.dice.units(),
            asked,
        }
    }

    fn line(&self, asked: &Move, key: &str) -> Value {
        let batch = &self.model.batches[asked.batch].id;
        let (units, id) = (asked.units.to_string(), |number: usize| {
            self.people.holders[number].organisation_id()
        });
        match asked.asked {
            Asked::Transfer { to } => json!({ "transfer": {
                "batch": batch, "from": id(asked.holder), "to": id(to), "units": units, "reason": reason(asked.holder, to),
                "idempotencyKey": key } }),
            Asked::Retire => {
                json!({ "retire": self.retire_input((asked.batch, asked.holder, asked.units), key) })
            }
            Asked::Hold { to, expires_at } => json!({ "hold": {
                "batch": batch, "holder": id(asked.holder), "to": to.map(id), "units": units,
                "expiresAt": at(expires_at), "idempotencyKey": key } }),
        }
    }

    /// A retirement by a holder for itself.
    pub(super) fn retire_input(
        &self,
        (batch, holder, units): (usize, usize, i64),
        key: &str,
    ) -> Value {
        let holder = self.people.holders[holder].organisation_id();
        json!({
            "batch": self.model.batches[batch].id, "holder": holder, "units": units.to_string(),
            "beneficiary": holder, "jurisdiction": "KR",
            "period": { "from": "2026-01-01", "to": "2027-01-01" }, "idempotencyKey": key,
        })
    }
}

fn check(asked: &Move, expected: &Outcome, result: &Value, all: &[Value]) -> Result<()> {
    let outcome = match expected {
        Outcome::Refused(_) => "REFUSED",
        Outcome::Earlier(_) | Outcome::EarlierInCall(_) => "EARLIER",
        _ => "DONE",
    };
    ensure!(result["outcome"] == outcome, "the outcome");
    match expected {
        Outcome::Refused(code) => {
            ensure!(result["userErrors"][0]["code"] == *code, "the code");
            ensure!(
                made_by(result) == json!([null, null, null]),
                "it made something"
            );
        }
        Outcome::Earlier(answer) => ensure!(made_by(result) == *answer, "the earlier {answer}"),
        Outcome::EarlierInCall(place) => {
            ensure!(
                made_by(result) == made_by(&all[*place]),
                "the answer in the call"
            );
        }
        Outcome::Retired(from, to) => {
            let retired = &result["retirement"];
            let serials = [&retired["serialsFrom"], &retired["serialsTo"]].map(number);
            let serials = serials.map(usize::try_from);
            ensure!(serials == [Ok(*from), Ok(*to)], "the serials");
        }
        _ => ensure!(
            number(&result["transfer"]["units"]) == asked.units
                || number(&result["hold"]["units"]) == asked.units,
            "the units"
        ),
    }
    Ok(())
}

/// Nothing is sold within a group.
pub(super) fn reason(from: usize, to: usize) -> &'static str {
    match related(from, to) {
        true => "GROUP",
        false => "SALE",
    }
}

/// What a move made, to compare with the answer under the same key.
fn made_by(result: &Value) -> Value {
    json!([result["transfer"], result["hold"], result["retirement"]])
}
