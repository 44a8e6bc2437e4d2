//! What a bidder learns of the decision: the comparison with the winner, and the letter.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use serde_json::{Value, json};

use super::story::{City, SECONDS_TO_CLOSING, on_tender, submit};

on_both!(
    a_losing_bid_stands_beside_the_winner_with_what_decided,
    what_is_withheld_from_the_public_is_absent_from_the_comparison_and_named,
    letters_reach_the_bidder_once_the_award_is_approved_and_the_buyer_as_a_preview,
    weights_of_stakeholders_name_what_contradicts_and_what_is_missing,
);

const COMPARISON: &str = "query ($id: ID!) { bid(id: $id) { comparison {
    winner { supplier { name } } total winnerTotal margin decidedBy decisiveCriteria tieDecidedBy { kind }
    criteria { criterion title points mark winnerMark difference ahead withheld } } } }";

const LETTER: &str =
    "query ($id: ID!, $language: Language!) { bid(id: $id) { letter(language: $language) {
    language approved subject head text sections { heading lines } } } }";

fn hundredths(value: &Value) -> Result<f64> {
    Ok(value.as_str().context("a decimal")?.parse::<f64>()? * 100.0)
}

async fn a_losing_bid_stands_beside_the_winner_with_what_decided(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let [first, second, third] = city
        .opened_bids(&app, &tender)
        .await?
        .try_into()
        .ok()
        .context("three bids")?;
    let found = app.data(None, COMPARISON, json!({ "id": second })).await?;
    let comparison = &found["bid"]["comparison"];
    assert_eq!(
        comparison["winner"]["supplier"]["name"],
        "Han River Care Cooperative"
    );
    assert_eq!(comparison["decidedBy"], "CRITERIA");
    assert_eq!(comparison["decisiveCriteria"], json!(["JOBS", "SEO"]));
    let criteria = comparison["criteria"].as_array().context("criteria")?;
    let price = &criteria[0];
    assert_eq!(price["ahead"], "BID");
    assert_eq!(price["difference"], "-6.6667");
    let mut sum = 0.0;
    for compared in criteria {
        sum += hundredths(&compared["difference"])?;
    }
    assert!(
        (sum - hundredths(&comparison["margin"])?).abs() < 1e-6,
        "{found}"
    );
    for bid in [first, third] {
        let found = app.data(None, COMPARISON, json!({ "id": bid })).await?;
        assert_eq!(
            found["bid"]["comparison"],
            Value::Null,
            "winner and excluded"
        );
    }
    Ok(())
}

async fn what_is_withheld_from_the_public_is_absent_from_the_comparison_and_named(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let plan = city.plan_with_withheld_prices();
    let tender = city.publish(&app, plan).await?;
    for (supplier, bid) in city.suppliers.iter().zip(city.bids()) {
        submit(&app, supplier, &tender, bid, "first").await?;
    }
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    for (officer, mutation) in [
        (&city.officer, "approveOpening"),
        (&city.second_officer, "openTender"),
    ] {
        on_tender(&app, officer, mutation, "OpenTenderInput", &tender).await?;
    }
    city.seat(&app, &tender).await?;
    city.mark(&app, &tender).await?;
    city.sign(&app, &tender).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let found = app.data(None, COMPARISON, json!({ "id": bids[1] })).await?;
    let comparison = &found["bid"]["comparison"];
    let price = &comparison["criteria"][0];
    assert_eq!(
        (&price["ahead"], &price["withheld"]),
        (&json!("WITHHELD"), &json!("PRICE"))
    );
    for hidden in ["mark", "winnerMark", "difference"] {
        assert_eq!(price[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(comparison["margin"], Value::Null);
    assert_eq!(comparison["decidedBy"], "WITHHELD");
    let whole = app
        .data(Some(&city.officer), COMPARISON, json!({ "id": bids[1] }))
        .await?;
    assert_eq!(whole["bid"]["comparison"]["criteria"][0]["ahead"], "BID");
    Ok(())
}

async fn letters_reach_the_bidder_once_the_award_is_approved_and_the_buyer_as_a_preview(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [winner, loser, _] = &city.suppliers;
    let read = async |user, bid: &str, language: &str| -> Result<Value> {
        let variables = json!({ "id": bid, "language": language });
        let mut found = app.data(user, LETTER, variables).await?;
        Ok(found["bid"]["letter"].take())
    };
    let preview = read(Some(&city.officer), &bids[1], "ENGLISH").await?;
    assert_eq!(preview["approved"], false);
    let first_line = &preview["sections"][0]["lines"][0];
    assert!(
        first_line
            .as_str()
            .context("a line")?
            .starts_with("PREVIEW")
    );
    assert_eq!(read(Some(loser), &bids[1], "ENGLISH").await?, Value::Null);

    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    assert_eq!(read(Some(loser), &bids[1], "ENGLISH").await?, Value::Null);
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;

    let letter = read(Some(loser), &bids[1], "ENGLISH").await?;
    assert_eq!(letter["approved"], true);
    let text = letter["text"].as_str().context("a text")?;
    for said in [
        "Decision on the tender \"Park benches\"",
        "To: Bright Benches Ltd",
        "it is ranked 2 of 2, with ",
        "Successful bidder: Han River Care Cooperative, with ",
        "Reason of the panel: Agreed after reading it together.",
        "What decided: Jobs, Work by cooperatives.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(
        letter,
        read(Some(&city.officer), &bids[1], "ENGLISH").await?
    );
    let korean = read(Some(loser), &bids[1], "KOREAN").await?;
    let text = korean["text"].as_str().context("a text")?;
    for said in [
        "「Park benches」 입찰 평가 결과 통지",
        "평가 대상 2건 중 2위(총점 ",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let won = read(Some(winner), &bids[0], "ENGLISH").await?;
    let line = won["sections"][0]["lines"][0].as_str().context("a line")?;
    assert!(line.starts_with("Your bid has been selected"), "{line}");
    let excluded = read(Some(&city.officer), &bids[2], "ENGLISH").await?;
    let ground = "- it does not declare to meet the condition Insurance (INSURED)";
    assert!(
        excluded["text"]
            .as_str()
            .context("a text")?
            .contains(ground)
    );

    for outsider in [None, Some(winner), Some(&city.evaluators[0])] {
        assert_eq!(read(outsider, &bids[1], "ENGLISH").await?, Value::Null);
    }
    Ok(())
}

const WEIGHTS: &str = "query ($input: AhpWeightsInput!) { ahpWeights(input: $input) {
    groups { name voice weights { criterion weight } consistencyRatio consistent
        mostInconsistent { votes { more less times } factor } }
    combined { criterion weight } noCombined ratioLimit randomIndex } }";

async fn weights_of_stakeholders_name_what_contradicts_and_what_is_missing(
    app: TestApp,
) -> Result<()> {
    let vote = |more: &str, less: &str, strength: u32| json!({ "more": more, "less": less, "strength": strength });
    let group =
        |name: &str, votes: Vec<Value>| json!({ "name": name, "ballots": [{ "votes": votes }] });
    let ask = |groups: Vec<Value>| json!({ "input": { "criteria": ["PRICE", "JOBS", "CO2"], "groups": groups } });
    let residents = group(
        "residents",
        vec![
            vote("JOBS", "PRICE", 2),
            vote("JOBS", "CO2", 2),
            vote("PRICE", "CO2", 1),
        ],
    );
    let round = group(
        "firms",
        vec![
            vote("PRICE", "JOBS", 5),
            vote("JOBS", "CO2", 3),
            vote("CO2", "PRICE", 2),
        ],
    );
    let found = app
        .data(None, WEIGHTS, ask(vec![residents.clone()]))
        .await?;
    let told = &found["ahpWeights"];
    let weight = |code: &str, weight: &str| json!({ "criterion": code, "weight": weight });
    let expected = json!([
        weight("PRICE", "25"),
        weight("JOBS", "50"),
        weight("CO2", "25")
    ]);
    assert_eq!(
        (&told["combined"], &told["groups"][0]["weights"]),
        (&expected, &expected)
    );
    assert_eq!(
        (&told["ratioLimit"], &told["randomIndex"]),
        (&json!("0.1"), &json!("0.58"))
    );

    let found = app
        .data(None, WEIGHTS, ask(vec![residents.clone(), round]))
        .await?;
    let told = &found["ahpWeights"];
    assert_eq!(
        (&told["combined"], &told["noCombined"]),
        (&Value::Null, &json!("INCONSISTENT"))
    );
    assert_eq!(told["groups"][1]["mostInconsistent"]["factor"], "30.00");

    let missing = group(
        "residents",
        vec![vote("JOBS", "PRICE", 2), vote("JOBS", "CO2", 2)],
    );
    let refused = app.refusal(None, WEIGHTS, ask(vec![missing])).await?;
    assert_eq!(refused.code, "BAD_USER_INPUT");
    for said in ["`groups.0.ballots`", "residents", "PRICE", "CO2"] {
        assert!(refused.message.contains(said), "{}", refused.message);
    }
    let unknown = group("residents", vec![vote("JOBS", "GREEN", 2)]);
    let refused = app.refusal(None, WEIGHTS, ask(vec![unknown])).await?;
    assert!(
        refused.message.contains("`groups.0.ballots.0.votes.0"),
        "{}",
        refused.message
    );
    Ok(())
}
