//! Use-cases of organisations and roles: a registrar keeps them, and everyone can read who did what.

use commonweal_domain::actor::{Action, Actor, Facts, Role};
use commonweal_domain::ids::{Id, OrganisationId, PersonId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::organisation::entries::{OrganisationRegistered, RoleGranted, RoleRevoked};
use commonweal_domain::organisation::name::{PublicName, check_name, commit_name};
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::place::Place;
use commonweal_domain::text::is_line;
use sea_orm::sea_query::Query;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::store::organisation::{self, directory, role_grant};
use crate::store::{Command, IdempotencyKey, Tx, Written};
use crate::text::place;

/// The longest place code, source or identifier, in bytes.
const MAX_CODE: usize = 200;

/// Input of [`App::register_organisation`].
#[derive(Debug, Clone)]
pub struct RegisterOrganisation {
    /// What it is in law.
    pub legal_form: LegalForm,
    /// Its name.
    pub name: String,
    /// Sector for the independence of verifiers.
    pub sector: Sector,
    /// Top of its beneficial-owner group; `None` when it stands alone.
    pub group: Option<OrganisationId>,
    /// Country or place code, such as `KR-11`.
    pub place: String,
    /// Number in a public register; legal persons only.
    pub identifier: Option<String>,
}

struct Register {
    actor: Actor,
    id: OrganisationId,
    input: RegisterOrganisation,
    salt: [u8; 32],
    place: Place,
}

impl Command for Register {
    const NAME: &'static str = "register_organisation";
    type Out = OrganisationId;

    async fn run(&self, tx: &mut Tx) -> Result<OrganisationId, AppError> {
        let permit = authorize(
            tx,
            &self.actor,
            Action::RegisterOrganisation,
            &Facts::default(),
        )
        .await?;
        let group = self.input.group.unwrap_or(self.id);
        if group != self.id {
            check_top(tx, group).await?;
        }
        if let Some(identifier) = &self.input.identifier {
            let taken = organisation::Entity::find()
                .filter(organisation::Column::Identifier.eq(identifier))
                .one(tx)
                .await?;
            if taken.is_some() {
                return Err(AppError::refused_at(
                    "IDENTIFIER_TAKEN",
                    "identifier",
                    "an organisation with this identifier is registered already",
                ));
            }
        }
        let person = self.input.legal_form == LegalForm::SoleTrader;
        let name = if person {
            PublicName::Committed(
                commit_name(&self.input.name, self.salt).map_err(AppError::internal)?,
            )
        } else {
            PublicName::Clear(self.input.name.clone())
        };
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: OrganisationRegistered {
                organisation: self.id,
                legal_form: self.input.legal_form,
                name,
                sector: self.input.sector,
                group,
                place: self.place.clone(),
                identifier: self.input.identifier.clone(),
            }
            .into(),
        })?;
        self.insert(tx, group, index).await?;
        Ok(self.id)
    }
}

/// A group is named by the organisation at its top, so that every group rule sees the whole family.
async fn check_top(tx: &Tx, group: OrganisationId) -> Result<(), AppError> {
    let found = organisation::Entity::find_by_id(group.uuid())
        .one(tx)
        .await?;
    let found = found.ok_or_else(|| {
        let message = "the group names an organisation that is not registered";
        AppError::refused_at("UNKNOWN_GROUP", "group", message)
    })?;
    if found.group_id == found.id {
        return Ok(());
    }
    let message = format!(
        "the organisation belongs to a group itself: name its top, organisation:{}",
        OrganisationId::from_uuid(found.group_id)
    );
    Err(AppError::refused_at("NOT_THE_TOP", "group", message))
}

impl Register {
    async fn insert(&self, tx: &mut Tx, group: OrganisationId, index: u64) -> Result<(), AppError> {
        let person = self.input.legal_form == LegalForm::SoleTrader;
        organisation::Entity::insert(organisation::ActiveModel {
            id: Set(self.id.uuid()),
            legal_form: Set(word(self.input.legal_form)?),
            name: Set((!person).then(|| self.input.name.clone())),
            sector: Set(word(self.input.sector)?),
            group_id: Set(group.uuid()),
            place: Set(self.place.to_string()),
            identifier: Set(self.input.identifier.clone()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        if person {
            directory::Entity::insert(directory::ActiveModel {
                subject_id: Set(self.id.uuid()),
                name: Set(self.input.name.clone()),
                salt: Set(self.salt.to_vec()),
            })
            .exec_without_returning(tx)
            .await?;
        }
        Ok(())
    }
}

/// Input of [`App::grant_role`] and [`App::revoke_role`].
#[derive(Debug, Clone, Copy)]
pub struct RoleInput {
    /// The person's pseudonym.
    pub person: PersonId,
    /// Where the role is held.
    pub organisation: OrganisationId,
    /// The role.
    pub role: Role,
}

struct Grant {
    actor: Actor,
    input: RoleInput,
}

impl Command for Grant {
    const NAME: &'static str = "grant_role";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let permit = authorize(tx, &self.actor, Action::GrantRole, &Facts::default()).await?;
        grant(tx, self.input, permit.actor).await
    }
}

/// Appends `role.granted` and stores the grant; also the operator's way in, before anyone holds a role.
pub(crate) async fn grant(
    tx: &mut Tx,
    input: RoleInput,
    actor: commonweal_domain::log::entry::EntryActor,
) -> Result<(), AppError> {
    let known = organisation::Entity::find_by_id(input.organisation.uuid())
        .one(tx)
        .await?;
    known.ok_or_else(|| AppError::NotFound("no such organisation".to_owned()))?;
    if held(tx, input).await? {
        return Err(AppError::refused_at(
            "ROLE_HELD",
            "role",
            "the person holds this role in this organisation already",
        ));
    }
    check_independent(tx, input, actor.role).await?;
    let index = tx.append(Draft {
        actors: vec![actor],
        subject: input.person.to_string(),
        inputs_upto: None,
        body: RoleGranted {
            person: input.person,
            organisation: input.organisation,
            role: input.role,
        }
        .into(),
    })?;
    role_grant::Entity::insert(role_grant::ActiveModel {
        person_id: Set(input.person.uuid()),
        organisation_id: Set(input.organisation.uuid()),
        role: Set(input.role.as_str().to_owned()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// An auditor reads what rivals withhold: the registrar alone lets one in, and nobody bids for the auditor's side.
async fn check_independent(tx: &mut Tx, input: RoleInput, by: Role) -> Result<(), AppError> {
    let opposite = match input.role {
        Role::Auditor if by != Role::Registrar => {
            return Err(AppError::refused_at(
                "AUDITOR_BY_REGISTRAR",
                "role",
                "the role of an auditor accredits a body: ask the registrar to grant it",
            ));
        }
        Role::Auditor => Role::Supplier,
        Role::Supplier => Role::Auditor,
        _ => return Ok(()),
    };
    let group = Query::select()
        .column(organisation::Column::GroupId)
        .from(organisation::Entity)
        .and_where(organisation::Column::Id.eq(input.organisation.uuid()))
        .to_owned();
    let related = Query::select()
        .column(organisation::Column::Id)
        .from(organisation::Entity)
        .and_where(organisation::Column::GroupId.in_subquery(group))
        .to_owned();
    let held = role_grant::Entity::find()
        .filter(role_grant::Column::OrganisationId.in_subquery(related))
        .filter(role_grant::Column::Role.eq(opposite.as_str()))
        .one(tx)
        .await?;
    if held.is_none() {
        return Ok(());
    }
    Err(AppError::refused_at(
        "AUDITOR_INDEPENDENCE",
        "organisation",
        "no supplier acts in the beneficial-owner group of an auditor: choose another organisation, or revoke the other role",
    ))
}

async fn held(tx: &mut Tx, input: RoleInput) -> Result<bool, AppError> {
    let key = (
        input.person.uuid(),
        input.organisation.uuid(),
        input.role.as_str().to_owned(),
    );
    Ok(role_grant::Entity::find_by_id(key).one(tx).await?.is_some())
}

struct Revoke {
    actor: Actor,
    input: RoleInput,
}

impl Command for Revoke {
    const NAME: &'static str = "revoke_role";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let permit = authorize(tx, &self.actor, Action::RevokeRole, &Facts::default()).await?;
        if !held(tx, self.input).await? {
            return Err(AppError::refused_at(
                "ROLE_NOT_HELD",
                "role",
                "the person does not hold this role in this organisation",
            ));
        }
        tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.input.person.to_string(),
            inputs_upto: None,
            body: RoleRevoked {
                person: self.input.person,
                organisation: self.input.organisation,
                role: self.input.role,
            }
            .into(),
        })?;
        let key = (
            self.input.person.uuid(),
            self.input.organisation.uuid(),
            self.input.role.as_str().to_owned(),
        );
        role_grant::Entity::delete_by_id(key).exec(tx).await?;
        Ok(())
    }
}

struct ErasePerson {
    actor: Actor,
    subject: OrganisationId,
}

impl crate::store::PrivateCommand for ErasePerson {
    const NAME: &'static str = "erase_person";
    type Out = bool;

    async fn run(&self, tx: &mut crate::store::PrivateTx) -> Result<bool, AppError> {
        authorize(tx, &self.actor, Action::ErasePerson, &Facts::default()).await?;
        let erased = directory::Entity::delete_by_id(self.subject.uuid())
            .exec(tx)
            .await?;
        Ok(erased.rows_affected > 0)
    }
}

impl App {
    /// Registers an organisation. The name of a sole trader goes to the erasable directory, its commitment to the log.
    pub async fn register_organisation(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        input: RegisterOrganisation,
    ) -> Result<Written<OrganisationId>, AppError> {
        check_name(&input.name).map_err(|error| AppError::refused_at("NAME", "name", error))?;
        let place = place("place", &input.place)?;
        if let Some(identifier) = &input.identifier {
            check_code("identifier", identifier)?;
            if input.legal_form == LegalForm::SoleTrader {
                return Err(AppError::refused_at(
                    "IDENTIFIER_OF_A_PERSON",
                    "identifier",
                    "a sole trader is a natural person: leave the identifier out, it would stand in the log for ever",
                ));
            }
        }
        let command = Register {
            actor: actor.clone(),
            id: self.ids.new(),
            place,
            input,
            salt: self.ids.rng().bytes(),
        };
        self.store.write(key, command).await
    }

    /// Grants a role to a person.
    pub async fn grant_role(
        &self,
        actor: &Actor,
        input: RoleInput,
    ) -> Result<Written<()>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Grant { actor, input }).await
    }

    /// Takes a role from a person. Tokens lose it at once.
    pub async fn revoke_role(
        &self,
        actor: &Actor,
        input: RoleInput,
    ) -> Result<Written<()>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Revoke { actor, input }).await
    }

    /// Erases the name and salt of a sole trader. The log stays as it is. Returns whether there was something to erase.
    pub async fn erase_person(
        &self,
        actor: &Actor,
        subject: OrganisationId,
    ) -> Result<bool, AppError> {
        let actor = actor.clone();
        self.store
            .write_private(ErasePerson { actor, subject })
            .await
    }
}

pub(crate) fn check_code(field: &'static str, text: &str) -> Result<(), AppError> {
    if is_line(text, MAX_CODE) && text.len() <= MAX_CODE {
        Ok(())
    } else {
        Err(AppError::refused_at(
            "TEXT",
            field,
            format!(
                "`{field}` has 1 to {MAX_CODE} bytes, no line breaks and no blanks at its ends"
            ),
        ))
    }
}

/// A log index as a column value.
pub(crate) fn column(index: u64) -> Result<i64, AppError> {
    i64::try_from(index).map_err(AppError::internal)
}

/// The word of a unit variant, as serde writes it.
pub(crate) fn word<T: serde::Serialize>(value: T) -> Result<String, AppError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(AppError::internal(format!("{other} is not a word"))),
        Err(error) => Err(AppError::internal(error)),
    }
}

/// The unit variant of a word that the database holds.
pub(crate) fn from_word<T: for<'de> serde::Deserialize<'de>>(word: &str) -> Result<T, AppError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(AppError::internal)
}
