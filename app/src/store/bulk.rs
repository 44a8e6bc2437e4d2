//! Multi-row statements with few shapes, so that the database prepares each of them once.

use std::fmt::Write;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

/// Rows in one statement.
const ROWS_MAX: usize = 256;
/// Keys in one statement of a reader, who pays a round trip for each and shows how many there were.
const READ_KEYS_MAX: usize = 4_096;

/// `VALUES` with one placeholder per field. The number of rows is filled up to a power of two with rows of nulls, which
/// leaves nine shapes; whoever reads them skips rows whose first column is null.
fn values(rows: &[Vec<Value>]) -> (String, Vec<Value>) {
    let width = rows.first().map_or(0, Vec::len);
    let height = rows.len().next_power_of_two();
    let nulls = rows.first().into_iter().flatten().map(Value::as_null);
    let padding = nulls.cycle().take((height - rows.len()) * width);
    let fields: Vec<Value> = rows.iter().flatten().cloned().chain(padding).collect();
    let mut sql = String::from("VALUES ");
    for row in 0..height {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 1..=width {
            let comma = if column == 1 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(sql, "{comma}${}", row * width + column);
        }
        sql.push(')');
    }
    (sql, fields)
}

/// Inserts rows, `into` being `table (columns)`, `after` a conflict clause or nothing. The first column is never null.
pub(super) async fn insert(
    database: &impl ConnectionTrait,
    into: &str,
    rows: &[Vec<Value>],
    after: &str,
) -> Result<(), DbErr> {
    for chunk in rows.chunks(ROWS_MAX) {
        let (values, fields) = values(chunk);
        let sql = format!(
            "INSERT INTO {into} SELECT * FROM ({values}) AS r WHERE column1 IS NOT NULL {after}"
        );
        let statement =
            Statement::from_sql_and_values(database.get_database_backend(), sql, fields);
        let inserted = database.execute_raw(statement).await?.rows_affected();
        if usize::try_from(inserted) != Ok(chunk.len()) {
            return Err(DbErr::Custom(format!(
                "{} rows went into {into}, {inserted} arrived",
                chunk.len()
            )));
        }
    }
    Ok(())
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
        let (values, fields) = values(chunk);
        let sql = format!("{select} JOIN ({values}) AS r ON {on}");
        let statement =
            Statement::from_sql_and_values(database.get_database_backend(), sql, fields);
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
        let (sql, fields) = values(&[row.clone(), row.clone(), row]);
        assert_eq!(sql, "VALUES ($1,$2),($3,$4),($5,$6),($7,$8)");
        assert_eq!(fields[6..], [Value::BigInt(None), Value::String(None)]);
    }

    #[test]
    fn one_column_makes_one_pair_of_brackets_per_row() {
        let (sql, _) = values(&[vec![Value::from(1_i64)], vec![Value::from(2_i64)]]);
        assert_eq!(sql, "VALUES ($1),($2)");
    }
}
