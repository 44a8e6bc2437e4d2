//! The world of claims with verifiers of every sector, whom a quorum binds.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, User};
use serde_json::{Value, json};

use crate::credit_world::{VERIFY, World, finding, text};

pub(crate) const PUBLISH: &str = "mutation ($input: PublishQuorumInput!) {
    made: publishQuorum(input: $input) { quorum { number commitment waitsFor { awaited nextStep } } userErrors { code message path } }
}";
pub(crate) const ASSIGN: &str = "mutation ($input: AssignVerifiersInput!) {
    made: assignVerifiers(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const DECLINE: &str = "mutation ($input: LeaveAssignmentInput!) {
    made: declineAssignment(input: $input) { claim { id } userErrors { code message path } }
}";
const SHOW: &str = "query ($id: ID!) { claim(id: $id) {
    status verified { quantity } verifications { verifier accepted { quantity } }
    draw { quorumNumber position link seed }
    waitsFor { awaited nextStep }
    assignments { verifier status due thirdOpinion reason organisation { sector } feeFrom { name } }
} }";

/// Lets in a verifier of each sector, and publishes the quorum that binds what is claimed from now on.
pub(crate) async fn bind(app: &TestApp, registrar: &User, quorum: Value) -> Result<Vec<User>> {
    let mut verifiers = Vec::new();
    for (name, sector) in [
        ("City Laboratory", "PUBLIC"),
        ("Fair Measure", "CIVIL_SOCIETY"),
        ("Second Assurance", "PRIVATE"),
    ] {
        verifiers.push(let_in(app, registrar, (name, sector)).await?);
    }
    let input = json!({ "input": quorum });
    app.data(Some(registrar), PUBLISH, input).await?;
    Ok(verifiers)
}

/// A verifier of a new organisation of this name and sector.
pub(crate) async fn let_in(
    app: &TestApp,
    registrar: &User,
    (name, sector): (&str, &str),
) -> Result<User> {
    let own = app.organisation(registrar, name, sector).await?;
    app.user(own, &[Role::Verifier]).await
}

/// The world of claims with verifiers of every sector.
pub(crate) struct Bench {
    pub(crate) world: World,
    verifiers: Vec<User>,
}

pub(crate) fn terms(verifiers: u8, sectors: u8) -> Value {
    json!({ "verifiers": verifiers, "sectors": sectors, "tolerance": "0.1", "days": 7, "fee": "CLAIMANT" })
}

impl Bench {
    pub(crate) async fn new(app: TestApp, quorum: Value) -> Result<Self> {
        Self::of(World::new(app).await?, quorum).await
    }

    /// The same in a world that has more.
    pub(crate) async fn of(world: World, quorum: Value) -> Result<Self> {
        let verifiers = bind(&world.app, &world.registrar, quorum).await?;
        Ok(Self { world, verifiers })
    }

    pub(crate) async fn submit(&self, key: &str) -> Result<String> {
        self.world.submit(self.world.claim_input(key, "10.0")).await
    }

    pub(crate) async fn assigned(&self, key: &str) -> Result<String> {
        let claim = self.submit(key).await?;
        self.assign(&claim).await?;
        Ok(claim)
    }

    pub(crate) async fn assign(&self, claim: &str) -> Result<()> {
        let input = json!({ "claim": claim });
        self.world
            .make(&self.world.supplier, ASSIGN, input, "claim")
            .await?;
        Ok(())
    }

    pub(crate) async fn show(&self, claim: &str) -> Result<Value> {
        let id = json!({ "id": claim });
        let mut found = self.world.app.data(None, SHOW, id).await?;
        Ok(found["claim"].take())
    }

    /// All that a claim waits for.
    pub(crate) async fn awaited(&self, claim: &str) -> Result<Vec<String>> {
        let shown = self.show(claim).await?;
        let steps = shown["waitsFor"].as_array().context("a list")?;
        Ok(steps.iter().map(|step| text(&step["awaited"])).collect())
    }

    fn user(&self, verifier: &Value) -> Result<&User> {
        let id = text(verifier);
        let found = self
            .everybody()
            .find(|user| format!("person:{}", user.person) == id);
        found.with_context(|| format!("{id} is nobody of this test"))
    }

    /// Every verifier of the registry.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = &User> {
        self.verifiers.iter().chain([&self.world.verifier])
    }

    /// Those who sit, in the order of the draws.
    pub(crate) async fn sitting(&self, claim: &str) -> Result<Vec<&User>> {
        let shown = self.show(claim).await?;
        let all = shown["assignments"].as_array().cloned().unwrap_or_default();
        let sits = all.iter().filter(|one| one["status"] == "SITTING");
        sits.map(|one| self.user(&one["verifier"])).collect()
    }

    /// Somebody who was not drawn.
    pub(crate) async fn stranger(&self, claim: &str) -> Result<&User> {
        let shown = self.show(claim).await?;
        let all = shown["assignments"].as_array().cloned().unwrap_or_default();
        let drawn = |user: &&User| {
            let id = format!("person:{}", user.person);
            all.iter().any(|one| text(&one["verifier"]) == id)
        };
        self.everybody()
            .find(|user| !drawn(user))
            .context("all drawn")
    }

    pub(crate) async fn verify(&self, user: &User, claim: &str, hours: &str) -> Result<()> {
        let input = finding(claim, hours);
        self.world.make(user, VERIFY, input, "claim").await?;
        Ok(())
    }

    pub(crate) async fn record(&self, user: &User) -> Result<Value> {
        let query = "query ($id: ID!) { verifierRecord(verifier: $id) {
            assigned accepted rejected overturned declined withdrew discharged } }";
        let id = json!({ "id": format!("person:{}", user.person) });
        let mut found = self.world.app.data(None, query, id).await?;
        Ok(found["verifierRecord"].take())
    }

    pub(crate) async fn registered_role(
        &self,
        mutation: &str,
        user: &User,
        at: &User,
        role: &str,
    ) -> Result<()> {
        let document = format!(
            "mutation ($input: RoleInput!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
        );
        let input = json!({ "input": { "person": format!("person:{}", user.person),
            "organisation": at.organisation_id(), "role": role } });
        let registrar = Some(&self.world.registrar);
        self.world.app.data(registrar, &document, input).await?;
        Ok(())
    }
}
