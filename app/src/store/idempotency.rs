//! Idempotency keys: the same key and body get the first answer again, the same key with another body a conflict.

use std::collections::HashMap;
use std::ops::Range;

use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::hash::{Hash, sha256};
use commonweal_domain::time::Time;
use sea_orm::{ConnectionTrait, DbErr, Value};
use serde::Serialize;
use uuid::Uuid;

use super::bulk::{self, Insert};
use super::command::Verdict;
use super::log::{loaded_index, stored_index};
use crate::error::AppError;

/// The longest key in bytes.
const KEY_BYTES_MAX: usize = 200;

/// A key that the caller chose for one request. Its scope is the organisation and the command's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    organisation: OrganisationId,
    key: String,
    body_hash: Hash,
}

impl IdempotencyKey {
    /// A key with the hash of the request that it stands for: the same key with another body is refused.
    pub fn new(
        organisation: OrganisationId,
        key: impl Into<String>,
        body_hash: Hash,
    ) -> Result<Self, AppError> {
        let key = key.into();
        if key.is_empty() || key.len() > KEY_BYTES_MAX || key.chars().any(char::is_control) {
            return Err(AppError::refused_at(
                "IDEMPOTENCY_KEY",
                "idempotencyKey",
                format!(
                    "an idempotency key has 1 to {KEY_BYTES_MAX} bytes without control characters"
                ),
            ));
        }
        Ok(Self {
            organisation,
            key,
            body_hash,
        })
    }

    /// A key with the request itself, which is hashed in its canonical form.
    pub fn of_body<B: Serialize + ?Sized>(
        organisation: OrganisationId,
        key: impl Into<String>,
        body: &B,
    ) -> Result<Self, AppError> {
        let bytes = canonical_blob(body).map_err(AppError::internal)?;
        Self::new(organisation, key, sha256(&bytes))
    }
}

/// An answer that was given before.
#[derive(Debug, Clone)]
pub(super) struct StoredAnswer {
    body_hash: Hash,
    pub(super) answer: Vec<u8>,
    pub(super) at: Time,
    pub(super) entries: Range<u64>,
}

impl StoredAnswer {
    pub(super) fn replayed(self) -> Verdict {
        Verdict::Replayed {
            at: self.at,
            entries: self.entries,
            answer: self.answer,
        }
    }
}

/// Organisation, mutation and key.
pub(super) type Scope = (Uuid, &'static str, String);

/// The answers that matter to one batch: those found in the table and those given in the batch.
#[derive(Debug, Default)]
pub(super) struct Answers {
    known: HashMap<Scope, StoredAnswer>,
    new: Vec<Scope>,
}

impl Answers {
    /// Looks up the keys of the whole batch in one statement.
    pub(super) async fn load(
        database: &impl ConnectionTrait,
        scopes: &[Scope],
    ) -> Result<Self, DbErr> {
        let wanted: Vec<Vec<Value>> = scopes.iter().map(columns).collect();
        let rows = bulk::select(
            database,
            "SELECT i.organisation_id, i.mutation, i.key, i.body_hash, i.answer, i.at, i.first_index, i.entries \
             FROM idempotency AS i",
            &wanted,
            "i.organisation_id = r.column1 AND i.mutation = r.column2 AND i.key = r.column3",
        )
        .await?;
        let mut answers = Self::default();
        for row in rows {
            let organisation = row.try_get::<Uuid>("", "organisation_id")?;
            let mutation = row.try_get::<String>("", "mutation")?;
            let key = row.try_get::<String>("", "key")?;
            let body_hash: Vec<u8> = row.try_get("", "body_hash")?;
            let first = loaded_index(row.try_get("", "first_index")?)?;
            let entries = loaded_index(row.try_get("", "entries")?)?;
            let answer = StoredAnswer {
                body_hash: Hash::try_from(body_hash.as_slice())
                    .map_err(|error| DbErr::Type(error.to_string()))?,
                answer: row.try_get("", "answer")?,
                at: Time::from_micros(row.try_get("", "at")?),
                entries: first..first + entries,
            };
            if let Some(scope) = scopes
                .iter()
                .find(|scope| scope.0 == organisation && scope.1 == mutation && scope.2 == key)
            {
                answers.known.insert(scope.clone(), answer);
            }
        }
        Ok(answers)
    }

    /// The answer that was given for this key and body, nothing for a new key, a conflict for another body.
    pub(super) fn find(
        &self,
        name: &'static str,
        key: &IdempotencyKey,
    ) -> Result<Option<StoredAnswer>, AppError> {
        match self.known.get(&scope(name, key)) {
            Some(stored) if stored.body_hash == key.body_hash => Ok(Some(stored.clone())),
            Some(_) => Err(AppError::Conflict(format!(
                "the idempotency key `{}` was used for another request: choose a new key",
                key.key
            ))),
            None => Ok(None),
        }
    }

    /// Keeps the answer to an accepted command.
    pub(super) fn keep(
        &mut self,
        name: &'static str,
        key: &IdempotencyKey,
        answer: Vec<u8>,
        at: Time,
        entries: Range<u64>,
    ) {
        let scope = scope(name, key);
        let stored = StoredAnswer {
            body_hash: key.body_hash,
            answer,
            at,
            entries,
        };
        self.known.insert(scope.clone(), stored);
        self.new.push(scope);
    }

    /// How many answers this batch has given.
    pub(super) fn mark(&self) -> usize {
        self.new.len()
    }

    /// Takes answers back that were given since a mark.
    pub(super) fn forget_since(&mut self, mark: usize) {
        for scope in self.new.drain(mark..) {
            self.known.remove(&scope);
        }
    }

    /// The answers of this batch.
    pub(super) fn insert(&self) -> Result<Insert, DbErr> {
        let mut rows = Vec::with_capacity(self.new.len());
        for scope in &self.new {
            let Some(stored) = self.known.get(scope) else {
                continue;
            };
            let mut row = columns(scope);
            row.extend([
                Value::from(stored.body_hash.as_bytes().as_slice()),
                Value::from(stored.answer.as_slice()),
                Value::from(stored.at.micros()),
                Value::from(stored_index(stored.entries.start)?),
                Value::from(stored_index(stored.entries.end - stored.entries.start)?),
            ]);
            rows.push(row);
        }
        let into = "idempotency (organisation_id, mutation, key, body_hash, answer, at, first_index, entries)";
        Ok(Insert::new(into, rows))
    }
}

pub(super) fn scope(name: &'static str, key: &IdempotencyKey) -> Scope {
    (key.organisation.uuid(), name, key.key.clone())
}

fn columns(scope: &Scope) -> Vec<Value> {
    vec![scope.0.into(), scope.1.into(), scope.2.as_str().into()]
}
