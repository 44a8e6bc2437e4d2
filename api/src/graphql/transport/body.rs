//! Reads a request body up to a limit, refusing while it reads: a larger body is never held in memory.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

/// How long a body may take to come in.
const READ_TIME: Duration = Duration::from_secs(10);
/// How much of a refused body is still taken in, and for how long, so that the client reads the answer instead of a
/// broken connection. Nothing of it is kept.
const DRAIN_BYTES: usize = 32 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// More bytes than allowed.
    TooLarge,
    /// It came too slowly.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// The body, if it has at most `limit` bytes.
pub(super) async fn read(
    body: Body,
    declared: Option<u64>,
    limit: usize,
) -> Result<Bytes, BodyError> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if declared.is_some_and(|length| length > most) {
        tokio::spawn(drain(body));
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(READ_TIME, collect(body, limit))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Ok(data) = frame.into_data() else {
            continue; // trailers
        };
        if read.len() + data.len() > limit {
            tokio::spawn(drain(body));
            return Err(BodyError::TooLarge);
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

async fn drain(mut body: Body) {
    let discard = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, discard).await;
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures_util::stream;

    use super::*;

    /// A body of 64 KiB chunks that counts those taken.
    fn chunks(count: usize) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let body = Body::from_stream(stream::iter((0..count).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65_536]))
        })));
        (body, taken)
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_read_whole() {
        let (body, _) = chunks(16);
        assert_eq!(read(body, None, 1 << 20).await.unwrap().len(), 1 << 20);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_at_its_first_byte_too_many() {
        let (body, taken) = chunks(192);
        assert_eq!(read(body, None, 1 << 20).await, Err(BodyError::TooLarge));
        assert_eq!(taken.load(Ordering::Relaxed), 17);
    }

    #[tokio::test]
    async fn a_body_that_says_it_is_too_large_is_not_read_at_all() {
        let (body, taken) = chunks(192);
        assert_eq!(
            read(body, Some(12 << 20), 1 << 20).await,
            Err(BodyError::TooLarge)
        );
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_given_up() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read(body, None, 1 << 20).await, Err(BodyError::TooSlow));
    }
}
