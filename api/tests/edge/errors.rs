use serde_json::json;

use crate::server::{TestServer, answer, code, header, json_of, message};

#[tokio::test]
async fn an_error_of_a_field_comes_with_the_data_and_its_code() {
    let server = TestServer::start().await;
    let (status, body) = server.ask("{ me coded }").await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], json!({ "me": null, "coded": null }));
    assert_eq!(code(&body), "NOT_FOUND");
    assert_eq!(body["errors"][0]["path"], json!(["coded"]));
}

#[tokio::test]
async fn an_operation_that_ran_and_came_to_nothing_has_null_data() {
    let server = TestServer::start().await;
    let (status, body) = server.ask("{ required }").await;
    assert_eq!(status, 200);
    assert!(body.get("data").is_some_and(serde_json::Value::is_null));
    assert_eq!(code(&body), "FORBIDDEN");
}

#[tokio::test]
async fn an_error_of_ours_is_masked_and_carries_the_trace_id_of_the_answer() {
    let server = TestServer::start().await;
    let response = server.query("{ uncoded }").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let trace = header(&response, "x-trace-id").to_owned();
    let body = json_of(response).await;
    assert_eq!(
        body["errors"][0]["extensions"],
        json!({ "code": "INTERNAL_SERVER_ERROR", "traceId": trace })
    );
    assert!(!body.to_string().contains("secret"));
}

#[tokio::test]
async fn a_panic_of_a_resolver_is_masked_and_the_server_lives() {
    let server = TestServer::start().await;
    let (status, body) = server.ask("{ panics }").await;
    assert_eq!((status, code(&body)), (500, "INTERNAL_SERVER_ERROR"));
    assert!(!body.to_string().contains("secret"));
    assert_eq!(server.ask("{ me }").await.0, 200);
}

#[tokio::test]
async fn a_failure_of_a_field_that_is_never_null_reaches_the_nearest_nullable_parent() {
    let server = TestServer::start().await;
    let (_, body) = server
        .ask("{ me family(number: 1) { number sure { risky } } }")
        .await;
    assert_eq!(body["data"], json!({ "me": null, "family": null }));
    assert_eq!(
        body["errors"][0]["path"],
        json!(["family", "sure", "risky"])
    );
    let (_, body) = server
        .ask("{ family(number: 1) { number children { risky number } } }")
        .await;
    assert_eq!(
        body["data"],
        json!({ "family": { "number": 1, "children": [null, null] } })
    );
    let (status, body) = server.ask("{ me families { number risky } }").await;
    assert_eq!(status, 200);
    assert!(body["data"].is_null(), "{body}");
    assert_eq!(code(&body), "CONFLICT");
    assert_eq!(body["errors"][0]["path"], json!(["families", 1, "risky"]));
    let (_, body) = server
        .ask("{ families { number children { later } } family(number: 2) { risky } }")
        .await;
    assert!(body.get("errors").is_none());
}

#[tokio::test]
async fn fields_come_in_the_order_they_were_asked_for() {
    let server = TestServer::start().await;
    let text = server
        .query("{ family(number: 2) { later number sure { later number } } me }")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let expected =
        r#"{"data":{"family":{"later":2,"number":2,"sure":{"later":2,"number":2}},"me":null},"#;
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test]
async fn what_was_skipped_leaves_empty_objects() {
    let server = TestServer::start().await;
    let (_, body) = server.ask("{ thing { number @skip(if: true) } }").await;
    assert_eq!(body["data"], json!({ "thing": {} }));
    let (_, body) = server.ask("{ me @include(if: false) }").await;
    assert_eq!(body["data"], json!({}));
}

#[tokio::test]
async fn an_argument_refused_by_its_validator_is_the_callers_error() {
    let server = TestServer::start().await;
    let body = json!({ "query": "query($n: [Int!]!) { count(numbers: $n) }", "variables": { "n": vec![1; 201] } });
    let (_, body) = answer(server.post(body.to_string())).await;
    assert_eq!(code(&body), "BAD_USER_INPUT");
    assert!(message(&body).contains("200"), "{body}");
}

#[tokio::test]
async fn an_answer_has_at_most_50_errors() {
    let server = TestServer::start().await;
    let fields: Vec<String> = (0..400).map(|n| format!("nope{n}")).collect();
    let (_, body) = server
        .ask(&format!("{{ thing {{ {} }} }}", fields.join(" ")))
        .await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn paging_arguments_are_named_when_wrong() {
    let server = TestServer::start().await;
    for (arguments, field) in [
        ("first: 0", "first"),
        ("first: 101", "first"),
        ("after: \"x\"", "after"),
    ] {
        let (_, body) = server
            .ask(&format!("{{ things({arguments}) {{ totalCount }} }}"))
            .await;
        assert_eq!(code(&body), "BAD_USER_INPUT");
        assert_eq!(body["errors"][0]["extensions"]["field"], field);
    }
    let query = "query($after: String) { things(first: 2, after: $after) { totalCount nodes { number }
        edges { cursor node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let (_, body) = server.ask(query).await;
    let page = &body["data"]["things"];
    assert_eq!(
        (&page["totalCount"], &page["nodes"][1]["number"]),
        (&json!(1_000), &json!(1))
    );
    let variables = json!({ "after": page["pageInfo"]["endCursor"] });
    let (_, body) =
        answer(server.post(json!({ "query": query, "variables": variables }).to_string())).await;
    assert_eq!(body["data"]["things"]["edges"][0]["node"]["number"], 2);
    assert_eq!(body["data"]["things"]["pageInfo"]["hasPreviousPage"], true);
}
