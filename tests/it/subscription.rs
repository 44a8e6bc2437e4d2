//! The log as a subscription: it resumes without a gap.

use anyhow::{Context, Result};
use commonweal_tests::{TestApp, on_both};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::tender::story::{City, SECONDS_TO_CLOSING, on_tender};

on_both!(
    a_subscriber_gets_every_entry_once_from_where_it_stopped,
    a_subscriber_of_a_tender_is_told_each_stage,
);

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// The log behind an index.
async fn connect(app: &TestApp, after: i64) -> Result<Socket> {
    let query =
        "subscription ($after: BigInt) { ledgerEntries(afterIndex: $after) { index kind } }";
    let payload = json!({ "query": query, "variables": { "after": after.to_string() } });
    subscribe(app, payload).await
}

async fn subscribe(app: &TestApp, payload: Value) -> Result<Socket> {
    let mut request =
        format!("{}/graphql/ws", app.url.replace("http", "ws")).into_client_request()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = connect_async(request).await?;
    send(&mut socket, json!({ "type": "connection_init" })).await?;
    assert_eq!(receive(&mut socket).await?["type"], "connection_ack");
    send(
        &mut socket,
        json!({ "id": "1", "type": "subscribe", "payload": payload }),
    )
    .await?;
    Ok(socket)
}

async fn send(socket: &mut Socket, message: Value) -> Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

async fn receive(socket: &mut Socket) -> Result<Value> {
    loop {
        match socket.next().await.context("the socket closed")?? {
            Message::Text(text) => {
                let value: Value = serde_json::from_str(&text)?;
                if value["type"] != "ping" {
                    return Ok(value);
                }
            }
            other => anyhow::ensure!(!other.is_close(), "closed: {other}"),
        }
    }
}

async fn next_index(socket: &mut Socket) -> Result<i64> {
    let event = receive(socket).await?;
    let index = event["payload"]["data"]["ledgerEntries"]["index"].as_str();
    Ok(index
        .with_context(|| format!("no entry: {event}"))?
        .parse()?)
}

async fn a_subscriber_gets_every_entry_once_from_where_it_stopped(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let mut socket = connect(&app, -1).await?;
    app.organisation(&registrar, "First", "PRIVATE").await?;
    let mut seen = vec![
        next_index(&mut socket).await?,
        next_index(&mut socket).await?,
    ];
    drop(socket);
    app.organisation(&registrar, "Second", "PRIVATE").await?;
    let mut socket = connect(&app, seen[1]).await?;
    let third = app.organisation(&registrar, "Third", "PRIVATE");
    let rest = async {
        for _ in 0..3 {
            seen.push(next_index(&mut socket).await?);
        }
        anyhow::Ok(())
    };
    let (third, rest) = tokio::join!(third, rest);
    third?;
    rest?;
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    Ok(())
}

async fn next_stage(socket: &mut Socket) -> Result<String> {
    let event = receive(socket).await?;
    let stage = event["payload"]["data"]["tenderChanges"]["stage"].as_str();
    Ok(stage
        .with_context(|| format!("no tender: {event}"))?
        .to_owned())
}

async fn a_subscriber_of_a_tender_is_told_each_stage(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let query = "subscription ($id: ID!) { tenderChanges(tender: $id) { stage } }";
    let payload = json!({ "query": query, "variables": { "id": tender } });
    let mut socket = subscribe(&app, payload).await?;
    assert_eq!(next_stage(&mut socket).await?, "PUBLISHED");
    app.advance_seconds(SECONDS_TO_CLOSING + 60);
    assert_eq!(next_stage(&mut socket).await?, "CLOSED", "without an entry");
    let officer = &city.officer;
    on_tender(&app, officer, "approveOpening", "OpenTenderInput", &tender).await?;
    let second = &city.second_officer;
    on_tender(&app, second, "openTender", "OpenTenderInput", &tender).await?;
    assert_eq!(next_stage(&mut socket).await?, "OPENED");
    Ok(())
}
