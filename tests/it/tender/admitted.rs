//! Who may take part: conditions of participation and exclusion grounds, declared by the bids and decided by an officer.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{
    City, SECONDS_TO_CLOSING, SUBMIT, bid, on_tender, refused_on_tender, submission, submit, text,
};

on_both!(
    an_admitted_ground_is_decided_before_the_ranking,
    a_bid_that_does_not_meet_a_condition_is_out_before_any_relative_mark,
    wrong_decisions_and_declarations_are_refused,
    wrong_statements_of_a_plan_are_named,
);

const DECIDE: &str = "mutation ($input: DecideAdmissionInput!) {
    made: decideAdmission(input: $input) {
        bid { admission { code decision reason entryIndex } exclusion { ground } } userErrors { code message path }
    }
}";

/// Price alone decides; a licence is asked for, fraud excludes, late taxes may.
fn plan(city: &City) -> Value {
    let mut plan = city.plan();
    plan["lots"][0]["criteria"] = json!([{ "code": "PRICE", "title": "Price", "weight": "100",
        "rule": { "priceRelativeLowest": { "of": "TOTAL" } } }]);
    plan["admission"] = json!({
        "conditions": [{ "code": "LICENCE", "statement": "The supplier holds a licence for tree work.",
            "evidence": "a copy of the licence", "proportionate": "trees are cut beside paths" }],
        "grounds": [
            { "code": "FRAUD", "kind": "MANDATORY", "statement": "A conviction for fraud.", "citation": "Act, section 57" },
            { "code": "TAX", "kind": "DISCRETIONARY", "statement": "Taxes paid late.", "citation": "Act, section 58" },
        ],
    });
    plan
}

/// A bid that admits what is named, and says what was done about it.
fn admitting(supplier: &User, price: &str, admits: &[&str]) -> Value {
    let mut content = bid(supplier, price, "5", true);
    let declared = ["LICENCE", "FRAUD", "TAX"]
        .map(|code| json!({ "criterion": code, "meets": !admits.contains(&code) }));
    content["declarations"] = json!(declared);
    let cleaned = admits.iter().filter(|code| **code == "FRAUD");
    let cleaned =
        cleaned.map(|code| json!({ "criterion": code, "text": "The zinnober board has gone." }));
    content["answers"] = json!(cleaned.collect::<Vec<_>>());
    content
}

/// The bids of the first two suppliers, opened: their opaque ids.
async fn opened(app: &TestApp, city: &City, admits: &[&str]) -> Result<(String, [String; 2])> {
    let tender = city.publish(app, plan(city)).await?;
    let [first, second, _] = &city.suppliers;
    submit(app, first, &tender, admitting(first, "100.00", &[]), "a").await?;
    submit(
        app,
        second,
        &tender,
        admitting(second, "50.00", admits),
        "a",
    )
    .await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    let input = "OpenTenderInput";
    on_tender(app, &city.officer, "approveOpening", input, &tender).await?;
    on_tender(app, &city.second_officer, "openTender", input, &tender).await?;
    let document = "query ($id: ID!) { tender(id: $id) { bids { nodes { id supplier { id } } } } }";
    let found = app.data(None, document, json!({ "id": tender })).await?;
    let nodes = found["tender"]["bids"]["nodes"]
        .as_array()
        .context("bids")?;
    let of = |supplier: &User| {
        let id = json!(supplier.organisation_id());
        let own = nodes.iter().find(|one| one["supplier"]["id"] == id);
        text(&own.context("a bid")?["id"])
    };
    Ok((tender, [of(first)?, of(second)?]))
}

fn decision(bid: &str, code: &str, decision: &str) -> Value {
    json!({ "input": { "bid": bid, "code": code, "decision": decision, "reason": "The zinnober papers were read." } })
}

async fn winner(app: &TestApp, tender: &str) -> Result<Value> {
    let document =
        "query ($id: ID!) { tender(id: $id) { lots { ranking { places { bid { id } } } } } }";
    let found = app.data(None, document, json!({ "id": tender })).await?;
    let ranking = &found["tender"]["lots"][0]["ranking"];
    Ok(ranking["places"][0]["bid"]["id"].clone())
}

async fn an_admitted_ground_is_decided_before_the_ranking(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let (tender, [_, second]) = opened(&app, &city, &["FRAUD"]).await?;
    let officer = &city.officer;
    let ranked = refused_on_tender(&app, officer, "computeRanking", "PanelInput", &tender).await?;
    assert_eq!(ranked, "ADMISSION_UNDECIDED");
    let input = decision(&second, "FRAUD", "SELF_CLEANING_ACCEPTED");
    let made = app.data(Some(officer), DECIDE, input).await?;
    let standing = &made["made"]["bid"]["admission"][0];
    assert_eq!(standing["decision"], "SELF_CLEANING_ACCEPTED");
    assert_eq!(standing["reason"], "The zinnober papers were read.");
    on_tender(&app, officer, "computeRanking", "PanelInput", &tender).await?;
    assert_eq!(winner(&app, &tender).await?, json!(second));
    let document = "query ($id: ID!) { bid(id: $id) { admission { code reason } } }";
    let public = app.data(None, document, json!({ "id": second })).await?;
    assert_eq!(
        public["bid"]["admission"],
        json!([{ "code": "FRAUD", "reason": null }])
    );
    let size = app.app.read().log_size().await?;
    for entry in app.app.read().log_entries(0..size).await? {
        let words = String::from_utf8(entry.bytes)?;
        assert!(!words.contains("zinnober"), "no words in the log: {words}");
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_bid_that_does_not_meet_a_condition_is_out_before_any_relative_mark(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let (tender, [first, second]) = opened(&app, &city, &[]).await?;
    let officer = &city.officer;
    on_tender(&app, officer, "computeRanking", "PanelInput", &tender).await?;
    assert_eq!(winner(&app, &tender).await?, json!(second));
    // A decision that does not exclude leaves the ranking, one that excludes makes it void.
    app.data(Some(officer), DECIDE, decision(&first, "LICENCE", "MET"))
        .await?;
    assert_eq!(winner(&app, &tender).await?, json!(second));
    let made = app
        .data(
            Some(officer),
            DECIDE,
            decision(&second, "LICENCE", "NOT_MET"),
        )
        .await?;
    let ground = &made["made"]["bid"]["exclusion"]["ground"];
    assert_eq!(ground, "CONDITION_OF_PARTICIPATION");
    assert_eq!(winner(&app, &tender).await?, Value::Null);
    on_tender(&app, officer, "computeRanking", "PanelInput", &tender).await?;
    let document = "query ($id: ID!) { bid(id: $id) { scorecard { total } } }";
    let found = app.data(None, document, json!({ "id": first })).await?;
    assert_eq!(
        found["bid"]["scorecard"]["total"], "100.0000",
        "it is the lowest price now"
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_decisions_and_declarations_are_refused(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, plan(&city)).await?;
    let supplier = &city.suppliers[2];
    let mut silent = admitting(supplier, "1.00", &[]);
    silent["declarations"] = json!([]);
    let mut talkative = admitting(supplier, "1.00", &[]);
    talkative["answers"] = json!([{ "criterion": "FRAUD", "text": "Nothing to clean." }]);
    for (content, path) in [
        (silent, "bid.declarations"),
        (talkative, "bid.answers.FRAUD"),
    ] {
        let input = submission(supplier, &tender, content, "key");
        let refused = app.refusal(Some(supplier), SUBMIT, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("BID", Some(path))
        );
    }
    let (_, [_, second]) = opened(&app, &city, &["LICENCE", "TAX"]).await?;
    let officer = &city.officer;
    for (code, verdict, expected, path) in [
        ("NONE", "MET", "UNKNOWN_CODE", "code"),
        ("LICENCE", "CLEAR", "DECISION", "decision"),
        ("FRAUD", "NOT_EXCLUDED", "DECISION", "decision"),
        (
            "FRAUD",
            "SELF_CLEANING_ACCEPTED",
            "NO_SELF_CLEANING",
            "decision",
        ),
        (
            "TAX",
            "SELF_CLEANING_ACCEPTED",
            "NO_SELF_CLEANING",
            "decision",
        ),
    ] {
        let input = decision(&second, code, verdict);
        let refused = app.refusal(Some(officer), DECIDE, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (expected, Some(path))
        );
    }
    let input = decision(&second, "TAX", "NOT_EXCLUDED");
    for (user, code) in [
        (Some(&city.evaluators[0]), "FORBIDDEN"),
        (Some(&city.suppliers[1]), "FORBIDDEN"),
        (None, "UNAUTHENTICATED"),
    ] {
        assert_eq!(app.refusal(user, DECIDE, input.clone()).await?.code, code);
    }
    app.data(Some(officer), DECIDE, input).await?;
    app.data(
        Some(officer),
        DECIDE,
        decision(&second, "LICENCE", "NOT_MET"),
    )
    .await?;
    let again = app
        .refusal(Some(officer), DECIDE, decision(&second, "FRAUD", "CLEAR"))
        .await?;
    assert_eq!(again.code, "NOT_ELIGIBLE", "an excluded bid is out");
    Ok(())
}

async fn wrong_statements_of_a_plan_are_named(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    for (place, wrong, path) in [
        (
            "/admission/conditions/0/evidence",
            json!(""),
            "plan.admission.conditions.0.evidence",
        ),
        (
            "/admission/grounds/1/citation",
            json!("a\nb"),
            "plan.admission.grounds.1.citation",
        ),
        (
            "/admission/grounds/0/code",
            json!("PRICE"),
            "plan.admission.grounds.0.code",
        ),
        (
            "/admission/grounds/0/code",
            json!("no code"),
            "plan.admission.grounds.0.code",
        ),
    ] {
        let mut plan = plan(&city);
        *plan.pointer_mut(place).context("a place")? = wrong;
        let refused = city.publish_refused(&app, plan).await?;
        let named = refused.path.clone().unwrap_or(refused.message.clone());
        assert!(named.contains(path), "{place}: {refused:?}");
    }
    let tender = city.publish(&app, plan(&city)).await?;
    let document = "query ($id: ID!) { tender(id: $id) { plan { admission { conditions { code evidence } grounds { code kind citation } } } } }";
    let found = app.data(None, document, json!({ "id": tender })).await?;
    let stated = &found["tender"]["plan"]["admission"];
    assert_eq!(
        stated["conditions"],
        json!([{ "code": "LICENCE", "evidence": "a copy of the licence" }])
    );
    assert_eq!(stated["grounds"][0]["kind"], "MANDATORY");
    Ok(())
}
