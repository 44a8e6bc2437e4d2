//! Verification by a quorum: verifiers who are drawn, judge behind seals, leave, and have a record.

use anyhow::Result;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::{REJECT, SUBMIT, VERIFY, WITHDRAW, file, finding, text};
use crate::mutations::{GIVE_INFORMATION, REQUEST_INFORMATION};
use crate::quorum_bench::{ASSIGN, Bench, DECLINE, PUBLISH, let_in, terms};

on_both!(
    verifiers_of_two_sectors_judge_behind_seals_and_the_lower_quantity_counts,
    whoever_declines_or_withdraws_is_followed_by_the_next,
    a_disagreement_goes_to_a_third,
    claims_are_drawn_in_any_order_each_by_a_link_of_its_own,
    several_who_accept_nothing_reject_the_claim,
    a_question_lapses_when_all_have_judged,
    a_late_or_dependent_verifier_gives_the_seat_free,
    with_too_few_verifiers_the_seat_stays_open,
    a_quorum_of_one_is_drawn_too,
    nothing_is_computed_for_whoever_may_not_publish,
);

const LEAVE: &str = "mutation ($input: LeaveAssignmentInput!) {
    made: withdrawFromAssignment(input: $input) { claim { id } userErrors { code message path } }
}";
const DISCHARGE: &str = "mutation ($input: DischargeVerifierInput!) {
    made: dischargeVerifier(input: $input) { claim { id } userErrors { code message path } }
}";

async fn verifiers_of_two_sectors_judge_behind_seals_and_the_lower_quantity_counts(
    app: TestApp,
) -> Result<()> {
    let bench = Bench::new(app, terms(2, 2)).await?;
    let world = &bench.world;
    let claim = bench.submit("a").await?;
    let early = world
        .refuse(&world.verifier, VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(early.code, "FORBIDDEN");
    for words in ["was not drawn", "`assignVerifiers`"] {
        assert!(early.message.contains(words), "{}", early.message);
    }
    bench.assign(&claim).await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "IN_VERIFICATION");
    assert_eq!(shown["draw"]["position"], "1");
    let drawn = shown["assignments"].as_array().cloned().unwrap_or_default();
    assert_eq!(drawn.len(), 2);
    assert_ne!(
        drawn[0]["organisation"]["sector"],
        drawn[1]["organisation"]["sector"]
    );
    assert_eq!(drawn[0]["feeFrom"]["name"], "Han River Works");
    let again = world
        .refuse(&world.supplier, ASSIGN, json!({ "claim": claim }))
        .await?;
    assert_eq!(again.code, "NO_SEAT");
    let back = world
        .refuse(&world.supplier, WITHDRAW, json!({ "claim": claim }))
        .await?;
    assert_eq!(back.code, "VERIFIERS_DRAWN");
    let stranger = bench.stranger(&claim).await?;
    let refused = world
        .refuse(stranger, VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");

    let sitting = bench.sitting(&claim).await?;
    bench.verify(sitting[0], &claim, "10.0").await?;
    let sealed = bench.show(&claim).await?;
    assert_eq!(sealed["status"], "IN_VERIFICATION");
    assert_eq!(sealed["verifications"], json!([]), "nobody sees the first");
    assert_eq!(sealed["assignments"][0]["status"], "JUDGED");
    let twice = world
        .refuse(sitting[0], VERIFY, finding(&claim, "9.0"))
        .await?;
    assert_eq!(twice.code, "JUDGED");
    bench.verify(sitting[1], &claim, "9.5").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "VERIFIED");
    assert_eq!(shown["verified"]["quantity"], "9.5");
    let found = shown["verifications"].as_array().map(Vec::len);
    assert_eq!(found, Some(2));
    assert_eq!(
        bench.record(sitting[0]).await?,
        json!({ "assigned": "1", "accepted": "1", "rejected": "0", "overturned": "0",
            "declined": "0", "withdrew": "0", "discharged": "0" })
    );
    world.issue(&claim, "a").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn whoever_declines_or_withdraws_is_followed_by_the_next(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(1, 1)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let leaving = json!({ "claim": claim, "reason": "no time this month" });
    let first = bench.sitting(&claim).await?[0];
    let unbegun = world.refuse(first, LEAVE, leaving.clone()).await?;
    assert_eq!(unbegun.code, "NOT_BEGUN");
    world.make(first, DECLINE, leaving.clone(), "claim").await?;
    let again = world.refuse(first, DECLINE, leaving.clone()).await?;
    assert_eq!(again.code, "FORBIDDEN");
    let second = bench.sitting(&claim).await?[0];
    assert_ne!(first.person, second.person);
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    let gone = world
        .refuse(first, REQUEST_INFORMATION, question.clone())
        .await?;
    assert_eq!(gone.code, "FORBIDDEN");
    world
        .make(second, REQUEST_INFORMATION, question, "claim")
        .await?;
    let begun = world.refuse(second, DECLINE, leaving.clone()).await?;
    assert_eq!(begun.code, "BEGUN");
    world.make(second, LEAVE, leaving, "claim").await?;
    let third = bench.sitting(&claim).await?[0];
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "INFORMATION_REQUESTED");
    assert_eq!(shown["assignments"][0]["reason"], "no time this month");
    let waiting = world.refuse(third, VERIFY, finding(&claim, "10.0")).await?;
    assert_eq!(waiting.code, "CLAIM_STATUS");
    let answer =
        json!({ "claim": claim, "answer": "the site manager", "evidence": [file("sheet 4")] });
    world
        .make(&world.supplier, GIVE_INFORMATION, answer, "claim")
        .await?;
    bench.verify(third, &claim, "10.0").await?;
    let record = bench.record(second).await?;
    assert_eq!(
        (&record["withdrew"], &record["assigned"]),
        (&json!("1"), &json!("1"))
    );
    assert_eq!(bench.record(first).await?["declined"], "1");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_disagreement_goes_to_a_third(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(2, 2)).await?;
    let claim = bench.assigned("a").await?;
    let sitting = bench.sitting(&claim).await?;
    bench.verify(sitting[0], &claim, "10.0").await?;
    bench.verify(sitting[1], &claim, "5.0").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "IN_VERIFICATION");
    assert_eq!(
        shown["verifications"],
        json!([]),
        "the third judges unmoved"
    );
    assert_eq!(shown["assignments"][2]["thirdOpinion"], true);
    let third = bench.sitting(&claim).await?;
    assert_eq!(third.len(), 1);
    bench.verify(third[0], &claim, "7.0").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["verified"]["quantity"], "7.0");
    bench.world.app.expect_clean_log().await?;
    Ok(())
}

async fn claims_are_drawn_in_any_order_each_by_a_link_of_its_own(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(1, 1)).await?;
    let (first, second) = (bench.submit("a").await?, bench.submit("b").await?);
    bench.assign(&second).await?;
    let (earlier, later) = (bench.show(&first).await?, bench.show(&second).await?);
    assert_eq!(earlier["draw"], Value::Null, "nothing is known of it");
    assert_eq!(later["draw"]["position"], "2");
    bench.assign(&first).await?;
    let earlier = bench.show(&first).await?;
    assert_eq!(earlier["draw"]["position"], "1");
    assert_ne!(earlier["draw"]["link"], later["draw"]["link"]);
    // Whoever follows is drawn by the same link, which its entry proves once more.
    let leaving = json!({ "claim": second, "reason": "ill" });
    let one = bench.sitting(&second).await?[0];
    bench.world.make(one, DECLINE, leaving, "claim").await?;
    assert_eq!(bench.show(&second).await?["draw"], later["draw"]);
    bench.world.app.expect_clean_log().await?;
    Ok(())
}

async fn several_who_accept_nothing_reject_the_claim(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(2, 2)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let sitting = bench.sitting(&claim).await?;
    let bare = json!({ "claim": claim, "reason": "the sheets are unsigned" });
    let unsaid = world.refuse(sitting[0], REJECT, bare).await?;
    assert_eq!(
        (unsaid.code.as_str(), unsaid.path.as_deref()),
        ("TEXT", Some("method"))
    );
    let refusing =
        json!({ "claim": claim, "reason": "the sheets are unsigned", "method": "ISAE 3000" });
    world
        .make(sitting[0], REJECT, refusing.clone(), "claim")
        .await?;
    assert_eq!(bench.show(&claim).await?["status"], "IN_VERIFICATION");
    world.make(sitting[1], REJECT, refusing, "claim").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "REJECTED");
    assert_eq!(shown["verifications"][0]["accepted"], Value::Null);
    assert_eq!(bench.record(sitting[1]).await?["rejected"], "1");
    // Its evidence is free again, and the next claim has a draw of its own.
    let mut again = world.claim_input("b", "10.0");
    again["evidence"] = json!([file("a")]);
    let again = world.make(&world.supplier, SUBMIT, again, "claim").await?;
    bench.assign(&again).await?;
    assert_eq!(bench.show(&again).await?["draw"]["position"], "2");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_question_lapses_when_all_have_judged(app: TestApp) -> Result<()> {
    let mut quorum = terms(3, 1);
    quorum["tolerance"] = json!("1");
    let bench = Bench::new(app, quorum).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let sitting = bench.sitting(&claim).await?;
    bench.verify(sitting[0], &claim, "9.0").await?;
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    world
        .make(sitting[1], REQUEST_INFORMATION, question, "claim")
        .await?;
    let early = world
        .refuse(sitting[2], VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(early.code, "CLAIM_STATUS");
    let answer =
        json!({ "claim": claim, "answer": "the site manager", "evidence": [file("sheet 4")] });
    world
        .make(&world.supplier, GIVE_INFORMATION, answer, "claim")
        .await?;
    bench.verify(sitting[2], &claim, "10.0").await?;
    let more = json!({ "claim": claim, "question": "and sheet 5?" });
    world
        .make(sitting[1], REQUEST_INFORMATION, more, "claim")
        .await?;
    let nothing = json!({ "claim": claim, "reason": "no answer", "method": "ISAE 3000" });
    world.make(sitting[1], REJECT, nothing, "claim").await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["status"], "VERIFIED");
    assert_eq!(shown["verified"]["quantity"], "9.0");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_late_or_dependent_verifier_gives_the_seat_free(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(2, 1)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let sitting = bench.sitting(&claim).await?;
    let seat =
        |user: &User| json!({ "claim": claim, "verifier": format!("person:{}", user.person) });
    let early = world
        .refuse(&world.registrar, DISCHARGE, seat(sitting[0]))
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("NOT_OVERDUE", Some("verifier"))
    );
    let stranger = bench.stranger(&claim).await?;
    let unknown = world
        .refuse(&world.registrar, DISCHARGE, seat(stranger))
        .await?;
    assert_eq!(unknown.code, "NOT_DRAWN");
    bench
        .registered_role("grantRole", sitting[0], &world.supplier, "SUPPLIER")
        .await?;
    let bound = world
        .refuse(sitting[0], VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(bound.code, "FORBIDDEN");
    world
        .make(&world.registrar, DISCHARGE, seat(sitting[0]), "claim")
        .await?;
    world.app.advance_seconds(8 * 86_400);
    world
        .make(&world.registrar, DISCHARGE, seat(sitting[1]), "claim")
        .await?;
    let now = bench.sitting(&claim).await?;
    assert_eq!(now.len(), 2);
    assert!(
        now.iter()
            .all(|user| sitting.iter().all(|old| old.person != user.person))
    );
    for user in now {
        bench.verify(user, &claim, "10.0").await?;
    }
    assert_eq!(bench.record(sitting[1]).await?["discharged"], "1");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn with_too_few_verifiers_the_seat_stays_open(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(4, 3)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let first = bench.sitting(&claim).await?[0];
    let leaving = json!({ "claim": claim, "reason": "ill" });
    world.make(first, DECLINE, leaving, "claim").await?;
    assert_eq!(bench.sitting(&claim).await?.len(), 3);
    let few = world
        .refuse(&world.supplier, ASSIGN, json!({ "claim": claim }))
        .await?;
    assert_eq!(
        (few.code.as_str(), few.path.as_deref()),
        ("TOO_FEW_VERIFIERS", Some("claim"))
    );
    // Somebody of the same sector is let in, and stands behind whoever was there before the claim.
    let sector = text(&bench.show(&claim).await?["assignments"][0]["organisation"]["sector"]);
    let late = ("Late Assurance", sector.as_str());
    let_in(&world.app, &world.registrar, late).await?;
    bench.assign(&claim).await?;
    let shown = bench.show(&claim).await?;
    assert_eq!(shown["assignments"].as_array().map(Vec::len), Some(5));
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_quorum_of_one_is_drawn_too(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(1, 1)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let stranger = bench.stranger(&claim).await?;
    let refused = world
        .refuse(stranger, REJECT, json!({ "claim": claim, "reason": "no" }))
        .await?;
    assert_eq!(refused.code, "FORBIDDEN");
    let one = bench.sitting(&claim).await?[0];
    bench.verify(one, &claim, "8.0").await?;
    assert_eq!(bench.show(&claim).await?["verified"]["quantity"], "8.0");
    let other = bench.assigned("b").await?;
    let one = bench.sitting(&other).await?[0];
    world
        .make(
            one,
            REJECT,
            json!({ "claim": other, "reason": "no" }),
            "claim",
        )
        .await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn nothing_is_computed_for_whoever_may_not_publish(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(1, 1)).await?;
    let world = &bench.world;
    // Nonsense is not even looked at.
    for user in [&world.supplier, &world.verifier] {
        let refused = world.refuse(user, PUBLISH, terms(0, 1)).await?;
        assert_eq!(refused.code, "FORBIDDEN");
    }
    let refused = world.refuse(&world.registrar, PUBLISH, terms(0, 1)).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("QUORUM", Some("verifiers"))
    );
    Ok(())
}
