//! A tender that is reserved under a clause of a policy: who does not qualify by what the log knows is decided on.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{
    City, SECONDS_TO_CLOSING, bid, on_tender, refused_on_tender, step, submit, text,
};

on_both!(
    who_does_not_qualify_is_decided_on_before_the_ranking,
    wrong_decisions_on_a_reservation_are_refused,
);

const DECIDE: &str = "mutation ($input: DecideAdmissionInput!) {
    made: decideAdmission(input: $input) {
        bid { admission { code decision } exclusion { ground } } userErrors { code message path }
    }
}";

/// Mutuals may be preferred by a reservation, each once in three years.
const POLICY: &str = r#"
code = "hanbyeol-mutuals"
version = "1"
jurisdiction = "Hanbyeol"
title = "Ordinance on mutuals"
citation = "Ordinance 7"
effective_from = "2025-01-01"
source = "made for tests"
confidence = "high"

[selection]
places = ["KR-11"]

[[clauses]]
code = "mutuals"
citation = "art. 1"
summary = "Participation may be reserved for mutuals, each once in three years."
source = "made for tests"
confidence = "high"
[clauses.rule.reserved_participation]
reserved_for = "mutual"
barred_years = 3
"#;

/// A city with the ordinance, whose first supplier is a mutual.
async fn city(app: &TestApp) -> Result<City> {
    let city = City::found(app).await?;
    let registrar = Some(&city.registrar);
    let publish = step("publishPolicy", "PublishPolicyInput");
    let policy = json!({ "input": { "document": POLICY } });
    app.data(registrar, &publish, policy).await?;
    let certify = step("recordCertification", "RecordCertificationInput");
    let certificate = json!({ "input": {
        "organisation": city.suppliers[0].organisation_id(), "kind": "MUTUAL",
        "from": "2020-01-01", "source": "register of mutuals 7",
    } });
    app.data(registrar, &certify, certificate).await?;
    Ok(city)
}

/// Decided by price alone, and reserved for mutuals.
fn plan(city: &City) -> Value {
    let mut plan = city.plan();
    plan["lots"][0]["criteria"] = json!([{ "code": "PRICE", "title": "Price", "weight": "100",
        "rule": { "priceRelativeLowest": { "of": "TOTAL" } } }]);
    plan["procurement"] = json!({ "place": "KR-11", "reservation": { "reservedFor": "MUTUAL" } });
    plan
}

/// Takes the bids of some suppliers and opens them; the opaque ids of the bids in the same order.
async fn opened(
    app: &TestApp,
    city: &City,
    plan: Value,
    suppliers: &[&User],
) -> Result<(String, Vec<String>)> {
    let tender = city.publish(app, plan).await?;
    for supplier in suppliers {
        let mut content = bid(supplier, "100.00", "5", true);
        (content["answers"], content["declarations"]) = (json!([]), json!([]));
        submit(app, supplier, &tender, content, &tender).await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    let input = "OpenTenderInput";
    on_tender(app, &city.officer, "approveOpening", input, &tender).await?;
    on_tender(app, &city.second_officer, "openTender", input, &tender).await?;
    let document = "query ($id: ID!) { tender(id: $id) { bids { nodes { id supplier { id } } } } }";
    let found = app.data(None, document, json!({ "id": tender })).await?;
    let nodes = found["tender"]["bids"]["nodes"].as_array();
    let nodes = nodes.context("bids")?;
    let of = |supplier: &&User| {
        let own = json!(supplier.organisation_id());
        let bid = nodes.iter().find(|bid| bid["supplier"]["id"] == own);
        text(&bid.context("a bid")?["id"])
    };
    let bids = suppliers.iter().map(of).collect::<Result<_>>()?;
    Ok((tender, bids))
}

fn deciding(bid: &str, code: &str, decision: &str) -> Value {
    json!({ "input": { "bid": bid, "code": code, "decision": decision, "reason": "The register says so." } })
}

async fn who_does_not_qualify_is_decided_on_before_the_ranking(app: TestApp) -> Result<()> {
    let city = city(&app).await?;
    let [mutual, firm, _] = &city.suppliers;
    let officer = Some(&city.officer);
    let (tender, bids) = opened(&app, &city, plan(&city), &[mutual, firm]).await?;
    let rank = async |tender: &str| {
        refused_on_tender(&app, &city.officer, "computeRanking", "PanelInput", tender).await
    };
    assert_eq!(rank(&tender).await?, "RESERVATION_UNDECIDED");
    let out = deciding(&bids[1], "RESERVED", "NOT_MET");
    let made = app.data(officer, DECIDE, out).await?;
    let decided = json!({
        "admission": [{ "code": "RESERVED", "decision": "NOT_MET" }],
        "exclusion": { "ground": "CONDITION_OF_PARTICIPATION" },
    });
    assert_eq!(made["made"]["bid"], decided);
    super::lots::award(&app, &city, &tender).await?;

    // The mutual has won a tender that was reserved for mutuals: for three years it is barred from the next.
    let mut next = plan(&city);
    for time in ["closesAt", "opensAt"] {
        next[time] = json!("2026-01-19T12:00:00.000000Z");
    }
    let (tender, bids) = opened(&app, &city, next, &[mutual]).await?;
    assert_eq!(rank(&tender).await?, "RESERVATION_UNDECIDED");
    let met = deciding(&bids[0], "RESERVED", "MET");
    app.data(officer, DECIDE, met).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_decisions_on_a_reservation_are_refused(app: TestApp) -> Result<()> {
    let city = city(&app).await?;
    let mutual = &city.suppliers[0];
    let (_, bids) = opened(&app, &city, plan(&city), &[mutual]).await?;
    let refused = async |bid: &str, decision: &str| {
        let input = deciding(bid, "RESERVED", decision);
        let refused = app.refusal(Some(&city.officer), DECIDE, input).await?;
        anyhow::Ok((refused.code, refused.path))
    };
    let decision = ("DECISION".to_owned(), Some("decision".to_owned()));
    assert_eq!(refused(&bids[0], "CLEAR").await?, decision);
    let mut open_to_all = plan(&city);
    open_to_all["procurement"] = json!({ "place": "KR-11" });
    for time in ["closesAt", "opensAt"] {
        open_to_all[time] = json!("2026-01-19T12:00:00.000000Z");
    }
    let (_, bids) = opened(&app, &city, open_to_all, &[mutual]).await?;
    let code = ("UNKNOWN_CODE".to_owned(), Some("code".to_owned()));
    assert_eq!(refused(&bids[0], "MET").await?, code);
    Ok(())
}
