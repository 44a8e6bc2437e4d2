//! What falls when an outcome falls, beyond what its claimant has in its own account.

use anyhow::{Context as _, Result};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::OrganisationId;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::json;

use crate::credit_reversed::{ACCEPT, Case};
use crate::credit_world::{RETIRE, TRANSFER, reduce, text};
use crate::mutations::CANCEL_CREDITS;

on_both!(
    a_move_inside_the_group_takes_nothing_out_of_reach,
    what_was_cancelled_does_not_fall_at_the_cost_of_others,
    a_correction_costs_the_same_however_large_the_pool_is,
);

/// An organisation of another's group, and somebody who acts for it.
pub(crate) async fn sister(app: &TestApp, registrar: &User, of: &User) -> Result<User> {
    let made = app
        .data(
            Some(registrar),
            "mutation ($input: RegisterOrganisationInput!) {
                made: registerOrganisation(input: $input) { organisation { id } userErrors { code message path } } }",
            json!({ "input": { "legalForm": "LEGAL_PERSON", "name": "Han River Holding", "sector": "PRIVATE",
                "place": "KR-11", "group": of.organisation_id() } }),
        )
        .await?;
    let id = text(&made["made"]["organisation"]["id"]);
    let id = id
        .strip_prefix("organisation:")
        .context("an organisation")?;
    let id: OrganisationId = id.parse()?;
    app.user(id, &[Role::Supplier]).await
}

/// A registrar's own proposal, carried out by another.
async fn correct(case: &Case, verified: &str) -> Result<()> {
    let less = (case.claim.as_str(), verified, "CORRECT");
    reduce(&case.world.app, [&case.second, &case.third], less).await
}

async fn a_move_inside_the_group_takes_nothing_out_of_reach(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let (world, batch) = (&case.world, &case.batch);
    let sister = sister(&world.app, &world.registrar, &world.supplier).await?;
    let mut moved = world.transfer_input(batch, 40, "m");
    moved["to"] = json!(sister.organisation_id());
    moved["reason"] = json!("GROUP");
    world
        .app
        .data(Some(&world.supplier), TRANSFER, json!({ "input": moved }))
        .await?;
    let challenge = case.raise().await?;
    let accept = json!({ "challenge": challenge });
    world
        .make(&case.second, ACCEPT, accept, "challenge")
        .await?;
    let mut sale = world.transfer_input(batch, 1, "s");
    sale["from"] = json!(sister.organisation_id());
    let cancel = json!({ "batch": batch, "holder": sister.organisation_id(), "units": "1", "idempotencyKey": "c" });
    let retire = world.retire_input(&sister, batch, 1, "r");
    for (document, input) in [(TRANSFER, sale), (RETIRE, retire), (CANCEL_CREDITS, cancel)] {
        let refused = world.refuse(&sister, document, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("FROZEN", Some("batch"))
        );
    }
    // Of 5.0 hours 37 credits are caused: 38 fall, of which the supplier has 28.
    correct(&case, "5.0").await?;
    assert_eq!(
        world.life(batch).await?["life"],
        json!({ "available": "30", "held": "0", "buffer": "7", "retired": "0", "cancelled": "0", "reversed": "38" }),
    );
    let whose = [world.supplier.organisation, sister.organisation];
    let left = [
        world.available(whose[0], batch).await?,
        world.available(whose[1], batch).await?,
    ];
    assert_eq!(left, [0, 30], "the claimant's own first");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn what_was_cancelled_does_not_fall_at_the_cost_of_others(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let (world, batch) = (&case.world, &case.batch);
    let other = world.batch("b", "10.0").await?;
    let cancel = |units: &str| {
        json!({ "input": { "batch": batch, "holder": world.supplier.organisation_id(),
        "units": units, "idempotencyKey": units } })
    };
    world
        .app
        .data(Some(&world.supplier), CANCEL_CREDITS, cancel("68"))
        .await?;
    // Of 9.0 hours 67 credits are caused, of 2.0 15: the 7 of the buffer still stand for something.
    for verified in ["9.0", "2.0"] {
        correct(&case, verified).await?;
        assert_eq!(
            world.life(batch).await?["life"],
            json!({ "available": "0", "held": "0", "buffer": "7", "retired": "0", "cancelled": "68", "reversed": "0" }),
        );
    }
    correct(&case, "0.0").await?;
    assert_eq!(world.life(batch).await?["life"]["buffer"], "0");
    assert_eq!(world.life(&other).await?["life"]["buffer"], "7");
    let owed = "{ liabilities(first: 5) { totalCount } }";
    let owed = world.app.data(None, owed, json!({})).await?;
    assert_eq!(owed["liabilities"]["totalCount"], 0);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_correction_costs_the_same_however_large_the_pool_is(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let store = world.app.app.store();
    let mut costs = Vec::new();
    for (others, verified) in [(1, "9.0"), (9, "8.0")] {
        for n in 0..others {
            world.batch(&format!("{others} {n}"), "2.0").await?;
        }
        let before = store.written_statements();
        correct(&case, verified).await?;
        costs.push(store.written_statements() - before);
    }
    assert!(costs[1] <= costs[0] + 4, "no buffer is read: {costs:?}");
    // Everything that the supplier has of the batch is sold, and the pool stands in.
    let all = world
        .available(world.supplier.organisation, &case.batch)
        .await?;
    let sale = world.transfer_input(&case.batch, all, "all");
    world
        .app
        .data(Some(&world.supplier), TRANSFER, json!({ "input": sale }))
        .await?;
    let before = store.written_statements();
    correct(&case, "7.0").await?;
    costs.push(store.written_statements() - before);
    assert!(costs[2] <= costs[0] + 20, "{costs:?}");
    world.app.expect_clean_log().await?;
    Ok(())
}
