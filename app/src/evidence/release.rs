//! The owner opens files of evidence to named organisations, and closes them again.

use std::collections::HashSet;

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::contract::claim::MAX_EVIDENCE;
use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::store::evidence_file::{self, release};
use crate::store::{PrivateCommand, PrivateTx, columns, organisation};

/// The most organisations of one release.
const MAX_ORGANISATIONS: usize = 50;
/// The most organisations to which a file is open at once: whoever lists files sees all of them.
const MAX_RECEIVERS: i32 = 100;

/// Input of [`App::release_evidence`] and [`App::end_evidence_release`].
#[derive(Debug, Clone)]
pub struct ReleaseEvidence {
    /// Whose files.
    pub owner: OrganisationId,
    /// Which, by their hashes.
    pub files: Vec<Hash>,
    /// To whom.
    pub to: Vec<OrganisationId>,
}

struct Release {
    actor: Actor,
    input: ReleaseEvidence,
    /// Whether it ends.
    end: bool,
}

impl PrivateCommand for Release {
    const NAME: &'static str = "release_evidence";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let input = &self.input;
        let facts = Facts {
            organisation: Some(input.owner),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::ReleaseEvidence, &facts).await?;
        let found = evidence_file::stored(tx, input.owner, &input.files).await?;
        let mut ids: Vec<Uuid> = Vec::with_capacity(input.files.len());
        for (at, file) in input.files.iter().enumerate() {
            let row = found.get(file).ok_or_else(|| {
                let message = format!("`files.{at}`: the organisation has no file {file}");
                AppError::refused_at("UNKNOWN_FILE", format!("files.{at}"), message)
            })?;
            ids.push(row.id);
        }
        let to: Vec<Uuid> = columns::uuids(&input.to).collect();
        if self.end {
            release::Entity::delete_many()
                .filter(release::Column::FileId.is_in(ids))
                .filter(release::Column::OrganisationId.is_in(to))
                .exec(tx)
                .await?;
            return Ok(());
        }
        check_registered(tx, &to).await?;
        let mut rows = Vec::with_capacity(ids.len() * to.len());
        for file in &ids {
            for organisation in &to {
                rows.push(release::ActiveModel {
                    file_id: Set(*file),
                    organisation_id: Set(*organisation),
                    released_by: Set(permit.actor.id.uuid()),
                    released_at: Set(tx.at().micros()),
                });
            }
        }
        let key = [release::Column::FileId, release::Column::OrganisationId];
        let twice = OnConflict::columns(key).do_nothing().to_owned();
        release::Entity::insert_many(rows)
            .on_conflict(twice)
            .exec_without_returning(tx)
            .await?;
        check_receivers(tx, &ids).await
    }
}

/// Whether everybody to whom something is released is registered.
async fn check_registered(tx: &PrivateTx, to: &[Uuid]) -> Result<(), AppError> {
    let known: HashSet<Uuid> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id)
        .filter(organisation::Column::Id.is_in(to.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    let Some(at) = to.iter().position(|id| !known.contains(id)) else {
        return Ok(());
    };
    let message = format!("`to.{at}`: there is no such organisation");
    let field = format!("to.{at}");
    Err(AppError::refused_at("UNKNOWN_ORGANISATION", field, message))
}

/// Whether files are open to no more organisations than a file may be.
async fn check_receivers(tx: &PrivateTx, files: &[Uuid]) -> Result<(), AppError> {
    let over: Option<Uuid> = release::Entity::find()
        .select_only()
        .column(release::Column::FileId)
        .filter(release::Column::FileId.is_in(files.iter().copied()))
        .group_by(release::Column::FileId)
        .having(release::Column::OrganisationId.count().gt(MAX_RECEIVERS))
        .into_tuple()
        .one(tx)
        .await?;
    let Some(over) = over else {
        return Ok(());
    };
    let at = files.iter().position(|id| *id == over).unwrap_or_default();
    let message = format!(
        "`files.{at}`: a file is open to at most {MAX_RECEIVERS} organisations at once: end a release first"
    );
    let field = format!("files.{at}");
    Err(AppError::refused_at("TOO_MANY_RECEIVERS", field, message))
}

impl App {
    /// Opens files to people of named organisations.
    pub async fn release_evidence(
        &self,
        actor: &Actor,
        input: ReleaseEvidence,
    ) -> Result<(), AppError> {
        self.set_release(actor, input, false).await
    }

    /// Closes files again to people of named organisations. What they have read they have read.
    pub async fn end_evidence_release(
        &self,
        actor: &Actor,
        input: ReleaseEvidence,
    ) -> Result<(), AppError> {
        self.set_release(actor, input, true).await
    }

    async fn set_release(
        &self,
        actor: &Actor,
        input: ReleaseEvidence,
        end: bool,
    ) -> Result<(), AppError> {
        check_count("files", input.files.len(), MAX_EVIDENCE)?;
        check_count("to", input.to.len(), MAX_ORGANISATIONS)?;
        let actor = actor.clone();
        self.store
            .write_private(Release { actor, input, end })
            .await
    }
}

fn check_count(field: &str, count: usize, max: usize) -> Result<(), AppError> {
    if (1..=max).contains(&count) {
        return Ok(());
    }
    let message = format!("`{field}`: {count} are named, expected 1 to {max}");
    Err(AppError::refused_at("COUNT", field, message))
}
