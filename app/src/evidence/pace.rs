//! How slow a sender may be: a place among the uploads is held by those who send.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// The least bytes of a window, unless the file ends in it: fewer are no sender, but somebody who holds a place.
pub(super) const LEAST_BYTES: usize = 64 << 10;
/// How long those may take.
pub(super) const WINDOW: Duration = Duration::from_secs(30);

/// What a sender still has to do in how much time. Only waiting for the sender counts, and not what the store takes.
pub(super) struct Pace {
    window: Duration,
    left: Duration,
    bytes: usize,
}

impl Pace {
    /// A sender who begins.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            left: window,
            bytes: 0,
        }
    }

    /// What comes next; none where the time for so many bytes is over.
    pub(super) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        let came = timeout(self.left, next).await.ok()?;
        self.left = self.left.saturating_sub(began.elapsed());
        Some(came)
    }

    /// So many bytes came. The time begins anew with enough of them.
    pub(super) fn came(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes >= LEAST_BYTES {
            *self = Self::new(self.window);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    /// How long a sender of pieces of a size, each after a tenth of the window, is listened to, at most for three windows.
    async fn pieces(size: usize) -> usize {
        let window = Duration::from_secs(2);
        let mut pace = Pace::new(window);
        for piece in 0..30 {
            if pace.wait(sleep(window / 10)).await.is_none() {
                return piece;
            }
            pace.came(size);
        }
        30
    }

    #[tokio::test]
    async fn who_sends_a_little_now_and_then_is_cut_off_and_who_sends_enough_is_not() {
        let (little, enough) = tokio::join!(pieces(1), pieces(LEAST_BYTES / 4));
        assert!(little <= 10, "{little} pieces");
        assert_eq!(enough, 30);
    }

    #[tokio::test]
    async fn a_sender_who_is_silent_is_cut_off() {
        let mut pace = Pace::new(Duration::from_millis(10));
        assert!(pace.wait(std::future::pending::<()>()).await.is_none());
    }
}
