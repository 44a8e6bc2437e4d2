//! From an award to a retirement: the contract copies the award, claims answer its KPIs, and what goes beyond is surplus.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User, on_both};
use serde_json::{Value, json};

use crate::credit_world::{ISSUE, RETIRE, SUBMIT, VERIFY, finding, number, text};
use crate::tender::story::{City, STANDSTILL_SECONDS, on_tender};

on_both!(
    a_promise_becomes_a_kpi_and_its_delivery_retires_to_the_buyer,
    only_the_buyers_officer_signs_and_only_once,
    a_promise_comes_before_credits_outside_contracts,
    claims_beyond_what_can_be_counted_keep_no_page_from_being_read,
);

pub(crate) const SIGN: &str = "mutation ($input: SignContractInput!) {
    made: signContract(input: $input) { contract {
        id surplusTradable tender { id stage } buyer { name } supplier { name }
        kpis { id promised { quantity unit } delivered { quantity } waiting { quantity } place period { from to } measure { code } }
    } userErrors { code message path } }
}";

pub(crate) const INTEND: &str = "mutation ($input: IntendSurplusInput!) {
    made: intendSurplus(input: $input) { kpi { id } userErrors { code message path } }
}";

/// A signed contract with people whose tokens are valid after half a year.
pub(crate) struct Signed {
    pub(crate) app: TestApp,
    pub(crate) contract: Value,
    pub(crate) registrar: User,
    pub(crate) supplier: User,
    pub(crate) officer: User,
    pub(crate) verifier: User,
    pub(crate) catalogue: String,
}

impl Signed {
    pub(crate) async fn new(app: TestApp) -> Result<Self> {
        let city = City::found(&app).await?;
        let tender = city.stood_still(&app).await?;
        Self::sign(app, city, &tender).await
    }

    /// The same, with a fifth of the KPI as surplus that may be traded, which is what the supplier means to do.
    pub(crate) async fn with_surplus(app: TestApp) -> Result<Self> {
        let city = City::found(&app).await?;
        let mut plan = city.plan();
        plan["surplusTradable"] = json!(true);
        let tender = city.publish(&app, plan).await?;
        city.rank(&app, &tender).await?;
        on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
        let second = &city.second_officer;
        on_tender(&app, second, "approveAward", "AwardInput", &tender).await?;
        city.notify(&app, &tender).await?;
        app.advance_seconds(STANDSTILL_SECONDS);
        Self::sign(app, city, &tender).await
    }

    async fn sign(app: TestApp, city: City, tender: &str) -> Result<Self> {
        let mut signed = app
            .data(
                Some(&city.officer),
                SIGN,
                json!({ "input": { "tender": tender } }),
            )
            .await?;
        let contract = &signed["made"]["contract"];
        if contract["surplusTradable"] == json!(true) {
            let intend = json!({ "input": { "kpi": contract["kpis"][0]["id"] } });
            app.data(Some(&city.suppliers[0]), INTEND, intend).await?;
        }
        app.advance_seconds(200 * 86_400);
        let registrar = app.registrar().await?;
        let assurer = app
            .organisation(&registrar, "Plain Assurance", "PRIVATE")
            .await?;
        let define = "mutation ($input: DefineClassInput!) { made: defineClass(input: $input) { class { id } userErrors { code message } } }";
        let class = json!({ "input": { "measure": { "catalogue": city.catalogue, "code": "JOB-1" }, "place": "KR-11",
            "vintage": 2026, "bufferShare": "0.1", "transferable": true } });
        app.data(Some(&registrar), define, class).await?;
        Ok(Self {
            contract: signed["made"]["contract"].take(),
            supplier: app
                .user(city.suppliers[0].organisation, &[Role::Supplier])
                .await?,
            officer: app
                .user(city.officer.organisation, &[Role::Officer])
                .await?,
            verifier: app.user(assurer, &[Role::Verifier]).await?,
            catalogue: city.catalogue,
            registrar,
            app,
        })
    }

    pub(crate) fn claim_input(&self, outcome: &Value, jobs: &str, key: &str) -> Value {
        let mut file = crate::credit_world::file(key);
        file["kind"] = json!("contracts of employment");
        json!({
            "claimant": self.supplier.organisation_id(), "outcome": outcome, "quantity": jobs,
            "period": { "from": "2026-03-01", "to": "2026-07-01" }, "evidence": [file], "idempotencyKey": key,
        })
    }

    /// Claims and verifies under the KPI; answers the claim's id.
    pub(crate) async fn verified(&self, jobs: &str, key: &str) -> Result<String> {
        let outcome = json!({ "kpi": self.contract["kpis"][0]["id"] });
        let input = json!({ "input": self.claim_input(&outcome, jobs, key) });
        let made = self.app.data(Some(&self.supplier), SUBMIT, input).await?;
        let claim = text(&made["made"]["claim"]["id"]);
        let found = json!({ "input": finding(&claim, jobs) });
        self.app.data(Some(&self.verifier), VERIFY, found).await?;
        Ok(claim)
    }

    /// Claims, verifies and issues under the KPI; answers the batch with its life.
    pub(crate) async fn deliver(&self, jobs: &str, key: &str) -> Result<Value> {
        let claim = self.verified(jobs, key).await?;
        let input = json!({ "input": { "claim": claim, "idempotencyKey": key } });
        let made = self.app.data(Some(&self.registrar), ISSUE, input).await?;
        let life = "query ($id: ID!) { batch(id: $id) { id issued obligated surplus claim { id } life { available buffer retired } } }";
        let found = self
            .app
            .data(None, life, json!({ "id": made["made"]["batch"]["id"] }))
            .await?;
        Ok(found["batch"].clone())
    }
}

fn split(batch: &Value) -> [i64; 5] {
    let life = &batch["life"];
    [
        &batch["obligated"],
        &batch["surplus"],
        &life["available"],
        &life["buffer"],
        &life["retired"],
    ]
    .map(number)
}

async fn a_promise_becomes_a_kpi_and_its_delivery_retires_to_the_buyer(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let kpi = &signed.contract["kpis"][0];
    assert_eq!(signed.contract["tender"]["stage"], "CONTRACTED");
    assert_eq!(kpi["promised"], json!({ "quantity": "12", "unit": "job" }));
    assert_eq!(
        (&kpi["measure"]["code"], &kpi["place"]),
        (&json!("JOB-1"), &json!("KR-11"))
    );

    // Of 12 promised: 8 are obligated; of the next 7 only 4 are. The plan lets no surplus be traded, so all retire.
    let first = signed.deliver("8", "first").await?;
    assert_eq!(split(&first), [8, 0, 0, 0, 8]);
    let second = signed.deliver("7", "second").await?;
    assert_eq!(split(&second), [4, 3, 0, 0, 7]);

    let found = signed
        .app
        .data(
            None,
            "query ($id: ID!, $batch: ID!) {
                contract(id: $id) { kpis { promised { quantity } delivered { quantity } waiting { quantity } } }
                retirements(filter: { batch: $batch }) { nodes { units reason holder { id } beneficiary { name } certificateNumber } }
            }",
            json!({ "id": signed.contract["id"], "batch": first["id"] }),
        )
        .await?;
    let kpi = json!({ "promised": { "quantity": "12" }, "delivered": { "quantity": "15" }, "waiting": { "quantity": "0" } });
    assert_eq!(found["contract"]["kpis"], json!([kpi]));
    let retired = &found["retirements"]["nodes"][0];
    assert_eq!(
        (&retired["units"], &retired["reason"]),
        (&json!("8"), &json!("OBLIGATION"))
    );
    assert_eq!(
        (&retired["beneficiary"]["name"], &retired["holder"]),
        (&json!("City of Hanbyeol"), &Value::Null)
    );

    let input = json!({ "input": { "batch": second["id"], "holder": signed.supplier.organisation_id(), "units": "1",
        "beneficiary": signed.supplier.organisation_id(), "jurisdiction": "KR",
        "period": { "from": "2026-01-01", "to": "2027-01-01" }, "idempotencyKey": "r" } });
    let sold_twice = signed
        .app
        .refusal(Some(&signed.supplier), RETIRE, input)
        .await?;
    assert_eq!(
        sold_twice.code, "INSUFFICIENT_BALANCE",
        "the outcome belongs to the buyer"
    );
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn only_the_buyers_officer_signs_and_only_once(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.ranked(&app).await?;
    let input = json!({ "input": { "tender": tender } });
    let early = app
        .refusal(Some(&city.officer), SIGN, input.clone())
        .await?;
    assert_eq!(
        (early.code.as_str(), early.path.as_deref()),
        ("NO_AWARD", Some("tender"))
    );
    crate::tender::story::on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender)
        .await?;
    crate::tender::story::on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;
    let supplier = app
        .refusal(Some(&city.suppliers[0]), SIGN, input.clone())
        .await?;
    assert_eq!(supplier.code, "FORBIDDEN");
    let without_notice = app
        .refusal(Some(&city.officer), SIGN, input.clone())
        .await?;
    assert_eq!(without_notice.code, "WRONG_STAGE");
    city.notify(&app, &tender).await?;
    let standing = app
        .refusal(Some(&city.officer), SIGN, input.clone())
        .await?;
    assert_eq!(standing.code, "STANDSTILL", "{}", standing.message);
    app.advance_seconds(crate::tender::story::STANDSTILL_SECONDS);
    app.data(Some(&city.officer), SIGN, input.clone()).await?;
    let again = app.refusal(Some(&city.second_officer), SIGN, input).await?;
    assert_eq!(again.code, "ALREADY_SIGNED");
    let found = app
        .data(None, "{ contracts { totalCount } }", json!({}))
        .await?;
    assert_eq!(found["contracts"]["totalCount"], 1);
    app.expect_clean_log().await?;
    Ok(())
}

async fn a_promise_comes_before_credits_outside_contracts(app: TestApp) -> Result<()> {
    let signed = Signed::new(app).await?;
    let outside = json!({ "outsideContracts": {
        "measure": { "catalogue": signed.catalogue, "code": "JOB-1" }, "place": "KR-11" } });
    let input = json!({ "input": signed.claim_input(&outside, "2", "outside") });
    let refused = signed
        .app
        .refusal(Some(&signed.supplier), SUBMIT, input.clone())
        .await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("OPEN_KPI", Some("outcome"))
    );
    let kpi = signed.contract["kpis"][0]["id"].as_str().context("a KPI")?;
    assert!(
        refused.message.contains(kpi.trim_start_matches("kpi:")),
        "{}",
        refused.message
    );
    signed.deliver("12", "all").await?;
    signed
        .app
        .data(Some(&signed.supplier), SUBMIT, input)
        .await?;
    signed.app.expect_clean_log().await?;
    Ok(())
}

async fn claims_beyond_what_can_be_counted_keep_no_page_from_being_read(
    app: TestApp,
) -> Result<()> {
    let signed = Signed::new(app).await?;
    let outcome = json!({ "kpi": signed.contract["kpis"][0]["id"] });
    let absurd = "9000000000000000000";
    for key in ["a", "b"] {
        let input = json!({ "input": signed.claim_input(&outcome, absurd, key) });
        signed
            .app
            .data(Some(&signed.supplier), SUBMIT, input)
            .await?;
    }
    let read = "{ contracts(first: 5) { nodes { kpis { waiting { quantity } delivered { quantity } } } } }";
    let found = signed.app.data(None, read, json!({})).await?;
    let kpi = &found["contracts"]["nodes"][0]["kpis"][0];
    assert_eq!(
        (&kpi["waiting"]["quantity"], &kpi["delivered"]["quantity"]),
        (&json!(i64::MAX.to_string()), &json!("0"))
    );
    for key in ["c", "d"] {
        signed.verified(absurd, key).await?;
    }
    let read = "{ contracts(first: 5) { nodes { kpis { delivered { quantity } } } }
        deliveries(by: MEASURE) { delivered { quantity } } }";
    let found = signed.app.data(None, read, json!({})).await?;
    let most = json!([{ "delivered": { "quantity": i64::MAX.to_string() } }]);
    assert_eq!(found["contracts"]["nodes"][0]["kpis"], most);
    assert_eq!(found["deliveries"], most);
    Ok(())
}
