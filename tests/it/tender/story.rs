//! A city with a buyer, a panel and suppliers, and the steps of a tender as its people take them.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::OrganisationId;
use commonweal_tests::{Refusal, TestApp, User};
use serde_json::{Value, json};

use crate::credit_world::PUBLISH_CATALOGUE;
use crate::mutations::GRANT_ROLE;

/// The deadline of every tender here, a week after the tests begin.
pub(crate) const CLOSES_AT: &str = "2026-01-12T12:00:00.000000Z";
/// Seconds from the beginning of the tests to the deadline.
pub(crate) const SECONDS_TO_CLOSING: i64 = 7 * 86_400 + 3 * 3_600;

/// The people of a city.
pub(crate) struct City {
    pub(crate) registrar: User,
    pub(crate) officer: User,
    pub(crate) second_officer: User,
    pub(crate) chair: User,
    pub(crate) evaluators: [User; 2],
    /// The first one is certified as a cooperative.
    pub(crate) suppliers: [User; 3],
    pub(crate) catalogue: String,
}

impl City {
    /// Registers everyone and publishes a catalogue.
    pub(crate) async fn found(app: &TestApp) -> Result<Self> {
        let registrar = app.registrar().await?;
        let buyer = app
            .organisation(&registrar, "City of Hanbyeol", "PUBLIC")
            .await?;
        let mut suppliers = Vec::new();
        for name in [
            "Han River Care Cooperative",
            "Bright Benches Ltd",
            "Third Way Ltd",
        ] {
            let id = app.organisation(&registrar, name, "PRIVATE").await?;
            suppliers.push(app.user(id, &[Role::Supplier]).await?);
        }
        certify(app, &registrar, suppliers[0].organisation).await?;
        let catalogue = publish_catalogue(app, &registrar).await?;
        let suppliers = suppliers.try_into().ok().context("three suppliers")?;
        Ok(Self {
            officer: app.user(buyer, &[Role::Officer]).await?,
            second_officer: app.user(buyer, &[Role::Officer]).await?,
            chair: app.user(buyer, &[Role::Chair]).await?,
            evaluators: [
                app.user(buyer, &[Role::Evaluator]).await?,
                app.user(buyer, &[Role::Evaluator]).await?,
            ],
            suppliers,
            catalogue,
            registrar,
        })
    }

    /// An officer of the buyer who also has a role at the first supplier, which the token does not show.
    pub(crate) async fn officer_at_a_bidder(&self, app: &TestApp) -> Result<User> {
        let officer = app
            .user(self.officer.organisation, &[Role::Officer])
            .await?;
        let input = json!({ "input": { "person": format!("person:{}", officer.person),
            "organisation": self.suppliers[0].organisation_id(), "role": "SUPPLIER" } });
        app.data(Some(&self.registrar), GRANT_ROLE, input).await?;
        Ok(officer)
    }

    /// The input of a plan: price 40, social value 60 (jobs 50, work by cooperatives 20, method 30), and a condition.
    pub(crate) fn plan(&self) -> Value {
        let level = |points: u32, name: &str| json!({ "points": points, "name": name });
        json!({
            "catalogue": self.catalogue, "currency": "EUR",
            "lots": [{ "code": "1", "title": "The whole", "criteria": [
                { "code": "PRICE", "title": "Price", "weight": "40", "rule": { "priceRelativeLowest": { "of": "TOTAL" } } },
                { "code": "SV", "title": "Social value", "weight": "60", "children": [
                    { "code": "JOBS", "title": "Jobs", "weight": "50",
                      "rule": { "quantityToTarget": { "measures": ["JOB-1"], "target": "10" } } },
                    { "code": "SEO", "title": "Work by cooperatives", "weight": "20",
                      "rule": { "seoParticipation": { "kinds": ["COOPERATIVE"], "target": "0.5" } } },
                    { "code": "METHOD", "title": "Method", "weight": "30", "rule": { "qualityLevels": {
                        "levels": [level(0, "none"), level(3, "sound"), level(4, "good"), level(5, "excellent")] } } },
                ] },
                { "code": "INSURED", "title": "Insurance", "weight": "0",
                  "rule": { "passFail": { "statement": "The supplier is insured.", "excludes": true } } },
            ] }],
            "tieBreaks": [{ "kind": "LOWER_PRICE" }, { "kind": "DRAWN_LOT" }],
            "disclosure": [{ "field": "PRICE", "disclosure": "PUBLIC" }, { "field": "ANSWERS", "disclosure": "PUBLIC" }],
            "substitutionShare": "0.1", "delivery": { "reportingMonths": 3,
                "thresholds": { "good": "1", "approaching": "0.9", "improvement": "0.5" } },
            "closesAt": CLOSES_AT, "opensAt": CLOSES_AT, "commencement": "2026-01-02",
        })
    }

    /// The plan with withheld prices.
    pub(crate) fn plan_with_withheld_prices(&self) -> Value {
        let mut plan = self.plan();
        plan["disclosure"] = json!([
            { "field": "PRICE", "disclosure": "WITHHELD", "ground": "trade secret" },
            { "field": "ANSWERS", "disclosure": "PUBLIC" },
        ]);
        plan
    }

    /// Publishes a tender with the plan and answers its opaque id.
    pub(crate) async fn publish(&self, app: &TestApp, plan: Value) -> Result<String> {
        let made = app
            .data(Some(&self.officer), PUBLISH, self.publication(plan))
            .await?;
        text(&made["made"]["tender"]["id"])
    }

    /// What publishing the plan is refused with.
    pub(crate) async fn publish_refused(&self, app: &TestApp, plan: Value) -> Result<Refusal> {
        app.refusal(Some(&self.officer), PUBLISH, self.publication(plan))
            .await
    }

    fn publication(&self, plan: Value) -> Value {
        let buyer = self.officer.organisation_id();
        json!({ "input": { "buyer": buyer, "title": "Park benches", "plan": plan } })
    }

    /// The three bids: the first certified and dear, the second cheap, the third without insurance.
    pub(crate) fn bids(&self) -> [Value; 3] {
        let [first, second, third] = &self.suppliers;
        [
            bid(first, "120000.00", "12", true),
            bid(second, "100000.00", "5", true),
            bid(third, "90000.00", "20", false),
        ]
    }

    /// Publishes a tender, takes the three bids and waits until the deadline has passed.
    pub(crate) async fn closed(&self, app: &TestApp) -> Result<String> {
        let tender = self.publish(app, self.plan()).await?;
        self.close(app, &tender).await?;
        Ok(tender)
    }

    /// Takes the three bids and waits until the deadline has passed.
    async fn close(&self, app: &TestApp, tender: &str) -> Result<()> {
        self.close_with(app, tender, self.bids()).await
    }

    async fn close_with(&self, app: &TestApp, tender: &str, bids: [Value; 3]) -> Result<()> {
        for (supplier, bid) in self.suppliers.iter().zip(bids) {
            submit(app, supplier, tender, bid, "first").await?;
        }
        app.advance_seconds(SECONDS_TO_CLOSING + 60);
        Ok(())
    }

    /// Takes a tender to its opening by two officers, and seats the panel.
    pub(crate) async fn opened(&self, app: &TestApp) -> Result<String> {
        let tender = self.unseated(app).await?;
        self.seat(app, &tender).await?;
        Ok(tender)
    }

    /// Takes a tender to its opening by two officers.
    pub(crate) async fn unseated(&self, app: &TestApp) -> Result<String> {
        let tender = self.closed(app).await?;
        self.open(app, &tender).await?;
        Ok(tender)
    }

    /// Opens a closed tender by two officers.
    pub(crate) async fn open(&self, app: &TestApp, tender: &str) -> Result<()> {
        let input = "OpenTenderInput";
        on_tender(app, &self.officer, "approveOpening", input, tender).await?;
        on_tender(app, &self.second_officer, "openTender", input, tender).await
    }

    /// Marks the bids of the first two suppliers, each evaluator alone, and makes the marks final.
    pub(crate) async fn mark(&self, app: &TestApp, tender: &str) -> Result<()> {
        let bids = self.opened_bids(app, tender).await?;
        for (evaluator, levels) in self.evaluators.iter().zip([[4, 3, 3], [5, 3, 3]]) {
            for (bid, level) in bids.iter().zip(levels) {
                save_mark(app, evaluator, bid, level).await?;
            }
            on_tender(app, evaluator, "finaliseMarks", "PanelInput", tender).await?;
        }
        Ok(())
    }

    /// The opaque ids of the opened bids, in the order of the suppliers.
    pub(crate) async fn opened_bids(&self, app: &TestApp, tender: &str) -> Result<Vec<String>> {
        let found = app
            .data(
                Some(&self.officer),
                "query ($id: ID!) { tender(id: $id) { bids { nodes { id supplier { id } } } } }",
                json!({ "id": tender }),
            )
            .await?;
        let nodes = found["tender"]["bids"]["nodes"]
            .as_array()
            .context("bids")?;
        let of = |supplier: &User| {
            let own = |bid: &&Value| bid["supplier"]["id"] == json!(supplier.organisation_id());
            text(&nodes.iter().find(own).context("a bid")?["id"])
        };
        self.suppliers.iter().map(of).collect()
    }

    /// From the opening to the ranking.
    pub(crate) async fn ranked(&self, app: &TestApp) -> Result<String> {
        let tender = self.opened(app).await?;
        self.judge(app, &tender).await?;
        Ok(tender)
    }

    /// From a published tender to its ranking.
    pub(crate) async fn rank(&self, app: &TestApp, tender: &str) -> Result<()> {
        self.rank_bids(app, tender, self.bids()).await
    }

    /// From a published tender to the ranking of other bids.
    pub(crate) async fn rank_bids(
        &self,
        app: &TestApp,
        tender: &str,
        bids: [Value; 3],
    ) -> Result<()> {
        self.close_with(app, tender, bids).await?;
        self.open(app, tender).await?;
        self.seat(app, tender).await?;
        self.judge(app, tender).await
    }

    /// From the seated panel to the ranking.
    async fn judge(&self, app: &TestApp, tender: &str) -> Result<()> {
        self.mark(app, tender).await?;
        self.sign(app, tender).await?;
        on_tender(app, &self.officer, "computeRanking", "PanelInput", tender).await
    }

    /// From the ranking to the award by two officers.
    pub(crate) async fn awarded(&self, app: &TestApp) -> Result<String> {
        let tender = self.ranked(app).await?;
        on_tender(app, &self.officer, "proposeAward", "AwardInput", &tender).await?;
        on_tender(
            app,
            &self.second_officer,
            "approveAward",
            "AwardInput",
            &tender,
        )
        .await?;
        Ok(tender)
    }

    /// Sends the letter that is drawn for each opened bid and publishes the award notice.
    pub(crate) async fn notify(&self, app: &TestApp, tender: &str) -> Result<()> {
        self.send_letters(app, tender).await?;
        on_tender(app, &self.officer, "notifyAward", "TenderStepInput", tender).await
    }

    async fn send_letters(&self, app: &TestApp, tender: &str) -> Result<()> {
        let bids = self.opened_bids(app, tender).await?;
        let letters = bids
            .iter()
            .map(|bid| json!({ "bid": bid, "language": "ENGLISH" }));
        let input =
            json!({ "input": { "tender": tender, "letters": letters.collect::<Vec<_>>() } });
        app.data(
            Some(&self.officer),
            &step("sendLetters", "SendLettersInput"),
            input,
        )
        .await?;
        Ok(())
    }

    /// From the award to its notice.
    pub(crate) async fn notified(&self, app: &TestApp) -> Result<String> {
        let tender = self.awarded(app).await?;
        self.notify(app, &tender).await?;
        Ok(tender)
    }

    /// From the award to the end of its standstill.
    pub(crate) async fn stood_still(&self, app: &TestApp) -> Result<String> {
        let tender = self.notified(app).await?;
        app.advance_seconds(STANDSTILL_SECONDS);
        Ok(tender)
    }
}

/// Ten days, and at most three to the end of a working day.
pub(crate) const STANDSTILL_SECONDS: i64 = 14 * 86_400;

const PUBLISH: &str = "mutation ($input: PublishTenderInput!) {
    made: publishTender(input: $input) { tender { id } userErrors { code message path } }
}";

pub(crate) const SUBMIT: &str = "mutation ($input: SubmitBidInput!) {
    made: submitBid(input: $input) { receipt { sealedId commitment receivedAt entryIndex } userErrors { code message path } }
}";

/// A bid of one organisation that does everything itself.
pub(crate) fn bid(supplier: &User, price: &str, jobs: &str, insured: bool) -> Value {
    json!({
        "price": { "amount": price, "currency": "EUR" },
        "commitments": [{
            "measure": "JOB-1", "quantity": jobs, "place": "KR-11",
            "period": { "from": "2026-03-01", "to": "2027-03-01" },
        }],
        "participations": [{ "organisation": supplier.organisation_id(), "share": "1" }],
        "answers": [{ "criterion": "METHOD", "text": "We train apprentices from the neighbourhood." }],
        "declarations": [{ "criterion": "INSURED", "meets": insured }],
    })
}

pub(crate) fn submission(supplier: &User, tender: &str, bid: Value, key: &str) -> Value {
    let supplier = supplier.organisation_id();
    json!({ "input": { "tender": tender, "supplier": supplier, "bid": bid, "idempotencyKey": key } })
}

/// Submits a bid and answers its receipt.
pub(crate) async fn submit(
    app: &TestApp,
    supplier: &User,
    tender: &str,
    bid: Value,
    key: &str,
) -> Result<Value> {
    let input = submission(supplier, tender, bid, key);
    let mut made = app.data(Some(supplier), SUBMIT, input).await?;
    Ok(made["made"]["receipt"].take())
}

/// The document of a mutation that takes a tender and nothing else.
pub(crate) fn step(mutation: &str, input: &str) -> String {
    format!(
        "mutation ($input: {input}!) {{ made: {mutation}(input: $input) {{ __typename userErrors {{ code message path }} }} }}"
    )
}

/// Takes a step with a tender.
pub(crate) async fn on_tender(
    app: &TestApp,
    user: &User,
    mutation: &str,
    input: &str,
    tender: &str,
) -> Result<()> {
    let variables = json!({ "input": { "tender": tender } });
    app.data(Some(user), &step(mutation, input), variables)
        .await?;
    Ok(())
}

/// The code with which a step with a tender is refused.
pub(crate) async fn refused_on_tender(
    app: &TestApp,
    user: &User,
    mutation: &str,
    input: &str,
    tender: &str,
) -> Result<String> {
    let variables = json!({ "input": { "tender": tender } });
    Ok(app
        .refusal(Some(user), &step(mutation, input), variables)
        .await?
        .code)
}

/// Saves an evaluator's mark for the method of a bid.
pub(crate) async fn save_mark(
    app: &TestApp,
    evaluator: &User,
    bid: &str,
    level: u32,
) -> Result<()> {
    let made = app
        .data(
            Some(evaluator),
            "mutation ($input: SaveMarkInput!) {
                made: saveMark(input: $input) { mark { criterion level reason } userErrors { code message path } }
            }",
            json!({ "input": { "bid": bid, "criterion": "METHOD", "level": level, "reason": "Clear steps." } }),
        )
        .await?;
    anyhow::ensure!(made["made"]["mark"]["level"] == json!(level), "{made}");
    Ok(())
}

async fn certify(app: &TestApp, registrar: &User, organisation: OrganisationId) -> Result<()> {
    app.data(
        Some(registrar),
        "mutation ($input: RecordCertificationInput!) { made: recordCertification(input: $input) { userErrors { code } } }",
        json!({ "input": {
            "organisation": format!("organisation:{organisation}"), "kind": "COOPERATIVE",
            "from": "2024-03-01", "to": "2027-03-01", "source": "register of cooperatives 114",
        } }),
    )
    .await?;
    Ok(())
}

async fn publish_catalogue(app: &TestApp, registrar: &User) -> Result<String> {
    let measure = json!({
        "code": "JOB-1", "theme": "Work", "outcome": "Jobs", "title": "Jobs for people out of work",
        "kind": "QUANTITATIVE", "unit": "job", "scale": 0, "evidence": ["contracts of employment"],
        "verificationMethod": "A sample of the contracts is read.", "transferable": true, "deadweight": "0",
    });
    let made = app
        .data(
            Some(registrar),
            PUBLISH_CATALOGUE,
            json!({ "input": {
                "code": "test", "version": "1", "title": "Test", "source": "ours", "measures": [measure],
            } }),
        )
        .await?;
    text(&made["made"]["catalogue"]["id"])
}

pub(crate) fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .with_context(|| format!("no text: {value}"))?
        .to_owned())
}
