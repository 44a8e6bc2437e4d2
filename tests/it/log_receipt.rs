//! Receipts of marks: an evaluator can show what was sealed, and everybody what was released of it.

use anyhow::{Context, Result, ensure};
use commonweal_domain::log::hash::leaf_hash;
use commonweal_domain::log::proof::TlogProof;
use commonweal_tests::{TestApp, User, log_signer, on_both};
use serde_json::{Value, json};

use crate::tender::story::{City, on_tender, save_mark};

on_both!(a_mark_has_a_receipt_of_its_sealed_entry_and_of_its_release);

async fn marks(app: &TestApp, reader: Option<&User>, bid: &str) -> Result<Vec<Value>> {
    let query = "query ($id: ID!) { bid(id: $id) { marks { level
        sealedEntry { kind subject state receipt } release { kind state receipt } } } }";
    let found = app.data(reader, query, json!({ "id": bid })).await?;
    Ok(found["bid"]["marks"].as_array().context("marks")?.clone())
}

/// The entry that a receipt proves.
fn proven(entry: &Value) -> Result<Value> {
    let receipt: TlogProof = entry["receipt"].as_str().context("a receipt")?.parse()?;
    let leaf = receipt.extra.as_deref().context("an entry")?;
    receipt.verify(leaf_hash(leaf), log_signer().verifier_key())?;
    let proven: Value = serde_json::from_slice(leaf)?;
    ensure!(proven["kind"] == entry["kind"], "{proven}");
    Ok(proven)
}

async fn a_mark_has_a_receipt_of_its_sealed_entry_and_of_its_release(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let bid = &city.opened_bids(&app, &tender).await?[0];
    let own = Some(&city.evaluators[0]);
    save_mark(&app, &city.evaluators[0], bid, 4).await?;
    let draft = marks(&app, own, bid).await?;
    assert_eq!(draft[0]["sealedEntry"], Value::Null);

    city.mark(&app, &tender).await?;
    let sealed = &marks(&app, own, bid).await?[0]["sealedEntry"];
    assert_eq!(sealed["state"], "SEQUENCED");
    assert_eq!(sealed["receipt"], Value::Null, "not yet published");
    app.publisher().await?;
    let mark = &marks(&app, own, bid).await?[0];
    assert_eq!(mark["sealedEntry"]["kind"], "mark.sealed");
    let sealed = proven(&mark["sealedEntry"])?;
    assert_eq!(sealed["body"]["sealed"], mark["sealedEntry"]["subject"]);
    assert_eq!(mark["release"], Value::Null);

    city.sign(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    let approver = &city.second_officer;
    on_tender(&app, approver, "approveAward", "AwardInput", &tender).await?;
    app.publisher().await?;
    let shown = marks(&app, None, bid).await?;
    assert_eq!(shown.len(), 2);
    for mark in shown {
        let released = proven(&mark["release"])?;
        assert_eq!(released["kind"], "mark.released");
        let sealed = proven(&mark["sealedEntry"])?;
        assert_eq!(released["body"]["sealed"], sealed["body"]["sealed"]);
        let level = &released["body"]["opening"]["fields"]["level"]["value"];
        assert_eq!(*level, mark["level"]);
    }
    app.stop().await
}
