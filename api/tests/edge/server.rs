//! A server on a loopback port for one test, and how the tests talk to it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_graphql::Schema;
use commonweal_api::{
    graphql::{
        cost::bucket::BucketSettings,
        subscriptions::{self, AllowedOrigins, SocketSettings},
        transport::GraphqlService,
    },
    http::{self, Edge, context::TraceIds, serve::serve, shutdown::Shutdown},
};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::schema::{Mutation, Query, START, Subscription, Tokens};

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) serving: JoinHandle<std::io::Result<()>>,
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
}

pub(crate) const BUCKET: BucketSettings = BucketSettings {
    maximum: 10_000,
    restore_per_second: 500,
    capacity: 1_000,
};

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(BUCKET).await
    }

    pub(crate) async fn with(bucket: BucketSettings) -> Self {
        Self::with_sockets(
            bucket,
            SocketSettings {
                init_time: Duration::from_millis(300),
                keep_alive: Duration::from_secs(20),
            },
        )
        .await
    }

    pub(crate) async fn with_sockets(bucket: BucketSettings, settings: SocketSettings) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let time = Arc::clone(&clock);
        let schema = Schema::build(Query, Mutation::default(), Subscription);
        let now = Arc::new(move || time.load(Ordering::SeqCst));
        let service = GraphqlService::new(schema, Tokens, bucket, now).unwrap();
        let shutdown = Shutdown::default();
        let origins = AllowedOrigins::new(["https://city.example".to_owned()]);
        let routes = subscriptions::routes(service, origins, settings, shutdown.clone())
            .merge(commonweal_api::graphql::graphiql::routes());
        let edge = Edge {
            trace_ids: TraceIds::new([1; 16]),
            trusted_proxies: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = http::assemble(routes, Arc::new(edge));
        let serving = tokio::spawn(serve(listener, app, shutdown.clone()));
        Self {
            address,
            shutdown,
            serving,
            clock,
            client: reqwest::Client::new(),
        }
    }

    pub(crate) fn advance(&self, micros: i64) {
        self.clock.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), self.url(path))
    }

    /// A POST that prefers `application/graphql-response+json`.
    pub(crate) fn post(&self, body: impl Into<String>) -> RequestBuilder {
        self.client
            .post(self.url("/graphql"))
            .header("accept", "application/graphql-response+json")
            .header("content-type", "application/json")
            .body(body.into())
    }

    pub(crate) fn query(&self, query: &str) -> RequestBuilder {
        self.post(json!({ "query": query }).to_string())
    }

    /// The status and body of a query.
    pub(crate) async fn ask(&self, query: &str) -> (u16, Value) {
        answer(self.query(query)).await
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), json_of(response).await)
}

pub(crate) async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).expect("a JSON body")
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The code of the only error.
pub(crate) fn code(body: &Value) -> &str {
    let errors = body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{body}");
    errors[0]["extensions"]["code"].as_str().expect("a code")
}

pub(crate) fn message(body: &Value) -> &str {
    body["errors"][0]["message"].as_str().expect("a message")
}
