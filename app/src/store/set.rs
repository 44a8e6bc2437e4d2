//! Moves in a batch: those of all jobs are decided together, one after the other, with few statements.

use tokio::sync::oneshot;

use super::batch::Savepoint;
use super::command::{Verdict, Work, Written};
use super::contain::contained;
use super::idempotency::{Answers, Scope, scope};
use super::moves::Rows;
use super::tx::{Staged, Tx};
use crate::error::AppError;
use crate::failpoint::Point;
use crate::moves::{Books, Line, MoveAnswer, decide};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;

/// A call with its moves, in the writer's queue.
pub(super) struct MoveWork {
    pub(super) lines: Vec<Line>,
    pub(super) reply: oneshot::Sender<Result<Vec<MoveAnswer>, AppError>>,
}

impl Work for MoveWork {
    fn name(&self) -> &'static str {
        match self.lines.as_slice() {
            [line] => line.name(),
            _ => "move_credits",
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        let lines = self.lines.iter();
        lines.map(|line| scope(line.name(), &line.key)).collect()
    }

    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn run<'a>(&'a mut self, _: &'a mut Tx) -> BoxFuture<'a, Result<Vec<u8>, AppError>> {
        async { Err(AppError::internal("moves are decided together")) }.boxed()
    }

    fn answer(self: Box<Self>, verdict: Verdict) {
        let result = match verdict {
            Verdict::Moved(verdicts) => {
                let lines = self.lines.iter().zip(verdicts);
                Ok(lines.map(|(line, verdict)| answer(line, verdict)).collect())
            }
            Verdict::Failed(error) => Err(error),
            _ => Err(AppError::internal("moves without verdicts")),
        };
        let _ = self.reply.send(result);
    }
}

fn answer(line: &Line, verdict: Verdict) -> MoveAnswer {
    let (at, entries, answer, replayed) = match verdict {
        Verdict::Accepted {
            at,
            entries,
            answer,
        } => (at, entries, answer, false),
        Verdict::Replayed {
            at,
            entries,
            answer,
        } => (at, entries, answer, true),
        Verdict::Failed(error) => return Err(error),
        Verdict::Moved(_) => return Err(AppError::internal("a move of moves")),
    };
    Ok(Written {
        out: line.earlier(&answer)?,
        at,
        entries: entries.collect(),
        replayed,
    })
}

/// Decides the moves of some jobs, in the order of the jobs and of their moves. When that fails as a whole each job is
/// decided alone, so that only the one at fault fails. An error means that the batch must not be committed.
pub(super) async fn decide_moves(
    tx: &mut Tx,
    answers: &mut Answers,
    savepoint: &mut Savepoint,
    jobs: &[&[Line]],
) -> Result<Vec<Verdict>, DbErr> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    match together(tx, answers, savepoint, jobs).await? {
        Ok(verdicts) => return Ok(verdicts),
        Err(error) if jobs.len() == 1 => return Ok(vec![Verdict::Failed(error)]),
        Err(error) => {
            tracing::error!(%error, jobs = jobs.len(), "moves are decided one call at a time");
        }
    }
    let mut verdicts = Vec::with_capacity(jobs.len());
    for job in jobs {
        verdicts.extend(match together(tx, answers, savepoint, &[job]).await? {
            Ok(verdicts) => verdicts,
            Err(error) => vec![Verdict::Failed(error)],
        });
    }
    Ok(verdicts)
}

/// Decides them or undoes everything that was done for them.
async fn together(
    tx: &mut Tx,
    answers: &mut Answers,
    savepoint: &mut Savepoint,
    jobs: &[&[Line]],
) -> Result<Result<Vec<Verdict>, AppError>, DbErr> {
    savepoint.set(&tx.session).await?;
    let (start, ledger, known) = (tx.log_size(), tx.staged.ledger.clone(), answers.mark());
    let mut books = std::mem::take(&mut tx.books);
    let mut result = contained("move_credits", run(tx, answers, &mut books, jobs)).await;
    if result.is_ok() && tx.session.has_failed() {
        result = Err(AppError::internal("moves went on after a failed statement"));
    }
    if let Some(error) = tx.session.ruin() {
        return Err(error.clone());
    }
    if result.is_ok() {
        savepoint.use_up(tx.log_size() > start);
        tx.books = books;
    } else {
        tx.staged.discard_since(start);
        tx.staged.ledger = ledger;
        answers.forget_since(known);
        savepoint.restore(&tx.session).await?;
        tx.session.forget_failure();
    }
    Ok(result)
}

async fn run(
    tx: &mut Tx,
    answers: &mut Answers,
    books: &mut Books,
    jobs: &[&[Line]],
) -> Result<Vec<Verdict>, AppError> {
    let lines = jobs.iter().flat_map(|job| job.iter());
    let new = lines.filter(|line| matches!(answers.find(line.name(), &line.key), Ok(None)));
    books.load(tx, &new.collect::<Vec<_>>()).await?;
    tx.session.pass(Point::MovesLoaded)?;
    let mut rows = Rows::default();
    let mut verdicts = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut moved = Vec::with_capacity(job.len());
        for line in *job {
            let books = &mut *books;
            moved.push(decide_one(
                &mut tx.staged,
                answers,
                (books, &mut rows),
                line,
            ));
        }
        verdicts.push(Verdict::Moved(moved));
    }
    tx.session.pass(Point::MovesDecided)?;
    rows.write(&tx.session).await?;
    Ok(verdicts)
}

/// One move at its turn: it sees what those before it have done, in other calls too. Everything that it needs is known.
pub(super) fn decide_one(
    staged: &mut Staged,
    answers: &mut Answers,
    (books, rows): (&mut Books, &mut Rows),
    line: &Line,
) -> Verdict {
    match answers.find(line.name(), &line.key) {
        Ok(None) => {}
        Ok(Some(stored)) => return stored.replayed(),
        Err(conflict) => return Verdict::Failed(conflict),
    }
    let start = staged.log_size();
    let done = decide(staged, books, line).and_then(|decided| {
        staged.apply_known()?;
        Ok((decided.moved.to_answer()?, decided.rows))
    });
    match done {
        Ok((answer, decided)) => {
            books.accept(&line.request);
            rows.append(decided);
            let (at, entries) = (staged.at(), staged.indexes_since(start));
            answers.keep(line.name(), &line.key, answer.clone(), at, entries.clone());
            Verdict::Accepted {
                at,
                entries,
                answer,
            }
        }
        Err(error) => {
            staged.discard_since(start);
            Verdict::Failed(error)
        }
    }
}
