//! Everything through HTTP, on SQLite and PostgreSQL.

mod bad_input;
mod ledger;
mod organisation;
mod subscription;
