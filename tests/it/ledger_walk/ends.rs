//! Steps that end holds, take units out, and give buffers back.

use anyhow::Result;
use serde_json::json;

use super::Walk;
use super::moves::reason;
use crate::credit_world::DELIVER;
use crate::ledger_walk_model::{HOLDERS, Unit};
use crate::mutations::{CANCEL_CREDITS, EXPIRE_HOLD, GIVE_UP_HOLD, RELEASE_BUFFER};

/// Mostly one of so many of the latest holds ends, which may be open.
const LATEST: usize = 12;

impl Walk {
    pub(super) async fn end_hold(&mut self) -> Result<()> {
        if self.model.holds.is_empty() {
            return Ok(());
        }
        let now = self.model.now;
        let mut holds = self.model.holds.iter();
        let open = holds.rposition(|hold| hold.open && hold.expires_at > now);
        let any = self.dice.of_the_latest(LATEST, self.model.holds.len());
        let hold = open.filter(|_| !self.dice.once_in(3)).unwrap_or(any);
        match self.dice.below(3) {
            0 => self.deliver_hold(hold).await,
            1 => self.give_up(hold).await,
            _ => {
                // Those whose time is over come long after the latest.
                let mut holds = self.model.holds.iter();
                let over = holds.position(|hold| hold.open && hold.expires_at <= now);
                self.expire(over.unwrap_or(hold)).await
            }
        }
    }

    async fn deliver_hold(&mut self, hold: usize) -> Result<()> {
        let found = self.model.holds[hold].clone();
        let held = self.model.batches[found.batch].count(Unit::Held(hold));
        let units = match usize::try_from(held) {
            Ok(held @ 1..) if !self.dice.once_in(4) => self.dice.up_to(held),
            _ => self.dice.units(),
        };
        let to = self.dice.below(HOLDERS);
        let to = match self.dice.once_in(4) {
            true => to,
            false => found.to.unwrap_or(to),
        };
        let expected = self.model.end(hold, Some((to, units)), false);
        let input = json!({ "hold": found.id, "to": self.people.holders[to].organisation_id(),
            "units": units.to_string(), "reason": reason(found.holder, to), "idempotencyKey": self.word() });
        let user = self.people.holders[found.holder].clone();
        self.expect("deliver", &user, (DELIVER, input), &expected)
            .await?;
        Ok(())
    }

    async fn give_up(&mut self, hold: usize) -> Result<()> {
        let found = self.model.holds[hold].clone();
        let expected = self.model.end(hold, None, false);
        let user = self.people.holders[found.to.unwrap_or(found.holder)].clone();
        let input = json!({ "hold": found.id });
        self.expect("give up", &user, (GIVE_UP_HOLD, input), &expected)
            .await?;
        Ok(())
    }

    /// A registrar or the holder lets a hold expire.
    pub(super) async fn expire(&mut self, hold: usize) -> Result<()> {
        let found = self.model.holds[hold].clone();
        let expected = self.model.end(hold, None, true);
        let user = match self.dice.once_in(2) {
            true => self.people.registrars[0].clone(),
            false => self.people.holders[found.holder].clone(),
        };
        let input = json!({ "hold": found.id });
        self.expect("expire", &user, (EXPIRE_HOLD, input), &expected)
            .await?;
        Ok(())
    }

    pub(super) async fn cancel(&mut self) -> Result<()> {
        let holder = self.dice.below(HOLDERS);
        let (batch, units) = (self.batch_with(holder), self.dice.units().min(3));
        let expected = self.model.cancel(batch, holder, units);
        let input = json!({ "batch": self.model.batches[batch].id, "units": units.to_string(),
            "holder": self.people.holders[holder].organisation_id(), "idempotencyKey": self.word() });
        let user = self.people.holders[holder].clone();
        self.expect("cancel", &user, (CANCEL_CREDITS, input), &expected)
            .await?;
        Ok(())
    }

    /// A buffer of whichever batch.
    pub(super) async fn release(&mut self) -> Result<()> {
        let batch = self.dice.below(self.model.batches.len());
        self.release_of(batch).await
    }

    pub(super) async fn release_of(&mut self, batch: usize) -> Result<()> {
        let expected = self.model.release(batch);
        let input = json!({ "batch": self.model.batches[batch].id });
        let registrar = self.people.registrars[0].clone();
        self.expect("release", &registrar, (RELEASE_BUFFER, input), &expected)
            .await?;
        Ok(())
    }
}
