//! What the writer knows after a commit of moves alone.

use super::head::Head;
use super::posting::{Balances, Ledger};
use crate::moves::{Books, Line};

/// What is kept at most: accounts, and organisations with what else moves need.
const KEPT_MAX: usize = 100_000;

/// Balances and books as a commit left them. They are true for as long as that commit is the last one, which the head says
/// whose lock keeps all others out: whoever writes what they hold, in this process or another, becomes the last.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) head: Head,
    balances: Balances,
    books: Books,
}

impl Kept {
    /// What a batch of moves leaves that ended with this head; nothing when that is too much to keep.
    pub(super) fn after(head: Head, ledger: Ledger, mut books: Books) -> Option<Self> {
        books.settle();
        let balances = ledger.settled();
        let small = balances.len().max(books.len()) <= KEPT_MAX;
        small.then_some(Self {
            head,
            balances,
            books,
        })
    }

    /// What a batch may begin with whose transaction has locked this head.
    pub(super) fn at(kept: Option<Self>, head: &Head) -> (Ledger, Books) {
        match kept {
            Some(kept) if kept.head == *head => kept.open(),
            _ => Default::default(),
        }
    }

    /// A ledger that knows the balances, and the books.
    pub(super) fn open(self) -> (Ledger, Books) {
        (Ledger::knowing(self.balances), self.books)
    }

    /// Whether moves can be decided from it.
    pub(super) fn knows(&self, lines: &[Line]) -> bool {
        lines.iter().all(|line| {
            let accounts = line.request.accounts();
            let known = |account| self.balances.contains_key(account);
            accounts.iter().all(known) && self.books.knows(line)
        })
    }
}
