//! Stopping in order: everyone learns of it, finishes, and is waited for.

use std::{future::Future, sync::Arc};

use tokio::sync::watch;

/// The one signal to stop, shared by all that must finish something first. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<State>);

#[derive(Debug)]
struct State {
    stopping: watch::Sender<bool>,
    busy: watch::Sender<usize>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(State {
            stopping: watch::Sender::new(false),
            busy: watch::Sender::new(0),
        }))
    }
}

impl Shutdown {
    /// Tells everyone to stop.
    pub fn begin(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Whether stopping has begun: readiness says no from then on.
    pub fn has_begun(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Resolves when stopping begins.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopping = self.0.stopping.subscribe();
        async move {
            // The sender lives in `self`: if all are gone, nobody is left to stop.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        }
    }

    /// Counts the holder as busy until the guard is dropped.
    pub fn enter(&self) -> Busy {
        self.0.busy.send_modify(|busy| *busy += 1);
        Busy(self.clone())
    }

    /// Resolves when nobody is busy.
    pub async fn idle(&self) {
        let mut busy = self.0.busy.subscribe();
        let _ = busy.wait_for(|busy| *busy == 0).await;
    }
}

/// Someone who must finish before the process ends.
#[derive(Debug)]
pub struct Busy(Shutdown);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.busy.send_modify(|busy| *busy -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_for_the_busy_after_it_began() {
        let shutdown = Shutdown::default();
        let busy = shutdown.enter();
        let seen = tokio::spawn(shutdown.begun());
        assert!(!shutdown.has_begun());
        shutdown.begin();
        seen.await.unwrap();
        let waiting = shutdown.clone();
        let idle = tokio::spawn(async move { waiting.idle().await });
        tokio::task::yield_now().await;
        assert!(!idle.is_finished());
        drop(busy);
        idle.await.unwrap();
    }
}
