//! Marks are made alone, agreed on together, and released with the award; two officers award.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::seats::levels as agreed;
use super::story::{City, on_tender, refused_on_tender, save_mark, step};

on_both!(
    an_evaluator_sees_own_marks_only_until_moderation,
    a_final_mark_no_longer_changes,
    no_consensus_before_every_mark_is_final,
    no_new_mark_in_moderation_and_no_change_after_the_consensus,
    a_level_is_signed_by_everyone_as_it_stands_and_keeps_its_history,
    a_level_outside_the_table_is_refused,
    a_reason_that_compares_bids_is_refused,
    a_scorecard_shows_what_the_panel_judged_and_no_sealed_mark,
    the_award_needs_a_second_officer_and_a_ranking,
);

/// The levels that a reader sees of a bid.
async fn levels(app: &TestApp, reader: Option<&User>, bid: &str) -> Result<Vec<u64>> {
    let marks = "query ($id: ID!) { bid(id: $id) { marks { level evaluator } } }";
    let found = app.data(reader, marks, json!({ "id": bid })).await?;
    let marks = found["bid"]["marks"].as_array().context("marks")?;
    let mut levels: Vec<u64> = marks
        .iter()
        .filter_map(|mark| mark["level"].as_u64())
        .collect();
    levels.sort_unstable();
    Ok(levels)
}

async fn an_evaluator_sees_own_marks_only_until_moderation(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let [one, two] = &city.evaluators;
    save_mark(&app, one, &bid, 4).await?;
    assert_eq!(levels(&app, Some(one), &bid).await?, [4]);
    for reader in [
        None,
        Some(two),
        Some(&city.chair),
        Some(&city.officer),
        Some(&city.suppliers[0]),
    ] {
        assert!(levels(&app, reader, &bid).await?.is_empty());
    }
    city.mark(&app, &tender).await?;
    assert_eq!(levels(&app, Some(one), &bid).await?, [4]);
    assert_eq!(levels(&app, Some(two), &bid).await?, [5]);
    assert!(levels(&app, Some(&city.chair), &bid).await?.is_empty());
    city.agree(&app, &tender).await?;
    for member in [&city.chair, one, two] {
        assert_eq!(levels(&app, Some(member), &bid).await?, [4, 5]);
    }
    for reader in [None, Some(&city.officer), Some(&city.suppliers[0])] {
        assert!(levels(&app, reader, &bid).await?.is_empty());
    }
    let size = app.app.read().log_size().await?;
    let entries = app.app.read().log_entries(0..size).await?;
    let sealed: Vec<_> = entries
        .iter()
        .filter(|entry| entry.kind == "mark.sealed")
        .collect();
    assert_eq!(sealed.len(), 6);
    for entry in sealed {
        let text = String::from_utf8(entry.bytes.clone())?;
        assert!(
            !text.contains("METHOD") && !text.contains(&one.person.to_string()),
            "{text}"
        );
    }
    city.sign_off(&app, &tender, &[one, two]).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    assert!(levels(&app, None, &bid).await?.is_empty());
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    for reader in [None, Some(one), Some(&city.suppliers[1])] {
        assert_eq!(levels(&app, reader, &bid).await?, [4, 5]);
    }
    app.expect_clean_log().await?;
    Ok(())
}

const SAVE: &str = "mutation ($input: SaveMarkInput!) { made: saveMark(input: $input) { userErrors { code message path } } }";

fn mark(bid: &str, criterion: &str, level: u32) -> Value {
    json!({ "input": { "bid": bid, "criterion": criterion, "level": level, "reason": "Because." } })
}

async fn a_final_mark_no_longer_changes(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let evaluator = &city.evaluators[0];
    save_mark(&app, evaluator, &bid, 3).await?;
    save_mark(&app, evaluator, &bid, 5).await?;
    on_tender(&app, evaluator, "finaliseMarks", "PanelInput", &tender).await?;
    let refused = app
        .refusal(Some(evaluator), SAVE, mark(&bid, "METHOD", 4))
        .await?;
    assert_eq!(refused.code, "MARK_FINAL");
    assert_eq!(levels(&app, Some(evaluator), &bid).await?, [5]);
    let again = refused_on_tender(&app, evaluator, "finaliseMarks", "PanelInput", &tender).await?;
    assert_eq!(again, "NO_MARKS");
    Ok(())
}

async fn no_consensus_before_every_mark_is_final(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    let begin =
        async |user| refused_on_tender(&app, user, "beginModeration", "PanelInput", &tender).await;
    assert_eq!(begin(&city.chair).await?, "NO_MARKS");
    save_mark(&app, one, &bids[0], 3).await?;
    assert_eq!(begin(&city.chair).await?, "NO_MARKS", "a draft is no mark");
    on_tender(&app, one, "finaliseMarks", "PanelInput", &tender).await?;
    assert_eq!(begin(&city.chair).await?, "MARKS_NOT_FINAL");
    assert_eq!(begin(one).await?, "FORBIDDEN", "only the chair");
    let sign = refused_on_tender(&app, &city.chair, "signConsensus", "PanelInput", &tender);
    assert_eq!(sign.await?, "WRONG_STAGE");
    for (evaluator, from) in [(one, 1), (two, 0)] {
        for bid in &bids[from..] {
            save_mark(&app, evaluator, bid, 3).await?;
        }
        on_tender(&app, evaluator, "finaliseMarks", "PanelInput", &tender).await?;
    }
    on_tender(&app, &city.chair, "beginModeration", "PanelInput", &tender).await?;
    let sign = refused_on_tender(&app, &city.chair, "signConsensus", "PanelInput", &tender);
    assert_eq!(sign.await?, "NOT_AGREED");
    Ok(())
}

async fn no_new_mark_in_moderation_and_no_change_after_the_consensus(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    let change = step("changeMark", "SaveMarkInput");
    let early = app
        .refusal(Some(one), &change, mark(&bids[0], "METHOD", 3))
        .await?;
    assert_eq!(early.code, "NOT_FINAL");
    city.mark(&app, &tender).await?;
    city.agree(&app, &tender).await?;
    let refused = app
        .refusal(Some(one), SAVE, mark(&bids[1], "METHOD", 3))
        .await?;
    assert_eq!(refused.code, "WRONG_STAGE");
    app.data(Some(one), &change, mark(&bids[1], "METHOD", 5))
        .await?;
    city.sign_off(&app, &tender, &[one, two]).await?;
    let late = app
        .refusal(Some(one), &change, mark(&bids[1], "METHOD", 4))
        .await?;
    assert_eq!(late.code, "WRONG_STAGE");
    Ok(())
}

async fn a_level_is_signed_by_everyone_as_it_stands_and_keeps_its_history(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    city.mark(&app, &tender).await?;
    city.agree(&app, &tender).await?;
    let sign_off = async |member: &User, hash: Value| {
        let document = step("signOffConsensus", "SignOffConsensusInput");
        let input = json!({ "input": { "tender": tender, "agreed": hash } });
        app.ask(Some(member), &document, input).await
    };
    let hash = "query ($id: ID!) { tender(id: $id) { panel { agreed } } }";
    let read = app.data(Some(one), hash, json!({ "id": tender })).await?;
    let read = read["tender"]["panel"]["agreed"].clone();
    sign_off(one, read.clone()).await?;
    let mut changed = agreed(&tender, &bids[..1]);
    changed["input"]["levels"][0]["level"] = json!(5);
    let document = step("agreeLevels", "AgreeLevelsInput");
    app.data(Some(two), &document, changed).await?;
    let stale = sign_off(two, read).await?;
    assert_eq!(stale["errors"][0]["extensions"]["code"], "CONFLICT");
    sign_off(two, json!(null)).await?;
    let sign = refused_on_tender(&app, &city.chair, "signConsensus", "PanelInput", &tender);
    assert_eq!(sign.await?, "NOT_SIGNED_OFF", "what one signed off is void");
    let mut outside = agreed(&tender, &bids[..1]);
    outside["input"]["levels"][0]["level"] = json!(2);
    let refused = app.refusal(Some(&city.chair), &document, outside).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("LEVEL", Some("levels.0.level"))
    );
    let discussion = "query ($id: ID!) { bid(id: $id) { discussion { version level setBy } } }";
    let before = app.data(None, discussion, json!({ "id": bids[0] })).await?;
    assert_eq!(before["bid"]["discussion"], json!([]));
    city.sign_off(&app, &tender, &[one]).await?;
    let history = app.data(None, discussion, json!({ "id": bids[0] })).await?;
    let by = |user| super::seats::person(user);
    assert_eq!(
        history["bid"]["discussion"],
        json!([
            { "version": 1, "level": 4, "setBy": by(&city.chair) },
            { "version": 2, "level": 5, "setBy": by(two) },
        ])
    );
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_level_outside_the_table_is_refused(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let evaluator = Some(&city.evaluators[0]);
    let refused = app
        .refusal(evaluator, SAVE, mark(&bid, "METHOD", 2))
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("LEVEL", Some("level"))
    );
    let refused = app.refusal(evaluator, SAVE, mark(&bid, "PRICE", 3)).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("UNKNOWN_CRITERION", Some("criterion"))
    );
    let refused = app
        .refusal(Some(&city.officer), SAVE, mark(&bid, "METHOD", 3))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    Ok(())
}

async fn the_award_needs_a_second_officer_and_a_ranking(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let refused =
        async |user, mutation| refused_on_tender(&app, user, mutation, "AwardInput", &tender).await;
    assert_eq!(refused(&city.officer, "proposeAward").await?, "WRONG_STAGE");
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    assert_eq!(
        refused(&city.second_officer, "approveAward").await?,
        "WRONG_STAGE"
    );
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    assert_eq!(
        refused(&city.officer, "approveAward").await?,
        "FORBIDDEN",
        "the same officer"
    );
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    Ok(())
}

async fn a_reason_that_compares_bids_is_refused(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    city.mark(&app, &tender).await?;
    on_tender(&app, &city.chair, "beginModeration", "PanelInput", &tender).await?;
    let document = step("agreeLevels", "AgreeLevelsInput");
    let compared = "Clearer steps than those of bright benches ltd.".to_owned();
    for reason in [compared, format!("Better than {}.", bids[1])] {
        let mut input = agreed(&tender, &bids);
        input["input"]["levels"][0]["reason"] = json!(reason);
        let refused = app.refusal(Some(&city.chair), &document, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("COMPARES_BIDS", Some("levels.0.reason"))
        );
        assert!(
            refused.message.contains("Bright Benches Ltd"),
            "{}",
            refused.message
        );
    }
    let mut input = agreed(&tender, &bids);
    input["input"]["levels"][1]["reason"] = json!("Bright Benches Ltd names a mentor for each.");
    app.data(Some(&city.chair), &document, input).await?;
    Ok(())
}

async fn a_scorecard_shows_what_the_panel_judged_and_no_sealed_mark(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let card = "query ($id: ID!) { bid(id: $id) { scorecard { marks { criterion rule formula exact rounded inputs { name }
        sources { measures certifications certifiedOn } panel { level reason marks { level reason } } } } } }";
    let read = async |reader: Option<&User>, code: &str| -> Result<Value> {
        let found = app.data(reader, card, json!({ "id": bids[0] })).await?;
        let marks = found["bid"]["scorecard"]["marks"].as_array();
        let mut marks = marks.context("marks")?.iter();
        let mark = marks.find(|mark| mark["criterion"] == code);
        Ok(mark.context("a mark")?.clone())
    };
    let alone = |levels: &[u32]| -> Value {
        let marks = levels.iter();
        marks
            .map(|level| json!({ "level": level, "reason": "Clear steps." }))
            .collect()
    };
    let sorted = |mut mark: Value| -> Value {
        if let Some(marks) = mark["panel"]["marks"].as_array_mut() {
            marks.sort_by_key(|mark| mark["level"].as_u64());
        }
        mark["panel"].take()
    };
    let panel = |levels: &[u32]| json!({ "level": 4, "reason": "Agreed after reading it together.", "marks": alone(levels) });
    let [one, _] = &city.evaluators;
    for (reader, levels) in [
        (None, &[][..]),
        (Some(&city.officer), &[]),
        (Some(&city.suppliers[0]), &[]),
        (Some(one), &[4, 5]),
        (Some(&city.chair), &[4, 5]),
    ] {
        let mark = sorted(read(reader, "METHOD").await?);
        assert_eq!(mark, panel(levels));
    }
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    for reader in [None, Some(&city.suppliers[0])] {
        assert_eq!(sorted(read(reader, "METHOD").await?), panel(&[4, 5]));
    }
    let jobs = read(None, "JOBS").await?;
    let seo = read(None, "SEO").await?;
    assert_eq!(jobs["panel"], Value::Null);
    assert_eq!(jobs["sources"][0]["measures"], json!(["JOB-1"]));
    assert_eq!(
        seo["sources"],
        json!([{ "measures": null, "certifications": ["COOPERATIVE"], "certifiedOn": "2026-01-12" }])
    );
    app.expect_clean_log().await?;
    Ok(())
}
