//! A step of the publisher fails: nothing is shown that was not kept, and it goes on when the fault has passed.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use commonweal_api::witness::witnessing;
use commonweal_app::failpoint::{Effect, Point};
use commonweal_app::publisher::{PublishError, Publisher};
use commonweal_tests::{TestApp, log_signer, on_both};
use commonweal_verify::Verdict;

use crate::crash::Witness;

on_both!(
    a_publication_that_fails_at_any_point_is_made_later,
    a_full_disk_stops_the_publisher_for_as_long_as_it_is_full,
);

/// What is published now.
async fn published(app: &TestApp) -> Result<u64> {
    let newest = app.app.read().checkpoint().await?;
    Ok(newest.map_or(0, |newest| newest.size))
}

async fn a_publication_that_fails_at_any_point_is_made_later(app: TestApp) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = log_signer().verifier_key().clone();
    let (witness, policy) = Witness::start(key, folder.path()).await?;
    let open = || {
        let memory = folder.path().join("log.signed");
        let store = app.app.store().clone();
        let witnesses = witnessing(&policy, false);
        async move {
            Ok::<_, anyhow::Error>(
                Publisher::open_with(store, log_signer(), memory, Some(witnesses?)).await?,
            )
        }
    };
    let registrar = app.registrar().await?;
    let mut publisher = open().await?;
    for point in Point::ALL
        .into_iter()
        .filter(|point| point.is_of_publisher())
    {
        // Once the same publisher goes on, once another that is started at the same size.
        for restarted in [false, true] {
            let name = format!("{point:?} {restarted}");
            app.organisation(&registrar, &name, "PRIVATE").await?;
            let size = app.app.read().log_size().await?;
            let before = published(&app).await?;
            app.app.store().points().set(point, 1, Effect::FailOnce);
            let failed = publisher.publish().await;
            ensure!(
                matches!(
                    failed,
                    Err(PublishError::Store(_) | PublishError::File { .. })
                ),
                "{name}: {failed:?}"
            );
            let shown = matches!(point, Point::Shown | Point::Cosigned);
            let now = published(&app).await?;
            ensure!(
                now == if shown { size } else { before },
                "{name}: {now} of {size} are shown"
            );
            if restarted {
                publisher = open().await?;
            }
            ensure!(publisher.publish().await? == size, "{name}");
            let newest = app.app.read().checkpoint().await?;
            let signed = newest.map(|newest| (newest.size, newest.witnessed));
            ensure!(signed == Some((size, size)), "{name}: {signed:?} of {size}");
            let report = app.watchdog().await?;
            ensure!(report.verdict() == Verdict::Clean, "{name}: {report}");
        }
    }
    witness.saw_no_fork()?;
    ensure!(witness.checkpoints() > 18, "{} seen", witness.checkpoints());
    drop(publisher);
    app.stop().await
}

async fn a_full_disk_stops_the_publisher_for_as_long_as_it_is_full(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let running = tokio::spawn(app.publisher().await?.run());
    let points = app.app.store().points().clone();
    points.set(Point::MemoryWritten, 1, Effect::Fail);
    app.organisation(&registrar, "Full disk", "PRIVATE").await?;
    let started = Instant::now();
    let before = published(&app).await?;
    while published(&app).await? == before && started.elapsed() < Duration::from_secs(3) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(points.clear() > 0, "it did not try");
    ensure!(
        published(&app).await? == before,
        "it showed what it could not keep"
    );
    app.organisation(&registrar, "Room again", "PRIVATE")
        .await?;
    let size = app.app.read().log_size().await?;
    while published(&app).await? < size {
        ensure!(!running.is_finished(), "it gave up");
        ensure!(
            started.elapsed() < Duration::from_secs(40),
            "it does not go on"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.stop().await?;
    Ok(running.await??)
}
