//! `commonweal serve`: the service.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::publisher::Publisher;
use tokio::net::TcpListener;

use super::{database, runtime};
use crate::config::{Config, ConfigFlags};
use crate::graphql::cost::bucket::BucketSettings;
use crate::http::serve::{serve, stop_signal};
use crate::http::shutdown::Shutdown;
use crate::keys::KeyFiles;
use crate::server::{self, ServerOptions};
use crate::{demo, telemetry};

/// Serves until it is asked to stop.
pub fn run(flags: &ConfigFlags, out: &mut dyn Write) -> Result<ExitCode> {
    let config = Config::load(flags)?;
    telemetry::start_log(config.log_format, &config.log_filter)?;
    runtime()?.block_on(serve_until_stopped(&config, out))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve_until_stopped(config: &Config, out: &mut dyn Write) -> Result<()> {
    if config.demo {
        demo::seed(config)
            .await
            .context("the demo city could not be seeded")?;
    }
    let app = Arc::new(database::open(config).await?);
    let publisher = open_publisher(config, &app).await?;
    let shutdown = Shutdown::default();
    let router = server::router(&app, shutdown.clone(), options(config))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;

    stop_when_asked(shutdown.clone());
    let publishing = tokio::spawn(publish(publisher, shutdown.clone()));
    serve(listener, router, shutdown).await?;
    app.store().close().await;
    // The publisher ends with the store; what it could not publish is published at the next start.
    publishing.await?
}

fn stop_when_asked(shutdown: Shutdown) {
    tokio::spawn(async move {
        if stop_signal().await.is_ok() {
            shutdown.begin();
        }
    });
}

/// Publishes until the store is closed. A log that was changed behind the publisher's back stops the service: nothing more
/// may be written on top of it until a person has looked.
async fn publish(publisher: Publisher, shutdown: Shutdown) -> Result<()> {
    let done = publisher.run().await;
    if done.is_err() {
        shutdown.begin();
    }
    Ok(done?)
}

async fn open_publisher(config: &Config, app: &App) -> Result<Publisher> {
    let keys = KeyFiles::open(&config.data)?;
    let rng = app.store().ids().rng();
    let signer = keys.log_signer(&config.origin, rng.as_ref())?;
    Publisher::open(app.store().clone(), signer, keys.last_checkpoint())
        .await
        .context("the log cannot be published")
}

fn options(config: &Config) -> ServerOptions {
    let defaults = ServerOptions::default();
    ServerOptions {
        bucket: BucketSettings {
            maximum: config.rate_limit_maximum,
            restore_per_second: config.rate_limit_restore_per_second,
            ..defaults.bucket
        },
        origins: config.allowed_origins.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
    }
}
