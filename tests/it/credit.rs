//! Credits: classes, issue, transfer and retirement.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::credit_moves::MOVE;
use crate::credit_world::{ISSUE, RETIRE, TRANSFER, World, number, text};

on_both!(
    outside_contracts_the_deadweight_stays_out_and_a_buffer_is_kept,
    an_issue_happens_once_per_claim_and_once_per_key,
    the_registrar_is_a_second_person,
    a_transfer_moves_units_once_per_key,
    a_retirement_takes_serials_from_the_low_end_and_gives_a_certificate,
    wrong_movements_name_the_field,
    concurrent_transfers_never_spend_a_unit_twice,
    two_first_spends_of_an_empty_account_both_fail,
    concurrent_requests_with_one_key_get_one_answer,
    a_class_is_defined_once_and_its_limit_counts_within_a_group,
    an_account_statement_is_read_page_by_page,
);

async fn outside_contracts_the_deadweight_stays_out_and_a_buffer_is_kept(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    assert_eq!(
        world.life(&batch).await?,
        json!({ "issued": "75", "obligated": "0", "surplus": "75", "life": {
            "available": "68", "held": "0", "buffer": "7", "retired": "0", "cancelled": "0", "reversed": "0" } })
    );
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        68
    );
    Ok(())
}

async fn an_issue_happens_once_per_claim_and_once_per_key(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let early = json!({ "claim": claim, "idempotencyKey": "k" });
    let refused = world.refuse(&world.registrar, ISSUE, early).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("NOT_VERIFIED", Some("claim"))
    );
    world.verify(&claim, "10.0").await?;
    let batch = world.issue(&claim, "k").await?;
    assert_eq!(world.issue(&claim, "k").await?, batch, "the same key");
    assert_eq!(world.issue(&claim, "l").await?, batch, "the same claim");

    let other = world.submit(world.claim_input("b", "10.0")).await?;
    world.verify(&other, "10.0").await?;
    let conflict = json!({ "claim": other, "idempotencyKey": "k" });
    assert_eq!(
        world.refuse(&world.registrar, ISSUE, conflict).await?.code,
        "CONFLICT"
    );
    let all = world
        .app
        .data(None, "{ batches { totalCount } }", json!({}))
        .await?;
    assert_eq!(all["batches"]["totalCount"], 1);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn the_registrar_is_a_second_person(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let input = json!({ "claim": claim, "idempotencyKey": "k" });
    assert_eq!(
        world
            .refuse(&world.verifier, ISSUE, input.clone())
            .await?
            .code,
        "FORBIDDEN"
    );
    // One person may hold both roles, but not take both steps.
    let both = world
        .app
        .user(world.app.registry, &[Role::Verifier, Role::Registrar])
        .await?;
    let found = crate::credit_world::finding(&claim, "10.0");
    world
        .make(&both, crate::credit_world::VERIFY, found, "claim")
        .await?;
    let refused = world.refuse(&both, ISSUE, input).await?;
    assert_eq!(refused.code, "FORBIDDEN");
    assert!(
        refused.message.contains("second person"),
        "{}",
        refused.message
    );
    world.issue(&claim, "k").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_transfer_moves_units_once_per_key(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let transfer = |units, key| json!({ "input": world.transfer_input(&batch, units, key) });
    let first = world
        .app
        .data(Some(&world.supplier), TRANSFER, transfer(20, "t"))
        .await?;
    let again = world
        .app
        .data(Some(&world.supplier), TRANSFER, transfer(20, "t"))
        .await?;
    assert_eq!(first, again);
    let conflict = world
        .app
        .refusal(Some(&world.supplier), TRANSFER, transfer(21, "t"))
        .await?;
    assert_eq!(conflict.code, "CONFLICT");
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        48
    );
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 20);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_retirement_takes_serials_from_the_low_end_and_gives_a_certificate(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let transfer = world.transfer_input(&batch, 20, "t");
    world
        .app
        .data(
            Some(&world.supplier),
            TRANSFER,
            json!({ "input": transfer }),
        )
        .await?;
    let mut input = world.retire_input(&world.fund, &batch, 5, "r");
    input["note"] = json!("outcomes of our 2026 report");
    let first = world
        .app
        .data(Some(&world.fund), RETIRE, json!({ "input": input }))
        .await?;
    let again = world
        .app
        .data(Some(&world.fund), RETIRE, json!({ "input": input }))
        .await?;
    assert_eq!(first, again, "the same key");
    let more = world.retire_input(&world.supplier, &batch, 3, "r");
    let more = world
        .app
        .data(Some(&world.supplier), RETIRE, json!({ "input": more }))
        .await?;
    let serials = |made: &Value| {
        let retired = &made["made"]["retirement"];
        (
            number(&retired["serialsFrom"]),
            number(&retired["serialsTo"]),
        )
    };
    assert_eq!((serials(&first), serials(&more)), ((0, 5), (5, 8)));

    let certificate = text(&first["made"]["retirement"]["certificateNumber"]);
    assert!(certificate.starts_with("CW-2026-"), "{certificate}");
    let found = world
        .app
        .data(
            None,
            "query ($number: String!) { retirement(by: { certificateNumber: $number }) {
                units reason jurisdiction note beneficiary { name } holder { name } batch { claim { place } } } }",
            json!({ "number": certificate }),
        )
        .await?;
    assert_eq!(
        found["retirement"],
        json!({ "units": "5", "reason": "VOLUNTARY", "jurisdiction": "KR", "note": "outcomes of our 2026 report",
            "beneficiary": { "name": "Seoul Outcomes Fund" }, "holder": { "name": "Seoul Outcomes Fund" },
            "batch": { "claim": { "place": "KR-11" } } })
    );
    assert_eq!(world.life(&batch).await?["life"]["retired"], "8");
    Ok(())
}

async fn wrong_movements_name_the_field(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let transfer = |field: &str, value: &str| {
        let mut input = world.transfer_input(&batch, 1, "t");
        input[field] = json!(value);
        input
    };
    let nowhere = "01931f3e-7c2a-7000-8000-000000000000";
    let max = i64::MAX.to_string();
    let cases = [
        (transfer("units", "0"), "UNITS", "units"),
        (transfer("units", "-5"), "UNITS", "units"),
        (transfer("units", "69"), "INSUFFICIENT_BALANCE", "units"),
        (transfer("units", &max), "INSUFFICIENT_BALANCE", "units"),
        (
            transfer("to", &world.supplier.organisation_id()),
            "SAME_HOLDER",
            "to",
        ),
        (
            transfer("to", &format!("organisation:{nowhere}")),
            "UNKNOWN_ORGANISATION",
            "to",
        ),
        (
            transfer("batch", &format!("batch:{nowhere}")),
            "UNKNOWN_BATCH",
            "batch",
        ),
        (transfer("reason", "GROUP"), "NOT_ONE_GROUP", "reason"),
        (transfer("note", " blank at an end"), "WORDS", "note"),
    ];
    for (input, code, path) in cases {
        let refused = world.refuse(&world.supplier, TRANSFER, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path)),
            "{refused:?}"
        );
    }
    let retire = |field: &str, value: Value| {
        let mut input = world.retire_input(&world.supplier, &batch, 1, "r");
        input[field] = value;
        input
    };
    let early = json!({ "from": "2025-01-01", "to": "2026-03-01" });
    let cases = [
        (
            retire("units", json!("69")),
            "INSUFFICIENT_BALANCE",
            "units",
        ),
        (retire("units", json!(max)), "INSUFFICIENT_BALANCE", "units"),
        (
            retire("beneficiary", json!(format!("organisation:{nowhere}"))),
            "UNKNOWN_ORGANISATION",
            "beneficiary",
        ),
        (retire("jurisdiction", json!("")), "PLACE", "jurisdiction"),
        (retire("period", early), "TOO_EARLY", "period"),
    ];
    for (input, code, path) in cases {
        let refused = world.refuse(&world.supplier, RETIRE, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path)),
            "{refused:?}"
        );
    }
    let stranger = world
        .refuse(&world.fund, TRANSFER, world.transfer_input(&batch, 1, "t"))
        .await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        68,
        "nothing moved"
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn concurrent_transfers_never_spend_a_unit_twice(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let keys: Vec<String> = (0..12).map(|number| format!("t{number}")).collect();
    let requests = keys.iter().map(|key| {
        let input = json!({ "input": world.transfer_input(&batch, 10, key) });
        world.app.ask(Some(&world.supplier), TRANSFER, input)
    });
    let answers = futures_util::future::try_join_all(requests).await?;
    let done = answers
        .iter()
        .filter(|answer| answer["data"]["made"]["transfer"].is_object())
        .count();
    let short = answers
        .iter()
        .filter(|answer| answer["data"]["made"]["userErrors"][0]["code"] == "INSUFFICIENT_BALANCE")
        .count();
    assert_eq!((done, short), (6, 6), "68 credits pay six transfers of 10");
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        8
    );
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 60);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn two_first_spends_of_an_empty_account_both_fail(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let spend = |key: &str| {
        let mut input = world.transfer_input(&batch, 1, key);
        input["from"] = json!(world.fund.organisation_id());
        input["to"] = json!(world.supplier.organisation_id());
        json!({ "input": input })
    };
    let (first, second) = futures_util::future::try_join(
        world.app.refusal(Some(&world.fund), TRANSFER, spend("a")),
        world.app.refusal(Some(&world.fund), TRANSFER, spend("b")),
    )
    .await?;
    assert_eq!(
        (first.code.as_str(), second.code.as_str()),
        ("INSUFFICIENT_BALANCE", "INSUFFICIENT_BALANCE")
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn concurrent_requests_with_one_key_get_one_answer(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let issue = json!({ "input": { "claim": claim, "idempotencyKey": "k" } });
    let issued = many(&world, &world.registrar, ISSUE, &issue).await?;
    let batch = text(&issued["data"]["made"]["batch"]["id"]);
    let transfer = json!({ "input": world.transfer_input(&batch, 20, "t") });
    many(&world, &world.supplier, TRANSFER, &transfer).await?;
    let retire = json!({ "input": world.retire_input(&world.fund, &batch, 4, "r") });
    many(&world, &world.fund, RETIRE, &retire).await?;
    assert_eq!(
        world.available(world.supplier.organisation, &batch).await?,
        48
    );
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 16);
    world.app.expect_clean_log().await?;
    Ok(())
}

/// Sends one request eight times at once; all answers must be the same.
async fn many(
    world: &World,
    user: &commonweal_tests::User,
    document: &str,
    variables: &Value,
) -> Result<Value> {
    let requests = (0..8).map(|_| world.app.ask(Some(user), document, variables.clone()));
    let mut answers = futures_util::future::try_join_all(requests).await?;
    let first = answers.swap_remove(0);
    let data = |answer: &Value| answer["data"].clone();
    assert!(
        first["data"]["made"]["userErrors"]
            .as_array()
            .is_some_and(Vec::is_empty),
        "{first}"
    );
    for answer in &answers {
        assert_eq!(data(answer), data(&first));
    }
    Ok(first)
}

async fn a_class_is_defined_once_and_its_limit_counts_within_a_group(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let define = "mutation ($input: DefineClassInput!) {
        made: defineClass(input: $input) { class { id holdingLimit one { quantity unit } } userErrors { code message path } }
    }";
    let class = |place: &str, vintage: i32, limit: &str| {
        json!({ "input": {
            "measure": { "catalogue": world.catalogue, "code": "VOL-1" }, "place": place, "vintage": vintage,
            "bufferShare": "0", "holdingLimit": limit, "transferable": true } })
    };
    let twice = world
        .app
        .refusal(Some(&world.registrar), define, class("KR-11", 2026, "9"))
        .await?;
    assert_eq!(twice.code, "CLASS_EXISTS");
    let wrong = world
        .app
        .refusal(Some(&world.registrar), define, class("KR-26", 2026, "0"))
        .await?;
    assert_eq!(
        (wrong.code.as_str(), wrong.path.as_deref()),
        ("HOLDING_LIMIT", Some("holdingLimit"))
    );
    let made = world
        .app
        .data(Some(&world.registrar), define, class("KR-26", 2026, "30"))
        .await?;
    assert_eq!(
        made["made"]["class"]["one"],
        json!({ "quantity": "0.1", "unit": "hour" })
    );

    let mut input = world.claim_input("busan", "10.0");
    input["outcome"]["outsideContracts"]["place"] = json!("KR-26");
    let claim = world.submit(input).await?;
    world.verify(&claim, "10.0").await?;
    let batch = world.issue(&claim, "busan").await?;
    // Two at once: the second must see what the first has moved in the same commit.
    let first = world.transfer_input(&batch, 20, "1");
    let second = world.transfer_input(&batch, 20, "2");
    let requests = [first, second].map(|input| {
        world
            .app
            .ask(Some(&world.supplier), TRANSFER, json!({ "input": input }))
    });
    let answers = futures_util::future::try_join_all(requests).await?;
    let over = answers
        .iter()
        .filter(|answer| answer["data"]["made"]["userErrors"][0]["code"] == "HOLDING_LIMIT")
        .count();
    assert_eq!(over, 1, "{answers:?}");
    // Decided from what is known, and again from the tables, because a key was used: nothing is counted twice.
    let transfer = |units, key| json!({ "transfer": world.transfer_input(&batch, units, key) });
    for (moves, outcomes) in [
        (vec![transfer(1, "small")], vec!["DONE"]),
        (
            vec![transfer(6, "large"), transfer(1, "small")],
            vec!["DONE", "EARLIER"],
        ),
        (
            vec![transfer(1, "one"), transfer(2, "two")],
            vec!["DONE", "DONE"],
        ),
        (vec![transfer(1, "too much")], vec!["REFUSED"]),
    ] {
        let input = json!({ "input": { "moves": moves } });
        let made = world.app.data(Some(&world.supplier), MOVE, input).await?;
        let results = made["made"]["results"].as_array().context("results")?;
        let found = results.iter().map(|result| &result["outcome"]);
        assert!(found.eq(outcomes.iter()), "{made}");
    }
    assert_eq!(world.available(world.fund.organisation, &batch).await?, 30);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_account_statement_is_read_page_by_page(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    for units in 1..=4 {
        let input = world.transfer_input(&batch, units, &format!("t{units}"));
        world
            .app
            .data(Some(&world.supplier), TRANSFER, json!({ "input": input }))
            .await?;
    }
    let (mut amounts, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = world
            .app
            .data(
                None,
                "query ($id: ID!, $after: String) { accountStatement(organisation: $id, first: 2, after: $after) {
                    totalCount nodes { kind amount bucket batch { id } } pageInfo { hasNextPage endCursor } } }",
                json!({ "id": world.supplier.organisation_id(), "after": after }),
            )
            .await?;
        let page = &page["accountStatement"];
        assert_eq!(page["totalCount"], 5);
        let nodes = page["nodes"].as_array().cloned().unwrap_or_default();
        amounts.extend(
            nodes
                .iter()
                .map(|node| (text(&node["kind"]), number(&node["amount"]))),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let moved = |units: i64| ("credits.transferred".to_owned(), -units);
    let expected = [
        ("credits.issued".to_owned(), 68),
        moved(1),
        moved(2),
        moved(3),
        moved(4),
    ];
    assert_eq!(amounts, expected);
    world.app.expect_clean_log().await?;
    Ok(())
}
