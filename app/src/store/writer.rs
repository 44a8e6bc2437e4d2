//! The writer: one task that takes commands from a queue, decides them in batches, and answers after the commit.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use commonweal_domain::ids::CommitId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use super::batch::{self, Ended, Lost};
use super::command::{Job, Verdict};
use super::connect::{DatabaseUrl, begin};
use super::head::{Settled, settle};
use super::kept::Kept;
use super::known;
use super::settings::{BATCH_COMMANDS_MAX, BATCH_MOVES_MAX, IDLE_WAIT, LOCK_WAIT, SETTLE_WAIT};
use crate::error::AppError;
use crate::failpoint::{Point, Points};
use crate::rng::Ids;

/// What comes through the queue.
pub(super) enum Message {
    /// A command.
    Job(Job),
    /// Finish what is queued, close the connection, then answer.
    Close(oneshot::Sender<()>),
}

/// The writer's state.
pub(super) struct Writer {
    pub(super) url: Arc<DatabaseUrl>,
    pub(super) ids: Ids,
    pub(super) queue: mpsc::Receiver<Message>,
    pub(super) database: Option<DatabaseConnection>,
    /// Jobs of discarded batches, which run again, each alone.
    pub(super) again: VecDeque<Job>,
    /// Tells the size of the log after each commit.
    pub(super) committed: watch::Sender<u64>,
    pub(super) closing: Option<oneshot::Sender<()>>,
    /// How many statements have run in its transactions.
    pub(super) statements: Arc<AtomicU64>,
    /// Whether SQLite's write-ahead log has grown since it was last folded.
    pub(super) dirty: bool,
    /// What was read from the database and is still true; nothing after a batch that failed or did more than move.
    pub(super) kept: Option<Kept>,
    pub(super) points: Points,
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        while let Some(jobs) = self.next_batch().await {
            self.decide(jobs).await;
        }
        self.disconnect().await;
        if let Some(done) = self.closing.take() {
            let _ = done.send(());
        }
    }

    /// Everything that is queued, at most a batch. There is no timer: while one batch is committed the next gathers.
    async fn next_batch(&mut self) -> Option<Vec<Job>> {
        if let Some(job) = self.again.pop_front() {
            return Some(vec![job]);
        }
        let mut jobs = Vec::new();
        while jobs.is_empty() {
            match self.next_message().await? {
                Message::Job(job) => jobs.push(job),
                Message::Close(done) => self.close(done),
            }
        }
        self.gather(&mut jobs);
        // Callers that have just been answered get a turn to ask for their next.
        yield_now().await;
        self.gather(&mut jobs);
        metrics::histogram!("commonweal_batch_commands").record(u32::try_from(jobs.len()).ok()?);
        Some(jobs)
    }

    /// Takes in what is queued and has room.
    fn gather(&mut self, jobs: &mut Vec<Job>) {
        while has_room(jobs) {
            match self.queue.try_recv() {
                Ok(Message::Job(job)) => jobs.push(job),
                Ok(Message::Close(done)) => self.close(done),
                Err(_) => break,
            }
        }
    }

    async fn next_message(&mut self) -> Option<Message> {
        if self.dirty {
            match timeout(IDLE_WAIT, self.queue.recv()).await {
                Ok(message) => return message,
                Err(_) => self.tidy().await,
            }
        }
        self.queue.recv().await
    }

    fn close(&mut self, done: oneshot::Sender<()>) {
        self.queue.close();
        self.closing = Some(done);
    }

    /// Folds SQLite's write-ahead log into the file in a quiet moment. It does not wait for readers.
    async fn tidy(&mut self) {
        self.dirty = false;
        if self.url.backend() == DbBackend::Sqlite
            && let Some(database) = &self.database
        {
            let sql = format!(
                "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = {}",
                LOCK_WAIT.as_millis()
            );
            if let Err(error) = database.execute_unprepared(&sql).await {
                tracing::warn!(%error, "the write-ahead log could not be folded");
                self.disconnect().await;
            }
        }
    }

    async fn decide(&mut self, mut jobs: Vec<Job>) {
        let mut ended = self.attempt(&mut jobs).await;
        if let Ended::Unopened(error) = &ended {
            // An idle connection may have died unnoticed, which harms nothing: nothing was begun.
            tracing::warn!(%error, "the writer's connection is opened again");
            self.disconnect().await;
            ended = self.attempt(&mut jobs).await;
        }
        match ended {
            Ended::Decided { verdicts, size } => self.answer(jobs, verdicts, size),
            Ended::Unopened(error) => {
                self.disconnect().await;
                fail(jobs, &AppError::internal(error));
            }
            Ended::Discarded(error) => {
                tracing::error!(%error, commands = jobs.len(), "a batch was discarded");
                self.disconnect().await;
                self.run_again(jobs, error);
            }
            Ended::Lost(lost) => self.find_out(jobs, lost).await,
        }
    }

    async fn attempt(&mut self, jobs: &mut [Job]) -> Ended {
        let commit = self.ids.new::<CommitId>();
        let clock = Arc::clone(self.ids.clock());
        let (statements, points) = (Arc::clone(&self.statements), self.points.clone());
        let mut kept = self.kept.take();
        match self.connected().await {
            Ok(database) => {
                let at = (database, clock.as_ref());
                let counted = (statements.as_ref(), &points);
                let ended = match known::run(at, commit, jobs, &mut kept, counted).await {
                    Some(ended) => ended,
                    None => batch::run(at, commit, jobs, &mut kept, counted).await,
                };
                self.kept = kept;
                ended
            }
            Err(error) => Ended::Unopened(error),
        }
    }

    fn answer(&mut self, jobs: Vec<Job>, verdicts: Vec<Verdict>, size: u64) {
        self.dirty = true;
        self.committed.send_if_modified(|known| {
            let grown = *known < size;
            *known = size.max(*known);
            grown
        });
        for (job, verdict) in jobs.into_iter().zip(verdicts) {
            // What is committed is answered: only a death stops that.
            let _ = self.points.pass(Point::Answer);
            answer(job, verdict);
        }
    }

    /// Runs the jobs of a discarded batch once more, each alone, so that only the one at fault fails.
    fn run_again(&mut self, jobs: Vec<Job>, cause: DbErr) {
        let error = AppError::internal(cause);
        for mut job in jobs {
            if job.again {
                answer(job, Verdict::Failed(error.clone()));
            } else {
                job.again = true;
                self.again.push_back(job);
            }
        }
    }

    /// Learns from the database whether a commit is in whose answer was lost.
    async fn find_out(&mut self, jobs: Vec<Job>, lost: Lost) {
        tracing::error!(error = %lost.cause, "the answer to a commit was lost");
        let settled = self.settle(&lost).await;
        metrics::counter!("commonweal_commits_lost_total", "settled" => match settled {
            Settled::Committed => "committed",
            Settled::Absent => "absent",
            Settled::Unknown => "unknown",
        })
        .increment(1);
        match settled {
            Settled::Committed => self.answer(jobs, lost.verdicts, lost.size),
            Settled::Absent => self.run_again(jobs, lost.cause),
            Settled::Unknown => fail(jobs, &AppError::OutcomeUnknown),
        }
    }

    async fn settle(&mut self, lost: &Lost) -> Settled {
        let deadline = Instant::now() + SETTLE_WAIT;
        // One for all attempts: the answer to the one that left it may be lost too.
        let barrier = self.ids.new::<CommitId>();
        loop {
            self.disconnect().await;
            match self.ask(lost, barrier).await {
                Ok(settled) => return settled,
                Err(error) => tracing::warn!(%error, "the database is still away"),
            }
            if Instant::now() >= deadline {
                return Settled::Unknown;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn ask(&mut self, lost: &Lost, barrier: CommitId) -> Result<Settled, DbErr> {
        let transaction = begin(self.connected().await?).await?;
        let settled = settle(&transaction, lost, barrier).await?;
        transaction.commit().await?;
        Ok(settled)
    }

    async fn connected(&mut self) -> Result<&DatabaseConnection, DbErr> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.url.writer().await?,
        };
        Ok(self.database.insert(database))
    }

    async fn disconnect(&mut self) {
        if let Some(database) = self.database.take()
            && let Err(error) = database.close().await
        {
            tracing::warn!(%error, "the writer's connection did not close");
        }
    }
}

/// Whether another job fits into a batch: moves cost it little, everything else is run by itself.
fn has_room(jobs: &[Job]) -> bool {
    let moves: usize = jobs.iter().map(|job| job.work.lines().len()).sum();
    let moving = jobs.iter().filter(|job| job.only_moves());
    let commands = jobs.len() - moving.count();
    commands < BATCH_COMMANDS_MAX && moves < BATCH_MOVES_MAX
}

fn fail(jobs: Vec<Job>, error: &AppError) {
    for job in jobs {
        answer(job, Verdict::Failed(error.clone()));
    }
}

fn answer(job: Job, verdict: Verdict) {
    let name = job.work.name();
    if let Verdict::Failed(AppError::Internal(cause)) = &verdict {
        tracing::error!(command = name, %cause, "a command failed");
    }
    metrics::counter!("commonweal_commands_total", "command" => name, "outcome" => verdict.outcome())
        .increment(1);
    metrics::histogram!("commonweal_command_seconds", "command" => name)
        .record(job.queued.elapsed());
    job.work.answer(verdict);
}
