//! Organisations, the roles that people hold in them, and certifications as social economy organisations (SEO).

pub mod certification;
pub mod entries;
pub mod name;
mod state;

pub use state::{Organisation, State};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an organisation is in law, which decides whether its name may stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalForm {
    /// A legal person: it is named in the log.
    LegalPerson,
    /// A sole trader is a natural person: the log holds a salted commitment, the name lives in the erasable directory.
    SoleTrader,
}

/// The sector that counts for the independence of verifiers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sector {
    /// Public bodies.
    Public,
    /// Private firms.
    Private,
    /// Civil society.
    CivilSociety,
}
