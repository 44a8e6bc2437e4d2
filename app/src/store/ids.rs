//! Domain ids as column values: 16 bytes on SQLite, `uuid` on PostgreSQL.

use commonweal_domain::ids::Id;
use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{
    ActiveValue, ColIdx, DbErr, IntoActiveValue, QueryResult, TryFromU64, TryGetError, TryGetable,
    Value,
};
use uuid::Uuid;

/// A domain id in a row. The domain knows no database, so this wrapper carries what sea-orm needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Db<T>(pub T);

impl<T: Id> From<T> for Db<T> {
    fn from(id: T) -> Self {
        Self(id)
    }
}

impl<T: Id> From<Db<T>> for Value {
    fn from(id: Db<T>) -> Self {
        id.0.uuid().into()
    }
}

impl<T: Id> TryGetable for Db<T> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        Uuid::try_get_by(row, index).map(|uuid| Self(T::from_uuid(uuid)))
    }
}

impl<T: Id> ValueType for Db<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <Uuid as ValueType>::try_from(value).map(|uuid| Self(T::from_uuid(uuid)))
    }

    fn type_name() -> String {
        T::NOUN.to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::Uuid
    }

    fn column_type() -> ColumnType {
        ColumnType::Uuid
    }
}

impl<T: Id> Nullable for Db<T> {
    fn null() -> Value {
        Uuid::null()
    }
}

impl<T: Id> IntoActiveValue<Self> for Db<T> {
    fn into_active_value(self) -> ActiveValue<Self> {
        ActiveValue::Set(self)
    }
}

/// Demanded of every primary key; an id is never a number.
impl<T: Id> TryFromU64 for Db<T> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64(T::NOUN))
    }
}
