//! Steps of challenges.

use anyhow::{Context, Result};
use serde_json::json;

use super::{Walk, hours};
use crate::challenge::ROUTE;
use crate::credit_reversed::{ACCEPT, APPEAL, DISMISS, RAISE, REPLY, UPHOLD, WORDS};
use crate::credit_world::{CARRY_OUT, text};
use crate::ledger_walk_model::{Body, HOLDERS, Judge, Outcome, related};

const FORTNIGHT: i64 = 14 * 86_400;
/// Steps are about so many of the latest challenges.
const LATEST: usize = 16;

impl Walk {
    /// A step of a challenge, or a new one.
    pub(super) async fn challenge(&mut self) -> Result<()> {
        if self.model.challenges.is_empty() {
            return self.raise().await;
        }
        let number = self.some_challenge();
        match self.dice.below(12) {
            0..2 => self.raise().await,
            2..4 => self.accept(number).await,
            4 => self.reply(number).await,
            5 => self.route(number).await,
            6..9 => self.judge(number).await,
            9 => self.appeal(number).await,
            _ => self.carry_out(number).await,
        }
    }

    /// Mostly one that is open.
    fn some_challenge(&mut self) -> usize {
        let challenges = self.model.challenges.iter().enumerate();
        let open = challenges.filter(|(_, challenge)| challenge.is_open());
        let open: Vec<usize> = open.map(|(number, _)| number).collect();
        match open.is_empty() || self.dice.once_in(5) {
            true => self.dice.of_the_latest(LATEST, self.model.challenges.len()),
            false => open[self.dice.below(open.len())],
        }
    }

    async fn raise(&mut self) -> Result<()> {
        let (claim, by) = (self.claim(), self.dice.below(HOLDERS + 1));
        let claimant = self.model.claims[claim].claimant;
        let own = by
            .checked_sub(1)
            .is_some_and(|holder| related(holder, claimant));
        let (ground, body) = match (self.dice.once_in(2), self.model.claims[claim].kpi) {
            (true, Some(_)) => ("CONTRACT", Body::Buyer),
            (true, None) => ("CONTRACT", Body::Registry),
            (false, _) => ("DELIVERY", Body::Registry),
        };
        let expected = self.model.raise(claim, by, body, own);
        let input =
            json!({ "claim": self.model.claims[claim].id, "ground": ground, "reason": WORDS });
        let user = self.people.challenger(by);
        let made = self
            .expect("raise", &user, (RAISE, input), &expected)
            .await?;
        if let (Some(made), Some(raised)) = (made, self.model.challenges.last_mut()) {
            raised.id = text(&made["challenge"]["id"]);
        }
        Ok(())
    }

    /// Somebody of the body in charge, or now and then of the other.
    fn somebody(&mut self, number: usize) -> Judge {
        let other = self.dice.once_in(10);
        let body = match (self.model.challenges[number].body, other) {
            (Body::Registry, false) | (Body::Buyer, true) => Body::Registry,
            _ => Body::Buyer,
        };
        let number = match body {
            Body::Registry => self.dice.below(self.people.registrars.len()),
            Body::Buyer => self.dice.below(self.people.officers.len()),
        };
        Judge { body, number }
    }

    async fn accept(&mut self, number: usize) -> Result<()> {
        let by = self.somebody(number);
        let expected = self.model.accept(number, by);
        let input = json!({ "challenge": self.model.challenges[number].id });
        let user = self.people.judge(by);
        self.expect("accept", &user, (ACCEPT, input), &expected)
            .await?;
        Ok(())
    }

    async fn reply(&mut self, number: usize) -> Result<()> {
        let expected = self.model.reply(number);
        let challenge = &self.model.challenges[number];
        let input = json!({ "challenge": challenge.id, "words": "They were signed at the site." });
        let claimant = self.model.claims[challenge.claim].claimant;
        let user = self.people.holders[claimant].clone();
        self.expect("reply", &user, (REPLY, input), &expected)
            .await?;
        Ok(())
    }

    async fn route(&mut self, number: usize) -> Result<()> {
        let by = self.somebody(number);
        let (to, body) = match self.dice.once_in(2) {
            true => (Body::Registry, json!({ "registry": true })),
            false => {
                let buyer = self.people.officers[0].organisation_id();
                (Body::Buyer, json!({ "buyer": buyer }))
            }
        };
        let expected = self.model.route(number, by, to);
        let challenge = &self.model.challenges[number];
        let input = json!({ "challenge": challenge.id, "body": body, "reason": "it is theirs" });
        let user = self.people.judge(by);
        self.expect("route", &user, (ROUTE, input), &expected)
            .await?;
        Ok(())
    }

    async fn judge(&mut self, number: usize) -> Result<()> {
        let by = self.somebody(number);
        let challenge = self.model.challenges[number].clone();
        let stands = self.model.claims[challenge.claim].verified;
        let user = self.people.judge(by);
        if self.dice.once_in(2) {
            let expected = self.model.judge(number, by, None);
            let input =
                json!({ "challenge": challenge.id, "words": "The photographs show the work." });
            self.expect("dismiss", &user, (DISMISS, input), &expected)
                .await?;
            return Ok(());
        }
        let left = (stands - self.dice.up_to(12) + 1).max(0);
        let expected = self.model.judge(number, by, Some(left));
        let remedy = ["CORRECT", "REVERSE"][self.dice.below(2)];
        let input = json!({ "challenge": challenge.id, "verified": hours(left), "remedy": remedy, "reason": WORDS });
        self.expect("uphold", &user, (UPHOLD, input), &expected)
            .await
            .with_context(|| format!("from {stands} to {left} by {by:?}"))?;
        Ok(())
    }

    /// Mostly of the latest that can be appealed, by one of its parties.
    async fn appeal(&mut self, number: usize) -> Result<()> {
        let now = self.model.now;
        let mut challenges = self.model.challenges.iter();
        let late = challenges.rposition(|challenge| challenge.can_be_appealed(now));
        let number = late.filter(|_| !self.dice.once_in(4)).unwrap_or(number);
        let challenge = self.model.challenges[number].clone();
        let claimant = self.model.claims[challenge.claim].claimant;
        let by = match self.dice.below(3) {
            0 => self.dice.below(HOLDERS + 1),
            1 => challenge.by,
            _ => claimant + 1,
        };
        let party = by == challenge.by || by == claimant + 1;
        let expected = self.model.appeal(number, party);
        let input =
            json!({ "challenge": challenge.id, "words": "The photographs were not looked at." });
        let user = self.people.challenger(by);
        self.expect("appeal", &user, (APPEAL, input), &expected)
            .await?;
        Ok(())
    }

    /// Mostly one that was upheld, half of them as late as an appeal is over.
    async fn carry_out(&mut self, number: usize) -> Result<()> {
        let mut challenges = self.model.challenges.iter();
        let upheld = challenges.position(|challenge| challenge.is_upheld());
        let number = upheld.filter(|_| !self.dice.once_in(4)).unwrap_or(number);
        if self.dice.once_in(2) {
            self.advance(FORTNIGHT).await?;
        }
        let registrar = self.dice.below(self.people.registrars.len());
        let (expected, owed) = self.model.carry_out(number, registrar);
        let challenge = self.model.challenges[number].clone();
        let input = json!({ "decision": { "challenge": challenge.id } });
        let user = self.people.registrars[registrar].clone();
        let made = self
            .expect("carry out", &user, (CARRY_OUT, input), &expected)
            .await?;
        if expected == Outcome::Done {
            let made = made.context("a claim")?;
            let stands = hours(self.model.claims[challenge.claim].verified);
            anyhow::ensure!(made["claim"]["verified"]["quantity"] == stands, "{made}");
            self.note_liability(challenge.claim, owed).await?;
        }
        Ok(())
    }
}
