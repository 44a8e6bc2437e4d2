//! Calibration: prepared answers come before bids, marks for them are blind until everyone has calibrated, and drift is shown.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use super::seats::person;
use super::story::{City, on_tender, refused_on_tender, save_mark, step};

on_both!(
    evaluators_calibrate_before_they_mark_and_the_award_shows_how,
    calibration_is_blind_until_all_have_calibrated_and_drift_is_for_the_chair_and_oneself,
    a_successor_calibrates_too_and_who_left_counts_no_more,
    wrong_calibrations_are_refused_with_their_field,
    a_cancelled_tender_voids_what_was_sealed_for_calibration,
);

const ANSWERS: [(&str, u32); 2] = [
    ("Each apprentice has a named mentor and a plan by month.", 5),
    ("We will do our best.", 0),
];

fn answers(tender: &str) -> Value {
    let answers = ANSWERS.map(
        |(text, reference)| json!({ "criterion": "METHOD", "text": text, "reference": reference }),
    );
    json!({ "input": { "tender": tender, "answers": answers } })
}

fn marks(tender: &str, levels: &[u32]) -> Value {
    let marks = (1..).zip(levels).map(
        |(answer, level): (u32, _)| json!({ "answer": answer, "level": level, "reason": "By the table." }),
    );
    json!({ "input": { "tender": tender, "marks": marks.collect::<Vec<_>>() } })
}

fn prepare() -> String {
    step("prepareCalibration", "PrepareCalibrationInput")
}

fn calibrate() -> String {
    step("calibrate", "CalibrateInput")
}

async fn calibration(app: &TestApp, reader: Option<&User>, tender: &str) -> Result<Value> {
    let query = "query ($id: ID!) { tender(id: $id) { panel { calibration {
        answers { number criterion text reference } marks { evaluator answer level reason }
        drifts { evaluator criterion answers fromPanel fromReference } } } } }";
    let mut found = app.data(reader, query, json!({ "id": tender })).await?;
    Ok(found["tender"]["panel"]["calibration"].take())
}

/// How many answers with their texts, references, marks and drifts a reader sees.
async fn seen(app: &TestApp, reader: Option<&User>, tender: &str) -> Result<[usize; 4]> {
    let found = calibration(app, reader, tender).await?;
    let count = |list: &str, field: &str| {
        let all = found[list].as_array().into_iter().flatten();
        all.filter(|one| !one[field].is_null()).count()
    };
    Ok([
        count("answers", "text"),
        count("answers", "reference"),
        count("marks", "level"),
        count("drifts", "criterion"),
    ])
}

/// A tender with its panel and prepared answers.
async fn prepared(app: &TestApp, city: &City) -> Result<String> {
    let tender = city.unseated(app).await?;
    app.data(Some(&city.officer), &prepare(), answers(&tender))
        .await?;
    city.seat(app, &tender).await?;
    Ok(tender)
}

async fn evaluators_calibrate_before_they_mark_and_the_award_shows_how(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.closed(&app).await?;
    app.data(Some(&city.officer), &prepare(), answers(&tender))
        .await?;
    for (officer, mutation) in [
        (&city.officer, "approveOpening"),
        (&city.second_officer, "openTender"),
    ] {
        on_tender(&app, officer, mutation, "OpenTenderInput", &tender).await?;
    }
    city.seat(&app, &tender).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    let early = json!({ "input": { "bid": bids[0], "criterion": "METHOD", "level": 4, "reason": "Clear." } });
    let save = step("saveMark", "SaveMarkInput");
    let refused = app.refusal(Some(one), &save, early).await?;
    assert_eq!(refused.code, "NOT_CALIBRATED");
    for (evaluator, levels) in [(one, [5, 3]), (two, [4, 0])] {
        app.data(Some(evaluator), &calibrate(), marks(&tender, &levels))
            .await?;
    }
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    assert_eq!(seen(&app, None, &tender).await?, [0; 4]);
    let size = app.app.read().log_size().await?;
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    assert_eq!(seen(&app, None, &tender).await?, [2, 2, 4, 2]);
    let found = calibration(&app, None, &tender).await?;
    let mut drifts: Vec<_> = found["drifts"].as_array().context("drifts")?.clone();
    drifts.sort_by_key(|drift| drift["fromPanel"].as_str() < Some("0"));
    // (5 - 4 + 3 - 0) / 2, and (0 + 3) / 2 from the reference 5 and 0.
    assert_eq!(
        drifts[0],
        json!({ "evaluator": person(one), "criterion": "METHOD", "answers": 2,
            "fromPanel": "2.000000", "fromReference": "1.500000" })
    );
    assert_eq!(drifts[1]["fromPanel"], "-2.000000");
    let entries = app.app.read().log_entries(size..size + 4).await?;
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    let released = ["calibration.released"; 3];
    assert_eq!(kinds[0], "award.decided");
    assert_eq!(kinds[1..], released);
    app.expect_clean_log().await?;
    Ok(())
}

async fn calibration_is_blind_until_all_have_calibrated_and_drift_is_for_the_chair_and_oneself(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = prepared(&app, &city).await?;
    let [one, two] = &city.evaluators;
    let supplier = &city.suppliers[0];
    for (reader, sees) in [
        (None, [0; 4]),
        (Some(supplier), [0; 4]),
        (Some(one), [2, 0, 0, 0]),
        (Some(&city.officer), [2, 2, 0, 0]),
        (Some(&city.chair), [2, 2, 0, 0]),
    ] {
        assert_eq!(seen(&app, reader, &tender).await?, sees);
    }
    app.data(Some(one), &calibrate(), marks(&tender, &[5, 3]))
        .await?;
    for (reader, sees) in [
        (None, [0; 4]),
        (Some(one), [2, 0, 2, 0]),
        (Some(two), [2, 0, 0, 0]),
        (Some(&city.officer), [2, 2, 0, 0]),
        (Some(&city.chair), [2, 2, 0, 0]),
    ] {
        assert_eq!(seen(&app, reader, &tender).await?, sees, "one is missing");
    }
    let again = marks(&tender, &[0, 0]);
    let again = app.refusal(Some(one), &calibrate(), again).await?;
    assert_eq!(again.code, "CALIBRATED");
    app.data(Some(two), &calibrate(), marks(&tender, &[5, 0]))
        .await?;
    for (reader, sees) in [
        (None, [0; 4]),
        (Some(supplier), [0; 4]),
        (Some(one), [2, 2, 2, 1]),
        (Some(two), [2, 2, 2, 1]),
        (Some(&city.officer), [2, 2, 0, 0]),
        (Some(&city.chair), [2, 2, 4, 2]),
    ] {
        assert_eq!(seen(&app, reader, &tender).await?, sees, "all have");
    }
    let own = calibration(&app, Some(one), &tender).await?;
    assert_eq!(own["drifts"][0]["evaluator"], person(one).as_str());
    assert_eq!(own["drifts"][0]["fromPanel"], "1.500000");
    let size = app.app.read().log_size().await?;
    for entry in app.app.read().log_entries(0..size).await? {
        let text = String::from_utf8(entry.bytes.clone())?;
        let tells = entry.kind == "calibration.sealed"
            && (text.contains(&one.person.to_string()) || text.contains("levels"));
        assert!(!tells && !text.contains("named mentor"), "{text}");
        if entry.kind == "calibration.prepared" {
            assert!(!text.contains("\"levels\""), "{text}");
        }
    }
    Ok(())
}

async fn a_successor_calibrates_too_and_who_left_counts_no_more(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = prepared(&app, &city).await?;
    let [one, two] = &city.evaluators;
    for (evaluator, levels) in [(one, [5, 5]), (two, [4, 0])] {
        app.data(Some(evaluator), &calibrate(), marks(&tender, &levels))
            .await?;
    }
    let successor = app
        .user(city.officer.organisation, &[Role::Evaluator])
        .await?;
    let replace = json!({ "input": { "tender": tender, "member": person(one),
        "successor": person(&successor), "reason": "On leave." } });
    let document = step("replaceMember", "ReplaceMemberInput");
    app.data(Some(&city.officer), &document, replace).await?;
    city.declare(&app, &successor, &tender, &[]).await?;
    let chair = Some(&city.chair);
    assert_eq!(
        seen(&app, chair, &tender).await?,
        [2, 2, 0, 0],
        "blind again"
    );
    assert_eq!(seen(&app, Some(&successor), &tender).await?, [2, 0, 0, 0]);
    let bid = city.opened_bids(&app, &tender).await?.swap_remove(0);
    let early =
        json!({ "input": { "bid": bid, "criterion": "METHOD", "level": 4, "reason": "Clear." } });
    let save = step("saveMark", "SaveMarkInput");
    let refused = app.refusal(Some(&successor), &save, early).await?;
    assert_eq!(refused.code, "NOT_CALIBRATED");
    app.data(Some(&successor), &calibrate(), marks(&tender, &[4, 0]))
        .await?;
    let found = calibration(&app, chair, &tender).await?;
    let drifts = found["drifts"].as_array().context("drifts")?;
    assert_eq!(drifts.len(), 2);
    assert!(
        drifts.iter().all(|drift| drift["fromPanel"] == "0.000000"),
        "{drifts:?}"
    );
    save_mark(&app, &successor, &bid, 4).await?;
    Ok(())
}

async fn wrong_calibrations_are_refused_with_their_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.unseated(&app).await?;
    let [one, two] = &city.evaluators;
    let refused = async |user: &User, document: String, input: Value| -> Result<(String, String)> {
        let refused = app.refusal(Some(user), &document, input).await?;
        Ok((refused.code, refused.path.unwrap_or_default()))
    };
    let told = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    let by_evaluator = refused(one, prepare(), answers(&tender)).await?;
    assert_eq!(by_evaluator.0, "FORBIDDEN");
    let mut wrong = answers(&tender);
    wrong["input"]["answers"] = json!([]);
    let empty = refused(&city.officer, prepare(), wrong.clone()).await?;
    assert_eq!(empty, told("ANSWERS", "answers"));
    wrong["input"]["answers"] = json!([{ "criterion": "PRICE", "text": "Cheap." }]);
    let price = refused(&city.officer, prepare(), wrong.clone()).await?;
    assert_eq!(price, told("UNKNOWN_CRITERION", "answers.0.criterion"));
    wrong["input"]["answers"] = json!([{ "criterion": "METHOD", "text": "Good.", "reference": 2 }]);
    let level = refused(&city.officer, prepare(), wrong.clone()).await?;
    assert_eq!(level, told("LEVEL", "answers.0.reference"));
    wrong["input"]["answers"] = json!([{ "criterion": "METHOD", "text": " " }]);
    let blank = refused(&city.officer, prepare(), wrong).await?;
    assert_eq!(blank, told("LETTER", "answers.0.text"));
    let alone = refused(&city.chair, prepare(), answers(&tender)).await?;
    assert_eq!(alone, told("NO_PANEL", "tender"));
    city.assign(&app, &tender, &[one, two]).await?;
    app.data(Some(&city.chair), &prepare(), answers(&tender))
        .await?;
    let twice = refused(&city.officer, prepare(), answers(&tender)).await?;
    assert_eq!(twice, told("CALIBRATION_PREPARED", "tender"));
    let early = refused(one, calibrate(), marks(&tender, &[4, 3])).await?;
    assert_eq!(early.0, "WRONG_STAGE", "no declaration, no access");
    for member in [&city.chair, one, two] {
        city.declare(&app, member, &tender, &[]).await?;
    }
    let late = refused(&city.officer, prepare(), answers(&tender)).await?;
    assert_eq!(late.0, "WRONG_STAGE");
    let part = refused(one, calibrate(), marks(&tender, &[4])).await?;
    assert_eq!(part, told("ANSWERS_NOT_MARKED", "marks"));
    let outside = refused(one, calibrate(), marks(&tender, &[4, 2])).await?;
    assert_eq!(outside, told("LEVEL", "marks.1.level"));
    let mut double = marks(&tender, &[4, 3]);
    double["input"]["marks"][1]["answer"] = json!(1);
    let double = refused(one, calibrate(), double).await?;
    assert_eq!(double, told("ANSWERS_NOT_MARKED", "marks"));
    let chair = refused(&city.chair, calibrate(), marks(&tender, &[4, 3])).await?;
    assert_eq!(chair.0, "FORBIDDEN");
    let finalise = refused_on_tender(&app, one, "finaliseMarks", "PanelInput", &tender);
    assert_eq!(finalise.await?, "NO_MARKS");
    Ok(())
}

async fn a_cancelled_tender_voids_what_was_sealed_for_calibration(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = prepared(&app, &city).await?;
    app.data(
        Some(&city.evaluators[0]),
        &calibrate(),
        marks(&tender, &[4, 0]),
    )
    .await?;
    let cancel = json!({ "input": { "tender": tender, "reason": "The park is flooded." } });
    let document = step("cancelTender", "CancelTenderInput");
    app.data(Some(&city.officer), &document, cancel).await?;
    assert_eq!(seen(&app, None, &tender).await?, [0; 4]);
    app.expect_clean_log().await?;
    Ok(())
}
