//! Between publication and deadline: amendments and what protects bidders, extensions, questions and answers.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, bid, on_tender, step, submission, submit};

on_both!(
    bids_before_a_material_amendment_are_confirmed_replaced_or_left_closed,
    an_amendment_that_leaves_too_little_time_or_changes_too_much_is_refused,
    a_deadline_moves_later_and_after_an_outage_even_when_it_has_passed,
    everyone_reads_question_and_answer_and_nobody_who_asked,
    questions_end_at_their_deadline,
);

const LATER: &str = "2026-01-20T12:00:00.000000Z";

fn amended(city: &City, change: impl FnOnce(&mut Value)) -> Value {
    let mut plan = city.plan();
    (plan["closesAt"], plan["opensAt"]) = (json!(LATER), json!(LATER));
    change(&mut plan);
    plan
}

async fn amend(app: &TestApp, city: &City, tender: &str, plan: Value) -> Result<()> {
    let input = json!({ "input": { "tender": tender, "plan": plan, "reason": "Clearer words." } });
    app.data(
        Some(&city.officer),
        &step("amendTender", "AmendTenderInput"),
        input,
    )
    .await?;
    Ok(())
}

async fn bids_before_a_material_amendment_are_confirmed_replaced_or_left_closed(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let mut receipts = Vec::new();
    for (supplier, bid) in city.suppliers.iter().zip(city.bids()) {
        receipts.push(submit(&app, supplier, &tender, bid, "a").await?);
    }
    let [first, second, _] = &city.suppliers;
    let confirm = step("confirmBid", "ConfirmBidInput");
    let own = json!({ "input": { "sealedBid": receipts[0]["sealedId"], "supplier": first.organisation_id() } });
    let early = app.refusal(Some(first), &confirm, own.clone()).await?;
    assert_eq!(early.code, "NOTHING_TO_CONFIRM");
    amend(
        &app,
        &city,
        &tender,
        amended(&city, |plan| plan["markScale"] = json!(2)),
    )
    .await?;
    let foreign = json!({ "input": { "sealedBid": receipts[0]["sealedId"], "supplier": second.organisation_id() } });
    let stranger = app.refusal(Some(second), &confirm, foreign).await?;
    assert_eq!(stranger.code, "NOT_FOUND");
    app.data(Some(first), &confirm, own).await?;
    let mut replacement = submission(second, &tender, bid(second, "99000.00", "5", true), "b");
    replacement["input"]["replaces"] = receipts[1]["sealedId"].clone();
    app.data(
        Some(second),
        &step("replaceBid", "ReplaceBidInput"),
        replacement,
    )
    .await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 9 * 86_400);
    for (officer, mutation) in [
        (&city.officer, "approveOpening"),
        (&city.second_officer, "openTender"),
    ] {
        on_tender(&app, officer, mutation, "OpenTenderInput", &tender).await?;
    }
    let found = app
        .data(
            None,
            "query ($id: ID!) { tender(id: $id) { amendments plan { markScale } bids { totalCount nodes { supplier { name } } } } }",
            json!({ "id": tender }),
        )
        .await?;
    let found = &found["tender"];
    assert_eq!(found["amendments"], 1);
    assert_eq!(found["plan"]["markScale"], 2);
    assert_eq!(
        found["bids"]["totalCount"], 2,
        "the third was not confirmed"
    );
    assert!(!found.to_string().contains("Third Way"));
    app.expect_clean_log().await?;
    Ok(())
}

async fn an_amendment_that_leaves_too_little_time_or_changes_too_much_is_refused(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let receipt = submit(
        &app,
        &city.suppliers[0],
        &tender,
        city.bids()[0].clone(),
        "a",
    )
    .await?;
    let document = step("amendTender", "AmendTenderInput");
    let refused = async |user, plan: Value| {
        let input = json!({ "input": { "tender": tender, "plan": plan, "reason": "Because." } });
        app.refusal(Some(user), &document, input).await
    };
    let officer = &city.officer;
    assert_eq!(refused(officer, city.plan()).await?.code, "NOTHING_AMENDED");
    let other = refused(
        officer,
        amended(&city, |plan| plan["commencement"] = json!("2026-01-03")),
    )
    .await?;
    assert_eq!(
        (other.code.as_str(), other.path.as_deref()),
        ("NOT_AMENDABLE", Some("plan.commencement"))
    );
    app.advance_seconds(2 * 86_400);
    let mut short = city.plan();
    short["markScale"] = json!(2);
    let short = refused(officer, short).await?;
    assert_eq!(
        (short.code.as_str(), short.path.as_deref()),
        ("DEADLINE", Some("plan.closesAt"))
    );
    let broken = amended(&city, |plan| plan["lots"][0]["criteria"] = json!([]));
    assert_eq!(refused(officer, broken).await?.code, "PLAN");
    let supplier = refused(&city.suppliers[0], amended(&city, |_| ())).await?;
    assert_eq!(supplier.code, "FORBIDDEN");
    // What bids must say has changed: the bid cannot be confirmed, only replaced.
    let price = json!({ "priceRelativeLowest": { "of": "TOTAL" } });
    let only_price = json!([{ "code": "PRICE", "title": "Price", "weight": "100", "rule": price }]);
    amend(
        &app,
        &city,
        &tender,
        amended(&city, |plan| plan["lots"][0]["criteria"] = only_price),
    )
    .await?;
    let supplier = &city.suppliers[0];
    let input = json!({ "input": { "sealedBid": receipt["sealedId"], "supplier": supplier.organisation_id() } });
    let confirm = app
        .refusal(
            Some(supplier),
            &step("confirmBid", "ConfirmBidInput"),
            input,
        )
        .await?;
    assert_eq!(confirm.code, "REPLACE_BID");
    app.advance_seconds(20 * 86_400);
    let later = amended(&city, |plan| {
        let later = json!("2026-03-01T12:00:00Z");
        (plan["closesAt"], plan["opensAt"]) = (later.clone(), later);
    });
    let late = refused(officer, later).await?;
    assert_eq!(late.code, "WRONG_STAGE");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_deadline_moves_later_and_after_an_outage_even_when_it_has_passed(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let document = step("extendTender", "ExtendTenderInput");
    let extension = |closes_at: &str, outage: bool| {
        json!({ "input": { "tender": tender, "closesAt": closes_at, "opensAt": closes_at, "outage": outage,
            "reason": "The service was out." } })
    };
    let earlier = app
        .refusal(
            Some(&city.officer),
            &document,
            extension("2026-01-11T12:00:00Z", false),
        )
        .await?;
    assert_eq!(
        (earlier.code.as_str(), earlier.path.as_deref()),
        ("DEADLINE", Some("closesAt"))
    );
    app.data(
        Some(&city.officer),
        &document,
        extension("2026-01-13T12:00:00Z", false),
    )
    .await?;
    app.advance_seconds(SECONDS_TO_CLOSING + 86_400 + 60);
    let passed = app
        .refusal(
            Some(&city.officer),
            &document,
            extension("2026-01-15T12:00:00Z", false),
        )
        .await?;
    assert_eq!(passed.code, "WRONG_STAGE");
    app.data(
        Some(&city.officer),
        &document,
        extension("2026-01-15T12:00:00Z", true),
    )
    .await?;
    let supplier = &city.suppliers[0];
    submit(
        &app,
        supplier,
        &tender,
        city.bids()[0].clone(),
        "after the outage",
    )
    .await?;
    app.advance_seconds(8 * 86_400);
    let over = app
        .refusal(
            Some(&city.officer),
            &document,
            extension("2026-02-15T12:00:00Z", true),
        )
        .await?;
    assert_eq!(
        over.code, "DEADLINE",
        "an outage is made good for three days"
    );
    app.expect_clean_log().await?;
    Ok(())
}

const ASK: &str = "mutation ($input: AskQuestionInput!) {
    made: askQuestion(input: $input) { question { id text answered } userErrors { code message path } }
}";

async fn everyone_reads_question_and_answer_and_nobody_who_asked(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let asker = &city.suppliers[0];
    let input = json!({ "input": { "tender": tender, "supplier": asker.organisation_id(),
        "text": "We at Han River ask: which park?" } });
    let asked = app.data(Some(asker), ASK, input).await?;
    let question = &asked["made"]["question"]["id"];
    let read = "query ($id: ID!) { tender(id: $id) { questions { id text answered } answers { number question answer } } }";
    let id = json!({ "id": tender });
    let of_officer = app.data(Some(&city.officer), read, id.clone()).await?;
    assert_eq!(of_officer["tender"]["questions"][0]["id"], *question);
    for reader in [None, Some(&city.suppliers[1]), Some(&city.chair)] {
        let found = app.data(reader, read, id.clone()).await?;
        assert_eq!(found["tender"], json!({ "questions": [], "answers": [] }));
    }
    let document = step("answerQuestion", "AnswerQuestionInput");
    let input = json!({ "input": { "question": question, "publishedAs": "Which park?", "answer": "All of them." } });
    let stranger = app
        .refusal(Some(&city.suppliers[1]), &document, input.clone())
        .await?;
    assert_eq!(
        stranger.code, "NOT_FOUND",
        "there is no question for others"
    );
    app.data(Some(&city.officer), &document, input.clone())
        .await?;
    let twice = app.refusal(Some(&city.officer), &document, input).await?;
    assert_eq!(twice.code, "ANSWERED");
    let found = app.data(None, read, id).await?;
    assert_eq!(
        found["tender"],
        json!({ "questions": [], "answers": [{ "number": 1, "question": "Which park?", "answer": "All of them." }] })
    );
    let size = app.app.read().log_size().await?;
    for entry in app.app.read().log_entries(0..size).await? {
        let text = String::from_utf8(entry.bytes)?;
        let tells = ["Which park", "All of them"]
            .iter()
            .any(|words| text.contains(words));
        assert!(!tells, "{text}");
        let of_asker = text.contains(&asker.organisation.to_string());
        assert!(entry.kind != "question.answered" || !of_asker, "{text}");
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn questions_end_at_their_deadline(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let mut plan = city.plan();
    plan["questionsUntil"] = json!("2026-02-01T00:00:00Z");
    let late = city.publish_refused(&app, plan.clone()).await?;
    assert_eq!(
        (late.code.as_str(), late.path.as_deref()),
        ("PLAN", Some("plan.questionsUntil"))
    );
    plan["questionsUntil"] = json!("2026-01-06T00:00:00Z");
    let tender = city.publish(&app, plan).await?;
    let asker = &city.suppliers[0];
    let input = |text: &str| json!({ "input": { "tender": tender, "supplier": asker.organisation_id(), "text": text } });
    app.data(Some(asker), ASK, input("Which park?")).await?;
    let empty = app.refusal(Some(asker), ASK, input(" ")).await?;
    assert_eq!(
        (empty.code.as_str(), empty.path.as_deref()),
        ("REASON", Some("text"))
    );
    app.advance_seconds(86_400);
    let closed = app.refusal(Some(asker), ASK, input("Which tree?")).await?;
    assert_eq!(closed.code, "QUESTIONS_CLOSED");
    let officer = app
        .refusal(Some(&city.officer), ASK, input("Which tree?"))
        .await?;
    assert_eq!(officer.code, "FORBIDDEN");
    Ok(())
}
