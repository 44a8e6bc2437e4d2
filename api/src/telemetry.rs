//! What the server tells its operator: a log on standard error, and metrics as text for Prometheus.
//!
//! Bodies, query strings, headers and bids are never written; a masked error is found again by its trace id.

use std::time::Duration;

use axum::{Router, http::header, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text an event, for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

impl LogFormat {
    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("`log_filter` must be like `info` or `info,commonweal_app=debug`: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Set up before in this process.
    #[error("the log is set up already: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    /// The metrics cannot be recorded.
    #[error("metrics cannot be recorded: {0}")]
    Metrics(#[from] BuildError),
    /// Set up before in this process.
    #[error("metrics are recorded already: {0}")]
    MetricsTwice(String),
}

/// Upper bounds in seconds of the histograms of times.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// How often measured values are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to log to standard error.
pub fn start_log(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    match format {
        LogFormat::Text => text(filter, std::io::stderr)?.try_init()?,
        LogFormat::Json => json(filter, std::io::stderr)?.try_init()?,
    }
    Ok(())
}

fn text<W>(filter: &str, writer: W) -> Result<impl Subscriber + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer);
    Ok(tracing_subscriber::registry()
        .with(EnvFilter::try_new(filter)?)
        .with(layer))
}

fn json<W>(filter: &str, writer: W) -> Result<impl Subscriber + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer);
    Ok(tracing_subscriber::registry()
        .with(EnvFilter::try_new(filter)?)
        .with(layer))
}

/// Begins to record metrics for the whole process. Must be called within the runtime, which folds them now and then.
pub fn start_metrics() -> Result<PrometheusHandle, TelemetryError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)
        .map_err(|error| TelemetryError::MetricsTwice(error.to_string()))?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

fn recorder() -> Result<metrics_exporter_prometheus::PrometheusRecorder, BuildError> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .build_recorder())
}

/// `/metrics`, for the admin listener and not for the public.
pub fn metrics_routes(handle: PrometheusHandle) -> Router {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Router::new().route(
        "/metrics",
        get(async move || ([(header::CONTENT_TYPE, kind)], handle.render())),
    )
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn events() {
        let span = tracing::info_span!("request", trace_id = "abc");
        span.in_scope(|| tracing::info!(status = 200, "answered"));
        tracing::debug!("too fine");
    }

    #[test]
    fn json_lines_carry_the_trace_id_and_obey_the_filter() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = json("info", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, events);
        let text = kept.text();
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["span"]["trace_id"], "abc");
        assert_eq!(
            (&line["message"], &line["status"]),
            (&"answered".into(), &200.into())
        );
    }

    #[test]
    fn text_lines_are_for_people() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = text("debug", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, events);
        assert_eq!(kept.text().lines().count(), 2);
        assert!(kept.text().contains("answered status=200"));
    }

    #[test]
    fn a_wrong_filter_is_named() {
        let error = start_log(LogFormat::Text, "info,=x=").unwrap_err();
        assert!(error.to_string().contains("`log_filter`"));
    }

    #[test]
    fn metrics_are_text_with_buckets_of_seconds() {
        let recorder = recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("commonweal_http_requests_total", "status" => "200").increment(2);
            metrics::histogram!("commonweal_http_request_seconds").record(0.003);
        });
        let text = recorder.handle().render();
        assert!(
            text.contains("commonweal_http_requests_total{status=\"200\"} 2"),
            "{text}"
        );
        assert!(
            text.contains("commonweal_http_request_seconds_bucket{le=\"0.005\"} 1"),
            "{text}"
        );
    }
}
