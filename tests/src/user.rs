//! A signed-in person.

use commonweal_app::token::IssuedToken;
use commonweal_domain::ids::{OrganisationId, PersonId, TokenId};
use secrecy::ExposeSecret;

/// A person with a token, acting for one organisation.
#[derive(Clone)]
pub struct User {
    /// The person's pseudonym.
    pub person: PersonId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// The token's id.
    pub token_id: TokenId,
    secret: String,
}

impl User {
    pub(crate) fn new(organisation: OrganisationId, token: IssuedToken) -> Self {
        Self {
            person: token.person,
            organisation,
            token_id: token.id,
            secret: token.secret.expose_secret().to_owned(),
        }
    }

    /// The text to send as bearer token.
    pub fn token(&self) -> &str {
        &self.secret
    }

    /// The opaque id of the organisation.
    pub fn organisation_id(&self) -> String {
        format!("organisation:{}", self.organisation)
    }
}
