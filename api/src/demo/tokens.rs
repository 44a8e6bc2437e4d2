//! `demo-tokens.json`: a token for each part in the story, made with the machine's own randomness.

use anyhow::Result;
use commonweal_app::token::NewToken;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::people::{People, Person};
use super::tenders::TENDERS;
use crate::cli::database;
use crate::config::Config;
use crate::keys::write_secret;

/// How long the tokens live.
const DAYS: u32 = 365;

/// Writes `DIR/demo-tokens.json` (role to token, mode 0600) anew.
pub(super) async fn write(config: &Config, people: &People) -> Result<()> {
    let app = database::open(config).await?;
    let mut tokens = Map::new();
    for (name, person) in parts(people) {
        let request = NewToken {
            person: Some(person.id),
            scope: person.grants(),
            label: format!("demo {name}"),
            days: DAYS,
        };
        let token = app.issue_token(request).await?;
        tokens.insert(name.to_owned(), Value::from(token.secret.expose_secret()));
    }
    app.store().close().await;
    let path = config.data.join("demo-tokens.json");
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    write_secret(&path, &serde_json::to_string_pretty(&tokens)?)
}

/// Who is who: the first buyer, the buyer of the first contract, suppliers, every verifier who can be drawn, the registrars and
/// somebody of the paper.
fn parts(people: &People) -> Vec<(&'static str, &Person)> {
    let buyer = &people.buyers[0];
    vec![
        ("registrar", &people.registrar),
        ("secondRegistrar", &people.second_registrar),
        ("officer", &buyer.officer),
        ("secondOfficer", &buyer.second_officer),
        ("chair", &buyer.chair),
        ("evaluator", &buyer.evaluators[0]),
        ("secondEvaluator", &buyer.evaluators[1]),
        ("supplier", &people.suppliers[0]),
        ("secondSupplier", &people.suppliers[1]),
        ("eastOfficer", &people.buyers[TENDERS[0].buyer].officer),
        ("verifier", &people.verifiers[0]),
        ("secondVerifier", &people.verifiers[1]),
        ("thirdVerifier", &people.verifiers[2]),
        ("thirdRegistrar", &people.third_registrar),
        ("watchdog", &people.watchdog),
    ]
}
