//! Sign-in: from the headers of a request to a caller.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use commonweal_app::{App, AppError};
use commonweal_domain::actor::Actor;
use secrecy::SecretString;

use crate::graphql::context::Caller;
use crate::graphql::transport::{AuthError, Authenticate, Principal};

/// Signs callers in by API token (`Authorization: Bearer cw_...`). Whoever sends no token is the public.
#[derive(Debug, Clone)]
pub struct SignIn {
    app: Arc<App>,
}

impl SignIn {
    /// Sign-in against the tokens of an app.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    fn caller(&self, actor: Actor, expires_at: Option<commonweal_domain::time::Time>) -> Caller {
        Caller::new(Arc::clone(&self.app), actor, expires_at)
    }
}

impl Authenticate for SignIn {
    type Principal = Caller;

    async fn principal(&self, headers: &HeaderMap, _peer: IpAddr) -> Result<Caller, AuthError> {
        let Some(token) = bearer(headers)? else {
            return Ok(self.caller(Actor::public(), None));
        };
        match self.app.sign_in(&token).await {
            Ok(signed_in) => Ok(self.caller(signed_in.actor, Some(signed_in.expires_at))),
            Err(AppError::Unauthenticated) => Err(AuthError::Unauthenticated(
                "the API token is unknown, expired or revoked: ask for a new one".to_owned(),
            )),
            Err(error) => Err(AuthError::Unavailable(error.to_string())),
        }
    }
}

impl Principal for Caller {
    fn key(&self) -> Option<String> {
        self.actor().person_id().map(|person| person.to_string())
    }

    fn expires_at(&self) -> Option<i64> {
        Self::expires_at(self).map(commonweal_domain::time::Time::micros)
    }
}

/// The bearer token, if the request has one; any other scheme is an error, so that nobody acts as the public unawares.
fn bearer(headers: &HeaderMap) -> Result<Option<SecretString>, AuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let wrong = || {
        AuthError::Unauthenticated("`Authorization` must be `Bearer` and an API token".to_owned())
    };
    let text = value.to_str().map_err(|_| wrong())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(wrong)?;
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        Ok(Some(SecretString::from(token.trim())))
    } else {
        Err(wrong())
    }
}
