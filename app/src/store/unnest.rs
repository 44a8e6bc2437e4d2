//! Rows as one array per column, which PostgreSQL takes apart: a statement of any number of rows has one text, so it is
//! prepared once, and as many parameters as columns.

use sea_orm::sqlx::postgres::{PgArguments, PgHasArrayType, Postgres};
use sea_orm::sqlx::{Arguments, Encode, Type};
use sea_orm::{DbErr, Value};

/// Adds the columns of some rows to the arguments, and answers the expression that makes them rows again.
pub(super) fn unnest(arguments: &mut PgArguments, rows: &[Vec<Value>]) -> Result<String, DbErr> {
    let width = rows.first().map_or(0, Vec::len);
    let mut columns = Vec::with_capacity(width);
    for place in 0..width {
        let kind = add(arguments, rows, place)?;
        columns.push(format!("${}::{kind}[]", arguments.len()));
    }
    Ok(format!("unnest({})", columns.join(", ")))
}

/// Adds the column at a place, and answers the type of its fields.
fn add(
    arguments: &mut PgArguments,
    rows: &[Vec<Value>],
    place: usize,
) -> Result<&'static str, DbErr> {
    let fields = rows.iter().map(|row| row.get(place));
    let first = rows.first().and_then(|row| row.get(place));
    macro_rules! column {
        ($kind:literal, $variant:ident, $of:expr) => {{
            let fields = fields.map(|field| match field {
                Some(Value::$variant(field)) => Ok(field.as_ref().map($of)),
                other => Err(mixed(other)),
            });
            array(arguments, fields.collect::<Result<_, _>>()?)?;
            Ok($kind)
        }};
    }
    match first {
        Some(Value::BigInt(_)) => column!("bigint", BigInt, |number| *number),
        Some(Value::Uuid(_)) => column!("uuid", Uuid, |id| *id),
        Some(Value::String(_)) => column!("text", String, String::as_str),
        Some(Value::Bytes(_)) => column!("bytea", Bytes, Vec::as_slice),
        other => Err(mixed(other)),
    }
}

fn array<'v, T>(arguments: &mut PgArguments, fields: Vec<Option<T>>) -> Result<(), DbErr>
where
    T: 'v + Encode<'v, Postgres> + Type<Postgres> + PgHasArrayType,
{
    let added = arguments.add(fields);
    added.map_err(|error| DbErr::Type(error.to_string()))
}

fn mixed(field: Option<&Value>) -> DbErr {
    DbErr::Type(format!("{field:?} fits into no array of its column"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_one_parameter_per_column_behind_those_that_are_there() {
        let mut arguments = PgArguments::default();
        arguments.add(7_i64).unwrap();
        let row = |words: Option<&str>| vec![Value::from(1_i64), Value::from(words)];
        let sql = unnest(&mut arguments, &[row(None), row(Some("a")), row(None)]);
        assert_eq!(sql.unwrap(), "unnest($2::bigint[], $3::text[])");
        assert_eq!(arguments.len(), 3);
    }

    #[test]
    fn a_column_of_two_types_is_an_error() {
        let rows = [vec![Value::from(1_i64)], vec![Value::from("a")]];
        unnest(&mut PgArguments::default(), &rows).unwrap_err();
    }
}
