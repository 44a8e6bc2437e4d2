//! Who acts: roles in organisations, and the person who holds them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrganisationId, PersonId};

/// A role that a person holds in an organisation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Plans evaluations, opens bids, awards and explains, for a buyer.
    Officer,
    /// Leads the panel of a buyer and signs its consensus.
    Chair,
    /// Marks bids for a buyer.
    Evaluator,
    /// Bids, reports delivery and holds credits for a supplier.
    Supplier,
    /// Checks claims against evidence.
    Verifier,
    /// Issues, corrects and reverses, and keeps policies and certifications.
    Registrar,
    /// Reads what is withheld from the public.
    Auditor,
    /// Runs the service.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Officer,
        Self::Chair,
        Self::Evaluator,
        Self::Supplier,
        Self::Verifier,
        Self::Registrar,
        Self::Auditor,
        Self::Operator,
    ];

    /// The word for the role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Chair => "chair",
            Self::Evaluator => "evaluator",
            Self::Supplier => "supplier",
            Self::Verifier => "verifier",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: expected {roles}", roles = super::one_of(&Role::ALL))]
pub struct InvalidRole(String);

impl FromStr for Role {
    type Err = InvalidRole;
    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| InvalidRole(text.chars().take(40).collect()))
    }
}

/// A role held in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// Where the role is held.
    pub organisation: OrganisationId,
    /// The role.
    pub role: Role,
}

/// Who makes a request: a signed-in person with the roles of their token, or the public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    person: Option<PersonId>,
    grants: Vec<Grant>,
}

impl Actor {
    /// Someone who is not signed in.
    pub fn public() -> Self {
        Self {
            person: None,
            grants: Vec::new(),
        }
    }

    /// A signed-in person with the grants that are in force and within the token's scope.
    pub fn person(person: PersonId, grants: Vec<Grant>) -> Self {
        Self {
            person: Some(person),
            grants,
        }
    }

    /// The person, if signed in.
    pub fn person_id(&self) -> Option<PersonId> {
        self.person
    }

    /// The roles held.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether the role is held in the organisation.
    pub fn holds(&self, organisation: OrganisationId, role: Role) -> bool {
        self.grants.contains(&Grant { organisation, role })
    }

    /// The organisations in which the role is held.
    pub fn organisations(&self, role: Role) -> impl Iterator<Item = OrganisationId> + '_ {
        self.grants
            .iter()
            .filter(move |grant| grant.role == role)
            .map(|grant| grant.organisation)
    }
}
