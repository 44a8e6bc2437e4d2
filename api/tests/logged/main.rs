//! What the server logs. A program of its own: the log library remembers for the whole process what nobody listened to,
//! so tests beside this one would decide what it sees.

#![expect(dead_code, reason = "one test needs a part of the harness")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a harness fails by panicking"
)]

#[path = "../edge/schema.rs"]
mod schema;
#[path = "../edge/server.rs"]
mod server;

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;

use server::{TestServer, answer};

/// Everything that is logged on this thread, where test and server run.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_a_client_sends_is_logged() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = TestServer::start().await;
    let body = json!({
        "query": "query Hunter2($t: String) { echo(text: $t) hunter2: uncoded }",
        "variables": { "t": "hunter2" },
    });
    let request = server
        .post(body.to_string())
        .header("authorization", "Bearer hunter2");
    assert_eq!(answer(request).await.0, 200);
    assert_eq!(
        answer(server.post("{\"query\": \"hunter2\", \"hunter2\": 1}"))
            .await
            .0,
        400
    );
    assert_eq!(
        answer(server.get("/graphql?query=%7Becho(text%3A%22hunter2%22)%7D"))
            .await
            .0,
        200
    );
    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = logged
        .lines()
        .filter(|line| line.contains("commonweal_api"))
        .collect();
    assert!(ours.len() >= 4, "{logged}");
    // The detail of the masked error is there, with the alias that the client chose in its path and nothing else.
    let masked: Vec<&&str> = ours
        .iter()
        .filter(|line| line.contains("masked error"))
        .collect();
    assert_eq!(masked.len(), 1);
    assert!(masked[0].contains("no such table"));
    for line in ours.iter().filter(|line| !line.contains("masked error")) {
        assert!(!line.to_lowercase().contains("hunter2"), "{line}");
    }
}
