//! People behind claims: each counted once, never published, erasable.

use std::ops::Range;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use commonweal_domain::actor::Role;
use commonweal_domain::log::hash::sha256;
use commonweal_tests::{ORIGIN, Refusal, TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::{
    DEFINE_CLASS, ISSUE, PUBLISH_CATALOGUE, SUBMIT, WITHDRAW, World, file, text,
};

on_both!(
    one_disadvantage_kind_per_person_whoever_claims_it,
    first_12_months_of_a_person_end_once_for_a_whole_group,
    days_reported_under_two_measures_are_issued_in_one_class_only,
    what_does_not_fit_the_people_is_refused_by_its_row,
    an_exclusion_or_an_end_makes_a_person_free_again,
    nothing_of_a_person_is_published_and_tokens_are_erased_on_request,
);

const ERASE: &str = "mutation ($input: EraseBeneficiariesInput!) {
    made: eraseBeneficiaries(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const EXCLUDE: &str = "mutation ($input: LogExclusionInput!) {
    made: logExclusion(input: $input) { claim { id } userErrors { code message path } }
}";

/// Measures of work in a world, and a second firm of nobody's group.
pub(crate) struct Work {
    pub(crate) world: World,
    catalogue: String,
    pub(crate) other: User,
}

/// A measure of work with counting rules.
fn measure(code: &str, counting: Value) -> Value {
    let people = counting["basis"] == "PEOPLE";
    json!({
        "code": code, "theme": "Work", "outcome": "Work", "title": format!("Work {code}"), "kind": "QUANTITATIVE",
        "unit": if people { "person" } else { "FTE-year" }, "scale": if people { 0 } else { 2 }, "evidence": ["payroll"],
        "verificationMethod": "sample of payslips", "transferable": false, "deadweight": "0", "counting": counting,
    })
}

impl Work {
    pub(crate) async fn new(app: TestApp) -> Result<Self> {
        let world = World::new(app).await?;
        let measures = [
            measure(
                "JOB-1",
                json!({ "basis": "FTE_YEARS", "oneKind": "disadvantage", "firstMonths": 12 }),
            ),
            measure(
                "JOB-2",
                json!({ "basis": "FTE_YEARS", "oneKind": "disadvantage" }),
            ),
            measure(
                "SKL-1",
                json!({ "basis": "FTE_YEARS", "reportedWith": ["JOB-2"] }),
            ),
            measure("ADV-1", json!({ "basis": "PEOPLE" })),
        ];
        let published = world
            .app
            .data(
                Some(&world.registrar),
                PUBLISH_CATALOGUE,
                json!({ "input": {
                    "code": "work", "version": "1", "title": "Measures of work", "source": "these tests", "measures": measures
                } }),
            )
            .await?;
        let other = world
            .app
            .organisation(&world.registrar, "Tancheon Works", "PRIVATE")
            .await?;
        Ok(Self {
            other: world.app.user(other, &[Role::Supplier]).await?,
            catalogue: text(&published["made"]["catalogue"]["id"]),
            world,
        })
    }

    /// A claim of somebody for the first half of 2025, or of another period, about people by their numbers.
    pub(crate) fn claim(&self, by: &User, key: &str, measure: &str, people: Range<u16>) -> Value {
        self.claim_of(by, key, measure, people, ("2025-01-01", "2025-07-01"))
    }

    pub(crate) fn claim_of(
        &self,
        by: &User,
        key: &str,
        measure: &str,
        people: Range<u16>,
        (from, to): (&str, &str),
    ) -> Value {
        let period = json!({ "from": from, "to": to });
        let count = people.len();
        let mut payroll = file(key);
        payroll["kind"] = json!("payroll");
        json!({
            "claimant": by.organisation_id(), "idempotencyKey": key, "period": period, "evidence": [payroll],
            "quantity": if measure == "ADV-1" { count.to_string() } else { "0.50".to_owned() },
            "outcome": { "outsideContracts": {
                "measure": { "catalogue": self.catalogue, "code": measure }, "place": "KR-11-110"
            } },
            "working": [{ "people": count, "fte": count.to_string(), "period": period, "started": from }],
            "beneficiaries": named(people, from, to).to_string(),
        })
    }

    pub(crate) async fn submit(&self, by: &User, input: Value) -> Result<String> {
        self.world.make(by, SUBMIT, input, "claim").await
    }

    pub(crate) async fn refuse(&self, by: &User, input: Value) -> Result<Refusal> {
        self.world.refuse(by, SUBMIT, input).await
    }

    /// The claim is refused because of an earlier one, and the message tells nothing but that.
    pub(crate) async fn counted_by(&self, earlier: &str, by: &User, input: Value) -> Result<()> {
        let refused = self.refuse(by, input).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            ("SAME_PERSON", Some("beneficiaries"))
        );
        let told = &refused.message;
        assert!(told.contains(earlier), "{told}");
        assert!(
            !told
                .replace(earlier, "")
                .contains(|c: char| c.is_ascii_digit()),
            "{told}"
        );
        Ok(())
    }
}

/// A person's hash, as a supplier's machine would make one.
fn hash(n: u16) -> String {
    sha256(&n.to_be_bytes()).to_string()
}

/// The file of some people for the same days.
fn named(people: Range<u16>, from: &str, to: &str) -> Value {
    let row = |n: u16| json!({ "person": hash(n), "period": { "from": from, "to": to }, "started": from });
    let rows: Vec<Value> = people.map(row).collect();
    json!({ "scheme": format!("scrypt-15-8-1 {ORIGIN}"), "people": rows })
}

async fn one_disadvantage_kind_per_person_whoever_claims_it(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let supplier = &work.world.supplier;
    let first = work
        .submit(supplier, work.claim(supplier, "a", "JOB-1", 0..6))
        .await?;
    let later = ("2025-08-01", "2025-12-01");
    for by in [supplier, &work.other] {
        let input = work.claim_of(by, "b", "JOB-2", 5..11, later);
        work.counted_by(&first, by, input).await?;
    }
    let apart = work.claim_of(&work.other, "c", "JOB-2", 6..12, later);
    work.submit(&work.other, apart).await?;
    work.world.app.expect_clean_log().await?;
    Ok(())
}

async fn first_12_months_of_a_person_end_once_for_a_whole_group(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let supplier = &work.world.supplier;
    let spring = ("2025-01-01", "2025-07-01");
    let first = work.claim_of(supplier, "a", "JOB-1", 0..6, spring);
    let first = work.submit(supplier, first).await?;
    // Employed again in the year after: the months began in 2025.
    let again =
        |by: &User, key: &str| work.claim_of(by, key, "JOB-1", 0..6, ("2026-02-01", "2026-06-01"));
    work.counted_by(&first, supplier, again(supplier, "b"))
        .await?;
    work.submit(&work.other, again(&work.other, "c")).await?;
    let rest = ("2025-10-01", "2025-12-31");
    work.submit(supplier, work.claim_of(supplier, "d", "JOB-1", 0..6, rest))
        .await?;
    let mut long = work.claim_of(supplier, "e", "JOB-1", 20..26, spring);
    let mut people = named(20..26, "2025-01-01", "2025-07-01");
    people["people"][3]["started"] = json!("2024-06-30");
    long["beneficiaries"] = json!(people.to_string());
    let refused = work.refuse(supplier, long).await?;
    assert_eq!(refused.code, "BENEFICIARIES");
    assert!(refused.message.contains("people.3.period"), "{refused:?}");
    work.world.app.expect_clean_log().await?;
    Ok(())
}

async fn days_reported_under_two_measures_are_issued_in_one_class_only(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    for code in ["JOB-2", "SKL-1"] {
        let class = json!({
            "measure": { "catalogue": work.catalogue, "code": code }, "place": "KR-11-110", "vintage": 2025,
            "bufferShare": "0", "transferable": false
        });
        world
            .make(&world.registrar, DEFINE_CLASS, class, "class")
            .await?;
    }
    let job = work
        .submit(supplier, work.claim(supplier, "a", "JOB-2", 0..6))
        .await?;
    let skill = work
        .submit(supplier, work.claim(supplier, "b", "SKL-1", 0..6))
        .await?;
    let others = work
        .submit(supplier, work.claim(supplier, "c", "SKL-1", 6..12))
        .await?;
    for claim in [&job, &skill, &others] {
        world.verify(claim, "0.50").await?;
    }
    let batch = world.issue(&job, "a").await?;
    let twice = json!({ "claim": skill, "idempotencyKey": "b" });
    let twice = world.refuse(&world.registrar, ISSUE, twice).await?;
    assert_eq!(
        (twice.code.as_str(), twice.path.as_deref()),
        ("ISSUED_ELSEWHERE", Some("claim"))
    );
    assert!(
        twice.message.contains(batch.trim_start_matches("batch:")),
        "{twice:?}"
    );
    world.issue(&others, "c").await?;
    // The same days under a measure of which the catalogue says nothing.
    let advice = work.claim(supplier, "d", "ADV-1", 0..6);
    work.counted_by(&job, supplier, advice).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn what_does_not_fit_the_people_is_refused_by_its_row(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let supplier = &work.world.supplier;
    let with = |people: Value| {
        let mut input = work.claim(supplier, "a", "JOB-1", 0..6);
        input["beneficiaries"] = match people {
            Value::String(text) => json!(text),
            Value::Null => Value::Null,
            people => json!(people.to_string()),
        };
        input
    };
    let (from, to) = ("2025-01-01", "2025-07-01");
    let changed = |change: fn(&mut Value)| {
        let mut people = named(0..6, from, to);
        change(&mut people);
        people
    };
    let cases = [
        (Value::Null, "NEEDS_BENEFICIARIES", "commonweal tokens"),
        (json!("no file"), "BENEFICIARIES", "is not a file"),
        (
            changed(|p| p["scheme"] = json!("scrypt-15-8-1 town.example/log")),
            "BENEFICIARIES",
            ORIGIN,
        ),
        (
            changed(|p| p["people"][2]["person"] = json!(hash(1))),
            "BENEFICIARIES",
            "people.2`",
        ),
        (
            changed(|p| p["people"][2]["kind"] = json!("disabled")),
            "BENEFICIARIES",
            "people.2.kind",
        ),
        (
            changed(|p| p["people"][2]["started"] = Value::Null),
            "BENEFICIARIES",
            "people.2.started",
        ),
        (
            changed(|p| p["people"][2]["period"]["to"] = json!("2025-07-02")),
            "BENEFICIARIES",
            "people.2.period",
        ),
        (
            named(0..5, from, to),
            "BENEFICIARIES",
            "the working counts 6",
        ),
        (named(0..0, from, to), "BENEFICIARIES", "0 rows"),
    ];
    for (people, code, told) in cases {
        let refused = work.refuse(supplier, with(people)).await?;
        assert_eq!(
            (refused.code.as_str(), refused.path.as_deref()),
            (code, Some("beneficiaries")),
            "{refused:?}"
        );
        assert!(refused.message.contains(told), "{refused:?}");
    }
    // All of them together worked for a month, which is half a year.
    let mut short = with(named(0..6, "2025-01-01", "2025-01-31"));
    short["quantity"] = json!("0.51");
    let refused = work.refuse(supplier, short).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("BENEFICIARIES", Some("quantity"))
    );
    let mut hours = work.world.claim_input("h", "10.0");
    hours["beneficiaries"] = json!(named(0..6, from, to).to_string());
    let refused = work.refuse(supplier, hours).await?;
    assert!(
        refused.message.contains("does not count people"),
        "{refused:?}"
    );
    let few = work.claim(supplier, "f", "JOB-1", 0..4);
    assert_eq!(work.refuse(supplier, few).await?.code, "FEW_PEOPLE");
    work.world.app.expect_clean_log().await?;
    Ok(())
}

async fn an_exclusion_or_an_end_makes_a_person_free_again(app: TestApp) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let first = work
        .submit(supplier, work.claim(supplier, "a", "JOB-2", 0..6))
        .await?;
    let theirs = work.claim(&work.other, "b", "JOB-2", 5..11);
    work.counted_by(&first, &work.other, theirs.clone()).await?;
    let exclusion = json!({ "earlier": first, "claimant": work.other.organisation_id(), "reason": "two half-time jobs" });
    // Neither the firm that has claimed nor the one that wants to may decide it, as a registrar of the side.
    for party in [supplier, &work.other] {
        let own = world
            .app
            .user(party.organisation, &[Role::Registrar])
            .await?;
        let biased = world.refuse(&own, EXCLUDE, exclusion.clone()).await?;
        assert_eq!(biased.code, "FORBIDDEN");
    }
    let mut unknown = exclusion.clone();
    unknown["claimant"] = json!("organisation:01931f3e-7c2a-7000-8000-000000000000");
    let unknown = world.refuse(&world.registrar, EXCLUDE, unknown).await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("UNKNOWN_ORGANISATION", Some("claimant"))
    );
    world
        .make(&world.registrar, EXCLUDE, exclusion, "claim")
        .await?;
    work.submit(&work.other, theirs).await?;
    // Who is taken back may be claimed anew.
    let own = work.claim(supplier, "c", "JOB-2", 0..5);
    work.counted_by(&first, supplier, own.clone()).await?;
    world
        .make(supplier, WITHDRAW, json!({ "claim": first }), "claim")
        .await?;
    work.submit(supplier, own).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}

async fn nothing_of_a_person_is_published_and_tokens_are_erased_on_request(
    app: TestApp,
) -> Result<()> {
    let work = Work::new(app).await?;
    let (world, supplier) = (&work.world, &work.world.supplier);
    let first = work
        .submit(supplier, work.claim(supplier, "a", "JOB-2", 0..6))
        .await?;
    world.verify(&first, "0.50").await?;
    let show = "query ($id: ID!) { claim(id: $id) { people beneficiaries { people root erased } entry { canonicalBytes } } }";
    let ask = async || {
        world
            .app
            .data(Some(supplier), show, json!({ "id": first }))
            .await
    };
    let before = ask().await?["claim"].clone();
    assert_eq!(
        (&before["people"], &before["beneficiaries"]["people"]),
        (&json!(6), &json!(6))
    );
    let entry = BASE64.decode(text(&before["entry"]["canonicalBytes"]))?;
    let entry = String::from_utf8(entry)?;
    assert!(
        entry.contains(&text(&before["beneficiaries"]["root"])),
        "{entry}"
    );
    assert!((0..6).all(|n| !entry.contains(&hash(n))), "{entry}");

    let erase = |person: Option<u16>, ground: &str| json!({ "claim": first, "person": person.map(hash), "ground": ground });
    let own = world
        .refuse(supplier, ERASE, erase(None, "REQUEST"))
        .await?;
    assert_eq!(own.code, "FORBIDDEN");
    let early = world
        .refuse(&world.registrar, ERASE, erase(None, "RETENTION"))
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("TOO_EARLY", Some("ground"))
    );
    let unknown = world
        .refuse(&world.registrar, ERASE, erase(Some(99), "REQUEST"))
        .await?;
    assert_eq!(
        (unknown.code.as_str(), unknown.path.as_deref()),
        ("NOT_THERE", Some("person"))
    );
    world
        .make(&world.registrar, ERASE, erase(Some(2), "REQUEST"), "claim")
        .await?;
    assert_eq!(ask().await?["claim"]["beneficiaries"]["erased"], "SOME");
    let again = world
        .refuse(&world.registrar, ERASE, erase(Some(2), "REQUEST"))
        .await?;
    assert_eq!(again.code, "NOT_THERE");
    // The others are still told apart.
    let theirs = work.claim(&work.other, "b", "JOB-2", 1..7);
    work.counted_by(&first, &work.other, theirs.clone()).await?;
    world
        .make(&world.registrar, ERASE, erase(None, "REQUEST"), "claim")
        .await?;
    let after = ask().await?["claim"].clone();
    assert_eq!(after["beneficiaries"]["erased"], "ALL");
    assert_eq!(
        after["beneficiaries"]["root"],
        before["beneficiaries"]["root"]
    );
    work.submit(&work.other, theirs).await?;
    world.app.expect_clean_log().await?;
    Ok(())
}
