//! Keyset pages.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value};

/// Which rows of a list are wanted. The caller asks for one row more than it shows, to know whether there are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Page<K> {
    /// Rows to read.
    pub rows: u64,
    /// From the end of the list.
    pub backward: bool,
    /// Only rows behind this key.
    pub after: Option<K>,
    /// Only rows before this key.
    pub before: Option<K>,
}

impl<K: Copy> Page<K> {
    /// The first rows of a list.
    pub fn first(rows: u64) -> Self {
        Self {
            rows,
            backward: false,
            after: None,
            before: None,
        }
    }

    /// Narrows and orders a selection by its key column.
    pub(crate) fn of<E, C>(
        &self,
        select: Select<E>,
        column: C,
        value: impl Fn(K) -> Value,
    ) -> Select<E>
    where
        E: EntityTrait,
        C: ColumnTrait,
    {
        let mut select = select;
        if let Some(after) = self.after {
            select = select.filter(column.gt(value(after)));
        }
        if let Some(before) = self.before {
            select = select.filter(column.lt(value(before)));
        }
        let select = if self.backward {
            select.order_by_desc(column)
        } else {
            select.order_by_asc(column)
        };
        select.limit(self.rows)
    }
}
