//! Summaries of account statements: opening balance, what came, what went, closing balance, by batch and period.

use std::collections::BTreeMap;

use anyhow::Result;
use commonweal_app::read::Page;
use commonweal_domain::ids::OrganisationId;
use commonweal_domain::time::Period;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_life::hold_input;
use crate::credit_world::{HOLD, RETIRE, TRANSFER, World, number, text};

on_both!(
    a_summary_agrees_with_the_lines_of_the_statement_in_every_period,
    wrong_summaries_name_the_field,
);

const SUMMARY: &str = "query ($whose: ID!, $from: Date!, $to: Date!, $batch: ID, $first: Int, $after: String) {
    accountSummary(organisation: $whose, period: { from: $from, to: $to }, batch: $batch, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { opening received given closing period { from to } batch { id } }
    }
}";
const LINES: &str = "query ($whose: ID!) { accountStatement(organisation: $whose, first: 100) {
    pageInfo { hasNextPage } nodes { entryIndex at amount batch { id } } } }";

/// Opening, received, given and closing.
type Sums = [i64; 4];

/// The summaries of a period, read in pages of a size.
async fn summaries(
    world: &World,
    whose: OrganisationId,
    (from, to): (&str, &str),
    size: usize,
) -> Result<BTreeMap<String, Sums>> {
    let (mut found, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let variables = json!({ "whose": format!("organisation:{whose}"), "from": from, "to": to,
            "first": size, "after": after });
        let page = world.app.data(None, SUMMARY, variables).await?["accountSummary"].clone();
        for node in page["nodes"].as_array().into_iter().flatten() {
            let sums = ["opening", "received", "given", "closing"].map(|part| number(&node[part]));
            assert_eq!(sums[0] + sums[1] - sums[2], sums[3], "{node}");
            assert_eq!(node["period"], json!({ "from": from, "to": to }));
            assert!(found.insert(text(&node["batch"]["id"]), sums).is_none());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], found.len());
            return Ok(found);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The same from the lines of the statement, entry by entry.
async fn expected(
    world: &World,
    whose: OrganisationId,
    (from, to): (&str, &str),
) -> Result<BTreeMap<String, Sums>> {
    let id = json!({ "whose": format!("organisation:{whose}") });
    let lines = world.app.data(None, LINES, id).await?["accountStatement"].clone();
    assert_eq!(lines["pageInfo"]["hasNextPage"], false);
    let mut nets: BTreeMap<(String, i64), (String, i64)> = BTreeMap::new();
    for line in lines["nodes"].as_array().into_iter().flatten() {
        let key = (text(&line["batch"]["id"]), number(&line["entryIndex"]));
        let net = nets.entry(key).or_insert((text(&line["at"]), 0));
        net.1 += number(&line["amount"]);
    }
    let mut found: BTreeMap<String, Sums> = BTreeMap::new();
    for ((batch, _), (at, net)) in nets {
        if at.as_str() >= to {
            continue;
        }
        let sums = found.entry(batch).or_default();
        sums[3] += net;
        match net {
            net if at.as_str() < from => sums[0] += net,
            net if net > 0 => sums[1] += net,
            net => sums[2] -= net,
        }
    }
    Ok(found)
}

async fn a_summary_agrees_with_the_lines_of_the_statement_in_every_period(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let mut days = Vec::new();
    let today = |world: &World| world.app.app.now().date().to_string();
    let send = async |by: &User, document: &str, input: Value| -> Result<()> {
        world
            .app
            .data(Some(by), document, json!({ "input": input }))
            .await?;
        Ok(())
    };
    days.push(today(&world));
    let first = world.batch("a", "10.0").await?;
    let sale = world.transfer_input(&first, 20, "t1");
    send(&world.supplier, TRANSFER, sale).await?;
    world.app.advance_seconds(86_400);
    days.push(today(&world));
    let hold = hold_input(&world, &first, 30, "h");
    send(&world.supplier, HOLD, hold).await?;
    let retired = world.retire_input(&world.fund, &first, 5, "r");
    send(&world.fund, RETIRE, retired).await?;
    let second = world.batch("b", "20.0").await?;
    world.app.advance_seconds(2 * 86_400);
    days.push(today(&world));
    let mut back = world.transfer_input(&first, 15, "t2");
    back["from"] = json!(world.fund.organisation_id());
    back["to"] = json!(world.supplier.organisation_id());
    send(&world.fund, TRANSFER, back).await?;
    let sale = world.transfer_input(&second, 7, "t3");
    send(&world.supplier, TRANSFER, sale).await?;
    world.app.advance_seconds(86_400);
    days.push(today(&world));

    for whose in [world.supplier.organisation, world.fund.organisation] {
        for (begin, from) in days.iter().enumerate() {
            for to in &days[begin + 1..] {
                let period = (from.as_str(), to.as_str());
                let right = expected(&world, whose, period).await?;
                for size in [1, 50] {
                    assert_eq!(summaries(&world, whose, period, size).await?, right);
                }
            }
        }
        let past = ("2020-01-01", days[0].as_str());
        assert!(summaries(&world, whose, past, 50).await?.is_empty());
    }
    // What the numbers are: 75 of 10 hours and 150 of 20 were caused, a tenth is kept back.
    let all = (days[0].as_str(), days[3].as_str());
    let fund = summaries(&world, world.fund.organisation, all, 50).await?;
    assert_eq!(
        (fund[&first], fund[&second]),
        ([0, 20, 20, 0], [0, 7, 0, 7])
    );
    let middle = (days[1].as_str(), days[2].as_str());
    let own = summaries(&world, world.supplier.organisation, middle, 50).await?;
    assert_eq!(own[&first], [48, 0, 0, 48], "a hold neither comes nor goes");
    assert_eq!(own[&second], [0, 135, 0, 135]);
    // Fewer movements than came since: refused, and without a limit summed.
    let read = world.app.app.read();
    let period = Period::new(middle.0.parse()?, middle.1.parse()?)?;
    let supplier = world.supplier.organisation;
    let page = Page::first(50);
    let limited = read.account_summaries(supplier, None, period, &page, Some(1));
    let refused = limited.await.map_err(|error| error.to_string());
    assert!(refused.is_err_and(|error| error.contains("more than 1 movements")));
    let whole = read.account_summaries(supplier, None, period, &page, None);
    assert_eq!(whole.await?.len(), 2);
    Ok(())
}

async fn wrong_summaries_name_the_field(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let right =
        json!({ "whose": world.fund.organisation_id(), "from": "2026-01-01", "to": "2026-02-01" });
    let with = |field: &str, value: &str| {
        let mut variables = right.clone();
        variables[field] = json!(value);
        variables
    };
    for (variables, path) in [
        (with("to", "2026-01-01"), "period"),
        (with("whose", "person:1"), "organisation"),
        (with("batch", "batch:1"), "batch"),
    ] {
        let refused = world.app.refusal(None, SUMMARY, variables).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("BAD_USER_INPUT", Some(path)),
            "{refused:?}"
        );
    }
    Ok(())
}
