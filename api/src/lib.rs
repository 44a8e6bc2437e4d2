//! The edge of Commonweal: the only crate that knows HTTP, GraphQL and the command line.

pub mod graphql;
