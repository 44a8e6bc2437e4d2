//! Challenges, appeals, corrections and reversals: what is frozen, what falls, and who makes it good.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::{
    CARRY_OUT, ISSUE, PROPOSE, RETIRE, TRANSFER, World, file, propose, reduce, text,
};
use crate::evidence_erased::ERASE_EARLY;

on_both!(
    an_upheld_challenge_freezes_reverses_and_leaves_a_liability_that_is_made_good,
    an_appeal_is_decided_by_somebody_else,
    a_correction_needs_two_registrars,
    a_claim_is_corrected_before_its_issue,
    evidence_stays_while_a_challenge_is_open_or_can_be_appealed,
    wrong_challenges_name_the_field,
);

pub(crate) const RAISE: &str = "mutation ($input: RaiseChallengeInput!) {
    made: raiseChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const ACCEPT: &str = "mutation ($input: AcceptChallengeInput!) {
    made: acceptChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const REPLY: &str = "mutation ($input: ChallengeWordsInput!) {
    made: replyToChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const UPHOLD: &str = "mutation ($input: UpholdChallengeInput!) {
    made: upholdChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const DISMISS: &str = "mutation ($input: ChallengeWordsInput!) {
    made: dismissChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const APPEAL: &str = "mutation ($input: ChallengeWordsInput!) {
    made: appealChallenge(input: $input) { challenge { id } userErrors { code message path } }
}";
pub(crate) const CLEAR: &str = "mutation ($input: ClearLiabilityInput!) {
    made: clearLiability(input: $input) { liability userErrors { code message path } }
}";

pub(crate) const WORDS: &str = "Nobody came on the days that the sheets name.";

/// A batch of a claim that somebody objects to, and the people who decide.
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) claim: String,
    pub(crate) batch: String,
    pub(crate) watchdog: User,
    pub(crate) second: User,
    pub(crate) third: User,
}

impl Case {
    pub(crate) async fn new(app: TestApp) -> Result<Self> {
        let world = World::new(app).await?;
        let claim = world.submit(world.claim_input("a", "10.0")).await?;
        world.verify(&claim, "10.0").await?;
        let batch = world.issue(&claim, "a").await?;
        let paper = world
            .app
            .organisation(&world.registrar, "Mapo Weekly", "CIVIL_SOCIETY")
            .await?;
        let registry = world.app.registry;
        Ok(Self {
            watchdog: world.app.user(paper, &[Role::Supplier]).await?,
            second: world.app.user(registry, &[Role::Registrar]).await?,
            third: world.app.user(registry, &[Role::Registrar]).await?,
            world,
            claim,
            batch,
        })
    }

    pub(crate) fn raise_input(&self) -> Value {
        json!({ "claim": self.claim, "ground": "DELIVERY", "reason": WORDS })
    }

    pub(crate) async fn raise(&self) -> Result<String> {
        self.world
            .make(&self.watchdog, RAISE, self.raise_input(), "challenge")
            .await
    }

    pub(crate) async fn uphold(&self, by: &User, challenge: &str, verified: &str) -> Result<()> {
        let input = json!({ "challenge": challenge, "verified": verified, "remedy": "REVERSE", "reason": WORDS });
        self.world.make(by, UPHOLD, input, "challenge").await?;
        Ok(())
    }

    /// After the fourteen days in which a decision can be appealed; tokens last longer.
    pub(crate) fn wait_for_appeals(&self) {
        self.world.app.advance_seconds(14 * 86_400);
    }
}

async fn an_upheld_challenge_freezes_reverses_and_leaves_a_liability_that_is_made_good(
    app: TestApp,
) -> Result<()> {
    let case = Case::new(app).await?;
    let (world, batch) = (&case.world, &case.batch);
    let sale = world.transfer_input(batch, 50, "t");
    world
        .app
        .data(Some(&world.supplier), TRANSFER, json!({ "input": sale }))
        .await?;
    let retire = world.retire_input(&world.fund, batch, 10, "r");
    world
        .app
        .data(Some(&world.fund), RETIRE, json!({ "input": retire }))
        .await?;

    let challenge = case.raise().await?;
    let reply = json!({ "challenge": challenge, "words": "The sheets were signed at the site." });
    world
        .make(&world.supplier, REPLY, reply, "challenge")
        .await?;
    let accept = json!({ "challenge": challenge });
    world
        .make(&case.second, ACCEPT, accept, "challenge")
        .await?;
    let frozen = world.transfer_input(batch, 1, "f");
    let refused = world.refuse(&world.supplier, TRANSFER, frozen).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("FROZEN", Some("batch"))
    );
    let mut sold = world.transfer_input(batch, 1, "s");
    sold["from"] = json!(world.fund.organisation_id());
    sold["to"] = json!(format!("organisation:{}", case.watchdog.organisation));
    world
        .app
        .data(Some(&world.fund), TRANSFER, json!({ "input": sold }))
        .await?;

    case.uphold(&case.second, &challenge, "0.0").await?;
    let carry = json!({ "decision": { "challenge": challenge } });
    let early = world.refuse(&case.third, CARRY_OUT, carry.clone()).await?;
    assert_eq!(early.code, "APPEAL_OPEN");
    case.wait_for_appeals();
    let same = world.refuse(&case.second, CARRY_OUT, carry.clone()).await?;
    assert_eq!(same.code, "FORBIDDEN", "whoever decided does not carry out");
    world
        .make(&case.third, CARRY_OUT, carry.clone(), "claim")
        .await?;
    let twice = world.refuse(&case.third, CARRY_OUT, carry).await?;
    assert_eq!(twice.code, "UNKNOWN_DECISION");
    assert_eq!(
        world.life(batch).await?["life"],
        json!({ "available": "40", "held": "0", "buffer": "0", "retired": "10", "cancelled": "7", "reversed": "18" }),
        "units of others are not touched"
    );

    let found = world
        .app
        .data(
            None,
            "{ liabilities(open: true, first: 5) { nodes { id owed recorded organisation { name } claim { verified { quantity } } } } }",
            json!({}),
        )
        .await?;
    let owed = &found["liabilities"]["nodes"][0];
    assert_eq!(
        (&owed["owed"], &owed["recorded"]),
        (&json!("50"), &json!("50"))
    );
    assert_eq!(owed["claim"]["verified"]["quantity"], "0.0");
    let liability = text(&owed["id"]);

    let other = world.submit(world.claim_input("b", "10.0")).await?;
    world.verify(&other, "10.0").await?;
    let blocked = json!({ "claim": other, "idempotencyKey": "b" });
    let refused = world.refuse(&world.registrar, ISSUE, blocked).await?;
    assert_eq!(refused.code, "LIABLE");
    // The supplier buys back what it sold, and makes good.
    let mut back = world.transfer_input(batch, 39, "back");
    back["from"] = json!(world.fund.organisation_id());
    back["to"] = json!(world.supplier.organisation_id());
    world
        .app
        .data(Some(&world.fund), TRANSFER, json!({ "input": back }))
        .await?;
    let trade = world
        .refuse(
            &world.supplier,
            TRANSFER,
            world.transfer_input(batch, 1, "x"),
        )
        .await?;
    assert_eq!(trade.code, "LIABLE");
    let clear = |units: i64, key: &str| json!({ "liability": liability, "batch": batch, "units": units.to_string(), "idempotencyKey": key });
    let much = world.refuse(&world.supplier, CLEAR, clear(51, "c")).await?;
    assert_eq!(much.path.as_deref(), Some("units"));
    let stranger = world.refuse(&world.fund, CLEAR, clear(1, "c")).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    let input = json!({ "input": clear(39, "c") });
    world
        .app
        .data(Some(&world.supplier), CLEAR, input.clone())
        .await?;
    world.app.data(Some(&world.supplier), CLEAR, input).await?;
    let left = world
        .app
        .data(
            None,
            "{ liabilities(first: 5) { nodes { owed } } }",
            json!({}),
        )
        .await?;
    assert_eq!(left["liabilities"]["nodes"][0]["owed"], "11");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_appeal_is_decided_by_somebody_else(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let challenge = case.raise().await?;
    let own =
        json!({ "challenge": challenge, "verified": "1.0", "remedy": "CORRECT", "reason": WORDS });
    let outsider = world.refuse(&world.fund, UPHOLD, own.clone()).await?;
    assert!(
        outsider.message.contains("the registry is in charge"),
        "{}",
        outsider.message
    );
    let issuer = world.refuse(&world.registrar, UPHOLD, own).await?;
    assert_eq!(issuer.code, "FORBIDDEN", "whoever issued does not decide");
    case.uphold(&case.second, &challenge, "5.0").await?;
    let appeal = json!({ "challenge": challenge, "words": "The photographs were not looked at." });
    let stranger = world.refuse(&world.fund, APPEAL, appeal.clone()).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    world
        .make(&world.supplier, APPEAL, appeal.clone(), "challenge")
        .await?;
    let again = world.refuse(&world.supplier, APPEAL, appeal).await?;
    assert_eq!(again.code, "CHALLENGE_STATUS");
    let dismiss = json!({ "challenge": challenge, "words": "The photographs show the work." });
    let same = world.refuse(&case.second, DISMISS, dismiss.clone()).await?;
    assert_eq!(same.code, "FORBIDDEN");
    world
        .make(&case.third, DISMISS, dismiss, "challenge")
        .await?;
    let carry = json!({ "decision": { "challenge": challenge } });
    let refused = world.refuse(&world.registrar, CARRY_OUT, carry).await?;
    assert_eq!(refused.code, "NOT_UPHELD");
    let shown = world
        .app
        .data(
            None,
            "query ($claim: ID!) { challenges(first: 5, filter: { claim: $claim }) { totalCount nodes {
                status ground overdue freezes decisions { upheld verified { quantity } remedy }
                steps { kind words organisation { name } } claim { id } buyerInCharge { name } } } }",
            json!({ "claim": case.claim }),
        )
        .await?;
    let node = &shown["challenges"]["nodes"][0];
    assert_eq!(
        (&node["status"], &node["freezes"]),
        (&json!("dismissed"), &json!(false))
    );
    let steps: Vec<&str> = node["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s["kind"].as_str())
        .collect();
    assert_eq!(steps, ["raised", "resolved", "appealed", "resolved"]);
    assert_eq!(node["steps"][0]["words"], WORDS);
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_correction_needs_two_registrars(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let more = json!({ "claim": case.claim, "verified": "10.0", "remedy": "CORRECT", "reason": "a typing error" });
    let more = world.refuse(&case.second, PROPOSE, more).await?;
    assert_eq!(
        (more.code.as_str(), more.path.as_deref()),
        ("NO_LESS", Some("verified"))
    );
    let less = (case.claim.as_str(), "9.0", "CORRECT");
    let carry = propose(&world.app, &case.second, less).await?;
    for one in [&case.second, &world.registrar] {
        let refused = world.refuse(one, CARRY_OUT, carry.clone()).await?;
        assert_eq!(
            refused.code, "FORBIDDEN",
            "proposer and issuer took earlier steps"
        );
    }
    world.make(&case.third, CARRY_OUT, carry, "claim").await?;
    // Of 9.0 hours 67 credits are caused; 8 of the claimant's own fall.
    let life = &world.life(&case.batch).await?["life"];
    assert_eq!(
        (&life["available"], &life["reversed"], &life["buffer"]),
        (&json!("60"), &json!("8"), &json!("7"))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_claim_is_corrected_before_its_issue(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let claim = world.submit(world.claim_input("b", "10.0")).await?;
    world.verify(&claim, "10.0").await?;
    let less = (claim.as_str(), "4.0", "CORRECT");
    reduce(&world.app, [&case.second, &case.third], less).await?;
    let batch = world.issue(&claim, "b").await?;
    assert_eq!(world.life(&batch).await?["issued"], "30");
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn evidence_stays_while_a_challenge_is_open_or_can_be_appealed(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let files = json!([text(&file("a")["sha256"])]);
    let erase = json!({ "claim": case.claim, "files": files, "reason": "A court orders it." });
    let kept = async || -> Result<()> {
        let input = erase.clone();
        let refused = world.refuse(&world.registrar, ERASE_EARLY, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("CHALLENGED", Some("claim"))
        );
        Ok(())
    };
    let challenge = case.raise().await?;
    kept().await?;
    let words = json!({ "challenge": challenge, "words": "The photographs show the work." });
    world
        .make(&case.second, DISMISS, words.clone(), "challenge")
        .await?;
    kept().await?;
    world
        .make(&case.watchdog, APPEAL, words, "challenge")
        .await?;
    case.wait_for_appeals();
    kept().await?;
    case.uphold(&case.third, &challenge, "5.0").await?;
    kept().await?;
    let carry = json!({ "decision": { "challenge": challenge } });
    let fourth = world
        .app
        .user(world.app.registry, &[Role::Registrar])
        .await?;
    world.make(&fourth, CARRY_OUT, carry, "claim").await?;
    world
        .make(&world.registrar, ERASE_EARLY, erase, "claim")
        .await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_challenges_name_the_field(app: TestApp) -> Result<()> {
    let case = Case::new(app).await?;
    let world = &case.world;
    let waiting = world.submit(world.claim_input("b", "10.0")).await?;
    let changed = |field: &str, value: Value| {
        let mut input = case.raise_input();
        input[field] = value;
        input
    };
    let cases = [
        (
            &case.watchdog,
            changed("claim", json!(waiting)),
            "NOT_VERIFIED",
            "claim",
        ),
        (&world.supplier, case.raise_input(), "OWN_CLAIM", "claim"),
        (
            &case.watchdog,
            changed("reason", json!("ask mina@example.org")),
            "PERSONAL_DATA",
            "reason",
        ),
        (
            &case.watchdog,
            changed("reason", json!("call 010-1234-5678")),
            "PERSONAL_DATA",
            "reason",
        ),
        (
            &case.watchdog,
            changed("reason", json!("")),
            "WORDS",
            "reason",
        ),
    ];
    for (user, input, code, path) in cases {
        let refused = world.refuse(user, RAISE, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path))
        );
    }
    let public = world
        .app
        .refusal(None, RAISE, json!({ "input": case.raise_input() }))
        .await?;
    assert_eq!(public.code, "UNAUTHENTICATED");
    let challenge = case.raise().await?;
    let again = world
        .refuse(&case.watchdog, RAISE, case.raise_input())
        .await?;
    assert_eq!(again.code, "CHALLENGE_EXISTS");
    let accept = json!({ "challenge": challenge });
    let stranger = world.refuse(&case.watchdog, ACCEPT, accept).await?;
    assert_eq!(stranger.code, "FORBIDDEN");
    world.app.expect_clean_log().await?;
    Ok(())
}
