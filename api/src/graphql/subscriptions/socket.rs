//! One socket from its upgrade to its close: a single task that reads, forwards events and keeps the times.

use std::time::Duration;

use async_graphql::Executor;
use axum::{
    extract::ws::{Message, WebSocket},
    http::{HeaderMap, HeaderValue, header},
};
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, sleep_until},
};

use super::{
    SocketSettings,
    operations::{Event, Operations},
    protocol::{ClientMessage, Close, server_message},
};
use crate::{
    graphql::transport::{
        AuthError, Authenticate, GraphqlService, Principal as _, service::Caller,
    },
    http::{context::RequestContext, shutdown::Shutdown},
};

/// How long one message may take to be taken by the client's end.
const SEND_TIME: Duration = Duration::from_secs(10);
/// How long the client may take to answer a close.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Why the loop ended.
enum End {
    /// We close, and say why.
    Close(Close),
    /// The client is gone.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

pub(super) struct Session<E: Executor, A: Authenticate> {
    pub(super) service: GraphqlService<E, A>,
    pub(super) settings: SocketSettings,
    pub(super) context: RequestContext,
    pub(super) headers: HeaderMap,
    pub(super) shutdown: Shutdown,
}

impl<E: Executor, A: Authenticate> Session<E, A> {
    pub(super) async fn run(self, socket: WebSocket) {
        let _busy = self.shutdown.enter();
        let (operations, events) = Operations::new();
        let mut connection = Connection {
            expires: None,
            caller: None,
            operations,
            session: self,
            socket,
        };
        if let End::Close(close) = connection.talk(events).await {
            connection.close(&close).await;
        }
    }
}

pub(super) async fn refuse(mut socket: WebSocket, close: &Close) {
    let _ = socket.send(Message::Close(Some(close.frame()))).await;
}

struct Connection<E: Executor, A: Authenticate> {
    session: Session<E, A>,
    socket: WebSocket,
    operations: Operations,
    /// Known once the connection is acknowledged.
    caller: Option<Caller<A::Principal>>,
    expires: Option<Instant>,
}

impl<E: Executor, A: Authenticate> Connection<E, A> {
    async fn talk(&mut self, mut events: mpsc::Receiver<Event>) -> End {
        let settings = self.session.settings;
        let init_deadline = Instant::now() + settings.init_time;
        let mut heard = Instant::now();
        let mut keep_alive =
            tokio::time::interval_at(heard + settings.keep_alive, settings.keep_alive);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.session.shutdown.begun();
        tokio::pin!(stopping);
        loop {
            let expires = self.expires.unwrap_or(init_deadline);
            let step = tokio::select! {
                () = &mut stopping => Err(Close::GoingAway("the server stops").into()),
                () = sleep_until(init_deadline), if self.caller.is_none() => Err(Close::InitTimeout.into()),
                () = sleep_until(expires), if self.expires.is_some() => {
                    Err(Close::Forbidden("the credentials have expired".to_owned()).into())
                }
                now = keep_alive.tick() => {
                    if now.duration_since(heard) > settings.keep_alive * 3 {
                        Err(Close::GoingAway("nothing was heard").into())
                    } else {
                        self.send(Message::Ping(bytes::Bytes::new())).await
                    }
                }
                Some(event) = events.recv() => match self.operations.forward(event) {
                    Some(message) => self.send(message).await,
                    None => Ok(()),
                },
                message = self.socket.recv() => {
                    heard = Instant::now();
                    self.receive(message).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match message {
            None | Some(Ok(Message::Close(_))) => Err(End::Gone),
            Some(Ok(Message::Text(text))) => {
                let message = ClientMessage::parse(text.as_str())
                    .map_err(|error| Close::Invalid(error.to_string()))?;
                self.answer(message).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => {
                Err(Close::Invalid("messages are text".to_owned()).into())
            }
            Some(Err(_)) => {
                Err(Close::Invalid("the message is too large or malformed".to_owned()).into())
            }
        }
    }

    async fn answer(&mut self, message: ClientMessage) -> Result<(), End> {
        match message {
            ClientMessage::ConnectionInit { payload } => self.init(payload).await,
            ClientMessage::Ping { payload } => {
                let payload = payload.map(|payload| Value::Object(payload).to_string());
                self.send(server_message("pong", None, payload.as_deref()))
                    .await
            }
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { id, payload } => {
                let Some(caller) = &self.caller else {
                    return Err(Close::Unauthorized.into());
                };
                if self.operations.is_running(&id) {
                    return Err(Close::SubscriberExists(id).into());
                }
                let service = &self.session.service;
                match self.operations.start(service, caller, id, payload) {
                    Some(message) => self.send(message).await,
                    None => Ok(()),
                }
            }
            ClientMessage::Complete { id } => {
                self.operations.complete(&id);
                Ok(())
            }
        }
    }

    /// Finds the caller from the handshake, or from `authorization` in the payload, which browsers can set.
    async fn init(&mut self, payload: Option<Map<String, Value>>) -> Result<(), End> {
        if self.caller.is_some() {
            return Err(Close::TooManyInits.into());
        }
        let session = &mut self.session;
        let given = payload
            .into_iter()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some((_, value)) = given {
            let value = value
                .as_str()
                .and_then(|text| HeaderValue::from_str(text).ok())
                .ok_or_else(|| {
                    Close::Invalid("`authorization` must be the text of the header".to_owned())
                })?;
            session.headers.insert(header::AUTHORIZATION, value);
        }
        let RequestContext { trace, peer } = session.context.clone();
        let caller = session
            .service
            .caller(&session.headers, peer, trace.clone())
            .await
            .map_err(|error| {
                Close::Forbidden(match error {
                    AuthError::Unavailable(detail) => {
                        tracing::error!(trace_id = %trace, detail, "credentials could not be checked");
                        format!("the credentials could not be checked, trace id {trace}")
                    }
                    told => told.to_string(),
                })
            })?;
        if let Some(expires_at) = caller.principal.expires_at() {
            let left = u64::try_from(expires_at.saturating_sub(session.service.now())).unwrap_or(0);
            self.expires = Instant::now().checked_add(Duration::from_micros(left));
        }
        self.caller = Some(caller);
        self.send(server_message("connection_ack", None, None))
            .await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(SEND_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn close(mut self, close: &Close) {
        drop(self.operations);
        let farewell = async {
            let frame = Message::Close(Some(close.frame()));
            if self.socket.send(frame).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        let _ = tokio::time::timeout(CLOSE_TIME, farewell).await;
    }
}
