//! A bid that looks abnormal is explained and decided by a person; nothing excludes it by itself.

use anyhow::Result;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, on_tender, refused_on_tender, step};

on_both!(
    an_explained_bid_is_accepted_and_awarded,
    an_unexplained_bid_is_excluded_after_its_time_and_not_before,
    a_request_gives_time_and_only_its_parties_read_the_words,
);

const READ: &str = "query ($id: ID!) { bid(id: $id) { exclusion { ground reason }
    explanations { about request explanation ground reason } } }";

/// The input of a step about the low price of a bid.
fn about(bid: &str, more: Value) -> Value {
    let mut input = json!({ "bid": bid, "about": "LOW_PRICE" });
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    json!({ "input": input })
}

async fn ask(app: &TestApp, city: &City, bid: &str) -> Result<()> {
    // A ranked tender stands on 12 January 2026.
    let more = json!({ "answerBy": "2026-01-20T00:00:00Z", "request": "How can it be so cheap?" });
    let document = step("requestExplanation", "RequestExplanationInput");
    app.data(Some(&city.officer), &document, about(bid, more))
        .await?;
    Ok(())
}

async fn explain(app: &TestApp, supplier: &User, bid: &str) -> Result<()> {
    let more = json!({ "explanation": "We own the quarry." });
    app.data(
        Some(supplier),
        &step("explainBid", "ExplainBidInput"),
        about(bid, more),
    )
    .await?;
    Ok(())
}

async fn decide(app: &TestApp, city: &City, bid: &str, ground: &str) -> Result<()> {
    let more = json!({ "ground": ground, "reason": "The books were read." });
    let document = step("decideAbnormal", "DecideAbnormalInput");
    app.data(Some(&city.officer), &document, about(bid, more))
        .await?;
    Ok(())
}

async fn an_explained_bid_is_accepted_and_awarded(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    ask(&app, &city, &bid).await?;
    let waits = refused_on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender);
    assert_eq!(waits.await?, "EXPLANATION_OPEN");
    explain(&app, &city.suppliers[0], &bid).await?;
    let waits = refused_on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender);
    assert_eq!(waits.await?, "EXPLANATION_OPEN", "a person decides");
    decide(&app, &city, &bid, "ECONOMICS").await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn an_unexplained_bid_is_excluded_after_its_time_and_not_before(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let document = step("decideAbnormal", "DecideAbnormalInput");
    let more = json!({ "ground": "NOT_ACCOUNTED", "reason": "No answer." });
    let unasked = app
        .refusal(Some(&city.officer), &document, about(&bid, more.clone()))
        .await?;
    assert_eq!(unasked.code, "NOT_ASKED");
    ask(&app, &city, &bid).await?;
    let early = app
        .refusal(Some(&city.officer), &document, about(&bid, more))
        .await?;
    assert_eq!(early.code, "EXPLANATION_OPEN");
    app.advance_seconds(10 * 86_400);
    let late = json!({ "explanation": "Sorry." });
    let late = app
        .refusal(
            Some(&city.suppliers[0]),
            &step("explainBid", "ExplainBidInput"),
            about(&bid, late),
        )
        .await?;
    assert_eq!(late.code, "CLOSED");
    let wrong = json!({ "ground": "NOT_DELIVERABLE", "reason": "No answer." });
    let wrong = app
        .refusal(Some(&city.officer), &document, about(&bid, wrong))
        .await?;
    assert_eq!(wrong.code, "GROUND");
    decide(&app, &city, &bid, "NOT_ACCOUNTED").await?;
    let found = app.data(None, READ, json!({ "id": bid })).await?;
    assert_eq!(
        found["bid"],
        json!({
            "exclusion": { "ground": "ABNORMAL", "reason": null },
            "explanations": [{ "about": "LOW_PRICE", "request": null, "explanation": null,
                "ground": "NOT_ACCOUNTED", "reason": null }],
        })
    );
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_request_gives_time_and_only_its_parties_read_the_words(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let document = step("requestExplanation", "RequestExplanationInput");
    let short = json!({ "answerBy": "2026-01-13T00:00:00Z", "request": "Why?" });
    let refused = app
        .refusal(Some(&city.officer), &document, about(&bid, short.clone()))
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("DEADLINE", Some("answerBy"))
    );
    let refused = app
        .refusal(Some(&city.suppliers[1]), &document, about(&bid, short))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    ask(&app, &city, &bid).await?;
    let other = json!({ "explanation": "They own the quarry." });
    let other = app
        .refusal(
            Some(&city.suppliers[1]),
            &step("explainBid", "ExplainBidInput"),
            about(&bid, other),
        )
        .await?;
    assert_eq!(other.code, "FORBIDDEN", "only its supplier explains a bid");
    explain(&app, &city.suppliers[0], &bid).await?;
    for (reader, words) in [
        (Some(&city.officer), json!("We own the quarry.")),
        (Some(&city.suppliers[0]), json!("We own the quarry.")),
        (Some(&city.suppliers[1]), Value::Null),
        (None, Value::Null),
    ] {
        let found = app.data(reader, READ, json!({ "id": bid })).await?;
        assert_eq!(found["bid"]["explanations"][0]["explanation"], words);
    }
    Ok(())
}
