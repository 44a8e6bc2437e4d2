//! Marks are made alone, agreed on together, and released with the award; two officers award.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::story::{City, SIGN, consensus, on_tender, refused_on_tender, save_mark};

on_both!(
    an_evaluator_sees_own_marks_only_until_the_award,
    a_final_mark_no_longer_changes,
    no_consensus_before_every_mark_is_final,
    no_mark_after_the_consensus_began,
    a_level_outside_the_table_is_refused,
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

async fn an_evaluator_sees_own_marks_only_until_the_award(app: TestApp) -> Result<()> {
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
    assert_eq!(
        levels(&app, Some(&city.chair), &bid).await?,
        [4, 5],
        "to lead the panel, once all are final"
    );
    assert!(levels(&app, None, &bid).await?.is_empty());
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
    city.sign(&app, &tender).await?;
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
    let refused = app
        .refusal(Some(&city.chair), SIGN, consensus(&tender, &bids))
        .await?;
    assert_eq!(refused.code, "NO_MARKS");
    save_mark(&app, &city.evaluators[0], &bids[0], 3).await?;
    let refused = app
        .refusal(Some(&city.chair), SIGN, consensus(&tender, &bids))
        .await?;
    assert_eq!(refused.code, "MARKS_NOT_FINAL");
    on_tender(
        &app,
        &city.evaluators[0],
        "finaliseMarks",
        "PanelInput",
        &tender,
    )
    .await?;
    let refused = app
        .refusal(Some(&city.evaluators[0]), SIGN, consensus(&tender, &bids))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN", "only the chair");
    let part = app
        .data(Some(&city.chair), SIGN, consensus(&tender, &bids[..1]))
        .await?;
    assert_eq!(
        part["made"]["tender"]["stage"], "MODERATING",
        "a part is no consensus"
    );
    let twice = app
        .refusal(Some(&city.chair), SIGN, consensus(&tender, &bids[..1]))
        .await?;
    assert_eq!(
        (twice.code.as_str(), twice.path.as_deref()),
        ("NOT_ASKED", Some("levels.0"))
    );
    let rest = app
        .data(Some(&city.chair), SIGN, consensus(&tender, &bids[1..]))
        .await?;
    assert_eq!(rest["made"]["tender"]["stage"], "CONSENSUS_SIGNED");
    Ok(())
}

async fn no_mark_after_the_consensus_began(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    save_mark(&app, &city.evaluators[0], &bids[0], 3).await?;
    on_tender(
        &app,
        &city.evaluators[0],
        "finaliseMarks",
        "PanelInput",
        &tender,
    )
    .await?;
    app.data(Some(&city.chair), SIGN, consensus(&tender, &bids[..1]))
        .await?;
    let refused = app
        .refusal(Some(&city.evaluators[1]), SAVE, mark(&bids[1], "METHOD", 3))
        .await?;
    assert_eq!(refused.code, "WRONG_STAGE");
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
