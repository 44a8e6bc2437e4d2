//! Use-cases of certifications as a social economy organisation: a registrar records what a register says.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{CertificationId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::organisation::certification::Certification;
use commonweal_domain::organisation::entries::{CertificationRecorded, CertificationRevoked};
use commonweal_domain::time::Date;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::{check_code, column};
use crate::store::organisation::{self, certification};
use crate::store::{Command, Tx, Written};

struct RecordCertification {
    actor: Actor,
    certification: Certification,
}

impl Command for RecordCertification {
    const NAME: &'static str = "record_certification";
    type Out = CertificationId;

    async fn run(&self, tx: &mut Tx) -> Result<CertificationId, AppError> {
        let permit = authorize(
            tx,
            &self.actor,
            Action::RecordCertification,
            &Facts::default(),
        )
        .await?;
        let fact = &self.certification;
        let known = organisation::Entity::find_by_id(fact.organisation.uuid())
            .one(tx)
            .await?;
        known.ok_or_else(|| AppError::NotFound("no such organisation".to_owned()))?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: fact.organisation.to_string(),
            inputs_upto: None,
            body: CertificationRecorded {
                certification: fact.clone(),
            }
            .into(),
        })?;
        certification::Entity::insert(certification::ActiveModel {
            id: Set(fact.id.uuid()),
            organisation_id: Set(fact.organisation.uuid()),
            kind: Set(fact.kind.as_str().to_owned()),
            from_day: Set(fact.from.to_string()),
            to_day: Set(fact.to.map(|day| day.to_string())),
            source: Set(fact.source.clone()),
            entry_idx: Set(column(index)?),
            revoked_from: Set(None),
            revoked_idx: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(fact.id)
    }
}

struct RevokeCertification {
    actor: Actor,
    id: CertificationId,
    from: Date,
}

impl Command for RevokeCertification {
    const NAME: &'static str = "revoke_certification";
    type Out = CertificationId;

    async fn run(&self, tx: &mut Tx) -> Result<CertificationId, AppError> {
        let permit = authorize(
            tx,
            &self.actor,
            Action::RevokeCertification,
            &Facts::default(),
        )
        .await?;
        let found = certification::Entity::find_by_id(self.id.uuid())
            .one(tx)
            .await?;
        let found = found.ok_or_else(|| AppError::NotFound("no such certification".to_owned()))?;
        if found.revoked_idx.is_some() {
            return Err(AppError::Conflict(
                "this certification is revoked already".to_owned(),
            ));
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: OrganisationId::from_uuid(found.organisation_id).to_string(),
            inputs_upto: None,
            body: CertificationRevoked {
                certification: self.id,
                from: self.from,
            }
            .into(),
        })?;
        let mut changed: certification::ActiveModel = found.into();
        changed.revoked_from = Set(Some(self.from.to_string()));
        changed.revoked_idx = Set(Some(column(index)?));
        certification::Entity::update(changed).exec(tx).await?;
        Ok(self.id)
    }
}

impl App {
    /// Records a certification as a social economy organisation, as a registrar looked it up.
    pub async fn record_certification(
        &self,
        actor: &Actor,
        fact: Certification,
    ) -> Result<Written<CertificationId>, AppError> {
        check_code("source", &fact.source)?;
        if fact.to.is_some_and(|to| to <= fact.from) {
            return Err(AppError::refused_at(
                "PERIOD",
                "to",
                "the certification must end after it begins",
            ));
        }
        let command = RecordCertification {
            actor: actor.clone(),
            certification: fact,
        };
        self.store.write(None, command).await
    }

    /// Ends a certification early, from a day on.
    pub async fn revoke_certification(
        &self,
        actor: &Actor,
        id: CertificationId,
        from: Date,
    ) -> Result<Written<CertificationId>, AppError> {
        let actor = actor.clone();
        self.store
            .write(None, RevokeCertification { actor, id, from })
            .await
    }
}
