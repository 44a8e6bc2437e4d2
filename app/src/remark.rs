//! Words that people write beside what they do. The log holds a salted hash of them, and they can be erased.

use commonweal_domain::log::hash::Hash;
use commonweal_domain::remark::{check_remark, commit_remark};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait, Value};

use crate::App;
use crate::error::AppError;
use crate::store::remark;

/// Words with the hash that stands for them in the log.
#[derive(Debug, Clone)]
pub(crate) struct Remark {
    words: String,
    salt: [u8; 32],
    /// What the entry carries.
    pub(crate) hash: Hash,
}

impl Remark {
    /// Checks and commits words; the error names the field.
    pub(crate) fn new(app: &App, field: &'static str, words: &str) -> Result<Self, AppError> {
        check_remark(words).map_err(|error| AppError::refused_at("WORDS", field, error))?;
        let salt = app.ids.rng().bytes();
        Ok(Self {
            words: words.to_owned(),
            salt,
            hash: commit_remark(words, salt).map_err(AppError::internal)?,
        })
    }

    /// The same for words that may be left out.
    pub(crate) fn optional(
        app: &App,
        field: &'static str,
        words: Option<&str>,
    ) -> Result<Option<Self>, AppError> {
        words.map(|words| Self::new(app, field, words)).transpose()
    }

    /// Hash, words and salt, as the table holds them.
    pub(crate) fn values(&self) -> Vec<Value> {
        vec![
            self.hash.as_bytes().to_vec().into(),
            self.words.clone().into(),
            self.salt.to_vec().into(),
        ]
    }

    /// Keeps the words beside the log.
    pub(crate) async fn keep(&self, db: &impl ConnectionTrait) -> Result<(), AppError> {
        remark::Entity::insert(remark::ActiveModel {
            hash: Set(self.hash.as_bytes().to_vec()),
            words: Set(self.words.clone()),
            salt: Set(self.salt.to_vec()),
        })
        .exec_without_returning(db)
        .await?;
        Ok(())
    }
}
