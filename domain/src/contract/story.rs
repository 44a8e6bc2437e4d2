//! A hand-made log for the tests of contracts and claims: people, organisations, a catalogue, and whatever a test adds.

use super::entries::{ClaimSubmitted, ContractSigned};
use super::fixtures::*;
use super::signing::Contract;
use crate::actor::Role;
use crate::catalogue::{Catalogue, Measure, entries::CataloguePublished};
use crate::log::entry::{Draft, Entry, EntryActor};
use crate::log::kinds::Body;
use crate::log::state::{Finding, State};
use crate::organisation::entries::{OrganisationRegistered, RoleGranted};
use crate::organisation::name::PublicName;
use crate::organisation::{LegalForm, Sector};
use crate::time::Time;

/// A subsidiary of the supplier.
pub(crate) const SUBSIDIARY: u128 = 6;
/// A public laboratory of verifiers.
pub(crate) const LABORATORY: u128 = 7;
/// A charity of verifiers.
pub(crate) const CHARITY: u128 = 8;
/// The registrar.
pub(crate) const REGISTRAR: u128 = 20;
/// Reports for the supplier.
pub(crate) const REPORTER: u128 = 30;
/// Signs for the buyer.
pub(crate) const OFFICER: u128 = 31;
/// Reports for the subsidiary.
pub(crate) const COUSIN: u128 = 32;
/// Verifies for the firm, the laboratory and the charity.
pub(crate) const VERIFIERS: [(u128, u128); 4] = [
    (40, ASSURER),
    (41, LABORATORY),
    (42, CHARITY),
    (43, ASSURER),
];

const ORGANISATIONS: &[(u128, u128, Sector)] = &[
    (REGISTRY, REGISTRY, Sector::Public),
    (BUYER, BUYER, Sector::Public),
    (SUPPLIER, SUPPLIER, Sector::Private),
    (ASSURER, ASSURER, Sector::Private),
    (FUND, FUND, Sector::CivilSociety),
    (SUBSIDIARY, SUPPLIER, Sector::Private),
    (LABORATORY, LABORATORY, Sector::Public),
    (CHARITY, CHARITY, Sector::CivilSociety),
];

/// Microseconds of the first entry: 21 September 2026.
const START: i64 = 1_790_000_000_000_000;

/// A log under construction.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) entries: Vec<(i64, Vec<EntryActor>, Body)>,
    at: i64,
}

/// A person in a role.
pub(crate) fn by(person: u128, at: u128, role: Role) -> Vec<EntryActor> {
    vec![EntryActor {
        role,
        id: id(person),
        organisation: organisation(at),
    }]
}

impl Story {
    /// A registry with its people, one catalogue, and contract 1 with KPI 101 of 12.0 hours in 2026.
    pub(crate) fn new() -> Self {
        Self::of(&measure())
    }

    /// The same with another measure in the place of the catalogue's only one.
    pub(super) fn of(measure: &Measure) -> Self {
        let promised = |_: &_| Some(measure.clone());
        let mut contract =
            Contract::from_award(id(1), &award("12.0"), || id(101), promised).unwrap();
        (contract.award, contract.participations) = (None, None);
        let mut story = Self::founded_on(measure);
        story.push(
            by(OFFICER, BUYER, Role::Officer),
            ContractSigned { contract },
        );
        story
    }

    /// The same before any contract.
    pub(crate) fn founded() -> Self {
        Self::founded_on(&measure())
    }

    fn founded_on(measure: &Measure) -> Self {
        let mut story = Self {
            entries: Vec::new(),
            at: START,
        };
        let operator = || by(10, REGISTRY, Role::Operator);
        for (n, group, sector) in ORGANISATIONS {
            let registered = OrganisationRegistered {
                organisation: organisation(*n),
                legal_form: LegalForm::LegalPerson,
                name: PublicName::Clear(format!("Organisation {n}")),
                sector: *sector,
                group: organisation(*group),
                place: "KR-11".into(),
                identifier: None,
            };
            story.push(operator(), registered);
        }
        let people = [
            (REGISTRAR, REGISTRY, Role::Registrar),
            (REPORTER, SUPPLIER, Role::Supplier),
            (OFFICER, BUYER, Role::Officer),
            (COUSIN, SUBSIDIARY, Role::Supplier),
        ];
        let verifiers = VERIFIERS.map(|(person, at)| (person, at, Role::Verifier));
        for (person, at, role) in people.into_iter().chain(verifiers) {
            let granted = RoleGranted {
                person: id(person),
                organisation: organisation(at),
                role,
            };
            story.push(operator(), granted);
        }
        let catalogue = Catalogue {
            id: measure_ref().catalogue,
            code: "test".into(),
            version: "2026.1".into(),
            title: "Measures of a test".into(),
            source: "ours".into(),
            measures: vec![measure.clone()],
        };
        story.push(registrar(), CataloguePublished { catalogue });
        story
    }

    /// One entry more, a second after the last.
    pub(crate) fn push(&mut self, actors: Vec<EntryActor>, body: impl Into<Body>) {
        self.at = self.at.checked_add(1_000_000).unwrap();
        self.entries.push((self.at, actors, body.into()));
    }

    /// When the next entry is written.
    pub(super) fn next_at(&self) -> Time {
        Time::from_micros(self.at.checked_add(1_000_000).unwrap())
    }

    /// Lets seconds go by.
    pub(super) fn wait(&mut self, seconds: i64) {
        self.at = self.at.saturating_add(seconds.saturating_mul(1_000_000));
    }

    /// A claim of the supplier.
    pub(crate) fn submit(&mut self, claim: super::Claim) {
        self.push(
            by(REPORTER, SUPPLIER, Role::Supplier),
            ClaimSubmitted { claim },
        );
    }

    /// Replays everything through its bytes.
    pub(crate) fn audit(&self) -> (State, Vec<Finding>) {
        let mut state = State::default();
        let mut findings = Vec::new();
        for (index, (at, actors, body)) in (0_u64..).zip(&self.entries) {
            let entry = Draft {
                actors: actors.clone(),
                subject: "test".into(),
                inputs_upto: None,
                body: body.clone(),
            }
            .at(Time::from_micros(*at));
            let bytes = entry.canonical_bytes().unwrap();
            assert_eq!(Entry::parse(&bytes).as_ref(), Ok(&entry));
            findings.extend(state.replay(index, &entry).err());
        }
        (state, findings)
    }

    /// The state after a log in which nothing is wrong.
    pub(crate) fn clean(&self) -> State {
        let (state, findings) = self.audit();
        assert_eq!(findings, []);
        state
    }

    /// The finding on the last entry after one more.
    pub(crate) fn refused(&self, actors: Vec<EntryActor>, body: impl Into<Body>) -> Finding {
        let mut story = self.clone();
        story.push(actors, body);
        let (_, findings) = story.audit();
        assert_eq!(findings.len(), 1, "{findings:?}");
        let last = u64::try_from(story.entries.len())
            .unwrap()
            .saturating_sub(1);
        assert_eq!(findings[0].index, last);
        findings.into_iter().next().unwrap()
    }
}

/// The registrar at work.
pub(crate) fn registrar() -> Vec<EntryActor> {
    by(REGISTRAR, REGISTRY, Role::Registrar)
}

/// The supplier's reporter.
pub(crate) fn reporter() -> Vec<EntryActor> {
    by(REPORTER, SUPPLIER, Role::Supplier)
}

/// One of the verifiers.
pub(crate) fn verifier(nth: usize) -> Vec<EntryActor> {
    let (person, at) = VERIFIERS[nth];
    by(person, at, Role::Verifier)
}

/// The buyer's officer.
pub(crate) fn officer() -> Vec<EntryActor> {
    by(OFFICER, BUYER, Role::Officer)
}
