//! Steps of claims and of what is issued for them. Each is made by the service and by the model, and both must come to the
//! same.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{LATEST, Walk, hours};
use crate::credit_world::{
    ISSUE, REJECT, RETIRE, SUBMIT, VERIFY, WITHDRAW, file, finding, number, text,
};
use crate::ledger_walk_model::{CARE, Claim, HOLDERS, Outcome, SUPPLIER};

impl Walk {
    /// A claim is submitted, verified and mostly issued. A few are taken back or rejected, and never heard of again.
    pub(super) async fn deliver(&mut self) -> Result<()> {
        let (claimant, kpi) = match self.dice.below(10) {
            0..4 => (SUPPLIER, Some(0)),
            4..6 => (SUPPLIER, Some(1)),
            6 => (SUPPLIER, None),
            _ => (CARE, None),
        };
        let (early, tenths, word) = (self.dice.once_in(2), 1 + self.dice.up_to(60), self.word());
        let what = match kpi {
            Some(_) => "submit under a contract",
            None => "submit outside contracts",
        };
        let expected = self.model.submit(claimant, kpi, early);
        let input = self.claim_input((claimant, kpi, early), tenths, &word);
        let user = self.people.holders[claimant].clone();
        let made = self.expect(what, &user, (SUBMIT, input), &expected).await?;
        let Some(made) = made else { return Ok(()) };
        let id = text(&made["claim"]["id"]);
        let verifier = self.people.verifier.clone();
        match self.dice.below(12) {
            0 => {
                let input = json!({ "claim": id });
                self.expect("withdraw", &user, (WITHDRAW, input), &Outcome::Done)
                    .await?;
                return self.refuse_issue(&id).await;
            }
            1 => {
                let input = json!({ "claim": id, "reason": "the sheets are of another year" });
                self.expect("reject", &verifier, (REJECT, input), &Outcome::Done)
                    .await?;
                return self.refuse_issue(&id).await;
            }
            _ => {}
        }
        let verified = tenths - (self.dice.up_to(2) - 1);
        let input = finding(&id, &hours(verified));
        self.expect("verify", &verifier, (VERIFY, input), &Outcome::Done)
            .await?;
        self.model.claims.push(Claim {
            id,
            claimant,
            kpi,
            early,
            verified,
        });
        match self.dice.once_in(5) {
            true => Ok(()),
            false => self.issue(self.model.claims.len() - 1).await,
        }
    }

    fn claim_input(
        &self,
        (claimant, kpi, early): (usize, Option<usize>, bool),
        tenths: i64,
        word: &str,
    ) -> Value {
        let outcome = match kpi {
            Some(kpi) => json!({ "kpi": self.model.kpis[kpi].id }),
            None => json!({ "outsideContracts": {
                "measure": { "catalogue": self.catalogue, "code": "JOB-1" }, "place": "KR-11" } }),
        };
        let from = if early { "2026-03-01" } else { "2026-05-01" };
        json!({
            "claimant": self.people.holders[claimant].organisation_id(), "outcome": outcome,
            "quantity": hours(tenths), "period": { "from": from, "to": "2026-06-01" },
            "evidence": [file(word)], "idempotencyKey": word,
        })
    }

    /// Nothing is issued for a claim that was not verified.
    async fn refuse_issue(&mut self, claim: &str) -> Result<()> {
        let registrar = self.people.registrars[0].clone();
        let input = json!({ "claim": claim, "idempotencyKey": self.word() });
        let expected = Outcome::Refused("NOT_VERIFIED");
        self.expect("issue", &registrar, (ISSUE, input), &expected)
            .await?;
        Ok(())
    }

    /// One of the latest claims: mostly one that waits, or once more one that was issued.
    pub(super) async fn issue_some(&mut self) -> Result<()> {
        let claims = self.model.claims.len();
        let latest = claims.saturating_sub(LATEST)..claims;
        let mut waits = latest.filter(|claim| self.model.batch_of(*claim).is_none());
        let waits = waits.next();
        let claim = match waits.filter(|_| !self.dice.once_in(3)) {
            Some(claim) => claim,
            None => self.claim(),
        };
        self.issue(claim).await
    }

    /// One of the latest claims.
    pub(super) fn claim(&mut self) -> usize {
        self.dice.of_the_latest(LATEST, self.model.claims.len())
    }

    async fn issue(&mut self, claim: usize) -> Result<()> {
        let what = match self.model.batch_of(claim) {
            Some(_) => "issue again",
            None => "issue",
        };
        let expected = self.model.issue(claim);
        let input = json!({ "claim": self.model.claims[claim].id, "idempotencyKey": self.word() });
        let registrar = self.people.registrars[0].clone();
        let made = self
            .expect(what, &registrar, (ISSUE, input), &expected)
            .await?;
        if let (Some(made), Outcome::Batch(batch)) = (made, expected) {
            let id = text(&made["batch"]["id"]);
            let batch = &mut self.model.batches[batch];
            if batch.id.is_empty() {
                let issued = i64::try_from(batch.units.len())?;
                ensure!(
                    number(&made["batch"]["issued"]) == issued,
                    "{issued} rows: {made}"
                );
                batch.id.clone_from(&id);
            }
            ensure!(batch.id == id, "another batch: {made}");
        }
        Ok(())
    }

    /// Bought cover for a KPI.
    pub(super) async fn cover(&mut self) -> Result<()> {
        let holder = match self.dice.once_in(6) {
            true => self.dice.below(HOLDERS),
            false => SUPPLIER,
        };
        let (batch, units) = (self.batch_with(holder), self.dice.units());
        let mut short = (0..self.model.kpis.len()).filter(|kpi| self.model.short_of(*kpi) > 0);
        let short = short.next_back();
        let any = self.dice.below(self.model.kpis.len());
        let kpi = short.filter(|_| !self.dice.once_in(3)).unwrap_or(any);
        let to_buyer = !self.dice.once_in(8);
        let expected = self.model.cover((batch, holder, units), kpi, to_buyer);
        let beneficiary = match to_buyer {
            true => &self.people.officers[0],
            false => &self.people.holders[holder],
        };
        let beneficiary = beneficiary.organisation_id();
        let key = self.word();
        let mut input = self.retire_input((batch, holder, units), &key);
        input["beneficiary"] = json!(beneficiary);
        input["covers"] = json!(self.model.kpis[kpi].id);
        let user = self.people.holders[holder].clone();
        let made = self
            .expect("cover", &user, (RETIRE, input), &expected)
            .await
            .with_context(|| format!("{units} of batch {batch} for KPI {kpi}"))?;
        if let (Some(made), Outcome::Retired(from, to)) = (made, expected) {
            let retired = &made["retirement"];
            let serials = [&retired["serialsFrom"], &retired["serialsTo"]].map(number);
            ensure!(
                serials.map(usize::try_from) == [Ok(from), Ok(to)],
                "the serials: {made}"
            );
        }
        Ok(())
    }
}
