//! API tokens: how a person is signed in, and how the operator lets the first people in.
//!
//! A token reads `cw_<id>_<secret>`: 32 and 64 hexadecimal digits. The secret has 256 random bits, so a plain SHA-256
//! of it is as hard to invert as the secret is to guess, and checking it costs no more than a hash.

use std::collections::BTreeSet;

use commonweal_domain::actor::{Actor, Grant, Role};
use commonweal_domain::ids::{Id, OrganisationId, PersonId, TokenId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::organisation::entries::OrganisationRegistered;
use commonweal_domain::organisation::name::{PublicName, check_name};
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::time::Time;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};

use crate::App;
use crate::error::AppError;
use crate::organisation::{RoleInput, column, grant, word};
use crate::store::organisation::{self, role_grant};
use crate::store::token::{self, api_token, api_token_scope};
use crate::store::{Command, PrivateCommand, PrivateTx, Tx};

/// The longest life of a token: two years.
const MAX_LIFE_DAYS: u32 = 731;
const DAY_MICROS: i64 = 86_400_000_000;

/// What the operator asks for.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The person; `None` makes a new pseudonym.
    pub person: Option<PersonId>,
    /// Roles that the token may use. Those the person does not hold yet are granted by the operator, in the log.
    pub scope: Vec<Grant>,
    /// What the token is for, seen by the operator only.
    pub label: String,
    /// Days until it expires, 1 to 731.
    pub days: u32,
}

/// A token as it is shown once.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token's id.
    pub id: TokenId,
    /// The person it signs in.
    pub person: PersonId,
    /// The text to send as `Authorization: Bearer`.
    pub secret: SecretString,
    /// When it expires.
    pub expires_at: Time,
}

/// A signed-in caller.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person with the grants in force and in scope.
    pub actor: Actor,
    /// The token that was used.
    pub token: TokenId,
    /// When the token expires.
    pub expires_at: Time,
}

struct FoundRegistry {
    id: OrganisationId,
    name: String,
    place: commonweal_domain::place::Place,
    operator: PersonId,
}

impl Command for FoundRegistry {
    const NAME: &'static str = "found_registry";
    type Out = OrganisationId;

    async fn run(&self, tx: &mut Tx) -> Result<OrganisationId, AppError> {
        if organisation::Entity::find().count(tx).await? > 0 {
            return Err(AppError::Conflict(
                "this registry has organisations already: it is founded once".to_owned(),
            ));
        }
        let index = tx.append(Draft {
            actors: vec![EntryActor {
                role: Role::Operator,
                id: self.operator,
                organisation: self.id,
            }],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: OrganisationRegistered {
                organisation: self.id,
                legal_form: LegalForm::LegalPerson,
                name: PublicName::Clear(self.name.clone()),
                sector: Sector::Public,
                group: self.id,
                place: self.place.clone(),
                identifier: None,
            }
            .into(),
        })?;
        organisation::Entity::insert(organisation::ActiveModel {
            id: Set(self.id.uuid()),
            legal_form: Set(word(LegalForm::LegalPerson)?),
            name: Set(Some(self.name.clone())),
            sector: Set(word(Sector::Public)?),
            group_id: Set(self.id.uuid()),
            place: Set(self.place.to_string()),
            identifier: Set(None),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.id)
    }
}

struct GrantMissing {
    operator: PersonId,
    person: PersonId,
    scope: Vec<Grant>,
}

impl Command for GrantMissing {
    const NAME: &'static str = "grant_token_roles";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let held: BTreeSet<(uuid::Uuid, String)> = role_grant::Entity::find()
            .filter(role_grant::Column::PersonId.eq(self.person.uuid()))
            .all(tx)
            .await?
            .into_iter()
            .map(|row| (row.organisation_id, row.role))
            .collect();
        for wanted in &self.scope {
            if held.contains(&(wanted.organisation.uuid(), wanted.role.as_str().to_owned())) {
                continue;
            }
            let operator = EntryActor {
                role: Role::Operator,
                id: self.operator,
                organisation: wanted.organisation,
            };
            let input = RoleInput {
                person: self.person,
                organisation: wanted.organisation,
                role: wanted.role,
            };
            grant(tx, input, operator).await?;
        }
        Ok(())
    }
}

struct StoreToken {
    id: TokenId,
    secret_hash: [u8; 32],
    person: PersonId,
    scope: Vec<Grant>,
    label: String,
    created_at: Time,
    expires_at: Time,
}

impl PrivateCommand for StoreToken {
    const NAME: &'static str = "store_token";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        api_token::Entity::insert(api_token::ActiveModel {
            id: Set(self.id.uuid()),
            secret_hash: Set(self.secret_hash.to_vec()),
            person_id: Set(self.person.uuid()),
            label: Set(self.label.clone()),
            created_at: Set(self.created_at.micros()),
            expires_at: Set(self.expires_at.micros()),
            revoked_at: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        let scopes = self.scope.iter().map(|grant| api_token_scope::ActiveModel {
            token_id: Set(self.id.uuid()),
            organisation_id: Set(grant.organisation.uuid()),
            role: Set(grant.role.as_str().to_owned()),
        });
        api_token_scope::Entity::insert_many(scopes)
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }
}

struct RevokeToken {
    id: TokenId,
    at: Time,
}

impl PrivateCommand for RevokeToken {
    const NAME: &'static str = "revoke_token";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let found = api_token::Entity::find_by_id(self.id.uuid())
            .one(tx)
            .await?;
        let found = found.ok_or_else(|| AppError::NotFound("no such token".to_owned()))?;
        let mut changed: api_token::ActiveModel = found.into();
        changed.revoked_at = Set(Some(self.at.micros()));
        api_token::Entity::update(changed).exec(tx).await?;
        Ok(())
    }
}

impl App {
    /// The first organisation of an empty registry: the body that runs it. Only the operator's command line calls this.
    pub async fn found_registry(
        &self,
        name: &str,
        place: &str,
    ) -> Result<OrganisationId, AppError> {
        check_name(name).map_err(|error| AppError::refused_at("NAME", "name", error))?;
        let command = FoundRegistry {
            id: self.ids.new(),
            name: name.to_owned(),
            place: crate::text::place("place", place)?,
            operator: self.ids.new(),
        };
        Ok(self.store.write(None, command).await?.out)
    }

    /// Makes a token, shown once. Only the operator's command line calls this; roles that it grants stand in the log.
    pub async fn issue_token(&self, request: NewToken) -> Result<IssuedToken, AppError> {
        if request.scope.is_empty() {
            return Err(AppError::refused_at(
                "SCOPE",
                "role",
                "a token needs at least one role",
            ));
        }
        if !(1..=MAX_LIFE_DAYS).contains(&request.days) {
            return Err(AppError::refused_at(
                "LIFETIME",
                "days",
                format!("a token lives 1 to {MAX_LIFE_DAYS} days"),
            ));
        }
        let person = request.person.unwrap_or_else(|| self.ids.new());
        let grants = GrantMissing {
            operator: self.ids.new(),
            person,
            scope: request.scope.clone(),
        };
        self.store.write(None, grants).await?;

        let secret: [u8; 32] = self.ids.rng().bytes();
        let id: TokenId = self.ids.new();
        let created_at = self.ids.clock().now();
        let expires_at = created_at.plus_micros(i64::from(request.days) * DAY_MICROS);
        let token = StoreToken {
            id,
            secret_hash: *sha256(&secret).as_bytes(),
            person,
            scope: request.scope,
            label: request.label,
            created_at,
            expires_at,
        };
        self.store.write_private(token).await?;
        Ok(IssuedToken {
            id,
            person,
            secret: SecretString::from(format!(
                "cw_{}_{}",
                id.uuid().as_simple(),
                hex::encode(secret)
            )),
            expires_at,
        })
    }

    /// Ends a token at once.
    pub async fn revoke_token(&self, id: TokenId) -> Result<(), AppError> {
        let at = self.ids.clock().now();
        self.store.write_private(RevokeToken { id, at }).await
    }

    /// Signs in with a token: it must be known, in time and not revoked. Its grants are those of its scope that the
    /// person still holds.
    pub async fn sign_in(&self, token: &SecretString) -> Result<SignedIn, AppError> {
        let (id, secret) = parse(token.expose_secret()).ok_or(AppError::Unauthenticated)?;
        let rows = token::scoped(self.store.read(), id).await?;
        let row = rows.first().ok_or(AppError::Unauthenticated)?;
        // Comparing hashes leaks nothing that helps to guess a secret of 256 bits.
        let known = sha256(&secret).as_bytes()[..] == row.secret_hash[..];
        let live = row.revoked_at.is_none() && self.ids.clock().now().micros() < row.expires_at;
        if !known || !live {
            return Err(AppError::Unauthenticated);
        }
        let held = rows
            .iter()
            .filter_map(|row| row.organisation_id.zip(row.role.as_ref()));
        let grants = held.map(|(organisation, role)| {
            Ok(Grant {
                organisation: OrganisationId::from_uuid(organisation),
                role: role.parse().map_err(AppError::internal)?,
            })
        });
        let grants = grants.collect::<Result<_, AppError>>()?;
        Ok(SignedIn {
            actor: Actor::person(PersonId::from_uuid(row.person_id), grants),
            token: id,
            expires_at: Time::from_micros(row.expires_at),
        })
    }
}

/// The id and the secret of a token's text.
fn parse(text: &str) -> Option<(TokenId, [u8; 32])> {
    let (id, secret) = text.strip_prefix("cw_")?.split_once('_')?;
    let id = (id.len() == 32).then(|| id.parse().ok()).flatten()?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(secret, &mut bytes).ok()?;
    Some((id, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_form_is_a_token() {
        let good = format!("cw_{}_{}", "0".repeat(32), "a".repeat(64));
        assert!(parse(&good).is_some());
        for bad in [
            "",
            "cw_",
            "cw_1_2",
            &good[1..],
            &good[..good.len() - 1],
            &good.replace("cw_", "cx_"),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
