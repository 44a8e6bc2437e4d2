//! Everything through HTTP, on SQLite and PostgreSQL.

mod ledger;
mod organisation;
mod subscription;
