//! Challenges: who may take which step, and how many may be open.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::json;

use crate::contract::Signed;
use crate::credit_reversed::{ACCEPT, APPEAL, Case, DISMISS, RAISE, WORDS};
use crate::credit_world::{CARRY_OUT, PROPOSE};

on_both!(
    whoever_raised_a_challenge_does_not_find_that_it_has_a_case,
    an_appeal_opens_no_more_challenges_than_raising_does,
    a_registrar_takes_over_from_a_buyer_who_does_not_answer_in_time,
    a_second_registrar_reads_what_was_proposed_and_everybody_what_became_of_it,
);

pub(crate) const ROUTE: &str = "mutation ($input: RouteChallengeInput!) {
    made: routeChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";

async fn whoever_raised_a_challenge_does_not_find_that_it_has_a_case(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let challenge = world
        .make(&case.second, RAISE, case.raise_input(), "challenge")
        .await?;
    let accept = json!({ "challenge": challenge });
    let body = json!({ "buyer": world.fund.organisation_id() });
    let route = json!({ "challenge": challenge, "body": body, "reason": WORDS });
    for user in [&case.second, &world.registrar] {
        for (document, input) in [(ACCEPT, &accept), (ROUTE, &route)] {
            let refused = world.refuse(user, document, input.clone()).await?;
            assert_eq!(refused.code, "FORBIDDEN", "it raised it, or issued");
        }
    }
    let verifier = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    world.make(&verifier, ACCEPT, accept, "challenge").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_appeal_opens_no_more_challenges_than_raising_does(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let first = case.raise().await?;
    let words = |challenge: &str| json!({ "challenge": challenge, "words": WORDS });
    world
        .make(&case.second, DISMISS, words(&first), "challenge")
        .await?;
    // Another of the same claim, raised after the dismissal, is the one that may be open.
    let again = case.raise().await?;
    let refused = world.refuse(&case.watchdog, APPEAL, words(&first)).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("CHALLENGE_EXISTS", Some("challenge"))
    );
    world
        .make(&case.second, DISMISS, words(&again), "challenge")
        .await?;
    for n in 0..5 {
        let key = format!("other {n}");
        let claim = world.submit(world.claim_input(&key, "1.0")).await?;
        world.verify(&claim, "1.0").await?;
        let mut input = case.raise_input();
        input["claim"] = json!(claim);
        world
            .make(&case.watchdog, RAISE, input, "challenge")
            .await?;
    }
    let refused = world.refuse(&case.watchdog, APPEAL, words(&first)).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("TOO_MANY_CHALLENGES", Some("challenge"))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_registrar_takes_over_from_a_buyer_who_does_not_answer_in_time(
    app: TestApp,
) -> Result<()> {
    let signed = Signed::new(app).await?;
    let app = &signed.app;
    let claim = signed.verified("5", "only").await?;
    let paper = app.organisation(&signed.registrar, "Mapo Weekly", "CIVIL_SOCIETY");
    let watchdog = app.user(paper.await?, &[Role::Supplier]).await?;
    let judge = app.user(app.registry, &[Role::Registrar]).await?;
    let judge = app.renew(&judge, Role::Registrar).await?;
    let raise = json!({ "input": { "claim": claim, "ground": "CONTRACT", "reason": WORDS } });
    let raised = app.data(Some(&watchdog), RAISE, raise).await?;
    let challenge = &raised["made"]["challenge"]["id"];
    let accept = json!({ "input": { "challenge": challenge } });
    app.data(Some(&signed.officer), ACCEPT, accept).await?;
    let take = json!({ "input": { "challenge": challenge, "body": { "registry": true }, "reason": WORDS } });
    app.advance_seconds(30 * 86_400);
    let early = app.refusal(Some(&judge), ROUTE, take.clone()).await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("NOT_OVERDUE", Some("challenge"))
    );
    app.advance_seconds(1);
    app.data(Some(&judge), ROUTE, take).await?;
    let dismiss = json!({ "input": { "challenge": challenge, "words": WORDS } });
    app.data(Some(&judge), DISMISS, dismiss).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_second_registrar_reads_what_was_proposed_and_everybody_what_became_of_it(
    app: TestApp,
) -> Result<()> {
    const READ: &str = "query ($id: ID!) { claim(id: $id) {
        proposals { id verified { quantity unit } remedy reason by carriedOut entry { kind } }
        reductions { remedy before { quantity } after { quantity } proposal challenge { id } by entry { kind } }
    } }";
    let case = Case::new(app).await?;
    let world = &case.world;
    let input = |verified: &str, reason: &str| {
        json!({ "claim": case.claim, "verified": verified,
        "remedy": "CORRECT", "reason": reason })
    };
    let personal = input("9.0", "ask mina@example.org about the sheets");
    let refused = world.refuse(&case.second, PROPOSE, personal).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("PERSONAL_DATA", Some("reason"))
    );
    let propose = json!({ "input": input("9.0", "One sheet was counted twice.") });
    let made = world.app.data(Some(&case.second), PROPOSE, propose).await?;
    let proposal = &made["made"]["proposal"];
    let read = || world.app.data(None, READ, json!({ "id": case.claim }));
    let shown = read().await?["claim"].clone();
    assert_eq!(shown["reductions"], json!([]));
    let first = &shown["proposals"][0];
    assert_eq!(
        (&first["id"], &first["reason"], &first["carriedOut"]),
        (
            proposal,
            &json!("One sheet was counted twice."),
            &json!(false)
        )
    );
    assert_eq!(
        first["verified"],
        json!({ "quantity": "9.0", "unit": "hour" })
    );
    let carry = json!({ "decision": { "proposal": proposal } });
    world.make(&case.third, CARRY_OUT, carry, "claim").await?;
    let challenge = case.raise().await?;
    case.uphold(&case.second, &challenge, "5.0").await?;
    case.wait_for_appeals();
    let carry = json!({ "decision": { "challenge": challenge } });
    world.make(&case.third, CARRY_OUT, carry, "claim").await?;
    let shown = read().await?["claim"].clone();
    assert_eq!(shown["proposals"][0]["carriedOut"], true);
    assert_eq!(
        shown["proposals"][0]["entry"]["kind"],
        "correction.proposed"
    );
    let fell = |n: usize| {
        let one = &shown["reductions"][n];
        let whole = [
            &one["before"]["quantity"],
            &one["after"]["quantity"],
            &one["remedy"],
        ];
        (
            whole.map(|value| value.as_str().unwrap_or_default().to_owned()),
            one["proposal"].clone(),
            one["challenge"]["id"].clone(),
        )
    };
    let three = |values: [&str; 3]| values.map(str::to_owned);
    let none = json!(null);
    assert_eq!(
        fell(0),
        (
            three(["10.0", "9.0", "CORRECT"]),
            proposal.clone(),
            none.clone()
        )
    );
    assert_eq!(
        fell(1),
        (three(["9.0", "5.0", "REVERSE"]), none, json!(challenge))
    );
    assert_ne!(shown["reductions"][0]["by"], first["by"], "two people");
    world.app.expect_clean_log().await?;
    Ok(())
}
