//! Subscriptions: the log as it grows, and tenders as they move on. An event of the log carries the entry's index, so a
//! client that was cut off goes on without a gap; a tender comes first as it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Description, ID, Subscription as GraphqlSubscription};
use commonweal_app::App;
use commonweal_domain::ids::TenderId;
use commonweal_domain::tender::Stage;
use commonweal_domain::time::Time;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::context::{app, refuse};
use super::errors::Code;
use super::ledger::{self, LedgerEntry};
use super::node::parse_id;
use super::scalars::BigInt;
use super::tender::Tender;

/// Entries read at a time.
const BATCH: u64 = 50;
/// How long to wait for a commit of this process before looking for those of others.
const LOOK: Duration = Duration::from_secs(5);

/// The root of everything that is followed.
#[derive(Debug, Default, Description)]
pub struct Subscription;

#[GraphqlSubscription(use_type_description)]
impl Subscription {
    /// Entries of the log in order, from the one behind `afterIndex` on; without it, from the next one that comes.
    async fn ledger_entries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Index of the last entry that you have; -1 for the whole log.")]
        after_index: Option<BigInt>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<LedgerEntry>> + use<>> {
        let app = Arc::clone(app(context)?);
        let next = match after_index {
            Some(index) => u64::try_from(index.0.saturating_add(1))
                .map_err(|_| super::amounts::wrong("afterIndex", &"must be -1 or an index"))?,
            None => app.read().log_size().await.map_err(refuse)?,
        };
        let tail = Tail {
            committed: app.store().committed(),
            app,
            next,
            ready: VecDeque::new(),
        };
        Ok(stream::try_unfold(tail, Tail::step))
    }

    /// A tender: first as it is, then whenever its stage, its deadline or its plan changes. That a deadline has passed is told
    /// within seconds.
    async fn tender_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The tender.")] tender: ID,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<Tender>> + use<>> {
        let app = Arc::clone(app(context)?);
        let id = parse_id("tender", &tender)?;
        let found = app.read().tenders_by_id(&[id], app.now()).await;
        if found.map_err(refuse)?.is_empty() {
            return Err(Code::NotFound.error("`tender`: no such tender"));
        }
        let watch = Watch {
            committed: app.store().committed(),
            app,
            id,
            told: None,
        };
        Ok(stream::try_unfold(watch, Watch::step))
    }
}

/// Where a subscriber stands.
struct Tail {
    app: Arc<App>,
    committed: watch::Receiver<u64>,
    next: u64,
    ready: VecDeque<LedgerEntry>,
}

impl Tail {
    /// The next entry, when there is one; the end when the service stops.
    async fn step(mut self) -> async_graphql::Result<Option<(LedgerEntry, Self)>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(Some((entry, self)));
            }
            // Seen before the read, so that a commit between read and wait is not slept over.
            self.committed.borrow_and_update();
            let found =
                ledger::entries(&self.app, self.next..self.next.saturating_add(BATCH)).await?;
            self.next = self.next.saturating_add(found.len() as u64);
            self.ready = found.into();
            if self.ready.is_empty()
                && matches!(timeout(LOOK, self.committed.changed()).await, Ok(Err(_)))
            {
                return Ok(None);
            }
        }
    }
}

/// What of a tender a subscriber was told last.
struct Watch {
    app: Arc<App>,
    committed: watch::Receiver<u64>,
    id: TenderId,
    /// Stage, deadline and number of amendments.
    told: Option<(Stage, Time, u32)>,
}

impl Watch {
    /// The tender, once it is not as it was told; the end when the service stops.
    async fn step(mut self) -> async_graphql::Result<Option<(Tender, Self)>> {
        loop {
            // Seen before the read, so that a commit between read and wait is not slept over.
            self.committed.borrow_and_update();
            let now = self.app.now();
            let found = self.app.read().tenders_by_id(&[self.id], now).await;
            let Some(view) = found.map_err(refuse)?.remove(&self.id) else {
                return Ok(None);
            };
            let state = (view.stage, view.plan.closes_at, view.amendments);
            if self.told.replace(state) != Some(state) {
                return Ok(Some((view.into(), self)));
            }
            if matches!(timeout(LOOK, self.committed.changed()).await, Ok(Err(_))) {
                return Ok(None);
            }
        }
    }
}
