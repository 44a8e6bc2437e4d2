//! What replay knows of organisations.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Sector;
use super::certification::{Certification, SeoKind};
use crate::actor::{Grant, Role};
use crate::contract::quorum::draw::Enrolled;
use crate::ids::{CertificationId, Id, OrganisationId, PersonId};
use crate::log::entry::Header;
use crate::log::state::Finding;
use crate::time::Date;

/// What replay keeps of one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organisation {
    /// Top of its beneficial-owner group.
    pub group: OrganisationId,
    /// Sector for the independence of verifiers.
    pub sector: Sector,
}

#[derive(Debug, Clone)]
struct Recorded {
    fact: Certification,
    index: u64,
    revoked: Option<(Date, u64)>,
}

/// Organisations, roles and certifications as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    organisations: BTreeMap<OrganisationId, Organisation>,
    grants: BTreeSet<(PersonId, Grant)>,
    /// Where auditors are: few, and asked for at each grant to a supplier.
    auditors: BTreeSet<(OrganisationId, PersonId)>,
    /// Who verifies, with the log index of the grant: every draw asks for all.
    verifiers: BTreeMap<(PersonId, OrganisationId), u64>,
    certifications: BTreeMap<CertificationId, Recorded>,
    by_organisation: BTreeMap<OrganisationId, Vec<CertificationId>>,
}

impl State {
    /// The organisation, if it joined.
    pub fn get(&self, id: OrganisationId) -> Option<&Organisation> {
        self.organisations.get(&id)
    }

    /// The organisation, or a finding at the entry that refers to it.
    pub fn expect(&self, id: OrganisationId, header: &Header) -> Result<&Organisation, Finding> {
        self.get(id)
            .ok_or_else(|| header.finding("organisation", "a registered organisation", id))
    }

    /// The top of the organisation's beneficial-owner group; an unknown organisation stands alone.
    pub fn group(&self, id: OrganisationId) -> OrganisationId {
        self.get(id).map_or(id, |organisation| organisation.group)
    }

    /// Whether two organisations belong to one beneficial-owner group.
    pub fn related(&self, left: OrganisationId, right: OrganisationId) -> bool {
        self.group(left) == self.group(right)
    }

    /// Whether a person holds a role.
    pub fn holds(&self, person: PersonId, grant: Grant) -> bool {
        self.grants.contains(&(person, grant))
    }

    /// The groups of all organisations in which a person holds a role.
    pub fn groups_of(&self, person: PersonId) -> Vec<OrganisationId> {
        let first = Grant {
            organisation: OrganisationId::from_uuid(Uuid::nil()),
            role: Role::Officer,
        };
        self.grants
            .range((person, first)..)
            .take_while(|(holder, _)| *holder == person)
            .map(|(_, grant)| self.group(grant.organisation))
            .collect()
    }

    /// Everybody with the role of a verifier, as a draw needs them.
    pub(crate) fn verifiers(&self) -> impl Iterator<Item = Enrolled> + '_ {
        self.verifiers
            .iter()
            .filter_map(|((person, organisation), granted)| {
                let found = self.get(*organisation)?;
                Some(Enrolled {
                    person: *person,
                    organisation: *organisation,
                    group: found.group,
                    sector: found.sector,
                    granted: *granted,
                })
            })
    }

    /// Whether the organisation had a valid certification of one of the kinds on a day, as far as the log knew before
    /// `known_upto`: a certificate recorded later cannot change an award.
    pub fn certified(
        &self,
        id: OrganisationId,
        kinds: &[SeoKind],
        day: Date,
        known_upto: u64,
    ) -> bool {
        let ids = self.by_organisation.get(&id).map_or(&[][..], Vec::as_slice);
        ids.iter()
            .filter_map(|id| self.certifications.get(id))
            .any(|recorded| {
                let known = recorded.index < known_upto;
                let revoked = recorded
                    .revoked
                    .filter(|(_, index)| *index < known_upto)
                    .map(|(day, _)| day);
                known && kinds.contains(&recorded.fact.kind) && recorded.fact.valid_on(day, revoked)
            })
    }

    /// Each actor of an entry must hold the role in which they acted. The operator's role is given outside the log, and
    /// counts only where the first people are let in.
    pub(crate) fn check_actors(&self, header: &Header) -> Result<(), Finding> {
        let missing = header.actors.iter().find(|actor| {
            let grant = Grant {
                organisation: actor.organisation,
                role: actor.role,
            };
            let lets_in = matches!(header.kind, "organisation.registered" | "role.granted");
            if actor.role == Role::Operator {
                !lets_in
            } else {
                !self.grants.contains(&(actor.id, grant))
            }
        });
        match missing {
            None => Ok(()),
            Some(actor) => Err(header.finding(
                "role",
                format!(
                    "{} to hold the role {} in {}",
                    actor.id, actor.role, actor.organisation
                ),
                "no such grant",
            )),
        }
    }

    pub(super) fn register(
        &mut self,
        id: OrganisationId,
        organisation: Organisation,
        header: &Header,
    ) -> Result<(), Finding> {
        let top = self.get(organisation.group).map(|top| top.group);
        if organisation.group != id && top != Some(organisation.group) {
            let expected = "an organisation at the top of its own group";
            return Err(header.finding("group", expected, organisation.group));
        }
        match self.organisations.insert(id, organisation) {
            None => Ok(()),
            Some(_) => Err(header.finding("organisation", "one registration", id)),
        }
    }

    pub(super) fn grant(
        &mut self,
        person: PersonId,
        grant: Grant,
        header: &Header,
    ) -> Result<(), Finding> {
        self.expect(grant.organisation, header)?;
        if self.is_dependent(grant) {
            let expected = "no supplier in the beneficial-owner group of an auditor";
            return Err(header.finding("independence", expected, grant.organisation));
        }
        if grant.role == Role::Auditor {
            self.auditors.insert((grant.organisation, person));
        }
        if self.grants.insert((person, grant)) {
            if grant.role == Role::Verifier {
                let key = (person, grant.organisation);
                self.verifiers.insert(key, header.index);
            }
            Ok(())
        } else {
            Err(header.finding("role", "a role not yet held", grant.role))
        }
    }

    /// Whether a grant would make someone an auditor and someone a supplier in one beneficial-owner group: an auditor reads
    /// what rivals withhold.
    fn is_dependent(&self, grant: Grant) -> bool {
        let related = |other| self.related(other, grant.organisation);
        match grant.role {
            Role::Supplier => self.auditors.iter().any(|(other, _)| related(*other)),
            Role::Auditor => self
                .grants
                .iter()
                .any(|(_, held)| held.role == Role::Supplier && related(held.organisation)),
            _ => false,
        }
    }

    pub(super) fn revoke(
        &mut self,
        person: PersonId,
        grant: Grant,
        header: &Header,
    ) -> Result<(), Finding> {
        if grant.role == Role::Auditor {
            self.auditors.remove(&(grant.organisation, person));
        }
        if grant.role == Role::Verifier {
            self.verifiers.remove(&(person, grant.organisation));
        }
        if self.grants.remove(&(person, grant)) {
            Ok(())
        } else {
            Err(header.finding("role", "a role that is held", grant.role))
        }
    }

    pub(super) fn certify(
        &mut self,
        certification: Certification,
        header: &Header,
    ) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        self.expect(certification.organisation, header)?;
        let id = certification.id;
        self.by_organisation
            .entry(certification.organisation)
            .or_default()
            .push(id);
        let recorded = Recorded {
            fact: certification,
            index: header.index,
            revoked: None,
        };
        match self.certifications.insert(id, recorded) {
            None => Ok(()),
            Some(_) => Err(header.finding("certification", "a new id", id)),
        }
    }

    pub(super) fn revoke_certification(
        &mut self,
        id: CertificationId,
        from: Date,
        header: &Header,
    ) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        let recorded = self
            .certifications
            .get_mut(&id)
            .ok_or_else(|| header.finding("certification", "a recorded certification", id))?;
        if recorded.revoked.is_some() {
            return Err(header.finding("certification", "one revocation", id));
        }
        recorded.revoked = Some((from, header.index));
        Ok(())
    }
}
