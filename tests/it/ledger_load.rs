//! Many clients at once on the ledger: one hot account, accounts of their own, the same request from all, and one key with
//! different bodies. Afterwards every unit is where the answers say, and a stranger finds nothing.
//!
//! `COMMONWEAL_TEST_LOAD_ROUNDS` makes it as long as one likes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_moves::MOVE;
use crate::credit_world::{TRANSFER, World, number};

on_both!(sixty_four_clients_leave_a_clean_ledger);

/// Clients at a time.
const CLIENTS: usize = 64;
/// Batches beside the hot one.
const SPREAD: usize = 8;

/// What clients were told: the units of each transfer by its place in the log.
#[derive(Debug, Default)]
struct Told {
    transfers: BTreeMap<i64, (usize, i64)>,
    earlier: usize,
    conflicts: usize,
    short: usize,
}

impl Told {
    fn hear(&mut self, batch: usize, result: &Value) -> Result<()> {
        let code = result["userErrors"][0]["code"].as_str();
        match (result["outcome"].as_str(), code) {
            (Some("DONE" | "EARLIER"), None) => {
                let transfer = &result["transfer"];
                let told = (batch, number(&transfer["units"]));
                let index = number(&transfer["entryIndex"]);
                let before = self.transfers.insert(index, told);
                ensure!(
                    before.is_none_or(|before| before == told),
                    "two answers about the transfer {index}"
                );
                self.earlier += usize::from(result["outcome"] == "EARLIER");
            }
            (Some("REFUSED"), Some("CONFLICT")) => self.conflicts += 1,
            (Some("REFUSED"), Some("INSUFFICIENT_BALANCE")) => self.short += 1,
            _ => anyhow::bail!("unexpected: {result}"),
        }
        Ok(())
    }
}

async fn sixty_four_clients_leave_a_clean_ledger(app: TestApp) -> Result<()> {
    let rounds = rounds()?;
    let world = World::new(app).await?;
    // As much as is asked for but for a little of the hot one, so that many rounds are as full of transfers as a few.
    let (hot, own) = (
        format!("{}.0", 13 * rounds + 1),
        format!("{}.0", 2 * rounds),
    );
    let mut batches = vec![world.batch("hot", &hot).await?];
    for number in 0..SPREAD {
        batches.push(world.batch(&format!("spread {number}"), &own).await?);
    }
    let mut told = Told::default();
    for round in 0..rounds {
        let clients = (0..CLIENTS).map(|client| call(&world, &batches, round, client));
        for heard in futures_util::future::try_join_all(clients).await? {
            for (batch, result) in heard {
                told.hear(batch, &result)?;
            }
        }
    }
    ensure!(
        told.earlier > 0 && told.conflicts > 0,
        "duplicates and conflicts must meet: {told:?}"
    );
    for (place, batch) in batches.iter().enumerate() {
        let moved = told.transfers.values().filter(|(of, _)| *of == place);
        let moved: i64 = moved.map(|(_, units)| units).sum();
        let found = world.available(world.fund.organisation, batch).await?;
        ensure!(
            found == moved,
            "the fund has {found} of batch {place}, the answers say {moved}"
        );
    }
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await?;
    println!(
        "load: {rounds} rounds of {CLIENTS} clients: {} transfers, {} earlier answers, {} conflicts, {} short",
        told.transfers.len(),
        told.earlier,
        told.conflicts,
        told.short
    );
    world.app.stop().await
}

/// What one client does in a round: a single transfer and a call of many. Answers each with its batch.
async fn call(
    world: &World,
    batches: &[String],
    round: usize,
    client: usize,
) -> Result<Vec<(usize, Value)>> {
    let own = 1 + client % SPREAD;
    let transfer = |batch: usize, units: usize, key: String| {
        let units = i64::try_from(units).unwrap_or(1);
        world.transfer_input(&batches[batch], units, &key)
    };
    let single = transfer(0, 1, format!("single {round} {client}"));
    let asked = [
        (0, transfer(0, 1, format!("hot {round} {client}"))),
        (own, transfer(own, 1, format!("own {round} {client}"))),
        (0, transfer(0, 2, format!("the same from all {round}"))),
        (
            own,
            transfer(
                own,
                1 + client / SPREAD % 3,
                format!("another from each {round} {own}"),
            ),
        ),
        (own, transfer(own, 1, format!("own {round} {client}"))),
    ];
    let moves = asked.iter().map(|(_, input)| json!({ "transfer": input }));
    let input = json!({ "input": { "moves": moves.collect::<Vec<_>>() } });
    let (alone, many) = futures_util::future::try_join(
        world
            .app
            .ask(Some(&world.supplier), TRANSFER, json!({ "input": single })),
        world.app.data(Some(&world.supplier), MOVE, input),
    )
    .await?;
    let results = many["made"]["results"].as_array().context("results")?;
    let mut heard: Vec<(usize, Value)> = asked
        .iter()
        .zip(results)
        .map(|((batch, _), result)| (*batch, result.clone()))
        .collect();
    let mut alone = alone["data"]["made"].clone();
    let done = alone["transfer"].is_object();
    alone["outcome"] = json!(if done { "DONE" } else { "REFUSED" });
    heard.push((0, alone));
    Ok(heard)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment"
)]
fn rounds() -> Result<usize> {
    match std::env::var("COMMONWEAL_TEST_LOAD_ROUNDS") {
        Ok(text) => Ok(text.parse()?),
        Err(_) => Ok(3),
    }
}
