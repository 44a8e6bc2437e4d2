//! Policies through HTTP: published by a registrar, checked at publication, replayed by a stranger; the compliance report
//! and the targets of a place.

use anyhow::Result;
use commonweal_tests::{Refusal, TestApp, on_both};
use serde_json::{Value, json};

use crate::tender::story::{City, text};

on_both!(
    a_plan_is_bound_by_the_policy_of_its_day_and_blocked_with_the_clause_named,
    an_unknown_answer_is_published_with_a_justification_and_a_stranger_recomputes_it,
    a_call_off_follows_the_day_of_its_framework_agreement,
    a_wrong_fact_of_the_procurement_is_refused_with_its_field,
    policies_are_published_once_by_a_registrar,
    a_compliance_report_adds_up_the_awards_of_a_year,
    a_place_has_its_targets,
    everything_that_ships_can_be_published,
);

const PUBLISH: &str = "mutation ($input: PublishTenderInput!) {
    made: publishTender(input: $input) { tender { id plan { procurement { place valueGross { amount } } } } userErrors { code message path } }
}";

const CHECK: &str = "query ($input: PolicyCheckInput!) { policyCheck(input: $input) {
    publishable notEnabled checks { policyCode clause citation answer sentence missing inputs { name value } }
} }";

const POLICY: &str = "mutation ($input: PublishPolicyInput!) {
    made: publishPolicy(input: $input) { policy { id code entryIndex } userErrors { code message path } }
}";

/// A city whose registry holds the UK's models of 2025 and 2027.
async fn city(app: &TestApp) -> Result<City> {
    let city = City::found(app).await?;
    for shipped in ["uk-ppn-002", "uk-ppn-026"] {
        publish_policy(app, &city, shipped).await?;
    }
    Ok(city)
}

async fn publish_policy(app: &TestApp, city: &City, shipped: &str) -> Result<String> {
    let input = json!({ "input": { "shipped": shipped } });
    let made = app.data(Some(&city.registrar), POLICY, input).await?;
    text(&made["made"]["policy"]["id"])
}

/// The plan of the city as one of central government in the UK, whose social value carries 60 of 100, or 12.
fn plan(city: &City, day: Value, gross: &str, social: &str) -> Value {
    let mut plan = city.plan();
    plan["commencement"] = day;
    plan["procurement"] = json!({
        "buyerKind": "CENTRAL_GOVERNMENT", "place": "GB", "socialCriteria": [social],
        "valueGross": { "amount": gross, "currency": "GBP" },
    });
    plan
}

fn publication(city: &City, plan: Value) -> Value {
    let buyer = city.officer.organisation_id();
    json!({ "input": { "buyer": buyer, "title": "Park benches", "plan": plan } })
}

async fn refused(app: &TestApp, city: &City, plan: Value) -> Result<Refusal> {
    app.refusal(Some(&city.officer), PUBLISH, publication(city, plan))
        .await
}

async fn check(app: &TestApp, city: &City, plan: Value) -> Result<Value> {
    let input = json!({ "input": { "buyer": city.officer.organisation_id(), "plan": plan } });
    let mut found = app.data(None, CHECK, input).await?;
    Ok(found["policyCheck"].take())
}

async fn a_plan_is_bound_by_the_policy_of_its_day_and_blocked_with_the_clause_named(
    app: TestApp,
) -> Result<()> {
    let city = city(&app).await?;
    let enough = check(
        &app,
        &city,
        plan(&city, json!("2027-01-01"), "8000000", "SV"),
    )
    .await?;
    assert_eq!(enough["publishable"], true, "{enough}");
    assert_eq!(enough["checks"][0]["policyCode"], "uk-ppn-026");
    assert_eq!(
        enough["checks"].as_array().map(Vec::len),
        Some(1),
        "{enough}"
    );
    let short = refused(
        &app,
        &city,
        plan(&city, json!("2027-01-01"), "8000000", "SEO"),
    )
    .await?;
    assert_eq!(short.code, "POLICY_NOT_MET");
    for said in ["PPN 026", "`minimum-weight`", "12 %", "20 %"] {
        assert!(short.message.contains(said), "{said}: {}", short.message);
    }
    let lower = check(
        &app,
        &city,
        plan(&city, json!("2027-01-01"), "4999999.99", "SEO"),
    )
    .await?;
    assert_eq!(lower["publishable"], true, "{lower}");
    let none = check(
        &app,
        &city,
        plan(&city, json!("2027-01-01"), "999999", "SEO"),
    )
    .await?;
    assert_eq!(none["checks"], json!([]));
    // The day before, PPN 002 binds: a tenth is enough, but the size of a pledge may not be scored.
    let before = refused(
        &app,
        &city,
        plan(&city, json!("2026-12-31"), "8000000", "SEO"),
    )
    .await?;
    assert!(
        before.message.contains("PPN 002") && before.message.contains("`no-pledge-size`"),
        "{}",
        before.message
    );
    let undated = refused(&app, &city, plan(&city, Value::Null, "8000000", "SV")).await?;
    assert_eq!(
        (undated.code.as_str(), undated.path.as_deref()),
        ("POLICY_UNKNOWN", Some("plan.commencement"))
    );
    assert!(
        undated.message.contains("`minimum-weight`"),
        "{}",
        undated.message
    );
    app.stop().await
}

async fn an_unknown_answer_is_published_with_a_justification_and_a_stranger_recomputes_it(
    app: TestApp,
) -> Result<()> {
    let city = city(&app).await?;
    let mut plan = plan(&city, json!("2027-01-01"), "8000000", "SV");
    plan["procurement"]["valueGross"] = Value::Null;
    let unknown = refused(&app, &city, plan.clone()).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("POLICY_UNKNOWN", Some("plan.procurement.valueGross"))
    );
    let justification = |clause: &str| json!([{ "policy": "uk-ppn-026", "clause": clause, "reason": "The value depends on the call-offs." }]);
    let mut input = publication(&city, plan);
    input["input"]["justifications"] = justification("no-such-clause");
    let nothing = app
        .refusal(Some(&city.officer), PUBLISH, input.clone())
        .await?;
    assert_eq!(nothing.code, "JUSTIFICATION");
    input["input"]["justifications"] = justification("minimum-weight");
    let made = app.data(Some(&city.officer), PUBLISH, input).await?;
    let tender = text(&made["made"]["tender"]["id"])?;
    let found = app
        .data(
            None,
            "query ($id: ID!) { tender(id: $id) { policyChecks { policyCode clause answer missing justification } } }",
            json!({ "id": tender }),
        )
        .await?;
    assert_eq!(
        found["tender"]["policyChecks"],
        json!([{
            "policyCode": "uk-ppn-026", "clause": "minimum-weight", "answer": "UNKNOWN",
            "missing": "plan.procurement.valueGross", "justification": "The value depends on the call-offs.",
        }])
    );
    app.expect_clean_log().await?;
    app.stop().await
}

async fn a_call_off_follows_the_day_of_its_framework_agreement(app: TestApp) -> Result<()> {
    let city = city(&app).await?;
    let first = plan(&city, json!("2027-01-01"), "8000000", "SV");
    let made = app
        .data(Some(&city.officer), PUBLISH, publication(&city, first))
        .await?;
    let framework = text(&made["made"]["tender"]["id"])?;
    let mut call_off = plan(&city, json!("2026-06-01"), "8000000", "SV");
    call_off["procurement"]["framework"] = json!({ "tender": framework });
    let found = check(&app, &city, call_off.clone()).await?;
    assert_eq!(found["checks"][0]["policyCode"], "uk-ppn-026", "{found}");
    app.data(
        Some(&city.officer),
        PUBLISH,
        publication(&city, call_off.clone()),
    )
    .await?;
    call_off["procurement"]["framework"] = json!({ "elsewhere": { "reference": "RM6100" } });
    let undated = refused(&app, &city, call_off.clone()).await?;
    assert_eq!(
        undated.path.as_deref(),
        Some("plan.procurement.framework.elsewhere.commenced")
    );
    let nowhere = "tender:01931f3e-7c2a-7000-8000-000000000000";
    call_off["procurement"]["framework"] = json!({ "tender": nowhere });
    assert_eq!(refused(&app, &city, call_off).await?.code, "UNKNOWN_TENDER");
    app.expect_clean_log().await?;
    app.stop().await
}

async fn a_wrong_fact_of_the_procurement_is_refused_with_its_field(app: TestApp) -> Result<()> {
    let city = city(&app).await?;
    for (field, wrong, path) in [
        ("place", json!("Britain"), "plan.procurement.place"),
        (
            "socialCriteria",
            json!(["NOPE"]),
            "plan.procurement.socialCriteria",
        ),
        (
            "valueNet",
            json!({ "amount": "9000000", "currency": "GBP" }),
            "plan.procurement.valueGross",
        ),
    ] {
        let mut plan = plan(&city, json!("2027-01-01"), "8000000", "SV");
        plan["procurement"][field] = wrong;
        let found = refused(&app, &city, plan).await?;
        assert_eq!(
            (found.code.as_str(), found.path.as_deref()),
            ("PLAN", Some(path)),
            "{}",
            found.message
        );
    }
    let mut plan = plan(&city, json!("2027-01-01"), "8000000", "SV");
    let base = plan["lots"][0]["criteria"][1]["children"][1]["rule"].take();
    let bonus = json!({ "points": "2", "when": { "kinds": ["SOCIAL_ENTERPRISE"] } });
    plan["lots"][0]["criteria"][1]["children"][1]["rule"] =
        json!({ "bonus": { "base": base, "bonuses": [bonus], "cap": "12" } });
    assert_eq!(refused(&app, &city, plan).await?.code, "POLICY_NOT_ENABLED");
    // Where nothing is said of the place, the buyer's own is taken.
    let made = app
        .data(
            Some(&city.officer),
            PUBLISH,
            publication(&city, city.plan()),
        )
        .await?;
    assert_eq!(
        made["made"]["tender"]["plan"]["procurement"]["place"],
        "KR-11"
    );
    app.stop().await
}

async fn policies_are_published_once_by_a_registrar(app: TestApp) -> Result<()> {
    let city = city(&app).await?;
    let input = |input: Value| json!({ "input": input });
    let shipped = input(json!({ "shipped": "uk-ppn-026" }));
    let officer = app
        .refusal(Some(&city.officer), POLICY, shipped.clone())
        .await?;
    assert_eq!(officer.code, "FORBIDDEN");
    let again = app.refusal(Some(&city.registrar), POLICY, shipped).await?;
    assert_eq!(again.code, "VERSION_TAKEN");
    for wrong in [
        json!({ "shipped": "tea-leaves" }),
        json!({ "document": "code = 1" }),
        json!({}),
    ] {
        let found = app
            .refusal(Some(&city.registrar), POLICY, input(wrong))
            .await?;
        assert_eq!(found.code, "BAD_USER_INPUT");
    }
    let document = r#"
        code = "kr-11-panels"
        version = "1"
        jurisdiction = "Seoul"
        title = "Panels of three"
        citation = "house rule 3"
        effective_from = "2026-01-01"
        source = "the city's house rules"
        confidence = "high"
        [selection]
        places = ["KR-11"]
        [[clauses]]
        code = "panel"
        citation = "rule 3"
        summary = "At least three people mark."
        source = "the city's house rules"
        confidence = "high"
        [clauses.rule.panel_size]
        fewest = FEWEST
    "#;
    let none = document.replace("FEWEST", "0");
    let refused = app
        .refusal(
            Some(&city.registrar),
            POLICY,
            input(json!({ "document": none })),
        )
        .await?;
    assert_eq!(refused.code, "POLICY_FORM", "{}", refused.message);
    let three = document.replace("FEWEST", "3");
    app.data(
        Some(&city.registrar),
        POLICY,
        input(json!({ "document": three })),
    )
    .await?;
    let blocked = city.publish_refused(&app, city.plan()).await?;
    assert_eq!(
        blocked.path.as_deref(),
        Some("plan.procurement.panelSize"),
        "{}",
        blocked.message
    );
    let mut plan = city.plan();
    plan["procurement"] = json!({ "panelSize": 3 });
    city.publish(&app, plan).await?;
    let listed = app
        .data(None, "{ policies(first: 10) { nodes { code clauses { kind parameters { name value } } } } shippedPolicies { name } }", json!({}))
        .await?;
    let nodes = listed["policies"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(nodes.contains(&json!({
        "code": "kr-11-panels",
        "clauses": [{ "kind": "panel_size", "parameters": [{ "name": "fewest", "value": "3" }] }],
    })));
    assert!(
        listed["shippedPolicies"]
            .as_array()
            .is_some_and(|list| list.len() >= 10)
    );
    app.expect_clean_log().await?;
    app.stop().await
}

async fn a_compliance_report_adds_up_the_awards_of_a_year(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    city.awarded(&app).await?;
    publish_policy(&app, &city, "kr-seoul-social-value-2015").await?;
    let ask = "query ($buyer: ID!, $year: Int!) { complianceReport(buyer: $buyer, year: $year) {
        purchases { bought { amount currency } fromSeos awards } withheld awards explained kpis
        targets { policyTitle clause target share answer }
    } }";
    let of = |year: u16| json!({ "buyer": city.officer.organisation_id(), "year": year });
    let found = app.data(None, ask, of(2026)).await?;
    let report = &found["complianceReport"];
    assert_eq!(
        report["purchases"],
        json!([{ "bought": { "amount": "120000.00", "currency": "EUR" }, "fromSeos": "100", "awards": "1" }])
    );
    assert_eq!(
        (&report["awards"], &report["explained"]),
        (&json!("1"), &json!("1"))
    );
    // What the buyer is was never said: nobody can tell whether the ordinance binds it.
    assert_eq!(report["targets"][0]["answer"], "UNKNOWN", "{report}");
    assert_eq!(report["targets"][0]["share"], "100");
    let empty = app.data(None, ask, of(2025)).await?;
    assert_eq!(empty["complianceReport"]["purchases"], json!([]));
    let nobody =
        json!({ "buyer": "organisation:01931f3e-7c2a-7000-8000-000000000000", "year": 2026 });
    assert_eq!(app.refusal(None, ask, nobody).await?.code, "NOT_FOUND");
    assert_eq!(app.refusal(None, ask, of(1)).await?.code, "BAD_USER_INPUT");
    app.stop().await
}

async fn a_place_has_its_targets(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    publish_policy(&app, &city, "uk-salford-10pc").await?;
    let ask = "query ($place: String!) { placeTargets(place: $place) {
        title place direction change { quantity unit } baseline { quantity } promised { quantity } contributed { quantity } contributedPercent claims source
    } }";
    let found = app.data(None, ask, json!({ "place": "GB" })).await?;
    let targets = found["placeTargets"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(targets.len(), 11);
    assert_eq!(
        targets[0],
        json!({
            "title": "People who volunteer", "place": "GB-SLF", "direction": "MORE",
            "change": { "quantity": "4690", "unit": "person" }, "baseline": null, "promised": null, "contributed": null,
            "contributedPercent": "0", "claims": "0",
            "source": "salfordccg.nhs.uk/about-us/how-we-do-things/social-value",
        })
    );
    let elsewhere = app.data(None, ask, json!({ "place": "KR" })).await?;
    assert_eq!(elsewhere["placeTargets"], json!([]));
    app.stop().await
}

async fn everything_that_ships_can_be_published(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let shipped = app
        .data(
            None,
            "{ shippedPolicies { name } shippedCatalogues { name measures } references { code grades { name from } facts { source } } }",
            json!({}),
        )
        .await?;
    let list = |field: &str| shipped[field].as_array().cloned().unwrap_or_default();
    for policy in list("shippedPolicies") {
        let input = json!({ "input": { "shipped": policy["name"] } });
        app.data(Some(&registrar), POLICY, input).await?;
    }
    let catalogues = list("shippedCatalogues");
    assert!(catalogues.len() >= 8 && catalogues.iter().all(|one| one["measures"] != json!(0)));
    for catalogue in catalogues {
        let made = app
            .data(
                Some(&registrar),
                "mutation ($input: PublishShippedCatalogueInput!) { made: publishShippedCatalogue(input: $input) {
                    catalogue { measures { source confidence } } userErrors { code message }
                } }",
                json!({ "input": { "name": catalogue["name"] } }),
            )
            .await?;
        let measures = made["made"]["catalogue"]["measures"].as_array().cloned();
        let sourced =
            |measure: &Value| measure["source"].is_string() && measure["confidence"].is_string();
        assert!(measures.unwrap_or_default().iter().all(sourced), "{made}");
    }
    let references = list("references");
    let svi = references
        .iter()
        .find(|table| table["code"] == "kr-svi-grades");
    let grades = svi.map(|table| table["grades"].clone()).unwrap_or_default();
    assert_eq!(grades[0], json!({ "name": "탁월", "from": "90" }));
    assert_eq!(
        grades[4],
        json!({ "name": "취약", "from": null }),
        "what is not known stays empty"
    );
    app.expect_clean_log().await?;
    app.stop().await
}
