//! Invented people behind claims, as their employer's file names them.

use anyhow::Result;
use commonweal_app::App;
use commonweal_domain::contract::beneficiary::{BeneficiaryFile, PersonDays};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::time::{Date, Period};

/// The file of the first so many people of a firm. They have no numbers that `commonweal tokens` could hash: their hashes are made
/// up with them, and stay the same from claim to claim.
pub(super) fn file(
    app: &App,
    firm: &str,
    people: u32,
    period: Period,
    started: Date,
) -> Result<String> {
    let person = |n: u32| PersonDays {
        person: sha256(format!("person {n} of {firm}").as_bytes()),
        period,
        started: Some(started),
        kind: None,
    };
    let file = BeneficiaryFile {
        scheme: app.beneficiary_key()?.scheme(),
        people: (0..people).map(person).collect(),
    };
    Ok(serde_json::to_string(&file)?)
}
