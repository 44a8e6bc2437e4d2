//! Everything through HTTP, on SQLite and PostgreSQL.

mod bad_input;
mod claim;
mod credit;
mod credit_world;
mod ledger;
mod organisation;
mod subscription;
mod tender;
