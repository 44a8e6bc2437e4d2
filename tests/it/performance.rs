//! What happens to a promise after its signature: terms, variations, ratings, and promised against delivered.

use anyhow::Result;
use commonweal_tests::{Refusal, TestApp, User, on_both};
use serde_json::{Value, json};

use crate::contract::Signed;
use crate::credit_world::{SUBMIT, VERIFY, finding, reduce, text};

on_both!(
    the_contract_copies_the_terms_of_the_tender_documents,
    a_period_is_rated_by_the_published_thresholds_and_again_after_a_claim,
    a_period_is_rated_again_when_a_correction_takes_delivery_away,
    a_variation_is_numbered_and_an_increase_lies_ahead,
    promised_against_delivered_is_summed_every_way,
);

const RATE: &str = "mutation ($input: RateKpiInput!) {
    made: rateKpi(input: $input) { kpi { schedule { period { from } rating { rating due { quantity } delivered { quantity } }
        ratings { rating } } } userErrors { code message path } }
}";
const VARY: &str = "mutation ($input: VaryContractInput!) {
    made: varyContract(input: $input) { contract { variations { number reason changes { from units kpi { id } } }
        kpis { promised { quantity } signed { quantity } schedule { due { quantity } } } } userErrors { code message path } }
}";
const DELIVERIES: &str = "query ($by: DeliveryGrouping!, $filter: DeliveryFilter) {
    deliveries(by: $by, filter: $filter) {
        promised { quantity unit } delivered { quantity } measureCode place year contract { id } organisation { name }
        measure { title }
    }
}";

async fn refused(signed: &Signed, user: &User, document: &str, input: Value) -> Result<Refusal> {
    signed
        .app
        .refusal(Some(user), document, json!({ "input": input }))
        .await
}

/// Three jobs of the first quarter, verified.
async fn deliver(signed: &Signed) -> Result<String> {
    let outcome = json!({ "kpi": signed.contract["kpis"][0]["id"] });
    let mut input = signed.claim_input(&outcome, "3", "spring");
    input["period"] = json!({ "from": "2026-03-01", "to": "2026-06-01" });
    let input = json!({ "input": input });
    let made = signed
        .app
        .data(Some(&signed.supplier), SUBMIT, input)
        .await?;
    let claim = text(&made["made"]["claim"]["id"]);
    let found = json!({ "input": finding(&claim, "3") });
    signed
        .app
        .data(Some(&signed.verifier), VERIFY, found)
        .await?;
    Ok(claim)
}

async fn the_contract_copies_the_terms_of_the_tender_documents(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let found = signed
        .app
        .data(
            None,
            "query ($id: ID!) { contract(id: $id) { kpis {
                terms { weight baseline evidence verificationMethod thresholds { good approaching improvement } }
                schedule { period { from to } due { quantity } rating { rating } }
            } } }",
            json!({ "id": signed.contract["id"] }),
        )
        .await?;
    let kpi = &found["contract"]["kpis"][0];
    assert_eq!(
        kpi["terms"]["thresholds"],
        json!({ "good": "1", "approaching": "0.9", "improvement": "0.5" })
    );
    assert_eq!(kpi["terms"]["evidence"], json!(["contracts of employment"]));
    let schedule = kpi["schedule"].as_array().cloned().unwrap_or_default();
    let starts: Vec<&Value> = schedule
        .iter()
        .map(|part| &part["period"]["from"])
        .collect();
    assert_eq!(
        starts,
        [
            "2026-03-01",
            "2026-06-01",
            "2026-09-01",
            "2026-12-01",
            "2027-01-01"
        ]
    );
    let due: Vec<&Value> = schedule
        .iter()
        .map(|part| &part["due"]["quantity"])
        .collect();
    assert_eq!(due, ["3", "3", "3", "1", "2"]);
    Ok(())
}

async fn a_period_is_rated_by_the_published_thresholds_and_again_after_a_claim(
    app: TestApp,
) -> Result<()> {
    let signed = Signed::new(app).await?;
    let rate = |rating: Value| json!({ "kpi": signed.contract["kpis"][0]["id"], "from": "2026-03-01", "rating": rating });
    let stranger = refused(&signed, &signed.supplier, RATE, rate(Value::Null)).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    let flattering = refused(&signed, &signed.officer, RATE, rate(json!("GOOD"))).await?;
    assert_eq!(
        (flattering.code.as_str(), flattering.path.as_deref()),
        ("NOT_BY_THRESHOLDS", Some("rating"))
    );
    let unsaid = refused(&signed, &signed.officer, RATE, rate(json!("OTHER"))).await?;
    assert_eq!(
        (unsaid.code.as_str(), unsaid.path.as_deref()),
        ("NEEDS_REASON", Some("reason"))
    );
    let mut nowhere = rate(Value::Null);
    nowhere["from"] = json!("2026-03-02");
    let nowhere = refused(&signed, &signed.officer, RATE, nowhere).await?;
    assert_eq!(nowhere.code, "UNKNOWN_PERIOD");
    let mut ahead = rate(Value::Null);
    ahead["from"] = json!("2027-01-01");
    assert_eq!(
        refused(&signed, &signed.officer, RATE, ahead).await?.code,
        "NOT_OVER"
    );

    let input = json!({ "input": rate(Value::Null) });
    let made = signed
        .app
        .data(Some(&signed.officer), RATE, input.clone())
        .await?;
    let first = &made["made"]["kpi"]["schedule"][0];
    assert_eq!(
        first["rating"],
        json!({ "rating": "INADEQUATE", "due": { "quantity": "3" }, "delivered": { "quantity": "0" } })
    );
    assert_eq!(
        refused(&signed, &signed.officer, RATE, rate(Value::Null))
            .await?
            .code,
        "UNCHANGED"
    );
    deliver(&signed).await?;
    let made = signed.app.data(Some(&signed.officer), RATE, input).await?;
    let ratings = &made["made"]["kpi"]["schedule"][0]["ratings"];
    assert_eq!(
        *ratings,
        json!([{ "rating": "INADEQUATE" }, { "rating": "GOOD" }])
    );
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn a_period_is_rated_again_when_a_correction_takes_delivery_away(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let claim = deliver(&signed).await?;
    let rate =
        json!({ "input": { "kpi": signed.contract["kpis"][0]["id"], "from": "2026-03-01" } });
    signed.app.data(Some(&signed.officer), RATE, rate).await?;
    let (one, other) = (signed.app.registrar().await?, signed.app.registrar().await?);
    reduce(&signed.app, [&one, &other], (&claim, "2", "CORRECT")).await?;
    let found = signed
        .app
        .data(
            None,
            "query ($id: ID!) { contract(id: $id) { kpis { schedule { rating { rating delivered { quantity } } ratings { rating } } } } }",
            json!({ "id": signed.contract["id"] }),
        )
        .await?;
    let first = &found["contract"]["kpis"][0]["schedule"][0];
    assert_eq!(
        *first,
        json!({ "rating": { "rating": "REQUIRES_IMPROVEMENT", "delivered": { "quantity": "2" } },
            "ratings": [{ "rating": "GOOD" }, { "rating": "REQUIRES_IMPROVEMENT" }] })
    );
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn a_variation_is_numbered_and_an_increase_lies_ahead(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let kpi = &signed.contract["kpis"][0]["id"];
    let vary = |quantity: &str, from: &str| {
        json!({ "contract": signed.contract["id"], "reason": "two more schools",
            "changes": [{ "kpi": kpi, "quantity": quantity, "from": from }] })
    };
    for (quantity, from, code, path) in [
        ("15", "2026-03-02", "TOO_EARLY", "changes.0.from"),
        ("15", "2027-03-01", "OUTSIDE_KPI", "changes.0.from"),
        ("12", "2026-12-01", "QUANTITY", "changes.0.quantity"),
        ("1.5", "2026-12-01", "QUANTITY", "changes.0.quantity"),
    ] {
        let wrong = refused(&signed, &signed.officer, VARY, vary(quantity, from)).await?;
        assert_eq!(
            (wrong.code.as_str(), wrong.path.as_deref()),
            (code, Some(path)),
            "{wrong:?}"
        );
    }
    let stranger = refused(&signed, &signed.supplier, VARY, vary("15", "2026-12-01")).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    let input = json!({ "input": vary("15", "2026-12-01") });
    let made = signed.app.data(Some(&signed.officer), VARY, input).await?;
    let contract = &made["made"]["contract"];
    assert_eq!(
        contract["variations"],
        json!([{ "number": 1, "reason": "two more schools",
            "changes": [{ "from": "2026-12-01", "units": "15", "kpi": { "id": kpi } }] }])
    );
    let varied = &contract["kpis"][0];
    assert_eq!(
        (
            &varied["promised"]["quantity"],
            &varied["signed"]["quantity"]
        ),
        (&json!("15"), &json!("12"))
    );
    let due: Vec<&Value> = varied["schedule"]
        .as_array()
        .map(|parts| parts.iter().map(|part| &part["due"]["quantity"]).collect())
        .unwrap_or_default();
    assert_eq!(due, ["3", "3", "3", "2", "4"]);
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn promised_against_delivered_is_summed_every_way(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    deliver(&signed).await?;
    let ask = async |by: &str| -> Result<Value> {
        let found = signed
            .app
            .data(None, DELIVERIES, json!({ "by": by, "filter": null }))
            .await?;
        Ok(found["deliveries"].clone())
    };
    for by in ["CONTRACT", "SUPPLIER", "BUYER", "PLACE", "MEASURE"] {
        let rows = ask(by).await?;
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{by}");
        assert_eq!(
            rows[0]["promised"],
            json!({ "quantity": "12", "unit": "job" }),
            "{by}"
        );
        assert_eq!(rows[0]["delivered"]["quantity"], "3", "{by}");
    }
    assert_eq!(
        ask("CONTRACT").await?[0]["contract"]["id"],
        signed.contract["id"]
    );
    assert_eq!(ask("PLACE").await?[0]["place"], "KR-11");
    let years = ask("YEAR").await?;
    assert_eq!(
        (&years[0]["year"], &years[0]["delivered"]["quantity"]),
        (&json!("2026"), &json!("3"))
    );
    assert_eq!(
        (&years[1]["year"], &years[1]["delivered"]["quantity"]),
        (&json!("2027"), &json!("0"))
    );
    let elsewhere = json!({ "by": "PLACE", "filter": { "place": "KR-26" } });
    let none = signed.app.data(None, DELIVERIES, elsewhere).await?;
    assert_eq!(none["deliveries"], json!([]));
    Ok(())
}
