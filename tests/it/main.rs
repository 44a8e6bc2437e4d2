//! Everything through HTTP, on SQLite and PostgreSQL.

mod organisation;
