//! The steps of a walk: each is made by the service and by the model, and both must come to the same.

use anyhow::{Context, Result, ensure};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::{Id, LiabilityId};
use commonweal_tests::EPOCH;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{EXPIRE, SIGN_IN_AFTER, Walk, sign_in};
use crate::credit_moves::MOVE;
use crate::credit_world::{ISSUE, number, text};
use crate::ledger_walk_model::{Asked, Batch, HOLDERS, Liability, Move, Outcome, Unit};

const DELIVER: &str = "mutation ($input: DeliverHoldInput!) {
    made: deliverHold(input: $input) { hold { id ended delivered } userErrors { code message path } }
}";
const GIVE_UP: &str = "mutation ($input: EndHoldInput!) {
    made: giveUpHold(input: $input) { hold { id ended } userErrors { code message path } }
}";
const CANCEL: &str = "mutation ($input: CancelCreditsInput!) {
    made: cancelCredits(input: $input) { batch { id } userErrors { code message path } }
}";
const PROPOSE: &str = "mutation ($input: ProposeCorrectionInput!) {
    made: proposeCorrection(input: $input) { proposal userErrors { code message path } }
}";
const CARRY_OUT: &str = "mutation ($input: CarryOutDecisionInput!) {
    made: carryOutDecision(input: $input) { claim { id } userErrors { code message path } }
}";
const CLEAR: &str = "mutation ($input: ClearLiabilityInput!) {
    made: clearLiability(input: $input) { liability userErrors { code message path } }
}";
impl Walk {
    pub(super) async fn issue(&mut self) -> Result<()> {
        let tenths = 2 + i64::try_from(self.dice.below(60)).unwrap_or(0);
        let (word, hours) = (self.word(), hours(tenths));
        let input = self.world.claim_input(&word, &hours);
        let claim = self.world.submit(input).await?;
        self.world.verify(&claim, &hours).await?;
        let input = json!({ "claim": claim, "idempotencyKey": word });
        let expected = match self.model.liable() {
            true => Outcome::Refused("LIABLE"),
            false => Outcome::Done,
        };
        let registrar = self.world.registrar.clone();
        let made = self
            .expect("issue", &registrar, (ISSUE, input), &expected)
            .await?;
        if let Some(made) = made {
            let id = text(&made["batch"]["id"]);
            self.model.issue(id, claim, tenths);
        }
        Ok(())
    }

    pub(super) async fn issue_again(&mut self) -> Result<()> {
        let (batch, word) = (self.batch(), self.word());
        let batch = self.model.batches[batch].clone();
        let input = json!({ "claim": batch.claim, "idempotencyKey": word });
        let registrar = self.world.registrar.clone();
        let made = self
            .expect("issue again", &registrar, (ISSUE, input), &Outcome::Done)
            .await?;
        ensure!(made.is_some_and(|made| made["batch"]["id"] == batch.id));
        Ok(())
    }

    /// A call with some moves of one holder, under keys some of which were used before.
    pub(super) async fn moves(&mut self) -> Result<()> {
        let holder = self.dice.below(HOLDERS);
        let mut calls: Vec<(Move, String)> = Vec::new();
        for _ in 0..=self.dice.below(7) {
            if let Some(before) = calls.last().cloned().filter(|_| self.dice.below(12) == 0) {
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
        let asked = calls.iter().enumerate();
        let expected: Vec<Outcome> = asked
            .map(|(place, (asked, key))| self.model.ask(asked, key, place))
            .collect();
        let lines = calls.iter().map(|(asked, key)| self.line(asked, key));
        let input = json!({ "moves": lines.collect::<Vec<_>>() });
        let user = self.holders[holder].clone();
        let made = self
            .expect("call", &user, (MOVE, input), &Outcome::Done)
            .await?;
        let made = made.context("an answer")?;
        let results = made["results"].as_array().context("results")?.clone();
        ensure!(results.len() == calls.len(), "{made}");
        for (((asked, key), expected), result) in calls.iter().zip(&expected).zip(&results) {
            self.check(asked, expected, result, &results)
                .with_context(|| {
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
        if let Some(id) = result["hold"]["id"].as_str()
            && let Some(hold) = self.model.holds.iter_mut().find(|hold| hold.id.is_empty())
        {
            id.clone_into(&mut hold.id);
        }
    }

    fn check(&self, asked: &Move, expected: &Outcome, result: &Value, all: &[Value]) -> Result<()> {
        let outcome = match expected {
            Outcome::Done | Outcome::Retired(..) => "DONE",
            Outcome::Earlier(_) | Outcome::EarlierInCall(_) => "EARLIER",
            Outcome::Refused(_) => "REFUSED",
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
            Outcome::Done => ensure!(
                number(&result["transfer"]["units"]) == asked.units
                    || number(&result["hold"]["units"]) == asked.units,
                "the units"
            ),
        }
        Ok(())
    }

    fn some_move(&mut self, holder: usize) -> Move {
        let (batch, units) = (self.batch(), self.dice.units());
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
            units,
            asked,
        }
    }

    fn line(&self, asked: &Move, key: &str) -> Value {
        let batch = &self.model.batches[asked.batch].id;
        let (units, id) = (asked.units.to_string(), |n: usize| {
            self.holders[n].organisation_id()
        });
        match asked.asked {
            Asked::Transfer { to } => json!({ "transfer": {
                "batch": batch, "from": id(asked.holder), "to": id(to), "units": units, "reason": "SALE",
                "idempotencyKey": key } }),
            Asked::Retire => {
                let holder = &self.holders[asked.holder];
                json!({ "retire": self.world.retire_input(holder, batch, asked.units, key) })
            }
            Asked::Hold { to, expires_at } => json!({ "hold": {
                "batch": batch, "holder": id(asked.holder), "to": to.map(id), "units": units,
                "expiresAt": at(expires_at), "idempotencyKey": key } }),
        }
    }

    pub(super) async fn end_hold(&mut self) -> Result<()> {
        let Some(last) = self.model.holds.len().checked_sub(1) else {
            return Ok(());
        };
        // Mostly one of the latest, which may be open.
        let hold = last - self.dice.below(10).min(last);
        let (found, way) = (self.model.holds[hold].clone(), self.dice.below(3));
        match way {
            0 => {
                let (to, units) = (self.dice.below(HOLDERS), self.dice.units());
                let to = match self.dice.below(4) {
                    0 => to,
                    _ => found.to.unwrap_or(to),
                };
                let expected = self.model.end(hold, Some((to, units)), false);
                let input = json!({ "hold": found.id, "to": self.holders[to].organisation_id(),
                    "units": units.to_string(), "reason": "SALE", "idempotencyKey": self.word() });
                let user = self.holders[found.holder].clone();
                self.expect("deliver", &user, (DELIVER, input), &expected)
                    .await?;
            }
            _ => {
                let expires = way == 1;
                let expected = self.model.end(hold, None, expires);
                let (what, document) = match expires {
                    true => ("expire", EXPIRE),
                    false => ("give up", GIVE_UP),
                };
                let user = self.holders[found.to.unwrap_or(found.holder)].clone();
                let input = json!({ "hold": found.id });
                self.expect(what, &user, (document, input), &expected)
                    .await?;
            }
        }
        Ok(())
    }

    pub(super) async fn cancel(&mut self) -> Result<()> {
        let (batch, holder, units) = (
            self.batch(),
            self.dice.below(HOLDERS),
            self.dice.units().min(3),
        );
        let expected = self.model.cancel(batch, holder, units);
        let input = json!({ "batch": self.model.batches[batch].id, "units": units.to_string(),
            "holder": self.holders[holder].organisation_id(), "idempotencyKey": self.word() });
        let user = self.holders[holder].clone();
        self.expect("cancel", &user, (CANCEL, input), &expected)
            .await?;
        Ok(())
    }

    /// Two registrars leave less of a claim.
    pub(super) async fn reduce(&mut self) -> Result<()> {
        let batch = self.batch();
        let found = self.model.batches[batch].clone();
        let fall = 1 + i64::try_from(self.dice.below(8)).unwrap_or(0);
        let verified = found.verified - fall;
        if verified < 0 {
            return Ok(());
        }
        let (what, remedy) = match self.dice.below(2) {
            0 => ("correct", "CORRECT"),
            _ => ("reverse", "REVERSE"),
        };
        let input = json!({ "claim": found.claim, "verified": hours(verified), "remedy": remedy,
            "reason": "the sheets were counted again" });
        let (second, third) = (self.second.clone(), self.third.clone());
        let made = self
            .expect("propose", &second, (PROPOSE, input), &Outcome::Done)
            .await?;
        let proposal = made.context("a proposal")?["proposal"].clone();
        let carry = json!({ "decision": { "proposal": proposal } });
        self.expect(what, &third, (CARRY_OUT, carry), &Outcome::Done)
            .await?;
        let owed = self.model.reduce(batch, verified);
        if owed > 0 {
            let liability = self.newest_liability(owed).await?;
            self.model.liabilities.push(liability);
        }
        Ok(())
    }

    /// The liability that was recorded last. A list is in the order of ids, which those of one instant are not.
    async fn newest_liability(&self, owed: i64) -> Result<Liability> {
        let database = self.world.app.database.connect().await?;
        let newest = "SELECT id, recorded_units FROM liability ORDER BY entry_idx DESC LIMIT 1";
        let newest = Statement::from_string(database.get_database_backend(), newest);
        let row = database.query_one_raw(newest).await?;
        database.close().await?;
        let row = row.context("a liability")?;
        let recorded: i64 = row.try_get("", "recorded_units")?;
        ensure!(recorded == owed, "owed {owed}, recorded {recorded}");
        let id = LiabilityId::from_uuid(row.try_get("", "id")?);
        Ok(Liability {
            id: format!("liability:{id}"),
            owed,
        })
    }

    /// Makes an open liability good, as far as there is something to do it with.
    pub(super) async fn clear(&mut self) -> Result<()> {
        let open = self
            .model
            .liabilities
            .iter()
            .position(|liability| liability.owed > 0);
        let Some(open) = open else { return Ok(()) };
        let supplied = |batch: &Batch| batch.count(Unit::With(0)) > 0;
        let batch = self.model.batches.iter().position(supplied);
        let (batch, units) = (batch.unwrap_or_default(), self.dice.units());
        let expected = self.model.clear(open, batch, units);
        let input = json!({ "liability": self.model.liabilities[open].id, "batch": self.model.batches[batch].id,
            "units": units.to_string(), "idempotencyKey": self.word() });
        let user = self.holders[0].clone();
        self.expect("clear", &user, (CLEAR, input), &expected)
            .await?;
        Ok(())
    }

    pub(super) async fn wait(&mut self) -> Result<()> {
        self.advance(3_600).await
    }

    pub(super) async fn advance(&mut self, seconds: i64) -> Result<()> {
        self.world.app.advance_seconds(seconds);
        self.model.now += seconds;
        if self.model.now - self.signed_in < SIGN_IN_AFTER {
            return Ok(());
        }
        self.signed_in = self.model.now;
        let (app, registry) = (&self.world.app, self.world.app.registry);
        self.holders = sign_in(app, self.organisations).await?;
        self.second = app.user(registry, &[Role::Registrar]).await?;
        self.third = app.user(registry, &[Role::Registrar]).await?;
        let registrar = app.user(registry, &[Role::Registrar]).await?;
        let verifier = app
            .user(self.world.verifier.organisation, &[Role::Verifier])
            .await?;
        let supplier = app.user(self.organisations[0], &[Role::Supplier]).await?;
        self.world.registrar = registrar;
        self.world.verifier = verifier;
        self.world.supplier = supplier;
        Ok(())
    }
}

/// What a move made, to compare with the answer under the same key.
fn made_by(result: &Value) -> Value {
    json!([result["transfer"], result["hold"], result["retirement"]])
}

fn hours(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// An instant as text, from seconds of the tests' clock.
fn at(seconds: i64) -> String {
    EPOCH.plus_micros(seconds * 1_000_000).to_string()
}
