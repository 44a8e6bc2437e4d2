//! The transaction of a public command: statements, the log, and balances.

use std::ops::Range;

use commonweal_domain::credit::posting::{Account, Posting};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::time::Time;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::head::Head;
use super::log::StagedEntry;
use super::posting::Ledger;
use super::session::PrivateTx;
use crate::error::AppError;
use crate::moves::Books;

/// What a batch has decided so far: entries with the indexes that they get, and the balances after them.
#[derive(Debug)]
pub(crate) struct Staged {
    at: Time,
    /// Index of the first entry of this batch.
    first: u64,
    pub(super) entries: Vec<StagedEntry>,
    pub(super) ledger: Ledger,
}

impl Staged {
    /// Nothing, behind this head.
    pub(super) fn new(head: &Head, at: Time, ledger: Ledger) -> Self {
        Self {
            at,
            first: head.size,
            entries: Vec::new(),
            ledger,
        }
    }

    /// The time of everything in this commit.
    pub(crate) fn at(&self) -> Time {
        self.at
    }

    /// The size that the log has with what is staged.
    pub(crate) fn log_size(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Appends a public fact and answers its index.
    pub(crate) fn append(&mut self, draft: Draft) -> Result<u64, AppError> {
        let staged = StagedEntry::new(draft, self.at)?;
        Ok(self.stage(staged))
    }

    pub(super) fn stage(&mut self, entry: StagedEntry) -> u64 {
        let index = self.log_size();
        self.entries.push(entry);
        index
    }

    /// The balance of an account that was read before, with every command and move of this batch that was accepted.
    pub(crate) fn known_balance(&self, account: Account) -> i64 {
        self.ledger.balance(account)
    }

    /// Postings of this batch so far, which the tables of postings and balances do not show yet.
    pub(crate) fn postings(&self) -> impl Iterator<Item = &Posting> {
        self.entries.iter().flat_map(|entry| &entry.postings)
    }

    /// Puts the entries that were staged since the last time into the balances.
    pub(super) async fn apply(&mut self, database: &impl ConnectionTrait) -> Result<(), AppError> {
        self.ledger.apply(database, &self.entries).await
    }

    /// The same when every account is known.
    pub(super) fn apply_known(&mut self) -> Result<(), AppError> {
        self.ledger.apply_known(&self.entries)
    }

    /// Indexes of the entries staged since `start`.
    pub(super) fn indexes_since(&self, start: u64) -> Range<u64> {
        start..self.log_size()
    }

    /// Index of the batch's first entry, if it has one.
    pub(super) fn first_index(&self) -> Option<u64> {
        (!self.entries.is_empty()).then_some(self.first)
    }

    /// Takes a refused command's entries back.
    pub(super) fn discard_since(&mut self, start: u64) {
        let kept = usize::try_from(start - self.first).unwrap_or(usize::MAX);
        self.entries.truncate(kept);
    }
}

/// What a command works with. Entries and balances are staged and written once per batch, so read balances through
/// [`Tx::balance`] and not from the table.
#[derive(Debug)]
pub struct Tx {
    pub(super) session: PrivateTx,
    pub(super) staged: Staged,
    /// What moves need beside balances.
    pub(super) books: Books,
}

impl Tx {
    pub(super) fn new(session: PrivateTx, head: &Head, (ledger, books): (Ledger, Books)) -> Self {
        Self {
            staged: Staged::new(head, session.at(), ledger),
            session,
            books,
        }
    }

    /// The time of everything in this commit: `max(clock, time of the last commit)`.
    pub fn at(&self) -> Time {
        self.staged.at()
    }

    /// The size that the log has for this command: entries of earlier commands of the batch are counted, and what the
    /// command reads is no newer.
    pub fn log_size(&self) -> u64 {
        self.staged.log_size()
    }

    /// Appends a public fact and answers the index that it has if this command succeeds.
    ///
    /// Its postings are checked here to sum to zero, and at the end of the command against the balances.
    pub fn append(&mut self, draft: Draft) -> Result<u64, AppError> {
        self.staged.append(draft)
    }

    /// The balance of an account, with everything that this batch has done to it so far; zero where it has no row.
    pub async fn balance(&mut self, account: Account) -> Result<i64, AppError> {
        let Self {
            session, staged, ..
        } = self;
        staged.ledger.load(session, &[account]).await?;
        let new = staged.entries[staged.ledger.applied()..].iter();
        let postings = new.flat_map(|entry| &entry.postings);
        let here = postings
            .filter(|posting| posting.account == account)
            .fold(0_i64, |sum, posting| sum.saturating_add(posting.amount));
        Ok(staged.ledger.balance(account).saturating_add(here))
    }

    /// Reads accounts in one statement, so that [`Staged::known_balance`] knows them.
    pub(crate) async fn load_balances(&mut self, accounts: &[Account]) -> Result<(), AppError> {
        Ok(self.staged.ledger.load(&self.session, accounts).await?)
    }

    /// What this batch has decided so far.
    pub(crate) fn staged(&self) -> &Staged {
        &self.staged
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.session.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.session.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.session.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.session.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.session.query_all_raw(statement).await
    }
}
