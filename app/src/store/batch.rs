//! One batch: commands in savepoints of one transaction, entries and head written once, one commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use commonweal_domain::ids::CommitId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::bulk;
use super::command::{Job, Verdict};
use super::connect::begin;
use super::contain::contained;
use super::head::Head;
use super::idempotency::Answers;
use super::kept::Kept;
use super::log::entries;
use super::posting::postings;
use super::session::PrivateTx;
use super::set::decide_moves;
use super::tx::Tx;
use crate::clock::Clock;
use crate::error::AppError;
use crate::failpoint::{Point, Points};

/// How a batch ended.
pub(super) enum Ended {
    /// What was accepted is durable; `size` is the size of the log.
    Decided { verdicts: Vec<Verdict>, size: u64 },
    /// The transaction could not even begin.
    Unopened(DbErr),
    /// Nothing is in. The connection must be closed: nobody knows what state it is in.
    Discarded(DbErr),
    /// The answer to the commit was lost.
    Lost(Lost),
}

/// What is needed to learn whether a commit is in, and what to answer then.
pub(super) struct Lost {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) size: u64,
    pub(super) commit: CommitId,
    pub(super) before: CommitId,
    pub(super) first_index: Option<u64>,
    pub(super) cause: DbErr,
}

/// Runs the jobs in order and commits those that were accepted. Counts its statements. Moves alone begin with what is kept
/// and leave what is known after them; whatever else happens, nothing is kept.
pub(super) async fn run(
    (database, clock): (&DatabaseConnection, &dyn Clock),
    commit: CommitId,
    jobs: &mut [Job],
    kept: &mut Option<Kept>,
    (statements, points): (&AtomicU64, &Points),
) -> Ended {
    let only_moves = jobs.iter().all(Job::only_moves);
    let known = kept.take().filter(|_| only_moves);
    let (mut tx, head) = match open(database, clock, points, known).await {
        Ok(opened) => opened,
        Err(error) => return Ended::Unopened(error),
    };
    let verdicts = match decide(&mut tx, &head, commit, jobs).await {
        Ok(verdicts) => verdicts,
        Err(error) => return Ended::Discarded(error),
    };
    statements.fetch_add(tx.session.statements(), Ordering::Relaxed);
    let (size, first_index) = (tx.log_size(), tx.staged.first_index());
    let next = Head {
        size,
        at: tx.at(),
        commit,
    };
    let Tx {
        session,
        staged,
        books,
    } = tx;
    let keep = |head| Kept::after(head, staged.ledger, books).filter(|_| only_moves);
    if !verdicts.iter().any(Verdict::changed_anything) {
        return match session.rollback().await {
            Ok(()) => {
                *kept = keep(head);
                Ended::Decided { verdicts, size }
            }
            Err(error) => Ended::Discarded(error),
        };
    }
    match session.commit().await {
        Ok(()) => {
            *kept = keep(next);
            Ended::Decided { verdicts, size }
        }
        Err(cause) => Ended::Lost(Lost {
            verdicts,
            size,
            commit,
            before: head.commit,
            first_index,
            cause,
        }),
    }
}

async fn open(
    database: &DatabaseConnection,
    clock: &dyn Clock,
    points: &Points,
    known: Option<Kept>,
) -> Result<(Tx, Head), DbErr> {
    points.pass(Point::Begin)?;
    let transaction = begin(database).await?;
    let head = Head::lock(&transaction).await?;
    let at = clock.now().max(head.at);
    let session = PrivateTx::new(transaction, at, points.clone());
    Ok((Tx::new(session, &head, Kept::at(known, &head)), head))
}

/// Decides every job and writes what the accepted ones staged. An error means that the batch must not be committed.
async fn decide(
    tx: &mut Tx,
    head: &Head,
    commit: CommitId,
    jobs: &mut [Job],
) -> Result<Vec<Verdict>, DbErr> {
    tx.session.pass(Point::Begun)?;
    let scopes: Vec<_> = jobs.iter().flat_map(|job| job.work.scopes()).collect();
    let mut answers = Answers::load(&tx.session, &scopes).await?;
    let mut savepoint = Savepoint::None;
    let mut verdicts = BTreeMap::new();
    for (place, job) in jobs.iter_mut().enumerate() {
        if !job.only_moves() {
            let verdict = decide_one(tx, &mut answers, &mut savepoint, job).await?;
            verdicts.insert(place, verdict);
        }
    }
    // Moves come last, together: nobody has been answered yet, so the order among the callers is free.
    let moves = jobs.iter().enumerate();
    let moves = moves.map(|(place, job)| (place, job.work.lines()));
    let (places, lines): (Vec<_>, Vec<_>) = moves.filter(|(_, lines)| !lines.is_empty()).unzip();
    let decided = decide_moves(tx, &mut answers, &mut savepoint, &lines).await?;
    verdicts.extend(places.into_iter().zip(decided));
    if savepoint != Savepoint::None {
        let session = &tx.session;
        session.pass(Point::Decided)?;
        let staged = &tx.staged;
        let [entries, blobs] = entries(head.size, &staged.entries, tx.at(), commit)?;
        for (insert, written) in [
            (entries, Point::EntriesWritten),
            (blobs, Point::BlobsWritten),
            (
                postings(head.size, &staged.entries)?,
                Point::PostingsWritten,
            ),
            (staged.ledger.insert(), Point::BalancesWritten),
            (answers.insert()?, Point::AnswersWritten),
        ] {
            bulk::insert(session, insert).await?;
            session.pass(written)?;
        }
        let next = Head {
            size: tx.log_size(),
            at: tx.at(),
            commit,
        };
        head.advance(session, &next).await?;
    }
    Ok(verdicts.into_values().collect())
}

async fn decide_one(
    tx: &mut Tx,
    answers: &mut Answers,
    savepoint: &mut Savepoint,
    job: &mut Job,
) -> Result<Verdict, DbErr> {
    let name = job.work.name();
    if let Some(key) = job.work.key() {
        match answers.find(name, key) {
            Ok(None) => {}
            Ok(Some(stored)) => return Ok(stored.replayed()),
            Err(conflict) => return Ok(Verdict::Failed(conflict)),
        }
    }
    savepoint.set(&tx.session).await?;
    let start = tx.log_size();
    let mut result = contained(name, job.work.run(tx)).await;
    if result.is_ok() && tx.session.has_failed() {
        result = Err(AppError::internal(format!(
            "the command {name} went on after a failed statement"
        )));
    }
    if result.is_ok()
        && let Err(refusal) = tx.staged.apply(&tx.session).await
    {
        result = Err(refusal);
    }
    if let Some(error) = tx.session.ruin() {
        return Err(error.clone());
    }
    match result {
        Ok(answer) => {
            tx.session.pass(Point::CommandRun)?;
            *savepoint = Savepoint::Used;
            let entries = tx.staged.indexes_since(start);
            if let Some(key) = job.work.key() {
                answers.keep(name, key, answer.clone(), tx.at(), entries.clone());
            }
            Ok(Verdict::Accepted {
                at: tx.at(),
                entries,
                answer,
            })
        }
        Err(error) => {
            tx.staged.discard_since(start);
            savepoint.restore(&tx.session).await?;
            tx.session.forget_failure();
            Ok(Verdict::Failed(error))
        }
    }
}

/// The one savepoint of the transaction, in raw SQL: sea-orm's nested transactions cost a call more per command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Savepoint {
    /// Not set yet.
    None,
    /// Set, and nothing has happened since.
    Clean,
    /// An accepted command has worked since.
    Used,
}

impl Savepoint {
    /// Sets the savepoint before a command; what was accepted before moves out of its reach.
    pub(super) async fn set(&mut self, session: &PrivateTx) -> Result<(), DbErr> {
        let sql = match self {
            Self::Clean => return Ok(()),
            Self::None => "SAVEPOINT command",
            Self::Used => "RELEASE SAVEPOINT command; SAVEPOINT command",
        };
        session.execute_unprepared(sql).await?;
        *self = Self::Clean;
        Ok(())
    }

    /// Notes what was accepted since; without that the savepoint is as good as new.
    pub(super) fn use_up(&mut self, accepted: bool) {
        if accepted {
            *self = Self::Used;
        }
    }

    /// Undoes everything since the savepoint, which stays.
    pub(super) async fn restore(&mut self, session: &PrivateTx) -> Result<(), DbErr> {
        session
            .execute_unprepared("ROLLBACK TO SAVEPOINT command")
            .await?;
        *self = Self::Clean;
        Ok(())
    }
}
