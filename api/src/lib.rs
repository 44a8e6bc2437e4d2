//! The edge of Commonweal: the only crate that knows HTTP, GraphQL and the command line.
// The merged roots of the schema nest as deep as there are nouns.
#![recursion_limit = "256"]

pub mod auth;
pub mod catalogue_files;
pub mod cli;
pub mod config;
mod demo;
mod evidence_http;
pub mod graphql;
pub mod http;
pub mod keys;
pub mod log_http;
pub mod open_data;
pub mod server;
pub mod telemetry;
pub mod witness;
