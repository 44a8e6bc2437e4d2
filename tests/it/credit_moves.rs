//! Many moves in one call: each has a key and an answer of its own, and sees what those before it have done.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::credit_world::{RETIRE, TRANSFER, World, number};

on_both!(
    every_move_of_a_call_is_answered_by_itself,
    a_move_sees_what_those_before_it_have_done,
    a_key_means_the_same_in_a_call_alone_and_twice_in_one_call,
    a_move_that_was_made_is_answered_again_when_its_units_are_gone,
    a_call_has_at_most_200_moves,
    two_hundred_moves_cost_as_many_statements_as_four,
    wrong_moves_name_their_place,
    calls_at_the_same_time_never_spend_a_unit_twice,
    a_statement_that_fails_harms_its_own_call_only,
);

/// Many moves.
pub(crate) const MOVE: &str = "mutation ($input: MoveCreditsInput!) {
    made: moveCredits(input: $input) {
        results {
            outcome clientMutationId userErrors { code message path }
            transfer { entryIndex units } hold { id units } retirement { id serialsFrom serialsTo }
        }
        userErrors { code message path }
    }
}";

fn hold_input(world: &World, batch: &str, units: i64, key: &str) -> Value {
    json!({
        "batch": batch, "holder": world.supplier.organisation_id(), "to": world.fund.organisation_id(),
        "units": units.to_string(), "expiresAt": "2026-07-20T00:00:00Z", "idempotencyKey": key,
    })
}

async fn send(world: &World, moves: Vec<Value>) -> Result<Vec<Value>> {
    let input = json!({ "input": { "moves": moves } });
    let made = world.app.data(Some(&world.supplier), MOVE, input).await?;
    let results = made["made"]["results"].as_array();
    Ok(results.context("results")?.clone())
}

fn outcomes(results: &[Value]) -> Vec<&str> {
    let outcomes = results.iter().map(|result| &result["outcome"]);
    outcomes.filter_map(Value::as_str).collect()
}

fn transfer(world: &World, batch: &str, units: i64, key: &str) -> Value {
    json!({ "transfer": world.transfer_input(batch, units, key) })
}

async fn every_move_of_a_call_is_answered_by_itself(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let mut named = world.transfer_input(&batch, 69, "too much");
    named["clientMutationId"] = json!("line 3");
    let results = send(
        &world,
        vec![
            transfer(&world, &batch, 10, "t"),
            json!({ "hold": hold_input(&world, &batch, 5, "h") }),
            json!({ "retire": world.retire_input(&world.supplier, &batch, 4, "r") }),
            json!({ "transfer": named }),
            json!({ "retire": world.retire_input(&world.supplier, &batch, 2, "s") }),
        ],
    )
    .await?;
    assert_eq!(
        outcomes(&results),
        ["DONE", "DONE", "DONE", "REFUSED", "DONE"]
    );
    assert_eq!(results[0]["transfer"]["units"], "10");
    assert_eq!(results[1]["hold"]["units"], "5");
    assert_eq!(results[2]["retirement"]["serialsTo"], "4");
    assert_eq!(results[3]["clientMutationId"], "line 3");
    assert_eq!(
        results[3]["userErrors"][0]["path"],
        "moves.3.transfer.units"
    );
    assert_eq!(results[3]["userErrors"][0]["code"], "INSUFFICIENT_BALANCE");
    let serials = [
        &results[4]["retirement"]["serialsFrom"],
        &results[4]["retirement"]["serialsTo"],
    ];
    assert_eq!(serials.map(number), [4, 6], "after those of the same call");
    let life = &world.life(&batch).await?["life"];
    assert_eq!(
        (&life["available"], &life["held"], &life["retired"]),
        (&json!("57"), &json!("5"), &json!("6"))
    );
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await
}

async fn a_move_sees_what_those_before_it_have_done(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let results = send(
        &world,
        vec![
            json!({ "hold": hold_input(&world, &batch, 60, "h") }),
            transfer(&world, &batch, 9, "nine of eight"),
            transfer(&world, &batch, 8, "eight"),
            transfer(&world, &batch, 1, "one of none"),
        ],
    )
    .await?;
    assert_eq!(
        outcomes(&results),
        ["DONE", "REFUSED", "DONE", "REFUSED"],
        "a hold counts against later spends"
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_key_means_the_same_in_a_call_alone_and_twice_in_one_call(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let alone = json!({ "input": world.transfer_input(&batch, 20, "alone") });
    let first = world
        .app
        .data(Some(&world.supplier), TRANSFER, alone.clone())
        .await?;
    let moves = vec![
        transfer(&world, &batch, 20, "alone"),
        transfer(&world, &batch, 21, "alone"),
        transfer(&world, &batch, 7, "twice"),
        transfer(&world, &batch, 7, "twice"),
        transfer(&world, &batch, 8, "twice"),
        transfer(&world, &batch, 1_000, "refused"),
        transfer(&world, &batch, 1, "refused"),
        // Another mutation is another scope.
        json!({ "retire": world.retire_input(&world.supplier, &batch, 3, "twice") }),
    ];
    let results = send(&world, moves.clone()).await?;
    let expected = [
        "EARLIER", "REFUSED", "DONE", "EARLIER", "REFUSED", "REFUSED", "DONE", "DONE",
    ];
    assert_eq!(outcomes(&results), expected);
    assert_eq!(
        results[0]["transfer"]["entryIndex"],
        first["made"]["transfer"]["entryIndex"]
    );
    assert_eq!(results[1]["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(results[3]["transfer"], results[2]["transfer"]);
    assert_eq!(results[4]["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(
        world.available(world.fund.organisation, &batch).await?,
        28,
        "20 and 7 and 1: only what was accepted is kept under a key"
    );
    // The whole call again, and one of its moves alone.
    let again = send(&world, moves).await?;
    let expected = [
        "EARLIER", "REFUSED", "EARLIER", "EARLIER", "REFUSED", "REFUSED", "EARLIER", "EARLIER",
    ];
    assert_eq!(outcomes(&again), expected);
    let retire = json!({ "input": world.retire_input(&world.supplier, &batch, 3, "twice") });
    let made = world
        .app
        .data(Some(&world.supplier), RETIRE, retire)
        .await?;
    assert_eq!(
        made["made"]["retirement"]["id"],
        results[7]["retirement"]["id"]
    );
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await
}

/// What it needs is known from the move before, which has left too few units for it.
async fn a_move_that_was_made_is_answered_again_when_its_units_are_gone(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    for (units, key) in [(1, "known"), (60, "large")] {
        send(&world, vec![transfer(&world, &batch, units, key)]).await?;
    }
    let large = || transfer(&world, &batch, 60, "large");
    let small = transfer(&world, &batch, 1, "small");
    let results = send(&world, vec![small, large()]).await?;
    assert_eq!(outcomes(&results), ["DONE", "EARLIER"]);
    let results = send(&world, vec![large()]).await?;
    assert_eq!(outcomes(&results), ["EARLIER"]);
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 62);
    world.app.stop().await
}

async fn a_call_has_at_most_200_moves(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "40.0").await?;
    let moves = |count: usize| {
        let lines = 0..count;
        let lines = lines.map(|number| transfer(&world, &batch, 1, &format!("t{number}")));
        json!({ "moves": lines.collect::<Vec<_>>() })
    };
    for count in [0, 201] {
        let refused = world.refuse(&world.supplier, MOVE, moves(count)).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("MOVES", Some("moves")),
            "{refused:?}"
        );
    }
    let made = world
        .app
        .data(Some(&world.supplier), MOVE, json!({ "input": moves(200) }))
        .await?;
    let results = made["made"]["results"].as_array().context("results")?;
    assert_eq!(outcomes(results), vec!["DONE"; 200]);
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 200);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn two_hundred_moves_cost_as_many_statements_as_four(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "60.0").await?;
    let store = world.app.app.store();
    let mut costs = Vec::new();
    for count in [4, 200] {
        let lines = 0..count;
        let moves = lines.map(|number| match number % 4 {
            0 => json!({ "hold": hold_input(&world, &batch, 1, &format!("{count} {number}")) }),
            1 => json!({ "retire": world.retire_input(&world.supplier, &batch, 1, &format!("{count} {number}")) }),
            _ => transfer(&world, &batch, 1, &format!("{count} {number}")),
        });
        let before = store.written_statements();
        let results = send(&world, moves.collect()).await?;
        assert_eq!(outcomes(&results), vec!["DONE"; count]);
        costs.push(store.written_statements() - before);
    }
    // 200 moves leave 400 postings and 600 accounts' keys, which are two or three statements instead of one.
    assert!(costs[1] <= costs[0] + 4, "{costs:?}");
    assert!(costs[0] <= 25, "{costs:?}");
    Ok(())
}

async fn wrong_moves_name_their_place(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let mut bad = world.transfer_input(&batch, 1, "b");
    bad["to"] = json!("nobody");
    let input = json!({ "moves": [transfer(&world, &batch, 1, "a"), { "transfer": bad }] });
    let refused = world.refuse(&world.supplier, MOVE, input).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("BAD_USER_INPUT", Some("moves.1.transfer.to"))
    );
    let mut stranger = world.transfer_input(&batch, 1, "c");
    stranger["from"] = json!(world.fund.organisation_id());
    let mut cover = world.retire_input(&world.supplier, &batch, 1, "d");
    cover["covers"] = json!("kpi:01931f3e-7c2a-7000-8000-000000000000");
    let mut note = world.transfer_input(&batch, 1, "e");
    note["note"] = json!(" blank at an end");
    let mut place = world.retire_input(&world.supplier, &batch, 1, "f");
    place["jurisdiction"] = json!("");
    let moves = vec![
        json!({ "transfer": stranger }),
        json!({ "retire": cover }),
        json!({ "transfer": note }),
        json!({ "retire": place }),
        transfer(&world, &batch, 1, ""),
        transfer(&world, &batch, 1, "good"),
    ];
    let results = send(&world, moves).await?;
    let found: Vec<_> = results
        .iter()
        .map(|result| {
            let error = &result["userErrors"][0];
            (error["code"].as_str(), error["path"].as_str())
        })
        .collect();
    assert_eq!(
        found,
        [
            (Some("FORBIDDEN"), None),
            (Some("COVER_ALONE"), Some("moves.1.retire.covers")),
            (Some("WORDS"), Some("moves.2.transfer.note")),
            (Some("PLACE"), Some("moves.3.retire.jurisdiction")),
            (
                Some("IDEMPOTENCY_KEY"),
                Some("moves.4.transfer.idempotencyKey")
            ),
            (None, None),
        ]
    );
    let public = json!({ "input": { "moves": [transfer(&world, &batch, 1, "p")] } });
    let refused = world.app.refusal(None, MOVE, public).await?;
    assert_eq!(refused.code, "UNAUTHENTICATED");
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 1);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn calls_at_the_same_time_never_spend_a_unit_twice(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let calls = (0..6).map(|call| {
        let moves = (0..5).map(|number| transfer(&world, &batch, 4, &format!("{call} {number}")));
        let input = json!({ "input": { "moves": moves.collect::<Vec<_>>() } });
        world.app.ask(Some(&world.supplier), MOVE, input)
    });
    let answers = futures_util::future::try_join_all(calls).await?;
    let results = answers
        .iter()
        .flat_map(|answer| answer["data"]["made"]["results"].as_array())
        .flatten();
    let done = results.filter(|result| result["outcome"] == "DONE").count();
    assert_eq!(done, 17, "68 credits pay seventeen transfers of 4");
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 68);
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await
}

async fn a_statement_that_fails_harms_its_own_call_only(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "20.0").await?;
    // A fault of the database that no rule foresees: it takes no transfer of thirteen.
    let fault = match world.app.database.folder() {
        Some(_) => {
            "CREATE TRIGGER fault BEFORE INSERT ON transfer WHEN NEW.units = 13
             BEGIN SELECT RAISE(ABORT, 'thirteen'); END"
        }
        None => {
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.units = 13 THEN RAISE EXCEPTION 'thirteen'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER fault BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION fault()"
        }
    };
    let database = world.app.database.connect().await?;
    database.execute_unprepared(fault).await?;
    database.close().await?;
    let calls = (0..12).map(|call| {
        let units = if call == 5 { 13 } else { 2 };
        let moves =
            [1, units].map(|units| transfer(&world, &batch, units, &format!("{call} {units}")));
        let input = json!({ "input": { "moves": moves } });
        world.app.ask(Some(&world.supplier), MOVE, input)
    });
    let answers = futures_util::future::try_join_all(calls).await?;
    for (call, answer) in answers.iter().enumerate() {
        if call == 5 {
            let code = &answer["errors"][0]["extensions"]["code"];
            assert_eq!(code, "INTERNAL_SERVER_ERROR", "{answer}");
            continue;
        }
        let results = answer["data"]["made"]["results"].as_array();
        assert_eq!(outcomes(results.context("results")?), ["DONE", "DONE"]);
    }
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 33);
    world.app.expect_clean_log().await?;
    world.app.expect_replayed_balances().await
}
