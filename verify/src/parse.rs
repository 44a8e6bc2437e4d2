//! Parsing, which takes longer than all else together: a thread of its own is one bundle ahead.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

use commonweal_domain::log::bundle::BundleEntries;
use commonweal_domain::log::entry::{Entry, EntryError};

/// An entry as its bytes alone tell it.
pub(crate) type Parsed = Result<Entry, EntryError>;

/// What of each bundle is parsed where it is applied, so that both threads have about as much to do.
const HERE: usize = 5;

/// The first entries of a bundle.
#[derive(Clone)]
pub(crate) struct Entries {
    pub(crate) bundle: Arc<[u8]>,
    pub(crate) count: usize,
}

impl Entries {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        BundleEntries::new(&self.bundle).take(self.count)
    }

    fn here(&self) -> usize {
        self.count / HERE
    }

    fn parse(&self, from: usize, to: usize) -> Vec<Parsed> {
        let entries = self.iter().skip(from).take(to.saturating_sub(from));
        entries.map(Entry::parse).collect()
    }
}

/// The thread that parses ahead. It ends when this is dropped.
pub(crate) struct Ahead {
    sent: SyncSender<Entries>,
    parsed: Receiver<Vec<Parsed>>,
}

impl Ahead {
    pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>) -> Self {
        let (sent, entries) = sync_channel::<Entries>(1);
        let (answer, parsed) = sync_channel(1);
        // Where no thread is to be had, both channels are closed, and all is parsed where it is applied.
        let _thread = Builder::new().spawn_scoped(scope, move || {
            for entries in entries {
                let there = entries.parse(entries.here(), entries.count);
                if answer.send(there).is_err() {
                    break;
                }
            }
        });
        Self { sent, parsed }
    }

    /// Has a bundle parsed that is taken after the one before it was.
    pub(crate) fn send(&self, entries: &Entries) {
        let _closed = self.sent.send(entries.clone());
    }

    /// The entries of the bundle that was sent first of those not taken yet.
    pub(crate) fn take(&self, entries: &Entries) -> Vec<Parsed> {
        let mut parsed = entries.parse(0, entries.here());
        let there = self.parsed.recv();
        parsed.extend(there.unwrap_or_else(|_| entries.parse(entries.here(), entries.count)));
        parsed
    }
}
