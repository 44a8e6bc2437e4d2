//! Challenges: who may take which step, and how many may be open.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::json;

use crate::credit_reversed::{ACCEPT, Case, RAISE, WORDS};

on_both!(whoever_raised_a_challenge_does_not_find_that_it_has_a_case);

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
    world
        .make(&verifier, ACCEPT, accept, "challenge")
        .await?;
    world.app.expect_clean_log().await?;
    Ok(())
}
