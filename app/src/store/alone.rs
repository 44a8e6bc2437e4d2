//! A move that comes alone: what it needs is known from the commit before, so that it is decided in memory, and written with
//! its commit in one go. Only its statement finds out whether what is known is still true, for it changes the head that the
//! decision was made behind, or nothing at all.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use commonweal_domain::ids::{CommitId, Id};
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement, Value,
};

use super::batch::{Ended, Lost};
use super::bulk::Insert;
use super::command::{Job, Verdict};
use super::contain::contained;
use super::error::{Damage, damage};
use super::head::Head;
use super::idempotency::Answers;
use super::kept::Kept;
use super::log::{entries, stored_index};
use super::posting::postings;
use super::tx::Staged;
use crate::clock::Clock;
use crate::failpoint::{Point, Points};
use crate::moves::decide;

/// Decides and commits a job that is one move about which everything is known. Nothing where it is another job, where the move
/// is refused or was made before, or where somebody else has written since: then it goes the way of all.
pub(super) async fn run(
    (database, clock): (&DatabaseConnection, &dyn Clock),
    commit: CommitId,
    jobs: &mut [Job],
    kept: &mut Option<Kept>,
    (statements, points): (&AtomicU64, &Points),
) -> Option<Ended> {
    let [job] = jobs else { return None };
    let [line] = job.work.lines() else {
        return None;
    };
    let known = kept.take_if(|kept| !job.again && kept.knows(line))?;
    let before = known.head;
    let (ledger, mut books) = known.open();
    // A refusal and a key that was used before say nothing against what is known.
    let untouched = ledger.clone();
    let mut staged = Staged::new(&before, clock.now().max(before.at), ledger);
    let mut answers = Answers::default();
    let decided = async {
        let decided = decide(&mut staged, &books, line)?;
        staged.apply_known()?;
        let answer = decided.moved.to_answer()?;
        let entries = staged.indexes_since(before.size);
        answers.keep(line.name(), &line.key, answer.clone(), staged.at(), entries);
        Ok((decided.rows, answer))
    };
    let Ok((rows, answer)) = contained(line.name(), decided).await else {
        *kept = Kept::after(before, untouched, books);
        return None;
    };
    let next = Head {
        size: staged.log_size(),
        at: staged.at(),
        commit,
    };
    let [log, blobs] = entries(before.size, &staged.entries, next.at, commit).ok()?;
    let mut inserts = Vec::from(rows.inserts());
    inserts.extend([
        log,
        blobs,
        postings(before.size, &staged.entries).ok()?,
        staged.ledger.insert(),
        answers.insert().ok()?,
    ]);
    inserts.retain(|insert| !insert.rows.is_empty());
    let verdict = Verdict::Accepted {
        at: next.at,
        entries: staged.indexes_since(before.size),
        answer,
    };
    let verdicts = vec![Verdict::Moved(vec![verdict])];
    match write(database, points, (&before, &next), &inserts).await {
        Outcome::Committed => {
            statements.fetch_add(1, Ordering::Relaxed);
            drop(untouched);
            books.accept(&line.request);
            *kept = Kept::after(next, staged.ledger, books);
            Some(Ended::Decided {
                verdicts,
                size: next.size,
            })
        }
        Outcome::Absent => {
            *kept = Kept::after(before, untouched, books);
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
    inserts: &[Insert],
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
        DbBackend::Postgres => in_one_statement(database, heads, inserts).await,
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
    // PostgreSQL: lock_not_available and query_canceled. SQLite: SQLITE_BUSY, of the beginning when nothing could be undone.
    let code = cause.code().unwrap_or_default();
    match code.parse::<u32>() {
        Ok(number) if code.len() != 5 => number & 0xff == 5,
        _ => code == "55P03" || code == "57014",
    }
}

/// The new head and the one that it must find, as columns.
fn columns((before, next): (&Head, &Head)) -> Result<[Value; 5], DbErr> {
    Ok([
        stored_index(next.size)?.into(),
        next.at.micros().into(),
        next.commit.uuid().into(),
        stored_index(before.size)?.into(),
        before.commit.uuid().into(),
    ])
}

/// PostgreSQL: the rows go in if the head could be changed, and all of it is one transaction because it is one statement.
async fn in_one_statement(
    database: &DatabaseConnection,
    heads: (&Head, &Head),
    inserts: &[Insert],
) -> Result<Outcome, DbErr> {
    let mut values = Vec::from(columns(heads)?);
    let mut sql = String::from(
        "WITH head AS (UPDATE log_head SET size = $1, at = $2, commit_id = $3 \
         WHERE id = 1 AND size = $4 AND commit_id = $5 RETURNING id)",
    );
    let mut rows = 1;
    let mut sum = String::from("SELECT (SELECT count(*) FROM head)");
    for (
        number,
        Insert {
            into,
            rows: new,
            after,
        },
    ) in inserts.iter().enumerate()
    {
        let tuples = tuples(new, |place| format!("${}", values.len() + place));
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            ", i{number} AS (INSERT INTO {into} SELECT r.* FROM head, (VALUES {tuples}) AS r {after} RETURNING 1)"
        );
        let _ = write!(sum, " + (SELECT count(*) FROM i{number})");
        values.extend(new.iter().flatten().cloned());
        rows += new.len();
    }
    let sql = format!("{sql} {sum} AS written");
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let row = match database.query_one_raw(statement).await {
        Ok(row) => row.ok_or_else(|| DbErr::RecordNotFound("a number of rows".to_owned()))?,
        Err(error) if damage(&error) == Damage::Statement => return Ok(Outcome::Absent),
        Err(error) => return Err(error),
    };
    let written: i64 = row.try_get("", "written")?;
    match usize::try_from(written) {
        Ok(0) => Ok(Outcome::Absent),
        Ok(written) if written == rows => Ok(Outcome::Committed),
        _ => Err(DbErr::Custom(format!(
            "{rows} rows were sent, {written} arrived"
        ))),
    }
}

/// SQLite: a transaction in one script, which the wrong head breaks off as a broken constraint.
async fn in_one_script(
    database: &DatabaseConnection,
    heads: (&Head, &Head),
    inserts: &[Insert],
) -> Result<Outcome, DbErr> {
    let [size, at, commit, size_before, commit_before] = columns(heads)?;
    let mut values = vec![size_before, commit_before, size, at, commit];
    let mut sql = String::from(
        "BEGIN IMMEDIATE; UPDATE log_head SET size = CASE WHEN size = ? AND commit_id = ? THEN ? END, at = ?, \
         commit_id = ? WHERE id = 1",
    );
    for Insert { into, rows, after } in inserts {
        let tuples = tuples(rows, |_| "?".to_owned());
        // Writing to a String cannot fail.
        let _ = write!(sql, "; INSERT INTO {into} VALUES {tuples} {after}");
        values.extend(rows.iter().flatten().cloned());
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

/// Rows of placeholders, `name` being the one at a place that counts from 1.
fn tuples(rows: &[Vec<Value>], name: impl Fn(usize) -> String) -> String {
    let mut place = 0;
    let rows = rows.iter().map(|row| {
        let fields = row.iter().map(|_| {
            place += 1;
            name(place)
        });
        format!("({})", fields.collect::<Vec<_>>().join(","))
    });
    rows.collect::<Vec<_>>().join(",")
}
