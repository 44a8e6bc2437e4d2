//! The closed set of error codes, and the one place that every error passes on its way out.
//!
//! A resolver makes an error with [`Code::error`]. Whatever leaves without a code of the set is a defect of ours: it is
//! written to the log in full and answered as [`Code::InternalServerError`] with a trace id and nothing else.

use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value};
use axum::http::StatusCode;
use serde::Serialize;

/// The text of every masked error.
pub const INTERNAL_MESSAGE: &str =
    "something went wrong on our side; report it with the trace id of this error";

/// `extensions.code` of an error: there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// A value, a variable or the request itself is not what was expected.
    BadUserInput,
    /// The credentials are missing, unknown or expired.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, as far as the caller may know.
    NotFound,
    /// The thing changed in the meantime, or the idempotency key was used for something else.
    Conflict,
    /// The thing exists and is sealed; said only to those who may know that it exists.
    Sealed,
    /// The service takes no writes until its operator has looked at the log.
    ReadOnly,
    /// The cost bucket is empty; `Retry-After` says for how long.
    RateLimited,
    /// The document is over one of the limits.
    QueryTooComplex,
    /// No document is stored under this hash.
    PersistedDocumentNotFound,
    /// A defect of ours, masked.
    InternalServerError,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 13] = [
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::BadUserInput,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Sealed,
        Self::ReadOnly,
        Self::RateLimited,
        Self::QueryTooComplex,
        Self::PersistedDocumentNotFound,
        Self::InternalServerError,
    ];

    /// The word in `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::Sealed => "SEALED",
            Self::ReadOnly => "READ_ONLY",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::PersistedDocumentNotFound => "PERSISTED_DOCUMENT_NOT_FOUND",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }

    /// The error a resolver returns. The message is read by people outside.
    pub fn error(self, message: impl Into<String>) -> async_graphql::Error {
        let mut error = async_graphql::Error::new(message);
        error.extensions = Some(self.extensions());
        error
    }

    /// The error a resolver returns about an input field, which is named in `extensions.field`. The message names the field
    /// too.
    pub fn error_at(self, field: &str, message: impl Into<String>) -> async_graphql::Error {
        let mut error = self.error(message);
        if let Some(extensions) = &mut error.extensions {
            extensions.set("field", field);
        }
        error
    }

    /// The error of a request that is refused before it runs, with the place in the document if there is one.
    pub fn refusal(self, message: impl Into<String>, at: Option<Pos>) -> ServerError {
        let mut error = ServerError::new(message, at);
        error.extensions = Some(self.extensions());
        error
    }

    /// The code an error carries, if it is one of the set.
    pub fn of(error: &ServerError) -> Option<Self> {
        match error.extensions.as_ref()?.get("code")? {
            Value::String(code) => Self::ALL.into_iter().find(|known| known.as_str() == code),
            _ => None,
        }
    }

    /// Gives the error this code unless it has one already.
    pub(crate) fn assign(self, error: &mut ServerError) {
        if Self::of(error).is_none() {
            error
                .extensions
                .get_or_insert_with(ErrorExtensionValues::default)
                .set("code", self.as_str());
        }
    }

    /// The HTTP status of a request refused with this code under `application/graphql-response+json`.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn extensions(self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.as_str());
        values
    }
}

/// The trace id of a request: 32 hexadecimal digits, in the log, in `X-Trace-Id` and in masked errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceId(pub String);

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// More errors of one answer than this help nobody, and a small document can cause thousands.
const MAX_ERRORS: usize = 50;

/// Masks every error that has no code of the set, or the internal one; the detail goes to the log. Keeps the first 50.
pub fn mask(errors: &mut Vec<ServerError>, trace: &TraceId) {
    errors.truncate(MAX_ERRORS);
    for error in errors {
        match Code::of(error) {
            Some(code) if code != Code::InternalServerError => {}
            _ => {
                tracing::error!(trace_id = %trace, detail = %error.message, path = ?error.path, "masked error");
                INTERNAL_MESSAGE.clone_into(&mut error.message);
                error.source = None;
                let mut values = Code::InternalServerError.extensions();
                values.set("traceId", trace.0.as_str());
                error.extensions = Some(values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> TraceId {
        TraceId("0af7651916cd43dd8448eb211c80319c".into())
    }

    #[test]
    fn a_coded_error_passes_unchanged() {
        for code in Code::ALL
            .into_iter()
            .filter(|code| *code != Code::InternalServerError)
        {
            let mut errors = vec![code.refusal("said to the caller", None)];
            let before = errors.clone();
            mask(&mut errors, &trace());
            assert_eq!(errors, before);
        }
    }

    #[test]
    fn an_error_without_a_known_code_is_masked_whole() {
        let mut unknown = ServerError::new("UNIQUE constraint failed: token.hash", None);
        let mut values = ErrorExtensionValues::default();
        values.set("code", "SQL_1555");
        values.set("table", "token");
        unknown.extensions = Some(values);
        let mut errors = vec![
            unknown,
            ServerError::new("no code at all", None),
            Code::InternalServerError.refusal("secret detail", None),
        ];
        mask(&mut errors, &trace());
        for error in &errors {
            let text = serde_json::to_value(error).unwrap();
            assert_eq!(
                text,
                serde_json::json!({
                    "message": INTERNAL_MESSAGE,
                    "extensions": { "code": "INTERNAL_SERVER_ERROR", "traceId": trace().0 },
                })
            );
        }
    }
}
