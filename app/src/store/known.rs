//! Moves about which everything is known from the commit before: they are decided in memory, and written with their commit in
//! one go. Only that statement finds out whether what is known is still true, for it changes the head that the decisions were
//! made behind, or nothing at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use commonweal_domain::ids::{CommitId, Id};
use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::sqlx::{Arguments, AssertSqlSafe, Error as SqlxError, Row, query_with};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement, Value,
};

use super::batch::{Ended, Lost};
use super::bulk::{self, Insert};
use super::command::{Job, Verdict};
use super::contain::contained;
use super::error::{Damage, damage};
use super::head::Head;
use super::idempotency::Answers;
use super::kept::Kept;
use super::log::{entries, stored_index};
use super::moves::Rows;
use super::posting::postings;
use super::set::decide_one;
use super::tx::Staged;
use super::unnest::unnest;
use crate::clock::Clock;
use crate::failpoint::{Point, Points};
use crate::moves::{Books, Line};

/// Decides and commits jobs that are moves about which everything is known: any number of them on PostgreSQL, one on SQLite,
/// where a statement is no round trip and many are faster one by one. Nothing where a job is another, where a move is refused or
/// was made before, or where somebody else has written since: then all of them go the way of all.
pub(super) async fn run(
    (database, clock): (&DatabaseConnection, &dyn Clock),
    commit: CommitId,
    jobs: &mut [Job],
    kept: &mut Option<Kept>,
    (statements, points): (&AtomicU64, &Points),
) -> Option<Ended> {
    if jobs.iter().any(|job| job.again || !job.only_moves()) {
        return None;
    }
    let calls: Vec<&[Line]> = jobs.iter().map(|job| job.work.lines()).collect();
    let one = matches!(calls.as_slice(), [[_]]);
    if !one && database.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    let known = kept.take_if(|kept| calls.iter().all(|lines| kept.knows(lines)))?;
    let before = known.head;
    let (ledger, mut books) = known.open();
    let mut staged = Staged::new(&before, clock.now().max(before.at), ledger);
    let decided = async { Ok(decide(&mut staged, &mut books, &calls)) };
    // Where it panicked nothing is known any more.
    let (verdicts, answers, rows) = contained("move_credits", decided).await.ok()?;
    // A refusal is told when the tables say that its key was not used before.
    if !verdicts.iter().all(Verdict::went_through) {
        *kept = forget(before, staged, books);
        return None;
    }
    let next = Head {
        size: staged.log_size(),
        at: staged.at(),
        commit,
    };
    let inserts = inserts(&before, &next, &staged, &answers, rows).ok()?;
    match write(database, points, (&before, &next), inserts).await {
        Outcome::Committed => {
            statements.fetch_add(1, Ordering::Relaxed);
            *kept = Kept::after(next, staged.ledger, books);
            Some(Ended::Decided {
                verdicts,
                size: next.size,
            })
        }
        Outcome::Absent => {
            *kept = forget(before, staged, books);
            None
        }
        Outcome::Unopened(error) => Some(Ended::Unopened(error)),
        Outcome::Unknown(cause) => Some(Ended::Lost(Lost {
            verdicts,
            size: next.size,
            commit,
            before: before.commit,
            first_index: staged.first_index(),
            cause,
        })),
    }
}

/// What was known before decisions that came to nothing.
fn forget(before: Head, mut staged: Staged, mut books: Books) -> Option<Kept> {
    staged.ledger.forget();
    books.forget();
    Kept::after(before, staged.ledger, books)
}

fn decide(
    staged: &mut Staged,
    books: &mut Books,
    calls: &[&[Line]],
) -> (Vec<Verdict>, Answers, Rows) {
    let (mut answers, mut rows) = (Answers::default(), Rows::default());
    let mut verdicts = Vec::with_capacity(calls.len());
    for lines in calls {
        let lines = lines.iter();
        let moved = lines.map(|line| decide_one(staged, &mut answers, (books, &mut rows), line));
        verdicts.push(Verdict::Moved(moved.collect()));
    }
    (verdicts, answers, rows)
}

fn inserts(
    before: &Head,
    next: &Head,
    staged: &Staged,
    answers: &Answers,
    rows: Rows,
) -> Result<Vec<Insert>, DbErr> {
    let [log, blobs] = entries(before.size, &staged.entries, next.at, next.commit)?;
    let mut inserts = Vec::from(rows.inserts());
    inserts.extend([
        log,
        blobs,
        postings(before.size, &staged.entries)?,
        staged.ledger.insert(),
        answers.insert()?,
    ]);
    inserts.retain(|insert| !insert.rows.is_empty());
    Ok(inserts)
}

/// What became of the statement.
enum Outcome {
    /// All of it is in.
    Committed,
    /// Nothing is in: the head was another, or a key was used before.
    Absent,
    /// It was not sent, or certainly came to nothing.
    Unopened(DbErr),
    /// Its answer was lost.
    Unknown(DbErr),
}

async fn write(
    database: &DatabaseConnection,
    points: &Points,
    heads: (&Head, &Head),
    inserts: Vec<Insert>,
) -> Outcome {
    for point in [Point::Begin, Point::Statement] {
        if let Err(fault) = points.pass(point) {
            return Outcome::Unopened(fault.into());
        }
    }
    if let Err(fault) = points.pass(Point::Commit) {
        return Outcome::Unknown(fault.into());
    }
    let written = match database.get_database_backend() {
        DbBackend::Postgres => in_one_statement(database, heads, &inserts).await,
        _ => in_one_script(database, heads, inserts).await,
    };
    match written {
        Ok(Outcome::Committed) => match points.pass(Point::Committed) {
            Ok(()) => Outcome::Committed,
            Err(fault) => Outcome::Unknown(fault.into()),
        },
        Ok(outcome) => outcome,
        Err(cause) if came_to_nothing(&cause) => Outcome::Unopened(cause),
        Err(cause) => Outcome::Unknown(cause),
    }
}

/// Whether an error says that nothing is in: no connection, a lock that was not had in time, a statement that was broken off.
fn came_to_nothing(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let SqlxError::Database(cause) = cause.as_ref() else {
        return false;
    };
    // PostgreSQL: lock_not_available, query_canceled, and division_by_zero of another number of rows. SQLite: SQLITE_BUSY, of the beginning when nothing could be undone.
    let code = cause.code().unwrap_or_default();
    match code.parse::<u32>() {
        Ok(number) if code.len() != 5 => number & 0xff == 5,
        _ => ["55P03", "57014", "22012"].contains(&code.as_ref()),
    }
}

/// PostgreSQL: the rows go in if the head could be changed, and all of it is one transaction because it is one statement. Another
/// number of rows than was sent divides by zero, which undoes it.
async fn in_one_statement(
    database: &DatabaseConnection,
    heads: (&Head, &Head),
    inserts: &[Insert],
) -> Result<Outcome, DbErr> {
    let mut arguments = PgArguments::default();
    let (before, next) = heads;
    let head = [
        arguments.add(stored_index(next.size)?),
        arguments.add(next.at.micros()),
        arguments.add(next.commit.uuid()),
        arguments.add(stored_index(before.size)?),
        arguments.add(before.commit.uuid()),
    ];
    for added in head {
        added.map_err(|error| DbErr::Type(error.to_string()))?;
    }
    let mut parts = vec![String::from(
        "WITH head AS (UPDATE log_head SET size = $1, at = $2, commit_id = $3 \
         WHERE id = 1 AND size = $4 AND commit_id = $5 RETURNING id)",
    )];
    let mut counts = vec!["(SELECT count(*) FROM head)".to_owned()];
    let mut sent = 1_i64;
    for (number, Insert { into, rows, after }) in inserts.iter().enumerate() {
        let rows_sent = unnest(&mut arguments, rows)?;
        parts.push(format!(
            "i{number} AS (INSERT INTO {into} SELECT r.* FROM head, {rows_sent} AS r {after} RETURNING 1)"
        ));
        counts.push(format!("(SELECT count(*) FROM i{number})"));
        sent += stored_index(rows.len() as u64)?;
    }
    let added = arguments.add(sent);
    added.map_err(|error| DbErr::Type(error.to_string()))?;
    let sql = format!(
        "{} SELECT written / CAST(written IN (0, ${}) AS integer) AS written FROM (SELECT {} AS written) AS sum",
        parts.join(", "),
        arguments.len(),
        counts.join(" + "),
    );
    let line = database.get_postgres_connection_pool().acquire().await;
    let mut line = match line {
        Ok(line) => line,
        Err(error) => return Ok(Outcome::Unopened(DbErr::Custom(error.to_string()))),
    };
    let query = query_with(AssertSqlSafe(sql), arguments);
    let written = match query.fetch_one(&mut *line).await {
        Ok(row) => row.try_get::<i64, _>("written"),
        Err(error) => Err(error),
    };
    match written.map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))) {
        Ok(0) => Ok(Outcome::Absent),
        Ok(_) => Ok(Outcome::Committed),
        Err(error) if damage(&error) == Damage::Statement => Ok(Outcome::Absent),
        Err(error) => Err(error),
    }
}

/// SQLite: a transaction in one script, which the wrong head breaks off as a broken constraint.
async fn in_one_script(
    database: &DatabaseConnection,
    (before, next): (&Head, &Head),
    inserts: Vec<Insert>,
) -> Result<Outcome, DbErr> {
    let mut sql = String::from(
        "BEGIN IMMEDIATE; UPDATE log_head SET size = CASE WHEN size = ? AND commit_id = ? THEN ? END, at = ?, \
         commit_id = ? WHERE id = 1",
    );
    let mut values: Vec<Value> = vec![
        stored_index(before.size)?.into(),
        before.commit.uuid().into(),
        stored_index(next.size)?.into(),
        next.at.micros().into(),
        next.commit.uuid().into(),
    ];
    for Insert { into, rows, after } in inserts {
        let (insert, fields) = bulk::statement(DbBackend::Sqlite, (into, after), rows);
        sql.push_str("; ");
        sql.push_str(&insert);
        values.extend(fields);
    }
    sql.push_str("; COMMIT");
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
    match database.execute_raw(statement).await {
        Ok(_) => Ok(Outcome::Committed),
        // While there is something to undo nothing is in.
        Err(error) => match database.execute_unprepared("ROLLBACK").await {
            Ok(_) if damage(&error) == Damage::Statement => Ok(Outcome::Absent),
            Ok(_) => Ok(Outcome::Unopened(error)),
            Err(_) => Err(error),
        },
    }
}
