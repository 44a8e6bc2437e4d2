//! Files of evidence come in: whole, once, and from those who may send them.

use std::time::Duration;

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{MAX_FILE, TestApp, User, on_both, pdf};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::evidence::{expect_nothing_stored, fetch, rows, stored, stranger};

on_both!(
    a_file_is_stored_once_for_each_owner_and_comes_back_as_it_was,
    a_connection_that_is_cut_leaves_nothing,
    slow_uploads_of_one_organisation_keep_nobody_else_out,
    what_is_too_large_empty_or_not_what_it_says_is_refused_and_leaves_nothing,
    nobody_stores_a_file_for_another_organisation,
);

async fn a_file_is_stored_once_for_each_owner_and_comes_back_as_it_was(app: TestApp) -> Result<()> {
    let (one, two) = (stranger(&app, "One").await?, stranger(&app, "Two").await?);
    // Larger than a part, so that it is written in several.
    let mut bytes = pdf("large");
    bytes.resize(MAX_FILE, b'x');
    let owner = one.organisation_id();
    let mut statuses = Vec::new();
    for user in [&one, &one, &two] {
        let owner = user.organisation_id();
        let sent = app
            .send_file(Some(user), &owner, "application/pdf", bytes.clone())
            .await?;
        statuses.push(sent.status().as_u16());
    }
    assert_eq!(statuses, [201, 200, 201]);
    assert_eq!((rows(&app).await?, app.files_on_disk()?.len()), (2, 2));
    let sha256 = commonweal_domain::log::hash::sha256(&bytes).to_string();
    let (status, found) = fetch(&app, Some(&one), &one, &sha256).await?;
    assert_eq!(status, 200);
    assert!(found == bytes, "{} bytes came back", found.len());

    let url = format!("{}/evidence/{owner}/{sha256}", app.url);
    let answer = app.http().get(url).bearer_auth(one.token()).send().await?;
    let header = |name: &str| {
        answer.headers()[name]
            .to_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(header("content-type"), "application/pdf");
    assert!(header("content-disposition").starts_with("attachment"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");

    let mine = "query ($owner: ID!) { evidenceFiles(owner: $owner) { totalCount nodes { sha256 size mediaType kept } } }";
    let list = app
        .data(Some(&one), mine, json!({ "owner": owner }))
        .await?;
    let expected = json!({ "totalCount": 1, "nodes": [{
        "sha256": sha256, "size": MAX_FILE.to_string(), "mediaType": "application/pdf", "kept": false
    }] });
    assert_eq!(list["evidenceFiles"], expected);
    let others = app
        .data(Some(&two), mine, json!({ "owner": owner }))
        .await?;
    assert_eq!(
        others["evidenceFiles"],
        json!({ "totalCount": 0, "nodes": [] })
    );
    Ok(())
}

async fn a_connection_that_is_cut_leaves_nothing(app: TestApp) -> Result<()> {
    let supplier = stranger(&app, "One").await?;
    let connection = begun(&app, &supplier, 1).await?;
    drop(connection);
    expect_nothing_stored(&app).await
}

/// Begins an upload that does not end, and waits until so many are on their way.
async fn begun(app: &TestApp, supplier: &User, count: usize) -> Result<TcpStream> {
    let host = app.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await?;
    let head = format!(
        "POST /evidence/{} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/pdf\r\ncontent-length: {MAX_FILE}\r\n\r\n",
        supplier.organisation_id(),
        supplier.token()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(&pdf("cut")).await?;
    connection.flush().await?;
    let begun = async {
        while app.files_on_disk()?.len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), begun).await??;
    assert_eq!(rows(app).await?, i64::try_from(count)?);
    Ok(connection)
}

async fn slow_uploads_of_one_organisation_keep_nobody_else_out(app: TestApp) -> Result<()> {
    let (one, two) = (stranger(&app, "One").await?, stranger(&app, "Two").await?);
    let mut slow = Vec::new();
    for count in 1..=4 {
        slow.push(begun(&app, &one, count).await?);
    }
    let owner = one.organisation_id();
    let send = async || {
        app.send_file(Some(&one), &owner, "application/pdf", pdf("next"))
            .await
    };
    let refused = send().await?;
    assert_eq!(refused.status().as_u16(), 429);
    let body: Value = refused.json().await?;
    let reason = &body["errors"][0]["extensions"]["reason"];
    assert_eq!(reason, &json!("TOO_MANY_UPLOADS"), "{body}");
    stored(&app, &two, pdf("theirs")).await?;
    slow.pop();
    let freed = async {
        while send().await?.status().as_u16() == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), freed).await??;
    stored(&app, &one, pdf("next")).await?;
    Ok(())
}

async fn what_is_too_large_empty_or_not_what_it_says_is_refused_and_leaves_nothing(
    app: TestApp,
) -> Result<()> {
    let supplier = stranger(&app, "One").await?;
    let owner = supplier.organisation_id();
    let mut large = pdf("large");
    large.resize(MAX_FILE + 1, b'x');
    let cases = [
        ("application/pdf", large, 413, "FILE_TOO_LARGE"),
        ("application/pdf", Vec::new(), 400, "EMPTY_FILE"),
        (
            "application/pdf",
            b"<html>no</html>".to_vec(),
            415,
            "MEDIA_TYPE",
        ),
        ("text/csv", b"MZ\x90\0\x03".to_vec(), 415, "MEDIA_TYPE"),
        ("text/html", b"<html>no</html>".to_vec(), 415, "MEDIA_TYPE"),
        ("image/png", pdf("a"), 415, "MEDIA_TYPE"),
    ];
    for (media_type, bytes, status, reason) in cases {
        let answer = app
            .send_file(Some(&supplier), &owner, media_type, bytes)
            .await?;
        let found = answer.status().as_u16();
        let body: Value = answer.json().await?;
        let error = &body["errors"][0];
        assert_eq!(
            (found, &error["extensions"]["reason"]),
            (status, &json!(reason)),
            "{body}"
        );
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| text.contains("send")),
            "{body}"
        );
    }
    expect_nothing_stored(&app).await?;
    // The same without a length, so that it is noticed only on the way.
    let host = app.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await?;
    let head = format!(
        "POST /evidence/{owner} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/pdf\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        supplier.token()
    );
    connection.write_all(head.as_bytes()).await?;
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..7 {
        connection
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await?;
        connection.write_all(&piece).await?;
        connection.write_all(b"\r\n").await?;
    }
    connection.write_all(b"0\r\n\r\n").await?;
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut connection, &mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    expect_nothing_stored(&app).await
}

async fn nobody_stores_a_file_for_another_organisation(app: TestApp) -> Result<()> {
    let (one, two) = (stranger(&app, "One").await?, stranger(&app, "Two").await?);
    let officer = app.user(one.organisation, &[Role::Officer]).await?;
    let owner = one.organisation_id();
    let unknown = "organisation:01931f3e-7c2a-7000-8000-000000000000";
    let cases = [
        (None, owner.as_str(), 401, "UNAUTHENTICATED"),
        (Some(&two), owner.as_str(), 403, "FORBIDDEN"),
        (Some(&officer), owner.as_str(), 403, "FORBIDDEN"),
        (Some(&one), unknown, 403, "FORBIDDEN"),
        (Some(&one), "claim:7", 400, "BAD_USER_INPUT"),
    ];
    for (user, owner, status, code) in cases {
        let answer = app
            .send_file(user, owner, "application/pdf", pdf("a"))
            .await?;
        let found = answer.status().as_u16();
        let body: Value = answer.json().await?;
        let said = &body["errors"][0]["extensions"]["code"];
        assert_eq!((found, said), (status, &json!(code)), "{body}");
    }
    expect_nothing_stored(&app).await
}
