//! Log entries of policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::actor::Role;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `policy.published`: a version of a policy, whole. Tenders published after it are checked against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyPublished {
    /// The policy.
    pub policy: Policy,
}

impl EntryBody for PolicyPublished {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        state.policies.publish(self.policy.clone(), header)
    }
}
