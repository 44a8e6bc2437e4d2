//! Holds, cancellations, purchases of public bodies, and trades that are none.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_world::{DELIVER, HOLD, TRANSFER, World, text};
use crate::mutations::{CANCEL_CREDITS, EXPIRE_HOLD, GIVE_UP_HOLD, RELEASE_BUFFER};

on_both!(
    a_hold_counts_against_later_spends_and_ends_once,
    a_hold_expires_in_an_entry_and_not_before_its_time,
    whoever_a_hold_is_for_gives_it_up,
    wrong_holds_name_the_field,
    a_cancellation_takes_serials_from_the_high_end,
    a_public_body_buys_with_its_procurement_reference,
    a_sale_within_a_group_is_refused,
    a_buffer_is_kept_for_the_years_of_its_class,
);

pub(crate) fn hold_input(world: &World, batch: &str, units: i64, key: &str) -> Value {
    json!({
        "batch": batch, "holder": world.supplier.organisation_id(), "to": world.fund.organisation_id(),
        "units": units.to_string(), "expiresAt": "2026-07-20T00:00:00Z", "idempotencyKey": key,
    })
}

pub(crate) fn deliver_input(world: &World, hold: &str, units: i64, key: &str) -> Value {
    json!({
        "hold": hold, "to": world.fund.organisation_id(), "units": units.to_string(), "reason": "SALE",
        "idempotencyKey": key,
    })
}

async fn a_hold_counts_against_later_spends_and_ends_once(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = hold_input(&world, &batch, 30, "h");
    let hold = world
        .make(&world.supplier, HOLD, input.clone(), "hold")
        .await?;
    let again = world.make(&world.supplier, HOLD, input, "hold").await?;
    assert_eq!(hold, again, "the same key");
    assert_eq!(world.life(&batch).await?["life"]["held"], "30");
    let over = world.transfer_input(&batch, 39, "t");
    let refused = world.refuse(&world.supplier, TRANSFER, over).await?;
    assert_eq!(refused.code, "INSUFFICIENT_BALANCE", "38 are left of 68");
    let input = deliver_input(&world, &hold, 20, "d");
    let done = json!({ "input": input });
    let first = world
        .app
        .data(Some(&world.supplier), DELIVER, done.clone())
        .await?;
    assert_eq!(first["made"]["hold"]["ended"], "DELIVERED");
    assert_eq!(first["made"]["hold"]["delivered"], "20");
    let again = world.app.data(Some(&world.supplier), DELIVER, done).await?;
    assert_eq!(first, again, "the same key");
    let twice = deliver_input(&world, &hold, 5, "e");
    let refused = world.refuse(&world.supplier, DELIVER, twice).await?;
    assert_eq!(refused.code, "HOLD_NOT_OPEN");
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        48
    );
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 20);
    assert_eq!(world.life(&batch).await?["life"]["held"], "0");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_hold_expires_in_an_entry_and_not_before_its_time(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = hold_input(&world, &batch, 30, "h");
    let hold = world.make(&world.supplier, HOLD, input, "hold").await?;
    let end = json!({ "hold": hold });
    let early = world.refuse(&world.fund, EXPIRE_HOLD, end.clone()).await?;
    assert_eq!(early.code, "HOLD_NOT_EXPIRED");
    world.app.advance_seconds(20 * 86_400);
    assert_eq!(
        world.life(&batch).await?["life"]["held"],
        "30",
        "nothing expires silently"
    );
    let late = deliver_input(&world, &hold, 1, "d");
    let refused = world.refuse(&world.supplier, DELIVER, late).await?;
    assert_eq!(refused.code, "HOLD_EXPIRED");
    let stranger = world
        .refuse(&world.verifier, EXPIRE_HOLD, end.clone())
        .await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    world.make(&world.fund, EXPIRE_HOLD, end, "hold").await?;
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        68
    );
    let listed = world
        .app
        .data(
            None,
            "query ($id: ID!) { holds(organisation: $id, first: 5) { totalCount nodes { ended batch { id } holder { name } } } }",
            json!({ "id": world.supplier.organisation_id() }),
        )
        .await?;
    assert_eq!(listed["holds"]["nodes"][0]["ended"], "EXPIRED");
    assert_eq!(listed["holds"]["totalCount"], 1);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn whoever_a_hold_is_for_gives_it_up(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let hold = world
        .make(
            &world.supplier,
            HOLD,
            hold_input(&world, &batch, 30, "h"),
            "hold",
        )
        .await?;
    let end = json!({ "hold": hold });
    let holder = world
        .refuse(&world.supplier, GIVE_UP_HOLD, end.clone())
        .await?;
    assert_eq!(holder.code, "FORBIDDEN");
    let whose = format!("{}, for which", world.fund.organisation_id());
    assert!(holder.message.contains(&whose), "{}", holder.message);
    world.make(&world.fund, GIVE_UP_HOLD, end, "hold").await?;
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        68
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_holds_name_the_field(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let changed = |field: &str, value: Value| {
        let mut input = hold_input(&world, &batch, 1, "h");
        input[field] = value;
        input
    };
    let nobody = "organisation:01931f3e-7c2a-7000-8000-000000000000";
    let max = i64::MAX.to_string();
    let cases = [
        (changed("units", json!("0")), "UNITS", "units"),
        (
            changed("units", json!(max)),
            "INSUFFICIENT_BALANCE",
            "units",
        ),
        (changed("to", json!(nobody)), "UNKNOWN_ORGANISATION", "to"),
        (
            changed("to", json!(world.supplier.organisation_id())),
            "SAME_HOLDER",
            "to",
        ),
        (
            changed("expiresAt", json!("2026-01-01T00:00:00Z")),
            "EXPIRY",
            "expiresAt",
        ),
        (
            changed("expiresAt", json!("2027-01-01T00:00:00Z")),
            "EXPIRY",
            "expiresAt",
        ),
    ];
    for (input, code, path) in cases {
        let refused = world.refuse(&world.supplier, HOLD, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path))
        );
    }
    let stranger = world
        .refuse(&world.fund, HOLD, hold_input(&world, &batch, 1, "h"))
        .await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_cancellation_takes_serials_from_the_high_end(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = json!({
        "batch": batch, "holder": world.supplier.organisation_id(), "units": "8", "idempotencyKey": "c",
    });
    for _ in 0..2 {
        world
            .make(&world.supplier, CANCEL_CREDITS, input.clone(), "batch")
            .await?;
    }
    let life = world.life(&batch).await?;
    assert_eq!(
        (&life["life"]["cancelled"], &life["life"]["available"]),
        (&json!("8"), &json!("60"))
    );
    let mut much = input;
    (much["units"], much["idempotencyKey"]) = (json!("61"), json!("d"));
    let refused = world.refuse(&world.supplier, CANCEL_CREDITS, much).await?;
    assert_eq!(refused.path.as_deref(), Some("units"));
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_public_body_buys_with_its_procurement_reference(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let council = world
        .app
        .organisation(&world.registrar, "Mapo District", "PUBLIC")
        .await?;
    let mut input = world.transfer_input(&batch, 5, "t");
    input["to"] = json!(format!("organisation:{council}"));
    let refused = world
        .refuse(&world.supplier, TRANSFER, input.clone())
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("PROCUREMENT_REFERENCE", Some("procurementReference"))
    );
    input["procurementReference"] = json!("ocds-kr-2026-117");
    world
        .app
        .data(Some(&world.supplier), TRANSFER, json!({ "input": input }))
        .await?;
    assert_eq!(world.available(council, &batch).await?, 5);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_sale_within_a_group_is_refused(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let made = world
        .app
        .data(
            Some(&world.registrar),
            "mutation ($input: RegisterOrganisationInput!) {
                made: registerOrganisation(input: $input) { organisation { id } userErrors { code message path } } }",
            json!({ "input": { "legalForm": "LEGAL_PERSON", "name": "Han River Holding", "sector": "PRIVATE",
                "place": "KR-11", "group": world.supplier.organisation_id() } }),
        )
        .await?;
    let mut wash = world.transfer_input(&batch, 5, "t");
    wash["to"] = made["made"]["organisation"]["id"].clone();
    let refused = world
        .refuse(&world.supplier, TRANSFER, wash.clone())
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("ONE_GROUP", Some("reason"))
    );
    wash["reason"] = json!("GROUP");
    let done = world
        .app
        .data(Some(&world.supplier), TRANSFER, json!({ "input": wash }))
        .await?;
    assert_eq!(text(&done["made"]["transfer"]["units"]), "5");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_buffer_is_kept_for_the_years_of_its_class(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = json!({ "batch": batch });
    let early = world
        .refuse(&world.registrar, RELEASE_BUFFER, input.clone())
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("BUFFER_KEPT", Some("batch"))
    );
    world.app.advance_seconds(4 * 366 * 86_400);
    // Tokens of the first day are over by now.
    let registrar = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    world
        .make(&registrar, RELEASE_BUFFER, input.clone(), "batch")
        .await?;
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        75
    );
    let twice = world.refuse(&registrar, RELEASE_BUFFER, input).await?;
    assert_eq!(twice.code, "NO_BUFFER");
    world.app.expect_clean_log().await?;
    Ok(())
}
