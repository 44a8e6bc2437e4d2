//! Confirmations in a tender of several lots: one counts for a bid for its lot alone, and binds the contract of that lot.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::lots::{award, stand_still};
use super::story::{City, SECONDS_TO_CLOSING, on_tender, submit, text};

on_both!(
    a_share_confirmed_for_one_lot_counts_there_alone_and_binds_its_contract,
    each_lot_has_its_own_request_and_confirmation,
    a_request_for_a_wrong_lot_names_the_field,
);

const ASK: &str = "mutation ($input: AskConfirmationInput!) {
    made: askConfirmation(input: $input) { request { id lot } userErrors { code message path } }
}";
const CONFIRM: &str = "mutation ($input: ConfirmShareInput!) {
    made: confirmShare(input: $input) { receipt { sealedId } userErrors { code message path } }
}";
const ASKED: &str = "query ($organisation: ID!) {
    confirmationRequests(organisation: $organisation, side: ASKED) { nodes { lot share confirmed } }
}";
const SIGN: &str = "mutation ($input: SignContractInput!) {
    made: signContract(input: $input) { contract {
        lot participations { share confirmed organisation { id } under { id } }
    } userErrors { code message path } }
}";

/// Lots NORTH and SOUTH, each 88 price and 12 work by cooperatives.
fn plan(city: &City) -> Value {
    let lot = |code: &str| {
        let price = json!({ "code": format!("PRICE-{code}"), "title": "Price", "weight": "88",
            "rule": { "priceRelativeLowest": { "of": "TOTAL" } } });
        let seo = json!({ "code": format!("SEO-{code}"), "title": "Work by cooperatives", "weight": "12",
            "rule": { "seoParticipation": { "kinds": ["COOPERATIVE"], "target": "0.5" } } });
        json!({ "code": code, "title": format!("Benches in the {code}"), "criteria": [price, seo] })
    };
    let mut plan = city.plan();
    plan["lots"] = json!([lot("NORTH"), lot("SOUTH")]);
    plan
}

/// The second supplier asks the first one, the cooperative, to do a quarter under it.
fn asking(city: &City, tender: &str, lot: Option<&str>) -> Value {
    let [partner, bidder, _] = &city.suppliers;
    json!({ "input": {
        "tender": tender, "lot": lot, "bidder": bidder.organisation_id(),
        "organisation": partner.organisation_id(), "share": "0.25", "under": bidder.organisation_id(),
        "work": "varnish for every bench",
    } })
}

/// Asks for a lot and answers the request.
async fn ask(app: &TestApp, city: &City, tender: &str, lot: &str) -> Result<Value> {
    let bidder = Some(&city.suppliers[1]);
    let input = asking(city, tender, Some(lot));
    let mut made = app.data(bidder, ASK, input).await?;
    Ok(made["made"]["request"].take())
}

async fn confirm(app: &TestApp, city: &City, request: &Value) -> Result<()> {
    let partner = &city.suppliers[0];
    let input = json!({ "request": request["id"], "organisation": partner.organisation_id() });
    app.data(Some(partner), CONFIRM, json!({ "input": input }))
        .await?;
    Ok(())
}

/// The bidder bids for both lots and names its partner in both; the bids are opened.
async fn bid_for_both(app: &TestApp, city: &City, tender: &str) -> Result<()> {
    let [partner, bidder, _] = &city.suppliers;
    for lot in ["NORTH", "SOUTH"] {
        let mut bid = super::story::bid(bidder, "100.00", "3", true);
        (bid["answers"], bid["declarations"]) = (json!([]), json!([]));
        bid["lot"] = json!(lot);
        bid["participations"] = json!([
            { "organisation": bidder.organisation_id(), "share": "1" },
            { "organisation": partner.organisation_id(), "share": "0.25", "under": bidder.organisation_id() },
        ]);
        submit(app, bidder, tender, bid, lot).await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 1);
    let input = "OpenTenderInput";
    on_tender(app, &city.officer, "approveOpening", input, tender).await?;
    on_tender(app, &city.second_officer, "openTender", input, tender).await
}

/// Of each bid its SEO mark, and which of its participations are confirmed.
async fn marks(app: &TestApp, city: &City, tender: &str) -> Result<Vec<(String, String, Value)>> {
    let document = "query ($id: ID!) { tender(id: $id) { bids { nodes {
        lot participations { confirmed } scorecard { marks { criterion rounded } }
    } } } }";
    let found = app
        .data(Some(&city.officer), document, json!({ "id": tender }))
        .await?;
    let bids = found["tender"]["bids"]["nodes"].as_array();
    let mark = |bid: &Value| {
        let lot = text(&bid["lot"])?;
        let marks = bid["scorecard"]["marks"].as_array().context("marks")?;
        let seo = json!(format!("SEO-{lot}"));
        let seo = marks.iter().find(|mark| mark["criterion"] == seo);
        let rounded = text(&seo.context("a mark")?["rounded"])?;
        Ok((lot, rounded, bid["participations"].clone()))
    };
    let mut marks = bids
        .context("bids")?
        .iter()
        .map(mark)
        .collect::<Result<Vec<_>>>()?;
    marks.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(marks)
}

async fn a_share_confirmed_for_one_lot_counts_there_alone_and_binds_its_contract(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, plan(&city)).await?;
    let request = ask(&app, &city, &tender, "NORTH").await?;
    assert_eq!(request["lot"], "NORTH");
    confirm(&app, &city, &request).await?;
    bid_for_both(&app, &city, &tender).await?;
    award(&app, &city, &tender).await?;
    let flags = |partner: bool| json!([{ "confirmed": true }, { "confirmed": partner }]);
    let expected = [("NORTH", "6.0000", true), ("SOUTH", "0.0000", false)]
        .map(|(lot, mark, partner)| (lot.to_owned(), mark.to_owned(), flags(partner)));
    assert_eq!(marks(&app, &city, &tender).await?, expected);

    stand_still(&app, &city, &tender).await?;
    let [partner, bidder, _] = &city.suppliers;
    let own = json!({ "share": "1", "confirmed": true,
        "organisation": { "id": bidder.organisation_id() }, "under": null });
    let bound = json!({ "share": "0.25", "confirmed": true,
        "organisation": { "id": partner.organisation_id() }, "under": { "id": bidder.organisation_id() } });
    for (lot, obligations) in [("NORTH", json!([own, bound])), ("SOUTH", json!([own]))] {
        let input = json!({ "input": { "tender": tender, "lot": lot } });
        let signed = app.data(Some(&city.officer), SIGN, input).await?;
        let contract = json!({ "lot": lot, "participations": obligations });
        assert_eq!(signed["made"]["contract"], contract);
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn each_lot_has_its_own_request_and_confirmation(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, plan(&city)).await?;
    let partner = &city.suppliers[0];
    let asked = async || {
        let variables = json!({ "organisation": partner.organisation_id() });
        let found = app.data(Some(partner), ASKED, variables).await?;
        let nodes = found["confirmationRequests"]["nodes"].as_array();
        let mut nodes = nodes.context("nodes")?.clone();
        nodes.sort_by_key(|node| node["lot"].to_string());
        anyhow::Ok(json!(nodes))
    };
    let node =
        |lot: &str, confirmed: bool| json!({ "lot": lot, "share": "0.25", "confirmed": confirmed });
    let north = ask(&app, &city, &tender, "NORTH").await?;
    let south = ask(&app, &city, &tender, "SOUTH").await?;
    confirm(&app, &city, &south).await?;
    let one = json!([node("NORTH", false), node("SOUTH", true)]);
    assert_eq!(asked().await?, one);
    confirm(&app, &city, &north).await?;
    let both = json!([node("NORTH", true), node("SOUTH", true)]);
    assert_eq!(asked().await?, both);
    bid_for_both(&app, &city, &tender).await?;
    award(&app, &city, &tender).await?;
    let marks = marks(&app, &city, &tender).await?;
    assert!(marks.iter().all(|mark| mark.1 == "6.0000"), "{marks:?}");
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_request_for_a_wrong_lot_names_the_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, plan(&city)).await?;
    let bidder = &city.suppliers[1];
    for lot in [None, Some("WEST")] {
        let refused = app.refusal(Some(bidder), ASK, asking(&city, &tender, lot));
        let refused = refused.await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("LOT", Some("lot"))
        );
        assert!(
            refused.message.contains("NORTH, SOUTH"),
            "{}",
            refused.message
        );
    }
    let refused = app.refusal(Some(bidder), ASK, asking(&city, &tender, Some("A B")));
    let refused = refused.await?;
    assert_eq!(refused.code, "BAD_USER_INPUT");
    assert!(refused.message.contains("lot"), "{}", refused.message);
    Ok(())
}
