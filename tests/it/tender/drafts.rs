//! Drafts: private to the buyer's officers, checked as they stand, and published once.

use anyhow::Result;
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, step};

on_both!(
    a_draft_is_saved_checked_and_published_and_nobody_else_sees_it,
    two_officers_do_not_overwrite_each_other,
);

const SAVE: &str = "mutation ($input: SaveDraftInput!) {
    made: saveDraft(input: $input) { draft { id version problem { path message } } userErrors { code message path } }
}";

const PUBLISH: &str = "mutation ($input: PublishDraftInput!) {
    made: publishDraft(input: $input) { tender { id stage title } userErrors { code message path } }
}";

fn draft(city: &City, plan: Value) -> Value {
    json!({ "input": { "buyer": city.officer.organisation_id(), "title": "Park benches", "plan": plan } })
}

fn change(of: &Value, city: &City, plan: Value) -> Value {
    let mut input = draft(city, plan);
    input["input"]["draft"] = of["id"].clone();
    input["input"]["version"] = of["version"].clone();
    input
}

async fn a_draft_is_saved_checked_and_published_and_nobody_else_sees_it(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let before = app.app.read().log_size().await?;
    let mut unfinished = city.plan();
    unfinished["lots"][0]["criteria"][0]["weight"] = json!("30");
    let saved = app
        .data(Some(&city.officer), SAVE, draft(&city, unfinished))
        .await?;
    let first = &saved["made"]["draft"];
    assert_eq!(first["version"], 1);
    assert_eq!(first["problem"]["path"], "plan.lots.0.criteria");
    let publish =
        |draft: &Value| json!({ "input": { "draft": draft["id"], "version": draft["version"] } });
    let refused = app
        .refusal(Some(&city.officer), PUBLISH, publish(first))
        .await?;
    assert_eq!(refused.code, "PLAN");
    let saved = app
        .data(
            Some(&city.second_officer),
            SAVE,
            change(first, &city, city.plan()),
        )
        .await?;
    let second = &saved["made"]["draft"];
    assert_eq!(
        (&second["version"], &second["problem"]),
        (&json!(2), &Value::Null)
    );
    let read = "query ($id: ID!) { draft(id: $id) { title } drafts { totalCount } }";
    for outsider in [None, Some(&city.suppliers[0]), Some(&city.chair)] {
        let found = app
            .data(outsider, read, json!({ "id": first["id"] }))
            .await?;
        assert_eq!(
            found,
            json!({ "draft": null, "drafts": { "totalCount": 0 } })
        );
    }
    let supplier = app
        .refusal(Some(&city.suppliers[0]), SAVE, draft(&city, city.plan()))
        .await?;
    assert_eq!(supplier.code, "FORBIDDEN");
    assert_eq!(
        app.app.read().log_size().await?,
        before,
        "nothing is public"
    );
    let made = app
        .data(Some(&city.officer), PUBLISH, publish(second))
        .await?;
    assert_eq!(made["made"]["tender"]["stage"], "PUBLISHED");
    let twice = app
        .refusal(Some(&city.officer), PUBLISH, publish(second))
        .await?;
    assert_eq!(twice.code, "NOT_FOUND");
    app.expect_clean_log().await?;
    Ok(())
}

async fn two_officers_do_not_overwrite_each_other(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let saved = app
        .data(Some(&city.officer), SAVE, draft(&city, city.plan()))
        .await?;
    let first = &saved["made"]["draft"];
    app.data(Some(&city.officer), SAVE, change(first, &city, city.plan()))
        .await?;
    let stale = app
        .refusal(
            Some(&city.second_officer),
            SAVE,
            change(first, &city, city.plan()),
        )
        .await?;
    assert_eq!(stale.code, "CONFLICT");
    let delete = step("deleteDraft", "DeleteDraftInput");
    let input = json!({ "input": { "draft": first["id"] } });
    let outsider = app
        .refusal(Some(&city.suppliers[0]), &delete, input.clone())
        .await?;
    assert_eq!(outsider.code, "NOT_FOUND");
    app.data(Some(&city.second_officer), &delete, input).await?;
    let found = app
        .data(Some(&city.officer), "{ drafts { totalCount } }", json!({}))
        .await?;
    assert_eq!(found["drafts"]["totalCount"], 0);
    Ok(())
}
