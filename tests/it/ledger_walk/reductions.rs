//! Steps that leave less of a claim, and those that make good what is owed then.

use anyhow::{Context, Result, ensure};
use commonweal_domain::ids::{Id, LiabilityId};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{Walk, hours};
use crate::credit_reversed::CLEAR;
use crate::credit_world::{CARRY_OUT, PROPOSE};
use crate::ledger_walk_model::{Liability, Outcome, Unit};

impl Walk {
    /// Two registrars leave less of a claim: mostly a little less, sometimes nothing.
    pub(super) async fn reduce(&mut self) -> Result<()> {
        let claim = self.claim();
        let stands = self.model.claims[claim].verified;
        let left = match self.dice.below(8) {
            0 => 0,
            1 => stands,
            _ => (stands - self.dice.up_to(8)).max(0),
        };
        let expected = match left < stands {
            true => Outcome::Done,
            false => Outcome::Refused("NO_LESS"),
        };
        let (what, remedy) = match self.dice.once_in(2) {
            true => ("correct", "CORRECT"),
            false => ("reverse", "REVERSE"),
        };
        let input = json!({ "claim": self.model.claims[claim].id, "verified": hours(left), "remedy": remedy,
            "reason": "the sheets were counted again" });
        let [_, one, another, _] = self.people.registrars.clone();
        let made = self
            .expect("propose", &one, (PROPOSE, input), &expected)
            .await?;
        let Some(made) = made else { return Ok(()) };
        let carry = json!({ "decision": { "proposal": made["proposal"] } });
        let same = Outcome::Refused("FORBIDDEN");
        if self.dice.once_in(8) {
            self.expect(what, &one, (CARRY_OUT, carry.clone()), &same)
                .await?;
        }
        let made = self
            .expect(what, &another, (CARRY_OUT, carry), &Outcome::Done)
            .await?;
        let owed = self.model.reduce(claim, left);
        let made = made.context("a claim")?;
        ensure!(
            made["claim"]["verified"]["quantity"] == hours(left),
            "{made}"
        );
        self.note_liability(claim, owed)
            .await
            .with_context(|| format!("claim {claim} from {stands} to {left}"))
    }

    /// What the model says is owed was recorded. A list is in the order of ids, which those of one instant are not.
    pub(super) async fn note_liability(&mut self, claim: usize, owed: i64) -> Result<()> {
        let database = self.app.database.connect().await?;
        let newest = "SELECT id, recorded_units FROM liability ORDER BY entry_idx DESC LIMIT 1";
        let all = "SELECT count(*) AS liabilities FROM liability";
        let backend = database.get_database_backend();
        let newest = Statement::from_string(backend, newest);
        let newest = database.query_one_raw(newest).await?;
        let all = Statement::from_string(backend, all);
        let all = database.query_one_raw(all).await?.context("a number")?;
        database.close().await?;
        let known = self.model.liabilities.len() + usize::from(owed > 0);
        let all: i64 = all.try_get("", "liabilities")?;
        ensure!(
            usize::try_from(all)? == known,
            "{all} liabilities, expected {known}"
        );
        if owed == 0 {
            return Ok(());
        }
        let row = newest.context("a liability")?;
        let recorded: i64 = row.try_get("", "recorded_units")?;
        ensure!(recorded == owed, "owed {owed}, recorded {recorded}");
        let id = LiabilityId::from_uuid(row.try_get("", "id")?);
        self.model.liabilities.push(Liability {
            id: format!("liability:{id}"),
            owner: self.model.claims[claim].claimant,
            owed,
        });
        Ok(())
    }

    /// Makes good what is owed, as far as whoever owes has units that are not frozen.
    pub(super) async fn clear_all(&mut self) -> Result<()> {
        for number in 0..self.model.liabilities.len() {
            let owner = self.model.liabilities[number].owner;
            for batch in 0..self.model.batches.len() {
                let theirs = self.model.batches[batch].count(Unit::With(owner));
                let units = theirs.min(self.model.liabilities[number].owed);
                if units > 0 {
                    self.clear_with((number, batch, units)).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes an open liability good, as far as there is something to do it with.
    pub(super) async fn clear(&mut self) -> Result<()> {
        let open = self.model.liabilities.iter().enumerate();
        let open = open.filter(|(_, liability)| liability.owed > 0);
        let open: Vec<usize> = open.map(|(number, _)| number).collect();
        if open.is_empty() {
            return Ok(());
        }
        let open = open[self.dice.below(open.len())];
        let owner = self.model.liabilities[open].owner;
        let free = self.model.free_batches(owner);
        let batch = match free.is_empty() || self.dice.once_in(4) {
            true => self.batch_with(owner),
            false => free[self.dice.below(free.len())],
        };
        let theirs = self.model.batches[batch].count(Unit::With(owner));
        // Mostly all that can be made good: whoever owes does nothing else.
        let units = match theirs.min(self.model.liabilities[open].owed) {
            most @ 1.. if !self.dice.once_in(4) => most,
            _ => self.dice.units(),
        };
        self.clear_with((open, batch, units)).await
    }

    async fn clear_with(&mut self, (open, batch, units): (usize, usize, i64)) -> Result<()> {
        let expected = self.model.clear(open, batch, units);
        let owner = self.model.liabilities[open].owner;
        let input = json!({ "liability": self.model.liabilities[open].id, "batch": self.model.batches[batch].id,
            "units": units.to_string(), "idempotencyKey": self.word() });
        let user = self.people.holders[owner].clone();
        self.expect("clear", &user, (CLEAR, input), &expected)
            .await?;
        Ok(())
    }
}
