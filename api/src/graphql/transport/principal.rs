//! Who is calling: the seam between the edge and sign-in, which the edge knows nothing about.

use std::{future::Future, net::IpAddr};

use axum::http::HeaderMap;

use crate::graphql::errors::Code;

/// The caller, put into the data of each operation for resolvers to find.
pub trait Principal: Clone + Send + Sync + 'static {
    /// A stable key for the cost bucket; `None` for the anonymous public, which is counted by address.
    fn key(&self) -> Option<String>;

    /// When the credentials end, in microseconds since the epoch, UTC; `None` if they do not.
    fn expires_at(&self) -> Option<i64>;
}

/// Finds out who is calling. Without credentials the answer is the anonymous public, not an error.
pub trait Authenticate: Send + Sync + 'static {
    /// What it finds.
    type Principal: Principal;

    /// The caller behind these headers.
    fn principal(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
    ) -> impl Future<Output = Result<Self::Principal, AuthError>> + Send;
}

/// Credentials were given and do not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// They are unknown, malformed or expired. The text is for the caller.
    #[error("{0}")]
    Unauthenticated(String),
    /// They are good, and their bearer may not come in. The text is for the caller.
    #[error("{0}")]
    Forbidden(String),
    /// They could not be checked. The text is for the log.
    #[error("{0}")]
    Unavailable(String),
}

impl AuthError {
    /// The code it is answered with.
    pub const fn code(&self) -> Code {
        match self {
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Unavailable(_) => Code::InternalServerError,
        }
    }
}
