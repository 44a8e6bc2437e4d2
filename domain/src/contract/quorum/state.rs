//! What replay knows of quorums and of the claims that they bind.

use std::collections::BTreeMap;

use super::Quorum;
use super::draw::{Candidate, seed};
use super::duty::{Assignment, Leaving, seat_of};
use super::links::{LinkError, check};
use crate::contract::claim::{Claim, Evidence};
use crate::ids::{ClaimId, KpiId, OrganisationId, PersonId};
use crate::log::hash::Hash;
use crate::time::Time;

/// A quorum as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// 1, 2, 3 ...
    pub number: u32,
    /// What it asks.
    pub quorum: Quorum,
    /// The organisation of the registrar who published it.
    pub registry: OrganisationId,
    /// The root of the tree of its links.
    pub commitment: Hash,
}

/// A claim bound by a quorum, until it is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The quorum in force when it was submitted.
    pub published: Published,
    /// Its place among the claims that this quorum binds, from 1.
    pub position: u64,
    /// Log index of its submission.
    pub submitted: u64,
    /// Its files as submitted.
    evidence: Vec<Evidence>,
    /// Whether something was drawn for it.
    drawn: bool,
    /// Everybody who was drawn for it.
    pub assignments: Vec<Assignment>,
}

impl Task {
    /// Whether something was drawn for it.
    pub fn is_drawn(&self) -> bool {
        self.drawn
    }
}

#[derive(Debug)]
struct Binding {
    published: Published,
    submitted: u64,
}

/// Quorums and the open claims that they bind.
#[derive(Debug, Default)]
pub struct State {
    bindings: Vec<Binding>,
    tasks: BTreeMap<ClaimId, Task>,
    confirmed_units: BTreeMap<KpiId, i64>,
}

impl State {
    /// The quorum in force.
    pub fn current(&self) -> Option<&Published> {
        self.bindings.last().map(|binding| &binding.published)
    }

    /// The number of the next quorum.
    pub fn next_number(&self) -> u32 {
        self.current()
            .map_or(1, |published| published.number.saturating_add(1))
    }

    /// Whether a commitment was published before.
    pub fn is_used(&self, commitment: Hash) -> bool {
        self.bindings
            .iter()
            .any(|binding| binding.published.commitment == commitment)
    }

    /// The open claim, if a quorum binds it.
    pub fn task(&self, claim: ClaimId) -> Option<&Task> {
        self.tasks.get(&claim)
    }

    /// Smallest units of the claims under a KPI that its buyer confirmed alone.
    pub fn confirmed_units(&self, kpi: KpiId) -> i64 {
        self.confirmed_units.get(&kpi).copied().unwrap_or(0)
    }

    pub(in crate::contract) fn publish(&mut self, published: Published) {
        self.bindings.push(Binding {
            submitted: 0,
            published,
        });
    }

    /// Binds a claim that was submitted at an index.
    pub(in crate::contract) fn submitted(&mut self, claim: &Claim, index: u64) {
        let Some(binding) = self.bindings.last_mut() else {
            return;
        };
        binding.submitted = binding.submitted.saturating_add(1);
        let task = Task {
            published: binding.published.clone(),
            position: binding.submitted,
            submitted: index,
            evidence: claim.evidence.clone(),
            drawn: false,
            assignments: Vec::new(),
        };
        self.tasks.insert(claim.id, task);
    }

    /// The seed of a claim from the link that an entry reveals.
    pub(in crate::contract) fn reveal(
        &mut self,
        claim: ClaimId,
        (link, path): (Hash, &[Hash]),
    ) -> Result<Option<Hash>, LinkError> {
        let Some(task) = self.tasks.get_mut(&claim) else {
            return Ok(None);
        };
        check(task.published.commitment, task.position, link, path)?;
        task.drawn = true;
        Ok(Some(seed(link, &task.evidence)))
    }

    pub(in crate::contract) fn assign(
        &mut self,
        claim: ClaimId,
        drawn: &[Candidate],
        third: bool,
        at: Time,
    ) {
        if let Some(task) = self.tasks.get_mut(&claim) {
            let seats = drawn.iter().map(|drawn| Assignment::new(drawn, third, at));
            task.assignments.extend(seats);
        }
    }

    fn seat(&mut self, claim: ClaimId, person: PersonId) -> Option<&mut Assignment> {
        let task = self.tasks.get_mut(&claim)?;
        seat_of(&task.assignments, person)?;
        let mut seats = task.assignments.iter_mut();
        seats.find(|seat| seat.verifier == person && seat.left.is_none())
    }

    pub(in crate::contract) fn leave(&mut self, claim: ClaimId, person: PersonId, how: Leaving) {
        if let Some(seat) = self.seat(claim, person) {
            seat.left = Some(how);
        }
    }

    /// A verifier asked about a claim.
    pub(in crate::contract) fn begin(&mut self, claim: ClaimId, person: PersonId) {
        if let Some(seat) = self.seat(claim, person) {
            seat.begun = true;
        }
    }

    /// The claimant answered: the days of those who have not judged run anew.
    pub(in crate::contract) fn answered(&mut self, claim: ClaimId, at: Time) {
        if let Some(task) = self.tasks.get_mut(&claim) {
            let open = task.assignments.iter_mut();
            for seat in open.filter(|seat| seat.sealed.is_none()) {
                seat.since = at;
            }
        }
    }

    /// A verifier has judged; `unanswered` as in [`Assignment`].
    pub(in crate::contract) fn seal(
        &mut self,
        claim: ClaimId,
        person: PersonId,
        (sealed, unanswered): (Hash, bool),
    ) {
        if let Some(seat) = self.seat(claim, person) {
            (seat.sealed, seat.unanswered) = (Some(sealed), unanswered);
        }
    }

    pub(in crate::contract) fn confirm(&mut self, claim: &Claim) {
        if let Some(answers) = claim.answers {
            let units = self.confirmed_units.entry(answers.kpi).or_default();
            *units = units.saturating_add(claim.quantity.units());
        }
    }

    /// Forgets a claim that is decided.
    pub(in crate::contract) fn close(&mut self, claim: ClaimId) {
        self.tasks.remove(&claim);
    }
}
