//! The panel of the city's tenders: who judges, what they declare, and how they come to a consensus.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, User};
use serde_json::{Value, json};

use super::story::{City, on_tender, step};

/// The opaque id of a person.
pub(crate) fn person(user: &User) -> String {
    format!("person:{}", user.person)
}

/// The document of `declareConflicts`.
pub(crate) const DECLARE: &str = "mutation ($input: DeclareConflictsInput!) {
    made: declareConflicts(input: $input) { cleared userErrors { code message path } }
}";

/// The input of an assignment.
pub(crate) fn assignment(tender: &str, chair: &User, evaluators: &[&User]) -> Value {
    let evaluators: Vec<_> = evaluators.iter().map(|user| person(user)).collect();
    json!({ "input": { "tender": tender, "chair": person(chair), "evaluators": evaluators } })
}

/// The input of declarations: no conflict with any supplier but those given.
pub(crate) fn declarations(tender: &str, suppliers: &[User], conflicts: &[(usize, &str)]) -> Value {
    let declared = suppliers.iter().enumerate().map(|(at, supplier)| {
        let bidder = supplier.organisation_id();
        match conflicts.iter().find(|(of, _)| *of == at) {
            None => json!({ "bidder": bidder, "conflict": "NONE" }),
            Some((_, conflict)) => {
                json!({ "bidder": bidder, "conflict": conflict, "words": "We worked together until 2024." })
            }
        }
    });
    json!({ "input": { "tender": tender, "declarations": declared.collect::<Vec<_>>() } })
}

/// The levels 4, 3 and 3 for the method of bids, as input.
pub(crate) fn levels(tender: &str, bids: &[String]) -> Value {
    let levels = bids.iter().zip([4, 3, 3]).map(|(bid, level)| {
        json!({ "bid": bid, "criterion": "METHOD", "level": level, "reason": "Agreed after reading it together." })
    });
    json!({ "input": { "tender": tender, "levels": levels.collect::<Vec<_>>() } })
}

impl City {
    /// Assigns the chair and evaluators to a tender.
    pub(crate) async fn assign(
        &self,
        app: &TestApp,
        tender: &str,
        evaluators: &[&User],
    ) -> Result<()> {
        let document = step("assignPanel", "AssignPanelInput");
        let input = assignment(tender, &self.chair, evaluators);
        app.data(Some(&self.officer), &document, input).await?;
        Ok(())
    }

    /// The opaque ids of whoever bids and of their opened bids, in the order of the suppliers.
    async fn bids_of(&self, app: &TestApp, tender: &str) -> Result<Vec<(Value, String)>> {
        let bids = "query ($id: ID!) { tender(id: $id) { bids { nodes { id supplier { id } } } } }";
        let found = app
            .data(Some(&self.officer), bids, json!({ "id": tender }))
            .await?;
        let nodes = found["tender"]["bids"]["nodes"].as_array();
        let nodes = nodes.context("bids")?;
        let of = |supplier: &User| {
            let id = json!(supplier.organisation_id());
            let own = nodes.iter().find(|bid| bid["supplier"]["id"] == id)?;
            Some((id, own["id"].as_str()?.to_owned()))
        };
        Ok(self.suppliers.iter().filter_map(of).collect())
    }

    /// A member declares; answers whether they may see the bids now.
    pub(crate) async fn declare(
        &self,
        app: &TestApp,
        member: &User,
        tender: &str,
        conflicts: &[(usize, &str)],
    ) -> Result<bool> {
        let mut input = declarations(tender, &self.suppliers, conflicts);
        let bidders: Vec<Value> = self
            .bids_of(app, tender)
            .await?
            .into_iter()
            .map(|one| one.0)
            .collect();
        if let Some(declared) = input["input"]["declarations"].as_array_mut() {
            declared.retain(|one| bidders.contains(&one["bidder"]));
        }
        let made = app.data(Some(member), DECLARE, input).await?;
        Ok(made["made"]["cleared"] == json!(true))
    }

    /// Assigns the chair and both evaluators, who have no conflict with any supplier.
    pub(crate) async fn seat(&self, app: &TestApp, tender: &str) -> Result<()> {
        let [one, two] = &self.evaluators;
        self.assign(app, tender, &[one, two]).await?;
        for member in [&self.chair, one, two] {
            anyhow::ensure!(self.declare(app, member, tender, &[]).await?, "not cleared");
        }
        Ok(())
    }

    /// The chair begins moderation, and the panel agrees on 4, 3 and 3 for the method.
    pub(crate) async fn agree(&self, app: &TestApp, tender: &str) -> Result<()> {
        on_tender(app, &self.chair, "beginModeration", "PanelInput", tender).await?;
        let bids: Vec<String> = self
            .bids_of(app, tender)
            .await?
            .into_iter()
            .map(|one| one.1)
            .collect();
        let document = step("agreeLevels", "AgreeLevelsInput");
        app.data(Some(&self.chair), &document, levels(tender, &bids))
            .await?;
        Ok(())
    }

    /// Members sign off the consensus, and the chair signs it.
    pub(crate) async fn sign_off(
        &self,
        app: &TestApp,
        tender: &str,
        members: &[&User],
    ) -> Result<()> {
        for member in members {
            on_tender(
                app,
                member,
                "signOffConsensus",
                "SignOffConsensusInput",
                tender,
            )
            .await?;
        }
        on_tender(app, &self.chair, "signConsensus", "PanelInput", tender).await
    }

    /// From final marks to the signed consensus.
    pub(crate) async fn sign(&self, app: &TestApp, tender: &str) -> Result<()> {
        self.agree(app, tender).await?;
        let [one, two] = &self.evaluators;
        self.sign_off(app, tender, &[one, two]).await
    }
}
