//! The GraphQL interface. What is here knows no noun: transport, limits, cost, errors, subscriptions, scalars and
//! connections are written over any schema, and the nouns plug in beside them.

pub mod amounts;
pub mod catalogue;
pub mod connection;
pub mod context;
pub mod cost;
pub mod errors;
pub mod graphiql;
pub mod ledger;
pub mod limits;
pub mod loaders;
pub(crate) mod node;
pub mod organisation;
pub(crate) mod payload;
pub mod scalars;
pub mod schema;
pub mod subscription;
pub mod subscriptions;
pub mod transport;
pub mod viewer;
