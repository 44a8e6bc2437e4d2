//! The accept loop. Its own, because `axum::serve` sets no time for headers to come in: a client that sends one byte a
//! minute would hold a connection for ever.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt as _;

use super::shutdown::Shutdown;

/// How long the head of a request may take, and how long an idle connection is kept.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// How long running requests and sockets may take to finish after the signal.
const FINISH_TIME: Duration = Duration::from_secs(30);
/// Connections at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 4_096;
/// After an accept error (no file descriptor left): wait for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` begins, then finishes: running requests are answered, sockets closed with 1001, for at most
/// 30 seconds.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) -> io::Result<()> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME);
    let builder = Arc::new(builder);
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let stopping = shutdown.begun();
    tokio::pin!(stopping);
    loop {
        let accepted = async {
            let permit = Arc::clone(&free).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            () = &mut stopping => break,
            accepted = accepted => accepted,
        };
        match (accepted, permit) {
            (Ok((stream, peer)), Ok(permit)) => {
                connect(&builder, &graceful, router.clone(), stream, peer, permit);
            }
            (Err(error), _) if is_of_one_connection(&error) => {}
            (Err(error), _) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            (_, Err(_)) => break, // the semaphore is never closed
        }
    }
    drop(listener);
    let finish = async {
        graceful.shutdown().await;
        shutdown.idle().await;
    };
    if tokio::time::timeout(FINISH_TIME, finish).await.is_err() {
        tracing::warn!("stopped with requests unfinished");
    }
    Ok(())
}

fn connect(
    builder: &Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: axum::http::Request<_>| {
        let router = router.clone();
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let builder = Arc::clone(builder);
    let watcher = graceful.watcher();
    tokio::spawn(async move {
        let service = TowerToHyperService::new(service);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "connection ended");
        }
        drop(permit);
    });
}

/// The peer gave up before it was accepted: nothing to wait for.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Resolves when the operator asks to stop: SIGTERM, or Ctrl-C at a terminal.
pub async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            result = tokio::signal::ctrl_c() => result,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
