//! Outcome payers: terms, statements, payments by reference, and what is claimed back.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use commonweal_verify::Verdict;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::credit_world::{World, reduce, text};

on_both!(
    a_programme_pays_each_claim_once_and_claims_back_what_was_undone,
    a_budget_is_shared_in_proportion_and_to_the_last_cent,
    claims_that_the_terms_do_not_admit_are_not_counted,
    wrong_terms_and_payments_name_the_field,
    only_officers_of_the_payer_open_state_and_pay,
    a_statement_changed_behind_the_service_is_found,
);

const OPEN: &str = "mutation ($input: OpenProgrammeInput!) {
    made: openProgramme(input: $input) { programme { id } userErrors { code message path } }
}";
const STATE: &str = "mutation ($input: StateEntitlementsInput!) {
    made: stateEntitlements(input: $input) {
        statement { number claims difference { amount } left { amount } } userErrors { code message path }
    }
}";
const PAY: &str = "mutation ($input: RecordPaymentInput!) {
    made: recordPayment(input: $input) { payment { entryIndex amount { amount } } userErrors { code message path } }
}";

fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// A quarter of 80 % of 10.00 EUR an hour, in Seoul in 2026.
fn terms(world: &World, budget: &str) -> Value {
    json!({
        "payer": world.fund.organisation_id(), "title": "Seoul outcomes 2026", "rate": "0.25", "recognised": "0.8",
        "values": [{ "measure": { "catalogue": world.catalogue, "code": "VOL-1" }, "value": eur("10") }],
        "budget": eur(budget), "period": { "from": "2026-01-01", "to": "2027-01-01" }, "places": ["KR-11"],
        "statementDays": ["2026-01-02"], "idempotencyKey": "open",
    })
}

async fn open(world: &World, terms: Value) -> Result<String> {
    world.make(&world.fund, OPEN, terms, "programme").await
}

async fn verified(world: &World, key: &str, hours: &str, from: &str, to: &str) -> Result<String> {
    let mut input = world.claim_input(key, hours);
    input["period"] = json!({ "from": from, "to": to });
    let claim = world.submit(input).await?;
    world.verify(&claim, hours).await?;
    Ok(claim)
}

async fn state(world: &World, programme: &str, key: &str) -> Result<Value> {
    let input = json!({ "programme": programme, "idempotencyKey": key });
    let made = world
        .app
        .data(Some(&world.fund), STATE, json!({ "input": input }))
        .await?;
    Ok(made["made"]["statement"].clone())
}

fn payment(world: &World, programme: &str, direction: &str, amount: &str, key: &str) -> Value {
    json!({
        "programme": programme, "organisation": world.supplier.organisation_id(), "direction": direction,
        "amount": eur(amount), "on": "2026-06-30", "reference": key, "idempotencyKey": key,
    })
}

async fn entitlement(world: &World, programme: &str) -> Result<Value> {
    let found = world
        .app
        .data(
            None,
            "query ($id: ID!) { entitlements(programme: $id, first: 10) { nodes {
                outcome { amount } entitled { amount } owed { amount } paid { amount } open { amount } } }
                programme(id: $id) { totals { owed { amount } paid { amount } effectivePercent } payer { id } } }",
            json!({ "id": programme }),
        )
        .await?;
    Ok(found)
}

async fn a_programme_pays_each_claim_once_and_claims_back_what_was_undone(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let programme = open(&world, terms(&world, "1000")).await?;
    let first = verified(&world, "a", "10.0", "2026-03-01", "2026-04-01").await?;
    let stated = state(&world, &programme, "s1").await?;
    let expected = json!({ "number": "1", "claims": "1", "difference": { "amount": "20.00" }, "left": { "amount": "980.00" } });
    assert_eq!(stated, expected);
    assert_eq!(
        state(&world, &programme, "s1").await?,
        expected,
        "the same key answers the same"
    );
    let again = json!({ "programme": programme, "idempotencyKey": "s2" });
    let again = world.refuse(&world.fund, STATE, again).await?;
    assert_eq!(again.code, "NOTHING_TO_STATE");
    let paid = payment(&world, &programme, "PAID", "20", "2026/1");
    world
        .app
        .data(Some(&world.fund), PAY, json!({ "input": paid }))
        .await?;
    verified(&world, "b", "4.0", "2026-04-01", "2026-05-01").await?;
    let stated = state(&world, &programme, "s3").await?;
    assert_eq!(stated["difference"]["amount"], "8.00");

    // A registrar finds that half of the first claim did not happen, and another carries it out.
    let registry = world.app.registry;
    let second = world.app.user(registry, &[Role::Registrar]).await?;
    let third = world.app.user(registry, &[Role::Registrar]).await?;
    let less = (first.as_str(), "2.0", "CORRECT");
    reduce(&world.app, [&second, &third], less).await?;
    let stated = state(&world, &programme, "s4").await?;
    assert_eq!(stated["number"], "3");
    assert_eq!(stated["difference"]["amount"], "-16.00");
    let found = entitlement(&world, &programme).await?;
    assert_eq!(
        found["entitlements"]["nodes"],
        json!([{
            "outcome": { "amount": "60.00" }, "entitled": { "amount": "12.00" }, "owed": { "amount": "12.00" },
            "paid": { "amount": "20.00" }, "open": { "amount": "-8.00" },
        }])
    );
    assert_eq!(found["programme"]["totals"]["effectivePercent"], "20.00");
    let back = payment(&world, &programme, "RETURNED", "8", "2026/1-back");
    world
        .app
        .data(Some(&world.fund), PAY, json!({ "input": back }))
        .await?;
    pages(&world, &programme).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

/// Every list of the programme, page by page.
async fn pages(world: &World, programme: &str) -> Result<()> {
    let ask = "query ($id: ID!, $after: String) {
        programmeStatements(programme: $id, first: 2, after: $after) {
            totalCount nodes { number entry { kind } } pageInfo { hasNextPage endCursor } }
        programmeLines(programme: $id, number: 3, first: 5) { nodes { difference { amount } organisation { id } } }
        programmeClaims(programme: $id, first: 5) { nodes { statement earned { amount } claim { id } } }
        programmePayments(programme: $id, first: 5) { nodes { direction amount { amount } reference entry { kind } } }
        programmes(first: 5) { totalCount nodes { id rate recognised places values { value { amount } measure { title } } } }
    }";
    let first = json!({ "id": programme, "after": null });
    let found = world.app.data(None, ask, first).await?;
    let statements = &found["programmeStatements"];
    assert_eq!(statements["totalCount"], 3);
    assert_eq!(statements["nodes"][1]["number"], "2");
    assert_eq!(statements["nodes"][0]["entry"]["kind"], "programme.stated");
    assert_eq!(statements["pageInfo"]["hasNextPage"], true);
    let lines = &found["programmeLines"]["nodes"];
    assert_eq!(lines[0]["difference"]["amount"], "-16.00");
    let claims = found["programmeClaims"]["nodes"].as_array().cloned();
    let mut counted: Vec<String> = claims
        .iter()
        .flatten()
        .map(|claim| text(&claim["statement"]))
        .collect();
    counted.sort();
    assert_eq!(counted, ["2", "3"]);
    let payments = &found["programmePayments"]["nodes"];
    assert_eq!(payments[1]["direction"], "RETURNED");
    assert_eq!(payments[0]["entry"]["kind"], "programme.paid");
    assert_eq!(found["programmes"]["totalCount"], 1);
    let after = &statements["pageInfo"]["endCursor"];
    let second = json!({ "id": programme, "after": after });
    let found = world.app.data(None, ask, second).await?;
    assert_eq!(found["programmeStatements"]["nodes"][0]["number"], "3");
    assert_eq!(
        found["programmeStatements"]["pageInfo"]["hasNextPage"],
        false
    );
    Ok(())
}

async fn a_budget_is_shared_in_proportion_and_to_the_last_cent(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    // Two organisations earn 20.00 and 10.00, and there are 10.00.
    let programme = open(&world, terms(&world, "10")).await?;
    verified(&world, "a", "10.0", "2026-03-01", "2026-04-01").await?;
    let other = world
        .app
        .organisation(&world.registrar, "Second Helpers", "CIVIL_SOCIETY")
        .await?;
    let other = world.app.user(other, &[Role::Supplier]).await?;
    let mut input = world.claim_input("b", "5.0");
    input["claimant"] = json!(other.organisation_id());
    let claim = world
        .make(&other, crate::credit_world::SUBMIT, input, "claim")
        .await?;
    world.verify(&claim, "5.0").await?;
    let stated = state(&world, &programme, "s").await?;
    assert_eq!(stated["left"]["amount"], "0.00");
    let found = entitlement(&world, &programme).await?;
    let nodes = found["entitlements"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut owed: Vec<String> = nodes
        .iter()
        .map(|node| text(&node["owed"]["amount"]))
        .collect();
    owed.sort();
    assert_eq!(owed, ["3.33", "6.67"]);
    assert_eq!(found["programme"]["totals"]["owed"]["amount"], "10.00");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn claims_that_the_terms_do_not_admit_are_not_counted(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    verified(&world, "a", "10.0", "2026-03-01", "2026-04-01").await?;
    let refused = async |change: Value| {
        let mut input = terms(&world, "1000");
        let changes = change.as_object().cloned().unwrap_or_default();
        input["idempotencyKey"] = json!(change.to_string());
        for (field, value) in changes {
            input[field] = value;
        }
        let programme = open(&world, input).await?;
        let input = json!({ "programme": programme, "idempotencyKey": programme });
        world.refuse(&world.fund, STATE, input).await
    };
    for change in [
        json!({ "places": ["KR-26"] }),
        json!({ "places": ["KR-1"] }),
        json!({ "period": { "from": "2026-03-02", "to": "2027-01-01" }, "statementDays": ["2026-03-03"] }),
        json!({ "kinds": ["SOCIAL_ENTERPRISE"] }),
    ] {
        assert_eq!(
            refused(change.clone()).await?.code,
            "NOTHING_TO_STATE",
            "{change}"
        );
    }
    let early = refused(json!({ "statementDays": ["2026-12-31"] })).await?;
    assert_eq!(early.code, "NOT_YET");
    let certified = json!({
        "organisation": world.supplier.organisation_id(), "kind": "SOCIAL_ENTERPRISE", "from": "2026-01-01",
        "source": "register 7",
    });
    world
        .app
        .data(
            Some(&world.registrar),
            "mutation ($input: RecordCertificationInput!) {
                made: recordCertification(input: $input) { certification userErrors { code message path } }
            }",
            json!({ "input": certified }),
        )
        .await?;
    let mut input = terms(&world, "1000");
    input["kinds"] = json!(["SOCIAL_ENTERPRISE", "COOPERATIVE"]);
    input["idempotencyKey"] = json!("certified");
    let programme = open(&world, input).await?;
    let stated = state(&world, &programme, "s").await?;
    assert_eq!(stated["difference"]["amount"], "20.00");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_terms_and_payments_name_the_field(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    for (field, value, path) in [
        ("title", json!(""), "title"),
        ("rate", json!("0"), "rate"),
        ("rate", json!("1.5"), "rate"),
        ("recognised", json!("0"), "recognised"),
        ("values", json!([]), "values"),
        ("budget", eur("0"), "budget"),
        (
            "budget",
            json!({ "amount": "1", "currency": "KRW" }),
            "values.0.value",
        ),
        ("cap", eur("-1"), "cap"),
        ("places", json!(["Seoul"]), "places.0"),
        ("places", json!(["KR-11", "KR-11"]), "places"),
        ("kinds", json!(["VCSE", "VCSE"]), "kinds"),
        ("statementDays", json!([]), "statementDays"),
        (
            "statementDays",
            json!(["2027-01-02", "2027-01-01"]),
            "statementDays",
        ),
        (
            "period",
            json!({ "from": "2027-01-01", "to": "2026-01-01" }),
            "period",
        ),
    ] {
        let mut input = terms(&world, "1000");
        input[field] = value.clone();
        let refused = world.refuse(&world.fund, OPEN, input).await?;
        assert_eq!(
            refused.path.as_deref(),
            Some(path),
            "{field} {value}: {refused:?}"
        );
    }
    let programme = open(&world, terms(&world, "1000")).await?;
    let nobody = payment(&world, &programme, "PAID", "1", "p0");
    let refused = world.refuse(&world.fund, PAY, nobody).await?;
    assert_eq!(refused.path.as_deref(), Some("organisation"));
    verified(&world, "a", "10.0", "2026-03-01", "2026-04-01").await?;
    state(&world, &programme, "s").await?;
    let paid = payment(&world, &programme, "PAID", "15", "p1");
    world
        .app
        .data(Some(&world.fund), PAY, json!({ "input": paid }))
        .await?;
    for (field, value, path) in [
        ("amount", eur("5.01"), "amount"),
        ("amount", eur("0"), "amount"),
        (
            "amount",
            json!({ "amount": "1", "currency": "KRW" }),
            "amount",
        ),
        ("direction", json!("RETURNED"), "amount"),
        ("reference", json!("p1"), "reference"),
        ("reference", json!(""), "reference"),
        ("on", json!("2030-01-01"), "on"),
    ] {
        let mut input = payment(&world, &programme, "PAID", "1", "p2");
        input[field] = value.clone();
        let refused = world.refuse(&world.fund, PAY, input).await?;
        assert_eq!(
            refused.path.as_deref(),
            Some(path),
            "{field} {value}: {refused:?}"
        );
    }
    Ok(())
}

async fn only_officers_of_the_payer_open_state_and_pay(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let programme = open(&world, terms(&world, "1000")).await?;
    let mut mine = terms(&world, "1000");
    mine["idempotencyKey"] = json!("mine");
    let state = json!({ "programme": programme, "idempotencyKey": "s" });
    let pay = payment(&world, &programme, "PAID", "1", "p");
    for (document, input) in [(OPEN, mine), (STATE, state), (PAY, pay)] {
        let refused = world
            .refuse(&world.supplier, document, input.clone())
            .await?;
        assert_eq!(refused.code, "FORBIDDEN");
        let public = world
            .app
            .refusal(None, document, json!({ "input": input }))
            .await?;
        assert_eq!(public.code, "UNAUTHENTICATED");
    }
    Ok(())
}

async fn a_statement_changed_behind_the_service_is_found(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let programme = open(&world, terms(&world, "1000")).await?;
    verified(&world, "a", "10.0", "2026-03-01", "2026-04-01").await?;
    state(&world, &programme, "s1").await?;
    // The service forgets that it counted the claim, and would pay for it again.
    let database = world.app.database.connect().await?;
    database
        .execute_unprepared("DELETE FROM programme_claim")
        .await?;
    database.close().await?;
    let stated = state(&world, &programme, "s2").await?;
    assert_eq!(stated["difference"]["amount"], "20.00");
    world.app.publisher().await?;
    let report = world.app.watchdog().await?;
    assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
    assert!(
        report.to_string().contains("nothing has changed"),
        "{report}"
    );
    Ok(())
}
