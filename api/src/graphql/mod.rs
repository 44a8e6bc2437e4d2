//! The GraphQL interface. What is here knows no noun: transport, limits, cost, errors, subscriptions, scalars and
//! connections are written over any schema, and the nouns plug in beside them.

pub mod connection;
pub mod cost;
pub mod errors;
pub mod limits;
