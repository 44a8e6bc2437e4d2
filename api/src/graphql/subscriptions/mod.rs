//! Subscriptions (and any operation) over WebSocket by the protocol graphql-transport-ws, at `/graphql/ws` and by
//! upgrade of `/graphql`. The documents have the same limits and prices as over HTTP.

mod operations;
mod origin;
mod protocol;
mod socket;

use std::{sync::Arc, time::Duration};

use async_graphql::Executor;
use axum::{
    Extension, Router,
    body::Body,
    extract::{
        Request,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, Response, StatusCode, header},
    routing::any,
};
use tokio::sync::Semaphore;

pub use self::origin::AllowedOrigins;
use self::{
    protocol::{Close, SUBPROTOCOL},
    socket::Session,
};
use crate::{
    graphql::{
        limits::Limits,
        transport::{self, Authenticate, GraphqlService, refuse_http},
    },
    http::{context::RequestContext, shutdown::Shutdown},
};

/// Sockets open at once in one process.
const MAX_SOCKETS: usize = 1_000;

/// The times of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketSettings {
    /// How long a client may take to send `connection_init`.
    pub init_time: Duration,
    /// How often the server pings; after three without any sign of life the socket is closed.
    pub keep_alive: Duration,
}

impl Default for SocketSettings {
    fn default() -> Self {
        Self {
            init_time: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
        }
    }
}

/// All that a socket needs.
pub struct Sockets<E, A> {
    service: GraphqlService<E, A>,
    origins: AllowedOrigins,
    settings: SocketSettings,
    shutdown: Shutdown,
    free: Arc<Semaphore>,
}

impl<E, A> Clone for Sockets<E, A> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            origins: self.origins.clone(),
            settings: self.settings,
            shutdown: self.shutdown.clone(),
            free: Arc::clone(&self.free),
        }
    }
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// The routes `/graphql` (HTTP and upgrade) and `/graphql/ws`. Expects a [`RequestContext`] in each request, as
/// `http::assemble` puts there.
pub fn routes<E: Executor, A: Authenticate>(
    service: GraphqlService<E, A>,
    origins: AllowedOrigins,
    settings: SocketSettings,
    shutdown: Shutdown,
) -> Router {
    let http = service.clone();
    let sockets = Sockets {
        service,
        origins,
        settings,
        shutdown,
        free: Arc::new(Semaphore::new(MAX_SOCKETS)),
    };
    let upgrades = sockets.clone();
    Router::new()
        .route(
            "/graphql",
            any(
                async move |Extension(context): Extension<RequestContext>,
                            upgrade: Upgrade,
                            request: Request| {
                    match upgrade {
                        Ok(upgrade) => upgrades.open(context, upgrade, request.headers().clone()),
                        Err(_) => transport::handle(http, context, request).await,
                    }
                },
            ),
        )
        .route(
            "/graphql/ws",
            any(
                async move |Extension(context): Extension<RequestContext>,
                            upgrade: Upgrade,
                            request: Request| {
                    match upgrade {
                        Ok(upgrade) => sockets.open(context, upgrade, request.headers().clone()),
                        Err(_) => refuse_http(
                            StatusCode::UPGRADE_REQUIRED,
                            "this is a WebSocket by the protocol graphql-transport-ws",
                            Some((header::UPGRADE, "websocket")),
                        ),
                    }
                },
            ),
        )
}

impl<E: Executor, A: Authenticate> Sockets<E, A> {
    fn open(
        self,
        context: RequestContext,
        upgrade: WebSocketUpgrade,
        headers: HeaderMap,
    ) -> Response<Body> {
        if !self.origins.allow(&headers) {
            let text = "pages of this origin may not open sockets here";
            return refuse_http(StatusCode::FORBIDDEN, text, None);
        }
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else {
            let text = "too many sockets are open: retry later";
            let later = Some((header::RETRY_AFTER, "10"));
            return refuse_http(StatusCode::SERVICE_UNAVAILABLE, text, later);
        };
        let upgrade = upgrade
            .protocols([SUBPROTOCOL])
            .max_message_size(Limits::STANDARD.body_bytes)
            .max_frame_size(Limits::STANDARD.body_bytes);
        let spoken = upgrade.selected_protocol().is_some();
        let session = Session {
            service: self.service,
            settings: self.settings,
            shutdown: self.shutdown,
            context,
            headers,
        };
        upgrade.on_upgrade(async move |socket| {
            if spoken {
                session.run(socket).await;
            } else {
                socket::refuse(socket, &Close::SubprotocolNotAcceptable).await;
            }
            drop(permit);
        })
    }
}
