//! What counts of a delivery, and what is claimed once: places, people, references, related organisations, questions.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_domain::ids::OrganisationId;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::{PUBLISH_CATALOGUE, SUBMIT, VERIFY, World, file, finding, text};
use crate::mutations::{GIVE_INFORMATION, REQUEST_INFORMATION};
use crate::quorum_bench::{Bench, terms};

on_both!(
    a_place_that_only_looks_like_a_code_is_refused_everywhere,
    p5_staff_of_a_year_is_counted_and_the_people_stay_private,
    a_working_is_refused_by_its_line_and_a_claim_of_few_people_altogether,
    a_related_organisation_claims_the_same_only_after_an_exclusion,
    a_reference_is_used_once_by_whoever_and_shares_sum_to_one,
    a_question_is_answered_before_a_quantity_is_verified,
    nobody_holds_a_claim_up_by_questions,
    an_overdue_verifier_asks_nothing_more,
);

const EXCLUDE: &str = "mutation ($input: LogExclusionInput!) {
    made: logExclusion(input: $input) { claim { id exclusions { reason claimant { name } } } userErrors { code message path } }
}";

/// An organisation in the supplier's group, with someone who reports for it.
async fn subsidiary(world: &World) -> Result<User> {
    let input = json!({ "legalForm": "LEGAL_PERSON", "name": "Han River Services", "sector": "PRIVATE", "place": "KR-11",
        "group": world.supplier.organisation_id() });
    let made = world
        .app
        .data(
            Some(&world.registrar),
            "mutation ($input: RegisterOrganisationInput!) {
                made: registerOrganisation(input: $input) { organisation { id } userErrors { code message path } }
            }",
            json!({ "input": input }),
        )
        .await?;
    let id = text(&made["made"]["organisation"]["id"]);
    let id: OrganisationId = id.trim_start_matches("organisation:").parse()?;
    world.app.user(id, &[Role::Supplier]).await
}

async fn a_place_that_only_looks_like_a_code_is_refused_everywhere(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    for place in [
        "KR-11\u{200b}",
        "\u{202e}KR-11",
        "kr-11",
        "UK-LND",
        "\u{41a}R-11",
        "",
    ] {
        let mut input = world.claim_input("a", "10.0");
        input["outcome"]["outsideContracts"]["place"] = json!(place);
        let refused = world.refuse(&world.supplier, SUBMIT, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("PLACE", Some("outcome.outsideContracts.place"))
        );
        let refused = world
            .app
            .refusal(
                Some(&world.registrar),
                "mutation ($input: RegisterOrganisationInput!) {
                    registerOrganisation(input: $input) { userErrors { code message path } }
                }",
                json!({ "input": { "legalForm": "LEGAL_PERSON", "name": "X", "sector": "PRIVATE", "place": place } }),
            )
            .await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("PLACE", Some("place"))
        );
    }
    world.app.expect_clean_log().await?;
    Ok(())
}

/// A measure of employment, and who claims it.
struct Work {
    catalogue: String,
    claimant: String,
}

/// The world gets a measure of employment beside its own.
async fn employment(world: &World) -> Result<Work> {
    let published = world
        .app
        .data(
            Some(&world.registrar),
            PUBLISH_CATALOGUE,
            json!({ "input": {
                "code": "work", "version": "1", "title": "Measures of work", "source": "these tests",
                "measures": [{
                    "code": "JOB-1", "theme": "Work", "outcome": "Work", "title": "Hires", "kind": "QUANTITATIVE",
                    "unit": "FTE-year", "scale": 2, "evidence": ["payroll"], "verificationMethod": "sample of payslips",
                    "transferable": false, "deadweight": "0.25",
                    "counting": { "basis": "FTE_YEARS", "firstMonths": 12, "needsEvidence": ["programme"] }
                }]
            } }),
        )
        .await?;
    Ok(Work {
        catalogue: text(&published["made"]["catalogue"]["id"]),
        claimant: world.supplier.organisation_id(),
    })
}

impl Work {
    /// The input of a claim in the year 2025.
    fn claim(&self, key: &str, quantity: &str, working: Value) -> Value {
        let kind = |kind: &str| {
            let mut file = file(&format!("{kind} {key}"));
            file["kind"] = json!(kind);
            file
        };
        json!({
            "claimant": self.claimant, "quantity": quantity, "idempotencyKey": key, "working": working,
            "outcome": { "outsideContracts": {
                "measure": { "catalogue": self.catalogue, "code": "JOB-1" }, "place": "KR-11"
            } },
            "period": { "from": "2025-01-01", "to": "2026-01-01" },
            "evidence": [kind("payroll"), kind("programme")],
        })
    }
}

fn line(people: u32, fte: &str, started: &str) -> Value {
    json!({ "people": people, "fte": fte, "period": { "from": "2025-01-01", "to": "2026-01-01" }, "started": started })
}

async fn p5_staff_of_a_year_is_counted_and_the_people_stay_private(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let work = employment(&world).await?;
    let staff = json!([line(10, "10", "2025-01-01"), line(5, "2.5", "2025-01-01")]);
    let more = world
        .refuse(
            &world.supplier,
            SUBMIT,
            work.claim("a", "12.51", staff.clone()),
        )
        .await?;
    assert_eq!(
        (more.code.as_str(), more.path.as_deref()),
        ("MORE_THAN_COUNTED", Some("quantity"))
    );
    assert!(more.message.contains("12.50"), "{}", more.message);
    let claim = world.submit(work.claim("a", "12.50", staff)).await?;
    let document =
        "query ($id: ID!) { claim(id: $id) { people workingHash working { people fte started } } }";
    let ask = async |user: Option<&User>| -> Result<Value> {
        let found = world
            .app
            .data(user, document, json!({ "id": claim }))
            .await?;
        Ok(found["claim"].clone())
    };
    let own = ask(Some(&world.supplier)).await?;
    assert_eq!(
        own["working"][1],
        json!({ "people": 5, "fte": "2.5", "started": "2025-01-01" })
    );
    assert_eq!(own["people"], 15);
    assert_eq!(ask(Some(&world.verifier)).await?["working"], own["working"]);
    for stranger in [None, Some(&world.fund)] {
        let found = ask(stranger).await?;
        assert_eq!(
            (&found["working"], &found["people"]),
            (&Value::Null, &json!(15))
        );
    }
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_working_is_refused_by_its_line_and_a_claim_of_few_people_altogether(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let work = employment(&world).await?;
    let year = |people: u32, fte: &str| line(people, fte, "2025-01-01");
    let mut unsaid = year(6, "6");
    unsaid["started"] = Value::Null;
    let mut outside = year(6, "6");
    outside["period"]["to"] = json!("2026-01-02");
    let cases = [
        (json!([year(4, "4")]), "FEW_PEOPLE", "working"),
        (json!([]), "NEEDS_WORKING", "working"),
        (
            json!([year(6, "6"), year(6, "6.5")]),
            "WORKING",
            "working.1.people",
        ),
        (json!([unsaid]), "WORKING", "working.0.started"),
        (json!([outside]), "WORKING", "working.0.period"),
        (
            json!([line(6, "6", "2025-06-01")]),
            "WORKING",
            "working.0.started",
        ),
        (
            json!([line(6, "6", "2023-01-01")]),
            "MORE_THAN_COUNTED",
            "quantity",
        ),
    ];
    for (working, code, path) in cases {
        let refused = world
            .refuse(&world.supplier, SUBMIT, work.claim("a", "1", working))
            .await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some(path)),
            "{refused:?}"
        );
    }
    let mut bare = work.claim("a", "1", json!([year(6, "6")]));
    bare["evidence"] = json!([bare["evidence"][0]]);
    let refused = world.refuse(&world.supplier, SUBMIT, bare).await?;
    assert_eq!(refused.code, "EVIDENCE_NEEDED");
    let mut people = world.claim_input("b", "10.0");
    people["working"] = json!([year(6, "6")]);
    people["period"] = json!({ "from": "2025-01-01", "to": "2026-01-01" });
    let refused = world.refuse(&world.supplier, SUBMIT, people).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("WORKING", Some("working"))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_related_organisation_claims_the_same_only_after_an_exclusion(
    app: TestApp,
) -> Result<()> {
    let world = World::new(app).await?;
    let cousin = subsidiary(&world).await?;
    let first = world.submit(world.claim_input("a", "10.0")).await?;
    let mut same = world.claim_input("b", "10.0");
    same["claimant"] = json!(cousin.organisation_id());
    same["outcome"]["outsideContracts"]["place"] = json!("KR-11-110");
    let refused = world.refuse(&cousin, SUBMIT, same.clone()).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("SAME_OUTCOME", Some("outcome"))
    );
    assert!(refused.message.contains(&first), "{}", refused.message);

    let exclusion = |claimant: String| json!({ "earlier": first, "claimant": claimant, "reason": "two teams in two streets" });
    let stranger = world
        .refuse(
            &world.registrar,
            EXCLUDE,
            exclusion(world.fund.organisation_id()),
        )
        .await?;
    assert_eq!(stranger.code, "NOT_RELATED");
    let own = world
        .refuse(
            &world.supplier,
            EXCLUDE,
            exclusion(cousin.organisation_id()),
        )
        .await?;
    assert_eq!(own.code, "FORBIDDEN");
    let input = json!({ "input": exclusion(cousin.organisation_id()) });
    let logged = world
        .app
        .data(Some(&world.registrar), EXCLUDE, input.clone())
        .await?;
    assert_eq!(
        logged["made"]["claim"]["exclusions"],
        json!([{ "reason": "two teams in two streets", "claimant": { "name": "Han River Services" } }])
    );
    let again = world
        .app
        .refusal(Some(&world.registrar), EXCLUDE, input)
        .await?;
    assert_eq!(again.code, "ALREADY_LOGGED");
    world.make(&cousin, SUBMIT, same, "claim").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_reference_is_used_once_by_whoever_and_shares_sum_to_one(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let referring = |key: &str, number: &str, share: &str| {
        let mut input = world.claim_input(key, "10.0");
        input["externalReference"] = json!({ "source": "GB-NTS", "number": number });
        input["share"] = json!(share);
        input
    };
    let first = world.submit(referring("a", "INV-001", "0.6")).await?;
    let over = world
        .refuse(&world.supplier, SUBMIT, referring("b", "inv 001", "0.5"))
        .await?;
    assert_eq!(
        (over.code.as_str(), over.path.as_deref()),
        ("SAME_REFERENCE", Some("externalReference"))
    );
    assert!(
        over.message.contains(&first) && over.message.contains("0.6"),
        "{}",
        over.message
    );

    // The other share is another firm's, with the file that both have.
    let other = world
        .app
        .organisation(&world.registrar, "Tancheon Works", "PRIVATE")
        .await?;
    let other = world.app.user(other, &[Role::Supplier]).await?;
    let mut rest = referring("c", "inv/001", "0.4");
    rest["claimant"] = json!(other.organisation_id());
    rest["evidence"] = json!([file("a")]);
    world.make(&other, SUBMIT, rest, "claim").await?;

    let mut nameless = world.claim_input("d", "10.0");
    nameless["share"] = json!("0.5");
    let nameless = world.refuse(&world.supplier, SUBMIT, nameless).await?;
    assert_eq!(nameless.code, "SHARE_OF_WHAT");
    let wrong = world
        .refuse(&world.supplier, SUBMIT, referring("e", "1\u{200b}", "1"))
        .await?;
    assert_eq!(
        (wrong.code.as_str(), wrong.path.as_deref()),
        ("REFERENCE", Some("externalReference.number"))
    );
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn a_question_is_answered_before_a_quantity_is_verified(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    let outsider = world
        .refuse(&world.fund, REQUEST_INFORMATION, question.clone())
        .await?;
    assert_eq!(outsider.code, "FORBIDDEN");
    let early = json!({ "claim": claim, "answer": "nobody asked" });
    let early = world
        .refuse(&world.supplier, GIVE_INFORMATION, early)
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("CLAIM_STATUS", Some("claim"))
    );
    world
        .make(&world.verifier, REQUEST_INFORMATION, question, "claim")
        .await?;
    let waiting = world
        .refuse(&world.verifier, VERIFY, finding(&claim, "10.0"))
        .await?;
    assert_eq!(waiting.code, "CLAIM_STATUS");
    let answer = |word: &str| json!({ "claim": claim, "answer": "the site manager", "evidence": [file(word)] });
    let twice = world
        .refuse(&world.supplier, GIVE_INFORMATION, answer("a"))
        .await?;
    assert_eq!(twice.code, "EVIDENCE_TWICE");
    world
        .make(
            &world.supplier,
            GIVE_INFORMATION,
            answer("sheet 4"),
            "claim",
        )
        .await?;
    let found = world
        .app
        .data(
            None,
            "query ($id: ID!) { claim(id: $id) { status evidence { sha256 } inquiries { kind words organisation { name } } } }",
            json!({ "id": claim }),
        )
        .await?;
    assert_eq!(
        found["claim"],
        json!({
            "status": "IN_VERIFICATION",
            "evidence": [{ "sha256": file("a")["sha256"] }, { "sha256": file("sheet 4")["sha256"] }],
            "inquiries": [
                { "kind": "QUESTION", "words": "who signed sheet 4?", "organisation": { "name": "Plain Assurance" } },
                { "kind": "ANSWER", "words": "the site manager", "organisation": { "name": "Han River Works" } },
            ]
        })
    );
    world.verify(&claim, "10.0").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn nobody_holds_a_claim_up_by_questions(app: TestApp) -> Result<()> {
    let world = World::new(app).await?;
    let claim = world.submit(world.claim_input("a", "10.0")).await?;
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    let answer = json!({ "claim": claim, "answer": "the site manager" });
    for _ in 0..5 {
        let asked = question.clone();
        world
            .make(&world.verifier, REQUEST_INFORMATION, asked, "claim")
            .await?;
        let given = answer.clone();
        world
            .make(&world.supplier, GIVE_INFORMATION, given, "claim")
            .await?;
    }
    let sixth = world
        .refuse(&world.verifier, REQUEST_INFORMATION, question)
        .await?;
    assert_eq!(
        (sixth.code.as_str(), sixth.path.as_deref()),
        ("TOO_MANY_QUESTIONS", Some("question"))
    );
    let shown = world
        .app
        .data(
            None,
            "query ($id: ID!) { claim(id: $id) { inquiries { kind } } }",
            json!({ "id": claim }),
        )
        .await?;
    let inquiries = shown["claim"]["inquiries"].as_array().map(Vec::len);
    assert_eq!(inquiries, Some(10));
    world.verify(&claim, "10.0").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_overdue_verifier_asks_nothing_more(app: TestApp) -> Result<()> {
    let bench = Bench::new(app, terms(1, 1)).await?;
    let world = &bench.world;
    let claim = bench.assigned("a").await?;
    let late = bench.sitting(&claim).await?[0];
    world.app.advance_seconds(8 * 86_400);
    let question = json!({ "claim": claim, "question": "who signed sheet 4?" });
    let refused = world.refuse(late, REQUEST_INFORMATION, question).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("OVERDUE", Some("claim"))
    );
    bench.verify(late, &claim, "10.0").await?;
    world.app.expect_clean_log().await?;
    Ok(())
}
