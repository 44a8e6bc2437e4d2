use crate::server::{TestServer, answer, code, header};

#[tokio::test]
async fn every_answer_has_the_security_headers_and_a_trace_id() {
    let server = TestServer::start().await;
    for path in ["/livez", "/version", "/nowhere", "/graphql?query=%7Bme%7D"] {
        let response = server.get(path).send().await.unwrap();
        let policy = header(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert!(header(&response, "strict-transport-security").contains("max-age="));
        assert_eq!(header(&response, "x-trace-id").len(), 32);
    }
}

#[tokio::test]
async fn liveness_version_and_unknown_paths() {
    let server = TestServer::start().await;
    let response = server.get("/livez").send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.text().await.unwrap().as_str()
        ),
        (200, "ok\n")
    );
    let (status, body) = answer(server.get("/version")).await;
    assert_eq!(
        (status, body["version"].as_str()),
        (200, Some(env!("CARGO_PKG_VERSION")))
    );
    let (status, body) = answer(server.get("/nowhere")).await;
    assert_eq!((status, code(&body)), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn graphiql_is_served_by_us_under_a_strict_policy() {
    let server = TestServer::start().await;
    let response = server.get("/graphiql").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'"));
    for refused in ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"] {
        assert!(!policy.contains(refused), "{policy}");
    }
    let page = response.text().await.unwrap();
    assert!(!page.contains("://"), "nothing from elsewhere");
    let mut files = 0;
    for part in page
        .split(['"', '\''])
        .filter(|part| part.starts_with("/graphiql/"))
    {
        let response = server.get(part).send().await.unwrap();
        assert_eq!(response.status(), 200, "{part}");
        assert!(
            header(&response, "cache-control").contains("immutable"),
            "{part}"
        );
        let kind = if part.contains(".css") {
            "text/css"
        } else {
            "text/javascript"
        };
        assert!(
            header(&response, "content-type").starts_with(kind),
            "{part}"
        );
        files += 1;
    }
    assert!(files >= 5);
    assert!(
        page.split("<script")
            .skip(1)
            .all(|script| script.contains("></script>") && script.contains(" src="))
    );
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let server = TestServer::start().await;
    let response = server
        .get("/graphql?query=%7Bthings(first%3A100)%7Bnodes%7Bnumber%7D%7D%7D")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&response, "content-encoding"), "gzip");
}
