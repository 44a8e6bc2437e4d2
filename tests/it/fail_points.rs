//! A step fails, at statements and at each fail point in turn: the caller is told, nothing is there by halves, and the next
//! call works. The same points are where the program dies in `crash/points.rs`.
//!
//! One statement in four fails; with `COMMONWEAL_TEST_POINT_ROUNDS` each. `COMMONWEAL_TEST_CRASH_SEED` repeats the ones of an earlier
//! run.

mod publisher;
mod snapshot;

use anyhow::{Context, Result, ensure};
use commonweal_app::failpoint::{Effect, Point};
use commonweal_app::rng::{Entropy, SystemRng};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use serde_json::{Value, json};

use crate::crash::setting;
use crate::credit_life::{deliver_input, hold_input};
use crate::credit_moves::MOVE;
use crate::credit_reversed::{ACCEPT, APPEAL, CLEAR, Case, RAISE, UPHOLD, WORDS};
use crate::credit_world::{
    CARRY_OUT, DELIVER, HOLD, ISSUE, PROPOSE, RETIRE, TRANSFER, World, text,
};
use crate::mutations::{CANCEL_CREDITS, EXPIRE_HOLD, GIVE_UP_HOLD, RELEASE_BUFFER};
use snapshot::{differences, snapshot};

on_both!(
    a_move_is_whole_or_absent_wherever_a_statement_fails,
    a_loss_is_whole_or_absent_wherever_a_statement_fails,
    a_challenge_is_whole_or_absent_wherever_a_statement_fails,
    what_time_ends_is_whole_or_absent_wherever_a_statement_fails,
    a_fault_at_any_point_is_told_and_leaves_nothing,
    a_fault_that_passes_costs_nobody_anything,
    units_of_a_move_that_failed_can_be_spent_once,
    moves_of_one_statement_are_whole_or_absent_at_every_point,
    what_another_process_wrote_is_read_before_the_next_move,
);

/// The points of a write at which a step can fail.
fn points() -> impl Iterator<Item = Point> {
    let points = Point::ALL.into_iter();
    points.filter(|point| !point.is_of_publisher() && *point != Point::Answer)
}

/// A world and a look behind its back.
struct Faults {
    world: World,
    database: DatabaseConnection,
    /// The first statement that fails, and how many further the next one is.
    statements: (u32, u32),
}

impl Faults {
    async fn new(app: TestApp) -> Result<Self> {
        Self::of(World::new(app).await?).await
    }

    async fn of(world: World) -> Result<Self> {
        let system: &dyn Entropy = &SystemRng;
        let seed = setting("COMMONWEAL_TEST_CRASH_SEED")?
            .unwrap_or_else(|| u32::from_be_bytes(system.bytes()));
        println!("fail_points: COMMONWEAL_TEST_CRASH_SEED={seed}");
        let step = match setting("COMMONWEAL_TEST_POINT_ROUNDS")? {
            Some(_) => 1,
            None => 4,
        };
        Ok(Self {
            statements: (1 + seed % step, step),
            database: world.app.database.connect().await?,
            world,
        })
    }

    fn set(&self, point: Point, passing: u64, effect: Effect) {
        self.world
            .app
            .app
            .store()
            .points()
            .set(point, passing, effect);
    }

    fn clear(&self) -> u64 {
        self.world.app.app.store().points().clear()
    }

    async fn ask(&self, user: &User, document: &str, input: &Value) -> Result<Value> {
        let variables = json!({ "input": input });
        self.world.app.ask(Some(user), document, variables).await
    }

    /// Lets statements of a mutation fail, each with all after it, until it comes through. Answers what it made.
    async fn sweep(&self, user: &User, document: &str, input: Value) -> Result<Value> {
        self.forget().await?;
        let before = snapshot(&self.database).await?;
        let (first, step) = self.statements;
        for passing in (first..).step_by(usize::try_from(step)?) {
            self.set(Point::Statement, passing.into(), Effect::Fail);
            let answer = self.ask(user, document, &input).await?;
            if self.clear() == 0 {
                ensure!(passing > 8, "only {passing} statements");
                let made = made(&answer)?;
                let after = snapshot(&self.database).await?;
                ensure!(before != after, "it did nothing");
                if input.get("idempotencyKey").is_some() {
                    let again = self.ask(user, document, &input).await?["data"].take();
                    ensure!(again == answer["data"], "{again} is not {answer}");
                    let again = differences(&after, &snapshot(&self.database).await?);
                    ensure!(again.is_empty(), "asked again it wrote {again:?}");
                }
                return Ok(made);
            }
            let named = || format!("statement {passing} of {document}");
            is_internal(&answer).with_context(named)?;
            self.nothing_changed(&before).await.with_context(named)?;
        }
        unreachable!("numbers do not end")
    }

    /// Lets the service forget what it knows from the moves before: the next one asks for everything again.
    async fn forget(&self) -> Result<()> {
        let registrar = self.world.app.registrar().await?;
        let passer_by = self
            .world
            .app
            .organisation(&registrar, "Passer-by", "PRIVATE");
        passer_by.await?;
        Ok(())
    }

    /// How many statements the writer's transactions have run.
    fn statements(&self) -> u64 {
        self.world.app.app.store().written_statements()
    }

    async fn nothing_changed(&self, before: &snapshot::Snapshot) -> Result<()> {
        let found = differences(before, &snapshot(&self.database).await?);
        ensure!(found.is_empty(), "half done: {found:?}");
        let known = *self.world.app.app.store().committed().borrow();
        let size = self.world.app.app.read().log_size().await?;
        ensure!(
            known == size,
            "the store tells of {known} entries, there are {size}"
        );
        Ok(())
    }

    async fn end(self) -> Result<()> {
        self.world.app.expect_clean_log().await?;
        self.world.app.expect_replayed_balances().await?;
        self.database.close().await?;
        self.world.app.stop().await
    }

    /// One move of each kind, with words.
    fn moves(&self, batch: &str, key: &str) -> Value {
        let world = &self.world;
        let mut transfer = world.transfer_input(batch, 3, key);
        transfer["note"] = json!("of the spring");
        let mut retire = world.retire_input(&world.supplier, batch, 2, key);
        retire["note"] = json!("for the year's report");
        json!({ "moves": [
            { "transfer": transfer }, { "hold": hold_input(world, batch, 1, key) }, { "retire": retire }
        ] })
    }
}

fn made(answer: &Value) -> Result<Value> {
    let made = &answer["data"]["made"];
    ensure!(made["userErrors"] == json!([]), "refused: {answer}");
    for result in made["results"].as_array().into_iter().flatten() {
        ensure!(result["outcome"] != "REFUSED", "refused: {answer}");
    }
    Ok(made.clone())
}

fn is_internal(answer: &Value) -> Result<()> {
    let code = &answer["errors"][0]["extensions"]["code"];
    ensure!(code == "INTERNAL_SERVER_ERROR", "it was not told: {answer}");
    Ok(())
}

async fn a_move_is_whole_or_absent_wherever_a_statement_fails(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let (supplier, fund) = (&world.supplier, &world.fund);
    let claim = world.submit(world.claim_input("a", "40.0")).await?;
    world.verify(&claim, "40.0").await?;
    let issue = json!({ "claim": claim, "idempotencyKey": "a" });
    let issued = faults.sweep(&world.registrar, ISSUE, issue).await?;
    let batch = &text(&issued["batch"]["id"]);

    let transfer = world.transfer_input(batch, 5, "t");
    faults.sweep(supplier, TRANSFER, transfer).await?;
    let mut holds = Vec::new();
    for key in ["first", "second"] {
        let hold = hold_input(world, batch, 7, key);
        let made = faults.sweep(supplier, HOLD, hold).await?;
        holds.push(text(&made["hold"]["id"]));
    }
    let deliver = deliver_input(world, &holds[0], 4, "d");
    faults.sweep(supplier, DELIVER, deliver).await?;
    let give_up = json!({ "hold": holds[1] });
    faults.sweep(fund, GIVE_UP_HOLD, give_up).await?;
    let retire = world.retire_input(fund, batch, 2, "r");
    faults.sweep(fund, RETIRE, retire).await?;
    let cancel = json!({
        "batch": batch, "holder": supplier.organisation_id(), "units": "3", "idempotencyKey": "c",
    });
    faults.sweep(supplier, CANCEL_CREDITS, cancel).await?;
    faults
        .sweep(supplier, MOVE, faults.moves(batch, "many"))
        .await?;
    faults.end().await
}

async fn a_loss_is_whole_or_absent_wherever_a_statement_fails(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let registrar = || world.app.user(world.app.registry, &[Role::Registrar]);
    let (second, third) = (registrar().await?, registrar().await?);
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let batch = world.issue(&claim, "a").await?;
    let other = world.batch("b", "10.0").await?;
    // Sold units are out of reach, so that the loss leaves a liability.
    let sale = world.transfer_input(&batch, 68, "t");
    made(&faults.ask(&world.supplier, TRANSFER, &sale).await?)?;
    for (remedy, left) in [("CORRECT", "9.0"), ("REVERSE", "0.0")] {
        let propose =
            json!({ "claim": claim, "verified": left, "remedy": remedy, "reason": WORDS });
        let proposed = faults.sweep(&second, PROPOSE, propose).await?;
        let carry = json!({ "decision": { "proposal": proposed["proposal"] } });
        faults.sweep(&third, CARRY_OUT, carry).await?;
    }
    let found = world
        .app
        .data(
            None,
            "{ liabilities(first: 1) { nodes { id } } }",
            json!({}),
        )
        .await?;
    let clear = json!({ "liability": found["liabilities"]["nodes"][0]["id"], "batch": other, "units": "9",
        "idempotencyKey": "l" });
    faults.sweep(&world.supplier, CLEAR, clear).await?;
    faults.end().await
}

async fn a_challenge_is_whole_or_absent_wherever_a_statement_fails(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let raise = case.raise_input();
    let faults = Faults::of(case.world).await?;
    let world = &faults.world;
    let raised = faults.sweep(&case.watchdog, RAISE, raise).await?;
    let challenge = &text(&raised["challenge"]["id"]);
    let accept = json!({ "challenge": challenge });
    faults.sweep(&case.second, ACCEPT, accept).await?;
    let uphold = |left: &str| json!({ "challenge": challenge, "verified": left, "remedy": "REVERSE", "reason": WORDS });
    faults.sweep(&case.second, UPHOLD, uphold("0.0")).await?;
    let appeal = json!({ "challenge": challenge, "words": WORDS });
    faults.sweep(&world.supplier, APPEAL, appeal).await?;
    faults.sweep(&case.third, UPHOLD, uphold("4.0")).await?;
    let carry = json!({ "decision": { "challenge": challenge } });
    let fourth = world.app.user(world.app.registry, &[Role::Registrar]);
    faults.sweep(&fourth.await?, CARRY_OUT, carry).await?;
    faults.end().await
}

async fn what_time_ends_is_whole_or_absent_wherever_a_statement_fails(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let batch = &world.batch("a", "10.0").await?;
    let hold = hold_input(world, batch, 7, "h");
    let hold = world.make(&world.supplier, HOLD, hold, "hold").await?;
    world.app.advance_seconds(4 * 366 * 86_400);
    // Tokens of the first day are over by now.
    let registrar = world.app.user(world.app.registry, &[Role::Registrar]);
    let registrar = registrar.await?;
    let ended = json!({ "hold": hold });
    faults.sweep(&registrar, EXPIRE_HOLD, ended).await?;
    let over = json!({ "batch": batch });
    faults.sweep(&registrar, RELEASE_BUFFER, over).await?;
    faults.end().await
}

async fn a_fault_at_any_point_is_told_and_leaves_nothing(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let supplier = &faults.world.supplier;
    let batch = &faults.world.batch("a", "60.0").await?;
    for point in points() {
        let name = format!("{point:?}");
        // Moves are no commands, so another call comes by there.
        let (document, input) = match point {
            Point::CommandRun => {
                let holder = supplier.organisation_id();
                (
                    CANCEL_CREDITS,
                    json!({ "batch": batch, "holder": holder, "units": "1", "idempotencyKey": name }),
                )
            }
            _ => (MOVE, faults.moves(batch, &name)),
        };
        // Moves about which everything is known pass few points.
        faults.forget().await?;
        let before = snapshot(&faults.database).await?;
        faults.set(point, 1, Effect::Fail);
        let answer = faults.ask(supplier, document, &input).await?;
        let struck = faults.clear();
        let check = async {
            ensure!(struck > 0, "it was not passed");
            if point == Point::Committed {
                // It is in, and the database says so when the writer asks.
                made(&answer)?;
                let after = snapshot(&faults.database).await?;
                made(&faults.ask(supplier, document, &input).await?)?;
                faults.nothing_changed(&after).await?;
            } else {
                is_internal(&answer)?;
                faults.nothing_changed(&before).await?;
            }
            made(&faults.ask(supplier, document, &input).await?)
        };
        check.await.context(name)?;
    }
    faults.end().await
}

async fn a_fault_that_passes_costs_nobody_anything(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let batch = &world.batch("a", "60.0").await?;
    for point in points().filter(|point| *point != Point::CommandRun) {
        let name = format!("{point:?}");
        faults.forget().await?;
        faults.set(point, 1, Effect::FailOnce);
        // Two callers at a time: one at fault must not take the other with it.
        let other = world.transfer_input(batch, 1, &name);
        let fund = world.fund.organisation;
        let had = world.available(fund, batch).await?;
        let (many, one) = (faults.moves(batch, &format!("{name} many")), other);
        let (many, one) = futures_util::future::try_join(
            faults.ask(&world.supplier, MOVE, &many),
            faults.ask(&world.supplier, TRANSFER, &one),
        )
        .await?;
        let struck = faults.clear();
        ensure!(struck == 1, "{name} was not passed");
        for answer in [many, one] {
            made(&answer).with_context(|| name.clone())?;
        }
        let has = world.available(fund, batch).await?;
        ensure!(has == had + 4, "{name}: the fund has {has} after {had}");
    }
    faults.end().await
}

/// Balances are decided in memory: what a lost commit had decided there must not be spent, nor missing.
async fn units_of_a_move_that_failed_can_be_spent_once(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let batch = &world.batch("a", "10.0").await?;
    let all = |key: &str| world.transfer_input(batch, 68, key);
    for point in [Point::MovesDecided, Point::BalancesWritten, Point::Commit] {
        faults.set(point, 1, Effect::Fail);
        let failed = faults
            .ask(&world.supplier, TRANSFER, &all(&format!("{point:?}")))
            .await?;
        faults.clear();
        is_internal(&failed)?;
    }
    faults.set(Point::Committed, 1, Effect::Fail);
    let lost = faults.ask(&world.supplier, TRANSFER, &all("lost")).await?;
    faults.clear();
    made(&lost)?;
    let more = world.transfer_input(batch, 1, "more");
    let refused = world.refuse(&world.supplier, TRANSFER, more).await?;
    assert_eq!(refused.code, "INSUFFICIENT_BALANCE");
    assert_eq!(world.available(world.fund.organisation, batch).await?, 68);
    faults.end().await
}

async fn moves_of_one_statement_are_whole_or_absent_at_every_point(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let world = &faults.world;
    let batch = &world.batch("a", "60.0").await?;
    let single = |key: &str| (TRANSFER, world.transfer_input(batch, 2, key));
    let many = |key: &str| (MOVE, faults.moves(batch, &format!("many {key}")));
    swept_in_one_statement(&faults, &single).await?;
    let mut has = 4 * 3 * 2;
    if faults.database.get_database_backend() == DbBackend::Postgres {
        swept_in_one_statement(&faults, &many).await?;
        has += 4 * 3 * 3;
    }
    assert_eq!(world.available(world.fund.organisation, batch).await?, has);
    faults.end().await
}

/// Makes the call twice, then once with a fault, at each of the four points of one statement.
async fn swept_in_one_statement(
    faults: &Faults,
    call: &dyn Fn(&str) -> (&'static str, Value),
) -> Result<()> {
    let supplier = &faults.world.supplier;
    for point in [
        Point::Begin,
        Point::Statement,
        Point::Commit,
        Point::Committed,
    ] {
        // After the first, what they need is known.
        for number in 0..2 {
            let (document, known) = call(&format!("{point:?} {number}"));
            let statements = faults.statements();
            made(&faults.ask(supplier, document, &known).await?)?;
            let in_one = faults.statements() == statements + 1;
            ensure!(
                in_one || number == 0,
                "{point:?}: it was more than one statement"
            );
        }
        let (document, input) = call(&format!("{point:?}"));
        let before = snapshot(&faults.database).await?;
        faults.set(point, 1, Effect::Fail);
        let answer = faults.ask(supplier, document, &input).await?;
        ensure!(faults.clear() > 0, "{point:?} was not passed");
        if point == Point::Committed {
            made(&answer)?;
        } else {
            is_internal(&answer)?;
            faults.nothing_changed(&before).await?;
        }
        made(&faults.ask(supplier, document, &input).await?)?;
        made(&faults.ask(supplier, document, &input).await?)?;
    }
    Ok(())
}

/// Another process leaves another commit in the head; here it has also taken the supplier's credits.
async fn what_another_process_wrote_is_read_before_the_next_move(app: TestApp) -> Result<()> {
    let faults = Faults::new(app).await?;
    let (world, supplier) = (&faults.world, &faults.world.supplier);
    let batch = &world.batch("a", "10.0").await?;
    for key in ["a", "b"] {
        let known = world.transfer_input(batch, 1, key);
        made(&faults.ask(supplier, TRANSFER, &known).await?)?;
    }
    let change = |from: &str, to: &str, commit_of: u64| {
        let balance = format!(
            "UPDATE account SET balance = {to} WHERE bucket = 'available' AND balance = {from}"
        );
        // Any id but that of the last commit.
        let head = format!(
            "UPDATE log_head SET commit_id = (SELECT commit_id FROM log_entry WHERE idx = {commit_of})"
        );
        format!("{balance}; {head}")
    };
    let take = change("66", "1", 0);
    faults.database.execute_unprepared(&take).await?;
    let much = world.transfer_input(batch, 2, "c");
    let refused = world.refuse(supplier, TRANSFER, much).await?;
    assert_eq!(refused.code, "INSUFFICIENT_BALANCE");
    let back = change("1", "66", 1);
    faults.database.execute_unprepared(&back).await?;
    let last = world.transfer_input(batch, 66, "d");
    made(&faults.ask(supplier, TRANSFER, &last).await?)?;
    faults.end().await
}
