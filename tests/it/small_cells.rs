//! No published figure is about fewer than five people: when it is verified, and when it is taken back.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::json;

use crate::beneficiary::{EXCLUDE, Work};
use crate::credit_reversed::{RAISE, UPHOLD};
use crate::credit_world::{CARRY_OUT, PROPOSE, VERIFY, finding};

on_both!(
    fewer_than_five_people_are_not_verified,
    a_correction_leaves_five_people_or_none_and_the_rest_is_claimed_anew,
);

async fn fewer_than_five_people_are_not_verified(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let claim = work
        .submit(supplier, work.claim(supplier, "a", "ADV-1", 0..9))
        .await?;
    let few = world
        .refuse(&world.verifier, VERIFY, finding(&claim, "4"))
        .await?;
    assert_eq!(
        (few.code.as_str(), few.path.as_deref()),
        ("FEW_PEOPLE", Some("accepted"))
    );
    world.verify(&claim, "5").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_correction_leaves_five_people_or_none_and_the_rest_is_claimed_anew(
    app: TestApp,
) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let claim = work
        .submit(supplier, work.claim(supplier, "a", "ADV-1", 0..9))
        .await?;
    world.verify(&claim, "9").await?;
    let registry = world.app.registry;
    let second = world.app.user(registry, &[Role::Registrar]).await?;
    let propose = |left: &str| json!({ "claim": claim, "verified": left, "remedy": "CORRECT", "reason": "counted twice" });
    let few = world.refuse(&second, PROPOSE, propose("4")).await?;
    let expected = ("FEW_PEOPLE", Some("verified"));
    assert_eq!((few.code.as_str(), few.path.as_deref()), expected);
    assert!(few.message.contains("claimed anew"), "{}", few.message);
    let raise = json!({ "claim": claim, "ground": "DELIVERY", "reason": "Four came." });
    let challenge = world.make(&work.other, RAISE, raise, "challenge").await?;
    let uphold = |left: &str| json!({ "challenge": challenge, "verified": left, "remedy": "REVERSE", "reason": "Four came." });
    let few = world.refuse(&second, UPHOLD, uphold("4")).await?;
    assert_eq!((few.code.as_str(), few.path.as_deref()), expected);
    world
        .make(&second, UPHOLD, uphold("0"), "challenge")
        .await?;
    world.app.advance_seconds(14 * 86_400);
    let third = world.app.user(registry, &[Role::Registrar]).await?;
    let carry = json!({ "decision": { "challenge": challenge } });
    world.make(&third, CARRY_OUT, carry, "claim").await?;

    // Those who came are claimed together with others, for a longer period.
    let year = ("2025-01-01", "2025-12-31");
    let anew = work.claim_of(supplier, "b", "ADV-1", 5..14, year);
    work.counted_by(&claim, supplier, anew.clone()).await?;
    let own = json!({ "earlier": claim, "claimant": supplier.organisation_id(), "reason": "nothing of it stands" });
    world.make(&third, EXCLUDE, own, "claim").await?;
    let anew = work.submit(supplier, anew).await?;
    world.verify(&anew, "9").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}
