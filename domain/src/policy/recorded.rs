//! The answer of a clause as the log holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Answer, Check};
use super::code::ClauseCode;
use crate::ids::PolicyId;
use crate::log::hash::Hash;

/// The answer of one clause, recorded at the publication of a tender. Inputs and sentence follow from the plan and the
/// policy, which both stand in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedCheck {
    /// The version of the policy.
    pub policy: PolicyId,
    /// The clause.
    pub clause: ClauseCode,
    /// What it says of the plan.
    pub answer: Answer,
    /// Salted hash of the officer's justification, for an answer that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<Hash>,
}

impl RecordedCheck {
    /// The answer of a check without a justification.
    pub fn of(check: &Check) -> Self {
        Self {
            policy: check.policy,
            clause: check.clause.clone(),
            answer: check.judged.answer,
            justification: None,
        }
    }
}
