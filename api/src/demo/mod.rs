//! `serve --demo`: one worked city, made once by the same use-cases that everyone calls.
//!
//! The clock stands at a fixed epoch and moves as the story does; ids and salts come from a fixed seed. Only the sealing
//! of bids takes randomness from the machine, so roots differ from one demo to the next while every answer is the same.

mod challenge;
mod city;
mod delivery;
mod named;
mod people;
mod procurement;
mod quorum;
mod tenders;
mod tokens;
mod unseen;

use std::sync::Arc;

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::clock::ManualClock;
use commonweal_app::read::organisation::OrganisationFilter;
use commonweal_app::rng::{Ids, SeededRng};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::policy::PolicyText;
use commonweal_domain::time::Time;

use self::people::People;
use self::tenders::{Reach, TENDERS};
use crate::catalogue_files;
use crate::cli::database;
use crate::config::Config;

/// When the story begins: 2026-01-05T09:00:00Z.
const EPOCH: Time = Time::from_micros(1_767_603_600_000_000);
/// The seed of ids and salts.
const SEED: u64 = 20_140_501;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The city while its story is told.
struct City {
    app: App,
    clock: ManualClock,
    people: People,
    catalogue: Catalogue,
}

/// Seeds the configured database unless it has organisations already, and writes `demo-tokens.json`.
pub(crate) async fn seed(config: &Config) -> Result<()> {
    let clock = ManualClock::new(EPOCH);
    let ids = Ids::from(Arc::new(clock.clone()), Arc::new(SeededRng::new(SEED)));
    let app = database::open_with(config, ids).await?;
    let empty = app
        .read()
        .organisation_count(&OrganisationFilter::default())
        .await?
        == 0;
    if empty {
        let people = tell(app.clone(), clock).await?;
        app.store().close().await;
        tokens::write(config, &people).await?;
    } else {
        app.store().close().await;
    }
    Ok(())
}

/// Publishes the city's own ordinance, which every plan is checked against, and Seoul's, whose target for a year is in the
/// compliance reports.
async fn bind(app: &App, people: &People) -> Result<()> {
    let seoul = catalogue_files::policy("kr-seoul-social-value-2015")?;
    let own: PolicyText = toml::from_str(include_str!("ordinance.toml"))?;
    for policy in seoul.into_iter().chain([own]) {
        app.publish_policy(&people.registrar.actor(), policy)
            .await?;
    }
    Ok(())
}

async fn tell(app: App, clock: ManualClock) -> Result<People> {
    let people = people::settle(&app)
        .await
        .context("letting the people in")?;
    let catalogue = catalogue_files::core(app.new_id())?;
    app.publish_catalogue(&people.registrar.actor(), catalogue.clone())
        .await?;
    bind(&app, &people).await.context("the ordinances")?;
    let city = City {
        app,
        clock,
        people,
        catalogue,
    };
    let mut contracts = Vec::new();
    for tender in TENDERS {
        let id = city.procure(tender).await.with_context(|| tender.title)?;
        if tender.reach == Reach::Contracted {
            contracts.push((
                tender,
                city.contract(tender, id)
                    .await
                    .with_context(|| tender.title)?,
            ));
        }
    }
    city.deliver(&contracts)
        .await
        .context("claims and credits")?;
    Ok(city.people)
}
