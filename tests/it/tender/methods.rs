//! Methods, proxy packs and currencies, through HTTP.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, on_tender, submit, text};

on_both!(
    social_value_in_money_is_ranked_by_monetised_quality_and_a_stranger_recomputes_it,
    a_proxy_pack_is_seen_and_used_by_its_organisation_alone,
    wrong_packs_and_methods_are_refused_with_their_field,
);

const REGISTER: &str = "mutation ($input: RegisterProxyPackInput!) {
    made: registerProxyPack(input: $input) { proxyPack { id title values { measure proxy { amount } dropOff years } } userErrors { code message path } }
}";

fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn pack(organisation: &User, catalogue: &str, deadweight: &str, basis: &str) -> Value {
    json!({ "input": {
        "organisation": organisation.organisation_id(), "catalogue": catalogue, "title": "City values 2026",
        "licence": "Ours, values used in a plan may be published", "currency": "EUR", "basis": basis,
        "values": [{ "measure": "JOB-1", "proxy": eur("1000"), "deadweight": deadweight }],
    } })
}

/// Registers the city's pack and answers its opaque id.
async fn registered(app: &TestApp, city: &City) -> Result<String> {
    let input = pack(&city.officer, &city.catalogue, "0.2", "GROSS");
    let made = app.data(Some(&city.officer), REGISTER, input).await?;
    text(&made["made"]["proxyPack"]["id"])
}

/// 60 for jobs in money, 40 for the method; a point is worth 500 euro.
fn plan(city: &City, pack: &str) -> Value {
    let mut plan = city.plan();
    let level = |points: u32| json!({ "points": points, "name": format!("level {points}") });
    let levels: Vec<Value> = [0, 3, 4, 5].map(level).into();
    plan["lots"][0]["criteria"] = json!([
        { "code": "JOBS", "title": "Jobs", "weight": "60", "rule": { "socialValueMoney": {
            "measures": ["JOB-1"], "outer": "RELATIVE_HIGHEST", "methodStatement": true } } },
        { "code": "METHOD", "title": "Method", "weight": "40", "rule": { "qualityLevels": { "levels": levels } } },
        { "code": "INSURED", "title": "Insurance", "weight": "0",
          "rule": { "passFail": { "statement": "The supplier is insured.", "excludes": true } } },
    ]);
    plan["method"] = json!("MONETISED_QUALITY");
    plan["methodTerms"] = json!({ "scale": 2, "willingnessToPay": eur("500") });
    plan["proxies"] = json!({ "pack": pack, "discountRate": "0.035", "yearOne": "UNDISCOUNTED" });
    plan["exchangeRates"] = json!([
        { "currency": "USD", "rate": "0.9", "date": "2026-01-02", "source": "European Central Bank" },
    ]);
    plan
}

const RESULT: &str = "query ($id: ID!) { tender(id: $id) {
    plan { method lowestWins methodFormula methodTerms { scale willingnessToPay { amount } }
        exchangeRates { currency rate date }
        proxies { title licence basis yearOne discountRate values { measure deadweight years } }
        lots { criteria { rule { __typename ... on SocialValueMoneyRule { measures outer methodStatement } } } }
    }
    lots { ranking { places { rank total bid { supplier { name } scorecard { totalTrace { method exact inputs { name value } }
        marks { criterion rounded inputs { name value } } } } } } }
} }";

async fn social_value_in_money_is_ranked_by_monetised_quality_and_a_stranger_recomputes_it(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let pack = registered(&app, &city).await?;
    let tender = city.publish(&app, plan(&city, &pack)).await?;
    let mut bids = city.bids();
    bids[0]["answers"] = json!([
        { "criterion": "METHOD", "text": "Apprentices from the neighbourhood." },
        { "criterion": "JOBS", "text": "Six people in each of two teams." },
    ]);
    bids[1]["price"]["currency"] = json!("USD");
    for (supplier, bid) in city.suppliers.iter().zip(bids) {
        submit(&app, supplier, &tender, bid, "first").await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    for (officer, step) in [
        (&city.officer, "approveOpening"),
        (&city.second_officer, "openTender"),
    ] {
        on_tender(&app, officer, step, "OpenTenderInput", &tender).await?;
    }
    city.seat(&app, &tender).await?;
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let found = app.data(None, RESULT, json!({ "id": tender })).await?;
    let published = &found["tender"]["plan"];
    assert_eq!(published["method"], "MONETISED_QUALITY");
    assert_eq!(published["lowestWins"], true);
    assert_eq!(
        published["proxies"]["values"],
        json!([{ "measure": "JOB-1", "deadweight": "0.2", "years": 1 }])
    );
    assert_eq!(published["exchangeRates"][0]["rate"], "0.9");
    assert_eq!(
        published["lots"][0]["criteria"][0]["rule"],
        json!({ "__typename": "SocialValueMoneyRule", "measures": ["JOB-1"], "outer": "RELATIVE_HIGHEST",
            "methodStatement": true })
    );
    let places = &found["tender"]["lots"][0]["ranking"]["places"];
    // 120,000 - (60 + 32) * 500, and 100,000 * 0.9 - 24 * 500.
    let totals = [&places[0]["total"], &places[1]["total"]];
    assert_eq!(totals, ["74000.00", "78000.00"]);
    let card = |place: usize| &places[place]["bid"]["scorecard"];
    assert_eq!(card(0)["totalTrace"]["exact"], "74000/1");
    let told = card(1)["marks"][0]["inputs"].to_string();
    assert!(told.contains("the method statement is missing"), "{told}");
    assert_eq!(card(1)["marks"][0]["rounded"], "0.0000");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_proxy_pack_is_seen_and_used_by_its_organisation_alone(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let before = app.app.read().log_size().await?;
    let id = registered(&app, &city).await?;
    assert_eq!(app.app.read().log_size().await?, before, "no entry");
    let other = app
        .organisation(&city.registrar, "Another City", "PUBLIC")
        .await?;
    let stranger = app.user(other, &[Role::Officer]).await?;
    let query = "query ($id: ID!, $of: ID!) {
        proxyPack(id: $id) { title values { proxy { amount } } }
        node(id: $id) { __typename }
        proxyPacks(organisation: $of, first: 10) { totalCount nodes { id } }
    }";
    let variables = json!({ "id": id, "of": city.officer.organisation_id() });
    let own = app
        .data(Some(&city.second_officer), query, variables.clone())
        .await?;
    assert_eq!(own["proxyPack"]["values"][0]["proxy"]["amount"], "1000.00");
    assert_eq!(own["proxyPacks"]["totalCount"], 1);
    for user in [None, Some(&stranger), Some(&city.suppliers[0])] {
        let found = app.data(user, query, variables.clone()).await?;
        assert!(found["proxyPack"].is_null() && found["node"].is_null());
        assert_eq!(found["proxyPacks"]["totalCount"], 0);
    }
    let foreign = pack(&city.officer, &city.catalogue, "0", "GROSS");
    let denied = app.ask(Some(&stranger), REGISTER, foreign).await?;
    let code = &denied["errors"][0]["extensions"]["code"];
    assert_eq!(code, "FORBIDDEN", "{denied}");
    Ok(())
}

async fn wrong_packs_and_methods_are_refused_with_their_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let net = pack(&city.officer, &city.catalogue, "0.2", "NET_OF_DEADWEIGHT");
    let refused = app.refusal(Some(&city.officer), REGISTER, net).await?;
    assert_eq!(refused.path.as_deref(), Some("values.0.deadweight"));
    let id = registered(&app, &city).await?;
    let cases: [(&str, Value, &str); 6] = [
        ("/methodTerms/scale", json!(7), "plan.methodTerms.scale"),
        ("/methodTerms/caps", json!("0.3"), "plan.methodTerms"),
        ("/method", json!("WEIGHTED_SUM"), "plan.methodTerms"),
        (
            "/lots/0/criteria/0/rule/socialValueMoney/outer",
            json!("TO_TARGET"),
            "plan.lots.0.criteria.0.rule.socialValueMoney.outer",
        ),
        (
            "/exchangeRates/0/currency",
            json!("EUR"),
            "plan.exchangeRates.0.currency",
        ),
        (
            "/proxies/pack",
            json!("proxy-pack:00000000-0000-7000-8000-000000000000"),
            "plan.proxies.pack",
        ),
    ];
    for (place, wrong, field) in cases {
        let mut plan = plan(&city, &id);
        if let Some(slot) = plan.pointer_mut(place) {
            *slot = wrong;
        } else {
            let (parent, name) = place.rsplit_once('/').context("a place")?;
            plan.pointer_mut(parent).context("its parent")?[name] = wrong;
        }
        let refused = city.publish_refused(&app, plan).await?;
        let named = refused
            .path
            .clone()
            .unwrap_or_else(|| refused.message.clone());
        assert!(named.contains(field), "{place}: {refused:?}");
    }
    Ok(())
}
