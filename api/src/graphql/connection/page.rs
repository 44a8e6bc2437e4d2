//! The paging arguments and the connection they lead to.

use std::borrow::Cow;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};

use super::Cursor;
use crate::graphql::errors::Code;

/// Items of a page when neither `first` nor `last` is given; the static cost counts with it.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// The most items of a page.
pub const MAX_PAGE_SIZE: u32 = 100;

/// Which way a page goes through the list's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the beginning: `first`.
    Forward,
    /// From the end: `last`.
    Backward,
}

/// Checked paging arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageArgs<K> {
    /// Items wanted, 1 to [`MAX_PAGE_SIZE`].
    pub size: u32,
    /// From which end.
    pub direction: Direction,
    /// Only rows behind this key.
    pub after: Option<K>,
    /// Only rows before this key.
    pub before: Option<K>,
}

impl<K: Cursor> PageArgs<K> {
    /// Checks the four arguments; the error names the one that is wrong.
    pub fn new(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> async_graphql::Result<Self> {
        let (size, direction) = match (first, last) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "last",
                    "cannot be combined with `first`: give one of them",
                ));
            }
            (Some(first), None) => (page_size("first", first)?, Direction::Forward),
            (None, Some(last)) => (page_size("last", last)?, Direction::Backward),
            (None, None) => (DEFAULT_PAGE_SIZE, Direction::Forward),
        };
        Ok(Self {
            size,
            direction,
            after: key("after", after)?,
            before: key("before", before)?,
        })
    }

    /// How many rows to read: one more than the page, which tells whether there are more.
    pub fn rows_to_read(&self) -> u64 {
        u64::from(self.size) + 1
    }

    /// The connection of the rows read in this page's direction (backward: from the end), at most
    /// [`rows_to_read`](Self::rows_to_read) of them.
    pub fn connection<R, T: OutputType>(
        &self,
        mut rows: Vec<R>,
        total: Option<u64>,
        key_of: impl Fn(&R) -> K,
        node_of: impl Fn(R) -> T,
    ) -> Connection<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let (has_next_page, has_previous_page) = match self.direction {
            Direction::Forward => (more, self.after.is_some()),
            Direction::Backward => {
                rows.reverse();
                (self.before.is_some(), more)
            }
        };
        let edges: Vec<Edge<T>> = rows
            .into_iter()
            .map(|row| Edge {
                cursor: key_of(&row).encode(),
                node: node_of(row),
            })
            .collect();
        Connection {
            page_info: PageInfo {
                has_next_page,
                has_previous_page,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
            total_count: total.map(|total| i32::try_from(total).unwrap_or(i32::MAX)),
        }
    }
}

/// The caller selected `totalCount`: counting is work, and is done only then.
pub fn wants_total_count(context: &Context<'_>) -> bool {
    context.look_ahead().field("totalCount").exists()
}

fn page_size(field: &str, value: i32) -> async_graphql::Result<u32> {
    u32::try_from(value)
        .ok()
        .filter(|size| (1..=MAX_PAGE_SIZE).contains(size))
        .ok_or_else(|| {
            wrong(
                field,
                &format!("must be 1 to {MAX_PAGE_SIZE}, and is {value}"),
            )
        })
}

fn key<K: Cursor>(field: &str, text: Option<&str>) -> async_graphql::Result<Option<K>> {
    text.map(|text| K::decode(text).map_err(|error| wrong(field, &error.to_string())))
        .transpose()
}

fn wrong(field: &str, text: &str) -> async_graphql::Error {
    Code::BadUserInput.error_at(field, format!("`{field}` {text}"))
}

/// Where a page stands in its list.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PageInfo {
    /// There are items behind this page.
    pub has_next_page: bool,
    /// There are items before this page.
    pub has_previous_page: bool,
    /// The cursor of the first item, for `before`.
    pub start_cursor: Option<String>,
    /// The cursor of the last item, for `after`.
    pub end_cursor: Option<String>,
}

/// One item of a page and its cursor.
#[derive(Debug)]
pub struct Edge<T> {
    node: T,
    cursor: String,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// One item of a page and its cursor.
#[Object(name_type)]
impl<T: OutputType> Edge<T> {
    /// The item.
    async fn node(&self) -> &T {
        &self.node
    }

    /// The place of the item in the list, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct Connection<T> {
    edges: Vec<Edge<T>>,
    page_info: PageInfo,
    total_count: Option<i32>,
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// One page of a list.
#[Object(name_type)]
impl<T: OutputType> Connection<T> {
    /// The items with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The items.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many items the list has, if the caller may know.
    async fn total_count(&self) -> Option<i32> {
        self.total_count
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    struct Number(i32);
    impl Cursor for Number {
        const KIND: &'static str = "number";
    }

    /// What a store does with the arguments, over the numbers 0 to 9.
    fn page(args: &PageArgs<Number>) -> (Vec<i32>, PageInfo) {
        let mut rows: Vec<i32> = (0..10)
            .filter(|n| args.after.is_none_or(|key| *n > key.0))
            .filter(|n| args.before.is_none_or(|key| *n < key.0))
            .collect();
        if args.direction == Direction::Backward {
            rows.reverse();
        }
        rows.truncate(usize::try_from(args.rows_to_read()).unwrap());
        let connection = args.connection(rows, None, |n| Number(*n), |n| n);
        let numbers = connection.edges.iter().map(|edge| edge.node).collect();
        (numbers, connection.page_info)
    }

    fn args(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> async_graphql::Result<PageArgs<Number>> {
        PageArgs::new(first, after, last, before)
    }

    #[test]
    fn going_forward_visits_every_item_once() {
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let (numbers, info) = page(&args(Some(3), after.as_deref(), None, None).unwrap());
            assert_eq!(info.has_previous_page, after.is_some());
            seen.extend(numbers);
            after = info.end_cursor;
            if !info.has_next_page {
                break;
            }
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn going_backward_keeps_the_order_of_the_list() {
        let (numbers, info) = page(&args(None, None, Some(3), None).unwrap());
        assert_eq!(numbers, [7, 8, 9]);
        assert!(info.has_previous_page && !info.has_next_page);
        let before = info.start_cursor.unwrap();
        let (numbers, info) = page(&args(None, None, Some(7), Some(&before)).unwrap());
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6]);
        assert!(!info.has_previous_page && info.has_next_page);
    }

    #[test]
    fn an_empty_page_has_no_cursors() {
        let end = Number(9).encode();
        let (numbers, info) = page(&args(Some(3), Some(&end), None, None).unwrap());
        assert_eq!(
            (numbers.len(), info.start_cursor, info.end_cursor),
            (0, None, None)
        );
    }

    #[test]
    fn wrong_arguments_are_named() {
        let message = |result: async_graphql::Result<PageArgs<Number>>| result.unwrap_err().message;
        for size in [0, -1, 101, i32::MIN] {
            assert!(
                message(args(Some(size), None, None, None)).starts_with("`first` must be 1 to 100")
            );
            assert!(
                message(args(None, None, Some(size), None)).starts_with("`last` must be 1 to 100")
            );
        }
        assert!(message(args(Some(1), None, Some(1), None)).starts_with("`last` cannot"));
        assert!(message(args(None, Some("x"), None, None)).starts_with("`after` is not a cursor"));
        assert!(message(args(None, None, None, Some("x"))).starts_with("`before` is not a cursor"));
        assert_eq!(
            args(None, None, None, None).unwrap().size,
            DEFAULT_PAGE_SIZE
        );
    }
}
