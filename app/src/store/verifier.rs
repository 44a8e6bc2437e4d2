//! Who may be drawn as a verifier, and the record of each.

use std::collections::HashMap;

use commonweal_domain::actor::Role;
use commonweal_domain::contract::quorum::draw::Enrolled;
use commonweal_domain::ids::{ClaimId, Id, OrganisationId, PersonId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, OnConflict, Query};

use super::claim::verification;
use super::columns;
use super::organisation::{self, role_grant};
use super::quorum::confirmation;
use super::reduced::reduction;
use crate::error::AppError;
use crate::organisation::from_word;

/// Table `verifier_record`.
pub(crate) mod record {
    use sea_orm::entity::prelude::*;

    /// What a verifier has done, counted as it happens.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "verifier_record")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub assigned: i64,
        pub accepted: i64,
        pub rejected: i64,
        pub overturned: i64,
        pub declined: i64,
        pub withdrew: i64,
        pub discharged: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Everybody with the role of a verifier, and the groups in which each of them holds any role.
pub(crate) struct Enrolment {
    pub(crate) verifiers: Vec<Enrolled>,
    groups: HashMap<PersonId, Vec<OrganisationId>>,
}

impl Enrolment {
    /// Reads them, in two statements.
    pub(crate) async fn load(db: &impl ConnectionTrait) -> Result<Self, AppError> {
        let verifiers = || {
            Query::select()
                .column(role_grant::Column::PersonId)
                .from(role_grant::Entity)
                .and_where(role_grant::Column::Role.eq(Role::Verifier.as_str()))
                .to_owned()
        };
        let grants = role_grant::Entity::find()
            .filter(role_grant::Column::PersonId.in_subquery(verifiers()))
            .all(db)
            .await?;
        let held = Query::select()
            .column(role_grant::Column::OrganisationId)
            .from(role_grant::Entity)
            .and_where(role_grant::Column::PersonId.in_subquery(verifiers()))
            .to_owned();
        let rows = organisation::Entity::find()
            .filter(organisation::Column::Id.in_subquery(held))
            .all(db)
            .await?;
        let rows: HashMap<Uuid, organisation::Model> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        let mut found = Self {
            verifiers: Vec::new(),
            groups: HashMap::new(),
        };
        for grant in grants {
            let own = rows.get(&grant.organisation_id);
            let own = own.ok_or_else(|| AppError::internal("a role without organisation"))?;
            let person = PersonId::from_uuid(grant.person_id);
            let group = OrganisationId::from_uuid(own.group_id);
            found.groups.entry(person).or_default().push(group);
            if grant.role == Role::Verifier.as_str() {
                found.verifiers.push(Enrolled {
                    person,
                    organisation: OrganisationId::from_uuid(own.id),
                    group,
                    sector: from_word(&own.sector)?,
                    granted: columns::index(grant.entry_idx)?,
                });
            }
        }
        Ok(found)
    }

    /// The groups of all organisations in which a verifier holds a role.
    pub(crate) fn groups_of(&self, person: PersonId) -> Vec<OrganisationId> {
        self.groups.get(&person).cloned().unwrap_or_default()
    }
}

/// Counts something that verifiers did.
pub(crate) async fn count(
    db: &impl ConnectionTrait,
    people: &[PersonId],
    what: record::Column,
) -> Result<(), AppError> {
    if people.is_empty() {
        return Ok(());
    }
    let rows = people.iter().map(|person| record::ActiveModel {
        person_id: Set(person.uuid()),
        assigned: Set(0),
        accepted: Set(0),
        rejected: Set(0),
        overturned: Set(0),
        declined: Set(0),
        withdrew: Set(0),
        discharged: Set(0),
    });
    record::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::column(record::Column::PersonId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    record::Entity::update_many()
        .col_expr(what, Expr::col(what).add(1))
        .filter(record::Column::PersonId.is_in(columns::uuids(people)))
        .exec(db)
        .await?;
    Ok(())
}

/// Counts the verifiers who accepted more of a claim than stays verified, each once however often less stays. Called before the
/// reduction is stored.
pub(crate) async fn overturn(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    (before_units, after_units): (i64, i64),
) -> Result<(), AppError> {
    // What a buyer confirmed alone is in no verifier's record.
    let alone = confirmation::Entity::find_by_id(claim.uuid())
        .filter(confirmation::Column::Audited.eq(false))
        .one(db)
        .await?;
    if alone.is_some() {
        return Ok(());
    }
    let reduced = reduction::Entity::find()
        .filter(reduction::Column::ClaimId.eq(claim.uuid()))
        .one(db)
        .await?;
    let mut found = verification::Entity::find()
        .filter(verification::Column::ClaimId.eq(claim.uuid()))
        .filter(verification::Column::AcceptedUnits.gt(after_units));
    if reduced.is_some() {
        found = found.filter(verification::Column::AcceptedUnits.lte(before_units));
    }
    let rows = found.all(db).await?;
    let people: Vec<Uuid> = rows.iter().map(|row| row.verifier_id).collect();
    record::Entity::update_many()
        .col_expr(
            record::Column::Overturned,
            Expr::col(record::Column::Overturned).add(1),
        )
        .filter(record::Column::PersonId.is_in(people))
        .exec(db)
        .await?;
    Ok(())
}
