//! What a use-case answers when it does not do what was asked. The edge maps each case to one error code.

use std::fmt;
use std::sync::Arc;

use sea_orm::DbErr;

/// Why a use-case did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppError {
    /// A rule refuses the request; the message says what to change.
    #[error("{message}")]
    Refused {
        /// A stable word in capitals for programs, such as `WEIGHTS_SUM`.
        code: &'static str,
        /// What was expected and what to do, for people.
        message: String,
        /// The input field, such as `criteria.0.weight`, where one is at fault.
        path: Option<String>,
    },
    /// Nobody is signed in, or the token is unknown, expired or revoked.
    #[error("sign in first: send a valid token")]
    Unauthenticated,
    /// The actor may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The thing does not exist, or this actor may not know that it does.
    #[error("{0}")]
    NotFound(String),
    /// The world has moved on: another version, or another body under the same idempotency key.
    #[error("{0}")]
    Conflict(String),
    /// The content is sealed and nobody may read it yet.
    #[error("{0}")]
    Sealed(String),
    /// Nothing can be written until a person has looked at the log.
    #[error("the service is read-only: {0}")]
    ReadOnly(String),
    /// Too much is waiting: try again later, nothing was done.
    #[error("the service is overloaded: nothing was done, try again in a moment")]
    Overloaded,
    /// The database went away at the commit: done or not done, never half.
    #[error("the outcome is unknown: retry with the same idempotency key")]
    OutcomeUnknown,
    /// A fault of ours. The edge shows a fixed text and logs the cause.
    #[error("internal error: {0}")]
    Internal(Internal),
}

/// The cause of an internal error, for the log only.
#[derive(Clone)]
pub struct Internal(Arc<dyn std::error::Error + Send + Sync>);

impl fmt::Display for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AppError {
    /// A refusal by a rule.
    pub fn refused(code: &'static str, message: impl fmt::Display) -> Self {
        Self::Refused {
            code,
            message: message.to_string(),
            path: None,
        }
    }

    /// A refusal by a rule that one input field breaks.
    pub fn refused_at(
        code: &'static str,
        path: impl Into<String>,
        message: impl fmt::Display,
    ) -> Self {
        let path = path.into();
        Self::Refused {
            code,
            message: as_typed(&path, message.to_string()),
            path: Some(path),
        }
    }

    /// A fault of ours, from a text or another error.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Internal(cause.into().into()))
    }

    /// A short word for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Sealed(_) => "sealed",
            Self::ReadOnly(_) => "read_only",
            Self::Overloaded => "overloaded",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Internal(_) => "internal",
        }
    }
}

/// The rules name a field as it stands in entries, `expires_at` or `answers.kpi`; people read the name that they typed.
fn as_typed(path: &str, message: String) -> String {
    let named = message.strip_prefix('`').and_then(|it| it.split_once('`'));
    match named {
        Some((field, rest)) if in_entries(field) && rest.starts_with(": ") => {
            format!("`{path}`{rest}")
        }
        _ => message,
    }
}

/// Whether a word is a field of entries that the interface has under another name.
fn in_entries(field: &str) -> bool {
    let word = |part: &str| {
        let letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        part.chars().all(letter) || part.chars().all(|digit| digit.is_ascii_digit())
    };
    field.split('.').all(word) && (field.contains('_') || field.starts_with("answers"))
}

/// A database error that a use-case did not foresee is a fault of ours.
impl From<DbErr> for AppError {
    fn from(error: DbErr) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_field_as_people_type_it() {
        let says = |path: &str, message: &str| AppError::refused_at("X", path, message).to_string();
        let cases = [
            (
                "expiresAt",
                "`expires_at`: 7, expected more",
                "`expiresAt`: 7, expected more",
            ),
            (
                "outcome.kpi",
                "`answers.kpi`: there is none",
                "`outcome.kpi`: there is none",
            ),
            (
                "lowValues.0",
                "`low_value.0`: name it once",
                "`lowValues.0`: name it once",
            ),
            // What somebody typed stays as it is.
            (
                "place",
                "`kr_11!`: no such place",
                "`kr_11!`: no such place",
            ),
            ("quantity", "`quantity`: too much", "`quantity`: too much"),
            ("units", "too many `held_units`", "too many `held_units`"),
        ];
        for (path, message, expected) in cases {
            assert_eq!(says(path, message), expected);
        }
    }
}
