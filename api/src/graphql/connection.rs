//! Pages of lists: what the four paging arguments may be, cursors, and the page information.
//!
//! Paging is by keyset: a cursor holds the key of a row, so a page costs the same wherever it stands, and rows that come
//! or go in between shift nothing.

pub mod cursor;
pub mod page;

pub use cursor::{Cursor, CursorError};
pub use page::{
    Connection, DEFAULT_PAGE_SIZE, Direction, Edge, MAX_PAGE_SIZE, PageArgs, PageInfo,
    wants_total_count,
};
