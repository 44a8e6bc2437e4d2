//! Log entries of organisations, roles and certifications.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certification::Certification;
use super::name::PublicName;
use super::{LegalForm, Organisation, Sector};
use crate::actor::{Grant, Role};
use crate::ids::{CertificationId, OrganisationId, PersonId};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::place::Place;
use crate::time::Date;

/// `organisation.registered`: an organisation joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationRegistered {
    /// The organisation.
    pub organisation: OrganisationId,
    /// What it is in law.
    pub legal_form: LegalForm,
    /// Its name, in clear for legal persons and committed for natural persons.
    pub name: PublicName,
    /// The sector that counts for independence.
    pub sector: Sector,
    /// The organisation at the top of its beneficial-owner group; itself when it stands alone.
    pub group: OrganisationId,
    /// Two-letter country (ISO 3166-1) or a place code within it, such as `KR-11`.
    pub place: Place,
    /// Number in a public register, such as `GB-COH-01234567`; none for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}

/// A registrar, or the operator who lets the first people in: that is attested only.
fn check_doorkeeper(header: &Header, state: &mut State) -> Result<(), Finding> {
    if header.actor(Role::Operator).is_ok() {
        state.tally.attested("facts by the operator");
        return Ok(());
    }
    header.actor(Role::Registrar).map(|_| ())
}

impl EntryBody for OrganisationRegistered {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        check_doorkeeper(header, state)?;
        let committed = matches!(self.name, PublicName::Committed(_));
        if committed != (self.legal_form == LegalForm::SoleTrader) {
            return Err(header.finding(
                "privacy",
                "names of natural persons committed, others in clear",
                "the other form",
            ));
        }
        let organisation = Organisation {
            group: self.group,
            sector: self.sector,
        };
        state
            .organisations
            .register(self.organisation, organisation, header)
    }
}

/// `role.granted`: a person may act in a role for an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGranted {
    /// The person's pseudonym.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// Which role.
    pub role: Role,
}

impl EntryBody for RoleGranted {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        if self.role == Role::Auditor {
            // The registrar accredits the body with it; the operator lets in nobody who reads what is withheld.
            header.actor(Role::Registrar)?;
        } else {
            check_doorkeeper(header, state)?;
        }
        let grant = Grant {
            organisation: self.organisation,
            role: self.role,
        };
        state.organisations.grant(self.person, grant, header)
    }
}

/// `role.revoked`: a person may no longer act in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRevoked {
    /// The person's pseudonym.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// Which role.
    pub role: Role,
}

impl EntryBody for RoleRevoked {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        let grant = Grant {
            organisation: self.organisation,
            role: self.role,
        };
        state.organisations.revoke(self.person, grant, header)
    }
}

/// `certification.recorded`: a registrar looked up a certification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificationRecorded {
    /// The certification.
    pub certification: Certification,
}

impl EntryBody for CertificationRecorded {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        state
            .organisations
            .certify(self.certification.clone(), header)
    }
}

/// `certification.revoked`: a certification ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificationRevoked {
    /// The certification.
    pub certification: CertificationId,
    /// First day on which it is no longer valid.
    pub from: Date,
}

impl EntryBody for CertificationRevoked {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        state
            .organisations
            .revoke_certification(self.certification, self.from, header)
    }
}
