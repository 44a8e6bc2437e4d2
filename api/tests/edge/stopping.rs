use std::time::Duration;

use tokio::time::timeout;

use crate::{
    server::TestServer,
    sockets::{close_code, connected},
};

/// SIGTERM reaches the whole process: harmless to other tests once the handler is there.
#[cfg(unix)]
#[tokio::test]
async fn sigterm_is_the_signal_to_stop() {
    use futures_util::FutureExt as _;
    let mut signal = Box::pin(commonweal_api::http::serve::stop_signal());
    assert!((&mut signal).now_or_never().is_none(), "not yet");
    let id = std::process::id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(kill.unwrap().success());
    timeout(Duration::from_secs(5), signal)
        .await
        .expect("heard")
        .unwrap();
}

#[tokio::test]
async fn stopping_finishes_requests_and_closes_sockets_with_1001() {
    let server = TestServer::start().await;
    let mut socket = connected(&server).await;
    let request = server.query("{ pause(millis: 500) }").send();
    let running = tokio::spawn(request);
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.shutdown.begin();
    assert_eq!(close_code(&mut socket).await, 1001);
    drop(socket);
    assert_eq!(running.await.unwrap().unwrap().status(), 200);
    let ended = timeout(Duration::from_secs(5), server.serving).await;
    ended.expect("served to the end").unwrap().unwrap();
    let refused = reqwest::get(format!("http://{}/livez", server.address)).await;
    assert!(refused.is_err(), "nobody listens any more");
}
