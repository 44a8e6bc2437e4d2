//! Claims of low value: the buyer confirms alone, and chance sends some to the verifiers.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::contract::Signed;
use crate::credit_world::{SUBMIT, VERIFY, finding, text};
use crate::mutations::GRANT_ROLE;
use crate::quorum_bench::{ASSIGN, bind, terms};

on_both!(
    a_buyer_confirms_little_alone_and_no_more,
    an_audited_confirmation_is_decided_by_the_verifiers,
    only_the_buyers_officer_confirms,
);

const CONFIRM: &str = "mutation ($input: ConfirmClaimInput!) {
    made: confirmClaim(input: $input) { claim { id status verified { quantity }
        confirmation { audited accepted { quantity } method buyer { name } }
        assignments { verifier organisation { id } } } userErrors { code message path } }
}";

struct Small {
    signed: Signed,
    others: Vec<User>,
}

impl Small {
    /// Below 5 jobs the buyer confirms alone, and so large a part is audited.
    async fn new(app: TestApp, audit_share: &str) -> Result<Self> {
        let signed = Signed::new(app).await?;
        let registrar = signed.app.registrar().await?;
        let mut input = terms(2, 2);
        input["auditShare"] = json!(audit_share);
        input["fee"] = json!("BUYER");
        input["lowValues"] = json!([{ "measure": { "catalogue": signed.catalogue, "code": "JOB-1" }, "below": "5" }]);
        let others = bind(&signed.app, &registrar, input).await?;
        Ok(Self { signed, others })
    }

    async fn submit(&self, jobs: &str, key: &str) -> Result<String> {
        let signed = &self.signed;
        let outcome = json!({ "kpi": signed.contract["kpis"][0]["id"] });
        let input = json!({ "input": signed.claim_input(&outcome, jobs, key) });
        let made = signed
            .app
            .data(Some(&signed.supplier), SUBMIT, input)
            .await?;
        Ok(text(&made["made"]["claim"]["id"]))
    }

    async fn confirm(&self, claim: &str, jobs: &str) -> Result<Value> {
        let input = json!({ "input": finding(claim, jobs) });
        let officer = Some(&self.signed.officer);
        let mut made = self.signed.app.data(officer, CONFIRM, input).await?;
        Ok(made["made"]["claim"].take())
    }

    async fn refused(&self, by: &User, claim: &str, jobs: &str) -> Result<String> {
        let input = json!({ "input": finding(claim, jobs) });
        let refused = self.signed.app.refusal(Some(by), CONFIRM, input).await?;
        Ok(refused.code)
    }
}

async fn a_buyer_confirms_little_alone_and_no_more(app: TestApp) -> Result<()> {
    let small = Small::new(app, "0").await?;
    let officer = &small.signed.officer;
    let first = small.submit("3", "a").await?;
    assert_eq!(small.refused(officer, &first, "4").await?, "ACCEPTED");
    let made = small.confirm(&first, "2").await?;
    assert_eq!(made["status"], "VERIFIED");
    assert_eq!(made["verified"]["quantity"], "2");
    assert_eq!(made["confirmation"]["audited"], false);
    assert_eq!(made["assignments"], json!([]));
    // Three were claimed and confirmed; two more would not stay below five.
    let second = small.submit("2", "b").await?;
    assert_eq!(
        small.refused(officer, &second, "2").await?,
        "NOT_A_LOW_VALUE"
    );
    let third = small.submit("1", "c").await?;
    small.confirm(&third, "1").await?;
    let again = small.refused(officer, &third, "1").await?;
    assert_eq!(again, "CLAIM_STATUS");
    small.signed.app.expect_clean_log().await?;
    Ok(())
}

async fn an_audited_confirmation_is_decided_by_the_verifiers(app: TestApp) -> Result<()> {
    let small = Small::new(app, "1").await?;
    let signed = &small.signed;
    let claim = small.submit("4", "a").await?;
    let made = small.confirm(&claim, "4").await?;
    assert_eq!(made["status"], "IN_VERIFICATION");
    assert_eq!(made["verified"], Value::Null);
    assert_eq!(made["confirmation"]["audited"], true);
    let drawn = made["assignments"].as_array().cloned().unwrap_or_default();
    assert_eq!(drawn.len(), 2);
    for one in &drawn {
        let id = text(&one["verifier"]);
        let mut all = small.others.iter().chain([&signed.verifier]);
        let user = all.find(|user| format!("person:{}", user.person) == id);
        let input = json!({ "input": finding(&claim, "3") });
        // Whoever sees nothing wrong with less accepts three.
        signed.app.data(user, VERIFY, input).await?;
    }
    let shown = signed
        .app
        .data(
            None,
            "query ($id: ID!) { claim(id: $id) { status verified { quantity } } }",
            json!({ "id": claim }),
        )
        .await?;
    assert_eq!(
        shown["claim"],
        json!({ "status": "VERIFIED", "verified": { "quantity": "3" } })
    );
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn only_the_buyers_officer_confirms(app: TestApp) -> Result<()> {
    let small = Small::new(app, "0").await?;
    let signed = &small.signed;
    let claim = small.submit("1", "a").await?;
    for user in [&signed.supplier, &signed.verifier] {
        assert_eq!(small.refused(user, &claim, "1").await?, "FORBIDDEN");
    }
    // The supplier makes the buyer's other officer one of its own people.
    let partial = signed
        .app
        .user(signed.officer.organisation, &[Role::Officer])
        .await?;
    let role = json!({ "input": { "person": format!("person:{}", partial.person),
        "organisation": signed.supplier.organisation_id(), "role": "SUPPLIER" } });
    let registrar = signed.app.registrar().await?;
    signed.app.data(Some(&registrar), GRANT_ROLE, role).await?;
    assert_eq!(small.refused(&partial, &claim, "1").await?, "FORBIDDEN");
    let assign = json!({ "input": { "claim": claim } });
    let supplier = Some(&signed.supplier);
    signed.app.data(supplier, ASSIGN, assign).await?;
    let drawn = small.refused(&signed.officer, &claim, "1").await?;
    assert_eq!(drawn, "DRAWN");
    signed.app.expect_clean_log().await?;
    Ok(())
}
