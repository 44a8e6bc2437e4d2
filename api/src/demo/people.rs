//! Lets the people of the demo city in: organisations, certifications and roles, through the use-cases.

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::organisation::{RegisterOrganisation, RoleInput};
use commonweal_app::token::NewToken;
use commonweal_domain::actor::{Actor, Grant, Role};
use commonweal_domain::ids::{OrganisationId, PersonId};
use commonweal_domain::organisation::certification::Certification;
use commonweal_domain::organisation::{LegalForm, Sector};

use super::city::{BUYERS, PAPER, PLACE, SUPPLIERS, VERIFIERS};

/// A person who acts for one organisation.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) organisation: OrganisationId,
    pub(super) roles: Vec<Role>,
}

impl Person {
    /// The person as the use-cases see them.
    pub(super) fn actor(&self) -> Actor {
        Actor::person(self.id, self.grants())
    }

    /// The roles for a token.
    pub(super) fn grants(&self) -> Vec<Grant> {
        let organisation = self.organisation;
        self.roles
            .iter()
            .map(|role| Grant {
                organisation,
                role: *role,
            })
            .collect()
    }
}

/// A buyer and its people.
#[derive(Debug)]
pub(super) struct Buyer {
    pub(super) id: OrganisationId,
    pub(super) officer: Person,
    pub(super) second_officer: Person,
    pub(super) chair: Person,
    pub(super) evaluators: [Person; 2],
}

/// Everyone in the city.
#[derive(Debug)]
pub(super) struct People {
    pub(super) registrar: Person,
    pub(super) second_registrar: Person,
    pub(super) third_registrar: Person,
    pub(super) buyers: Vec<Buyer>,
    pub(super) suppliers: Vec<Person>,
    pub(super) verifiers: Vec<Person>,
    /// Somebody of the city's paper.
    pub(super) watchdog: Person,
}

/// Lets everyone in.
pub(super) async fn settle(app: &App) -> Result<People> {
    let registry = app
        .found_registry("Maeul Social Value Registry", PLACE)
        .await?;
    let first = app
        .issue_token(NewToken {
            person: None,
            scope: vec![Grant {
                organisation: registry,
                role: Role::Registrar,
            }],
            label: "first registrar".to_owned(),
            days: 1,
        })
        .await?;
    let registrar = Person {
        id: first.person,
        organisation: registry,
        roles: vec![Role::Registrar],
    };
    let door = Door {
        app,
        registrar: registrar.actor(),
    };
    let second_registrar = door.person(registry, &[Role::Registrar]).await?;
    let mut buyers = Vec::new();
    for name in BUYERS {
        buyers.push(door.buyer(name).await?);
    }
    let suppliers = door.suppliers().await?;
    let mut verifiers = Vec::new();
    for (name, sector) in VERIFIERS {
        let id = door
            .organisation(name, LegalForm::LegalPerson, sector, None)
            .await?;
        verifiers.push(door.person(id, &[Role::Verifier]).await?);
    }
    let paper = door
        .organisation(PAPER, LegalForm::LegalPerson, Sector::CivilSociety, None)
        .await?;
    Ok(People {
        watchdog: door.person(paper, &[Role::Auditor]).await?,
        third_registrar: door.person(registry, &[Role::Registrar]).await?,
        registrar,
        second_registrar,
        buyers,
        suppliers,
        verifiers,
    })
}

/// The registrar at the door.
struct Door<'a> {
    app: &'a App,
    registrar: Actor,
}

impl Door<'_> {
    async fn organisation(
        &self,
        name: &str,
        legal_form: LegalForm,
        sector: Sector,
        group: Option<OrganisationId>,
    ) -> Result<OrganisationId> {
        let input = RegisterOrganisation {
            legal_form,
            name: name.to_owned(),
            sector,
            group,
            place: PLACE.to_owned(),
            identifier: None,
        };
        let made = self
            .app
            .register_organisation(&self.registrar, None, input)
            .await;
        Ok(made.with_context(|| format!("registering {name}"))?.out)
    }

    async fn person(&self, organisation: OrganisationId, roles: &[Role]) -> Result<Person> {
        let id: PersonId = self.app.new_id();
        for role in roles {
            let input = RoleInput {
                person: id,
                organisation,
                role: *role,
            };
            self.app.grant_role(&self.registrar, input).await?;
        }
        Ok(Person {
            id,
            organisation,
            roles: roles.to_vec(),
        })
    }

    async fn buyer(&self, name: &str) -> Result<Buyer> {
        let id = self
            .organisation(name, LegalForm::LegalPerson, Sector::Public, None)
            .await?;
        Ok(Buyer {
            id,
            officer: self.person(id, &[Role::Officer]).await?,
            second_officer: self.person(id, &[Role::Officer]).await?,
            chair: self.person(id, &[Role::Chair]).await?,
            evaluators: [
                self.person(id, &[Role::Evaluator]).await?,
                self.person(id, &[Role::Evaluator]).await?,
            ],
        })
    }

    async fn suppliers(&self) -> Result<Vec<Person>> {
        let mut people: Vec<Person> = Vec::new();
        for supplier in &SUPPLIERS {
            let group = supplier
                .group
                .and_then(|at| people.get(at))
                .map(|person| person.organisation);
            let id = self
                .organisation(supplier.name, supplier.legal_form, supplier.sector, group)
                .await?;
            if let Some((kind, from, to)) = supplier.certification {
                let fact = Certification {
                    id: self.app.new_id(),
                    organisation: id,
                    kind,
                    from: from.parse()?,
                    to: to.map(str::parse).transpose()?,
                    source: format!("demo register of {kind}"),
                };
                self.app.record_certification(&self.registrar, fact).await?;
            }
            people.push(self.person(id, &[Role::Supplier]).await?);
        }
        Ok(people)
    }
}
