//! What a plan declares and presumes abnormal: written by an officer, read by all, flagged after the ranking, and looked
//! at by a person before any award.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, on_tender, refused_on_tender, step, submit, text};

on_both!(
    a_draft_learns_what_it_lacks_and_a_published_plan_says_it,
    a_flagged_winner_waits_for_its_explanation_and_a_decision,
    a_flag_is_dismissed_with_a_reason_and_nothing_else_is,
    spains_rule_is_published_with_a_plan_of_prices_alone_and_flags_the_winner,
    several_criteria_under_spains_rule_publish_their_own_parameters,
    a_wrong_word_about_what_is_abnormal_is_refused_with_its_field,
);

fn parameters() -> Value {
    json!({
        "oneBelowBudget": "25", "twoBelowOther": "20", "threeBelowMean": "10", "threeLeftOutAboveMean": "10",
        "threeBelowBudget": "25", "moreBelowMean": "10", "moreLeftOutAboveMean": "10", "moreFewestInMean": 3,
    })
}

/// The plan of the city, in which ten jobs for 120,000 euro are the most that is plausible: the winner promises twelve.
fn flagging(city: &City) -> Value {
    let mut plan = city.plan();
    plan["plausibleRates"] = json!([{
        "measure": "JOB-1", "quantity": "10", "per": { "amount": "120000.00", "currency": "EUR" },
    }]);
    plan
}

fn declared() -> Value {
    json!({
        "link": "The benches are made by the people who are hired.",
        "need": "Ten people can be trained in the time of the contract.",
        "openToAllPlaces": "Jobs count wherever people are hired.",
    })
}

const REPORT: &str = "query ($input: PlanReportInput!) { planReport(input: $input) {
    facts { criterion gap clause } lowPrices { budget { amount } parameters { moreBelowMean } }
} }";

async fn a_draft_learns_what_it_lacks_and_a_published_plan_says_it(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let price = json!({ "amount": "110000.00", "currency": "EUR" });
    let input =
        |plan: &Value| json!({ "input": { "plan": plan, "referencePrice": price, "runs": 10 } });
    let mut plan = flagging(&city);
    let found = app.data(Some(&city.officer), REPORT, input(&plan)).await?;
    let gaps = |found: &Value| -> Vec<String> {
        let facts = found["planReport"]["facts"].as_array();
        let facts = facts.into_iter().flatten();
        let of = facts.filter(|fact| fact["criterion"] == "JOBS");
        of.map(|fact| fact["gap"].to_string()).collect()
    };
    assert_eq!(gaps(&found), ["\"LINK\"", "\"NEED\"", "\"PLACE\""]);
    assert_eq!(found["planReport"]["lowPrices"], Value::Null);
    plan["lots"][0]["criteria"][1]["children"][0]["declared"] = declared();
    plan["lots"][0]["lowPrices"] = json!({ "budget": price, "parameters": parameters() });
    let found = app.data(Some(&city.officer), REPORT, input(&plan)).await?;
    assert!(gaps(&found).is_empty(), "{found}");
    assert_eq!(
        found["planReport"]["lowPrices"],
        json!({ "budget": { "amount": "110000.00" }, "parameters": { "moreBelowMean": "10" } })
    );
    let save = "mutation ($input: SaveDraftInput!) { made: saveDraft(input: $input) {
        draft { id version problem { path } } userErrors { code message path } } }";
    let buyer = city.officer.organisation_id();
    let draft = json!({ "input": { "buyer": buyer, "title": "Park benches", "plan": plan } });
    let saved = app.data(Some(&city.officer), save, draft).await?;
    let draft = &saved["made"]["draft"];
    assert_eq!(draft["problem"], Value::Null);
    let publish = "mutation ($input: PublishDraftInput!) { made: publishDraft(input: $input) {
        tender { id plan {
            plausibleRates { measure quantity { quantity unit } per { amount } }
            lots { lowPrices { budget { amount } parameters { oneBelowBudget moreFewestInMean } }
                criteria { code children { code declared { link need verification openToAllPlaces } } } }
        } } userErrors { code message path } } }";
    let input = json!({ "input": { "draft": draft["id"], "version": draft["version"] } });
    let made = app.data(Some(&city.officer), publish, input).await?;
    let plan = &made["made"]["tender"]["plan"];
    let mut said = declared();
    said["verification"] = Value::Null;
    assert_eq!(
        plan["lots"][0]["criteria"][1]["children"][0]["declared"],
        said
    );
    assert_eq!(
        plan["lots"][0]["lowPrices"],
        json!({ "budget": { "amount": "110000.00" }, "parameters": { "oneBelowBudget": "25", "moreFewestInMean": 3 } })
    );
    assert_eq!(
        plan["plausibleRates"],
        json!([{ "measure": "JOB-1", "quantity": { "quantity": "10", "unit": "job" }, "per": { "amount": "120000.00" } }])
    );
    app.expect_clean_log().await?;
    app.stop().await
}

const FLAGS: &str = "query ($id: ID!) { tender(id: $id) { lots { robustness {
    ranking { bids } lowPrices { flagged } highPledges { bid measure }
} } } }";

/// A ranked tender whose winner is flagged for its pledges, with the bids.
async fn flagged(app: &TestApp, city: &City) -> Result<(String, Vec<String>)> {
    let tender = city.publish(app, flagging(city)).await?;
    city.rank(app, &tender).await?;
    let bids = city.opened_bids(app, &tender).await?;
    let found = app.data(None, FLAGS, json!({ "id": tender })).await?;
    let robustness = &found["tender"]["lots"][0]["robustness"];
    assert_eq!(robustness["ranking"]["bids"][0], json!(bids[0]));
    let flag = json!([{ "bid": bids[0], "measure": "JOB-1" }]);
    assert_eq!(robustness["highPledges"], flag);
    Ok((tender, bids))
}

fn about(bid: &str, about: &str, more: Value) -> Value {
    let mut input = json!({ "bid": bid, "about": about });
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    json!({ "input": input })
}

fn decision(bid: &str, on: &str, ground: &str) -> Value {
    about(
        bid,
        on,
        json!({ "ground": ground, "reason": "The books were read." }),
    )
}

const DECIDE: &str = "mutation ($input: DecideAbnormalInput!) { made: decideAbnormal(input: $input) {
    bid { explanations { about answerBy request requestedIndex ground reason } } userErrors { code message path } } }";

async fn a_flagged_winner_waits_for_its_explanation_and_a_decision(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let (tender, bids) = flagged(&app, &city).await?;
    let variables = json!({ "input": { "tender": tender } });
    let propose = step("proposeAward", "AwardInput");
    let waits = app
        .refusal(Some(&city.officer), &propose, variables)
        .await?;
    assert_eq!(waits.code, "FLAG_OPEN");
    assert!(
        waits.message.contains("the high pledges"),
        "{}",
        waits.message
    );
    let ask =
        json!({ "answerBy": "2026-01-20T00:00:00Z", "request": "Where will twelve people work?" });
    let document = step("requestExplanation", "RequestExplanationInput");
    app.data(
        Some(&city.officer),
        &document,
        about(&bids[0], "HIGH_PLEDGE", ask),
    )
    .await?;
    let waits = refused_on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender);
    assert_eq!(waits.await?, "EXPLANATION_OPEN");
    let answer = json!({ "explanation": "Our workshop has room for twenty." });
    let document = step("explainBid", "ExplainBidInput");
    app.data(
        Some(&city.suppliers[0]),
        &document,
        about(&bids[0], "HIGH_PLEDGE", answer),
    )
    .await?;
    let shown = decision(&bids[0], "HIGH_PLEDGE", "CAPACITY_SHOWN");
    app.data(Some(&city.officer), DECIDE, shown).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    app.expect_clean_log().await?;
    app.stop().await
}

async fn a_flag_is_dismissed_with_a_reason_and_nothing_else_is(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let (tender, bids) = flagged(&app, &city).await?;
    for (bid, on, ground, code) in [
        (&bids[1], "HIGH_PLEDGE", "NOT_ABNORMAL", "NOT_FLAGGED"),
        (&bids[0], "LOW_PRICE", "NOT_ABNORMAL", "NOT_FLAGGED"),
        (&bids[0], "HIGH_PLEDGE", "CAPACITY_SHOWN", "NOT_ASKED"),
        (&bids[0], "HIGH_PLEDGE", "NOT_DELIVERABLE", "NOT_ASKED"),
    ] {
        let refused = app
            .refusal(Some(&city.officer), DECIDE, decision(bid, on, ground))
            .await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some("about"))
        );
    }
    let dismissed = decision(&bids[0], "HIGH_PLEDGE", "NOT_ABNORMAL");
    let supplier = app
        .refusal(Some(&city.suppliers[0]), DECIDE, dismissed.clone())
        .await?;
    assert_eq!(supplier.code, "FORBIDDEN");
    let made = app
        .data(Some(&city.officer), DECIDE, dismissed.clone())
        .await?;
    assert_eq!(
        made["made"]["bid"]["explanations"],
        json!([{ "about": "HIGH_PLEDGE", "answerBy": null, "request": null, "requestedIndex": null,
            "ground": "NOT_ABNORMAL", "reason": "The books were read." }])
    );
    let again = app.refusal(Some(&city.officer), DECIDE, dismissed).await?;
    assert_eq!(again.code, "DECIDED_ALREADY");
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    app.expect_clean_log().await?;
    app.stop().await
}

/// A plan of prices alone by a local government in Spain.
fn spanish(city: &City) -> Value {
    let mut plan = city.plan();
    plan["lots"][0]["criteria"] = json!([
        { "code": "PRICE", "title": "Price", "weight": "100", "rule": { "priceRelativeLowest": { "of": "TOTAL" } } },
    ]);
    plan["procurement"] = json!({ "buyerKind": "LOCAL_GOVERNMENT", "place": "ES" });
    plan
}

async fn under_spains_rule(app: &TestApp) -> Result<City> {
    let city = City::found(app).await?;
    let publish = "mutation ($input: PublishPolicyInput!) {
        made: publishPolicy(input: $input) { policy { id } userErrors { code message path } } }";
    let input = json!({ "input": { "shipped": "es-rglcap" } });
    app.data(Some(&city.registrar), publish, input).await?;
    Ok(city)
}

async fn spains_rule_is_published_with_a_plan_of_prices_alone_and_flags_the_winner(
    app: TestApp,
) -> Result<()> {
    let city = under_spains_rule(&app).await?;
    let check = "query ($input: PolicyCheckInput!) { policyCheck(input: $input) {
        publishable checks { policyCode clause citation answer sentence } } }";
    let buyer = city.officer.organisation_id();
    let input = json!({ "input": { "buyer": buyer, "plan": spanish(&city) } });
    let found = app.data(None, check, input).await?;
    assert_eq!(
        found["policyCheck"],
        json!({ "publishable": true, "checks": [{
            "policyCode": "es-rglcap", "clause": "abnormally-low", "citation": "RGLCAP art. 85; LCSP art. 149.2",
            "answer": "MET",
            "sentence": "in lot 1 the price alone decides, and the clause's own parameters hold",
        }] })
    );
    let tender = city.publish(&app, spanish(&city)).await?;
    let read = "query ($id: ID!) { tender(id: $id) { plan { lots { lowPrices { budget { amount }
        parameters { oneBelowBudget twoBelowOther threeBelowMean threeLeftOutAboveMean threeBelowBudget moreBelowMean
            moreLeftOutAboveMean moreFewestInMean } } } } policyChecks { answer } } }";
    let found = app.data(None, read, json!({ "id": tender })).await?;
    assert_eq!(
        found["tender"],
        json!({
            "plan": { "lots": [{ "lowPrices": { "budget": null, "parameters": parameters() } }] },
            "policyChecks": [{ "answer": "MET" }],
        })
    );
    for (supplier, amount) in city.suppliers.iter().zip(["70.00", "90.00", "95.00"]) {
        let bid = json!({
            "price": { "amount": amount, "currency": "EUR" }, "commitments": [],
            "participations": [{ "organisation": supplier.organisation_id(), "share": "1" }],
        });
        submit(&app, supplier, &tender, bid, "first").await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    city.open(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    // Of three the 95 exceeds the mean of 85 by more than a tenth: a tenth below the mean of the others is 72.
    let low = "query ($id: ID!) { tender(id: $id) { lots { robustness { lowPrices { threshold needsBudget flagged } } } } }";
    let found = app.data(None, low, json!({ "id": tender })).await?;
    let low = &found["tender"]["lots"][0]["robustness"]["lowPrices"];
    assert_eq!(
        (&low["threshold"], &low["needsBudget"]),
        (&json!("72/1"), &json!(true))
    );
    let bid = text(&low["flagged"][0])?;
    let waits = refused_on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender);
    assert_eq!(waits.await?, "FLAG_OPEN");
    let seen = decision(&bid, "LOW_PRICE", "NOT_ABNORMAL");
    app.data(Some(&city.officer), DECIDE, seen).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    app.expect_clean_log().await?;
    app.stop().await
}

async fn several_criteria_under_spains_rule_publish_their_own_parameters(
    app: TestApp,
) -> Result<()> {
    let city = under_spains_rule(&app).await?;
    let mut plan = city.plan();
    plan["procurement"] = spanish(&city)["procurement"].take();
    let refused = city.publish_refused(&app, plan.clone()).await?;
    assert_eq!(refused.code, "POLICY_NOT_MET");
    for said in [
        "RGLCAP art. 85",
        "`abnormally-low`",
        "several criteria decide",
    ] {
        assert!(refused.message.contains(said), "{}", refused.message);
    }
    plan["lots"][0]["lowPrices"] = json!({ "parameters": parameters() });
    city.publish(&app, plan).await?;
    app.expect_clean_log().await?;
    app.stop().await
}

async fn a_wrong_word_about_what_is_abnormal_is_refused_with_its_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let rate = |measure: &str, quantity: &str, per: &str, currency: &str| json!({ "measure": measure, "quantity": quantity, "per": { "amount": per, "currency": currency } });
    let low = |field: &str, value: Value| {
        let mut parameters = parameters();
        parameters[field] = value;
        json!({ "parameters": parameters })
    };
    let lots = "plan.lots.0";
    let cases = [
        (
            "low",
            json!({}),
            "PLAN",
            format!("{lots}.lowPrices.parameters"),
        ),
        (
            "low",
            json!({ "budget": { "amount": "1", "currency": "GBP" }, "parameters": parameters() }),
            "PLAN",
            format!("{lots}.lowPrices.budget"),
        ),
        (
            "low",
            low("moreFewestInMean", json!(0)),
            "PLAN",
            format!("{lots}.lowPrices.parameters.moreFewestInMean"),
        ),
        (
            "low",
            low("oneBelowBudget", json!("101")),
            "BAD_USER_INPUT",
            format!("{lots}.lowPrices.parameters.oneBelowBudget"),
        ),
        (
            "rates",
            json!([rate("NOPE", "1", "1", "EUR")]),
            "BAD_USER_INPUT",
            "plan.plausibleRates.0.measure".to_owned(),
        ),
        (
            "rates",
            json!([rate("JOB-1", "1.5", "1", "EUR")]),
            "BAD_USER_INPUT",
            "plan.plausibleRates.0.quantity".to_owned(),
        ),
        (
            "rates",
            json!([rate("JOB-1", "1", "1", "GBP")]),
            "PLAN",
            "plan.plausibleRates.0.per".to_owned(),
        ),
        (
            "rates",
            json!([rate("JOB-1", "1", "0", "EUR")]),
            "PLAN",
            "plan.plausibleRates.0.per".to_owned(),
        ),
        (
            "rates",
            json!([
                rate("JOB-1", "1", "1", "EUR"),
                rate("JOB-1", "2", "1", "EUR")
            ]),
            "PLAN",
            "plan.plausibleRates.1".to_owned(),
        ),
        (
            "declared",
            json!({ "link": " " }),
            "PLAN",
            format!("{lots}.criteria.0.declared.link"),
        ),
    ];
    for (place, value, code, path) in cases {
        let mut plan = city.plan();
        match place {
            "low" => plan["lots"][0]["lowPrices"] = value,
            "rates" => plan["plausibleRates"] = value,
            _ => plan["lots"][0]["criteria"][0]["declared"] = value,
        }
        let refused = city.publish_refused(&app, plan).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path.as_str())),
            "{}",
            refused.message
        );
    }
    app.stop().await
}
