use serde_json::json;

use crate::server::{TestServer, answer, code, header, json_of, message};

const NEWER: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_asked_for() {
    let server = TestServer::start().await;
    for (accept, expected) in [
        ("application/graphql-response+json", NEWER),
        ("application/json", JSON),
        ("*/*", JSON),
        (
            "application/json;q=0.5, application/graphql-response+json",
            NEWER,
        ),
    ] {
        let response = server
            .request("POST", "/graphql")
            .header("accept", accept)
            .header("content-type", "application/json; charset=utf-8")
            .body(r#"{"query":"{ echo(text: \"hi\") }"}"#)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), expected, "{accept}");
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(json_of(response).await["data"], json!({ "echo": "hi0" }));
    }
}

#[tokio::test]
async fn variables_and_operation_names_are_used() {
    let server = TestServer::start().await;
    let body = json!({
        "query": "query A($t: String!) { a: echo(text: $t) } query B($t: String!) { b: echo(text: $t) }",
        "operationName": "B",
        "variables": { "t": "ü" },
        "extensions": {},
    });
    let (status, answer) = answer(server.post(body.to_string())).await;
    assert_eq!((status, &answer["data"]), (200, &json!({ "b": "ü0" })));
}

#[tokio::test]
async fn a_query_may_come_by_get() {
    let server = TestServer::start().await;
    let path = "/graphql?query=query(%24n%3AInt)%7Becho(n%3A%24n)%7D&variables=%7B%22n%22%3A7%7D";
    let (status, body) = answer(server.get(path)).await;
    assert_eq!((status, &body["data"]), (200, &json!({ "echo": "7" })));
    let (status, body) = answer(server.get("/graphql")).await;
    assert_eq!((status, code(&body)), (400, "BAD_USER_INPUT"));
    assert!(message(&body).contains("`query`"));
    let (status, body) = answer(server.get("/graphql?query=%7Bme%7D&token=x")).await;
    assert_eq!(status, 400);
    assert!(message(&body).contains("`token`"));
}

#[tokio::test]
async fn a_mutation_never_comes_by_get() {
    let server = TestServer::start().await;
    let response = server
        .get("/graphql?query=mutation%7Bbump(by%3A1)%7D")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(header(&response, "allow"), "POST");
    assert_eq!(code(&json_of(response).await), "BAD_USER_INPUT");
    let (_, body) = server.ask("mutation { bump(by: 1) }").await;
    assert_eq!(body["data"]["bump"], 1, "nothing was bumped by the GET");
}

#[tokio::test]
async fn what_a_browser_sends_without_asking_first_is_refused() {
    let server = TestServer::start().await;
    for simple in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        None,
    ] {
        let mut request = server
            .request("POST", "/graphql")
            .body(r#"{"query":"mutation { bump(by: 1) }"}"#);
        if let Some(simple) = simple {
            request = request.header("content-type", simple);
        }
        let (status, body) = answer(request).await;
        assert_eq!((status, code(&body)), (415, "BAD_USER_INPUT"), "{simple:?}");
    }
    let compressed = server.query("{ me }").header("content-encoding", "gzip");
    assert_eq!(answer(compressed).await.0, 415);
    let (_, body) = server.ask("mutation { bump(by: 1) }").await;
    assert_eq!(body["data"]["bump"], 1);
}

#[tokio::test]
async fn other_methods_and_media_types_are_refused() {
    let server = TestServer::start().await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let response = server.request(method, "/graphql").send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(header(&response, "allow"), "GET, POST");
        assert_eq!(code(&json_of(response).await), "BAD_USER_INPUT");
    }
    let response = server
        .get("/graphql?query=%7Bme%7D")
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 406);
    assert_eq!(header(&response, "content-type"), JSON);
    assert_eq!(code(&json_of(response).await), "BAD_USER_INPUT");
}

#[tokio::test]
async fn malformed_envelopes_are_refused_by_name() {
    let server = TestServer::start().await;
    for (body, part) in [
        ("{\"query\": \"{ me }\"", "not well-formed JSON"),
        ("", "not well-formed JSON"),
        ("{\"query\": \"{ me }\", \"qurey\": 1}", "`qurey`"),
        (
            "{\"query\": \"{ me }\", \"documentId\": \"sha256:0\"}",
            "`documentId`",
        ),
        ("{\"variables\": {}}", "`query`"),
        ("{\"query\": \"{ me }\", \"variables\": 3}", "`variables`"),
        ("[{\"query\": \"{ me }\"}]", "batches are not accepted"),
    ] {
        for accept in ["application/graphql-response+json", "application/json"] {
            let request = server
                .request("POST", "/graphql")
                .header("content-type", "application/json")
                .header("accept", accept)
                .body(body);
            let (status, answer) = answer(request).await;
            assert_eq!((status, code(&answer)), (400, "BAD_USER_INPUT"), "{body}");
            assert!(message(&answer).contains(part), "{answer}");
            assert!(answer.get("data").is_none());
        }
    }
}

#[tokio::test]
async fn a_document_that_cannot_run_is_400_without_data_or_200_for_older_clients() {
    let server = TestServer::start().await;
    for (query, expected) in [
        ("{ me", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ thing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(colour: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Int) { me }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ ...F } fragment F on Query { me ...F }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ echo(n: 2147483648) }", "BAD_USER_INPUT"),
        ("query($n: Int!) { echo(n: $n) }", "BAD_USER_INPUT"),
        ("subscription { ticks(to: 1) }", "BAD_USER_INPUT"),
    ] {
        let (status, body) = server.ask(query).await;
        assert_eq!((status, code(&body)), (400, expected), "{query}");
        assert!(body.get("data").is_none());
        let request = server
            .request("POST", "/graphql")
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .body(json!({ "query": query }).to_string());
        let (status, body) = answer(request).await;
        assert_eq!((status, code(&body)), (200, expected), "{query}");
        assert!(body.get("data").is_none());
    }
}

#[tokio::test]
async fn credentials_that_do_not_do_are_told() {
    let server = TestServer::start().await;
    let with = |token: &str| {
        server
            .query("{ me }")
            .header("authorization", format!("Bearer {token}"))
    };
    let (status, body) = answer(with("alice")).await;
    assert_eq!((status, &body["data"]["me"]), (200, &json!("alice")));
    let (_, body) = server.ask("{ me }").await;
    assert_eq!(
        body["data"]["me"],
        json!(null),
        "without credentials: the anonymous public"
    );
    let response = with("expired").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "www-authenticate"), "Bearer");
    assert_eq!(code(&json_of(response).await), "UNAUTHENTICATED");
    let (status, body) = answer(with("banned")).await;
    assert_eq!((status, code(&body)), (403, "FORBIDDEN"));
    let response = with("down").send().await.unwrap();
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    assert!(
        text.contains("INTERNAL_SERVER_ERROR") && !text.contains("secret"),
        "{text}"
    );
}

#[tokio::test]
async fn introspection_is_answered_outside_the_limits_at_the_price_of_one() {
    let server = TestServer::start().await;
    let standard = include_str!("../../src/graphql/limits/introspection.graphql");
    let (status, first) = server.ask(standard).await;
    assert_eq!(status, 200);
    assert_eq!(first["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(first["extensions"]["cost"]["requestedQueryCost"], 1);
    let (_, again) = server.ask(standard).await;
    assert_eq!(first["data"], again["data"]);
}
