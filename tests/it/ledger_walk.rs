//! A long random walk over every operation that moves credits of claims outside contracts, through the interface on both
//! databases, against a model in which each unit is a row. At the end the log must be clean in the eyes of a stranger.
//!
//! `COMMONWEAL_TEST_WALK_STEPS` makes it as long as one likes, `COMMONWEAL_TEST_WALK_SEED` repeats an earlier walk.

mod steps;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use commonweal_app::rng::{Entropy, SystemRng};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::OrganisationId;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::World;
use crate::ledger_walk_model::{HOLDERS, Model, Outcome, Unit};

on_both!(every_operation_agrees_with_a_model_of_rows);

const EXPIRE: &str = "mutation ($input: EndHoldInput!) {
    made: expireHold(input: $input) { hold { id ended } userErrors { code message path } }
}";
const RELEASE: &str = "mutation ($input: ReleaseBufferInput!) {
    made: releaseBuffer(input: $input) { batch { id } userErrors { code message path } }
}";

/// Seconds from the beginning of the tests to that of a walk: the world moves its clock by half a year.
const BEGINS: i64 = 180 * 86_400;
/// Tokens last thirty days; everyone signs in again before.
const SIGN_IN_AFTER: i64 = 25 * 86_400;
/// Steps between two comparisons of every balance.
const COMPARE_AFTER: u64 = 100;
/// How many batches there are at most.
const MAX_BATCHES: usize = 150;

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.roll() % end).unwrap_or(0)
    }

    /// A number of units: mostly small, sometimes none, fewer than none or far too many.
    fn units(&mut self) -> i64 {
        match self.below(20) {
            0 => 0,
            1 => -3,
            2 => i64::MAX,
            _ => 1 + i64::try_from(self.below(9)).unwrap_or(0),
        }
    }
}

/// The service and the model of it.
struct Walk {
    world: World,
    organisations: [OrganisationId; HOLDERS],
    holders: [User; HOLDERS],
    second: User,
    third: User,
    signed_in: i64,
    model: Model,
    dice: Dice,
    made_up: usize,
    /// How often each operation was accepted: one that never is would prove nothing.
    done: BTreeMap<&'static str, u64>,
}

async fn every_operation_agrees_with_a_model_of_rows(app: TestApp) -> Result<()> {
    let steps = setting("COMMONWEAL_TEST_WALK_STEPS")?.unwrap_or(5_000);
    let system: &dyn Entropy = &SystemRng;
    let seed = setting("COMMONWEAL_TEST_WALK_SEED")?
        .unwrap_or_else(|| u32::from_be_bytes(system.bytes()).into());
    let mut walk = Walk::start(app, seed).await?;
    for step in 0..steps {
        let at = || format!("step {step} of COMMONWEAL_TEST_WALK_SEED={seed}");
        walk.step().await.with_context(at)?;
        if step % COMPARE_AFTER == 0 {
            walk.compare().await.with_context(at)?;
        }
    }
    let at = || format!("the end of COMMONWEAL_TEST_WALK_SEED={seed}");
    walk.end().await.with_context(at)?;
    println!(
        "walk: {steps} steps of COMMONWEAL_TEST_WALK_SEED={seed}, accepted {:?}",
        walk.done
    );
    walk.world.app.stop().await
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
    async fn start(app: TestApp, seed: u64) -> Result<Self> {
        let world = World::new(app).await?;
        let third = world
            .app
            .organisation(&world.registrar, "Busan Care", "PRIVATE")
            .await?;
        let organisations = [world.supplier.organisation, world.fund.organisation, third];
        let holders = sign_in(&world.app, organisations).await?;
        let registry = world.app.registry;
        Ok(Self {
            holders,
            organisations,
            second: world.app.user(registry, &[Role::Registrar]).await?,
            third: world.app.user(registry, &[Role::Registrar]).await?,
            world,
            signed_in: BEGINS,
            model: Model::at(BEGINS),
            dice: Dice(seed),
            made_up: 0,
            done: BTreeMap::new(),
        })
    }

    fn word(&mut self) -> String {
        self.made_up += 1;
        format!("made up {}", self.made_up)
    }

    fn batch(&mut self) -> usize {
        self.dice.below(self.model.batches.len())
    }

    async fn step(&mut self) -> Result<()> {
        if self.model.batches.is_empty() {
            return self.issue().await;
        }
        match self.dice.below(100) {
            0..4 if self.model.batches.len() < MAX_BATCHES => self.issue().await,
            0..6 => self.issue_again().await,
            6..66 => self.moves().await,
            66..78 => self.end_hold().await,
            78..86 => self.cancel().await,
            86..90 => self.reduce().await,
            90..96 => self.clear().await,
            _ => self.wait().await,
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
            let refused = self
                .world
                .app
                .refusal(Some(user), document, variables)
                .await?;
            ensure!(
                refused.code == *code,
                "{what}: expected {code}, found {refused:?}"
            );
            return Ok(None);
        }
        *self.done.entry(what).or_default() += 1;
        let mut answer = self.world.app.data(Some(user), document, variables).await?;
        Ok(Some(answer["made"].take()))
    }

    /// Every balance in the tables is the number of the model's rows.
    async fn compare(&self) -> Result<()> {
        let nobody = format!("organisation:{}", uuid::Uuid::nil());
        let mut expected = BTreeMap::new();
        for batch in &self.model.batches {
            for unit in &batch.units {
                let (holder, bucket) = match unit {
                    Unit::With(holder) => (self.holders[*holder].organisation_id(), "available"),
                    Unit::Held(hold) => {
                        let holder = self.model.holds[*hold].holder;
                        (self.holders[holder].organisation_id(), "held")
                    }
                    Unit::Buffer => (nobody.clone(), "buffer"),
                    Unit::Retired => (nobody.clone(), "retired"),
                    Unit::Cancelled => (nobody.clone(), "cancelled"),
                    Unit::Reversed => (nobody.clone(), "reversed"),
                };
                let account = (batch.id.clone(), holder, bucket.to_owned());
                *expected.entry(account).or_insert(0_i64) += 1;
            }
        }
        let mut found = self.world.app.balances_by_name().await?;
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
        let registrar = self.world.registrar.clone();
        for hold in 0..self.model.holds.len() {
            if self.model.holds[hold].open {
                let expected = self.model.end(hold, None, true);
                let input = json!({ "hold": self.model.holds[hold].id });
                self.expect("expire", &registrar, (EXPIRE, input), &expected)
                    .await?;
            }
        }
        for batch in 0..self.model.batches.len() {
            let expected = self.model.release(batch);
            let input = json!({ "batch": self.model.batches[batch].id });
            self.expect("release", &registrar, (RELEASE, input), &expected)
                .await?;
        }
        self.compare().await?;
        self.world.app.expect_clean_log().await?;
        self.world.app.expect_replayed_balances().await
    }
}

async fn sign_in(
    app: &TestApp,
    organisations: [OrganisationId; HOLDERS],
) -> Result<[User; HOLDERS]> {
    let [supplier, fund, third] = organisations;
    Ok([
        app.user(supplier, &[Role::Supplier]).await?,
        app.user(fund, &[Role::Officer]).await?,
        app.user(third, &[Role::Supplier]).await?,
    ])
}
