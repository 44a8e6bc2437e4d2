use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use commonweal_api::graphql::subscriptions::SocketSettings;

use crate::server::{BUCKET, TestServer};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open_with(
    server: &TestServer,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let mut request = format!("ws://{}{path}", server.address)
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, HeaderValue::from_str(value).unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn open(server: &TestServer) -> Socket {
    open_with(server, "/graphql/ws", &[PROTOCOL]).await.unwrap()
}

async fn say(socket: &mut Socket, message: Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

/// The next message of the protocol.
async fn hear(socket: &mut Socket) -> Value {
    loop {
        let message = timeout(Duration::from_secs(5), socket.next()).await;
        match message
            .expect("a message in time")
            .expect("an open socket")
            .unwrap()
        {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

/// The code the server closes with.
pub(crate) async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        let message = timeout(Duration::from_secs(5), socket.next()).await;
        match message
            .expect("a close in time")
            .expect("a close frame")
            .unwrap()
        {
            Message::Close(frame) => return frame.expect("a code").code.into(),
            other => assert!(!other.is_binary(), "{other:?}"),
        }
    }
}

pub(crate) async fn connected(server: &TestServer) -> Socket {
    let mut socket = open(server).await;
    say(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut socket).await, json!({ "type": "connection_ack" }));
    socket
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

#[tokio::test]
async fn a_subscription_is_next_until_complete() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    say(&mut socket, subscribe("a", "subscription { ticks(to: 3) }")).await;
    for n in 1..=3 {
        let message = hear(&mut socket).await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!("a"))
        );
        assert_eq!(message["payload"]["data"], json!({ "ticks": n }));
    }
    assert_eq!(
        hear(&mut socket).await,
        json!({ "type": "complete", "id": "a" })
    );
    // The id is free again, and queries run here as well.
    say(&mut socket, subscribe("a", "{ echo(n: 5) }")).await;
    let message = hear(&mut socket).await;
    assert_eq!(message["payload"]["data"], json!({ "echo": "5" }));
    assert_eq!(
        message["payload"]["extensions"]["cost"]["requestedQueryCost"],
        1
    );
    assert_eq!(hear(&mut socket).await["type"], "complete");
}

#[tokio::test]
async fn sockets_also_open_by_upgrade_of_graphql() {
    let server = TestServer::start().await;
    let mut socket = open_with(&server, "/graphql", &[PROTOCOL]).await.unwrap();
    say(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut socket).await["type"], "connection_ack");
}

#[tokio::test]
async fn a_completed_subscription_says_no_more_and_frees_its_id() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    say(&mut socket, subscribe("a", "subscription { forever }")).await;
    assert_eq!(hear(&mut socket).await["type"], "next");
    say(&mut socket, json!({ "type": "complete", "id": "a" })).await;
    say(
        &mut socket,
        json!({ "type": "complete", "id": "never-there" }),
    )
    .await;
    say(&mut socket, subscribe("a", "subscription { ticks(to: 1) }")).await;
    assert_eq!(hear(&mut socket).await["payload"]["data"]["ticks"], 1);
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let server = TestServer::start().await;
    let mut socket = open(&server).await;
    say(
        &mut socket,
        json!({ "type": "ping", "payload": { "n": 1 } }),
    )
    .await;
    assert_eq!(
        hear(&mut socket).await,
        json!({ "type": "pong", "payload": { "n": 1 } })
    );
    say(&mut socket, json!({ "type": "pong" })).await;
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut socket).await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn a_client_that_shows_no_sign_of_life_is_let_go() {
    let settings = SocketSettings {
        init_time: Duration::from_secs(5),
        keep_alive: Duration::from_millis(100),
    };
    let server = TestServer::with_sockets(BUCKET, settings).await;
    let mut alive = connected(&server).await;
    let mut dead = connected(&server).await;
    // Reading is what answers pings: one client reads, the other does not.
    let heard = timeout(Duration::from_secs(1), async {
        let mut pings = 0;
        while let Some(Ok(message)) = alive.next().await {
            assert!(message.is_ping(), "{message:?}");
            pings += 1;
        }
        pings
    });
    assert!(heard.await.is_err(), "the living socket stays open");
    assert_eq!(close_code(&mut dead).await, 1001);
}

#[tokio::test]
async fn documents_have_the_same_limits_and_errors() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    let aliases: Vec<String> = (0..60).map(|n| format!("a{n}: me")).collect();
    for (query, code) in [
        (format!("{{ {} }}", aliases.join(" ")), "QUERY_TOO_COMPLEX"),
        ("{ nothing }".into(), "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { nothing }".into(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{".into(), "GRAPHQL_PARSE_FAILED"),
        (
            "subscription { a: forever b: forever }".into(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { sealed }".into(), "SEALED"),
    ] {
        say(&mut socket, subscribe("x", &query)).await;
        let message = hear(&mut socket).await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!("x")),
            "{message}"
        );
        assert_eq!(message["payload"][0]["extensions"]["code"], code);
    }
    say(&mut socket, subscribe("x", "subscription { breaks }")).await;
    assert_eq!(hear(&mut socket).await["payload"]["data"]["breaks"], 1);
    let broken = hear(&mut socket).await.to_string();
    assert!(
        broken.contains("INTERNAL_SERVER_ERROR") && !broken.contains("secret"),
        "{broken}"
    );
}

#[tokio::test]
async fn credentials_come_in_the_payload_or_the_handshake() {
    let server = TestServer::start().await;
    let mut socket = open(&server).await;
    say(
        &mut socket,
        json!({ "type": "connection_init", "payload": { "Authorization": "Bearer alice" } }),
    )
    .await;
    hear(&mut socket).await;
    say(&mut socket, subscribe("a", "{ me }")).await;
    assert_eq!(hear(&mut socket).await["payload"]["data"]["me"], "alice");
    let headers = [PROTOCOL, ("authorization", "Bearer bob")];
    let mut socket = open_with(&server, "/graphql/ws", &headers).await.unwrap();
    say(
        &mut socket,
        json!({ "type": "connection_init", "payload": null }),
    )
    .await;
    hear(&mut socket).await;
    say(&mut socket, subscribe("a", "{ me }")).await;
    assert_eq!(hear(&mut socket).await["payload"]["data"]["me"], "bob");
}

#[tokio::test]
async fn a_socket_runs_at_most_20_operations() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    for n in 0..20 {
        say(
            &mut socket,
            subscribe(&n.to_string(), "subscription { forever }"),
        )
        .await;
        assert_eq!(hear(&mut socket).await["type"], "next");
    }
    say(&mut socket, subscribe("20", "subscription { forever }")).await;
    let message = hear(&mut socket).await;
    assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    say(&mut socket, json!({ "type": "complete", "id": "0" })).await;
    say(&mut socket, subscribe("20", "subscription { forever }")).await;
    assert_eq!(hear(&mut socket).await["type"], "next");
}

#[tokio::test]
async fn what_is_no_message_closes_with_4400() {
    let server = TestServer::start().await;
    for text in [
        "{",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
    ] {
        let mut socket = connected(&server).await;
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(close_code(&mut socket).await, 4400, "{text}");
    }
    let mut socket = connected(&server).await;
    socket.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4400);
}

#[tokio::test]
async fn an_operation_before_the_acknowledgement_closes_with_4401() {
    let server = TestServer::start().await;
    let mut socket = open(&server).await;
    say(&mut socket, subscribe("a", "{ me }")).await;
    assert_eq!(close_code(&mut socket).await, 4401);
}

#[tokio::test]
async fn bad_and_expiring_credentials_close_with_4403() {
    let server = TestServer::start().await;
    for token in ["expired", "banned", "down"] {
        let mut socket = open(&server).await;
        say(&mut socket, json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        assert_eq!(close_code(&mut socket).await, 4403, "{token}");
    }
    let mut socket = open(&server).await;
    say(
        &mut socket,
        json!({ "type": "connection_init", "payload": { "authorization": "Bearer short" } }),
    )
    .await;
    hear(&mut socket).await;
    say(&mut socket, subscribe("a", "subscription { forever }")).await;
    assert_eq!(hear(&mut socket).await["type"], "next");
    assert_eq!(close_code(&mut socket).await, 4403);
}

#[tokio::test]
async fn another_subprotocol_closes_with_4406() {
    let server = TestServer::start().await;
    let mut socket = open_with(&server, "/graphql/ws", &[]).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4406);
}

#[tokio::test]
async fn silence_instead_of_connection_init_closes_with_4408() {
    let server = TestServer::start().await;
    let mut socket = open(&server).await;
    assert_eq!(close_code(&mut socket).await, 4408);
}

#[tokio::test]
async fn a_running_id_used_again_closes_with_4409() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    say(&mut socket, subscribe("a", "subscription { forever }")).await;
    say(&mut socket, subscribe("a", "subscription { forever }")).await;
    assert_eq!(close_code(&mut socket).await, 4409);
}

#[tokio::test]
async fn a_second_connection_init_closes_with_4429() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    say(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(close_code(&mut socket).await, 4429);
}

#[tokio::test]
async fn pages_of_other_origins_cannot_open_a_socket() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    for (origin, opens) in [
        (own.as_str(), true),
        ("https://city.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let opened = open_with(&server, "/graphql/ws", &[PROTOCOL, ("origin", origin)]).await;
        match opened {
            Ok(_) => assert!(opens, "{origin}"),
            Err(Error::Http(response)) => {
                assert!(!opens, "{origin}");
                assert_eq!(response.status(), 403);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_plain_request_for_the_socket_is_told_to_upgrade() {
    let server = TestServer::start().await;
    let response = server.get("/graphql/ws").send().await.unwrap();
    assert_eq!(response.status(), 426);
}
