//! The whole service as one router: every transport over one app.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use commonweal_app::App;

use crate::auth::SignIn;
use crate::evidence_http;
use crate::graphql::cost::bucket::BucketSettings;
use crate::graphql::graphiql;
use crate::graphql::schema;
use crate::graphql::subscriptions::{self, AllowedOrigins, SocketSettings};
use crate::graphql::transport::GraphqlService;
use crate::http::context::TraceIds;
use crate::http::shutdown::Shutdown;
use crate::http::{self, Edge};
use crate::log_http;

/// What differs between deployments.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Cost that each caller may spend.
    pub bucket: BucketSettings,
    /// Browser origins beside our own that may open WebSockets.
    pub origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            bucket: BucketSettings {
                maximum: 10_000,
                restore_per_second: 500,
                capacity: 100_000,
            },
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The router over an app. `shutdown` closes its sockets.
pub fn router(
    app: &Arc<App>,
    shutdown: Shutdown,
    options: ServerOptions,
) -> anyhow::Result<Router> {
    let clock = Arc::clone(app.store().ids().clock());
    let service = GraphqlService::new(
        schema::builder().data(Arc::clone(app)),
        SignIn::new(Arc::clone(app)),
        options.bucket,
        Arc::new(move || clock.now().micros()),
    )?;
    let sockets = SocketSettings {
        init_time: Duration::from_secs(10),
        keep_alive: Duration::from_secs(20),
    };
    let routes = subscriptions::routes(
        service,
        AllowedOrigins::new(options.origins),
        sockets,
        shutdown,
    )
    .merge(graphiql::routes())
    .merge(log_http::routes(Arc::clone(app)))
    .merge(evidence_http::routes(app));
    let edge = Edge {
        trace_ids: TraceIds::new(app.store().ids().rng().bytes()),
        trusted_proxies: options.trusted_proxies,
    };
    Ok(http::assemble(routes, Arc::new(edge)))
}
