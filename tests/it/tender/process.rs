//! From the award to the contract: letters, the notice, the standstill, its suspension, annulment; and cancellation late.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, STANDSTILL_SECONDS, on_tender, refused_on_tender, step};

on_both!(
    a_contract_waits_for_letters_notice_and_standstill,
    every_opened_bid_has_one_letter_that_only_its_parties_read,
    a_challenge_suspends_the_standstill_and_its_days_run_on,
    a_plan_without_standstill_names_its_ground,
    an_annulled_award_leaves_the_ranking_for_another,
    an_annulled_contract_ends_its_kpis_from_that_day_on,
    a_tender_is_cancelled_even_in_the_standstill,
);

const SIGN: &str = "mutation ($input: SignContractInput!) {
    made: signContract(input: $input) { contract { id kpis { id } } userErrors { code message path } }
}";

const STATE: &str = "query ($id: ID!) { tender(id: $id) {
    stage standstill { endsAt suspendedAt } history { kind reason } lots { award { approvedBy } ranking { entryIndex } }
} }";

async fn state(app: &TestApp, tender: &str) -> Result<Value> {
    let mut found = app.data(None, STATE, json!({ "id": tender })).await?;
    Ok(found["tender"].take())
}

async fn sign(app: &TestApp, city: &City, tender: &str) -> Result<String> {
    let input = json!({ "input": { "tender": tender } });
    let refused = app.refusal(Some(&city.officer), SIGN, input).await?;
    Ok(refused.code)
}

/// A reason for a step with a tender.
async fn because(app: &TestApp, city: &City, mutation: &str, tender: &str) -> Result<()> {
    let input = json!({ "input": { "tender": tender, "reason": "As a court decided." } });
    let document = step(mutation, "TenderReasonInput");
    app.data(Some(&city.officer), &document, input).await?;
    Ok(())
}

async fn a_contract_waits_for_letters_notice_and_standstill(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.awarded(&app).await?;
    assert_eq!(sign(&app, &city, &tender).await?, "WRONG_STAGE");
    let early = refused_on_tender(
        &app,
        &city.officer,
        "notifyAward",
        "TenderStepInput",
        &tender,
    );
    assert_eq!(early.await?, "WRONG_STAGE", "letters come first");
    city.notify(&app, &tender).await?;
    assert_eq!(sign(&app, &city, &tender).await?, "STANDSTILL");
    let found = state(&app, &tender).await?;
    // The notice is of Monday 12 January: ten days from the 13th end with Thursday the 22nd.
    assert_eq!(
        found["standstill"],
        json!({ "endsAt": "2026-01-23T00:00:00.000000Z", "suspendedAt": null })
    );
    let kinds: Vec<&str> = found["history"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "tender.published",
            "tender.opened",
            "moderation.started",
            "consensus.signed",
            "ranking.computed",
            "award.proposed",
            "award.decided",
            "letters.sent",
            "award.notified"
        ]
    );
    app.advance_seconds(STANDSTILL_SECONDS);
    let input = json!({ "input": { "tender": tender } });
    app.data(Some(&city.officer), SIGN, input).await?;
    assert_eq!(state(&app, &tender).await?["stage"], "CONTRACTED");
    app.expect_clean_log().await?;
    Ok(())
}

async fn every_opened_bid_has_one_letter_that_only_its_parties_read(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.awarded(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let send = step("sendLetters", "SendLettersInput");
    let letters = |bids: &[String]| {
        let letters = bids.iter().map(
            |bid| json!({ "bid": bid, "language": "KOREAN", "remarks": "We meet on Friday." }),
        );
        json!({ "input": { "tender": tender, "letters": letters.collect::<Vec<_>>() } })
    };
    let twice = [bids.clone(), bids[..1].to_vec()].concat();
    for wrong in [&bids[..2], &twice, &[]] {
        let refused = app
            .refusal(Some(&city.officer), &send, letters(wrong))
            .await?;
        assert_eq!(refused.code, "LETTERS");
    }
    let refused = app
        .refusal(Some(&city.suppliers[0]), &send, letters(&bids))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    let biased = city.officer_at_a_bidder(&app).await?;
    let refused = app.refusal(Some(&biased), &send, letters(&bids)).await?;
    assert_eq!(refused.code, "FORBIDDEN");
    assert!(refused.message.contains("independent"), "{refused:?}");
    let mut blank = letters(&bids);
    blank["input"]["letters"][2]["remarks"] = json!(" ");
    let refused = app.refusal(Some(&city.officer), &send, blank).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("REASON", Some("letters.2.remarks"))
    );
    let strange = ["bid:00000000-0000-4000-8000-000000000000".to_owned()];
    let refused = app
        .refusal(Some(&city.officer), &send, letters(&strange))
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("NO_LETTER", Some("letters.0.bid"))
    );
    let read = "query ($id: ID!) { bid(id: $id) { sentLetter { text entryIndex } letter(language: KOREAN) { text } } }";
    let id = json!({ "id": bids[1] });
    let before = app.data(Some(&city.officer), read, id.clone()).await?;
    let drawn = before["bid"]["letter"]["text"].as_str();
    let drawn = drawn.context("a drawn letter")?.to_owned();
    app.data(Some(&city.officer), &send, letters(&bids)).await?;
    let found = app.data(Some(&city.officer), read, id.clone()).await?;
    let sent = found["bid"]["sentLetter"]["text"].as_str();
    let sent = sent.context("a sent letter")?.to_owned();
    let remarks = sent.strip_prefix(&drawn).context("what was drawn")?;
    assert!(remarks.contains("We meet on Friday."), "{remarks}");
    for (reader, reads) in [
        (Some(&city.suppliers[1]), true),
        (Some(&city.suppliers[0]), false),
        (None, false),
    ] {
        let found = app.data(reader, read, id.clone()).await?;
        let text = found["bid"]["sentLetter"]["text"].as_str();
        assert_eq!(text, reads.then_some(sent.as_str()));
    }
    let index = found["bid"]["sentLetter"]["entryIndex"].as_str();
    let index: u64 = index.context("an index")?.parse()?;
    let entry = app.app.read().log_entry(index).await?.context("an entry")?;
    assert_eq!(entry.kind, "letters.sent");
    let logged = String::from_utf8(entry.bytes)?;
    assert!(!logged.contains("Friday"), "{logged}");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_challenge_suspends_the_standstill_and_its_days_run_on(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.notified(&app).await?;
    app.advance_seconds(3 * 86_400);
    because(&app, &city, "suspendStandstill", &tender).await?;
    let found = state(&app, &tender).await?;
    assert_eq!(found["stage"], "SUSPENDED");
    let last = found["history"]
        .as_array()
        .and_then(|events| events.last())
        .cloned();
    assert_eq!(
        last,
        Some(json!({ "kind": "standstill.suspended", "reason": "As a court decided." }))
    );
    app.advance_seconds(60 * 86_400);
    let officer = app
        .user(city.officer.organisation, &[Role::Officer])
        .await?;
    let refused = app
        .refusal(
            Some(&officer),
            SIGN,
            json!({ "input": { "tender": tender } }),
        )
        .await?;
    assert_eq!(refused.code, "WRONG_STAGE");
    let input = json!({ "input": { "tender": tender, "reason": "Withdrawn." } });
    app.data(
        Some(&officer),
        &step("resumeStandstill", "TenderReasonInput"),
        input.clone(),
    )
    .await?;
    // Two of ten days had run by the 15th of January; eight run from the 17th of March to Tuesday the 24th.
    assert_eq!(
        state(&app, &tender).await?["standstill"],
        json!({ "endsAt": "2026-03-25T00:00:00.000000Z", "suspendedAt": null })
    );
    app.advance_seconds(STANDSTILL_SECONDS);
    let late = app
        .refusal(
            Some(&officer),
            &step("suspendStandstill", "TenderReasonInput"),
            input,
        )
        .await?;
    assert_eq!(late.code, "NOTHING_TO_SUSPEND");
    let input = json!({ "input": { "tender": tender } });
    app.data(Some(&officer), SIGN, input).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_plan_without_standstill_names_its_ground(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let mut plan = city.plan();
    plan["standstill"] = json!({ "kind": "NONE", "days": 3 });
    let refused = city.publish_refused(&app, plan.clone()).await?;
    assert_eq!(refused.code, "BAD_USER_INPUT");
    plan["standstill"] = json!({ "kind": "WORKING_DAYS", "days": 91 });
    let refused = city.publish_refused(&app, plan.clone()).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("PLAN", Some("plan.standstill.rule"))
    );
    plan["standstill"] = json!({ "kind": "NONE", "ground": "below the threshold" });
    let tender = city.publish(&app, plan).await?;
    let found = app
        .data(
            None,
            "query ($id: ID!) { tender(id: $id) { plan { standstill { kind days ground } } } }",
            json!({ "id": tender }),
        )
        .await?;
    let none = json!({ "kind": "NONE", "days": null, "ground": "below the threshold" });
    assert_eq!(found["tender"]["plan"]["standstill"], none);
    Ok(())
}

async fn an_annulled_award_leaves_the_ranking_for_another(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.notified(&app).await?;
    because(&app, &city, "annulAward", &tender).await?;
    let found = state(&app, &tender).await?;
    assert_eq!(
        (
            &found["stage"],
            &found["lots"][0]["award"],
            &found["standstill"]
        ),
        (&json!("RANKED"), &Value::Null, &Value::Null)
    );
    assert!(found["lots"][0]["ranking"].is_object());
    let bids = city.opened_bids(&app, &tender).await?;
    app.data(
        Some(&city.officer),
        &step("excludeBid", "ExcludeBidInput"),
        json!({ "input": { "bid": bids[0], "ground": "DISCRETIONARY", "reason": "As a court decided." } }),
    )
    .await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    city.notify(&app, &tender).await?;
    app.advance_seconds(STANDSTILL_SECONDS);
    let input = json!({ "input": { "tender": tender } });
    app.data(Some(&city.officer), SIGN, input).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn an_annulled_contract_ends_its_kpis_from_that_day_on(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.stood_still(&app).await?;
    let input = json!({ "input": { "tender": tender } });
    let signed = app.data(Some(&city.officer), SIGN, input).await?;
    let kpi = &signed["made"]["contract"]["kpis"][0]["id"];
    app.advance_seconds(100 * 86_400);
    let officer = app
        .user(city.officer.organisation, &[Role::Officer])
        .await?;
    // 2026-05-06: what was delivered in March can be claimed, what comes later cannot.
    let input = json!({ "input": { "tender": tender, "reason": "The court found bribery." } });
    app.data(
        Some(&officer),
        &step("annulAward", "TenderReasonInput"),
        input,
    )
    .await?;
    assert_eq!(state(&app, &tender).await?["stage"], "ANNULLED");
    app.advance_seconds(100 * 86_400);
    let supplier = app
        .user(city.suppliers[0].organisation, &[Role::Supplier])
        .await?;
    let claim = |from: &str, to: &str, key: &str| {
        let mut file = crate::credit_world::file(key);
        file["kind"] = json!("contracts of employment");
        json!({ "input": {
            "claimant": supplier.organisation_id(), "outcome": { "kpi": kpi }, "quantity": "1",
            "period": { "from": from, "to": to }, "evidence": [file], "idempotencyKey": key,
        } })
    };
    let late = claim("2026-05-01", "2026-06-01", "late");
    let refused = app
        .refusal(Some(&supplier), crate::credit_world::SUBMIT, late)
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("ANNULLED", Some("period"))
    );
    let before = claim("2026-03-01", "2026-04-01", "before");
    app.data(Some(&supplier), crate::credit_world::SUBMIT, before)
        .await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_tender_is_cancelled_even_in_the_standstill(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.stood_still(&app).await?;
    let cancel = json!({ "input": { "tender": tender, "reason": "The park is flooded." } });
    let document = step("cancelTender", "CancelTenderInput");
    app.data(Some(&city.officer), &document, cancel.clone())
        .await?;
    assert_eq!(state(&app, &tender).await?["stage"], "CANCELLED");
    assert_eq!(sign(&app, &city, &tender).await?, "CANCELLED");
    let again = app.refusal(Some(&city.officer), &document, cancel).await?;
    assert_eq!(again.code, "CANCELLED");
    app.expect_clean_log().await?;
    Ok(())
}
