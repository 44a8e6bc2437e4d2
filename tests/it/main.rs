//! Everything through HTTP, on SQLite and PostgreSQL.

mod bad_input;
mod claim;
mod claim_rules;
mod contract;
mod crash;
mod credit;
mod credit_life;
mod credit_reversed;
mod credit_tampered;
mod credit_world;
mod described;
mod evidence;
mod evidence_erased;
mod ledger;
mod ledger_machine;
mod ledger_model;
mod log;
mod organisation;
mod performance;
mod policy;
mod policy_signing;
mod subscription;
mod tender;
mod tour;
mod wrong_input;
