use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;
use commonweal_api::graphql::cost::bucket::BucketSettings;
use futures_util::stream;
use serde_json::json;

use crate::server::{BUCKET, TestServer, answer, code, header, json_of, message};

#[tokio::test]
async fn a_body_of_12_mib_is_refused() {
    let server = TestServer::start().await;
    let body = format!("{{\"query\": \"{}\"}}", " ".repeat(12 << 20));
    let (status, answer) = answer(server.post(body)).await;
    assert_eq!((status, code(&answer)), (413, "BAD_USER_INPUT"));
    assert!(message(&answer).contains("1048576"));
    assert_eq!(server.ask("{ me }").await.0, 200);
}

#[tokio::test]
async fn a_body_of_12_mib_that_does_not_say_so_is_refused_too() {
    let server = TestServer::start().await;
    let chunks =
        stream::iter((0..192).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65_536]))));
    let request = server
        .request("POST", "/graphql")
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(chunks));
    let (status, answer) = answer(request).await;
    assert_eq!((status, code(&answer)), (413, "BAD_USER_INPUT"));
}

#[tokio::test]
async fn documents_over_a_limit_are_refused_and_say_which() {
    let server = TestServer::start().await;
    let many = |count: usize, part: &dyn Fn(usize) -> String| {
        let parts: Vec<String> = (0..count).map(part).collect();
        format!("{{ {} }}", parts.join(" "))
    };
    let mut bomb = "{ ...F0 }".to_owned();
    for level in 0..22 {
        let next = level + 1;
        write!(
            bomb,
            " fragment F{level} on Query {{ ...F{next} ...F{next} }}"
        )
        .unwrap();
    }
    bomb.push_str(" fragment F22 on Query { me }");
    let deep = format!("{{ {} number {} }}", "thing { ".repeat(16), "} ".repeat(16));
    for (query, limit) in [
        (many(1_000, &|n| format!("a{n}: me")), "tokens"),
        (many(60, &|n| format!("a{n}: me")), "aliases"),
        (many(21, &|_| "me".to_owned()), "root fields"),
        (bomb, "nodes with fragments expanded"),
        (deep, "levels of fields"),
        (
            format!("{{ me {} }}", "@include(if: true)".repeat(9)),
            "directives on one field",
        ),
        (format!("{{ me }} #{}", "x".repeat(16_384)), "bytes of text"),
        (
            format!("{{ count(numbers: {}", "[".repeat(1_500)),
            "nested brackets",
        ),
        (
            many(10, &|n| {
                format!("p{n}: things(first: 100) {{ nodes {{ number }} }}")
            }),
            "points of cost",
        ),
    ] {
        let (status, body) = server.ask(&query).await;
        assert_eq!((status, code(&body)), (400, "QUERY_TOO_COMPLEX"), "{limit}");
        assert_eq!(body["errors"][0]["extensions"]["limit"], limit);
        if limit.starts_with("nodes") {
            assert_eq!(body["errors"][0]["extensions"]["visited"], 46);
        }
    }
    let numbers = json!({ "query": "query($n: [Int!]!) { count(numbers: $n) }", "variables": { "n": vec![1; 251] } });
    let (status, body) = answer(server.post(numbers.to_string())).await;
    assert_eq!((status, code(&body)), (400, "BAD_USER_INPUT"));
    assert!(message(&body).contains("`variables.n`"));
}

#[tokio::test]
async fn every_answer_tells_its_cost_and_the_bucket() {
    let server = TestServer::start().await;
    let (_, body) = server.ask("{ things(first: 50) { nodes { number } } rateLimit { requestedQueryCost throttleStatus { currentlyAvailable } } }").await;
    let expected = json!({
        "requestedQueryCost": 54,
        "throttleStatus": { "maximumAvailable": 10_000, "currentlyAvailable": 9_946, "restoreRate": 500 },
    });
    assert_eq!(body["extensions"]["cost"], expected);
    assert_eq!(body["data"]["rateLimit"]["requestedQueryCost"], 54);
    assert_eq!(
        body["data"]["rateLimit"]["throttleStatus"]["currentlyAvailable"],
        9_946
    );
    let (_, body) = server.ask("{ nothing }").await;
    assert_eq!(
        body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"],
        9_945
    );
}

#[tokio::test]
async fn an_empty_bucket_is_429_with_the_time_to_wait() {
    let small = BucketSettings {
        maximum: 10,
        restore_per_second: 2,
        ..BUCKET
    };
    let server = TestServer::with(small).await;
    let query = "{ things(first: 6) { nodes { number } } }";
    assert_eq!(server.ask(query).await.0, 200);
    for accept in ["application/graphql-response+json", "application/json"] {
        let response = server
            .request("POST", "/graphql")
            .header("accept", accept)
            .header("content-type", "application/json")
            .body(json!({ "query": query }).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(header(&response, "retry-after"), "3");
        assert_eq!(code(&json_of(response).await), "RATE_LIMITED");
    }
    // Others have buckets of their own.
    let alice = server.query(query).header("authorization", "Bearer alice");
    assert_eq!(answer(alice).await.0, 200);
    server.advance(3_000_000);
    assert_eq!(server.ask(query).await.0, 200);
}

#[tokio::test]
async fn an_operation_that_runs_too_long_is_stopped() {
    let server = TestServer::start().await;
    let started = tokio::time::Instant::now();
    let (status, body) = server.ask("{ slow }").await;
    assert_eq!((status, code(&body)), (503, "QUERY_TOO_COMPLEX"));
    assert!(started.elapsed() < Duration::from_secs(15));
}
