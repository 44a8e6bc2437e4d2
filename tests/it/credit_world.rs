//! A small world for the tests of claims and credits: a registry, a supplier, a fund, independent verifiers, and one
//! measure with its class.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_domain::ids::OrganisationId;
pub(crate) use commonweal_tests::file;
use commonweal_tests::{Refusal, TestApp, User};
use serde_json::{Value, json};

/// People and things that most tests need. Everything was made through the interface.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) registrar: User,
    pub(crate) verifier: User,
    pub(crate) supplier: User,
    pub(crate) fund: User,
    pub(crate) catalogue: String,
    pub(crate) class: String,
}

pub(crate) const PUBLISH_CATALOGUE: &str = "mutation ($input: PublishCatalogueInput!) {
    made: publishCatalogue(input: $input) { catalogue { id } userErrors { code message path } }
}";
pub(crate) const DEFINE_CLASS: &str = "mutation ($input: DefineClassInput!) {
    made: defineClass(input: $input) { class { id } userErrors { code message path } }
}";
pub(crate) const SUBMIT: &str = "mutation ($input: SubmitClaimInput!) {
    made: submitClaim(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const VERIFY: &str = "mutation ($input: VerifyClaimInput!) {
    made: verifyClaim(input: $input) { claim { id status verified { quantity unit } } userErrors { code message path } }
}";
pub(crate) const REJECT: &str = "mutation ($input: RejectClaimInput!) {
    made: rejectClaim(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const WITHDRAW: &str = "mutation ($input: WithdrawClaimInput!) {
    made: withdrawClaim(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const ISSUE: &str = "mutation ($input: IssueCreditsInput!) {
    made: issueCredits(input: $input) { batch { id issued } userErrors { code message path } }
}";
pub(crate) const TRANSFER: &str = "mutation ($input: TransferCreditsInput!) {
    made: transferCredits(input: $input) { transfer { entryIndex units } userErrors { code message path } }
}";
pub(crate) const RETIRE: &str = "mutation ($input: RetireCreditsInput!) {
    made: retireCredits(input: $input) {
        retirement { id certificateNumber serialsFrom serialsTo } userErrors { code message path }
    }
}";
pub(crate) const HOLD: &str = "mutation ($input: HoldCreditsInput!) {
    made: holdCredits(input: $input) { hold { id units ended } userErrors { code message path } }
}";
pub(crate) const DELIVER: &str = "mutation ($input: DeliverHoldInput!) {
    made: deliverHold(input: $input) { hold { id ended delivered } userErrors { code message path } }
}";
pub(crate) const PROPOSE: &str = "mutation ($input: ProposeCorrectionInput!) {
    made: proposeCorrection(input: $input) { proposal userErrors { code message path } }
}";
pub(crate) const CARRY_OUT: &str = "mutation ($input: CarryOutDecisionInput!) {
    made: carryOutDecision(input: $input) { claim { id verified { quantity } } userErrors { code message path } }
}";

impl World {
    /// A registry with a measure in tenths of an hour, a quarter deadweight, and a class with a tenth as buffer.
    pub(crate) async fn new(app: TestApp) -> Result<Self> {
        // The outcomes of spring have been delivered.
        app.advance_seconds(180 * 86_400);
        let registrar = app.registrar().await?;
        let supplier = app
            .organisation(&registrar, "Han River Works", "PRIVATE")
            .await?;
        let fund = app
            .organisation(&registrar, "Seoul Outcomes Fund", "CIVIL_SOCIETY")
            .await?;
        let assurer = app
            .organisation(&registrar, "Plain Assurance", "PRIVATE")
            .await?;
        let supplier = app.user(supplier, &[Role::Supplier]).await?;
        let fund = app.user(fund, &[Role::Officer]).await?;
        let verifier = app.user(assurer, &[Role::Verifier]).await?;
        let published = app
            .data(
                Some(&registrar),
                PUBLISH_CATALOGUE,
                json!({ "input": {
                    "code": "test", "version": "1", "title": "Test measures", "source": "these tests",
                    "measures": [{
                        "code": "VOL-1", "theme": "Community", "outcome": "More help for neighbours",
                        "title": "Volunteer hours", "kind": "QUANTITATIVE", "unit": "hour", "scale": 1,
                        "evidence": ["timesheet"], "verificationMethod": "sample of time sheets",
                        "transferable": true, "deadweight": "0.25"
                    }]
                } }),
            )
            .await?;
        let mut world = Self {
            app,
            registrar,
            verifier,
            supplier,
            fund,
            catalogue: text(&published["made"]["catalogue"]["id"]),
            class: String::new(),
        };
        world.class = world.define_class("0.1", None).await?;
        Ok(world)
    }

    /// The class of the measure in 2026.
    async fn define_class(&self, buffer: &str, limit: Option<&str>) -> Result<String> {
        let made = self
            .app
            .data(
                Some(&self.registrar),
                DEFINE_CLASS,
                json!({ "input": {
                    "measure": { "catalogue": self.catalogue, "code": "VOL-1" }, "place": "KR-11", "vintage": 2026,
                    "bufferShare": buffer, "holdingLimit": limit, "transferable": true
                } }),
            )
            .await?;
        Ok(text(&made["made"]["class"]["id"]))
    }

    /// The input of a claim outside contracts with one file of its own.
    pub(crate) fn claim_input(&self, key: &str, hours: &str) -> Value {
        json!({
            "claimant": self.supplier.organisation_id(),
            "outcome": { "outsideContracts": {
                "measure": { "catalogue": self.catalogue, "code": "VOL-1" }, "place": "KR-11"
            } },
            "quantity": hours,
            "period": { "from": "2026-03-01", "to": "2026-06-01" },
            "evidence": [file(key)],
            "idempotencyKey": key,
        })
    }

    /// Submits a claim and answers its id.
    pub(crate) async fn submit(&self, input: Value) -> Result<String> {
        self.make(&self.supplier, SUBMIT, input, "claim").await
    }

    /// Verifies a claim in full or in part.
    pub(crate) async fn verify(&self, claim: &str, hours: &str) -> Result<()> {
        self.make(&self.verifier, VERIFY, finding(claim, hours), "claim")
            .await?;
        Ok(())
    }

    /// Issues the credits of a claim and answers the batch.
    pub(crate) async fn issue(&self, claim: &str, key: &str) -> Result<String> {
        let input = json!({ "claim": claim, "idempotencyKey": key });
        self.make(&self.registrar, ISSUE, input, "batch").await
    }

    /// A batch from a claim outside contracts: of 10 hours 75 credits, 68 of them with the supplier.
    pub(crate) async fn batch(&self, key: &str, hours: &str) -> Result<String> {
        let claim = self.submit(self.claim_input(key, hours)).await?;
        self.verify(&claim, hours).await?;
        self.issue(&claim, key).await
    }

    /// Does a mutation that must be accepted and answers the id of what it made.
    pub(crate) async fn make(
        &self,
        user: &User,
        document: &str,
        input: Value,
        field: &str,
    ) -> Result<String> {
        let done = self
            .app
            .data(Some(user), document, json!({ "input": input }))
            .await?;
        Ok(text(&done["made"][field]["id"]))
    }

    /// Does a mutation that must be refused.
    pub(crate) async fn refuse(
        &self,
        user: &User,
        document: &str,
        input: Value,
    ) -> Result<Refusal> {
        self.app
            .refusal(Some(user), document, json!({ "input": input }))
            .await
    }

    /// What an organisation may use of a batch.
    pub(crate) async fn available(&self, whose: OrganisationId, batch: &str) -> Result<i64> {
        let found = self
            .app
            .data(
                None,
                "query ($id: ID!) { holdings(organisation: $id, first: 100) { nodes { available batch { id } } } }",
                json!({ "id": format!("organisation:{whose}") }),
            )
            .await?;
        let nodes = found["holdings"]["nodes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let holding = nodes.iter().find(|node| node["batch"]["id"] == batch);
        Ok(holding.map_or(0, |node| number(&node["available"])))
    }

    /// Where the credits of a batch stand.
    pub(crate) async fn life(&self, batch: &str) -> Result<Value> {
        let found = self
            .app
            .data(
                None,
                "query ($id: ID!) { batch(id: $id) { issued obligated surplus
                    life { available held buffer retired cancelled reversed } } }",
                json!({ "id": batch }),
            )
            .await?;
        Ok(found["batch"].clone())
    }

    /// The input of a transfer from the supplier to the fund.
    pub(crate) fn transfer_input(&self, batch: &str, units: i64, key: &str) -> Value {
        json!({
            "batch": batch, "from": self.supplier.organisation_id(), "to": self.fund.organisation_id(),
            "units": units.to_string(), "reason": "SALE", "idempotencyKey": key,
        })
    }

    /// The input of a retirement by its holder for itself.
    pub(crate) fn retire_input(&self, holder: &User, batch: &str, units: i64, key: &str) -> Value {
        json!({
            "batch": batch, "holder": holder.organisation_id(), "units": units.to_string(),
            "beneficiary": holder.organisation_id(), "jurisdiction": "KR",
            "period": { "from": "2026-01-01", "to": "2027-01-01" }, "idempotencyKey": key,
        })
    }
}

/// The input of a verification.
pub(crate) fn finding(claim: &str, hours: &str) -> Value {
    json!({
        "claim": claim, "accepted": hours, "method": "ISAE 3000, sample of 20 time sheets",
        "reason": "the time sheets agree with the sample",
    })
}

/// What is to be left of a claim: its id, the verified quantity, and whether to `CORRECT` or to `REVERSE`.
pub(crate) type Less<'a> = (&'a str, &'a str, &'a str);

/// A registrar proposes to leave less of a claim. Answers the decision that another carries out.
pub(crate) async fn propose(
    app: &TestApp,
    by: &User,
    (claim, verified, remedy): Less<'_>,
) -> Result<Value> {
    let input = json!({ "claim": claim, "verified": verified, "remedy": remedy,
        "reason": "the sheets were counted again" });
    let made = app
        .data(Some(by), PROPOSE, json!({ "input": input }))
        .await?;
    Ok(json!({ "decision": { "proposal": made["made"]["proposal"] } }))
}

/// One registrar proposes to leave less of a claim, and the other carries it out.
pub(crate) async fn reduce(app: &TestApp, [one, other]: [&User; 2], less: Less<'_>) -> Result<()> {
    let carry = json!({ "input": propose(app, one, less).await? });
    app.data(Some(other), CARRY_OUT, carry).await?;
    Ok(())
}

/// The text of a JSON string; empty when it is none, which no id is.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The whole number in a JSON string.
pub(crate) fn number(value: &Value) -> i64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(i64::MIN)
}
