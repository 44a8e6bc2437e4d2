//! The GraphQL interface. What is here knows no noun: transport, limits, cost, errors, subscriptions, scalars and
//! connections are written over any schema, and the nouns plug in beside them.

pub mod amounts;
pub mod award;
pub mod bid;
pub mod bid_input;
pub mod catalogue;
pub mod connection;
pub mod context;
pub mod cost;
pub mod errors;
pub mod evaluation;
pub mod evaluation_input;
pub mod graphiql;
pub mod ledger;
pub mod limits;
pub mod loaders;
pub(crate) mod node;
pub mod organisation;
pub(crate) mod payload;
pub mod plan;
pub mod plan_input;
pub mod scalars;
pub mod schema;
pub mod scoring_rule;
pub mod scoring_rule_input;
pub mod sealed_bid;
pub mod subscription;
pub mod subscriptions;
pub mod tender;
pub mod tender_loaders;
pub mod transport;
pub mod viewer;
