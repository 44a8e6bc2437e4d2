//! A long random walk over every operation that moves credits, under a contract and outside contracts, through the interface
//! on both databases, against a model in which each unit is a row. At the end the log must be clean in the eyes of a
//! stranger.
//!
//! `COMMONWEAL_TEST_WALK_STEPS` makes it as long as one likes, `COMMONWEAL_TEST_WALK_SEED` repeats an earlier walk.

mod challenges;
mod claims;
mod dice;
mod ends;
mod moves;
mod people;
mod reductions;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use commonweal_app::rng::{Entropy, SystemRng};
use commonweal_tests::{EPOCH, TestApp, User, on_both};
use serde_json::{Value, json};

use self::dice::Dice;
use self::people::People;
use crate::ledger_walk_model::{Model, Outcome, Unit};

on_both!(every_operation_agrees_with_a_model_of_rows);

/// Steps in which each operation must have been accepted.
const ENOUGH: u64 = 5_000;
/// Every operation but the rare ones. One that is never accepted would prove nothing.
const OPERATIONS: [&str; 22] = [
    "submit under a contract",
    "submit outside contracts",
    "withdraw",
    "reject",
    "verify",
    "issue",
    "issue again",
    "call of one statement",
    "transfer",
    "retire",
    "hold",
    "give up",
    "expire",
    "cancel",
    "correct",
    "reverse",
    "raise",
    "accept",
    "reply",
    "dismiss",
    "uphold",
    "carry out",
];
/// Operations that wait for what seldom happens, such as a KPI that is short while its supplier has credits to retire.
const RARE: [&str; 6] = ["cover", "deliver", "clear", "release", "route", "appeal"];
/// Steps in which also these must have been accepted.
const MANY: u64 = 50_000;
/// Operations are about so many of the latest claims and batches.
const LATEST: usize = 60;
/// How often all balances are compared in a walk.
const COMPARISONS: u64 = 50;

/// The service and the model of it.
struct Walk {
    app: TestApp,
    people: People,
    catalogue: String,
    model: Model,
    dice: Dice,
    made_up: usize,
    /// How often each operation was accepted.
    done: BTreeMap<&'static str, u64>,
}

async fn every_operation_agrees_with_a_model_of_rows(app: TestApp) -> Result<()> {
    let steps = setting("COMMONWEAL_TEST_WALK_STEPS")?.unwrap_or(ENOUGH);
    let system: &dyn Entropy = &SystemRng;
    let seed = setting("COMMONWEAL_TEST_WALK_SEED")?
        .unwrap_or_else(|| u32::from_be_bytes(system.bytes()).into());
    let began = std::time::Instant::now();
    let mut walk = Walk::start(app, seed).await?;
    for step in 0..steps {
        let at = || format!("step {step} of COMMONWEAL_TEST_WALK_SEED={seed}");
        walk.step().await.with_context(at)?;
        if step % (steps / COMPARISONS).max(1) == 0 {
            walk.compare().await.with_context(at)?;
            println!("walk: step {step} after {:?}", began.elapsed());
        }
    }
    let at = || format!("the end of COMMONWEAL_TEST_WALK_SEED={seed}");
    walk.end().await.with_context(at)?;
    println!(
        "walk: {steps} steps of COMMONWEAL_TEST_WALK_SEED={seed} in {:?}, accepted {:?}",
        began.elapsed(),
        walk.done
    );
    let wanted = OPERATIONS.map(|operation| (ENOUGH, operation));
    let rare = RARE.map(|operation| (MANY, operation));
    for (enough, operation) in wanted.into_iter().chain(rare) {
        let often = walk.done.contains_key(operation) || steps < enough;
        ensure!(often, "{operation} was never accepted: {}", at());
    }
    walk.app.stop().await
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment"
)]
fn setting(name: &str) -> Result<Option<u64>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(
            text.parse().with_context(|| format!("{name}={text}"))?,
        )),
        Err(_) => Ok(None),
    }
}

impl Walk {
    fn word(&mut self) -> String {
        self.made_up += 1;
        format!("made up {}", self.made_up)
    }

    /// One of the latest batches.
    fn batch(&mut self) -> usize {
        self.dice.of_the_latest(LATEST, self.model.batches.len())
    }

    /// One of the latest batches of which a holder can use something, if there is one.
    fn batch_with(&mut self, holder: usize) -> usize {
        let from = self.model.batches.len().saturating_sub(LATEST);
        let latest = self.model.batches.iter().enumerate().skip(from);
        let theirs = latest.filter(|(_, batch)| batch.count(Unit::With(holder)) > 0);
        let theirs: Vec<usize> = theirs.map(|(number, _)| number).collect();
        match theirs.is_empty() {
            true => self.batch(),
            false => theirs[self.dice.below(theirs.len())],
        }
    }

    async fn step(&mut self) -> Result<()> {
        if self.model.batches.is_empty() {
            return self.deliver().await;
        }
        match self.dice.below(100) {
            0..8 => self.deliver().await,
            8..10 => self.issue_some().await,
            10..56 => self.moves().await,
            56..66 => self.end_hold().await,
            66..69 => self.cancel().await,
            69..71 => self.reduce().await,
            71..82 => self.challenge().await,
            82..86 => self.cover().await,
            86..96 => self.clear().await,
            96 => self.release().await,
            _ => self.advance(3_600).await,
        }
    }

    /// Sends a mutation and holds its answer against what was expected.
    async fn expect(
        &mut self,
        what: &'static str,
        user: &User,
        (document, input): (&str, Value),
        expected: &Outcome,
    ) -> Result<Option<Value>> {
        let variables = json!({ "input": input });
        if let Outcome::Refused(code) = expected {
            let refused = self.app.refusal(Some(user), document, variables.clone());
            let refused = refused
                .await
                .with_context(|| format!("{what}: expected {code} of {variables}"))?;
            ensure!(
                refused.code == *code,
                "{what}: expected {code}, found {refused:?}"
            );
            return Ok(None);
        }
        let answer = self.app.data(Some(user), document, variables.clone()).await;
        let mut answer =
            answer.with_context(|| format!("{what}: expected {expected:?} of {variables}"))?;
        *self.done.entry(what).or_default() += 1;
        Ok(Some(answer["made"].take()))
    }

    /// Every balance in the tables is the number of the model's rows.
    async fn compare(&self) -> Result<()> {
        let nobody = format!("organisation:{}", uuid::Uuid::nil());
        let holder = |number: usize| self.people.holders[number].organisation_id();
        let mut expected = BTreeMap::new();
        for batch in &self.model.batches {
            for unit in &batch.units {
                let (holder, bucket) = match unit {
                    Unit::With(number) => (holder(*number), "available"),
                    Unit::Held(hold) => (holder(self.model.holds[*hold].holder), "held"),
                    Unit::Buffer => (nobody.clone(), "buffer"),
                    Unit::Answers(_) | Unit::Beyond | Unit::Withdrawn => {
                        (nobody.clone(), "retired")
                    }
                    Unit::Retired | Unit::Covers(_) => (nobody.clone(), "retired"),
                    Unit::Cancelled | Unit::Fallen | Unit::Replaced => {
                        (nobody.clone(), "cancelled")
                    }
                    Unit::Reversed => (nobody.clone(), "reversed"),
                };
                let account = (batch.id.clone(), holder, bucket.to_owned());
                *expected.entry(account).or_insert(0_i64) += 1;
            }
        }
        let mut found = self.app.balances_by_name().await?;
        found.retain(|(_, _, bucket), _| bucket != "issuance");
        for (account, units) in &expected {
            let found = found.get(account).copied().unwrap_or(0);
            ensure!(
                found == *units,
                "{account:?} has {found}, {units} rows are there"
            );
        }
        ensure!(found.len() == expected.len(), "there are other balances");
        Ok(())
    }

    /// Years later holds expire and buffers go back; then the log is clean and the tables are what it leads to.
    async fn end(&mut self) -> Result<()> {
        self.compare().await?;
        self.advance(4 * 366 * 86_400).await?;
        for hold in 0..self.model.holds.len() {
            if self.model.holds[hold].open {
                self.expire(hold).await?;
            }
        }
        self.clear_all().await?;
        let from = self.model.batches.len().saturating_sub(5 * LATEST);
        for batch in from..self.model.batches.len() {
            self.release_of(batch).await?;
        }
        self.compare().await?;
        self.app.expect_clean_log().await?;
        self.app.expect_replayed_balances().await
    }

    /// Lets time pass.
    async fn advance(&mut self, seconds: i64) -> Result<()> {
        self.app.advance_seconds(seconds);
        // Else the files of refused claims pile up until nobody may store another.
        self.app.app.collect_evidence().await?;
        self.model.now += seconds;
        self.people.stay_signed_in(&self.app, self.model.now).await
    }
}

/// An instant as text, from seconds of the tests' clock.
fn at(seconds: i64) -> String {
    EPOCH.plus_micros(seconds * 1_000_000).to_string()
}

/// Tenths of an hour as decimal text.
fn hours(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
