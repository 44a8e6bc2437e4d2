//! `commonweal serve`: the service.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::publisher::{PublishError, Publisher};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use super::{database, runtime};
use crate::config::{Config, ConfigFlags};
use crate::graphql::cost::bucket::BucketSettings;
use crate::http::serve::{serve, stop_signal};
use crate::http::shutdown::Shutdown;
use crate::keys::KeyFiles;
use crate::server::{self, ServerOptions};
use crate::witness::witnessing;
use crate::{demo, telemetry};

/// Serves until it is asked to stop.
pub fn run(flags: &ConfigFlags, out: &mut dyn Write) -> Result<ExitCode> {
    let config = Config::load(flags)?;
    telemetry::start_log(config.log_format, &config.log_filter)?;
    runtime()?.block_on(serve_until_stopped(&config, out))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve_until_stopped(config: &Config, out: &mut dyn Write) -> Result<()> {
    // Before anything is made: the log's name is for ever, and a server that cannot listen names none.
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let metrics = match config.admin_listen {
        Some(address) => {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address} for metrics"))?;
            Some((listener, telemetry::start_metrics()?))
        }
        None => None,
    };
    if config.demo {
        demo::seed(config)
            .await
            .context("the demo city could not be seeded")?;
    }
    let app = Arc::new(database::open(config).await?);
    let publisher = match open_publisher(config, &app).await {
        Ok(publisher) => Some(publisher),
        Err(error) if error.downcast_ref().is_some_and(PublishError::is_alarm) => {
            alarm(&app, &error);
            None
        }
        Err(error) => return Err(error.context("the log cannot be published")),
    };
    let shutdown = Shutdown::default();
    let router = server::router(&app, shutdown.clone(), options(config))?;
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;

    if let Some((listener, metrics)) = metrics {
        serve_metrics(listener, metrics, shutdown.clone());
    }
    stop_when_asked(shutdown.clone());
    let publishing = publisher
        .map(|publisher| tokio::spawn(publish(publisher, Arc::clone(&app), shutdown.clone())));
    let collector = Arc::clone(&app);
    let collecting = tokio::spawn(async move { collector.keep_collecting_evidence().await });
    serve(listener, router, shutdown).await?;
    app.store().close().await;
    // The collector ends with the store too; what it has not removed it removes after the next start.
    collecting.await?;
    // The publisher ends with the store; what it could not publish is published at the next start.
    match publishing {
        Some(publishing) => publishing.await?,
        None => Ok(()),
    }
}

/// Metrics have a listener of their own, which the public does not reach.
fn serve_metrics(listener: TcpListener, metrics: PrometheusHandle, shutdown: Shutdown) {
    tokio::spawn(serve(
        listener,
        telemetry::metrics_routes(metrics),
        shutdown,
    ));
}

fn stop_when_asked(shutdown: Shutdown) {
    tokio::spawn(async move {
        if stop_signal().await.is_ok() {
            shutdown.begin();
        }
    });
}

/// Publishes until the store is closed. A log that was changed behind the publisher's back stays readable, and nothing is
/// written any more; any other fault of the publisher stops the service.
async fn publish(publisher: Publisher, app: Arc<App>, shutdown: Shutdown) -> Result<()> {
    match publisher.run().await {
        Err(error) if error.is_alarm() => {
            alarm(&app, &error);
            Ok(())
        }
        Err(error) => {
            tracing::error!(%error, "the log is no longer published");
            shutdown.begin();
            Err(error.into())
        }
        Ok(()) => Ok(()),
    }
}

/// Nothing more may be written on top of this log until a person has looked.
fn alarm(app: &App, error: &dyn std::fmt::Display) {
    tracing::error!(%error, "READ-ONLY: the log is not the one that was signed; nothing is written until it is restored");
    app.store().refuse_writes(error);
}

async fn open_publisher(config: &Config, app: &App) -> Result<Publisher> {
    let keys = KeyFiles::open(&config.data)?;
    let rng = app.store().ids().rng();
    let signer = keys.log_signer(&config.origin, rng.as_ref())?;
    let memory = keys.last_checkpoint();
    let witnessing = match &config.witness_policy {
        Some(policy) => Some(witnessing(policy, config.witnesses_required)?),
        None => None,
    };
    Ok(Publisher::open_with(app.store().clone(), signer, memory, witnessing).await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_cannot_listen_names_no_log() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let flags = ConfigFlags {
            listen: Some(taken.local_addr().unwrap()),
            data: Some(data.clone()),
            ..ConfigFlags::default()
        };
        let config = Config::from_parts(&flags, [("PATH", "/bin")]).unwrap();
        let refused = serve_until_stopped(&config, &mut std::io::sink()).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("cannot listen on"), "{refused}");
        assert!(!data.exists(), "nothing is made before");
    }
}
