//! The edge of Commonweal: the only crate that knows HTTP, GraphQL and the command line.

pub mod auth;
pub mod cli;
pub mod config;
pub mod graphql;
pub mod http;
pub mod log_http;
pub mod open_data;
pub mod server;
pub mod telemetry;
