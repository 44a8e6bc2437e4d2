//! Multi-row statements with few shapes, so that the database prepares each of them once.

use std::fmt::Write;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// Rows in one statement.
const ROWS_MAX: usize = 256;
/// Keys in one statement of a reader, who pays a round trip for each and shows how many there were.
const READ_KEYS_MAX: usize = 4_096;

/// `VALUES` with one placeholder per field. The number of rows is filled up to a power of two with rows of nulls, which
/// leaves nine shapes; whoever reads them skips rows whose first column is null.
fn values(backend: DbBackend, rows: Vec<Vec<Value>>) -> (String, Vec<Value>) {
    let width = rows.first().map_or(0, Vec::len);
    let height = rows.len().next_power_of_two();
    let nulls: Vec<Value> = rows
        .first()
        .into_iter()
        .flatten()
        .map(Value::as_null)
        .collect();
    let padding = nulls
        .into_iter()
        .cycle()
        .take((height - rows.len()) * width);
    let fields: Vec<Value> = rows.into_iter().flatten().chain(padding).collect();
    let mut sql = String::from("VALUES ");
    for row in 0..height {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 1..=width {
            sql.push_str(if column == 1 { "" } else { "," });
            // SQLite looks a named parameter up among all of them, each time that one is bound.
            if backend == DbBackend::Sqlite {
                sql.push('?');
            } else {
                // Writing to a String cannot fail.
                let _ = write!(sql, "${}", row * width + column);
            }
        }
        sql.push(')');
    }
    (sql, fields)
}

/// Rows for a table.
#[derive(Debug)]
pub(super) struct Insert {
    /// `table (columns)`.
    pub(super) into: &'static str,
    /// The first column is never null.
    pub(super) rows: Vec<Vec<Value>>,
    /// A conflict clause or nothing.
    pub(super) after: &'static str,
}

impl Insert {
    /// Rows that are all new.
    pub(super) fn new(into: &'static str, rows: Vec<Vec<Value>>) -> Self {
        Self {
            into,
            rows,
            after: "",
        }
    }
}

/// The statement that inserts rows with a conflict clause, and its fields.
pub(super) fn statement(
    backend: DbBackend,
    (into, after): (&str, &str),
    rows: Vec<Vec<Value>>,
) -> (String, Vec<Value>) {
    let (values, fields) = values(backend, rows);
    let sql = format!(
        "INSERT INTO {into} SELECT * FROM ({values}) AS r WHERE column1 IS NOT NULL {after}"
    );
    (sql, fields)
}

/// Inserts rows.
pub(super) async fn insert(
    database: &impl ConnectionTrait,
    Insert { into, rows, after }: Insert,
) -> Result<(), DbErr> {
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<_> = rows.by_ref().take(ROWS_MAX).collect();
        let sent = chunk.len();
        if sent == 0 {
            return Ok(());
        }
        let backend = database.get_database_backend();
        let (sql, fields) = statement(backend, (into, after), chunk);
        let statement = Statement::from_sql_and_values(backend, sql, fields);
        let inserted = database.execute_raw(statement).await?.rows_affected();
        if usize::try_from(inserted) != Ok(sent) {
            return Err(DbErr::Custom(format!(
                "{sent} rows went into {into}, {inserted} arrived"
            )));
        }
    }
}

/// Selects rows that match a list of keys: `select` is a query up to `JOIN`, `on` the condition on `r.column1`, ...
pub(super) async fn select(
    database: &impl ConnectionTrait,
    select: &str,
    keys: &[Vec<Value>],
    on: &str,
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    select_by(ROWS_MAX, database, select, keys, on).await
}

/// The same in one statement for as many keys as a page of a list can need.
pub(super) async fn select_many(
    database: &impl ConnectionTrait,
    select: &str,
    keys: &[Vec<Value>],
    on: &str,
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    select_by(READ_KEYS_MAX, database, select, keys, on).await
}

async fn select_by(
    keys_max: usize,
    database: &impl ConnectionTrait,
    select: &str,
    keys: &[Vec<Value>],
    on: &str,
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    let mut found = Vec::new();
    for chunk in keys.chunks(keys_max) {
        let backend = database.get_database_backend();
        let (values, fields) = values(backend, chunk.to_vec());
        let sql = format!("{select} JOIN ({values}) AS r ON {on}");
        let statement = Statement::from_sql_and_values(backend, sql, fields);
        found.extend(database.query_all_raw(statement).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up_to_a_power_of_two_with_nulls() {
        let row = vec![Value::from(1_i64), Value::from("a")];
        let rows = [row.clone(), row.clone(), row];
        let (sql, fields) = values(DbBackend::Postgres, rows.into());
        assert_eq!(sql, "VALUES ($1,$2),($3,$4),($5,$6),($7,$8)");
        assert_eq!(fields[6..], [Value::BigInt(None), Value::String(None)]);
    }

    #[test]
    fn one_column_makes_one_pair_of_brackets_per_row() {
        let rows = [vec![Value::from(1_i64)], vec![Value::from(2_i64)]];
        let (sql, _) = values(DbBackend::Sqlite, rows.into());
        assert_eq!(sql, "VALUES (?),(?)");
    }
}
