//! Certificates of retirements: as data, as a receipt that is verified without a network, and withdrawn in part; and account
//! statements, whose lines add up to what their organisation has.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use commonweal_verify::certificate::{Checked, check_certificate};
use commonweal_verify::item::prove_receipt;
use commonweal_verify::{Options, Verdict, source};
use serde_json::{Value, json};

use crate::contract::Signed;
use crate::credit_world::{RETIRE, TRANSFER, World, number, reduce, text};

on_both!(
    a_certificate_is_verified_without_a_network,
    a_certificate_whose_outcome_fell_is_withdrawn_in_part,
    a_statement_adds_up_to_the_balance_page_by_page,
);

async fn fetch(app: &TestApp, file: &str) -> Result<reqwest::Response> {
    let address = format!("{}/log/certificate/{file}", app.url);
    Ok(app.http().get(address).send().await?)
}

/// What the watchdog's tool says of the file of a certificate, with the log at its address or without one.
async fn checked(app: &TestApp, file: &str, with_log: bool) -> Result<Checked> {
    app.publisher().await?;
    let options = Options {
        vkey: app.app.read().log_key().await?,
        ..Options::default()
    };
    let (file, address) = (file.to_owned(), app.url.clone());
    let check = move || {
        let log = with_log.then(|| source::open(&address));
        check_certificate(&file, log.as_deref(), &options, &mut |_| ())
    };
    Ok(tokio::task::spawn_blocking(check).await?)
}

async fn a_certificate_is_verified_without_a_network(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    let input = world.retire_input(&world.supplier, &batch, 5, "r");
    let made = world
        .app
        .data(Some(&world.supplier), RETIRE, json!({ "input": input }))
        .await?;
    let certificate = text(&made["made"]["retirement"]["certificateNumber"]);
    let file = format!("{certificate}.tlog-proof");
    world.app.publisher().await?;
    let answer = fetch(&world.app, &file).await?;
    assert_eq!(answer.status(), 200);
    let receipt = answer.text().await?;
    let key = world.app.app.read().log_key().await?.context("a key")?;
    let options = Options {
        vkey: Some(key),
        ..Options::default()
    };
    let proven =
        prove_receipt(&receipt, None, &options).map_err(|found| anyhow::anyhow!("{found}"))?;
    let given = proven.certificates();
    let given = given.map_err(|found| anyhow::anyhow!("{found}"))?;
    let numbers: Vec<&str> = given
        .iter()
        .map(|given| given.retirement.certificate.as_str())
        .collect();
    assert_eq!(numbers, [certificate.as_str()]);
    // One letter of the entry changed, and it proves nothing.
    let line = receipt.lines().nth(1).context("the entry")?;
    let other = line.replacen('A', "B", 1);
    assert_ne!(line, other);
    let refused = prove_receipt(&receipt.replace(line, &other), None, &options);
    assert_eq!(
        refused.err().map(|found| found.verdict),
        Some(Verdict::Discrepancy)
    );
    for wrong in [
        certificate.as_str(),
        "CW-2026-0000-0000-0000-0000.tlog-proof",
        "x.tlog-proof",
    ] {
        assert_eq!(fetch(&world.app, wrong).await?.status(), 404, "{wrong}");
    }
    Ok(())
}

async fn a_certificate_whose_outcome_fell_is_withdrawn_in_part(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let app = &signed.app;
    let batch = signed.deliver("8", "first").await?;
    let ask = "query ($batch: ID!) { batch(id: $batch) { claim { id } } retirements(filter: { batch: $batch }) { nodes {
        certificateNumber units withdrawn withdrawnInPart withdrawals { units entryIndex entry { kind } } } } }";
    let id = json!({ "batch": batch["id"] });
    let found = app.data(None, ask, id.clone()).await?;
    let shown = &found["retirements"]["nodes"][0];
    assert_eq!(
        (&shown["withdrawnInPart"], &shown["withdrawals"]),
        (&json!(false), &json!([]))
    );
    let number = text(&shown["certificateNumber"]);
    app.publisher().await?;
    let file = fetch(app, &format!("{number}.tlog-proof")).await?;
    let file = file.text().await?;
    let holds = checked(app, &file, true).await?;
    assert_eq!(holds.certificates[0].withdrawn, Some(0), "{holds}");
    assert!(holds.to_string().contains("It holds:"), "{holds}");
    let second = app.user(app.registry, &[Role::Registrar]).await?;
    let third = app.user(app.registry, &[Role::Registrar]).await?;
    let claim = text(&found["batch"]["claim"]["id"]);
    reduce(app, [&second, &third], (&claim, "5", "CORRECT")).await?;
    let found = app.data(None, ask, id).await?;
    let shown = &found["retirements"]["nodes"][0];
    assert_eq!(
        (&shown["units"], &shown["withdrawn"]),
        (&json!("8"), &json!("3"))
    );
    assert_eq!(shown["withdrawnInPart"], true);
    assert_eq!(shown["withdrawals"][0]["units"], "3");
    assert_eq!(
        shown["withdrawals"][0]["entry"]["kind"],
        "credits.corrected"
    );
    app.expect_clean_log().await?;
    // The file from before the correction proves what it did; the log tells what became of it.
    let fell = checked(app, &file, true).await?;
    assert_eq!(fell.verdict, Verdict::Clean, "{fell}");
    assert_eq!(fell.certificates[0].withdrawn, Some(3), "{fell}");
    assert!(fell.to_string().contains("WITHDRAWN IN PART"), "{fell}");
    let alone = checked(app, &file, false).await?;
    assert_eq!(alone.certificates[0].withdrawn, None, "{alone}");
    assert!(alone.to_string().contains("is not known"), "{alone}");
    Ok(())
}

/// The lines of an account, page by page, two on each.
async fn lines(world: &World, batch: &str) -> Result<Vec<Value>> {
    let ask = "query ($whose: ID!, $batch: ID!, $after: String) {
        accountStatement(organisation: $whose, batch: $batch, first: 2, after: $after) {
            nodes { amount balance } pageInfo { hasNextPage endCursor } } }";
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let whose = world.supplier.organisation_id();
        let variables = json!({ "whose": whose, "batch": batch, "after": after });
        let found = world.app.data(None, ask, variables).await?;
        let page = &found["accountStatement"];
        all.extend(page["nodes"].as_array().cloned().unwrap_or_default());
        if page["pageInfo"]["hasNextPage"] == false {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn a_statement_adds_up_to_the_balance_page_by_page(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let batch = world.batch("a", "10.0").await?;
    for (units, key) in [(10, "t1"), (20, "t2"), (3, "t3")] {
        let input = world.transfer_input(&batch, units, key);
        world
            .app
            .data(Some(&world.supplier), TRANSFER, json!({ "input": input }))
            .await?;
    }
    let lines = lines(&world, &batch).await?;
    let mut balance = 0;
    for line in &lines {
        balance += number(&line["amount"]);
        assert_eq!(number(&line["balance"]), balance, "{lines:?}");
    }
    let has = world.available(world.supplier.organisation, &batch).await?;
    assert_eq!((balance, has), (35, 35));
    let back = "query ($whose: ID!, $batch: ID!, $before: String) {
        accountStatement(organisation: $whose, batch: $batch, last: 2, before: $before) {
            nodes { balance } pageInfo { hasPreviousPage startCursor } } }";
    let whose = world.supplier.organisation_id();
    let last = json!({ "whose": whose, "batch": batch, "before": null });
    let found = world.app.data(None, back, last).await?;
    let page = &found["accountStatement"];
    assert_eq!(
        page["nodes"],
        json!([{ "balance": "38" }, { "balance": "35" }])
    );
    let before = &page["pageInfo"]["startCursor"];
    let earlier = json!({ "whose": whose, "batch": batch, "before": before });
    let found = world.app.data(None, back, earlier).await?;
    assert_eq!(
        found["accountStatement"]["nodes"],
        json!([{ "balance": "68" }, { "balance": "58" }])
    );
    Ok(())
}
