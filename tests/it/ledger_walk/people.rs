//! Who takes part in a walk, and how it begins: with a contract of two KPIs that ask for the same outcome.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use commonweal_app::clock::Clock;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User};
use serde_json::{Value, json};

use super::{Dice, Walk};
use crate::contract::{INTEND, SIGN};
use crate::credit_fallen::sister;
use crate::credit_world::{DEFINE_CLASS, PUBLISH_CATALOGUE, text};
use crate::ledger_walk_model::{Body, HOLDERS, Judge, Kpi, Model};
use crate::tender::story::{City, STANDSTILL_SECONDS, on_tender};

/// Seconds from the beginning of the tests to that of a walk, when both deliveries are over.
const BEGINS: i64 = 180 * 86_400;
/// To the fifteenth of April, between the beginnings of the two deliveries.
const SECOND_INTENT: i64 = 100 * 86_400;
/// Tokens last two years; everyone signs in again before.
const SIGN_IN_AFTER: i64 = 700 * 86_400;

/// Everybody.
pub(super) struct People {
    /// The first one issues.
    pub(super) registrars: [User; 4],
    /// Of the contract's buyer.
    pub(super) officers: [User; 2],
    /// The supplier, a fund, somebody who delivers outside contracts, and a sister of the supplier.
    pub(super) holders: [User; HOLDERS],
    pub(super) watchdog: User,
    pub(super) verifier: User,
    signed_in: i64,
}

/// The role of each holder.
const ROLES: [Role; HOLDERS] = [
    Role::Supplier,
    Role::Officer,
    Role::Supplier,
    Role::Supplier,
];

impl People {
    async fn gather(app: &TestApp, city: &City) -> Result<Self> {
        let registrar = &city.registrar;
        let fund = app.organisation(registrar, "Seoul Outcomes Fund", "CIVIL_SOCIETY");
        let fund = fund.await?;
        let care = app.organisation(registrar, "Busan Care", "PRIVATE").await?;
        let assurer = app.organisation(registrar, "Plain Assurance", "PRIVATE");
        let assurer = assurer.await?;
        let paper = app.organisation(registrar, "Mapo Weekly", "CIVIL_SOCIETY");
        let paper = paper.await?;
        let supplier = city.suppliers[0].organisation;
        let buyer = city.officer.organisation;
        let mut people = Self {
            registrars: [
                app.user(app.registry, &[Role::Registrar]).await?,
                app.user(app.registry, &[Role::Registrar]).await?,
                app.user(app.registry, &[Role::Registrar]).await?,
                app.user(app.registry, &[Role::Registrar]).await?,
            ],
            officers: [
                app.user(buyer, &[Role::Officer]).await?,
                app.user(buyer, &[Role::Officer]).await?,
            ],
            holders: [
                app.user(supplier, &[ROLES[0]]).await?,
                app.user(fund, &[ROLES[1]]).await?,
                app.user(care, &[ROLES[2]]).await?,
                sister(app, registrar, &city.suppliers[0]).await?,
            ],
            watchdog: app.user(paper, &[Role::Supplier]).await?,
            verifier: app.user(assurer, &[Role::Verifier]).await?,
            signed_in: 0,
        };
        people.sign_in(app).await?;
        Ok(people)
    }

    /// The same people with new tokens.
    async fn sign_in(&mut self, app: &TestApp) -> Result<()> {
        for registrar in &mut self.registrars {
            *registrar = app.renew(registrar, Role::Registrar).await?;
        }
        for officer in &mut self.officers {
            *officer = app.renew(officer, Role::Officer).await?;
        }
        for (holder, role) in self.holders.iter_mut().zip(ROLES) {
            *holder = app.renew(holder, role).await?;
        }
        self.watchdog = app.renew(&self.watchdog, Role::Supplier).await?;
        self.verifier = app.renew(&self.verifier, Role::Verifier).await?;
        Ok(())
    }

    /// Signs everybody in again before their tokens end.
    pub(super) async fn stay_signed_in(&mut self, app: &TestApp, now: i64) -> Result<()> {
        if now - self.signed_in < SIGN_IN_AFTER {
            return Ok(());
        }
        self.signed_in = now;
        self.sign_in(app).await
    }

    /// Somebody of a body in charge.
    pub(super) fn judge(&self, judge: Judge) -> User {
        match judge.body {
            Body::Registry => self.registrars[judge.number].clone(),
            Body::Buyer => self.officers[judge.number].clone(),
        }
    }

    /// Somebody who challenges: the watchdog, or after it a holder.
    pub(super) fn challenger(&self, number: usize) -> User {
        match number.checked_sub(1) {
            Some(holder) => self.holders[holder].clone(),
            None => self.watchdog.clone(),
        }
    }
}

impl Walk {
    pub(super) async fn start(app: TestApp, seed: u64) -> Result<Self> {
        let mut city = City::found(&app).await?;
        city.catalogue = publish(&app, &city.registrar).await?;
        let (contract, spent) = sign(&app, &city).await?;
        let people = People::gather(&app, &city).await?;
        let kpis = kpis(&contract)?;
        // One before both deliveries begin, and one between them.
        let supplier = Some(&people.holders[0]);
        let intend = |kpi: &Kpi| json!({ "input": { "kpi": kpi.id } });
        app.data(supplier, INTEND, intend(&kpis[0])).await?;
        app.advance_seconds(SECOND_INTENT - spent);
        app.data(supplier, INTEND, intend(&kpis[1])).await?;
        app.advance_seconds(BEGINS - SECOND_INTENT);
        let class = json!({ "input": { "measure": { "catalogue": city.catalogue, "code": "JOB-1" }, "place": "KR-11",
            "vintage": 2026, "bufferShare": "0.04", "transferable": true } });
        app.data(Some(&people.registrars[0]), DEFINE_CLASS, class)
            .await?;
        Ok(Self {
            app,
            people,
            catalogue: city.catalogue,
            model: Model::new(BEGINS, kpis),
            dice: Dice(seed),
            made_up: 0,
            done: BTreeMap::new(),
        })
    }
}

/// A measure in tenths of an hour of which a quarter is deadweight.
async fn publish(app: &TestApp, registrar: &User) -> Result<String> {
    let measure = json!({
        "code": "JOB-1", "theme": "Work", "outcome": "Work for people out of work", "title": "Hours of work",
        "kind": "QUANTITATIVE", "unit": "hour", "scale": 1, "evidence": ["timesheet"],
        "verificationMethod": "sample of time sheets", "transferable": true, "deadweight": "0.25",
    });
    let input = json!({ "input": { "code": "walk", "version": "1", "title": "Of a walk", "source": "these tests",
        "measures": [measure] } });
    let made = app.data(Some(registrar), PUBLISH_CATALOGUE, input).await?;
    Ok(text(&made["made"]["catalogue"]["id"]))
}

/// From the publication of a tender to its contract, and the seconds that it took. Two commitments ask for one outcome.
async fn sign(app: &TestApp, city: &City) -> Result<(Value, i64)> {
    let begins = app.clock.now();
    let mut plan = city.plan();
    plan["surplusTradable"] = json!(true);
    let mut bids = city.bids();
    let commitment = |hours: &str, from: &str| {
        json!({ "measure": "JOB-1", "quantity": hours, "place": "KR-11",
        "period": { "from": from, "to": "2027-03-01" } })
    };
    bids[0]["commitments"] = json!([
        commitment("150.0", "2026-03-01"),
        commitment("60.0", "2026-04-01")
    ]);
    let tender = city.publish(app, plan).await?;
    city.rank_bids(app, &tender, bids).await?;
    on_tender(app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    let second = &city.second_officer;
    on_tender(app, second, "approveAward", "AwardInput", &tender).await?;
    city.notify(app, &tender).await?;
    app.advance_seconds(STANDSTILL_SECONDS);
    let input = json!({ "input": { "tender": tender } });
    let mut made = app.data(Some(&city.officer), SIGN, input).await?;
    let spent = (app.clock.now().micros() - begins.micros()) / 1_000_000;
    Ok((made["made"]["contract"].take(), spent))
}

/// The KPIs of the contract in units. The first one asks for deliveries from March on, the second for those from May on.
fn kpis(contract: &Value) -> Result<Vec<Kpi>> {
    let found = contract["kpis"].as_array().context("KPIs")?;
    anyhow::ensure!(found.len() == 2, "{contract}");
    let promised = [("150.0", 1_500), ("60.0", 600)].into_iter().enumerate();
    let kpi = |((number, (hours, units)), kpi): ((usize, (&str, i64)), &Value)| {
        anyhow::ensure!(kpi["promised"]["quantity"] == hours, "{contract}");
        Ok(Kpi {
            id: text(&kpi["id"]),
            promised: units,
            asks_early: number == 0,
            intended_early: number == 0,
        })
    };
    promised.zip(found).map(kpi).collect()
}
